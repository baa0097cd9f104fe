"""Vertebral levels: order, neighbours and regions (rules.md 9.12)."""

from __future__ import annotations

import pytest

from cds_service.clinical.levels import (
    LEVELS,
    SHOWN_BY,
    around,
    between,
    in_order,
    near_region,
    region_of,
)


def test_from_the_head_down_each_once() -> None:
    assert in_order(("L1", "C2", "T12", "L1")) == ("C2", "T12", "L1")
    assert list(in_order(frozenset(LEVELS))) == list(LEVELS)


@pytest.mark.parametrize(
    ("level", "distance", "near"),
    [
        ("L1", 1, ("T12", "L2")),
        ("T1", 1, ("C7", "T2")),
        ("C1", 1, ("C2",)),
        ("L1", 2, ("T11", "T12", "L2", "L3")),
    ],
)
def test_neighbours(level: str, distance: int, near: tuple[str, ...]) -> None:
    assert around(level, distance) == near


@pytest.mark.parametrize(
    ("level", "region"), [("C3", "cervical"), ("T9", "thoracic"), ("L5", "lumbar")]
)
def test_regions(level: str, region: str) -> None:
    assert region_of(level) == region


@pytest.mark.parametrize(
    ("region", "first", "last"),
    [("thoracic", "T1", "L1"), ("lumbar", "T11", "L5"), ("thoracolumbar", "T1", "L5")],
)
def test_what_a_study_of_a_region_shows(region: str, first: str, last: str) -> None:
    assert between(first, last) <= SHOWN_BY[region]
    assert not {"C1", "C5"} & SHOWN_BY[region]


def test_other_words_may_speak_of_every_level() -> None:
    assert near_region("L1", "back")
    assert near_region("L1", "thoracic")
    assert not near_region("L1", "cervical")

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
        ("C2", 1, ("C1", "C3")),
        ("C3", 2, ("C1", "C2", "C4", "C5")),
        ("L4", 1, ("L3", "L5")),
        ("L5", 1, ("L4",)),
        ("L4", 2, ("L2", "L3", "L5")),
        ("L1", 2, ("T11", "T12", "L2", "L3")),
    ],
)
def test_neighbours(level: str, distance: int, near: tuple[str, ...]) -> None:
    assert around(level, distance) == near


@pytest.mark.parametrize("distance", [1, 2])
def test_a_neighbour_has_the_level_as_its_neighbour(distance: int) -> None:
    for level in LEVELS:
        near = around(level, distance)
        assert level not in near
        assert list(near) == list(in_order(near))
        assert all(level in around(other, distance) for other in near)
    inner = LEVELS[distance:-distance]
    assert {len(around(level, distance)) for level in inner} == {2 * distance}


def test_the_levels_that_an_order_may_name() -> None:
    """Seven, twelve and five; the sacrum is one bone and none of them."""
    counted = {first: [level for level in LEVELS if level[0] == first] for first in "CTL"}
    assert {first: len(levels) for first, levels in counted.items()} == {"C": 7, "T": 12, "L": 5}
    assert (LEVELS[0], LEVELS[-1]) == ("C1", "L5")
    assert between("T12", "L2") == {"T12", "L1", "L2"}
    assert between("C1", "C1") == {"C1"}


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
    assert between(first, last) == SHOWN_BY[region]
    assert not {"C1", "C5"} & SHOWN_BY[region]


def test_other_words_may_speak_of_every_level() -> None:
    assert near_region("L1", "back")
    assert near_region("L1", "thoracic")
    assert not near_region("L1", "cervical")

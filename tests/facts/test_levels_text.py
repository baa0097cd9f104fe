"""Levels in words: T2 is a vertebra, and a weighting; T12-L1 is a disc, or two levels (1.1)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.clinical.levels import LEVELS
from cds_service.facts.levels_text import Said, levels_said


@pytest.mark.parametrize(
    ("text", "levels"),
    [
        ("Kyphoplasty L1", "L1"),
        ("kyphoplasty of l-1 and t12", "T12 L1"),
        ("T11-12", "T11 T12"),
        ("T11/12", "T11 T12"),
        ("T11 and T12", "T11 T12"),
        ("T11 and 12 fractures", "T11 T12"),
        ("T11\u2013T12", "T11 T12"),
        ("T11 to T12", "T11 T12"),
        ("T8/T12", "T8 T12"),
        ("D10 vertebra", "T10"),
        ("T 12 vertebral fracture", "T12"),
        ("L1, L2 & L3", "L1 L2 L3"),
        ("L1 and 2 mL cement", "L1"),
        ("T1 vertebra", "T1"),
        ("compression of body T2", "T2"),
        ("T1-T2 fractures", "T1 T2"),
    ],
)
def test_named_levels_are_found(text: str, levels: str) -> None:
    """Plain names, lists and neighbours joined by a dash are certain."""
    assert levels_said(text) == Said(tuple(levels.split()))


@pytest.mark.parametrize(
    "text",
    [
        "vitamin D 10",
        "vitamin d3",
        "T-2.5 score",
        "T2 N0 M0",
        "free T4",
        "CPT C7504",
        "L 1",
        "sagittal T1",
        "T2 weighted",
        "T2 hyperintensity",
        "T1, T2, STIR",
        "T1 and T2 weighted",
        "T2-weighted images",
        "axial T2",
        "T2 FS",
    ],
)
def test_what_is_no_level_is_not_found(text: str) -> None:
    """Vitamins, scores, stages, hormones and MRI weightings are no vertebrae."""
    assert levels_said(text) == Said()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("T12-L1", "T12-L1"),
        ("T12 to L1", "T12-L1"),
        ("T12/L1", "T12/L1"),
        ("L5-S1", "L5-S1"),
        ("T8-T12", "T8-T12"),
        ("C1-7", "C1-7"),
        ("L6", "L6"),
        ("L5-6", "L5-6"),
        ("T12-14", "T12-14"),
        ("T13", "T13"),
        ("S1", "S1"),
        ("sacral augmentation", "sacrum"),
        ("kyphoplasty T2", "T2"),
    ],
)
def test_a_disc_a_range_and_transitional_anatomy_are_doubtful(text: str, words: str) -> None:
    """None of them names one vertebra for certain, and none is passed over in silence."""
    assert levels_said(text) == Said((), (words,))


def test_a_body_site_named_t2_is_the_vertebra() -> None:
    """A body site is no MRI sequence."""
    assert levels_said("T2", site=True) == Said(("T2",))
    assert levels_said("L 1", site=True) == Said(("L1",))


@given(st.text())
def test_only_real_levels_are_ever_named(text: str) -> None:
    """Whatever the text, a level is one of the 24."""
    assert set(levels_said(text).levels) <= set(LEVELS)


@given(st.sampled_from(LEVELS))
def test_every_level_is_found_beside_its_word(level: str) -> None:
    """Each of the 24 is recognised in the plainest sentence."""
    assert levels_said(f"{level} vertebral fracture").levels == (level,)

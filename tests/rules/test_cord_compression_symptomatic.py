"""Compression with neurological signs: both fire, both must be excluded (rules.md 3.1, 9.13)."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.clinical.evidence import Sought
from cds_service.clinical.fact import Diagnosis, Finding
from cds_service.clinical.levels import between
from cds_service.clinical.when import When, Window
from cds_service.rules.cord_compression_symptomatic import Limits, cord_compression_symptomatic
from tests.changed import replace
from tests.charts import Some, diagnosis, finding, order
from tests.times import FILED, FUTURE, LAST_WEEK, days
from tests.verdicts import Table, ask, cases, unanswered

LIMITS = Limits(Window(days=90), Window(days=30))


def compression(
    value: Any, when: When | None = LAST_WEEK, level: str = "L1", **more: Any
) -> Finding:
    return finding("cord-compression", value, level, when, **({"modality": "MR"} | more))


def deficit(value: Any, when: When | None = LAST_WEEK, level: str = "", **more: Any) -> Finding:
    return finding("neuro-deficit", value, level, when, **more)


def coded(part: str = "", region: str = "", **more: Any) -> Diagnosis:
    marks = {key: value for key, value in (("part", part), ("region", region)) if value}
    return diagnosis("cord_compression", marks=marks, **more)


FREE, PRESSED = compression(value=False), compression(value=True)
NEW, NONE = deficit("new"), deficit("none")


def fragment(share: str, when: When | None) -> Finding:
    return finding("retropulsion-canal-compromise", share, "L1", when, modality="CT")


LATER_FRAGMENT = fragment("20", days(2))

IMAGED: Table = {
    "nothing on record": ("unknown(missing)", []),
    "pressed with a new deficit": ("fires", [PRESSED, NEW]),
    "pressed without an examination": ("unknown(suspected)", [PRESSED]),
    "pressed with a normal examination": ("unknown(suspected)", [PRESSED, NONE]),
    "pressed with an old deficit": ("unknown(suspected)", [PRESSED, deficit("stable-old")]),
    "deficit without imaging": ("unknown(suspected)", [NEW]),
    "deficit, yet the canal is free": ("unknown(conflicting)", [FREE, NEW]),
    "free and normal": ("clear", [FREE, NONE]),
    "free and an old stable deficit": ("clear", [FREE, deficit("stable-old")]),
    "free and both of them on one day": ("clear", [FREE, NONE, deficit("stable-old")]),
    "free and normal on CT": ("clear", [replace(FREE, modality="CT"), NONE]),
    "free on a radiograph": ("unknown(missing)", [replace(FREE, modality="XR"), NONE]),
    "free at ninety days": ("clear", [compression(value=False, when=days(90)), NONE]),
    "free at ninety-one days": ("unknown(stale)", [compression(value=False, when=days(91)), NONE]),
    "free in a preliminary report": ("unknown(missing)", [replace(FREE, final=False), NONE]),
    "free without a date": ("unknown(unparseable)", [compression(value=False, when=None), NONE]),
    "normal at thirty days": ("clear", [FREE, deficit("none", days(30))]),
    "normal at thirty-one days": ("unknown(stale)", [FREE, deficit("none", days(31))]),
    "normal in a preliminary note": ("unknown(missing)", [FREE, deficit("none", final=False)]),
    "normal without a date": ("unknown(unparseable)", [FREE, deficit("none", None)]),
    "normal in the future": ("unknown(unparseable)", [FREE, deficit("none", FUTURE)]),
    "examination unreadable": ("unknown(unparseable)", [FREE, deficit(None, trouble="words")]),
    "new deficit thirty days ago": ("fires", [PRESSED, deficit("new", days(30))]),
    "new deficit thirty-one days ago": ("unknown(suspected)", [PRESSED, deficit("new", days(31))]),
    "new deficit in a preliminary note": ("fires", [PRESSED, deficit("new", final=False)]),
    "new deficit, filed only": ("unknown(suspected)", [PRESSED, deficit("new", FILED)]),
    "new deficit, later normal": ("unknown(suspected)", [PRESSED, deficit("new", days(9)), NONE]),
    "both of one day": ("fires", [PRESSED, NEW, NONE]),
    "deficit that names a level": ("fires", [PRESSED, deficit("new", level="L4")]),
    "deficit, another level is abnormal too": (
        "fires",
        [PRESSED, NEW, finding("marrow-edema", value=True, level="T8")],
    ),
    "pressed at the level above": ("fires", [compression(value=True, level="T12"), NEW]),
    "pressed at the level below": ("fires", [compression(value=True, level="L2"), NEW]),
    "pressed two levels away": ("unknown(suspected)", [compression(value=True, level="L3"), NEW]),
    "free here, pressed beside, normal": (
        "unknown(suspected)",
        [FREE, compression(value=True, level="L2"), NONE],
    ),
    "free here, pressed beside without a date": (
        "unknown(unparseable)",
        [FREE, compression(value=True, when=None, level="L2"), NONE],
    ),
    "free here, pressed two levels away": (
        "clear",
        [FREE, compression(value=True, level="L3"), NONE],
    ),
    "pressed in a preliminary report": ("fires", [replace(PRESSED, final=False), NEW]),
    "pressed long ago": ("unknown(suspected)", [compression(value=True, when=days(91)), NEW]),
    "pressed without a level, others abnormal": (
        "unknown(suspected)",
        [compression(value=True, level=""), finding("marrow-edema", value=True, level="T8"), NONE],
    ),
    "no examination at all, free at thirty days (9.13)": (
        "clear",
        [compression(value=False, when=days(30))],
    ),
    "no examination at all, free at thirty-one days": (
        "unknown(stale)",
        [compression(value=False, when=days(31))],
    ),
    "no examination at all, whole canal free": (
        "clear",
        [compression(value=False, level="", covers=between("T1", "L5"))],
    ),
    "free on a CT, after an MRI that showed it": (
        "unknown(suspected)",
        [replace(PRESSED, when=days(9)), replace(FREE, modality="CT")],
    ),
    "free on an MRI, after one that showed it": ("clear", [replace(PRESSED, when=days(9)), FREE]),
    "free on a CT, after a CT that showed it": (
        "clear",
        [replace(PRESSED, modality="CT", when=days(9)), replace(FREE, modality="CT")],
    ),
    "free on a CT, long after an MRI that showed it": (
        "clear",
        [replace(PRESSED, when=days(91)), replace(FREE, modality="CT")],
    ),
    "free on a CT, after an MRI that showed it elsewhere": (
        "clear",
        [compression(value=True, level="T4", when=days(9)), replace(FREE, modality="CT")],
    ),
    "free, then a fragment": ("unknown(stale)", [FREE, LATER_FRAGMENT]),
    "free, then a fragment elsewhere": ("clear", [FREE, replace(LATER_FRAGMENT, level="L3")]),
    "free, then no fragment": ("clear", [FREE, fragment("0", days(2))]),
    "free, then the fragment that was known": (
        "clear",
        [FREE, fragment("20", days(9)), LATER_FRAGMENT],
    ),
    "free, and a fragment of that day": ("clear", [FREE, fragment("20", LAST_WEEK)]),
    "free, then more loss of height": (
        "unknown(stale)",
        [FREE, finding("progressive-height-loss", value=True, when=days(2))],
    ),
    "free, then more loss of height for a second time": (
        "unknown(stale)",
        [
            FREE,
            finding("progressive-height-loss", value=True, when=days(9)),
            finding("progressive-height-loss", value=True, when=days(2)),
        ],
    ),
}

CODED: Table = {
    "cauda equina": ("fires", [FREE, NONE, coded()]),
    "compression code with a new deficit": ("fires", [coded("compression"), NEW]),
    "compression code, normal and free": ("unknown(suspected)", [FREE, NONE, coded("compression")]),
    "compression code, no examination": ("unknown(suspected)", [FREE, coded("compression")]),
    "myelopathy code, pressed": ("fires", [PRESSED, coded("deficit")]),
    "myelopathy code, free": ("unknown(conflicting)", [FREE, coded("deficit")]),
    "myelopathy code, no imaging": ("unknown(suspected)", [coded("deficit")]),
    "both codes": ("fires", [coded("compression"), coded("deficit")]),
    "resolved": ("clear", [FREE, NONE, coded(active=False)]),
    "old encounter diagnosis": ("unknown(stale)", [FREE, NONE, coded(dormant=True)]),
    "words only": ("unknown(suspected)", [FREE, NONE, coded(by_words=True)]),
    "words only, no examination": ("unknown(suspected)", [FREE, coded(by_words=True)]),
    "of another region": ("unknown(suspected)", [FREE, NONE, coded(region="cervical")]),
    "of this region": ("fires", [FREE, NONE, coded(region="lumbar")]),
    "of the region beside, which reaches here": ("fires", [FREE, NONE, coded(region="thoracic")]),
    "of this level": ("fires", [coded(levels=("L1",))]),
    "of the level beside": ("fires", [coded(levels=("L2",))]),
    "of a level far away": ("unknown(suspected)", [FREE, NONE, coded(levels=("T4",))]),
}


@cases(IMAGED, CODED)
def test_compression(expected: str, facts: list[Some]) -> None:
    assert ask(cord_compression_symptomatic, LIMITS, facts) == expected


@pytest.mark.parametrize(
    ("levels", "facts", "expected"),
    [
        (("T8", "L1"), [PRESSED, NEW], "fires"),
        (("T8", "L1"), [FREE, NONE], "unknown(missing)"),
        (("T8", "L1"), [FREE, compression(value=False, level="T8"), NONE], "clear"),
        ((), [FREE, NONE], "unknown(missing)"),
        (("C5",), [compression(value=True, level="C5"), NEW], "unknown(missing)"),
    ],
)
def test_the_worst_level_answers(levels: tuple[str, ...], facts: list[Some], expected: str) -> None:
    assert ask(cord_compression_symptomatic, LIMITS, facts, orders=(order(*levels),)) == expected


@unanswered("findings", "conditions")
def test_what_could_not_be_asked_never_clears(states: dict[str, Sought | None]) -> None:
    for facts in ([FREE, NONE], [FREE]):
        got = ask(cord_compression_symptomatic, LIMITS, facts, states=states)
        assert got == "unknown(source-error)"
    assert ask(cord_compression_symptomatic, LIMITS, [PRESSED, NEW], states=states) == "fires"

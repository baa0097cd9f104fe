"""From what report texts say to findings, and to hints where it is not said plainly (rules.md 1.6).

An explicit statement of a final report is a finding like a coded one, with its words. Hedged,
unfinished, level-less or self-contradicting ones only raise suspicion.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Final, NamedTuple

from cds_service.clinical.chart import Chart
from cds_service.clinical.fact import Finding, Study
from cds_service.clinical.levels import around
from cds_service.clinical.quantity import Measured
from cds_service.clinical.report import ReadReport, Status, Told
from cds_service.facts.codes import Codes
from cds_service.facts.finding_codes import FindingCode

HEDGED: Final = "hedged"
PRELIMINARY: Final = "preliminary_text"
CONTRADICTORY: Final = "contradictory"
NO_FIGURE: Final = "no_figure"
NO_LEVEL: Final = "no_level"
NO_DATE: Final = "images_undated"

_SHARES: Final = {
    "retropulsion": "retropulsion-canal-compromise",
    "epidural-tumor": "epidural-tumor-canal-compromise",
}
"""What only a text has, and the share of the canal for which it stands: none of it where absent."""

_MALIGNANCY: Final = "malignancy-suspected"
_MATRIX: Final = "lesion-matrix"
_FLUID: Final = "fluid-sensitive-sequence"
_NEVER_CLEARED: Final = frozenset({"discitis-osteomyelitis-suspected"})
"""A text never clears an infection (rules.md 1.6)."""

_ALARMS: Final = frozenset({"discitis-osteomyelitis-suspected", "cord-compression"})
_EDEMA: Final = "marrow-edema"
_UNTOLD: Final = "untold"
"""The modality of a report that does not say how its images were made: it proves no absence."""

_BONE_SCAN: Final = "NM"
_MODALITIES: Final = frozenset({"MR", "CT", "XR", "PT", _BONE_SCAN})
_NO_EDEMA: Final = _MODALITIES - {"MR"}
_MARGIN: Final = 3
"""How many vertebrae beyond its own part of the spine an examination reviews as well."""

_NOTHING: Final = Measured.exactly(Decimal(0))
_ALL: Final = Decimal(100)
_ROUNDED_THIRDS: Final = {33: Decimal(100) / 3, 67: Decimal(200) / 3, 66: Decimal(200) / 3}
_THIRD: Final = re.compile(r"(?i)\bthirds?\b|\b[12]\s?/\s?3\b")
_BEYOND_THIRD: Final = re.compile(
    r"(?i)(?<!not )(?<!no )(?:>|\b(?:more|greater|larger) than|\bover|\bexceed(?:s|ing)?)\s*"
    r"(?:[12]\s?/\s?3|(?:an?|one|two)[\s-]thirds?)"
)
"""Beyond a third, which must not be taken for the third itself: that is not above the limit."""

_REACHED: Final = re.compile(r"(?i)at least|no less|not less|≥|>=")

POSSIBLE: Final = "possible"
"""How a finding is shown that its report only suspects; "present" would be untrue."""

Value = bool | str | Measured | None


class _Read(NamedTuple):
    """A statement in the terms of a finding: `weak` says why it is no more than a hint."""

    code: FindingCode
    value: Value
    weak: str = ""


def with_texts(chart: Chart, reports: Iterable[ReadReport], codes: Codes) -> Chart:
    """Add to a chart what the texts of its imaging reports say, and how they were read."""
    reports = tuple(reports)
    if not reports:
        return chart
    findings, hints = dict(chart.findings), dict(chart.hints)
    for report in reports:
        for told, read in _statements(report, codes):
            place = hints if (weak := _weak(read, told, report)) else findings
            made = _finding(read, told, report, weak, clears=codes.text_clears)
            place[made.fact] = (*place.get(made.fact, ()), made)
    studies = (*chart.studies, *_studies(chart, reports))
    unread = tuple([report for report in reports if report.trouble])
    return replace(
        chart, findings=findings, hints=hints, studies=studies, unread=unread, reports=reports
    )


def _studies(chart: Chart, reports: Iterable[ReadReport]) -> list[Study]:
    """Take a report that is a document only for the study that it is about."""
    known = {study.reference for study in chart.studies}
    return [
        Study(
            one.reference,
            one.modality,
            one.when,
            one.title,
            one.covers,
            limited=one.limited,
            final=one.final,
            bone_scan=one.modality == _BONE_SCAN,
            has_text=not one.trouble,
        )
        for one in reports
        if one.modality in _MODALITIES and one.of_spine and one.reference not in known
    ]


def _statements(report: ReadReport, codes: Codes) -> list[tuple[Told, _Read]]:
    """Read the statements of a report; words without a figure give way to the figure itself."""
    every = [(told, _read(told, codes.findings)) for told in report.told]
    known = [(told, read) for told, read in every if read and not _is_blind(read, report)]
    figures = {
        (read.code.code, place)
        for told, read in known
        if not read.weak
        for place in ("", told.level)
    }
    return [
        (told, read)
        for told, read in known
        if read.weak != NO_FIGURE or (read.code.code, told.level) not in figures
    ]


def _is_blind(read: _Read, report: ReadReport) -> bool:
    """Tell whether a statement denies edema on images that could not show it."""
    return read.code.code == _EDEMA and read.value is False and report.modality in _NO_EDEMA


def _weak(read: _Read, told: Told, report: ReadReport) -> str:
    """Say why a statement is no more than a hint; empty for an explicit one.

    A grave one on images that may be of any age is weak evidence, not none (rules.md 1.2).
    """
    if not report.final:
        return PRELIMINARY
    if read.weak or _is_normal(read):
        return read.weak
    if not told.level:
        return NO_LEVEL
    dated = report.when is not None and report.when.earliest is not None
    return "" if dated or read.code.code not in _ALARMS else NO_DATE


def _finding(read: _Read, told: Told, report: ReadReport, weak: str, *, clears: bool) -> Finding:
    """Make a finding of a statement, with its words.

    One that may not clear counts as not final: it can make a rule fire, and no more. So does an
    absence in a report of which a part could not be read (the other part may say otherwise), or
    on images that are said to be poor.
    """
    clears = clears and read.code.code not in _NEVER_CLEARED and not report.limited
    denies = _is_normal(read) and read.code.code != _FLUID
    clears = clears and not (denies and (report.trouble or report.poor))
    return Finding(
        read.code.code,
        report.when,
        report.reference,
        POSSIBLE if told.status is Status.SUSPECTED and read.value is True else _shown(read.value),
        read.value,
        told.level,
        None if told.level else _covered(told, report, hint=bool(weak)),
        weak,
        clears,
        report.modality or _UNTOLD,
        quote=told.quote,
    )


def _covered(told: Told, report: ReadReport, *, hint: bool) -> frozenset[str] | None:
    """Name the levels of which a statement without one speaks: what the examination shows.

    A report that names a level covers it (rules.md 9.12). Of an examination that nothing tells
    a hint may mean any level, and an explicit statement means those that the report names. One
    that speaks of a part of the spine means no more than that part.
    """
    if report.covers is None and hint:
        return None
    shown = report.covers if report.of_spine and report.covers is not None else frozenset()
    shown |= {one.level for one in report.told if one.level and _in_view(one.level, shown)}
    return shown if told.covers is None else shown & told.covers


def _in_view(level: str, shown: frozenset[str]) -> bool:
    """Tell whether images that show some levels may show another one beside them.

    A scout of the neck shows L1 as well, yet "no cord compression" there does not mean L1.
    """
    return not shown or level in shown or bool(shown & set(around(level, _MARGIN)))


def _read(told: Told, codes: Mapping[str, FindingCode]) -> _Read | None:
    """Put a statement in the terms of a finding; None for one that no rule could use."""
    absent, firm = told.status is Status.ABSENT, told.status in (Status.PRESENT, Status.ABSENT)
    weak = "" if firm else CONTRADICTORY if told.disputed else HEDGED
    if told.finding in _SHARES:
        code = codes[_SHARES[told.finding]]
        return _Read(code, _NOTHING) if absent else _Read(code, None, weak or NO_FIGURE)
    if told.finding == _MALIGNANCY:
        return _Read(codes[_MATRIX], "none") if absent else _Read(codes[_MATRIX], None, HEDGED)
    known = codes.get(told.finding)
    if known is None:
        return None
    if told.status is Status.INDETERMINATE:
        return _Read(known, None, weak)
    if known.value == "boolean":
        return _Read(known, not absent, weak)
    return _share(known, told, weak) if known.value == "percent" else _coded(known, told, weak)


def _share(code: FindingCode, told: Told, weak: str) -> _Read:
    """Read a share; words without a figure ("severe loss of height") are a hint."""
    if told.status is Status.ABSENT:
        return _Read(code, _NOTHING, weak)
    if told.value is None or isinstance(told.value, str):
        return _Read(code, None, weak or NO_FIGURE)
    return _Read(code, measured(told.value, told.quote.words), weak)


def _coded(code: FindingCode, told: Told, weak: str) -> _Read | None:
    """Read one of the codes that a finding may take."""
    if told.status is Status.ABSENT:
        return _Read(code, "none", weak) if "none" in code.values else None
    if told.value in code.values:
        return _Read(code, str(told.value), weak)
    return _Read(code, None, weak or NO_FIGURE)


def measured(value: float | tuple[float, float], words: str) -> Measured:
    """Read a share of a hundred, or the range that its words leave open ("more than a third").

    Thirds come rounded and are made exact: one third is not above a limit of one third.
    """
    low, high = value if isinstance(value, tuple) else (value, value)
    if low == high and round(low) in _ROUNDED_THIRDS and _BEYOND_THIRD.search(words):
        high = float(_ALL)
    least, most = _exact(low, words), _exact(high, words)
    if least == most:
        return Measured.exactly(least)
    reached = bool(_REACHED.search(words))
    return Measured(
        least,
        most,
        low_open=most == _ALL and not reached,
        high_open=least == 0 and most < _ALL,
    )


def _exact(number: float, words: str) -> Decimal:
    """Give a number as it was meant: a third where the words say so."""
    third = _ROUNDED_THIRDS.get(round(number)) if _THIRD.search(words) else None
    return third if third is not None else Decimal(str(number))


def _is_normal(read: _Read) -> bool:
    """Tell whether a statement may stand for a whole study: an absence, or how it was made."""
    if read.code.code == _FLUID:
        return True
    return read.value in (False, "none", _NOTHING)


def _shown(value: Value) -> str:
    """Write a value as coded findings show theirs."""
    if isinstance(value, Measured):
        return _range(value)
    if value is None:
        return ""
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else value


def _range(share: Measured) -> str:
    """Write a share, or its range."""
    low, high = (f"{end.quantize(Decimal(1)) if end else 0}" for end in (share.low, share.high))
    if low == high:
        return f"{low} %"
    if share.low_open:
        return f"more than {low} %"
    return f"less than {high} %" if share.high_open else f"{low}–{high} %"

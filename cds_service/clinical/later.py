"""Later images: what they may show, no older finding says (rules.md 9.2)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from cds_service.clinical.answer import Gap
from cds_service.clinical.chart import Chart
from cds_service.clinical.fact import AXIAL, Fact, Finding, Kind, Study
from cds_service.clinical.report import NO_REPORT, SILENT, ReadReport
from cds_service.clinical.truth import Reason
from cds_service.clinical.when import Age, When, Window


def unread(chart: Chart, window: Window, level: str) -> Iterator[ReadReport]:
    """Give the reports of the window that may show a level, and were not read to their end."""
    for report in chart.unread:
        shows = report.covers is None or level in report.covers
        if shows and window.age_of(report.when, chart.now) is not Age.OUTSIDE:
            yield report


def later_unknown(
    chart: Chart, fact: Fact, window: Window, level: str, latest: tuple[Finding, ...]
) -> Gap | None:
    """Name later images of which nothing is known: older ones do not stand in for them.

    Their report could not be read, says nothing ("see PACS"), or none is on record. So it is with
    results (rules.md 9.2). A film shows too little to say otherwise; a CT without a report puts
    what an MRI showed in no doubt, for it often follows within days to plan the procedure.
    """
    ends = [finding.when.latest for finding in latest if finding.when]
    if fact.kind is not Kind.FINDING or not ends:
        return None
    last = max(ends)
    for report in unread(chart, window, level):
        if _follows(report.when, last) and report.of_spine and report.modality in AXIAL:
            proof = report.proof()
            return Gap(Reason.UNPARSEABLE, fact.name, str(window), report.trouble, proof, level)
    kinds = {"MR", *(finding.modality for finding in latest)} & AXIAL
    for study in chart.studies:
        if study.modality in kinds and _follows(study.when, last) and _untold(chart, study, level):
            proof = study.proof()
            why = SILENT if study.has_text else NO_REPORT
            return Gap(Reason.MISSING, fact.name, str(window), why, proof, level)
    return None


def _follows(when: When | None, last: datetime) -> bool:
    """Tell whether images were taken on a later day than another moment, for certain."""
    return bool(when and when.earliest and when.earliest.date() > last.date())


def _untold(chart: Chart, study: Study, level: str) -> bool:
    """Tell whether a full study that may show a level has nothing on record that tells of it.

    A text tells it, and so does any finding from such images, stated on its day or later.
    """
    if study.bone_scan or study.limited or (study.has_text and not _is_silent(chart, study)):
        return False
    if study.covers is not None and level not in study.covers:
        return False
    told = chart.once(("told", level), lambda: _told(chart, level))
    return not any(
        how == study.modality and study.when and not _follows(study.when, when)
        for how, when in told
    )


def _is_silent(chart: Chart, study: Study) -> bool:
    """Tell whether nothing could be read from the text of a study: "see scanned report"."""
    return any(
        report.reference == study.reference and not report.told and not report.trouble
        for report in chart.reports
    )


def _told(chart: Chart, level: str) -> tuple[tuple[str, datetime], ...]:
    """List by which kind of images, and when, something was told that may concern a level."""
    reports = [
        (one.modality, one.when.latest)
        for one in chart.reports
        if one.when and one.told and (one.covers is None or level in one.covers)
    ]
    findings = [
        (one.modality, one.when.latest)
        for every in chart.findings.values()
        for one in every
        if one.when and one.modality and one.level in ("", level)
    ]
    return (*reports, *findings)


def newer_mri(chart: Chart, level: str, window: Window, findings: tuple[Finding, ...]) -> list[Gap]:
    """Name MRIs that may show the level, made on a later day than the newest of some findings."""
    days = [finding.when.latest.date() for finding in findings if finding.when]
    if not days:
        return []
    return [
        Gap(Reason.MISSING, findings[0].fact, proof=study.proof(), level=level)
        for study in chart.studies
        if study.modality == "MR"
        and not study.bone_scan
        and (study.covers is None or level in study.covers)
        and study.when
        and study.when.earliest
        and study.when.earliest.date() > max(days)
        and window.age_of(study.when, chart.now) is not Age.OUTSIDE
    ]

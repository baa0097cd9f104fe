"""What puts a denial in doubt: a better look that showed the finding, or a spine that changed."""

from __future__ import annotations

from typing import Final

from cds_service.clinical.answer import Answer, Gap
from cds_service.clinical.chart import Chart
from cds_service.clinical.fact import AXIAL, Fact, Finding
from cds_service.clinical.imaging import Seen, applies, is_abnormal
from cds_service.clinical.truth import NO, Reason
from cds_service.clinical.when import Age, Window

BEFORE_CHANGE: Final = "before_change"
"""What is the matter with a denial after which something came up that may undo it."""

_DAY: Final = len("2025-05-20")
_PROGRESS: Final = "progressive-height-loss"
_CHANGES: Final = (
    "retropulsion-canal-compromise",
    "epidural-tumor-canal-compromise",
    _PROGRESS,
)


def still_denied(chart: Chart, fact: Fact, level: str, looked: Seen, answer: Answer) -> Answer:
    """Turn a no into unknown where the record holds something that it does not stand against.

    A CT does not see the cord, so its "no compression" does not outweigh an MRI that showed one
    (facts of different kinds that disagree never clear, rules.md 1.3). And what was denied before
    bone or tumor moved into the canal is no statement about the spine of today.
    """
    if answer.truth is not NO:
        return answer
    return answer.doubted(
        *_shown_better(chart, fact, level, looked), *_changed(chart, level, looked.findings)
    )


def _shown_better(chart: Chart, fact: Fact, level: str, looked: Seen) -> list[Gap]:
    """Name the MRI that showed what only a CT denies, and the CT: weak evidence, not none."""
    if any(finding.modality != "CT" for finding in looked.findings):
        return []
    shown = [
        finding
        for finding in chart.findings.get(fact.name, ())
        if finding.value is True
        and finding.modality in AXIAL - {"CT"}
        and applies(chart, finding, level)
        and looked.window.age_of(finding.when, chart.now) is Age.INSIDE
    ]
    denied = looked.findings if shown else ()
    return [
        *(Gap(Reason.SUSPECTED, fact.name, proof=one.proof(), level=level) for one in shown),
        *(Gap(Reason.CONFLICTING, fact.name, proof=one.proof(), level=level) for one in denied),
    ]


def contradicted(chart: Chart, fact: Fact, level: str, window: Window, answer: Answer) -> Answer:
    """Turn a no into unknown where another finding of that day, or since, implies a yes.

    `fact` is the finding that implies it: a burst fracture is one through the posterior wall.
    """
    days = [proof.when for proof in answer.because]
    if answer.truth is not NO or not days:
        return answer
    implied = [
        finding
        for finding in chart.findings.get(fact.name, ())
        if finding.value is True
        and finding.level == level
        and finding.when
        and finding.when.latest.date().isoformat() >= max(days)[:_DAY]
        and window.age_of(finding.when, chart.now) is Age.INSIDE
    ]
    gaps = [Gap(Reason.CONFLICTING, fact.name, proof=one.proof(), level=level) for one in implied]
    return answer.doubted(*gaps)


def _changed(chart: Chart, level: str, denials: tuple[Finding, ...]) -> list[Gap]:
    """Name the denials after which bone or tumor was first seen in the canal of the level."""
    days = [denial.when.latest.date() for denial in denials if denial.when]
    if not days:
        return []
    for name in _CHANGES:
        said = (*chart.findings.get(name, ()), *chart.hints.get(name, ()))
        there = [f.when for f in said if f.level == level and is_abnormal(f) and f.when]
        later = [when for when in there if when.earliest and when.earliest.date() > max(days)]
        known = name != _PROGRESS and len(later) < len(there)
        if later and not known:
            return [
                Gap(Reason.STALE, one.fact, detail=BEFORE_CHANGE, proof=one.proof(), level=level)
                for one in denials
            ]
    return []

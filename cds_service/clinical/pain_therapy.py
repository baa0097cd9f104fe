"""Treatment of the pain before the procedure: with what, for how long, and whether it failed.

A fracture code never tells how long it hurts, and an old prescription is no treatment of a new
pain: only the stated onset of the pain and the dates of the drugs count (rules.md 7.9).
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from cds_service.clinical.answer import Answer, Gap
from cds_service.clinical.chart import Chart
from cds_service.clinical.fact import DrugUse, Fact, Finding, Kind, Standing, examination
from cds_service.clinical.imaging import of_patient, onset_of_pain
from cds_service.clinical.truth import Reason, Truth
from cds_service.clinical.when import Window

ANALGESIC: Final = "analgesic"
ADJUVANT: Final = "adjuvant"
AMBULATION: Final = examination("pain-ambulation")
INTOLERANCE: Final = examination("analgesic-intolerance")
BRACE: Final = examination("bracing-tried")
ONSET: Final = examination("pain-onset")
EXAMINATIONS: Final[tuple[Fact, ...]] = (AMBULATION, INTOLERANCE, BRACE, ONSET)


def analgesics(chart: Chart) -> tuple[DrugUse, ...]:
    """List every entry that speaks of a drug against pain."""
    return tuple(use for use in chart.drugs if ANALGESIC in use.kinds)


def braces(chart: Chart) -> tuple[Finding, ...]:
    """List every statement that a brace was tried, or that cannot be read."""
    return tuple(one for one in chart.findings.get(BRACE.name, ()) if one.value is not False)


def perhaps_analgesics(chart: Chart) -> tuple[Gap, ...]:
    """Name drugs that may have been meant against pain, though nothing proves it."""
    return tuple(
        Gap(Reason.SUSPECTED, "analgesic", detail="purpose_unknown", proof=use.proof())
        for use in chart.drugs
        if ADJUVANT in use.kinds
    )


def unnamed_drugs(chart: Chart) -> tuple[Gap, ...]:
    """Name products that could be any drug, one against pain as well."""
    return tuple(
        Gap(Reason.UNPARSEABLE, "unnamed_drug", proof=use.proof())
        for use in chart.drugs
        if not use.resolved
    )


def disabling(chart: Chart, exam: Window) -> Answer:
    """Tell whether the pain prevents walking, or keeps the patient in hospital."""
    stays = [one for one in chart.visits if one.staying]
    for_this = [one.proof("admitted_for_fracture") for one in stays if "fracture" in one.topics]
    admitted = Answer.yes(*for_this) if for_this else Answer.no()
    if not for_this and chart.inpatient is None:
        admitted = Answer.unknown(Gap(Reason.SOURCE_ERROR, "inpatient"))
    elif not for_this and chart.inpatient:
        admitted = Answer.unknown(Gap(Reason.MISSING, "reason_of_stay"))
    return of_patient(chart, AMBULATION, exam).says("cannot") | admitted


def analgesic_active(chart: Chart, at_least: Window) -> Answer:
    """Tell whether a drug against pain has been taken for some days up to now."""
    taken = [use for use in analgesics(chart) if use.standing is not Standing.ENDED]
    long = [use for use in taken if _since(use, chart) >= at_least.length]
    known = [use.proof() for use in long if use.standing is Standing.TAKING]
    if known:
        return Answer.yes(*known)
    unclear = [
        Gap(Reason.MISSING, "start_of_therapy", proof=use.proof())
        for use in taken
        if use in long or use.started is None
    ]
    return Answer.no().doubted(*unclear, *unnamed_drugs(chart), chart.lack(Kind.DRUG))


def _since(use: DrugUse, chart: Chart) -> timedelta:
    """Say for how many days a drug has been taken at least; none where nothing says it."""
    if use.started is None or use.started.earliest is None:
        return timedelta()
    return chart.now.date() - use.started.latest.date()


def longest(chart: Chart) -> int | None:
    """Say how many days of treatment of the present pain there can be at most; None: not known.

    Not more than since the onset of the pain, and not more than since the first drug or brace on
    a list that is complete.
    """
    onset, now = onset_of_pain(chart), chart.now.date()
    days = [(now - onset.earliest.date()).days] if onset and onset.earliest else []
    starts = [use.started.earliest if use.started else None for use in analgesics(chart)]
    complete = not (chart.lack(Kind.DRUG) or unnamed_drugs(chart) or braces(chart))
    known = [start.date() for start in starts if start]
    if complete and known and len(known) == len(starts):
        days.append((now - min(known)).days)
    return max(min(days), 0) if days and not chart.lack(Kind.EXAMINATION) else None


def shortest(chart: Chart) -> int | None:
    """Say how many days of treatment of the present pain are proven; None: the onset lacks.

    Days on which no entry says that a drug was taken do not count.
    """
    onset, now = onset_of_pain(chart), chart.now.date()
    if onset is None or chart.lack(Kind.EXAMINATION) or chart.lack(Kind.DRUG):
        return None
    begun = onset.latest.date()
    spans = [
        (max(use.started.latest.date(), begun), end)
        for use in analgesics(chart)
        if use.started and use.started.earliest and (end := _end(use, now))
    ]
    days, until = timedelta(), begun
    for start, end in sorted(spans):
        if end > until:
            days, until = days + (end - max(start, until)), end
    return days.days


def _end(use: DrugUse, now: date) -> date | None:
    """Say until when a drug was taken for certain; None where nothing says it."""
    if use.standing is Standing.TAKING:
        return now
    if use.standing is Standing.ENDED and use.last_dose and use.last_dose.earliest:
        return min(use.last_dose.earliest.date(), now)
    return None


def sure(answer: Answer, chart: Chart, *kinds: Kind) -> Answer:
    """Let a yes stand only where the facts that could contradict it were asked for."""
    lacks = [chart.lack(kind) for kind in kinds]
    return answer if answer.truth is not Truth.YES else ~(~answer).doubted(*lacks)

"""Pain scores: the highest of the last days decides, not the newest (rules.md 3.5)."""

from __future__ import annotations

from typing import Final

from cds_service.clinical.answer import Answer, Gap, all_of
from cds_service.clinical.chart import Chart
from cds_service.clinical.fact import Kind, Result, vital
from cds_service.clinical.quantity import Quantity
from cds_service.clinical.reading import newest, trouble_with
from cds_service.clinical.truth import Reason, Truth
from cds_service.clinical.when import Age, Window

PAIN: Final = vital("pain_score")


def pain_below(chart: Chart, limit: Quantity, window: Window) -> Answer:
    """Ask whether every pain score of the window lies below a limit.

    One final score that reaches it makes this a no, unless the newest cannot be read (9.2). A
    score that could not be asked for may be higher: then there is no yes either.
    """
    every = chart.results.get(PAIN.name, ())
    recent = [r for r in every if window.age_of(r.when, chart.now) is not Age.OUTSIDE]
    lack = chart.lack(Kind.VITAL_SIGN)
    if not recent:
        stale = [trouble_with(result, window, chart.now) for result in newest(every)]
        return Answer.unknown(*[gap for gap in stale if gap] or [chart.absence(PAIN, window)])
    low = all_of(_below(chart, result, limit, window) for result in recent)
    unread = [trouble_with(r, window, chart.now) for r in newest(r for r in recent if r.final)]
    gaps = [gap for gap in (lack, *unread) if gap]
    return Answer.unknown(*low.missing, *gaps)._replace(because=low.because) if gaps else low


def _below(chart: Chart, result: Result, limit: Quantity, window: Window) -> Answer:
    """Ask whether one score lies below a limit; a preliminary one proves no height (9.2)."""
    gap = trouble_with(result, window, chart.now)
    if gap or result.measured is None:
        return Answer.unknown(gap or Gap(Reason.UNPARSEABLE, result.fact, proof=result.proof()))
    truth = result.measured.below(limit.value)
    if truth is Truth.NO and not result.final:
        return Answer.unknown(
            Gap(Reason.MISSING, result.fact, str(window), "only_preliminary", result.proof())
        )
    if truth is Truth.UNKNOWN:
        return Answer.unknown(Gap(Reason.UNPARSEABLE, result.fact, "", "undecided", result.proof()))
    return Answer(truth, (result.proof(),))

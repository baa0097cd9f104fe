"""Fever and infection: questions that more than one rule asks."""

from __future__ import annotations

from cds_service.clinical.answer import Answer, Gap, any_of
from cds_service.clinical.chart import Chart
from cds_service.clinical.conditions import has_condition
from cds_service.clinical.fact import Culture, DrugUse, Kind, Result, Standing, vital
from cds_service.clinical.quantity import Quantity
from cds_service.clinical.reading import trouble_with
from cds_service.clinical.truth import NO, UNKNOWN, YES, Reason, Truth
from cds_service.clinical.when import Age, When, Window

TEMPERATURE = vital("temperature")

CLEARING_SITES = frozenset({"", "oral", "tympanic", "temporal", "rectal", "core"})
"""Where a temperature must be taken to rule out fever; no site at all may (rules.md 9.8)."""


def fever(chart: Chart, limit: Quantity, inpatient: Window, outpatient: Window) -> Answer:
    """Tell whether any temperature in the window reaches the limit (`fever_unexplained`).

    The window depends on whether the patient is in hospital; where that is not known, the
    answer stands only if both windows give it.
    """
    key = ("fever", limit, inpatient, outpatient)
    return chart.once(key, lambda: _fever(chart, limit, inpatient, outpatient))


def _fever(chart: Chart, limit: Quantity, inpatient: Window, outpatient: Window) -> Answer:
    """Choose the window by whether the patient is in hospital."""
    if chart.inpatient is not None:
        return _fever_within(chart, limit, inpatient if chart.inpatient else outpatient)
    narrow = _fever_within(chart, limit, inpatient)
    wide = _fever_within(chart, limit, outpatient)
    if narrow.truth is wide.truth:
        return narrow
    return (
        wide.doubted(Gap(Reason.SOURCE_ERROR, "inpatient"))
        if wide.truth is not YES
        else (Answer.unknown(Gap(Reason.SOURCE_ERROR, "inpatient", proof=wide.because[0])))
    )


def _fever_within(chart: Chart, limit: Quantity, window: Window) -> Answer:
    """Tell whether any temperature in one window reaches the limit."""
    every = chart.results.get(TEMPERATURE.name, ())
    recent = [r for r in every if window.age_of(r.when, chart.now) is not Age.OUTSIDE]
    answers = [_hot(chart, result, limit, window) for result in recent]
    fired = any_of(answers)
    if fired.truth is YES:
        return fired
    proving = [r for r in recent if r.final and r.site in CLEARING_SITES]
    if not proving:
        return Answer.unknown(*fired.missing, _no_proof(chart, every, recent, window))
    return fired.doubted(chart.lack(Kind.VITAL_SIGN))


def _hot(chart: Chart, result: Result, limit: Quantity, window: Window) -> Answer:
    """Tell whether one temperature reaches the limit."""
    gap = trouble_with(result, window, chart.now)
    if gap or result.measured is None:
        return Answer.unknown(gap or Gap(Reason.UNPARSEABLE, result.fact, proof=result.proof()))
    below = result.measured.below(limit.value)
    turned = {YES: NO, NO: YES, UNKNOWN: UNKNOWN}[below]
    if turned is UNKNOWN:
        return Answer.unknown(Gap(Reason.UNPARSEABLE, result.fact, "", "undecided", result.proof()))
    return Answer(turned, (result.proof(),))


def _no_proof(chart: Chart, every: tuple[Result, ...], recent: list[Result], window: Window) -> Gap:
    """Say why no temperature in the window can rule out fever."""
    if recent:
        proof = recent[0].proof()
        return Gap(Reason.MISSING, "usable_temperature", str(window), "cannot_clear", proof)
    absence = chart.absence(TEMPERATURE, window)
    if every and absence.reason is Reason.MISSING:
        newest = max(every, key=lambda r: r.when.latest if r.when else chart.now)
        return Gap(Reason.STALE, TEMPERATURE.name, str(window), proof=newest.proof())
    return absence


def positive_culture(chart: Chart, site: str, window: Window) -> Answer:
    """Tell whether a culture of a site grew an organism, with nothing later that takes it back.

    A declared contaminant does not count. A later culture without growth, or a later statement
    that infection is cleared, takes a growth back (rules.md 3.1).
    """
    cultures = [c for c in chart.cultures if c.site == site]
    answers = [_grown(chart, culture, cultures, window) for culture in cultures]
    return any_of(answers).doubted(chart.lack(Kind.LABORATORY))


def _grown(chart: Chart, culture: Culture, others: list[Culture], window: Window) -> Answer:
    """Tell whether one culture stands as positive today."""
    age = window.age_of(culture.when, chart.now)
    if age is Age.OUTSIDE or culture.contaminant or (culture.grown is False and culture.final):
        return Answer.no()
    if culture.grown is None or age is not Age.INSIDE:
        gap = Gap(Reason.UNPARSEABLE, f"{culture.site}_culture", proof=culture.proof())
        return Answer.unknown(gap)
    later = [other.when for other in others if other.grown is False and other.final]
    later += [
        finding.when
        for finding in chart.findings.get("infection-cleared", ())
        if finding.value is True and finding.final
    ]
    if any(_takes_back(chart, when, culture, window) for when in later):
        return Answer.no(culture.proof())
    if culture.grown is False:
        name, proof = f"{culture.site}_culture", culture.proof()
        return Answer.unknown(Gap(Reason.MISSING, name, "", "only_preliminary", proof))
    return Answer.yes(culture.proof())


def _takes_back(chart: Chart, when: When | None, culture: Culture, window: Window) -> bool:
    """Tell whether a statement was made after a culture; a date in the future proves nothing."""
    inside = window.age_of(when, chart.now) is Age.INSIDE
    return bool(inside and when and culture.when and when.surely_follows(culture.when.latest))


def systemic_infection(chart: Chart, culture_window: Window) -> Answer:
    """Tell whether a systemic infection is proven: an active code or a positive blood culture."""
    return chart.once(
        ("systemic infection", culture_window),
        lambda: (
            has_condition(chart, "infection_systemic")
            | positive_culture(chart, "blood", culture_window)
        ),
    )


def anti_infective(chart: Chart, window: Window) -> Answer:
    """Tell whether a systemic anti-infective is in use or was started in the window.

    A product that nothing identifies could be one. Prophylaxis looks the same: it is a clue,
    not proof (codes.md 6.4).
    """
    uses = [use for use in chart.drugs if use.anti_infective]
    recent = [use for use in uses if _recent(use, chart, window) is YES]
    current = [use.proof("anti_infective") for use in recent]
    if current:
        return Answer.yes(*current)
    undated = [use for use in uses if _recent(use, chart, window) is UNKNOWN]
    unnamed = [
        use for use in chart.drugs if not use.resolved and _recent(use, chart, window) is not NO
    ]
    gaps = [
        Gap(Reason.UNPARSEABLE, "anti_infective", detail="undated", proof=use.proof())
        for use in undated
    ]
    gaps += [Gap(Reason.UNPARSEABLE, "unnamed_drug", proof=use.proof()) for use in unnamed]
    return Answer.no().doubted(chart.lack(Kind.DRUG), *gaps)


def _recent(use: DrugUse, chart: Chart, window: Window) -> Truth:
    """Tell whether a drug is or was in use in the window; an end without a date is unknown."""
    ages = [window.age_of(when, chart.now) for when in (use.started, use.last_dose)]
    if use.standing is not Standing.ENDED or Age.INSIDE in ages:
        return YES
    known = Age.OUTSIDE in (*ages, window.age_of(use.dated, chart.now))
    return NO if known else UNKNOWN

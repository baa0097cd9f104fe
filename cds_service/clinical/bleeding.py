"""Coagulation tests: which are recent enough, and who needs more recent ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from cds_service.clinical.answer import Answer, Gap, any_of
from cds_service.clinical.chart import Chart
from cds_service.clinical.conditions import has_condition
from cds_service.clinical.fact import DrugUse, Kind, Standing, lab
from cds_service.clinical.truth import UNKNOWN, YES, Reason
from cds_service.clinical.when import When, Window

INR: Final = lab("inr")
PLATELETS: Final = lab("platelets")
HEMOGLOBIN: Final = lab("hemoglobin")
FIBRINOGEN: Final = lab("fibrinogen")
APTT: Final = lab("aptt")

RISK_CONDITIONS: Final = (
    "bleeding_disorder",
    "chronic_liver_disease",
    "malignancy_spine",
    "dialysis",
    "infection_systemic",
)
"""Conditions that call for recent coagulation tests (rules.md 3.6, `coag-labs-missing`)."""


def bleeding_risk(chart: Chart) -> Answer:
    """Tell whether anything on record raises the risk of bleeding.

    An anticoagulant in use, a bleeding disorder, liver disease, malignancy, dialysis or sepsis.
    """
    return chart.once("bleeding risk", lambda: _bleeding_risk(chart))


def _bleeding_risk(chart: Chart) -> Answer:
    """Ask for every risk."""
    conditions = [has_condition(chart, name) for name in RISK_CONDITIONS]
    return any_of([anticoagulant_in_use(chart), *conditions])


def anticoagulant_in_use(chart: Chart) -> Answer:
    """Tell whether an anticoagulant is being taken, as far as the drug entries say."""
    uses = [use for use in chart.drugs if use.group == "anticoagulant" and not use.flush]
    taking = [use.proof() for use in uses if use.standing is Standing.TAKING]
    if taking:
        return Answer.yes(*taking)
    unclear = [use for use in uses if use.standing is Standing.UNCLEAR]
    unclear += [use for use in chart.drugs if not use.resolved]
    gaps = [Gap(Reason.MISSING, "last_dose", proof=use.proof()) for use in unclear]
    if gaps:
        return Answer.unknown(*gaps)
    return Answer.no().doubted(chart.lack(Kind.DRUG))


def within_coagulation_window(
    chart: Chart, default: Window, at_risk: Window, ask: Callable[[Window], Answer]
) -> Answer:
    """Ask about coagulation tests in the window that this patient needs.

    Where it is not known whether there is a risk of bleeding, an answer stands only if both
    windows give it.
    """
    risk = bleeding_risk(chart)
    if risk.truth is not UNKNOWN:
        return ask(at_risk if risk.truth is YES else default)
    strict, lenient = ask(at_risk), ask(default)
    if strict.truth is lenient.truth:
        return strict
    firm = strict if strict.truth is UNKNOWN else lenient
    return Answer(UNKNOWN, firm.because, (*firm.missing, *risk.missing))


def antithrombotics(chart: Chart) -> tuple[DrugUse, ...]:
    """List every entry that speaks of an anticoagulant or antiplatelet drug, flushes left out."""
    groups = ("anticoagulant", "antiplatelet")
    return tuple(use for use in chart.drugs if use.group in groups and not use.flush)


def drug_effect_hidden(chart: Chart, masking: tuple[str, ...]) -> Answer:
    """Tell whether a drug is in use whose effect an INR does not show: a DOAC or a heparin.

    An anticoagulant that the tables do not name could be one.
    """
    uses = [
        use
        for use in antithrombotics(chart)
        if set(use.agents) & set(masking) or (use.group == "anticoagulant" and not use.agents)
    ]
    unnamed = [use for use in chart.drugs if not use.resolved]
    gaps = [
        Gap(Reason.SUSPECTED, "hidden_drug_effect", proof=use.proof())
        for use in uses
        if use.standing is not Standing.ENDED
    ]
    gaps += [Gap(Reason.UNPARSEABLE, "unnamed_drug", proof=use.proof()) for use in unnamed]
    return Answer.no().doubted(*gaps, chart.lack(Kind.DRUG))


def tested_before_drug_change(chart: Chart, window: Window) -> Answer:
    """Tell whether INR or platelets were drawn before the last start or stop of such a drug.

    A test of the same day as the change proves nothing about the time after it.
    """
    uses = antithrombotics(chart)
    moments = [(when, use) for use in uses for when in _changes(use, chart)]
    tests = [test for fact in (INR, PLATELETS) for test in chart.latest(fact, window).results]
    gaps = [
        Gap(Reason.STALE, test.fact, "", "before_drug_change", use.proof())
        for test in tests
        for when, use in moments
        if when and test.when and not test.when.surely_follows(when.latest)
    ]
    undated = [use for when, use in moments if not when]
    gaps += [Gap(Reason.MISSING, "last_dose", proof=use.proof()) for use in undated]
    return Answer.no().doubted(*gaps)


def _changes(use: DrugUse, chart: Chart) -> tuple[When | None, ...]:
    """List when a drug was started or stopped; None where nothing says it.

    A change without a date happened before somebody wrote the entry. What lies ahead of us is a
    plan, but a month that has begun may hold a change already.
    """
    ended = use.standing is not Standing.TAKING
    last = (use.last_dose if ended else use.started) or use.dated
    known = (use.started, use.last_dose, last)
    passed = (w for w in known if w and (w.earliest or w.latest).date() <= chart.now.date())
    return (*passed, *(() if last else (None,)))

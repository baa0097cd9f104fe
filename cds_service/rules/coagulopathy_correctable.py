"""Coagulation tests outside the limits for a procedure with a high risk of bleeding."""

from __future__ import annotations

from dataclasses import dataclass

from cds_service.clinical import (
    DRUGS,
    Answer,
    Chart,
    Quantity,
    Truth,
    Window,
    condition,
    has_condition,
    rule,
    settle,
)
from cds_service.clinical.bleeding import (
    FIBRINOGEN,
    INR,
    PLATELETS,
    drug_effect_hidden,
    tested_before_drug_change,
    within_coagulation_window,
)


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers a card file must give."""

    inr_above: Quantity
    inr_out_of_range_above: Quantity
    platelets_below: Quantity
    window: Window
    window_at_risk: Window
    liver_inr_below: Quantity
    liver_platelets_above: Quantity
    liver_fibrinogen_above: Quantity
    masking_drugs: tuple[str, ...]


@rule(
    limits=Limits,
    reads=(INR, PLATELETS, FIBRINOGEN, DRUGS, condition("chronic_liver_disease")),
    notes=("borderline", "out_of_range", "liver_inside", "liver_outside", "point_of_care"),
)
def coagulopathy_correctable(chart: Chart, limits: Limits) -> Answer:
    """Are the INR or the platelets outside the limits for this procedure?"""
    out = within_coagulation_window(
        chart,
        limits.window,
        limits.window_at_risk,
        lambda window: (
            chart.latest(INR, window).above(limits.inr_above)
            | chart.latest(PLATELETS, window).below(limits.platelets_below)
        ),
    )
    if out.truth is Truth.YES:
        return out.saying(notes=_notes(chart, limits))
    hidden = drug_effect_hidden(chart, limits.masking_drugs)
    return settle(out, ~out & ~hidden & ~tested_before_drug_change(chart, limits.window))


def _notes(chart: Chart, limits: Limits) -> list[str]:
    """Say how far the INR is out, and what chronic liver disease makes of it."""
    inr = chart.latest(INR, limits.window)
    notes = []
    if inr.above(limits.inr_above).truth is Truth.YES:
        far = inr.above(limits.inr_out_of_range_above).truth is Truth.YES
        notes.append("out_of_range" if far else "borderline")
    if inr.value and inr.value.note:
        notes.append(inr.value.note)
    if has_condition(chart, "chronic_liver_disease").truth is Truth.YES:
        within = _inside_liver_limits(chart, limits).truth is Truth.YES
        notes.append("liver_inside" if within else "liver_outside")
    return notes


def _inside_liver_limits(chart: Chart, limits: Limits) -> Answer:
    """Tell whether all three values lie inside the limits for chronic liver disease."""
    return (
        chart.latest(INR, limits.window).below(limits.liver_inr_below)
        & chart.latest(PLATELETS, limits.window).above(limits.liver_platelets_above)
        & chart.latest(FIBRINOGEN, limits.window).above(limits.liver_fibrinogen_above)
    )

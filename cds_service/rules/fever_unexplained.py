"""Fever: one practice guide forbids the procedure in fever, whatever its cause."""

from __future__ import annotations

from dataclasses import dataclass

from cds_service.clinical import (
    ENCOUNTERS,
    Answer,
    Chart,
    Diagnosis,
    Match,
    Quantity,
    Window,
    condition,
    has_condition,
    rule,
    settle,
    suspicion,
)
from cds_service.clinical.infection import TEMPERATURE, fever


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers a card file must give."""

    fever: Quantity
    inpatient: Window
    outpatient: Window


@rule(limits=Limits, reads=(TEMPERATURE, ENCOUNTERS, condition("infection_possible")))
def fever_unexplained(chart: Chart, limits: Limits) -> Answer:
    """Has this patient had a fever in the last days?"""
    hot = fever(chart, limits.fever, limits.inpatient, limits.outpatient)
    coded = has_condition(chart, "infection_possible", _is_fever)
    return settle(hot, ~hot & ~coded, *suspicion(coded, "fever_code"))


def _is_fever(_: Diagnosis, match: Match) -> bool:
    """Tell whether a possible sign of infection is the code for fever itself."""
    return bool(match.marks.get("fever"))

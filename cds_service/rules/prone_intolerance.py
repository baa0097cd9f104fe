"""Lying prone for the whole procedure."""

from __future__ import annotations

from dataclasses import dataclass

from cds_service.clinical import (
    Answer,
    Chart,
    Diagnosis,
    Gap,
    Match,
    Reason,
    Truth,
    Window,
    condition,
    examination,
    has_condition,
    rule,
    settle,
    suspicion,
)
from cds_service.clinical.imaging import of_patient

PRONE, PLANNED = examination("prone-tolerance"), examination("planned-anesthesia")
CLUES = ("respiratory_severe", "respiratory_chronic", "deformity")
ONLY_IN_PART = frozenset({"respiratory_chronic", "deformity"})


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers a card file must give."""

    examination: Window
    anesthesia: Window


@rule(
    limits=Limits,
    reads=(PRONE, PLANNED, *(condition(name) for name in CLUES)),
    rests_on=(PRONE,),
    tiers=("with_anesthesia",),
)
def prone_intolerance(chart: Chart, limits: Limits) -> Answer:
    """Can this patient not lie prone for the procedure?"""
    said = of_patient(chart, PRONE, limits.examination)
    cannot, with_help = said.says("cannot"), said.says("with-ga-only")
    if cannot.truth is Truth.YES:
        return cannot
    if with_help.truth is Truth.YES:
        planned = of_patient(chart, PLANNED, limits.anesthesia).proven("general")
        none = planned.reason in (Reason.MISSING, Reason.STALE)
        answer = with_help if none else with_help & ~planned
        return answer.saying("with_anesthesia") if answer.truth is Truth.YES else answer
    clear = said.proven("tolerates")
    clues = () if clear.truth is Truth.YES else _clues(chart)
    return settle(cannot | with_help, clear, *clues)


def _clues(chart: Chart) -> tuple[Gap, ...]:
    """Name conditions with which lying prone is often not tolerated."""
    every = [
        has_condition(chart, name, _points_to_it)
        if name in ONLY_IN_PART
        else has_condition(chart, name)
        for name in CLUES
    ]
    return tuple(gap for one in every for gap in suspicion(one, "prone_clue"))


def _points_to_it(_: Diagnosis, match: Match) -> bool:
    """Tell whether a chronic condition is one that speaks against lying prone."""
    return bool(match.marks.get("part"))

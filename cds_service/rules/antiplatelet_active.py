"""An antiplatelet drug that is not yet held for long enough."""

from __future__ import annotations

from dataclasses import dataclass

from cds_service.clinical import (
    DRUGS,
    Age,
    Answer,
    Chart,
    Diagnosis,
    Match,
    Truth,
    Window,
    condition,
    has_condition,
    rule,
)
from cds_service.clinical.antithrombotics import HoldLimits, drug_in_hold
from cds_service.clinical.bleeding import INR, PLATELETS

FLAG = "antiplatelet_flag"
HEART = "cardiac_severe"


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers a card file must give."""

    drug: HoldLimits
    coronary: Window
    alone_is_info: tuple[str, ...]


@rule(
    limits=Limits,
    reads=(DRUGS, condition(FLAG), condition(HEART), INR, PLATELETS),
    tiers=("aspirin_alone",),
    notes=("cangrelor", "outside_table", "two_agents", "laboratory_defect", "cardiology"),
    says=("drug", "hold"),
)
def antiplatelet_active(chart: Chart, limits: Limits) -> Answer:
    """Is an antiplatelet drug active, or stopped too short a time before the procedure?"""
    answer = drug_in_hold(chart, limits.drug, "antiplatelet", FLAG)
    if answer.truth is not Truth.YES:
        return answer

    def recent_coronary(diagnosis: Diagnosis, match: Match) -> bool:
        inside = limits.coronary.age_of(diagnosis.recorded, chart.now) is Age.INSIDE
        return inside and bool(match.marks.get("coronary"))

    coronary = has_condition(chart, HEART, recent_coronary).truth is Truth.YES
    drug = dict(answer.values).get("drug", "")
    alone = drug in limits.alone_is_info and "two_agents" not in answer.notes
    tier = "aspirin_alone" if alone and not coronary else ""
    return answer.saying(tier, ["cardiology"] if coronary or " + " in drug else [])

"""An anticoagulant that is not yet held for long enough."""

from __future__ import annotations

from cds_service.clinical import DRUGS, Answer, Chart, condition, rule
from cds_service.clinical.antithrombotics import HoldLimits, drug_in_hold
from cds_service.clinical.bleeding import APTT, INR, PLATELETS
from cds_service.clinical.kidney import CLEARANCE, CREATININE, WEIGHT

FLAG = "anticoagulant_flag"


@rule(
    limits=HoldLimits,
    reads=(DRUGS, condition(FLAG), CREATININE, CLEARANCE, WEIGHT, INR, APTT, PLATELETS),
    notes=(
        "warfarin",
        "heparin",
        "enoxaparin",
        "argatroban",
        "bivalirudin",
        "outside_table",
        "outside_renal",
        "renal_unknown",
        "two_agents",
        "laboratory_defect",
    ),
    says=("drug", "hold"),
)
def anticoagulant_active(chart: Chart, limits: HoldLimits) -> Answer:
    """Is an anticoagulant active, or stopped too short a time before the procedure?"""
    return drug_in_hold(chart, limits, "anticoagulant", FLAG)

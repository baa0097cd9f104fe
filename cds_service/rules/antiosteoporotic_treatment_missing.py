"""Treatment of the osteoporosis that broke the vertebra."""

from __future__ import annotations

from dataclasses import dataclass

from cds_service.clinical import DRUGS, Answer, Chart, Truth, Window, rule
from cds_service.clinical.bone_agents import LookBack, bone_agent_in_use
from cds_service.clinical.indication import INDICATION_READS, osteoporotic


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers a card file must give."""

    look_back: LookBack
    imaging: Window


@rule(limits=Limits, reads=(DRUGS, *INDICATION_READS))
def antiosteoporotic_treatment_missing(chart: Chart, limits: Limits) -> Answer:
    """Is an osteoporotic fracture on record without any treatment of the osteoporosis?"""
    fracture = osteoporotic(chart, limits.imaging)
    if fracture.truth is Truth.NO:
        return Answer.not_applicable(*fracture.because)
    treated = bone_agent_in_use(chart, limits.look_back)
    return fracture & (~treated).doubted(*[chart.lack(DRUGS.kind)])

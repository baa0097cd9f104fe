"""How sure the benefit is in an osteoporotic fracture."""

from __future__ import annotations

from dataclasses import dataclass

from cds_service.clinical import Answer, Chart, Window, rule
from cds_service.clinical.indication import INDICATION_READS, osteoporotic


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers a card file must give."""

    imaging: Window


@rule(limits=Limits, reads=INDICATION_READS)
def evidence_uncertain(chart: Chart, limits: Limits) -> Answer:
    """Is the fracture osteoporotic, where trials disagree about the benefit?"""
    return osteoporotic(chart, limits.imaging)

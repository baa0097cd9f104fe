"""Allergy to contrast media or to the opacifier in the cement."""

from __future__ import annotations

from dataclasses import dataclass

from cds_service.clinical import ALLERGIES, Answer, Chart, Window, rule
from cds_service.clinical.allergies import allergic


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers a card file must give, and the agents that decide."""

    review: Window
    decisive: tuple[str, ...]
    suspicious: tuple[str, ...]
    absence_proven_by: tuple[str, ...]


@rule(limits=Limits, reads=(ALLERGIES,))
def allergy_contrast(chart: Chart, limits: Limits) -> Answer:
    """Is an allergy to contrast media, or to the opacifier in the cement, on record?"""
    return allergic(
        chart, limits.review, limits.decisive, limits.suspicious, limits.absence_proven_by
    )

"""Spine surgery within reach for a complication: the site says it, never the patient."""

from __future__ import annotations

from dataclasses import dataclass

from cds_service.clinical import Answer, Chart, Gap, Proof, Reason, rule
from cds_service.clinical.fact import site

BACKUP = frozenset({"agreement", "on-site"})


@dataclass(frozen=True, slots=True)
class Limits:
    """What a site must say: "none", "agreement" or "on-site"."""

    spine_surgery: tuple[str, ...] | None


@rule(limits=Limits, reads=(site("spine_surgery"),))
def surgical_backup(_: Chart, limits: Limits) -> Answer:
    """Is there no spine surgery that could help with a complication?"""
    said = limits.spine_surgery
    if not said:
        return Answer.unknown(Gap(Reason.MISSING, "spine_surgery"))
    if said == ("none",):
        return Answer.yes(Proof("no_spine_surgery"))
    if BACKUP.issuperset(said):
        return Answer.no(Proof("spine_surgery", ", ".join(said)))
    return Answer.unknown(Gap(Reason.UNPARSEABLE, "spine_surgery"))

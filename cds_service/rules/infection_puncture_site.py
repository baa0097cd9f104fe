"""Infection of the skin or soft tissue where the needle goes in.

No code says that the skin of the back was found normal, so this check is never clear.
"""

from __future__ import annotations

from dataclasses import dataclass

from cds_service.clinical import Answer, Chart, Gap, Reason, Window, condition, rule, settle
from cds_service.clinical.conditions import recent_condition
from cds_service.clinical.fact import site

SKIN = "infection_puncture_site"


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers a card file must give."""

    skin: Window


@rule(
    limits=Limits,
    reads=(condition(SKIN), site("skin_examination")),
    rests_on=(site("skin_examination"),),
)
def infection_puncture_site(chart: Chart, limits: Limits) -> Answer:
    """Is there an infection of the skin or soft tissue near the access site?"""
    examined = Answer.unknown(Gap(Reason.MISSING, "skin_examination", str(limits.skin)))
    return settle(recent_condition(chart, SKIN, limits.skin), examined)

"""Marrow edema beside the level to be treated."""

from __future__ import annotations

from dataclasses import dataclass

from cds_service.clinical import (
    Answer,
    Chart,
    Gap,
    Quantity,
    Reason,
    Truth,
    Window,
    all_of,
    any_of,
    rule,
    settle,
)
from cds_service.clinical.imaging import CLEFT, EDEMA, MRI, onset_of_pain, seen
from cds_service.clinical.levels import around, region_of


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers a card file must give."""

    distance: Quantity
    imaging: Window


@rule(limits=Limits, reads=(EDEMA, CLEFT), says=("found",))
def adjacent_edema_unaddressed(chart: Chart, limits: Limits) -> Answer:
    """Is there edema within two levels of the ordered one, at a level that is not ordered?"""
    return chart.per_level(lambda level: _at(chart, limits, level))


def _at(chart: Chart, limits: Limits, level: str) -> Answer:
    """Ask the neighbours of one level.

    Where the level itself shows no edema or cleft, edema beside it asks whether the level is the
    right one: that is the question of `level_unspecified_or_mismatch`.
    """
    near = around(level, int(limits.distance.value))
    others = [p for p in near if p not in chart.targets and region_of(p) != "cervical"]
    since = onset_of_pain(chart)
    looked = {place: seen(chart, EDEMA, place, limits.imaging, MRI, since) for place in others}
    shown = {place: one.says(value=True) for place, one in looked.items()}
    found = [place for place, answer in shown.items() if answer.truth is Truth.YES]
    if found:
        own = seen(chart, EDEMA, level, limits.imaging, MRI, since).says(value=True)
        own |= seen(chart, CLEFT, level, limits.imaging).says(value=True)
        if own.truth is not Truth.YES:
            return Answer.unknown(Gap(Reason.MISSING, "acute_level", level=level))
        return any_of(shown[place] for place in found).saying(found=", ".join(found))
    free = all_of(one.proven(value=False) for one in looked.values())
    if free.truth is Truth.YES:
        return settle(Answer.no(), free)
    weighty = [gap for gap in free.missing if gap.reason is not Reason.MISSING]
    hints = [gap for answer in shown.values() for gap in answer.missing]
    weighty += [gap for gap in hints if gap.reason is Reason.SUSPECTED]
    return Answer.unknown(*(weighty or [Gap(Reason.MISSING, "edema_beside", level=level)]))

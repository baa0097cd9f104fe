"""Many new fractures in a short time."""

from __future__ import annotations

from dataclasses import dataclass

from cds_service.clinical import (
    Answer,
    Chart,
    Gap,
    Proof,
    Quantity,
    Reason,
    Truth,
    Window,
    imaging_finding,
    rule,
)
from cds_service.clinical.anatomy import FRACTURE
from cds_service.clinical.imaging import seen
from cds_service.clinical.levels import in_order

ACUITY = imaging_finding("fracture-acuity")
NEW = ("acute", "subacute")


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers a card file must give."""

    fractures_above: Quantity
    window: Window


@rule(limits=Limits, reads=(FRACTURE, ACUITY), says=("count",))
def fracture_cascade(chart: Chart, limits: Limits) -> Answer:
    """Are there more than three new fractures within a few months?"""
    facts = [f for fact in (FRACTURE, ACUITY) for f in chart.findings.get(fact.name, ())]
    levels = in_order(frozenset(f.level for f in facts if f.level))
    new = {level: _new(chart, limits, level) for level in levels}
    sure = [level for level in levels if new[level].truth is Truth.YES]
    proofs = tuple(proof for level in sure for proof in new[level].because)
    if len(sure) > limits.fractures_above.value:
        return Answer.yes(*proofs).saying(count=str(len(sure)))
    gaps = tuple(gap for answer in new.values() for gap in answer.missing)
    open_ones = [level for level in levels if new[level].truth is Truth.UNKNOWN]
    vague = {f: None for f in facts if not f.level and f.value not in (False, "chronic")}
    if len(sure) + len(open_ones) + len(vague) > limits.fractures_above.value:
        loose = (Gap(Reason.SUSPECTED, f.fact, detail="no_level", proof=f.proof()) for f in vague)
        return Answer.unknown(*gaps, *loose)
    lack = chart.lack(FRACTURE.kind)
    dated = _dated(chart, limits, levels)
    if lack or not dated:
        return Answer.unknown(
            lack or chart.absence(FRACTURE, limits.window, "".join(chart.targets[:1]))
        )
    return Answer.no(*dated)


def _new(chart: Chart, limits: Limits, level: str) -> Answer:
    """Ask whether the fracture of one level is new: stated as acute or subacute."""
    acuity = seen(chart, ACUITY, level, limits.window)
    new = acuity.ask(lambda f: Truth.YES if f.value in NEW else Truth.NO)
    if new.truth is Truth.YES:
        return new
    fracture = seen(chart, FRACTURE, level, limits.window)
    old = acuity.proven("chronic") | fracture.proven(value=False)
    if old.truth is Truth.YES:
        return Answer.no(*old.because)
    shown = fracture.says(value=True)
    if shown.reason in (Reason.MISSING, Reason.STALE) and new.reason in (
        Reason.MISSING,
        Reason.STALE,
    ):
        return Answer.no()
    gap = Gap(Reason.MISSING, ACUITY.name, str(limits.window), level=level)
    return Answer.unknown(*(g for g in new.missing if g.proof), gap)


def _dated(chart: Chart, limits: Limits, levels: tuple[str, ...]) -> tuple[Proof, ...]:
    """List what imaging in the window says for certain of fractures, present or not."""
    places = (*levels, *(level for level in chart.targets if level not in levels))
    stated = [seen(chart, FRACTURE, level, limits.window) for level in places]
    answers = [
        answer
        for one in stated
        for answer in (one.proven(value=True), one.proven(value=False))
        if answer.truth is Truth.YES
    ]
    return tuple(dict.fromkeys(proof for answer in answers for proof in answer.because))

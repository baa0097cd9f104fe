"""Pain that has lasted for months, without a sign that the fracture is still unhealed."""

from __future__ import annotations

from dataclasses import dataclass

from cds_service.clinical import (
    Age,
    Answer,
    Chart,
    Gap,
    Proof,
    Reason,
    Truth,
    When,
    Window,
    examination,
    imaging_finding,
    rule,
    settle,
)
from cds_service.clinical.fact import AXIAL
from cds_service.clinical.imaging import CLEFT, EDEMA, MRI, Seen, onset_of_pain, seen

ONSET = examination("pain-onset")
ACUITY = imaging_finding("fracture-acuity")


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers a card file must give."""

    reduced_benefit: Window
    chronic: Window
    imaging: Window


@rule(limits=Limits, reads=(EDEMA, CLEFT, ACUITY, ONSET), tiers=("chronic",), says=("days",))
def fracture_age_chronic(chart: Chart, limits: Limits) -> Answer:
    """Has the pain lasted for months while the level shows neither edema nor a cleft?"""
    return chart.per_level(lambda level: _at(chart, limits, level))


def _at(chart: Chart, limits: Limits, level: str) -> Answer:
    """Ask for one level: the age of the pain, and the signs that stand against age alone."""
    edema = seen(chart, EDEMA, level, limits.imaging, MRI)
    cleft = seen(chart, CLEFT, level, limits.imaging, AXIAL)
    unhealed = edema.proven(value=True) | cleft.proven(value=True)
    onset = onset_of_pain(chart)
    if onset is None:
        acuity = seen(chart, ACUITY, level, limits.imaging, AXIAL).says("chronic")
        gaps = [Gap(Reason.SUSPECTED, ACUITY.name, proof=p) for p in acuity.only_proofs()]
        gap = chart.absence(ONSET)
        return settle(~unhealed & Answer.unknown(gap), unhealed, *(() if _yes(unhealed) else gaps))
    long = _longer(chart, onset, limits.reduced_benefit)
    hurts = edema.says(value=True).only_fires() | cleft.says(value=True).only_fires()
    fires = long & edema.proven(value=False) & cleft.proven(value=False) & ~hurts
    begun = onset.earliest or chart.now
    days = str((chart.now.date() - begun.date()).days)
    tier = "chronic" if _yes(_longer(chart, onset, limits.chronic)) else ""
    clear = ~long | unhealed
    against = () if _yes(clear) else (*_disputed(edema, level), *_disputed(cleft, level))
    return settle(fires, clear, *against).saying(tier, days=days)


def _disputed(sign: Seen, level: str) -> tuple[Gap, ...]:
    """Name a sign that imaging shows though the imaging that could clear it denies it."""
    shown = sign.says(value=True).only_proofs() if _yes(sign.proven(value=False)) else ()
    return tuple(Gap(Reason.CONFLICTING, p.what, proof=p, level=level) for p in shown)


def _yes(answer: Answer) -> bool:
    """Tell whether an answer is yes."""
    return answer.truth is Truth.YES


def _longer(chart: Chart, onset: When, window: Window) -> Answer:
    """Ask whether the pain began before a window that ends now."""
    age = window.age_of(onset, chart.now)
    proof = Proof(ONSET.name, onset.text)
    if age in (Age.INSIDE, Age.OUTSIDE):
        return Answer.yes(proof) if age is Age.OUTSIDE else Answer.no(proof)
    return Answer.unknown(Gap(Reason.UNPARSEABLE, ONSET.name, detail=age.value, proof=proof))

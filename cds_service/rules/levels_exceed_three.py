"""How many vertebrae are to be treated in one session."""

from __future__ import annotations

from dataclasses import dataclass

from cds_service.clinical import (
    ORDERS,
    PROCEDURES,
    Answer,
    Chart,
    Gap,
    Proof,
    Quantity,
    Reason,
    Truth,
    Window,
    rule,
)
from cds_service.clinical.session import Session, sessions


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers a card file must give."""

    levels_above: Quantity
    session: Window


@rule(limits=Limits, reads=(ORDERS, PROCEDURES), says=("count",))
def levels_exceed_three(chart: Chart, limits: Limits) -> Answer:
    """Are more levels ordered for one session than the sources allow?"""
    answers = [_in(chart, limits, session) for session in sessions(chart, limits.session)]
    ranked = sorted(answers, key=lambda answer: list(Truth).index(answer.truth))
    return ranked[0]


def _in(chart: Chart, limits: Limits, session: Session) -> Answer:
    """Count the levels of one session, by their names and by the codes."""
    maximum = int(limits.levels_above.value)
    named = len(session.named)
    proofs = [Proof("ordered_level", reference=ref, level=lv) for lv, ref in session.named.items()]
    most = max(named, session.counted or named)
    over_by_names, over_by_codes = named > maximum, (session.counted or named) > maximum
    short = session.open_ended and named > (session.counted or named)
    if (over_by_names and (over_by_codes or short)) or (over_by_codes and not named):
        return Answer.yes(*proofs, *session.coded).saying(count=str(most))
    gaps = []
    if most > maximum:
        proof = session.coded[-1] if session.coded else proofs[-1]
        gaps.append(Gap(Reason.CONFLICTING, "level_count", proof=proof))
    if session.unnamed or most > named:
        gaps.append(Gap(Reason.MISSING, "every_level_named"))
    gaps += [gap for gap in (chart.lack(ORDERS.kind), chart.lack(PROCEDURES.kind)) if gap]
    return Answer.no(*proofs, *session.coded).doubted(*gaps).saying(count=str(most))

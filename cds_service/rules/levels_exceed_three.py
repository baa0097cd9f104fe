"""How many vertebrae are to be treated in one session."""

from __future__ import annotations

from dataclasses import dataclass

from cds_service.clinical import (
    ORDERS,
    PROCEDURES,
    Answer,
    Chart,
    Quantity,
    Window,
    rule,
)
from cds_service.clinical.session import levels_above


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers a card file must give."""

    levels_above: Quantity
    session: Window


@rule(limits=Limits, reads=(ORDERS, PROCEDURES), says=("count",))
def levels_exceed_three(chart: Chart, limits: Limits) -> Answer:
    """Are more levels ordered for one session than the sources allow?"""
    return levels_above(chart, limits.levels_above, limits.session)

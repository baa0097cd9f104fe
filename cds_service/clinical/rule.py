"""Rules: clinical questions that a chart answers in three values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cds_service.clinical.answer import Answer
from cds_service.clinical.chart import Chart
from cds_service.clinical.fact import Fact

Ask = Callable[[Chart, Any], Answer]


@dataclass(frozen=True, slots=True)
class Rule:
    """One question, wired by its name to its card file, its test and the patient fixtures.

    `limits` is the class of the numbers that the card file must give (`Quantity | None` for one
    that may be off until a site sets it), `reads` the facts that it asks for, `tiers` the
    variants of its card, `notes` and `says` the sentences and names that it may add to the
    words of the card. Without a fact that it `rests_on` (all that it reads, unless told otherwise)
    a record cannot answer it at all.
    """

    name: str
    question: str
    ask: Ask
    limits: type
    reads: tuple[Fact, ...]
    tiers: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    says: tuple[str, ...] = ()
    rests_on: tuple[Fact, ...] = ()


def rule(
    *,
    limits: type,
    reads: tuple[Fact, ...],
    tiers: tuple[str, ...] = (),
    notes: tuple[str, ...] = (),
    says: tuple[str, ...] = (),
    rests_on: tuple[Fact, ...] = (),
) -> Callable[[Ask], Rule]:
    """Make a rule of a function whose docstring is the question."""

    def wrap(ask: Ask) -> Rule:
        question = (ask.__doc__ or "").strip().split("\n\n")[0]
        return Rule(ask.__name__, question, ask, limits, reads, tiers, notes, says, rests_on)

    return wrap

"""Holds: how long before the procedure a drug must have been stopped (rules.md 6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from cds_service.clinical.fact import DrugUse
from cds_service.clinical.kidney import Clearance
from cds_service.clinical.truth import Truth
from cds_service.clinical.when import When


@dataclass(frozen=True, slots=True)
class Hold:
    """One row of the table: an agent, and the time it is to be stopped before the procedure.

    The time is a number of days, hours or doses; of two, both must have passed. A row may hold
    for a band of creatinine clearance (`clearance_from` up to, not including,
    `clearance_below`, in mL/min), a route or an intent only. `needs` names a test that must be
    in order as well. `none` marks an agent that the table lets run on.
    """

    agent: str
    days: int = 0
    hours: Decimal = Decimal(0)
    doses: Decimal = Decimal(0)
    clearance_from: Decimal | None = None
    clearance_below: Decimal | None = None
    route: str = ""
    intent: str = ""
    needs: str = ""
    none: bool = False

    def __str__(self) -> str:
        """Say the time as a card says it."""
        parts = ((self.days, "day"), (self.doses, "dose"), (self.hours, "hour"))
        said = [f"{amount} {unit}{'' if amount == 1 else 's'}" for amount, unit in parts if amount]
        return " or ".join(said) or "no hold"

    def covers(self, clearance: Decimal) -> bool:
        """Tell whether the row is meant for this creatinine clearance."""
        above = self.clearance_from is None or clearance >= self.clearance_from
        return above and (self.clearance_below is None or clearance < self.clearance_below)

    def holds(self, last: When, planned: datetime, interval: Decimal | None) -> Truth:
        """Tell whether the last dose lies inside the hold that ends at the procedure.

        Days compare calendar dates, hours compare instants (9.1); doses become hours only by a
        known dosing interval. A day alone counts to its end (1.1).
        """
        answers = []
        if self.days:
            answers.append((planned.date() - last.latest.date()).days <= self.days)
        if self.hours:
            answers.append(planned - last.latest < timedelta(hours=float(self.hours)))
        if self.doses and interval:
            answers.append(planned - last.latest < timedelta(hours=float(self.doses * interval)))
        if any(answers):
            return Truth.YES
        if self.doses and not interval:
            return Truth.UNKNOWN
        return Truth.NO if answers or self.none else Truth.UNKNOWN


def rows_for(
    holds: tuple[Hold, ...], use: DrugUse, agent: str, clearance: Clearance
) -> tuple[Hold, ...]:
    """Choose the rows of an agent that fit the route, the intent and the kidney function.

    What is not known about a use leaves every row standing, so that the longest one counts.
    """
    rows = [hold for hold in holds if hold.agent == agent]
    if use.route:
        rows = [hold for hold in rows if hold.route in ("", use.route)]
    if use.intent:
        rows = [hold for hold in rows if hold.intent in ("", use.intent)]
    if clearance.value is not None:
        rows = [hold for hold in rows if hold.covers(clearance.value)]
    return tuple(rows)


def renal(holds: tuple[Hold, ...], agent: str) -> bool:
    """Tell whether the hold of an agent depends on kidney function."""
    rows = [hold for hold in holds if hold.agent == agent]
    return any(hold.clearance_from is not None for hold in rows)

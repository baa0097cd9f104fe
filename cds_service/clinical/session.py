"""Sessions: the orders that would be carried out together (rules.md 9.16)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from cds_service.clinical.answer import Answer, Gap, Proof
from cds_service.clinical.chart import Chart
from cds_service.clinical.fact import Kind
from cds_service.clinical.levels import in_order
from cds_service.clinical.order import Order
from cds_service.clinical.quantity import Quantity
from cds_service.clinical.truth import Reason, Truth
from cds_service.clinical.when import Age, Window


@dataclass(frozen=True, slots=True)
class Session:
    """The vertebrae of one session.

    `named` gives for each named level the order or procedure that names it. `counted` is the
    number that codes and quantities stand for, None where no code counts levels. `open_ended`
    says that the count may be larger, `unnamed` that a level is not named or may not be of this
    session.
    """

    named: Mapping[str, str]
    counted: int | None
    coded: tuple[Proof, ...]
    open_ended: bool
    unnamed: bool


def sessions(chart: Chart, window: Window) -> tuple[Session, ...]:
    """Group all orders of the procedure into sessions, of which one at least is selected.

    Orders of one planned day form a session; an order without a day belongs to every one.
    """
    days = {order.planned for order in chart.orders if order.planned}
    groups = [_orders_on(chart, day) for day in sorted(days)] or [chart.orders]
    groups = [group for group in groups if any(order.selected for order in group)]
    return tuple(_session(chart, group, window) for group in groups or [chart.selected])


def _orders_on(chart: Chart, day: date) -> tuple[Order, ...]:
    """List the orders planned for a day or for none."""
    return tuple(order for order in chart.orders if order.planned in (None, day))


def _session(chart: Chart, orders: tuple[Order, ...], window: Window) -> Session:
    """Count the levels of some orders, and of what was done in the hours before."""
    named = {level: order.reference for order in reversed(orders) for level in order.levels}
    ages = [(order, window.age_of(when, chart.planned)) for order, when in chart.procedures]
    before = [order for order, age in ages if age is Age.INSIDE]
    done = {level: order.reference for order in before for level in order.levels}
    everything = done | named
    counting = [order for order in orders if _counts(order)]
    firsts = [order for order in orders if not order.add_on]
    vague = [order for order in (*firsts, *before) if not order.levels or order.doubtful]
    vague += [order for order, age in ages if age is Age.UNDATED]
    vague += [order for order in orders if order.count is None and order.at_least]
    earlier = len(done.keys() - named.keys())
    coded = sum(order.count or 1 for order in orders) + earlier
    counted = coded if counting or not named else None
    return Session(
        {level: everything[level] for level in in_order(frozenset(everything))},
        counted,
        tuple(Proof("ordered_code", order.label, reference=order.reference) for order in counting),
        any(order.at_least or order.count is None for order in counting),
        bool(vague) or not orders,
    )


def _counts(order: Order) -> bool:
    """Tell whether a code or its quantity stands for a number of levels, named or not."""
    return order.add_on or order.composite or order.at_least or (order.count or 1) > 1


def levels_above(chart: Chart, limit: Quantity, window: Window) -> Answer:
    """Tell whether more levels than a limit are to be treated in one session; says `count`."""
    answers = [_above(chart, int(limit.value), session) for session in sessions(chart, window)]
    ranked = sorted(answers, key=lambda answer: list(Truth).index(answer.truth))
    return ranked[0]


def _above(chart: Chart, maximum: int, session: Session) -> Answer:
    """Count the levels of one session, by their names and by the codes."""
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
    gaps += [gap for gap in (chart.lack(Kind.ORDER), chart.lack(Kind.PROCEDURE)) if gap]
    return Answer.no(*proofs, *session.coded).doubted(*gaps).saying(count=str(most))

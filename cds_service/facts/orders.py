"""Orders of the procedure: draft ones of the hook, and those that are on record already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import MAXYEAR, MINYEAR, date, datetime
from typing import Any, Final

from cds_service.clinical.evidence import Resource
from cds_service.clinical.order import Order
from cds_service.facts.context import Context
from cds_service.facts.dates import time_of
from cds_service.facts.elements import number, obj, status_of, texts, word
from cds_service.facts.encounters import read_follow_up
from cds_service.facts.index import reference_of
from cds_service.facts.order_codes import OrderCode, OrderTable, load_orders
from cds_service.facts.order_levels import order_levels
from cds_service.facts.selection import selected_places

__all__ = ["concerns", "load_orders", "order_of", "read_existing", "read_orders"]

_KIND: Final = "ServiceRequest"
_DEAD: Final = frozenset({"entered-in-error", "revoked", "cancelled", "completed"})
_OPEN: Final = frozenset({"active", "on-hold", "draft"})
_PLAIN: Final = 2
_DAY: Final = 10


def concerns(
    drafts: Sequence[Resource], selections: Sequence[str] | None, table: OrderTable
) -> bool:
    """Tell at little cost whether any selected draft is an order of the procedure."""
    ours = [place for place, draft in enumerate(drafts) if _code(draft, table)]
    return bool(ours) and not selected_places(drafts, selections).isdisjoint(ours)


def read_orders(
    drafts: Sequence[Resource],
    selections: Sequence[str] | None,
    patient_id: str,
    table: OrderTable,
) -> tuple[Order, ...]:
    """Read all draft orders of the procedure; those not selected come along as background.

    An order for another patient, one not to be done, and one that is void are none of ours.
    """
    chosen = selected_places(drafts, selections)
    found = []
    for place, draft in enumerate(drafts):
        code = _code(draft, table)
        if code and _is_for(draft.get("subject"), patient_id):
            found.append(order_of(draft, code, table, selected=place in chosen))
    return tuple(found)


def read_existing(resource: Resource, reference: str, context: Context) -> None:
    """Note an order of the procedure that is on record and still open, or one to follow it up."""
    if status_of(resource) in _OPEN and resource.get("doNotPerform") is not True:
        when = time_of(resource, "occurrence", context.zone)
        read_follow_up(texts(resource.get("code")), when, reference, context)
    code = _code(resource, context.table) if context.table else None
    if code and context.table and status_of(resource) in _OPEN:
        context.orders.append(order_of(resource, code, context.table, selected=False))


def _code(draft: Any, table: OrderTable) -> OrderCode | None:
    """Find the code of a live order of the procedure."""
    if not isinstance(draft, dict) or draft.get("resourceType") != _KIND:
        return None
    code = table.find(draft.get("code"))
    if code is None or code.past or draft.get("doNotPerform") is True:
        return None
    return None if status_of(draft) in _DEAD else code


def order_of(resource: Resource, code: OrderCode, table: OrderTable, *, selected: bool) -> Order:
    """Make an order of a resource whose code is known."""
    said = order_levels(resource, table.vertebrae)
    count, at_least = _count(resource, code)
    return Order(
        reference_of(resource),
        resource,
        code.label,
        code.matched,
        selected,
        said.levels,
        said.doubtful,
        count,
        at_least,
        code.add_on,
        code.composite,
        code.possible,
        code.regions,
        *_planned(resource),
    )


def _count(resource: Mapping[str, Any], code: OrderCode) -> tuple[int | None, bool]:
    """Tell for how many vertebrae an order stands, and whether there may be more.

    An add-on counts as often as it is ordered; without a quantity it is at least one.
    """
    if code.composite:
        return code.count or _PLAIN, True
    if any(resource.get(key) for key in ("quantityRatio", "quantityRange")):
        return None, True
    if not (quantity := resource.get("quantityQuantity")):
        return code.count, code.add_on
    value = number(obj(quantity).get("value"))
    if value is None or value < 1 or value != value.to_integral_value():
        return None, True
    return None if code.count is None else code.count * int(value), False


def _is_for(subject: Any, patient_id: str) -> bool:
    """Tell whether an order is for the patient; one that does not say is taken as theirs.

    A reference inside the session (`urn:`, `#`) cannot be compared and is trusted.
    """
    reference = word(obj(subject).get("reference")).split("/_history/", 1)[0]
    if not reference or reference.startswith(("urn:", "#")):
        return True
    parts = reference.split("/")
    return parts[-1] == patient_id and (len(parts) == 1 or parts[-2] == "Patient")


def _planned(resource: Mapping[str, Any]) -> tuple[date | None, datetime | None]:
    """Take the planned day as the orderer wrote it, and the moment where a time is written."""
    events = obj(resource.get("occurrenceTiming")).get("event")
    texts = [
        resource.get("occurrenceDateTime"),
        obj(resource.get("occurrencePeriod")).get("start"),
        *(events[:1] if isinstance(events, list) else ()),
    ]
    for text in map(word, texts):
        try:
            return date.fromisoformat(text[:_DAY]), _moment(text)
        except ValueError:
            continue
    return None, None


def _moment(text: str) -> datetime | None:
    """Read the moment of a planned day; None where no readable time is written.

    The first and the last year of the calendar cannot be taken to another zone.
    """
    with suppress(ValueError):
        moment = datetime.fromisoformat(text)
        return moment if len(text) > _DAY and MINYEAR < moment.year < MAXYEAR else None
    return None

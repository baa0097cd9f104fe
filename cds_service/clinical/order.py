"""What comes in: a hook request, and the orders in it that concern a procedure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from ipaddress import IPv4Network, IPv6Network
from typing import Any

from cds_service.clinical.evidence import Resource


@dataclass(frozen=True, slots=True)
class HookRequest:
    """A CDS Hooks request as far as this service reads it (CDS Hooks 2.0.1, "HTTP Request").

    `drafts` are the resources of `context.draftOrders`, in their order. `selections` is None
    for a hook without selections (order-sign): then every draft counts as selected.
    `prefetch` is None when the request has none. `token` is `fhirAuthorization.access_token`;
    it is never part of a representation, a log line or an answer. `scope` is what it gives access
    to, as far as the request says. `servers` are the origins (scheme, host, port) registered for
    whoever asks; None where nobody is registered. `networks` are those where these servers may be
    besides public addresses. `batch` says that they are to be asked by FHIR batches.
    """

    hook: str
    hook_instance: str
    patient_id: str
    user_id: str
    drafts: tuple[Resource, ...]
    selections: tuple[str, ...] | None = None
    encounter_id: str | None = None
    prefetch: Mapping[str, Any] | None = None
    fhir_server: str | None = None
    token: str | None = field(default=None, repr=False)
    scope: str | None = None
    servers: frozenset[tuple[str, str, int]] | None = None
    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    batch: bool = False


@dataclass(frozen=True, slots=True)
class Order:
    """One order of the procedure, read from a ServiceRequest.

    `levels` are named vertebrae from the head down; `doubtful` are words that name no level for
    certain ("T12-L1"). `count` is how many vertebrae its code and quantity stand for, None where
    they do not say; `at_least` says that the true number may be larger. `regions` are the spine
    regions that its code allows, empty for any. `planned` is the day of the planned procedure;
    `begins` is its moment, where a time of day is written: one without a zone is of the site.
    """

    reference: str
    resource: Resource
    label: str
    matched: str
    selected: bool
    levels: tuple[str, ...] = ()
    doubtful: tuple[str, ...] = ()
    count: int | None = None
    at_least: bool = False
    add_on: bool = False
    composite: bool = False
    possible: bool = False
    regions: frozenset[str] = frozenset()
    planned: date | None = None
    begins: datetime | None = None


def first_start(orders: Iterable[Order], now: datetime) -> datetime | None:
    """Say when the first of the selected orders is to begin, in the zone of `now` (rules.md 1.1).

    A day alone stands for noon (9.1). A time in the past cannot be meant, so it is never before
    `now`; None when no order names a day.
    """
    starts = [_start(order, now) for order in orders if order.selected]
    named = [start for start in starts if start]
    return max(min(named), now) if named else None


def _start(order: Order, now: datetime) -> datetime | None:
    """Place one order in time, in the zone of `now`."""
    if order.begins:
        own = order.begins
        return own.astimezone(now.tzinfo) if own.tzinfo else own.replace(tzinfo=now.tzinfo)
    return datetime.combine(order.planned, time(12), now.tzinfo) if order.planned else None

"""Bundles to items: each entry is looked at alone, so that a bad one spoils nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from cds_service.clinical.evidence import Item, Resource, Sought, Source, Unreadable
from cds_service.evidence.outcome import is_remark

HIDDEN: Final = "the FHIR server says that something may be missing"
FEWER: Final = "fewer entries than the total of the Bundle"

_MOST_STATES: Final = 512
_SPECIAL: Final = frozenset({"OperationOutcome", "Bundle"})


@dataclass(slots=True)
class Haul:
    """What one query has brought so far; filled page by page, by one thread.

    `matches` counts entries that are answers, readable or not; `total` is the largest total that
    a page claims; `next` is the link of the last page, whatever it is.
    """

    name: str
    origin: str
    state: Sought = Sought.NOT_SOUGHT
    detail: str = ""
    items: list[Item] = field(default_factory=list)
    odd: list[Unreadable] = field(default_factory=list)
    pages: int = 0
    matches: int = 0
    total: int = 0
    next: object = None

    @property
    def source(self) -> Source:
        """The state of the query, for the rules."""
        return _source(self.name, self.state, self.detail, self.origin)

    def answered(self) -> None:
        """Close the query as answered, unless something is known to lack."""
        if self.state is Sought.NOT_SOUGHT:
            complete = self.total <= self.matches
            self.state = Sought.ANSWERED if complete else Sought.INCOMPLETE
            self.detail = "" if complete else FEWER

    def stopped(self, detail: str) -> None:
        """Close the query early: incomplete after a first page, failed without any."""
        self.state = Sought.INCOMPLETE if self.pages else Sought.FAILED
        self.detail = detail

    def abandoned(self, detail: str) -> Haul:
        """Copy what has come so far; the thread that fills this one may not know yet."""
        copy = Haul(self.name, self.origin, items=list(self.items), odd=list(self.odd))
        copy.pages = self.pages
        copy.stopped(detail)
        return copy

    def skip(self, where: str, why: str) -> None:
        """Count one thing that cannot be used."""
        self.odd.append(Unreadable(where, why))

    def add_resource(self, resource: Resource) -> None:
        """Take one resource that answers the whole query."""
        self.items.append(Item(resource, "", self.origin))
        self.matches += 1
        self.pages += 1

    def add_page(self, bundle: Mapping[str, Any]) -> bool:
        """Take a Bundle's entries; False where it is none, and then nothing is taken."""
        entries = bundle.get("entry")
        if bundle.get("resourceType") != "Bundle" or not isinstance(entries, list | None):
            return False
        origin, taken, included = self.origin, len(self.items), 0
        for place, entry in enumerate(entries or (), 1):  # no call for an ordinary entry
            resource: Any = entry.get("resource") if type(entry) is dict else None
            kind = resource.get("resourceType") if type(resource) is dict else None
            mode = _mode(entry) if type(kind) is str and "search" in entry else None
            if type(kind) is not str or kind in _SPECIAL or mode == "outcome":
                self._add_special(place, kind, resource)
                if _is_refused(entry):
                    self.state, self.detail = Sought.INCOMPLETE, HIDDEN
                continue
            url = entry.get("fullUrl")
            self.items.append(Item(resource, url if type(url) is str else "", origin))
            included += mode == "include"
        self.matches += len(self.items) - taken - included
        total = bundle.get("total")
        if type(total) is int and total > self.total:
            self.total = total
        self.next = next_link(bundle)
        self.pages += 1
        return True

    def _add_special(self, place: int, kind: object, resource: Any) -> None:
        """Hear what an OperationOutcome says; count what else is out of place, under its page."""
        if kind != "OperationOutcome":
            named = kind and type(kind) is str
            why = "not an answer to the search" if named else "no readable resource in it"
            self.skip(f"{self.name}: page {self.pages + 1}, entry {place}", why)
            self.matches += 1
        elif not is_remark(resource):
            self.state, self.detail = Sought.INCOMPLETE, HIDDEN


def _is_refused(entry: object) -> bool:
    """Tell whether an entry of a batch says that its search was not answered (codes.md 8)."""
    response = entry.get("response") if type(entry) is dict else None
    status = response.get("status") if type(response) is dict else None
    return type(status) is str and bool(status) and not status.startswith("2")


def _mode(entry: Mapping[str, Any]) -> object:
    """Tell why an entry is in its Bundle; None where that is not said."""
    search = entry["search"]
    return search.get("mode") if type(search) is dict else None


@lru_cache(_MOST_STATES)
def _source(name: str, state: Sought, detail: str, origin: str) -> Source:
    """Make the state of a query, once for all requests: all of it is in our own words."""
    return Source(name, state, detail, origin)


def next_link(bundle: Mapping[str, Any]) -> object:
    """Give the URL of the next page as it stands; None for the last page, "" if unreadable."""
    links = bundle.get("link")
    for link in links if isinstance(links, list) else ():
        if isinstance(link, dict) and link.get("relation") == "next":
            return link.get("url") or ""
    return None

"""Bundles to items: each entry is looked at alone, so that a bad one spoils nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from cds_service.clinical.evidence import Item, Resource, Sought, Source, Unreadable
from cds_service.evidence.outcome import is_remark

HIDDEN: Final = "the FHIR server says that something may be missing"
FEWER: Final = "fewer entries than the total of the Bundle"

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
        return Source(self.name, self.state, self.detail, self.origin)

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
        take, origin = self.items.append, self.origin
        for place, entry in enumerate(entries or (), 1):
            mode, kind, resource = _parts(entry)
            if kind is None or kind in _SPECIAL or mode == "outcome":
                self._add_special(place, kind, resource)
                continue
            url = entry.get("fullUrl")
            take(Item(resource, url if type(url) is str else "", origin))
            if mode != "include":
                self.matches += 1
        total = bundle.get("total")
        if type(total) is int and total > self.total:
            self.total = total
        self.next = next_link(bundle)
        self.pages += 1
        return True

    def _add_special(self, place: int, kind: str | None, resource: Resource) -> None:
        """Hear what an OperationOutcome says; count what else is out of place, under its page."""
        if kind != "OperationOutcome":
            why = "not an answer to the search" if kind else "no readable resource in it"
            self.skip(f"{self.name}: page {self.pages + 1}, entry {place}", why)
            self.matches += 1
        elif not is_remark(resource):
            self.state, self.detail = Sought.INCOMPLETE, HIDDEN


def _parts(entry: Any) -> tuple[Any, str | None, Resource]:
    """Give search mode, resource type and resource of an entry; no type where it is unreadable."""
    if type(entry) is not dict:
        return _NOTHING
    resource = entry.get("resource")
    if type(resource) is not dict or type(kind := resource.get("resourceType")) is not str:
        return _NOTHING
    search = entry.get("search")
    return (search.get("mode") if type(search) is dict else None), kind, resource


_NOTHING: Final[tuple[None, None, Resource]] = (None, None, {})


def next_link(bundle: Mapping[str, Any]) -> object:
    """Give the URL of the next page as it stands; None for the last page, "" if unreadable."""
    links = bundle.get("link")
    for link in links if isinstance(links, list) else ():
        if isinstance(link, dict) and link.get("relation") == "next":
            return link.get("url") or ""
    return None

"""Many requests to one server at once, until the last has ended or the deadline comes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from itertools import chain
from typing import Final

from cds_service.clinical.evidence import Item
from cds_service.clinical.report_text import Document, Wanted
from cds_service.evidence.body import Reply
from cds_service.evidence.documents import Fetched, observation_path
from cds_service.evidence.entries import Haul
from cds_service.evidence.prefetch import Query
from cds_service.evidence.references import known, wanted
from cds_service.evidence.server import Server
from cds_service.evidence.wire import LATE

NOT_READ: Final = "a resource it refers to could not be read"
NOT_FOLLOWED: Final = "more references than the limit"

MOST_DOCUMENTS: Final = 10

Brought = Item | Fetched | str | None
Work = Callable[[], Brought]
Submit = Callable[[Work], Future[Brought]]
Wants = Callable[[Iterable[Item]], Iterable[Wanted]]
"""Names what the reports among some resources still need, the most important first."""


class Fetching:
    """The requests of one gathering; `hauls` are filled, and replaced where they come too late."""

    def __init__(
        self,
        server: Server,
        submit: Submit,
        hauls: dict[str, Haul],
        references: int,
        wants: Wants | None = None,
    ) -> None:
        """Ask one server by threads that take in work, following some references of each type."""
        self._server = server
        self._submit = submit
        self._hauls = hauls
        self._references = references
        self._wants = wants
        self.documents: dict[str, Document] = {}
        self._urls: set[str] = set()
        self._read: Counter[str] = Counter()
        self._paths: set[str] = set()
        self._pending: dict[Future[Brought], tuple[str, bool]] = {}

    def ask(self, query: Query, patient: str, first: Reply | None = None) -> None:
        """Fetch a query from its first page on, which may have come already."""
        haul = Haul(query.name, "server", odd=self._hauls[query.name].odd)
        self._hauls[query.name] = haul
        self._start(lambda: self._server.ask(query, patient, haul, first), query.name)

    def follow(self, query: Query, patient: str) -> None:
        """Fetch the pages after one that was supplied."""
        haul = self._hauls[query.name]
        self._start(lambda: self._server.follow(query, patient, haul), query.name)

    def resolve(self, name: str) -> None:
        """Read what the resources of a query refer to and nobody has brought."""
        self._fulfil(name)
        lacking = [
            (kind, path)
            for kind, path in wanted(self._hauls[name].items, self._server.access.base)
            if path not in self._paths
        ]
        if not lacking:
            return
        here = known(chain.from_iterable(haul.items for haul in tuple(self._hauls.values())))
        for kind, path in lacking:
            if path not in here and path not in self._paths:
                self._read_one(name, kind, path)

    def _fulfil(self, name: str) -> None:
        """Fetch what the reports of a query still need: documents, and results by reference."""
        if self._wants is None or not _has_reports(self._hauls[name].items):
            return
        everything = chain.from_iterable(haul.items for haul in tuple(self._hauls.values()))
        for need in self._wants(everything):
            path = observation_path(need.url, self._server.access.base)
            if not need.is_observation:
                self._fetch_one(name, need)
            elif path and path not in self._paths:
                self._read_one(name, "Observation", path)

    def _fetch_one(self, name: str, need: Wanted) -> None:
        """Fetch one document, once, as long as there are not too many."""
        if need.url not in self._urls and len(self._urls) < MOST_DOCUMENTS:
            self._urls.add(need.url)
            self._start(lambda: self._server.document(need), name, is_query=False)

    def finish(self) -> None:
        """Wait for all, or for the deadline; then cut what is left."""
        flight = self._server.flight
        try:
            while self._pending and (left := flight.remaining()) > 0:
                done, _ = wait(self._pending, timeout=left, return_when=FIRST_COMPLETED)
                for future in done:
                    self._land(future)
        finally:
            if self._pending:
                flight.end()
            for future, (name, is_query) in self._pending.items():
                future.cancel()
                self._too_late(name, is_query=is_query)

    def _start(self, work: Work, name: str, *, is_query: bool = True) -> None:
        """Hand work to the pool."""
        self._pending[self._submit(work)] = (name, is_query)

    def _read_one(self, name: str, kind: str, path: str) -> None:
        """Read one resource, as long as the limit for its type allows."""
        self._paths.add(path)
        self._read[kind] += 1
        if self._read[kind] <= self._references:
            self._start(lambda: self._server.read(path, kind), name, is_query=False)
        else:
            self._hauls[name].skip(name, NOT_FOLLOWED)

    def _land(self, future: Future[Brought]) -> None:
        """Take in what one piece of work has brought."""
        name, is_query = self._pending.pop(future)
        brought = future.result()
        if is_query:
            self.resolve(name)
        elif isinstance(brought, Fetched):
            self.documents[brought.url] = brought.document
        elif isinstance(brought, Item):
            self._hauls[name].items.append(brought)
        else:
            self._hauls[name].skip(name, f"{NOT_READ}: {brought}")

    def _too_late(self, name: str, *, is_query: bool) -> None:
        """Close what the deadline cut off."""
        if is_query:
            self._hauls[name] = self._hauls[name].abandoned(LATE)
        else:
            self._hauls[name].skip(name, f"{NOT_READ}: {LATE}")


def _has_reports(items: Iterable[Item]) -> bool:
    """Tell whether there are reports or documents among resources."""
    return any(item.resource.get("resourceType") in _REPORTS for item in items)


_REPORTS: Final = frozenset({"DiagnosticReport", "DocumentReference"})

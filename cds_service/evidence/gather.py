"""Gathering: what the client supplied first, its server for what lacks, one deadline over all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Final, Protocol

from cds_service.clinical.evidence import QUERIES, Evidence, Sought, Source, Unreadable
from cds_service.clinical.order import HookRequest
from cds_service.clinical.report_text import Document
from cds_service.evidence import batch
from cds_service.evidence.authorities import authorities_of
from cds_service.evidence.body import Reply
from cds_service.evidence.declaring import declare
from cds_service.evidence.entries import Haul
from cds_service.evidence.fetching import Fetching, Wants
from cds_service.evidence.flight import Flight
from cds_service.evidence.origins import Doors
from cds_service.evidence.peers import Peers
from cds_service.evidence.prefetch import KINDS, Query
from cds_service.evidence.server import BAD_IDS, PAGES_LEFT, Caps, Server
from cds_service.evidence.shares import Shares
from cds_service.evidence.supplied import EXTRA, extras, haul_of
from cds_service.evidence.whose import doubted, known, last_segment, only_of
from cds_service.evidence.wire import Wire

NOT_REGISTERED: Final = "this FHIR server is not registered"
ROOM: Final = 4
"""All answers of a gathering together may have so many times the bytes of one query."""
NOT_NEEDED: Final = "no check asks for it"


class GatherSettings(Protocol):
    """The settings that gathering reads."""

    @property
    def profile(self) -> str:
        """`development` or `production`."""

    @property
    def deadline_ms(self) -> int:
        """How long all requests of one gathering may take together, in milliseconds."""

    @property
    def fhir_origins(self) -> Iterable[str]:
        """The origins that may be asked in production: scheme, host and port."""

    @property
    def max_entries(self) -> int:
        """How many entries one query may bring."""

    @property
    def ca_file(self) -> Path | None:
        """Authorities that are trusted beside the public ones."""


@dataclass
class Gatherer:
    """Gathers the evidence for one request; safe for threads, to be closed at the end.

    `queries` have their codes filled in (`prefetch.filled`). `max_pages`, `max_bytes` (after
    decoding) and `max_entries` hold for each query, `max_references` for each type of resource
    that is read by reference. `threads` is the size of the pool that all gatherings share.
    `doors` say which servers may be asked, in the place of `profile` and `fhir_origins`. `wants`
    names what reports still need; without it no attachment is fetched. `authorities` are
    certificates (PEM) that are trusted beside the public ones. `peers` remember what FHIR servers
    are like; with `statements` they are asked what they offer, too, and whether they understand
    lists of codes.
    """

    queries: Mapping[str, Query]
    deadline_seconds: float = 2.5
    profile: str = "development"
    fhir_origins: Iterable[str] = ()
    max_pages: int = 20
    max_bytes: int = 8 << 20
    max_entries: int = 5000
    max_references: int = 20
    threads: int = 64
    doors: Doors | None = None
    wants: Wants | None = None
    authorities: str = field(default="", repr=False)
    peers: Peers = field(default_factory=Peers, repr=False)
    statements: bool = False
    _doors: Doors = field(init=False, repr=False)
    _caps: Caps = field(init=False, repr=False)
    _wire: Wire = field(init=False, repr=False)
    _pool: ThreadPoolExecutor = field(init=False, repr=False)
    _shares: Shares = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Read the registered origins; no thread starts and no connection opens before use."""
        self._doors = self.doors or Doors.of(self.profile, self.fhir_origins)
        self._caps = Caps(self.max_pages, self.max_bytes, self.max_entries)
        self._wire = Wire(self.threads, authorities=self.authorities)
        self._pool = ThreadPoolExecutor(self.threads, "gather")
        self._shares = Shares(self._pool, self.threads)

    @classmethod
    def from_settings(
        cls,
        settings: GatherSettings,
        queries: Mapping[str, Query],
        doors: Doors | None = None,
        wants: Wants | None = None,
        peers: Peers | None = None,
    ) -> Gatherer:
        """Make a gatherer as the settings say; raises SettingsError for an origin without sense.

        `doors` take the place of those that the settings open; `wants` names what reports need,
        `peers` what is known of servers, by whoever gathers more than once.
        """
        return cls(
            queries,
            deadline_seconds=settings.deadline_ms / 1000,
            profile=str(settings.profile),
            fhir_origins=settings.fhir_origins,
            max_entries=settings.max_entries,
            doors=doors,
            wants=wants,
            authorities=authorities_of(settings.ca_file),
            peers=peers or Peers(),
            statements=peers is not None,
        )

    def __call__(self, request: HookRequest, procedure: object) -> Evidence:
        """Gather all evidence for a request; what cannot be had is told in the sources.

        All procedures share the same queries, so that `procedure` changes nothing yet.
        """
        del procedure
        reach = self._doors.reach(request.networks)
        flight = Flight(self.deadline_seconds, reach, ROOM * self.max_bytes)
        prefetch = request.prefetch or {}
        patient = last_segment(request.patient_id)
        hauls = {name: haul_of(query, prefetch, patient) for name, query in self.queries.items()}
        hauls[EXTRA] = extras(prefetch, self.queries)
        access = self._doors.access(request.fhir_server, request.token, request.servers)
        documents: Mapping[str, Document] = {}
        if access is not None:
            peer = self.peers.of(access, flight.reach)
            server = Server(self._wire, access, flight, self._caps, peer, doubts=self.statements)
            documents = self._fetch(server, patient, hauls, by_batch=request.batch)
        else:
            for name in self.queries:
                _settle(hauls[name], asked=bool(request.fhir_server))
        return replace(evidence_of(hauls.values(), patient), documents=documents)

    def close(self) -> None:
        """Let go of threads and connections."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._wire.close()

    def _fetch(
        self, server: Server, patient: str, hauls: dict[str, Haul], *, by_batch: bool
    ) -> Mapping[str, Document]:
        """Fetch what lacks, next pages, and what the supplied resources refer to."""
        submit = partial(self._shares.submit, (server.access.origin, server.flight.reach))
        fetching = Fetching(server, submit, hauls, self.max_references, self.wants)
        lacking = {
            name: query
            for name, query in self.queries.items()
            if hauls[name].next is None and hauls[name].state in _OPEN
        }
        if self.statements and lacking and server.peer.learned.is_due():
            submit(lambda: declare(server.turn()))
        firsts: Mapping[str, Reply] = {}
        if by_batch and patient not in BAD_IDS and batch.worth(lacking, server.peer):
            firsts = batch.answers(lacking, patient, server.turn(), self.max_bytes, submit)
        for name, query in self.queries.items():
            if name in lacking:
                fetching.ask(query, patient, firsts.get(name))
            elif hauls[name].next is not None:
                fetching.follow(query, patient)
            else:
                fetching.resolve(name)
        fetching.resolve(EXTRA)
        fetching.finish()
        return fetching.documents


_OPEN: Final = (Sought.NOT_SOUGHT, Sought.FAILED)


def _settle(haul: Haul, *, asked: bool) -> None:
    """Close a query that cannot be completed, for lack of a server that may be asked."""
    if haul.next is not None:
        haul.stopped(PAGES_LEFT)
    elif asked and haul.state in _OPEN:
        haul.origin = "server"
        haul.stopped(NOT_REGISTERED)


def evidence_of(hauls: Iterable[Haul], patient: str) -> Evidence:
    """Join hauls to the evidence about one patient, in the order of the queries."""
    hauls = tuple(hauls)
    odd: list[Unreadable] = []
    for haul in hauls:
        odd += haul.odd
    sources = {haul.name: haul.source for haul in hauls if haul.name != EXTRA}
    for name in QUERIES:
        if name not in sources:
            sources[name] = Source(name, Sought.NOT_SOUGHT, NOT_NEEDED)
    items = only_of(patient, chain.from_iterable(haul.items for haul in hauls), odd)
    return Evidence(items, known(doubted(sources, odd, KINDS), items), tuple(odd))

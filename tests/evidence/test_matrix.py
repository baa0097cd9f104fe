"""The fault matrix (field notes 5.2): every fault, one query or all, without and with a prefetch.

One patient of whom all is known stands behind a real server. Whatever goes wrong there, a query
ends with its reason, inside the deadline; threads and sockets are given back; there is no storm of
requests; and no rule is clear that is not clear when the same queries are marked as not answered.

Rows of the matrix that are not about FHIR servers have their tests elsewhere:

- store full, locked or down: tests/feedback/test_store.py
  (test_a_full_queue_is_counted_and_logged_and_blocks_nobody,
  test_cards_wait_for_a_store_that_is_down,
  test_a_store_that_stays_down_loses_cards_and_says_how_many,
  test_a_full_disk_refuses_feedback_wholly_and_loses_nothing), tests/web/test_health.py
  (test_a_store_that_is_down_shows_in_readiness_and_never_stops_advice)
- audit trail down: tests/feedback/test_audit.py
  (test_while_it_cannot_be_written_the_state_says_so,
  test_what_was_lost_is_counted_and_the_trail_itself_tells)
- replay store down: tests/web/test_auth.py (test_a_store_that_is_down_lets_nobody_in),
  tests/feedback/test_replay.py (test_while_the_database_is_locked_everybody_is_told_soon);
  limiter: tests/clients/test_limiter.py (test_it_counts_where_memory_has_no_files,
  test_the_places_of_a_process_that_is_killed_are_free_again)
- kill -9: tests/feedback/test_audit.py
  (test_a_worker_that_is_killed_loses_the_last_moment_at_most_and_breaks_nothing),
  tests/web/test_server.py (test_a_worker_that_is_killed_breaks_no_trail); SIGTERM: there, too
  (test_a_request_under_way_is_answered_before_the_end)
- dates, zones, partial dates: tests/facts/test_dates.py, tests/clinical/test_when.py
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest

from cds_service.advise import Advice, advice_for
from cds_service.catalog import Catalog
from cds_service.clinical.evidence import Evidence, Sought
from cds_service.clinical.order import HookRequest
from cds_service.clinical.procedure import Procedure
from cds_service.clinical.truth import Truth
from cds_service.errors import DataUnavailable
from cds_service.evidence.breaker import RESTING
from cds_service.evidence.gather import Gatherer
from cds_service.evidence.origins import Doors, origin_of
from cds_service.evidence.peers import REPEATED, Peers
from cds_service.evidence.prefetch import KINDS
from cds_service.evidence.whose import FOREIGN
from cds_service.hook_bodies import hook_body, stored_entries
from cds_service.stories import Story, story_of_folder
from cds_service.web.tally import kind_of
from tests.conftest import PATIENTS

from .conftest import FhirServer, threads_of_gatherers
from .misdeeds import ANSWERS, PLACES, Row, searches_alone
from .test_faults import busy

ONE = "conditions"
ZONE = ZoneInfo("UTC")
AT_MOST_SECONDS = 30.0
"""Beyond any deadline here, and far below what a server that drips could take."""
LISTED = ("laboratory", "vital_signs")
"""Queries whose empty answer to a list of codes is doubted."""
SUPPLIES = ("none", "partial", "full")

Serve = Callable[[], FhirServer]


@pytest.fixture(scope="module")
def story(procedure: Procedure) -> Story:
    """Have a patient of whom nearly everything is known, and clear."""
    return story_of_folder(PATIENTS / "everything_known_and_clear", procedure)


@pytest.fixture(scope="module")
def prefetch(story: Story, catalog: Catalog) -> dict[str, Any]:
    """Have what a client would supply of that patient."""
    supplied: dict[str, Any] = hook_body(story, catalog.templates)["prefetch"]
    return supplied


@pytest.fixture
def hospital(serve: Serve, story: Story) -> FhirServer:
    """Serve that patient."""
    server = serve()
    server.resources += [entry["resource"] for entry in stored_entries(story.bundle)]
    return server


@pytest.fixture
def gather(catalog: Catalog) -> Iterator[Callable[..., Gatherer]]:
    """Make a gatherer as the service has it, whose threads are gone in the end."""
    made: list[Gatherer] = []

    def make(base: str, seconds: float) -> Gatherer:
        doors = Doors(production=False, named=origin_of(base))
        made.append(Gatherer(catalog.queries, seconds, doors=doors, peers=Peers(), statements=True))
        return made[-1]

    yield make
    for one in made:
        one.close()
    until = time.monotonic() + AT_MOST_SECONDS
    while threads_of_gatherers():
        assert time.monotonic() < until, "a thread was leaked"
        time.sleep(0.01)


def supplied(
    prefetch: Mapping[str, Any], supply: str, everything: bool, base: str
) -> tuple[dict[str, Any] | None, set[str]]:
    """Choose what is supplied, and name the queries for which the server will be asked.

    A full prefetch has a next page on the server, for one query or for all.
    """
    names = list(prefetch)
    if supply == "none":
        return None, set(names)
    if supply == "partial":
        kept = [name for name in names[::2] if name != ONE]
        return {name: prefetch[name] for name in kept}, {*names} - {*kept}
    asked = {name for name in names if name == ONE or (everything and name != "patient")}
    link = [{"relation": "next", "url": f"{base}/{{}}?patient=x&_page=100000"}]
    pages = {
        name: prefetch[name] | {"link": [{**link[0], "url": link[0]["url"].format(KINDS[name])}]}
        for name in asked
    }
    return {**prefetch, **pages}, asked


def clear(advice: Advice) -> set[str]:
    """Name the rules that are clear."""
    return {one.check.name for one in advice.findings if one.answer.truth is Truth.NO}


def without(evidence: Evidence, faulty: Evidence, affected: set[str]) -> Evidence:
    """Mark in a whole record as not answered what was not answered: what failed is not there."""
    failed = {n for n in affected if faulty.sources[n].state is Sought.FAILED}
    kinds = {KINDS[name] for name in failed} - {KINDS[name] for name in {*KINDS} - failed}
    kept = tuple(item for item in evidence.items if item.resource["resourceType"] not in kinds)
    marked = {name: faulty.sources[name] for name in affected}
    return replace(evidence, items=kept, sources={**evidence.sources, **marked})


def sockets_to(base: str) -> int:
    """Count the sockets of this process that lead to a server, where the system tells."""
    table, own = Path("/proc/self/net/tcp"), Path("/proc/self/fd")
    if not table.exists():
        return 0
    port = f":{urlsplit(base).port or 80:04X}"
    rows = [line.split() for line in table.read_text(encoding="ascii").splitlines()[1:]]
    leading = {f"socket:[{row[9]}]" for row in rows if row[2].endswith(port)}
    held = []
    for handle in own.iterdir():
        try:
            held.append(str(handle.readlink()))
        except OSError:  # closed since it was listed
            continue
    return len(leading.intersection(held))


class Case:
    """One cell of the matrix, with what is asserted of every one."""

    def __init__(self, story: Story, procedure: Procedure, gatherer: Gatherer) -> None:
        """Ask about the patient."""
        self.story, self.procedure, self.gatherer = story, procedure, gatherer

    def request(self, base: str, given: Mapping[str, Any] | None) -> HookRequest:
        """Make the request."""
        return replace(self.story.request(given), fhir_server=base)

    def gathered(self, request: HookRequest) -> Evidence:
        """Gather, within a bound that is there against hanging; every thread is free soon."""
        began = time.monotonic()
        evidence = self.gatherer(request, self.procedure)
        assert time.monotonic() - began < AT_MOST_SECONDS
        while busy(self.gatherer):
            assert time.monotonic() - began < AT_MOST_SECONDS, "a thread is still held"
            time.sleep(0.005)
        return evidence

    def advised(self, request: HookRequest, evidence: Evidence) -> Advice | None:
        """Answer; None where nothing at all could be had."""
        now = self.story.now(ZONE)
        try:
            return advice_for(request, self.procedure, lambda *_: evidence, now)
        except DataUnavailable:
            return None

    def proves_nothing_more(
        self, request: HookRequest, evidence: Evidence, whole: Evidence, affected: set[str]
    ) -> None:
        """Assert the outcome rule: unknown with its reason, never clear for want of an answer."""
        advice = self.advised(request, evidence)
        answered = [one for one in evidence.sources.values() if one.state is not Sought.FAILED]
        assert (advice is None) == (not answered)
        if advice is None:
            return
        marked = self.advised(request, without(whole, evidence, affected))
        healthy = self.advised(request, whole)
        assert marked is not None
        assert healthy is not None
        assert clear(advice) <= clear(marked) <= clear(healthy)
        shown = " ".join(card.detail for card in advice.cards).replace("\\", "")
        for name in affected:
            source = evidence.sources[name]
            assert source.state is Sought.ANSWERED or source.detail.replace("\\", "") in shown


def whole_record(story: Story) -> Evidence:
    """Give the record as it is when all goes well."""
    return story.evidence()


def judged(evidence: Evidence, row: Row, asked: set[str], affected: set[str], supply: str) -> None:
    """Assert how each query ended, and by which kind of error."""
    for name in asked:
        source = evidence.sources[name]
        if name not in affected or not row.kinds or (row.paged and KINDS[name] == "Patient"):
            assert source.state is Sought.ANSWERED, (name, source)
            continue
        came = row.paged or supply == "full"
        assert source.state is (Sought.INCOMPLETE if came else Sought.FAILED), (name, source)
        assert kind_of(source.detail) in row.kinds, (name, source)


@pytest.mark.parametrize("everything", [False, True], ids=["one", "all"])
@pytest.mark.parametrize("supply", SUPPLIES)
@pytest.mark.parametrize("fault", ANSWERS)
def test_whatever_a_server_answers(
    fault: str,
    supply: str,
    everything: bool,
    hospital: FhirServer,
    story: Story,
    procedure: Procedure,
    prefetch: dict[str, Any],
    gather: Callable[..., Gatherer],
) -> None:
    row = ANSWERS[fault]
    read_too = row.kinds and not row.paged
    misdeed = row.misdeed if read_too else searches_alone(row.misdeed)
    hospital.misdeeds["*" if everything else KINDS[ONE]] = misdeed
    given, asked = supplied(prefetch, supply, everything, hospital.url)
    affected = asked if everything else {ONE}
    case = Case(story, procedure, gather(hospital.url, row.seconds))
    request = case.request(hospital.url, given)
    evidence = case.gathered(request)
    judged(evidence, row, asked, affected, supply)
    case.proves_nothing_more(request, evidence, whole_record(story), affected)
    foreign = [one for one in evidence.unreadable if one.why == FOREIGN]
    assert bool(foreign) == (fault == "another patient's resource")
    repeats = case.gatherer.peers.taken().get("repeated", 0)
    about = [path for path, _ in hospital.seen if path == "/fhir/metadata"]
    doubted = [path for path, _ in hospital.seen if "category=" in path]
    searches = len(hospital.seen) - len(about) - len(doubted)
    assert len(about) <= 2  # repeated once at most, as all others
    assert len(doubted) <= row.most * len(LISTED)
    assert searches <= len(asked) + (row.most - 1) * len(affected)
    assert repeats <= 1 + REPEATED * len(hospital.seen)
    case.gatherer.close()
    assert_closed(hospital.url)


def assert_closed(base: str) -> None:
    """Assert that no connection is left, once those that were cut have ended."""
    until = time.monotonic() + AT_MOST_SECONDS
    while sockets_to(base):
        assert time.monotonic() < until, "a socket was leaked"
        time.sleep(0.01)


@pytest.mark.parametrize("fault", ANSWERS)
def test_whatever_a_server_answers_to_a_batch(
    fault: str,
    hospital: FhirServer,
    story: Story,
    procedure: Procedure,
    prefetch: dict[str, Any],
    gather: Callable[..., Gatherer],
) -> None:
    """The batch goes wrong as well, or is refused; what it did not bring is asked by itself."""
    row, asked = ANSWERS[fault], set(prefetch)
    whole = row.kinds and not row.paged
    hospital.misdeeds["*"] = row.misdeed if whole else searches_alone(row.misdeed)
    case = Case(story, procedure, gather(hospital.url, row.seconds))
    request = replace(case.request(hospital.url, None), batch=True)
    evidence = case.gathered(request)
    judged(evidence, row, asked, asked, "none")
    case.proves_nothing_more(request, evidence, whole_record(story), asked)
    assert [path for path, _ in hospital.seen].count("/fhir") <= 1
    case.gatherer.close()
    assert_closed(hospital.url)


@pytest.mark.parametrize("everything", [False, True], ids=["one", "all"])
@pytest.mark.parametrize("supply", SUPPLIES)
@pytest.mark.parametrize("fault", PLACES)
def test_wherever_no_server_can_be_talked_to(
    fault: str,
    supply: str,
    everything: bool,
    story: Story,
    procedure: Procedure,
    prefetch: dict[str, Any],
    gather: Callable[..., Gatherer],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The second request is not kept waiting: who was dead for five queries is not asked again."""
    place, look_up = PLACES[fault], socket.getaddrinfo

    def known(host: Any, *args: Any, **kwargs: Any) -> Any:
        if str(host).endswith(".invalid"):
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        return look_up(host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", known)
    with place.at() as base:
        given, asked = supplied(prefetch, supply, everything, base)
        if supply == "partial" and not everything:
            given, asked = {n: v for n, v in prefetch.items() if n != ONE}, {ONE}
        case = Case(story, procedure, gather(base, place.seconds))
        request = case.request(base, given)
        left = sockets_to(base)
        evidence = case.gathered(request)
        row = Row(lambda _: None, place.kinds)
        judged(evidence, row, asked, asked, supply)
        case.proves_nothing_more(request, evidence, whole_record(story), asked)
        if len(asked) >= 5:
            again = case.gathered(request)
            assert {again.sources[name].detail for name in asked} == {RESTING}
            assert case.gatherer.peers.taken() == {"opened": 1}
        case.gatherer.close()
        until = time.monotonic() + AT_MOST_SECONDS
        while sockets_to(base) > left:
            assert time.monotonic() < until, "a socket was leaked"
            time.sleep(0.01)


def test_all_goes_well_when_nothing_goes_wrong(
    hospital: FhirServer,
    story: Story,
    procedure: Procedure,
    gather: Callable[..., Gatherer],
) -> None:
    """The matrix would prove little about a patient of whom nothing is clear."""
    case = Case(story, procedure, gather(hospital.url, 10))
    request = case.request(hospital.url, None)
    evidence = case.gathered(request)
    advice, whole = case.advised(request, evidence), case.advised(request, whole_record(story))
    assert advice is not None
    assert whole is not None
    assert clear(advice) == clear(whole)
    assert len(clear(whole)) > 40

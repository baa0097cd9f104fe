"""`doctor`: check a deployment from outside, as an EHR and a browser would meet it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

from cds_service.catalog import Catalog, load_catalog
from cds_service.ehr.answering import HOOK, diagnostics, offer_of, service_base
from cds_service.ehr.calls import PATH, Caller, Heard
from cds_service.ehr.capability import Capability, capability
from cds_service.ehr.filling import Filled, fill, prefetch_of
from cds_service.ehr.identity import Identity
from cds_service.ehr.trying import prove_safe, with_access
from cds_service.ehr.verdicts import Result, Verdict, clock, preflight_lacks, seconds_left, speed
from cds_service.errors import OtherSide
from cds_service.evidence.authorities import authorities_of
from cds_service.evidence.entries import next_link
from cds_service.evidence.prefetch import PATIENT
from cds_service.hook_bodies import request_body
from cds_service.settings import Settings
from cds_service.stories import draft_orders

NOT_REACHED: Final = "mend the failure above first"
_STALE_SECONDS: Final = 60


@dataclass(frozen=True, slots=True)
class Visit:
    """What is to be checked; `origin` is that of a browser client."""

    service: str
    fhir: str
    patient: str | None = None
    token: str | None = None
    origin: str | None = None
    seconds: float = 10.0
    identity: Identity | None = None


def run(settings: Settings, visit: Visit, *, machine: bool) -> tuple[str, int]:
    """Check all: what to print, and the exit status, 1 if a check failed."""
    prove_safe(visit.service, visit.token)
    with ExitStack() as stack:
        base = service_base(visit.service)
        trusted = authorities_of(settings.ca_file)
        service = stack.enter_context(Caller(base, None, visit.seconds, visit.identity, trusted))
        fhir = stack.enter_context(Caller(visit.fhir, visit.token, visit.seconds, None, trusted))
        results = list(Doctor(visit, service, fhir, load_catalog(settings)).checks())
    counts = {verdict: sum(one.verdict is verdict for one in results) for verdict in Verdict}
    failed = counts[Verdict.FAIL] > 0
    if machine:
        listed = [
            {"check": r.name, "verdict": r.verdict.value, "found": r.found, "remedy": r.remedy}
            for r in results
        ]
        whole = {"ok": not failed, "checks": listed}
        return json.dumps(whole, indent=2, ensure_ascii=False) + "\n", int(failed)
    lines = [line for one in results for line in _lines(one)]
    total = ", ".join(f"{count} {verdict.value}" for verdict, count in counts.items())
    return "\n".join([*lines, total, ""]), int(failed)


def _lines(one: Result) -> Iterator[str]:
    """Show one check."""
    yield f"{one.verdict.value}  {one.name:24}{one.found}"
    if one.remedy and one.verdict is not Verdict.PASS:
        yield f"      -> {one.remedy}"


class Doctor:
    """Both sides of one deployment, and what the checks have learnt so far."""

    def __init__(self, visit: Visit, service: Caller, fhir: Caller, catalog: Catalog) -> None:
        """Know nothing yet."""
        self._visit = visit
        self._service = service
        self._fhir = fhir
        self._catalog = catalog
        self._filled: tuple[Filled, ...] = ()

    def checks(self) -> Iterator[Result]:
        """Make all checks; what hangs on a failed one is named as not checked."""
        greeting = self._service.get(PATH)
        yield self._discovery(greeting)
        offer = offer_of(greeting.body) if greeting.fine else None
        if offer is None:
            yield from _not_checked(*_BY_SERVICE)
        else:
            yield self._slash()
            yield self._ready()
            yield self._preflight(offer[0])
            yield clock("service clock", greeting)
        try:
            known, metadata = capability(self._fhir)
        except OtherSide as error:
            remedy = "give the base URL of a FHIR R4 server that can be reached from here"
            yield Result("FHIR server", Verdict.FAIL, str(error), remedy)
            yield from _not_checked(*_BY_FHIR)
            return
        yield Result("FHIR server", Verdict.PASS, known.told)
        yield clock("FHIR clock", metadata)
        yield self._searches(known)
        yield from self._patient(offer)

    def _discovery(self, heard: Heard) -> Result:
        """Ask for a service of order-select."""
        remedy = "start the service, and give the URL before /cds-services"
        if heard.status == HTTPStatus.UNAUTHORIZED:
            return Result("discovery", Verdict.FAIL, _ASKED, self._who())
        if heard.problem:
            return Result(
                "discovery", Verdict.FAIL, f"{self._service.base}: {heard.problem}", remedy
            )
        offer = offer_of(heard.body)
        if offer is None:
            return Result("discovery", Verdict.FAIL, f"no service for {HOOK}", remedy)
        found = f"{offer[0]}, {len(offer[1])} prefetch keys, {heard.ms:.0f} ms"
        return Result("discovery", Verdict.PASS, found)

    def _who(self) -> str:
        """Say how to be somebody whom the service knows."""
        if self._visit.identity is None:
            return "give --issuer and --key of a registered client"
        return "is it registered, and --service its public URL? `auth explain` tells on its machine"

    def _slash(self) -> Result:
        """Ask for discovery with a closing slash, as some clients do."""
        heard = self._service.get(f"{PATH}/")
        if heard.fine:
            return Result("discovery with slash", Verdict.PASS, "the same")
        remedy = "let the gateway pass /cds-services/ too: some clients add the slash"
        return Result("discovery with slash", Verdict.WARN, heard.problem, remedy)

    def _ready(self) -> Result:
        """Ask whether the service is ready."""
        heard = self._service.get("readyz")
        if heard.fine:
            return Result("readiness", Verdict.PASS, "content is loaded, the store is reachable")
        if heard.status == HTTPStatus.SERVICE_UNAVAILABLE:
            remedy = "check CDS_DATABASE_URL: cards are given, but feedback is not kept"
            return Result("readiness", Verdict.FAIL, "the store cannot be reached", remedy)
        remedy = "let the gateway pass /readyz to those who watch the service"
        return Result("readiness", Verdict.WARN, heard.problem, remedy)

    def _preflight(self, service: str) -> Result:
        """Ask whether a browser client may call discovery and the service."""
        origin = self._visit.origin or "http://localhost:8080"
        wanted = {PATH: ("GET", "authorization")}
        wanted[f"{PATH}/{quote(service, safe='')}"] = ("POST", "authorization,content-type")
        for path, (method, names) in wanted.items():
            asked = {"Origin": origin, "Access-Control-Request-Method": method}
            asked["Access-Control-Request-Headers"] = names
            lacking = preflight_lacks(self._service.call("OPTIONS", path, asked), origin, names)
            if lacking:
                verdict = Verdict.FAIL if self._visit.origin else Verdict.WARN
                remedy = f"for browser clients: CDS_CORS_ORIGINS={origin}; else nothing is lost"
                return Result("CORS preflight", verdict, f"{origin}: {lacking}", remedy)
        return Result("CORS preflight", Verdict.PASS, f"{origin} may call")

    def _searches(self, known: Capability) -> Result:
        """Hold what the server declares against our queries."""
        lacking = {name: known.lacking(query) for name, query in self._catalog.queries.items()}
        lacking = {name: what for name, what in lacking.items() if what}
        if not lacking:
            count = len(self._catalog.queries)
            return Result("search parameters", Verdict.PASS, f"all {count} queries are declared")
        whole = {name for name, what in lacking.items() if set(what) & _ESSENTIAL}
        told = "; ".join(f"{name} lacks {', '.join(what)}" for name, what in lacking.items())
        remedy = "a simpler form is asked where this fails; what is lost is named on the cards"
        if "patient" in whole:
            remedy = "let the server give Patient by its id: nothing works without"
            return Result("search parameters", Verdict.FAIL, told, remedy)
        return Result("search parameters", Verdict.WARN, told, remedy)

    def _patient(self, offer: tuple[str, dict[str, str]] | None) -> Iterator[Result]:
        """Make the checks for which a patient is needed."""
        patient = self._visit.patient or self._any_patient()
        templates = offer[1] if offer else dict(self._catalog.templates)
        if not patient:
            yield self._token(self._fhir.get("Patient?_count=1"))
            remedy = "give --patient ID: this server lists none"
            for name in _BY_FHIR[3:]:
                yield Result(name, Verdict.WARN, "not checked: no patient", remedy)
            return
        patient = patient.removeprefix("Patient/")
        yield self._token(self._fhir.get(f"Patient/{quote(patient, safe='')}"))
        self._filled = fill(self._fhir, templates, patient)
        yield self._keys()
        yield self._latency()
        yield self._paging(patient)
        if offer is None:
            yield from _not_checked(*_ANSWERS)
            return
        yield self._answer("answer with prefetch", offer[0], patient, prefetch_of(self._filled))
        yield self._answer("answer by FHIR", offer[0], patient, {})

    def _any_patient(self) -> str | None:
        """Take the first patient whom the server lists."""
        heard = self._fhir.get("Patient?_count=1")
        entries = heard.body.get("entry") if isinstance(heard.body, dict) else None
        for entry in entries if isinstance(entries, list) else ():
            resource = entry.get("resource") if isinstance(entry, dict) else None
            if isinstance(resource, dict) and isinstance(resource.get("id"), str):
                return str(resource["id"])
        return None

    def _token(self, heard: Heard) -> Result:
        """Tell whether the token, or doing without one, gives access."""
        if heard.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            remedy = "give a fresh token with patient/*.read for this server (--token, FHIR_TOKEN)"
            return Result("token", Verdict.FAIL, heard.problem, remedy)
        if heard.problem:
            remedy = "give --patient with the id of a patient whom this server has"
            return Result("token", Verdict.FAIL, f"Patient: {heard.problem}", remedy)
        token = self._visit.token
        if token is None:
            return Result("token", Verdict.PASS, "none is needed")
        left = seconds_left(token)
        if left is not None and left < _STALE_SECONDS:
            remedy = "take a fresh token: it must outlive the request"
            return Result("token", Verdict.WARN, "accepted, but it ends within a minute", remedy)
        return Result("token", Verdict.PASS, "accepted")

    def _keys(self) -> Result:
        """Tell whether all prefetch keys were filled."""
        failed = [one for one in self._filled if one.problem]
        total = len(self._filled)
        if not failed:
            return Result("prefetch keys", Verdict.PASS, f"{total} of {total} filled")
        told = "; ".join(f"{one.name}: {one.problem}" for one in failed)
        found = f"{total - len(failed)} of {total} filled; {told}"
        refused = {one.kind for one in failed if one.heard.status in _REFUSED}
        remedy = "cards will say that these were not checked; support the type, or live with it"
        if refused:
            remedy = f"add to the scope of the token: read of {', '.join(sorted(refused))}"
        whole = len(failed) == total or any(one.kind == "Patient" for one in failed)
        return Result("prefetch keys", Verdict.FAIL if whole else Verdict.WARN, found, remedy)

    def _latency(self) -> Result:
        """Tell whether the queries are quick enough."""
        slowest = max(self._filled, key=lambda one: one.heard.ms, default=None)
        if slowest is None:
            return Result("FHIR latency", Verdict.PASS, "no query to time")
        found = f"slowest of {len(self._filled)}: {slowest.name}, {slowest.heard.ms:.0f} ms"
        remedy = (
            "index these searches, or let the EHR fill the prefetch; CDS_DEADLINE_MS is the end"
        )
        return Result("FHIR latency", speed(slowest.heard.ms), found, remedy)

    def _paging(self, patient: str) -> Result:
        """Follow a next link: it must lead to the next page of the same server."""
        rich = {one.kind: one for one in self._filled if one.count > 1 or one.more}
        for one in rich.values():
            template = f"{one.kind}?patient={PATIENT}&_count=1"
            query = template.replace(PATIENT, quote(patient, safe=""))
            heard = self._fhir.get(query)
            link = next_link(heard.body) if isinstance(heard.body, dict) else None
            if heard.problem or link is None:
                continue
            url = self._fhir.next_page(link, query)
            if url is None:
                remedy = "set the server's public base URL (forwarded host, port and scheme)"
                found = f"{one.kind}: the next link leads elsewhere than below the base URL"
                return Result("paging", Verdict.FAIL, found, remedy)
            after = self._fhir.get(url)
            kind = after.body.get("resourceType") if isinstance(after.body, dict) else None
            if after.problem or kind != "Bundle":
                remedy = "let the server answer its own next links, with the same token"
                found = f"{one.kind}: the next page fails: {after.problem or 'no Bundle'}"
                return Result("paging", Verdict.FAIL, found, remedy)
            return Result("paging", Verdict.PASS, f"{one.kind}: the next page came")
        remedy = "give --patient with a longer record, to see a second page"
        return Result("paging", Verdict.WARN, "not seen: no search had a second page", remedy)

    def _answer(self, name: str, service: str, patient: str, prefetch: Mapping[str, Any]) -> Result:
        """Send an order: the service must answer it with cards, in time."""
        procedure = self._catalog.procedures[0]
        drafts = draft_orders([_CODE], [_LEVEL], patient, procedure)
        selections = [f"ServiceRequest/{draft['id']}" for draft in drafts]
        body = request_body(patient, drafts, selections, prefetch)
        with_access(body, self._fhir)
        heard = self._service.post(f"{PATH}/{quote(service, safe='')}", body)
        cards = heard.body.get("cards") if isinstance(heard.body, dict) else None
        if heard.status == HTTPStatus.UNAUTHORIZED:
            known = Verdict.FAIL if self._visit.identity else Verdict.WARN
            return Result(name, known, _ASKED, self._who())
        if heard.status == HTTPStatus.PRECONDITION_FAILED:
            remedy = "register the FHIR server for the client (https; development: this machine)"
            return Result(name, Verdict.FAIL, "HTTP 412: no patient data", remedy)
        if heard.problem or not isinstance(cards, list):
            said = diagnostics(heard.body)
            found = f"{heard.problem or 'no list of cards'}{f': {said}' if said else ''}"
            remedy = "look at the log of the service, and at the limits of the gateway"
            return Result(name, Verdict.FAIL, found, remedy)
        if not cards:
            remedy = "an order of kyphoplasty always gets a card: is this our service?"
            return Result(name, Verdict.FAIL, "no card", remedy)
        found = f"{len(cards)} {'card' if len(cards) == 1 else 'cards'} in {heard.ms:.0f} ms"
        remedy = "more threads or workers, a nearer FHIR server, or full prefetch"
        return Result(name, speed(heard.ms), found, remedy)


_ASKED: Final = "HTTP 401: the service asks who calls"
_ESSENTIAL: Final = frozenset({"read", "search", "patient", "types"})
_REFUSED: Final = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
_CODE, _LEVEL = "22514", "L1"
_ANSWERS: Final = ("answer with prefetch", "answer by FHIR")
_BY_SERVICE: Final = ("discovery with slash", "readiness", "CORS preflight", "service clock")
_BY_FHIR: Final = (
    *("FHIR clock", "search parameters", "token"),
    *("prefetch keys", "FHIR latency", "paging", *_ANSWERS),
)


def _not_checked(*names: str) -> Iterator[Result]:
    """Name the checks that hang on one that failed."""
    for name in names:
        yield Result(name, Verdict.WARN, "not checked", NOT_REACHED)

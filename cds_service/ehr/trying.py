"""`try`: play the EHR for one patient of a FHIR server, and show every step of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, Final
from uuid import uuid4
from zoneinfo import ZoneInfo

from cds_service import explain
from cds_service.cards.markdown import plain
from cds_service.catalog import Catalog, load_catalog
from cds_service.clinical.procedure import Procedure
from cds_service.ehr.answering import Answered, Here, There, service_base
from cds_service.ehr.calls import Caller
from cds_service.ehr.capability import Capability, capability
from cds_service.ehr.filling import Filled, fill, prefetch_of
from cds_service.ehr.identity import Identity
from cds_service.errors import BadRequest, OtherSide, RequestError
from cds_service.evidence.authorities import authorities_of
from cds_service.explaining import Wanted, drafts_of
from cds_service.hook_bodies import request_body
from cds_service.settings import Settings

TOKEN_SHOWN: Final = "(not shown)"  # noqa: S105 - what stands in the place of one
_LONGEST_LINE: Final = 400
_GONE: Final = (404, 410)


@dataclass(frozen=True, slots=True)
class Attempt:
    """What `try` is to do: the FHIR server, the order, and who answers."""

    fhir: str
    patient: str | None = None
    order: str = "22514"
    level: str = "L1"
    token: str | None = None
    service: str | None = None
    today: date | None = None
    seconds: float = 10.0
    identity: Identity | None = None

    @property
    def wanted(self) -> Wanted:
        """Name the order in the way of `explain`."""
        return Wanted(order=self.order, level=self.level)


@dataclass(frozen=True, slots=True)
class Played:
    """One request with what led to it and what came back."""

    filled: tuple[Filled, ...]
    body: dict[str, Any]
    answered: Answered


class Player:
    """Plays the EHR against one FHIR server; to be closed at the end."""

    def __init__(self, settings: Settings, attempt: Attempt) -> None:
        """Reach both servers; OtherSide in one line where one of them cannot be used."""
        prove_safe(attempt.service, attempt.token)
        self.attempt = attempt
        self.catalog: Catalog = load_catalog(settings)
        self.procedure: Procedure = self.catalog.procedures[0]
        trusted = authorities_of(settings.ca_file)
        self.caller = Caller(attempt.fhir, attempt.token, attempt.seconds, None, trusted)
        self.capability: Capability
        self.capability, self.greeting = capability(self.caller)
        now = _now(settings, attempt.today)
        self.here = Here(settings, self.catalog, self.caller.base, now)
        self.answers: Here | There = self.here
        if attempt.service:
            self.answers = There(attempt.service, attempt.seconds, attempt.identity, trusted)

    def play(self, patient: str) -> Played:
        """Fill the prefetch for a patient, select the order, and take the answer."""
        filled = fill(self.caller, self.answers.templates, patient)
        drafts = drafts_of(self.attempt.wanted, patient, self.procedure)
        selections = [f"ServiceRequest/{draft['id']}" for draft in drafts]
        body = request_body(patient, drafts, selections, prefetch_of(filled))
        with_access(body, self.caller)
        return Played(filled, body, self.answers.answer(body))

    def close(self) -> None:
        """Let go of threads and connections."""
        self.caller.__exit__()
        self.here.close()
        self.answers.close()


def run(settings: Settings, attempt: Attempt, *, machine: bool) -> tuple[str, int]:
    """Play for the patient who is named: what to print, and the exit status."""
    if not attempt.patient:
        msg = "say which patient: --patient ID, or --find to look for some"
        raise BadRequest(msg)
    patient = attempt.patient.removeprefix("Patient/")
    with closing(Player(settings, attempt)) as player:
        played = player.play(patient)
        prove_there(played.filled, player.caller.base)
        status = 1 if played.answered.problem else 0
        if machine:
            return _as_json(player, played), status
        return "\n".join(_parts(player, played)), status


def prove_there(filled: Iterable[Filled], base: str) -> None:
    """Refuse a patient whom the server does not know, and a server that answered no query."""
    filled = tuple(filled)
    if any(one.kind == "Patient" and one.heard.status in _GONE for one in filled):
        msg = f"FHIR server {base}: it has no patient of that id"
        raise OtherSide(msg)
    if all(one.problem for one in filled):
        why = filled[0].problem if filled else "the service lists no template"
        msg = f"FHIR server {base}: not one query was answered: {why}"
        raise OtherSide(msg)


def prove_safe(service: str | None, token: str | None) -> None:
    """Refuse to hand a token to a service in plain text beyond this machine."""
    if service:
        Caller(service_base(service), token)


def with_access(body: dict[str, Any], caller: Caller) -> None:
    """Give a request its own number, and leave to read from the FHIR server."""
    body["hookInstance"] = str(uuid4())
    body["fhirServer"] = caller.base
    if caller.access.token:
        body["fhirAuthorization"] = {
            "access_token": caller.access.token,
            "token_type": "Bearer",
            "expires_in": 300,
            "scope": "patient/*.read",
            "subject": "vertebral-augmentation-cds",
        }


def _now(settings: Settings, today: date | None) -> datetime:
    """Give the moment of the order: noon of a day that is named, else now."""
    zone = ZoneInfo(settings.time_zone)
    if today is None:
        return datetime.now(UTC).astimezone(zone)
    return datetime.combine(today, time(12), zone)


def _parts(player: Player, played: Played) -> Iterable[str]:
    """Write all sections: server, request, queries, trace, cards."""
    yield explain.section("SERVERS", _servers(player))
    yield explain.section("REQUEST", _request_lines(played, player))
    yield explain.section("QUERIES", map(query_line, played.filled))
    yield _trace(player, played)
    yield explain.section("CARDS", _answer_lines(player, played.answered))


def _servers(player: Player) -> Iterable[str]:
    """Say who takes part."""
    yield f"FHIR     {player.caller.base}: {player.capability.told}, {player.greeting.ms:.0f} ms"
    yield f"service  {player.answers.name}"
    if player.attempt.service:
        yield "The trace below is made by this installation, of the same request."


def _request_lines(played: Played, player: Player) -> Iterable[str]:
    """Show the request in short; the token never."""
    context = played.body["context"]
    given = len(played.body["prefetch"])
    size = len(json.dumps(played.body)) / 1024
    token = f"given {TOKEN_SHOWN}" if player.caller.has_token else "none"
    attempt = player.attempt
    yield f"{played.body['hook']}, hookInstance {played.body['hookInstance']}"
    yield f"patient {plain(context['patientId'])}, order {attempt.order} at {attempt.level or '-'}"
    yield f"prefetch: {given} of {len(played.filled)} keys, {size:.0f} kB; token: {token}"


def query_line(one: Filled) -> str:
    """Show one query with its time."""
    return f"{one.name:27}{one.heard.status or '-':>4} {one.heard.ms:7.0f} ms  {one.told}"


def _trace(player: Player, played: Played) -> str:
    """Write evidence, facts and answers."""
    try:
        advice = player.here.advice(played.body)
    except RequestError as error:
        return explain.section("TRACE", [f"none: {error}"])
    return explain.as_text(advice, player.procedure, cards=False)


def _answer_lines(player: Player, answered: Answered) -> Iterable[str]:
    """Show the answer and its cards."""
    if answered.problem:
        yield f"{player.answers.name} did not answer with cards: {answered.problem}"
        return
    count = len(answered.cards)
    yield f"{count} {'card' if count == 1 else 'cards'} in {answered.ms:.0f} ms"
    yield ""
    for card in answered.cards:
        yield from card_lines(card)


def card_lines(card: Mapping[str, Any]) -> Iterable[str]:
    """Show a card as it was sent, without anything that a terminal would obey."""
    yield f"[{plain(str(card.get('indicator'))).upper()}] {said(card.get('summary'))}"
    for line in str(card.get("detail") or "").splitlines():
        yield f"    {said(line)}".rstrip()
    suggestions = card.get("suggestions")
    for one in suggestions if isinstance(suggestions, list) else ():
        if isinstance(one, dict):
            yield f"    > {said(one.get('label'))}"
    yield ""


def said(text: object) -> str:
    """Drop from a line of another side what does not print."""
    whole = "".join(letter for letter in str(text) if letter.isprintable())
    return whole if len(whole) <= _LONGEST_LINE else f"{whole[:_LONGEST_LINE]}…"


def _as_json(player: Player, played: Played) -> str:
    """Write all of it as one JSON object; the token is not in it."""
    try:
        advice = player.here.advice(played.body)
    except RequestError as error:
        trace: dict[str, Any] = {"problem": str(error)}
    else:
        trace = explain.as_json(advice, player.procedure, [])
        del trace["cards"]
    request = dict(played.body)
    if "fhirAuthorization" in request:
        hidden = {"access_token": TOKEN_SHOWN}
        request["fhirAuthorization"] = {**request["fhirAuthorization"], **hidden}
    whole = {
        "fhir": {"base": player.caller.base, "server": player.capability.told},
        "service": player.answers.name,
        "queries": [
            {
                "name": one.name,
                "status": one.heard.status,
                "ms": round(one.heard.ms, 1),
                "count": one.count,
                "more": one.more,
                "problem": one.problem,
            }
            for one in played.filled
        ],
        "request": request,
        "trace": trace,
        "status": played.answered.status,
        "problem": played.answered.problem,
        "cards": list(played.answered.cards),
    }
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"

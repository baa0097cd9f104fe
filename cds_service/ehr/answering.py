"""Who answers the request: a running service, or this installation without a server."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from cds_service.advise import Advice, advice_for
from cds_service.cards.markdown import plain
from cds_service.catalog import Catalog
from cds_service.clinical.procedure import Procedure
from cds_service.ehr.calls import PATH, Caller, required
from cds_service.ehr.identity import Identity
from cds_service.errors import OtherSide, RequestError
from cds_service.evidence.origins import Doors, origin_of
from cds_service.gathering import gatherer_of
from cds_service.settings import Settings
from cds_service.web.schemas import dump_cards, load_request

HOOK: Final = "order-select"
OK: Final = 200


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer to a request: status, cards, and our words for what went wrong."""

    status: int
    cards: tuple[Mapping[str, Any], ...] = ()
    problem: str = ""
    ms: float = 0.0


class Here:
    """Answers in this process; it may ask the FHIR server that was named, and no other."""

    name: Final = "this installation, in process"

    def __init__(self, settings: Settings, catalog: Catalog, fhir: str, now: datetime) -> None:
        """Take the content, the server and the moment of the answer."""
        self.templates = catalog.templates
        self._procedure: Procedure = catalog.procedures[0]
        doors = Doors(production=False, named=origin_of(fhir))
        self._gatherer = gatherer_of(settings, catalog, lambda: now, doors)
        self._now = now

    def advice(self, body: Mapping[str, Any]) -> Advice:
        """Answer with every step; RequestError as over HTTP."""
        return advice_for(load_request(HOOK, body), self._procedure, self._gatherer, self._now)

    def answer(self, body: Mapping[str, Any]) -> Answered:
        """Answer as over HTTP."""
        clock = time.perf_counter()
        try:
            cards = self.advice(body).cards
        except RequestError as error:
            return Answered(error.status, problem=str(error))
        ms = (time.perf_counter() - clock) * 1000
        return Answered(OK, tuple(dump_cards(cards)["cards"]), ms=ms)

    def close(self) -> None:
        """Let go of threads and connections."""
        self._gatherer.close()


class There:
    """Answers by a running service."""

    def __init__(
        self, url: str, seconds: float, identity: Identity | None = None, authorities: str = ""
    ) -> None:
        """Read its discovery; OtherSide in one line where that is not possible."""
        self.caller = Caller(service_base(url), None, seconds, identity, authorities)
        self.name = self.caller.base
        heard = required(self.caller.get(PATH), f"service {self.name}")
        offer = offer_of(heard.body)
        if offer is None:
            msg = f"service {self.name}: /{PATH} offers no service for {HOOK}"
            raise OtherSide(msg)
        self.id, self.templates = offer

    def answer(self, body: Mapping[str, Any]) -> Answered:
        """Send the request."""
        heard = self.caller.post(f"{PATH}/{self.id}", body)
        if heard.problem:
            said = diagnostics(heard.body)
            problem = f"{heard.problem}: {said}" if said else heard.problem
            return Answered(heard.status, problem=problem, ms=heard.ms)
        cards = heard.body.get("cards") if isinstance(heard.body, dict) else None
        if not isinstance(cards, list) or not all(isinstance(card, dict) for card in cards):
            return Answered(heard.status, problem="the answer holds no list of cards", ms=heard.ms)
        return Answered(heard.status, tuple(cards), ms=heard.ms)

    def close(self) -> None:
        """Close idle connections."""
        self.caller.__exit__()


def service_base(url: str) -> str:
    """Give the base of a service, also where its discovery was named."""
    return url.rstrip("/").removesuffix(f"/{PATH}")


def offer_of(body: object) -> tuple[str, dict[str, str]] | None:
    """Read id and templates of the first order-select service of a discovery document."""
    listed = body.get("services") if isinstance(body, dict) else None
    for one in listed if isinstance(listed, list) else ():
        if isinstance(one, dict) and one.get("hook") == HOOK and isinstance(one.get("id"), str):
            prefetch = one.get("prefetch")
            pairs = prefetch.items() if isinstance(prefetch, dict) else ()
            return one["id"], {key: text for key, text in pairs if isinstance(text, str)}
    return None


def diagnostics(body: object) -> str:
    """Read what an OperationOutcome says."""
    issues = body.get("issue") if isinstance(body, dict) else None
    for issue in issues if isinstance(issues, list) else ():
        if isinstance(issue, dict) and isinstance(issue.get("diagnostics"), str):
            return plain(issue["diagnostics"], 200)
    return ""

"""`Looked and found none` and `could not look` differ: on the card, in the trace, as numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cds_service import explain
from cds_service.advise import advice_for
from cds_service.app import create_app
from cds_service.catalog import Catalog
from cds_service.clinical.evidence import Sought
from cds_service.clinical.order import HookRequest
from cds_service.clinical.procedure import Procedure
from cds_service.clinical.truth import Reason, Truth
from cds_service.evidence.gather import Gatherer
from cds_service.hook_bodies import hook_body
from cds_service.settings import load_settings
from cds_service.stories import story_of_folder
from cds_service.web.outgoing import dump_cards
from tests.conftest import PATIENTS
from tests.web.conftest import SELECT
from tests.web.test_metrics import numbers

from .conftest import FhirServer, Handler, Misdeed

ASKED = "laboratory"
RULE = "coagulopathy_correctable"
ZONE = ZoneInfo("UTC")
EMPTY = {"resourceType": "Bundle", "type": "searchset", "total": 0}


def none_there(handler: Handler) -> None:
    """Have looked, and found nothing."""
    handler.send(EMPTY)


def broken(handler: Handler) -> None:
    """Not be able to look."""
    handler.send({}, 500)


@dataclass(frozen=True)
class Told:
    """What three readers are told: a clinician, whoever asks why, and whoever watches."""

    card: str
    trace: str
    machine: dict[str, Any]
    reasons: dict[str, Reason | None]
    truths: dict[str, Truth]
    metrics: dict[tuple[str, ...], int]


@pytest.fixture
def tell(
    server: FhirServer, catalog: Catalog, procedure: Procedure, tmp_path: Path
) -> Callable[[Misdeed], Told]:
    """Ask about a patient whose Observations the client did not supply."""

    def ask(misdeed: Misdeed) -> Told:
        server.misdeeds["Observation"] = misdeed
        story = story_of_folder(PATIENTS / "everything_known_and_clear", procedure)
        body = hook_body(story, catalog.templates)
        for name in (ASKED, "vital_signs", "findings"):
            del body["prefetch"][name]
        body["fhirServer"] = server.url
        path = tmp_path / f"{len(server.seen)}.sqlite3"
        settings = {"CDS_DATABASE_URL": f"sqlite:///{path}", "CDS_METRICS": "on"}
        app = create_app(load_settings(settings), catalog, clock=lambda: story.now(ZONE))
        client = app.test_client()
        cards = client.post(SELECT, json=body).get_json()["cards"]
        request = HookRequest(
            **{name: getattr(story.request(), name) for name in ("hook", "hook_instance")},
            patient_id=story.patient,
            user_id="Practitioner/example",
            drafts=story.drafts,
            selections=story.selections,
            prefetch=body["prefetch"],
            fhir_server=server.url,
        )
        gatherer = Gatherer(catalog.queries)
        advice = advice_for(request, procedure, gatherer, story.now(ZONE))
        gatherer.close()
        return Told(
            "\n".join(f"{card['summary']}\n{card['detail']}" for card in cards).replace("\\", ""),
            explain.as_text(advice, procedure),
            explain.as_json(advice, procedure, dump_cards(advice.cards)["cards"]),
            {one.check.name: one.answer.reason for one in advice.findings},
            {one.check.name: one.answer.truth for one in advice.findings},
            dict(numbers(client.get("/metrics").text)),
        )

    return ask


def test_none_found_and_not_looked_are_told_apart(tell: Callable[[Misdeed], Told]) -> None:
    """No INR on record is a gap to close by a test; no answer is one to close by another look."""
    none, lost = tell(none_there), tell(broken)
    assert none.truths[RULE] is lost.truths[RULE] is Truth.UNKNOWN
    assert none.reasons[RULE] is Reason.MISSING
    assert lost.reasons[RULE] is Reason.SOURCE_ERROR

    why = "the FHIR server did not answer the question (HTTP 500)"
    assert why in lost.card
    assert why not in none.card
    assert "Data that could not be read in full" in lost.card
    assert "Data that could not be read in full" not in none.card

    assert lost.machine["sources"][ASKED]["state"] == Sought.FAILED
    assert none.machine["sources"][ASKED]["state"] == Sought.ANSWERED
    assert why in lost.trace
    assert why not in none.trace

    name, rule, unknown = "cds_rule_outcomes_total", f"rule={RULE}", "outcome=unknown"
    assert none.metrics[name, unknown, "reason=missing", rule] == 1
    assert none.metrics[name, unknown, "reason=source-error", rule] == 0
    assert lost.metrics[name, unknown, "reason=missing", rule] == 0
    assert lost.metrics[name, unknown, "reason=source-error", rule] == 1
    queries = ("cds_queries_total", "origin=server", f"query={ASKED}")
    assert none.metrics[*queries, "state=answered"] == 1
    assert lost.metrics[*queries, "state=failed"] == 1
    assert lost.metrics["cds_fhir_errors_total", "kind=http-5xx"] == 3

"""The real application around a story of straw: what it is asked, it notes."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from flask import Flask
from flask.testing import FlaskClient

from cds_service.advise import Advice
from cds_service.app import checker_of
from cds_service.clinical.card import (
    Action,
    Card,
    Coding,
    Indicator,
    Link,
    Source,
    Suggestion,
)
from cds_service.clinical.order import HookRequest
from cds_service.feedback.store import Store
from cds_service.settings import load_settings
from cds_service.web.parts import Parts
from cds_service.web.site import site

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
SELECT = "/cds-services/vertebral-augmentation"
SIGN = "/cds-services/vertebral-augmentation-sign"

BODY: dict[str, Any] = {
    "hook": "order-select",
    "hookInstance": "234a4363-40e8-4a01-8f73-17df5caca38b",
    "context": {
        "userId": "Practitioner/example",
        "patientId": "vcf-1",
        "selections": ["ServiceRequest/ours"],
        "draftOrders": {
            "resourceType": "Bundle",
            "entry": [{"resource": {"resourceType": "ServiceRequest", "id": "ours"}}],
        },
    },
    "prefetch": {"patient": {"resourceType": "Patient", "id": "vcf-1"}},
}

CARD = Card(
    uuid="6b9b2f0e-6f1f-4c5c-9e53-7d0d3c9d8a10",
    summary="INR 2.4 on 2026-11-18: above the limit of 1.8 before kyphoplasty L1",
    indicator=Indicator.WARNING,
    source=Source("SIR", "https://doi.org/10.1/x", Coding("https://example.org/t", "bleeding")),
    detail="Found: INR 2.4",
    suggestions=(
        Suggestion(
            "Order INR",
            "0c5f3b58-51a7-4a5c-8f0a-4f4c9f6f7a11",
            (Action("create", "Order INR", {"resourceType": "ServiceRequest"}),),
            recommended=True,
        ),
        Suggestion(
            "Remove the order",
            "1c5f3b58-51a7-4a5c-8f0a-4f4c9f6f7a12",
            (Action("delete", "Remove", resource_id="ServiceRequest/ours"),),
        ),
    ),
    selection_behavior="at-most-one",
    override_reasons=(Coding("https://example.org/r", "other", "Other"),),
    links=(Link("SIR 2019", "https://doi.org/10.1/x"),),
    rules=("coagulopathy_correctable",),
    fired=("coagulopathy_correctable",),
    extension={"org.example.rules": {"version": "1.0"}},
)
PLAIN = Card("7b9b2f0e-6f1f-4c5c-9e53-7d0d3c9d8a10", "Not checked", Indicator.INFO, Source("SIR"))


@dataclass
class Story:
    """What the story of straw answers, and what it was asked."""

    ours: str = "ServiceRequest/ours"
    answer: Callable[[], tuple[Card, ...]] = lambda: (CARD, PLAIN)
    asked: list[HookRequest] = field(default_factory=list)
    times: list[datetime] = field(default_factory=list)

    def concerns(self, request: HookRequest, procedure: object) -> bool:
        """Recognise one id, among the selected or, without selections, among all."""
        assert procedure == "procedure"
        ids = [f"{d.get('resourceType')}/{d.get('id')}" for d in request.drafts]
        return self.ours in (ids if request.selections is None else request.selections)

    def advise(
        self, request: HookRequest, procedure: object, gather: object, now: datetime
    ) -> Advice:
        """Answer as told."""
        assert procedure == "procedure"
        assert callable(gather)
        self.asked.append(request)
        self.times.append(now)
        return Advice(cards=self.answer())


def straw_catalog(prefetch: Mapping[str, str] | None = None) -> Any:
    """Make a catalog of both services."""

    def service(ident: str, hook: str) -> SimpleNamespace:
        return SimpleNamespace(
            id=ident,
            hook=hook,
            title="Vertebral augmentation",
            description="Advises on orders",
            procedure="procedure",
        )

    templates = {"patient": "Patient/{{context.patientId}}"} if prefetch is None else prefetch
    return SimpleNamespace(
        services=(
            service("vertebral-augmentation", "order-select"),
            service("vertebral-augmentation-sign", "order-sign"),
        ),
        procedures=(),
        version="1.0+abc",
        counts={"rules": 17, "papers": 4},
        prefetch=lambda _: templates,
        reasons={"https://example.org/r": frozenset({"other"})},
    )


def straw_site(database_url: str) -> Flask:
    """Build the application around the story of straw, for a server of its own."""
    store, story = Store(database_url), Story()
    store.open()
    return straw_app(story, store, straw_catalog())


def straw_app(story: Story, store: Any, catalog: Any, **environment: str) -> Flask:
    """Put the application together, with settings as given."""
    settings = load_settings({f"CDS_{k.upper()}": v for k, v in environment.items()})
    parts = Parts(
        settings=settings,
        catalog=catalog,
        gather=cast("Any", "gather"),
        store=store,
        clock=lambda: NOW,
        concerns=cast("Any", story.concerns),
        advise=cast("Any", story.advise),
        checker=checker_of(settings) if settings.clients else None,
    )
    return site(parts)


@pytest.fixture
def story() -> Story:
    """Give the story of straw."""
    return Story()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Open a real store in a file of its own."""
    made = Store(f"sqlite:///{tmp_path}/cds.sqlite3")
    made.open()
    yield made
    made.close()


Build = Callable[..., Flask]


@pytest.fixture
def build(story: Story, store: Store) -> Build:
    """Make applications with settings as given."""

    def make(catalog: Any = None, store: Any = store, **environment: str) -> Flask:
        return straw_app(story, store, catalog or straw_catalog(), **environment)

    return make


@pytest.fixture
def client(build: Build) -> FlaskClient:
    """Make a client of the application with the settings of a developer."""
    return build().test_client()


@pytest.fixture
def body() -> dict[str, Any]:
    """Copy a right request of our own order, to be spoiled at will."""
    return copy.deepcopy(BODY)

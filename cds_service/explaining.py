"""`explain`: the trace for a fixture folder, a Bundle in a file, or a patient on a FHIR server."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

from cds_service import explain
from cds_service.advise import Advice, Gather, advice_for
from cds_service.catalog import Catalog, load_catalog
from cds_service.clinical.order import HookRequest
from cds_service.clinical.procedure import Procedure
from cds_service.errors import BadRequest
from cds_service.evidence.bundle import evidence_of_bundle
from cds_service.evidence.gather import Gatherer
from cds_service.gathering import gatherer_of
from cds_service.settings import Settings
from cds_service.stories import Story, draft_orders, read_json, story_of_folder
from cds_service.web.schemas import dump_cards


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line asks for."""

    path: Path | None = None
    order: str | None = None
    level: str = ""
    today: date | None = None
    patient: str | None = None
    fhir: str | None = None
    token: str | None = None


def trace(settings: Settings, wanted: Wanted, *, machine: bool) -> str:
    """Write the trace as text, or as one JSON object for machines."""
    catalog = load_catalog(settings)
    advice, procedure = explained(settings, catalog, wanted)
    if not machine:
        return explain.as_text(advice, procedure)
    cards = dump_cards(advice.cards)["cards"]
    whole = explain.as_json(advice, procedure, cards)
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def explained(settings: Settings, catalog: Catalog, wanted: Wanted) -> tuple[Advice, Procedure]:
    """Answer for the patient in question, on the day in question."""
    procedure = catalog.procedures[0]
    zone = ZoneInfo(settings.time_zone)
    now = datetime.now(UTC).astimezone(zone)
    if wanted.today:
        now = datetime.combine(wanted.today, time(12), zone)
    if wanted.fhir:
        request, gather = _from_server(wanted, procedure)
        gatherer = gatherer_of(settings, catalog, lambda: now)
        try:
            return advice_for(request, procedure, gather(gatherer), now), procedure
        finally:
            gatherer.close()
    story = _story(wanted, procedure, now.date())
    if story.expects and not wanted.today:
        now = story.now(zone)
    evidence = story.evidence()
    return advice_for(story.request(), procedure, lambda *_: evidence, now), procedure


def _story(wanted: Wanted, procedure: Procedure, today: date) -> Story:
    """Read the saved patient that the command line names."""
    if wanted.path is None:
        message = "say which patient: a folder, a file with a Bundle, or --fhir with --patient"
        raise BadRequest(message)
    if wanted.path.is_dir():
        story = story_of_folder(wanted.path, procedure)
        return _changed(story, wanted, procedure)
    bundle = read_json(wanted.path)
    _, patient = evidence_of_bundle(bundle, wanted.patient)
    drafts = drafts_of(wanted, patient, procedure)
    selections = tuple(f"ServiceRequest/{draft['id']}" for draft in drafts)
    return Story(wanted.path.stem, bundle, today, drafts, selections, patient)


def _changed(story: Story, wanted: Wanted, procedure: Procedure) -> Story:
    """Put the order of the command line in the place of the story's own, if it names one."""
    if not wanted.order:
        return story
    drafts = drafts_of(wanted, story.patient, procedure)
    selections = tuple(f"ServiceRequest/{draft['id']}" for draft in drafts)
    return replace(story, drafts=drafts, selections=selections)


def drafts_of(wanted: Wanted, patient: str, procedure: Procedure) -> tuple[dict[str, object], ...]:
    """Write the draft orders that the command line asks for."""
    if not wanted.order:
        message = "say which order: --order 22514 --level L1"
        raise BadRequest(message)
    codes = [code.strip() for code in wanted.order.split(",") if code.strip()]
    levels = [level.strip() for level in wanted.level.split(",") if level.strip()]
    drafts = draft_orders(codes, levels, patient, procedure)
    return tuple(dict(draft) for draft in drafts)


def _from_server(
    wanted: Wanted, procedure: Procedure
) -> tuple[HookRequest, Callable[[Gatherer], Gather]]:
    """Make a request without prefetch, so that all is read from the server."""
    if not wanted.patient:
        message = "say which patient of that server: --patient ID"
        raise BadRequest(message)
    drafts = drafts_of(wanted, wanted.patient, procedure)
    request = HookRequest(
        hook="order-select",
        hook_instance="00000000-0000-4000-8000-000000000000",
        patient_id=wanted.patient,
        user_id="Practitioner/example",
        drafts=drafts,
        selections=tuple(f"ServiceRequest/{draft['id']}" for draft in drafts),
        fhir_server=wanted.fhir,
        token=wanted.token,
    )
    return request, lambda gatherer: gatherer

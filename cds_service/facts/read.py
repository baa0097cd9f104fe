"""From evidence to chart: one pass over all entries, each by the reader of its type."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Final

from cds_service.clinical.chart import Chart
from cds_service.clinical.evidence import Evidence, Item, Unreadable
from cds_service.clinical.order import Order
from cds_service.facts import medications
from cds_service.facts.allergies import read_allergy
from cds_service.facts.assemble import assemble
from cds_service.facts.codes import Codes
from cds_service.facts.conditions import read_condition, settle_conditions
from cds_service.facts.context import UNEXPECTED, Context, Read
from cds_service.facts.encounters import read_encounter
from cds_service.facts.findings import settle_findings
from cds_service.facts.imaging import read_imaging_study
from cds_service.facts.index import Index, without_twins
from cds_service.facts.labs import add_result, newest_results
from cds_service.facts.lists import read_list
from cds_service.facts.observations import read_observation
from cds_service.facts.order_codes import OrderTable
from cds_service.facts.orders import read_existing
from cds_service.facts.patients import read_patient
from cds_service.facts.procedures import read_procedure
from cds_service.facts.questionnaires import read_response
from cds_service.facts.reports import read_report
from cds_service.facts.strict import refuse

READERS: Final[Mapping[str, Read]] = {
    "AllergyIntolerance": read_allergy,
    "Condition": read_condition,
    "DiagnosticReport": read_report,
    "Encounter": read_encounter,
    "ImagingStudy": read_imaging_study,
    "List": read_list,
    "MedicationAdministration": medications.read_administration,
    "MedicationDispense": medications.read_dispense,
    "MedicationRequest": medications.read_request,
    "MedicationStatement": medications.read_statement,
    "Observation": read_observation,
    "Patient": read_patient,
    "Procedure": read_procedure,
    "QuestionnaireResponse": read_response,
    "ServiceRequest": read_existing,
}


def read_chart(  # noqa: PLR0913 - the story hands over each thing by itself
    evidence: Evidence,
    orders: tuple[Order, ...],
    now: datetime,
    planned: datetime,
    codes: Codes,
    *,
    strict: bool = False,
    table: OrderTable | None = None,
) -> tuple[Chart, tuple[Unreadable, ...]]:
    """Read all that was gathered about a patient into a chart, as of `now` in the site's zone.

    `table` recognises further orders and procedures of the same kind in the record. With
    `strict` each entry that became a fact must pass the R4B model. The second value lists what
    could not be read; nothing raises.
    """
    items = without_twins(evidence.items)
    context = Context(codes, now.tzinfo or UTC, now, Index(items).resolve, table)
    _read(items, context)
    _settle(context)
    chart = assemble(evidence, orders, now, planned, context)
    if strict:
        chart = refuse(chart, items, context)
    return chart, (*evidence.unreadable, *sorted(set(context.unreadable), key=_place))


def _read(items: Iterable[tuple[str, Item]], context: Context) -> None:
    """Read each entry; whatever the shape of one, the others are read as well."""
    for reference, item in items:
        resource = item.resource
        kind = resource.get("resourceType")
        reader = READERS.get(kind) if isinstance(kind, str) else None
        if reader:
            try:
                reader(resource, reference, context)
            except UNEXPECTED as error:
                context.skip_unexpected(reference, error)


def _settle(context: Context) -> None:
    """Decide what needed all entries to be known."""
    for code, observed, when in newest_results(context):
        try:
            add_result(code, observed, when, context)
        except UNEXPECTED as error:
            context.skip_unexpected(observed.reference, error)
    settle_conditions(context)
    settle_findings(context)


def _place(entry: Unreadable) -> tuple[str, str]:
    """Sort what could not be read by where it stood."""
    return entry.where, entry.why

"""A sample of every suggestion, held against the FHIR model before a patient ever sees one."""

from __future__ import annotations

from datetime import UTC, datetime

from cds_service.cards.case import Case
from cds_service.cards.suggest import suggestions_for
from cds_service.clinical.chart import Chart
from cds_service.clinical.evidence import Resource
from cds_service.clinical.order import HookRequest, Order
from cds_service.clinical.procedure import Procedure
from cds_service.errors import ContentError


def prove_suggestions(procedure: Procedure) -> int:
    """Make every suggestion once and validate its resources; says how many there were.

    ContentError for a resource that is not FHIR R4 (model R4B).
    """
    resources = [
        action.resource
        for key in procedure.drafts
        for suggestion in suggestions_for(_sample(procedure), [key])
        for action in suggestion.actions
        if action.resource is not None
    ]
    for resource in resources:
        prove_resource(resource)
    return len(resources)


def prove_resource(resource: Resource) -> None:
    """Validate one resource that this service writes; ContentError where it is not R4."""
    from fhir.resources.R4B import get_fhir_model_class  # slow to import: only where needed

    kind = str(resource.get("resourceType"))
    try:
        get_fhir_model_class(kind).model_validate(dict(resource))
    except ValueError as error:
        message = f"a suggested {kind} is not FHIR R4: {error}"
        raise ContentError(message) from error


def _sample(procedure: Procedure) -> Case:
    """Make a case that every suggestion fits: an order of more levels than one session allows."""
    levels = ("T11", "T12", "L1", "L2", "L3")
    sites = [{"text": level} for level in levels]
    resource = {
        "resourceType": "ServiceRequest",
        "id": "sample",
        "status": "draft",
        "intent": "order",
        "subject": {"reference": "Patient/sample"},
        "bodySite": sites,
    }
    reference = "ServiceRequest/sample"
    order = Order(reference, resource, "augmentation", "sample", selected=True, levels=levels)
    now = datetime(2025, 5, 20, 12, tzinfo=UTC)
    request = HookRequest("order-select", "sample", "sample", "Practitioner/sample", (resource,))
    return Case(request, procedure, Chart(now, now, (order,)))

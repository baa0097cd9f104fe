"""The hook request on the wire (CDS Hooks 2.0.1, "HTTP Request"; hooks order-select, order-sign).

What is required is a must, what is optional may be null, what is unknown is ignored.
"""

# ruff: noqa: N815 - members are named as on the wire

from __future__ import annotations

from typing import Any, Final

from marshmallow import EXCLUDE, Schema, ValidationError, post_load, validate, validates_schema

from cds_service.clinical.order import HookRequest
from cds_service.web.access_fields import Bearer, ServerUrl, Token
from cds_service.web.fields import BareId, Drafts, Lenient, Part, Selections, Text


def prove_paired(data: dict[str, Any]) -> None:
    """Refuse a token without a server to use it with (conformance 2.6)."""
    if data.get("fhirAuthorization") and not data.get("fhirServer"):
        msg = "is missing, and fhirAuthorization is given"
        raise ValidationError(msg, "fhirServer")


def request_of(data: dict[str, Any]) -> HookRequest:
    """Make the noun that the rest of the service works with; ValidationError as `prove_paired`."""
    prove_paired(data)
    context = data["context"]
    access = data.get("fhirAuthorization") or {}
    return HookRequest(
        hook=data["hook"],
        hook_instance=data["hookInstance"],
        patient_id=context["patientId"],
        user_id=context["userId"],
        drafts=context["draftOrders"],
        selections=context.get("selections"),
        encounter_id=context.get("encounterId"),
        prefetch=data.get("prefetch"),
        fhir_server=data.get("fhirServer"),
        token=access.get("access_token"),
        scope=access.get("scope"),
    )


_NO_OBJECT: Final[dict[str, str]] = {"type": "must be an object"}


class Open(Schema):
    """A part of the wire that ignores members it does not know (conformance 2.5)."""

    class Meta:
        """Ignore, never refuse."""

        unknown = EXCLUDE

    error_messages = _NO_OBJECT


class FhirAuthorization(Open):
    """Leave to read from the client's FHIR server ("FHIR Resource Access")."""

    access_token = Token(required=True)
    token_type = Bearer(metadata={"enum": ["Bearer"]})
    expires_in = Lenient(int, metadata={"description": "lifetime of the token in seconds"})
    scope = Lenient(str, metadata={"description": "what the token gives access to"})
    subject = Lenient(str, metadata={"description": "our client id"})
    patient = Lenient(str, metadata={"description": "the patient that the token is bound to"})


class SignContext(Open):
    """Context of order-sign: every order of the Bundle is to be signed; selections are ignored."""

    userId = Text(required=True, metadata={"description": "Practitioner/x or PractitionerRole/x"})
    patientId = BareId("Patient", required=True, metadata={"description": "a bare id"})
    encounterId = Lenient(str, metadata={"description": "a bare id"})
    draftOrders = Drafts(
        required=True, metadata={"type": "object", "description": "a Bundle of unsigned orders"}
    )


class SelectContext(SignContext):
    """Context of order-select: the orders just picked are named."""

    selections = Selections(
        required=True,
        metadata={
            "type": "array",
            "minItems": 1,
            "items": {"type": "string", "pattern": r"\S"},
            "description": "the orders just picked, each as Type/id",
        },
    )


class Envelope(Open):
    """What all hooks have in common."""

    hookInstance = Text(required=True, metadata={"description": "a UUID that the client chose"})
    fhirServer = ServerUrl(allow_none=True, metadata={"description": "base URL, FHIR R4"})
    fhirAuthorization = Part(FhirAuthorization, allow_none=True)
    prefetch = Lenient(dict, metadata={"description": "answers to the templates of discovery"})

    @validates_schema
    def _paired(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse what does not go together."""
        prove_paired(data)

    @post_load
    def _request(self, data: dict[str, Any], **_: Any) -> HookRequest:
        """Make the noun that the rest of the service works with."""
        return request_of(data)


class OrderSelectRequest(Envelope):
    """A request of the hook order-select."""

    hook = Text(
        required=True,
        validate=validate.OneOf(["order-select"], error="is not the hook of this service"),
    )
    context = Part(SelectContext, required=True)


class OrderSignRequest(Envelope):
    """A request of the hook order-sign."""

    hook = Text(
        required=True,
        validate=validate.OneOf(["order-sign"], error="is not the hook of this service"),
    )
    context = Part(SignContext, required=True)


REQUESTS: Final[dict[str, type[Envelope]]] = {
    "order-select": OrderSelectRequest,
    "order-sign": OrderSignRequest,
}
"""The hooks that this service understands."""

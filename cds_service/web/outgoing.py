"""Cards and the discovery document on the wire (CDS Hooks 2.0.1, "CDS Card", "Discovery").

Nothing null or empty goes out.
"""

# ruff: noqa: N815 - members are named as on the wire

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from marshmallow import Schema, fields, validate

from cds_service.web.writing import write

NEVER_EMPTY: Final = {"minLength": 1}


class CodingOut(Schema):
    """A FHIR Coding."""

    system = fields.String(required=True)
    code = fields.String(required=True)
    display = fields.String()


class SourceOut(Schema):
    """Whose guidance a card gives."""

    label = fields.String(required=True, metadata=NEVER_EMPTY)
    url = fields.String(metadata={"format": "uri"})
    topic = fields.Nested(CodingOut)


class LinkOut(Schema):
    """A link under a card; always an absolute one."""

    label = fields.String(required=True, metadata=NEVER_EMPTY)
    url = fields.String(required=True, metadata={"format": "uri"})
    type = fields.Constant("absolute", required=True, metadata={"enum": ["absolute"]})


class ActionOut(Schema):
    """One step of a suggestion."""

    type = fields.String(
        required=True,
        attribute="kind",
        validate=validate.OneOf(["create", "update", "delete"]),
    )
    description = fields.String(required=True, metadata=NEVER_EMPTY)
    resource = fields.Raw(metadata={"type": "object", "description": "a FHIR R4 resource"})
    resourceId = fields.String(attribute="resource_id")


class SuggestionOut(Schema):
    """What can be accepted with one click."""

    label = fields.String(required=True, metadata=NEVER_EMPTY)
    uuid = fields.String(required=True, metadata={"format": "uuid"})
    isRecommended = fields.Boolean(attribute="recommended")
    actions = fields.List(fields.Nested(ActionOut), metadata={"minItems": 1})


class CardOut(Schema):
    """One card."""

    uuid = fields.String(required=True, metadata={"format": "uuid"})
    summary = fields.String(required=True, metadata={"minLength": 1, "maxLength": 139})
    indicator = fields.String(
        required=True, validate=validate.OneOf(["info", "warning", "critical"])
    )
    source = fields.Nested(SourceOut, required=True)
    detail = fields.String(metadata={"description": "GitHub-flavoured markdown, no raw HTML"})
    suggestions = fields.List(fields.Nested(SuggestionOut), metadata={"minItems": 1})
    selectionBehavior = fields.String(
        attribute="selection_behavior", validate=validate.OneOf(["at-most-one", "any"])
    )
    overrideReasons = fields.List(
        fields.Nested(CodingOut), attribute="override_reasons", metadata={"minItems": 1}
    )
    links = fields.List(fields.Nested(LinkOut), metadata={"minItems": 1})
    extension = fields.Raw(metadata={"type": "object"})


class CardsOut(Schema):
    """The answer to a hook request; without cards there is nothing to say."""

    cards = fields.List(fields.Nested(CardOut), required=True)


@dataclass(frozen=True, slots=True)
class Offer:
    """A service as discovery shows it."""

    hook: str
    id: str
    title: str
    description: str
    version: str
    hook_version: str
    prefetch: dict[str, str]


class ServiceOut(Schema):
    """A service of the discovery document."""

    hook = fields.String(required=True, metadata=NEVER_EMPTY)
    id = fields.String(required=True, metadata={"pattern": "^[A-Za-z0-9._~-]+$"})
    title = fields.String(metadata=NEVER_EMPTY)
    description = fields.String(required=True, metadata=NEVER_EMPTY)
    version = fields.String(metadata=NEVER_EMPTY)
    hookVersion = fields.String(attribute="hook_version", metadata=NEVER_EMPTY)
    prefetch = fields.Dict(
        keys=fields.String(), values=fields.String(), metadata={"minProperties": 1}
    )


class DiscoveryOut(Schema):
    """The discovery document."""

    services = fields.List(fields.Nested(ServiceOut), required=True)


def dump_cards(cards: Iterable[object]) -> dict[str, Any]:
    """Write the answer to a hook request; `cards` is always there (conformance 4.1)."""
    return {"cards": [write(CardOut, card) for card in cards]}


def dump_discovery(offers: Iterable[Offer]) -> dict[str, Any]:
    """Write the discovery document."""
    return {"services": [write(ServiceOut, offer) for offer in offers]}

"""Feedback on the wire (CDS Hooks 2.0.1, "Feedback"; conformance section 5)."""

# ruff: noqa: N815 - members are named as on the wire

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, Final

from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from cds_service.feedback.entry import Entry
from cds_service.web.fields import Part, Text
from cds_service.web.incoming import Open

LONGEST_COMMENT: Final = 4000
MOST_SUGGESTIONS: Final = 50
_WORD: Final = re.compile(r"[^\x00-\x1f\x7f]{1,512}")
_RFC_3339: Final = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)


class Word(Text):
    """An id or a code: short, without control characters."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> str:
        """Refuse what no id and no code looks like."""
        word = super()._deserialize(value)
        if not _WORD.fullmatch(word):
            msg = "must be at most 512 characters without control characters"
            raise ValidationError(msg)
        return word


class Timestamp(fields.Field[datetime]):
    """A moment as RFC 3339 writes it, with a zone; given in UTC."""

    default_error_messages = Text.default_error_messages

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> datetime:
        """Refuse a time without zone, and days that are none."""
        try:
            if isinstance(value, str) and _RFC_3339.fullmatch(value):
                return datetime.fromisoformat(value.upper()).astimezone(UTC)
        except (ValueError, OverflowError):  # the 31st of February; the year 0 in UTC
            pass
        msg = "must be a moment with a zone, as RFC 3339 writes it"
        raise ValidationError(msg)


class Comment(fields.Field[str]):
    """Free text, cut to a bound: better the beginning of an objection than none."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> str:
        """Refuse another type; drop the one character that PostgreSQL cannot keep."""
        if not isinstance(value, str):
            msg = "must be a text"
            raise ValidationError(msg)
        return value.replace("\x00", "")[:LONGEST_COMMENT]


class AcceptedIn(Open):
    """A suggestion that was accepted."""

    id = Word(required=True)


class ReasonIn(Open):
    """The Coding of an override reason, as a rule without its display."""

    code = Word(required=True)
    system = Word(allow_none=True)


class OverrideIn(Open):
    """Why a card was overridden."""

    reason = Part(ReasonIn, allow_none=True)
    userComment = Comment(
        allow_none=True,
        metadata={"type": "string", "description": f"kept up to {LONGEST_COMMENT} characters"},
    )


class EntryIn(Open):
    """What was done with one card."""

    card = Word(required=True, metadata={"description": "uuid of the card"})
    outcome = Text(
        required=True,
        validate=validate.OneOf(["accepted", "overridden"], error="must be accepted or overridden"),
    )
    outcomeTimestamp = Timestamp(required=True, metadata={"type": "string", "format": "date-time"})
    acceptedSuggestions = fields.List(
        Part(AcceptedIn),
        allow_none=True,
        error_messages={"invalid": "must be a list"},
        validate=validate.Length(max=MOST_SUGGESTIONS, error="too many"),
        metadata={"description": "a must when the outcome is accepted"},
    )
    overrideReason = Part(OverrideIn, allow_none=True)

    @validates_schema
    def _complete(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse an acceptance that accepts nothing (conformance 5.6)."""
        if data["outcome"] == "accepted" and not data.get("acceptedSuggestions"):
            msg = "is missing, and the outcome is accepted"
            raise ValidationError(msg, "acceptedSuggestions")

    @post_load
    def _entry(self, data: dict[str, Any], **_: Any) -> Entry:
        """Make the entry that is kept."""
        override = data.get("overrideReason") or {}
        reason = override.get("reason") or {}
        accepted = data.get("acceptedSuggestions") or ()
        return Entry(
            card=data["card"],
            outcome=data["outcome"],
            outcome_at=data["outcomeTimestamp"],
            accepted=tuple(one["id"] for one in accepted if data["outcome"] == "accepted"),
            reason_system=reason.get("system") or "",
            reason_code=reason.get("code") or "",
            comment=override.get("userComment") or "",
        )


class FeedbackIn(Open):
    """Feedback on any number of cards."""

    feedback = fields.List(
        Part(EntryIn),
        required=True,
        error_messages={
            "required": "is missing",
            "null": "must not be null",
            "invalid": "must be a list",
        },
    )


class FeedbackOut(Open):
    """How many entries came, and how many of them were new."""

    received = fields.Integer(required=True)
    stored = fields.Integer(required=True)

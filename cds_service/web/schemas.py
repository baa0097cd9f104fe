"""The wire: from JSON to nouns and from nouns to JSON, by marshmallow schemas."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final, cast

from marshmallow import Schema, ValidationError

from cds_service.clinical.order import HookRequest
from cds_service.errors import BadRequest, TooLarge
from cds_service.feedback.entry import Entry
from cds_service.web.feedback_schema import FeedbackIn
from cds_service.web.incoming import REQUESTS, request_of
from cds_service.web.outgoing import Offer, dump_cards, dump_discovery
from cds_service.web.reading import read

__all__ = [
    "MOST_ENTRIES",
    "Offer",
    "bound_prefetch",
    "dump_cards",
    "dump_discovery",
    "load_feedback",
    "load_request",
]

MOST_ENTRIES: Final = 1000
"""How many pieces of feedback may come in one body."""


def load_request(hook: str, body: Any) -> HookRequest:
    """Read the request of a hook; BadRequest names the member at fault."""
    schema = REQUESTS[hook]
    try:
        return request_of(read(schema, body))
    except ValidationError:  # the schema knows why
        return cast("HookRequest", _load(schema, body))


def load_feedback(body: Any) -> tuple[Entry, ...]:
    """Read feedback, all of it or nothing; BadRequest names the member at fault."""
    listed = body.get("feedback") if isinstance(body, dict) else None
    if isinstance(listed, list) and len(listed) > MOST_ENTRIES:
        msg = f"feedback: more than {MOST_ENTRIES} entries"
        raise TooLarge(msg, "feedback")
    return tuple(_load(FeedbackIn, body)["feedback"])


def bound_prefetch(prefetch: Mapping[str, Any] | None, keys: int, entries: int) -> None:
    """Refuse a prefetch with more keys, or a Bundle in it with more entries, than allowed."""
    if not prefetch:
        return
    if len(prefetch) > keys:
        msg = f"prefetch: more than {keys} keys"
        raise TooLarge(msg, "prefetch")
    for value in prefetch.values():
        listed = value.get("entry") if isinstance(value, dict) else None
        if isinstance(listed, list) and len(listed) > entries:
            msg = f"prefetch: a Bundle with more than {entries} entries"
            raise TooLarge(msg, "prefetch")


@cache
def _instance(schema: type[Schema]) -> Schema:
    """Make each schema once; they hold no state of a request."""
    return schema()


def _load(schema: type[Schema], body: Any) -> Any:
    """Load by a schema; the first thing that is wrong becomes the error."""
    if not isinstance(body, dict):
        msg = "the body must be a JSON object"
        raise BadRequest(msg)
    try:
        return _instance(schema).load(body)
    except ValidationError as error:
        path, message = _first(error.messages)
        msg = f"{path}: {message}"
        raise BadRequest(msg, path) from None


def _first(messages: Any) -> tuple[str, str]:
    """Find the first message of marshmallow's tree, and the path that leads to it."""
    path = ""
    while isinstance(messages, dict):
        step, messages = next(iter(messages.items()))
        if step == "_schema":
            continue
        path += f"[{step}]" if isinstance(step, int) else f".{step}"
    return path.lstrip("."), str(messages[0]).rstrip(".")

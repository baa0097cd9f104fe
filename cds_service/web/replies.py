"""JSON answers, written by orjson."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

import orjson
from flask import Response

JSON: Final = "application/json"
FHIR: Final = "application/fhir+json"


def reply(value: Any, status: int = 200, mime: str = JSON) -> Response:
    """Make a JSON answer of a value."""
    return Response(orjson.dumps(value, default=plain), status, mimetype=mime)


def plain(value: object) -> object:
    """Write the few things in cards that orjson does not know: other mappings, exact numbers."""
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Decimal):
        return float(value)
    msg = f"{type(value).__name__} is no JSON"
    raise TypeError(msg)

"""The fields of a request that are more than a word: ids, orders, what may be left unused."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from marshmallow import ValidationError, fields

_BARE_ID: Final = re.compile(r"(?!\.+\Z)[^\s/\\?#%\x00-\x20\x7f]{1,255}")
_MISSING: Final[dict[str, Any]] = {
    "required": "is missing",
    "null": "must not be null",
    "type": "must be an object",
    "invalid": "is not of the right type",
}
_NO_TEXT: Final[dict[str, Any]] = {**_MISSING, "invalid": "must be a text"}
Object = Mapping[str, Any]


class Text(fields.String):
    """A text that says something: not null, not blank."""

    default_error_messages = _NO_TEXT

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> str:
        """Refuse another type, and blanks."""
        if not isinstance(value, str):
            raise self.make_error("invalid")
        if not value.strip():
            msg = "must not be blank"
            raise ValidationError(msg)
        return value


class Part(fields.Nested):
    """A part that is an object with a schema of its own."""

    default_error_messages = _MISSING


class BareId(Text):
    """An id without its type; `Patient/x` is taken for `x` (conformance 2.11)."""

    def __init__(self, kind: str, **kwargs: Any) -> None:
        """Take the type that may stand before the id."""
        super().__init__(**kwargs)
        self.kind = kind

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> str:
        """Refuse what could be more than one id in a URL."""
        bare = super()._deserialize(value).removeprefix(f"{self.kind}/")
        if not _BARE_ID.fullmatch(bare):
            msg = "must be a bare id"
            raise ValidationError(msg)
        return bare


class Lenient(fields.Raw):
    """An optional value that is left unused where it has another type than it should."""

    def __init__(self, kind: type, **kwargs: Any) -> None:
        """Take the type that counts."""
        super().__init__(allow_none=True, **kwargs)
        self.kind = kind

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        """Keep the right type only."""
        return value if isinstance(value, self.kind) else None


class Drafts(fields.Field[tuple[Object, ...]]):
    """The resources of a Bundle of draft orders; none of them is looked into here.

    Null entries and entries without a resource are skipped (conformance 2.15).
    """

    default_error_messages = _MISSING

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> tuple[Object, ...]:
        """Refuse what is no Bundle: one order in its place would else be overlooked."""
        if not isinstance(value, dict) or value.get("resourceType", "Bundle") != "Bundle":
            msg = "must be a Bundle"
            raise ValidationError(msg)
        entries = value.get("entry")
        if entries is None:
            return ()
        if not isinstance(entries, list):
            msg = "must be a list"
            raise ValidationError({"entry": [msg]})
        found = (entry.get("resource") for entry in entries if isinstance(entry, dict))
        return tuple(resource for resource in found if isinstance(resource, dict))


class Selections(fields.Field[tuple[str, ...]]):
    """References to the selected orders, at least one; what is no text selects nothing."""

    default_error_messages = _MISSING

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> tuple[str, ...]:
        """Refuse another type, and a list that selects nothing (conformance 2.11)."""
        listed = value if isinstance(value, list) else []
        chosen = tuple(one for one in listed if isinstance(one, str) and one.strip())
        if not chosen:
            msg = "must be a list of at least one reference"
            raise ValidationError(msg)
        return chosen

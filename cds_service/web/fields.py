"""The fields of a request that are more than a word: ids, orders, servers, tokens."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from marshmallow import ValidationError, fields

_BARE_ID: Final = re.compile(r"(?!\.+\Z)[^\s/\\?#%\x00-\x20\x7f]{1,255}")
_PRINTABLE: Final = re.compile(r"[\x21-\x7e]{1,16384}")
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


class ServerUrl(Text):
    """The base URL of a FHIR server: http(s), no user, no query, no fragment."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> str:
        """Refuse what could lead a token astray."""
        url = super()._deserialize(value)
        if not _PRINTABLE.fullmatch(url) or not _is_base_url(url):
            msg = "must be an absolute http(s) URL without user, query and fragment"
            raise ValidationError(msg)
        return url


class Token(Text):
    """An access token; printable ASCII without blanks, as it becomes part of a header."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> str:
        """Refuse what would break out of a header."""
        token = super()._deserialize(value)
        if not _PRINTABLE.fullmatch(token):
            msg = "must be printable ASCII without blanks"
            raise ValidationError(msg)
        return token


class Bearer(Text):
    """The type of a token: always Bearer, in any case of letters (RFC 6749, 5.1)."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> str:
        """Refuse any other type of token."""
        if super()._deserialize(value).lower() != "bearer":
            msg = "must be Bearer"
            raise ValidationError(msg)
        return "Bearer"


def _is_base_url(url: str) -> bool:
    """Tell whether a URL has scheme and host, and nothing that a base URL must not have."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    plain = not any(mark in url for mark in "?#\\") and "@" not in parts.netloc
    return parts.scheme in {"http", "https"} and bool(host) and plain

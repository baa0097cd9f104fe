"""The fields that give access to a FHIR server; they come from outside and end up in requests."""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import urlsplit

from marshmallow import ValidationError

from cds_service.web.fields import Text

_PRINTABLE: Final = re.compile(r"[\x21-\x7e]{1,16384}")


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

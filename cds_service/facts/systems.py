"""Code systems and the many names they go by (codes.md 0.3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cds_service.errors import ContentError
from cds_service.facts.elements import coding_objects

FINDING: Final = "finding"
FINDING_VALUE: Final = "finding_value"
_SNOMED_EDITION: Final = "http://snomed.info/sct"


class Systems:
    """Turns a system's URI into our short key, whichever alias it comes under."""

    __slots__ = ("_keys", "_uris")

    def __init__(self, uris: Mapping[str, tuple[str, ...]]) -> None:
        """Take the URIs of each key; raises ContentError where two keys share one."""
        self._uris = dict(uris)
        self._keys: dict[str, str] = {}
        for key, names in uris.items():
            for name in names:
                if self._keys.setdefault(name, key) != key:
                    msg = f"systems.toml: {name} stands for {self._keys[name]} and for {key}"
                    raise ContentError(msg)

    def uris(self, key: str) -> tuple[str, ...]:
        """Give all URIs of a key, the one that we write first; raises ContentError if unknown."""
        try:
            return self._uris[key]
        except KeyError as error:
            msg = f"systems.toml has no system {key!r}"
            raise ContentError(msg) from error

    def key_of(self, uri: object) -> str:
        """Give the key of a URI, empty for a foreign one; a version does not matter."""
        if not isinstance(uri, str):
            return ""
        known = self._keys.get(uri)
        if known is not None:
            return known
        plain = uri.strip().split("|", 1)[0].rstrip("/")
        if plain.startswith(_SNOMED_EDITION + "/"):
            plain = _SNOMED_EDITION
        return self._keys.get(plain, "")

    def pairs(self, concept: object) -> list[tuple[str, str]]:
        """List (key, code) of all codings of a concept whose system is known."""
        found = []
        for coding in coding_objects(concept):
            code = coding.get("code")
            if isinstance(code, str):
                key = self.key_of(coding.get("system"))
                if key:
                    found.append((key, code.strip()))
        return found

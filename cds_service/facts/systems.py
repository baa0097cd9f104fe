"""Code systems and the many names they go by (codes.md 0.3)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from cds_service.errors import ContentError
from cds_service.facts.elements import coding_objects

FINDING: Final = "finding"
FINDING_VALUE: Final = "finding_value"
_SNOMED_EDITION: Final = "http://snomed.info/sct"
_ODD: Final = re.compile(r"\s|\||/$|^http://snomed\.info/sct/")
"""What makes a second look at an unknown URI worth while: blanks, a version, a last slash."""


class Systems:
    """Turns a system's URI into our short key, whichever alias it comes under."""

    __slots__ = ("_keys", "_uris", "loinc")

    def __init__(self, uris: Mapping[str, tuple[str, ...]]) -> None:
        """Take the URIs of each key; raises ContentError where two keys share one."""
        self._uris = dict(uris)
        self._keys: dict[str, str] = {}
        self.loinc = next(iter(uris.get("loinc", ())), None)
        for key, names in uris.items():
            for name in names:
                if self._keys.setdefault(name, key) != key:
                    msg = f"systems.toml: {name} stands for {self._keys[name]} and for {key}"
                    raise ContentError(msg)

    def with_uris(self, uris: Iterable[str]) -> Systems:
        """Know more systems, each under its own URI."""
        return Systems({**self._uris, **{uri: (uri,) for uri in uris}})

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
        if not _ODD.search(uri):
            return ""
        plain = uri.strip().split("|", 1)[0].rstrip("/")
        if plain.startswith(_SNOMED_EDITION + "/"):
            plain = _SNOMED_EDITION
        return self._keys.get(plain, "")

    def pairs(self, concept: object) -> list[tuple[str, str]]:
        """List (key, code) of all codings of a concept whose system is known."""
        found = []
        keys = self._keys
        for coding in coding_objects(concept):
            code, uri = coding.get("code"), coding.get("system")
            if isinstance(code, str):
                key = keys.get(uri, "") if isinstance(uri, str) else ""
                key = key or self.key_of(uri)
                if key:
                    found.append((key, code.strip()))
        return found


def load_systems(table: Mapping[str, Any], canonical: str) -> Systems:
    """Make the systems of `systems.toml` and those of our own findings, below `canonical`.

    Raises ContentError for an entry that is no list of URIs.
    """
    uris: dict[str, tuple[str, ...]] = {}
    for key, names in table.items():
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            msg = f"systems.toml: {key} must be a list of URIs"
            raise ContentError(msg)
        uris[key] = tuple(names)
    base = canonical.rstrip("/")
    uris[FINDING] = (f"{base}/CodeSystem/finding",)
    uris[FINDING_VALUE] = (f"{base}/CodeSystem/finding-value",)
    return Systems(uris)

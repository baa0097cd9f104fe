"""What a FHIR server says that it offers: what its CapabilityStatement tells about searches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

NO_NAMES: Final = frozenset[str]()
KINDS: Final = frozenset({"CapabilityStatement", "Conformance"})


@dataclass(frozen=True, slots=True)
class Statement:
    """What is declared: parameters and includes of each type that can be searched, and reads.

    All are empty where nothing is declared; nothing says then what the server can do. `types` are
    those that are mentioned at all.
    """

    searches: Mapping[str, frozenset[str]] = field(default_factory=dict)
    includes: Mapping[str, frozenset[str]] = field(default_factory=dict)
    reads: frozenset[str] = NO_NAMES
    types: frozenset[str] = NO_NAMES

    def about(self, kinds: frozenset[str]) -> Statement:
        """Keep what is said of some types: of a server that declares much, little is remembered."""
        return Statement(
            {kind: names for kind, names in self.searches.items() if kind in kinds},
            {kind: names for kind, names in self.includes.items() if kind in kinds},
            self.reads & kinds,
            self.types & kinds,
        )


def read_statement(body: Mapping[str, Any]) -> Statement:
    """Read a CapabilityStatement; what is not as it should be counts as not declared."""
    searches: dict[str, frozenset[str]] = {}
    includes: dict[str, frozenset[str]] = {}
    reads, types = set[str](), set[str]()
    for rest in _objects(body.get("rest")):
        shared = _names(rest.get("searchParam"), "name")
        for one in _objects(rest.get("resource")):
            kind, acts = str(one.get("type")), _names(one.get("interaction"), "code")
            types.add(kind)
            if "read" in acts:
                reads.add(kind)
            if "search-type" in acts:
                searches[kind] = shared | _names(one.get("searchParam"), "name")
                listed = one.get("searchInclude")
                texts = listed if isinstance(listed, list) else ()
                includes[kind] = frozenset(text for text in texts if isinstance(text, str))
    return Statement(searches, includes, frozenset(reads), frozenset(types))


def _objects(value: object) -> Iterator[Mapping[str, Any]]:
    """Go through the objects of a list."""
    for one in value if isinstance(value, list) else ():
        if isinstance(one, dict):
            yield one


def _names(value: object, key: str) -> frozenset[str]:
    """Collect one member of the objects of a list."""
    return frozenset(str(one.get(key)) for one in _objects(value))

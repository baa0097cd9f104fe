"""What a FHIR server says of itself: its CapabilityStatement."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl

from cds_service.cards.markdown import plain
from cds_service.ehr.calls import Caller, Heard, required
from cds_service.errors import OtherSide
from cds_service.evidence.prefetch import Query
from cds_service.evidence.statement import read_statement

R4: Final = "4.0"
_CONTROLS: Final = ("_count", "_sort", "_include")


@dataclass(frozen=True, slots=True)
class Capability:
    """The parts of a CapabilityStatement that we read.

    `searches` gives the search parameters of each type that can be searched, `reads` the types
    that can be read; both are empty when the server declares nothing.
    """

    version: str
    software: str
    searches: Mapping[str, frozenset[str]] = field(default_factory=dict)
    reads: frozenset[str] = frozenset()

    @property
    def told(self) -> str:
        """Say what server this is."""
        return f"{self.software or 'a server without a name'}, FHIR {self.version}"

    def lacking(self, query: Query) -> tuple[str, ...]:
        """Name what the server does not declare and a query needs; empty if nothing."""
        if not self.searches and not self.reads:
            return ("types",)
        if query.is_read:
            return () if query.kind in self.reads else ("read",)
        if query.kind not in self.searches:
            return ("search",)
        known = self.searches[query.kind]
        return tuple(name for name in _parameters(query.template) if name not in known)


def capability(caller: Caller) -> tuple[Capability, Heard]:
    """Ask a server what it is; OtherSide in one line for all but a FHIR R4 server."""
    heard = required(caller.get("metadata"), f"FHIR server {caller.base}")
    body = heard.body
    kind = body.get("resourceType") if isinstance(body, dict) else None
    if kind not in {"CapabilityStatement", "Conformance"}:
        msg = f"FHIR server {caller.base}: /metadata is no CapabilityStatement; is it the base URL?"
        raise OtherSide(msg)
    version = body.get("fhirVersion")
    if not isinstance(version, str) or not (version == R4 or version.startswith(f"{R4}.")):
        said = plain(version) if isinstance(version, str) else "no version"
        msg = f"FHIR server {caller.base}: FHIR R4 (4.0.1) is needed, and it declares {said}"
        raise OtherSide(msg)
    return read_capability(body), heard


def read_capability(body: Mapping[str, Any]) -> Capability:
    """Read a CapabilityStatement; what is not as it should be counts as not declared."""
    said = read_statement(body)
    software = body.get("software")
    named = software if isinstance(software, dict) else {}
    words = [str(named[key]) for key in ("name", "version") if isinstance(named.get(key), str)]
    return Capability(
        plain(str(body.get("fhirVersion"))), plain(" ".join(words)), said.searches, said.reads
    )


def _parameters(template: str) -> Iterator[str]:
    """Name the search parameters that a query uses; `_sort` counts as the one that it sorts by."""
    for name, value in parse_qsl(template.partition("?")[2]):
        if name == "_sort":
            yield value.lstrip("-")
        elif name not in _CONTROLS:
            yield name

"""Prefetch as a client fills it: one request for each template, the first page, no second try."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

from cds_service.ehr.calls import AT_ONCE, Caller, Heard
from cds_service.evidence.entries import next_link
from cds_service.evidence.prefetch import PATIENT

_TOKEN: Final = re.compile(r"\{\{[^}]*\}\}")


@dataclass(frozen=True, slots=True)
class Filled:
    """One prefetch key: the request made for it and what came; left out if there is a problem."""

    name: str
    query: str
    heard: Heard = field(repr=False)
    problem: str = ""

    @property
    def value(self) -> Any:
        """The resource or Bundle."""
        return self.heard.body

    @property
    def kind(self) -> str:
        """The type of resource that is asked for."""
        return self.query.replace("/", "?").split("?")[0]

    @property
    def count(self) -> int:
        """How many entries came."""
        if self.problem:
            return 0
        if self.value.get("resourceType") != "Bundle":
            return 1
        entries = self.value.get("entry")
        return len(entries) if isinstance(entries, list) else 0

    @property
    def more(self) -> bool:
        """Tell whether there are further pages, which a client does not fetch."""
        return not self.problem and next_link(self.value) is not None

    @property
    def told(self) -> str:
        """Say in a few words what came."""
        if self.problem:
            return f"left out: {self.problem}"
        size = "1 resource" if self.value.get("resourceType") != "Bundle" else _entries(self.count)
        return f"{size}, more pages" if self.more else size


def fill(caller: Caller, templates: Mapping[str, str], patient: str) -> tuple[Filled, ...]:
    """Fill all templates for a patient, in their order."""

    def one(item: tuple[str, str]) -> Filled:
        return _fill(caller, *item, patient)

    with ThreadPoolExecutor(AT_ONCE, "ehr") as pool:
        return tuple(pool.map(one, templates.items()))


def prefetch_of(filled: Iterable[Filled]) -> dict[str, Any]:
    """Make the prefetch of a request: a key that failed is left out, as clients in the field do."""
    return {one.name: one.value for one in filled if not one.problem}


def _fill(caller: Caller, name: str, template: str, patient: str) -> Filled:
    """Fill one template."""
    query = template.replace(PATIENT, quote(patient, safe=""))
    if _TOKEN.search(query):
        return Filled(name, query, Heard(), "a token in it cannot be filled")
    heard = caller.get(query)
    return Filled(name, query, heard, heard.problem or _wrong(heard.body, query))


def _wrong(body: object, query: str) -> str:
    """Say why an answer is none to the query; nothing if it is one."""
    kind = body.get("resourceType") if isinstance(body, dict) else None
    wanted = "Bundle" if "?" in query else query.partition("/")[0]
    if kind == wanted:
        return ""
    return "an OperationOutcome came" if kind == "OperationOutcome" else f"no {wanted} came"


def _entries(count: int) -> str:
    """Count entries in words."""
    return "1 entry" if count == 1 else f"{count} entries"

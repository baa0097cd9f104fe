"""All artefacts of the content, found by type, id and URL, and written to files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import orjson

from cds_service.artefacts.code_systems import code_systems
from cds_service.artefacts.concept_maps import concept_maps
from cds_service.artefacts.frame import Resource
from cds_service.artefacts.value_sets import value_sets
from cds_service.cards.tables import read_toml
from cds_service.catalog import Catalog
from cds_service.errors import ContentError
from cds_service.facts.code_sets import CodeSet, load_code_sets

TYPES: Final = ("CodeSystem", "ValueSet", "ConceptMap")
STDOUT: Final = "-"


@dataclass(frozen=True, slots=True)
class Library:
    """Resources by type and id, in the order in which they were made."""

    resources: Mapping[tuple[str, str], Resource]

    def get(self, kind: str, ident: str) -> Resource | None:
        """Give one resource, None where there is none of that type and id."""
        return self.resources.get((kind, ident))

    def search(
        self, kind: str, urls: Iterable[str] = (), idents: Iterable[str] = ()
    ) -> list[Resource]:
        """Find the resources of a type; empty criteria choose all.

        A URL may end with a version (`url|version`). Values of one criterion are alternatives.
        """
        wanted, named = frozenset(urls), frozenset(idents)
        return [
            one
            for (own, ident), one in self.resources.items()
            if own == kind
            and (not wanted or not wanted.isdisjoint(_addresses(one)))
            and (not named or ident in named)
        ]

    def bundle(self) -> Resource:
        """Put all resources into one Bundle."""
        entries = [{"fullUrl": one["url"], "resource": one} for one in self.resources.values()]
        return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def _addresses(one: Resource) -> tuple[str, str]:
    """Give the canonical URL of a resource without and with its version."""
    return one["url"], f"{one['url']}|{one['version']}"


def load_library(cards: Path, catalog: Catalog) -> Library:
    """Make all artefacts of the loaded content."""
    procedures = catalog.procedures
    sets = _merged(
        one
        for procedure in procedures
        for one in load_code_sets(read_toml(cards / procedure.name / "procedure.toml")["orders"])
    )
    made = (
        *code_systems(procedures),
        *value_sets(procedures[0], sets),
        *concept_maps(procedures[0], sets),
    )
    return Library({(one["resourceType"], one["id"]): one for one in made})


def _merged(sets: Iterable[CodeSet]) -> tuple[CodeSet, ...]:
    """Put the sets of several procedures together: rows of one id belong to one set."""
    found: dict[str, CodeSet] = {}
    for one in sets:
        rows = (*found[one.id].rows, *one.rows) if one.id in found else one.rows
        found[one.id] = replace(one, rows=tuple(dict.fromkeys(rows)))
    return tuple(found.values())


def write(library: Library, out: str) -> str:
    """Write a file for each resource into a folder, or give all as one Bundle for `-`."""
    if out == STDOUT:
        return orjson.dumps(library.bundle(), option=orjson.OPT_INDENT_2).decode()
    folder = Path(out)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for (kind, ident), one in library.resources.items():
            written = orjson.dumps(one, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
            (folder / f"{kind}-{ident}.json").write_bytes(written)
    except OSError as error:
        msg = f"{folder}: cannot be written: {error.strerror}"
        raise ContentError(msg) from error
    return f"{len(library.resources)} resources written to {folder}"

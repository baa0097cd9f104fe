"""Concept maps: our override reasons to the published ones, and a form for a site's local codes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from cds_service.artefacts.code_systems import FINDING, OVERRIDE, plain
from cds_service.artefacts.frame import Resource, canonical, framed
from cds_service.clinical.procedure import Procedure
from cds_service.facts.code_sets import CodeSet

PUBLISHED: Final = "override-reason-published"
LOCAL: Final = "local-codes"
_FORM: Final = (
    "A form for the local codes of a site, not a mapping: no element has a source code yet. For "
    "each finding or result that the site records under a code of its own, give the code system "
    "as the source of the group and the code in the element, keep the one target that is meant "
    "and set its equivalence; take out what the site does not record."
)


def concept_maps(procedure: Procedure, sets: Iterable[CodeSet]) -> Iterator[Resource]:
    """Make both maps."""
    base = procedure.canonical
    pairs = [own for own in procedure.overrides.values() if len(own) > 1]
    if pairs:
        group = {
            "source": canonical(base, "CodeSystem", OVERRIDE),
            "target": pairs[0][1].system,
            "element": [
                {
                    "code": own.code,
                    "display": own.display,
                    "target": [{"code": published.code, "equivalence": "equivalent"}],
                }
                for own, published, *_ in pairs
            ],
        }
        described = "Those of our override reasons for which a published code means the same."
        body = {"description": described, "group": [group]}
        yield framed(base, "ConceptMap", PUBLISHED, "Override reasons, published codes", body)
    local = {
        "status": "draft",
        "experimental": True,
        "description": _FORM,
        "group": [_findings(procedure), _results(procedure, sets)],
    }
    yield framed(base, "ConceptMap", LOCAL, "Local codes of a site: a form", local)


def _findings(procedure: Procedure) -> Resource:
    """Make the group of our findings."""
    return {
        "target": canonical(procedure.canonical, "CodeSystem", FINDING),
        "element": [
            {"display": f"local code for: {plain(code)}", "target": [_target(code)]}
            for code in procedure.codes.findings
        ],
    }


def _results(procedure: Procedure, sets: Iterable[CodeSet]) -> Resource:
    """Make the group of laboratory results and vital signs."""
    elements = []
    for one in sets:
        codes = [row.code for row in one.rows if row.usable and row.system == "loinc"]
        if one.fact in procedure.codes.labs.facts and codes:
            said = f"local code for: {one.title}"
            elements.append({"display": said, "target": [_target(code) for code in codes]})
    return {"target": procedure.codes.systems.uris("loinc")[0], "element": elements}


def _target(code: str) -> Resource:
    """Name what a local code may mean; how closely is for the site to say."""
    return {"code": code, "equivalence": "relatedto"}

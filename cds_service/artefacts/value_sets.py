"""One ValueSet for each code set of the fact tables, and those of our own code systems.

Only codes in use whose meaning was read in a source are in the compose. A foreign code never has
a display: its terminology says what it is called. Our words stand as a comment, except for CPT.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from cds_service.artefacts.code_systems import FINDING, FINDING_VALUE, OVERRIDE, TOPIC, plain
from cds_service.artefacts.frame import Resource, canonical, framed
from cds_service.clinical.fact import Kind
from cds_service.clinical.procedure import Procedure
from cds_service.facts.code_sets import CodeRow, CodeSet
from cds_service.facts.systems import FINDING as OWN
from cds_service.facts.systems import Systems

COMMENT: Final = "http://hl7.org/fhir/StructureDefinition/valueset-concept-comments"
_NOTICES: Final = {
    "cpt": "CPT is a registered trademark of the American Medical Association: codes only, no "
    "descriptors; a deployment needs its own licence.",
    "snomed": "SNOMED CT is used by permission of SNOMED International; a deployment outside "
    "member territories needs its own licence.",
    "loinc": "LOINC (https://loinc.org) is copyright Regenstrief Institute, Inc. and the LOINC "
    "Committee, and available at no cost under its licence.",
    "atc": "ATC is copyright WHO Collaborating Centre for Drug Statistics Methodology.",
}
_CONDITIONS: Final = (
    " On reading, a seventh character of ICD-10-CM is ignored, but S (sequela) never counts as a "
    "current fracture or infection."
)


def value_sets(procedure: Procedure, sets: Iterable[CodeSet]) -> Iterator[Resource]:
    """Make all value sets of a procedure's content."""
    base, systems = procedure.canonical, procedure.codes.systems
    for one in sets:
        if all(row.system != OWN for row in one.rows):
            yield _of_set(one, base, systems)
    whole = (
        (FINDING, "All findings"),
        (FINDING_VALUE, "All values of findings"),
        (OVERRIDE, "All override reasons"),
        (TOPIC, "All topics"),
    )
    for ident, title in whole:
        yield _own(base, ident, title, {"system": canonical(base, "CodeSystem", ident)})
    for finding in procedure.codes.findings.values():
        if finding.values:
            include = {
                "system": canonical(base, "CodeSystem", FINDING_VALUE),
                "concept": [
                    {"code": value, "display": plain(value)} for value in sorted(finding.values)
                ],
            }
            title = f"Values of the finding: {plain(finding.code)}"
            yield _own(base, f"{FINDING_VALUE}-{finding.code}", title, include)


def _own(base: str, ident: str, title: str, include: Resource) -> Resource:
    """Make a value set over one of our own code systems."""
    body = {"description": f"{title}.", "compose": {"include": [include]}}
    return framed(base, "ValueSet", f"vs-{ident}", title, body)


def _of_set(one: CodeSet, base: str, systems: Systems) -> Resource:
    """Make the value set of a code set; one without any code to publish stays a draft."""
    usable = [row for row in one.rows if row.usable]
    described = f"Codes by which this service recognises: {one.title} ({one.table})."
    if Kind.CONDITION in one.kinds:
        described += _CONDITIONS
    left = sum(1 for row in one.rows if not row.usable)
    if left:
        described += f" Left out, switched off or not verified: {left}."
    body: dict[str, Any] = {"description": described}
    notices = [_NOTICES[key] for key in _NOTICES if any(row.system == key for row in usable)]
    if notices:
        body["copyright"] = " ".join(notices)
    include = _parts([row for row in usable if not row.excluded], systems)
    exclude = _parts([row for row in usable if row.excluded], systems)
    if include:
        body["compose"] = {"include": include, **({"exclude": exclude} if exclude else {})}
    else:
        body["status"] = "draft"
    return framed(base, "ValueSet", one.id, one.title[:1].upper() + one.title[1:], body)


def _parts(rows: Iterable[CodeRow], systems: Systems) -> list[Resource]:
    """Make the parts of a compose: listed codes by system, and one part for each filter."""
    listed: dict[str, dict[str, Resource]] = {}
    filters: list[Resource] = []
    for row in rows:
        uri = systems.uris(row.system)[0]
        if row.below:
            filters.append(_filter(uri, "concept", "is-a", row.code))
        elif row.pattern:
            filters.append(_filter(uri, "code", "regex", row.code))
        else:
            listed.setdefault(uri, {}).setdefault(row.code, _concept(row))
    return [
        *({"system": uri, "concept": list(codes.values())} for uri, codes in listed.items()),
        *filters,
    ]


def _filter(uri: str, name: str, how: str, value: str) -> Resource:
    """Make a part that a filter chooses."""
    return {"system": uri, "filter": [{"property": name, "op": how, "value": value}]}


def _concept(row: CodeRow) -> Resource:
    """Make one listed code; of CPT nothing but the code."""
    if row.system == "cpt" or not row.says:
        return {"code": row.code}
    said = f"{row.says} (read in: {row.verified})"
    return {"extension": [{"url": COMMENT, "valueString": said}], "code": row.code}

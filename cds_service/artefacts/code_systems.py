"""Our four code systems: findings, their values, override reasons and topics (rules.md 9.15)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from cds_service.artefacts.frame import Resource, canonical, framed
from cds_service.clinical.procedure import Procedure
from cds_service.facts.finding_codes import FindingCode

FINDING: Final = "finding"
FINDING_VALUE: Final = "finding-value"
OVERRIDE: Final = "override-reason"
TOPIC: Final = "topic"
CHECKS: Final = "checks"
"""The topic of a card that speaks for several checks."""

_PROPERTIES: Final = (
    ("value-type", "The type of the value of an Observation with this code."),
    ("kind", "Who makes the statement: imaging, examination, or anybody (statement)."),
)


def code_systems(procedures: Sequence[Procedure]) -> Iterator[Resource]:
    """Make the code systems of all content; of two concepts with one code the first counts."""
    base = procedures[0].canonical
    findings: Mapping[str, FindingCode] = procedures[0].codes.findings
    yield _system(
        base,
        FINDING,
        ("Findings", "Imaging and examination findings, and statements about them, one code each."),
        [_finding(one) for one in findings.values()],
        {"property": [_declared(code, said) for code, said in _PROPERTIES]},
    )
    said = ("Values of findings", "The codes that coded findings may take.")
    yield _system(base, FINDING_VALUE, said, _values(findings))
    reasons = [
        _concept(own[0].code, own[0].display)
        for procedure in procedures
        for own in procedure.overrides.values()
    ]
    said = ("Override reasons", "Why a clinician sets a card aside.")
    yield _system(base, OVERRIDE, said, reasons)
    topics = [topic for procedure in procedures for topic in _topics(procedure)]
    said = ("Topics", "What a card is about: one check, or several.")
    yield _system(base, TOPIC, said, topics)


def _topics(procedure: Procedure) -> Iterator[Resource]:
    """Make the topics of a procedure, as its cards name them."""
    for one in procedure.checks:
        code = one.name.replace("_", "-")
        yield _concept(code, one.statement.title, one.rule.question)
    yield _concept(CHECKS, procedure.title, "Several checks on one card.")


def _system(
    base: str,
    ident: str,
    said: tuple[str, str],
    concepts: Iterable[Resource],
    more: Mapping[str, Any] | None = None,
) -> Resource:
    """Make one code system, complete as it stands; `said` is its title and its description."""
    once: dict[str, Resource] = {}
    for concept in concepts:
        once.setdefault(concept["code"], concept)
    body = {
        "description": said[1],
        "caseSensitive": True,
        "valueSet": canonical(base, "ValueSet", f"vs-{ident}"),
        "content": "complete",
        "count": len(once),
        **(more or {}),
        "concept": list(once.values()),
    }
    return framed(base, "CodeSystem", ident, said[0], body)


def _concept(code: str, display: str, definition: str = "") -> Resource:
    """Make one concept."""
    concept = {"code": code, "display": display}
    return {**concept, "definition": definition} if definition else concept


def _declared(code: str, description: str) -> Resource:
    """Declare a property of the concepts."""
    return {"code": code, "description": description, "type": "code"}


def _finding(one: FindingCode) -> Resource:
    """Make the concept of a finding."""
    given = (("value-type", one.value), ("kind", one.kind))
    properties = [{"code": code, "valueCode": value} for code, value in given]
    return {**_concept(one.code, plain(one.code), one.meaning), "property": properties}


def _values(findings: Mapping[str, FindingCode]) -> list[Resource]:
    """Make the concepts of the values, each with the findings that may take it."""
    takers: dict[str, list[str]] = {}
    for one in findings.values():
        for value in sorted(one.values):
            takers.setdefault(value, []).append(one.code)
    return [
        _concept(value, plain(value), f"A value of: {', '.join(codes)}.")
        for value, codes in takers.items()
    ]


def plain(code: str) -> str:
    """Say one of our codes in words."""
    return code.replace("-", " ")

"""Observations: which of our tables an entry belongs to, and the entries inside of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from cds_service.clinical.evidence import Resource
from cds_service.facts.context import Context
from cds_service.facts.cultures import read_culture
from cds_service.facts.elements import objs, status_of, word
from cds_service.facts.finding_codes import FindingCode
from cds_service.facts.findings import read_finding
from cds_service.facts.lab_codes import CULTURE, LabCode
from cds_service.facts.labs import read_result
from cds_service.facts.observed import TIMES, Observed
from cds_service.facts.qualitative import read_qualitative

IGNORED: Final = frozenset({"entered-in-error", "cancelled"})
FINAL: Final = frozenset({"final", "amended", "corrected", "appended"})


def read_observation(resource: Resource, reference: str, context: Context) -> None:
    """Read one Observation, its components and its contained members.

    A status of error or cancellation takes all of it out (rules.md 1.4); a status that is not
    final, or unknown, lets it raise suspicion only.
    """
    codes = context.codes.observed(resource.get("code"))
    if codes or "component" in resource or "contained" in resource:  # most are of no use to us
        counts = _read_values(codes, resource, reference, context)
        if counts and "contained" in resource:
            read_members(resource, "hasMember", reference, context)


def _read_values(
    codes: Sequence[LabCode | FindingCode], resource: Resource, reference: str, context: Context
) -> bool:
    """Read the value and the components of an observation; False where it does not count."""
    status = status_of(resource)
    if status in IGNORED or (status == "registered" and not _says_anything(resource)):
        return False
    final = status in FINAL
    for code in codes:
        _read(code, Observed(resource, resource, reference, final), context)
    if "component" in resource:
        for part in objs(resource["component"]):
            for code in context.codes.observed(part.get("code")):
                _read(code, Observed(resource, part, reference, final), context)
    return True


def _read(code: LabCode | FindingCode, observed: Observed, context: Context) -> None:
    """Hand an observation to the reader of its kind."""
    if isinstance(code, FindingCode):
        read_finding(code, observed, context)
    elif code.fact.name == CULTURE:
        read_culture(code, observed, context)
    elif code.fact.coded:
        read_qualitative(code, observed, context)
    else:
        read_result(code, observed, context)


def read_members(resource: Resource, element: str, reference: str, context: Context) -> None:
    """Read the contained observations that a panel or report lists, with its time and status.

    Those of a contained panel are not followed: they may turn in circles.
    """
    if "contained" not in resource:
        return
    for link in objs(resource.get(element)):
        name = word(link.get("reference"))
        inner = context.resolve(link, resource) if name.startswith("#") else None
        if inner and inner.get("resourceType") == "Observation" and inner is not resource:
            heir = {**_heritage(resource, inner), **inner, "contained": resource["contained"]}
            codes = context.codes.observed(heir.get("code"))
            _read_values(codes, heir, f"{reference}{name}", context)


def _heritage(parent: Resource, child: Resource) -> dict[str, Any]:
    """Take what a contained observation leaves to its holder to say."""
    keys = ["status", "bodySite", "specimen", "derivedFrom"]
    if not any(child.get(time) for time in TIMES):
        keys += TIMES
    return {key: parent[key] for key in keys if parent.get(key) and not child.get(key)}


def _says_anything(resource: Resource) -> bool:
    """Tell whether an observation has a value already."""
    return any(key.startswith("value") for key in resource) or bool(resource.get("component"))

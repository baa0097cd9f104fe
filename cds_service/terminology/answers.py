"""What a terminology server answers: read strictly, or refused with one clear sentence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from cds_service.errors import CdsError
from cds_service.terminology.concept import SYSTEM, is_concept

_UNFINISHED: Final = ("valueset-toocostly", "valueset-unclosed")
_VERSIONS: Final = frozenset({"version", "used-codesystem", "system-version"})
_LONGEST: Final = 300
_OUTCOMES: Final = frozenset({"subsumes", "subsumed-by", "equivalent", "not-subsumed"})


class Refused(CdsError):  # noqa: N818 - named as the errors in errors.py are
    """An answer that looks wrong; nothing of its run is used."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of an expansion; `size` counts all its entries, `codes` has the active ones."""

    total: int
    size: int
    codes: Mapping[str, str]
    version: str


def page_of(body: Any, offset: int) -> Page:
    """Read one page of an expanded ValueSet."""
    _prove_kind(body, "ValueSet")
    expansion = body.get("expansion")
    if not isinstance(expansion, dict):
        raise Refused("the ValueSet has no expansion")
    total = expansion.get("total")
    if type(total) is not int or total < 0:
        raise Refused("the expansion does not say how many codes there are")
    if expansion.get("offset", offset) != offset:
        raise Refused("the server gave another page than the one that was asked for")
    parameters = list(_objects(expansion, "parameter"))
    unfinished = any(
        str(one.get("url")).rsplit("/", 1)[-1] in _UNFINISHED
        for one in (*_objects(expansion, "extension"), *_objects(body, "extension"))
    )
    if unfinished or any(one.get("name") == "limitedExpansion" for one in parameters):
        raise Refused("the server says that the expansion is not complete")
    entries = list(_objects(expansion, "contains"))
    codes = [_concept(one) for one in entries]
    if len(set(codes)) < len(codes):
        raise Refused("the same code came twice")
    active = {
        code: _said(one.get("display"))
        for code, one in zip(codes, entries, strict=True)
        if one.get("inactive") is not True and one.get("abstract") is not True
    }
    return Page(total, len(entries), active, _version(parameters))


def subsumes(body: Any) -> bool:
    """Read the answer to `$subsumes`: whether code B is A or lies below it."""
    outcome = _parameter(body, "outcome", "valueCode")
    if outcome not in _OUTCOMES:
        raise Refused("the answer to $subsumes has no outcome")
    return outcome in {"subsumes", "equivalent"}


def looked_up(body: Any) -> tuple[str, str]:
    """Read the answer to `$lookup`: the words of a concept, and the version of the terminology."""
    words = _said(_parameter(body, "display", "valueString"))
    if not words:
        raise Refused("the answer to $lookup has no display")
    return words, _said(_parameter(body, "version", "valueString"))


def _parameter(body: Any, name: str, key: str) -> Any:
    """Take one value of a Parameters resource."""
    _prove_kind(body, "Parameters")
    return next((o.get(key) for o in _objects(body, "parameter") if o.get("name") == name), None)


def _prove_kind(body: Any, kind: str) -> None:
    """Refuse another resource than the one that was asked for."""
    found = body.get("resourceType") if isinstance(body, dict) else None
    if found == "OperationOutcome":
        raise Refused("the server reported an error (OperationOutcome)")
    if found != kind:
        raise Refused(f"the answer is no {kind}")


def _objects(body: Mapping[str, Any], key: str) -> Iterator[Mapping[str, Any]]:
    """Go through a list of objects."""
    listed = body.get(key, [])
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise Refused(f"{key} is no list of objects")
    yield from listed


def _concept(entry: Mapping[str, Any]) -> str:
    """Take the code of an entry."""
    if entry.get("system") != SYSTEM:
        raise Refused("a code is of another system than SNOMED CT")
    if "contains" in entry:
        raise Refused("the expansion is nested")
    code = entry.get("code")
    if not is_concept(code):
        raise Refused("a code is no SNOMED CT concept id")
    return str(code)


def _said(value: object) -> str:
    """Take words of one line; empty for anything else."""
    if not isinstance(value, str) or len(value) > _LONGEST or not value.isprintable():
        return ""
    return value.strip()


def _version(parameters: list[Mapping[str, Any]]) -> str:
    """Read which version of SNOMED CT was expanded; empty where the server does not say."""
    for one in parameters:
        if one.get("name") in _VERSIONS:
            for key in ("valueUri", "valueCanonical", "valueString"):
                system, bar, version = _said(one.get(key)).partition("|")
                if bar and system == SYSTEM:
                    return version
    return ""

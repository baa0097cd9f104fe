"""Records of the audit trail as AuditEvents (FHIR R4)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

NAME: Final = "vertebral-augmentation-cds"

_TYPES: Final = "http://terminology.hl7.org/CodeSystem/audit-event-type"
_ROLES: Final = "http://terminology.hl7.org/CodeSystem/object-role"
_EXECUTE: Final = "E"
_SUCCESS, _MINOR, _SERIOUS = "0", "4", "8"
_BAD: Final = 400
_OURS: Final = 500
_WITHOUT_CALLER: Final = "nobody in particular"


def bundle_of(records: Iterable[tuple[int, str, Mapping[str, Any]]]) -> dict[str, Any]:
    """Write records (number, hash, what they say) as one Bundle."""
    entries = [{"resource": event_of(*record)} for record in records]
    return {
        "resourceType": "Bundle",
        "type": "collection",
        **({"entry": entries} if entries else {}),
    }


def event_of(number: int, seal: str, said: Mapping[str, Any]) -> dict[str, Any]:
    """Write one record as an AuditEvent."""
    named = said.get("hook") or said["kind"]
    return {
        "resourceType": "AuditEvent",
        "id": str(number),
        "type": {"system": _TYPES, "code": "rest", "display": "RESTful Operation"},
        "subtype": [{"display": str(named)}],
        "action": _EXECUTE,
        "recorded": said["at"],
        "outcome": _outcome(said),
        "agent": list(_agents(said)),
        "source": {"observer": {"display": NAME}},
        "entity": list(_entities(number, seal, said)),
    }


def _outcome(said: Mapping[str, Any]) -> str:
    """Say how it ended: callers who were refused, and a call without data, are minor failures."""
    status = said.get("status", _BAD if said["kind"] == "refused" else 0)
    if said["kind"] == "lost" or status >= _OURS:
        return _SERIOUS
    return _MINOR if status >= _BAD else _SUCCESS


def _agents(said: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Name the system that called, and the user where a site records users."""
    user = said.get("user")
    if said["kind"] in {"call", "feedback"}:
        who: dict[str, Any] = {"display": said.get("client", _WITHOUT_CALLER)}
        if "issuer" in said:
            who["identifier"] = {"value": said["issuer"]}
        yield {"who": who, "requestor": user is None}
    else:
        yield {"who": {"display": NAME}, "requestor": False}
    if user:
        yield {"who": {"reference": user}, "requestor": True}


def _entities(number: int, seal: str, said: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Tell of what it was, with the place in the chain by which it can be proven."""
    details = [("record", str(number)), ("hash", seal), *_details(said)]
    entity: dict[str, Any] = {"name": said.get("service", said["kind"])}
    if "instance" in said:
        entity["what"] = {"identifier": {"value": said["instance"]}}
    entity["detail"] = [{"type": name, "valueString": value} for name, value in details]
    yield entity
    if patient := said.get("patient"):
        reference = patient if "/" in patient else f"Patient/{patient}"
        role = {"system": _ROLES, "code": "1", "display": "Patient"}
        yield {"what": {"reference": reference}, "role": role}


def _details(said: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Tell all else that a record says."""
    for order in said.get("orders", ()):
        yield "order", str(order)
    for rule in said.get("fired", ()):
        yield "fired", str(rule)
    for card in said.get("cards", ()):
        yield "card", str(card)
    for name, source in said.get("sources", {}).items():
        words = (source.get("origin"), source.get("state"), source.get("detail"))
        yield f"source {name}", ", ".join(filter(None, words))
    for why, count in said.get("why", {}).items():
        yield f"refused: {why}", str(count)
    for name in ("tenant", "status", "version", "count", "since", "received", "stored", "through"):
        if name in said:
            yield name, str(said[name])

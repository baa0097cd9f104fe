"""Stories into a server, by transactions; what it refuses is told with its own words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import requests

from cds_service.stories import Story
from tests.servers.records import transaction

_SECONDS: Final = 120


def store(base: str, stories: Mapping[str, Story], most: int) -> dict[str, str]:
    """Store stories, `most` entries at once; gives what the server said to those it refused."""
    refused = {}
    with requests.Session() as session:
        for name, story in stories.items():
            for bundle in _parts(transaction(story), most):
                said = _put(session, base, bundle)
                if said:
                    refused[name] = said
                    break
    return refused


def _put(session: requests.Session, base: str, bundle: Mapping[str, Any]) -> str:
    """Send one transaction; empty if all of it was stored, else what the server said."""
    headers = {"Content-Type": "application/fhir+json"}
    reply = session.post(base, json=bundle, headers=headers, timeout=_SECONDS)
    if not reply.ok:
        return reply.text
    states = [entry["response"]["status"] for entry in reply.json()["entry"]]
    fine = len(states) == len(bundle["entry"]) and all(one.startswith("20") for one in states)
    return "" if fine else reply.text


def _parts(bundle: Mapping[str, Any], most: int) -> Iterator[dict[str, Any]]:
    """Cut a transaction into several; all ids are known, so that references do not break."""
    for start in range(0, len(bundle["entry"]), most):
        yield {**bundle, "entry": bundle["entry"][start : start + most]}

"""Several searches in one request: a FHIR batch, for servers where an operator has switched it on.

Some servers run the entries of a batch one after another, so it gets half of the time that is left;
whatever it does not bring is asked for by itself. Each entry keeps the status of its own.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from concurrent.futures import Future, wait
from http import HTTPStatus
from typing import Any, Final

from cds_service.evidence.body import UNREADABLE, Reply, refusal
from cds_service.evidence.flight import Flight
from cds_service.evidence.learned import BATCH
from cds_service.evidence.peers import Peer
from cds_service.evidence.prefetch import Query, for_patient
from cds_service.evidence.turn import Turn
from cds_service.evidence.wire import FHIR_JSON, Call

FEWEST: Final = 3
"""With fewer queries a batch saves nothing."""

Submit = Callable[[Callable[[], Reply]], Future[Reply]]


def worth(queries: Mapping[str, Query], peer: Peer) -> bool:
    """Tell whether to ask by a batch: there is something to save, and it has not failed lately."""
    offered = [query for query in queries.values() if not peer.learned.knows(query.kind)]
    return len(offered) >= FEWEST and not peer.learned.knows(BATCH)


def answers(
    queries: Mapping[str, Query], patient: str, turn: Turn, limit: int, submit: Submit
) -> dict[str, Reply]:
    """Ask all queries in one request; gives what came, by the name of the query.

    What is not among it is to be asked by itself. A batch that fails is not tried again for an
    hour.
    """
    learned, before = turn.peer.learned, turn.flight
    queries = {name: one for name, one in queries.items() if not learned.knows(one.kind)}
    own = Flight(before.remaining() / 2, before.reach)
    asking = Turn(turn.wire, turn.access, own, turn.peer, repeated=True)
    forms = [for_patient(learned.forms(query)[0], patient) for query in queries.values()]
    call = Call(turn.access.base, limit, body=_batch(forms), content_type=FHIR_JSON)
    future = submit(lambda: asking.send(call))
    wait([future], timeout=own.remaining())
    if future.cancel():  # it found no thread in time, which is not the server's fault
        return {}
    if not future.done():
        own.end()
    reply = future.result() if future.done() else Reply(late=True)
    found = None if reply.problem or reply.late else _apart(reply.body, queries)
    if found is not None:
        turn.peer.told("batched")
        return found
    if reply.late or reply.status:  # not where the server could not be reached at all
        learned.remember(BATCH)
        turn.peer.told("unbatched")
    return {}


def _batch(forms: list[str]) -> bytes:
    """Write the batch."""
    entries = [{"request": {"method": "GET", "url": form}} for form in forms]
    return json.dumps({"resourceType": "Bundle", "type": "batch", "entry": entries}).encode()


def _apart(body: Any, queries: Mapping[str, Query]) -> dict[str, Reply] | None:
    """Take the answer apart; None where it cannot be told which entry answers which query.

    FHIR says that entries come in the order of the requests. One that holds something else than
    its query asked for shows that this server does not keep to that.
    """
    entries = body.get("entry") if isinstance(body, dict) else None
    if not isinstance(entries, list) or len(entries) != len(queries):
        return None
    if body.get("resourceType") != "Bundle" or body.get("type") != "batch-response":
        return None
    found: dict[str, Reply] = {}
    for query, entry in zip(queries.values(), entries, strict=True):
        reply = _reply(entry)
        if isinstance(reply.body, dict) and not _is_about(query.kind, reply.body):
            return None
        if reply.status:
            found[query.name] = reply
    return found


def _reply(entry: object) -> Reply:
    """Read one entry as the answer to a request of its own; without a status it is none."""
    response = entry.get("response") if isinstance(entry, dict) else None
    told = response.get("status") if isinstance(response, dict) else None
    code = told[:3] if isinstance(told, str) else ""
    status = int(code) if code.isascii() and code.isdigit() and len(code) == 3 else 0  # noqa: PLR2004 - digits
    resource = entry.get("resource") if isinstance(entry, dict) else None
    if status == HTTPStatus.OK:
        known = isinstance(resource, dict)
        return Reply(resource, "", status) if known else Reply(problem=UNREADABLE)
    return Reply(problem=refusal(status), status=status)


def _is_about(kind: str, resource: Mapping[str, Any]) -> bool:
    """Tell whether a resource may be the answer of a query for a type."""
    told = resource.get("resourceType")
    if told != "Bundle":
        return told in {kind, "OperationOutcome"}
    entries, links = resource.get("entry"), resource.get("link")
    for entry in entries if isinstance(entries, list) else ():
        held = entry.get("resource") if isinstance(entry, dict) else None
        mode = entry.get("search") if isinstance(entry, dict) else None
        if isinstance(held, dict) and isinstance(mode, dict) and mode.get("mode") == "match":
            return held.get("resourceType") == kind
    for link in links if isinstance(links, list) else ():
        if isinstance(link, dict) and link.get("relation") == "self":
            return kind in str(link.get("url"))
    return True

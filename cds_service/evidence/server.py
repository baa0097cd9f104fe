"""The FHIR client: searches with all their pages, and single reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qsl, urlencode

from cds_service.clinical.evidence import Item, Resource, Sought
from cds_service.clinical.report_text import Document, Trouble, Wanted
from cds_service.evidence.body import UNREADABLE, Reply
from cds_service.evidence.documents import (
    FHIR_JSON,
    LARGEST,
    NOT_IN_THAT_FORM,
    Fetched,
    accepted,
    binary_url,
    document_of,
)
from cds_service.evidence.entries import Haul
from cds_service.evidence.flight import Flight
from cds_service.evidence.learned import LISTS
from cds_service.evidence.origins import Access, next_url
from cds_service.evidence.peers import Peer
from cds_service.evidence.prefetch import Query, for_patient
from cds_service.evidence.turn import Turn
from cds_service.evidence.wire import Call, Wire

PAGES_LEFT: Final = "more pages than were supplied"
TOO_MANY_PAGES: Final = "more pages than the limit"
TOO_MANY_ENTRIES: Final = "more entries than the limit"
ASTRAY: Final = "the next page is not on the same FHIR server"
REPORTED: Final = "the FHIR server reported an error"
BAD_ID: Final = "the patient id cannot be asked for"
BAD_IDS: Final = frozenset({"", ".", ".."})
"""As a segment of a path these would name something else than a patient."""

NOT_OFFERED: Final = "the FHIR server does not offer this kind of data"

_FORM_REFUSED: Final = frozenset(
    {
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.REQUEST_URI_TOO_LONG,
        HTTPStatus.UNPROCESSABLE_ENTITY,
        HTTPStatus.NOT_IMPLEMENTED,
    }
)
"""What servers answer to a parameter or a code list that they do not take (Aidbox: 422)."""
_TYPE_REFUSED: Final = _FORM_REFUSED | {HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED}
"""What they answer to a type that they do not have."""
_LONG: Final = 2000
"""Characters of a URL that some servers do not take; IIS then says 404 (404.15), others 414."""
_FORM: Final = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Caps:
    """How much one query may bring, over all its pages; bytes count after decoding."""

    pages: int = 20
    size: int = 8 << 20
    entries: int = 5000


@dataclass(frozen=True, slots=True)
class Server:
    """One FHIR server during one gathering.

    `doubts` whether lists of codes are understood, until one has found something.
    """

    wire: Wire
    access: Access
    flight: Flight
    caps: Caps
    peer: Peer
    doubts: bool = False

    def ask(self, query: Query, patient: str, haul: Haul, first: Reply | None = None) -> None:
        """Put a query in the form that suits the server, in the other one if that is refused.

        `first` is the answer to the first form where it has come already, in a batch. A refusal is
        remembered once the other form is answered: until then it may be the patient's id.
        """
        if patient in BAD_IDS:
            haul.stopped(BAD_ID)
            return
        learned, turn = self.peer.learned, self.turn()
        if learned.knows(query.kind):
            haul.stopped(NOT_OFFERED)
            return
        form, other = learned.forms(query)
        reply = first or self._put(turn, form, patient)
        if reply.status in _FORM_REFUSED and other:
            refused, form = form, other
            reply = self._put(turn, form, patient)
            if not reply.problem:
                self.peer.told("simplified")
                learned.remember(refused)
        if query.is_read:
            _take_one(reply, query.kind, haul)
            return
        if reply.status in _TYPE_REFUSED and not learned.mentions(query.kind):
            learned.remember(query.kind)  # neither declared nor answered: not asked again
        self._take_pages(turn, reply, self._url(for_patient(form, patient)), haul)
        if self.doubts and "code=" in form and "category=" in query.simpler:
            self._doubt(turn, query, form, patient, haul)

    def _doubt(self, turn: Turn, query: Query, form: str, patient: str, haul: Haul) -> None:
        """Ask once more, without codes, where a list of codes has found nothing.

        A server that takes the whole list for one code finds nothing, and says so: "none on record"
        would be untrue. Where it has once found something by a list, it understands them.
        """
        learned = self.peer.learned
        if haul.matches:
            learned.remember(LISTS)
        elif haul.state is Sought.ANSWERED and not learned.knows(LISTS):
            reply = self._put(turn, query.simpler, patient)
            if reply.problem:
                return
            haul.state = Sought.NOT_SOUGHT
            self._take_pages(turn, reply, self._url(query.simpler_url(patient)), haul)
            if any(code in form for item in haul.items for code in _codes_of(item.resource)):
                learned.remember(form)

    def _put(self, turn: Turn, form: str, patient: str) -> Reply:
        """Put one form, by POST where its URL is too long for the server."""
        relative, learned = for_patient(form, patient), self.peer.learned
        by_post = f"POST {form}"
        if learned.knows(by_post):
            return self._post(turn, relative)
        reply = turn.get(self._url(relative), self.caps.size)
        too_long = reply.status == HTTPStatus.REQUEST_URI_TOO_LONG
        unknown = reply.status == HTTPStatus.NOT_FOUND and len(relative) > _LONG
        if not (too_long or unknown) or learned.knows(f"GET {form}"):
            return reply
        posted = self._post(turn, relative)
        learned.remember(f"GET {form}" if posted.problem else by_post)
        if posted.problem:
            return reply
        self.peer.told("posted")
        return posted

    def _post(self, turn: Turn, relative: str) -> Reply:
        """Search by POST: the parameters stand in the body."""
        kind, _, query = relative.partition("?")
        body = urlencode(parse_qsl(query)).encode()
        url = self._url(f"{kind}/_search")
        return turn.send(Call(url, self.caps.size, body=body, content_type=_FORM))

    def follow(self, query: Query, patient: str, haul: Haul) -> None:
        """Fetch the pages after a first one that the client supplied."""
        page = self._url(query.first_url(patient))
        url = self._next(haul, page, {page})
        if url:
            turn = self.turn()
            self._take_pages(turn, turn.get(url, self.caps.size), url, haul)

    def read(self, path: str, kind: str) -> Item | str:
        """Read one resource by its path below the base URL; a text says why there is none."""
        url = self._url(path)
        reply = self.turn().get(url, self.caps.size)
        if not isinstance(reply.body, dict) or reply.body.get("resourceType") != kind:
            return reply.problem or UNREADABLE
        return Item(reply.body, url, "server")

    def document(self, wanted: Wanted) -> Fetched:
        """Read the content of an attachment, as it is or as a FHIR Binary."""
        url = binary_url(wanted.url, self.access.base)
        if url is None:
            return Fetched(wanted.url, Document(trouble=Trouble.ELSEWHERE))
        limit, turn = min(self.caps.size, LARGEST), self.turn()
        reply = turn.get(url, limit, accepted(wanted.content_type))
        if reply.status in NOT_IN_THAT_FORM:
            reply = turn.get(url, limit, FHIR_JSON)
        return Fetched(wanted.url, document_of(reply))

    def _take_pages(self, turn: Turn, reply: Reply, url: str, haul: Haul) -> None:
        """Take page after page until the last one, a limit, or an error."""
        left = self.caps.size
        seen = {url}
        while True:
            left -= reply.size
            if reply.problem or not isinstance(reply.body, dict):
                haul.stopped(reply.problem or UNREADABLE)
                return
            if not haul.add_page(reply.body):
                failed = reply.body.get("resourceType") == "OperationOutcome"
                haul.stopped(REPORTED if failed else UNREADABLE)
                return
            following = self._next(haul, url, seen)
            if not following:
                return
            url = following
            seen.add(url)
            reply = turn.get(url, left)

    def _next(self, haul: Haul, page: str, seen: set[str]) -> str | None:
        """Give the URL of the next page; None after closing the haul, for whatever reason."""
        if haul.matches > self.caps.entries:
            haul.stopped(TOO_MANY_ENTRIES)
        elif haul.next is None:
            haul.answered()
        elif not (url := next_url(haul.next, page, self.access)) or url in seen:
            haul.stopped(ASTRAY)
        elif haul.pages >= self.caps.pages:
            haul.stopped(TOO_MANY_PAGES)
        else:
            return url
        return None

    def turn(self) -> Turn:
        """Begin the requests of one query."""
        return Turn(self.wire, self.access, self.flight, self.peer)

    def _url(self, relative: str) -> str:
        """Write the absolute URL of a path or search."""
        return f"{self.access.base}/{relative}"


def _codes_of(resource: Resource) -> Iterator[str]:
    """Write the codes of an Observation as `system|code`, as far as they can be read."""
    code = resource.get("code")
    codings = code.get("coding") if isinstance(code, dict) else None
    for one in codings if isinstance(codings, list) else ():
        if isinstance(one, dict) and one.get("system") and one.get("code"):
            yield f"{one['system']}|{one['code']}"


def _take_one(reply: Reply, kind: str, haul: Haul) -> None:
    """Take the one resource that a read gives."""
    if reply.problem or not isinstance(reply.body, dict):
        haul.stopped(reply.problem or UNREADABLE)
    elif reply.body.get("resourceType") == kind:
        haul.add_resource(reply.body)
        haul.answered()
    else:
        failed = reply.body.get("resourceType") == "OperationOutcome"
        haul.stopped(REPORTED if failed else UNREADABLE)

"""Single HTTP calls to a server that somebody named, guarded like those of the service itself.

No redirect is followed, nothing is taken from the environment, body and time are bounded, and the
token goes to that one origin, never in plain text beyond this machine.
"""

from __future__ import annotations

import re
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final, Self

from requests.exceptions import Timeout
from urllib3.exceptions import NameResolutionError

from cds_service.ehr.identity import Identity
from cds_service.errors import BadRequest, OtherSide
from cds_service.evidence.addresses import ANYWHERE, LOOPBACK
from cds_service.evidence.body import FAULTS, TOO_LARGE, parsed
from cds_service.evidence.flight import Flight
from cds_service.evidence.origins import Access, is_loopback, next_url, origin_of
from cds_service.evidence.wire import new_session

PATH: Final = "cds-services"
LARGEST: Final = 32 << 20
AT_ONCE: Final = 4
"""How many calls go out at the same time."""

_FRESH: Final = {"Cache-Control": "no-cache"}
"""Else HAPI answers for a minute with what the same search found before."""

_TOKEN: Final = re.compile(r"[\x21-\x7e]{1,16384}")


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of one call; `problem` is one line in our own words, empty if all is well."""

    status: int = 0
    body: Any = None
    problem: str = ""
    ms: float = 0.0
    size: int = 0
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    timed: tuple[float, float] = (0.0, 0.0)

    @property
    def fine(self) -> bool:
        """Tell whether the call was answered with JSON and a good status."""
        return not self.problem


class Caller:
    """Calls one server; to be closed at the end."""

    def __init__(
        self,
        base: str,
        token: str | None = None,
        seconds: float = 10.0,
        identity: Identity | None = None,
        authorities: str = "",
    ) -> None:
        """Prove base URL and token, without opening a connection.

        BadRequest for those that cannot be used; the token is never repeated. With an `identity`
        each call of a CDS service brings a token of its own. `authorities` are certificates (PEM)
        that are trusted beside the public ones.
        """
        self.access = _access(base, token, secret=identity is not None)
        self._identity = identity
        self.seconds = seconds
        self._session = new_session(AT_ONCE, authorities=authorities)
        self._reach = LOOPBACK if is_loopback(self.access.origin.host) else ANYWHERE

    @property
    def base(self) -> str:
        """The base URL, without the last slash."""
        return self.access.base

    @property
    def has_token(self) -> bool:
        """Tell whether calls carry a token."""
        return self.access.token is not None

    def __enter__(self) -> Self:
        """Be used in a `with` block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close idle connections."""
        self._session.close()

    def get(self, path: str) -> Heard:
        """Read a path below the base URL."""
        return self.call("GET", path)

    def post(self, path: str, body: Any) -> Heard:
        """Send JSON to a path below the base URL."""
        return self.call("POST", path, body=body)

    def call(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        body: Any = None,
    ) -> Heard:
        """Make one call; a full URL in the place of a path must be one of the same origin."""
        url = self._url(path)
        if origin_of(url) != self.access.origin:
            return Heard(problem="not a URL of this server")
        sent = {"Accept": "application/fhir+json, application/json;q=0.9", **_FRESH}
        sent.update(headers or {})
        if self.access.token:
            sent["Authorization"] = f"Bearer {self.access.token}"
        elif self._identity and method != "OPTIONS" and url.startswith(f"{self.base}/{PATH}"):
            sent["Authorization"] = f"Bearer {self._identity.token(url, time.time())}"
        flight = Flight(self.seconds, self._reach)
        alarm = threading.Timer(self.seconds, flight.end)
        alarm.daemon = True
        began, clock = time.time(), time.perf_counter()
        alarm.start()
        try:
            with (
                flight.exchange(),
                self._session.request(
                    method,
                    url,
                    headers=sent,
                    json=body,
                    timeout=self.seconds,
                    stream=True,
                    allow_redirects=False,
                ) as response,
            ):
                reply = parsed(response, LARGEST)
                status, got = response.status_code, dict(response.headers.items())
        except FAULTS as error:
            status, got, reply = 0, {}, None
            problem = self._late() if flight.over else self._broken(error)
        finally:
            alarm.cancel()
        ended, ms = time.time(), (time.perf_counter() - clock) * 1000
        if reply is None:
            return Heard(problem=problem, ms=ms, timed=(began, ended))
        if flight.over and reply.problem:
            problem = self._late()
        else:
            problem = self._judged(status, reply.problem, reply.size, method)
        lower = {name.lower(): value for name, value in got.items()}
        return Heard(status, reply.body, problem, ms, reply.size, lower, (began, ended))

    def next_page(self, link: object, page: str) -> str | None:
        """Resolve the link to the next page; None unless it stays below the base URL."""
        return next_url(link, self._url(page), self.access)

    def _url(self, path: str) -> str:
        """Write the full URL of a path below the base URL."""
        return path if path.startswith(("http://", "https://")) else f"{self.base}/{path}"

    def _late(self) -> str:
        """Say that the time is over."""
        return f"no answer within {self.seconds:g} s"

    def _broken(self, error: BaseException) -> str:
        """Say in one line why there was no answer at all."""
        causes = tuple(_causes(error))
        for cause in causes:
            if isinstance(cause, ssl.SSLCertVerificationError):
                return f"TLS: its certificate is not trusted ({cause.verify_message})"
            if isinstance(cause, ssl.SSLError):
                return "TLS: no secure connection; does that port speak https?"
            if isinstance(cause, NameResolutionError | socket.gaierror):
                return "its host name is not known here"
            if isinstance(cause, ConnectionRefusedError):
                return "nothing listens there (connection refused)"
        if any(isinstance(cause, Timeout | TimeoutError) for cause in causes):
            return self._late()
        return "the connection broke off"

    def _judged(self, status: int, problem: str, size: int, method: str) -> str:
        """Say in one line what is wrong with an answer; nothing if all is well."""
        refused = self._refused(status)
        if refused:
            return refused
        if method == "OPTIONS" and not size:
            return ""
        if problem == TOO_LARGE:
            return f"HTTP {status} with more than {LARGEST >> 20} MiB"
        return f"HTTP {status}, but not with JSON" if problem else ""

    def _refused(self, status: int) -> str:
        """Say what a status means that is no success."""
        if status == HTTPStatus.UNAUTHORIZED:
            if self.has_token:
                return (
                    "HTTP 401: the token is not accepted (has it expired? is it for this server?)"
                )
            return "HTTP 401: a token is needed (--token, or FHIR_TOKEN)"
        if status == HTTPStatus.FORBIDDEN:
            return "HTTP 403: no right to this" + (" with this token" if self.has_token else "")
        if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
            return f"HTTP {status}: a redirect, which is not followed; give the URL it leads to"
        if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            return f"HTTP {status}"
        return ""


def required(heard: Heard, what: str) -> Heard:
    """Give an answer that is fine; OtherSide says in one line what is wrong with another."""
    if heard.problem:
        msg = f"{what}: {heard.problem}"
        raise OtherSide(msg)
    return heard


def _access(base: str, token: str | None, *, secret: bool) -> Access:
    """Prove base URL and token."""
    origin = origin_of(base)
    if origin is None or "?" in base or "#" in base:
        msg = "a server is named by an absolute http(s) URL without user, query and fragment"
        raise BadRequest(msg)
    if token is not None and not _TOKEN.fullmatch(token):
        msg = "the token must be printable ASCII without blanks"
        raise BadRequest(msg)
    secret = secret or token is not None
    if secret and origin.scheme != "https" and not is_loopback(origin.host):
        msg = "a token is sent by https only, or to this machine"
        raise BadRequest(msg)
    return Access(base.rstrip("/"), origin, token)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Go from an error to what caused it, the way that requests and urllib3 wrap errors."""
    seen: list[BaseException] = []
    found: list[object] = [error]
    while found:
        one = found.pop(0)
        if not isinstance(one, BaseException) or one in seen:
            continue
        seen.append(one)
        yield one
        found += [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]

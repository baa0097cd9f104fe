"""HTTP as this service speaks it to FHIR servers: pooled, bounded, and without surprises."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, replace
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Final

import requests
from requests.adapters import HTTPAdapter
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ProtocolError

from cds_service.evidence.addresses import Reach
from cds_service.evidence.body import FAULTS, Fault, Reply, raw, read
from cds_service.evidence.flight import Flight, Line, TlsLine, wants_fresh
from cds_service.evidence.origins import Access, Origin

LATE: Final = "no answer in time"
UNREACHABLE: Final = "the FHIR server could not be reached"

FHIR_JSON: Final = "application/fhir+json"

_SESSIONS: Final = 32
_HEADERS: Final = {
    "User-Agent": "vertebral-augmentation-cds",
    "Accept-Encoding": "gzip",
    "Cache-Control": "no-cache",  # else HAPI gives what the same search found a minute ago
}


@dataclass(frozen=True, slots=True)
class Call:
    """One request: its URL, and how many bytes may come.

    With `accept` that is asked for in the place of FHIR JSON, and the bytes stay as they are.
    With a `body` it is a POST, of content of some type. `fresh` takes a new connection.
    """

    url: str
    limit: int
    accept: str = ""
    body: bytes | None = None
    content_type: str = ""
    fresh: bool = False

    @property
    def method(self) -> str:
        """The HTTP method."""
        return "GET" if self.body is None else "POST"


class _Pool(HTTPConnectionPool):
    ConnectionCls = Line

    def _get_conn(self, timeout: float | None = None) -> Any:
        """Lend a connection, a new one to whoever has found an old one closed."""
        return self._new_conn() if wants_fresh() else super()._get_conn(timeout)


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = TlsLine

    def _get_conn(self, timeout: float | None = None) -> Any:
        """Lend a connection, a new one to whoever has found an old one closed."""
        return self._new_conn() if wants_fresh() else super()._get_conn(timeout)


class _Adapter(HTTPAdapter):
    """An adapter whose connections can be cut at the deadline."""

    def __init__(self, pool_size: int, authorities: str) -> None:
        """Take how many idle connections to keep, and whom to trust beside public authorities."""
        self._authorities = authorities
        super().__init__(pool_connections=1, pool_maxsize=pool_size, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Let the pools make our own kind of connections."""
        if self._authorities:
            kwargs["ca_cert_data"] = self._authorities
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}


class _Session(requests.Session):
    """A session that never looks where a redirect leads, not even to read its body."""

    def get_redirect_target(self, _resp: requests.Response) -> None:
        """Know of no redirects."""


class Wire:
    """One session per origin and reach, the least recently used given up first; safe for threads.

    A connection to an address that one client may reach is never lent to another one.
    """

    def __init__(self, pool_size: int, accept: str = FHIR_JSON, authorities: str = "") -> None:
        """Keep up to `pool_size` idle connections for each origin; ask for one type of answer.

        `authorities` are certificates (PEM) that are trusted beside the public ones.
        """
        self._pool_size = pool_size
        self._authorities = authorities
        self._accept = accept
        self._sessions: OrderedDict[tuple[Origin, Reach], requests.Session] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, url: str, access: Access, flight: Flight, limit: int) -> Reply:
        """Read JSON of at most `limit` bytes, decoded, within what is left of the flight."""
        return self.send(Call(url, limit), access, flight)

    def send(self, call: Call, access: Access, flight: Flight) -> Reply:
        """Make a request within what is left of the flight."""
        seconds = flight.remaining()
        if seconds <= 0:
            return Reply(problem=LATE, fault=Fault.OWN, late=True)
        headers = {"Authorization": f"Bearer {access.token}"} if access.token else {}
        if call.accept:
            headers["Accept"] = call.accept
        if call.content_type:
            headers["Content-Type"] = call.content_type
        with flight.exchange(fresh=call.fresh) as exchange:
            try:
                with self._session(access.origin, flight.reach).request(
                    call.method,
                    call.url,
                    headers=headers,
                    data=call.body,
                    timeout=seconds,
                    stream=True,
                    allow_redirects=False,
                ) as response:
                    judge = raw if call.accept else read
                    reply = judge(response, call.limit, flight.take)
            except FAULTS as error:
                reply = Reply(problem=UNREACHABLE, fault=_fault(error, reused=exchange.reused))
        if reply.problem and flight.remaining() <= 0:
            return replace(reply, problem=LATE, late=True)
        return reply

    def close(self) -> None:
        """Close all idle connections."""
        with self._lock:
            for session in self._sessions.values():
                session.close()
            self._sessions.clear()

    def _session(self, origin: Origin, reach: Reach) -> requests.Session:
        """Find or make the session for an origin, and where its connections may lead."""
        key = origin, reach
        with self._lock:
            session = self._sessions.pop(key, None) or self._new()
            self._sessions[key] = session
            if len(self._sessions) > _SESSIONS:
                self._sessions.popitem(last=False)[1].close()
            return session

    def _new(self) -> requests.Session:
        """Make a session."""
        return new_session(self._pool_size, self._accept, self._authorities)


def _fault(error: Exception, *, reused: bool) -> Fault:
    """Tell a request that could not be made from a server that is not there, or broke off."""
    if isinstance(error, ValueError):  # such as a token that no header can hold
        return Fault.OWN
    inner = error.args[0] if error.args else None
    if isinstance(inner, ProtocolError) and isinstance(inner.args[-1], ConnectionError):
        return Fault.STALE if reused else Fault.RESET
    return Fault.UNREACHED


def new_session(pool_size: int, accept: str = FHIR_JSON, authorities: str = "") -> requests.Session:
    """Make a session without cookies, proxies, netrc or anything else from the environment."""
    session = _Session()
    session.trust_env = False
    session.headers = requests.structures.CaseInsensitiveDict({**_HEADERS, "Accept": accept})
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    adapter = _Adapter(pool_size, authorities)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session

"""HTTP as this service speaks it to FHIR servers: pooled, bounded, and without surprises."""

from __future__ import annotations

import threading
from collections import OrderedDict
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Final

import requests
from requests.adapters import HTTPAdapter
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from cds_service.evidence.addresses import Reach
from cds_service.evidence.body import FAULTS, Reply, raw, read
from cds_service.evidence.flight import Flight, Line, TlsLine
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


class _Pool(HTTPConnectionPool):
    ConnectionCls = Line


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = TlsLine


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

    def get(self, url: str, access: Access, flight: Flight, limit: int, accept: str = "") -> Reply:
        """Read JSON of at most `limit` bytes, decoded, within what is left of the flight.

        With `accept` that is asked for in the place of FHIR JSON, and the bytes stay as they are.
        """
        seconds = flight.remaining()
        if seconds <= 0:
            return Reply(problem=LATE)
        headers = {"Authorization": f"Bearer {access.token}"} if access.token else {}
        if accept:
            headers["Accept"] = accept
        try:
            with (
                flight.exchange(),
                self._session(access.origin, flight.reach).get(
                    url, headers=headers, timeout=seconds, stream=True, allow_redirects=False
                ) as response,
            ):
                reply = raw(response, limit) if accept else read(response, limit)
        except FAULTS:
            reply = Reply(problem=UNREACHABLE)
        return Reply(problem=LATE) if reply.problem and flight.remaining() <= 0 else reply

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

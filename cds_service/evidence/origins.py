"""Which FHIR servers may be asked: the address comes from the caller, so it is not trusted."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address
from typing import Final, NamedTuple
from urllib.parse import urljoin, urlsplit

from cds_service.errors import SettingsError
from cds_service.evidence.addresses import ANYWHERE, LOOPBACK, Network, Reach

_PORTS: Final = {"http": 80, "https": 443}
_MAX_LENGTH: Final = 4096
_PLAIN: Final = re.compile(r"[!-\[\]-~]+")
_AUTHORITY: Final = re.compile(
    r"(?P<host>\[[0-9a-f:.]+\]|[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(?::(?P<port>[0-9]{1,5}))?"
)
_LEADS_OUT: Final = re.compile(
    r"(?:^|/)(?:\.|%(?:25)*2e){1,2}(?:[/;]|$)|%(?:25)*(?:2f|5c)", re.IGNORECASE
)
"""Segments of dots and hidden slashes, as they are or written as servers may undo once or twice."""


class Origin(NamedTuple):
    """Scheme, host and port: who receives a token."""

    scheme: str
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Access:
    """Leave to ask one server: its base URL without the last slash, and the caller's token."""

    base: str
    origin: Origin
    token: str | None = field(default=None, repr=False)


def origin_of(url: object) -> Origin | None:
    """Read the origin of an absolute http(s) URL; None for all that two parsers could dispute.

    Refused: user names, backslashes, blanks, characters beyond ASCII, percent signs and trailing
    dots in the host, ports out of range.
    """
    if not isinstance(url, str) or len(url) > _MAX_LENGTH or not _PLAIN.fullmatch(url):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    scheme, authority = parts.scheme.lower(), parts.netloc.lower()
    found = _AUTHORITY.fullmatch(authority)
    if scheme not in _PORTS or found is None or not url.lower().startswith(f"{scheme}://"):
        return None
    port = int(found["port"] or _PORTS[scheme])
    return Origin(scheme, found["host"].strip("[]"), port) if 0 < port < 1 << 16 else None


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine by its name or its plain address."""
    if host == "localhost":
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    mapped = isinstance(address, IPv6Address) and address.ipv4_mapped is not None
    return address.is_loopback and not mapped


def next_url(link: object, page: str, access: Access) -> str | None:
    """Resolve a `next` link against its page; None unless it stays at or below the base URL.

    The token is for one base: another path of the same origin may be another tenant's. All forms of
    paging that we know of stay there: `BASE?_getpages=...` (HAPI), `BASE/Type?...` with an opaque
    word (Epic, Oracle, Meditech, Microsoft, Medplum), paths from the root (`/fhir/...`, Aidbox).
    """
    if not isinstance(link, str) or not _PLAIN.fullmatch(link):
        return None
    try:
        url = urljoin(page, link)
    except ValueError:
        return None
    return url if origin_of(url) == access.origin and _is_below(url, access.base) else None


def _is_below(url: str, base: str) -> bool:
    """Tell whether a path is that of a base URL or lies below it, however a server may read it."""
    path, root = urlsplit(url).path, urlsplit(base).path
    inner = path.removeprefix(root)
    return path.startswith(root) and inner[:1] in {"", "/"} and not _LEADS_OUT.search(inner)


@dataclass(frozen=True, slots=True)
class Doors:
    """The servers that this installation may ask.

    In development those on this machine alone; in production only registered origins, by https.
    `named` is the one server that somebody at the keyboard has named, and then no other.
    """

    production: bool
    registered: frozenset[Origin] = frozenset()
    named: Origin | None = None

    def reach(self, networks: tuple[Network, ...] = ()) -> Reach:
        """Say where connections may lead; `networks` are registered besides public addresses."""
        if self.named is not None:
            return LOOPBACK if is_loopback(self.named.host) else ANYWHERE
        return Reach(networks=networks) if self.production else LOOPBACK

    @classmethod
    def of(cls, profile: str, fhir_origins: Iterable[str]) -> Doors:
        """Read the registered origins; raises SettingsError for one that cannot be used."""
        read = {url: origin_of(url) for url in fhir_origins}
        for url, origin in read.items():
            if origin is None or (profile == "production" and origin.scheme != "https"):
                msg = f"FHIR origin {url!r}: must be scheme, host and port, by https in production"
                raise SettingsError(msg)
        return cls(profile == "production", frozenset(o for o in read.values() if o))

    def access(
        self,
        server: object,
        token: str | None,
        own: Collection[tuple[str, str, int]] | None = None,
    ) -> Access | None:
        """Give leave to ask the server that a request names, or None.

        `own` are the origins of the one who asks: where they are known, no other will do.
        """
        origin = origin_of(server)
        if origin is None or not isinstance(server, str) or "?" in server or "#" in server:
            return None
        if self.named is not None:
            allowed = origin == self.named
        elif self.production:
            listed = self.registered if own is None else own
            allowed = origin.scheme == "https" and origin in listed
        else:
            allowed = is_loopback(origin.host) and (own is None or origin in own)
        return Access(server.rstrip("/"), origin, token) if allowed else None

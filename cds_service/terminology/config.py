"""`[terminology]` of a site's file: which server, how often, for which sets."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cds_service.cards.tables import Table, closed, text, texts, whole
from cds_service.errors import ContentError
from cds_service.evidence.addresses import LOOPBACK, Network, Reach, network_of
from cds_service.evidence.origins import Access, is_loopback, origin_of
from cds_service.terminology.concept import is_concept

_OPTIONAL: Final = (
    "refresh_hours",
    "timeout",
    "sets",
    "candidates",
    "cache",
    "most_codes",
    "networks",
)
_FILE: Final = "terminology.json"
_SQLITE: Final = "sqlite:///"
_MOST_CANDIDATES: Final = 50


@dataclass(frozen=True, slots=True)
class Terminology:
    """What a site sets.

    `timeout` is in seconds, for one request. No `sets` means all. `candidates` are the SNOMED CT
    codes that are asked about one by one where the server expands nothing. `most_codes` may lie
    below one listed code. `networks` are those besides public addresses where the server may be.
    """

    where: str
    access: Access
    refresh_hours: int = 24
    timeout: int = 10
    sets: tuple[str, ...] = ()
    candidates: tuple[str, ...] = ()
    cache: str = ""
    most_codes: int = 10_000
    networks: tuple[Network, ...] = ()

    @property
    def reach(self) -> Reach:
        """Say where connections may lead; http is for this machine alone."""
        return Reach(networks=self.networks) if self.access.origin.scheme == "https" else LOOPBACK

    def prove(self, names: Collection[str], profile: str) -> None:
        """Refuse sets to which nothing can be added, and a server that must not be asked."""
        for name in self.sets:
            if name not in names:
                close = difflib.get_close_matches(name, names, n=1)
                hint = f"; did you mean {close[0]!r}?" if close else ""
                msg = f"{self.where}: unknown set {name!r} of conditions{hint}"
                raise ContentError(msg)
        if self.access.origin.scheme == "https":
            return
        if profile == "production":
            msg = f"{self.where}: production asks a terminology server over https only"
            raise ContentError(msg)
        if not is_loopback(self.access.origin.host):
            msg = f"{self.where}: http is for a server on this machine only; use https"
            raise ContentError(msg)

    def path(self, database_url: str) -> Path:
        """Say where answers are kept: beside a store that is a file, else where the site says."""
        if self.cache:
            return Path(self.cache)
        if not database_url.startswith(_SQLITE):
            msg = f"{self.where}: the store is no file: give 'cache', the path of a file to keep"
            raise ContentError(msg)
        file = database_url.removeprefix(_SQLITE).partition("?")[0]
        return Path(file).parent / _FILE


def read_terminology(raw: Any, where: str) -> Terminology | None:
    """Read the table; None where there is none, ContentError for what cannot be meant."""
    if raw is None:
        return None
    closed(raw, where, ("url",), _OPTIONAL)
    candidates = texts(raw, "candidates", where)
    for one in candidates:
        if not is_concept(one):
            msg = f"{where}: {one!r} among the candidates is no SNOMED CT concept id"
            raise ContentError(msg)
    if len(candidates) > _MOST_CANDIDATES:
        msg = f"{where}: at most {_MOST_CANDIDATES} candidates can be asked about one by one"
        raise ContentError(msg)
    return Terminology(
        where,
        _access(text(raw, "url", where), where),
        _between(raw, "refresh_hours", where, (1, 24, 8760)),
        _between(raw, "timeout", where, (1, 10, 120)),
        texts(raw, "sets", where),
        tuple(dict.fromkeys(candidates)),
        text(raw, "cache", where, ""),
        _between(raw, "most_codes", where, (1, 10_000, 100_000)),
        tuple(_networks(raw, where)),
    )


def _networks(raw: Table, where: str) -> Iterator[Network]:
    """Take the networks where the server may be."""
    for one in texts(raw, "networks", where):
        network = network_of(one)
        if isinstance(network, str):
            msg = f"{where}: network {one!r} {network}"
            raise ContentError(msg)
        yield network


def _access(url: str, where: str) -> Access:
    """Take the base URL of the server."""
    origin = origin_of(url)
    if origin is None or "?" in url or "#" in url:
        msg = f"{where}: url {url!r} must be the absolute base URL of a FHIR R4 server"
        raise ContentError(msg)
    return Access(url.rstrip("/"), origin)


def _between(raw: Table, key: str, where: str, ends: tuple[int, int, int]) -> int:
    """Take a whole number that can be meant; `ends` are the least, the default and the most."""
    low, default, high = ends
    value = whole(raw, key, where, default)
    if not low <= value <= high:
        msg = f"{where}: {key!r} must be {low} to {high}"
        raise ContentError(msg)
    return value

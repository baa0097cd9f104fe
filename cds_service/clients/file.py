"""The file of clients (CDS_CLIENTS): a closed TOML file; every problem in it is told at once."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar
from urllib.parse import urlsplit

from cds_service.cards.tables import Table, flag, read_toml, text, texts, whole
from cds_service.clients.client import (
    AT_ONCE,
    LONGEST_LIFE,
    REQUESTS_PER_MINUTE,
    Client,
    Clients,
)
from cds_service.clients.keys import ALGORITHMS, LARGEST_SET, Key, read_keys
from cds_service.clients.limiter import MOST_A_MINUTE, MOST_AT_ONCE
from cds_service.errors import CdsError, ContentError, SettingsError
from cds_service.evidence import strict
from cds_service.evidence.origins import Origin, is_loopback, origin_of

SANDBOX: Final = "sandbox.cds-hooks.org"
"""The host of the reference sandbox: its private key can be read by anybody."""

SHORTEST_LIFE: Final = 30
_LONGEST: Final = 512
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_SCOPE: Final = re.compile(r"[!#-\[\]-~]+")
_REQUIRED: Final = ("name", "issuer", "algorithms")
_OPTIONAL: Final = (
    *("jwks_url", "key_set", "audiences", "tenants", "fhir_origins", "scopes"),
    *("max_age", "replay", "requests_per_minute", "at_once"),
)
_OPEN: Final = ("open", "token")

Read = TypeVar("Read")


class ClientSettings(Protocol):
    """The settings that decide what may be registered."""

    @property
    def profile(self) -> str:
        """`development` or `production`."""

    @property
    def public_url(self) -> str:
        """The URL under which EHRs reach this service, or nothing."""


def load_clients(path: Path, settings: ClientSettings) -> Clients:
    """Read the file; SettingsError with a line for each problem."""
    reading = _Reading(path, settings.profile == "production", settings.public_url)
    clients = reading.all()
    if reading.problems:
        raise SettingsError("\n".join(reading.problems))
    return clients


@dataclass
class _Reading:
    """Reads one file and gathers what is wrong with it."""

    path: Path
    production: bool
    public_url: str
    problems: list[str] = field(default_factory=list)

    def all(self) -> Clients:
        """Read the whole file."""
        where = self.path.name
        try:
            raw = read_toml(self.path)
        except ContentError as error:
            self.problems.append(str(error))
            return Clients(())
        self._closed(raw, where, ("clients",), ("discovery",))
        opening = raw.get("discovery", "open")
        if opening not in _OPEN:
            self._say(where, "'discovery' must be 'open' or 'token'")
        listed = raw.get("clients", [])
        if not isinstance(listed, list) or ("clients" in raw and not listed):
            self._say(where, "needs at least one [[clients]]")
            listed = []
        clients = tuple(self._each(listed))
        for key in ("name", "issuer"):
            values = [getattr(one, key) for one in clients]
            for value in sorted({one for one in values if one and values.count(one) > 1}):
                self._say(where, f"{key} {value!r} stands twice")
        return Clients(clients, opening == "open")

    def _each(self, listed: list[Any]) -> Iterator[Client]:
        """Read client after client."""
        for number, raw in enumerate(listed, 1):
            named = raw.get("name") if isinstance(raw, dict) else None
            label = f" {named}" if isinstance(named, str) else ""
            where = f"{self.path.name} [[clients]] {number}{label}"
            if isinstance(raw, dict):
                yield self._client(raw, where)
            else:
                self._say(where, "must be a table")

    def _client(self, raw: Table, where: str) -> Client:
        """Read one client; what is wrong is gathered, and stands for nothing."""
        self._closed(raw, where, _REQUIRED, _OPTIONAL)
        name = self._text(raw, "name", where)
        if name and not _NAME.fullmatch(name):
            self._say(where, "'name' is for logs: a-z, 0-9 and hyphens, at most 63")
        issuer = self._text(raw, "issuer", where)
        algorithms = self._algorithms(raw, where)
        self._no_sandbox(where, issuer)
        jwks_url, key_set = self._keys(raw, where, algorithms)
        return Client(
            name,
            issuer,
            algorithms,
            jwks_url,
            key_set,
            self._audiences(raw, where),
            self._texts(raw, "tenants", where),
            frozenset(self._origins(raw, where)),
            self._scopes(raw, where),
            self._number(raw, "max_age", where, (SHORTEST_LIFE, LONGEST_LIFE, LONGEST_LIFE)),
            "replay" not in raw or bool(self._try(flag, raw, "replay", where, default=True)),
            self._number(
                raw, "requests_per_minute", where, (1, REQUESTS_PER_MINUTE, MOST_A_MINUTE)
            ),
            self._number(raw, "at_once", where, (1, AT_ONCE, MOST_AT_ONCE)),
        )

    def _keys(
        self, raw: Table, where: str, algorithms: tuple[str, ...]
    ) -> tuple[str, dict[str, Key] | None]:
        """Read where the keys come from: an address, or a file (then the address is a name)."""
        url = self._text(raw, "jwks_url", where, "")
        if url:
            self._url(url, "'jwks_url'", where)
            self._no_sandbox(where, url)
        if "key_set" not in raw:
            if not url:
                self._say(where, "needs 'jwks_url' (an address) or 'key_set' (a file)")
            return url, None
        file = self.path.parent / self._text(raw, "key_set", where)
        try:
            data = file.read_bytes()
            if len(data) > LARGEST_SET:
                self._say(where, f"'key_set' {file.name}: larger than {LARGEST_SET} bytes")
                return url, {}
            keys, problems = read_keys(strict.loads(data), algorithms)
        except (OSError, ValueError) as error:
            self._say(where, f"'key_set' {file.name}: cannot be read ({type(error).__name__})")
            return url, {}
        for problem in problems:
            self._say(where, f"'key_set' {file.name}: {problem}")
        if not keys and not problems:
            self._say(where, f"'key_set' {file.name}: holds no key")
        return url, keys

    def _algorithms(self, raw: Table, where: str) -> tuple[str, ...]:
        """Read the algorithms: asymmetric ones only."""
        named = self._texts(raw, "algorithms", where)
        for one in named:
            if one in ALGORITHMS:
                continue
            if one.lower() == "none" or one.upper().startswith("HS"):
                self._say(where, f"algorithm {one!r} proves nothing: whoever checks can forge")
            else:
                self._say(where, f"unknown algorithm {one!r}{_meant(one, ALGORITHMS)}")
        if "algorithms" in raw and not named:
            self._say(where, f"'algorithms' needs at least one of {', '.join(ALGORITHMS)}")
        return tuple(one for one in named if one in ALGORITHMS)

    def _audiences(self, raw: Table, where: str) -> tuple[str, ...]:
        """Read the URLs that tokens may be made for."""
        named = self._texts(raw, "audiences", where)
        for one in named:
            self._url(one, "audience", where)
        if not named and not self.public_url:
            self._say(where, "needs 'audiences' as long as CDS_PUBLIC_URL is not set")
        return named

    def _origins(self, raw: Table, where: str) -> Iterator[Origin]:
        """Read the FHIR servers of this client."""
        for one in self._texts(raw, "fhir_origins", where):
            origin = origin_of(one)
            if origin is None or urlsplit(one).path.strip("/") or "?" in one or "#" in one:
                self._say(where, f"FHIR origin {one!r}: must be scheme, host and port alone")
            elif self.production and origin.scheme != "https":
                self._say(where, f"FHIR origin {one!r}: production needs https")
            else:
                yield origin

    def _scopes(self, raw: Table, where: str) -> tuple[str, ...]:
        """Read the scopes that access tokens of this client should have."""
        named = self._texts(raw, "scopes", where)
        for one in named:
            if not _SCOPE.fullmatch(one):
                self._say(where, f"scope {one!r}: one scope per text, such as patient/*.read")
        return named

    def _number(self, raw: Table, key: str, where: str, bounds: tuple[int, int, int]) -> int:
        """Read a whole number: its least value, its default, and its greatest value."""
        least, default, most = bounds
        number = self._try(whole, raw, key, where, default=default)
        if not least <= number <= most:
            self._say(where, f"{key!r} is {number}, not {least} to {most}")
        return number

    def _url(self, url: str, what: str, where: str) -> None:
        """Prove that a URL is plain: https, or http on this machine in development."""
        origin = origin_of(url)
        if origin is None or "#" in url or len(url) > _LONGEST:
            self._say(where, f"{what} {url!r}: must be a plain absolute URL")
        elif origin.scheme != "https" and (self.production or not is_loopback(origin.host)):
            self._say(where, f"{what} {url!r}: needs https")

    def _no_sandbox(self, where: str, url: str) -> None:
        """Refuse the reference sandbox in production, by whatever spelling of its host."""
        if self.production and SANDBOX in url.lower():
            self._say(where, f"{url!r}: the private key of the sandbox is public")

    def _text(self, raw: Table, key: str, where: str, default: str | None = None) -> str:
        """Read one line of text; empty where it is missing, which is told elsewhere."""
        if key not in raw:
            return ""
        value = self._try(text, raw, key, where, default=default or "")
        if len(value) > _LONGEST or not value.isprintable():
            self._say(where, f"{key!r} must be one line of at most {_LONGEST} characters")
        return value

    def _texts(self, raw: Table, key: str, where: str) -> tuple[str, ...]:
        """Read a list of texts."""
        none: tuple[str, ...] = ()
        found = self._try(texts, raw, key, where, default=none)
        for one in sorted({one for one in found if found.count(one) > 1}):
            self._say(where, f"{key!r} names {one!r} twice")
        return found

    def _try(
        self, read: Callable[..., Read], raw: Table, key: str, where: str, *, default: Read
    ) -> Read:
        """Read one value; a problem is gathered."""
        if key not in raw:
            return default
        try:
            return read(raw, key, where)
        except CdsError as error:
            self.problems.append(str(error))
            return default

    def _closed(
        self, raw: Table, where: str, required: Collection[str], optional: Collection[str]
    ) -> None:
        """Gather unknown and missing keys."""
        known = (*required, *optional)
        for key in raw:
            if key not in known:
                self._say(where, f"unknown key {key!r}{_meant(key, known)}")
        for key in required:
            if key not in raw:
                self._say(where, f"key {key!r} is missing")

    def _say(self, where: str, problem: str) -> None:
        """Gather one problem."""
        self.problems.append(f"{where}: {problem}")


def _meant(word: str, known: Collection[str]) -> str:
    """Suggest what may be meant."""
    close = difflib.get_close_matches(word, known, n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; there are {', '.join(known)}"

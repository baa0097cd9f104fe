"""One client of the file: every key of its table, and everything that is wrong with it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar
from urllib.parse import urlsplit

from cds_service.cards.tables import Table, flag, text, texts, whole
from cds_service.clients.client import AT_ONCE, LONGEST_LIFE, REQUESTS_PER_MINUTE, Client
from cds_service.clients.keys import ALGORITHMS, LARGEST_SET, Key, read_keys
from cds_service.clients.limiter import MOST_A_MINUTE, MOST_AT_ONCE
from cds_service.errors import CdsError
from cds_service.evidence import strict
from cds_service.evidence.addresses import Network, network_of
from cds_service.evidence.origins import Origin, is_loopback, origin_of

SANDBOX: Final = "sandbox.cds-hooks.org"
"""The host of the reference sandbox: its private key can be read by anybody."""

SHORTEST_LIFE: Final = 30
_LONGEST: Final = 512
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_SCOPE: Final = re.compile(r"[!#-\[\]-~]+")
_REQUIRED: Final = ("name", "issuer", "algorithms")
_OPTIONAL: Final = (
    *("jwks_url", "key_set", "audiences", "tenants", "fhir_origins", "networks", "scopes"),
    *("max_age", "replay", "requests_per_minute", "at_once", "batch"),
)

Read = TypeVar("Read")


@dataclass
class Entry:
    """Reads one table and gathers its problems; what is wrong stands for nothing.

    `folder` is where key-set files lie. `production` and `public_url` are of the settings.
    """

    raw: Table
    where: str
    folder: Path
    production: bool
    public_url: str
    problems: list[str] = field(default_factory=list)

    def client(self) -> Client:
        """Read the client."""
        self.problems += closed(self.raw, self.where, _REQUIRED, _OPTIONAL)
        name = self._text("name")
        if name and not _NAME.fullmatch(name):
            self._say("'name' is for logs: a-z, 0-9 and hyphens, at most 63")
        issuer = self._text("issuer")
        self._no_sandbox(issuer)
        algorithms = self._algorithms()
        jwks_url, key_set = self._keys(algorithms)
        return Client(
            name,
            issuer,
            algorithms,
            jwks_url,
            key_set,
            audiences=self._audiences(),
            tenants=self._texts("tenants"),
            origins=frozenset(self._origins()),
            networks=tuple(self._networks()),
            scopes=self._scopes(),
            max_age=self._number("max_age", SHORTEST_LIFE, LONGEST_LIFE, LONGEST_LIFE),
            replay=self._try(flag, "replay", default=True),
            requests_per_minute=self._number(
                "requests_per_minute", 1, REQUESTS_PER_MINUTE, MOST_A_MINUTE
            ),
            at_once=self._number("at_once", 1, AT_ONCE, MOST_AT_ONCE),
            batch=self._try(flag, "batch", default=False),
        )

    def _keys(self, algorithms: tuple[str, ...]) -> tuple[str, dict[str, Key] | None]:
        """Read where the keys come from: an address, or a file (then the address is a name)."""
        url = self._text("jwks_url")
        if url:
            self._url(url, "'jwks_url'")
            self._no_sandbox(url)
        if "key_set" in self.raw:
            return url, self._key_file(self.folder / self._text("key_set"), algorithms)
        if not url:
            self._say("needs 'jwks_url' (an address) or 'key_set' (a file)")
        return url, None

    def _key_file(self, file: Path, algorithms: tuple[str, ...]) -> dict[str, Key]:
        """Read the keys of a file."""
        try:
            data = file.read_bytes()
            if len(data) > LARGEST_SET:
                self._say(f"'key_set' {file.name}: larger than {LARGEST_SET} bytes")
                return {}
            keys, problems = read_keys(strict.loads(data), algorithms)
        except (OSError, ValueError) as error:
            self._say(f"'key_set' {file.name}: cannot be read ({type(error).__name__})")
            return {}
        for problem in problems:
            self._say(f"'key_set' {file.name}: {problem}")
        if not keys and not problems:
            self._say(f"'key_set' {file.name}: holds no key")
        return keys

    def _algorithms(self) -> tuple[str, ...]:
        """Read the algorithms: asymmetric ones only."""
        named = self._texts("algorithms")
        for one in named:
            if one in ALGORITHMS:
                continue
            if one.lower() == "none" or one.upper().startswith("HS"):
                self._say(f"algorithm {one!r} proves nothing: whoever checks can forge")
            else:
                self._say(f"unknown algorithm {one!r}{meant(one, ALGORITHMS)}")
        if "algorithms" in self.raw and not named:
            self._say(f"'algorithms' needs at least one of {', '.join(ALGORITHMS)}")
        return tuple(one for one in named if one in ALGORITHMS)

    def _audiences(self) -> tuple[str, ...]:
        """Read the URLs that tokens may be made for."""
        named = self._texts("audiences")
        for one in named:
            self._url(one, "audience")
        if not named and not self.public_url:
            self._say("needs 'audiences' as long as CDS_PUBLIC_URL is not set")
        return named

    def _origins(self) -> Iterator[Origin]:
        """Read the FHIR servers of this client."""
        for one in self._texts("fhir_origins"):
            origin = origin_of(one)
            if origin is None or urlsplit(one).path.strip("/") or "?" in one or "#" in one:
                self._say(f"FHIR origin {one!r}: must be scheme, host and port alone")
            elif self.production and origin.scheme != "https":
                self._say(f"FHIR origin {one!r}: production needs https")
            else:
                yield origin

    def _networks(self) -> Iterator[Network]:
        """Read where the servers of this client may be, besides public addresses."""
        for one in self._texts("networks"):
            network = network_of(one)
            if isinstance(network, str):
                self._say(f"network {one!r} {network}")
            else:
                yield network

    def _scopes(self) -> tuple[str, ...]:
        """Read the scopes that access tokens of this client should have."""
        named = self._texts("scopes")
        for one in named:
            if not _SCOPE.fullmatch(one):
                self._say(f"scope {one!r}: one scope per text, such as patient/*.read")
        return named

    def _number(self, key: str, least: int, default: int, most: int) -> int:
        """Read a whole number within bounds."""
        number = self._try(whole, key, default=default)
        if not least <= number <= most:
            self._say(f"{key!r} is {number}, not {least} to {most}")
        return number

    def _url(self, url: str, what: str) -> None:
        """Prove that a URL is plain: https, or http on this machine in development."""
        origin = origin_of(url)
        if origin is None or "#" in url or len(url) > _LONGEST:
            self._say(f"{what} {url!r}: must be a plain absolute URL")
        elif origin.scheme != "https" and (self.production or not is_loopback(origin.host)):
            self._say(f"{what} {url!r}: needs https")

    def _no_sandbox(self, url: str) -> None:
        """Refuse the reference sandbox in production, by whatever spelling of its host."""
        if self.production and SANDBOX in url.lower():
            self._say(f"{url!r}: the private key of the sandbox is public")

    def _text(self, key: str) -> str:
        """Read one line of text; empty where it is missing, which is told elsewhere."""
        value = self._try(text, key, default="")
        if len(value) > _LONGEST or not value.isprintable():
            self._say(f"{key!r} must be one line of at most {_LONGEST} characters")
        return value

    def _texts(self, key: str) -> tuple[str, ...]:
        """Read a list of texts."""
        none: tuple[str, ...] = ()
        found = self._try(texts, key, default=none)
        for one in sorted({one for one in found if found.count(one) > 1}):
            self._say(f"{key!r} names {one!r} twice")
        return found

    def _try(self, read: Callable[..., Read], key: str, *, default: Read) -> Read:
        """Read one value; a problem is gathered."""
        if key not in self.raw:
            return default
        try:
            return read(self.raw, key, self.where)
        except CdsError as error:
            self.problems.append(str(error))
            return default

    def _say(self, problem: str) -> None:
        """Gather one problem."""
        self.problems.append(f"{self.where}: {problem}")


def closed(
    raw: Table, where: str, required: Collection[str], optional: Collection[str]
) -> Iterator[str]:
    """Name the keys of a table that are unknown, and those that are missing."""
    known = (*required, *optional)
    for key in raw:
        if key not in known:
            yield f"{where}: unknown key {key!r}{meant(key, known)}"
    for key in required:
        if key not in raw:
            yield f"{where}: key {key!r} is missing"


def meant(word: str, known: Collection[str]) -> str:
    """Suggest what may be meant."""
    close = difflib.get_close_matches(word, known, n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; there are {', '.join(known)}"

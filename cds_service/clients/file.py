"""The file of clients (CDS_CLIENTS): a closed TOML file; every problem in it is told at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

from cds_service.cards.tables import read_toml
from cds_service.clients.client import Client, Clients
from cds_service.clients.entry import Entry, closed
from cds_service.errors import ContentError, SettingsError

_OPEN: Final = ("open", "token")


class ClientSettings(Protocol):
    """The settings that decide what may be registered."""

    @property
    def profile(self) -> str:
        """`development` or `production`."""

    @property
    def public_url(self) -> str:
        """The URL under which EHRs reach this service, or nothing."""

    @property
    def ca_file(self) -> Path | None:
        """Authorities that are trusted beside the public ones."""


def load_clients(path: Path, settings: ClientSettings) -> Clients:
    """Read the file; SettingsError with a line for each problem."""
    reading = _Reading(path, settings)
    clients = reading.all()
    if reading.problems:
        raise SettingsError("\n".join(reading.problems))
    return clients


@dataclass
class _Reading:
    """Reads one file and gathers what is wrong with it."""

    path: Path
    settings: ClientSettings
    problems: list[str] = field(default_factory=list)

    def all(self) -> Clients:
        """Read the whole file."""
        where = self.path.name
        try:
            raw = read_toml(self.path)
        except ContentError as error:
            self.problems.append(str(error))
            return Clients(())
        self.problems += closed(raw, where, ("clients",), ("discovery",))
        opening = raw.get("discovery", "open")
        if opening not in _OPEN:
            self.problems.append(f"{where}: 'discovery' must be 'open' or 'token'")
        listed = raw.get("clients", [])
        if not isinstance(listed, list) or ("clients" in raw and not listed):
            self.problems.append(f"{where}: needs at least one [[clients]]")
            listed = []
        clients = tuple(self._each(listed))
        for key in ("name", "issuer"):
            values = [getattr(one, key) for one in clients]
            for value in sorted({one for one in values if one and values.count(one) > 1}):
                self.problems.append(f"{where}: {key} {value!r} stands twice")
        return Clients(clients, opening == "open")

    def _each(self, listed: list[Any]) -> Iterator[Client]:
        """Read client after client."""
        production = self.settings.profile == "production"
        for number, raw in enumerate(listed, 1):
            named = raw.get("name") if isinstance(raw, dict) else None
            label = f" {named}" if isinstance(named, str) else ""
            where = f"{self.path.name} [[clients]] {number}{label}"
            if not isinstance(raw, dict):
                self.problems.append(f"{where}: must be a table")
                continue
            entry = Entry(raw, where, self.path.parent, production, self.settings.public_url)
            yield entry.client()
            self.problems += entry.problems

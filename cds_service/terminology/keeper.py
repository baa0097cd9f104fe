"""Keeps the expansion of one service: loaded at the start, refreshed in the background."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cds_service.facts.expanding import Scope
from cds_service.facts.expansion import EXPLICIT
from cds_service.terminology import cache
from cds_service.terminology.answers import Refused
from cds_service.terminology.asking import Asker
from cds_service.terminology.cache import Kept, Unusable
from cds_service.terminology.config import Terminology

_LOG: Final = logging.getLogger(__name__)
_LOOK_SECONDS: Final = 60.0
"""How often the file is looked at: another process, or the command line, may have written it."""

_AGAIN: Final = timedelta(minutes=15)
"""How long after a refusal the server is asked again."""

Clock = Callable[[], datetime]


class Keeper:
    """Puts expansions in force; a server that is down changes nothing."""

    def __init__(
        self, terminology: Terminology, scope: Scope, path: Path, authorities: str = ""
    ) -> None:
        """Load what was kept last; a file that does not fit counts as none.

        `authorities` are certificates (PEM) that are trusted beside the public ones.
        """
        self._authorities = authorities
        self.site = terminology
        self.scope = scope
        self.path = path
        self.problem = ""
        self.kept: Kept | None = None
        self._seen: object = None
        self._tried: datetime | None = None
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self.load()

    def load(self) -> None:
        """Put the file in force where it has changed since it was last looked at."""
        stamp = _stamp(self.path)
        if stamp is None or stamp == self._seen:
            return
        self._seen = stamp
        try:
            kept = cache.read(self.path, self.site.access.base, self.scope.digest)
        except Unusable as error:
            self.problem = f"cache not used: {error}"
            _LOG.warning("terminology cache not used", extra={"said": {"error": str(error)}})
        else:
            if kept and (self.kept is None or kept.expanded >= self.kept.expanded):
                self._use(kept)

    def refresh(self, now: datetime) -> Kept:
        """Ask the server and keep what it says; Refused, and all stays as it was, if it fails."""
        self._tried = now
        try:
            run = Asker(self.site, self._stop, self._authorities).run(self.scope.rows)
        except Refused as error:
            self.problem = f"refused: {error}"
            _LOG.warning("terminology server refused", extra={"said": {"error": str(error)}})
            raise
        left = {
            name: f"the server does not know {row}, whose own codes must stay out"
            for row in run.unknown
            if row in self.scope.guards
            for name, _ in self.scope.sets.snomed[row]
        }
        codes = self.scope.found(run.answers)
        base = self.site.access.base
        unknown = tuple(run.unknown)
        kept = Kept(base, self.scope.digest, now, run.version, run.how, codes, left, unknown)
        self._use(kept)
        try:
            cache.write(self.path, kept)
            self._seen = _stamp(self.path)
        except OSError as error:
            self.problem = "the expansion could not be kept on disk"
            said = {"error": type(error).__name__}
            _LOG.warning("terminology cache not written", extra={"said": said})
        return kept

    def added(self) -> dict[str, dict[str, str]]:
        """List by set which codes the expansion in force adds, each with its words."""
        found: dict[str, dict[str, str]] = {name: {} for name in self._chosen}
        state = self.scope.sets.expansion.state
        for code, members in state.members.items():
            says = self.kept.codes[code].says if self.kept else ""
            for name, _ in members:
                found.setdefault(name, {})[code] = says
        return found

    def status(self) -> dict[str, object]:
        """Say for readiness what is in force."""
        state = self.scope.sets.expansion.state
        said: dict[str, object] = {"conditions": state.says, "codes_added": len(state.members)}
        if self.kept:
            said["server_version"] = self.kept.version or "not stated"
            if self.kept.left:
                said["explicit_list_only"] = sorted(self.kept.left)
        if self.problem:
            said["problem"] = self.problem
        return said

    def start(self, clock: Clock) -> None:
        """Refresh in the background from now on; in each process that answers requests."""
        if self._thread is None:
            self._thread = threading.Thread(
                target=self._keep, args=(clock,), name="terminology", daemon=True
            )
            self._thread.start()

    def close(self) -> None:
        """End the thread; a question under way has its timeout."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(self.site.timeout + 1)

    def due(self, now: datetime) -> bool:
        """Tell whether the server should be asked."""
        if self._tried is not None and now - self._tried < _AGAIN:
            return False
        age = timedelta(hours=self.site.refresh_hours)
        return self.kept is None or abs(now - self.kept.expanded) >= age

    @property
    def _chosen(self) -> tuple[str, ...]:
        """The sets that this site wants expanded."""
        return self.site.sets or self.scope.names

    def _use(self, kept: Kept) -> None:
        """Put an expansion in force."""
        chosen = [name for name in self._chosen if name not in kept.left]
        members = {code: self.scope.members(below, chosen) for code, below in kept.codes.items()}
        self.kept, self.problem = kept, ""
        says = f"expanded on {kept.expanded.date().isoformat()}"
        listed = {code: own for code, own in members.items() if own}
        self.scope.sets.expansion.change(listed, says)
        said = {"count": len(listed), "version": kept.version}
        _LOG.info("terminology expanded", extra={"said": said})

    def _keep(self, clock: Clock) -> None:
        """Look again and again, until the process ends."""
        while True:
            try:
                self.look(clock())
            except Exception as error:  # noqa: BLE001 - a dead thread would let the codes age
                self.problem = f"not refreshed ({type(error).__name__})"
                said = {"error": type(error).__name__}
                _LOG.error("terminology not refreshed", extra={"said": said})
            if self._stop.wait(_LOOK_SECONDS):
                return

    def look(self, now: datetime) -> None:
        """Take over what another process has brought, and ask the server when it is time."""
        self.load()
        if not self.due(now):
            return
        with _alone(self.path) as alone:
            if alone:
                self.load()  # perhaps another process has just finished
                if self.due(now):
                    with contextlib.suppress(Refused):
                        self.refresh(now)


def status_of(keeper: Keeper | None) -> dict[str, object]:
    """Say what is in force, also where no server is configured."""
    return keeper.status() if keeper else {"conditions": EXPLICIT}


def _stamp(path: Path) -> object:
    """Name the state of a file; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[bool]:
    """Tell whether no other process is asking; where nothing can be written, all may."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.with_name(f"{path.name}.lock").open("w")
    except OSError:
        yield True
        return
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
            return
        yield True

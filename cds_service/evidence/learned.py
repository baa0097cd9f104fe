"""What a FHIR server has shown of itself: what it refused, and what it declares; each for a while.

Nothing here is about a patient. What was learned ends by itself, because servers are updated.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Final

from cds_service.evidence.prefetch import Query
from cds_service.evidence.statement import NO_NAMES, Statement

REFUSED_SECONDS: Final = 3600.0
"""How long a refusal is remembered: then the better form is tried again."""
STATEMENT_SECONDS: Final = 86400.0
"""How long a CapabilityStatement holds."""
AGAIN_SECONDS: Final = 600.0
"""When it is asked for again after it could not be had."""

BATCH: Final = "batch"
LISTS: Final = "lists of codes"
"""The first is remembered where a batch failed, the second where a list has found something."""


@dataclass
class Learned:
    """What is known of one server; safe for threads."""

    clock: Callable[[], float] = time.monotonic
    statement: Statement | None = None
    _due: float = float("-inf")
    _until: dict[str, float] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock, repr=False)

    def is_due(self) -> bool:
        """Tell, to one caller alone, that the CapabilityStatement is to be asked for."""
        with self._lock:
            due = self.clock() >= self._due
            if due:
                self._due = self.clock() + AGAIN_SECONDS
            return due

    def declares(self, statement: Statement) -> None:
        """Take in what the server declares."""
        with self._lock:
            self.statement = statement
            self._due = self.clock() + STATEMENT_SECONDS

    def remember(self, what: str) -> None:
        """Remember that the server has refused something, or answers it in this way alone."""
        with self._lock:
            self._until[what] = self.clock() + REFUSED_SECONDS

    def knows(self, what: str) -> bool:
        """Tell whether that was remembered, and not too long ago."""
        with self._lock:
            until = self._until.get(what)
            if until is not None and self.clock() >= until:
                del self._until[what]
                until = None
            return until is not None

    def mentions(self, kind: str) -> bool:
        """Tell whether the server declares a type, or nothing at all."""
        types = self.statement.types if self.statement else NO_NAMES
        return not types or kind in types

    def forms(self, query: Query) -> tuple[str, str]:
        """Choose the form in which to put a query first, and the one for when that is refused.

        The first form unless the server refused it lately, or declares the search parameters of
        the type and lacks one that the form filters by. What it does not declare of sorting and
        including is left out: the answer is longer then, and no other.
        """
        if not query.simpler:
            return query.form, ""
        form = query.form
        known = self.statement.searches.get(query.kind) if self.statement else None
        if self.statement and known:
            if _filters(form) - known:
                turned = self.knows(query.simpler) and not self.knows(form)
                return (form, query.simpler) if turned else (query.simpler, form)
            form = _trimmed(form, known, self.statement.includes.get(query.kind, NO_NAMES))
        return (query.simpler, form) if self.knows(form) else (form, query.simpler)


def _pairs(form: str) -> list[tuple[str, str]]:
    """Take the parameters of a form apart."""
    pairs = (one.partition("=") for one in form.partition("?")[2].split("&"))
    return [(name, value) for name, _, value in pairs]


def _filters(form: str) -> set[str]:
    """Name the parameters by which a form filters; every server takes `patient` in our places."""
    return {name for name, _ in _pairs(form) if not name.startswith("_") and name != "patient"}


def _trimmed(form: str, known: frozenset[str], includes: frozenset[str]) -> str:
    """Leave out an order and an include that the server does not declare."""
    kept = [
        f"{name}={value}"
        for name, value in _pairs(form)
        if not (name == "_sort" and value.lstrip("-") not in known)
        and not (name == "_include" and includes and not {value, "*"} & includes)
    ]
    return f"{form.partition('?')[0]}?{'&'.join(kept)}"

"""One run of questions to a terminology server: what lies below each listed code.

`ValueSet/$expand` of `<< code` for every row. Where the server refuses that, `CodeSystem/$subsumes`
for each pair of a row and a candidate of the site.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode

from cds_service.evidence.body import Reply
from cds_service.evidence.flight import Flight
from cds_service.evidence.wire import Wire
from cds_service.terminology.answers import Refused, looked_up, page_of, subsumes
from cds_service.terminology.concept import SYSTEM
from cds_service.terminology.config import Terminology

PAGE: Final = 1000
_PAGES: Final = 200
_LARGEST: Final = 8 << 20
_LONGEST_RUN: Final = 1800.0
_ENOUGH: Final = 3
"""So many rows, one after the other from the first, refused: the server expands no ECL at all."""

_NOT_ANSWERED: Final = frozenset(
    {
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.NOT_FOUND,
        HTTPStatus.METHOD_NOT_ALLOWED,
        HTTPStatus.UNPROCESSABLE_ENTITY,
        HTTPStatus.NOT_IMPLEMENTED,
    }
)
"""What servers answer to an operation, or to a code, that they do not know."""

Answers = dict[str, dict[str, str]]
"""The codes below each row, itself included, each with its words."""


@dataclass(slots=True)
class Run:
    """What one run has brought; `unknown` are the rows that the server does not know."""

    answers: Answers = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    version: str = ""
    how: str = "$expand"

    def state_version(self, version: str) -> None:
        """Note the version; two in one run do not fit together."""
        if version and self.version and version != self.version:
            raise Refused("the server changed its version during the run")
        self.version = self.version or version


class Asker:
    """Asks one server, one question at a time."""

    def __init__(
        self,
        terminology: Terminology,
        stop: threading.Event | None = None,
        authorities: str = "",
    ) -> None:
        """Prepare; nothing is sent yet. `stop` ends a run between two questions.

        `authorities` are certificates (PEM) that are trusted beside the public ones.
        """
        self._site = terminology
        self._stop = stop or threading.Event()
        self._ends = time.monotonic() + _LONGEST_RUN
        self._wire = Wire(1, authorities=authorities)
        self._pairs: dict[tuple[str, str], bool] = {}

    def run(self, rows: tuple[str, ...]) -> Run:
        """Ask about all rows; Refused when any answer looks wrong."""
        run = Run()
        try:
            for row in rows:
                found = self._expand(row, run)
                if not found:
                    run.unknown.append(row)
                run.answers[row] = found or {}
                if len(run.unknown) == len(run.answers) == min(_ENOUGH, len(rows)):
                    return self._one_by_one(rows)
            return run
        finally:
            self._wire.close()

    def _expand(self, row: str, run: Run) -> dict[str, str] | None:
        """Get all codes below a row, page by page; None where the server does not know the row."""
        found: dict[str, str] = {}
        total, got = None, 0
        for _ in range(_PAGES):
            asked = {"url": f"{SYSTEM}?fhir_vs=ecl/<<{row}", "count": PAGE, "offset": got}
            body = self._get("ValueSet/$expand", asked, f"<< {row}")
            if body is None and total is None:
                return None
            with _about(f"<< {row}"):
                page = page_of(body, got)
                run.state_version(page.version)
                if page.total > self._site.most_codes:
                    raise Refused(f"more than {self._site.most_codes} codes")
                if total not in {None, page.total}:
                    raise Refused("the number of codes changed from page to page")
                if found.keys() & page.codes.keys():
                    raise Refused("the same code came twice")
                found |= page.codes
                total, got = page.total, got + page.size
                if got > total:
                    raise Refused(f"{got} codes where {total} were promised")
                if got < total and not page.size:
                    raise Refused(f"cut off after {got} of {total} codes")
                if got == total:
                    if found and row not in found:
                        raise Refused("the code itself is not in its expansion")
                    return found or None
        raise Refused(f"<< {row}: more than {_PAGES} pages")

    def _one_by_one(self, rows: tuple[str, ...]) -> Run:
        """Ask for each candidate of the site whether it lies below each row."""
        if not self._site.candidates:
            msg = "the server does not expand << (ECL); name candidates to ask about one by one"
            raise Refused(msg)
        run = Run(how="$subsumes", answers={row: {} for row in rows})
        known = False
        for code in self._site.candidates:
            body = self._get("CodeSystem/$lookup", {"system": SYSTEM, "code": code}, code)
            if body is None:
                continue
            known = True
            with _about(code):
                words, version = looked_up(body)
                run.state_version(version)
            above = [row for row in rows if self._is_below(row, code)]
            for row in above:
                others = (one for one in above if one != row and self._is_below(row, one))
                run.answers[row] |= {row: "", code: words} | dict.fromkeys(others, "")
        if not known:
            raise Refused("the server knows none of the candidates")
        return run

    def _is_below(self, row: str, code: str) -> bool:
        """Ask whether a code lies below a row, once."""
        if (row, code) not in self._pairs:
            asked = {"system": SYSTEM, "codeA": row, "codeB": code}
            body = self._get("CodeSystem/$subsumes", asked, f"{row}, {code}")
            with _about(f"{row}, {code}"):
                self._pairs[row, code] = body is not None and subsumes(body)
        return self._pairs[row, code]

    def _get(self, path: str, asked: Mapping[str, Any], about: str) -> Any:
        """Ask one question; None where the server does not know what was asked about."""
        if self._stop.is_set() or time.monotonic() > self._ends:
            raise Refused("the run took too long or was stopped")
        reply = self._reply(f"{self._site.access.base}/{path}?{urlencode(asked)}")
        if reply.status in _NOT_ANSWERED:
            return None
        if reply.problem:
            raise Refused(f"{about}: {reply.problem.replace('FHIR', 'terminology')}")
        return reply.body

    def _reply(self, url: str) -> Reply:
        """Get one URL; when its time is over the connection is cut."""
        flight = Flight(self._site.timeout, self._site.reach)
        cut = threading.Timer(self._site.timeout, flight.end)
        cut.daemon = True
        cut.start()
        try:
            return self._wire.get(url, self._site.access, flight, _LARGEST)
        finally:
            cut.cancel()


class _about:  # noqa: N801 - reads as a word of the block that it opens
    """Say about which code something was refused."""

    def __init__(self, what: str) -> None:
        """Know the code."""
        self._what = what

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        """Put the code before the reason."""
        if isinstance(error, Refused):
            raise Refused(f"{self._what}: {error}") from None

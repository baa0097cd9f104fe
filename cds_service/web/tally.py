"""What is counted of requests and answers: plain numbers in memory, told on by `metrics.py`.

A request adds to numbers that its process keeps; a thread in the background hands them on once a
second. A word that is counted here goes out only if it is in the closed list of its label.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from threading import Lock
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

from cds_service.clinical.evidence import Evidence, Sought
from cds_service.clinical.report_text import Trouble
from cds_service.clinical.truth import NO, UNKNOWN, Reason
from cds_service.evidence import body, breaker, entries, fetching, server, wire
from cds_service.evidence.gather import NOT_REGISTERED
from cds_service.evidence.whose import FOREIGN

if TYPE_CHECKING:
    from cds_service.advise import Advice, Gather
    from cds_service.clinical.order import HookRequest
    from cds_service.clinical.procedure import Procedure

REQUESTS: Final = "cds_requests"
ANSWER: Final = "cds_answer_seconds"
RULES: Final = "cds_rule_outcomes"
CARDS: Final = "cds_cards"
PREFETCH: Final = "cds_prefetch_keys"
QUERIES: Final = "cds_queries"
GATHER: Final = "cds_gather_seconds"
ERRORS: Final = "cds_fhir_errors"
LATE: Final = "cds_deadline_hits"
REFUSED: Final = "cds_refused_callers"
FEEDBACK: Final = "cds_feedback"
LOST: Final = "cds_cards_not_noted"
FOREIGNERS: Final = "cds_foreign_resources"
CLIENT: Final = "cds_fhir_client"
RESTING: Final = "cds_fhir_servers_not_asked"

OUTCOMES: Final = ("fired", "clear", "unknown", "not-applicable", "not-recorded", "off")
"""What may come of a rule; `off` is one that the site has switched off."""
STATES: Final = ("absent", "null", "failed", "supplied", "unreadable")
"""How a prefetch key may come: left out, asked and nothing found, with an OperationOutcome."""
KINDS: Final[Mapping[str, str]] = {
    wire.LATE: "late",
    wire.UNREACHABLE: "unreachable",
    breaker.RESTING: "not-asked",
    body.UNREADABLE: "unreadable",
    body.TOO_LARGE: "too-large",
    entries.HIDDEN: "hidden",
    entries.FEWER: "fewer",
    NOT_REGISTERED: "not-registered",
    server.PAGES_LEFT: "too-many-pages",
    server.TOO_MANY_PAGES: "too-many-pages",
    server.TOO_MANY_ENTRIES: "too-many-entries",
    server.ASTRAY: "astray",
    server.REPORTED: "reported",
    server.BAD_ID: "bad-id",
    server.NOT_OFFERED: "not-offered",
}
"""One word for each of our sentences on what a FHIR server did."""
STATUSES: Final = ("401", "403", "404", "429", "3xx", "4xx", "5xx")
"""The statuses of a FHIR server that are told apart; the others by their class."""

EVENTS: Final = (
    *("opened", "closed", "repeated", "reconnected"),
    *("simplified", "posted", "batched", "unbatched"),
)
"""What the FHIR client did beyond plain asking; the breaker of a server opened or closed."""

ANSWERED: Final = Sought.ANSWERED
MOST_TIMES: Final = 10_000
"""How many times are kept, should nobody take them."""
Key = tuple[str, ...]
"""The name of a metric, and a word for each of its labels."""
_NOTHING: Final = frozenset({Trouble.FORBIDDEN, Trouble.NOT_FETCHED})


@dataclass
class Tally:
    """The numbers of one process since they were last taken; safe for threads."""

    _counts: dict[Key, int] = field(default_factory=dict)
    _outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    _brought: defaultdict[tuple[str, str, str, str], int] = field(
        default_factory=lambda: defaultdict(int)
    )
    _times: deque[tuple[str, str, float]] = field(default_factory=lambda: deque(maxlen=MOST_TIMES))
    _lock: Lock = field(default_factory=Lock)

    def add(self, *key: str, by: int = 1) -> None:
        """Count one thing."""
        with self._lock:
            self._counts[key] = self._counts.get(key, 0) + by

    def add_all(self, keys: Iterable[Key]) -> None:
        """Count many things."""
        with self._lock:
            counts = self._counts
            for key in keys:
                counts[key] = counts.get(key, 0) + 1

    def took(self, metric: str, label: str, seconds: float) -> None:
        """Note how long something took."""
        with self._lock:
            self._times.append((metric, label, seconds))

    def taken(self) -> tuple[dict[Key, int], list[tuple[str, str, float]]]:
        """Hand over all numbers, and begin anew."""
        with self._lock:
            counts, self._counts = self._counts, {}
            outcomes, self._outcomes = self._outcomes, Counter()
            brought, self._brought = self._brought, defaultdict(int)
            times = list(self._times)
            self._times.clear()
        for (name, came, origin, state), number in brought.items():
            for key in ((PREFETCH, name, came), (QUERIES, name, origin or "none", state)):
                counts[key] = counts.get(key, 0) + number
        for (rule, word), number in outcomes.items():
            if word in OUTCOMES:
                counts[RULES, rule, word, ""] = number
            else:
                counts[RULES, rule, "unknown", word] = number
        return counts, times

    def advised(self, advice: Advice) -> None:
        """Count what the rules found, and the cards."""
        outcomes = []
        for check, answer, recorded in advice.findings:  # no call for an ordinary answer
            word: str
            if not recorded:
                word = "not-recorded" if check.off is None else "off"
            elif answer.truth is UNKNOWN:
                gaps = answer.missing
                word = gaps[0].reason if len(gaps) == 1 else answer.reason or Reason.MISSING
            elif answer.truth is NO:
                word = "clear" if answer.applicable else "not-applicable"
            else:
                word = "fired"
            outcomes.append((check.rule.name, word))
        with self._lock:
            self._outcomes.update(outcomes)
        self.add_all([(CARDS, card.indicator) for card in advice.cards])

    def gathered(self, request: HookRequest, evidence: Evidence, seconds: float) -> None:
        """Count what was supplied, what came of each query, and what went wrong."""
        prefetch = request.prefetch or {}
        kinds: list[str] = []
        asked = "prefetch"
        with self._lock:
            brought = self._brought
            for name, source in evidence.sources.items():
                state = _state(prefetch[name]) if name in prefetch else "absent"
                brought[name, state, source.origin, source.state] += 1
                if source.origin == "server":
                    asked = "server"
                    if source.state is not ANSWERED:
                        kinds.append(kind_of(source.detail))
        kinds += [
            kind_of(odd.why.removeprefix(f"{fetching.NOT_READ}: "))
            for odd in evidence.unreadable
            if odd.why.startswith(fetching.NOT_READ)
        ]
        if evidence.documents:
            documents = evidence.documents.values()
            kinds += ["document" for one in documents if one.trouble in _NOTHING]
        if kinds:
            self.add_all([(ERRORS, kind) for kind in kinds])
        if "late" in kinds:
            self.add(LATE)
        if foreign := [odd.why for odd in evidence.unreadable].count(FOREIGN):
            self.add(FOREIGNERS, by=foreign)
        self.took(GATHER, asked, seconds)


def counted(gathering: Gather, tally: Tally) -> Gather:
    """Gather as before, and count what came of it."""

    def watched(request: HookRequest, procedure: Procedure) -> Evidence:
        begun = perf_counter()
        evidence = gathering(request, procedure)
        tally.gathered(request, evidence, perf_counter() - begun)
        return evidence

    return watched


def _state(value: Any) -> str:
    """Say how a prefetch key came."""
    if value is None:
        return "null"
    kind = value.get("resourceType") if isinstance(value, dict) else None
    if kind == "OperationOutcome":
        return "failed"
    return "supplied" if isinstance(kind, str) else "unreadable"


@lru_cache(256)
def kind_of(detail: str) -> str:
    """Give one word for what a FHIR server did, of our own sentence for it."""
    known = KINDS.get(detail)
    if known is None:
        status = detail.rpartition("(HTTP ")[2].removesuffix(")")
        known = status if status in STATUSES else f"{status[:1]}xx"
        known = f"http-{known}" if known in STATUSES else "other"
    return known

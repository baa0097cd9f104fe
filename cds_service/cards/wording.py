"""Facts and gaps in words: plain ones for a summary, literal markdown for a detail."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from cds_service.cards.markdown import escaped, plain
from cds_service.cards.templates import filled
from cds_service.clinical.answer import Gap, Proof
from cds_service.clinical.levels import LEVELS
from cds_service.clinical.procedure import Phrases
from cds_service.clinical.quantity import UNIT_WORDS
from cds_service.clinical.report import NO_REPORT, REPORT, SILENT
from cds_service.clinical.truth import Reason

Render = Callable[[str], str]


REMEMBERED: Final = 4096
"""How many sentences about missing facts are kept; they hold nothing of a record."""


QUOTED: Final = 240
"""The most characters of a report's sentence that a card quotes."""

_OURS: Final = frozenset({*LEVELS, ""})
"""Names of levels that are ours; an order may have other words for a level."""


@dataclass(frozen=True, slots=True)
class Wording:
    """Turns facts and gaps into words; `show` makes the record's own text safe for its place.

    `told` holds the facts that have been worded: several checks of one case may rest on one.
    `quotes` says whether there is room for the words of a report.
    """

    phrases: Phrases
    show: Render
    quotes: bool = False
    told: dict[Proof, str] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def for_summary(cls, phrases: Phrases) -> Wording:
        """Word things for a summary, which is plain text."""
        return cls(phrases, plain)

    @classmethod
    def for_detail(cls, phrases: Phrases) -> Wording:
        """Word things for a detail, which is markdown."""
        return cls(phrases, escaped, quotes=True)

    def name(self, key: str) -> str:
        """Say a key in our own words; several keys may be joined by " + " or " or "."""
        known = self.phrases.facts.get(key)
        if known is not None:
            return known
        for joint in (" + ", " or "):
            if joint in key:
                return joint.join(self.name(one) for one in key.split(joint))
        return self.show(key.replace("_", " ").replace("-", " "))

    def detail(self, key: str) -> str:
        """Say what is the matter with a fact; what is not a key is said as it stands."""
        return self.phrases.details.get(key) or self.show(key.replace("_", " "))

    def fact(self, proof: Proof) -> str:
        """Say a fact: what, how much, where, when."""
        told = self.told.get(proof)
        if told is None:
            told = self.told[proof] = self._fact(proof)
        return told

    def _fact(self, proof: Proof) -> str:
        """Put the words for a fact together, with those of the report that it was read from."""
        day = f" on {self.show(proof.when)}" if proof.when else ""
        level = f" at {self.show(proof.level)}" if proof.level else ""
        return f"{self.thing(proof)}{level}{day}{self._quoted(proof)}"

    def _quoted(self, proof: Proof) -> str:
        """Quote the report from which a fact was read; where there is no room, say that it was."""
        if not proof.quote:
            return ""
        words = proof.quote.rstrip(" ;,")
        return f", report: “{escaped(words, QUOTED)}”" if self.quotes else " (report text)"

    def thing(self, proof: Proof) -> str:
        """Say a fact without its day."""
        own = self.phrases.facts.get(f"{proof.what}.{proof.value}")
        if own:
            return own
        name, value = self.name(proof.what), self.show(_with_unit_words(proof.value))
        if proof.what in self.phrases.valued:
            return f"{name} {_TRUTH.get(proof.value, value)}".strip()
        return value or name

    def noted(self, proof: Proof) -> str:
        """Say a fact with what is remarkable about it."""
        note = f" ({self.detail(proof.note)})" if proof.note else ""
        return f"{self.fact(proof)}{note}"

    def gap(self, gap: Gap, levels: Sequence[str] = ()) -> str:
        """Say what is not known, and why; `levels` are all levels of which it is true."""
        proof = gap.proof
        named = [self.show(level) for level in levels or (gap.level,) if level]
        if gap.reason is Reason.SOURCE_ERROR or (proof and proof.level):
            named = []
        where = f" at {', '.join(named)}" if named else ""
        shown = self.fact(proof) if proof else ""
        detail = self.detail(gap.detail) if gap.detail else ""
        known = {
            "what": f"{self.name(gap.what)}{where}",
            "window": self.show(gap.window) if gap.window else "",
            "shown": shown,
            "detail": detail,
        }
        itself = shown.startswith(known["what"]) and gap.reason in _NAMED
        if itself or (shown and self._is_told(gap)):  # "not on record" would be untrue
            return f"{shown}, {detail}" if detail else shown
        said = filled(self.phrases.reasons[self._reason(gap)], known)
        words = " ".join(said.split())
        return words if shown or detail else words.rstrip(": ")

    def _reason(self, gap: Gap) -> str:
        """Choose the template of a gap: a missing result is none, a missing finding is unstated."""
        if gap.reason is not Reason.MISSING:
            return gap.reason
        kind = "missing" if gap.what in self.phrases.results else "unstated"
        return kind if gap.window else f"{kind}_plain"

    def _is_told(self, gap: Gap) -> bool:
        """Tell whether a missing finding is on record after all, in a form that proves nothing."""
        return gap.detail == NO_PROOF and self._reason(gap).startswith("unstated")

    def is_unstated(self, gap: Gap) -> bool:
        """Tell whether a gap is a fact that nobody stated, of which no trace is on record."""
        bare = gap.reason is Reason.MISSING and gap.proof is None and not gap.detail
        return bare and gap.what in self.phrases.valued and gap.what not in self.phrases.results

    def unstated(self, gaps: Sequence[Gap]) -> str:
        """Say in one sentence several facts of one window and level that nobody stated."""
        names = [self.name(what) for what in dict.fromkeys(gap.what for gap in gaps)]
        first = gaps[0]
        where = f" at {self.show(first.level)}" if first.level else ""
        known = {"what": ", ".join(names) + where, "window": self.show(first.window)}
        reason = self.phrases.reasons[self._reason(first)]
        return " ".join(filled(reason, {**known, "shown": "", "detail": ""}).split()).rstrip(": ")

    def is_unread(self, gap: Gap) -> bool:
        """Tell whether a gap may stand in a report that could not be read, or is not there."""
        untold = gap.detail in (NO_REPORT, SILENT)
        return gap.proof is not None and (untold or gap.proof.what == REPORT)

    def unread(self, gaps: Sequence[Gap]) -> str:
        """Say in one sentence what may stand in one report that could not be read, or had."""
        levels: dict[str, list[str]] = {}
        for gap in gaps:
            names = levels.setdefault(gap.level, [])
            names += [name for name in [self.name(gap.what)] if name not in names]
        told = [
            f"{', '.join(names)}{f' at {self.show(level)}' if level else ''}"
            for level, names in levels.items()
        ]
        return self._of_report("unread", gaps[0], "; ".join(told))

    def unread_briefly(self, gap: Gap) -> str:
        """Say that a report could not be read."""
        return self._of_report("unread_briefly", gap, "")

    def _of_report(self, reason: str, gap: Gap, what: str) -> str:
        """Fill a template about a report that could not be read."""
        shown = self.fact(gap.proof) if gap.proof else ""
        known = {"what": what, "window": "", "shown": shown, "detail": self.detail(gap.detail)}
        return " ".join(filled(self.phrases.reasons[reason], known).split())

    def gaps(self, gaps: Iterable[Gap]) -> Sequence[str]:
        """Say several gaps, each once; what is missing at several levels is said once for all.

        What is merely missing is said in words of ours alone: its sentences are remembered.
        """
        gaps = tuple(gaps)
        key, remembered = (self.show, gaps), self.phrases.said
        said = remembered.get(key)
        if said is None:
            said = self._gaps(gaps)
            ours = all(gap.proof is None and gap.level in _OURS for gap in gaps)
            if ours and len(remembered) < REMEMBERED:
                remembered[key] = said
        return said

    def _gaps(self, gaps: tuple[Gap, ...]) -> tuple[str, ...]:
        """Say what is missing, with all levels at which it is."""
        if len(gaps) == 1:
            return (self.gap(gaps[0]),)
        levels: dict[Gap, list[str]] = {}
        for gap in gaps:
            bare = Gap(*gap[:-1]) if gap.level else gap
            levels.setdefault(bare, []).append(gap.level)
        return tuple(dict.fromkeys([self.gap(gap, where) for gap, where in levels.items()]))


def _with_unit_words(value: str) -> str:
    """Write the unit of a number as people do: without UCUM's marks for "no unit".

    Only behind a lone number: in a sentence of the record braces are its own.
    """
    number, _, unit = value.rpartition(" ")
    if not _NUMBER.fullmatch(number):
        return _SPUN_OUT.sub(_rounded, value) if _NUMBER.fullmatch(value) else value
    number = _SPUN_OUT.sub(_rounded, number)
    if unit.startswith("{") and unit.endswith("}"):
        return number
    return f"{number} {UNIT_WORDS.get(unit, unit)}"


def _rounded(hit: re.Match[str]) -> str:
    """Write a number of many decimals with two, a small one with two digits, marked as rounded."""
    value = Decimal(hit[0])
    return f"≈{value:.2f}" if value >= 1 else f"≈{value:.2g}"


NO_PROOF = "cannot_clear"
"""The detail of a gap that is on record, though it proves nothing."""

_NAMED = frozenset({Reason.SUSPECTED, Reason.CONFLICTING})
_SPUN_OUT = re.compile(r"\d+\.\d{4,}")
_NUMBER = re.compile(r"[<>=≤≥~ ]*-?\d[\d.,]*")
_TRUTH = {"yes": "present", "no": "absent"}

"""Statements: what a card file says, all of it signed by a clinician."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from cds_service.clinical.card import Indicator


class RuleClass(StrEnum):
    """The classes of rules (rules.md 2); they decide which card an answer becomes (1.7)."""

    ABSOLUTE = "absolute"
    RELATIVE = "relative"
    INDICATION = "indication"
    BLEEDING = "bleeding"
    GAP = "gap"
    ADVISORY = "advisory"


OWN_CARD: Final = frozenset(
    {RuleClass.ABSOLUTE, RuleClass.RELATIVE, RuleClass.INDICATION, RuleClass.BLEEDING}
)
"""The classes whose fired rules have cards of their own; gaps and points of advice share one."""


@dataclass(frozen=True, slots=True)
class Cited:
    """Where a limit or a position stands: a key of `papers.toml` and a section or table."""

    source: str
    where: str
    says: str = ""


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one card: `summary` and `detail` are templates with `$names`.

    `brief` says a gap in few words, where the summary of the shared card has no room for more.
    """

    indicator: Indicator
    summary: str
    detail: str = ""
    suggestions: tuple[str, ...] = ()
    brief: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence that a rule may add to its card, and the suggestions that go with it."""

    text: str
    suggestions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Statement:
    """One card file.

    `limits` is an instance of the rule's own class; `limit_sources` tells for each limit where
    it comes from, `limit_words` how it is said; `fires` holds the words of the plain card and of
    each tier; `changes` says what would change the answer; `dissent` where the sources disagree.
    Fired rules of one `family` share a card; one that `joins` does so only beside another.
    """

    rule: str
    title: str
    rule_class: RuleClass
    position: int
    limits: Any
    limit_sources: Mapping[str, Cited]
    sources: tuple[Cited, ...]
    fires: Mapping[str, Words]
    unknown_line: str
    suspected: Words | None = None
    changes: str = ""
    dissent: str = ""
    family: str = ""
    joins: bool = False
    anatomical: bool = False
    notes: Mapping[str, Note] = field(default_factory=dict)
    overrides: tuple[str, ...] = ()
    unknown_suggestions: tuple[str, ...] = ()
    limit_words: Mapping[str, str] = field(default_factory=dict)

"""Allergies: entries of the allergy list, and conditions that stand for one (rules.md 3.1)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from cds_service.clinical.evidence import Resource
from cds_service.clinical.fact import Allergy
from cds_service.facts.allergy_codes import GADOLINIUM, UNSPECIFIED
from cds_service.facts.context import Context
from cds_service.facts.dates import has_time, time_of
from cds_service.facts.elements import codings, objs, shown, status_of, texts, word
from cds_service.facts.recording import dated

_SHOWN: Final = 120
_DROPPED: Final = frozenset({"refuted", "entered-in-error"})
_PAST: Final = frozenset({"inactive", "resolved", "remission"})
_CRITICALITY: Final = {"low": "low criticality", "high": "high criticality"}
_SEVERITIES: Final = ("severe", "moderate", "mild")
_NO_ALLERGY: Final = re.compile(r"(?i)\s*(?:nk[dm]?a\b|no (?:known |other )?(?:\w+ ){0,2}allerg)")
_ALLERGY_WORD: Final = re.compile(r"(?i)allerg|anaphyla|hypersensitiv|adverse reaction")
_LETTERS: Final = re.compile(r"[^\W\d_]{2}")
_NAMELESS: Final = re.compile(
    r"(?i)\W*(?:other|unknown|unspecified|misc(?:ellaneous)?|multiple|allerg(?:y|ies|en)|drug"
    r"|medication|substance|agent|(?:see|per|refer to)\s+(?:the\s+)?(?:notes?|comments?|chart))"
    r"(?:\W+(?:allerg(?:y|ies|en)|drug|medication|substance|agent|see\s+(?:notes?|comments?)))*\W*"
)
"""Words that name no agent: such an entry may be any allergy."""
_NO_AGENTS: Final[frozenset[str]] = frozenset()


def read_allergy(resource: Resource, reference: str, context: Context) -> None:
    """Read an AllergyIntolerance; each that was not withdrawn shows that a list is kept.

    Only the codes of codes.md 5 state that no allergy is known. Such a statement that no longer
    stands, or that only words make, is no entry of the list and proves nothing.
    """
    if _states(resource, "verificationStatus") & _DROPPED:
        return
    said = _said(resource, context)
    active = not _states(resource, "clinicalStatus") & _PAST
    reactions = objs(resource.get("reaction"))
    substances = [reaction.get("substance") for reaction in reactions]
    agents = said.agents.union(*(_agents(substance, context) for substance in substances))
    denied = not agents and (bool(said.absence) or said.denied)
    none_known = said.absence if active and not agents else ""
    when = dated(resource, "recordedDate", reference, context)
    severity, listed = _severity(resource, reactions), bool(none_known) or not denied
    named = said.named or any(_has_words(substance) for substance in substances)
    unnamed = not agents and not denied and not named
    title = _title(said, substances)
    context.allergies.append(
        Allergy(reference, title, agents, active, none_known, when, severity, listed, unnamed)
    )


class _Said(NamedTuple):
    """What the code element of an entry says by itself.

    `absence` is "all" or "drugs" where a code states that no allergy is known; `denied` tells that
    words do. `words` is its first text, `title` what may stand in the place of words.
    """

    agents: frozenset[str]
    absence: str
    denied: bool
    named: bool
    words: str
    title: str


def _said(resource: Resource, context: Context) -> _Said:
    """Find out what the code element of an entry says, once for all that have the same."""
    concept = resource.get("code")
    return context.meaning("allergy", concept, lambda: _said_by(concept, context))


def _said_by(concept: object, context: Context) -> _Said:
    """Find out what a concept says of allergies."""
    words = texts(concept)
    known = context.codes.allergies.titles
    titles = [known[pair] for pair in context.codes.systems.pairs(concept) if pair in known]
    titles += [code for _, code in codings(concept) if code]
    return _Said(
        _agents(concept, context),
        _absence(concept, context),
        any(map(_NO_ALLERGY.match, words)),
        _has_words(concept),
        words[0] if words else "",
        titles[0] if titles else "",
    )


def agents_of_condition(concept: object, context: Context) -> frozenset[str]:
    """Name the agents of a condition that stands for an allergy; its words must say "allergy"."""
    words = any(map(_ALLERGY_WORD.search, texts(concept)))
    return _agents(concept, context) if words else _coded(concept, context)


def allergy_of_condition(
    resource: Resource, reference: str, agents: frozenset[str], context: Context
) -> None:
    """Add a condition that stands for an allergy: by its code, or by words that say "allergy".

    It counts for the agents that it names, and is no entry of the allergy list.
    """
    substances = [reaction.get("substance") for reaction in objs(resource.get("reaction"))]
    active = not _states(resource, "clinicalStatus") & _PAST and not _abated(resource, context)
    context.allergies.append(
        Allergy(
            reference,
            _title(_said(resource, context), substances),
            agents,
            active,
            dated=dated(resource, "recordedDate", reference, context),
            listed=False,
        )
    )


def _states(resource: Resource, name: str) -> set[str]:
    """List the codes of a status, in small letters; older records give a bare word."""
    concept = resource.get(name)
    return {code.lower() for _, code in codings(concept)} | {word(concept).lower()}


def _agents(concept: object, context: Context) -> frozenset[str]:
    """Name the agents of a concept by its codes and words together.

    All its words speak of one thing: where one of them or a code says gadolinium, plain
    "contrast" in another means the same.
    """
    coded = _coded(concept, context)
    said = [context.codes.allergies.of_text(text) for text in texts(concept)]
    named = _NO_AGENTS.union(*said)
    both = any({GADOLINIUM, UNSPECIFIED} <= agents for agents in said)
    if GADOLINIUM in coded | named and not both:
        named -= {UNSPECIFIED}
    return coded | named


def _coded(concept: object, context: Context) -> frozenset[str]:
    """Name the agents of the codes of a concept."""
    pairs = context.codes.systems.pairs(concept)
    return _NO_AGENTS.union(*(context.codes.allergies.of_code(*pair) for pair in pairs))


def _absence(concept: object, context: Context) -> str:
    """Tell whether a coded entry states that no allergy is known: "all", "drugs" or empty."""
    known = context.codes.allergies.none_known
    found = {known.get(pair, "") for pair in context.codes.systems.pairs(concept)} - {""}
    return "all" if found == {"all"} else "drugs" if found else ""


def _title(said: _Said, substances: Sequence[object]) -> str:
    """Say what the entry is about: its own words, else ours for its code, else the code."""
    words = said.words or next((text for one in substances for text in texts(one)), said.title)
    return shown(words)[:_SHOWN]


def _has_words(concept: object) -> bool:
    """Tell whether any words name what a concept is."""
    said = texts(concept)
    return any(_LETTERS.search(text) and not _NAMELESS.fullmatch(text) for text in said)


def _severity(resource: Resource, reactions: Sequence[Resource]) -> str:
    """Say how severe it is: criticality, and the worst reaction."""
    criticality = _CRITICALITY.get(status_of(resource, "criticality"), "")
    seen = {status_of(reaction, "severity") for reaction in reactions}
    worst = next((f"{one} reaction" for one in _SEVERITIES if one in seen), "")
    return ", ".join(part for part in (criticality, worst) if part)


def _abated(resource: Resource, context: Context) -> bool:
    """Tell whether a condition without a clinical status has ended (rules.md 9.10)."""
    if _states(resource, "clinicalStatus") - {""}:
        return False
    if has_time(resource, "abatement"):
        ended = time_of(resource, "abatement", context.zone)
        return ended is not None and (ended.earliest or ended.latest) <= context.now
    return any(key.startswith("abatement") and resource[key] for key in resource)

"""Conditions: the value sets that a diagnosis belongs to, and whether it stands today (1.4)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final, NamedTuple

from cds_service.clinical.evidence import Resource
from cds_service.clinical.fact import Diagnosis, Match
from cds_service.clinical.levels import in_order
from cds_service.clinical.when import When
from cds_service.facts.allergies import agents_of_condition, allergy_of_condition
from cds_service.facts.condition_sets import levels_of, sets_of, sited_at, title_of
from cds_service.facts.context import Context
from cds_service.facts.dates import has_time, time_of
from cds_service.facts.elements import (
    SHOWN_LENGTH,
    coding_objects,
    codings,
    shown,
    texts,
    word,
)
from cds_service.facts.levels_text import levels_said

_DROPPED: Final = frozenset({"refuted", "entered-in-error"})
_HISTORY: Final = frozenset({"inactive", "resolved", "remission"})
_TENTATIVE: Final = frozenset({"provisional", "differential", "unconfirmed"})
_SEVERITIES: Final = ("mild", "moderate", "severe")
_SEMANTIC_TAG: Final = re.compile(r"(?:(?<!\s)\s+)?\((?:disorder|finding|situation)\)\Z")
"""What SNOMED CT adds to a name for its own use; a card needs the room for the date."""
_DENIED: Final = frozenset({"not", "no", "non", "without"})
_PROBLEM: Final = "problem-list-item"
_ENCOUNTER: Final = "encounter-diagnosis"


def read_condition(resource: Resource, reference: str, context: Context) -> None:
    """Add a diagnosis of one of our sets, and an allergy where the condition stands for one.

    What was refuted or entered in error is left out; what has passed is kept as history.
    """
    verified = resource.get("verificationStatus")
    if verified and _status(verified) & _DROPPED:
        return
    concept = resource.get("code")
    key = context.codes.conditions.expansion.state.key
    named = context.meaning(key, concept, lambda: _named(concept, context))
    if named.agents:
        allergy_of_condition(resource, reference, named.agents, context)
    categories = {code for _, code in codings(resource.get("category"))}
    if named.sets:
        _keep(resource, reference, named, categories, context)
    if _PROBLEM in categories:
        context.problems.append(resource)


class _Named(NamedTuple):
    """What the code element of a condition tells by itself.

    `agents` are those of an allergy that it stands for, `levels` those of its code alone.
    """

    agents: frozenset[str]
    sets: Mapping[str, Match]
    title: str
    code: str
    levels: tuple[str, ...]


def _named(concept: object, context: Context) -> _Named:
    """Look up all that the code of a condition tells."""
    sets, pairs = context.codes.conditions, context.codes.systems.pairs(concept)
    words = texts(concept)
    return _Named(
        agents_of_condition(concept, context),
        sets_of(sets, concept, pairs),
        words[0] if words else title_of(sets, pairs),
        pairs[0][1] if pairs else "",
        levels_of(pairs),
    )


def _keep(
    resource: Resource, reference: str, named: _Named, categories: set[str], context: Context
) -> None:
    """Add a diagnosis of some sets; one that may be too old waits for its twin."""
    recorded = _recorded(resource, reference, context)
    found = Diagnosis(
        reference,
        _sets(named.sets, resource.get("bodySite"), context),
        _title(resource, named.title),
        _is_active(resource, context),
        named.code,
        _is_old(recorded, categories, context),
        recorded,
        _levels(resource.get("bodySite"), context) or named.levels,
        _severity(resource),
    )
    if found.dormant:
        context.dormant.append((found, resource))
    else:
        context.diagnoses.append(found)


def _sets(sets: Mapping[str, Match], sites: object, context: Context) -> Mapping[str, Match]:
    """Weigh the sets of a diagnosis by the body site that it states, if it states one."""
    if not sites:
        return sets
    vertebrae = context.codes.vertebrae
    spine = bool(vertebrae.levels_of(sites) or vertebrae.region_of(sites))
    return {name: sited_at(match, texts(sites), spine=spine) for name, match in sets.items()}


def settle_conditions(context: Context) -> None:
    """Decide on old encounter diagnoses, now that the whole problem list is known."""
    if context.dormant:
        open_problems = [p for p in context.problems if _is_active(p, context)]
        listed = {name for problem in open_problems for name in _names(problem)}
        for found, resource in context.dormant:
            twin = not _names(resource).isdisjoint(listed)
            context.diagnoses.append(found._replace(dormant=False) if twin else found)


def _title(resource: Resource, title: str) -> str:
    """Name a diagnosis, and say if it is a tentative one."""
    tentative = sorted(_status(resource.get("verificationStatus")) & _TENTATIVE)
    tail = f" ({tentative[0]})" if tentative else ""
    title = _SEMANTIC_TAG.sub("", title)
    return shown(title)[: SHOWN_LENGTH - len(tail)] + tail


def _status(concept: object) -> set[str]:
    """List the codes of a status, in small letters; older records give a bare word."""
    found = {code.lower() for _, code in codings(concept)}
    return found or ({word(concept).lower()} if isinstance(concept, str) else set())


def _is_active(resource: Resource, context: Context) -> bool:
    """Tell whether a condition stands; without a status it does, unless it has abated (9.10)."""
    status = _status(resource.get("clinicalStatus")) - {""}
    if status:
        return not status & _HISTORY
    if has_time(resource, "abatement"):
        ended = time_of(resource, "abatement", context.zone)
        return ended is None or (ended.earliest or ended.latest) > context.now
    return not any(key.startswith("abatement") and resource[key] for key in resource)


def _recorded(resource: Resource, reference: str, context: Context) -> When | None:
    """Tell since when a condition is on record, else since when it is there."""
    recorded = resource.get("recordedDate")
    when = context.when(recorded) if recorded else None
    if recorded and when is None:
        context.skip(reference, "recordedDate is no date")
    return when or time_of(resource, "onset", context.zone)


def _is_old(recorded: When | None, categories: set[str], context: Context) -> bool:
    """Tell whether an encounter diagnosis is too old to stand for the present.

    Of an imprecise date the later reading counts: then the diagnosis still stands.
    """
    if _ENCOUNTER not in categories or _PROBLEM in categories or recorded is None:
        return False
    return _days(recorded.latest, context.now) > context.codes.encounter_max_age_days


def _days(then: datetime, now: datetime) -> int:
    """Count calendar days."""
    return (now.date() - then.date()).days


def _names(resource: Resource) -> set[tuple[str, str]]:
    """List all that names a condition, so that its twin can be found."""
    concept = resource.get("code")
    coded = {(word(c.get("system")), word(c.get("code"))) for c in coding_objects(concept)}
    return {pair for pair in coded if pair[1]} | {("", text.lower()) for text in texts(concept)[:1]}


def _levels(sites: object, context: Context) -> tuple[str, ...]:
    """Tell which vertebrae the body sites of a diagnosis name, by their codes, else their words."""
    if not sites:
        return ()
    coded = context.codes.vertebrae.levels_of(sites)
    if coded:
        return coded
    said = {level for text in texts(sites) for level in levels_said(text, site=True).levels}
    return in_order(frozenset(said))


def _severity(resource: Resource) -> str:
    """Tell how severe a condition is: the one word of three that the record uses, if only one."""
    if "severity" not in resource:
        return ""
    said = " ".join(texts(resource["severity"])).lower()
    words = {one for one in _SEVERITIES if one in said.split()}
    plain = len(words) == 1 and not _DENIED.intersection(said.split())
    return words.pop() if plain else ""

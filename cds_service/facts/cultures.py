"""Cultures: what grew, and where the specimen came from (codes.md 2.5)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cds_service.clinical.evidence import Resource
from cds_service.clinical.fact import Culture
from cds_service.facts.context import Context
from cds_service.facts.culture_words import CultureWords
from cds_service.facts.elements import obj, objs, shown, texts, word
from cds_service.facts.lab_codes import LabCode
from cds_service.facts.observed import Observed, effective

_VERDICTS = frozenset({"s", "i", "r", "susceptible", "intermediate", "resistant", "sensitive"})


@dataclass(frozen=True, slots=True)
class _Said:
    """What the values of a culture say: growth, and the words it was read from."""

    grown: bool | None
    words: str


def read_culture(code: LabCode, observed: Observed, context: Context) -> None:
    """Add a culture, read from its value, its members or its components."""
    holder, words = observed.holder, context.codes.culture_words
    own = _value(holder, words)
    said = own if own.words else _parts(holder, observed.resource, context)
    if code.code == "" and said.grown:
        said = _Said(None, said.words)
    everything = [said.words, *_remarks(holder), *_remarks(observed.resource)]
    culture = Culture(
        observed.when(context),
        observed.reference,
        shown(said.words),
        _site(code, observed.resource, context),
        said.grown,
        observed.final and code.code != "",
        words.is_contaminant(everything),
    )
    context.cultures.append(culture)


def read_culture_report(
    code: LabCode, resource: Resource, reference: str, context: Context, *, final: bool
) -> None:
    """Add a culture that only the conclusion of its report tells."""
    words = context.codes.culture_words
    said = " ".join([word(resource.get("conclusion")), *texts(resource.get("conclusionCode"))])
    if not said.strip():
        return
    culture = Culture(
        effective(resource, reference, context),
        reference,
        shown(said),
        _site(code, resource, context),
        words.grown(said) if code.code or not words.grown(said) else None,
        final and code.code != "",
        words.is_contaminant([said]),
    )
    context.cultures.append(culture)


def _value(holder: Resource, words: CultureWords) -> _Said:
    """Read the value of one observation: a coded organism, or words."""
    concept = holder.get("valueCodeableConcept")
    if isinstance(concept, dict):
        named = texts(concept)
        whole = "; ".join(named)
        grown = words.grown(whole)
        if grown is None and named and words.names_anything(whole):
            grown = named[0].lower() not in _VERDICTS or None
        return _Said(grown, named[0] if named else "")
    text = word(holder.get("valueString"))
    return _Said(words.grown(text), text)


def _parts(holder: Resource, resource: Resource, context: Context) -> _Said:
    """Read the members and components of a culture that has no value of its own."""
    members = [obj(context.resolve(link, resource)) for link in objs(holder.get("hasMember"))]
    found = [_value(part, context.codes.culture_words) for part in members]
    found += [_value(part, context.codes.culture_words) for part in objs(holder.get("component"))]
    return _joined(part for part in found if part.words)


def _joined(parts: Iterable[_Said]) -> _Said:
    """Join what several members say: one organism decides."""
    told = list(parts)
    for grown in (True, False, None):
        words = sorted({part.words for part in told if part.grown is grown})
        if words:
            return _Said(grown, "; ".join(words))
    return _Said(None, "")


def _remarks(resource: Resource) -> list[str]:
    """List what is remarked beside a value: notes and interpretations."""
    notes = [word(note.get("text")) for note in objs(resource.get("note"))]
    return notes + texts(resource.get("interpretation"))


def _site(code: LabCode, resource: Resource, context: Context) -> str:
    """Tell where the specimen is from: by the code, or by the words about the specimen."""
    if not code.specimens:
        return "blood"
    said = []
    for link in objs(resource.get("specimen")):
        specimen = obj(context.resolve(link, resource))
        said += texts(specimen.get("type"))
        said += texts(obj(specimen.get("collection")).get("bodySite"))
        said.append(word(link.get("display")))
    return context.codes.culture_words.site(said, code.specimens)

"""Results that say yes or no: pregnancy tests and the status of pregnancy (codes.md 2.8).

The words and codes that a value may be are a closed list; whatever else it says is unreadable. A
number is judged by the laboratory's own range, for codes.md and rules.md give no limit.
"""

from __future__ import annotations

import re
from typing import Final

from cds_service.clinical.evidence import Resource
from cds_service.clinical.fact import Finding
from cds_service.clinical.truth import Truth
from cds_service.facts.context import Context
from cds_service.facts.elements import codings, objs, shown, texts, word
from cds_service.facts.lab_codes import LabCode
from cds_service.facts.labs import normal_range, value_of
from cds_service.facts.observed import Observed
from cds_service.facts.quantities import Value

_TAIL: Final = re.compile(r"\s*(?:\((?:finding|qualifier value)\)|\*)$")
_OF_SOME: Final = re.compile(
    r"(?i)week|gestation|trimester|(?<!non)(?<!non[ -])(?<!not )pregnan|menopaus|\bmen\b"
)
"""Words of a range that is not for everybody: a week of pregnancy, the menopause, men."""

_POSSIBLE: Final = "possible"
_RANGES: Final = {Truth.YES: "positive", Truth.NO: "negative"}


def read_qualitative(code: LabCode, observed: Observed, context: Context) -> None:
    """Add one result; one that cannot be read says why, and still may be the newest (9.2).

    A test that is recognised by its name alone raises suspicion, and clears nothing.
    """
    holder = observed.holder
    said, words, trouble = _read(code, observed, context)
    if trouble == "no_value" and holder.get("hasMember"):
        return
    if not code.code and said:
        negative = said in ("negative", "not-pregnant")
        said, trouble = ("", "named_only") if negative else (_POSSIBLE, "")
    finding = Finding(
        code.fact.name,
        observed.when(context),
        observed.reference,
        words,
        said or None,
        trouble=trouble,
        final=observed.final,
    )
    context.findings.append(finding)


def _read(code: LabCode, observed: Observed, context: Context) -> tuple[str, str, str]:
    """Read what a result means, the words to show for it, and why it cannot be used."""
    holder = observed.holder
    if holder.get("dataAbsentReason"):
        return "", "", "absent_reason"
    concept, text = holder.get("valueCodeableConcept"), word(holder.get("valueString"))
    remarked = _meanings(code, holder.get("interpretation"), context)
    told = [*texts(concept), *([text] if text else [])] or [c for _, c in codings(concept)]
    meant = _meanings(code, concept, context) | _of_words(code, [text])
    value = Value()
    if code.fact.measured and not meant and not concept:
        value = value_of(holder, code, observed.reference, context)
        meant = _of_number(holder, value, code)
    words = shown(told[0]) if told else value.shown
    absent = not told and (value == Value() or value.trouble == "no_value")
    if absent:
        words = next(iter(texts(holder.get("interpretation"))), "")
    readable = absent or value.measured or meant
    every = meant | remarked if readable else frozenset[str]()
    if len(every) == 1:
        return next(iter(every)), words, ""
    if absent and not every:
        return "", words, "no_value"
    return "", words, value.trouble or ("undecided" if value.measured else "words")


def _meanings(code: LabCode, concept: object, context: Context) -> frozenset[str]:
    """List what the codes and words of a concept mean; two meanings contradict each other."""
    concepts = concept if isinstance(concept, list) else [concept]
    coded = {
        code.fact.coded[one]
        for part in concepts
        for system, one in context.codes.systems.pairs(part)
        if system == "snomed" and one in code.fact.coded
    }
    said = [*texts(concept), *(one for _, one in codings(concept))]
    return frozenset(coded) | _of_words(code, said)


def _of_words(code: LabCode, said: list[str]) -> frozenset[str]:
    """List what some whole texts mean."""
    plain = [_TAIL.sub("", " ".join(text.lower().split())).rstrip(".") for text in said]
    return frozenset(code.fact.said[text] for text in plain if text in code.fact.said)


def _of_number(holder: Resource, value: Value, code: LabCode) -> frozenset[str]:
    """Compare a number with the laboratory's own range, where that is one for everybody.

    A range with a lower end above zero is one of pregnancy itself.
    """
    ranges = objs(holder.get("referenceRange"))
    if value.measured is None or len(ranges) != 1:
        return frozenset()
    (only,) = ranges
    normal = normal_range(holder, value, code.units)
    special = only.get("appliesTo") or only.get("age") or _OF_SOME.search(word(only.get("text")))
    if special or normal is None or normal.high is None or (normal.low or 0) > 0:
        return frozenset()
    meant = _RANGES.get(value.measured.above(normal.high))
    return frozenset({meant} if meant else ())

"""Safe steps into unchecked FHIR resources: what has the wrong shape is not there."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

SHOWN_LENGTH: Final = 200
"""How much of a record's own words may be shown."""

_PLAIN_NUMBER: Final = re.compile(r"[+-]?\d{1,40}(\.\d{1,40})?([eE][+-]?\d{1,3})?", re.ASCII)
_MOST_DIGITS: Final = 30
_SMALL: Final = 1_000_000_000
_TINY: Final = 1e-9

NOTHING: Final[Mapping[str, Any]] = {}


def obj(value: object) -> Mapping[str, Any]:
    """Take a JSON object, or an empty one in place of anything else."""
    return value if isinstance(value, dict) else NOTHING


def objs(value: object) -> Sequence[Mapping[str, Any]]:
    """Take the objects of a JSON array; a lone object counts as an array of one."""
    if isinstance(value, list):
        return [entry for entry in value if isinstance(entry, dict)]
    return [value] if isinstance(value, dict) else []


def word(value: object) -> str:
    """Take a string without blanks around it, or an empty one in place of anything else."""
    return value.strip() if isinstance(value, str) else ""


def status_of(resource: Mapping[str, Any], name: str = "status") -> str:
    """Take a status code in small letters."""
    return word(resource.get(name)).lower()


def shown(value: object) -> str:
    """Take the record's own words, cut to the length that may be shown."""
    return " ".join(word(value).split())[:SHOWN_LENGTH]


def codings(concept: object) -> list[tuple[str, str]]:
    """List (system, code) of a CodeableConcept, a lone Coding, or a list of concepts."""
    found = []
    for coding in coding_objects(concept):
        code = coding.get("code")
        if isinstance(code, str):
            found.append((word(coding.get("system")), code.strip()))
    return found


def coding_objects(concept: object) -> Sequence[Mapping[str, Any]]:
    """List the Coding objects of a CodeableConcept, of a lone Coding, or of a list of them."""
    if isinstance(concept, dict):
        coding = concept.get("coding")
        if isinstance(coding, list):
            return [entry for entry in coding if isinstance(entry, dict)]
        if coding is not None:
            return objs(coding)
        return [concept] if "code" in concept else ()
    if isinstance(concept, list):
        return [coding for one in concept for coding in coding_objects(one)]
    return ()


def texts(concept: object) -> list[str]:
    """List the words of a concept or of a list of them: its text first, then the displays."""
    if isinstance(concept, list):
        return [text for one in concept for text in texts(one)]
    if not isinstance(concept, dict):
        return []
    said = [concept.get("text"), *(coding.get("display") for coding in coding_objects(concept))]
    stripped = [text.strip() for text in said if isinstance(text, str)]
    return [text for text in dict.fromkeys(stripped) if text]


def number(value: object) -> Decimal | None:
    """Take a finite number as exactly as it is written; a truth value is no number.

    A number beyond all that is measured in medicine counts as none: it could only do harm to
    the arithmetic.
    """
    if type(value) is float and _TINY < value < _SMALL:  # nearly every number is one of these two
        return Decimal(repr(value))
    if type(value) is int and -_SMALL < value < _SMALL:
        return Decimal(value)
    if isinstance(value, bool) or not isinstance(value, (int, float, str, Decimal)):
        return None
    if isinstance(value, str) and not _PLAIN_NUMBER.fullmatch(value.strip()):
        return None
    made = Decimal(repr(value) if isinstance(value, float) else value)
    return made if made.is_finite() and abs(made.adjusted()) <= _MOST_DIGITS else None

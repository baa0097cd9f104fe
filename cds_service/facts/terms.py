"""Concepts of terminologies: what one means is found out once for all records.

The same few hundred drugs and diagnoses fill most records. What is kept are codes with the words of
their terminology; nothing that somebody wrote for one patient.
"""

from __future__ import annotations

from typing import Any, Final

Term = tuple[Any, ...]
"""A concept as far as it can be kept: its text, then system, code and display of each coding."""

_MOST_TERMS: Final = 4096
_MOST_CODINGS: Final = 4
_LONGEST: Final = 300
"""How long system, code and display may be together, so that what is kept stays small."""


class Terms(dict[tuple[str, Term], Any]):
    """What terms mean to one reader or another; begins anew when it is full."""

    __slots__ = ()

    def keep(self, kind: str, term: Term, meaning: object) -> None:
        """Keep a meaning, for good or until there are too many."""
        if len(self) >= _MOST_TERMS:
            self.clear()
        self[kind, term] = meaning


def term_of(concept: object) -> Term | None:
    """Name a concept that is a few codings and no more; None where its text says anything else.

    Readers may look at system, code and display of a coding, and at the text, and nothing else.
    """
    if type(concept) is not dict:
        return None
    listed = concept.get("coding")
    if type(listed) is not list or not 0 < len(listed) <= _MOST_CODINGS:
        return None
    text = concept.get("text")
    found: list[Any] = [text]
    own = text is None
    for coding in listed:
        if type(coding) is not dict:
            return None
        system, code = coding.get("system", ""), coding.get("code")
        display = coding.get("display", "")
        if not (type(system) is type(code) is type(display) is str):
            return None
        if len(system) + len(code) + len(display) > _LONGEST:
            return None
        found += (system, code, display)
        own = own or text == display
    return tuple(found) if own else None

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
_LONGEST: Final = 255
"""How long a system, code or display may be, so that what is kept stays small."""


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
    found = [text]
    own = text is None
    for coding in listed:
        if type(coding) is not dict:
            return None
        display = coding.get("display")
        for part in (coding.get("system"), coding.get("code"), display):
            if part is not None and (type(part) is not str or len(part) > _LONGEST):
                return None
            found.append(part)
        own = own or text == display
    return tuple(found) if own else None

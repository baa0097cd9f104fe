"""What the text of an imaging report says: statements with their words, and what was not taken."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple

from cds_service.clinical.answer import Proof
from cds_service.clinical.when import When

REPORT: Final = "report"
"""The name of a report as a proof: of what may stand in one that could not be read."""

NO_REPORT: Final = "no_report"
"""What is the matter with images of which nothing on record tells what they show."""

SILENT: Final = "silent_report"
"""What is the matter with images whose report says nothing that could be understood."""


class Quote(NamedTuple):
    """The words of a report, with their place in its text (`text[start:end]`) and its section."""

    words: str
    start: int = 0
    end: int = 0
    section: str = ""


class Status(StrEnum):
    """How a statement of a report is meant."""

    PRESENT = "present"
    ABSENT = "absent"
    SUSPECTED = "suspected"
    INDETERMINATE = "indeterminate"


class Told(NamedTuple):
    """One statement about one finding of one level (empty: the report names none).

    `finding` is a code of codes.md 3.3, or one of the four that only a text has. `value` is a
    number, its range, a code or None. `disputed` marks what the same report also denies. `covers`
    are the levels that one without a level means, None where it speaks of the whole examination.
    """

    finding: str
    level: str
    status: Status
    value: float | tuple[float, float] | str | None
    quote: Quote
    disputed: bool = False
    covers: frozenset[str] | None = None


class Sentence(NamedTuple):
    """One sentence as it was read: its words, what was read from them, or why nothing was."""

    quote: Quote
    found: tuple[str, ...] = ()
    why_not: str = ""


class ReadReport(NamedTuple):
    """One imaging report and what its text says.

    `covers` are the levels that the examination shows, None where nothing tells; one that is not
    `of_spine` shows them by chance. `trouble` is why the text, or a part of it, could not be read:
    then what is not said in the rest proves nothing. `limited` is no full review of the canal, and
    `poor` one whose images are said to be too poor to exclude much.
    """

    reference: str
    title: str
    when: When | None
    modality: str = ""
    covers: frozenset[str] | None = None
    final: bool = True
    of_spine: bool = True
    limited: bool = False
    told: tuple[Told, ...] = ()
    sentences: tuple[Sentence, ...] = ()
    trouble: str = ""
    poor: bool = False

    def proof(self) -> Proof:
        """Show the report on a card, by its title."""
        return Proof(REPORT, self.title, self.when.text if self.when else "", self.reference)

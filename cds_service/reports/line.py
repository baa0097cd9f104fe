"""One sentence of a report with all that its readers ask for: words, clauses, levels, quote."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from cds_service.reports.layout import Sentence, clauses
from cds_service.reports.phrases import Phrases, Target
from cds_service.reports.places import Place, Places
from cds_service.reports.scope import Meaning, meaning
from cds_service.reports.spots import Spots
from cds_service.reports.statement import Statement

Span = tuple[int, int]

FLUID: Final = "fluid-sensitive-sequence"
AUGMENTED: Final = "augmented"
FRACTURE: Final = "vertebral-fracture"
ACUITY: Final = "fracture-acuity"
STENOSIS: Final = "canal-stenosis-grade"
PROGRESS: Final = "progressive-height-loss"
PEDICLE: Final = "pedicle-involvement"
TUMOR_BEHIND: Final = "epidural-tumor"
EDEMA: Final = "marrow-edema"
UPTAKE: Final = "bone-scan-uptake"


@dataclass(slots=True)
class Line:
    """A sentence of a folded text: `start` to `end`, and `original` with its first place there.

    `last` is the finding that the sentence before named last, `nuclear` tells of a bone scan.
    """

    sentence: Sentence
    original: str
    origin: int
    lists: Phrases
    places: Places
    spots: Spots
    nuclear: bool
    last: Target | None
    text: str = field(init=False)
    start: int = field(init=False)
    end: int = field(init=False)
    clauses: list[Span] = field(init=False)

    def __post_init__(self) -> None:
        """Split the sentence into clauses."""
        self.text = self.spots.text
        self.start, self.end = self.sentence.start, self.sentence.end
        self.clauses = clauses(self.text, self.start, self.end)

    @property
    def whole(self) -> Span:
        """Give the place of the sentence."""
        return self.start, self.end

    def clause_of(self, at: int) -> Span:
        """Give the clause that a place lies in."""
        return next((one for one in self.clauses if one[0] <= at < one[1]), self.whole)

    def before(self, at: int, width: int, first: int | None = None) -> str:
        """Give so many characters before a place, of the sentence or from `first` on."""
        return self.text[max(self.start if first is None else first, at - width) : at]

    def after(self, at: int, width: int) -> str:
        """Give so many characters of the sentence after a place."""
        return self.text[at : min(self.end, at + width)]

    def meant(self, clause: Span, span: Span) -> Meaning:
        """Tell how the words at a place are meant."""
        return meaning(self.spots, clause, span, self.lists.values["hedged_answer"])

    def said_of(self, clause: Span, span: Span, target: Target, said: Meaning) -> list[Place]:
        """Tell the places of what the words at a place state."""
        return self.places.of(self.spots, clause, span, target, said)

    def made(
        self, finding: str, place: Place, said: Meaning, value: Any = None, unit: str = ""
    ) -> Statement:
        """Make one statement with the sentence as quote."""
        quote = self.original.strip()
        start = self.origin + len(self.original) - len(self.original.lstrip())
        many = self.spots.first("many", self.start, self.end)
        return Statement(
            finding, place.level, said, value, unit if value is not None else "", quote,
            start, start + len(quote), self.sentence.section, rest=place.rest,
            many=bool(many),
        )  # fmt: skip

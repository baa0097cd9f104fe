"""One sentence of a report with all that its readers ask for: words, clauses, levels, quote."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from cds_service.reports.budget import Budget
from cds_service.reports.layout import Sentence, clauses
from cds_service.reports.phrases import Phrases, Target
from cds_service.reports.places import Place, Places
from cds_service.reports.scope import Meaning, meaning
from cds_service.reports.spots import Text
from cds_service.reports.statement import Statement

Span = tuple[int, int]

FLUID: Final = "fluid-sensitive-sequence"
AUGMENTED: Final = "augmented"
FRACTURE: Final = "vertebral-fracture"
ACUITY: Final = "fracture-acuity"
STENOSIS: Final = "canal-stenosis-grade"
PROGRESS: Final = "progressive-height-loss"
CORD: Final = "cord-compression"
WALL: Final = "posterior-wall-disruption"
PEDICLE: Final = "pedicle-involvement"
TUMOR_BEHIND: Final = "epidural-tumor"
RETROPULSION: Final = "retropulsion"
CANAL: Final = "retropulsion-canal-compromise"
EDEMA: Final = "marrow-edema"
MATRIX: Final = "lesion-matrix"
INFECTION: Final = "discitis-osteomyelitis-suspected"
MALIGNANCY: Final = "malignancy-suspected"
INSTABILITY: Final = "spinal-instability"
UPTAKE: Final = "bone-scan-uptake"

_MEANING: Final = 3
_PLACES: Final = 3
_BACK: Final = 160
_WIDE: Final = 50
"""Steps that these take, about, and characters of a clause that are searched in one."""


@dataclass(slots=True)
class Report:
    """What is known of a report while its sentences are read, one after another.

    `nuclear` tells of a bone scan, `coarse` of a CT or radiographs and no MRI, `last` is the
    finding that was named last, `fractured` tells that a fracture was named, `denying` that a line
    before says that its list is not there, `topic` is the part of the vertebrae that a line is
    about whose name stands at its head ("Pedicles:"), `listing` tells that the sentence before told
    several things of a vertebra named at its head, `scored` that a score of stability is named
    anywhere.
    """

    text: Text
    lists: Phrases
    places: Places
    nuclear: bool
    coarse: bool
    budget: Budget = field(default_factory=Budget)
    last: Target | None = None
    fractured: bool = False
    denying: bool = False
    topic: str = ""
    listing: bool = False
    scored: bool = False


class Line:
    """A sentence of a report: from `start` to `end`, and `original` with its first place there."""

    __slots__ = (
        "clauses", "end", "lists", "origin", "original", "places", "quoted", "report", "section",
        "spots", "start", "text", "whole",
    )  # fmt: skip

    def __init__(self, report: Report, sentence: Sentence, original: str, origin: int) -> None:
        """Look for its words, and split it into clauses."""
        self.report, self.lists, self.places = report, report.lists, report.places
        self.original, self.origin = original, origin
        self.section = sentence.section
        self.quoted: tuple[str, int, int, bool] | None = None
        self.start, self.end = self.whole = sentence.start, sentence.end
        self.text = report.text.text
        self.spots = report.text.spots(self.start, self.end)
        self.clauses = clauses(self.text, self.start, self.end)

    def clause_of(self, at: int) -> Span:
        """Give the clause that a place lies in."""
        return next((one for one in self.clauses if one[0] <= at < one[1]), self.whole)

    def names_a_level(self, clause: Span, other: Span) -> bool:
        """Tell whether a clause that is not the other one names a level."""
        return clause != other and any(
            clause[0] <= one.start < clause[1] for one in self.places.mentions
        )

    def before(self, at: int, width: int, first: int | None = None) -> str:
        """Give so many characters before a place, of the sentence or from `first` on."""
        low = self.start if first is None else first
        if at - low > width:
            low = at - width
        return self.text[low:at]

    def sentence_before(self) -> Span:
        """Give the place of the sentence before, or of so much of it as stands near."""
        first = self.start - _BACK if self.start > _BACK else 0
        back = self.text[first : self.start].rstrip(" \r\n.;")
        return first + max(back.rfind(end) for end in ".;\n") + 1, self.start

    def after(self, at: int, width: int) -> str:
        """Give so many characters of the sentence after a place."""
        return self.text[at : self.end][:width]

    def meant(self, clause: Span, span: Span) -> Meaning:
        """Tell how the words at a place are meant."""
        self.report.budget.spend(_MEANING + (clause[1] - clause[0]) // _WIDE)
        return meaning(self.spots, clause, span, self.lists.values["hedged_answer"])

    def said_of(self, clause: Span, span: Span, target: Target, said: Meaning) -> list[Place]:
        """Tell the places of what the words at a place state."""
        self.report.budget.spend(_PLACES)
        return self.places.of(self.spots, clause, span, target, said)

    def made(
        self, finding: str, place: Place, said: Meaning, value: Any = None, unit: str = ""
    ) -> Statement:
        """Make one statement with the sentence as quote."""
        self.report.budget.spend(1)
        quote, start, end, many = self.quoted or self._quote()
        return Statement(
            finding, place.level, said, value, unit if value is not None else "", quote,
            start, end, self.section, rest=place.rest, many=many,
        )  # fmt: skip

    def _quote(self) -> tuple[str, int, int, bool]:
        """Give the sentence as a quote with its place, and whether it is about many vertebrae."""
        quote = self.original.strip()
        start = self.origin + len(self.original) - len(self.original.lstrip())
        many = self.spots.first("many", self.start, self.end) is not None
        self.quoted = quote, start, start + len(quote), many
        return self.quoted

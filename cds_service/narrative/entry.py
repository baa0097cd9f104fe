"""One report on its way from a candidate to a text."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Final

from cds_service.clinical.report_text import Part, Place, ReportText, Trouble
from cds_service.clinical.when import When
from cds_service.narrative.candidates import APPENDED, Candidate
from cds_service.narrative.exam import Exam, Region
from cds_service.narrative.pieces import ADDENDUM, Piece, Pieces

LONGEST: Final = 20_000
"""How many characters of a report are read (performance.md 5.11)."""

_HEADED: Final = re.compile(
    r"(?im)^[\s*]{0,20}(?:findings?|impression|conclusions?|opinion|technique|indication|history"
    r"|comparison|addendum|recommendations?|exam(?:ination)?)\s*[:\-]"
)


@dataclass(slots=True)
class Entry:
    """A report with its pieces; grows when another resource turns out to say the same."""

    candidate: Candidate
    exam: Exam
    said: list[Piece]
    trouble: Trouble | None
    final: bool
    others: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, candidate: Candidate, exam: Exam, pieces: Pieces) -> Entry:
        """Begin with what one resource says."""
        final = candidate.final and pieces.final
        return cls(candidate, exam, pieces.said, pieces.trouble, final)

    @property
    def words(self) -> str:
        """Give all that is said, in a form to compare with others."""
        return "".join(piece.plain for piece in self.said)

    @property
    def is_addendum(self) -> bool:
        """Tell whether this only adds to another report."""
        return self.candidate.status == APPENDED

    def take_over(self, other: Entry, *, header: str = "") -> None:
        """Say what another resource says as well; what is known already is not said twice."""
        self.others += [other.candidate.reference, *other.others]
        self.trouble = self.trouble or other.trouble
        for piece in other.said:
            if any(piece.plain in known.plain for known in self.said):
                continue
            kept = [old for old in self.said if old.plain not in piece.plain]
            self.said = [*kept, replace(piece, header=header or piece.header)]
        covers = [exam.covers for exam in (self.exam, other.exam) if exam.covers is not None]
        self.exam = self.exam._replace(
            region=min(self.exam.region, other.exam.region),
            modality=self.exam.modality or other.exam.modality,
            title=self.exam.title or other.exam.title,
            covers=frozenset().union(*covers) if covers else None,
        )

    def finished(self) -> ReportText:
        """Write the text, with the place of each piece in it."""
        whole, parts = _joined(self.said)
        text = cut(whole)
        lost = Trouble.TOO_LARGE if whole and not text else None
        return ReportText(
            self.candidate.reference,
            self.when,
            self.candidate.status,
            self.final,
            self.exam.modality,
            self.exam.title,
            self.exam.covers,
            text,
            tuple(part for part in parts if part.start < len(text)),
            self.trouble or lost,
            len(text) < len(whole),
            self.exam.region in {Region.SPINE, Region.DENSITY},
            tuple(dict.fromkeys(self.others)),
        )

    @property
    def when(self) -> When | None:
        """Tell when the images were taken."""
        return self.candidate.when


def cut(text: str) -> str:
    """Cut a text that is too long at the end of a sentence: half of one may say the opposite."""
    if len(text) <= LONGEST:
        return text
    ends = (text.rfind(end, 0, LONGEST) for end in (". ", ".\n", "\n\n"))
    return text[: max(ends) + 1]


def unread(candidate: Candidate, exam: Exam, trouble: Trouble) -> ReportText:
    """Name a report that was not read, and why."""
    return ReportText(
        candidate.reference,
        candidate.when,
        candidate.status,
        candidate.final,
        exam.modality,
        exam.title,
        exam.covers,
        trouble=trouble,
        of_spine=exam.region is not Region.ELSEWHERE,
    )


def _joined(said: list[Piece]) -> tuple[str, list[Part]]:
    """Join pieces to one text: whole reports, then sections under their headers, addenda last."""
    ordered = sorted(said, key=_order)
    text, parts = "", []
    for piece in ordered:
        start = len(text) + 2 if text else 0
        needs = piece.header and (len(said) > 1 or piece.place is not Place.CONCLUSION)
        if needs and not _HEADED.match(piece.text):
            words = f"{piece.header}:\n{piece.text}"
        else:
            words = piece.text
        text = f"{text}\n\n{words}" if text else words
        parts.append(Part(piece.place, piece.content_type, start, len(text)))
    return text, parts


def _order(piece: Piece) -> bool:
    """Put addenda last."""
    return piece.header == ADDENDUM

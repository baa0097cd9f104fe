"""One statement of a report about one finding of one level."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cds_service.reports.scope import Meaning


@dataclass(frozen=True, slots=True)
class Statement:
    """A finding with its level (empty: the report names none), its meaning and its words.

    `value` is a number, a range, a code or None; `start` and `end` place `quote` in the text of the
    report. `rest` marks a statement about all levels that were not named ("no other fracture"),
    `many` one about a number of vertebrae that it does not name ("multilevel metastases").
    """

    finding: str
    level: str
    status: Meaning
    value: Any
    unit: str
    quote: str
    start: int
    end: int
    section: str
    rest: bool = False
    many: bool = False

    def plain(self) -> dict[str, Any]:
        """Write it for JSON."""
        return {
            "finding": self.finding,
            "level": self.level or None,
            "status": str(self.status),
            "value": self.value,
            "unit": self.unit or None,
            "quote": self.quote,
            "start": self.start,
            "end": self.end,
            "section": self.section or None,
        }

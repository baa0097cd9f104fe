"""The case that cards are written for: the orders, the patient, and the words for both."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from cds_service.cards.markdown import plain
from cds_service.cards.wording import Wording
from cds_service.clinical.chart import Chart
from cds_service.clinical.order import HookRequest
from cds_service.clinical.procedure import Procedure

SEVERAL: Final = 4
"""How many levels a summary names before it says how many there are."""


@dataclass(frozen=True, slots=True)
class Case:
    """One request about one procedure, with what its chart holds."""

    request: HookRequest
    procedure: Procedure
    chart: Chart
    summary_words: Wording = field(init=False, repr=False)
    detail_words: Wording = field(init=False, repr=False)
    _order: dict[str, str] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Take the words for plain text and those for markdown."""
        object.__setattr__(self, "summary_words", Wording.for_summary(self.procedure.phrases))
        object.__setattr__(self, "detail_words", Wording.for_detail(self.procedure.phrases))

    @property
    def levels(self) -> str:
        """List the target levels of the selected orders; empty where they name none."""
        return ", ".join(self.chart.targets)

    def order_words(self, level: str = "") -> str:
        """Name the order in our words: its kind, and its levels or the one in question."""
        level = level if level in self.chart.targets else ""
        if level not in self._order:
            self._order[level] = self._order_words(level)
        return self._order[level]

    def _order_words(self, level: str) -> str:
        """Put the words for the order together."""
        kinds = dict.fromkeys(order.label.partition(",")[0] for order in self.chart.selected)
        kind = next(iter(kinds)) if len(kinds) == 1 else self.procedure.title
        levels = (level,) if level else self.chart.targets
        where = f"{len(levels)} levels" if len(levels) > SEVERAL else ", ".join(levels)
        words = plain(f"{kind} {where}")
        return words[:1].upper() + words[1:]

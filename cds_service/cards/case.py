"""The case that cards are written for: the orders, the patient, and the words for both."""

from __future__ import annotations

from dataclasses import dataclass
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

    @property
    def summary_words(self) -> Wording:
        """Words for plain text."""
        return Wording.for_summary(self.procedure.phrases)

    @property
    def detail_words(self) -> Wording:
        """Words for markdown."""
        return Wording.for_detail(self.procedure.phrases)

    @property
    def levels(self) -> str:
        """List the target levels of the selected orders; empty where they name none."""
        return ", ".join(self.chart.targets)

    def order_words(self, level: str = "") -> str:
        """Name the order in our words: its kind, and its levels or the one in question."""
        kinds = dict.fromkeys(order.label.partition(",")[0] for order in self.chart.selected)
        kind = next(iter(kinds)) if len(kinds) == 1 else self.procedure.title
        levels = (level,) if level in self.chart.targets else self.chart.targets
        where = f"{len(levels)} levels" if len(levels) > SEVERAL else ", ".join(levels)
        words = plain(f"{kind} {where}")
        return words[:1].upper() + words[1:]

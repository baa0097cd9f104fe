"""What was read from a report, in the terms of the chart."""

from __future__ import annotations

from cds_service.clinical.report import Quote, Sentence, Status, Told
from cds_service.reports.budget import Budget
from cds_service.reports.read import Read, read_text
from cds_service.reports.statement import Statement


def tell(text: str, budget: Budget) -> tuple[tuple[Told, ...], tuple[Sentence, ...], bool]:
    """Read the text of one report: what it states, and how each of its sentences was read.

    The last part tells whether there were steps enough to read the whole of it.
    """
    reading = read_text(text, budget)
    disputed = {(one.finding, one.level) for one in reading.conflicts}
    told = tuple([_told(one, disputed) for one in reading.findings])
    return told, tuple([_sentence(one) for one in reading.sentences]), reading.whole


def _told(one: Statement, disputed: set[tuple[str, str]]) -> Told:
    """Take over one statement."""
    value = tuple(one.value) if isinstance(one.value, list | tuple) else one.value
    quote = Quote(one.quote, one.start, one.end, one.section)
    status = Status(one.status.value)
    return Told(one.finding, one.level, status, value, quote, (one.finding, one.level) in disputed)


def _sentence(read: Read) -> Sentence:
    """Take over how one sentence was read."""
    found = [
        " ".join(part for part in (one.finding, one.level, one.status.value, _value(one)) if part)
        for one in read.statements
    ]
    return Sentence(
        Quote(read.text, read.start, read.end, read.section), tuple(found), read.why_not
    )


def _value(one: Statement) -> str:
    """Write a value with its unit."""
    if one.value is None:
        return ""
    said = "–".join(map(str, one.value)) if isinstance(one.value, list | tuple) else str(one.value)
    return f"{said} {one.unit}".strip()

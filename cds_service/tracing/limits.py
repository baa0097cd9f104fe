"""The limits of a card file, one line each, with the source that stands behind it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from cds_service.clinical.hold import Hold
from cds_service.clinical.procedure import Paper
from cds_service.clinical.quantity import UNIT_WORDS, Quantity
from cds_service.clinical.statement import Statement
from cds_service.clinical.when import Window

_CHOOSES = ("route", "intent", "clearance_from", "clearance_below", "needs")


@dataclass(frozen=True, slots=True)
class LimitLine:
    """One limit: its name in the card file, its value with its unit, and where it comes from."""

    name: str
    value: str
    unit: str
    source: str
    label: str
    where: str


def limit_lines(statement: Statement, papers: Mapping[str, Paper]) -> tuple[LimitLine, ...]:
    """List every number of a rule; one without a source has an empty one."""
    lines = []
    for name, value, unit in _walk(statement.limits, ""):
        cited = statement.limit_sources.get(name)
        source = cited.source if cited else ""
        label = papers[source].label if source in papers else source
        lines.append(LimitLine(name, value, unit, source, label, cited.where if cited else ""))
    return tuple(lines)


def _walk(limits: Any, before: str) -> Iterator[tuple[str, str, str]]:
    """Go through all limits under the names by which their sources are kept."""
    for field in fields(limits):
        name, value = before + field.name, getattr(limits, field.name)
        if value is None:
            yield name, "off until a site sets it", ""
        elif isinstance(value, Quantity):
            yield name, str(value.value), UNIT_WORDS.get(value.unit, value.unit)
        elif isinstance(value, Window):
            yield name, *_length(value)
        elif is_dataclass(value):
            yield from _walk(value, f"{name}.")
        elif value and isinstance(value[0], Hold):
            for index, hold in enumerate(value):
                yield f"{name}[{index}]", _hold(hold), ""
        else:
            yield name, ", ".join(value), ""


def _length(window: Window) -> tuple[str, str]:
    """Say a length of time."""
    return (str(window.days), "days") if window.days else (str(window.hours), "hours")


def _hold(hold: Hold) -> str:
    """Say one row of the table of holds, with what it is meant for."""
    given = [(key.replace("_", " "), getattr(hold, key)) for key in _CHOOSES]
    marks = ", ".join(f"{key} {value}" for key, value in given if value not in (None, ""))
    return f"{hold.agent}: {hold}{f' ({marks})' if marks else ''}"

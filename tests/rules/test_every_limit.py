"""Each number of a card file is tested just below, at and just above itself.

The tests of a rule are run here while every chart that they put to it is written down. Then the
same charts are put to the rule with one number moved by its smallest step, up and down. Where no
answer changes, no test stands beside that number on that side.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator
from dataclasses import fields, replace
from decimal import Decimal
from functools import cache
from itertools import product
from typing import Any, Final

import pytest

from cds_service.catalog import load_catalog
from cds_service.clinical.answer import Answer
from cds_service.clinical.chart import Chart
from cds_service.clinical.quantity import Quantity
from cds_service.clinical.rule import Rule
from cds_service.clinical.when import Window
from cds_service.settings import load_settings

CHECKS: Final = {
    check.name: check for check in load_catalog(load_settings({})).procedures[0].checks
}
Asked = tuple[Chart, Any]


def numbers(limits: Any) -> Iterator[tuple[str, Quantity | Window]]:
    """Find every number of the limits of a rule; a group belongs to the card that it is from."""
    for field in fields(limits):
        number = getattr(limits, field.name)
        if isinstance(number, Quantity | Window):
            yield field.name, number


def size(number: Quantity | Window | None) -> object:
    """Take a number without its unit, which tests may leave out."""
    return number.value if isinstance(number, Quantity) else number


def beside(limit: str, number: Quantity | Window, step: int) -> Quantity | Window:
    """Move a number by its last decimal, a window by one day or hour, a precision by a decimal."""
    if isinstance(number, Quantity):
        if limit == "compared_at":
            return replace(number, value=number.value.scaleb(step))
        least = Decimal(1).scaleb(min(0, int(number.value.as_tuple().exponent)))
        return replace(number, value=number.value + step * least)
    if number.hours:
        return Window(hours=number.hours + step)
    return Window(days=number.days + step)


def outcome(answer: Answer) -> tuple[object, ...]:
    """Take what a number decides; not the words, which repeat it."""
    levels = tuple((level, one.truth, one.reason) for level, one in answer.levels)
    return answer.truth, answer.reason, answer.tier, frozenset(answer.notes), levels


@cache
def charts(name: str) -> tuple[Asked, ...]:
    """Run the tests of a rule and write down what they ask it."""
    rule: Rule = CHECKS[name].rule
    asked: list[Asked] = []
    ask = rule.ask

    def listen(chart: Chart, limits: Any) -> Answer:
        asked.append((chart, limits))
        return ask(chart, limits)

    module = importlib.import_module(f"tests.rules.test_{name}")
    object.__setattr__(rule, "ask", listen)
    try:
        for test in vars(module).copy().values():
            if inspect.isfunction(test) and test.__name__.startswith("test_"):
                for given in _parameters(test):
                    test(**given)
    finally:
        object.__setattr__(rule, "ask", ask)
    return tuple(asked)


def _parameters(test: Any) -> Iterator[dict[str, Any]]:
    """Give each set of arguments that pytest would call a test with; none for other fixtures."""
    tables: list[list[dict[str, Any]]] = []
    for mark in getattr(test, "pytestmark", ()):
        names, rows = mark.args
        names = [one.strip() for one in names.split(",")] if isinstance(names, str) else names
        rows = [getattr(row, "values", row) if _is_set(row) else row for row in rows]
        several = len(names) > 1 or any(_is_set(row) for row in mark.args[1])
        tables.append([dict(zip(names, row if several else (row,), strict=True)) for row in rows])
    for chosen in product(*tables):
        given = {name: value for one in chosen for name, value in one.items()}
        lacking = set(inspect.signature(test).parameters) - set(given)
        if "procedure" in lacking:
            given["procedure"] = load_catalog(load_settings({})).procedures[0]
        if lacking <= {"procedure"}:
            yield given


def _is_set(row: Any) -> bool:
    """Tell a `pytest.param` from a plain row."""
    return type(row).__name__ == "ParameterSet"


IDLE: Final = {
    ("anesthesia_plan", "opioid_from"): "no source gives factors by which a dose could be counted",
}
"""Numbers that are shown but that nothing can be compared with yet, and why."""
EVERY: Final = [
    pytest.param(name, limit, step, id=f"{name} {limit} {step:+}")
    for name, check in CHECKS.items()
    for limit, _ in numbers(check.statement.limits)
    if (name, limit) not in IDLE
    for step in (-1, 1)
]


@pytest.mark.parametrize(("name", "limit", "step"), EVERY)
def test_a_chart_stands_on_each_side_of_every_number(name: str, limit: str, step: int) -> None:
    rule, number = CHECKS[name].rule, getattr(CHECKS[name].statement.limits, limit)
    same = [(c, asked) for c, asked in charts(name) if size(getattr(asked, limit)) == size(number)]
    assert same, f"no test asks with the number of the card file: {number}"
    moved = beside(limit, number, step)
    if any(
        outcome(rule.ask(chart, asked))
        != outcome(rule.ask(chart, replace(asked, **{limit: moved})))
        for chart, asked in same
    ):
        return
    pytest.fail(f"no test notices {moved} in place of {number}", pytrace=False)

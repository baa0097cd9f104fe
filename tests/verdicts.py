"""Tables of cases for rules, and answers in one word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from cds_service.clinical.answer import Answer
from cds_service.clinical.rule import Rule
from cds_service.clinical.truth import Truth
from tests.charts import UNANSWERED, Some, chart_of

Table = Mapping[str, tuple[str, Sequence[Some]]]


def verdict(answer: Answer) -> str:
    """Say an answer in one word, an unknown one with its reason; an unknown must say what lacks."""
    if answer.truth is not Truth.UNKNOWN:
        return str(answer.truth)
    assert answer.missing, "an unknown answer names nothing that lacks"
    return f"unknown({answer.reason})"


def ask(rule: Rule, limits: Any, facts: Sequence[Some], **chart: Any) -> str:
    """Ask a rule about some facts."""
    return verdict(rule.ask(chart_of(*facts, **chart), limits))


def cases(*tables: Table) -> pytest.MarkDecorator:
    """Turn tables of expected answers and facts into parameters, named by their keys."""
    rows = [(name, *row) for table in tables for name, row in table.items()]
    return pytest.mark.parametrize(
        ("expected", "facts"), [row[1:] for row in rows], ids=[row[0] for row in rows]
    )


def unanswered(*queries: str) -> pytest.MarkDecorator:
    """Give each query in each state that proves no absence."""
    states = [{query: state} for query in queries for state in UNANSWERED]
    names = [f"{query} {state}" for query in queries for state in UNANSWERED]
    return pytest.mark.parametrize("states", states, ids=names)

"""The labelled reports: how well they are read must not fall (fhir_fixtures/reports/README.md)."""

from __future__ import annotations

from typing import Final

import pytest

from cds_service.reports.read import read_text
from tests.score import GRAVE, Score, cases, score, table

FLOORS: Final = {
    "dev": {"precision": 0.97, "recall": 0.95, "levels": 0.99, "values": 0.99},
    "held_out": {"precision": 0.975, "recall": 0.97, "levels": 0.985, "values": 0.985},
    "fresh": {"precision": 0.975, "recall": 0.95, "levels": 0.995, "values": 0.98},
    "third": {"precision": 0.975, "recall": 0.945, "levels": 0.995, "values": 0.985},
    "fourth": {"precision": 0.98, "recall": 0.975, "levels": 0.99, "values": 0.99},
    "sealed": {"precision": 0.965, "recall": 0.94, "levels": 0.985, "values": 0.96},
    "fifth": {"precision": 0.995, "recall": 0.985, "levels": 0.995, "values": 0.99},
    "sixth": {"precision": 0.965, "recall": 0.955, "levels": 0.995, "values": 0.96},
    "seventh": {"precision": 0.93, "recall": 0.94, "levels": 0.995, "values": 0.98},
    "eighth": {"precision": 0.975, "recall": 0.955, "levels": 0.985, "values": 0.975},
    "tenth": {"precision": 0.97, "recall": 0.94, "levels": 0.98, "values": 0.985},
    "twelfth": {"precision": 0.955, "recall": 0.945, "levels": 0.995, "values": 0.99},
    "thirteenth": {"precision": 0.945, "recall": 0.93, "levels": 0.995, "values": 0.975},
    "eleventh": {"precision": 0.97, "recall": 0.945, "levels": 0.995, "values": 0.98},
    "fourteenth": {"precision": 0.945, "recall": 0.91, "levels": 0.975, "values": 0.985},
    "fifteenth": {"precision": 0.93, "recall": 0.9, "levels": 0.98, "values": 0.985},
    "snippets": {"precision": 0.96, "recall": 0.91, "levels": 0.98, "values": 0.99},
    "ninth": {"precision": 0.93, "recall": 0.915, "levels": 0.975, "values": 0.965},
}
MOST_COSTLY: Final = {
    "dev": 1,
    "held_out": 1,
    "fresh": 1,
    "third": 0,
    "fourth": 0,
    "sealed": 1,
    "fifth": 0,
    "sixth": 0,
    "seventh": 1,
    "eighth": 1,
    "tenth": 2,
    "twelfth": 1,
    "thirteenth": 1,
    "eleventh": 0,
    "fourteenth": 1,
    "fifteenth": 2,
    "snippets": 6,
    "ninth": 5,
}
MOST_GRAVE: Final = {
    "dev": 0,
    "held_out": 0,
    "fresh": 0,
    "third": 0,
    "fourth": 0,
    "sealed": 0,
    "fifth": 0,
    "sixth": 0,
    "seventh": 0,
    "eighth": 0,
    "tenth": 2,
    "twelfth": 0,
    "thirteenth": 0,
    "eleventh": 0,
    "fourteenth": 0,
    "fifteenth": 1,
    "snippets": 1,
    "ninth": 0,
}
FILES: Final = tuple(FLOORS)


@pytest.fixture(scope="module", params=FILES)
def scored(request: pytest.FixtureRequest) -> tuple[str, Score]:
    """Score one file."""
    return request.param, score(cases(request.param))


def test_precision_and_recall_keep_their_floors(scored: tuple[str, Score]) -> None:
    name, result = scored
    floor = FLOORS[name]
    assert result.total.precision >= floor["precision"]
    assert result.total.recall >= floor["recall"]
    assert result.levels.precision >= floor["levels"]
    assert result.values.precision >= floor["values"]


def test_absences_are_not_read_as_presences(scored: tuple[str, Score]) -> None:
    name, result = scored
    assert len(result.costly) <= MOST_COSTLY[name]
    assert len(result.costly_of(GRAVE)) <= MOST_GRAVE[name]


def test_the_table_names_every_finding(scored: tuple[str, Score]) -> None:
    name, result = scored
    written = table(name, result)
    assert all(finding in written for finding in result.strict)


@pytest.mark.parametrize("name", FILES)
def test_each_quote_stands_where_it_says(name: str) -> None:
    for case in cases(name):
        for one in read_text(case["text"]).findings:
            assert case["text"][one.start : one.end] == one.quote

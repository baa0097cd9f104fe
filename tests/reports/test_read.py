"""Whole reports: sections, tables, addenda, conflicts, markup, and texts that are no report."""

from __future__ import annotations

import time

import pytest

from cds_service.reports.read import LONGEST, read_text
from tests.reports.test_sentences import read


def test_indication_and_recommendation_are_no_findings() -> None:
    text = (
        "INDICATION: Cord compression? Known L1 fracture.\n\n"
        "FINDINGS: L3 compression fracture.\n\n"
        "RECOMMENDATION: MRI to exclude discitis at L2."
    )
    assert read(text) == ["vertebral-fracture L3 present"]


def test_why_a_sentence_was_not_taken_is_told() -> None:
    reading = read_text("HISTORY: Old L1 fracture.\n\nFINDINGS: Normal alignment.")
    assert [one.why_not for one in reading.sentences] == ["section indication", ""]


def test_findings_and_impression_that_disagree_are_a_conflict() -> None:
    reading = read_text(
        "FINDINGS: T11 fracture, posterior cortex intact.\n"
        "IMPRESSION: T11 fracture with disruption of the posterior cortex."
    )
    assert [(one.finding, one.level) for one in reading.conflicts] == [
        ("posterior-wall-disruption", "T11")
    ]
    said = {one.finding: str(one.status) for one in reading.findings}
    assert said["posterior-wall-disruption"] == "indeterminate"


def test_an_addendum_has_the_last_word() -> None:
    text = (
        "IMPRESSION: T8 fracture. No cord compression at T8.\n\n"
        "ADDENDUM: At T8 there is cord compression."
    )
    assert "cord-compression T8 present" in read(text)


def test_an_addendum_can_number_anew() -> None:
    text = (
        "Compression fracture of L2.\n\n"
        "ADDENDUM: The vertebra described as L2 above is L1. The L2 body is normal."
    )
    assert read(text) == ["vertebral-fracture L1 present", "vertebral-fracture L2 absent"]


@pytest.mark.parametrize("bar", [" | ", "\t", "     "])
def test_tables_are_read_cell_by_cell(bar: str) -> None:
    rows = [
        ["Level", "Fracture", "Height loss (%)", "Retropulsion (mm)", "Edema"],
        ["T12", "yes", "30", "4", "yes"],
        ["L1", "no", "0", "-", "no"],
    ]
    assert read("\n".join(bar.join(row) for row in rows)) == [
        "height-loss L1 absent 0",
        "height-loss T12 present 30",
        "marrow-edema L1 absent",
        "marrow-edema T12 present",
        "retropulsion L1 absent",
        "retropulsion T12 present 4",
        "vertebral-fracture L1 absent",
        "vertebral-fracture T12 present",
    ]


def test_markup_is_not_read_and_keeps_the_places() -> None:
    text = "<p>L1 fracture, height loss &gt;50%.</p><p>No canal stenosis.</p>"
    findings = {one.finding: one for one in read_text(text).findings}
    assert findings["height-loss"].value == [50, 100]
    quoted = findings["canal-stenosis-grade"]
    assert text[quoted.start : quoted.end] == quoted.quote
    assert "No canal stenosis." in quoted.quote


def test_hard_wrapped_lines_are_one_sentence() -> None:
    text = "There is a compression fracture of the T-\n12 vertebral body with 25\n% loss of height."
    assert read(text) == ["height-loss T12 present 25", "vertebral-fracture T12 present"]


@pytest.mark.parametrize("text", ["", " \n\t ", ".", "L1", "no", "(((", "\u0000", "\ud7ff" * 9])
def test_texts_without_a_statement_say_nothing(text: str) -> None:
    assert read_text(text).findings == ()


def test_a_text_longer_than_a_report_is_not_read_in_part() -> None:
    reading = read_text("No cord compression. " * (LONGEST // 10))
    assert reading.findings == ()
    assert [one.why_not for one in reading.sentences] == ["longer than a report"]


@pytest.mark.parametrize(
    "bit",
    [
        "no a, ",
        "no fracture or ",
        " ",
        "\t",
        "\n",
        "(",
        "20, ",
        "L1-",
        "L1, ",
        "20% ",
        "a | b | L1\n",
        "retropulsion with ",
        "between one third and ",
        "<a ",
        "&gt;",
        "Canal: ",
        "STIR, ",
        "no fracture, is ",
        "first and second ",
        "fracture of L1 and edema L2 ",
        "acute fracture of the posterior wall ",
    ],
)
def test_hostile_texts_cost_no_more_than_long_ones(bit: str) -> None:
    read_text("")
    huge, large = bit * (100_000 // len(bit)), bit * (LONGEST // len(bit))
    began = time.process_time()
    read_text(huge)
    assert time.process_time() - began < 1
    began = time.process_time()
    read_text(large)
    assert time.process_time() - began < 5  # a third of it on an idle machine

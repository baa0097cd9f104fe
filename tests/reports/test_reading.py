"""From the resources of a record to reports with what they state, and to the trace of it."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from cds_service.catalog import Catalog
from cds_service.clinical.chart import Chart
from cds_service.clinical.evidence import Evidence, Item
from cds_service.clinical.procedure import Procedure
from cds_service.clinical.report import ReadReport
from cds_service.explaining import Wanted, trace
from cds_service.facts.codes import load_codes
from cds_service.facts.told import with_texts
from cds_service.gathering import gatherer_of
from cds_service.narrative.reading import read_reports
from cds_service.reports.budget import BEYOND
from cds_service.settings import Settings
from tests.conftest import PATIENTS
from tests.reports.pdfs import pdf

CODES = load_codes("https://example.org/test")
NOW = datetime(2025, 5, 20, 12, tzinfo=UTC)
LUMBAR_MRI = {"coding": [{"system": "http://loinc.org", "code": "30679-5"}], "text": "MRI lumbar"}


def reports(**more: Any) -> tuple[ReadReport, ...]:
    resource: Mapping[str, Any] = {
        "resourceType": "DiagnosticReport",
        "id": "1",
        "status": "final",
        "code": LUMBAR_MRI,
        "effectiveDateTime": "2025-05-12",
        **more,
    }
    return read_reports(Evidence(items=(Item(resource),)), CODES, NOW)


def test_a_report_is_read_with_its_place_in_the_record() -> None:
    (found,) = reports(conclusion="Marrow edema of L1 on STIR. History of a fall.")
    assert (found.reference, found.modality, found.final) == ("DiagnosticReport/1", "MR", True)
    assert found.covers is not None
    assert "L1" in found.covers
    assert not found.trouble
    edema = next(told for told in found.told if told.finding == "marrow-edema")
    assert (edema.level, edema.status.value) == ("L1", "present")
    assert edema.quote.words in "Marrow edema of L1 on STIR."
    read = {one.quote.words: one.found for one in found.sentences}
    assert any("marrow-edema L1 present" in found for found in read.values())


def test_a_report_without_words_hides_nothing() -> None:
    assert [one.trouble for one in reports()] in ([], [""])


def test_a_report_that_cannot_be_read_says_why() -> None:
    scan = b64encode(pdf([[]], pictures=[0])).decode()
    (found,) = reports(presentedForm=[{"contentType": "application/pdf", "data": scan}])
    assert (found.trouble, found.told) == ("no-text-layer", ())


def test_a_text_longer_than_is_read_is_not_known_in_full() -> None:
    (found,) = reports(conclusion="The disc is dry. " * 3000)
    assert found.trouble


def test_texts_that_are_too_dense_are_not_known_in_full_and_clear_nothing(
    procedure: Procedure,
) -> None:
    """One budget for all: the last report, an ordinary one, says no edema and is not heard."""
    dense = ("20% or L2-L4\n" * 20_000)[:19_000]
    resources: list[Mapping[str, Any]] = [
        {
            "resourceType": "DiagnosticReport",
            "id": str(number),
            "status": "final",
            "code": LUMBAR_MRI,
            "effectiveDateTime": f"2025-05-{16 - number}",
            "conclusion": said,
        }
        for number, said in enumerate(
            [*(f"{at}. {dense}" for at in range(4)), "STIR: no marrow edema at any level."]
        )
    ]
    found = read_reports(Evidence(items=tuple(map(Item, resources))), CODES, NOW)
    assert [one.reference for one in found] == [f"DiagnosticReport/{n}" for n in range(5)]
    assert [one.trouble for one in found][1:] == ["too-long"] * 4
    assert found[-1].told == ()
    assert BEYOND in {one.why_not for one in found[-1].sentences}
    chart = with_texts(Chart(NOW, NOW), found, procedure.codes)
    assert not any(study.has_text for study in chart.studies[1:])
    assert [one.reference for one in chart.unread][-1] == "DiagnosticReport/4"


def test_a_megabyte_of_words_is_cut_before_it_is_searched() -> None:
    """Though its beginning says no more than another text: the rest may say anything."""
    blanks = "The disc is dry and normal. " + "-" * 60_000 + " Acute fracture of L1."
    (found,) = reports(
        conclusion="The disc is dry and normal.",
        presentedForm=[
            {"contentType": "text/plain", "data": b64encode(blanks.encode()).decode()},
        ],
    )
    assert found.trouble == "too-large"


def test_a_range_is_told_as_a_range() -> None:
    (found,) = reports(conclusion="Acute L1 fracture with 30-40% loss of height.")
    loss: Any = next(told.value for told in found.told if told.finding == "height-loss")
    assert loss == (30, 40)
    assert any("30–40 %" in line for one in found.sentences for line in one.found)


def test_the_trace_shows_every_sentence_and_why_it_was_not_taken(settings: Settings) -> None:
    path = PATIENTS / "epic_report_as_narrative_and_impression"
    told = trace(settings, Wanted(path=path), machine=False)
    assert (
        "REPORTS\n  DiagnosticReport/report-1: MRI LUMBAR SPINE WO CONTRAST, MR, 2025-05-12" in told
    )
    assert "[indication] Evaluate for cord compression.\n          - section indication" in told
    assert "= posterior-wall-disruption L1 present" in told
    whole = json.loads(trace(settings, Wanted(path=path), machine=True))
    (one,) = whole["reports"]
    assert one["sentences"][0]["quote"]["words"]


def test_the_trace_names_a_report_that_could_not_be_read(settings: Settings) -> None:
    path = PATIENTS / "report_scanned_without_a_text_layer"
    told = trace(settings, Wanted(path=path), machine=False)
    assert "could not be read in full: no-text-layer" in told
    path = PATIENTS / "report_of_the_resident_not_final"
    assert ", not final" in trace(settings, Wanted(path=path), machine=False)


def test_without_reports_the_trace_has_no_such_part(settings: Settings) -> None:
    path = PATIENTS / "nothing_on_record_but_the_patient"
    assert "REPORTS" not in trace(settings, Wanted(path=path), machine=False)


def test_the_gatherer_of_the_service_knows_what_reports_need(
    settings: Settings, catalog: Catalog
) -> None:
    gatherer = gatherer_of(settings, catalog, lambda: NOW)
    gatherer.close()
    form = {"contentType": "text/plain", "url": "Binary/1"}
    lacking = {
        "resourceType": "DiagnosticReport",
        "id": "1",
        "status": "final",
        "code": LUMBAR_MRI,
        "effectiveDateTime": "2025-05-12",
        "presentedForm": [form],
    }
    assert gatherer.wants is not None
    (need,) = gatherer.wants([Item(lacking)])
    assert need.url == "Binary/1"

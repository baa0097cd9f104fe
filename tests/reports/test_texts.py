"""From resources to texts: the record styles of real-data.md 5, their quirks, and bad input."""

from __future__ import annotations

import base64
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from cds_service.clinical.evidence import Evidence, Item
from cds_service.clinical.report_text import Document, Place, ReportText, Trouble, Wanted
from cds_service.clinical.when import Window
from cds_service.facts.codes import Codes, load_codes
from cds_service.facts.context import Context
from cds_service.facts.index import Index, without_twins
from cds_service.narrative.texts import read_texts, report_texts, wanted
from tests.reports.pdfs import pdf

NOW = datetime(2025, 5, 20, 12, tzinfo=UTC)
CODES: Codes = load_codes("https://example.org")
RAD = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0074", "code": "RAD"}]}
MR_LUMBAR = {"coding": [{"system": "http://loinc.org", "code": "30679-5"}]}
FULL = (
    "MRI LUMBAR SPINE\nFINDINGS: Acute compression fracture of L1 with loss of 40 % of height.\n"
    "IMPRESSION: Acute L1 fracture."
)


def b64(text: str | bytes) -> str:
    """Pack a text as attachments do."""
    return base64.b64encode(text.encode() if isinstance(text, str) else text).decode()


def report(name: str = "r1", **more: Any) -> dict[str, Any]:
    """Write a final report of a lumbar MRI; None takes an element out."""
    made = {
        "resourceType": "DiagnosticReport",
        "id": name,
        "status": "final",
        "category": [RAD],
        "code": MR_LUMBAR,
        "subject": {"reference": "Patient/p"},
        "effectiveDateTime": "2025-05-01",
        **more,
    }
    return {key: value for key, value in made.items() if value is not None}


def document(name: str = "d1", **more: Any) -> dict[str, Any]:
    """Write a document of Meditech's kind."""
    made = {
        "resourceType": "DocumentReference",
        "id": name,
        "status": "current",
        "docStatus": "final",
        "type": {"coding": [{"system": "http://loinc.org", "code": "18748-4"}]},
        "subject": {"reference": "Patient/p"},
        "date": "2025-05-02T10:00:00Z",
        "content": [{"attachment": {"contentType": "text/plain", "data": b64(FULL)}}],
        **more,
    }
    return {key: value for key, value in made.items() if value is not None}


def narrative(name: str, said: str, named: str | None, **more: Any) -> dict[str, Any]:
    """Write a narrative result."""
    made = {
        "resourceType": "Observation",
        "id": name,
        "status": "final",
        "code": {"text": named} if named else {"coding": [{"code": "x"}]},
        "valueString": said,
        **more,
    }
    return {key: value for key, value in made.items() if value is not None}


def texts(
    *resources: Mapping[str, Any],
    documents: Mapping[str, Document] | None = None,
    window: Window | None = None,
) -> list[ReportText]:
    """Read the reports of a record."""
    evidence = Evidence(tuple(Item(one) for one in resources), documents=documents or {})
    more = {"window": window} if window else {}
    return list(report_texts(evidence, CODES, NOW, **more))


def one(*resources: Mapping[str, Any], **more: Any) -> ReportText:
    """Read a record that has one report."""
    (found,) = texts(*resources, **more)
    return found


def form(data: str | bytes, kind: str = "text/plain", **more: Any) -> dict[str, Any]:
    """Write an attachment."""
    return {"contentType": kind, "data": b64(data), **more}


def test_a_conclusion_with_all_that_is_known_of_its_report() -> None:
    found = one(report(conclusion="Acute L1 fracture."))
    assert (found.reference, found.status, found.final) == ("DiagnosticReport/r1", "final", True)
    assert found.when is not None
    assert found.when.text == "2025-05-01"
    assert (found.modality, found.of_spine, found.cut) == ("MR", True, False)
    assert found.covers is not None
    assert {"T11", "L1", "L5"} <= found.covers
    assert (found.text, found.trouble) == ("Acute L1 fracture.", None)
    assert (found.place, found.content_type) == (Place.CONCLUSION, "text/plain")


# --- the record styles of real-data.md 5


def test_epic_has_findings_and_impression_as_results() -> None:
    found = one(
        report(
            category=[{"coding": [{"system": "urn:oid:1.2.840.114350", "code": "Imaging"}]}],
            code={"coding": [{"system": "urn:oid:9", "code": "7"}], "text": "MRI L-SPINE WO"},
            result=[{"reference": "Observation/n"}, {"reference": "Observation/i"}],
        ),
        narrative("n", "Acute compression fracture of L1.", "Narrative"),
        narrative("i", "Acute L1 fracture.", "Impression"),
    )
    assert found.text == (
        "FINDINGS:\nAcute compression fracture of L1.\n\nIMPRESSION:\nAcute L1 fracture."
    )
    assert [part.place for part in found.parts] == [Place.RESULT, Place.RESULT]
    second = found.place_of(found.text.index("IMPRESSION"))
    assert second == found.parts[1]
    assert found.place_of(len(found.text)) is None
    assert found.modality == "MR"


def test_epic_document_as_html_and_rtf_is_read_once() -> None:
    links = [
        {"attachment": {"contentType": "text/rtf", "url": "Binary/rtf"}},
        {"attachment": {"contentType": "text/html", "url": "Binary/html"}},
    ]
    kind = {"text": "Imaging report"}
    made = document(type=kind, description="MRI LUMBAR SPINE", content=links)
    assert wanted([Item(made)], CODES, NOW) == (Wanted("Binary/html", "text/html"),)
    page = Document(f"<p>{FULL}</p>".encode(), "text/html")
    found = one(made, documents={"Binary/html": page})
    assert "Acute compression fracture of L1" in found.text
    assert (found.place, found.content_type) == (Place.DOCUMENT, "text/html")


def test_oracle_has_a_url_no_conclusion_and_a_period_with_an_end_only() -> None:
    made = report(
        category=[{"extension": [{"url": "http://x/data-absent-reason", "valueCode": "unknown"}]}],
        code={"text": "MRI Spine Lumbar"},
        effectiveDateTime=None,
        effectivePeriod={"end": "2025-05-01T10:00:00Z"},
        presentedForm=[{"contentType": "application/pdf", "url": "https://x/r4/Binary/1"}],
    )
    assert wanted([Item(made)], CODES, NOW) == (Wanted("https://x/r4/Binary/1", "application/pdf"),)
    lines = pdf([FULL.split("\n")])
    found = one(made, documents={"https://x/r4/Binary/1": Document(lines, "application/pdf")})
    assert found.text == FULL
    assert found.when is not None
    assert found.when.earliest is None
    unread = one(made)
    assert (unread.text, unread.trouble, unread.place) == ("", Trouble.NOT_FETCHED, None)
    assert unread.content_type == ""


def test_meditech_has_documents_only() -> None:
    found = one(document())
    assert (found.reference, found.text, found.place) == (
        "DocumentReference/d1",
        FULL,
        Place.DOCUMENT,
    )
    assert (found.modality, found.of_spine) == ("MR", True)
    assert found.covers is not None
    assert "L1" in found.covers
    assert found.when is not None
    assert found.when.earliest is None


def test_meditech_files_other_notes_under_the_same_type() -> None:
    note = (
        "HISTORY OF PRESENT ILLNESS: back pain. MRI of the lumbar spine showed an L1 fracture.\n"
        "PAST MEDICAL HISTORY: none.\nASSESSMENT AND PLAN: L1 fracture."
    )
    plain = "Consult note. Patient has an L1 fracture of the spine, see above for more of it."
    assert texts(document(content=[{"attachment": form(note)}])) == []
    assert texts(document(content=[{"attachment": form(plain)}])) == []


def test_va_has_text_under_general_radiology() -> None:
    said = (
        "SPINE LUMBOSACRAL MIN 2 VIEWS\n\nReport:\n  There is a compression deformity of\n"
        "  L1.\n\nImpression:\n  Compression fracture of L1.\n\nDOE,JANE"
    )
    found = one(
        report(
            category=None,
            code={
                "coding": [{"system": "http://www.ama-assn.org/go/cpt", "code": "72100"}],
                "text": "GENERAL RADIOLOGY",
            },
            presentedForm=[form(said)],
        )
    )
    assert found.text == said
    assert (found.of_spine, found.place) == (True, Place.FORM)


def test_us_core_calls_a_form_application_xhtml() -> None:
    page = "<div xmlns='http://www.w3.org/1999/xhtml'><p>Acute fracture of L1.</p></div>"
    found = one(report(presentedForm=[form(page, "application/xhtml")]))
    assert (found.text, found.content_type) == ("Acute fracture of L1.", "text/html")


# --- one text, told several times


def test_a_conclusion_that_the_form_repeats_stands_once() -> None:
    found = one(report(conclusion="Acute L1\nfracture!", presentedForm=[form(FULL)]))
    assert found.text == FULL
    assert [part.place for part in found.parts] == [Place.FORM]


def test_a_conclusion_that_says_more_follows_as_impression() -> None:
    found = one(report(conclusion="No cord compression.", presentedForm=[form(FULL)]))
    assert found.text == f"{FULL}\n\nIMPRESSION:\nNo cord compression."


def test_a_conclusion_with_headers_of_its_own_gets_none() -> None:
    said = "Findings: normal L2."
    found = one(report(conclusion=said, presentedForm=[form(FULL)]))
    assert found.text == f"{FULL}\n\n{said}"


@pytest.mark.parametrize(
    "said", ["MR Lumbar spine", "See attached report.", "Please see scanned document"]
)
def test_a_conclusion_that_says_nothing(said: str) -> None:
    code = {"coding": [{**MR_LUMBAR["coding"][0], "display": "MR Lumbar Spine"}]}
    assert one(report(code=code, conclusion=said)).trouble is Trouble.NO_TEXT


def test_codes_of_the_conclusion_are_read_by_their_words() -> None:
    coded = [{"text": "Compression fracture of L1"}, {"coding": [{"code": "1"}]}]
    found = one(report(conclusion="Normal L2.", conclusionCode=coded))
    assert found.text == "IMPRESSION:\nNormal L2.\n\nIMPRESSION:\nCompression fracture of L1"


def test_rtf_html_and_pdf_of_one_report_are_read_once() -> None:
    forms = [
        form(pdf([FULL.split("\n")]), "application/pdf"),
        form(f"<p>{FULL}</p>", "text/html"),
        form("{\\rtf1 Something else of L5.}", "text/rtf"),
    ]
    found = one(report(presentedForm=forms))
    assert found.content_type == "text/html"
    assert "L5" not in found.text


def test_the_next_form_serves_where_the_first_cannot_be_read() -> None:
    forms = [form("{\\rtf1 broken {", "text/rtf"), form(pdf([FULL.split("\n")]), "application/pdf")]
    found = one(report(presentedForm=forms))
    assert (found.text, found.trouble, found.content_type) == (FULL, None, "application/pdf")


def test_two_texts_of_one_type_are_both_read() -> None:
    forms = [form(FULL), form("Cord compression at T12.", title="Addendum")]
    found = one(report(presentedForm=forms))
    assert found.text == f"{FULL}\n\nADDENDUM:\nCord compression at T12."
    more = one(report(presentedForm=[form(FULL), form("L2 is normal in height.")]))
    assert more.text == f"{FULL}\n\nL2 is normal in height."


def test_a_report_and_its_document_are_one() -> None:
    found = one(
        report(
            conclusion="Acute compression fracture of L1 with loss of 40 % of height; L2 is normal."
        ),
        document(context={"related": [{"reference": "DiagnosticReport/r1"}]}),
    )
    assert found.reference == "DiagnosticReport/r1"
    assert found.others == ("DocumentReference/d1",)
    assert "MRI LUMBAR SPINE" in found.text
    same = one(report(presentedForm=[form(FULL)]), document())
    assert (same.text, same.others) == (FULL, ("DocumentReference/d1",))


def test_a_document_that_cannot_be_read_leaves_its_trouble_with_its_report() -> None:
    scan = form(pdf([[]], pictures=[0]), "application/pdf")
    related = {"related": [{"reference": "DiagnosticReport/r1"}]}
    found = one(
        report(conclusion="L1 fracture."),
        document(content=[{"attachment": scan}], description="MRI L-spine", context=related),
    )
    assert (found.text, found.trouble) == ("L1 fracture.", Trouble.NO_TEXT_LAYER)


def test_one_text_under_two_orders_is_one_report_of_both_regions() -> None:
    thoracic = {"coding": [{"system": "http://loinc.org", "code": "36532-0"}]}
    found = one(
        report(presentedForm=[form(FULL)]),
        report("r2", code=thoracic, presentedForm=[form(FULL)]),
    )
    assert found.covers is not None
    assert {"T5", "L4"} <= found.covers


def test_the_same_words_of_another_day_are_another_report() -> None:
    found = texts(
        report(presentedForm=[form(FULL)]),
        report("r2", effectiveDateTime="2025-04-01", presentedForm=[form(FULL)]),
        report(
            "r3", effectiveDateTime=None, issued="2025-01-01T00:00:00Z", presentedForm=[form(FULL)]
        ),
        report(
            "r4", effectiveDateTime=None, issued="2024-10-01T00:00:00Z", presentedForm=[form(FULL)]
        ),
    )
    assert [text.reference[-2:] for text in found] == ["r1", "r2", "r3", "r4"]


def test_short_texts_alike_are_not_one() -> None:
    found = texts(report(conclusion="Normal."), report("r2", conclusion="Normal."))
    assert [text.others for text in found] == [(), ()]


def test_a_report_without_any_date_may_be_a_copy() -> None:
    found = one(
        report(presentedForm=[form(FULL)]),
        report("r2", effectiveDateTime=None, presentedForm=[form(FULL)]),
    )
    assert found.others == ("DiagnosticReport/r2",)


# --- readings of one examination

NUMBER = {"identifier": [{"system": "urn:acc", "value": "A1"}]}


def test_a_final_reading_replaces_the_preliminary_one() -> None:
    found = one(
        report("r1", status="preliminary", conclusion="L1 fracture, discitis?", **NUMBER),
        report("r2", conclusion="L1 fracture.", **NUMBER),
    )
    assert (found.reference, found.others) == ("DiagnosticReport/r2", ("DiagnosticReport/r1",))
    assert "discitis" not in found.text


def test_a_preliminary_reading_stays_where_the_final_one_cannot_be_read() -> None:
    found = texts(
        report("r1", status="preliminary", conclusion="L1 fracture.", **NUMBER),
        report("r2", presentedForm=[form(pdf([[]], pictures=[0]), "application/pdf")], **NUMBER),
    )
    assert [(text.final, text.trouble) for text in found] == [
        (False, None),
        (True, Trouble.NO_TEXT_LAYER),
    ]


def test_of_two_preliminary_readings_the_later_stays() -> None:
    found = one(
        report(
            "r1", status="preliminary", issued="2025-05-01T10:00:00Z", conclusion="L1.", **NUMBER
        ),
        report(
            "r2", status="preliminary", issued="2025-05-01T12:00:00Z", conclusion="L2.", **NUMBER
        ),
    )
    assert (found.text, found.final) == ("L2.", False)


def test_a_corrected_reading_replaces_the_one_before() -> None:
    found = one(
        report("r1", issued="2025-05-01T10:00:00Z", conclusion="L1 fracture.", **NUMBER),
        report(
            "r2",
            status="corrected",
            meta={"lastUpdated": "2025-05-02T10:00:00Z"},
            conclusion="L2 fracture.",
            **NUMBER,
        ),
    )
    assert (found.text, found.status) == ("L2 fracture.", "corrected")


def test_two_final_reports_of_one_number_both_count() -> None:
    found = texts(
        report("r1", conclusion="L1 fracture.", **NUMBER),
        report("r2", conclusion="T5 normal.", **NUMBER),
    )
    assert [text.text for text in found] == ["L1 fracture.", "T5 normal."]


def test_a_number_for_two_regions_does_not_let_one_replace_the_other() -> None:
    thoracic = {"coding": [{"system": "http://loinc.org", "code": "36532-0"}]}
    found = texts(
        report("r1", status="preliminary", conclusion="L1 fracture.", **NUMBER),
        report("r2", status="corrected", code=thoracic, conclusion="T5 fracture.", **NUMBER),
    )
    assert [text.text for text in found] == ["L1 fracture.", "T5 fracture."]


def test_a_short_number_without_a_system_says_nothing() -> None:
    number = {"identifier": [{"value": "12"}]}
    found = texts(
        report("r1", status="preliminary", conclusion="L1 fracture.", **number),
        report("r2", conclusion="L2 fracture.", **number),
    )
    assert len(found) == 2


def test_an_addendum_follows_its_report() -> None:
    found = one(
        report("r2", status="appended", conclusion="Cord compression at L1.", **NUMBER),
        report("r1", presentedForm=[form(FULL)], **NUMBER),
    )
    assert found.reference == "DiagnosticReport/r1"
    assert found.text == f"{FULL}\n\nADDENDUM:\nCord compression at L1."


def test_an_addendum_that_repeats_its_report_takes_its_place() -> None:
    whole = f"{FULL}\nADDENDUM: Cord compression at L1."
    found = one(
        report("r2", status="appended", presentedForm=[form(whole)], **NUMBER),
        report("r1", presentedForm=[form(FULL)], **NUMBER),
    )
    assert found.text == whole


def test_a_document_that_appends_another() -> None:
    added = document(
        "d2",
        content=[{"attachment": form("MRI LUMBAR SPINE\nCord compression at L1.")}],
        relatesTo=[{"code": "appends", "target": {"reference": "DocumentReference/d1"}}],
    )
    found = one(document(), added)
    assert found.text.endswith("ADDENDUM:\nMRI LUMBAR SPINE\nCord compression at L1.")


def test_a_document_that_replaces_another() -> None:
    newer = document(
        "d2",
        content=[{"attachment": form("MRI LUMBAR SPINE: L2 fracture.")}],
        relatesTo=[{"code": "replaces", "target": {"reference": "DocumentReference/d1"}}],
    )
    assert one(document(), newer).text == "MRI LUMBAR SPINE: L2 fracture."


def test_readings_of_the_same_minute_and_code_are_of_one_examination() -> None:
    at = "2025-05-01T10:00:00Z"
    found = one(
        report("r1", status="preliminary", effectiveDateTime=at, conclusion="L1?"),
        report("r2", effectiveDateTime=at, conclusion="L1 fracture."),
    )
    assert found.reference == "DiagnosticReport/r2"


# --- status and time


@pytest.mark.parametrize("status", ["entered-in-error", "cancelled", "registered", " Cancelled "])
def test_void_reports_never_count(status: str) -> None:
    assert texts(report(status=status, conclusion="L1 fracture.")) == []
    assert texts(document(docStatus=status)) == []


@pytest.mark.parametrize("status", ["superseded", "entered-in-error"])
def test_documents_that_are_not_current_never_count(status: str) -> None:
    assert texts(document(status=status)) == []


@pytest.mark.parametrize(
    ("status", "final"),
    [
        *[(status, True) for status in ("final", "amended", "corrected", "appended")],
        *[(status, False) for status in ("preliminary", "partial", "unknown", None)],
    ],
)
def test_what_is_final(status: str | None, *, final: bool) -> None:
    assert one(report(status=status, conclusion="L1 fracture.")).final is final


def test_a_document_without_a_status_of_its_own_is_current() -> None:
    found = one(document(docStatus=None))
    assert (found.status, found.final) == ("current", True)
    assert one(document(docStatus="preliminary")).final is False


@pytest.mark.parametrize(
    ("said", "final"),
    [
        ("PRELIMINARY REPORT\nL1 fracture.", False),
        ("Wet read: L1 fracture.", False),
        ("*** PRELIMINARY ***\nL1 fracture.", False),
        ("Preliminary report by Dr. A.\nFINAL REPORT: L1 fracture.", True),
        ("No preliminary report was given. L1 fracture.", True),
    ],
)
def test_a_text_that_calls_itself_preliminary(said: str, *, final: bool) -> None:
    assert one(report(conclusion=said)).final is final


def test_a_result_that_is_not_final_leaves_the_report_open() -> None:
    made = report(result=[{"reference": "Observation/n"}])
    for status, final in (("preliminary", False), (None, False), ("amended", True)):
        result = narrative("n", "Fracture of L1 seen.", "Findings", status=status)
        assert one(made, result).final is final
    void = narrative("n", "Fracture of L1 seen.", "Findings", status="entered-in-error")
    assert one(made, void).trouble is Trouble.NO_TEXT


@pytest.mark.parametrize(
    ("taken", "counts"),
    [
        ("2024-05-20", True),
        ("2024-05-19", False),
        ("2025", True),
        ("2024-05", False),
        ("never", True),
    ],
)
def test_only_reports_of_the_window_count(taken: str, *, counts: bool) -> None:
    found = texts(report(effectiveDateTime=taken, conclusion="L1 fracture."))
    assert bool(found) is counts


def test_a_shorter_window() -> None:
    made = report(effectiveDateTime="2025-03-01", conclusion="L1 fracture.")
    assert texts(made, window=Window(days=30)) == []


def test_the_day_of_filing_bounds_the_age() -> None:
    old = report(effectiveDateTime=None, issued="2024-05-01T10:00:00Z", conclusion="L1 fracture.")
    assert texts(old) == []
    new = one({**old, "issued": "2025-05-01T10:00:00Z"})
    assert new.when is not None
    assert new.when.earliest is None


def test_the_newest_five_are_read_and_the_others_named() -> None:
    made = [
        report(
            f"r{day}", effectiveDateTime=f"2025-05-0{day}", conclusion=f"L{day % 5 + 1} fracture."
        )
        for day in range(1, 8)
    ]
    found = texts(*made)
    assert [text.reference[-2:] for text in found] == ["r7", "r6", "r5", "r4", "r3", "r2", "r1"]
    assert [text.trouble for text in found] == [*[None] * 5, Trouble.LEFT_OUT, Trouble.LEFT_OUT]
    assert found[-1].text == ""


def test_what_is_not_even_looked_into_is_named() -> None:
    made = [report(f"r{n:02}", conclusion=f"L1 fracture, number {n}.") for n in range(20)]
    assert len(texts(*made)) == 20


def test_a_long_text_is_cut_after_a_sentence_and_says_so() -> None:
    said = "Fracture of L1 is not seen. " * 800
    found = one(report(conclusion="Normal L2.", presentedForm=[form(said)]))
    assert (len(found.text) <= 20_000, found.cut, found.trouble) == (True, True, None)
    assert found.text.endswith("is not seen.")
    assert [part.place for part in found.parts] == [Place.FORM]
    endless = one(report(conclusion="word " * 5000))
    assert (endless.text, endless.cut, endless.trouble) == ("", True, Trouble.TOO_LARGE)


# --- which examinations


@pytest.mark.parametrize(
    ("code", "modality"),
    [
        ({"text": "CT THORACIC SPINE W/O"}, "CT"),
        ({"text": "XR LUMBAR SPINE 2 VIEWS"}, "XR"),
        ({"text": "LUMBAR SPINE 2 VIEWS"}, ""),
        ({"text": "NM BONE SCAN WHOLE BODY"}, "NM"),
        ({"coding": [{"system": "http://www.ama-assn.org/go/cpt", "code": "72148"}]}, "MR"),
        ({"coding": [{"system": "http://loinc.org", "code": "24963-1"}]}, "CT"),
    ],
)
def test_examinations_of_the_spine(code: dict[str, Any], modality: str) -> None:
    found = one(report(code=code, category=None, conclusion="L1 fracture."))
    assert (found.modality, found.of_spine) == (modality, True)


def test_a_modality_told_by_the_text_alone() -> None:
    found = one(report(code={"text": "LUMBAR SPINE"}, conclusion="EXAM: MRI L-spine\nL1 fracture."))
    assert found.modality == "MR"


def test_bone_density_comes_last() -> None:
    density = report("r2", code={"text": "DEXA spine and hip"}, conclusion="T-score -3.1.")
    old = report(effectiveDateTime="2025-01-01", conclusion="L1 fracture.")
    assert [text.modality for text in texts(density, old)] == ["MR", "DXA"]


def test_another_part_of_the_body_counts_where_its_text_speaks_of_the_spine() -> None:
    chest = {"text": "CT CHEST"}
    found = texts(
        report(
            "r2", code=chest, conclusion="Lungs clear. Compression fracture of the T8 vertebra."
        ),
        report("r3", code=chest, conclusion="Lungs clear."),
        report("r4", code=chest, presentedForm=[form(pdf([["vertebra"] * 9]), "application/pdf")]),
        report("r1", effectiveDateTime="2025-01-01", conclusion="L1 fracture."),
    )
    assert [(text.reference[-2:], text.of_spine) for text in found] == [("r1", True), ("r2", False)]


@pytest.mark.parametrize(
    "said",
    [
        "Liver normal. Lytic lesion of L1 with epidural extension.",
        "Lungs clear. Compression deformity of T8.",
        "Kidneys normal. Discitis is suspected.",
    ],
)
def test_the_spine_is_spoken_of_without_its_name(said: str) -> None:
    assert one(report(code={"text": "CT ABDOMEN"}, conclusion=said)).text == said


def test_weightings_are_no_vertebrae() -> None:
    liver = {"text": "MRI ABDOMEN"}
    assert texts(report(code=liver, conclusion="Liver lesion, bright on T2 and dark on T1.")) == []


@pytest.mark.parametrize(
    "said",
    [
        "Frische Fraktur LWK 1 mit Knochenmarködem. Keine Myelonkompression.",
        "Fracture récente de L1 avec œdème. Pas de compression de la moelle.",
        "Fracture L1 avec compression médullaire.",
        "Fractura aguda de L1 con edema óseo. Sin compresión de la médula.",
    ],
)
def test_a_report_in_another_language_says_so(said: str) -> None:
    assert one(report(conclusion=said)).trouble is Trouble.OTHER_LANGUAGE
    bare = report(code={"text": "Untersuchung"}, conclusion=said)
    assert one(bare).trouble is Trouble.OTHER_LANGUAGE


@pytest.mark.parametrize(
    "said",
    [
        "L1 fracture.",
        "No fracture. Dr. de la Cruz of the spine team was called.",
        "T12 a L1 kyphosis",
    ],
)
def test_english_is_not_taken_for_another_language(said: str) -> None:
    assert one(report(conclusion=said)).trouble is None


def test_plain_films_do_not_displace_an_older_mri() -> None:
    film = {"text": "XR thoracic spine"}
    films = [
        report(f"x{day}", code=film, effectiveDateTime=f"2025-05-1{day}", conclusion=f"Film {day}.")
        for day in range(1, 8)
    ]
    found = texts(*films, report("mri", conclusion="Discitis at L2-L3."))
    assert (found[0].reference, found[0].trouble) == ("DiagnosticReport/mri", None)


def test_an_examination_that_tells_nothing_is_looked_into() -> None:
    bare: dict[str, Any] = {
        "category": None,
        "code": {"coding": [{"system": "urn:local", "code": "123"}]},
    }
    assert one(report(**bare, conclusion="IMPRESSION: L1 vertebral fracture.")).of_spine is False
    assert one(report(**bare, conclusion="MRI of the lumbar spine: L1 fracture.")).of_spine
    assert texts(report(**bare, conclusion="Hemoglobin normal.")) == []
    assert texts(report(**bare)) == []


@pytest.mark.parametrize(
    "more",
    [
        {"code": {"text": "Spinal fluid culture"}, "category": None},
        {"code": {"text": "Complete blood count"}, "category": None},
        {"code": {"text": "Lumbar disc"}, "category": [{"text": "Surgical pathology"}]},
        {"code": {"text": "CBC"}, "category": [{"coding": [{"code": "LAB"}]}]},
        {"code": {"text": "CBC"}, "category": [{"coding": [{"code": "XX"}]}]},
    ],
)
def test_what_is_no_imaging(more: dict[str, Any]) -> None:
    assert texts(report(**more, conclusion="FINDINGS: spine of L1 fracture.")) == []


def test_documents_of_other_kinds() -> None:
    assert texts(document(type={"text": "Discharge summary"}, description="Lumbar surgery")) == []
    assert texts(document(type={"text": "Progress note"})) == []
    assert one(document(type=None, category=[{"text": "Radiology"}])).of_spine
    assert texts({"resourceType": "Observation", "id": "x"}, {"resourceType": "Patient"}) == []


def test_a_study_among_its_links_makes_a_report_one_of_imaging() -> None:
    made = report(
        category=None,
        code={"text": "Outside consult"},
        imagingStudy=[{"reference": "ImagingStudy/1"}],
        conclusion="MRI lumbar spine: L1 fracture.",
    )
    assert one(made).of_spine


# --- results


def test_results_that_are_contained_have_components_and_members() -> None:
    found = one(
        report(
            result=[{"reference": "#a"}, {"reference": "Observation/p"}],
            contained=[
                narrative(
                    "a",
                    "Fracture of L1 seen.",
                    "Findings",
                    status=None,
                    component=[
                        {
                            "code": {"text": "Reason for exam"},
                            "valueString": "Cord compression, fracture L5?",
                        }
                    ],
                )
            ],
        ),
        {
            "resourceType": "Observation",
            "id": "p",
            "status": "final",
            "hasMember": [{"reference": "Observation/m"}, {"reference": "Observation/none"}],
        },
        narrative("m", "Normal", "Impression"),
    )
    assert found.text == (
        "FINDINGS:\nFracture of L1 seen.\n\nINDICATION:\nCord compression, fracture L5?\n\n"
        "IMPRESSION:\nNormal"
    )


def test_a_result_without_a_name_counts_only_alone() -> None:
    links: dict[str, Any] = {
        "result": [{"reference": "Observation/a"}, {"reference": "Observation/b"}]
    }
    a, b = (
        narrative("a", "L1 fracture is seen.", None),
        narrative("b", "L2 fracture is seen.", None),
    )
    found = one(report(**links), a, {**b, "valueString": None})
    assert (found.text, found.trouble) == ("L1 fracture is seen.", None)
    both = one(report(**links, conclusion="L1 fracture."), a, b)
    assert (both.text, both.trouble) == ("L1 fracture.", Trouble.UNNAMED)
    whole = one(report(**links), narrative("a", FULL, "MRI LUMBAR SPINE"), b)
    assert (whole.text, whole.trouble) == (FULL, Trouble.UNNAMED)


@pytest.mark.parametrize(
    "title",
    ["MRI LUMBAR SPINE W CONTRAST", "MR spine tumor protocol", "XR lumbar spine follow-up"],
)
def test_a_result_named_as_its_examination_is_a_whole_report(title: str) -> None:
    made = report(result=[{"reference": "Observation/a"}])
    assert one(made, narrative("a", FULL, title)).text == FULL


def test_short_results_are_measurements() -> None:
    links = [{"reference": "Observation/a"}, {"reference": "Patient/p"}]
    made = report(result=links, conclusion="L1 fracture.")
    length = narrative("a", "12 mm", "Technique")
    assert one(made, length, {"resourceType": "Patient", "id": "p"}).text == "L1 fracture."


def test_results_that_nobody_brought() -> None:
    made = report(result=[{"reference": "Observation/a"}], conclusion="L1 fracture.")
    assert one(made).trouble is Trouble.NOT_FETCHED
    assert wanted([Item(made)], CODES, NOW) == (Wanted("Observation/a", is_observation=True),)
    whole = {**made, "presentedForm": [form(FULL)]}
    assert one(whole).trouble is None


# --- what cannot be read


MASKED = [
    {"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "masked"}
]


@pytest.mark.parametrize(
    ("attachment", "trouble"),
    [
        ({}, Trouble.NO_TEXT),
        ({"contentType": "text/plain"}, Trouble.NO_TEXT),
        ({"extension": MASKED}, Trouble.FORBIDDEN),
        ({"_data": {"extension": MASKED}}, Trouble.FORBIDDEN),
        ({"contentType": "text/plain", "url": "Binary/1"}, Trouble.NOT_FETCHED),
        ({"contentType": "application/dicom", "url": "Binary/1"}, Trouble.UNKNOWN_TYPE),
        ({"contentType": "image/jpeg", "data": "/9j/"}, Trouble.UNKNOWN_TYPE),
        ({"url": "Binary/1", "size": 5 << 20}, Trouble.TOO_LARGE),
        ({"contentType": "text/plain", "data": "A"}, Trouble.BROKEN),
        ({"contentType": "text/plain", "data": "*"}, Trouble.BROKEN),
        ({"contentType": "text/plain", "data": 7}, Trouble.BROKEN),
        ({"contentType": "text/plain", "data": "A" * (9 << 20)}, Trouble.TOO_LARGE),
        ({"language": "de-AT", "data": "QQ=="}, Trouble.OTHER_LANGUAGE),
        (form(pdf([[]], pictures=[0]), "application/pdf"), Trouble.NO_TEXT_LAYER),
    ],
)
def test_attachments_that_cannot_be_read_say_why(
    attachment: dict[str, Any], trouble: Trouble
) -> None:
    found = one(report(presentedForm=[attachment]))
    assert (found.text, found.trouble) == ("", trouble)
    beside = one(report(presentedForm=[attachment], conclusion="L1 fracture."))
    assert (beside.text, beside.trouble) == ("L1 fracture.", trouble)


def test_fetching_that_failed_says_why() -> None:
    made = report(presentedForm=[{"contentType": "text/plain", "url": "Binary/1"}])
    refused = {"Binary/1": Document(trouble=Trouble.FORBIDDEN)}
    assert one(made, documents=refused).trouble is Trouble.FORBIDDEN


def test_a_hidden_result_says_so() -> None:
    made = report(result=[{"reference": "Observation/a"}])
    hidden = narrative("a", "", "Impression", _valueString={"extension": MASKED}, valueString=None)
    assert one(made, hidden).trouble is Trouble.FORBIDDEN


def test_plain_text_in_the_place_of_base64() -> None:
    found = one(report(presentedForm=[{"contentType": "text/plain", "data": "L1 fracture, old."}]))
    assert found.text == "L1 fracture, old."


def test_base64_with_line_ends_and_signs_of_urls() -> None:
    packed = base64.urlsafe_b64encode(b"L1 fracture \xc2\xbf\xc3\xbf?>").decode()
    spread = "\n".join([packed[:10], packed[10:]])
    found = one(report(presentedForm=[{"contentType": "text/plain", "data": spread}]))
    assert found.text.startswith("L1 fracture")


def test_a_binary_of_the_record_need_not_be_fetched() -> None:
    binary = {"resourceType": "Binary", "id": "1", "contentType": "text/plain", "data": b64(FULL)}
    made = report(presentedForm=[{"url": "Binary/1"}])
    assert wanted([Item(made), Item(binary)], CODES, NOW) == ()
    assert one(made, binary).text == FULL
    inside = {**report(presentedForm=[{"url": "#b"}]), "contained": [{**binary, "id": "b"}]}
    assert one(inside).text == FULL
    odd = {
        **report(presentedForm=[{"url": "#b"}]),
        "contained": [{"resourceType": "Basic", "id": "b"}],
    }
    assert one(odd).trouble is Trouble.NOT_FETCHED


def test_the_narrative_of_the_resource_counts_only_where_it_adds() -> None:
    div = "<div xmlns='http://www.w3.org/1999/xhtml'><p>L1 fracture.</p></div>"
    assert one(report(text={"status": "generated", "div": div})).trouble is Trouble.NO_TEXT
    found = one(report(text={"status": "additional", "div": div}))
    assert (found.text, found.place, found.trouble) == ("L1 fracture.", Place.NARRATIVE, None)
    assert one(report(text={"status": "additional", "div": div}, conclusion="L2.")).text == "L2."


# --- bad input, and what must be fetched


@pytest.mark.parametrize(
    "more",
    [
        {"code": "MRI lumbar spine"},
        {"presentedForm": "L1"},
        {"presentedForm": [None, 7, {"contentType": 7, "data": {}}]},
        {"result": [None, {"reference": 7}, {"display": "x"}]},
        {"conclusion": 7, "conclusionCode": "x"},
        {"identifier": [7, {"value": 7}], "imagingStudy": {"reference": 7}},
        {"effectiveDateTime": 7},
        {"text": "x"},
    ],
)
def test_odd_shapes_cost_nothing_else(more: dict[str, Any]) -> None:
    found = texts(report("bad", **more), report("good", conclusion="L1 fracture."))
    assert "DiagnosticReport/good" in [text.reference for text in found]
    wanted([Item(report("bad", **more))], CODES, NOW)


def test_what_nobody_foresaw_costs_its_own_entry_and_is_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from cds_service.narrative import candidates
    from cds_service.narrative import texts as module

    def fail(*_args: object, **_more: object) -> None:
        raise ValueError

    items = without_twins([Item(report(conclusion="L1 fracture."))])
    for place, name in ((module, "pieces_of"), (candidates, "exam_of")):
        context = Context(CODES, UTC, NOW, Index(items).resolve)
        with monkeypatch.context() as patch:
            patch.setattr(place, name, fail)
            assert read_texts(items, context, {}) == ()
        assert [odd.where for odd in context.unreadable] == ["DiagnosticReport/r1"]
    with monkeypatch.context() as patch:
        patch.setattr(module, "lacking", fail)
        assert wanted([items[0][1]], CODES, NOW) == ()


def test_nothing_is_wanted_where_there_are_no_reports() -> None:
    assert wanted([Item({"resourceType": "Observation"})], CODES, NOW) == ()


def test_what_is_wanted_is_bounded_and_newest_first() -> None:
    made = [
        report(
            f"r{day}",
            effectiveDateTime=f"2025-05-0{day}",
            presentedForm=[
                {"contentType": "text/plain", "url": f"Binary/{day}-{n}"} for n in range(4)
            ],
        )
        for day in range(1, 8)
    ]
    found = wanted([Item(one) for one in made], CODES, NOW)
    assert [one.url for one in found[:2]] == ["Binary/7-0", "Binary/7-1"]
    assert len(found) == 10
    chest = report(code={"text": "CT CHEST"}, presentedForm=[{"url": "Binary/9"}])
    assert wanted([Item(chest)], CODES, NOW) == ()


def test_nothing_is_fetched_that_is_known_to_be_of_no_use() -> None:
    forms = [
        {"contentType": "image/jpeg", "url": "Binary/1"},
        {"contentType": "application/pdf", "url": "Binary/2", "size": 9 << 20},
    ]
    assert wanted([Item(report(presentedForm=forms))], CODES, NOW) == ()
    inline = [form(FULL), {"contentType": "text/html", "url": "Binary/3"}]
    assert wanted([Item(report(presentedForm=inline))], CODES, NOW) == ()


def test_thousands_of_pieces_are_too_large_and_take_no_time() -> None:
    """Each piece is held against all others; what is beyond is told, never taken for nothing."""
    words = [f"fracture of L1 number {number} {'seen ' * 200}" for number in range(2_000)]
    codes = [{"text": text} for text in words]
    begun = time.process_time()
    texts = report_texts(
        Evidence(items=(Item(report(conclusionCode=codes), "r", "prefetch"),)), CODES, NOW
    )
    assert time.process_time() - begun < 2
    assert [one.trouble for one in texts] == [Trouble.TOO_LARGE]


def test_thousands_of_forms_are_too_large() -> None:
    forms = [
        {"contentType": "text/plain", "data": b64(f"Fracture of L1, number {number}, is seen.")}
        for number in range(300)
    ]
    texts = report_texts(
        Evidence(items=(Item(report(presentedForm=forms), "r", "prefetch"),)), CODES, NOW
    )
    assert [one.trouble for one in texts] == [Trouble.TOO_LARGE]

"""One report in the styles of all records says the same (real-data.md 5)."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.reports.read import read_text
from tests.reports.pdfs import pdf
from tests.reports.test_texts import document, form, narrative, one, report

INDICATION = "Back pain. Rule out cord compression at L3."
FINDINGS = (
    "There is an acute compression fracture of L1 with about 40 % loss of height and marrow edema"
    " on STIR. No retropulsion at L1. The L2 vertebral body is normal. No cord compression at L1."
)
IMPRESSION = "Acute L1 compression fracture. No discitis."
LINES = [
    "MRI LUMBAR SPINE WITHOUT CONTRAST",
    f"INDICATION: {INDICATION}",
    f"FINDINGS: {FINDINGS}",
    f"IMPRESSION: {IMPRESSION}",
]
PLAIN = "\n\n".join(LINES)


def findings(text: str) -> set[tuple[str, str, str, str]]:
    """List what a text says."""
    return {
        (one.finding, one.level, str(one.status), str(one.value))
        for one in read_text(text).findings
    }


def wrapped(text: str, width: int = 60) -> str:
    """Wrap lines hard, as old systems do."""
    lines = [""]
    for word in text.split(" "):
        if len(lines[-1]) + len(word) > width:
            lines.append("")
        lines[-1] += f"{word} "
    return "\n".join(line.rstrip() for line in lines)


def rtf() -> str:
    """Write the report as RTF."""
    body = "\\par\\par\n".join(f"{{\\f0\\fs20 {line}}}" for line in LINES)
    return f"{{\\rtf1\\ansi{{\\fonttbl{{\\f0 Arial;}}}}\\pard {body}\\par}}"


def page() -> str:
    """Write the report as HTML."""
    rows = "".join(f"<p><b>{line.replace(': ', ':</b>&nbsp;', 1)}</p>" for line in LINES)
    return f"<html><head><title>x</title></head><body>{rows}</body></html>"


def clinical() -> str:
    """Write the report as a clinical document."""
    told = (("Indication", INDICATION), ("Findings", FINDINGS), ("Impression", IMPRESSION))
    sections = "".join(
        f"<component><section><title>{name}</title><text><paragraph>{said}</paragraph></text>"
        "</section></component>"
        for name, said in told
    )
    body = f"<component><structuredBody>{sections}</structuredBody></component>"
    return (
        f'<?xml version="1.0"?><ClinicalDocument xmlns="urn:hl7-org:v3">{body}</ClinicalDocument>'
    )


def printed() -> bytes:
    """Write the report as a PDF of two pages."""
    lines = wrapped(PLAIN.replace("\n\n", "\n"), 70).split("\n")
    head = "General Hospital, Department of Radiology"
    return pdf([[head, *lines[:5], "Page 1 of 2"], [head, *lines[5:], "Page 2 of 2"]])


LINKS = [{"reference": f"Observation/{name}"} for name in "abc"]
STYLES: dict[str, list[dict[str, Any]]] = {
    "conclusion": [report(conclusion=PLAIN)],
    "results, as Epic": [
        report(result=LINKS),
        narrative("a", INDICATION, "Reason for study"),
        narrative("b", FINDINGS, "Narrative"),
        narrative("c", IMPRESSION, "Impression"),
    ],
    "HTML and RTF of one document, as Epic": [
        document(
            content=[
                {"attachment": form(page(), "text/html")},
                {"attachment": form(rtf(), "text/rtf")},
            ]
        )
    ],
    "PDF, as Oracle": [report(presentedForm=[form(printed(), "application/pdf")])],
    "document, as Meditech": [document(content=[{"attachment": form(PLAIN)}])],
    "wrapped, as VA": [
        report(code={"text": "GENERAL RADIOLOGY"}, presentedForm=[form(wrapped(PLAIN))])
    ],
    "RTF": [report(presentedForm=[form(rtf(), "application/rtf")])],
    "CDA": [report(presentedForm=[form(clinical(), "application/xml")])],
    "form and conclusion": [
        report(presentedForm=[form(page(), "text/html")], conclusion=IMPRESSION)
    ],
    "report and document": [
        report(conclusion=IMPRESSION),
        document(
            content=[{"attachment": form(PLAIN)}],
            context={"related": [{"reference": "DiagnosticReport/r1"}]},
        ),
    ],
}


@pytest.mark.parametrize("style", STYLES)
def test_one_report_says_the_same_in_every_style(style: str) -> None:
    found = one(*STYLES[style])
    assert found.trouble is None
    assert found.final
    assert findings(found.text) == findings(PLAIN)


def test_what_it_says() -> None:
    said = {(finding, level, status) for finding, level, status, _ in findings(PLAIN)}
    assert {
        ("vertebral-fracture", "L1", "present"),
        ("marrow-edema", "L1", "present"),
        ("cord-compression", "L1", "absent"),
        ("vertebral-fracture", "L2", "absent"),
    } <= said
    assert not [level for _, level, _ in said if level == "L3"]

"""From bytes to the words that a reader sees: every format, with the mess of real systems."""

from __future__ import annotations

import base64
import subprocess
import sys
from pathlib import Path

import pytest

from cds_service.clinical.report_text import Trouble
from cds_service.reports.formats.charset import text_of
from cds_service.reports.formats.decode import decoded, decoded_text
from cds_service.reports.formats.html import html_text
from cds_service.reports.read import read_text
from tests.reports.pdfs import pdf

FILES = Path(__file__).parent / "files"
LINES = [
    "MRI LUMBAR SPINE",
    "FINDINGS: There is an acute compression fracture of the L1",
    "vertebral body with 40 % loss of height. No retropulsion.",
    "No cord compression (see above).",
]


def of(name: str, content_type: str = "") -> str:
    """Read a file of this folder that has no trouble."""
    made = decoded((FILES / name).read_bytes(), content_type)
    assert made.trouble is None
    return made.text


def said(text: str) -> list[str]:
    """List what a text says about fractures and the canal."""
    return [f"{one.finding} {one.level} {one.status}" for one in read_text(text).findings]


def enclosed(text: str) -> bytes:
    """Write a clinical document that has no sections."""
    body = f"<component><nonXMLBody>{text}</nonXMLBody></component>"
    return f"<ClinicalDocument>{body}</ClinicalDocument>".encode()


def packed(data: bytes, kind: str) -> str:
    """Write a document of another format into a clinical one."""
    inside = base64.b64encode(data).decode()
    return f'<text mediaType="{kind}" representation="B64">{inside}</text>'


def test_rtf_of_epic() -> None:
    assert of("epic.rtf", "text/rtf") == (
        "MRI LUMBAR SPINE WITHOUT CONTRAST\n\n"
        "INDICATION: Back pain. Cord compression?\n"
        "FINDINGS: There is an acute compression fracture of the L1 vertebral body with about"
        " 40 % loss of height – STIR hyperintensity is present.\n"
        "Angle 12°.  No retropulsion.\n"
        "The patient’s cord is normal – no cord compression.\n"
        " Images\nLevel | Loss\nL1 | 40 %\nIMPRESSION:\n1.\tAcute L1 compression fracture."
    )


def test_html_of_oracle() -> None:
    assert of("oracle.html", "text/html") == (
        "EXAM: MRI Lumbar Spine\n\n"
        "FINDINGS:\n"
        "Acute compression fracture of T12, loss of height >70%.\n"
        "Canal is patent – no cord compression.\n\n"
        "- Conus at L1.\n- No edema at L2.\n\n"
        "Level | Loss\nT12 | 70 %\nL1 | 0 %\n\n"
        "IMPRESSION:  T12 fracture.\n\nSigned   by\nA. Doe"
    )


def test_a_clinical_document() -> None:
    assert of("cda.xml", "application/xml") == (
        "Indication:\nDiscitis?\n\n"
        "Findings:\nAcute compression fracture of L1.  No retropulsion.\n"
        "- Conus normal.\n- No edema\nat L2.\nLevel | Loss\nL1 | 40 %\n\n"
        "Canal:\nNo stenosis.\n\nImpression:\nL1 fracture."
    )


@pytest.mark.parametrize("name", ["epic.rtf", "oracle.html", "cda.xml"])
@pytest.mark.parametrize("content_type", ["", "text/plain", "application/octet-stream"])
def test_what_the_bytes_are_counts_for_more_than_their_name(name: str, content_type: str) -> None:
    assert of(name, content_type) == of(name)


@pytest.mark.parametrize("packed", [True, False])
def test_pdf_with_a_text_layer(*, packed: bool) -> None:
    made = decoded(pdf([LINES], packed=packed), "application/pdf")
    assert (made.text, made.trouble) == ("\n".join(LINES), None)


def test_lines_at_the_edge_of_every_page_stand_once() -> None:
    first = ["General Hospital", *LINES, "Page 1 of 2"]
    second = ["General Hospital", "IMPRESSION: Acute fracture of L1, as told above.", "Page 2 of 2"]
    text = decoded(pdf([first, second])).text
    assert text == "\n".join(["General Hospital", *LINES, second[1]])


def test_a_scanned_pdf_says_so() -> None:
    made = decoded(pdf([[]], pictures=[0]), "application/pdf")
    assert (made.text, made.trouble) == ("", Trouble.NO_TEXT_LAYER)


def test_a_page_that_is_scanned_leaves_the_rest_with_a_trouble() -> None:
    made = decoded(pdf([LINES, []], pictures=[1]))
    assert "L1" in made.text
    assert made.trouble is Trouble.NO_TEXT_LAYER


def test_a_text_layer_of_noise_is_none() -> None:
    noise = ["#$%& (!) 12 34 @@ ;; <> 00 == ++ 9 8 7 ab cd", "~~ ~~ ~~ 11 22 33 ef gh ij kl"]
    assert decoded(pdf([noise])).trouble is Trouble.NO_TEXT_LAYER


@pytest.mark.parametrize(
    ("data", "content_type"),
    [
        ("12° – T12".encode("cp1252"), "text/plain; charset=utf-8"),
        ("12° – T12".encode("cp1252"), "text/plain"),
        ("12° – T12".encode("cp1252"), "text/plain; charset=iso-8859-1"),
        ("12° – T12".encode("cp1252"), "text/plain; charset=no-such"),
        ("12° – T12".encode("cp1252"), "text/plain; charset=shift_jisx0213x"),
        ("12° – T12".encode(), "text/plain; charset=iso-8859-1"),
        ("12° – T12".encode(), "text/plain; charset=us-ascii"),
        ("12° – T12".encode("utf-8-sig"), "text/plain"),
        ("12° – T12".encode("utf-16"), "text/plain"),
        (b"\xfe\xff" + "12° – T12".encode("utf-16-be"), "text/plain"),
        ("12° – T12".encode("utf-32"), "text/plain"),
        ("12° – T12 fracture".encode("utf-16-le"), "text/plain"),
        ("12° – T12 fracture".encode("utf-16-be"), "text/plain"),
        ("12° – T12".encode("koi8-r", "ignore") + b"\x9c", "text/plain; charset=koi8-r"),
        ("12° – T12".encode().decode("cp1252").encode(), "text/plain"),
    ],
)
def test_charsets(data: bytes, content_type: str) -> None:
    assert "12°" in text_of(data, content_type)
    assert "T12" in text_of(data, content_type)


def test_a_charset_in_the_document_counts() -> None:
    page = '<html><meta charset="windows-1250"><p>Zlín T12</p></html>'.encode("cp1250")
    assert decoded(page, "text/html").text == "Zlín T12"


def test_what_only_looks_doubly_encoded_stays() -> None:
    assert text_of("Ã© ☃".encode()) == "Ã© ☃"


def test_bytes_that_no_charset_allows_do_no_harm() -> None:
    assert text_of(b"T12\x81\x9d", "text/plain; charset=ascii") == "T12\ufffd\ufffd"
    assert text_of(b"T12\xff", "text/plain; charset=euc-jp").startswith("T12")


def test_plain_text_with_a_few_tags_keeps_its_lines() -> None:
    text = "FINDINGS: T12 fracture<br/>Canal &gt;70% narrowed\nIMPRESSION: <b>T12</b>"
    expected = "FINDINGS: T12 fracture\nCanal >70% narrowed\nIMPRESSION: T12"
    assert decoded(text.encode(), "text/plain").text == expected


def test_plain_text_with_entities_and_less_than() -> None:
    assert (
        decoded_text("Loss &lt;20&nbsp;% at T12, gap < 3 mm").text
        == "Loss <20 % at T12, gap < 3 mm"
    )


def test_html_without_a_tag_keeps_its_lines() -> None:
    assert decoded(b"FINDINGS:\nT12 fracture.\n", "text/html").text == "FINDINGS:\nT12 fracture."


def test_escapes_of_hl7_version_2() -> None:
    assert (
        decoded_text(r"Line one\.br\Fracture \T\ edema \S\ x").text
        == "Line one\nFracture & edema ^ x"
    )


def test_line_ends_and_blanks() -> None:
    text = "A\r\nB\rC\u2028D\u00a0E\u200b\u00adF\x00  \n\n\n\nG"
    assert decoded(text.encode()).text == "A\nB\nC\nD EF\n\nG"


def test_a_clinical_document_with_a_pdf_inside() -> None:
    made = decoded(enclosed(packed(pdf([LINES]), "application/pdf")))
    assert "acute compression fracture" in made.text


def test_a_clinical_document_with_plain_text_inside() -> None:
    assert decoded(enclosed("<text>T12 fracture.</text>")).text == "T12 fracture."


def test_a_document_inside_a_document_is_opened_once() -> None:
    inner = (FILES / "cda.xml").read_bytes()
    made = decoded(enclosed(packed(inner, "text/xml")))
    assert "L1 fracture." in made.text
    outer = enclosed(packed(b"T12", "text/plain"))
    twice = decoded(enclosed(packed(outer, "text/xml")))
    assert twice.trouble is Trouble.UNKNOWN_TYPE


def test_a_clinical_document_with_broken_base64() -> None:
    broken = enclosed('<text representation="B64">!!</text>')
    assert decoded(broken).trouble is Trouble.BROKEN


def test_sections_without_a_name_or_a_text() -> None:
    sections = (
        "<component><section><text>T12 <sup>x</sup> fracture.</text></section></component>"
        "<component><section><code/></section></component>"
    )
    body = f"<component><structuredBody>{sections}</structuredBody></component>"
    source = f"<ClinicalDocument>{body}</ClinicalDocument>"
    assert decoded(source.encode()).text == "T12 x fracture."


def test_xhtml_under_the_name_of_xml() -> None:
    page = b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><body><p>T12</p></body></html>'
    assert decoded(page, "application/xml").text == "T12"


@pytest.mark.parametrize(
    ("data", "content_type", "trouble"),
    [
        (b"", "text/plain", Trouble.NO_TEXT),
        (b" \r\n\0", "text/plain", Trouble.NO_TEXT),
        (b"<html><body></body></html>", "text/html", Trouble.NO_TEXT),
        (b"PK\x03\x04 docx", "text/plain", Trouble.UNKNOWN_TYPE),
        (b"\xff\xd8\xff\xe0 jpeg", "image/jpeg", Trouble.UNKNOWN_TYPE),
        (b"T12 fracture", "application/dicom", Trouble.UNKNOWN_TYPE),
        (bytes(range(1, 256)) * 4, "application/octet-stream", Trouble.UNKNOWN_TYPE),
        (b"T12 fracture", "application/pdf", Trouble.BROKEN),
        (b"%PDF-1.4 nothing at all", "application/pdf", Trouble.BROKEN),
        (pdf([LINES])[:400], "application/pdf", Trouble.BROKEN),
        (b"<Bundle xmlns='http://hl7.org/fhir'/>", "application/xml", Trouble.UNKNOWN_TYPE),
        (b"<ClinicalDocument><component>", "application/xml", Trouble.BROKEN),
        (b"T12 fracture", "application/xml", Trouble.BROKEN),
        (b"{\\rtf1 T12 {\\b fracture", "text/rtf", Trouble.BROKEN),
        (b"{\\rtf1 \\uc T12}", "text/rtf", Trouble.BROKEN),
        (b"x" * ((4 << 20) + 1), "text/plain", Trouble.TOO_LARGE),
        (b"<p>" + b"x" * (1 << 20), "text/html", Trouble.TOO_LARGE),
        (b"<p>T12 fracture. <del>L1 fracture.", "text/html", Trouble.BROKEN),
    ],
)
def test_what_cannot_be_read_says_why(data: bytes, content_type: str, trouble: Trouble) -> None:
    assert decoded(data, content_type).trouble is trouble


def test_a_part_that_is_struck_out_and_never_ends_leaves_the_rest() -> None:
    assert decoded(b"<p>T12 fracture. <del>L1 fracture.").text == "T12 fracture."


def test_pages_of_rough_markup() -> None:
    page = (
        "<table><tr><td>EXAM:<td>CT</table><td>x</td><tr/><p hidden/>a<hr/><s>b<s>c</s>d</s>e"
        "<img style='display:none'>f<br></br>g</table><blink/>"
    )
    text, whole = html_text(page)
    assert (text.strip(), whole) == ("EXAM: CT\n\n\nx\n\na\nef\ng", True)


def test_long_cells_stand_below_each_other() -> None:
    page = f"<table><tr><td>FINDINGS</td><td>{'word ' * 20}</td></tr></table>"
    assert decoded(page.encode()).text == f"FINDINGS\n{('word ' * 20).strip()}"


def test_rtf_that_closes_more_than_it_opens() -> None:
    assert decoded(b"{\\rtf1 T12 fracture.}} more}").text.startswith("T12 fracture.")


def test_rtf_with_raw_bytes_and_a_picture_in_binary() -> None:
    made = decoded(
        b"{\\rtf1\\ansi T12 {\\pict\\bin5 }}}}} }fracture\\plain  \\strike x\\strike0  y.}"
    )
    assert " ".join(made.text.split()) == "T12 fracture y."


def test_findings_of_all_formats_are_the_same() -> None:
    assert "vertebral-fracture L1 present" in said(of("epic.rtf"))
    assert "vertebral-fracture L1 present" in said(of("cda.xml"))
    assert "vertebral-fracture T12 present" in said(of("oracle.html"))
    assert "vertebral-fracture L1 present" in said(decoded(pdf([LINES])).text)


def test_plain_text_pays_for_no_library() -> None:
    program = (
        "import sys; from cds_service.reports.formats.decode import decoded;"
        "decoded(b'T12'); decoded(b'<p>T12</p>'); print({'pypdf', 'striprtf'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"

"""Documents that were made to do harm: each is given up within limits, and says why."""

from __future__ import annotations

import random
import sys
import time
import zlib

import pytest

from cds_service.clinical.report_text import Trouble
from cds_service.reports.formats import decode
from cds_service.reports.formats import pdf as pdf_reader
from cds_service.reports.formats.decode import decoded
from cds_service.reports.formats.guard import OutOfTime, together, within
from tests.reports.formats.test_formats import FILES
from tests.reports.pdfs import pdf, written

GIVEN_UP = {Trouble.BROKEN, Trouble.TOO_LARGE, Trouble.TOO_SLOW}
"""Which of the limits comes first may depend on the machine."""


def test_entities_are_refused() -> None:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    head = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "lol">{laughs}]>'
    bomb = f"{head}<ClinicalDocument>&l9;</ClinicalDocument>"
    assert decoded(bomb.encode(), "text/xml").trouble is Trouble.BROKEN


def test_a_document_type_from_elsewhere_is_refused() -> None:
    bomb = '<?xml version="1.0"?><!DOCTYPE x SYSTEM "file:///etc/passwd"><ClinicalDocument/>'
    assert decoded(bomb.encode(), "text/xml").trouble is Trouble.BROKEN


@pytest.mark.parametrize("depth", [101, 50_000])
def test_deep_xml(depth: int) -> None:
    bomb = f"<ClinicalDocument>{'<a>' * depth}{'</a>' * depth}</ClinicalDocument>"
    assert decoded(bomb.encode(), "text/xml").trouble is Trouble.BROKEN


def test_many_elements() -> None:
    bomb = f"<ClinicalDocument>{'<a/>' * 50_001}</ClinicalDocument>"
    assert decoded(bomb.encode(), "text/xml").trouble in GIVEN_UP


def test_deep_html_is_read() -> None:
    assert decoded(f"{'<div>' * 5_000}T12".encode(), "text/html").text == "T12"


@pytest.mark.parametrize("piece", ["<!--", "<!-- -- ", "<a <a ", "&#", "<![", "</", "<p "])
def test_markup_that_never_ends(piece: str) -> None:
    begun = time.perf_counter()
    decoded(f"<p>{piece * 100_000}".encode()[: 1 << 20], "text/html")
    assert time.perf_counter() - begun < 5


def test_deep_rtf() -> None:
    assert decoded(b"{\\rtf1" + b"{" * 300 + b"}" * 301).trouble is Trouble.BROKEN


@pytest.mark.parametrize(
    "piece", [b"\\", b"\\u1", b"\\'zz", b"{\\field{\\*\\fldinst{", b'HYPERLINK "']
)
def test_rtf_that_goes_on(piece: bytes) -> None:
    begun = time.perf_counter()
    decoded(b"{\\rtf1 " + piece * 20_000 + b"}")
    assert time.perf_counter() - begun < 5


def test_a_pdf_with_too_many_pages() -> None:
    assert decoded(pdf([["T12 fracture"]] * 31)).trouble in GIVEN_UP


def test_a_pdf_that_inflates() -> None:
    packed = zlib.compress(b"0 0 Td\n" * 3_000_000, 9)
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R /Resources 5 0 R >>"
    bomb = written(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            page,
            b"<< /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream" % (len(packed), packed),
            b"<< /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >>",
        ]
    )
    assert decoded(bomb).trouble in GIVEN_UP


def test_a_pdf_whose_pages_turn_in_circles() -> None:
    bomb = written(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Pages /Parent 2 0 R /Kids [2 0 R] /Count 1 >>",
        ]
    )
    assert decoded(bomb).trouble in {Trouble.BROKEN, Trouble.NO_TEXT_LAYER}


def test_a_locked_pdf() -> None:
    import io

    import pypdf

    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf([["T12 fracture"]])))
    writer.encrypt("secret", algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    assert decoded(out.getvalue()).trouble is Trouble.LOCKED
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf([["An acute fracture of T12 is seen."]])))
    writer.encrypt("", "owner", algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    assert "T12" in decoded(out.getvalue()).text


def test_a_pdf_that_needs_a_library_to_be_opened() -> None:
    class Locked:
        def decrypt(self, _password: str) -> None:
            raise NotImplementedError

    assert not pdf_reader._opened(Locked())


def test_a_pdf_that_takes_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    def forever(_data: bytes) -> None:
        while True:
            len(_data)

    monkeypatch.setattr(decode, "pdf_text", forever)
    monkeypatch.setattr(decode, "SECONDS", 0.05)
    assert decoded(pdf([["T12 fracture"]])).trouble is Trouble.TOO_SLOW


def test_markup_that_takes_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    def forever(_text: str, _kind: str, *, inside: bool) -> None:
        while not inside:
            len(_text)

    monkeypatch.setattr(decode, "_markup", forever)
    monkeypatch.setattr(decode, "SECONDS", 0.05)
    assert decoded(b"<p>" + b"x" * 30_000).trouble is Trouble.TOO_SLOW


def test_a_profiler_that_was_set_is_back_afterwards() -> None:
    def watch(*_args: object) -> None:
        """Do nothing."""

    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        with pytest.raises(OutOfTime), within(-1):
            len("x")
        assert sys.getprofile() is watch
    finally:
        sys.setprofile(before)


def test_pdf_without_resources() -> None:
    bare = written(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>",
        ]
    )
    assert pdf_reader.pdf_text(bare) == ("", Trouble.NO_TEXT_LAYER)


def test_whatever_the_bytes_are_nothing_raises() -> None:
    chance = random.Random(4)  # noqa: S311 - the same every time
    seeds = [path.read_bytes() for path in sorted(FILES.iterdir())]
    seeds.append(pdf([["A fracture of L1 is seen here."] * 3], pictures=[0]))
    pieces = [b"{", b"}", b"\\u9999999999 ", b"\\bin99", b"<del>", b"&#x110000;", b"\xff", b"\0"]
    pieces += [b"<![CDATA[", b"/Kids", b"stream", b"\\ansicpg0 ", b"</table>", b"<!DOCTYPE a>"]
    for _ in range(400):
        data = bytearray(chance.choice(seeds))
        for _ in range(chance.randint(1, 8)):
            place = chance.randrange(len(data) + 1)
            if chance.random() < 0.5:
                data[place:place] = chance.choice(pieces)
            else:
                del data[place : place + chance.randint(1, 100)]
        made = decoded(bytes(data))
        assert made.text or made.trouble


@pytest.mark.parametrize(
    ("head", "piece", "kind"),
    [
        ("fracture of L1", " ", "text/plain"),
        ("fracture of L1", "\t ", "text/plain"),
        ("{\\rtf1 a|b", " ", "text/rtf"),
        ('<p style="', "text-decoration", "text/html"),
        ('<p style="', "text-decoration:", "text/html"),
    ],
)
def test_no_pattern_looks_at_the_same_run_again_and_again(head: str, piece: str, kind: str) -> None:
    """No clock stops a pattern: half a megabyte of blanks held a worker for minutes."""
    end = "z}" if kind == "text/rtf" else 'z">' if kind == "text/html" else "z"
    begun = time.process_time()
    decoded(f"{head}{piece * (500_000 // len(piece))}{end}".encode(), kind)
    assert time.process_time() - begun < 2


def test_short_markup_that_never_ends_has_a_clock_too() -> None:
    begun = time.process_time()
    decoded(b"<html>" + b"<a " * 6_600, "text/html")
    assert time.process_time() - begun < 1.8


def test_all_documents_of_a_record_share_their_time() -> None:
    slow = b"<html>" + b"<a " * 66_000
    begun = time.process_time()
    with together(0.3):
        ends = [decoded(slow, "text/html").trouble for _ in range(20)]
        assert decoded(b"fracture of L1", "text/plain").text == "fracture of L1"
    assert set(ends) == {Trouble.TOO_SLOW}
    assert time.process_time() - begun < 2
    assert decoded(b"<p>fracture of L1", "text/html").text.strip() == "fracture of L1"


def test_time_that_is_up_in_a_finalizer_is_up_behind_it_as_well(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Python swallows what a finalizer raises, and the watch with it."""
    late: list[str] = []
    monkeypatch.setattr(time, "perf_counter", lambda: len(late))

    class Told:
        """Lets the time run out when it goes."""

        def __del__(self) -> None:
            """Call something."""
            late.append("now")
            len(late)

    def work() -> None:
        told = Told()
        del told
        for _ in range(10):
            len(late)

    with pytest.raises(OutOfTime), within(0.5):
        work()
    assert late == ["now"]

"""Small PDFs written by hand: with a text layer, as a mere picture, or with something amiss."""

from __future__ import annotations

import zlib
from collections.abc import Sequence


def pdf(
    pages: Sequence[Sequence[str]], *, pictures: Sequence[int] = (), packed: bool = True
) -> bytes:
    """Write lines of text, a page each; pages in `pictures` show a picture as well."""
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b""]
    objects.append(
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
    )
    objects.append(
        _stream(
            b"\x80" * 64,
            b"/Type /XObject /Subtype /Image /Width 8 /Height 8 /ColorSpace /DeviceGray"
            b" /BitsPerComponent 8 ",
            packed=packed,
        )
    )
    kids = []
    for place, lines in enumerate(pages):
        shown = place in pictures
        content = _stream(_content(lines, picture=shown), b"", packed=packed)
        objects.append(content)
        more = b" /XObject << /Im0 4 0 R >>" if shown else b""
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents %d 0 R"
            b" /Resources << /Font << /F1 3 0 R >>%s >> >>" % (len(objects), more)
        )
        kids.append(b"%d 0 R" % len(objects))
    objects[1] = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (b" ".join(kids), len(kids))
    return written(objects)


def written(objects: Sequence[bytes]) -> bytes:
    """Number objects and write them with their table."""
    data = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = len(data)
    data += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    data += b"".join(b"%010d 00000 n \n" % place for place in places)
    data += b"trailer\n<< /Size %d /Root 1 0 R >>\n" % (len(objects) + 1)
    return bytes(data + b"startxref\n%d\n%%%%EOF\n" % table)


def _content(lines: Sequence[str], *, picture: bool) -> bytes:
    """Write the operators of a page."""
    parts = [b"q 400 0 0 400 50 50 cm /Im0 Do Q"] if picture else []
    parts.append(b"BT /F1 10 Tf 12 TL 50 760 Td")
    for line in lines:
        words = line.encode("cp1252").replace(b"\\", b"\\\\")
        words = words.replace(b"(", b"\\(").replace(b")", b"\\)")
        parts.append(b"(%s) Tj T*" % words)
    parts.append(b"ET")
    return b"\n".join(parts)


def _stream(data: bytes, entries: bytes, *, packed: bool) -> bytes:
    """Write a stream, compressed or not."""
    if packed:
        data, entries = zlib.compress(data), entries + b"/Filter /FlateDecode "
    return b"<< %s/Length %d >>\nstream\n%s\nendstream" % (entries, len(data), data)

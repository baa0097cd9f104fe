"""PDF: the text layer, page by page, within limits on everything that a file can inflate."""

from __future__ import annotations

import io
import logging
import re
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

from cds_service.clinical.report_text import Trouble

if TYPE_CHECKING:
    from pypdf import PageObject

MOST_PAGES: Final = 30
_MEGABYTE: Final = 1 << 20
_LIMITS: Final[dict[str, Any]] = {
    "maximum_declared_stream_length": 8 * _MEGABYTE,
    "array_based_stream_maximum_output_length": 4 * _MEGABYTE,
    "array_maximum_element_count": 20_000,
    "dictionary_maximum_element_count": 20_000,
    "jbig2_maximum_output_length": _MEGABYTE,
    "lzw_maximum_output_length": 4 * _MEGABYTE,
    "run_length_maximum_output_length": 4 * _MEGABYTE,
    "zlib_maximum_output_length": 4 * _MEGABYTE,
    "zlib_maximum_recovery_input_length": _MEGABYTE,
    "brotli_maximum_output_length": 4 * _MEGABYTE,
    "image_maximum_buffer_size": _MEGABYTE,
    "stream_filters_maximum_length": 4,
    "stream_decoding_work_maximum_length": 16 * _MEGABYTE,
    "stream_parsing_work_maximum_count": 200_000,
    "page_tree_maximum_entries": 1_000,
    "page_tree_maximum_depth": 30,
    "page_tree_maximum_page_entries": 20_000,
    "xform_maximum_invocations_per_extraction": 200,
    "jbig2dec_binary": None,
    "disable_legacy_handling": True,
}
_NUMBER: Final = re.compile(
    r"(?i)(?:page\s*)?\d{1,3}\s*(?:of|/)\s*\d{1,3}|page\s*\d{1,3}|-\s*\d{1,3}\s*-"
)
_WORD: Final = re.compile(r"[A-Za-z]{2,}")
_FEWEST_WORDS: Final = 5
_EDGE: Final = 6
_HALF: Final = 0.5


def load() -> ModuleType:
    """Import the library; it takes a tenth of a second, once, and no request without a PDF."""
    import pypdf

    return pypdf


def pdf_text(data: bytes) -> tuple[str, Trouble | None]:
    """Give the text layer of a PDF, and why there is none or not all of it.

    Raises whatever pypdf raises for a file that is broken or goes beyond the limits.
    """
    pypdf = load()
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it would quote what it stumbles over
    try:
        with pypdf.apply_configuration(**_LIMITS):
            return _read(data, pypdf)
    except pypdf.errors.LimitReachedError:
        return "", Trouble.TOO_LARGE


def _read(data: bytes, pypdf: ModuleType) -> tuple[str, Trouble | None]:
    """Read page by page."""
    reader = pypdf.PdfReader(io.BytesIO(data), strict=False)
    if reader.is_encrypted and not _opened(reader):
        return "", Trouble.LOCKED
    if len(reader.pages) > MOST_PAGES:
        return "", Trouble.TOO_LARGE
    pages, pictures = [], False
    for page in reader.pages:
        text = page.extract_text()
        pictures = pictures or (not _is_text(text) and _has_picture(page))
        pages.append(text)
    text = _joined(pages)
    if not _is_text(text):
        return "", Trouble.NO_TEXT_LAYER
    return text, Trouble.NO_TEXT_LAYER if pictures else None


def _opened(reader: object) -> bool:
    """Open a file that is locked for changes only, which needs no password."""
    from pypdf.errors import DependencyError

    try:
        return bool(reader.decrypt(""))  # type: ignore[attr-defined]  # untyped there
    except (DependencyError, NotImplementedError, ValueError):
        return False


def _is_text(text: str) -> bool:
    """Tell whether a text layer has words, and is not the noise of fonts without a table."""
    words = _WORD.findall(text)
    dense = len("".join(text.split()))
    return len(words) >= _FEWEST_WORDS and sum(map(len, words)) > _HALF * dense


def _has_picture(page: PageObject) -> bool:
    """Tell whether a page shows a picture."""
    resources: Any = page.get("/Resources")
    held = resources.get_object().get("/XObject") if resources is not None else None
    shown = held.get_object().values() if held is not None else ()
    return any(one.get_object().get("/Subtype") == "/Image" for one in shown)


def _joined(pages: list[str]) -> str:
    """Join pages, without their numbers, and with what stands at the edge of each only once."""
    kept: list[str] = []
    known: set[str] = set()
    for page in pages:
        lines = [line.rstrip() for line in page.strip().split("\n")]
        edges = {line.strip() for line in (*lines[:_EDGE], *lines[-_EDGE:])} - {""}
        kept += [
            line
            for line in lines
            if not _NUMBER.fullmatch(line.strip()) and line.strip() not in known & edges
        ]
        known |= edges
    return "\n".join(kept)

"""`trace`: what of the papers is carried by which rule, and all that hangs on each rule."""

from __future__ import annotations

from cds_service.catalog import load_catalog
from cds_service.settings import Settings
from cds_service.tracing.data import gather


def report(settings: Settings, form: str = "text") -> str:
    """Write the trace of all content as `text`, `json` or `html`."""
    traces = gather(settings, load_catalog(settings))
    if form == "html":
        from cds_service.tracing.page import as_page

        return as_page(traces)
    if form == "json":
        import orjson

        return orjson.dumps(traces, option=orjson.OPT_INDENT_2).decode() + "\n"
    from cds_service.tracing.text import as_text

    return as_text(traces)

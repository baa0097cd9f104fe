"""A record whose report is a Binary and whose findings are results: gathered, then read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from cds_service.clinical.evidence import Item
from cds_service.clinical.order import HookRequest
from cds_service.clinical.report_text import Trouble, Wanted
from cds_service.evidence.gather import Gatherer
from cds_service.narrative.texts import report_texts, wanted
from cds_service.settings import load_settings
from tests.evidence.conftest import CODES as QUERY_CODES
from tests.evidence.conftest import PATIENT, FhirServer, Handler
from tests.evidence.conftest import gatherer as gatherer  # noqa: PLC0414 - a fixture
from tests.evidence.conftest import hook as hook  # noqa: PLC0414 - a fixture
from tests.evidence.conftest import queries as queries  # noqa: PLC0414 - a fixture
from tests.evidence.conftest import serve as serve  # noqa: PLC0414 - a fixture
from tests.evidence.conftest import server as server  # noqa: PLC0414 - a fixture
from tests.reports.pdfs import pdf
from tests.reports.test_texts import CODES, FULL, NOW, narrative, report

Hook = Callable[..., HookRequest]
Make = Callable[..., Gatherer]

SUBJECT = {"reference": f"Patient/{PATIENT}"}


def needs(items: Iterable[Item]) -> Iterable[Wanted]:
    """Name what the reports still need, as of the day of these tests."""
    return wanted(items, CODES, NOW)


def test_a_report_that_is_a_binary(hook: Hook, gatherer: Make, server: FhirServer) -> None:
    form = {"contentType": "application/pdf", "url": f"{server.url}/Binary/1"}
    server.resources += [report(subject=SUBJECT, presentedForm=[form])]
    data = pdf([FULL.split("\n")])
    server.misdeeds["Binary"] = lambda handler: handler.send(data, Content_Type="application/pdf")
    (found,) = report_texts(gatherer(wants=needs)(hook(None, server), None), CODES, NOW)
    assert (found.text, found.trouble) == (FULL, None)


def test_results_that_nobody_brought(hook: Hook, gatherer: Make, server: FhirServer) -> None:
    seen = narrative("n", "Acute compression fracture of L1.", "Findings", subject=SUBJECT)
    link = {"reference": "Observation/n"}
    server.resources += [report(subject=SUBJECT, result=[link]), seen]
    (found,) = report_texts(gatherer(wants=needs)(hook(None, server), None), CODES, NOW)
    assert found.text == "FINDINGS:\nAcute compression fracture of L1."


def test_a_binary_that_is_refused(hook: Hook, gatherer: Make, server: FhirServer) -> None:
    form = {"contentType": "text/plain", "url": "Binary/1"}
    server.resources += [report(subject=SUBJECT, presentedForm=[form], conclusion="L1 fracture.")]

    def refuse(handler: Handler) -> None:
        handler.send(b"", 403)

    server.misdeeds["Binary"] = refuse
    (found,) = report_texts(gatherer(wants=needs)(hook(None, server), None), CODES, NOW)
    assert (found.text, found.trouble) == ("L1 fracture.", Trouble.FORBIDDEN)


@pytest.mark.parametrize("wants", [None, needs])
def test_attachments_are_fetched_only_where_somebody_wants_them(
    wants: Any, hook: Hook, server: FhirServer
) -> None:
    from cds_service.evidence.prefetch import filled, load

    queries = filled(load(), QUERY_CODES)
    form = {"contentType": "text/plain", "url": "Binary/1"}
    server.resources += [report(subject=SUBJECT, presentedForm=[form])]
    gather = Gatherer.from_settings(load_settings({}), queries, wants=wants)
    try:
        gather(hook(None, server), None)
    finally:
        gather.close()
    assert bool(server.asked("Binary")) is (wants is not None)

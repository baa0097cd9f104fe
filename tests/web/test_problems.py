"""Errors of HTTP and of ours; log lines in which nothing of a patient can be."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.exceptions import HTTPException, default_exceptions

from cds_service.errors import RequestError
from cds_service.web import logs
from cds_service.web.problems import ISSUES
from tests.web.conftest import SELECT, SIGN, Build, Story
from tests.web.test_hooks import outcome_of

CANARY = "Zaphod-4711"


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """Catch standard output as the log sees it; the root logger is put back at the end."""
    out = io.StringIO()
    monkeypatch.setattr("sys.stdout", out)
    root, ours = logging.getLogger(), logging.getLogger("cds_service")
    before = (root.handlers[:], root.level, ours.level)
    logs.configure("INFO")
    yield out
    root.handlers[:], root.level, ours.level = before
    root.setLevel(before[1])


def read(lines: io.StringIO) -> list[dict[str, Any]]:
    """Read the lines that were written."""
    return [json.loads(line) for line in lines.getvalue().splitlines()]


@pytest.mark.parametrize(
    ("method", "path", "status", "allow"),
    [
        ("get", SELECT, 405, {"POST", "OPTIONS"}),
        ("delete", SIGN, 405, {"POST", "OPTIONS"}),
        ("post", "/cds-services", 405, {"GET", "HEAD", "OPTIONS"}),
        ("get", SELECT + "/feedback", 405, {"POST", "OPTIONS"}),
        ("get", f"/{CANARY}", 404, set()),
        ("get", "/", 404, set()),
        ("post", f"/cds-services/{CANARY}/x/y", 404, set()),
    ],
)
def test_errors_of_http_are_outcomes_too(
    client: FlaskClient, method: str, path: str, status: int, allow: set[str]
) -> None:
    """Conformance section 6: 405 with Allow, no HTML, nothing echoed."""
    answer = getattr(client, method)(path)
    outcome_of(answer, status)
    assert set(answer.allow or ()) == allow
    assert CANARY not in answer.text


def test_a_fault_of_ours_tells_nothing_but_where_it_happened(
    build: Build, story: Story, body: dict[str, Any], lines: io.StringIO
) -> None:
    """Conformance 6.1: no trace. What an exception says may be of a patient."""

    def fail() -> tuple[Any, ...]:
        raise KeyError(CANARY)

    story.answer = fail
    answer = build().test_client().post(SELECT, json=body)
    assert outcome_of(answer, 500)["code"] == "exception"
    assert CANARY not in answer.text
    failed, answered = read(lines)
    assert (failed["event"], failed["error"]) == ("unexpected error", "KeyError")
    assert failed["where"].startswith("cds_service.web.hooks:")
    assert answered["status"] == 500
    assert CANARY not in lines.getvalue()


def test_one_line_for_each_answer(
    client: FlaskClient, body: dict[str, Any], lines: io.StringIO
) -> None:
    client.post(SELECT, json=body)
    (line,) = read(lines)
    assert line.pop("duration_ms") > 0
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "INFO",
        "logger": "cds_service.web.logs",
        "event": "answered",
        "service": "vertebral-augmentation",
        "hook": "order-select",
        "status": 200,
        "cards": 2,
        "fired": ["coagulopathy_correctable"],
        "version": "1.0+abc",
    }


def test_nothing_of_a_request_gets_into_the_log(
    client: FlaskClient, body: dict[str, Any], lines: io.StringIO
) -> None:
    """A canary in every place of a request, right and wrong."""
    marked = json.loads(json.dumps(body).replace("vcf-1", CANARY).replace("example", CANARY))
    marked |= {"hookInstance": CANARY, "fhirServer": f"http://127.0.0.1/{CANARY}"}
    marked["fhirAuthorization"] = {"access_token": CANARY}
    headers = {"Authorization": CANARY, "Origin": CANARY, "User-Agent": CANARY}
    for wrong in ({}, {"hook": CANARY}, {"context": CANARY}, {"fhirServer": CANARY}):
        answer = client.post(f"{SELECT}?x={CANARY}", json=marked | wrong, headers=headers)
        assert answer.status_code == (400 if wrong else 200)
        assert CANARY not in (answer.text if wrong else "")
    client.post(f"/cds-services/{CANARY}", json=marked)
    client.get(f"/{CANARY}")
    entry = {"card": CANARY, "outcome": CANARY, "overrideReason": {"userComment": CANARY}}
    client.post(f"{SELECT}/feedback", json={"feedback": [entry]})
    assert len(read(lines)) == 7
    assert CANARY not in lines.getvalue()


def test_only_allowed_fields_and_no_arguments_are_written(lines: io.StringIO) -> None:
    log = logging.getLogger("cds_service.test")
    logs.say(log, logging.WARNING, "event", cards=1, patient=CANARY)
    log.warning("template %s", CANARY)
    logging.getLogger("urllib3").warning("GET /Patient/%s", CANARY)
    logging.getLogger("library").warning("GET /Patient/" + CANARY)  # noqa: G003 - as they do
    try:
        raise ValueError(CANARY)  # noqa: TRY301 - its place is what is logged
    except ValueError:
        log.exception("failed")
    written = read(lines)
    assert [line.get("event") for line in written] == ["event", "template %s", None, None, "failed"]
    assert written[0]["cards"] == 1
    assert written[-1]["error"] == "ValueError"
    assert CANARY not in lines.getvalue()


def test_the_level_is_respected(lines: io.StringIO) -> None:
    logs.configure("ERROR")
    logs.say(logging.getLogger("cds_service.test"), logging.WARNING, "quiet")
    assert lines.getvalue() == ""


def test_every_status_of_ours_has_its_words() -> None:
    codes = {one.status for one in RequestError.__subclasses__()} - {412}
    assert codes <= set(ISSUES)
    assert all(issubclass(default_exceptions[code], HTTPException) for code in ISSUES)

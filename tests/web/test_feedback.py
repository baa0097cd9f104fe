"""Feedback: what is taken, what is refused, all of it or nothing."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from cds_service.feedback.issuance import PAUSES
from cds_service.feedback.store import Store, StoreDown
from tests.web import conftest
from tests.web.conftest import SELECT, Build
from tests.web.test_hooks import ABSENT, outcome_of

URL = SELECT + "/feedback"
CARD = "6b9b2f0e-6f1f-4c5c-9e53-7d0d3c9d8a10"
ACCEPTED: dict[str, Any] = {
    "card": CARD,
    "outcome": "accepted",
    "acceptedSuggestions": [{"id": "0c5f3b58-51a7-4a5c-8f0a-4f4c9f6f7a11"}],
    "outcomeTimestamp": "2026-11-21T09:30:00.123Z",
}
OVERRIDDEN: dict[str, Any] = {
    "card": CARD,
    "outcome": "overridden",
    "overrideReason": {
        "reason": {"code": "other", "system": "https://example.org/r"},
        "userComment": "discussed with hematology",
    },
    "outcomeTimestamp": "2026-11-21T10:30:00+01:00",
}


def stored(tmp_path: Path) -> list[tuple[Any, ...]]:
    """Read what the store holds."""
    connection = sqlite3.connect(tmp_path / "cds.sqlite3")
    query = (
        "SELECT outcome, outcome_at, accepted, reason_system, reason_code, comment FROM feedback"
    )
    found = connection.execute(query).fetchall()
    connection.close()
    return found


@pytest.fixture(autouse=True)
def issued(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the card have gone out from another worker; nobody waits for one that never was."""
    monkeypatch.setattr("cds_service.feedback.issuance.PAUSES", (0.0,))
    other = Store(f"sqlite:///{tmp_path}/cds.sqlite3")
    other.issued([conftest.CARD], "vertebral-augmentation", "1.0", conftest.NOW)
    other.close()


def test_both_outcomes_are_kept(client: FlaskClient, tmp_path: Path) -> None:
    """Conformance 5.2, 5.3, 5.6."""
    answer = client.post(URL, json={"feedback": [ACCEPTED, OVERRIDDEN]})
    assert (answer.status_code, answer.json) == (200, {"received": 2, "stored": 2})
    assert stored(tmp_path) == [
        (
            "accepted",
            "2026-11-21 09:30:00.123000",
            f'["{ACCEPTED["acceptedSuggestions"][0]["id"]}"]',
            "",
            "",
            "",
        ),
        (
            "overridden",
            "2026-11-21 09:30:00.000000",
            "[]",
            "https://example.org/r",
            "other",
            "discussed with hematology",
        ),
    ]


def test_the_same_again_is_no_news(client: FlaskClient, tmp_path: Path) -> None:
    """Conformance 13.7; the reference client sends one entry for each click."""
    for stored_now in (1, 0):
        answer = client.post(URL, json={"feedback": [ACCEPTED, ACCEPTED]})
        assert answer.json == {"received": 2, "stored": stored_now}
    assert len(stored(tmp_path)) == 1


NEVER = "00000000-0000-4000-8000-000000000000"
SMITH = "Mary Smith, born 1948"


@pytest.mark.parametrize("card", [NEVER, SMITH, f"urn:uuid:{CARD}", f"{CARD}x"])
def test_an_unknown_card_is_received_and_not_kept(
    client: FlaskClient, tmp_path: Path, card: str
) -> None:
    """Conformance 5.6: no error; and what is no card of ours may be anything."""
    entry = OVERRIDDEN | {"card": card}
    answer = client.post(URL, json={"feedback": [entry, OVERRIDDEN]})
    assert (answer.status_code, answer.json) == (200, {"received": 2, "stored": 1})
    assert len(stored(tmp_path)) == 1


def test_a_card_of_a_moment_ago_is_known(
    client: FlaskClient, body: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Answers are written off the request: feedback that comes at once waits for that."""
    monkeypatch.setattr("cds_service.feedback.issuance.PAUSES", PAUSES)
    uuid = client.post(SELECT, json=body).get_json()["cards"][1]["uuid"]
    answer = client.post(URL, json={"feedback": [OVERRIDDEN | {"card": uuid}]})
    assert answer.json == {"received": 1, "stored": 1}


def test_a_card_is_known_in_capitals(client: FlaskClient, tmp_path: Path) -> None:
    entry = ACCEPTED | {
        "card": CARD.upper(),
        "acceptedSuggestions": [{"id": ACCEPTED["acceptedSuggestions"][0]["id"].upper()}],
    }
    assert client.post(URL, json={"feedback": [entry, ACCEPTED]}).get_json()["stored"] == 1
    assert stored(tmp_path)[0][2] == f'["{ACCEPTED["acceptedSuggestions"][0]["id"]}"]'


def test_only_suggestions_of_that_card_are_kept(client: FlaskClient, tmp_path: Path) -> None:
    own = ACCEPTED["acceptedSuggestions"][0]
    entry = ACCEPTED | {"acceptedSuggestions": [{"id": SMITH}, own, {"id": NEVER}]}
    foreign = ACCEPTED | {
        "acceptedSuggestions": [{"id": SMITH}],
        "outcomeTimestamp": "2026-11-22T09:30:00Z",
    }
    answer = client.post(URL, json={"feedback": [entry, foreign]})
    assert answer.json == {"received": 2, "stored": 1}
    assert [row[2] for row in stored(tmp_path)] == [f'["{own["id"]}"]']


PUBLISHED = "http://terminology.hl7.org/CodeSystem/non-adherence-reason-codes"


@pytest.mark.parametrize(
    ("reason", "kept"),
    [
        ({"system": "https://example.org/r", "code": "other"}, ("https://example.org/r", "other")),
        ({"code": "other"}, ("", "other")),
        ({"system": "https://example.org/r", "code": SMITH}, ("", "")),
        ({"system": SMITH, "code": "other"}, ("", "")),
        ({"system": PUBLISHED, "code": "other"}, ("", "")),
        ({"code": SMITH}, ("", "")),
        ({"code": "Other"}, ("", "")),
    ],
)
def test_a_reason_that_is_none_of_ours_leaves_no_word(
    client: FlaskClient, tmp_path: Path, reason: object, kept: tuple[str, str]
) -> None:
    """A client may offer reasons of its own (2.0.1, "overrideReasons"): the outcome counts."""
    entry = OVERRIDDEN | {"overrideReason": {"reason": reason}}
    assert client.post(URL, json={"feedback": [entry]}).get_json()["stored"] == 1
    assert [row[3:5] for row in stored(tmp_path)] == [kept]
    everything = (tmp_path / "cds.sqlite3").read_bytes()
    assert b"Smith" not in everything


def test_a_store_that_fails_while_cards_are_looked_for_is_503(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise StoreDown

    monkeypatch.setattr("cds_service.feedback.issuance.Issuance._look", fail)
    outcome_of(client.post(URL, json={"feedback": [ACCEPTED]}), 503)


def test_unknown_members_are_ignored(client: FlaskClient) -> None:
    """Conformance 5.3."""
    entry = ACCEPTED | {"extension": {"x": 1}, "new": None}
    entry["acceptedSuggestions"] = [{**ACCEPTED["acceptedSuggestions"][0], "more": 1}]
    assert client.post(URL, json={"feedback": [entry], "more": 1}).get_json()["stored"] == 1


@pytest.mark.parametrize(
    "reason",
    [
        ABSENT,
        None,
        {},
        {"reason": None, "userComment": None},
        {"userComment": ""},
        {"reason": {"code": "x"}},
        {"reason": {"code": "x", "system": None}},
    ],
)
def test_an_override_needs_no_reason(client: FlaskClient, reason: object) -> None:
    """Conformance 5.3."""
    entry = {k: v for k, v in OVERRIDDEN.items() if k != "overrideReason"}
    if reason is not ABSENT:
        entry["overrideReason"] = reason
    assert client.post(URL, json={"feedback": [entry]}).get_json()["stored"] == 1


WRONG: list[tuple[str, object]] = [
    ("card", ABSENT),
    ("card", None),
    ("card", " "),
    ("card", 5),
    ("card", "x" * 513),
    ("card", "a\x00b"),
    ("outcome", ABSENT),
    ("outcome", "ignored"),
    ("outcome", "Accepted"),
    ("outcome", None),
    ("outcomeTimestamp", ABSENT),
    ("outcomeTimestamp", None),
    ("outcomeTimestamp", 1_700_000_000),
    ("outcomeTimestamp", "2026-11-21"),
    ("outcomeTimestamp", "2026-11-21T09:30:00"),
    ("outcomeTimestamp", "2026-02-30T09:30:00Z"),
    ("outcomeTimestamp", "2026-11-21 09:30:00Z"),
    ("outcomeTimestamp", "0001-01-01T00:00:00+14:00"),
    ("outcomeTimestamp", "9999-12-31T23:59:59-14:00"),
    ("outcomeTimestamp", "٢٠٢٦-11-21T09:30:00Z"),
    ("acceptedSuggestions", ABSENT),
    ("acceptedSuggestions", None),
    ("acceptedSuggestions", []),
    ("acceptedSuggestions", "x"),
    ("acceptedSuggestions", ["x"]),
    ("acceptedSuggestions", [None]),
    ("acceptedSuggestions", [{}]),
    ("acceptedSuggestions", [{"id": ""}]),
    ("acceptedSuggestions", [{"id": "x"}] * 51),
    ("overrideReason", "x"),
    ("overrideReason", {"reason": "x"}),
    ("overrideReason", {"reason": {}}),
    ("overrideReason", {"reason": {"code": 5}}),
    ("overrideReason", {"reason": {"code": "a\nb"}}),
    ("overrideReason", {"userComment": 5}),
]


@pytest.mark.parametrize(("member", "value"), WRONG, ids=repr)
def test_one_wrong_entry_refuses_all(
    client: FlaskClient, tmp_path: Path, member: str, value: object
) -> None:
    """Conformance 5.6: 400 and nothing stored."""
    entry = {k: v for k, v in ACCEPTED.items() if k != member}
    if value is not ABSENT:
        entry[member] = value
    issue = outcome_of(client.post(URL, json={"feedback": [OVERRIDDEN, entry]}), 400)
    assert issue["expression"][0].startswith(f"feedback[1].{member}")
    assert stored(tmp_path) == []


@pytest.mark.parametrize("body", [{}, {"feedback": None}, {"feedback": {}}, {"feedback": "x"}, []])
def test_a_body_without_a_list_is_400(client: FlaskClient, body: object) -> None:
    outcome_of(client.post(URL, json=body), 400)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"feedback": None}, "feedback: must not be null"),
        (
            {"feedback": [ACCEPTED | {"acceptedSuggestions": "x"}]},
            "feedback[0].acceptedSuggestions: must be a list",
        ),
    ],
)
def test_an_error_speaks_our_words(client: FlaskClient, body: object, said: str) -> None:
    answer = client.post(URL, json=body)
    assert answer.get_json()["issue"][0]["diagnostics"] == said


def test_a_long_comment_is_cut_and_kept(client: FlaskClient, tmp_path: Path) -> None:
    """Conformance 5.6: bounded."""
    entry = OVERRIDDEN | {"overrideReason": {"userComment": "a\x00" + "b" * 10_000}}
    assert client.post(URL, json={"feedback": [entry]}).status_code == 200
    assert stored(tmp_path)[0][5] == "a" + "b" * 3999


def test_thousands_of_entries_are_413(client: FlaskClient, tmp_path: Path) -> None:
    """Conformance 5.6: bounded."""
    outcome_of(client.post(URL, json={"feedback": [OVERRIDDEN] * 1001}), 413)
    assert stored(tmp_path) == []
    answer = client.post(URL, json={"feedback": [OVERRIDDEN] * 1000})
    assert answer.json == {"received": 1000, "stored": 1}


def test_feedback_to_an_unknown_service_is_404(client: FlaskClient) -> None:
    outcome_of(client.post("/cds-services/x/feedback", json={"feedback": [ACCEPTED]}), 404)


def test_feedback_that_cannot_be_kept_is_503_and_may_be_sent_again(
    build: Build, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    broken = Store(f"sqlite:///{tmp_path}/file/cds.sqlite3")
    answer = build(store=broken).test_client().post(URL, json={"feedback": [ACCEPTED]})
    assert outcome_of(answer, 503)["code"] == "transient"


def test_the_double_slash_of_a_real_client_is_tolerated(client: FlaskClient) -> None:
    url = URL.replace("/cds-services/", "/cds-services//")
    assert client.post(url, json={"feedback": [ACCEPTED]}).status_code == 200

"""What the server is asked, and which answers are refused whole."""

from __future__ import annotations

import socket
import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from cds_service.errors import ContentError
from cds_service.facts.expanding import Scope
from cds_service.terminology.answers import Refused, looked_up, page_of, subsumes
from cds_service.terminology.asking import Asker, Run
from cds_service.terminology.concept import SYSTEM, is_concept
from cds_service.terminology.config import read_terminology
from tests.terminology.conftest import (
    OSTEOMYELITIS,
    VERSION,
    Handler,
    TxServer,
    invented,
    parameters,
)

NEW, OTHER = invented(900001), invented(900002)
ROWS = (OSTEOMYELITIS, "91302008", "76571007", "5758002")


def run(tx: TxServer, rows: tuple[str, ...] = ROWS, **more: Any) -> Run:
    """Ask about a few rows."""
    site = read_terminology({"url": tx.url, "timeout": 2} | more, "[terminology]")
    assert site
    return Asker(site).run(rows)


def refused(tx: TxServer, says: str, **more: Any) -> None:
    """Ask, and be refused with these words."""
    with pytest.raises(Refused, match=says):
        run(tx, **more)


def test_every_row_is_asked_for_once_by_ecl(tx: TxServer, scope: Scope) -> None:
    made = run(tx, scope.rows)
    assert len(tx.seen) == len(scope.rows)
    asked = [parse_qs(urlsplit(path).query)["url"][0] for path in tx.seen]
    assert asked == [f"http://snomed.info/sct?fhir_vs=ecl/<<{row}" for row in scope.rows]
    assert (made.how, made.version, made.unknown) == ("$expand", VERSION, [])
    assert made.answers[OSTEOMYELITIS] == {OSTEOMYELITIS: "itself"}


def test_all_pages_are_taken(tx: TxServer) -> None:
    many = {invented(900000 + n): f"disorder {n}" for n in range(25)}
    tx.below[OSTEOMYELITIS], tx.page = many, 10
    assert run(tx, (OSTEOMYELITIS,)).answers[OSTEOMYELITIS].keys() == {OSTEOMYELITIS, *many}
    offsets = [parse_qs(urlsplit(path).query)["offset"][0] for path in tx.seen]
    assert offsets == ["0", "10", "20"]


def test_a_row_that_the_server_does_not_know_adds_nothing(tx: TxServer) -> None:
    tx.unknown = {"91302008"}
    made = run(tx)
    assert made.unknown == ["91302008"]
    assert made.answers["91302008"] == {}


def expansion(**changes: Any) -> dict[str, Any]:
    """Write an expansion of one row with something changed."""
    entry = {"system": SYSTEM, "code": OSTEOMYELITIS, "display": "x"}
    body: dict[str, Any] = {"total": 1, "offset": 0, "contains": [entry]}
    return {"resourceType": "ValueSet", "expansion": body | changes}


def entry(**changes: Any) -> dict[str, Any]:
    """Write one entry of an expansion."""
    return {"system": SYSTEM, "code": OSTEOMYELITIS, "display": "x"} | changes


COSTLY = "http://hl7.org/fhir/StructureDefinition/valueset-toocostly"


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"resourceType": "Bundle"}, "the answer is no ValueSet"),
        ([], "the answer is no ValueSet"),
        ({"resourceType": "OperationOutcome"}, "reported an error"),
        ({"resourceType": "ValueSet"}, "has no expansion"),
        (expansion(total=None), "does not say how many"),
        (expansion(total=-1), "does not say how many"),
        (expansion(total=True), "does not say how many"),
        (expansion(offset=7), "another page"),
        (expansion(contains=["x"]), "no list of objects"),
        (expansion(contains=[entry(system="http://loinc.org")]), "another system"),
        (expansion(contains=[{"code": OSTEOMYELITIS}]), "another system"),
        (expansion(contains=[entry(code="447766008")]), "no SNOMED CT concept id"),
        (expansion(contains=[entry(code=5)]), "no SNOMED CT concept id"),
        (expansion(contains=[entry(contains=[])]), "nested"),
        (expansion(contains=[entry(), entry()], total=2), "came twice"),
        (expansion(contains=[entry(code=NEW)]), "itself is not in its expansion"),
        (expansion(contains=[], total=3), "cut off after 0 of 3"),
        (expansion(contains=[entry(), entry(code=NEW)]), "2 codes where 1 were promised"),
        (expansion(total=20_000), "more than 10000 codes"),
        (expansion(extension=[{"url": COSTLY}]), "not complete"),
        (expansion(parameter=[{"name": "limitedExpansion"}]), "not complete"),
    ],
)
def test_an_answer_that_looks_wrong_is_refused(tx: TxServer, body: object, says: str) -> None:
    tx.misdeed = lambda handler, _: handler.send(body)
    refused(tx, says)
    assert len(tx.seen) == 1


def test_a_redirect_is_not_followed(tx: TxServer) -> None:
    tx.misdeed = lambda handler, _: handler.send({}, 302, Location=f"{tx.url}/elsewhere")
    refused(tx, "redirect")
    assert len(tx.seen) == 1


@pytest.mark.parametrize(("status", "says"), [(500, "HTTP 500"), (401, "refused access")])
def test_an_error_is_refused(tx: TxServer, status: int, says: str) -> None:
    tx.misdeed = lambda handler, _: handler.send({}, status)
    refused(tx, says)


def test_no_json_and_too_much_is_refused(tx: TxServer) -> None:
    tx.misdeed = lambda handler, _: handler.send(b"<html>")
    refused(tx, "could not be read")
    tx.misdeed = lambda handler, _: handler.send(b" " * ((8 << 20) + 1))
    refused(tx, "larger than the limit")


def test_a_server_that_drips_is_cut_at_its_time(tx: TxServer) -> None:
    def drip(handler: Handler, _: object) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        for _ in range(100):
            handler.wfile.write(b" ")
            time.sleep(0.05)

    tx.misdeed = drip
    began = time.monotonic()
    refused(tx, "no answer in time", timeout=1)
    assert time.monotonic() - began < 4


def test_nobody_there() -> None:
    site = read_terminology({"url": "http://127.0.0.1:9/fhir", "timeout": 1}, "[terminology]")
    assert site
    with pytest.raises(Refused, match="could not be reached"):
        Asker(site).run(ROWS)


def test_two_versions_do_not_fit_together(tx: TxServer) -> None:
    def turn(handler: Handler, asked: dict[str, list[str]]) -> None:
        tx.version = f"version {len(tx.seen)}"
        handler.send(tx.expand(asked["url"][0].partition("<<")[2], 0))

    tx.misdeed = turn
    refused(tx, "changed its version")


def test_paging_that_brings_the_same_again_is_refused(tx: TxServer) -> None:
    body = expansion(total=4)
    del body["expansion"]["offset"]
    tx.misdeed = lambda handler, _: handler.send(body)
    refused(tx, "came twice")


def test_a_total_that_moves_is_refused(tx: TxServer) -> None:
    def grow(handler: Handler, asked: dict[str, list[str]]) -> None:
        first = asked["offset"] == ["0"]
        listed = [entry() if first else entry(code=NEW)]
        handler.send(
            expansion(total=3 if first else 4, offset=int(asked["offset"][0]), contains=listed)
        )

    tx.misdeed = grow
    refused(tx, "changed from page to page")


def test_inactive_and_abstract_codes_stay_out() -> None:
    listed = [entry(inactive=True), entry(code=NEW, abstract=True), entry(code=OTHER)]
    page = page_of(expansion(contains=listed, total=3), 0)
    assert (page.size, dict(page.codes)) == (3, {OTHER: "x"})


def test_where_ecl_is_refused_candidates_are_asked_about_one_by_one(tx: TxServer) -> None:
    tx.ecl = False
    tx.below = {OSTEOMYELITIS: {NEW: "new"}, "91302008": {"76571007": "shock", OTHER: "other"}}
    tx.below["76571007"] = {OTHER: "other"}
    made = run(tx, candidates=[NEW, OTHER, invented(900003)])
    assert (made.how, made.version) == ("$subsumes", VERSION)
    assert made.answers[OSTEOMYELITIS] == {OSTEOMYELITIS: "", NEW: "new"}
    assert made.answers["91302008"] == {"91302008": "", OTHER: "other", "76571007": ""}
    assert made.answers["5758002"] == {}
    asked = [path for path in tx.seen if "$subsumes" in path]
    assert len(asked) == len(set(asked))


def test_without_candidates_nothing_is_left_to_ask(tx: TxServer) -> None:
    tx.ecl = False
    refused(tx, "does not expand << .ECL.; name candidates")
    refused(tx, "knows none of the candidates", candidates=[NEW])


def test_answers_about_one_code_are_read_strictly() -> None:
    assert subsumes(parameters(outcome="equivalent"))
    assert not subsumes(parameters(outcome="subsumed-by"))
    for body in ({}, parameters(outcome="perhaps"), {"resourceType": "OperationOutcome"}):
        with pytest.raises(Refused):
            subsumes(body)
    assert looked_up(parameters(display="x")) == ("x", "")
    with pytest.raises(Refused, match="no display"):
        looked_up(parameters(version="x"))


def test_ids_are_told_by_their_check_digit() -> None:
    """Two that codes.md 9.1 names: the check digit of the first is wrong."""
    assert not is_concept("447766008")
    assert is_concept("207957008")
    for other in ("", "12", "203241012", "M46.26", 203241002, "0203241002"):
        assert not is_concept(other)


def test_the_server_is_at_a_public_address_or_in_a_network_that_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By http it is on this machine; no connection is tried anywhere else."""
    where = "[terminology]"
    tried: list[object] = []

    def connect(_: socket.socket, address: object) -> None:
        tried.append(address)
        raise ConnectionRefusedError

    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.20.0.1", 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    monkeypatch.setattr(socket.socket, "connect", connect)
    for raw, count in (
        ({"url": "https://tx.example/fhir"}, 0),
        ({"url": "http://localhost/fhir"}, 0),
        ({"url": "https://tx.example/fhir", "networks": ["10.20.0.0/16"]}, 1),
    ):
        site = read_terminology(raw, where)
        assert site
        with pytest.raises(Refused, match="could not be reached"):
            Asker(site).run(ROWS[:1])
        assert len(tried) == count
    with pytest.raises(ContentError, match="holds addresses that nobody"):
        read_terminology({"url": "https://tx.example", "networks": ["169.254.0.0/16"]}, where)

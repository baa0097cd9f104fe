from __future__ import annotations

import json
from typing import Any

import pytest

from tests.ehr.conftest import CLEAR, TOKEN, WARFARIN, run
from tests.evidence.conftest import FhirServer, Handler
from tests.fhir_server import CAPABILITY

DAY = ["--today", "2025-05-20"]


def found(*words: str) -> dict[str, Any]:
    result = run("try", "--find", *words, "--json")
    assert result.exit_code == 0, result.output
    value: dict[str, Any] = json.loads(result.stdout)
    return value


def test_find_lists_those_with_something_to_say_first(fhir: str) -> None:
    result = run("try", "--find", "--fhir", fhir, *DAY)
    lines = result.stdout.splitlines()
    assert lines[0].startswith(f"Patient/{WARFARIN}")
    assert "warning" in lines[0]
    assert "INR 2.4" in result.stdout
    assert "looked at 2 patients, all that the server lists." in lines[-1]


def test_find_tells_its_progress_beside_the_list(fhir: str) -> None:
    result = run("try", "--find", "--fhir", fhir, *DAY)
    assert result.stderr.splitlines()[0].startswith("1 of 2: Patient/")
    assert "1 of 2" not in result.stdout


def test_find_is_bounded_and_says_so(fhir: str) -> None:
    told = found("--fhir", fhir, "--most", "1")
    assert len(told["patients"]) == 1
    assert told["complete"] is False
    assert "raise --most" in told["limits"]


def test_find_asks_a_running_service(fhir: str, service: str) -> None:
    told = found("--fhir", fhir, "--service", service)
    assert {one["patient"] for one in told["patients"]} == {WARFARIN, CLEAR}
    assert told["complete"] is True


def test_who_has_a_vertebral_fracture_is_looked_at_first(broken: FhirServer) -> None:
    broken.resources += [{"resourceType": "Patient", "id": name} for name in "abc"]
    fracture = {
        "resourceType": "Condition",
        "id": "1",
        "code": {"coding": [{"system": "http://snomed.info/sct", "code": "240198002"}]},
        "subject": {"reference": "Patient/c"},
    }
    broken.resources.append(fracture)
    told = found("--fhir", broken.url, "--most", "1")
    assert [one["patient"] for one in told["patients"]] == ["c"]


def test_a_server_without_a_search_by_code_is_not_asked_for_one(broken: FhirServer) -> None:
    rest = [{"resource": [{"type": "Condition", "interaction": [{"code": "search-type"}]}]}]
    broken.misdeeds["metadata"] = lambda h: h.send({**CAPABILITY, "rest": rest})
    broken.resources.append({"resourceType": "Patient", "id": "a"})
    assert len(found("--fhir", broken.url)["patients"]) == 1
    assert not any("Condition?code" in path for path, _ in broken.seen)


def test_the_pages_of_the_list_are_followed(broken: FhirServer) -> None:
    broken.page_size = 2
    broken.resources += [{"resourceType": "Patient", "id": f"p{n}"} for n in range(5)]
    told = found("--fhir", broken.url)
    assert len(told["patients"]) == 5
    assert told["complete"] is True


def elsewhere(handler: Handler) -> None:
    if handler.path.startswith("/fhir/Patient/"):
        handler.answer_well("Patient")
        return
    bundle = handler.fhir.bundle(handler.fhir.resources, handler.path, 0)
    bundle["link"] = [{"relation": "next", "url": "http://example.org/fhir/Patient"}]
    handler.send(bundle)


def test_the_token_does_not_follow_a_page_to_another_server(broken: FhirServer) -> None:
    broken.resources.append({"resourceType": "Patient", "id": "a"})
    broken.misdeeds["Patient"] = elsewhere
    told = found("--fhir", broken.url, "--token", TOKEN)
    assert told["complete"] is False
    assert "not on the same server" in told["limits"]


def test_a_list_that_never_ends_is_cut(broken: FhirServer) -> None:
    def endless(handler: Handler) -> None:
        if handler.path.startswith("/fhir/Patient/"):
            handler.answer_well("Patient")
            return
        bundle = handler.fhir.bundle(handler.fhir.resources, handler.path, 0)
        bundle["link"] = [{"relation": "next", "url": f"{handler.path}1"}]
        handler.send(bundle)

    broken.resources.append({"resourceType": "Patient", "id": "a"})
    broken.misdeeds["Patient"] = endless
    assert "more pages than the limit" in found("--fhir", broken.url)["limits"]


@pytest.mark.parametrize(("code", "said"), [(403, "HTTP 403"), (200, "no Bundle came")])
def test_a_server_that_lists_nobody_is_told(broken: FhirServer, code: int, said: str) -> None:
    broken.misdeeds["*"] = lambda handler: handler.send({}, code)
    result = run("try", "--find", "--fhir", broken.url)
    assert result.exit_code == 1
    assert said in result.output
    assert "give --patient ID" in result.output


def test_an_empty_server_is_told(broken: FhirServer) -> None:
    assert "its list is empty" in run("try", "--find", "--fhir", broken.url).output


def test_odd_entries_are_passed_over(broken: FhirServer) -> None:
    def odd(handler: Handler) -> None:
        entry = [1, {"resource": 1}, {"resource": {"resourceType": "Patient"}}]
        handler.send({"resourceType": "Bundle", "entry": entry})

    broken.misdeeds["Patient"] = odd
    assert "its list is empty" in run("try", "--find", "--fhir", broken.url).output


def test_a_patient_without_an_answer_is_counted(broken: FhirServer) -> None:
    broken.resources.append({"resourceType": "Patient", "id": "a b"})
    result = run("try", "--find", "--fhir", broken.url)
    assert "1 of them without an answer" in result.output
    assert "Without an answer: " in result.output

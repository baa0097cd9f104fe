"""Local codes: results, orders and questionnaire items under the names of one hospital."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cds_service.advise import concerns
from cds_service.catalog import Catalog
from cds_service.clinical.chart import Chart
from cds_service.clinical.evidence import Evidence, Item, Sought, Source
from cds_service.clinical.fact import Finding, examination
from cds_service.clinical.order import HookRequest
from cds_service.clinical.truth import Reason
from cds_service.errors import ContentError
from cds_service.evidence.gather import evidence_of
from cds_service.evidence.supplied import haul_of
from cds_service.facts.orders import read_orders
from cds_service.facts.read import read_chart
from cds_service.stories import draft_orders
from tests.facts.records import ANSWERED

from .conftest import Loaded

LOCAL = "urn:oid:1.2.3.4"
NOW = datetime(2025, 5, 20, 12, tzinfo=UTC)
LAB = f"[[laboratory_codes]]\nsystem = '{LOCAL}'\ncode = 'THR OM|1'\nfact = 'platelets'\n"
ORDER = (
    "[[order_codes]]\nsystem = 'https://h.example/orders'\ncode = 'KY'\nrole = 'first'\n"
    "regions = ['lumbar']\nsays = 'kyphoplasty, lumbar'\n"
)
ASKED = """
[[questions]]
link_id = "tender"
questionnaire = "https://h.example/Questionnaire/exam"
finding = "midline-tenderness"
level_from = "level"
values = { "Yes" = true, "no" = false }
"""


def chart_of(made: Catalog, *resources: Any) -> Chart:
    evidence = Evidence(tuple(Item(one) for one in resources), ANSWERED)
    codes = made.procedures[0].codes
    return read_chart(evidence, (), NOW, NOW + timedelta(days=7), codes)[0]


def observation(code: str, system: str = LOCAL, **value: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": "o1",
        "status": "final",
        "code": {"coding": [{"system": system, "code": code}]},
        "effectiveDateTime": "2025-05-18",
        **value,
    }


def test_a_local_laboratory_code_is_read(loaded: Loaded) -> None:
    value: dict[str, Any] = {"valueQuantity": {"value": 45, "unit": "10*9/L"}}
    chart = chart_of(loaded(LAB), observation("THR OM|1", **value))
    (result,) = chart.results["platelets"]
    assert result.measured
    assert result.measured.low == 45
    assert result.final
    assert not result.suspected


@pytest.mark.parametrize(("unit", "trouble"), [("", "no_unit"), ("unit = '10*9/L'\n", "")])
def test_a_unit_is_meant_only_where_the_site_says_so(
    loaded: Loaded, unit: str, trouble: str
) -> None:
    chart = chart_of(loaded(LAB + unit), observation("THR OM|1", valueQuantity={"value": 45}))
    assert chart.results["platelets"][0].trouble == trouble


def test_a_stated_unit_comes_before_the_one_that_is_meant(loaded: Loaded) -> None:
    value: dict[str, Any] = {"valueQuantity": {"value": 45000, "unit": "/uL"}}
    chart = chart_of(loaded(LAB + "unit = '10*9/L'\n"), observation("THR OM|1", **value))
    measured = chart.results["platelets"][0].measured
    assert measured
    assert measured.low == 45


def test_the_same_code_of_another_system_is_none_of_ours(loaded: Loaded) -> None:
    value: dict[str, Any] = {"valueQuantity": {"value": 45, "unit": "10*9/L"}}
    assert not chart_of(loaded(LAB), observation("THR OM|1", "urn:oid:9.9", **value)).results


def test_a_server_is_asked_for_local_codes_too(loaded: Loaded, catalog: Catalog) -> None:
    made = loaded(LAB)
    assert f"{LOCAL}|THR%20OM%5C%7C1" in made.templates["laboratory"]
    assert made.templates["laboratory"].startswith(
        catalog.templates["laboratory"].partition("&_sort")[0]
    )


def test_a_loinc_code_may_be_added(loaded: Loaded) -> None:
    text = LAB.replace(LOCAL, "http://loinc.org").replace("THR OM|1", "99999-9")
    value: dict[str, Any] = {"valueQuantity": {"value": 45, "unit": "10*9/L"}}
    chart = chart_of(loaded(text), observation("99999-9", "http://loinc.org", **value))
    assert chart.results["platelets"][0].measured


def draft(code: str) -> dict[str, Any]:
    return {
        "resourceType": "ServiceRequest",
        "id": "d1",
        "status": "draft",
        "code": {"coding": [{"system": "https://h.example/orders", "code": code}]},
        "bodySite": [{"text": "L1"}],
    }


def test_a_local_order_code_triggers_and_counts(loaded: Loaded, catalog: Catalog) -> None:
    procedure = loaded(ORDER).procedures[0]
    request = HookRequest("order-select", "h", "p", "u", (draft("KY"),), ("ServiceRequest/d1",))
    assert concerns(request, procedure)
    assert not concerns(request, catalog.procedures[0])
    (order,) = read_orders(request.drafts, request.selections, "p", procedure.orders)
    assert (order.label, order.count, order.levels) == ("kyphoplasty, lumbar", 1, ("L1",))
    assert order.regions == {"lumbar"}
    assert order.matched == "local code KY"


def test_explain_writes_an_order_with_a_local_code(loaded: Loaded) -> None:
    (made,) = draft_orders(["KY"], ["L1"], "p", loaded(ORDER).procedures[0])
    assert made["code"]["coding"][0]["system"] == "https://h.example/orders"


def response(**changed: Any) -> dict[str, Any]:
    """Write a response: tenderness at T12 and L1, answered by a physician."""
    return {
        "resourceType": "QuestionnaireResponse",
        "id": "q1",
        "questionnaire": "https://h.example/Questionnaire/exam|1.2",
        "status": "completed",
        "authored": "2025-05-19T10:00:00Z",
        "author": {"reference": "Practitioner/7", "display": "Dr. Example"},
        "item": [
            {
                "linkId": "group",
                "item": [
                    {
                        "linkId": "tender",
                        "answer": [{"valueCoding": {"code": "yes", "display": "YES"}}],
                    },
                    {"linkId": "level", "answer": [{"valueString": "T12"}, {"valueString": "L1"}]},
                ],
            }
        ],
        **changed,
    }


def found(made: Catalog, resource: dict[str, Any], name: str = "midline-tenderness") -> Any:
    return chart_of(made, resource).findings.get(name, ())


def test_an_answer_becomes_a_finding_with_its_date_author_and_levels(loaded: Loaded) -> None:
    findings: tuple[Finding, ...] = found(loaded(ASKED), response())
    assert {one.level for one in findings} == {"T12", "L1"}
    for one in findings:
        assert (one.value, one.final, one.trouble) == (True, True, "")
        assert (one.author, one.reference) == ("Dr. Example", "QuestionnaireResponse/q1")
        assert one.when
        assert one.when.text == "2025-05-19"


def test_without_a_map_a_response_says_nothing(catalog: Catalog) -> None:
    assert not chart_of(catalog, response()).findings


@pytest.mark.parametrize(
    ("changed", "final"),
    [
        ({"status": "amended"}, True),
        ({"status": "in-progress"}, False),
        ({"author": {"reference": "Patient/p"}}, False),
        ({"source": {"reference": "https://fhir.example/RelatedPerson/1"}}, False),
        ({"author": {"type": "Practitioner"}}, True),
        ({"author": None}, True),
    ],
)
def test_what_is_open_or_answered_by_the_patient_alone_never_clears(
    loaded: Loaded, changed: dict[str, Any], final: bool
) -> None:
    findings = found(loaded(ASKED), response(**changed))
    assert {one.final for one in findings} == {final}


def test_a_site_may_trust_the_patients_own_answers(loaded: Loaded) -> None:
    text = ASKED + "by_patient = true\n"
    findings = found(loaded(text), response(author={"reference": "Patient/p"}))
    assert {one.final for one in findings} == {True}
    assert {one.author for one in findings} == {"Patient"}


@pytest.mark.parametrize(
    "changed",
    [
        {"status": "entered-in-error"},
        {"status": "stopped"},
        {"questionnaire": "https://h.example/Questionnaire/other"},
        {"item": []},
        {"item": "x"},
        {"item": [{"linkId": "tender"}]},
    ],
)
def test_other_responses_are_no_findings(loaded: Loaded, changed: dict[str, Any]) -> None:
    assert not found(loaded(ASKED), response(**changed))


def item(link: str, **answer: Any) -> list[dict[str, Any]]:
    return [{"linkId": link, "answer": [answer]}]


def test_an_answer_that_is_not_mapped_cannot_be_read(loaded: Loaded) -> None:
    (one,) = found(loaded(ASKED), response(item=item("tender", valueString="perhaps")))
    assert (one.value, one.trouble, one.level) == (None, "words", "")


def test_an_answer_without_a_value_cannot_be_read(loaded: Loaded) -> None:
    (one,) = found(loaded(ASKED), response(item=item("tender")))
    assert (one.value, one.trouble) == (None, "words")


def test_a_level_may_be_coded_and_an_answer_may_hold_items(loaded: Loaded) -> None:
    coding = {"system": "http://snomed.info/sct", "code": "66794005"}
    inner = item("level", valueCoding=coding)
    (one,) = found(loaded(ASKED), response(item=item("tender", valueString="no", item=inner)))
    assert (one.value, one.level) == (False, "L1")


PLAIN = """
[[questions]]
link_id = "q"
finding = "{finding}"
level = "L2"
"""


@pytest.mark.parametrize(
    ("finding", "answer", "value"),
    [
        ("midline-tenderness", {"valueBoolean": False}, "False"),
        ("neuro-deficit", {"valueCoding": {"code": "stable-old"}}, "stable-old"),
        ("neuro-deficit", {"valueString": "none"}, "none"),
        ("neuro-deficit", {"valueString": "unclear"}, "None"),
        ("height-loss", {"valueDecimal": 40.5}, "40.5"),
        ("height-loss", {"valueInteger": 40}, "40"),
        ("height-loss", {"valueQuantity": {"value": 40, "unit": "%"}}, "40"),
        ("height-loss", {"valueString": "much"}, "None"),
    ],
)
def test_plain_answers_need_no_map(
    loaded: Loaded, finding: str, answer: dict[str, Any], value: str
) -> None:
    made = loaded(PLAIN.format(finding=finding))
    (one,) = found(made, response(item=item("q", **answer)), finding)
    assert str(getattr(one.value, "low", one.value)) == value
    assert one.level == "L2"


def test_a_date_is_taken_as_it_is(loaded: Loaded) -> None:
    made = loaded(PLAIN.format(finding="pain-onset"))
    (one,) = found(made, response(item=item("q", valueDate="2025-04-01")), "pain-onset")
    assert one.moment
    assert one.moment.text == "2025-04-01"
    (two,) = found(made, response(item=item("q", valueString="in spring")), "pain-onset")
    assert (two.moment, two.trouble) == (None, "words")


def test_whole_numbers_and_yes_or_no_may_be_mapped(loaded: Loaded) -> None:
    text = PLAIN.format(finding="midline-tenderness") + "values = { '0' = false, 'true' = true }\n"
    for answer, value in (({"valueInteger": 0}, False), ({"valueBoolean": True}, True)):
        (one,) = found(loaded(text), response(item=item("q", **answer)))
        assert one.value is value


def test_responses_are_asked_for_only_where_items_are_mapped(
    loaded: Loaded, catalog: Catalog
) -> None:
    assert "questionnaire_responses" not in catalog.templates
    assert "QuestionnaireResponse?patient=" in loaded(ASKED).templates["questionnaire_responses"]


def test_an_unanswered_search_for_responses_leaves_examinations_open(loaded: Loaded) -> None:
    made = loaded(ASKED)
    query = made.queries["questionnaire_responses"]
    sources = evidence_of([haul_of(query, {}, "p")], "p").sources
    assert sources[query.name].state is Sought.NOT_SOUGHT
    tender = examination("midline-tenderness")
    failed = {query.name: Source(query.name, Sought.FAILED, "HTTP 403")}
    for more, reason in (({}, Reason.MISSING), (failed, Reason.SOURCE_ERROR)):
        chart = Chart(NOW, NOW, sources={**ANSWERED, **more})
        assert chart.absence(tender).reason is reason


def question(**keys: str) -> str:
    rows = {"link_id": "'q'", "finding": "'midline-tenderness'"} | keys
    return "[[questions]]\n" + "\n".join(f"{key} = {value}" for key, value in rows.items())


REFUSED = {
    "no URI": (LAB.replace(LOCAL, "local lab"), "[[laboratory_codes]] 1: system 'local lab' must"),
    "an endless code": (LAB.replace("THR OM|1", "x" * 65), "must be one line of at most 64"),
    "an unknown fact": (LAB.replace("platelets", "platelet"), "unknown fact 'platelet'; did you"),
    "a foreign unit": (LAB + "unit = 'mg/dL'", "'mg/dL' is no unit of platelets; known are"),
    "a code twice": (LAB + LAB, "[[laboratory_codes]] 2: THR OM|1 of urn:oid:1.2.3.4 is known"),
    "a code of ours": (
        LAB.replace(LOCAL, "http://loinc.org").replace("THR OM|1", "777-3"),
        "777-3 of http://loinc.org is known already",
    ),
    "a code refused on purpose": (
        "[[laboratory_codes]]\nsystem = 'http://loinc.org'\ncode = '92891-1'\nfact = 'inr'",
        "92891-1 is no INR: a goal, not a result",
    ),
    "a missing key": (ORDER.replace("role", "roll"), "unknown key 'roll'; did you mean 'role'"),
    "an unknown role": (ORDER.replace("'first'", "'frist'"), "unknown role 'frist'; did you mean"),
    "a role that never counts": (ORDER.replace("'first'", "'never-alone'"), "unknown role"),
    "an unknown region": (ORDER.replace("['lumbar']", "['lumber']"), "unknown region 'lumber'"),
    "an order code twice": (ORDER + ORDER, "KY of https://h.example/orders is known already"),
    "endless words": (ORDER.replace("kyphoplasty, lumbar", "k" * 65), "'says' must be one line"),
    "an unknown finding": (question(finding="'tenderness'"), "unknown finding 'tenderness'"),
    "two levels": (question(level="'L1'", level_from="'x'"), "give either level or level_from"),
    "no level": (question(level="'L9'"), "unknown level 'L9'"),
    "a value of another type": (
        question(values="{ a = 'yes' }"),
        "'a' = 'yes' is no value of midline-tenderness: true, false",
    ),
    "a value that it cannot have": (
        question(finding="'neuro-deficit'", values="{ a = 'old' }"),
        "is no value of neuro-deficit: new, none, stable-old",
    ),
    "a number as value": (question(values="{ a = 5 }"), "values: 'a' must stand once"),
    "an answer twice": (question(values="{ a = true, A = false }"), "'A' must stand once"),
    "values for a share": (
        question(finding="'height-loss'", values="{ a = 'b' }"),
        "height-loss takes the answer as it is (a percent)",
    ),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED.keys())
def test_codes_that_cannot_be_meant_stop_the_start(case: tuple[str, str], loaded: Loaded) -> None:
    text, said = case
    with pytest.raises(ContentError, match=re.escape(said)):
        loaded(text)

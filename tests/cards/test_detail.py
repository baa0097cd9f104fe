"""The detail of a card: evidence, limits, sources with their dissent, and the state of the data."""

from __future__ import annotations

import pytest

from cds_service.cards.detail import body, checked, closing, fill, found_lines, listed, sources
from cds_service.clinical.answer import Answer, Gap, Proof, worst
from cds_service.clinical.evidence import Sought, Source
from cds_service.clinical.procedure import Finding
from cds_service.clinical.report import ReadReport
from cds_service.clinical.statement import Cited, Note, RuleClass
from cds_service.clinical.truth import Reason
from tests.changed import replace

from .builders import case, check, no, order, unknown, yes

ONE = check("one", RuleClass.RELATIVE)
FIRM = Proof("inr", "2.4", "2025-05-18", "Observation/1")
WEAK = Proof("note", "maybe 2.1", "2025-05-01")
DOUBT = Gap(Reason.SUSPECTED, "inr", proof=WEAK)


def test_a_template_is_filled_with_facts_gaps_level_limits_and_values() -> None:
    finding = yes(ONE, FIRM, level="L1", missing=(DOUBT,), values=(("drug", "inr"),))
    template = "$because | $missing | $level | $inr_above | $drug | $$"
    assert fill(template, case(), finding, markdown=False) == (
        "INR 2.4 on 2025-05-18 | INR: maybe 2.1 on 2025-05-01 | L1 | 1.5 | INR | $"
    )


def test_a_name_in_braces_is_filled_too() -> None:
    finding = unknown(ONE, Gap(Reason.MISSING, "inr"), because=(FIRM,))
    template = "${because}; ${missing}; ${level}"
    assert fill(template, case(), finding, markdown=False) == "INR 2.4 on 2025-05-18; no INR; L1"


def test_a_value_of_the_answer_comes_before_a_limit_of_the_same_name() -> None:
    finding = yes(ONE, values=(("inr_above", "2"),))
    assert fill("$inr_above", case(), finding, markdown=False) == "2"


def test_the_level_is_that_of_the_answer_else_those_of_the_order() -> None:
    assert fill("$level", case(), yes(ONE, level="T12"), markdown=False) == "T12"
    assert fill("$level", case(order("T12", "L1")), yes(ONE), markdown=False) == "T12, L1"
    assert fill("$level", case(order()), yes(ONE), markdown=False) == "an unnamed level"


@pytest.mark.parametrize(
    ("finding", "because"),
    [
        (yes(ONE, FIRM, missing=(DOUBT,)), "INR 2.4 on 2025-05-18"),
        (yes(ONE, because=(), missing=(DOUBT,)), "maybe 2.1 on 2025-05-01"),
        (unknown(ONE, DOUBT, because=(FIRM,)), "maybe 2.1 on 2025-05-01"),
        (unknown(ONE, Gap(Reason.MISSING, "x", proof=FIRM), DOUBT), "maybe 2.1 on 2025-05-01"),
        (unknown(ONE, Gap(Reason.MISSING, "x"), because=(FIRM,)), "INR 2.4 on 2025-05-18"),
        (yes(ONE, FIRM, replace(FIRM, reference="Observation/2")), "INR 2.4 on 2025-05-18"),
        (yes(ONE, because=()), ""),
    ],
)
def test_a_firm_answer_names_firm_facts_and_a_doubt_the_weak_ones(
    finding: Finding, because: str
) -> None:
    assert fill("$because", case(), finding, markdown=False) == because


def test_the_body_has_all_parts_in_their_order() -> None:
    one = check(
        "one",
        RuleClass.RELATIVE,
        limit_sources={
            "inr_above": Cited("guide", "Table 1", "INR above 1.5"),
            "same": Cited("guide", "Table 1", "INR above 1.5"),
            "silent": Cited("operational", "ours", ""),
        },
        sources=(Cited("guide", "Table 1", "it matters"), Cited("board", "p. 2", "it does not")),
        changes="An INR of at most $inr_above.",
        dissent="Guide and board differ.",
        notes={"liver": Note("The liver counts."), "other": Note("Never said.")},
    )
    finding = yes(one, FIRM, missing=(Gap(Reason.MISSING, "inr", "30 days"),), notes=("liver",))
    assert body(case(), finding, one.statement.fires[""]) == (
        "one speaks against it. The liver counts.\n\n"
        "**Found**\n\n- INR 2.4 on 2025-05-18 – Observation/1\n\n"
        "**Limits**\n\n- INR above 1.5 (Guide 2020, Table 1)\n\n"
        "**Not known**\n\n- no INR in the last 30 days\n\n"
        "**What would change this:** An INR of at most 1.5.\n\n"
        "**Sources**\n\n- Guide 2020, Table 1: it matters\n- Board, p. 2: it does not\n\n"
        "**Dissent:** Guide and board differ."
    )


def test_the_body_leaves_out_what_it_has_not() -> None:
    bare = check("bare", RuleClass.RELATIVE, limit_sources={}, sources=())
    finding = yes(bare, because=())
    assert body(case(), finding, bare.statement.fires[""]) == "bare speaks against it."


def test_facts_of_all_levels_that_share_the_answer_are_listed_once() -> None:
    high, low, clear = (Proof("note", value) for value in ("45 %", "50 %", "5 %"))
    answer = worst(
        {"T12": Answer.yes(high, FIRM), "L1": Answer.no(clear), "L2": Answer.yes(low, FIRM)}
    )
    lines = ["45 %", "INR 2.4 on 2025-05-18 – Observation/1", "50 %"]
    assert found_lines(case(), answer) == lines


def test_the_weak_evidence_of_a_doubt_is_listed_too() -> None:
    assert found_lines(case(), replace(Answer.unknown(DOUBT), because=(FIRM,))) == [
        "INR 2.4 on 2025-05-18 – Observation/1",
        "maybe 2.1 on 2025-05-01",
    ]
    assert found_lines(case(), Answer.unknown(Gap(Reason.MISSING, "inr"))) == []


@pytest.mark.parametrize(
    ("reference", "shown"),
    [
        ("Observation/a-1", "Observation/a-1"),
        ("Observation/www.evil.example", "Observation/www .evil\\.example"),
        ("Observation/a_b", "Observation/a\\_b"),
        ("https://fhir.example/Observation/1", "https\\: \\//fhir\\.example/Observation/1"),
    ],
)
def test_the_resource_of_a_fact_is_named_and_never_linked(reference: str, shown: str) -> None:
    assert found_lines(case(), Answer.yes(replace(FIRM, reference=reference))) == [
        f"INR 2.4 on 2025-05-18 – {shown}"
    ]


def test_sources_are_cited_with_their_place() -> None:
    assert sources(case(), yes(ONE)) == ["Guide 2020, Table 1: one matters"]


def test_a_list_without_lines_has_no_heading() -> None:
    assert listed("Heading", []) == ""
    assert listed("Heading", ["a", "b"]) == "**Heading**\n\n- a\n- b"


def test_a_card_ends_with_the_order_and_what_it_is_not() -> None:
    assert closing(case()) == "Order: Kyphoplasty L1.\n\nAdvice only."
    assert closing(case(), ["Said."]) == "Order: Kyphoplasty L1.\n\nSaid.\n\nAdvice only."


def test_a_card_says_which_data_could_not_be_read_and_why() -> None:
    unasked = [
        Source("laboratory", Sought.FAILED, "HTTP 403"),
        Source("drugs", Sought.NOT_SOUGHT),
        Source("findings", Sought.INCOMPLETE, "too many"),
        Source("allergies", Sought.ANSWERED, "unused"),
    ]
    said = closing(case(unasked=unasked))
    assert (
        "Not read in full: laboratory results (HTTP 403); drugs (not-sought); findings (too many)."
    ) in said


def test_clear_checks_and_those_not_recorded_are_named_apart() -> None:
    two, three = check("two", RuleClass.GAP), check("three", RuleClass.ABSOLUTE)
    found = [no(ONE), no(two), unknown(three, recorded=False), yes(three)]
    assert checked(case(), found) == [
        "**Clear:** Title one, Title two.",
        "**Not recorded here:** Title three.",
    ]
    assert checked(case(), []) == []


def test_a_check_that_only_the_words_of_a_report_clear_is_named_apart() -> None:
    two = check("two", RuleClass.GAP)
    told = no(two)._replace(answer=Answer.no(Proof("edema", "no", quote="No edema.")))
    assert checked(case(), [no(ONE), told]) == [
        "**Clear:** Title one.",
        "**Clear by words:** Title two.",
    ]


def test_a_report_that_a_coded_finding_outweighs_is_named() -> None:
    against = Proof("edema", "yes", level="L1", note="text_disagrees", quote="Edema of L1.")
    found = no(ONE)._replace(answer=Answer.no(Proof("edema", "no"), against))
    told = case()
    read = replace(told.chart, reports=(ReadReport("DiagnosticReport/1", "MRI", None),))
    lines = checked(replace(told, chart=read), [found])
    assert lines[-1].startswith("**Outweighed**\n\n- edema present at L1, report: “Edema of L1.”")
    assert len(checked(told, [no(ONE)])) == 1


def test_a_name_that_the_rule_did_not_fill_costs_no_card() -> None:
    """Words for weak evidence may use what only a rule that fires can tell."""
    telling = replace(ONE, rule=replace(ONE.rule, says=("drug", "hold")))
    finding = unknown(telling, DOUBT)
    assert fill("hold $drug for $hold", case(), finding, markdown=False) == (
        "hold not known for not known"
    )

"""The one card for what was not completed."""

from __future__ import annotations

from cds_service.cards.checks import checks_card
from cds_service.clinical.answer import Gap, Proof
from cds_service.clinical.card import Card, Indicator
from cds_service.clinical.procedure import Finding
from cds_service.clinical.statement import Note, RuleClass, Words
from cds_service.clinical.truth import Reason

from .builders import case, check, no, unknown, yes

NO_INR = Gap(Reason.MISSING, "inr", "30 days")
OLD_INR = Gap(Reason.STALE, "inr", proof=Proof("inr", "1.1", "2024-05-01"))


def made(*findings: Finding) -> Card:
    """Write the card of some findings, which must be there."""
    card = checks_card(case(), findings, findings)
    assert card is not None
    return card


def test_nothing_open_makes_no_card() -> None:
    found = [no(check("a", RuleClass.ABSOLUTE)), no(check("b", RuleClass.GAP))]
    assert checks_card(case(), found, found) is None
    assert checks_card(case(), [], []) is None


def test_the_summary_counts_and_names_the_first_three_things() -> None:
    gaps = [Gap(Reason.MISSING, f"fact {n}") for n in range(5)]
    found = [unknown(check(f"c{n}", RuleClass.RELATIVE, n), gaps[n]) for n in range(5)]
    card = made(*found, no(check("clear", RuleClass.GAP, 9)))
    assert card.summary == (
        "Kyphoplasty L1: 5 of 6 open: "
        "fact 0 not on record, fact 1 not on record, fact 2 not on record"
    )


def test_what_several_checks_lack_is_named_once() -> None:
    a, b, c = (check(name, RuleClass.BLEEDING) for name in "abc")
    card = made(unknown(a, NO_INR), unknown(b, OLD_INR), unknown(c, NO_INR))
    assert card.summary.count("no INR in the last 30 days") == 1
    assert "- no INR in the last 30 days (line of a, line of c)\n" in card.detail
    assert "- no current INR: INR 1.1 on 2024-05-01 (line of b)" in card.detail


def test_fired_gaps_come_first_with_their_notes_sources_and_dissent() -> None:
    fires = {"": Words(Indicator.INFO, "imaging missing: $because", suggestions=("mri",))}
    notes = {"onset": Note("The onset is not known.")}
    gap = check("imaging", RuleClass.GAP, fires=fires, notes=notes, dissent="They differ.")
    plain = check("plain", RuleClass.GAP, fires=fires)
    other = check("other", RuleClass.RELATIVE, unknown_suggestions=("inr", "mri"))
    proof = Proof("note", "no *MRI*")
    card = made(yes(gap, proof, notes=("onset", "foreign")), yes(plain, proof), unknown(other))
    assert card.rules == ("imaging", "plain", "other")
    assert "3 of 3 open: imaging missing: no *MRI*, fact of other not on record" in card.summary
    assert (
        "**To be done**\n\n- imaging missing: no \\*MRI\\*. The onset is not known.\n"
        "- imaging missing: no \\*MRI\\*.\n"
    ) in card.detail
    assert "- Guide 2020, Table 1: imaging matters\n- Guide 2020, Table 1: plain" in card.detail
    assert "**Dissent**\n\n- They differ." in card.detail
    assert card.detail.index("To be done") < card.detail.index("Not known")
    assert [one.label for one in card.suggestions] == ["Order MRI", "Order INR"]


def test_a_gap_names_the_dated_facts_behind_it() -> None:
    old = Proof("inr", "1.1", "2024-05-01", note="old")
    card = made(yes(check("lab", RuleClass.GAP), old, Proof("note", "undated")))
    line = "- lab found: INR 1.1 on 2024-05-01, undated. Found: INR 1.1 on 2024-05-01 (too old)."
    assert line in card.detail


def test_the_card_of_the_checks_speaks_for_the_procedure_even_with_one_rule() -> None:
    card = made(unknown(check("a", RuleClass.RELATIVE)))
    assert card.source.label == "Our checks"
    assert card.source.topic is not None
    assert card.source.topic.code == "checks"


def test_the_card_is_as_grave_as_its_gravest_gap() -> None:
    warns = {"": Words(Indicator.WARNING, "x")}
    mild, grave = check("mild", RuleClass.GAP), check("grave", RuleClass.GAP, fires=warns)
    assert made(yes(mild)).indicator is Indicator.INFO
    assert made(yes(mild), yes(grave)).indicator is Indicator.WARNING


def test_a_gap_speaks_with_the_words_of_its_tier() -> None:
    fires = {"": Words(Indicator.INFO, "plain"), "risk": Words(Indicator.WARNING, "at risk")}
    gap = check("gap", RuleClass.GAP, fires=fires)
    assert made(yes(gap, tier="risk")).summary.endswith("1 of 1 open: at risk")
    assert made(yes(gap, tier="of no word")).summary.endswith("1 of 1 open: plain")


def test_what_is_clear_is_said_on_the_card_of_what_is_not() -> None:
    card = made(unknown(check("a", RuleClass.RELATIVE)), no(check("b", RuleClass.ABSOLUTE)))
    assert "Open is not clear." in card.detail
    assert "**Clear:** Title b." in card.detail
    assert card.detail.endswith("Advice only.")


def test_where_there_is_no_room_the_longest_line_is_said_in_brief() -> None:
    long = {"": Words(Indicator.INFO, "no imaging" + " of any kind" * 6, brief="no imaging")}
    short = {"": Words(Indicator.INFO, "no level on the order", brief="no level")}
    gaps = [
        yes(check("a", RuleClass.GAP, 1, fires=long)),
        yes(check("b", RuleClass.GAP, 2, fires=short)),
    ]
    others = [yes(check("c", RuleClass.GAP, 3, fires={"": Words(Indicator.INFO, "x" * 60)}))]
    assert "of any kind, no level on the order" in made(*gaps).summary
    summary = made(*gaps, *others).summary
    assert summary.endswith(f"no imaging, no level on the order, {'x' * 60}")


def test_facts_that_nobody_stated_stand_in_one_line() -> None:
    stated = [Gap(Reason.MISSING, what, "90 days", level="L1") for what in ("edema", "edema")]
    stated.append(Gap(Reason.MISSING, "edema", "30 days", level="L1"))
    found = [
        unknown(check(name, RuleClass.RELATIVE), gap)
        for name, gap in zip("abc", stated, strict=True)
    ]
    detail = made(*found).detail
    assert detail.count("- edema at L1 not on record in the last 90 days\n") == 1
    assert "- edema at L1 not on record in the last 30 days\n" in detail
    assert "line of a" not in detail


def test_an_unread_report_stands_once_in_the_summary_and_in_the_detail() -> None:
    proof = Proof("report", "MRI lumbar spine", "2025-05-12")
    gaps = [Gap(Reason.UNPARSEABLE, what, "", "old", proof, "L1") for what in ("edema", "inr")]
    one, two = check("one", RuleClass.RELATIVE), check("two", RuleClass.ABSOLUTE)
    card = made(unknown(one, gaps[0]), unknown(two, gaps[1]))
    assert card.summary.count("MRI lumbar spine on 2025-05-12: too old") == 1
    assert card.detail.count("MRI lumbar spine") == 1
    assert "so these cannot be judged: edema, INR at L1" in card.detail

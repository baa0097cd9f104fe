"""Report texts as facts: what may fire, clear, or only raise suspicion (rules.md 1.6 and 9.13)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from cds_service.clinical.answer import Answer
from cds_service.clinical.chart import Chart
from cds_service.clinical.evidence import Sought
from cds_service.clinical.fact import Finding
from cds_service.clinical.levels import between
from cds_service.clinical.quantity import Measured
from cds_service.clinical.report import Quote, ReadReport, Status, Told
from cds_service.clinical.truth import Reason, Truth
from cds_service.clinical.when import When
from cds_service.facts.codes import Codes, load_codes
from cds_service.facts.told import measured, with_texts
from tests.changed import replace
from tests.charts import Some, chart_of, diagnosis, finding, order
from tests.clinical.test_rule_laws import asked
from tests.times import days
from tests.verdicts import verdict

LUMBAR = between("T11", "L5")
CODES = load_codes("https://example.org/test")
FRAGMENT, CORD = "canal_compromise_retropulsed_fragment", "cord_compression_symptomatic"
INFECTION, EDEMA, WALL = "infection_spinal", "no_marrow_edema", "posterior_wall_disruption"


def said(name: str, level: str = "L1", status: str = "present", value: Any = None) -> Told:
    words = f"{status} {name} at {level or 'no level'}"
    return Told(name, level, Status(status), value, Quote(words, 10, 30, "findings"))


def report(*told: Told, **more: Any) -> ReadReport:
    settings = {"modality": "MR", "covers": LUMBAR, "told": told} | more
    return ReadReport("DiagnosticReport/1", "MRI lumbar spine", days(7), **settings)


def chart(
    *told: Told, facts: tuple[Some, ...] = (), orders: Any = None, codes: Codes = CODES, **more: Any
) -> Chart:
    orders = orders or (order("L1"),)
    return with_texts(chart_of(*facts, orders=orders), [report(*told, **more)], codes)


def answer(name: str, held: Chart) -> Answer:
    rule, limits = asked(name)
    found: Answer = rule.ask(held, limits)
    return found


CASES: dict[str, tuple[str, str, list[Told]]] = {
    "a share above a third fires": (
        FRAGMENT,
        "fires",
        [said("retropulsion-canal-compromise", value=40)],
    ),
    "a share below a third clears": (
        FRAGMENT,
        "clear",
        [said("retropulsion-canal-compromise", value=20)],
    ),
    "a range that straddles the limit decides nothing": (
        FRAGMENT,
        "unknown(unparseable)",
        [said("retropulsion-canal-compromise", value=(30, 40))],
    ),
    "retropulsion without a figure is suspected": (
        FRAGMENT,
        "unknown(suspected)",
        [said("retropulsion")],
    ),
    "retropulsion in millimetres is suspected": (
        FRAGMENT,
        "unknown(suspected)",
        [said("retropulsion", value=5)],
    ),
    "no retropulsion clears": (FRAGMENT, "clear", [said("retropulsion", status="absent")]),
    "no retropulsion in the whole study clears": (
        FRAGMENT,
        "clear",
        [said("retropulsion", "", "absent")],
    ),
    "possible retropulsion is suspected": (
        FRAGMENT,
        "unknown(suspected)",
        [said("retropulsion", status="suspected")],
    ),
    "retropulsion elsewhere says nothing of this level": (
        FRAGMENT,
        "unknown(missing)",
        [said("retropulsion-canal-compromise", "L4", value=60)],
    ),
    "retropulsion at no level is suspected": (
        FRAGMENT,
        "unknown(suspected)",
        [said("retropulsion-canal-compromise", "", value=60)],
    ),
    "discitis fires": (
        INFECTION,
        "fires",
        [said("discitis-osteomyelitis-suspected")],
    ),
    "discitis at another level fires": (
        INFECTION,
        "fires",
        [said("discitis-osteomyelitis-suspected", "L4")],
    ),
    "possible discitis elsewhere is suspected": (
        INFECTION,
        "unknown(suspected)",
        [said("discitis-osteomyelitis-suspected", "L4", "suspected")],
    ),
    "a text never clears an infection": (
        INFECTION,
        "unknown(missing)",
        [said("discitis-osteomyelitis-suspected", "", "absent")],
    ),
    "no edema, on a sequence that shows it, fires": (
        EDEMA,
        "fires",
        [said("marrow-edema", status="absent"), said("fluid-sensitive-sequence", "")],
    ),
    "edema clears": (EDEMA, "clear", [said("marrow-edema")]),
    "possible edema clears nothing, and is no sign of its absence": (
        EDEMA,
        "unknown(unparseable)",
        [said("marrow-edema", status="suspected")],
    ),
    "a doubtful absence of edema fires nothing": (
        EDEMA,
        "unknown(suspected)",
        [said("marrow-edema", status="indeterminate")],
    ),
    "an intact wall clears": (
        WALL,
        "clear",
        [said("posterior-wall-disruption", status="absent")],
    ),
    "severe loss of height without a figure is suspected": (
        "height_loss_severe",
        "unknown(suspected)",
        [said("height-loss")],
    ),
    "a grade is read": (
        "canal_stenosis_other",
        "fires",
        [said("canal-stenosis-grade", value="severe")],
    ),
    "no stenosis is the grade none": (
        "canal_stenosis_other",
        "clear",
        [said("canal-stenosis-grade", "", "absent")],
    ),
    "stenosis without a grade is suspected": (
        "canal_stenosis_other",
        "unknown(suspected)",
        [said("canal-stenosis-grade")],
    ),
    "no malignancy on the MRI is no tumor in the canal": (
        "canal_compromise_tumor",
        "clear",
        [said("malignancy-suspected", "", "absent")],
    ),
    "epidural tumor without a figure is suspected": (
        "canal_compromise_tumor",
        "unknown(suspected)",
        [said("epidural-tumor")],
    ),
    "what no rule asks is left aside": (FRAGMENT, "unknown(missing)", [said("augmented")]),
    "an acuity that is denied is none": (
        FRAGMENT,
        "unknown(missing)",
        [said("fracture-acuity", status="absent", value="acute")],
    ),
}


@pytest.mark.parametrize(("name", "expected", "told"), CASES.values(), ids=CASES)
def test_what_a_final_report_states(name: str, expected: str, told: list[Told]) -> None:
    assert verdict(answer(name, chart(*told))) == expected


def test_a_cord_that_is_free_clears_without_any_examination() -> None:
    assert verdict(answer(CORD, chart(said("cord-compression", "", "absent")))) == "clear"


def test_a_finding_carries_the_words_of_its_report() -> None:
    found = answer(FRAGMENT, chart(said("retropulsion-canal-compromise", value=40)))
    (proof,) = found.because
    assert (proof.value, proof.reference, proof.level) == ("40 %", "DiagnosticReport/1", "L1")
    assert proof.quote == "present retropulsion-canal-compromise at L1"
    assert found.by_text


@pytest.mark.parametrize("status", ["present", "absent"])
def test_a_report_that_is_not_final_only_raises_suspicion(status: str) -> None:
    held = chart(said("posterior-wall-disruption", status=status), final=False)
    expected = "unknown(suspected)" if status == "present" else "unknown(missing)"
    assert verdict(answer(WALL, held)) == expected


def test_a_contradiction_in_one_report_is_named() -> None:
    told = said("posterior-wall-disruption", status="indeterminate")._replace(disputed=True)
    found = answer(WALL, chart(told))
    assert verdict(found) == "unknown(suspected)"
    assert "contradictory" in {gap.detail for gap in found.missing}


def test_a_statement_for_the_whole_study_ends_with_the_study() -> None:
    told = said("retropulsion", "", "absent")
    above = chart(told, orders=(order("T6"),))
    assert verdict(answer(FRAGMENT, above)) == "unknown(missing)"
    assert verdict(answer(FRAGMENT, chart(told, orders=(order("L4"),)))) == "clear"


def test_of_a_study_without_a_region_only_named_levels_are_cleared() -> None:
    told = (said("retropulsion", "", "absent"), said("vertebral-fracture", "L2"))
    assert verdict(answer(FRAGMENT, chart(*told, covers=None))) == "unknown(missing)"
    two = chart(*told, covers=None, orders=(order("L2"),))
    assert verdict(answer(FRAGMENT, two)) == "clear"


def test_a_study_of_another_part_of_the_body_clears_named_levels_only() -> None:
    told = said("retropulsion", "", "absent")
    assert verdict(answer(FRAGMENT, chart(told, of_spine=False))) == "unknown(missing)"


def test_a_radiograph_clears_no_canal() -> None:
    held = chart(said("retropulsion", status="absent"), modality="XR")
    assert verdict(answer(FRAGMENT, held)) == "unknown(missing)"


def test_a_study_that_guides_a_procedure_clears_nothing() -> None:
    held = chart(said("retropulsion", status="absent"), limited=True)
    assert verdict(answer(FRAGMENT, held)) == "unknown(missing)"


def test_a_site_may_forbid_texts_to_clear() -> None:
    careful = replace(CODES, text_clears=False)
    none = chart(said("retropulsion", status="absent"), codes=careful)
    assert verdict(answer(FRAGMENT, none)) == "unknown(missing)"
    large = chart(said("retropulsion-canal-compromise", value=40), codes=careful)
    assert verdict(answer(FRAGMENT, large)) == "fires"


def coded(value: Any, when: int = 7) -> Finding:
    return finding("posterior-wall-disruption", value, "L1", days(when), modality="CT")


def test_a_coded_finding_outweighs_the_text_of_its_day_and_shows_it() -> None:
    held = chart(said("posterior-wall-disruption"), facts=(coded(value=False),))
    found = answer(WALL, held)
    assert verdict(found) == "clear"
    assert not found.by_text
    assert [proof.note for proof in found.because] == ["", "text_disagrees"]


@pytest.mark.parametrize("weak", [{"final": False}, {"trouble": "words", "value": None}])
def test_a_coded_finding_that_is_not_firm_outweighs_no_text(weak: dict[str, Any]) -> None:
    held = coded(value=False)._replace(**weak)
    assert verdict(answer(WALL, chart(said("posterior-wall-disruption"), facts=(held,)))) == "fires"
    free = said("posterior-wall-disruption", status="absent")
    assert answer(WALL, chart(free, facts=(held,))).truth is not Truth.YES


def test_an_unreadable_code_beside_a_text_clears_nothing() -> None:
    held = coded(value=None)._replace(trouble="words")
    free = said("posterior-wall-disruption", status="absent")
    assert answer(WALL, chart(free, facts=(held,))).truth is Truth.UNKNOWN


def test_a_text_that_agrees_with_the_code_adds_nothing() -> None:
    held = chart(said("posterior-wall-disruption"), facts=(coded(value=True),))
    found = answer(WALL, held)
    assert verdict(found) == "fires"
    assert [proof.quote for proof in found.because] == [""]


@pytest.mark.parametrize(("when", "expected"), [(9, "fires"), (3, "clear")])
def test_of_different_days_the_newer_counts(when: int, expected: str) -> None:
    held = chart(said("posterior-wall-disruption"), facts=(coded(value=False, when=when),))
    assert verdict(answer(WALL, held)) == expected


def test_a_hint_older_than_a_plain_finding_is_forgotten() -> None:
    hint = said("posterior-wall-disruption", status="suspected")
    assert verdict(answer(WALL, chart(hint, facts=(coded(value=False, when=3),)))) == "clear"
    later = answer(WALL, chart(hint, facts=(coded(value=False, when=9),)))
    assert verdict(later) == "unknown(suspected)"


def test_a_code_beside_the_text_makes_the_answer_stand_alone() -> None:
    told = said("discitis-osteomyelitis-suspected")
    assert answer(INFECTION, chart(told)).by_text
    both = answer(INFECTION, chart(told, facts=(diagnosis("infection_spinal"),)))
    assert both.truth is Truth.YES
    assert not both.by_text
    assert any(proof.quote for proof in both.because)


def test_a_text_that_could_not_be_read_is_not_silence() -> None:
    held = with_texts(chart_of(), [report(modality="MR", trouble="no-text-layer", told=())], CODES)
    found = answer(WALL, held)
    assert verdict(found) == "unknown(unparseable)"
    (gap,) = [gap for gap in found.missing if gap.reason is Reason.UNPARSEABLE]
    assert (gap.detail, gap.proof and gap.proof.value) == ("no-text-layer", "MRI lumbar spine")


def test_an_unread_report_of_another_region_changes_nothing() -> None:
    other = report(trouble="broken", covers=frozenset({"C4"}), told=())
    assert verdict(answer(WALL, with_texts(chart_of(), [other], CODES))) == "unknown(missing)"


def test_without_reports_the_chart_stays_what_it_is() -> None:
    held = chart_of()
    assert with_texts(held, [], CODES) is held


@pytest.mark.parametrize(
    ("value", "words", "expected"),
    [
        (40, "about 40 %", Measured.exactly(Decimal(40))),
        (33, "a third of the canal", Measured.exactly(Decimal(100) / 3)),
        (33, "33 % of the canal", Measured.exactly(Decimal(33))),
        ((33, 100), "more than one third", Measured(Decimal(100) / 3, Decimal(100), low_open=True)),
        ((50, 100), "at least 50 %", Measured(Decimal(50), Decimal(100))),
        ((0, 33), "less than 1/3", Measured(Decimal(0), Decimal(100) / 3, high_open=True)),
        ((20, 30), "20-30 %", Measured(Decimal(20), Decimal(30))),
    ],
)
def test_shares_are_read_as_they_are_meant(value: Any, words: str, expected: Measured) -> None:
    assert measured(value, words) == expected


@pytest.mark.parametrize(
    ("value", "words", "expected"),
    [
        ((33, 100), "more than one third", "fires"),
        (33, "one third", "clear"),
        (33, "retropulsion > 1/3 of the canal", "fires"),
        (33, "exceeding one-third of the canal", "fires"),
        (33, "does not exceed one third", "clear"),
        (33, "no more than 1/3 of the canal", "clear"),
        ((0, 33), "less than a third", "clear"),
    ],
)
def test_one_third_is_not_more_than_one_third(value: Any, words: str, expected: str) -> None:
    told = Told("retropulsion-canal-compromise", "L1", Status.PRESENT, value, Quote(words))
    assert verdict(answer(FRAGMENT, chart(told))) == expected


@pytest.mark.parametrize("query", ["diagnostic_reports", "imaging_studies"])
def test_reports_that_could_not_be_had_are_not_silence(query: str) -> None:
    held = chart_of(states={query: Sought.FAILED})
    assert verdict(answer(WALL, held)) == "unknown(source-error)"


@pytest.mark.parametrize("name", [CORD, FRAGMENT])
def test_a_report_that_was_not_read_to_its_end_denies_nothing(name: str) -> None:
    """An addendum, or the impression, may stand in the part that could not be read."""
    told = (said("cord-compression", "", "absent"), said("retropulsion", status="absent"))
    assert verdict(answer(name, chart(*told))) == "clear"
    for trouble in ("broken", "not-fetched", "too-long"):
        found = answer(name, chart(*told, trouble=trouble))
        assert found.truth is Truth.UNKNOWN
        assert any(gap.proof and gap.proof.quote for gap in found.missing)


def test_a_report_that_was_not_read_to_its_end_still_warns() -> None:
    told = said("retropulsion-canal-compromise", value=60)
    assert verdict(answer(FRAGMENT, chart(told, trouble="broken"))) == "fires"


@pytest.mark.parametrize("modality", ["", "XR"])
def test_images_that_may_not_show_the_canal_deny_nothing(modality: str) -> None:
    told = (said("cord-compression", "", "absent"), said("retropulsion", status="absent"))
    for name in (CORD, FRAGMENT):
        assert answer(name, chart(*told, modality=modality)).truth is Truth.UNKNOWN


@pytest.mark.parametrize("modality", ["CT", "XR", "PT"])
def test_only_an_mri_denies_edema(modality: str) -> None:
    """Beside an MRI of that day, whose sequences a CT does not have."""
    fluid = finding("fluid-sensitive-sequence", value=True, when=days(7))
    edema = finding("marrow-edema", value=True, when=days(7))
    held = chart(said("marrow-edema", status="absent"), facts=(fluid, edema), modality=modality)
    assert verdict(answer(EDEMA, held)) == "clear"
    alone = chart(said("marrow-edema", status="absent"), facts=(fluid,), modality=modality)
    assert verdict(answer(EDEMA, alone)) == "unknown(missing)"


@pytest.mark.parametrize("when", [None, When(None, days(1).latest, "filed yesterday")])
@pytest.mark.parametrize(
    ("name", "told"),
    [
        (CORD, said("cord-compression")),
        (INFECTION, said("discitis-osteomyelitis-suspected", "L4")),
    ],
)
def test_a_grave_finding_on_images_of_unknown_age_is_suspected(
    name: str, told: Told, when: When | None
) -> None:
    held = with_texts(chart_of(), [report(told)._replace(when=when)], CODES)
    assert verdict(answer(name, held)) == "unknown(suspected)"


def test_a_grave_finding_filed_before_the_window_is_not_suspected() -> None:
    old = When(None, days(200).latest, "filed long ago")
    held = with_texts(chart_of(), [report(said("cord-compression"))._replace(when=old)], CODES)
    assert verdict(answer(CORD, held)) == "unknown(missing)"


@pytest.mark.parametrize("when", [None, days(7)])
def test_a_draft_that_denies_a_finding_raises_no_suspicion_of_it(when: When | None) -> None:
    draft = report(said("cord-compression", "", "absent"), final=False)._replace(when=when)
    assert verdict(answer(CORD, with_texts(chart_of(), [draft], CODES))) == "unknown(missing)"


@pytest.mark.parametrize(
    ("name", "fact", "coded"),
    [
        (INFECTION, "discitis-osteomyelitis-suspected", False),
        (CORD, "cord-compression", False),
        (EDEMA, "marrow-edema", True),
    ],
)
def test_a_text_against_the_code_of_its_day_never_leaves_an_absolute_rule_clear(
    name: str, fact: str, *, coded: bool
) -> None:
    known = finding(fact, value=coded, when=days(7), modality="MR")
    assert verdict(answer(name, chart_of(known))) == "clear"
    told = said(fact, status="absent" if coded else "present")
    found = answer(name, chart(told, facts=(known,)))
    assert verdict(found) == "unknown(conflicting)"
    shown = {bool(gap.proof.quote) for gap in found.missing if gap.proof and gap.proof.what == fact}
    assert shown == {True, False}, "the card shows both"


def test_what_was_seen_before_the_pain_began_clears_nothing() -> None:
    onset = finding("pain-onset", None, "", moment=days(3))
    told = (
        said("cord-compression", "", "absent"),
        said("retropulsion-canal-compromise", value=10),
        said("posterior-wall-disruption", status="absent"),
    )
    for name in (CORD, FRAGMENT, WALL):
        assert verdict(answer(name, chart(*told))) == "clear"
        assert answer(name, chart(*told, facts=(onset,))).truth is Truth.UNKNOWN
    worse = said("retropulsion-canal-compromise", value=60)
    assert verdict(answer(FRAGMENT, chart(worse, facts=(onset,)))) == "fires"


def test_poor_images_deny_nothing_but_show_what_they_show() -> None:
    told = (said("cord-compression", "", "absent"), said("marrow-edema"))
    assert verdict(answer(CORD, chart(*told, poor=True))) == "unknown(missing)"
    assert verdict(answer(EDEMA, chart(*told, poor=True))) == "clear"


def test_a_denial_for_one_part_of_the_spine_is_none_for_another() -> None:
    neck = said("cord-compression", "", "absent")._replace(covers=between("C1", "T1"))
    assert verdict(answer(CORD, chart(neck, covers=between("C1", "L5")))) == "unknown(missing)"
    back = neck._replace(covers=LUMBAR)
    assert verdict(answer(CORD, chart(back, covers=between("C1", "L5")))) == "clear"


def test_a_level_far_below_an_examination_is_not_what_its_denials_mean() -> None:
    """A fracture of L1 on the scout of the neck; one of T10 stands in full on a lumbar MRI."""
    free = said("cord-compression", "", "absent")
    low = chart(free, said("vertebral-fracture", "L1"), covers=between("C1", "T1"))
    assert verdict(answer(CORD, low)) == "unknown(missing)"
    high = chart(free, said("vertebral-fracture", "T10"), orders=(order("T10"),))
    assert verdict(answer(CORD, high)) == "clear"


@pytest.mark.parametrize(
    ("newer", "expected"),
    [
        (report(trouble="broken"), "unknown(unparseable)"),
        (report(trouble="broken", modality="CT"), "unknown(unparseable)"),
        (report(trouble="broken", modality="XR"), "clear"),
        (report(trouble="broken", covers=between("C1", "T1")), "clear"),
        (report(trouble="broken", of_spine=False), "clear"),
        (report(), "unknown(missing)"),
        (report(said("vertebral-fracture")), "clear"),
    ],
)
def test_an_older_report_does_not_stand_in_for_a_newer_one_that_cannot_be_read(
    newer: ReadReport, expected: str
) -> None:
    older = report(said("cord-compression", "", "absent"))._replace(when=days(20))
    held = with_texts(chart_of(), [newer, older], CODES)
    assert verdict(answer(CORD, held)) == expected
    earlier = newer._replace(when=days(25))
    assert verdict(answer(CORD, with_texts(chart_of(), [older, earlier], CODES))) == "clear"


def test_what_a_report_only_suspects_is_not_shown_as_present() -> None:
    found = answer(CORD, chart(said("cord-compression", status="suspected")))
    (proof,) = [gap.proof for gap in found.missing if gap.proof]
    assert proof.value == "possible"


@pytest.mark.parametrize(
    "told", [said("cord-compression", status="suspected"), said("cord-compression", "L3")]
)
def test_a_deficit_is_not_called_unexplained_where_a_report_may_explain_it(told: Told) -> None:
    deficit = finding("neuro-deficit", "new", "")
    found = answer(CORD, chart(told, facts=(deficit,)))
    assert verdict(found) == "unknown(suspected)"
    shown = {gap.what for gap in found.missing if gap.reason is Reason.SUSPECTED}
    assert shown == {"cord-compression", "neuro-deficit"}


def test_two_reports_of_a_day_that_contradict_each_other_on_edema_are_both_shown() -> None:
    denied = report(said("marrow-edema", status="absent"), said("fluid-sensitive-sequence", ""))
    shown = report(said("marrow-edema"))._replace(reference="DiagnosticReport/2")
    found = answer(EDEMA, with_texts(chart_of(), [denied, shown], CODES))
    assert (found.truth, found.tier) == (Truth.YES, "opposed")
    assert {proof.value for proof in found.because if proof.what == "marrow-edema"} == {"yes", "no"}


def test_a_later_report_without_signs_of_infection_is_shown_and_does_not_clear() -> None:
    sign = "discitis-osteomyelitis-suspected"
    ill = report(said(sign, "L4"))._replace(when=days(20))
    well = report(said(sign, "", "absent"))
    found = answer(INFECTION, with_texts(chart_of(), [well, ill], CODES))
    assert verdict(found) == "fires"
    assert [(proof.value, proof.note) for proof in found.because] == [
        ("yes", ""),
        ("no", "denied_later"),
    ]

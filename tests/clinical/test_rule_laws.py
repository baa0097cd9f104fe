"""Laws that hold for every rule on every chart."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service import rules
from cds_service.clinical.bare import BareAnswers
from cds_service.clinical.chart import Chart
from cds_service.clinical.evidence import QUERIES, Sought, Source
from cds_service.clinical.fact import Kind, Standing
from cds_service.clinical.rule import Rule
from cds_service.clinical.truth import Truth
from cds_service.facts.tables import load_table
from tests.changed import replace
from tests.charts import (
    Some,
    allergy,
    chart_of,
    culture,
    diagnosis,
    drug,
    finding,
    order,
    result,
    study,
)
from tests.times import FILED, FUTURE, days, hours, month
from tests.verdicts import verdict

FOLDER = Path(rules.__file__).parent
NAMES = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "__init__")
RANK = {Truth.NO: 0, Truth.UNKNOWN: 1, Truth.YES: 2}
RANGES = {"leukocytes": ("4", "10"), "crp": ("", "5"), "aptt": ("25", "35")}


def asked(name: str) -> tuple[Rule, Any]:
    """Find a rule, and the limits that its own test repeats."""
    rule = getattr(import_module(f"cds_service.rules.{name}"), name)
    return rule, import_module(f"tests.rules.test_{name}").LIMITS


RULES = [asked(name) for name in NAMES]

TIMES = (days(1), days(8), days(40), hours(10), hours(50), month(5), None, FILED, FUTURE)
VALUES = {
    "inr": ("1.0", "1.7", "3", "<1.5"),
    "platelets": ("200", "40", ">=50"),
    "temperature": ("36.8", "39"),
    "leukocytes": ("7", "15"),
    "crp": ("3", "80"),
    "aptt": ("30", "60"),
    "hemoglobin": ("13",),
    "creatinine": ("1.0", "3.0"),
    "body_weight": ("70",),
    "pain_score": ("0", "3", "8"),
    "calcium": ("9",),
    "vitamin_d": ("30",),
}
FLAGS = (
    *("marrow-edema", "fluid-sensitive-sequence", "intravertebral-cleft", "bone-scan-uptake"),
    *("cord-compression", "discitis-osteomyelitis-suspected", "infection-cleared"),
    *("level-symptomatic", "bleeding-correctable", "mri-feasible"),
    *("analgesic-intolerance", "bracing-tried"),
    *("midline-tenderness", "burst-morphology", "vertebral-fracture"),
)
CODED = {
    "retropulsion-canal-compromise": ("0", "20", "50"),
    "epidural-tumor-canal-compromise": ("0", "50"),
    "canal-stenosis-grade": ("none", "severe"),
    "lesion-matrix": ("none", "lytic"),
    "neuro-deficit": ("none", "new"),
    "pain-ambulation": ("walks", "cannot"),
    "pain-pattern": ("axial-midline", "radicular", "mixed", "none"),
    "exam-imaging-concordance": ("concordant", "discordant"),
}
SETS = (
    *("infection_spinal", "infection_systemic", "infection_possible", "bleeding_disorder"),
    *("chronic_liver_disease", "malignancy_spine", "dialysis", "cord_compression"),
    *("anticoagulant_flag", "antiplatelet_flag", "vcf_osteoporotic", "cardiac_severe"),
    *("vcf_neoplastic", "osteoporosis"),
    *("radiculopathy", "alternative_pain_source", "mri_barrier", "vcf_neoplastic", "burst"),
)
USES = ("bone_agent", "analgesic", "adjuvant")
AGENTS = ("warfarin", "apixaban", "heparin", "aspirin", "clopidogrel", "acenocoumarol")


@st.composite
def results(draw: st.DrawFn) -> Some:
    name = draw(st.sampled_from(sorted(VALUES)))
    said, when = draw(st.sampled_from(VALUES[name])), draw(st.sampled_from(TIMES))
    final, trouble = draw(st.booleans()), draw(st.sampled_from(["", "", "words"]))
    return result(name, said, when, normal=RANGES.get(name), final=final, trouble=trouble)


@st.composite
def findings(draw: st.DrawFn) -> Some:
    name = draw(st.sampled_from([*FLAGS, *CODED]))
    value: Any = draw(st.sampled_from([*CODED.get(name, (True, False)), None]))
    level = draw(st.sampled_from(["L1", "L2", "T12", ""]))
    modality, final = draw(st.sampled_from(["", "MR", "CT"])), draw(st.booleans())
    return finding(name, value, level, draw(st.sampled_from(TIMES)), modality=modality, final=final)


@st.composite
def drugs(draw: st.DrawFn) -> Some:
    agent, last = draw(st.sampled_from(AGENTS)), draw(st.sampled_from(TIMES))
    more: dict[str, Any] = {"standing": draw(st.sampled_from(list(Standing))), "last_dose": last}
    more["started"] = draw(st.sampled_from(TIMES))
    more["dated"] = draw(st.sampled_from(TIMES))
    kind = draw(st.sampled_from(["named", "named", "unnamed", "other", "antibiotic", *USES]))
    if kind == "unnamed":
        return drug(resolved=False, **more)
    if kind == "other":
        return drug("vitamin d", group="", **more)
    if kind in USES:
        return drug(group="", kinds=(kind,), ingredients=(kind,), **more)
    if kind == "antibiotic":
        return drug("cefazolin", group="", anti_infective=True, **more)
    return drug(agent, interval_hours=draw(st.sampled_from([None, 12])), **more)


FACTS = st.one_of(
    results(),
    findings(),
    drugs(),
    st.builds(
        diagnosis,
        st.sampled_from(SETS),
        active=st.booleans(),
        possible=st.booleans(),
        dormant=st.booleans(),
    ),
    st.builds(
        culture,
        st.sampled_from([True, False, None]),
        st.sampled_from(TIMES),
        final=st.booleans(),
        site=st.sampled_from(["blood", "spine"]),
    ),
    st.builds(
        allergy,
        st.sampled_from(["pmma", "gadolinium", "barium", "pollen"]),
        active=st.booleans(),
        dated=st.sampled_from(TIMES),
    ),
    st.builds(
        study,
        st.sampled_from(["MR", "CT", "XR"]),
        st.sampled_from(TIMES),
        st.sampled_from(["L1", "L2"]),
        fluid_sensitive=st.sampled_from([True, None]),
        final=st.booleans(),
        standing=st.sampled_from([True, None]),
    ),
)
ORDERS = st.sampled_from(
    [
        (order("L1"),),
        (order("L1", "L2"),),
        (order("L1"), order()),
        (order("C5"),),
        (order("L1"), order("L2", "L3", "L4", selected=False)),
    ]
)
STATES = st.dictionaries(st.sampled_from(QUERIES), st.sampled_from(list(Sought)), max_size=2)
CHARTS = st.lists(FACTS, max_size=9)


def answers(chart: Chart) -> dict[str, str]:
    """Answer every question about a chart."""
    return {rule.name: verdict(rule.ask(chart, limits)) for rule, limits in RULES}


def ranks(chart: Chart) -> dict[str, int]:
    """Tell how grave every answer about a chart is."""
    return {rule.name: RANK[rule.ask(chart, limits).truth] for rule, limits in RULES}


def test_every_rule_is_asked() -> None:
    assert len(RULES) == len(NAMES) >= 17


@given(CHARTS, ORDERS, STATES, st.integers())
def test_the_order_of_the_facts_never_changes_an_answer(
    facts: list[Some], orders: Any, states: Mapping[str, Sought], seed: int
) -> None:
    shuffled = list(facts)
    Random(seed).shuffle(shuffled)  # noqa: S311 - no secret depends on it
    one = chart_of(*facts, orders=orders, states=states)
    assert answers(one) == answers(chart_of(*shuffled, orders=orders, states=states))


@given(CHARTS, ORDERS)
def test_the_order_of_the_orders_never_changes_an_answer(facts: list[Some], orders: Any) -> None:
    turned = tuple(reversed(orders))
    assert answers(chart_of(*facts, orders=orders)) == answers(chart_of(*facts, orders=turned))


@given(CHARTS, ORDERS)
def test_equal_facts_twice_change_nothing(facts: list[Some], orders: Any) -> None:
    twice = [copy for fact in facts for copy in (fact, replace(fact))]
    assert answers(chart_of(*facts, orders=orders)) == answers(chart_of(*twice, orders=orders))


@given(CHARTS, ORDERS, STATES)
def test_a_query_without_an_answer_never_clears(
    facts: list[Some], orders: Any, states: Mapping[str, Sought]
) -> None:
    complete = ranks(chart_of(*facts, orders=orders))
    lacking = ranks(chart_of(*facts, orders=orders, states=states))
    assert {name for name, rank in lacking.items() if rank == 0} <= {
        name for name, rank in complete.items() if rank == 0
    }


@given(CHARTS, ORDERS)
def test_with_no_query_answered_nothing_is_clear(facts: list[Some], orders: Any) -> None:
    sources = {name: Source(name, Sought.FAILED) for name in QUERIES}
    assert 0 not in ranks(chart_of(*facts, orders=orders, sources=sources)).values()


BARE = BareAnswers(RULES)


@given(CHARTS, ORDERS, STATES, st.sampled_from([True, False, None]))
def test_what_is_remembered_of_bare_charts_is_what_the_rule_would_say(
    facts: list[Some], orders: Any, states: Mapping[str, Sought], inpatient: Any
) -> None:
    chart = chart_of(*facts, orders=orders, states=states, inpatient=inpatient)
    for (rule, limits), remembered in zip(RULES, BARE.to(chart), strict=True):
        assert remembered is None or remembered == rule.ask(chart, limits), rule.name


KINDS = {
    "results": {Kind.LABORATORY, Kind.VITAL_SIGN},
    "cultures": {Kind.LABORATORY},
    "diagnoses": {Kind.CONDITION},
    "allergies": {Kind.ALLERGY, Kind.CONDITION},
    "drugs": {Kind.DRUG},
    "findings": {Kind.FINDING, Kind.EXAMINATION},
    "studies": {Kind.IMAGING},
}
EMPTY: dict[str, Any] = {name: {} if name in {"results", "findings"} else () for name in KINDS}


@pytest.mark.parametrize(("rule", "limits"), RULES, ids=NAMES)
@given(facts=CHARTS, orders=ORDERS)
def test_facts_of_another_kind_change_nothing(
    rule: Rule, limits: Any, facts: list[Some], orders: Any
) -> None:
    read = {fact.kind for fact in rule.reads}
    foreign = {name: EMPTY[name] for name, kinds in KINDS.items() if not kinds & read}
    chart = chart_of(*facts, orders=orders)
    assert verdict(rule.ask(chart, limits)) == verdict(rule.ask(replace(chart, **foreign), limits))


WORSE = {
    "inr": ("0.9", "1.5", "1.6", "1.9", "4"),
    "platelets": ("300", "51", "50", "49", "10"),
    "temperature": ("36", "37.9", "38", "40"),
    "leukocytes": ("7", "10", "11", "30"),
    "crp": ("1", "5", "6", "200"),
}
GRADES = {
    "retropulsion-canal-compromise": ("0", "33.3", "33.4", "90"),
    "epidural-tumor-canal-compromise": ("0", "33.3", "33.4", "90"),
    "cord-compression": (False, True),
    "discitis-osteomyelitis-suspected": (False, True),
    "neuro-deficit": ("none", "new"),
}


@given(CHARTS, ORDERS, st.sampled_from([*WORSE, *GRADES]), st.sampled_from(TIMES), st.data())
def test_a_worse_value_never_lowers_the_severity(
    facts: list[Some], orders: Any, name: str, when: Any, data: st.DataObject
) -> None:
    steps: tuple[Any, ...] = WORSE.get(name) or GRADES[name]
    better = data.draw(st.integers(0, len(steps) - 2))
    worse = data.draw(st.integers(better + 1, len(steps) - 1))

    def rank(value: Any) -> dict[str, int]:
        if name in WORSE:
            fact: Some = result(name, value, when, normal=RANGES.get(name))
        else:
            fact = finding(name, value, "L1", when, modality="MR")
        return ranks(chart_of(*facts, fact, orders=orders))

    milder, graver = rank(steps[better]), rank(steps[worse])
    assert all(graver[rule] >= milder[rule] for rule in milder)


FINDINGS = load_table("findings.toml")
SAID: dict[str, tuple[Any, ...]] = {"boolean": (True, False), "percent": ("0", "20", "40", "70")}


def spoken(rule: Rule, chance: Random) -> list[Some]:
    """Make facts that speak of one level and of what one rule asks for, often in contradiction."""
    read = [fact.name for fact in rule.reads]
    names = [name for name in (*read, "marrow-edema") if name in FINDINGS]
    facts: list[Some] = []
    for name in chance.choices(names, k=chance.randint(1, 9)):
        said = SAID.get(FINDINGS[name]["value"]) or tuple(FINDINGS[name].get("values", (None,)))
        level, when = chance.choice(["L1", "L1", "L1", ""]), days(chance.choice([5, 5, 2]))
        modality, final = chance.choice(["MR", "MR", "CT", "XR", ""]), chance.random() < 0.9
        more = {"modality": modality, "final": final, "moment": days(chance.choice([3, 30, 200]))}
        facts.append(finding(name, chance.choice(said), level, when, **more))
    sets = [name for name in SETS if name in read] or SETS
    for name in chance.choices(sets, k=chance.randint(0, 2)):
        levels = chance.choice([(), ("L1",), ("L2",)])
        facts.append(diagnosis(name, levels=levels, active=chance.random() < 0.9))
    modalities = chance.choices(["MR", "CT", "XR", "NM"], k=chance.randint(0, 2))
    return [*facts, *(study(modality, days(chance.choice([5, 2]))) for modality in modalities)]


@pytest.mark.parametrize("name", NAMES)
def test_facts_that_contradict_each_other_leave_no_silent_unknown(name: str) -> None:
    """An unknown answer names what lacks or what disagrees (rules.md 1.2, 1.3)."""
    rule, limits = asked(name)
    chance = Random(name)  # noqa: S311 - no secret depends on it
    for _ in range(100):
        verdict(rule.ask(chart_of(*spoken(rule, chance)), limits))

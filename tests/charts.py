"""Charts for tests: every query answered unless told otherwise, and a clock that stands still."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from cds_service.clinical.chart import Chart
from cds_service.clinical.evidence import QUERIES, Sought, Source
from cds_service.clinical.fact import (
    Allergy,
    Culture,
    Diagnosis,
    DrugUse,
    Finding,
    Match,
    Patient,
    Result,
    Standing,
    Study,
)
from cds_service.clinical.order import Order
from cds_service.clinical.quantity import Measured, Quantity
from cds_service.clinical.when import When
from tests.times import LAST_WEEK, NOW, PLANNED, YESTERDAY, days

MALE = Patient(70, "male", "Patient/p")
ANTIPLATELETS = frozenset(
    {"aspirin", "dipyridamole", "clopidogrel", "ticagrelor", "prasugrel", "cilostazol", "nsaid"}
    | {"cangrelor", "abciximab", "eptifibatide", "tirofiban", "ticlopidine", "vorapaxar"}
)
UNANSWERED = (Sought.FAILED, Sought.INCOMPLETE, Sought.NOT_SOUGHT, None)
"""All states of a query that prove no absence; None is a query that nobody knows of."""

Some = Result | Finding | DrugUse | Culture | Diagnosis | Allergy | Study
Procedures = tuple[tuple[Order, When | None], ...]


def limit(value: str, unit: str = "") -> Quantity:
    """Make a limit."""
    return Quantity(Decimal(value), unit)


def measured(said: str) -> Measured:
    """Read a number with or without a comparator: "1.5", "<1.5", ">=1.5"."""
    number = Decimal(said.lstrip("<>="))
    if said.startswith("<"):
        return Measured(None, number, high_open="=" not in said)
    if said.startswith(">"):
        return Measured(number, None, low_open="=" not in said)
    return Measured.exactly(number)


def result(fact: str, said: str, when: When | None = YESTERDAY, **more: Any) -> Result:
    """Make a final result; `normal` is a pair of texts, empty for an open end."""
    normal = more.pop("normal", None)
    if normal:
        low, high = (Decimal(end) if end else None for end in normal)
        more["normal"] = Measured(low, high)
    value = None if more.get("trouble") else measured(said)
    return Result(fact, when, f"Observation/{fact}-{said}", said, value, **more)


def finding(
    fact: str, value: Any, level: str = "L1", when: When | None = LAST_WEEK, **more: Any
) -> Finding:
    """Make a final finding; a text that begins with a digit or comparator is a percentage."""
    if isinstance(value, str) and value[:1] in "0123456789<>":
        value = measured(value)
    return Finding(fact, when, f"Observation/{fact}-{level}", str(value), value, level, **more)


def drug(*agents: str, **more: Any) -> DrugUse:
    """Make an entry for a drug, taken unless told otherwise; its group follows from the agent."""
    group = "antiplatelet" if set(agents) & ANTIPLATELETS else "anticoagulant" if agents else ""
    if "last_dose" in more:
        more.setdefault("standing", Standing.ENDED)
    if isinstance(more.get("interval_hours"), int):
        more["interval_hours"] = Decimal(more["interval_hours"])
    settings: dict[str, Any] = {"group": group, "dated": days(3)} | more
    name = " ".join(agents) or "drug"
    return DrugUse(settings.pop("reference", f"MedicationRequest/{name}"), name, agents, **settings)


def diagnosis(value_set: str, **more: Any) -> Diagnosis:
    """Make an active condition of a set; `possible`, `by_words` and `marks` tell how it came in."""
    match = Match(more.pop("possible", False), more.pop("by_words", False), more.pop("marks", {}))
    more.setdefault("active", True)
    more.setdefault("recorded", days(20))
    return Diagnosis(f"Condition/{value_set}", {value_set: match}, value_set, **more)


def culture(grown: bool | None, when: When | None = LAST_WEEK, **more: Any) -> Culture:
    """Make a final blood culture."""
    settings: dict[str, Any] = {"site": "blood", "final": True} | more
    return Culture(when, f"Observation/culture-{grown}", str(grown), grown=grown, **settings)


def allergy(*agents: str, **more: Any) -> Allergy:
    """Make an active entry of the allergy list."""
    settings: dict[str, Any] = {"active": True, "dated": days(100)} | more
    return Allergy("AllergyIntolerance/a", " ".join(agents), frozenset(agents), **settings)


def study(modality: str = "MR", when: When | None = LAST_WEEK, *covers: str, **more: Any) -> Study:
    """Make a final study of L1, or of the levels that are named."""
    more.setdefault("covers", frozenset(covers or ("L1",)))
    return Study(f"ImagingStudy/{modality}", modality, when, modality, **more)


def order(*levels: str, **more: Any) -> Order:
    """Make a selected order for some levels."""
    settings: dict[str, Any] = {"selected": True, "count": 1} | more
    name = "-".join(levels) or "bare"
    return Order(f"ServiceRequest/{name}", {}, "order", "text", levels=levels, **settings)


def chart_of(*facts: Some, states: Mapping[str, Sought | None] | None = None, **more: Any) -> Chart:
    """Make a chart of some facts, with one selected order for L1."""
    found: dict[type, list[Any]] = {}
    for fact in facts:
        found.setdefault(type(fact), []).append(fact)
    settled = dict.fromkeys(QUERIES, Sought.ANSWERED) | dict(states or {})
    defaults: dict[str, Any] = {
        "orders": (order("L1"),),
        "patient": MALE,
        "inpatient": False,
        "results": _by_name(found.get(Result, [])),
        "findings": _by_name(found.get(Finding, [])),
        "cultures": tuple(found.get(Culture, ())),
        "diagnoses": tuple(found.get(Diagnosis, ())),
        "allergies": tuple(found.get(Allergy, ())),
        "drugs": tuple(found.get(DrugUse, ())),
        "studies": tuple(found.get(Study, ())),
        "sources": {name: Source(name, state) for name, state in settled.items() if state},
    }
    return Chart(**({"now": NOW, "planned": PLANNED} | defaults | more))


def _by_name(facts: list[Any]) -> dict[str, tuple[Any, ...]]:
    """Group results or findings by their fact."""
    names = dict.fromkeys(fact.fact for fact in facts)
    return {name: tuple(fact for fact in facts if fact.fact == name) for name in names}

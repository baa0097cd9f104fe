"""Systemic infection: a code or a blood culture fires; clear needs temperature and white cells."""

from __future__ import annotations

import pytest

from cds_service.clinical.evidence import Sought
from cds_service.clinical.fact import Standing
from cds_service.clinical.when import Window
from cds_service.rules.infection_systemic import Limits, infection_systemic
from tests.changed import replace
from tests.charts import Some, culture, diagnosis, drug, finding, limit, result
from tests.times import FILED, FUTURE, days, hours, month
from tests.verdicts import Table, ask, cases, unanswered

LIMITS = Limits(
    limit("38.0", "Cel"),
    Window(hours=72),
    Window(hours=168),
    Window(days=30),
    Window(days=14),
    Window(days=14),
)
RANGE = ("4", "10")
COOL = result("temperature", "36.8", hours(20))
HOT = result("temperature", "38.5", hours(20))
CELLS = result("leukocytes", "7", normal=RANGE)
WELL: list[Some] = [COOL, CELLS]
SEPSIS = diagnosis("infection_systemic")
PNEUMONIA = diagnosis("infection_possible")
NEUTROPENIA = diagnosis("infection_possible", marks={"with_fever_only": True})
GROWTH = culture(grown=True, when=days(10))
ANTIBIOTIC = drug("cefazolin", group="", anti_infective=True)
ENDED = replace(ANTIBIOTIC, standing=Standing.ENDED)

PROVEN: Table = {
    "sepsis": ("fires", [*WELL, SEPSIS]),
    "sepsis in the past": ("clear", [*WELL, replace(SEPSIS, active=False)]),
    "sepsis as an old encounter diagnosis": (
        "unknown(stale)",
        [*WELL, replace(SEPSIS, dormant=True)],
    ),
    "sepsis in words": (
        "unknown(suspected)",
        [*WELL, diagnosis("infection_systemic", by_words=True)],
    ),
    "blood culture with growth": ("fires", [*WELL, GROWTH]),
    "preliminary growth": ("fires", [*WELL, replace(GROWTH, final=False)]),
    "growth at the edge of thirty days": ("fires", [*WELL, culture(grown=True, when=days(30))]),
    "growth thirty-one days ago": ("clear", [*WELL, culture(grown=True, when=days(31))]),
    "growth without a date": ("unknown(unparseable)", [*WELL, culture(grown=True, when=None)]),
    "growth filed only": ("unknown(unparseable)", [*WELL, culture(grown=True, when=FILED)]),
    "growth in the future": ("unknown(unparseable)", [*WELL, culture(grown=True, when=FUTURE)]),
    "contaminant": ("clear", [*WELL, replace(GROWTH, contaminant=True)]),
    "growth elsewhere": ("clear", [*WELL, replace(GROWTH, site="")]),
    "words that say neither": ("unknown(unparseable)", [*WELL, culture(grown=None)]),
    "just below fever": ("clear", [CELLS, result("temperature", "37.9", hours(20))]),
    "fever at the limit": ("unknown(suspected)", [CELLS, result("temperature", "38.0", hours(20))]),
    "cool seven days ago": ("clear", [CELLS, result("temperature", "36.8", hours(168))]),
    "cool an hour more ago": (
        "unknown(stale)",
        [CELLS, result("temperature", "36.8", hours(169))],
    ),
    "no growth": ("clear", [*WELL, culture(grown=False)]),
    "no growth so far (codes.md 2.5)": (
        "unknown(missing)",
        [*WELL, culture(grown=False, final=False)],
    ),
    "no growth so far, then none at last": (
        "clear",
        [*WELL, culture(grown=False, final=False), culture(grown=False, when=days(1))],
    ),
    "growth, later none": ("clear", [*WELL, GROWTH, culture(grown=False, when=days(8))]),
    "growth, later none so far": (
        "fires",
        [*WELL, GROWTH, culture(grown=False, when=days(8), final=False)],
    ),
    "growth, none on the same day": ("fires", [*WELL, GROWTH, culture(grown=False, when=days(10))]),
    "growth, none before": ("fires", [*WELL, GROWTH, culture(grown=False, when=days(12))]),
    "growth, none without a date": ("fires", [*WELL, GROWTH, culture(grown=False, when=None)]),
    "growth, none with a date in the future": (
        "fires",
        [*WELL, GROWTH, culture(grown=False, when=FUTURE)],
    ),
    "growth, later none of another site": (
        "fires",
        [*WELL, GROWTH, culture(grown=False, when=days(8), site="spine")],
    ),
    "growth, none, growth again": (
        "fires",
        [*WELL, GROWTH, culture(grown=False, when=days(8)), culture(grown=True, when=days(6))],
    ),
    "growth, later cleared": (
        "clear",
        [*WELL, GROWTH, finding("infection-cleared", value=True, level="", when=days(2))],
    ),
    "growth, later said not to be cleared": (
        "fires",
        [*WELL, GROWTH, finding("infection-cleared", value=False, level="", when=days(2))],
    ),
    "growth, cleared on the same day": (
        "fires",
        [*WELL, GROWTH, finding("infection-cleared", value=True, level="", when=days(10))],
    ),
    "growth, cleared in a preliminary statement": (
        "fires",
        [
            *WELL,
            GROWTH,
            finding("infection-cleared", value=True, level="", when=days(2), final=False),
        ],
    ),
    "growth, cleared without a date": (
        "fires",
        [*WELL, GROWTH, finding("infection-cleared", value=True, level="", when=None)],
    ),
}

DOUBTED: Table = {
    "well": ("clear", WELL),
    "nothing on record": ("unknown(missing)", []),
    "afebrile alone never clears": ("unknown(missing)", [COOL]),
    "white cells alone never clear": ("unknown(missing)", [CELLS]),
    "fever": ("unknown(suspected)", [HOT, CELLS]),
    "white cells at the upper end": ("clear", [COOL, result("leukocytes", "10", normal=RANGE)]),
    "white cells above": ("unknown(suspected)", [COOL, result("leukocytes", "10.1", normal=RANGE)]),
    "white cells at the lower end": ("clear", [COOL, result("leukocytes", "4", normal=RANGE)]),
    "white cells below": (
        "unknown(conflicting)",
        [COOL, result("leukocytes", "3.9", normal=RANGE)],
    ),
    "white cells without a range": ("unknown(unparseable)", [COOL, result("leukocytes", "7")]),
    "half a range proves nothing": (
        "unknown(unparseable)",
        [COOL, result("leukocytes", "7", normal=("", "10"))],
    ),
    "the other half neither": (
        "unknown(unparseable)",
        [COOL, result("leukocytes", "7", normal=("4", ""))],
    ),
    "white cells at fourteen days": (
        "clear",
        [COOL, result("leukocytes", "7", days(14), normal=RANGE)],
    ),
    "white cells at fifteen days": (
        "unknown(stale)",
        [COOL, result("leukocytes", "7", days(15), normal=RANGE)],
    ),
    "preliminary white cells": (
        "unknown(missing)",
        [COOL, result("leukocytes", "7", normal=RANGE, final=False)],
    ),
    "preliminary high white cells": (
        "unknown(suspected)",
        [COOL, CELLS, result("leukocytes", "15", normal=RANGE, final=False)],
    ),
    "crp above its range": ("unknown(suspected)", [*WELL, result("crp", "6", normal=("", "5"))]),
    "crp at the end of its range": ("clear", [*WELL, result("crp", "5", normal=("", "5"))]),
    "old crp": ("clear", [*WELL, result("crp", "60", days(15), normal=("", "5"))]),
    "procalcitonin above its range": (
        "unknown(suspected)",
        [*WELL, result("procalcitonin", "1", normal=("", "0.5"))],
    ),
    "pneumonia": ("unknown(suspected)", [*WELL, PNEUMONIA]),
    "old pneumonia": ("clear", [*WELL, replace(PNEUMONIA, active=False)]),
    "pneumonia in words": (
        "unknown(suspected)",
        [*WELL, diagnosis("infection_possible", by_words=True)],
    ),
    "neutropenia without fever raises nothing (9.9)": ("clear", [*WELL, NEUTROPENIA]),
    "neutropenia with fever": ("unknown(suspected)", [HOT, CELLS, NEUTROPENIA]),
    "low neutrophils with fever": (
        "unknown(suspected)",
        [HOT, CELLS, result("neutrophils", "0.4", normal=("1.8", "7"))],
    ),
    "low neutrophils without fever": (
        "clear",
        [*WELL, result("neutrophils", "0.4", normal=("1.8", "7"))],
    ),
}

TREATED: Table = {
    "antibiotic in use": ("unknown(suspected)", [*WELL, ANTIBIOTIC]),
    "antibiotic perhaps in use": (
        "unknown(suspected)",
        [*WELL, replace(ANTIBIOTIC, standing=Standing.UNCLEAR)],
    ),
    "ended, started fourteen days ago": (
        "unknown(suspected)",
        [*WELL, replace(ENDED, started=days(14))],
    ),
    "ended, started fifteen days ago": ("clear", [*WELL, replace(ENDED, started=days(15))]),
    "ended, last dose yesterday": (
        "unknown(suspected)",
        [*WELL, replace(ENDED, started=days(40), last_dose=days(1))],
    ),
    "ended, last dose long ago": ("clear", [*WELL, replace(ENDED, last_dose=days(30))]),
    "ended, nobody says when": ("unknown(unparseable)", [*WELL, replace(ENDED, dated=None)]),
    "ended, written lately": ("unknown(unparseable)", [*WELL, replace(ENDED, dated=days(2))]),
    "ended, written long ago": ("clear", [*WELL, replace(ENDED, dated=days(90))]),
    "ended, in a month that has passed": ("clear", [*WELL, replace(ENDED, started=month(4))]),
    "another drug": ("clear", [*WELL, drug("vitamin d", group="")]),
    "unnamed drug": ("unknown(unparseable)", [*WELL, drug(resolved=False)]),
    "unnamed drug, ended lately": (
        "unknown(unparseable)",
        [*WELL, drug(resolved=False, last_dose=days(3))],
    ),
    "unnamed drug, ended long ago": ("clear", [*WELL, drug(resolved=False, last_dose=days(60))]),
}


@cases(PROVEN, DOUBTED, TREATED)
def test_systemic_infection(expected: str, facts: list[Some]) -> None:
    assert ask(infection_systemic, LIMITS, facts) == expected


SOURCES = (
    "conditions",
    "laboratory",
    "vital_signs",
    "medication_requests",
    "medication_statements",
    "medication_dispenses",
    "medication_administrations",
)


@unanswered(*SOURCES)
def test_what_could_not_be_asked_never_clears(states: dict[str, Sought | None]) -> None:
    assert ask(infection_systemic, LIMITS, WELL, states=states) == "unknown(source-error)"


def test_a_proven_infection_fires_whatever_could_not_be_asked() -> None:
    states = dict.fromkeys(SOURCES, Sought.FAILED)
    assert ask(infection_systemic, LIMITS, [SEPSIS], states=states) == "fires"


@pytest.mark.parametrize(("inpatient", "expected"), [(False, "clear"), (True, "unknown(stale)")])
def test_the_temperature_of_a_patient_in_hospital_must_be_fresh(
    inpatient: bool, expected: str
) -> None:
    facts: list[Some] = [result("temperature", "36.8", hours(100)), CELLS]
    assert ask(infection_systemic, LIMITS, facts, inpatient=inpatient) == expected


@pytest.mark.parametrize(("ago", "expected"), [(72, "clear"), (73, "unknown(stale)")])
def test_for_an_inpatient_a_temperature_counts_for_three_days(ago: int, expected: str) -> None:
    facts: list[Some] = [CELLS, result("temperature", "36.8", hours(ago))]
    assert ask(infection_systemic, LIMITS, facts, inpatient=True) == expected

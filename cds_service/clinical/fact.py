"""Facts: what readers make of FHIR resources, and the handles by which rules ask for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Final, NamedTuple

from cds_service.clinical.answer import Proof
from cds_service.clinical.quantity import Measured
from cds_service.clinical.report import Quote
from cds_service.clinical.when import When


class Kind(StrEnum):
    """The kinds of facts, each with the queries that must be answered to prove an absence."""

    LABORATORY = "laboratory"
    VITAL_SIGN = "vital_signs"
    CONDITION = "conditions"
    ALLERGY = "allergies"
    DRUG = "drugs"
    ENCOUNTER = "encounters"
    VISIT = "visits"
    SCHEDULE = "schedule"
    IMAGING = "imaging"
    FINDING = "findings"
    EXAMINATION = "examinations"
    ORDER = "orders"
    PROCEDURE = "procedures"
    PATIENT = "patient"
    SITE = "site"


QUERIES_OF: Mapping[Kind, tuple[str, ...]] = {
    Kind.LABORATORY: ("laboratory",),
    Kind.VITAL_SIGN: ("vital_signs",),
    Kind.CONDITION: ("conditions",),
    Kind.ALLERGY: ("allergies",),
    Kind.DRUG: (
        "medication_requests",
        "medication_statements",
        "medication_dispenses",
        "medication_administrations",
    ),
    Kind.ENCOUNTER: ("encounters",),
    Kind.VISIT: ("visits", "procedures"),
    Kind.SCHEDULE: ("visits", "service_requests"),
    Kind.IMAGING: ("imaging_studies", "diagnostic_reports"),
    Kind.FINDING: ("findings",),
    Kind.EXAMINATION: ("findings",),
    Kind.ORDER: ("service_requests",),
    Kind.PROCEDURE: ("procedures",),
    Kind.PATIENT: ("patient",),
    Kind.SITE: (),
}


ON_DEMAND_OF: Mapping[Kind, tuple[str, ...]] = {Kind.EXAMINATION: ("questionnaire_responses",)}
"""Queries that a site may add; where one was put, an absence needs its answer as well."""


class Fact(NamedTuple):
    """A handle: the name under which the code tables list a fact, and its kind."""

    name: str
    kind: Kind


def lab(name: str) -> Fact:
    """Name a laboratory result of `facts/labs.toml`."""
    return Fact(name, Kind.LABORATORY)


def vital(name: str) -> Fact:
    """Name a vital sign of `facts/labs.toml`."""
    return Fact(name, Kind.VITAL_SIGN)


def condition(name: str) -> Fact:
    """Name a set of conditions of `facts/conditions.toml`."""
    return Fact(name, Kind.CONDITION)


def imaging_finding(name: str) -> Fact:
    """Name an imaging finding of `facts/findings.toml`."""
    return Fact(name, Kind.FINDING)


def examination(name: str) -> Fact:
    """Name an examination finding of `facts/findings.toml`."""
    return Fact(name, Kind.EXAMINATION)


def site(name: str) -> Fact:
    """Name what only the site itself can say: a limit of the card file, off until it is set."""
    return Fact(name, Kind.SITE)


DRUGS = Fact("drugs", Kind.DRUG)
ALLERGIES = Fact("allergies", Kind.ALLERGY)
STUDIES = Fact("studies", Kind.IMAGING)
ENCOUNTERS = Fact("encounters", Kind.ENCOUNTER)
VISITS = Fact("visits", Kind.VISIT)
FOLLOW_UP = Fact("follow-up", Kind.SCHEDULE)
OPERATOR_VISIT = Fact("operator-visit", Kind.SCHEDULE)
AGE_AND_SEX = Fact("age_and_sex", Kind.PATIENT)
ORDERS = Fact("orders", Kind.ORDER)
PROCEDURES = Fact("procedures", Kind.PROCEDURE)


class Result(NamedTuple):
    """One laboratory result or vital sign, or one finding read as a number.

    `measured` is in the fact's own unit; `shown` is what the record says. `trouble` is a key of
    our words for why it cannot be used ("no_unit"), empty where it can. `final` is False for a
    preliminary result and for an estimate: it may make a rule fire but never clear (rules.md
    9.2). `suspected` marks a result recognised by its words alone. `normal` is the laboratory's
    own range.
    """

    fact: str
    when: When | None
    reference: str
    shown: str
    measured: Measured | None = None
    trouble: str = ""
    final: bool = True
    suspected: bool = False
    site: str = ""
    normal: Measured | None = None
    note: str = ""

    def proof(self, note: str = "") -> Proof:
        """Show this result on a card."""
        day = self.when.text if self.when else ""
        return Proof(self.fact, self.shown, day, self.reference, note=note or self.note)


class Culture(NamedTuple):
    """One culture: what grew, as far as it is said.

    `grown` is True for a named organism, False for a stated absence of growth, None where the
    text says neither. `site` is "blood", "spine" or empty.
    """

    when: When | None
    reference: str
    shown: str
    site: str
    grown: bool | None
    final: bool
    contaminant: bool = False

    def proof(self) -> Proof:
        """Show this culture on a card."""
        day = self.when.text if self.when else ""
        return Proof(f"{self.site or 'other'}_culture", self.shown, day, self.reference)


@dataclass(frozen=True, slots=True)
class Match:
    """How a condition came into a value set: `possible` codes and words only raise suspicion."""

    possible: bool = False
    by_words: bool = False
    marks: Mapping[str, str] = field(default_factory=dict)


class Diagnosis(NamedTuple):
    """One condition of the record, with the value sets that it belongs to.

    `active` is False for history (inactive, resolved, in remission, abated); `dormant` marks an
    encounter diagnosis that is too old to stand for the present (rules.md 1.4). `code` is the
    code that stands for it, for finding its twin on the problem list. `severity` is "mild",
    "moderate" or "severe" where the record says so.
    """

    reference: str
    sets: Mapping[str, Match]
    shown: str
    active: bool
    code: str = ""
    dormant: bool = False
    recorded: When | None = None
    levels: tuple[str, ...] = ()
    severity: str = ""

    def proof(self, value_set: str) -> Proof:
        """Show this condition on a card, as a member of one value set."""
        day = self.recorded.text if self.recorded else ""
        return Proof(value_set, self.shown, day, self.reference)


class Allergy(NamedTuple):
    """One entry of the allergy list, or a condition that stands for one.

    `agents` are the kinds of agent that it names (keys of `facts/allergies.toml`), `none_known`
    is "all" or "drugs" for a statement of absence. `dated` is its own recording date. `unnamed`
    marks an entry that neither a known code nor any word tells apart: it may be any allergy.
    """

    reference: str
    shown: str
    agents: frozenset[str]
    active: bool
    none_known: str = ""
    dated: When | None = None
    severity: str = ""
    listed: bool = True
    unnamed: bool = False

    def proof(self) -> Proof:
        """Show this entry on a card."""
        return Proof("allergy", self.shown, self.dated.text if self.dated else "", self.reference)


class Standing(StrEnum):
    """What an entry says about the taking of a drug today."""

    TAKING = "taking"
    ENDED = "ended"
    UNCLEAR = "unclear"


class DrugUse(NamedTuple):
    """One entry that speaks of a drug: a request, statement, dispense or administration.

    `agents` are ingredient keys of `facts/medications.toml`; `group` is "anticoagulant" or
    "antiplatelet" for one of ATC B01A that the tables do not name. `resolved` is False when
    neither a known code nor any word says what it is. `last_dose` is the documented last dose or
    end of supply. `interval_hours` is the time between doses, `daily_mg` the dose of a day.
    `kinds` are "bone_agent", "opioid", "analgesic" and "adjuvant" (may be meant against
    pain); `ingredients` are all agents of the product, whatever its group.
    """

    reference: str
    shown: str
    agents: tuple[str, ...] = ()
    group: str = ""
    resolved: bool = True
    by_name: bool = False
    standing: Standing = Standing.TAKING
    last_dose: When | None = None
    started: When | None = None
    dated: When | None = None
    interval_hours: Decimal | None = None
    daily_mg: Decimal | None = None
    route: str = ""
    intent: str = ""
    flush: bool = False
    anti_infective: bool = False
    kinds: tuple[str, ...] = ()
    ingredients: tuple[str, ...] = ()

    def proof(self, note: str = "") -> Proof:
        """Show this entry on a card."""
        when = self.last_dose or self.dated
        what = self.agents[0] if self.agents else (self.group or "drug")
        by_name = "by_name" if self.by_name else ""
        return Proof(
            what, self.shown, when.text if when else "", self.reference, note=note or by_name
        )


class Finding(NamedTuple):
    """One imaging or examination finding: coded, or read from the text of a report.

    `level` is the vertebra it names. `covers` are the levels that a statement without one speaks
    of, None where that is not known. `value` is True, False, a code, or a Measured percentage.
    `author` is who answered, for one from a questionnaire. `quote` is there for one from a text.
    """

    fact: str
    when: When | None
    reference: str
    shown: str
    value: bool | str | Measured | None = None
    level: str = ""
    covers: frozenset[str] | None = None
    trouble: str = ""
    final: bool = True
    modality: str = ""
    moment: When | None = None
    author: str = ""
    quote: Quote | None = None

    def proof(self, note: str = "") -> Proof:
        """Show this finding on a card."""
        day = self.when.text if self.when else ""
        words = self.quote.words if self.quote else ""
        return Proof(self.fact, self.shown, day, self.reference, self.level, note, words)


AXIAL: Final = frozenset({"", "MR", "CT"})
"""Modalities that can show the canal; empty is a finding that does not say where it is from."""


class Study(NamedTuple):
    """One imaging study, from an ImagingStudy or a DiagnosticReport.

    `covers` are the levels it shows, None where its region is not stated. `fluid_sensitive` is
    True where a series says so, else None: R4 has no element for the sequence (codes.md 3.2).
    `standing` is True or False where its words tell the posture, else None.
    """

    reference: str
    modality: str
    when: When | None
    shown: str
    covers: frozenset[str] | None = None
    fluid_sensitive: bool | None = None
    limited: bool = False
    final: bool = True
    bone_scan: bool = False
    has_text: bool = False
    standing: bool | None = None

    def proof(self, note: str = "") -> Proof:
        """Show this study on a card."""
        day = self.when.text if self.when else ""
        return Proof(f"study_{self.modality.lower()}", self.shown, day, self.reference, note=note)


class Visit(NamedTuple):
    """One encounter that took place, or a procedure that stands for a visit.

    `topics` are "oncology", "fracture" and "spine" (with somebody who may be the operator): what it
    was about, as far as that is known; `told` is
    False where nothing says what kind of visit it was. `staying` marks a stay in hospital that
    has not ended.
    """

    reference: str
    shown: str
    when: When | None
    topics: tuple[str, ...] = ()
    told: bool = True
    staying: bool = False

    def proof(self, note: str = "") -> Proof:
        """Show this visit on a card."""
        return Proof(
            "visit", self.shown, self.when.text if self.when else "", self.reference, "", note
        )


class Patient(NamedTuple):
    """Age in years and administrative sex on the day of the order; None or empty if not known.

    `youngest` is the age that a birth date without a day leaves open at the lower end; `birth_sex`
    is "female", "male" or "unknown" where the record states the sex at birth besides.
    """

    age: int | None = None
    sex: str = ""
    reference: str = ""
    youngest: int | None = None
    birth_sex: str = ""

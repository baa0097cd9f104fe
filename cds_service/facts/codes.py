"""All code tables of this folder, loaded once at the start and proven to fit together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from cds_service.clinical.fact import Fact, Kind
from cds_service.errors import ContentError
from cds_service.facts.allergy_codes import AllergyCodes, load_allergies
from cds_service.facts.condition_codes import ConditionSets, load_conditions
from cds_service.facts.culture_words import CultureWords, load_culture_words
from cds_service.facts.drug_codes import DrugCodes, load_drugs
from cds_service.facts.finding_codes import FindingCode, load_findings
from cds_service.facts.imaging_codes import ImagingCodes, load_imaging
from cds_service.facts.lab_codes import LabCode, Labs, load_labs
from cds_service.facts.observable import observed
from cds_service.facts.queries import by_query
from cds_service.facts.systems import Systems, load_systems
from cds_service.facts.tables import closed, load_table
from cds_service.facts.terms import Terms
from cds_service.facts.vertebrae import Vertebrae, load_vertebrae
from cds_service.facts.visit_words import VisitWords, load_visit_words

if TYPE_CHECKING:
    from cds_service.facts.local import Question

_LAB_KINDS: Final = frozenset({Kind.LABORATORY, Kind.VITAL_SIGN})
_FINDING_KINDS: Final = frozenset({Kind.FINDING, Kind.EXAMINATION})


@dataclass(frozen=True, slots=True)
class Codes:
    """Every table by which a reader recognises a fact.

    `by_query` lists "system|code" for each query that asks by code, `titles` our words for the
    facts, `measured` the facts whose value is a number, `count` all codes. `terms` is what readers
    have found out about coded concepts so far. `questions` are the items
    of questionnaires that a site maps (`facts/local.py`), by their link id. `text_clears` says
    whether the text of a report may clear a check (rules.md 1.6).
    """

    systems: Systems
    labs: Labs
    conditions: ConditionSets
    drugs: DrugCodes
    allergies: AllergyCodes
    imaging: ImagingCodes
    findings: Mapping[str, FindingCode]
    vertebrae: Vertebrae
    culture_words: CultureWords
    visits: VisitWords
    encounter_max_age_days: int
    by_query: Mapping[str, Sequence[str]]
    titles: Mapping[str, str]
    measured: frozenset[str]
    count: int
    questions: Mapping[str, Sequence[Question]] = field(default_factory=dict)
    text_clears: bool = True
    terms: Terms = field(default_factory=Terms, repr=False, compare=False)

    def observed(self, concept: object) -> Sequence[LabCode | FindingCode]:
        """Tell which facts an observation's code stands for; most stand for none.

        A lone LOINC coding, as most have it, needs no second look (`observable.observed`).
        """
        coding = concept.get("coding") if type(concept) is dict else None
        if type(coding) is list and len(coding) == 1 and type(only := coding[0]) is dict:
            code = only.get("code")
            if type(code) is str and only.get("system") == self.systems.loinc:
                hit = self.labs.codes.get(code.strip())
                return (hit,) if hit else ()
        return observed(concept, self.systems, self.labs, self.findings)

    def prove(self, reads: Iterable[Fact], rule: str) -> None:
        """Prove that every fact a rule asks for stands in a table; ContentError names it if not."""
        for fact in reads:
            if fact.name not in self._names_of(fact.kind, fact.name):
                msg = f"rules/{rule}.py asks for {fact.name}, which no table of facts/ has"
                raise ContentError(msg)

    def _names_of(self, kind: Kind, name: str) -> Iterable[str]:
        """List the names of the facts of a kind; kinds without a table have any name."""
        if kind in _LAB_KINDS:
            query = "laboratory" if kind is Kind.LABORATORY else "vital_signs"
            return [fact.name for fact in self.labs.facts.values() if fact.query == query]
        if kind in _FINDING_KINDS:
            return self.findings
        return self.conditions.titles if kind is Kind.CONDITION else (name,)


def load_codes(canonical: str) -> Codes:
    """Load every table; `canonical` is the base URL of our own code systems.

    Raises ContentError naming the file and the entry that does not fit.
    """
    systems = load_systems(load_table("systems.toml"), canonical)
    labs = load_labs(load_table("labs.toml"))
    conditions = load_conditions(load_table("conditions.toml"))
    findings = load_findings(load_table("findings.toml"))
    imaging = load_imaging(load_table("imaging.toml"))
    drugs, allergies = load_table("medications.toml"), load_table("allergies.toml")
    counts = (len(labs.codes), conditions.count, len(imaging.codes), len(findings))
    return Codes(
        systems,
        labs,
        conditions,
        load_drugs(drugs, systems),
        load_allergies(allergies, systems),
        imaging,
        findings,
        load_vertebrae(load_table("vertebrae.toml"), systems),
        load_culture_words(load_table("cultures.toml")),
        load_visit_words(load_table("visits.toml")),
        _max_age(),
        by_query(systems, labs, findings),
        conditions.titles | {fact.name: fact.title for fact in labs.facts.values()},
        frozenset(fact.name for fact in labs.facts.values() if fact.measured),
        sum(counts) + _size(drugs) + _size(allergies),
    )


def _max_age() -> int:
    """Load the age at which an encounter diagnosis no longer stands for today."""
    name = "rules_of_reading.toml"
    table = closed(load_table(name), frozenset({"encounter_diagnosis"}), name)
    entry = closed(table["encounter_diagnosis"], frozenset({"max_age_days", "source"}), name)
    if type(entry.get("max_age_days")) is not int or not entry.get("source"):
        msg = f"{name}: encounter_diagnosis needs max_age_days, a whole number, and its source"
        raise ContentError(msg)
    return int(entry["max_age_days"])


def _size(table: object) -> int:
    """Count the code rows of a table, however deep they lie."""
    if isinstance(table, Mapping):
        return ("code" in table or "rxnorm" in table) + sum(map(_size, table.values()))
    return sum(map(_size, table)) if isinstance(table, list) else 0

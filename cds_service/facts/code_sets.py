"""Every code set of the fact tables, row by row, as reviewers and terminologists see it.

Read from the very files that the readers load; nothing here decides how a fact is recognised.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from cds_service.clinical.fact import Fact, Kind
from cds_service.errors import ContentError
from cds_service.facts.systems import FINDING
from cds_service.facts.tables import load_table

_CONDITION_SYSTEMS: Final = ("icd10cm", "snomed")
_ALLERGY_SYSTEMS: Final = ("snomed", "rxnorm", "icd10cm")
_IMAGING_SYSTEMS: Final = ("loinc", "cpt")
_OBSERVED: Final = frozenset({Kind.LABORATORY, Kind.VITAL_SIGN})
_FOUND: Final = frozenset({Kind.FINDING, Kind.EXAMINATION})
_ORDER_SETS: Final = {
    "first": ("trigger-orders", "orders of the procedure"),
    "add-on": ("trigger-orders", "orders of the procedure"),
    "composite": ("trigger-orders", "orders of the procedure"),
    "uncounted": ("trigger-orders", "orders of the procedure"),
    "history": ("past-procedure", "past procedures, former codes"),
    "never-alone": ("order-never-alone", "codes that are no order by themselves"),
}
_GROUP: Final = re.compile(r"(\w+?)_(atc|rxnorm)(_except)?")
_NO_DRUGS: Final = frozenset({"not_systemic"})
"""Groups that say where a drug is applied, not what it is."""

_ICD_PATTERN: Final = re.compile(r"\^([A-Z]\d[0-9A-Z])((?:[0-9A-Z]|\[[0-9A-Z-]+\])+)")
"""A pattern over codes without dots that begins with a whole category, such as ^S220[0-8]."""


@dataclass(frozen=True, slots=True)
class CodeRow:
    """One row of a code set.

    `below` says that all codes below it count too, `pattern` that `code` is a regular expression
    over whole codes of the system; `told` is False for one over another form than the written one.
    """

    system: str
    code: str
    says: str
    verified: str
    active: bool = True
    below: bool = False
    pattern: bool = False
    excluded: bool = False
    told: bool = True

    @property
    def usable(self) -> bool:
        """Tell whether the row is in use and its meaning was read in a source."""
        marked = self.verified.lower()
        read = bool(marked) and "unverified" not in marked and "not verified" not in marked
        return self.active and read and self.told


@dataclass(frozen=True, slots=True)
class CodeSet:
    """One code set: its id as in codes.md where that names one, and the table it stands in."""

    id: str
    title: str
    table: str
    rows: tuple[CodeRow, ...]
    kinds: frozenset[Kind]
    fact: str = ""

    def serves(self, fact: Fact) -> bool:
        """Tell whether a rule that asks for a fact reads this set."""
        return fact.kind in self.kinds and self.fact in {"", fact.name}


def load_code_sets(orders: Mapping[str, Any]) -> tuple[CodeSet, ...]:
    """Make every code set; `orders` is the `[orders]` table of a procedure file.

    Raises ContentError where two sets have one id.
    """
    found = (
        *_labs(load_table("labs.toml")),
        *_conditions(load_table("conditions.toml")),
        *_allergies(load_table("allergies.toml")),
        *_drugs(load_table("medications.toml")),
        *_imaging(load_table("imaging.toml")),
        *_findings(load_table("findings.toml")),
        *_vertebrae(load_table("vertebrae.toml")),
        *_orders(orders),
    )
    ids = [one.id for one in found]
    for one in ids:
        if ids.count(one) > 1:
            msg = f"two code sets have the id {one!r}"
            raise ContentError(msg)
    return found


def _row(system: str, row: Mapping[str, Any], default: str = "") -> CodeRow:
    """Take one code row of a table."""
    return CodeRow(
        system,
        row["code"],
        str(row.get("says", "")),
        str(row.get("verified", default)),
        bool(row.get("active", True)),
        bool(row.get("prefix")),
    )


def _id(name: str) -> str:
    """Make the id of a set of the name of its table."""
    return f"vs-{name.replace('_', '-')}"


def _labs(table: Mapping[str, Any]) -> Iterator[CodeSet]:
    """Make one set for each kind of result, and one of the values that stand for a meaning."""
    for name, entry in table.items():
        place, title = f"labs.toml [{name}]", str(entry["title"])
        rows = tuple(_row("loinc", row) for row in entry.get("codes", ()))
        yield CodeSet(_id(name), title, place, rows, _OBSERVED, name)
        values: dict[str, list[CodeRow]] = defaultdict(list)
        for row in entry.get("values_snomed", ()):
            values[row.get("meaning", "value")].append(_row("snomed", row))
        for meaning, own in values.items():
            said = f"{title}: {meaning.replace('-', ' ')}"
            yield CodeSet(_id(f"{name}_{meaning}"), said, place, tuple(own), _OBSERVED, name)


def _conditions(table: Mapping[str, Any]) -> Iterator[CodeSet]:
    """Make one set for each value set, and one of its codes that raise suspicion only."""
    for name, entry in table.items():
        place, title = f"conditions.toml [{name}]", str(entry.get("title", name))
        listed = [(row, _row(key, row)) for key in _CONDITION_SYSTEMS for row in entry.get(key, ())]
        listed += [(row, _icd_pattern(row)) for row in entry.get("icd10cm_patterns", ())]
        firm = [made for row, made in listed if not row.get("possible")]
        firm += [made for row, _ in listed for made in _remissions(row)]
        weak = tuple(made for row, made in listed if row.get("possible"))
        kinds = frozenset({Kind.CONDITION})
        yield CodeSet(_id(name), title, place, tuple(firm), kinds, name)
        if weak:
            said = f"{title}: raises suspicion only"
            yield CodeSet(_id(f"{name}_possible"), said, place, weak, kinds, name)


def _icd_pattern(row: Mapping[str, Any]) -> CodeRow:
    """Take a pattern; ours have no dot, the written codes one after the category."""
    match = _ICD_PATTERN.fullmatch(row["pattern"])
    code = rf"{match[1]}\.{match[2]}.*" if match else row["pattern"]
    active = bool(row.get("active", True))
    says, verified = str(row.get("says", "")), str(row.get("verified", ""))
    return CodeRow("icd10cm", code, says, verified, active, pattern=True, told=bool(match))


def _remissions(row: Mapping[str, Any]) -> Iterator[CodeRow]:
    """Take the codes below a prefix that mean remission out of its set."""
    for code in row.get("remission_codes", ()):
        verified = str(row.get("verified", ""))
        yield CodeRow("icd10cm", code, "in remission", verified, excluded=True)


def _allergies(table: Mapping[str, Any]) -> Iterator[CodeSet]:
    """Make one set for each agent, and one for each statement of absence."""
    agents: dict[str, list[CodeRow]] = defaultdict(list)
    for key in _ALLERGY_SYSTEMS:
        for row in table.get(key, ()):
            for agent in row["agents"]:
                agents[agent].append(_row(key, row))
    kinds = frozenset({Kind.ALLERGY})
    for agent, rows in agents.items():
        said, place = f"allergy: {agent.replace('_', ' ')}", "allergies.toml"
        yield CodeSet(_id(f"allergen_{agent}"), said, place, tuple(rows), kinds)
    for row in table.get("none_known", ()):
        said = f"no known allergy: {row['absence']}"
        rows = [_row("snomed", row)]
        place = "allergies.toml none_known"
        yield CodeSet(_id(f"none_known_{row['absence']}"), said, place, tuple(rows), kinds)


def _drugs(table: Mapping[str, Any]) -> Iterator[CodeSet]:
    """Make one set for each kind of drug and each group; a class of a kind joins its set."""
    found: dict[str, list[CodeRow]] = defaultdict(list)
    for name, drug in table.items():
        if name != "groups":
            found[drug["kind"]] += _drug(name, drug)
    groups = table["groups"]
    read = str(groups.get("verified", ""))
    for key, value in groups.items():
        match = _GROUP.fullmatch(key)
        if match and match[1] not in _NO_DRUGS:
            codes = [value] if isinstance(value, str) else value
            below, excluded = match[2] == "atc", bool(match[3])
            found[match[1]] += [
                CodeRow(match[2], code, "", read, below=below, excluded=excluded) for code in codes
            ]
    for kind, rows in found.items():
        said, kinds = f"drug: {kind.replace('_', ' ')}", frozenset({Kind.DRUG})
        yield CodeSet(_id(kind), said, "medications.toml", tuple(rows), kinds)


def _drug(name: str, drug: Mapping[str, Any]) -> Iterator[CodeRow]:
    """Take all codes of one drug; its title is our name for each of them."""
    title, read = str(drug.get("title", name)), str(drug.get("verified", ""))
    listed = [drug["rxnorm"]] if "rxnorm" in drug else []
    for code in (*listed, *drug.get("products", ())):
        yield CodeRow("rxnorm", code, title, read)
    for code in drug.get("atc", ()):
        yield CodeRow("atc", code, title, read)


def _imaging(table: Mapping[str, Any]) -> Iterator[CodeSet]:
    """Make one set for each modality; bone scans and limited studies have their own."""
    default = table.get("verified", {})
    studies: dict[str, list[CodeRow]] = defaultdict(list)
    for key in _IMAGING_SYSTEMS:
        for row in table.get(key, ()):
            limited = "-limited" if row.get("limited") else ""
            kind = "bonescan" if row.get("bone_scan") else f"imaging-{row['modality'].lower()}"
            studies[kind + limited].append(_row(key, row, default.get(key, "")))
    for kind, rows in studies.items():
        said = "bone scan" if kind == "bonescan" else kind.replace("-", " ", 1).replace("-", ", ")
        kinds = frozenset({Kind.IMAGING})
        yield CodeSet(_id(kind), said, "imaging.toml", tuple(rows), kinds)


def _findings(table: Mapping[str, Any]) -> Iterator[CodeSet]:
    """Make one set for each finding: a code of ours needs nobody else's confirmation."""
    for name, entry in table.items():
        rows = (CodeRow(FINDING, name, str(entry.get("meaning", "")), "our own code"),)
        said = f"finding: {name.replace('-', ' ')}"
        yield CodeSet(_id(f"finding-{name}"), said, f"findings.toml [{name}]", rows, _FOUND, name)


def _vertebrae(table: Mapping[str, Any]) -> Iterator[CodeSet]:
    """Make the sets of the levels and of the regions of the spine."""
    read = str(table.get("verified", ""))
    named = (("vertebra", "levels"), ("spine_region", "regions"), ("below_the_levels", "beyond"))
    for name, key in named:
        rows = tuple(CodeRow("snomed", code, level, read) for level, code in table[key].items())
        yield CodeSet(_id(name), f"spine: {key}", f"vertebrae.toml [{key}]", rows, frozenset())


def _orders(table: Mapping[str, Any]) -> Iterator[CodeSet]:
    """Make the sets of the orders by how they count."""
    found: dict[tuple[str, str], list[CodeRow]] = defaultdict(list)
    for row in table.get("codes", ()):
        found[_ORDER_SETS[row["role"]]].append(_row(row["system"], row))
    kinds = frozenset({Kind.ORDER, Kind.PROCEDURE})
    for (name, said), rows in found.items():
        yield CodeSet(_id(name), said, "procedure.toml [orders]", tuple(rows), kinds)


NAMES: Final = {
    "icd10cm": "ICD-10-CM",
    "icd10pcs": "ICD-10-PCS",
    "hcpcs": "HCPCS",
    "cpt": "CPT",
    "snomed": "SNOMED CT",
    "loinc": "LOINC",
    "rxnorm": "RxNorm",
    "atc": "ATC",
    "opcs4": "OPCS-4",
    FINDING: "our finding",
}
"""How people name the code systems."""


def sets_for(sets: Iterable[CodeSet], fact: Fact) -> list[CodeSet]:
    """List the sets that a rule reads when it asks for a fact."""
    return [one for one in sets if one.serves(fact)]

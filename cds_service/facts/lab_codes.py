"""The codes and units of laboratory results and vital signs: `labs.toml`, proven at the start."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any, Final

from cds_service.errors import ContentError
from cds_service.facts.tables import closed, keys_of, rows
from cds_service.facts.units import SAME, Conversion, Units, spelling

CULTURE: Final = "blood_culture"
"""The one table whose values are organisms, not numbers."""

_FACT_KEYS: Final = keys_of(
    "title query unit units units_f units_fraction units_vas units_scaled units_refused plausible "
    "texts codes excluded values_snomed values_words"
)
_CODE_KEYS: Final = keys_of(
    "code says verified active note never_clears specimen specimens site room_air result "
    "scale never_request"
)
_QUERIES: Final = frozenset({"laboratory", "vital_signs", "by_code"})
_OWN_SCALE: Final = frozenset({"numeric", "faces"})
_NOTE: Final = re.compile(r"[a-z]+(_[a-z]+)+")
_FAHRENHEIT: Final = Conversion(Decimal(5), Decimal(9), Decimal(-32))
_HUNDREDFOLD: Final = Conversion(Decimal(100), at_most_one=True)


@dataclass(frozen=True, slots=True)
class LabFact:
    """One kind of result: its name, how it is asked for, its own unit and its spellings.

    `measured` is False for a result that has no unit at all, such as a stage in words. `coded` and
    `said` give what a SNOMED code or a whole word as its value means.
    """

    name: str
    title: str
    query: str
    unit: str
    units: Units
    measured: bool = True
    coded: Mapping[str, str] = field(default_factory=dict)
    said: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LabCode:
    """One LOINC code of a fact and what is particular about it.

    `note` is a key of our word lists; `specimens` names what must be stated as the specimen. A
    code that is not `requested` is taken when it comes, and never asked for. One of an
    `unstated_scale` counts only where the record itself gives the scale.
    """

    code: str
    fact: LabFact
    note: str = ""
    never_clears: bool = False
    site: str = ""
    units: Units = field(default_factory=Units)
    specimens: frozenset[str] = frozenset()
    requested: bool = True
    unstated_scale: bool = False


@dataclass(frozen=True, slots=True)
class Labs:
    """All codes by LOINC number, and all facts by the whole names of uncoded results.

    `local` are the codes of one site by (system, code), `excluded` the codes that were refused
    on purpose, each with the reason.
    """

    codes: Mapping[str, LabCode]
    names: Mapping[str, LabCode]
    facts: Mapping[str, LabFact]
    local: Mapping[tuple[str, str], LabCode] = field(default_factory=dict)
    excluded: Mapping[str, str] = field(default_factory=dict)


def load_labs(table: Mapping[str, Any]) -> Labs:
    """Make the tables of all results; raises ContentError naming the table at fault."""
    codes: dict[str, LabCode] = {}
    names: dict[str, LabCode] = {}
    facts = {}
    excluded: dict[str, str] = {}
    for name, entry in table.items():
        where = f"labs.toml [{name}]"
        fact = _fact(name, closed(entry, _FACT_KEYS, where), where)
        facts[name] = fact
        excluded |= {row["code"]: row["why"] for row in entry.get("excluded", ())}
        for row in rows(entry, "codes", _CODE_KEYS, where):
            if codes.setdefault(row["code"], code := _code(row, fact, entry, where)) is not code:
                msg = f"{where}: {row['code']} stands in two tables"
                raise ContentError(msg)
        for text in entry.get("texts", ()):
            names[_whole(text)] = LabCode("", fact, units=fact.units)
    return Labs(codes, names, facts, excluded=excluded)


def _whole(text: str) -> str:
    """Write a name in the way in which names are compared."""
    return " ".join(text.lower().split())


def _fact(name: str, entry: Mapping[str, Any], where: str) -> LabFact:
    """Make one fact of its table."""
    query, unit = entry.get("query"), entry.get("unit", "")
    if query not in _QUERIES or not isinstance(entry.get("title"), str):
        msg = f"{where}: needs a title, and a query that is one of {', '.join(sorted(_QUERIES))}"
        raise ContentError(msg)
    units = _units(entry, entry.get("units", {}), where)
    coded = {row["code"]: row["meaning"] for row in entry.get("values_snomed", ())}
    words = entry.get("values_words", {}).items()
    said = {_whole(text): meaning for meaning, texts in words for text in texts}
    return LabFact(name, entry["title"], query, unit, units, bool(unit), coded, said)


def _units(entry: Mapping[str, Any], plain: Mapping[str, str], where: str) -> Units:
    """Make the closed list of spellings of a fact."""
    known = {unit: _factor(factor, where) for unit, factor in plain.items()}
    known |= dict.fromkeys(entry.get("units_f", ()), _FAHRENHEIT)
    known |= dict.fromkeys(entry.get("units_fraction", ()), _HUNDREDFOLD)
    known |= dict.fromkeys(entry.get("units_refused", ()), Conversion(refused=True))
    known |= {spelling(unit): way for unit, way in known.items()}
    try:
        bounds = [Decimal(bound) for bound in entry.get("plausible", ())]
        low, high = bounds or (None, None)
    except (InvalidOperation, ValueError, TypeError) as error:
        msg = f"{where}: plausible must be two numbers"
        raise ContentError(msg) from error
    return Units(known, low, high)


def _factor(factor: object, where: str) -> Conversion:
    """Make a conversion of a decimal or a fraction ("1/1000")."""
    try:
        made = Fraction(str(factor))
    except (ValueError, ZeroDivisionError) as error:
        msg = f"{where}: the factor {factor!r} is no number"
        raise ContentError(msg) from error
    return SAME if made == 1 else Conversion(Decimal(made.numerator), Decimal(made.denominator))


def _code(row: Mapping[str, Any], fact: LabFact, entry: Mapping[str, Any], where: str) -> LabCode:
    """Make one code of its row; a note that is no key of our words is for reviewers only."""
    note = row.get("note", "")
    analog = row.get("scale") == "visual-analog" and "units_vas" in entry
    scaled = row.get("scale") in _OWN_SCALE and "units_scaled" in entry
    plain = dict(entry.get("units", {})) | (entry["units_vas"] if analog else {})
    plain |= entry["units_scaled"] if scaled else {}
    return LabCode(
        row["code"],
        fact,
        note if _NOTE.fullmatch(note) else "",
        bool(row.get("never_clears")),
        row.get("site", ""),
        _units(entry, plain, where) if analog or scaled else fact.units,
        frozenset(row.get("specimens", ())),
        not row.get("never_request"),
        row.get("scale") == "unstated",
    )

"""The codes of one site, put beside those of the tables: laboratory, orders, questionnaires."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final
from urllib.parse import quote

from cds_service.clinical.levels import LEVELS
from cds_service.errors import ContentError
from cds_service.facts.codes import Codes
from cds_service.facts.finding_codes import FindingCode
from cds_service.facts.lab_codes import LabCode, Labs
from cds_service.facts.order_codes import ROLES, OrderTable, order_code
from cds_service.facts.systems import Systems
from cds_service.facts.units import Units

_LOINC: Final = "loinc"
_REGIONS: Final = ("cervical", "thoracic", "lumbar")
_NEVER: Final = "never-alone"
_BACKSLASHED: Final = str.maketrans({char: f"\\{char}" for char in "\\,|$"})


@dataclass(frozen=True, slots=True)
class LocalLab:
    """A local code of a result; `unit` is meant where the result states none."""

    where: str
    system: str
    code: str
    fact: str
    unit: str = ""


@dataclass(frozen=True, slots=True)
class LocalOrder:
    """A local code of an order of the procedure."""

    where: str
    system: str
    code: str
    role: str
    says: str
    regions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """An item of a questionnaire that stands for a finding.

    `values` maps answers, in small letters, to values of the finding. The level is `level`, or
    the answer to the item `level_from`. An answer of the patient counts fully only where
    `by_patient`. `code` is found when the tables are at hand.
    """

    where: str
    link_id: str
    finding: str
    questionnaire: str = ""
    level: str = ""
    level_from: str = ""
    values: Mapping[str, str | bool] = field(default_factory=dict)
    by_patient: bool = False
    code: FindingCode | None = None


def with_systems(codes: Codes, uris: Iterable[str]) -> Codes:
    """Know the code systems of a site's orders beside those of its results."""
    return replace(codes, systems=_known(codes.systems, uris))


def _known(systems: Systems, uris: Iterable[str]) -> Systems:
    """Know the code systems of a site; one that is new goes by its URI."""
    return systems.with_uris([uri for uri in dict.fromkeys(uris) if not systems.key_of(uri)])


def with_local(codes: Codes, labs: Iterable[LocalLab], questions: Iterable[Question]) -> Codes:
    """Add local results and questionnaire items; ContentError for a name that no table has."""
    labs, questions = tuple(labs), tuple(questions)
    systems = _known(codes.systems, (row.system for row in labs))
    asked = {query: list(listed) for query, listed in codes.by_query.items()}
    own = dict(codes.labs.codes), dict(codes.labs.local)
    for row in labs:
        made = _lab(row, codes.labs)
        key = systems.key_of(row.system)
        if key == _LOINC and row.code not in own[0]:
            own[0][row.code] = made
        elif key != _LOINC and (key, row.code) not in own[1]:
            own[1][key, row.code] = made
        else:
            msg = f"{row.where}: {row.code} of {row.system} is known already"
            raise ContentError(msg)
        if made.fact.query in asked:
            asked[made.fact.query].append(f"{row.system}|{_in_url(row.code)}")
    return replace(
        codes,
        systems=systems,
        labs=replace(codes.labs, codes=own[0], local=own[1]),
        by_query=asked,
        questions=_questions(questions, codes.findings),
    )


def _in_url(code: str) -> str:
    """Write a code as a search parameter of FHIR takes it."""
    return quote(code.translate(_BACKSLASHED), safe="")


def _lab(row: LocalLab, labs: Labs) -> LabCode:
    """Make one local code of a result, with the unit that is meant where none is given."""
    fact = labs.facts[_named(row.fact, labs.facts, "fact", row.where)]
    if row.code in labs.excluded:
        msg = f"{row.where}: {row.code} is no {fact.title}: {labs.excluded[row.code]}"
        raise ContentError(msg)
    if not row.unit:
        return LabCode(row.code, fact, units=fact.units)
    way = fact.units.way(row.unit)
    if way is None or way.refused:
        spellings = ", ".join(sorted(unit for unit in fact.units.known if unit))
        msg = f"{row.where}: {row.unit!r} is no unit of {fact.title}; known are {spellings}"
        raise ContentError(msg)
    units = Units({**fact.units.known, "": way}, fact.units.low, fact.units.high)
    return LabCode(row.code, fact, units=units)


def _questions(
    rows: Iterable[Question], findings: Mapping[str, FindingCode]
) -> Mapping[str, tuple[Question, ...]]:
    """List the questions by the item that asks them."""
    found: dict[str, tuple[Question, ...]] = {}
    for row in rows:
        code = findings[_named(row.finding, findings, "finding", row.where)]
        _prove_values(row, code)
        if row.level:
            _named(row.level, LEVELS, "level", row.where)
        found[row.link_id] = (*found.get(row.link_id, ()), replace(row, code=code))
    return found


def _prove_values(row: Question, code: FindingCode) -> None:
    """Refuse an answer that is mapped to a value which the finding cannot have."""
    if row.values and code.value not in {"boolean", "code"}:
        msg = (
            f"{row.where}: {code.code} takes the answer as it is (a {code.value}): leave out values"
        )
        raise ContentError(msg)
    for answer, value in row.values.items():
        fits = isinstance(value, bool) if code.value == "boolean" else value in code.values
        if not fits:
            may_be = "true, false" if code.value == "boolean" else ", ".join(sorted(code.values))
            msg = f"{row.where}: {answer!r} = {value!r} is no value of {code.code}: {may_be}"
            raise ContentError(msg)


def with_local_orders(table: OrderTable, rows: Iterable[LocalOrder]) -> OrderTable:
    """Add the local codes of orders; ContentError for one that cannot be meant."""
    rows = tuple(rows)
    systems = _known(table.systems, (row.system for row in rows))
    codes = dict(table.codes)
    for row in rows:
        _named(row.role, ROLES - {_NEVER}, "role", row.where)
        for region in row.regions:
            _named(region, _REGIONS, "region", row.where)
        key = systems.key_of(row.system), row.code
        if key in codes:
            msg = f"{row.where}: {row.code} of {row.system} is known already"
            raise ContentError(msg)
        codes[key] = order_code("local code", row.code, row.role, row.says, row.regions)
    return replace(table, codes=codes, systems=systems)


def _named(name: str, names: Collection[str], what: str, where: str) -> str:
    """Take a name that a table has; ContentError suggests another one."""
    if name not in names:
        close = difflib.get_close_matches(name, names, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        msg = f"{where}: unknown {what} {name!r}{hint}"
        raise ContentError(msg)
    return name

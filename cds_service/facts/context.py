"""What all readers share: the code tables, the calendar, and the lists that they fill."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any, Final, TypeVar

from cds_service.clinical.evidence import Resource, Unreadable
from cds_service.clinical.fact import (
    Allergy,
    Culture,
    Diagnosis,
    DrugUse,
    Finding,
    Patient,
    Result,
    Study,
    Visit,
)
from cds_service.clinical.order import Order
from cds_service.clinical.when import When
from cds_service.facts.dates import when_of
from cds_service.facts.terms import term_of

if TYPE_CHECKING:
    from cds_service.facts.codes import Codes
    from cds_service.facts.finding_codes import FindingCode
    from cds_service.facts.lab_codes import LabCode
    from cds_service.facts.observed import Observed
    from cds_service.facts.order_codes import OrderTable

UNEXPECTED: Final = (
    TypeError,
    ValueError,
    KeyError,
    AttributeError,
    RecursionError,
    ArithmeticError,
)
"""What a shape that no reader foresaw may raise; it costs its own entry and no other."""

Meaning = TypeVar("Meaning")
_UNKNOWN: Final = object()

Resolve = Callable[[object, Mapping[str, Any]], Resource | None]
"""Find what a Reference object (or its string) points at, `#id` in the second resource."""


@dataclass(slots=True)
class Context:
    """One reading of one record: what readers need, and where they put what they found.

    `resolve(reference, holder)` gives the referenced resource or None; `holder` is the resource
    in which the reference stands, for `#contained` ones. `zone` is the zone of the site. The
    last ones hold what can be decided only when all entries are known.
    """

    codes: Codes
    zone: tzinfo
    now: datetime
    resolve: Resolve
    table: OrderTable | None = None
    results: dict[str, list[Result]] = field(default_factory=dict)
    pending: dict[str, list[Pending]] = field(default_factory=dict)
    cultures: list[Culture] = field(default_factory=list)
    diagnoses: list[Diagnosis] = field(default_factory=list)
    allergies: list[Allergy] = field(default_factory=list)
    drugs: list[DrugUse] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    studies: list[Study] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    procedures: list[tuple[Order, When | None]] = field(default_factory=list)
    patients: list[Patient] = field(default_factory=list)
    visits: list[Visit] = field(default_factory=list)
    inpatients: list[str] = field(default_factory=list)
    lists: dict[str, list[When]] = field(default_factory=dict)
    unreadable: list[Unreadable] = field(default_factory=list)
    understood: dict[tuple[str, str], Any] = field(default_factory=dict)
    times: dict[str, When | None] = field(default_factory=dict)
    waiting: list[tuple[FindingCode, Observed]] = field(default_factory=list)
    reports: dict[str, tuple[str, Resource]] = field(default_factory=dict)
    origins: dict[int, Study | None] = field(default_factory=dict)
    problems: list[Resource] = field(default_factory=list)
    dormant: list[tuple[Diagnosis, Resource]] = field(default_factory=list)

    def meaning(self, kind: str, concept: object, find: Callable[[], Meaning]) -> Meaning:
        """Find out what a concept means, once for all entries of this record that have it.

        The same drug is ordered, and the same diagnosis coded, again and again. What is no more
        than a term is found out once for all records; so `find` may depend on the code tables and
        the concept only.
        """
        term = term_of(concept)
        if term is not None:
            terms = self.codes.terms
            known: Any = terms.get((kind, term), _UNKNOWN)
            if known is _UNKNOWN:
                terms.keep(kind, term, known := find())
        else:
            key = (kind, repr(concept))
            if key not in self.understood:
                self.understood[key] = find()
            known = self.understood[key]
        meaning: Meaning = known
        return meaning

    def when(self, value: object) -> When | None:
        """Read a date as `dates.when_of` does, once for all entries of this record that have it."""
        if type(value) is not str:
            return when_of(value, self.zone)
        known: Any = self.times.get(value, _UNKNOWN)
        if known is _UNKNOWN:
            known = self.times[value] = when_of(value, self.zone)
        when: When | None = known
        return when

    def skip(self, where: str, why: str) -> None:
        """Note something that could not be read: where it stands and why, never what it says."""
        self.unreadable.append(Unreadable(where, why))

    def skip_unexpected(self, where: str, error: Exception) -> None:
        """Note an entry whose shape no reader foresaw."""
        self.skip(where, f"unexpected shape ({type(error).__name__})")


Pending = tuple["LabCode", "Observed", When | None]
"""A result that may be worth reading: what it is, where it stands, and when it was true."""

Read = Callable[[Resource, str, Context], None]
"""A reader of one resource type: the resource, its reference ("Type/id"), and the context."""

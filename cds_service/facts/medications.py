"""Drugs as requests, statements, dispenses and administrations tell of them (rules.md 3.2).

Every entry that was not withdrawn is kept, whatever the drug: its date shows that somebody wrote
the list (rules.md 9.4).
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from cds_service.clinical.evidence import Resource
from cds_service.clinical.fact import Standing
from cds_service.clinical.when import When
from cds_service.facts.context import Context
from cds_service.facts.courses import OVER, Course, keep, settled, without_use
from cds_service.facts.dates import has_time, time_of, when_of
from cds_service.facts.dosage import last_day
from cds_service.facts.elements import number, obj, objs, status_of, word
from cds_service.facts.recording import dated

_VOID: Final = frozenset({"cancelled", "entered-in-error", "draft"})
_PLANNED: Final = frozenset({"proposal", "plan", "option"})
_NOT_HANDED_OVER: Final = frozenset(
    {"cancelled", "declined", "entered-in-error", "preparation", "in-progress", "on-hold"}
)
_NOT_GIVEN: Final = frozenset({"not-done", "entered-in-error"})
_DAYS: Final = frozenset({"d", "day", "days"})
_LONGEST_SUPPLY: Final = 3660


def read_request(resource: Resource, reference: str, context: Context) -> None:
    """Read a MedicationRequest; a plan counts only where the patient is said to take the drug."""
    status = status_of(resource)
    if status in _VOID or resource.get("doNotPerform") in (True, "true"):
        return
    planned = status_of(resource, "intent") in _PLANNED
    if planned and not _is_reported(resource):
        return
    dosages = objs(resource.get("dosageInstruction"))
    standing, last = settled(status, last_day(dosages, context), context)
    if planned:
        standing, last = Standing.UNCLEAR, None
    written = dated(resource, "authoredOn", reference, context)
    over = status in OVER
    keep(resource, reference, context, Course(standing, last, written, written, dosages, over))


def _is_reported(resource: Resource) -> bool:
    """Tell whether somebody says that the patient takes the drug already."""
    return resource.get("reportedBoolean") is True or bool(resource.get("reportedReference"))


def read_statement(resource: Resource, reference: str, context: Context) -> None:
    """Read a MedicationStatement; "not taken" is a statement on the list, but no use."""
    status = status_of(resource)
    if status in ("entered-in-error", "intended"):
        return
    asserted = dated(resource, "dateAsserted", reference, context)
    if status == "not-taken":
        without_use(resource, reference, context, asserted)
        return
    over = status in OVER
    standing, last = settled(status, _end(resource, context, alone=over), context)
    started = _effective(resource, reference, context)
    dosages = objs(resource.get("dosage"))
    keep(resource, reference, context, Course(standing, last, started, asserted, dosages, over))


def read_dispense(resource: Resource, reference: str, context: Context) -> None:
    """Read a MedicationDispense: the supply ends so many days after it was handed over."""
    status = status_of(resource)
    if status in _NOT_HANDED_OVER:
        return
    name = "whenHandedOver" if resource.get("whenHandedOver") else "whenPrepared"
    handed = dated(resource, name, reference, context)
    last = None if status == "stopped" else _end_of_supply(resource, handed)
    standing = Standing.UNCLEAR
    if last:
        lasts = last.latest.date() >= context.now.date()
        standing = Standing.TAKING if lasts else Standing.ENDED
    dosages = objs(resource.get("dosageInstruction"))
    course = Course(standing, last, handed, handed, dosages, last is None)
    keep(resource, reference, context, course)


def read_administration(resource: Resource, reference: str, context: Context) -> None:
    """Read a MedicationAdministration: what was given, and until when."""
    status = status_of(resource)
    if status in _NOT_GIVEN:
        return
    given = _effective(resource, reference, context)
    end = _end(resource, context, alone=True)
    standing, last = settled(status, end if status in OVER else None, context)
    if status == "in-progress":
        standing = Standing.TAKING
    dosages = objs(resource.get("dosage"))
    course = Course(standing, last, given, given, dosages, over=False)
    keep(resource, reference, context, course)


def _effective(resource: Resource, reference: str, context: Context) -> When | None:
    """Read when a drug was taken; what is there and cannot be read is noted."""
    when = time_of(resource, "effective", context.zone)
    if when is None and has_time(resource, "effective"):
        context.skip(reference, "effective[x] is no time")
    return when


def _end(resource: Resource, context: Context, *, alone: bool) -> When | None:
    """Read the end of taking; with `alone` a single moment is one as well."""
    end = when_of(obj(resource.get("effectivePeriod")).get("end"), context.zone)
    if end is None and alone:
        return when_of(resource.get("effectiveDateTime"), context.zone)
    return end


def _end_of_supply(resource: Resource, handed: When | None) -> When | None:
    """Tell when the supply of a dispense is used up; None where that is not stated in days."""
    supply = obj(resource.get("daysSupply"))
    days = number(supply.get("value"))
    units = {word(supply.get("code")).lower(), word(supply.get("unit")).lower()} - {""}
    if handed is None or days is None or units - _DAYS or not 0 < days <= _LONGEST_SUPPLY:
        return None
    end = handed.latest + timedelta(days=float(days))
    return When(end, end, end.date().isoformat())

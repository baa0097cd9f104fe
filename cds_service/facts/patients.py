"""The patient: age in years and administrative sex on the day of the order."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from cds_service.clinical.evidence import Resource
from cds_service.clinical.fact import Patient
from cds_service.facts.context import Context
from cds_service.facts.dates import when_of
from cds_service.facts.elements import objs, status_of, word

_BIRTH_SEX: Final = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex"
_SEXES: Final = {"f": "female", "m": "male"}


def read_patient(resource: Resource, reference: str, context: Context) -> None:
    """Add a patient; of a birth date without day or month the earliest reading counts.

    An older patient clears drugs more slowly, so the higher age is the less favourable one.
    """
    born = when_of(resource.get("birthDate"), context.zone)
    if born is None and resource.get("birthDate"):
        context.skip(reference, "birthDate is no date")
    age = _years(born.earliest, context.now) if born and born.earliest else None
    youngest = _years(born.latest, context.now) if born else None
    if age is not None and age < 0:
        context.skip(reference, "birthDate lies in the future")
        age = youngest = None
    sex, birth_sex = status_of(resource, "gender"), _birth_sex(resource)
    context.patients.append(Patient(age, sex, reference, youngest, birth_sex))


def _birth_sex(resource: Resource) -> str:
    """Read the sex at birth, which US Core records as an extension."""
    for extension in objs(resource.get("extension")):
        if word(extension.get("url")) == _BIRTH_SEX:
            return _SEXES.get(status_of(extension, "valueCode"), "unknown")
    return ""


def the_patient(context: Context) -> Patient:
    """Give the one patient of the record; an empty one where there is none or more than one."""
    found = sorted(set(context.patients), key=lambda patient: patient.reference)
    if len(found) > 1:
        context.skip(found[0].reference, "there is more than one patient")
    return found[0] if len(found) == 1 else Patient()


def _years(born: datetime, now: datetime) -> int:
    """Count full years from a day of birth to today."""
    today, birthday = now.date(), born.date()
    return today.year - birthday.year - (_in_year(today) < _in_year(birthday))


def _in_year(day: date) -> tuple[int, int]:
    """Place a day in its year."""
    return day.month, day.day

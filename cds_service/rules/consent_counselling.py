"""The talk about the risks, and the consent."""

from __future__ import annotations

from dataclasses import dataclass

from cds_service.clinical import Answer, Chart, Reason, Truth, Window, examination, rule
from cds_service.clinical.imaging import of_patient

CONSENT = examination("consent-documented")


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers a card file must give."""

    consent: Window


@rule(limits=Limits, reads=(CONSENT,))
def consent_counselling(chart: Chart, limits: Limits) -> Answer:
    """Is no consent on record yet?

    That a record which can hold it was asked and has none is the finding itself (rules.md 3.6).
    """
    said = of_patient(chart, CONSENT, limits.consent)
    absent = ~said.proven(value=True)
    nothing = not (said.findings or said.tentative) and said.absence.reason is Reason.MISSING
    return Answer.yes() if nothing and absent.truth is Truth.UNKNOWN else absent

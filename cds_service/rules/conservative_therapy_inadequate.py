"""Medical therapy before the procedure, and whether it failed."""

from __future__ import annotations

from dataclasses import dataclass

from cds_service.clinical import (
    DRUGS,
    ENCOUNTERS,
    Answer,
    Chart,
    Gap,
    Proof,
    Quantity,
    Reason,
    Truth,
    Window,
    rule,
    vital,
)
from cds_service.clinical.antithrombotics import reviewed_drugs
from cds_service.clinical.fact import VISITS
from cds_service.clinical.imaging import of_patient, onset_of_pain
from cds_service.clinical.indication import INDICATION_READS, neoplastic
from cds_service.clinical.pain_therapy import (
    ANALGESIC,
    EXAMINATIONS,
    INTOLERANCE,
    ONSET,
    analgesic_active,
    analgesics,
    braces,
    disabling,
    longest,
    perhaps_analgesics,
    shortest,
    sure,
    unnamed_drugs,
)

PAIN = vital("pain_score")


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers a card file must give."""

    therapy: Window
    analgesic: Window
    pain_at_least: Quantity
    pain: Window
    exam: Window
    review: Window
    imaging: Window


@rule(
    limits=Limits,
    reads=(DRUGS, PAIN, ENCOUNTERS, VISITS, *EXAMINATIONS, *INDICATION_READS),
    tiers=("untreated", "malignant", "malignant_untreated"),
    says=("days",),
)
def conservative_therapy_inadequate(chart: Chart, limits: Limits) -> Answer:
    """Is there no sign on record that medical therapy of the pain has failed?"""
    disabled = disabling(chart, limits.exam) & analgesic_active(chart, limits.analgesic)
    disabled = sure(disabled, chart, DRUGS.kind, INTOLERANCE.kind, VISITS.kind, ENCOUNTERS.kind)
    intolerant = of_patient(chart, INTOLERANCE, limits.exam).says(value=True)
    intolerant = sure(intolerant, chart, INTOLERANCE.kind)
    long = _long(chart, limits)
    met = disabled | intolerant | long
    if met.truth is Truth.YES:
        return ~met
    malignant = neoplastic(chart, limits.imaging).truth is Truth.YES
    untreated = _untreated(chart, limits)
    if untreated.truth is Truth.YES:
        return untreated.saying("malignant_untreated" if malignant else "untreated")
    early = _early(chart, limits) & ~disabled & ~intolerant & _outpatient(chart)
    if early.truth is Truth.YES:
        return early.saying("malignant" if malignant else "", days=f"{longest(chart)} days")
    gaps = met.missing or (Gap(Reason.MISSING, "failure_of_therapy"),)
    return Answer(Truth.UNKNOWN, met.because, tuple(dict.fromkeys(gaps)))


def _long(chart: Chart, limits: Limits) -> Answer:
    """Tell whether therapy lasted long enough, with pain that is still strong."""
    days = shortest(chart)
    if days is None:
        gap = chart.lack(DRUGS.kind) or chart.absence(ONSET)
        return Answer.unknown(gap)
    if days < limits.therapy.days:
        at_most = longest(chart)
        if at_most is not None and at_most < limits.therapy.days:
            return Answer.no()
        return Answer.unknown(Gap(Reason.MISSING, "start_of_therapy"))
    uses = tuple(use.proof() for use in analgesics(chart))
    strong = ~chart.latest(PAIN, limits.pain).below(limits.pain_at_least)
    return Answer.yes(*_onset(chart), *uses) & sure(strong, chart, PAIN.kind)


def _early(chart: Chart, limits: Limits) -> Answer:
    """Tell whether therapy is documented to be shorter than it should be."""
    days = longest(chart)
    if days is None:
        return Answer.unknown(chart.absence(ONSET))
    if days >= limits.therapy.days:
        return Answer.no()
    return Answer.yes(*_onset(chart), *(use.proof() for use in analgesics(chart)))


def _untreated(chart: Chart, limits: Limits) -> Answer:
    """Tell whether a complete list holds no drug against pain, and no brace is on record."""
    if analgesics(chart) or braces(chart):
        return Answer.no()
    listed = reviewed_drugs(chart, limits.review, ANALGESIC)
    if listed.truth is not Truth.YES:
        return listed
    gaps = (
        *unnamed_drugs(chart),
        *perhaps_analgesics(chart),
        *filter(None, (chart.lack(INTOLERANCE.kind),)),
    )
    none = Proof(ANALGESIC, note="none_found")
    return Answer.unknown(*gaps) if gaps else Answer.yes(none, *listed.because)


def _outpatient(chart: Chart) -> Answer:
    """Tell whether the patient is not in hospital."""
    if chart.inpatient is None:
        return Answer.unknown(Gap(Reason.SOURCE_ERROR, "inpatient"))
    return Answer.no() if chart.inpatient else Answer.yes()


def _onset(chart: Chart) -> tuple[Proof, ...]:
    """Show the statement of when the pain began."""
    when = onset_of_pain(chart)
    stated = chart.findings.get(ONSET.name, ())
    return tuple(one.proof() for one in stated if when and one.moment == when)[:1]

"""Pregnancy: by an active code, a stated status or a test; not asked where age or sex exclude it.

No code for a hysterectomy is verified, so none is looked for. Evidence of a pregnancy counts for
everybody: age or sex clear the question only where nothing on record speaks against them (1.3).
"""

from __future__ import annotations

from dataclasses import dataclass

from cds_service.clinical import (
    Age,
    Answer,
    Chart,
    Diagnosis,
    Gap,
    Match,
    Proof,
    Quantity,
    Reason,
    Truth,
    Window,
    any_of,
    condition,
    has_condition,
    lab,
    rule,
    settle,
)
from cds_service.clinical.evidence import Sought
from cds_service.clinical.fact import AGE_AND_SEX, Kind
from cds_service.clinical.imaging import Seen, of_patient

PREGNANCY = condition("pregnancy")
TEST, STATUS = lab("hcg"), lab("pregnancy_status")
SEXES = frozenset({"female", "male"})


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers a card file must give."""

    age_from: Quantity
    age_to: Quantity
    test: Window
    code: Window


@rule(
    limits=Limits,
    reads=(PREGNANCY, TEST, STATUS, AGE_AND_SEX),
    rests_on=(PREGNANCY, TEST),
    notes=("unlikely",),
)
def pregnancy(chart: Chart, limits: Limits) -> Answer:
    """Is this patient pregnant?"""
    coded = _coded(chart, limits.code, Age.INSIDE)
    test = of_patient(chart, TEST, limits.test)
    status = of_patient(chart, STATUS, limits.code)
    recorded = any_of((coded, test.says("positive"), status.says("pregnant"))).only_fires()
    against = _against(chart, limits)
    if recorded.truth is Truth.YES:
        return (recorded & Answer.yes(*against)).saying(notes=("unlikely",) if against else ())
    weak = [gap for gap in coded.missing if gap.proof] + _possible(test) + _possible(status)
    if against and not weak:
        return Answer.not_applicable(*against)
    clear = test.proven("negative")
    if status.findings or status.tentative:
        clear |= of_patient(chart, STATUS, limits.test).proven("not-pregnant")
    undated = _coded(chart, limits.code, Age.UNDATED, Age.FUTURE)
    doubts = [
        Gap(Reason.UNPARSEABLE, PREGNANCY.name, str(limits.code), "undated", proof)
        for proof in (*undated.because, *(gap.proof for gap in undated.missing if gap.proof))
    ]
    if not against:
        doubts += _unknown_sex(chart) if clear.truth is not Truth.YES else []
    return settle(Answer.no().doubted(chart.lack(Kind.CONDITION)), clear, *weak, *doubts)


def _coded(chart: Chart, window: Window, *ages: Age) -> Answer:
    """Look for active codes of such an age: pregnancy codes are rarely closed (codes.md)."""

    def aged(diagnosis: Diagnosis, _: Match) -> bool:
        return window.age_of(diagnosis.recorded, chart.now) in ages

    return has_condition(chart, PREGNANCY.name, aged)


def _possible(seen: Seen) -> list[Gap]:
    """Name the newest results that say that a pregnancy is possible."""
    answer = seen.ask(lambda one: Truth.YES if one.value == "possible" else Truth.NO)
    return [Gap(Reason.SUSPECTED, proof.what, proof=proof) for proof in answer.only_proofs()]


def _against(chart: Chart, limits: Limits) -> tuple[Proof, ...]:
    """Give the age or sex that excludes a pregnancy, as far as the record is sure of them."""
    patient = chart.patient
    if not _was_read(chart):
        return ()
    oldest, youngest = patient.age, patient.youngest
    if youngest is None:
        youngest = oldest
    male = patient.sex == "male" and patient.birth_sex in ("", "male")
    outside = youngest is not None and youngest > limits.age_to.value
    outside |= oldest is not None and oldest < limits.age_from.value
    if not male and not outside:
        return ()
    said = [f"{oldest} years"] if oldest is not None else []
    said += [patient.sex] if patient.sex else []
    return (Proof(AGE_AND_SEX.name, ", ".join(said), reference=patient.reference),)


def _unknown_sex(chart: Chart) -> list[Gap]:
    """Name an age or sex that is not known: neither is assumed."""
    patient = chart.patient
    told = patient.age is not None and patient.sex in SEXES
    return [] if told and _was_read(chart) else [chart.absence(AGE_AND_SEX)]


def _was_read(chart: Chart) -> bool:
    """Tell whether the patient came with an answer; what an incomplete one shows is true."""
    source = chart.sources.get("patient")
    return source is not None and source.state in (Sought.ANSWERED, Sought.INCOMPLETE)

"""Why a vertebra broke: osteoporosis or a tumor, as far as the record says it.

Codes for a fracture seldom name its level, so they speak of the patient's fractures; a lesion
that imaging describes speaks of its own level and outranks them there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from cds_service.clinical.answer import Answer, Gap, Proof, worst
from cds_service.clinical.chart import Chart
from cds_service.clinical.conditions import has_condition
from cds_service.clinical.fact import AXIAL, Diagnosis, Fact, Match, condition, imaging_finding
from cds_service.clinical.imaging import seen
from cds_service.clinical.levels import near_region
from cds_service.clinical.truth import Reason, Truth
from cds_service.clinical.when import Window

MATRIX: Final = imaging_finding("lesion-matrix")
OSTEOPOROTIC: Final = "vcf_osteoporotic"
NEOPLASTIC: Final = "vcf_neoplastic"
OSTEOPOROSIS: Final = "osteoporosis"
MALIGNANCY: Final = "malignancy_spine"
TUMOR: Final = frozenset({"lytic", "mixed", "blastic"})
"""What imaging calls a lesion that is a tumor; "none" says that there is no such lesion."""

INDICATION_READS: Final[tuple[Fact, ...]] = (
    MATRIX,
    *(condition(name) for name in (OSTEOPOROTIC, NEOPLASTIC, OSTEOPOROSIS, MALIGNANCY)),
)
"""The facts behind the indication, for the `reads` of a rule that asks for it."""


class Indication(NamedTuple):
    """Two questions about the fracture of one level: both clear is impossible, both unknown not.

    Each is yes, no or unknown. Where evidence for both is on record neither is ever a no.
    """

    osteoporotic: Answer
    neoplastic: Answer


def indication(chart: Chart, level: str, imaging: Window) -> Indication:
    """Tell why one level is to be treated; an empty level asks for the patient's fractures."""
    key = ("indication", level, imaging)
    return chart.once(key, lambda: _indication(chart, level, imaging))


def osteoporotic(chart: Chart, imaging: Window) -> Answer:
    """Tell whether a fracture to be treated is osteoporotic; the worst level decides."""
    return _worst(chart, lambda level: indication(chart, level, imaging).osteoporotic)


def neoplastic(chart: Chart, imaging: Window) -> Answer:
    """Tell whether a fracture to be treated is neoplastic; the worst level decides."""
    return _worst(chart, lambda level: indication(chart, level, imaging).neoplastic)


def _worst(chart: Chart, ask: Callable[[str], Answer]) -> Answer:
    """Ask for each level that the order names, or for the patient where it names none."""
    return worst({level: ask(level) for level in chart.targets or ("",)})


def _indication(chart: Chart, level: str, imaging: Window) -> Indication:
    """Weigh the lesion at the level, the codes for the fracture, and the diseases behind it."""
    lesion, no_lesion = _lesion(chart, level, imaging)
    bone = has_condition(chart, OSTEOPOROTIC, lambda one, match: _speaks_of(level, one, match))
    tumor = has_condition(chart, NEOPLASTIC, lambda one, match: _speaks_of(level, one, match))
    sick = has_condition(chart, MALIGNANCY)
    for_tumor = _proofs(lesion, tumor)
    if for_tumor and bone.truth is Truth.YES:
        return _disagreeing(bone, lesion, for_tumor)
    if for_tumor and no_lesion.truth is Truth.YES:
        told = _conflict((*for_tumor, *no_lesion.because))
        return Indication(told, told)
    if for_tumor:
        other = Answer.no(*for_tumor).doubted(*_lacks(chart))
        return Indication(other, Answer.yes(*for_tumor))
    doubts = (*_unsure(lesion), *_unsure(tumor))
    if no_lesion.truth is not Truth.YES:
        doubts += (*_suspects(sick, MALIGNANCY), *_unsure(sick), *_elsewhere(chart, level))
    if bone.truth is Truth.YES:
        cause = Answer.yes(*bone.because)
        return Indication(
            Answer.unknown(*doubts) if doubts else cause,
            Answer.no(*no_lesion.only_proofs(), *bone.because).doubted(*doubts),
        )
    weak = (*_unsure(bone), *_suspects(has_condition(chart, OSTEOPOROSIS), OSTEOPOROTIC))
    missing = Gap(Reason.MISSING, "cause_of_fracture")
    not_tumor = Answer.no(*no_lesion.because) if no_lesion.truth is Truth.YES else None
    return Indication(
        Answer.unknown(*(weak or (missing,)), *doubts),
        Answer.unknown(*(doubts or (missing,))) if doubts or not_tumor is None else not_tumor,
    )


def _lesion(chart: Chart, level: str, imaging: Window) -> tuple[Answer, Answer]:
    """Ask whether imaging shows a tumor at the level, and whether it shows that there is none."""
    if not level or not chart.findings.get(MATRIX.name):
        return Answer.no().doubted(chart.lack(MATRIX.kind)), Answer.no()
    looked = seen(chart, MATRIX, level, imaging, AXIAL)
    shown = looked.ask(lambda one: Truth.YES if one.value in TUMOR else Truth.NO)
    old = shown.reason is Reason.STALE and not any(one.value in TUMOR for one in looked.findings)
    absent = old or shown.reason is Reason.MISSING
    return Answer.no() if absent else shown, looked.proven("none")


def _elsewhere(chart: Chart, level: str) -> tuple[Gap, ...]:
    """Name tumors that imaging shows at other levels: a sign of one here, and no more."""
    return tuple(
        Gap(Reason.SUSPECTED, MALIGNANCY, proof=one.proof())
        for one in chart.findings.get(MATRIX.name, ())
        if one.value in TUMOR and one.level != level
    )


def _speaks_of(level: str, diagnosis: Diagnosis, match: Match) -> bool:
    """Tell whether a code for a fracture can speak of a level."""
    if not level:
        return True
    if diagnosis.levels:
        return level in diagnosis.levels
    return near_region(level, match.marks.get("region", ""))


def _disagreeing(bone: Answer, lesion: Answer, for_tumor: tuple[Proof, ...]) -> Indication:
    """Judge evidence for both: a lesion seen at the level stands, osteoporosis is never denied."""
    told = _conflict((*for_tumor, *bone.because))
    return Indication(told, Answer.yes(*for_tumor) if lesion.truth is Truth.YES else told)


def _conflict(proofs: tuple[Proof, ...]) -> Answer:
    """Say that the record holds evidence for more than one cause (rules.md 1.3)."""
    gaps = [Gap(Reason.CONFLICTING, "cause_of_fracture", proof=proof) for proof in proofs]
    return Answer.unknown(*gaps)


def _lacks(chart: Chart) -> tuple[Gap, ...]:
    """Say which evidence could not be asked for."""
    kinds = {fact.kind: None for fact in INDICATION_READS}
    return tuple(gap for kind in kinds if (gap := chart.lack(kind)))


def _proofs(*answers: Answer) -> tuple[Proof, ...]:
    """List the facts behind those answers that are a yes."""
    return tuple(proof for answer in answers for proof in answer.only_proofs())


def _unsure(answer: Answer) -> tuple[Gap, ...]:
    """List what keeps an answer from being known."""
    return answer.missing if answer.truth is Truth.UNKNOWN else ()


def _suspects(answer: Answer, what: str) -> tuple[Gap, ...]:
    """Take a disease for a sign of a cause, which it does not prove."""
    return tuple(Gap(Reason.SUSPECTED, what, proof=proof) for proof in answer.only_proofs())

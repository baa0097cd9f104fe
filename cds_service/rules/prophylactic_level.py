"""A normal vertebra on the order: augmentation as a precaution."""

from __future__ import annotations

from dataclasses import dataclass

from cds_service.clinical import Answer, Chart, Gap, Reason, Truth, Window, any_of, rule, settle
from cds_service.clinical.anatomy import FRACTURE, LESIONS, MATRIX, is_lesion
from cds_service.clinical.fact import AXIAL
from cds_service.clinical.imaging import CLEFT, EDEMA, MRI, seen
from cds_service.clinical.levels import around


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers a card file must give."""

    imaging: Window


@rule(limits=Limits, reads=(FRACTURE, EDEMA, CLEFT, MATRIX), notes=("sandwich",))
def prophylactic_level(chart: Chart, limits: Limits) -> Answer:
    """Is a level ordered that is normal on MRI?"""
    return chart.per_level(lambda level: _at(chart, limits, level))


def _at(chart: Chart, limits: Limits, level: str) -> Answer:
    """Ask for one level: normal is no fracture, no edema and no lesion, all stated."""
    window = limits.imaging
    fracture, edema, cleft, matrix = (
        seen(chart, fact, level, window, MRI) for fact in (FRACTURE, EDEMA, CLEFT, MATRIX)
    )
    normal = fracture.proven(value=False) & edema.proven(value=False) & matrix.proven("none")
    signs = [sign.says(value=True) for sign in (fracture, edema, cleft)]
    opposed = any_of(a.only_fires() for a in (*signs, matrix.ask(is_lesion)))
    abnormal = any_of(
        [
            seen(chart, FRACTURE, level, window, AXIAL).proven(value=True),
            edema.proven(value=True),
            cleft.proven(value=True),
            matrix.proven(*LESIONS),
        ]
    )
    denied = normal.truth is Truth.YES and abnormal.truth is not Truth.YES
    against = [
        Gap(Reason.CONFLICTING, proof.what, proof=proof, level=level)
        for proof in (opposed.only_proofs() if denied else ())
    ]
    answer = settle(normal & ~opposed, abnormal, *against)
    between = answer.truth is Truth.YES and _between_fractures(chart, window, level)
    return answer.saying(notes=("sandwich",) if between else ())


def _between_fractures(chart: Chart, window: Window, level: str) -> bool:
    """Tell whether both neighbours of a level are fractured for certain."""
    beside = [seen(chart, FRACTURE, place, window, AXIAL) for place in around(level)]
    both = [place.proven(value=True).truth is Truth.YES for place in beside]
    return len(both) > 1 and all(both)

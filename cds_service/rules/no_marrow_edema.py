"""Marrow edema, which marks the fracture that hurts."""

from __future__ import annotations

from dataclasses import dataclass

from cds_service.clinical import (
    STUDIES,
    Answer,
    Chart,
    Diagnosis,
    Gap,
    Match,
    Reason,
    Truth,
    Window,
    any_of,
    condition,
    has_condition,
    imaging_finding,
    rule,
    settle,
)
from cds_service.clinical.imaging import (
    CLEFT,
    EDEMA,
    fluid_sensitive,
    mri_exists,
    onset_of_pain,
    painful,
    seen,
)

UPTAKE = imaging_finding("bone-scan-uptake")
PROGRESSION = imaging_finding("progressive-height-loss")
SIGNS = (CLEFT, UPTAKE, PROGRESSION)
MALIGNANCY = "malignancy_spine"


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers a card file must give."""

    imaging: Window


@rule(
    limits=Limits,
    reads=(
        EDEMA,
        *SIGNS,
        imaging_finding("fluid-sensitive-sequence"),
        STUDIES,
        condition(MALIGNANCY),
    ),
    tiers=("opposed", "cleft_unstated", "bone_scan"),
)
def no_marrow_edema(chart: Chart, limits: Limits) -> Answer:
    """Does an adequate MRI show no marrow edema at the level to be treated?"""
    return chart.per_level(lambda level: _at(chart, limits, level))


def _at(chart: Chart, limits: Limits, level: str) -> Answer:
    """Ask for one level: edema, and the signs that may stand in for it."""
    since = onset_of_pain(chart)
    looked = seen(chart, EDEMA, level, limits.imaging, since=since)
    absent, edema = looked.says(value=False), looked.proven(value=True)
    sign = {s.name: seen(chart, s, level, limits.imaging).says(value=True) for s in SIGNS}
    if absent.truth is Truth.YES:
        adequate = fluid_sensitive(chart, level, limits.imaging, since, absent.because)
        present = looked.says(value=True).only_fires()
        return settle(_absent(absent & adequate, sign, present), Answer.unknown(*adequate.missing))
    scan = _bone_scan(chart, sign[UPTAKE.name])
    alone = edema.truth is Truth.UNKNOWN and scan.truth is Truth.YES
    if alone and not mri_exists(chart, level, limits.imaging):
        return scan.saying("bone_scan")
    cleft = seen(chart, CLEFT, level, limits.imaging).proven(value=True)
    if cleft.truth is Truth.YES:
        edema |= cleft & painful(chart, level, limits.imaging)
    hints = [] if edema.truth is Truth.YES else _hints(absent, looked.says(value=True))
    return settle(Answer.no(), edema, *looked.against(value=False), *hints)


def _hints(absent: Answer, present: Answer) -> list[Gap]:
    """List what reports say of edema without saying it plainly (rules.md 9.11).

    Edema that may be there cannot clear, but only its absence makes this rule suspicious.
    """
    against = [gap for gap in absent.missing if gap.reason is Reason.SUSPECTED]
    told = [gap for gap in present.missing if gap.reason is Reason.SUSPECTED]
    perhaps = [gap._replace(reason=Reason.UNPARSEABLE) for gap in told if gap not in against]
    return [*dict.fromkeys(against), *dict.fromkeys(perhaps)]


def _absent(absent: Answer, sign: dict[str, Answer], present: Answer) -> Answer:
    """Choose how grave the absence of edema is.

    Other signs of a fresh fracture oppose it, and so does a report of the same moment that shows
    edema: the card shows both (rules.md 1.3).
    """
    signs = (present, *sign.values())
    opposing = any_of(answer for answer in signs if answer.truth is Truth.YES)
    if opposing.truth is Truth.YES:
        return (absent & opposing).saying("opposed")
    stated = sign[CLEFT.name].truth is Truth.NO
    return absent.saying("" if stated else "cleft_unstated")


def _bone_scan(chart: Chart, uptake: Answer) -> Answer:
    """Let a bone scan without uptake stand for a missing MRI, but never in myeloma."""
    return ~uptake & ~has_condition(chart, MALIGNANCY, _is_myeloma)


def _is_myeloma(_: Diagnosis, match: Match) -> bool:
    """Take myeloma, in which a bone scan may be falsely negative (S001)."""
    return bool(match.marks.get("myeloma"))

"""Whether imaging of some kind shows a level, is recent, and was made since the pain began."""

from __future__ import annotations

from collections.abc import Callable

from cds_service.clinical.answer import Answer, Gap, Proof
from cds_service.clinical.chart import Chart
from cds_service.clinical.fact import Kind, Study
from cds_service.clinical.imaging import onset_of_pain, precedes_onset
from cds_service.clinical.truth import Reason
from cds_service.clinical.when import Age, When, Window

Wanted = Callable[[Study], bool]


def is_mri(study: Study) -> bool:
    """Take an MRI."""
    return study.modality == "MR" and not study.bone_scan


def is_ct(study: Study) -> bool:
    """Take a CT."""
    return study.modality == "CT" and not study.bone_scan


def is_axial(study: Study) -> bool:
    """Take an MRI or a CT: both can show the canal."""
    return is_mri(study) or is_ct(study)


def is_bone_scan(study: Study) -> bool:
    """Take a bone scan, planar, SPECT or PET."""
    return study.bone_scan


def shown_by(chart: Chart, level: str, window: Window, wanted: Wanted, what: str) -> Answer:
    """Ask whether a final, current study of the wanted kind shows a level.

    No only where all imaging was told and none may count; a study without region or date, a
    preliminary one, and one that may be older than the pain leave it unknown.
    """
    since = onset_of_pain(chart)
    found, gaps, older = [], [], []
    for study in chart.studies:
        if not wanted(study) or not (study.covers is None or level in study.covers):
            continue
        if window.age_of(study.when, chart.now) is Age.OUTSIDE or _surely_before(study, since):
            older.append(study)
        elif gap := _doubt(chart, study, window, since):
            gaps.append(Gap(gap.reason, what, str(window), gap.detail, study.proof(), level))
        else:
            found.append(study.proof())
    if found:
        return Answer.yes(*found)
    lacks = [gap for gap in (chart.lack(Kind.IMAGING), chart.lack(Kind.EXAMINATION)) if gap]
    if gaps or lacks:
        return Answer.unknown(*gaps, *lacks)
    return Answer.no(_last(older) or Proof(what, level=level, note="none_found"))


def _surely_before(study: Study, since: When | None) -> bool:
    """Tell whether a study was made before the pain began, for certain."""
    return bool(since and study.when and since.surely_follows(study.when.latest))


def _doubt(chart: Chart, study: Study, window: Window, since: When | None) -> Gap | None:
    """Say why a study may not count, None where it does."""
    age = window.age_of(study.when, chart.now)
    if age is not Age.INSIDE:
        return Gap(Reason.UNPARSEABLE, "", detail=age.value)
    if study.covers is None and not study.bone_scan:
        return Gap(Reason.UNPARSEABLE, "", detail="no_region")
    if not study.final:
        return Gap(Reason.MISSING, "", detail="only_preliminary")
    if study.limited:
        return Gap(Reason.MISSING, "", detail="limited_study")
    if precedes_onset(study.when, since):
        return Gap(Reason.STALE, "", detail="before_onset")
    return None


def _last(older: list[Study]) -> Proof | None:
    """Show the newest of the studies that are too old, None where there is none."""
    dated = [study for study in older if study.when]
    last = max(dated, key=lambda s: (s.when.latest if s.when else None, s.reference), default=None)
    return last.proof("too_old") if last else None

"""An examination that points to another place than the imaging."""

from __future__ import annotations

from dataclasses import dataclass

from cds_service.clinical import Answer, Chart, Gap, Reason, Truth, Window, any_of, rule, settle
from cds_service.clinical.examined import CONCORDANCE, ONSET, TENDERNESS
from cds_service.clinical.imaging import CLEFT, EDEMA, onset_of_pain, seen
from cds_service.clinical.levels import around


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers a card file must give."""

    examination: Window
    imaging: Window


@rule(
    limits=Limits,
    reads=(CONCORDANCE, TENDERNESS, EDEMA, CLEFT, ONSET),
    rests_on=(CONCORDANCE, TENDERNESS),
)
def exam_imaging_disparity(chart: Chart, limits: Limits) -> Answer:
    """Do the examination and the imaging point to different places?"""
    return chart.per_level(lambda level: _at(chart, limits, level))


def _at(chart: Chart, limits: Limits, level: str) -> Answer:
    """Ask for one level: what the operator states, and where it is tender."""
    stated = seen(chart, CONCORDANCE, level, limits.examination)
    discordant = stated.says("discordant")
    elsewhere = _tender_elsewhere(chart, limits)
    near = any_of(_tender(chart, limits, place) for place in (level, *around(level)))
    match = near.only_fires() & _acute(chart, limits, level)
    concordant = stated.proven("concordant")
    clear = concordant | (match if near.truth is Truth.YES else near)
    doubts = [gap for gap in discordant.missing if _weighs(gap)]
    doubts += _not_tender(chart, limits, level)
    if elsewhere.truth is Truth.UNKNOWN:
        doubts += elsewhere.missing
    fires = any_of(answer for answer in (discordant, elsewhere) if answer.truth is Truth.YES)
    return settle(fires, clear, *doubts)


def _weighs(gap: Gap) -> bool:
    """Tell whether a gap is more than silence."""
    return gap.reason not in (Reason.MISSING, Reason.STALE)


def _tender(chart: Chart, limits: Limits, place: str) -> Answer:
    """Ask whether a level is tender, for certain."""
    return seen(chart, TENDERNESS, place, limits.examination).proven(value=True)


def _acute(chart: Chart, limits: Limits, place: str) -> Answer:
    """Ask whether a level shows edema or a cleft, for certain."""
    since = onset_of_pain(chart)
    return any_of(
        seen(chart, sign, place, limits.imaging, since=since).proven(value=True)
        for sign in (EDEMA, CLEFT)
    )


def _places(chart: Chart, name: str) -> list[str]:
    """Name the levels of which a finding speaks."""
    return sorted({finding.level for finding in chart.findings.get(name, ()) if finding.level})


def _tender_elsewhere(chart: Chart, limits: Limits) -> Answer:
    """Ask whether it is tender only far from every acute and every ordered level.

    Unknown where it may be tender near one of them, and where no acute level is known.
    """
    signs = {name for sign in (EDEMA, CLEFT) for name in _places(chart, sign.name)}
    acute = {place for place in signs if _acute(chart, limits, place).truth is Truth.YES}
    centres = acute | set(chart.targets)
    near = centres | {place for centre in centres for place in around(centre)}
    far = [place for place in _places(chart, TENDERNESS.name) if place not in near]
    tender = any_of(
        answer for place in far if (answer := _tender(chart, limits, place)).truth is Truth.YES
    )
    if tender.truth is not Truth.YES:
        return Answer.no()
    close = [_tender(chart, limits, place) for place in sorted(near)]
    loose = [f for f in chart.findings.get(TENDERNESS.name, ()) if not f.level]
    if Truth.YES in [one.truth for one in close]:
        return Answer.no()
    open_ones = [gap for one in close for gap in one.missing if _weighs(gap)]
    if not acute or open_ones or loose or chart.doubtful or chart.unnamed:
        return Answer.unknown(
            *open_ones,
            *(Gap(Reason.SUSPECTED, "tender_elsewhere", proof=p) for p in tender.because),
        )
    proofs = [_acute(chart, limits, place).because for place in sorted(acute)]
    return Answer.yes(*tender.because, *(proof for found in proofs for proof in found))


def _not_tender(chart: Chart, limits: Limits, level: str) -> list[Gap]:
    """Name a statement that an acute level is not tender: weak evidence of a disparity."""
    here = _tender(chart, limits, level)
    if here.truth is not Truth.NO or _acute(chart, limits, level).truth is not Truth.YES:
        return []
    return [Gap(Reason.SUSPECTED, "acute_level_not_tender", proof=p) for p in here.because]

"""What the problem list says of a set of conditions (rules.md 1.4)."""

from __future__ import annotations

from collections.abc import Callable

from cds_service.clinical.answer import Answer, Gap
from cds_service.clinical.chart import Chart
from cds_service.clinical.fact import Diagnosis, Kind, Match
from cds_service.clinical.truth import Reason
from cds_service.clinical.when import Age, Window


def anything(_: Diagnosis, __: Match) -> bool:
    """Take every member of a set."""
    return True


def has_condition(
    chart: Chart, value_set: str, where: Callable[[Diagnosis, Match], bool] = anything
) -> Answer:
    """Tell whether an active condition of the set is on record.

    Yes for a definite code that is active or without status; unknown for a possible code, for
    words alone, for an old encounter diagnosis, and where the conditions could not be asked.
    A no means only that none was recorded.
    """
    if where is anything:
        return chart.once(("condition", value_set), lambda: _has(chart, value_set, where))
    return _has(chart, value_set, where)


def _has(chart: Chart, value_set: str, where: Callable[[Diagnosis, Match], bool]) -> Answer:
    """Look through the diagnoses for members of a set."""
    members = chart.members(value_set)
    if not members:
        return Answer.no().doubted(chart.lack(Kind.CONDITION))
    members = tuple([one for one in members if where(*one)])
    gaps = [_weak(diagnosis, match, value_set) for diagnosis, match in members]
    firm = [d.proof(value_set) for (d, _), gap in zip(members, gaps, strict=True) if gap is None]
    if firm:
        return Answer.yes(*firm)
    weak = [gap for gap in gaps if gap]
    if weak:
        return Answer.unknown(*weak)
    return Answer.no().doubted(chart.lack(Kind.CONDITION))


def recent_condition(
    chart: Chart,
    value_set: str,
    window: Window,
    where: Callable[[Diagnosis, Match], bool] = anything,
) -> Answer:
    """Tell whether an active condition of the set was recorded in a window.

    One that is older or without a date may stand or not: it leaves the answer unknown.
    """

    def aged(*ages: Age) -> Callable[[Diagnosis, Match], bool]:
        return lambda d, m: where(d, m) and window.age_of(d.recorded, chart.now) in ages

    inside = has_condition(chart, value_set, aged(Age.INSIDE))
    gaps = []
    for reason, ages in _AGED:
        old = has_condition(chart, value_set, aged(*ages))
        proofs = [*old.because, *(gap.proof for gap in old.missing if gap.proof)]
        gaps += [Gap(reason, value_set, str(window), proof=proof) for proof in proofs]
    return inside.doubted(*gaps)


_AGED = ((Reason.STALE, (Age.OUTSIDE,)), (Reason.UNPARSEABLE, (Age.UNDATED, Age.FUTURE)))


def _weak(diagnosis: Diagnosis, match: Match, value_set: str) -> Gap | None:
    """Say why a condition proves nothing, or None when it does."""
    proof = diagnosis.proof(value_set)
    if match.possible or match.by_words:
        detail = "words_only" if match.by_words else "possible_code"
        return Gap(Reason.SUSPECTED, value_set, detail=detail, proof=proof)
    if diagnosis.dormant:
        return Gap(Reason.STALE, value_set, detail="old_encounter_diagnosis", proof=proof)
    return None


def suspicion(answer: Answer, what: str) -> tuple[Gap, ...]:
    """Turn a yes into a suspicion: weak evidence for a question that it does not decide."""
    return tuple(Gap(Reason.SUSPECTED, what, proof=proof) for proof in answer.only_proofs())

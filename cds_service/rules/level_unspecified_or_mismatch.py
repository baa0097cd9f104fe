"""The level of the order, held against the level that imaging shows."""

from __future__ import annotations

from dataclasses import dataclass

from cds_service.clinical import (
    ORDERS,
    Answer,
    Chart,
    Gap,
    Proof,
    Reason,
    Truth,
    Window,
    any_of,
    rule,
)
from cds_service.clinical.imaging import CLEFT, EDEMA, onset_of_pain, seen
from cds_service.clinical.levels import in_order, region_of
from cds_service.clinical.order import Order
from cds_service.clinical.reading import trouble_with


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers a card file must give."""

    imaging: Window


@rule(
    limits=Limits,
    reads=(ORDERS, EDEMA, CLEFT),
    tiers=("no_level", "region"),
    says=("ordered", "found"),
)
def level_unspecified_or_mismatch(chart: Chart, limits: Limits) -> Answer:
    """Does the order name the level that imaging shows to be acute?"""
    if chart.unnamed:
        return Answer.yes(Proof("order_level", note="none_found")).saying("no_level")
    for order in chart.selected:
        if _contradicts(order):
            ordered = ", ".join(order.levels)
            proof = Proof("order_level", order.label, reference=order.reference)
            return Answer.yes(proof).saying("region", ordered=ordered)
    acute = _acute_levels(chart, limits)
    found = ", ".join(acute)
    answer = chart.per_level(lambda level: _at(chart, limits, level, acute))
    return answer.saying(ordered=answer.level or ", ".join(chart.targets), found=found)


def _contradicts(order: Order) -> bool:
    """Tell whether the code of an order stands for another region than all its levels."""
    regions = {region_of(level) for level in order.levels}
    return bool(regions and order.regions and not regions & order.regions)


def _acute_levels(chart: Chart, limits: Limits) -> tuple[str, ...]:
    """List all levels at which the newest imaging shows edema or a cleft."""
    named = {
        finding.level
        for fact in (EDEMA, CLEFT)
        for finding in chart.findings.get(fact.name, ())
        if finding.level
    } | set(chart.targets)
    acute = {level for level in named if _acute(chart, limits, level).truth is Truth.YES}
    return in_order(frozenset(acute))


def _acute(chart: Chart, limits: Limits, level: str) -> Answer:
    """Ask whether the newest imaging of a level shows edema or a cleft for certain."""
    return chart.once(("acute", level, limits.imaging), lambda: _shown(chart, limits, level))


def _shown(chart: Chart, limits: Limits, level: str) -> Answer:
    """Look at the signs of one level."""
    since = onset_of_pain(chart)
    signs = [seen(chart, EDEMA, level, limits.imaging, since=since)]
    signs.append(seen(chart, CLEFT, level, limits.imaging))
    hints = [gap for sign in signs for gap in sign.says(value=True).missing]
    gaps = [gap for gap in hints if gap.reason is Reason.SUSPECTED]
    gaps += [
        Gap(Reason.SUSPECTED, finding.fact, "", "only_preliminary", finding.proof(), level)
        for sign in signs
        for finding in sign.tentative
        if finding.value is True and not trouble_with(finding, limits.imaging, chart.now)
    ]
    proven = any_of(sign.proven(value=True) for sign in signs)
    return proven if proven.truth is Truth.YES else proven.doubted(*gaps)


def _at(chart: Chart, limits: Limits, level: str, acute: tuple[str, ...]) -> Answer:
    """Hold one ordered level against the levels that are acute."""
    here = _acute(chart, limits, level)
    if here.truth is Truth.YES and any(proof.level == level for proof in here.because):
        return Answer.no(*here.because)
    if here.truth is Truth.YES:  # edema without a level of its own cannot confirm the level
        return Answer.unknown(
            *(Gap(Reason.SUSPECTED, p.what, "", "no_level", p, level) for p in here.because)
        )
    weak = [gap for gap in here.missing if gap.reason not in (Reason.MISSING, Reason.STALE)]
    if not acute or weak:
        gaps = here.missing or (Gap(Reason.MISSING, "acute_level", level=level),)
        return Answer.unknown(*gaps)
    return Answer.yes(*(p for found in acute for p in _acute(chart, limits, found).because))

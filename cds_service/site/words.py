"""What a site changes, in words: for whoever must agree to it before it is used."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from cds_service.cards.limits import read_hold
from cds_service.cards.tables import read_toml
from cds_service.clinical.hold import Hold
from cds_service.facts.codes import Codes
from cds_service.site.apply import Overlay
from cds_service.site.parameters import HOLDS, Parameter, Value


def differences(overlay: Overlay, codes: Codes) -> list[str]:
    """Say all that a site changes, a line each; `codes` are the tables without it."""
    site = overlay.site
    if not site.file:
        return ["no site file: all limits, rules and codes are the defaults"]
    lines = [f"site file {site.file} ({site.digest}) of {site.name}"]
    shared = read_toml(overlay.folder / "procedure.toml")
    places: dict[str, Value] = {
        "lead_days": Decimal(shared["lead_days"]),
        "encounter_max_age_days": Decimal(codes.encounter_max_age_days),
        "text_critical": "false",
        "text_clears": "true" if codes.text_clears else "false",
    }
    for name, chosen in site.chosen.items():
        if (parameter := overlay.parameters.get(name)) is None:
            continue
        because = f": {chosen.reason}" if chosen.reason else ""
        for old in _defaults(overlay, parameter, places):
            change = f"{parameter.shown(old)} -> {parameter.shown(chosen.value)}"
            direction = parameter.direction(old, chosen.value)
            lines.append(f"{name}, {parameter.says}: {change} ({direction}){because}")
        if not parameter.used:
            value = parameter.shown(chosen.value)
            lines.append(f"{name}, {parameter.says}: {value} (no check of this version uses it)")
    return [*lines, *_rules(overlay), *_record(overlay), *_codes(overlay), *_holds(overlay)]


def _defaults(
    overlay: Overlay, parameter: Parameter, places: dict[str, Value]
) -> Iterator[Value | None]:
    """List the different defaults of a parameter: one, unless the card files disagree."""
    if parameter.place:
        yield places[parameter.place]
    yield from dict.fromkeys(overlay.default(card, limit) for card, limit in parameter.limits)


def _rules(overlay: Overlay) -> Iterator[str]:
    """Name the rules that are switched off."""
    for rule, reason in overlay.site.off.items():
        yield f"rule {rule}: on -> off{f': {reason}' if reason else ''}"


def _record(overlay: Overlay) -> Iterator[str]:
    """Name the facts that this record holds, or does not."""
    for kind in sorted(overlay.site.adds):
        yield f"the record holds {kind.value}: their absence is a gap"
    for kind in sorted(overlay.site.lacks):
        yield f"the record holds no {kind.value}: checks that need nothing else are not made"


def _codes(overlay: Overlay) -> Iterator[str]:
    """Name local codes and links."""
    site = overlay.site
    for lab in site.labs:
        unit = f", in {lab.unit} where no unit is given" if lab.unit else ""
        yield f"laboratory code {lab.code} of {lab.system}: {lab.fact}{unit}"
    for order in site.orders:
        where = f", {' and '.join(order.regions)}" if order.regions else ""
        yield f"order code {order.code} of {order.system}: {order.says} ({order.role}{where})"
    for question in site.questions:
        yield f"questionnaire item {question.link_id}: {question.finding}"
    if server := site.terminology:
        sets = ", ".join(server.sets) or "all sets"
        every = f"asked every {server.refresh_hours} hours"
        yield f"terminology server {server.access.base}, {every}: {sets} of conditions"
    for link in site.links:
        yield f"link on every card: {link.label} ({link.url})"


def _holds(overlay: Overlay) -> Iterator[str]:
    """Say the holds of each drug whose rows are the site's own."""
    own, holds = overlay.site.holds, overlay.parameters.get(HOLDS)
    if own is None or holds is None:
        return
    before: list[Hold] = []
    for card, limit in holds.limits:
        rows = read_toml(overlay.folder / f"{card}.toml")["limits"][limit]
        before += [read_hold(row, f"{card}.toml {limit}") for row in rows]
    cited = {"source": own.source, "where": own.where}
    after = [read_hold({**cited, **row}, HOLDS) for row in own.rows]
    because = f": {own.reason}" if own.reason else ""
    for agent in own.agents:
        old = ", ".join(_said(hold) for hold in before if hold.agent == agent) or "not in the table"
        new = ", ".join(_said(hold) for hold in after if hold.agent == agent)
        yield f"hold of {agent}: {old} -> {new} (changed, {own.source}, {own.where}){because}"


def _said(hold: Hold) -> str:
    """Say a row: its time and for whom."""
    ends = (hold.clearance_from, hold.clearance_below)
    low, high = (str(end) if end is not None else "" for end in ends)
    band = f"clearance {f'from {low}' if low else ''}{f' below {high}' if high else ''}"
    marks = [hold.route, hold.intent, band if low or high else "", hold.needs and "and a test"]
    words = ", ".join(mark for mark in marks if mark)
    return f"{hold}{f' ({words})' if words else ''}"

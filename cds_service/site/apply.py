"""The content as one site wants it: its limits and holds in the place of the card files' own."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from cds_service.cards.limits import read_hold
from cds_service.cards.markdown import shortened
from cds_service.cards.tables import Table, read_toml
from cds_service.clinical.procedure import Check, Paper
from cds_service.clinical.statement import RuleClass
from cds_service.errors import ContentError
from cds_service.facts.codes import Codes
from cds_service.site.file import SOURCE, Chosen, OwnHolds, Site, known
from cds_service.site.parameters import HOLDS, TIMES, Parameter, Value, limit_in

_LABEL: Final = 30
_OURS: Final = "operational"
_FORMS: Final = ("value", *TIMES)


@dataclass(frozen=True, slots=True)
class Overlay:
    """One procedure's card files with what a site changes.

    `change` is given to the reader of card files. `papers` are the sources that may be cited,
    `drugs` those for which there can be holds.
    """

    site: Site
    parameters: Mapping[str, Parameter]
    papers: Mapping[str, Paper]
    folder: Path
    drugs: Collection[str]
    _by_card: Mapping[str, list[tuple[str, Parameter]]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Sort the names by card file, and prove the holds."""
        by_card: dict[str, list[tuple[str, Parameter]]] = {}
        for parameter in self.parameters.values():
            for card, limit in parameter.limits:
                by_card.setdefault(card, []).append((limit, parameter))
        object.__setattr__(self, "_by_card", by_card)
        for parameter in self.parameters.values():
            self._prove_order(parameter)
        if self.site.holds:
            self._prove_holds(self.site.holds)

    @property
    def all_papers(self) -> dict[str, Paper]:
        """The sources that cards may cite, with the site itself where it sets anything."""
        if not self.site.file:
            return dict(self.papers)
        name = self.site.name
        label = shortened(f"{name[:1].upper()}{name[1:]}", _LABEL)
        return {**self.papers, SOURCE: Paper(SOURCE, label, "Set by this site.")}

    def change(self, name: str, raw: Table) -> Table:
        """Give a card file with the site's limits; ContentError where a limit is not there."""
        if not self.site.file or not isinstance(raw.get("limits"), Mapping):
            return raw
        limits = raw["limits"]
        for limit, parameter in self._by_card.get(name, ()):
            place = f"parameters.toml [{parameter.name}]: {name}.{limit}"
            if parameter.name == HOLDS:
                limits = _put(limits, limit, self._with_holds(limit_in(limits, limit)))
            elif parameter.name in self.site.chosen:
                made = self._limit(parameter, limit_in(limits, limit), place)
                limits = _put(limits, limit, made)
        return self._without_table_name({**raw, "limits": limits})

    def default(self, name: str, limit: str) -> Value | None:
        """Read a limit as the card file has it; None for one that is off until a site sets it."""
        path = self.folder / f"{name}.toml"
        limits = read_toml(path).get("limits") if path.is_file() else None
        return _value(limit_in(limits, limit), f"parameters.toml: {name}.{limit}")

    def _prove_order(self, parameter: Parameter) -> None:
        """Refuse a value above that of the name which it must not exceed."""
        other = self.parameters.get(parameter.at_most)
        if other is None or not {parameter.name, other.name} & set(self.site.chosen):
            return
        low, high = self._in_force(parameter), self._in_force(other)
        if isinstance(low, Decimal) and isinstance(high, Decimal) and low > high:
            msg = (
                f"{self.site.file} [parameters] {parameter.name}: {parameter.shown(low)} is above "
                f"{other.name} ({other.shown(high)}): set both"
            )
            raise ContentError(msg)

    def _in_force(self, parameter: Parameter) -> Value | None:
        """Give the value of the site, else the default."""
        chosen = self.site.chosen.get(parameter.name)
        if chosen:
            return chosen.value
        return next((self.default(card, limit) for card, limit in parameter.limits), None)

    def _limit(self, parameter: Parameter, raw: Any, where: str) -> Table:
        """Put the site's value in the place of one limit, and say so on the card."""
        chosen = self.site.chosen[parameter.name]
        old = _value(raw, where)
        self._prove_reason(parameter, old, chosen)
        if old == chosen.value:
            return dict(raw)
        kept = {key: value for key, value in raw.items() if key != _OFF}
        form = next((one for one in _FORMS if one in kept), _form(parameter))
        kept |= _written(form, chosen.value)
        if form == "value":
            kept.setdefault("unit", parameter.unit)
        return {
            **kept,
            "source": SOURCE,
            "where": f"in place of {self._former(raw)}",
            "says": said(parameter, old, chosen),
        }

    def _former(self, raw: Table) -> str:
        """Name where the default of a limit stands."""
        paper = self.papers.get(str(raw.get("source", "")))
        if paper is None or paper.key == _OURS:
            return "a default without a clinical source"
        return f"{paper.label}, {raw.get('where', '')}"

    def _prove_reason(self, parameter: Parameter, old: Value | None, chosen: Chosen) -> None:
        """Refuse to loosen what stands in one of the four papers without a reason (rules.md 5)."""
        free = {"tighter", "as the default", "switched on"}
        if not parameter.seed or chosen.reason:
            return
        direction = parameter.direction(old, chosen.value)
        if direction not in free:
            msg = (
                f"{self.site.file} [parameters] {parameter.name}: {parameter.shown(chosen.value)} "
                f"is {direction} than {parameter.shown(old)}, which stands in a paper: "
                f"give a reason"
            )
            raise ContentError(msg)

    def _prove_holds(self, own: OwnHolds) -> None:
        """Refuse rows that are no holds, of no drug, or of a source that cards cannot cite."""
        for number, row in enumerate(_cited_rows(own), 1):
            place = f"{self.site.file} [{HOLDS}] row {number}"
            known(str(row["agent"]), self.drugs, "drug", place)
            known(str(row["source"]), self.all_papers, "source", place)
            read_hold(row, place)

    def _with_holds(self, rows: Any) -> Any:
        """Replace all rows of the drugs for which the site has its own."""
        own = self.site.holds
        if own is None or not isinstance(rows, list):
            return rows
        kept = [row for row in rows if row.get("agent") not in own.agents]
        return [*kept, *_cited_rows(own)]

    def _without_table_name(self, raw: Table) -> Table:
        """Take the name of the default table of holds out of summaries, where rows are replaced."""
        holds, own = self.parameters.get(HOLDS), self.site.holds
        words = raw.get("when_yes")
        if not (holds and holds.named and own and isinstance(words, Mapping)):
            return raw
        changed = _unnamed(words, holds.named)
        if changed == words:
            return raw
        note = f" At this site the holds of {', '.join(own.agents)} are its own."
        return {**raw, "when_yes": changed, "dissent": f"{raw.get('dissent', '')}{note}".strip()}

    def switched(self, checks: tuple[Check, ...]) -> tuple[Check, ...]:
        """Switch rules off; ContentError for one of class absolute without a reason."""
        made = []
        for check in checks:
            off = self.site.off.get(check.name)
            if off == "" and check.statement.rule_class is RuleClass.ABSOLUTE:
                msg = f"{self.site.file} [rules] {check.name}: an absolute rule needs a reason"
                raise ContentError(msg)
            critical = self._says("text_critical", default=False)
            made.append(Check(check.rule, check.statement, off, critical))
        return tuple(made)

    def lead_days(self, default: int) -> int:
        """Give the assumed time to the procedure."""
        return self._placed("lead_days", default)

    def codes(self, codes: Codes) -> Codes:
        """Give the code tables with what the site says about reading: visits and report texts."""
        days = self._placed("encounter_max_age_days", codes.encounter_max_age_days)
        clears = self._says("text_clears", default=codes.text_clears)
        return replace(codes, encounter_max_age_days=days, text_clears=clears)

    def _says(self, place: str, *, default: bool) -> bool:
        """Give a yes or no that stands outside of the card files."""
        for parameter in self.parameters.values():
            chosen = self.site.chosen.get(parameter.name)
            if parameter.place == place and chosen:
                return chosen.value == "true"
        return default

    def _placed(self, place: str, default: int) -> int:
        """Give a whole number that stands outside of the card files."""
        for parameter in self.parameters.values():
            chosen = self.site.chosen.get(parameter.name)
            if parameter.place == place and chosen and isinstance(chosen.value, Decimal):
                self._prove_reason(parameter, Decimal(default), chosen)
                return int(chosen.value)
        return default

    @property
    def choices(self) -> dict[str, str]:
        """Give what the site says in words, under the names of the catalogue."""
        return {
            name: str(chosen.value)
            for name, chosen in self.site.chosen.items()
            if name in self.parameters and self.parameters[name].words
        }


_OFF: Final = "off"


def _put(limits: Table, path: str, made: Any) -> Table:
    """Give the limits with one of them changed."""
    key, _, rest = path.partition(".")
    return {**limits, key: _put(limits[key], rest, made) if rest else made}


def _form(parameter: Parameter) -> str:
    """Name the key of a limit that the card file leaves off."""
    if parameter.words:
        return "names"
    return parameter.unit if parameter.unit in TIMES else "value"


def _written(form: str, value: Value) -> dict[str, Any]:
    """Write a value in the form of its limit."""
    if isinstance(value, str):
        return {"names": [value]}
    return {form: int(value) if form in TIMES else value}


def _value(raw: Any, where: str) -> Value | None:
    """Read the value of a limit; ContentError where the card file has no such limit."""
    if not isinstance(raw, Mapping):
        msg = f"{where}: the card file has no such limit"
        raise ContentError(msg)
    found = next((raw[form] for form in _FORMS if form in raw), None)
    if found is None and raw.get("names"):
        return str(raw["names"][0])
    return None if found is None else Decimal(found)


def said(parameter: Parameter, old: Value | None, chosen: Chosen) -> str:
    """Say a limit of the site on a card, beside the default and with the reason."""
    because = f": {chosen.reason}" if chosen.reason else ""
    new = parameter.shown(chosen.value)
    return f"{parameter.says}: limit of this site: {new}, default {parameter.shown(old)}{because}"


def _cited_rows(own: OwnHolds) -> list[dict[str, Any]]:
    """Give each row of the site its source, and one sentence for all of them."""
    because = f": {own.reason}" if own.reason else ""
    words = f"holds of this site for {', '.join(own.agents)}{because}"
    cited = {"source": own.source, "where": own.where, "says": words}
    return [{**cited, **row} for row in own.rows]


def _unnamed(words: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Leave a name out of the summaries of a card and of its tiers."""
    made = dict(words)
    if isinstance(made.get("summary"), str):
        made["summary"] = made["summary"].replace(name, "")
    if isinstance(made.get("tiers"), Mapping):
        made["tiers"] = {
            key: _unnamed(tier, name) if isinstance(tier, Mapping) else tier
            for key, tier in made["tiers"].items()
        }
    return made

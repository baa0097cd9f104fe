"""Coded findings of imaging and examination, each for its level (codes.md 3.3, rules.md 9.12)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from cds_service.clinical.evidence import Resource
from cds_service.clinical.fact import Finding, Study
from cds_service.clinical.quantity import Measured
from cds_service.clinical.when import When
from cds_service.facts.context import Context
from cds_service.facts.dates import has_time, when_of
from cds_service.facts.elements import coding_objects, obj, objs, shown, texts, word
from cds_service.facts.finding_codes import FindingCode
from cds_service.facts.imaging import study_of
from cds_service.facts.imaging_words import covers
from cds_service.facts.levels_text import levels_said
from cds_service.facts.observed import Observed
from cds_service.facts.quantities import SAME, Conversion, Units, of_quantity
from cds_service.facts.systems import FINDING, FINDING_VALUE

_FRACTION: Final = Conversion(Decimal(100), at_most_one=True)
_PERCENT: Final = Units(
    {"%": SAME, "percent": SAME, "1": _FRACTION, "{fraction}": _FRACTION},
    Decimal(0),
    Decimal(100),
)
_BOOLEANS: Final = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class _Value:
    """A value as it was read: `trouble` says why there is none."""

    value: bool | str | Measured | None = None
    shown: str = ""
    trouble: str = ""
    moment: When | None = None


def read_finding(code: FindingCode, observed: Observed, context: Context) -> None:
    """Keep a finding until all reports are known: one of them may say what it is from."""
    context.waiting.append((code, observed))


def settle_findings(context: Context) -> None:
    """Read all findings that were kept."""
    for code, observed in context.waiting:
        _settle(code, observed, context)


def _settle(code: FindingCode, observed: Observed, context: Context) -> None:
    """Add one finding; one that cannot be read says why."""
    study = _origin(observed, context)
    said = _read(code, observed.holder, context)
    level, region = _place(observed, context)
    when = study.when if study and not has_time(observed.resource, "effective") else None
    finding = Finding(
        code.code,
        when or observed.when(context),
        observed.reference,
        said.shown,
        said.value,
        level,
        None if level else (region or (study.covers if study else None)),
        said.trouble,
        observed.final,
        study.modality if study else "",
        said.moment,
    )
    context.findings.append(finding)


def _origin(observed: Observed, context: Context) -> Study | None:
    """Find the study or report that a finding is from."""
    links = objs(observed.resource.get("derivedFrom"))
    sources = [context.resolve(link, observed.resource) for link in links]
    sources.append(context.reports.get(observed.reference, ("", None))[1])
    studies = [_study(source, context) for source in sources if source]
    return next((study for study in studies if study), None)


def _study(source: Resource, context: Context) -> Study | None:
    """Read the study that findings are from, once for all of them."""
    key = id(source)
    if key not in context.origins:
        context.origins[key] = study_of(source, "", context, any_part=True)
    return context.origins[key]


def _place(observed: Observed, context: Context) -> tuple[str, frozenset[str] | None]:
    """Tell which vertebra a body site names, and else which levels it covers."""
    sites = observed.holder.get("bodySite") or observed.resource.get("bodySite")
    if not sites:
        return "", None
    vertebrae = context.codes.vertebrae
    levels = vertebrae.levels_of(sites)
    if len(levels) != 1:
        words = " ".join(texts(sites))
        levels = levels or levels_said(words, site=True).levels
    if len(levels) == 1:
        return levels[0], None
    return "", frozenset(levels) or vertebrae.region_of(sites) or covers(words)


def _read(code: FindingCode, holder: Resource, context: Context) -> _Value:
    """Read a value as the type that its code declares."""
    if holder.get("dataAbsentReason"):
        return _Value(trouble="absent_reason")
    if code.value == "boolean":
        return _boolean(holder)
    if code.value == "percent":
        return _percent(holder)
    if code.value == "dateTime":
        moment = when_of(holder.get("valueDateTime"), context.zone)
        text = moment.text if moment else shown(holder.get("valueDateTime"))
        return _Value(shown=text, moment=moment, trouble="" if moment else _absent(holder))
    return _coded(code, holder, context)


def _boolean(holder: Resource) -> _Value:
    """Read a yes or no, given as such or as the exact word."""
    value = holder.get("valueBoolean")
    if isinstance(value, bool):
        return _Value(value, "yes" if value else "no")
    words = [holder.get("valueString"), *_codes(holder.get("valueCodeableConcept"))]
    for said in words:
        if word(said) in _BOOLEANS:
            return _Value(_BOOLEANS[word(said)], "yes" if _BOOLEANS[word(said)] else "no")
    return _Value(trouble=_absent(holder))


def _percent(holder: Resource) -> _Value:
    """Read a share of a hundred, with its comparator."""
    read = of_quantity(obj(holder.get("valueQuantity")), _PERCENT)
    trouble = _absent(holder) if read.trouble == "no_value" else read.trouble
    return _Value(read.measured, read.shown, trouble)


def _coded(code: FindingCode, holder: Resource, context: Context) -> _Value:
    """Read one of the codes that the finding may take."""
    concept = holder.get("valueCodeableConcept")
    own = [c for key, c in context.codes.systems.pairs(concept) if key in {FINDING, FINDING_VALUE}]
    for said in [*own, word(holder.get("valueString"))]:
        if said in code.values:
            return _Value(said, said)
    words = texts(concept) or [word(holder.get("valueString"))]
    return _Value(shown=shown(words[0]), trouble=_absent(holder))


def _codes(concept: object) -> list[object]:
    """List the bare codes and the text of a concept."""
    return [*(coding.get("code") for coding in coding_objects(concept)), obj(concept).get("text")]


def _absent(holder: Resource) -> str:
    """Name the trouble of a value that could not be read: none there, or one we cannot read."""
    there = any(key.startswith("value") for key in holder)
    return "words" if there else "no_value"

"""The course of a drug: whether it is taken, since when, until when; and how it becomes a fact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from cds_service.clinical.evidence import Resource
from cds_service.clinical.fact import DrugUse, Standing
from cds_service.clinical.when import CLOCK_TOLERANCE, When
from cds_service.facts.context import Context
from cds_service.facts.dosage import PURPOSES, Dosage, dosage_of, instructions, purpose_words
from cds_service.facts.drug_kinds import BONE_AGENT
from cds_service.facts.elements import texts
from cds_service.facts.flush import HEPARIN, is_flush
from cds_service.facts.products import Product, product_of

PROCEDURE: Final = "procedure"
"""The purpose of a drug that is meant for a procedure."""

OVER: Final = frozenset({"completed", "stopped"})
_NOT_ASKED: Final = Dosage()


class Course(NamedTuple):
    """What an entry says of the taking; `over` marks one that says it has ended."""

    standing: Standing
    last_dose: When | None
    started: When | None
    dated: When | None
    dosages: Sequence[Mapping[str, Any]]
    over: bool


def settled(status: str, end: When | None, context: Context) -> tuple[Standing, When | None]:
    """Decide from status and documented end whether a drug is taken, and its last dose.

    An end that lies ahead was planned: it documents no last dose. A status that we do not know
    leaves the taking open.
    """
    if status in OVER:
        reached = end is not None and (end.earliest or end.latest) <= context.now + CLOCK_TOLERANCE
        return (Standing.ENDED, end) if reached else (Standing.UNCLEAR, None)
    if end is not None and end.latest < context.now:
        return Standing.ENDED, end
    return (Standing.TAKING if status == "active" else Standing.UNCLEAR), None


def keep(resource: Resource, reference: str, context: Context, course: Course) -> None:
    """Add the entry to the drugs of the record, once for each group that its product is in."""
    product = product_of(resource, context)
    if _is_history(course, context):
        context.drugs.append(_remembered(reference, product, course))
    elif product.is_antithrombotic:
        context.drugs.extend(_uses(resource, reference, context, course, product))
    else:
        local = product.anti_infective and _is_local(course.dosages, context)
        use = _use(reference, product, course)
        if product.anti_infective and _for_procedure(resource, course, context):
            use = use._replace(intent=PROCEDURE)
        context.drugs.append(use._replace(anti_infective=False) if local else use)


def without_use(
    resource: Resource, reference: str, context: Context, asserted: When | None
) -> None:
    """Add an entry that says a drug is not taken: it only shows that the list was gone through."""
    course = Course(Standing.ENDED, None, None, asserted, (), over=True)
    context.drugs.append(_past(reference, product_of(resource, context), course))


def _remembered(reference: str, product: Product, course: Course) -> DrugUse:
    """Make the fact of an old entry; of a drug for the bone it matters how long ago it was."""
    past = _past(reference, product, course)
    if BONE_AGENT not in product.kinds:
        return past
    return past._replace(kinds=product.kinds, ingredients=product.agents)


def _past(reference: str, product: Product, course: Course) -> DrugUse:
    """Make the fact of an entry about which no rule will ask; only its date counts."""
    return DrugUse(
        reference,
        product.shown,
        standing=Standing.ENDED,
        started=course.started,
        dated=course.dated,
    )


def _is_history(course: Course, context: Context) -> bool:
    """Tell whether an ended course is older than the records asked for (codes.md 8).

    It has no documented last dose, and nobody wrote of it since.
    """
    if not course.over or course.last_dose:
        return False
    dates = [when for when in (course.started, course.dated) if when]
    if not dates:
        return False
    newest = max(when.latest for when in dates)
    return (context.now.date() - newest.date()).days > context.codes.drugs.look_back_days


def _use(reference: str, product: Product, course: Course, dosage: Dosage = _NOT_ASKED) -> DrugUse:
    """Make the fact of an entry; only of antithrombotics is the dosage asked."""
    return DrugUse(
        reference,
        product.shown,
        product.groups[0][1],
        product.groups[0][0],
        product.resolved,
        product.by_name,
        course.standing,
        course.last_dose,
        course.started,
        course.dated,
        *dosage,  # DrugUse has the same four in the same order
        anti_infective=product.anti_infective,
        kinds=product.kinds,
        ingredients=product.agents,
    )


def _for_procedure(resource: Resource, course: Course, context: Context) -> bool:
    """Tell whether the words of an entry say that the drug is meant for a procedure."""
    pattern = context.codes.drugs.uses.procedural
    return any(map(pattern.search, purpose_words(resource, course.dosages)))


def _is_local(dosages: Sequence[Mapping[str, Any]], context: Context) -> bool:
    """Tell whether the way of use says that a drug does not reach the whole body."""
    pattern = context.codes.drugs.anti_infectives.not_systemic
    return any(map(pattern.search, _ways(dosages)))


def _ways(dosages: Sequence[Mapping[str, Any]]) -> list[str]:
    """List the words of dosages and of their routes."""
    return instructions(dosages) + [text for one in dosages for text in texts(one.get("route"))]


def _uses(
    resource: Resource, reference: str, context: Context, course: Course, product: Product
) -> list[DrugUse]:
    """Make the facts of an antithrombotic, with its dosage."""
    drugs = context.codes.drugs
    deciding = [course.dosages, product.words, *map(resource.get, PURPOSES)]
    dosage = context.meaning(
        "dosage",
        deciding,
        lambda: dosage_of(resource, course.dosages, product.strength, drugs.dosage),
    )
    whole = _use(reference, product, course, dosage)
    others = product.groups[1:]
    made = [whole, *(whole._replace(group=group, agents=agents) for group, agents in others)]
    if (HEPARIN,) not in [use.agents for use in made]:
        return made
    said = _ways(course.dosages)
    if not is_flush(product.words, said, course.dosages, dosage.route, drugs):
        return made
    return [use._replace(flush=use.agents == (HEPARIN,)) for use in made]

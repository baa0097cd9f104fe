"""Which drug an entry speaks of: product to ingredient (codes.md 0.3 and 6, rules.md 9.5)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from cds_service.clinical.evidence import Resource
from cds_service.facts.context import Context
from cds_service.facts.doses import Amounts, amounts_in
from cds_service.facts.drug_codes import DrugCodes
from cds_service.facts.elements import coding_objects, obj, objs, shown, texts, word
from cds_service.facts.ingredients import ATC, Groups, coded_agents, grouped, joined_agents

_LETTERS: Final = re.compile(r"[^\W\d_]{2}")
_DEEPEST: Final = 3
"""How far a product may be made of products; a circle of references ends here."""


class Product(NamedTuple):
    """What was found out about a product.

    `by_name` is True where no code but only a name says which drug it is. `resolved` is False
    where neither a known code nor any word does. `strength` is what the words of an antithrombotic
    say of amounts.
    """

    words: tuple[str, ...]
    shown: str
    groups: Groups
    resolved: bool
    by_name: bool
    anti_infective: bool
    strength: Amounts
    kinds: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()

    @property
    def is_antithrombotic(self) -> bool:
        """Tell whether rules will ask how it is taken."""
        return _is_antithrombotic(self.groups)


def _is_antithrombotic(groups: Groups) -> bool:
    """Tell whether the agents of a product are in one of the groups about which rules ask."""
    return bool(groups[0][0])


def product_of(resource: Resource, context: Context) -> Product:
    """Find out which drug a request, statement, dispense or administration speaks of."""
    if resource.get("medicationReference"):
        return _product(resource, context)
    concept = resource.get("medicationCodeableConcept")
    return context.meaning("product", concept, lambda: _product(resource, context))


def _product(resource: Resource, context: Context) -> Product:
    """Look the product up by its codes, then by its words."""
    drugs = context.codes.drugs
    concepts, words = _named(resource, context)
    pairs = [pair for one in concepts for pair in context.codes.systems.pairs(one)]
    pairs = [(key, _plain(code) if key == "atc" else code) for key, code in pairs]
    coded, groups = coded_agents(pairs, drugs)
    named = {agent for text in words for agent in drugs.names.in_text(text)}
    agents = joined_agents(coded, named, drugs)
    atc = [code for key, code in pairs if key == "atc" and ATC.fullmatch(code)]
    known = bool(agents or groups or atc)
    kinds = groups | {drugs.kinds.get(agent, "") for agent in agents}
    grouped_agents = grouped(agents, groups, drugs)
    return Product(
        tuple(words),
        shown(words[0]) if words else _title(agents, concepts, drugs),
        grouped_agents,
        known or any(_is_name(text, drugs) for text in words),
        bool(named) and not coded,
        drugs.anti_infectives.include(atc, words),
        amounts_in(words if _is_antithrombotic(grouped_agents) else ()),
        tuple(sorted(drugs.uses.of(kinds, atc, words))),
        tuple(sorted(agents)),
    )


def _plain(code: str) -> str:
    """Write an ATC code in the way in which codes are compared."""
    return code.upper().replace(" ", "")


def _named(resource: Resource, context: Context) -> tuple[list[object], list[str]]:
    """Gather all concepts and all words for the product, each text once."""
    concept = resource.get("medicationCodeableConcept")
    reference = obj(resource.get("medicationReference"))
    if not reference:
        return [concept], list(dict.fromkeys(texts(concept)))
    parts = [(concept, ""), *_parts(reference, resource, context, 1)]
    words = [text for one, display in parts for text in (*texts(one), display) if text]
    return [one for one, _ in parts], list(dict.fromkeys(words))


def _parts(
    reference: Mapping[str, Any], holder: Mapping[str, Any], context: Context, depth: int
) -> Iterator[tuple[object, str]]:
    """Give concept and words of a referenced Medication or Substance, then of its ingredients.

    The ingredients of a contained Medication lie beside it in `holder`; others hold their own.
    """
    found = context.resolve(reference, holder)
    if found is None:
        yield None, word(reference.get("display"))
        return
    yield found.get("code"), word(reference.get("display"))
    inner = found if "contained" in found else holder
    for ingredient in objs(found.get("ingredient")):
        if ingredient.get("isActive") is False:
            continue
        yield ingredient.get("itemCodeableConcept"), ""
        item = obj(ingredient.get("itemReference"))
        if item and depth < _DEEPEST:
            yield from _parts(item, inner, context, depth + 1)


def _is_name(text: str, drugs: DrugCodes) -> bool:
    """Tell whether a text could be the name of a product at all."""
    plain = " ".join(text.lower().split()).strip(" .-()")
    return plain not in drugs.dosage.nameless and _LETTERS.search(plain) is not None


def _title(agents: Iterable[str], concepts: Iterable[object], drugs: DrugCodes) -> str:
    """Give a product without any words our own title, else show its code."""
    titles = [drugs.titles.get(agent, agent) for agent in sorted(agents)]
    codes = (word(coding.get("code")) for one in concepts for coding in coding_objects(one))
    return " + ".join(titles) or shown(next(filter(None, codes), ""))

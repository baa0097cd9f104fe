"""Answers to questionnaires that a site maps to findings (rules.md 1.7a, 1.11)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from cds_service.clinical.evidence import Resource
from cds_service.facts.context import Context
from cds_service.facts.elements import obj, objs, shown, status_of, texts, word
from cds_service.facts.findings import read_finding
from cds_service.facts.local import Question
from cds_service.facts.observed import Observed

_FINAL: Final = frozenset({"completed", "amended"})
_COUNTED: Final = _FINAL | {"in-progress", ""}
_BY_THEMSELVES: Final = frozenset({"Patient", "RelatedPerson"})
_NUMBERS: Final = ("valueDecimal", "valueInteger")
_DATES: Final = ("valueDateTime", "valueDate")


def read_response(resource: Resource, reference: str, context: Context) -> None:
    """Read the answers of one response to the items that the site maps.

    One in progress raises suspicion only, and so do answers that the patient gave by themselves
    to an item that asks for an examiner.
    """
    questions = context.codes.questions
    if not questions or status_of(resource) not in _COUNTED:
        return
    answers: dict[str, list[Mapping[str, Any]]] = {}
    for name, given in _answers(resource):
        answers.setdefault(name, []).extend(given)
    for name, given in answers.items():
        for question in questions.get(name, ()):
            if question.code and _is_of(question, resource):
                for answer in given:
                    _read(question, answer, answers, resource, reference, context)


def _answers(resource: Resource) -> Iterator[tuple[str, list[Mapping[str, Any]]]]:
    """Go through all items, however deep they lie, with their answers."""
    waiting = list(objs(resource.get("item")))
    while waiting:
        item = waiting.pop(0)
        given = list(objs(item.get("answer")))
        yield word(item.get("linkId")), given
        waiting += objs(item.get("item"))
        waiting += [inner for answer in given for inner in objs(answer.get("item"))]


def _is_of(question: Question, resource: Resource) -> bool:
    """Tell whether a response is to the questionnaire that is meant, in whichever version."""
    named = word(resource.get("questionnaire")).partition("|")[0]
    return not question.questionnaire or named == question.questionnaire


def _read(
    question: Question,
    answer: Mapping[str, Any],
    answers: Mapping[str, list[Mapping[str, Any]]],
    resource: Resource,
    reference: str,
    context: Context,
) -> None:
    """Read one answer as an observation of its time, its author and its level or levels."""
    final = status_of(resource) in _FINAL
    if _author_type(resource) in _BY_THEMSELVES and not question.by_patient:
        final = False
    seen = {"effectiveDateTime": resource.get("authored"), "author": _author(resource)}
    if question.code:
        value = _value(question, answer)
        for site in _sites(question, answers):
            holder = {**value, **({"bodySite": site} if site else {})}
            read_finding(question.code, Observed(seen, holder, reference, final), context)


def _value(question: Question, answer: Mapping[str, Any]) -> dict[str, Any]:
    """Write an answer in the form of an observation's value; one not mapped stays as words."""
    kind = question.code.value if question.code else ""
    if kind == "dateTime":
        dates = [answer[key] for key in _DATES if answer.get(key)]
        return {"valueDateTime": dates[0]} if dates else {"valueString": _said(answer)}
    if kind == "percent":
        numbers = [answer[key] for key in _NUMBERS if key in answer]
        share = {"value": numbers[0], "unit": "%"} if numbers else answer.get("valueQuantity")
        return {"valueQuantity": share}
    said = _said(answer)
    for one in _ways(answer):
        if one.lower() in question.values:
            mapped = question.values[one.lower()]
            return {"valueBoolean" if isinstance(mapped, bool) else "valueString": mapped}
    if question.values:
        return {"valueString": f"{said} (not mapped)"}
    plain_yes = answer.get("valueBoolean")
    return {"valueBoolean": plain_yes} if isinstance(plain_yes, bool) else {"valueString": said}


def _ways(answer: Mapping[str, Any]) -> list[str]:
    """List the ways in which an answer may stand in the site's map: code, words, yes or no."""
    coding = obj(answer.get("valueCoding"))
    said = [word(coding.get("code")), word(coding.get("display")), word(answer.get("valueString"))]
    plain = [answer.get(key) for key in ("valueBoolean", "valueInteger")]
    said += [str(one).lower() for one in plain if one is not None]
    return [one for one in said if one]


def _said(answer: Mapping[str, Any]) -> str:
    """Show an answer in its own words."""
    return shown(next(iter(_ways(answer)), "")) or "no answer"


def _sites(
    question: Question, answers: Mapping[str, list[Mapping[str, Any]]]
) -> list[Mapping[str, Any] | None]:
    """Give the levels that an answer speaks of, as body sites; None where it names none."""
    if question.level:
        return [{"text": question.level}]
    sites: list[Mapping[str, Any] | None] = []
    for answer in answers.get(question.level_from, ()) if question.level_from else ():
        coding = obj(answer.get("valueCoding"))
        words = word(answer.get("valueString")) or word(coding.get("display"))
        words = words or word(coding.get("code"))
        sites.append({"coding": [coding], "text": words} if coding else {"text": words})
    return sites or [None]


def _author(resource: Resource) -> str:
    """Name who answered: by name where it is given, else by what they are."""
    author = obj(resource.get("author")) or obj(resource.get("source"))
    return shown(next(iter(texts({"text": author.get("display")})), "")) or _author_type(resource)


def _author_type(resource: Resource) -> str:
    """Tell what kind of person answered; the source of the answers counts before who wrote."""
    for key in ("source", "author"):
        one = obj(resource.get(key))
        kind = word(one.get("type")) or word(one.get("reference")).rpartition("/")[0]
        if kind:
            return kind.rpartition("/")[2]
    return ""

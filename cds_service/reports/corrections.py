"""What a report as a whole says of its own statements: renumbered levels, courses of nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from cds_service.reports.folded import Folded
from cds_service.reports.layout import ADDENDUM
from cds_service.reports.line import (
    ACUITY,
    CORD,
    EDEMA,
    FRACTURE,
    INFECTION,
    MALIGNANCY,
    MATRIX,
    PEDICLE,
    PROGRESS,
    RETROPULSION,
    TUMOR_BEHIND,
    UPTAKE,
    WALL,
)
from cds_service.reports.scope import Meaning
from cds_service.reports.statement import Statement
from cds_service.reports.values import BONE, HEIGHT, TUMOR

_OF_HEIGHT: Final = re.compile(r"(?<!disc )heights?(?!\w)|further (?:\w+ ){0,2}(?:loss|collapse)")
_ISLAND: Final = re.compile(
    r"(?:likely|probabl\w|with|of|represent\w*|suggest\w*) (?:an? )?(?:\w+ )?"
    r"(?:bone island|enostos)"
)
_OF_ELSE: Final = re.compile(
    r"\W*(?:(?!fracture|height|vertebra|loss)\w+ ){0,3}"
    r"(?:retropuls\w*|stenosis)(?!\w)"
    r"(?!.*(?:fracture|fx|height|collaps|deform|vertebra|loss))"
)
"""What is unchanged there is no fracture."""
_RAISED: Final = frozenset({Meaning.PRESENT, Meaning.SUSPECTED})
_OF_TUMOR: Final = re.compile(
    r"tumor|metasta|neoplas|malignan|lymphoma|myeloma(?!lac)|carcinoma|deposit|mass"
)
_RENUMBERED: Final = re.compile(
    r"(?:described|labell?ed|reported|called|numbered|referred to)\s(?:\w+\s)"
    r"{0,3}(?:as|at)\s([tld]\d{1,2})(?:\s(?:above|previously|before|originally|"
    r"initially))?"
    r"\s(?:is|is in fact|is actually|should be|should read|represents|corresponds "
    r"to)\s(?:\w+\s){0,2}([tld]\d{1,2})(?!\w)"
    r"|(?:fractured|affected|abnormal|collapsed|treated|involved|broken)\s"
    r"(?:vertebra|level|body|vertebral body)(?:\s\w+){0,3}\s(?:is|should be|should read)\s"
    r"(?:in fact\s|actually\s)?([tld]\d{1,2}),?\s(?:and\s)?(?:not|rather than)\s"
    r"([tld]\d{1,2})(?!\w)"
    r"|(?:described|labell?ed|reported|called|numbered|mentioned)\s([tld]\d{1,2})\s(?:\w+\s){0,3}"
    r"(?:is|was)\s(?:in fact|actually|really)\s(?:(?:at|of|in)\s)?([tld]\d{1,2})(?!\w)"
    r"|(?:mentions?|references?|statements?)\s(?:of|to|about|on)\s(?:level\s)?([tld]\d{1,2})"
    r"(?:\s\w+){0,4}\s(?:should|must|is to|are to)\s(?:be read|read|be|be taken)\s(?:as\s)?"
    r"([tld]\d{1,2})(?!\w)"
)


_LATER: Final = re.compile(
    r"(?m)^[^\w\n]{0,8}(?:\w{1,20} ){0,2}(?:addendum|correction|amendment|over-?read|final)(?!\w)"
)
_IS_AT: Final = re.compile(
    r"(?<!\w)(?:fracture|deformity|compression|lesion|abnormality|collapse)(?: \w+){0,3}? "
    r"(?:is|lies|was) (?:in fact |actually )?(?:at|of|in) ([tld]\d{1,2}),? "
    r"(?:and )?(?:not|rather than) (?:at |of |in )?([tld]\d{1,2})(?!\w)"
)
"""In an addendum alone: "the fracture is at L2, not L1"."""


_HAD_BY_ONE: Final = frozenset(
    {ACUITY, BONE, CORD, EDEMA, HEIGHT, INFECTION, PEDICLE, RETROPULSION, TUMOR, TUMOR_BEHIND, WALL}
)
"""What one vertebra has, of which an addendum may speak on without naming it."""
_OF_FRACTURES: Final = frozenset({ACUITY, BONE, HEIGHT, RETROPULSION})
_COMPRESSION: Final = re.compile(r"(?<!\w)compression(?!\w)")
_CORD_TOLD: Final = re.compile(
    r"(?<!\w)(?:cord|conus|cauda equina|myelon) (?:\w+ ){0,2}compress|"
    r"compression of the (?:\w+ )?(?:cord|conus|cauda)(?!\w)"
)
_BROKEN: Final = re.compile(
    r"(?<!\w)(?:fracture|vertebral|bod(?:y|ies)(?!\w)|height|wedg|deform|burst|collaps)"
)
_MEASURE: Final = re.compile(
    r"(?<!\w)(?:measure(?:ment)?|figure|value|number|distance|amount|percentage|extent|depth)"
    r"(?: (?:above|given|stated|quoted|of it|in the report))? "
    r"(?:should (?:be|read|say|have been)|must be|ought to be|is in fact|is actually|"
    r"is corrected to|was corrected to|is to read) "
    r"(\d{1,3}(?:\.\d)?) ?(mm|%|percent)(?!\w)"
)
"""Of what is not said: "the measurement should be 3 mm"."""


def corrected(
    folded: Folded, said: list[Statement], scans: Mapping[str, re.Pattern[str]]
) -> list[Statement]:
    """Give the statements of a report as it corrects them itself; `scans` tells what was done."""
    said = _of_the_cord(folded, _remeasured(folded, _of_the_level(_renumbered(folded, said))))
    said = _not_of_infection(_only_of_fractures(said))
    said = [
        one
        for one in said
        if one.finding != MATRIX
        or one.status not in _RAISED
        or not _ISLAND.search(one.quote.lower())
    ]
    return _of_scans(folded, said, scans)


def _of_the_level(said: list[Statement]) -> list[Statement]:
    """Give what an addendum tells without a level the one that the report tells it of."""
    if ADDENDUM not in {one.section for one in said}:
        return said
    return [
        replace(one, level=levels.pop())
        if _lacks_a_level(one) and len(levels := _told_of(one, said)) == 1
        else one
        for one in said
    ]


def _lacks_a_level(one: Statement) -> bool:
    """Tell whether an addendum states what vertebrae have, and of none by name."""
    return (
        one.section == ADDENDUM
        and not (one.level or one.rest or one.many)
        and one.status is not Meaning.ABSENT
        and one.finding in _HAD_BY_ONE
    )


def _told_of(one: Statement, said: list[Statement]) -> set[str]:
    """Give the levels of which something was told before, else those of fractures."""
    before = [other for other in said if other.start < one.start and other.level]
    same = {other.level for other in before if other.finding == one.finding}
    broken = {other.level for other in before if other.finding == FRACTURE}
    return same or (broken if one.finding in _OF_FRACTURES else set())


def _of_the_cord(folded: Folded, said: list[Statement]) -> list[Statement]:
    """Read the "compression" of an addendum to a report that told only of the cord's."""
    later = [one for one in said if one.section == ADDENDUM and one.finding == FRACTURE]
    if not later or _BROKEN.search(folded.text) or not _CORD_TOLD.search(folded.text):
        return said
    return [
        replace(one, finding=CORD)
        if one in later and _COMPRESSION.search(one.quote.lower())
        else one
        for one in said
    ]


def _remeasured(folded: Folded, said: list[Statement]) -> list[Statement]:
    """Put the figure right of which a report says no more than what it should be."""
    hit = _MEASURE.search(folded.text)
    if not hit:
        return said
    at, unit = folded.span(*hit.span())[0], "mm" if hit[2] == "mm" else "%"
    before = [one for one in said if one.start < at and one.unit == unit and one.end <= at]
    if len({(one.finding, one.level) for one in before}) != 1:
        return said
    value = float(hit[1])
    right = int(value) if value.is_integer() else value
    return [replace(one, value=right) if one in before else one for one in said]


def _not_of_infection(said: list[Statement]) -> list[Statement]:
    """Drop epidural tissue that is of an infection: no tumor is told of there."""
    infected, tumors = (
        {one.level for one in said if one.finding == name and one.status in _RAISED}
        for name in (INFECTION, MALIGNANCY)
    )
    if not infected or tumors:
        return said
    return [
        one
        for one in said
        if one.finding not in {TUMOR_BEHIND, TUMOR}
        or one.level not in infected
        or one.status not in _RAISED
        or _OF_TUMOR.search(one.quote.lower().replace("tumour", "tumor"))
    ]


def _of_scans(
    folded: Folded, said: list[Statement], scans: Mapping[str, re.Pattern[str]]
) -> list[Statement]:
    """Drop uptake where no bone scan is told of; that of a PET is another thing."""
    if UPTAKE not in [one.finding for one in said]:
        return said
    text = folded.text
    if scans["uptake"].search(text) and (
        not scans["pet"].search(text) or scans["bone"].search(text)
    ):
        return said
    return [one for one in said if one.finding != UPTAKE]


def _only_of_fractures(said: list[Statement]) -> list[Statement]:
    """Drop a course and an age that belong to no fracture ("alignment is unchanged")."""
    unbroken = {
        one.level
        for one in said
        if one.finding == FRACTURE and one.status is Meaning.ABSENT and one.section == ADDENDUM
    }
    broken = {
        one.level
        for one in said
        if one.level and one.finding in {FRACTURE, HEIGHT} and one.status is not Meaning.ABSENT
    } - unbroken
    return [
        one
        for one in said
        if not (one.finding == PROGRESS and _OF_ELSE.match(one.quote.lower()))
        if one.finding not in {PROGRESS, ACUITY}
        or one.level in broken
        or (one.finding == PROGRESS and one.level and _OF_HEIGHT.search(one.quote.lower()))
    ]


def _renumbered(folded: Folded, said: list[Statement]) -> list[Statement]:
    """Move statements to the level that an addendum says they are of."""
    hit = _RENUMBERED.search(folded.text)
    turned = bool(hit and hit[3])
    if not hit and (later := _LATER.search(folded.text)):
        hit, turned = _IS_AT.search(folded.text, later.end()), True
    if not hit:
        return said
    named = [name.upper().replace("D", "T") for name in hit.groups() if name]
    wrong, right = named[::-1] if turned else named
    at = folded.span(hit.start(), hit.end())[0]
    kept = [one for one in said if not one.start <= at < one.end]
    return [
        replace(one, level=right)
        if one.level == wrong and (one.start < at or wrong not in one.quote.upper())
        else one
        for one in kept
        if one.level != right or one.start >= at
    ]

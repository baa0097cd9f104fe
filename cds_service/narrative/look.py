"""What a text itself tells about its examination, where neither code nor title does."""

from __future__ import annotations

import re
from typing import Final

from cds_service.facts import imaging_words as words
from cds_service.narrative.exam import Exam, Region

_HEAD: Final = 600
_FIRST_LINES: Final = 4
_TITLE: Final = re.compile(
    r"(?im)^[\s*]{0,20}(?:exam(?:ination)?|procedure|study|exam type|description|technique|views?)"
    r"\s*[:\-]\s*(\S.{0,200})$"
)
_NOTE: Final = re.compile(
    r"(?im)^[\s*]{0,20}(?:chief complaint|history of present illness|hpi|review of systems|ros"
    r"|past medical history|pmh|physical exam(?:ination)?|social history|vital signs|medications"
    r"|allergies|assessment (?:and|&) plan|subjective|objective|plan)\s*:?\s*(?:$|:)"
)
_REPORT: Final = re.compile(
    r"(?im)^[ \t*]{0,20}(?:findings?|impression|conclusion|technique|report)\s*(?::|$)"
)
_UNFINISHED: Final = re.compile(
    r"(?im)^[\s*\-\[(]{0,20}(?:preliminary (?:report|reading|read|result|interpretation|findings?)"
    r"|(?:this is a )?preliminary(?=[\s:*\])]*$)|wet read(?:ing)?|draft(?: report)?(?=\W*$)"
    r"|not (?:yet )?(?:finalized|verified|signed)|unsigned\b|unverified\b"
    r"|provisional (?:report|reading|read|result|interpretation|findings?))"
    r"|\bnot (?:yet )?(?:been )?(?:reviewed|verified|confirmed|signed) by (?:an? |the )?"
    r"(?:attending|consultant|radiologist|staff|senior)"
    r"|\b(?:read|report|interpretation) pending\b"
    r"|\bpending (?:final|attending|consultant|staff) (?:read|report|review|interpretation)\b"
    r"|\bnot for diagnostic use\b|\bAI (?:algorithm|triage|output|result|generated)"
)
_FINISHED: Final = re.compile(
    r"(?i)\bfinal (?:report|result|interpretation)|electronically signed|\bsigned by\b"
    r"|report verified"
)
_WITHDRAWN: Final = re.compile(
    r"(?i)\bwrong (?:patient|report|images)\b|\bplease disregard\b"
    r"|\bdisregard (?:the |this )?(?:above|prior|previous|original|entire|report)\b"
    r"|\b(?:dictated|entered|filed|issued|reported) in error\b"
    r"|\b(?:pertains?|belongs?|belonging) to (?:another|a different) patient\b"
    r"|\blevels? (?:was|were) (?:incorrect\w*|wrong\w*|mis\w+)\b"
)
"""Words by which a report is taken back, or its levels are: nothing in it stands plainly."""

_SOME: Final = 2
_OF_THE_SPINE: Final = re.compile(
    r"\b(?:(?:Th?|D)\s?(?:1[0-2]|[3-9])|L\s?[1-5])\b"
    r"|(?i:\b(?:discitis|spondyl|epidural|retropuls|cord compression|cauda equina|conus|kyphos"
    r"|(?:compression|wedge|burst|insufficiency) (?:fracture|deformit)))"
)
"""Words of the spine in a report that never names it; T1 and T2 are weightings as well."""

_ENGLISH: Final = re.compile(
    r"(?i)\b(?:the|of|and|with|without|is|are|there|for|from|was|at|normal|evidence|fracture)\b"
)
_POOR: Final = re.compile(
    r"(?i)\A[^\n]*\blimited\b|\bnon-?diagnostic\b|\bmotion[\s-]degrad"
    r"|\b(?:severe|marked|significant|substantial)(?:ly)?[\s-](?:\w+[\s-]){0,2}"
    r"(?:degraded|limited|degradation)\b"
    r"|\b(?:exam(?:ination)?|study|scan|mri|acquisition|imaging)\b[^.\n]{0,30}"
    r"\b(?:aborted|terminated|abandoned|discontinued|cut short"
    r"|incomplete(?=[.,:;)\n]|\Z| (?:due|because|as|since|secondary)\b))"
    r"|\bpatient\b[^.\n]{0,30}\b(?:unable|not able|could not|refused)(?: to)?"
    r" (?:tolerate|complete|continue|finish)\b"
    r"|\bincomplete (?:exam|study|mri|scan|imaging|acquisition)"
    r"|\bonly (?:the )?(?:locali[sz]ers?|scouts?|one sequence|sagittal)\b"
    r"|\b(?:locali[sz]ers?|scouts?|sagittal (?:\w+ ){0,2}) ?(?:images? )?only\b"
)
"""A title, or words in a text, that make an examination no full review."""

_FOREIGN: Final = re.compile(
    r"(?i)\b(?:und|der|das|mit|keine?[nrs]?|ohne|vom|des|dem|nicht|eine[nrs]?|ist|sind|zur|zum"
    r"|le|la|les|du|une|avec|sans|pas|aux?|dans|est|el|los|las|del|con|sin|una?|por|se|il|gli"
    r"|della?|senza|di|nel|het|een|van|met|geen|zonder|de|do|dos|com|sem|uma"
    r"|m[ée]dullaires?|moelle|lombaires?|rachis|rachidien\w*|myelon\w+|spinalkanal\w*|\w*sinterung\w*"
    r"|zunehmend\w*|frische[rns]?|[BLH]W[KS]|wirbel\w*|\w*frakture?n?|fracturas?|frattur[ae]|tassements?)\b"
)


def looked(text: str, exam: Exam) -> Exam | None:
    """Complete what is known of an examination; None where a text is no report about the spine."""
    if exam.region in {Region.SPINE, Region.DENSITY}:
        return exam if exam.modality else exam._replace(modality=words.modality_of(_title(text)))
    if exam.region is Region.UNSURE and not _is_report(text, exam):
        return None
    title = _title(text)
    modality = exam.modality or words.modality_of(title) or words.modality_of(text[:_HEAD])
    if exam.region is Region.UNSURE and words.is_spine(title):
        covers = exam.covers or words.covers(title)
        return exam._replace(region=Region.SPINE, modality=modality, covers=covers)
    if not words.is_spine(text) and not _OF_THE_SPINE.search(text):
        return None
    return exam._replace(region=Region.ELSEWHERE, modality=modality)


def is_foreign(text: str) -> bool:
    """Tell whether a text is for the most part in another language than the reader knows."""
    foreign = len(_FOREIGN.findall(text))
    return foreign >= _SOME and foreign > len(_ENGLISH.findall(text))


def is_poor(text: str) -> bool:
    """Tell whether a text, below its title, is of an examination that cannot exclude much."""
    return bool(_POOR.search(text))


def is_unfinished(text: str) -> bool:
    """Tell whether a text calls itself preliminary."""
    return bool(_UNFINISHED.search(text)) and not _FINISHED.search(text)


def is_withdrawn(text: str) -> bool:
    """Tell whether a text takes itself back, as an addendum does after a mistake."""
    return bool(_WITHDRAWN.search(text))


def _is_report(text: str, exam: Exam) -> bool:
    """Tell whether a text is an imaging report, and not a note that was filed as one."""
    if len(set(_NOTE.findall(text))) >= _SOME:
        return False
    return bool(exam.modality or words.modality_of(text[:_HEAD]) or _REPORT.search(text))


def _title(text: str) -> str:
    """Give the lines of a text that name its examination: those before its first section."""
    head = text[: 4 * _HEAD]
    begins = _REPORT.search(head)
    before = head[: begins.start()] if begins else head
    lines = [line for line in before.split("\n") if line.strip()][:_FIRST_LINES]
    return " / ".join([*_TITLE.findall(head), *lines])[:_HEAD]

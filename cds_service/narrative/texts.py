"""From the resources of a record to the texts of its newest imaging reports."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from cds_service.clinical.evidence import Evidence, Item
from cds_service.clinical.report_text import ReportText, Trouble, Wanted
from cds_service.clinical.when import When, Window
from cds_service.facts.codes import Codes
from cds_service.facts.context import UNEXPECTED, Context
from cds_service.facts.elements import objs, word
from cds_service.facts.index import Index, without_twins
from cds_service.narrative.attachments import Documents, lacking
from cds_service.narrative.candidates import KINDS, Candidate, candidates
from cds_service.narrative.entry import Entry, unread
from cds_service.narrative.exam import Exam, Region
from cds_service.narrative.look import is_foreign, is_unfinished, is_withdrawn, looked
from cds_service.narrative.made import made
from cds_service.narrative.merging import merged
from cds_service.narrative.pieces import attachments_of, pieces_of
from cds_service.reports.formats.guard import together

MOST: Final = 5
"""How many reports are read (performance.md 5.11)."""

YEAR: Final = Window(days=365)
"""The longest time for which reports are asked (codes.md 8)."""

SECONDS: Final = 2.0
"""For markup and PDFs of all reports together; what comes later is too slow, and not checked."""

MOST_WANTED: Final = 10
_FILM: Final = "XR"
_TRIES: Final = {Region.SPINE: 12, Region.UNSURE: 10, Region.ELSEWHERE: 6, Region.DENSITY: 2}
"""How many candidates of a kind are looked into: reports come twice, and notes come as reports."""


def report_texts(
    evidence: Evidence, codes: Codes, now: datetime, window: Window = YEAR
) -> tuple[ReportText, ...]:
    """Give the texts of the newest imaging reports that were gathered about a patient.

    `now` is in the zone of the site. Nothing raises: what could not be read has a `trouble`.
    """
    items = without_twins(evidence.items)
    context = Context(codes, now.tzinfo or UTC, now, Index(items).resolve)
    return read_texts(items, context, evidence.documents, window)


def read_texts(
    items: Iterable[tuple[str, Item]],
    context: Context,
    documents: Documents,
    window: Window = YEAR,
) -> tuple[ReportText, ...]:
    """Do the same within a reading of the record; entries that cannot be used are counted there.

    The newest reports of the spine come first, plain films after all others, then those of other
    parts of the body whose text speaks of the spine, then bone densities.
    More than MOST are named, and not read.
    """
    with together(SECONDS):
        entries, late = _entries(items, context, documents, window)
    kept = sorted(merged(entries), key=_rank)
    left = [unread(one.candidate, one.exam, Trouble.LEFT_OUT) for one in kept[MOST:]]
    left += [unread(one, one.exam, Trouble.LEFT_OUT) for one in late]
    return (*(entry.finished() for entry in kept[:MOST]), *left)


def _entries(
    items: Iterable[tuple[str, Item]], context: Context, documents: Documents, window: Window
) -> tuple[list[Entry], list[Candidate]]:
    """Read candidates until there are enough; give also those for which there was no room."""
    entries: list[Entry] = []
    late: list[Candidate] = []
    tried = dict.fromkeys(Region, 0)
    for candidate in sorted(candidates(items, context, window), key=_newest):
        region = candidate.exam.region
        enough = region >= Region.ELSEWHERE and len(entries) >= MOST
        if enough or tried[region] >= _TRIES[region]:
            late += [candidate] if region <= Region.UNSURE else []
            continue
        tried[region] += 1
        try:
            entry = _entry(candidate, context, documents)
        except UNEXPECTED as error:
            context.skip_unexpected(candidate.reference, error)
            entry = None
        entries += [entry] if entry else []
    return entries, late


def wanted(items: Iterable[Item], codes: Codes, now: datetime) -> tuple[Wanted, ...]:
    """Name what the newest reports still need, the most important first.

    Contents of attachments that only a URL gives, and Observations that a report names and
    nobody has brought.
    """
    named = without_twins(items)
    if not any(item.resource.get("resourceType") in KINDS for _, item in named):
        return ()
    context = Context(codes, now.tzinfo or UTC, now, Index(named).resolve)
    found: dict[Wanted, None] = {}
    likely = [
        one
        for one in sorted(candidates(named, context, YEAR), key=_newest)
        if one.exam.region <= Region.UNSURE
    ]
    for candidate in likely[:MOST]:
        try:
            found.update(dict.fromkeys(_wanted_by(candidate, context)))
        except UNEXPECTED as error:
            context.skip_unexpected(candidate.reference, error)
    return tuple(found)[:MOST_WANTED]


def _wanted_by(candidate: Candidate, context: Context) -> list[Wanted]:
    """Name what one report still needs."""
    resource = candidate.resource
    found = [
        Wanted(url, kind) for url, kind in lacking(attachments_of(resource), resource, context)
    ]
    for link in objs(resource.get("result")):
        named = word(link.get("reference"))
        if named and not named.startswith("#") and context.resolve(link, resource) is None:
            found.append(Wanted(named, is_observation=True))
    return found


def _entry(candidate: Candidate, context: Context, documents: Documents) -> Entry | None:
    """Read one candidate; None where its text shows that it is no report about the spine."""
    cheap = candidate.exam.region is Region.ELSEWHERE
    pieces = pieces_of(candidate.resource, context, documents, cheap=cheap)
    text = "\n".join(piece.text for piece in pieces.said)
    foreign = is_foreign(text)
    unsure = candidate.exam.region is Region.UNSURE and (foreign or not pieces.said)
    exam = candidate.exam if unsure else looked(text, candidate.exam)
    if exam is None or (unsure and not exam.imaging):
        return None
    candidate = replace(candidate, when=made(candidate.when, text))
    entry = Entry.of(candidate, exam, pieces)
    entry.final = entry.final and not (is_unfinished(text) or is_withdrawn(text))
    if foreign:
        entry.trouble = entry.trouble or Trouble.OTHER_LANGUAGE
    return entry


def _newest(candidate: Candidate) -> tuple[Region, bool, bool, float, str]:
    """Sort candidates by what they show, then the newest first."""
    return *_shows(candidate.exam), *_age(candidate.when), candidate.reference


def _rank(entry: Entry) -> tuple[Region, bool, bool, float, str]:
    """Sort what was read in the same way; unsure ones follow those of the spine."""
    return *_shows(entry.exam), *_age(entry.when), entry.candidate.reference


def _shows(exam: Exam) -> tuple[Region, bool]:
    """Put plain films last: they show neither the canal nor the marrow."""
    return exam.region, exam.modality == _FILM


def _age(when: When | None) -> tuple[bool, float]:
    """Put the newest first, and what has no time at all last."""
    return (when is None, -when.latest.timestamp() if when else 0.0)

"""When the images of a report were made, where its text tells that they are older than it says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from cds_service.clinical.when import When

_HEAD: Final = 600
_LINES: Final = 6
_OTHER: Final = re.compile(
    r"(?i)^[\W_]{0,20}(?:comparisons?|compared|priors?|previous|history|indication|clinical|reason)\b"
)
_OUTSIDE: Final = r"(?:outside|external|other|referring)[\s-](?:\w{1,20}[\s-]){0,2}"
_SECOND_LOOK: Final = re.compile(
    rf"(?i)\bsecond opinion\b|\b(?:re|over)-?(?:read|interpretation)\b"
    rf"|\b{_OUTSIDE}(?:consult\w*|interpretation|review|opinion|read)\b"
    rf"|\b(?:interpretation|review|consult\w*) (?:of|on) {_OUTSIDE}"
    r"(?:images|imaging|study|studies|films?|exam\w*|mri|ct|scans?)\b"
    rf"|\b(?:performed|acquired|obtained|done) (?:at|in|by) (?:an? )?{_OUTSIDE}"
    r"(?:hospital|facility|institution|cent(?:er|re)|clinic)\b"
)
_DATED: Final = re.compile(
    r"(?i)\b(?:date of (?:exam\w*|study|scan|service)|(?:exam\w*|study|scan) date)\b[ \t]*[:\-]?"
    r"[ \t]*(?:(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)"
    r"|(?P<one>\d{1,2})[/.\-](?P<two>\d{1,2})[/.\-](?P<last>\d{4}))\b"
)
_LATE: Final = timedelta(days=7)
"""A record may take the day of the report for that of the images; beyond that they differ."""


def made(when: When | None, text: str) -> When | None:
    """Take the time of a report for a day of filing where its text is about older images.

    A second opinion on images from elsewhere bears the day on which it was given; how old the
    images are, the record does not say in a form that could be relied on.
    """
    if when is None or when.earliest is None:
        return when
    lines = [line for line in text[:_HEAD].split("\n") if line.strip()][:_LINES]
    head = "\n".join(line for line in lines if not _OTHER.match(line))
    latest = max(_days(head), default=None)
    older = latest is not None and when.earliest.date() - latest > _LATE
    return when._replace(earliest=None) if older or _SECOND_LOOK.search(head) else when


def _days(head: str) -> Iterator[date]:
    """Give the days that may be meant as that of the examination, day first or month first."""
    for found in _DATED.finditer(head):
        year, one, two = _parts(found)
        for month, day in ((one, two), (two, one)):
            try:
                yield date(year, month, day)
            except ValueError:
                continue


def _parts(found: re.Match[str]) -> tuple[int, int, int]:
    """Give the year of a date and its two other numbers."""
    year, one, two = found["year"] or found["last"], found["month"], found["day"]
    return int(year), int(one or found["one"]), int(two or found["two"])

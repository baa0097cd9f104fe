"""Lines about one part of the vertebrae, whose name stands at the head: "Stability: L2, L3 ..."."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from cds_service.reports.levels import Mention
from cds_service.reports.line import EDEMA, INSTABILITY, PEDICLE, STENOSIS, UPTAKE, WALL, Line
from cds_service.reports.places import Place
from cds_service.reports.scope import Meaning
from cds_service.reports.statement import Statement

_TOPICS: Final = {
    "wall": WALL,
    "pedicles": PEDICLE,
    "stability": INSTABILITY,
    "canal": STENOSIS,
    "edema": EDEMA,
    "uptake": UPTAKE,
}
_OWN_WORDS: Final = {
    INSTABILITY: ("stability_kept", "stability_broken"),
    STENOSIS: ("canal_kept", ""),
    EDEMA: ("signal_kept", "signal_raised"),
    UPTAKE: ("signal_kept", "signal_raised"),
}
"""How the part is called well, and how it is not, where the words are its own."""
_SHORT: Final = re.compile(r"\W*[\w\-,:/& ]{2,40}(?:\([^()]{0,60}\))?\W*")
_NEXT: Final = 16
"""So far the line goes that begins behind the name of a part."""
_PLAIN: Final = re.compile(r"(?<!\w)(?:normal|unremarkable|ok|fine)(?!\w)")
_SCORED: Final = re.compile(
    r"(?<!\w)(?:sins|tlics|tlic)(?: score)?(?: of| is)?\s?[:=]?\s?\d{1,2}(?:\s?/\s?\d{1,2})?"
    r"\s?(?:[,(;:=-]{0,2}|[=\-]>|\u2192)\s?(?:i\.e\.,? |that is,? |hence |so )?"
    r"(?P<kind>(?:potentially |possibly )?unstable|stable|indeterminate|impending)(?!\w)"
    r"|(?<!\w)(?P<before>unstable|stable) (?:by|per|on|according to) (?:the )?(?:sins|tlics)(?!\w)"
)
"""A score of stability with what it means: "SINS 14 (unstable)", "stable per TLICS 2"."""

_KINDS: Final = {
    "unstable": Meaning.PRESENT,
    "stable": Meaning.ABSENT,
    "indeterminate": Meaning.INDETERMINATE,
}


def _answers_alone(line: Line) -> bool:
    """Tell whether a sentence is a level and a word for the part spoken of: "L3 stable."."""
    words = line.text[line.start : line.end]
    first = line.places.mentions[0].start - line.start if line.places.mentions else 1
    begins = not words[:first].strip()
    return begins and bool(_SHORT.fullmatch(words)) and not _PLAIN.search(words)


def of_topic(line: Line) -> Iterator[Statement]:
    """Read "L1 breached, L2 intact" behind the name of a part."""
    named = line.lists.values["topic"].match(line.text, line.start, line.end + _NEXT)
    if named:
        line.report.topic = _TOPICS[named.lastgroup or ""]
    elif not line.report.topic:
        return
    elif not (line.places.joined or (not line.places.apart and _answers_alone(line))):
        line.report.topic = ""
        return
    for mention in line.places.mentions:
        said = _said(line, mention) if not mention.disc else None
        if said is None:
            continue
        none = "none" if line.report.topic == STENOSIS and said is Meaning.ABSENT else None
        for level in mention.levels:
            yield line.made(line.report.topic, Place(level), said, none)


def _said(line: Line, mention: Mention) -> Meaning | None:
    """Tell what is said of the part, of one level."""
    values, after = line.lists.values, (mention.end, line.end)
    kept, broken = _OWN_WORDS.get(line.report.topic, ("topic_kept", "topic_broken"))
    if values[kept].match(line.text, *after):
        return Meaning.ABSENT
    if broken and values[broken].match(line.text, *after):
        return Meaning.PRESENT
    return Meaning.INDETERMINATE if values["topic_open"].match(line.text, *after) else None


def scored(line: Line) -> Iterator[Statement]:
    """Read what a score of stability is said to mean."""
    for hit in _SCORED.finditer(line.text, *line.whole):
        word = hit["kind"] or hit["before"]
        said = _KINDS.get(word, Meaning.SUSPECTED)
        target = line.lists.targets[INSTABILITY]
        for place in line.said_of(line.clause_of(hit.start()), hit.span(), target, Meaning.PRESENT):
            yield line.made(INSTABILITY, place, said)

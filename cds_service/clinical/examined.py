"""What the examination says: the names of its findings, and what is on record of them."""

from __future__ import annotations

from typing import Final

from cds_service.clinical.answer import Answer, Gap
from cds_service.clinical.fact import examination
from cds_service.clinical.imaging import Seen
from cds_service.clinical.truth import Reason, Truth

SYMPTOMATIC: Final = examination("level-symptomatic")
TENDERNESS: Final = examination("midline-tenderness")
PATTERN: Final = examination("pain-pattern")
CONCORDANCE: Final = examination("exam-imaging-concordance")
DEFICIT: Final = examination("neuro-deficit")
ONSET: Final = examination("pain-onset")


def undocumented(looked: Seen) -> Answer:
    """Ask whether a finding lacks from the record: no current, final, readable statement of it.

    Yes only where everything was told and nothing may be one: none at all, or only old ones.
    """
    known = looked.ask(lambda _: Truth.YES) if looked.findings else Answer.unknown(looked.absence)
    open_ones = [*looked.vague, *(f for f in looked.tentative if not f.final)]
    if known.truth is Truth.YES and not known.missing:
        return (~known).doubted(looked.doubt)
    gaps = [gap for gap in known.missing if gap.reason not in (Reason.MISSING, Reason.STALE)]
    gaps += [
        Gap(
            Reason.MISSING,
            finding.fact,
            str(looked.window),
            "no_level" if finding.final else "only_preliminary",
            finding.proof(),
        )
        for finding in open_ones
    ]
    gaps += [looked.doubt] if looked.doubt else []
    if gaps:
        return Answer.unknown(*gaps)
    return Answer.yes(*(f.proof("too_old") for f in looked.findings))

"""The imaging reports of a record, each with what its text states."""

from __future__ import annotations

from datetime import datetime

from cds_service.clinical.evidence import Evidence
from cds_service.clinical.report import ReadReport
from cds_service.clinical.report_text import ReportText, Trouble
from cds_service.facts.codes import Codes
from cds_service.facts.imaging_words import is_guidance
from cds_service.narrative.look import is_poor
from cds_service.narrative.regions import placed
from cds_service.narrative.texts import report_texts
from cds_service.reports.budget import Budget
from cds_service.reports.telling import tell

_CUT = "too-long"


def read_reports(evidence: Evidence, codes: Codes, now: datetime) -> tuple[ReadReport, ...]:
    """Read the newest imaging reports that were gathered; `now` is in the zone of the site.

    Nothing raises: a report whose text could not be had or read says why. All share one budget, so
    that no words of a record hold a worker for long.
    """
    budget = Budget()
    return tuple([_read(one, budget) for one in report_texts(evidence, codes, now)])


def _read(text: ReportText, budget: Budget) -> ReadReport:
    """Read the text of one report."""
    told, sentences, whole = tell(text.text, budget) if text.text else ((), (), True)
    return ReadReport(
        text.reference,
        text.title,
        text.when,
        text.modality,
        text.covers,
        text.final,
        text.of_spine,
        is_guidance(text.title),
        placed(told, text.text),
        sentences,
        _trouble(text, whole=whole),
        is_poor(f"{text.title}\n{text.text}"),
    )


def _trouble(text: ReportText, *, whole: bool) -> str:
    """Say why some of a text is not known; a report without any words hides nothing."""
    if text.trouble is not None and text.trouble is not Trouble.NO_TEXT:
        return text.trouble.value
    return _CUT if text.cut or not whole else ""

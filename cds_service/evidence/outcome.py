"""OperationOutcomes: a mere remark, or a sign that something is hidden or went wrong."""

from __future__ import annotations

from typing import Any, Final

from cds_service.clinical.evidence import Resource

_REMARKS: Final = frozenset({"information", "success"})
_EPIC: Final = "urn:oid:1.2.840.114350."
_EPIC_NOTHING_FOUND: Final = "4101"
"""Epic says "returns no results" as a warning on every empty search; it hides nothing."""


def is_remark(outcome: Resource) -> bool:
    """Tell whether an OperationOutcome only remarks, and nothing is hidden or went wrong."""
    issues = outcome.get("issue")
    return isinstance(issues, list) and bool(issues) and all(map(_is_mild, issues))


def _is_mild(issue: Any) -> bool:
    """Tell whether an issue is information, or Epic's warning that there is nothing."""
    if not isinstance(issue, dict):
        return False
    severity = issue.get("severity")
    if not isinstance(severity, str) or severity in _REMARKS:
        return isinstance(severity, str)
    details = issue.get("details")
    codings = details.get("coding") if isinstance(details, dict) else None
    return severity == "warning" and isinstance(codings, list) and any(map(_is_nothing, codings))


def _is_nothing(coding: Any) -> bool:
    """Recognise Epic's code for a search without results."""
    if not isinstance(coding, dict) or coding.get("code") != _EPIC_NOTHING_FOUND:
        return False
    return str(coding.get("system")).startswith(_EPIC)

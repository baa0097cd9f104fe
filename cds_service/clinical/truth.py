"""The three answers, and the reasons why one may be neither yes nor no (rules.md 1.2)."""

from __future__ import annotations

from enum import StrEnum


class Truth(StrEnum):
    """Yes, unknown or no, under the names that rules.md gives them."""

    YES = "fires"
    UNKNOWN = "unknown"
    NO = "clear"

    def __bool__(self) -> bool:
        """Refuse: an unknown would silently become a yes."""
        msg = "compare a Truth with `is`; it has three values"
        raise TypeError(msg)


YES, UNKNOWN, NO = Truth
"""The members by themselves: one request looks at hundreds of them, and each look into an
enumeration costs a tenth of a microsecond (Python 3.11)."""


class Reason(StrEnum):
    """Why an answer is unknown, the weightiest first; or why a question does not apply."""

    SUSPECTED = "suspected"
    CONFLICTING = "conflicting"
    SOURCE_ERROR = "source-error"
    UNPARSEABLE = "unparseable"
    STALE = "stale"
    MISSING = "missing"
    NOT_APPLICABLE = "not-applicable"

"""How a check ends, and how clocks, times, preflights and tokens are judged."""

from __future__ import annotations

import base64
import binascii
import json
import time
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Final

from cds_service.ehr.calls import Heard

SKEW_NOTED, SKEW_WRONG = 5.0, 60.0
"""Seconds by which a clock may differ before that is noted, and before it is wrong."""

SLOW_MS, TOO_SLOW_MS = 1000.0, 5000.0
"""Half a second is what the specification hopes for; at five, clients give up."""

_JWT_PARTS: Final = 3


class Verdict(StrEnum):
    """How a check ended."""

    PASS = "PASS"  # noqa: S105 - a verdict, no password
    WARN = "WARN"
    FAIL = "FAIL"


@dataclass(frozen=True, slots=True)
class Result:
    """One check: what was found, and what to do about it."""

    name: str
    verdict: Verdict
    found: str
    remedy: str = ""


def preflight_lacks(heard: Heard, origin: str, names: str) -> str:
    """Say what a preflight answer lacks; nothing if a browser goes on."""
    if heard.problem:
        return heard.problem
    if heard.headers.get("access-control-allow-origin") not in {origin, "*"}:
        return "this origin is not allowed"
    allowed = heard.headers.get("access-control-allow-headers", "").lower().split(",")
    lacking = set(names.split(",")) - {name.strip() for name in allowed}
    return f"not allowed: {', '.join(sorted(lacking))}" if lacking else ""


def clock(name: str, heard: Heard) -> Result:
    """Hold a server's clock, as far as its Date header tells, against our own."""
    remedy = "set both clocks by NTP: days and tokens are counted by them"
    try:
        then = parsedate_to_datetime(heard.headers.get("date", ""))
    except ValueError:
        return Result(name, Verdict.WARN, "no readable Date header", remedy)
    stamp = (then if then.tzinfo else then.replace(tzinfo=UTC)).timestamp()
    began, ended = heard.timed
    skew = max(began - 1 - stamp, stamp - ended, 0.0)  # the header has whole seconds
    found = f"{skew:.0f} s from the clock of this machine" if skew else "right"
    if skew <= SKEW_NOTED:
        return Result(name, Verdict.PASS, found)
    return Result(name, Verdict.FAIL if skew > SKEW_WRONG else Verdict.WARN, found, remedy)


def speed(ms: float) -> Verdict:
    """Judge a time."""
    if ms > TOO_SLOW_MS:
        return Verdict.FAIL
    return Verdict.WARN if ms > SLOW_MS else Verdict.PASS


def seconds_left(token: str) -> float | None:
    """Read when a token ends, if it is a JWT that says so; nothing is verified."""
    parts = token.split(".")
    if len(parts) != _JWT_PARTS:
        return None
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        return float(claims["exp"]) - time.time()
    except (binascii.Error, ValueError, TypeError, KeyError):
        return None

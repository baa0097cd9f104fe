"""Who calls: the place of client authentication (CDS Hooks 2.0.1, "Trusting CDS Clients").

This version checks no token. It says so at the start of a production service, and pretends
nothing: an `Authorization` header is neither needed nor looked at (conformance 8.11).
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Final

from flask import Request

from cds_service.web import logs

_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls; without a name as long as nobody is asked to prove one."""

    name: str = ""


def caller(request: Request) -> Caller:
    """Tell who calls: nobody in particular, whatever the header claims."""
    del request
    return Caller()


def warn_if_open(profile: str) -> None:
    """Say at the start of a production service that callers are not told apart."""
    if profile == "production":
        logs.say(
            _LOG,
            logging.WARNING,
            "client authentication is not part of this version: let only trusted clients reach it",
            profile=profile,
        )

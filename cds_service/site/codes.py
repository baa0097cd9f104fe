"""Rows of a site's file that name local codes: results, orders, questionnaire items."""

from __future__ import annotations

import re
from typing import Any, Final

from cds_service.cards.tables import Table, closed, flag, text, texts
from cds_service.errors import ContentError
from cds_service.facts.local import LocalLab, LocalOrder, Question

_URI: Final = re.compile(r"(urn:[A-Za-z0-9-]+:|https?://[A-Za-z0-9.-]+)[A-Za-z0-9._~:/-]*")
_LONGEST: Final = 64


def read_lab(raw: Any, where: str) -> LocalLab:
    """Read a local code of a laboratory or vital-sign result."""
    closed(raw, where, ("system", "code", "fact"), ("unit",))
    system, code = _coded(raw, where)
    return LocalLab(where, system, code, text(raw, "fact", where), text(raw, "unit", where, ""))


def read_order(raw: Any, where: str) -> LocalOrder:
    """Read a local code of an order."""
    closed(raw, where, ("system", "code", "role", "says"), ("regions",))
    system, code = _coded(raw, where)
    says = text(raw, "says", where)
    if len(says) > _LONGEST or not says.isprintable():
        msg = f"{where}: 'says' must be one line of at most {_LONGEST} characters"
        raise ContentError(msg)
    regions = texts(raw, "regions", where)
    return LocalOrder(where, system, code, text(raw, "role", where), says, regions)


def read_question(raw: Any, where: str) -> Question:
    """Read an item of a questionnaire that stands for a finding."""
    optional = ("questionnaire", "level", "level_from", "values", "by_patient")
    closed(raw, where, ("link_id", "finding"), optional)
    level, level_from = text(raw, "level", where, ""), text(raw, "level_from", where, "")
    if level and level_from:
        msg = f"{where}: give either level or level_from"
        raise ContentError(msg)
    return Question(
        where,
        text(raw, "link_id", where),
        text(raw, "finding", where),
        text(raw, "questionnaire", where, ""),
        level,
        level_from,
        _values(raw.get("values", {}), where),
        flag(raw, "by_patient", where),
    )


def _values(raw: Any, where: str) -> dict[str, str | bool]:
    """Read which answer stands for which value; answers compare in small letters."""
    found: dict[str, str | bool] = {}
    for answer, value in closed(raw, f"{where} values", (), raw).items():
        key = answer.strip().lower()
        if key in found or not isinstance(value, str | bool):
            msg = f"{where} values: {answer!r} must stand once, for a text, true or false"
            raise ContentError(msg)
        found[key] = value
    return found


def _coded(raw: Table, where: str) -> tuple[str, str]:
    """Read a system and a code; both become part of a search."""
    system, code = text(raw, "system", where), text(raw, "code", where)
    if not _URI.fullmatch(system):
        msg = f"{where}: system {system!r} must be a URI: urn:oid:1.2.3 or https://host/path"
        raise ContentError(msg)
    if len(code) > _LONGEST or not code.isprintable():
        msg = f"{where}: code {code!r} must be one line of at most {_LONGEST} characters"
        raise ContentError(msg)
    return system, code

"""Which of our facts an observation stands for, by its code or its whole name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from cds_service.facts.elements import texts
from cds_service.facts.finding_codes import FindingCode
from cds_service.facts.lab_codes import LabCode, Labs
from cds_service.facts.systems import FINDING, Systems

_LOINC: Final = "loinc"


def observed(
    concept: object, systems: Systems, labs: Labs, findings: Mapping[str, FindingCode]
) -> Sequence[LabCode | FindingCode]:
    """Tell which facts an observation's code stands for.

    A LOINC code that we do not list is another test, whatever it is called. Without any
    LOINC code a whole name counts, and raises suspicion only (real-data.md 4).
    """
    pairs = systems.pairs(concept)
    found: list[LabCode | FindingCode] = []
    for key, code in pairs:
        hit = labs.codes.get(code) if key == _LOINC else labs.local.get((key, code))
        mark = findings.get(code) if key == FINDING else None
        found += [one for one in (hit, mark) if one]
    if len(found) > 1:
        return _most_particular(found)
    if found or any(key == _LOINC for key, _ in pairs):
        return found
    names = [labs.names.get(" ".join(text.lower().split())) for text in texts(concept)]
    return [name for name in names if name][:1]


def _most_particular(found: Iterable[LabCode | FindingCode]) -> list[LabCode | FindingCode]:
    """Keep one code of each fact: the one that says most about how it was measured."""
    kept: dict[str, LabCode | FindingCode] = {}
    for one in sorted(found, key=_detail):
        kept[one.code if isinstance(one, FindingCode) else one.fact.name] = one
    return [kept[name] for name in sorted(kept)]


def _detail(code: LabCode | FindingCode) -> tuple[bool, bool, str]:
    """Rank codes by what is particular about them."""
    if isinstance(code, FindingCode):
        return False, False, code.code
    return code.never_clears, bool(code.site), code.code

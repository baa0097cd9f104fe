"""The codes by which a record is asked, for prefetch templates and searches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from cds_service.facts.finding_codes import FindingCode
from cds_service.facts.lab_codes import Labs
from cds_service.facts.systems import FINDING, Systems

_LOINC: Final = "loinc"
_BY_CODE: Final = ("laboratory", "vital_signs")


def by_query(
    systems: Systems, labs: Labs, findings: Mapping[str, FindingCode]
) -> Mapping[str, Sequence[str]]:
    """List "system|code" for each query that asks by code.

    Codes that are accepted when they come, but not to be asked for, are left out.
    """
    loinc, own = systems.uris(_LOINC)[0], systems.uris(FINDING)[0]
    asked = {
        query: tuple(
            f"{loinc}|{code}"
            for code, lab in labs.codes.items()
            if lab.fact.query == query and lab.requested
        )
        for query in _BY_CODE
    }
    return {**asked, "findings": tuple(f"{own}|{code}" for code in findings)}

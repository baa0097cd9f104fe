"""What the place must have: monitoring, resuscitation, fluoroscopy, and rapid CT or MRI."""

from __future__ import annotations

from dataclasses import dataclass, fields

from cds_service.clinical import Answer, Chart, Gap, Proof, Reason, any_of, rule
from cds_service.clinical.fact import site

Said = tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Limits:
    """What a site must say of each thing: "yes" or "no"."""

    monitoring: Said
    resuscitation: Said
    fluoroscopy: Said
    rapid_imaging: Said


THINGS = tuple(field.name for field in fields(Limits))


@rule(limits=Limits, reads=tuple(site(name) for name in THINGS))
def facility_capability(_: Chart, limits: Limits) -> Answer:
    """Does the site lack something that the procedure needs?"""
    return any_of(_lacks(name, getattr(limits, name)) for name in THINGS)


def _lacks(name: str, said: Said) -> Answer:
    """Tell whether the site says that it lacks one thing."""
    if not said:
        return Answer.unknown(Gap(Reason.MISSING, name))
    if said == ("no",):
        return Answer.yes(Proof(f"no_{name}"))
    if said == ("yes",):
        return Answer.no(Proof(name))
    return Answer.unknown(Gap(Reason.UNPARSEABLE, name))

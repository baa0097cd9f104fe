"""What all observations share: their time and the place of their value."""

from __future__ import annotations

from typing import Final, NamedTuple

from cds_service.clinical.evidence import Resource
from cds_service.clinical.when import When
from cds_service.facts.context import Context
from cds_service.facts.dates import filed, has_time, time_of
from cds_service.facts.elements import obj

TIMES: Final = (
    "effectiveDateTime",
    "effectiveInstant",
    "effectivePeriod",
    "effectiveTiming",
    "issued",
)


class Observed(NamedTuple):
    """One value that somebody observed.

    `holder` has the value: the Observation itself or one component of it. `resource` has the time
    and the rest. `final` is False while the value may still change.
    """

    resource: Resource
    holder: Resource
    reference: str
    final: bool

    def when(self, context: Context) -> When | None:
        """Tell when it was observed."""
        return effective(self.resource, self.reference, context)


def effective(resource: Resource, reference: str, context: Context) -> When | None:
    """Tell when a result was true: `effective[x]`, else the collection of its specimen.

    The moment of filing says only that it is older (rules.md 1.1). A time that cannot be read is
    noted and leaves the result without a date.
    """
    moment = resource.get("effectiveDateTime")
    if type(moment) is str and moment:  # nearly every time is given in this way
        when = context.when(moment)
        if when is None:
            context.skip(reference, "effective[x] is no date")
        return when
    if has_time(resource, "effective"):
        when = time_of(resource, "effective", context.zone)
        if when is None:
            context.skip(reference, "effective[x] is no date")
        return when
    specimen = resource.get("specimen")
    if specimen:
        collection = obj(obj(context.resolve(specimen, resource)).get("collection"))
        collected = time_of(collection, "collected", context.zone)
        if collected:
            return collected
    issued = resource.get("issued")
    return filed(issued, context.zone) if issued else None

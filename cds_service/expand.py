"""`terminology`: asks the terminology server of a site now, and says set by set what came."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from cds_service.catalog import load_catalog
from cds_service.errors import SettingsError
from cds_service.settings import Settings
from cds_service.terminology.keeper import Keeper


def report(settings: Settings, now: datetime) -> str:
    """Refresh what is kept; Refused where an answer looks wrong, and nothing changes."""
    keeper = load_catalog(settings).terminology
    if keeper is None:
        msg = "the site file has no [terminology]: SNOMED CT codes are an explicit list only"
        raise SettingsError(msg)
    kept = keeper.refresh(now)
    lines = [
        f"asked {keeper.site.access.base} by {kept.how}",
        f"SNOMED CT version {kept.version or 'not stated'}, expanded on {now.date().isoformat()}",
        keeper.problem or f"kept in {keeper.path}",
    ]
    return "\n".join([*lines, *_sets(keeper)])


def _sets(keeper: Keeper) -> Iterator[str]:
    """Say for each set how many codes were added, and which."""
    left = keeper.kept.left if keeper.kept else {}
    unknown = keeper.kept.unknown if keeper.kept else ()
    for name, codes in keeper.added().items():
        yield f"{name}: {len(codes)} codes added"
        if name in left:
            yield f"  explicit list only: {left[name]}"
        yield from (f"  {code} {says}" for code, says in sorted(codes.items()))
    if unknown:
        yield f"listed codes that the server does not know: {', '.join(unknown)}"
    kept = sorted(keeper.scope.guards.items())
    yield "never expanded:"
    yield from (f"  {code}: {why}" for code, why in kept)

"""The last good expansion, in one JSON file: written as a whole, read only if it fits."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Final

import orjson

from cds_service.facts.expanding import Below
from cds_service.terminology.concept import is_concept

FORM: Final = 1
_LARGEST: Final = 64 << 20


class Unusable(ValueError):  # noqa: N818 - says of a file what it is
    """A file that cannot be used, with the reason."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One expansion.

    `digest` names the tables for which it was made. `left` are sets that were not expanded, each
    with the reason, `unknown` the rows that the server does not know.
    """

    url: str
    digest: str
    expanded: datetime
    version: str
    how: str
    codes: Mapping[str, Below]
    left: Mapping[str, str] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()


def write(path: Path, kept: Kept) -> None:
    """Put an expansion in the place of the last one; OSError where that cannot be."""
    body = {
        "form": FORM,
        "url": kept.url,
        "digest": kept.digest,
        "expanded": kept.expanded.isoformat(timespec="seconds"),
        "version": kept.version,
        "how": kept.how,
        "left": dict(kept.left),
        "unknown": kept.unknown,
        "codes": {code: [one.says, *one.rows] for code, one in kept.codes.items()},
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=path.parent, prefix=path.name, delete=False) as file:
        try:
            file.write(orjson.dumps(body, option=orjson.OPT_INDENT_2))
            file.flush()
            os.fsync(file.fileno())
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise


def read(path: Path, url: str, digest: str) -> Kept | None:
    """Read the last expansion; None where there is none, Unusable where it does not fit."""
    try:
        if path.stat().st_size > _LARGEST:
            raise Unusable("the file is too large")
        body = orjson.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, orjson.JSONDecodeError) as error:
        raise Unusable("the file cannot be read") from error
    if not isinstance(body, dict) or body.get("form") != FORM:
        raise Unusable("the file is none of this version")
    if body.get("url") != url:
        raise Unusable("it came from another server")
    if body.get("digest") != digest:
        raise Unusable("it was made for other code tables")
    try:
        return _kept(body)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Unusable("the file does not say what it should") from error


def _kept(body: Mapping[str, Any]) -> Kept:
    """Make an expansion of the file."""
    expanded = datetime.fromisoformat(body["expanded"])
    if expanded.tzinfo is None:
        raise Unusable("its date has no zone")
    codes = {}
    for code, (says, *rows) in body["codes"].items():
        if not is_concept(code) or not all(isinstance(one, str) for one in (says, *rows)):
            raise Unusable("a code is none")
        codes[code] = Below(says, tuple(rows))
    left = {str(name): str(why) for name, why in body["left"].items()}
    unknown = tuple(map(str, body["unknown"]))
    url, digest, version, how = (str(body[key]) for key in ("url", "digest", "version", "how"))
    return Kept(url, digest, expanded, version, how, codes, left, unknown)

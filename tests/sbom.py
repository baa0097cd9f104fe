"""Writes the SBOM from the lock file: `python -m tests.sbom` (`make lock` does it).

CycloneDX 1.6: every package that runs in production, with the hashes of the files that pip accepts.
The same lock file gives the same bytes: there is no time and no random number in it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final

from tests.conftest import PROJECT

LOCK: Final = PROJECT / ".ci" / "requirements.lock"
SBOM: Final = PROJECT / ".ci" / "sbom.cdx.json"

_PINNED: Final = re.compile(r"(?P<name>[a-z0-9.-]+)==(?P<version>[^ ;]+)(?: ; (?P<marker>.+))?")
_HASH: Final = re.compile(r"--hash=sha256:([0-9a-f]{64})")
_NAME: Final = "vertebral-augmentation-cds"


def packages(lock: str) -> Iterator[dict[str, Any]]:
    """Read each package of a lock file; ValueError for a line that is none."""
    for line in lock.replace("\\\n", " ").splitlines():
        text, *_ = line.partition(" --hash")
        found = _PINNED.fullmatch(text.strip())
        hashes = _HASH.findall(line)
        if not found or not hashes:
            msg = f"no package with its version and hashes: {line[:60]!r}"
            raise ValueError(msg)
        yield {**found.groupdict(), "hashes": hashes}


def component(package: dict[str, Any]) -> dict[str, Any]:
    """Write one package as a component."""
    name = f"pkg:pypi/{package['name']}@{package['version']}"
    written = {
        "type": "library",
        "bom-ref": name,
        "name": package["name"],
        "version": package["version"],
        "hashes": [{"alg": "SHA-256", "content": one} for one in package["hashes"]],
        "purl": name,
    }
    if package["marker"]:
        written["properties"] = [{"name": f"{_NAME}:marker", "value": package["marker"]}]
    return written


def sbom(lock: str) -> str:
    """Write the SBOM of a lock file."""
    ours = {
        "type": "application",
        "bom-ref": _NAME,
        "name": _NAME,
        "licenses": [{"license": {"id": "Apache-2.0"}}],
    }
    document = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": ours},
        "components": [component(one) for one in packages(lock)],
    }
    return json.dumps(document, indent=2) + "\n"


if __name__ == "__main__":
    SBOM.write_text(sbom(LOCK.read_text(encoding="utf-8")), encoding="utf-8")

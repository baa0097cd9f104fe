"""What every resource of ours has: its canonical URL, names, version and standing."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any, Final

from cds_service import __version__

PUBLISHER: Final = "Vertebral augmentation CDS"
_PART: Final = re.compile(r"[A-Za-z0-9]+")

Resource = dict[str, Any]


def framed(base: str, kind: str, ident: str, title: str, body: Mapping[str, Any]) -> Resource:
    """Make a resource of its body; its version names the exact state of what it holds."""
    said = json.dumps(body, sort_keys=True, ensure_ascii=False)
    digest = hashlib.sha256(said.encode()).hexdigest()[:8]
    return {
        "resourceType": kind,
        "id": ident,
        "url": canonical(base, kind, ident),
        "version": f"{__version__}+{digest}",
        "name": "".join(part.capitalize() for part in _PART.findall(ident)),
        "title": title,
        "status": "active",
        "experimental": False,
        "publisher": PUBLISHER,
        **body,
    }


def canonical(base: str, kind: str, ident: str) -> str:
    """Give the canonical URL of one of our resources (rules.md 9.15)."""
    return f"{base.rstrip('/')}/{kind}/{ident}"

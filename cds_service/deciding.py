"""`decide`: the answer to a saved hook request, by the same way as over HTTP."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from cds_service.app import create_app
from cds_service.catalog import load_catalog
from cds_service.errors import BadRequest
from cds_service.settings import Settings
from cds_service.stories import read_json


def answer(settings: Settings, path: Path, now: datetime) -> tuple[int, Any]:
    """Answer a saved request as of a moment: the status and the body.

    The service is found by the hook that the request names. BadRequest when there is none.
    """
    saved = read_json(path)
    hook = saved.get("hook") if isinstance(saved, dict) else None
    catalog = load_catalog(settings)
    service = next((one for one in catalog.services if one.hook == hook), None)
    if service is None:
        hooks = ", ".join(sorted({one.hook for one in catalog.services}))
        message = f"{path.name}: no service for its hook; there are {hooks}"
        raise BadRequest(message, "hook")
    app = create_app(settings, catalog=catalog, clock=lambda: now, local=True)
    body = path.read_bytes()
    client = app.test_client()
    url = f"/cds-services/{service.id}"
    response = client.post(url, data=body, content_type="application/json")
    return response.status_code, response.get_json()

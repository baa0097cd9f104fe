"""Both sides for real: a FHIR server of stories, the service in a thread, and broken servers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from click.testing import CliRunner, Result
from werkzeug.serving import WSGIRequestHandler, make_server

from cds_service.__main__ import main
from cds_service.app import create_app
from cds_service.catalog import Catalog
from cds_service.clinical.procedure import Procedure
from cds_service.evidence.gather import Gatherer
from cds_service.settings import Settings
from cds_service.stories import story_of_folder
from tests.conftest import PATIENTS
from tests.evidence.conftest import FhirServer
from tests.evidence.conftest import serve as serve  # noqa: PLC0414 - a fixture for this folder
from tests.fhir_server import CAPABILITY, serving

NAMES = ("warfarin_active_inr_2_4", "everything_known_and_clear")
WARFARIN, CLEAR = "warfarin-active-inr-2-4", "everything-known-and-clear"
TOKEN = "secret-token-4711"
Start = Callable[[], FhirServer]


class Silent(WSGIRequestHandler):
    """Writes no log."""

    def log_request(self, *_: object) -> None:
        """Stay silent."""


@pytest.fixture(scope="module")
def fhir(procedure: Procedure) -> Iterator[str]:
    """Serve two patients."""
    stories = [story_of_folder(PATIENTS / name, procedure) for name in NAMES]
    with serving({story.patient: story for story in stories}) as base:
        yield base


@pytest.fixture(scope="module")
def service(settings: Settings, catalog: Catalog) -> Iterator[str]:
    """Run the real service in a thread, over real sockets."""
    gatherer = Gatherer.from_settings(settings, catalog.queries)
    app = create_app(settings, catalog, gatherer)
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Silent)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()
    gatherer.close()


@pytest.fixture
def broken(serve: Start) -> FhirServer:
    """Start a FHIR server that is fine but empty, to be broken at will."""
    server = serve()
    server.misdeeds["metadata"] = lambda handler: handler.send(CAPABILITY)
    return server


@pytest.fixture(autouse=True)
def _quiet(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDS_DATABASE_URL", f"sqlite:///{tmp_path}/cds.sqlite3")
    monkeypatch.delenv("FHIR_TOKEN", raising=False)


def run(*words: str) -> Result:
    """Run one of our commands."""
    return CliRunner().invoke(main, list(words))

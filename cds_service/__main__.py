"""The command line of the service; each command is told by `--help`."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from cds_service import __version__
from cds_service.errors import CdsError
from cds_service.settings import describe, load_settings

_SECONDS = click.FloatRange(0.1, 120)


def _as_client(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options by which a command is a registered client of the service."""
    key = click.option(
        "--key", type=click.Path(path_type=Path), help="its private key: a JWK with kid and alg"
    )
    return click.option("--issuer", help="issuer of a registered client")(key(command))


class Failing(click.Group):
    """A group of commands whose errors are one clear line, never a stack trace."""

    def invoke(self, ctx: click.Context) -> object:
        """Run a command; an error of ours ends it with status 1 and its message."""
        try:
            return super().invoke(ctx)
        except CdsError as error:
            click.echo(f"error: {error}", err=True)
            sys.exit(1)


@click.group(cls=Failing)
@click.version_option(__version__)
def main() -> None:
    """Advise on orders for vertebral augmentation (CDS Hooks)."""


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="address to listen on")
@click.option("--port", default=8080, show_default=True, help="port to listen on")
@click.option("--workers", default=1, show_default=True, help="worker processes")
@click.option("--threads", default=4, show_default=True, help="threads of each worker")
def serve(host: str, port: int, workers: int, threads: int) -> None:
    """Run the service until it is stopped."""
    from cds_service.app import serve as run

    run(load_settings(), host, port, workers, threads)


@main.command()
@click.option("--once", is_flag=True, help="end when all answers have been shown")
@click.option("--port", default=0, help="port to listen on; 0 takes a free one")
def demo(*, once: bool, port: int) -> None:
    """Start the service, send it saved patients and show their cards."""
    from cds_service.demo import run

    sys.exit(run(load_settings(), once=once, port=port))


@main.command()
@click.option("--site", type=click.Path(path_type=Path), help="file of a site, before CDS_SITE")
def validate(site: Path | None) -> None:
    """Prove that all content fits together, and say what a site changes."""
    from cds_service.validate import report

    settings = load_settings()
    click.echo(report(settings.model_copy(update={"site": site}) if site else settings))


@main.command()
@click.option("--site", type=click.Path(path_type=Path), help="file of a site, before CDS_SITE")
def terminology(site: Path | None) -> None:
    """Ask the terminology server of a site now, and say which codes that adds."""
    from cds_service.expand import report

    settings = load_settings()
    settings = settings.model_copy(update={"site": site}) if site else settings
    click.echo(report(settings, datetime.now(UTC)))


@main.command()
@click.option("--json", "form", flag_value="json", help="print one JSON array")
@click.option("--html", "form", flag_value="html", help="print one page that stands by itself")
def trace(form: str | None) -> None:
    """Show which rule carries which passage, and all that hangs on each rule."""
    from cds_service.tracing import report

    click.echo(report(load_settings(), form or "text"), nl=False)


@main.command()
@click.option("--out", required=True, help="folder for one file each, or - for one Bundle")
def artefacts(out: str) -> None:
    """Write our code systems, value sets and concept maps as FHIR R4 resources."""
    from cds_service.artefacts.library import load_library, write
    from cds_service.catalog import load_catalog

    settings = load_settings()
    click.echo(write(load_library(settings.cards, load_catalog(settings)), out))


@main.command(name="settings")
def show_settings() -> None:
    """Show every setting, its value and where it comes from."""
    for name, value, origin, meaning in describe(load_settings()):
        click.echo(f"{name:22} {value:45} {origin:12} {meaning}")


@main.command()
@click.argument("path", type=click.Path(path_type=Path), required=False)
@click.option("--order", help="codes of the selected order: 22514 or 22514,22515*2")
@click.option("--level", default="", help="levels of the order: L1 or T12,L1")
@click.option("--today", type=click.DateTime(["%Y-%m-%d"]), help="day of the order")
@click.option("--patient", help="id of the patient")
@click.option("--fhir", help="base URL of a FHIR R4 server to read from, instead of PATH")
@click.option("--token", help="bearer token for that server", envvar="FHIR_TOKEN", show_envvar=True)
@click.option("--json", "machine", is_flag=True, help="print one JSON object")
def explain(
    path: Path | None,
    order: str | None,
    level: str,
    today: datetime | None,
    patient: str | None,
    fhir: str | None,
    token: str | None,
    *,
    machine: bool,
) -> None:
    """Show how the answer for one patient comes about.

    PATH is a patient folder of fhir_fixtures or a file with a FHIR R4 Bundle.
    """
    from cds_service.explaining import Wanted, trace

    settings = load_settings()
    wanted = Wanted(path, order, level, today.date() if today else None, patient, fhir, token)
    click.echo(trace(settings, wanted, machine=machine), nl=False)


@main.command(name="try")
@click.option("--fhir", required=True, help="base URL of a FHIR R4 server")
@click.option("--patient", help="id of the patient")
@click.option("--order", default="22514", show_default=True, help="codes of the selected order")
@click.option("--level", default="L1", show_default=True, help="levels of the order")
@click.option("--token", help="bearer token for that server", envvar="FHIR_TOKEN", show_envvar=True)
@click.option("--service", help="URL of a running service; without it, answer in this process")
@_as_client
@click.option("--today", type=click.DateTime(["%Y-%m-%d"]), help="day of the order, in process")
@click.option("--seconds", default=10.0, type=_SECONDS, help="longest wait for one request")
@click.option("--find", is_flag=True, help="list patients for whom there is something to say")
@click.option("--most", default=20, show_default=True, type=click.IntRange(1, 200))
@click.option("--json", "machine", is_flag=True, help="print one JSON object")
def try_it(
    fhir: str,
    patient: str | None,
    order: str,
    level: str,
    token: str | None,
    service: str | None,
    issuer: str | None,
    key: Path | None,
    today: datetime | None,
    seconds: float,
    most: int,
    *,
    find: bool,
    machine: bool,
) -> None:
    """Play the EHR: fill the prefetch from a FHIR server, select an order, show the cards.

    --find does so for up to --most patients of that server, and lists them.
    """
    from cds_service.ehr import finding
    from cds_service.ehr.identity import read_identity
    from cds_service.ehr.trying import Attempt, run

    day = today.date() if today else None
    who = read_identity(issuer, key)
    attempt = Attempt(fhir, patient, order, level, token or None, service, day, seconds, who)
    settings = load_settings()
    if find:
        text, status = finding.run(settings, attempt, most, _progress, machine=machine)
    else:
        text, status = run(settings, attempt, machine=machine)
    click.echo(text, nl=False)
    sys.exit(status)


@main.command()
@click.option("--service", required=True, help="URL of the running service")
@click.option("--fhir", required=True, help="base URL of the FHIR R4 server behind it")
@click.option("--patient", help="id of a patient; without it, the first one listed")
@click.option("--token", help="bearer token for that server", envvar="FHIR_TOKEN", show_envvar=True)
@_as_client
@click.option("--origin", help="origin of a browser client that must be able to call")
@click.option("--seconds", default=10.0, type=_SECONDS, help="longest wait for one request")
@click.option("--json", "machine", is_flag=True, help="print one JSON object")
def doctor(
    service: str,
    fhir: str,
    patient: str | None,
    token: str | None,
    issuer: str | None,
    key: Path | None,
    origin: str | None,
    seconds: float,
    *,
    machine: bool,
) -> None:
    """Check a deployment; each line PASS, WARN or FAIL, and the status is 1 after a FAIL."""
    from cds_service.ehr.doctor import Visit, run
    from cds_service.ehr.identity import read_identity

    who = read_identity(issuer, key)
    visit = Visit(service, fhir, patient, token or None, origin, seconds, who)
    text, status = run(load_settings(), visit, machine=machine)
    click.echo(text, nl=False)
    sys.exit(status)


def _progress(line: str) -> None:
    """Say how far a long command is, beside its output."""
    click.echo(line, err=True)


@main.command()
@click.argument("request", type=click.Path(path_type=Path))
@click.option("--today", type=click.DateTime(["%Y-%m-%d"]), help="answer as of this day")
def decide(request: Path, today: datetime | None) -> None:
    """Print the answer to a saved hook request."""
    from cds_service.deciding import answer

    settings = load_settings()
    now = datetime.combine(today.date(), time(12), ZoneInfo(settings.time_zone)) if today else None
    status, body = answer(settings, request, now or datetime.now(UTC))
    click.echo(json.dumps(body, indent=2, ensure_ascii=False))
    sys.exit(0 if status == 200 else 1)  # noqa: PLR2004 -- 200 is HTTP's own name


@main.group()
def clients() -> None:
    """Look after the file of the EHRs that may call (CDS_CLIENTS)."""


@clients.command(name="check")
@click.argument("file", type=click.Path(path_type=Path))
def clients_check(file: Path) -> None:
    """Say every problem of FILE, or who may call and how."""
    from cds_service.clients.telling import overview

    click.echo(overview(load_settings(), file))


@main.group()
def auth() -> None:
    """Look into client tokens, on this machine."""


@auth.command(name="explain")
@click.argument("token")
@click.option("--aud", default="", help="URL that was called, if it matters which")
@click.option("--clients", "file", type=click.Path(path_type=Path), help="before CDS_CLIENTS")
def auth_explain(token: str, aud: str, file: Path | None) -> None:
    """Say why TOKEN is accepted or refused; - reads it from standard input.

    Asks the registered address for keys, and nobody else. A token is not used up by it.
    """
    from cds_service.clients.telling import explain as tell

    settings = load_settings()
    raw = sys.stdin.read() if token == "-" else token  # noqa: S105 -- the name of a stream
    accepted, text = tell(settings, file or settings.clients, raw.strip(), aud, datetime.now(UTC))
    click.echo(text)
    sys.exit(0 if accepted else 1)


@main.group()
def audit() -> None:
    """Look into the audit trail of the store (CDS_DATABASE_URL)."""


@audit.command(name="verify")
@click.option("--end", default="", help="NUMBER:HASH of a line that was kept elsewhere")
def audit_verify(end: str) -> None:
    """Prove that no record was changed, moved or removed; say which one is broken.

    The status is 0 when all is whole, 1 when anything is broken, 3 when it cannot be read. With
    --end the trail must also hold that very record: take it from the log ("audit trail").
    """
    from cds_service.auditing import verified

    status, text = verified(load_settings(), end)
    click.echo(text)
    sys.exit(status)


@audit.command(name="show")
@click.option("--last", default=20, show_default=True, type=click.IntRange(1, 100_000))
@click.option("--json", "form", flag_value="json", help="print one JSON array")
@click.option("--fhir", "form", flag_value="fhir", help="print a Bundle of AuditEvents (FHIR R4)")
def audit_show(last: int, form: str | None) -> None:
    """Show the newest records."""
    from cds_service.auditing import shown

    status, text = shown(load_settings(), last, form or "text")
    click.echo(text)
    sys.exit(status)


@main.command(name="read-report")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--json", "json_out", is_flag=True, help="print one JSON object for each report")
@click.option("--jsonl", "lines", is_flag=True, help='each line of the input is {"id", "text"}')
def read_report(paths: tuple[Path, ...], *, json_out: bool, lines: bool) -> None:
    """Show what radiology reports say.

    PATHS are files of plain text, HTML, RTF, XML (CDA) or PDF, or JSON with a DiagnosticReport, a
    DocumentReference or a Bundle; without any, or as "-", standard input is read.
    """
    from cds_service.read_report import report

    for text in report(paths, lines=lines, json_out=json_out):
        click.echo(text)


if __name__ == "__main__":
    main()

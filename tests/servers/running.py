"""Servers as processes of their own, which never outlive the tests that started them."""

from __future__ import annotations

import select
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

_START_SECONDS: Final = 300
_END_SECONDS: Final = 10


class NotStarted(Exception):  # noqa: N818 - it says what did not happen
    """The server gave no address; says what it wrote last."""


@contextmanager
def running(command: list[str], work: Path, seconds: float = _START_SECONDS) -> Iterator[str]:
    """Run a server that prints its base URL; gives that URL.

    The server ends when its standard input does. The input is a pipe that only this process
    holds: however we end, by Ctrl-C or killed, so does the server. NotStarted if no URL came.
    """
    log = work / "log.txt"
    with (
        log.open("wb") as written,
        subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=written,
            text=True,
            cwd=work,
            start_new_session=True,  # Ctrl-C is ours alone: the last tests may still ask
        ) as process,
    ):
        try:
            yield _first_line(process, log, seconds)
        finally:
            _end(process)


def _first_line(process: subprocess.Popen[str], log: Path, seconds: float) -> str:
    """Wait for the address."""
    assert process.stdout is not None
    until = time.monotonic() + seconds
    ready: list[IO[str]] = []
    while not ready and process.poll() is None and time.monotonic() < until:
        ready, _, _ = select.select([process.stdout], [], [], 0.2)
    line = process.stdout.readline().strip() if ready else ""
    if not line:
        words = log.read_text(encoding="utf-8", errors="replace")[-2000:]
        msg = f"{_program(process)} gave no address: {words}"
        raise NotStarted(msg)
    return line


def _program(process: subprocess.Popen[str]) -> str:
    """Name the program of a process."""
    return str(process.args[0] if isinstance(process.args, list) else process.args)


def _end(process: subprocess.Popen[str]) -> None:
    """Close the input of a server, and kill it if that is not enough."""
    assert process.stdin is not None
    process.stdin.close()
    try:
        process.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()

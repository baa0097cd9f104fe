"""The packages of the real servers: fetched once, and kept in a folder named by what pins them."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

HERE: Final = Path(__file__).parent

_FETCH_SECONDS: Final = 1800
_COLOURS: Final = re.compile(r"\x1b\[[0-9;]*m")
_NUMBERS: Final = re.compile(r"\d+(?:\.\d+)*")

Version = tuple[int, ...]


class NotFetched(Exception):  # noqa: N818 - it says what did not happen
    """The packages could not be fetched; says how the package tool ended."""


@dataclass(frozen=True, slots=True)
class Kit:
    """One server: its folder here, the tools that it needs, how it is fetched and started.

    `tools` gives the least version of each program. `start` writes the command for the folder
    where the packages are and one for what the server writes. `most` is how many changes one
    transaction may hold. `exact` tells whether the server keeps numbers as they were written: one
    of JavaScript gives 1 for 1.0.
    """

    name: str
    tools: Mapping[str, Version]
    fetch: tuple[str, ...]
    start: Callable[[Path, Path], list[str]]
    most: int
    exact: bool


def _hapi(home: Path, work: Path) -> list[str]:
    """Write the command that starts HAPI; C1 alone is quickest for a server of minutes."""
    jars = sorted(str(jar) for jar in (home / "lib").glob("*.jar"))
    path = os.pathsep.join([str(home / "target/classes"), *jars])
    quick = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx1536m")
    return ["java", *quick, "-cp", path, "Server", str(work)]


def _medplum(home: Path, work: Path) -> list[str]:
    """Write the command that starts Medplum's router; it writes no file."""
    del work
    return ["node", str(home / "server.mjs")]


HAPI: Final = Kit(
    "hapi",
    {"java": (17,), "javac": (17,), "mvn": (3, 8)},
    (
        *("mvn", "--batch-mode", "--quiet"),
        *("compile", "dependency:copy-dependencies", "-DoutputDirectory=lib"),
    ),
    _hapi,
    most=5000,
    exact=True,
)
MEDPLUM: Final = Kit(
    "medplum",
    {"node": (20, 19), "npm": (10,)},
    ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"),
    _medplum,
    most=50,
    exact=False,
)
KITS: Final = (HAPI, MEDPLUM)


def lacking(kit: Kit) -> str:
    """Say which tools of a server this machine lacks, or has too old; empty if none."""
    told = [_lack(program, least) for program, least in kit.tools.items()]
    missing = ", ".join(one for one in told if one)
    return f"the FHIR server {kit.name} needs {missing}" if missing else ""


def _lack(program: str, least: Version) -> str:
    """Say what is wrong with one program; empty if nothing."""
    wanted = ".".join(str(number) for number in least)
    found = shutil.which(program)
    if found is None:
        return f"{program} {wanted} (not found)"
    run = subprocess.run([found, "--version"], capture_output=True, text=True, check=False)
    match = _NUMBERS.search(_COLOURS.sub("", run.stdout))
    version = tuple(int(part) for part in match[0].split(".")) if match else ()
    told = ".".join(str(number) for number in version) or "no version"
    return "" if version >= least else f"{program} {wanted} ({told} found)"


def cache() -> Path:
    """Name the folder for packages that outlive a run."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "vertebral-augmentation-cds"


def fetched(kit: Kit) -> Path:
    """Give the folder with the packages of a server; fetched now, if no run did it before.

    NotFetched with the last words of the package tool. Two runs at once do no harm: the first
    whole folder stays.
    """
    source = HERE / kit.name
    home = cache() / f"{kit.name}-{_digest(source, kit)}"
    if home.is_dir():
        return home
    home.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=home.parent, prefix=f"{kit.name}-new-") as made:
        work = Path(made) / kit.name
        shutil.copytree(source, work)
        run = subprocess.run(
            kit.fetch, cwd=work, capture_output=True, text=True, timeout=_FETCH_SECONDS, check=False
        )
        if run.returncode:
            last = (run.stdout + run.stderr).strip()[-2000:]
            msg = f"{' '.join(kit.fetch)} ended with {run.returncode}: {last}"
            raise NotFetched(msg)
        try:
            work.rename(home)
        except OSError:
            if not home.is_dir():
                raise
    return home


def _digest(source: Path, kit: Kit) -> str:
    """Hash what decides on the packages and the program: every file, and how it is fetched."""
    digest = hashlib.sha256("\0".join(kit.fetch).encode())
    for path in sorted(path for path in source.rglob("*") if path.is_file()):
        digest.update(f"\0{path.relative_to(source).as_posix()}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:16]

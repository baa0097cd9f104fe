"""Change the code in small ways, one at a time, and see whether a test notices.

The changes are those of cosmic-ray (comparisons, operators, numbers, booleans, `not`, loops). Each
mutant lives in a forked child only: nothing on disk is ever changed. What does not change the
program (annotations, docstrings) is no mutant. Prints the share that was killed for each file and
every survivor with its line; ends with 1 below the floor.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import gc
import importlib.util
import io
import os
import re
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import unified_diff
from functools import partial
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import pytest
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

from tests.mutation.targets import LAST_RESORT, PROJECT, targets

FLOOR: Final = 90.0
PATIENCE: Final = 120
NOT_USED: Final = re.compile(
    r"NoOp|VariableInserter|VariableReplacer|RemoveDecorator|Comparison\w*_(Is|IsNot)_(?!Is|IsNot)"
)
"""Operators that change nothing, that every import would notice, or that compare members of an
enumeration by size, which no program means."""


OTHERS: Final = "charts|holds|times|verdicts"
WARM: Final = re.compile(rf"cds_service\.(?!__main__|feedback)|tests\.({OTHERS})$")
"""The modules that children may take over as they are."""
NOT_NEEDED: Final = ("cacheprovider", "faulthandler", "unraisableexception", "xdist", "pytest_cov")
"""Plugins that a child would only load for nothing."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of one file."""

    path: Path
    operator: str
    code: str
    change: str


def mutants(path: Path) -> Iterator[Mutant]:
    """Make every mutant of a file; two operators may make the same one, which counts once."""
    source = path.read_text(encoding="utf-8")
    seen: set[str | None] = {_meaning(source)}
    for name in operator_names():
        if NOT_USED.search(name):
            continue
        operator = get_operator(name)()
        places = sum(len(list(operator.mutation_positions(n))) for n in ast_nodes(get_ast(source)))
        for place in range(places):
            code = mutate_code(source, operator, place)
            meaning = _meaning(code) if code is not None else None
            if code is None or meaning is None or meaning in seen:
                continue
            seen.add(meaning)
            yield Mutant(path, name, code, _change(source, code))


def _meaning(code: str) -> str | None:
    """Write a program without what decides nothing; None where it is none.

    That is annotations, and the options of decorators such as `slots` of a dataclass.
    """
    try:
        tree = ast.parse(code)
    except SyntaxError:
        return None
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            node.returns = None
            args = node.args
            for one in (*args.args, *args.kwonlyargs, *args.posonlyargs, args.vararg, args.kwarg):
                if one is not None:
                    one.annotation = None
        elif isinstance(node, ast.AnnAssign):
            node.annotation = ast.Constant(None)
        elif isinstance(node, ast.ClassDef):
            node.decorator_list = []
    return ast.dump(tree)


def _change(before: str, after: str) -> str:
    """Show the changed lines."""
    lines = unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0)
    return "\n".join(line for line in lines if not line.startswith(("---", "+++")))


class Mutated(MetaPathFinder, Loader):
    """Imports one module from changed code."""

    def __init__(self, path: Path, code: str) -> None:
        """Take the file whose place the code takes."""
        self._path, self._code = path, code
        self._name = ".".join(path.relative_to(PROJECT).with_suffix("").parts)

    def find_spec(self, name: str, *_: Any) -> ModuleSpec | None:
        """Answer for the one module only."""
        if name != self._name:
            return None
        return importlib.util.spec_from_loader(name, self, origin=str(self._path))

    def exec_module(self, module: ModuleType) -> None:
        """Run the changed code as the module."""
        exec(compile(self._code, str(self._path), "exec"), module.__dict__)  # noqa: S102


def alive(every: Sequence[Mutant], tests: Sequence[str], jobs: int) -> list[Mutant]:
    """Run tests against each mutant in a child of its own; give those that no test noticed.

    Children are forked by the one thread there is: a fork beside other threads may copy a lock
    that nobody will ever release. A child that the machine took away, for want of memory, has
    answered nothing: its mutant counts as alive.
    """
    waiting, left = list(reversed(every)), list[Mutant]()
    running: dict[int, Mutant] = {}
    while waiting or running:
        while waiting and len(running) < jobs:
            mutant = waiting.pop()
            child = os.fork()
            if not child:
                os._exit(_run(mutant, tests))
            running[child] = mutant
        child, status = os.wait()
        mutant = running.pop(child)
        taken_away = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        if status == 0 or taken_away:
            left.append(mutant)
    return sorted(left, key=every.index)


def _run(mutant: Mutant, tests: Sequence[str]) -> int:
    """Run tests in this process, which ends after it; a mutant that hangs is killed.

    What counts is the time that it computes: on a busy machine a slow test is no killed mutant.
    """
    signal.setitimer(signal.ITIMER_PROF, PATIENCE)
    sys.meta_path.insert(0, Mutated(mutant.path, mutant.code))
    sink = os.open(os.devnull, os.O_WRONLY)
    os.dup2(sink, 1)
    os.dup2(sink, 2)
    with contextlib.redirect_stdout(io.StringIO()):
        options = ["-x", "-q", "--assert=plain", *(f"-pno:{name}" for name in NOT_NEEDED)]
        return 0 if pytest.main([*options, *tests]) == pytest.ExitCode.OK else 1


def main() -> int:
    """Judge every mutant, print the figures and the survivors, and give the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("only", nargs="*", help="parts of file names; default: all files")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--own", action="store_true", help="ask only the tests of the file itself")
    options = parser.parse_args()
    os.chdir(PROJECT)
    _warm_up()
    made = killed = 0
    last = () if options.own else LAST_RESORT
    for path, tests in targets().items():
        if options.only and not any(part in path.name for part in options.only):
            continue
        figures = _apart(partial(_judge, path, tests, last, options.jobs))
        if figures is None:
            return 2
        made, killed = made + figures[0], killed + figures[1]
    share = 100 * killed / made if made else 100.0
    print(f"killed {killed} of {made} mutants: {share:.1f} % (floor {FLOOR:.0f} %)")
    return 0 if share >= FLOOR else 1


def _judge(path: Path, tests: Sequence[str], last: Sequence[str], jobs: int) -> tuple[int, int]:
    """Judge every mutant of one file and print it; give how many there are and were killed."""
    for name in unconcerned(path):
        importlib.import_module(name)
    every = list(mutants(path))
    gc.freeze()
    whole = Mutant(path, "none", path.read_text(encoding="utf-8"), "")
    if not alive([whole], tests, 1) or (last and not alive([whole], last, 1)):
        print(f"{path.relative_to(PROJECT)}: its tests fail or hang without any change")
        sys.exit(2)
    left = alive(every, tests, jobs)
    if last:
        left = alive(left, last, jobs)
    print(f"{path.relative_to(PROJECT)}: {len(every) - len(left)} of {len(every)} killed")
    for mutant in left:
        print(f"  survives {mutant.operator}\n    " + mutant.change.replace("\n", "\n    "))
    return len(every), len(every) - len(left)


def _apart(judge: Callable[[], tuple[int, int]]) -> tuple[int, int] | None:
    """Do it in a child, whose imports stay its own; None where it failed."""
    read, write = os.pipe()
    child = os.fork()
    if not child:
        status = 2
        try:
            figures = judge()
            os.write(write, f"{figures[0]} {figures[1]}".encode())
            status = 0
        except BaseException:
            traceback.print_exc()
            raise
        finally:
            sys.stdout.flush()
            os._exit(status)
    os.close(write)
    with os.fdopen(read) as pipe:
        said = pipe.read().split()
    os.waitpid(child, 0)
    return (int(said[0]), int(said[1])) if said else None


def unconcerned(path: Path) -> list[str]:
    """List our modules that no change of a file can reach: children need not import them anew."""
    imports = {
        ".".join(one.relative_to(PROJECT).with_suffix("").parts).removesuffix(".__init__"): one
        for folder in ("cds_service", "tests")
        for one in (PROJECT / folder).rglob("*.py")
    }
    needs = {name: _imported(name, one, set(imports)) for name, one in imports.items()}
    concerned = {name for name, one in imports.items() if one == path}
    while more := {name for name, of in needs.items() if of & concerned} - concerned:
        concerned |= more
    first = (name for name in sorted(imports) if WARM.match(name))
    return [name for name in first if name not in concerned]


def _imported(name: str, path: Path, ours: set[str]) -> set[str]:
    """List the modules of ours that a file imports, with the packages that hold them."""
    found: set[str] = {name}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {one.name for one in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{one.name}" for one in node.names} | {node.module}
    parts = {".".join(one.split(".")[:n]) for one in found for n in range(1, one.count(".") + 2)}
    return parts & ours - {name}


def _warm_up() -> None:
    """Import what every child needs and no mutant changes, once."""
    for name in ("flask", "marshmallow", "requests", "sqlalchemy", "alembic", "orjson"):
        importlib.import_module(name)
    for name in ("hypothesis", "_hypothesis_pytestplugin"):
        importlib.import_module(name)


if __name__ == "__main__":
    sys.exit(main())

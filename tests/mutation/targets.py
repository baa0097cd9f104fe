"""Which file is mutated, and which tests must notice."""

from __future__ import annotations

from pathlib import Path
from typing import Final

PROJECT: Final = Path(__file__).parent.parent.parent
PACKAGE: Final = PROJECT / "cds_service"

READERS: Final = {
    "dates": "test_dates",
    "quantities": "test_quantities",
    "units": "test_quantities",
}
"""Of the readers, those on whose numbers every rule stands, with the tests of each."""

LAST_RESORT: Final = (
    "tests/rules",
    "tests/clinical",
    "tests/test_patients.py::test_answers_are_what_the_story_means",
)
"""What is asked about a mutant that its own tests let live."""


def targets() -> dict[Path, tuple[str, ...]]:
    """Give every file that is mutated, with the tests that are asked first.

    Rules, the questions that they share (`clinical/`), and the readers of dates and units.
    """
    rules = _modules("rules")
    found: dict[Path, tuple[str, ...]] = {
        path: (f"tests/rules/test_{path.stem}.py",) for path in rules
    }
    for path in _modules("clinical"):
        own = PROJECT / "tests" / "clinical" / f"test_{path.stem}.py"
        users = [rule for rule in rules if f"clinical.{path.stem} import" in rule.read_text()]
        tests = [own] if own.is_file() else []
        tests += [PROJECT / "tests" / "rules" / f"test_{rule.stem}.py" for rule in users]
        found[path] = tuple(str(test.relative_to(PROJECT)) for test in tests) or LAST_RESORT
    for name, test in READERS.items():
        found[PACKAGE / "facts" / f"{name}.py"] = (f"tests/facts/{test}.py",)
    return found


def _modules(folder: str) -> list[Path]:
    """List the modules of a folder."""
    return sorted(path for path in (PACKAGE / folder).glob("*.py") if path.stem != "__init__")

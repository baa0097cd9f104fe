"""Which file is mutated, and which tests must notice."""

from __future__ import annotations

from pathlib import Path
from typing import Final

PROJECT: Final = Path(__file__).parent.parent.parent

BESIDES_RULES: Final = {
    "clinical/answer.py": ("tests/clinical/test_answer.py", "tests/clinical/test_procedure.py"),
    "clinical/truth.py": ("tests/clinical/test_truth.py",),
    "clinical/when.py": ("tests/clinical/test_when.py",),
    "clinical/quantity.py": ("tests/clinical/test_quantity.py",),
    "clinical/reading.py": ("tests/clinical/test_reading.py",),
    "facts/dates.py": ("tests/facts/test_dates.py",),
    "facts/quantities.py": ("tests/facts/test_quantities.py",),
    "facts/units.py": ("tests/facts/test_units.py", "tests/facts/test_quantities.py"),
}
"""Units, dates and answers, on which every rule stands."""

LAST_RESORT: Final = (
    "tests/clinical",
    "tests/test_patients.py::test_answers_are_what_the_story_means",
)
"""What is asked about a mutant that its own tests let live."""


def targets() -> dict[Path, tuple[str, ...]]:
    """Give every file that is mutated, with its own tests."""
    package = PROJECT / "cds_service"
    rules = sorted(path for path in (package / "rules").glob("*.py") if path.stem != "__init__")
    own = {path: (f"tests/rules/test_{path.stem}.py",) for path in rules}
    return own | {package / name: tests for name, tests in BESIDES_RULES.items()}

"""Reads what the last test run covered, and fails below the floors.

All branches of the rules, of units, dates and answers; 95 % of everything.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable

from coverage import Coverage
from coverage.results import Numbers

OVER_ALL = 95.0
WHOLE = (
    "cds_service/rules/",
    "cds_service/clinical/answer.py",
    "cds_service/clinical/truth.py",
    "cds_service/clinical/when.py",
    "cds_service/clinical/quantity.py",
    "cds_service/clinical/reading.py",
    "cds_service/facts/dates.py",
    "cds_service/facts/quantities.py",
)


def total(numbers: Iterable[Numbers]) -> Numbers:
    """Add up the numbers of several files."""
    return sum(numbers, Numbers(precision=2))


def main() -> int:
    """Compare, print what lacks, and give the exit status."""
    coverage = Coverage()
    coverage.load()
    measured = {
        path: coverage._analyze(path).numbers for path in coverage.get_data().measured_files()
    }
    lacking = [
        f"{path}: {numbers.pc_covered_str} %, must be 100"
        for path, numbers in sorted(measured.items())
        if any(part in path for part in WHOLE) and numbers.pc_covered < 100
    ]
    overall = total(measured.values())
    if overall.pc_covered < OVER_ALL:
        lacking.append(f"over all: {overall.pc_covered_str} %, must be {OVER_ALL}")
    print("\n".join(lacking) or f"coverage: {overall.pc_covered_str} % of lines and branches")
    return 1 if lacking else 0


if __name__ == "__main__":
    sys.exit(main())

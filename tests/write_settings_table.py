"""Writes the settings table into the README: `python -m tests.write_settings_table`."""

from __future__ import annotations

import re

from cds_service.settings import load_settings
from tests.conftest import PROJECT
from tests.test_readme import settings_table

if __name__ == "__main__":
    path = PROJECT / "README.md"
    text = path.read_text(encoding="utf-8")
    table = settings_table(load_settings({}))
    marks = r"(<!-- settings -->\n).*?(<!-- /settings -->)"
    path.write_text(
        re.sub(marks, lambda m: f"{m[1]}{table}\n{m[2]}", text, flags=re.DOTALL), encoding="utf-8"
    )

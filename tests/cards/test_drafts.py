"""The patterns of suggestions: closed, and each with what it needs to be made."""

from __future__ import annotations

from pathlib import Path

import pytest

from cds_service.cards.drafts import load_drafts
from cds_service.clinical.card import Coding
from cds_service.clinical.procedure import Draft
from cds_service.errors import ContentError

CODE = '{ code = "6301-6", display = "INR" }'


def load(folder: Path, content: str) -> dict[str, Draft]:
    """Write `suggestions.toml` and load it."""
    (folder / "suggestions.toml").write_text(content, encoding="utf-8")
    return dict(load_drafts(folder))


def test_a_pattern_is_read_whole(tmp_path: Path) -> None:
    drafts = load(
        tmp_path,
        f"""
        [sg-a]
        label = "Order"
        kind = "order"
        text = "INR"
        note = "Soon."
        priority = "urgent"
        codes = [{CODE}]
        by_region = {{ lumbar = {CODE} }}

        [sg-b]
        label = "Delete"
        kind = "delete"
        """,
    )
    inr = Coding("http://loinc.org", "6301-6", "INR")
    assert drafts == {
        "sg-a": Draft("sg-a", "Order", "order", "INR", "Soon.", "urgent", (inr,), {"lumbar": inr}),
        "sg-b": Draft("sg-b", "Delete", "delete"),
    }


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('kind = "order"\ntext = "x"', "key 'label' is missing"),
        ('label = "x"\nkind = "prescribe"', "unknown kind 'prescribe'"),
        ('label = "x"\nkind = "order"', "an order or a Task needs a text"),
        ('label = "x"\nkind = "task"', "an order or a Task needs a text"),
        ('label = "x"\nkind = "delete"\ncode = 1', "did you mean 'codes'"),
        ('label = "x"\nkind = "delete"\ncodes = 1', "'codes' must be a list"),
        ('label = "x"\nkind = "delete"\ncodes = ["6301-6"]', "must be a table"),
        ('label = "x"\nkind = "delete"\ncodes = [{ code = "1" }]', "key 'display' is missing"),
        ('label = "x"\nkind = "delete"\nby_region = 1', "must be a table"),
        (
            f'label = "x"\nkind = "delete"\nby_region = {{ sacral = {CODE} }}',
            "unknown key 'sacral'",
        ),
    ],
)
def test_a_pattern_that_does_not_fit_is_refused(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(ContentError, match=rf"^suggestions\.toml \[sg-a\]: .*{message}"):
        load(tmp_path, f"[sg-a]\n{content}\n")

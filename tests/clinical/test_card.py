"""Cards: nothing is recommended unless somebody says so (rules.md 1.9)."""

from __future__ import annotations

from cds_service.clinical.card import Suggestion


def test_a_suggestion_is_one_among_others() -> None:
    assert not Suggestion("Repeat INR", "u", ()).recommended
    assert Suggestion("Repeat INR", "u", (), recommended=True).recommended

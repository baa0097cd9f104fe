"""Card files: a rule joins a family or an anatomical card only where the file says so."""

from __future__ import annotations

from cds_service.clinical.statement import RuleClass, Statement


def test_a_card_stands_alone_unless_its_file_says_otherwise() -> None:
    """A card of its own for each fired rule is the rule (rules.md 1.7)."""
    one = Statement("r", "R", next(iter(RuleClass)), 1, None, {}, (), {}, "")
    assert not one.joins
    assert not one.anatomical
    assert one.family == ""

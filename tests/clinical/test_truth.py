"""Three values that refuse to become two."""

from __future__ import annotations

import pytest

from cds_service.clinical.answer import Answer
from cds_service.clinical.truth import Reason, Truth


@pytest.mark.parametrize("value", [*Truth, Answer.yes(), Answer.no(), Answer.unknown()])
def test_nothing_with_three_values_becomes_a_bool(value: Truth | Answer) -> None:
    with pytest.raises(TypeError, match="three values"):
        bool(value)


def test_the_names_are_those_of_the_rules() -> None:
    assert [str(truth) for truth in Truth] == ["fires", "unknown", "clear"]
    assert next(iter(Reason)) is Reason.SUSPECTED

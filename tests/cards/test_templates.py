"""Templates are filled as `string.Template` fills them."""

from __future__ import annotations

from string import Template

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.cards.templates import filled, parts_of

KNOWN = {"inr": "2.4 {INR} $inr", "level": "L1", "_x": ""}


@pytest.mark.parametrize(
    ("template", "names"),
    [
        ("", ()),
        ("no name", ()),
        ("$inr", ("inr",)),
        ("INR ${inr}s at $level.", ("inr", "level")),
        ("$level$level", ("level", "level")),
        ("costs 5 $$, $_x{}", ("_x",)),
        ("{inr} {} {{level}} $inr", ("inr",)),
    ],
)
def test_a_template_is_filled_with_what_is_known(template: str, names: tuple[str, ...]) -> None:
    assert filled(template, KNOWN) == Template(template).substitute(KNOWN)
    assert parts_of(template).names == names


@given(st.lists(st.sampled_from(["$inr", "${level}", "$$", "{", "}", "{0}", "%s", "\n", "a", "é"])))
def test_whatever_stands_around_a_name_is_left_as_it_is(parts: list[str]) -> None:
    template = " ".join(parts)
    assert filled(template, KNOWN) == Template(template).substitute(KNOWN)


def test_a_name_that_nobody_knows_is_an_error() -> None:
    with pytest.raises(KeyError):
        filled("$nobody", KNOWN)

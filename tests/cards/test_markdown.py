"""A text of the record is read as it was written, and is nothing but text."""

from __future__ import annotations

import re
from unittest.mock import patch

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from cds_service.cards import markdown
from cds_service.cards.markdown import LONGEST, escaped, plain, shortened

from .hostile import HOSTILE
from .reading import GITHUB_LINKS, RENDERERS, is_visible, seen_by

MARKS = "\\`*_{}[]()#+-.!|~@:/=<>&;$^\"' \t\n19aw"
TEXTS = st.one_of(
    st.text(max_size=200), st.text(MARKS, max_size=60), st.text("w.@:/ht ps-", max_size=40)
)
PLACES = {
    "alone": ("{}", ["p"]),
    "an item": ("- {}", ["ul", "li"]),
    "inside": ("- Found: {} (old)", ["ul", "li"]),
    "emphasis": ("**Found:** {}", ["p", "strong"]),
    "a list": ("- a\n- {}\n- b", ["ul", "li", "li", "li"]),
    "before a rule": ("{}\n\n---\n\nx", ["p", "hr", "p"]),
}
renderers = pytest.mark.parametrize("renderer", RENDERERS)


def read(renderer: MarkdownIt, place: str, text: str) -> None:
    """Put a text into a place, and see nothing of it but itself."""
    template, elements = PLACES[place]
    shown = plain(text)
    seen = seen_by(renderer, template.format(escaped(text)))
    if not shown:
        return
    assert [tag for tag, _ in seen.elements] == elements, text
    assert all(not attributes for _, attributes in seen.elements)
    assert not seen.others
    around = seen_by(renderer, template.format("QQQ")).text
    assert seen.text == around.replace("QQQ", shown)


def test_there_are_enough_hostile_texts() -> None:
    assert len(set(HOSTILE)) >= 150


@renderers
@pytest.mark.parametrize("place", PLACES)
def test_a_hostile_text_stays_text(renderer: MarkdownIt, place: str) -> None:
    for text in HOSTILE:
        read(renderer, place, text)


@renderers
@pytest.mark.parametrize("place", PLACES)
@given(text=TEXTS)
@example("1.")
@example("-\t-")
@example("\\")
@example("&amp;")
def test_what_is_put_in_is_what_is_read(renderer: MarkdownIt, place: str, text: str) -> None:
    read(renderer, place, text)


@given(TEXTS)
def test_plain_text_is_visible_short_and_does_not_change_again(text: str) -> None:
    shown = plain(text)
    assert is_visible(shown)
    assert len(shown) <= LONGEST
    assert shown == shown.strip()
    assert "  " not in shown
    assert plain(shown) == shown


def test_a_text_without_end_is_not_read_to_its_end() -> None:
    assert plain("word " * 1_000_000) == plain("word " * 40)
    assert plain("\u200b" * 100 + "x") == "x"


@given(TEXTS)
def test_no_renderer_of_github_finds_a_link(text: str) -> None:
    assert not any(link.search(plain(text)) for link in GITHUB_LINKS)


@pytest.mark.parametrize("text", HOSTILE)
def test_no_hostile_text_holds_a_link_or_a_hidden_sign(text: str) -> None:
    assert is_visible(plain(text))
    assert not any(link.search(plain(text)) for link in GITHUB_LINKS)


@given(st.text("abcXYZ 0123456789,%<>é×⁹°", max_size=LONGEST))
def test_ordinary_words_are_left_as_they_are(text: str) -> None:
    assert plain(text) == " ".join(text.split())


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("see https://a.example/b", "see https: //a.example/b"),
        ("www.a.example", "www .a.example"),
        ("dr.x@a.example", "dr.x@ a.example"),
        ("L1 @ 5 mm, 3:1, a/b", "L1 @ 5 mm, 3:1, a/b"),
    ],
)
def test_a_blank_parts_an_address(text: str, shown: str) -> None:
    assert plain(text) == shown


@pytest.mark.parametrize("text", ["INR 2.4", "2025-05-18", "-5", "T12-L1", "5 mg/L", "a, b; 5%"])
def test_values_and_dates_need_no_escape(text: str) -> None:
    assert escaped(text) == text


def test_two_slashes_never_stand_together() -> None:
    assert escaped("//192.0.2.1///x") == "\\//192.0.2.1\\/\\//x"


@pytest.mark.parametrize(
    ("text", "longest", "short"),
    [
        ("ten signs.", 10, "ten signs."),
        ("ten signs, more", 10, "ten signs…"),
        ("one two three", 9, "one two…"),
        ("a verylongword", 9, "a verylo…"),
        ("unbroken", 5, "unbr…"),
        ("", 5, ""),
    ],
)
def test_a_cut_falls_between_words_where_it_can(text: str, longest: int, short: str) -> None:
    assert shortened(text, longest) == short


@given(st.text(max_size=300), st.integers(min_value=2, max_value=150))
def test_a_cut_text_fits_and_says_that_it_is_cut(text: str, longest: int) -> None:
    short = shortened(text, longest)
    assert len(short) <= longest
    assert short == text if len(text) <= longest else short.endswith("…")


ORDINARY = st.text("abw09 .,;%/-°×µ²³⁹:@", max_size=30)


@given(st.one_of(ORDINARY, TEXTS))
@example("6.1 ×10³/µL")
@example("37.4 °C")
@example("1.2.3.4")
@example("1. a")
@example("www.a")
def test_the_short_way_for_ordinary_texts_changes_nothing(text: str) -> None:
    """What is left as it is would be left so by the whole treatment as well.

    Only for a number before a hyphen, which begins no list, the latter is careful for nothing.
    """
    assume(not re.match(r"\d+- ", text))
    with patch.object(markdown, "_HARMLESS", re.compile("(?!)")):
        whole = plain(text), escaped(text)
    assert (plain(text), escaped(text)) == whole

"""Closed tables: what is not meant is refused, with the file and the key in the message."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from cds_service.cards.tables import (
    choice,
    closed,
    filled_by,
    flag,
    number,
    read_toml,
    rows,
    text,
    texts,
    whole,
)
from cds_service.clinical.card import Indicator
from cds_service.errors import ContentError

WORDS: list[Any] = ["yes", 1, None, [], {}]


def test_numbers_are_read_as_they_were_written(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("limit = 1.10\n", encoding="utf-8")
    assert str(read_toml(tmp_path / "a.toml")["limit"]) == "1.10"


@pytest.mark.parametrize("content", [b"a = ", b"a = 1\na = 2\n", b"a = '\xff'\n", None])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "broken.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ContentError, match=r"^broken\.toml: cannot be read: "):
        read_toml(path)


def test_a_table_with_all_that_it_needs_is_given_back() -> None:
    table = {"a": 1, "b": 2}
    assert closed(table, "f", ["a"], ["b", "c"]) is table


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ([], "f: must be a table"),
        ("a", "f: must be a table"),
        (None, "f: must be a table"),
        ({}, "f: key 'summary' is missing"),
        ({"summary": 1, "sumary": 2}, "f: unknown key 'sumary'; did you mean 'summary'?"),
        ({"summary": 1, "qqq": 2}, "f: unknown key 'qqq'"),
    ],
)
def test_a_table_is_closed(table: Any, message: str) -> None:
    with pytest.raises(ContentError) as caught:
        closed(table, "f", ["summary"], ["detail"])
    assert str(caught.value) == message


def test_a_text_is_stripped_and_may_be_left_out_only_with_a_default() -> None:
    assert text({"a": " x "}, "a", "f") == "x"
    assert text({}, "a", "f", "") == ""
    assert text({"a": ""}, "a", "f", "") == ""


@pytest.mark.parametrize("table", [{}, {"a": ""}, {"a": "  "}, {"a": 1}, {"a": None}, {"a": ["x"]}])
def test_a_text_that_must_be_there_says_something(table: dict[str, Any]) -> None:
    with pytest.raises(ContentError, match="f: 'a' must be a text"):
        text(table, "a", "f")


def test_a_list_of_texts_may_be_missing_but_holds_nothing_else() -> None:
    assert texts({"a": ["x", "y"]}, "a", "f") == ("x", "y")
    assert texts({}, "a", "f") == ()
    for wrong in ("x", ["x", ""], ["x", 1], {"x": 1}):
        with pytest.raises(ContentError, match="f: 'a' must be a list of texts"):
            texts({"a": wrong}, "a", "f")


def test_a_whole_number_is_not_negative_and_no_boolean() -> None:
    assert whole({"a": 3}, "a", "f") == 3
    assert whole({}, "a", "f") == 0
    for wrong in (-1, True, 1.5, Decimal(1), "1"):
        with pytest.raises(ContentError, match="f: 'a' must be a whole number"):
            whole({"a": wrong}, "a", "f")


def test_a_number_is_exact_and_finite() -> None:
    assert number({"a": 3}, "a", "f") == 3
    assert str(number({"a": Decimal("1.50")}, "a", "f")) == "1.50"
    for wrong in (True, 1.5, "1.5", "many", None, Decimal("nan"), Decimal("inf")):
        with pytest.raises(ContentError, match="f: 'a' must be a number"):
            number({"a": wrong}, "a", "f")


def test_nan_of_toml_is_no_limit(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("limit = nan\n", encoding="utf-8")
    with pytest.raises(ContentError):
        number(read_toml(tmp_path / "a.toml"), "limit", "a.toml")


def test_a_flag_is_true_or_false_and_nothing_like_it() -> None:
    assert flag({"a": True}, "a", "f") is True
    assert flag({}, "a", "f") is False
    for wrong in WORDS:
        with pytest.raises(ContentError, match="f: 'a' must be true or false"):
            flag({"a": wrong}, "a", "f")


def test_rows_are_a_list() -> None:
    assert rows({"a": [1]}, "a", "f") == [1]
    assert rows({}, "a", "f") == []
    for wrong in ("x", 1, {"x": 1}):
        with pytest.raises(ContentError, match="f: 'a' must be a list"):
            rows({"a": wrong}, "a", "f")


def test_a_choice_is_one_of_the_words() -> None:
    assert choice(Indicator, {"a": "info"}, "a", "f") is Indicator.INFO
    for wrong in ("hard-stop", "", *WORDS):
        with pytest.raises(ContentError, match="f: 'a' must be one of critical, warning, info"):
            choice(Indicator, {"a": wrong}, "a", "f")


def test_a_template_has_only_names_that_are_filled() -> None:
    filled_by({"a", "b"}, "$a and ${b} for $$ 5", "f")
    filled_by((), "nothing", "f")
    with pytest.raises(ContentError, match=r"f: nothing fills \$c"):
        filled_by({"a"}, "$a and $c", "f")
    with pytest.raises(ContentError, match=r"f: a lone \$ in '5 \$ '"):
        filled_by({"a"}, "5 $ ", "f")

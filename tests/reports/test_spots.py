"""Phrases are looked up by their first and last words, and found as one pattern would find them."""

from __future__ import annotations

import re
import tomllib
from typing import Any, Final

import pytest

from cds_service.errors import ContentError
from cds_service.reports.folded import fold
from cds_service.reports.grammar import whole, written
from cds_service.reports.layout import sentences
from cds_service.reports.phrases import FILE, load
from cds_service.reports.read import ready
from cds_service.reports.spots import Spots, Text, index
from tests.score import cases

RAW: Final[dict[str, Any]] = tomllib.loads(FILE.read_text("utf-8"))
WORDS: Final[dict[str, list[str]]] = {"fracture": ["fracture*", "fx*"], "ok": ["not bad", "fine"]}


def spots(text: str, *phrases: str) -> Spots:
    """Look for some phrases in a text."""
    return Text(text, index({}, {"list": phrases}, WORDS)).spots(0, len(text))


def found(text: str, *phrases: str) -> list[str]:
    """Find some phrases in a text."""
    return [hit[0] for hit in spots(text, *phrases).each("list", 0, len(text))]


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("no", "no"),
        ("edema*", "edematous"),
        ("fx*", "fxs"),
        ("@fracture line", "fx line"),
        ("[old] fracture", "fracture"),
        ("[old] fracture", "old fracture"),
        ("wall ~2 @ok", "wall is really not bad"),
        ("fat-sat image*", "fatsat images"),
        ("fat-sat image*", "fat sat image"),
        ("pott's disease", "potts disease"),
        ("w/o edema", "w/o edema"),
        ("?", "?"),
        ("(new)", "(new)"),
        ("age ?", "age ?"),
        ("old|new fracture|edema", "new edema"),
        ("edema ~2", "edema of bone"),
    ],
)
def test_a_phrase_is_found_however_it_begins_and_ends(phrase: str, text: str) -> None:
    assert found(f"so, {text} .", phrase) == [text]


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("no", "not"),
        ("edema", "edematous"),
        ("fracture line", "fracture of a line"),
        ("wall ~2 @ok", "wall is not at all fine"),
        ("intact", "unintact"),
        ("?", "so?"),
    ],
)
def test_other_words_are_not_found(phrase: str, text: str) -> None:
    assert found(text, phrase) == []


def test_the_longest_phrase_comes_first_and_none_stands_within_another() -> None:
    text = "old fracture line, fracture"
    assert found(text, "fracture", "old fracture", "old fracture line", "line") == [
        "old fracture line",
        "fracture",
    ]


def test_a_phrase_ends_where_the_stretch_ends() -> None:
    looked = spots("no old fracture", "no ~2 fracture", "no old")
    assert (hit := looked.first("list", 0, 8))
    assert hit[0] == "no old"
    assert looked.first("list", 1, 15) is None
    assert looked.at("list", 0, 15)
    assert looked.at("list", 3, 15) is None


def test_one_list_can_be_read_instead_of_another() -> None:
    text = "no edema"
    both = Text(text, index({}, {"a": ["no"], "b": ["edema"]}, WORDS)).spots(0, len(text))
    turned = both.instead({"a": "b", "b": ""})
    assert [hit[0] for hit in turned.each("a", 0, 8)] == ["edema"]
    assert turned.each("b", 0, 8) == []
    assert (both.has({"a", "c"}), both.has({"c"})) == (True, False)


@pytest.mark.parametrize("phrase", ["~2 edema", "[old] ~2 edema", "edema ~9", "@nothing at all"])
def test_a_phrase_that_cannot_be_is_refused(phrase: str) -> None:
    with pytest.raises(ContentError):
        written([phrase], WORDS)


def lists() -> dict[str, re.Pattern[str]]:
    """Make one pattern of each list, the slow way."""
    words = RAW["words"]
    made = {name: whole(phrases, words) for name, phrases in RAW["scope"].items()}
    for finding, entry in RAW["finding"].items():
        for name in ("states", "denies", "not_here", "present_only"):
            if entry.get(name):
                made[f"{finding} {name}"] = whole(entry[name], words)
        for grade, phrases in entry.get("grades", {}).items():
            made[f"{finding} is {grade}"] = whole(phrases, words)
    return made


def test_every_list_finds_what_its_one_pattern_finds() -> None:
    made, patterns = load(), lists()
    texts = [fold(case["text"], made.spelling) for case in cases("dev")[::3]]
    for folded in texts:
        text = Text(folded.text, made.index)
        for one in sentences(folded, made.headers):
            where = one.start, one.end
            looked = text.spots(*where)
            named = looked.findings(*where)
            for name, pattern in patterns.items():
                slowly = [hit.span() for hit in pattern.finditer(folded.text, *where)]
                hits = named.get(name, []) or looked.each(name, *where)
                assert [hit.span() for hit in hits] == slowly, (name, folded.text[slice(*where)])


def test_all_patterns_can_be_made_before_the_first_report() -> None:
    ready()
    phrases = {
        id(one): one
        for by_other in load().index.begun.values()
        for some in by_other.values()
        for one in some
    }
    assert len(phrases) > 2_000
    assert all(isinstance(one.match.__self__, re.Pattern) for one in phrases.values())  # type: ignore[attr-defined]

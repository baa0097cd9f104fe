"""Sentence by sentence: what is read from the words of a report, and what is not."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Final

import pytest

from cds_service.reports.read import read_text

FILE: Final = Path(__file__).parent / "sentences.toml"
SENTENCES: Final[list[dict[str, Any]]] = tomllib.loads(FILE.read_text("utf-8"))["sentence"]


def read(text: str) -> list[str]:
    """Write what is read as "finding level status value", in order."""
    return sorted(
        " ".join(
            str(word)
            for word in (one.finding, one.level or "-", one.status, one.value)
            if word is not None
        )
        for one in read_text(text).findings
    )


@pytest.mark.parametrize("sentence", SENTENCES, ids=lambda one: one["text"][:60])
def test_sentences_are_read_as_they_are_meant(sentence: dict[str, Any]) -> None:
    assert read(sentence["text"]) == sentence["said"]

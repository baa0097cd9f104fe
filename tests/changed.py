"""Copies with a change, of facts and answers (named tuples) and of all other nouns alike."""

from __future__ import annotations

import dataclasses
from typing import Any, TypeVar

Noun = TypeVar("Noun")


def replace(noun: Noun, **changes: Any) -> Noun:
    """Copy a noun with some of its fields changed."""
    made: Any = noun
    copy: Noun = (
        made._replace(**changes)
        if hasattr(made, "_replace")
        else dataclasses.replace(made, **changes)
    )
    return copy

"""JSON that nobody can read in two ways."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.evidence import strict

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
)


@given(VALUES, st.booleans())
def test_all_json_is_read_as_it_was_meant(value: Any, ascii_only: bool) -> None:
    """Whether non-ASCII text is escaped or not."""
    assert strict.loads(json.dumps(value, ensure_ascii=ascii_only).encode()) == value


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"x",
        b"{} {}",
        b'{"a": 1, "a": 1}',
        b'[{"a": {"b": 1, "b": 2}}]',
        b"NaN",
        b"[Infinity]",
        b"-Infinity",
        b"1e400",
        b"-1e400",
        b"1" * 5000,
        b"\xef\xbb\xbf{}",
        b"\xff\xfe{\x00}\x00",
        b'"\xe9"',
        b'"\\ud800"',
        b'{"\\uDFFF": 1}',
        b'"\\udc00\\ud800"',
        b"[" * 100000,
        b'{"a":' * 100000,
    ],
)
def test_what_is_doubtful_is_refused(data: bytes) -> None:
    """With a ValueError, whatever the reason."""
    with pytest.raises(ValueError):  # noqa: PT011 - reasons differ, the kind is the promise
        strict.loads(data)


def test_a_pair_of_surrogates_is_a_character() -> None:
    """That is how JSON escapes what lies beyond 16 bits."""
    assert strict.loads(b'"\\ud83d\\ude00"') == "\U0001f600"


def test_depth_that_is_read_but_not_written_is_refused() -> None:
    """Where a pair of surrogates asks for a second look: a token with one gave 500, not 401."""
    for depth in range(900, 1_000):
        with contextlib.suppress(ValueError):
            strict.loads(b"[" * depth + b'"\\ud83d\\ude00"' + b"]" * depth)

"""Evidence: whether anything could be had at all (rules.md 7.1)."""

from __future__ import annotations

import pytest

from cds_service.clinical.evidence import Evidence, Sought, Source


@pytest.mark.parametrize(
    ("states", "nothing"),
    [
        ([], True),
        ([Sought.FAILED], True),
        ([Sought.FAILED, Sought.NOT_SOUGHT], True),
        ([Sought.FAILED, Sought.ANSWERED], False),
        ([Sought.FAILED, Sought.INCOMPLETE], False),
        ([Sought.ANSWERED], False),
    ],
)
def test_one_answer_is_enough(states: list[Sought], *, nothing: bool) -> None:
    sources = {str(n): Source(str(n), state) for n, state in enumerate(states)}
    assert Evidence(sources=sources).nothing_could_be_had is nothing

"""Which codes an expansion adds, and how they stand (codes.md 0.3, rule 3)."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.clinical.fact import Match
from cds_service.errors import ContentError
from cds_service.facts.condition_codes import ConditionSets
from cds_service.facts.condition_sets import sets_of
from cds_service.facts.expanding import Below, Scope, scope_of
from cds_service.facts.tables import load_table
from tests.terminology.conftest import (
    DISCITIS,
    INFECTIVE_DISCITIS,
    MYELOMA,
    OSTEOMYELITIS,
    REMISSION,
    invented,
)

NEW, OTHER = invented(900001), invented(900002)
ACUTE_FAILURE, SYSTOLIC = "57054005", "443254009"


def added(scope: Scope, /, **rows: Any) -> dict[str, Match]:
    """Say how one code stands that lies below rows; a row may lie below others too."""
    says = rows.pop("says", "new disorder")
    answers = {row: {row: ""} for row in scope.rows}
    for row, below in rows.items():
        answers[row.removeprefix("r")] |= dict.fromkeys(below, says)
    found = scope.found(answers)
    return dict(scope.members(found[NEW])) if NEW in found else {}


def test_a_code_below_a_row_inherits_its_set_and_its_marks(scope: Scope) -> None:
    assert added(scope, r203241002=[NEW]) == {"infection_spinal": Match()}
    assert added(scope, r302215000=[NEW]) == {
        "bleeding_disorder": Match(marks={"count_decides": "true"})
    }
    assert added(scope, r67406007=[NEW])["bleeding_disorder"].marks == {"dic": "true"}
    assert added(scope, r125608002=[NEW])["vcf_other"].marks == {"region": "lumbar"}


@pytest.mark.parametrize(
    "row", [DISCITIS, "61974008", "59927004", "48522003", "64779008", "50448004", "77386006"]
)
def test_rows_that_stand_for_themselves_alone_add_nothing(scope: Scope, row: str) -> None:
    assert row in scope.guards
    assert added(scope, **{f"r{row}": [NEW]}) == {}


def test_every_row_that_raises_suspicion_or_means_remission_is_a_guard(scope: Scope) -> None:
    for row, members in scope.sets.snomed.items():
        if any(match.possible or "remission" in match.marks for _, match in members):
            assert row in scope.guards


def test_what_lies_below_a_guard_is_not_added_by_a_row_above_it(scope: Scope) -> None:
    """Remission lies below myeloma: its own codes are no active myeloma."""
    below = {f"r{MYELOMA}": [NEW, REMISSION], f"r{REMISSION}": [NEW]}
    assert added(scope, **below) == {}
    assert added(scope, **{f"r{MYELOMA}": [NEW, REMISSION]}) == {
        "malignancy_spine": Match(marks={"myeloma": "true"})
    }


def test_a_guard_beside_a_firm_row_wins(scope: Scope) -> None:
    """Both are nearest: osteomyelitis is firm, discitis raises suspicion only."""
    assert added(scope, **{f"r{OSTEOMYELITIS}": [NEW], f"r{DISCITIS}": [NEW]}) == {}


def test_a_firm_row_below_a_guard_wins_over_it(scope: Scope) -> None:
    """Infective discitis lies below discitis, and stands for what lies below it."""
    below = {f"r{DISCITIS}": [NEW, INFECTIVE_DISCITIS], f"r{INFECTIVE_DISCITIS}": [NEW]}
    assert added(scope, **below) == {"infection_spinal": Match()}


def test_the_nearest_rows_decide_over_all_sets(scope: Scope) -> None:
    """An osteoporotic fracture of the lumbar spine is no other vertebral fracture."""
    below = {"r64859006": [NEW, "203450003"], "r203450003": [NEW]}
    assert set(added(scope, **below)) == {"vcf_osteoporotic"}
    assert set(added(scope, r203241002=[NEW], r91302008=[NEW])) == {
        "infection_spinal",
        "infection_systemic",
    }


def test_marks_of_two_rows_join_and_contradictions_leave_the_set(scope: Scope) -> None:
    assert added(scope, r274146004=[NEW], r125608002=[NEW])["vcf_other"].marks == {
        "region": "lumbar"
    }
    assert added(scope, r125607007=[NEW], r125608002=[NEW]) == {}
    assert added(scope, r71286001=[NEW], r202664003=[NEW]) == {}


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (MYELOMA, "Light chain myeloma in remission"),
        (MYELOMA, "Plasma cell leukemia in complete remission (disorder)"),
        (OSTEOMYELITIS, "Sequela of osteomyelitis of vertebra"),
        (OSTEOMYELITIS, "Healed osteomyelitis of vertebra"),
        (OSTEOMYELITIS, "History of osteomyelitis of vertebra"),
        ("88805009", "Acute on chronic heart failure"),
        ("125608002", "Fracture of lumbosacral spine"),
        ("274146004", "Pathological fracture of vertebra due to metastasis"),
        ("73397007", "Thrombophilia caused by heparin"),
        ("72892002", "Normal pregnancy, delivered"),
        (OSTEOMYELITIS, ""),
    ],
)
def test_words_keep_a_code_out(scope: Scope, row: str, says: str) -> None:
    assert added(scope, says=says, **{f"r{row}": [NEW]}) == {}


@pytest.mark.parametrize(
    ("row", "says", "is_added"),
    [
        ("42942008", "Compression fracture of cervical vertebra", False),
        ("42942008", "Compression fracture of T12 vertebra", False),
        ("42942008", "Traumatic compression fracture of vertebra", True),
        ("76107001", "Spinal stenosis of thoracic region", False),
        ("125608002", "Closed fracture of lumbar vertebra", True),
        (OSTEOMYELITIS, "Osteomyelitis of lumbar vertebra", True),
    ],
)
def test_a_region_that_no_row_tells_keeps_a_code_out(
    scope: Scope, row: str, says: str, *, is_added: bool
) -> None:
    """Else a fracture of the neck would count at every level; infection has no regions."""
    assert bool(added(scope, says=says, **{f"r{row}": [NEW]})) is is_added


def test_a_listed_code_keeps_its_own(scope: Scope, sets: ConditionSets) -> None:
    """Below heart attack or not: a listed code is never touched."""
    answers = {row: {row: ""} for row in scope.rows}
    answers[ACUTE_FAILURE] |= {SYSTOLIC: "listed", NEW: "new"}
    found = scope.found(answers)
    assert list(found) == [NEW]
    sets.expansion.change({SYSTOLIC: (("osteoporosis", Match()),)}, "expanded")
    assert set(sets_of(sets, {}, [("snomed", SYSTOLIC)])) == {"cardiac_severe"}


def test_only_the_chosen_sets_are_expanded(scope: Scope) -> None:
    below = Below("new", (OSTEOMYELITIS, "91302008"))
    assert [name for name, _ in scope.members(below, ["infection_systemic"])] == [
        "infection_systemic"
    ]
    assert scope.members(Below("new", ("1234",))) == ()
    assert scope.members(Below("new", ())) == ()


def test_the_table_is_proven(sets: ConditionSets) -> None:
    table = dict(load_table("expansion.toml"))
    for change, says in (
        ({"not_below": {"404684003": "unknown"}}, "unknown key '404684003'"),
        ({"words": {"no_set": "x"}}, "unknown key 'no_set'"),
        ({"never": "("}, "no regular expression"),
        ({"more": 1}, "unknown key 'more'"),
    ):
        with pytest.raises(ContentError, match=says):
            scope_of(sets, table | change)


def test_another_table_has_another_digest(sets: ConditionSets, scope: Scope) -> None:
    table = dict(load_table("expansion.toml"))
    assert scope_of(sets, table).digest == scope.digest
    assert scope_of(sets, table | {"never": "x"}).digest != scope.digest

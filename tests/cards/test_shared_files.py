"""The files that all cards of a procedure share: complete, closed and proven at the start."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from cds_service.cards import content
from cds_service.clinical.card import Coding
from cds_service.clinical.fact import Kind
from cds_service.clinical.procedure import Paper, Service
from cds_service.errors import ContentError

CARDS = Path(__file__).parents[2] / "cards" / "vertebral_augmentation"
CANONICAL = "https://cds.example.org"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Copy the shared files of the real procedure."""
    for name in content.SHARED_FILES:
        shutil.copy(CARDS / f"{name}.toml", tmp_path)
    return tmp_path


def change(folder: Path, name: str, old: str, new: str) -> None:
    """Change one place of one file."""
    path = folder / f"{name}.toml"
    before = path.read_text(encoding="utf-8")
    assert old in before
    path.write_text(before.replace(old, new, 1), encoding="utf-8")


def test_the_procedure_file_is_read(folder: Path) -> None:
    raw = content.load_procedure_file(folder)
    assert set(raw["texts"]) == set(content.TEXTS)
    assert content.kinds_of(raw) <= set(Kind)
    assert {service.hook for service in content.services_of(raw)} == {"order-select", "order-sign"}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('title = "Vertebral augmentation"', "title = 5", "'title' must be a text"),
        ("lead_days = 7", "lead_days = -7", "'lead_days' must be a whole number"),
        ("lead_days = 7", "lead_day = 7", "did you mean 'lead_days'"),
        ("closing = ", "closng = ", r"\[texts\]: unknown key 'closng'; did you mean 'closing'"),
        ('limits = "Limits"', "", r"\[texts\]: key 'limits' is missing"),
        ('limits = "Limits"', 'limits = " "', "'limits' must be a text"),
        ("$count of $total", "$cont of $total", r"checks_summary: nothing fills \$cont"),
        ("Order: $order.", "Order: $patient.", r"order_line: nothing fills \$patient"),
        ('limits = "Limits"', 'limits = "Limits $x"', r"limits: nothing fills \$x"),
    ],
)
def test_a_procedure_file_that_does_not_fit_is_refused(
    folder: Path, old: str, new: str, message: str
) -> None:
    change(folder, "procedure", old, new)
    with pytest.raises(ContentError, match=rf"^procedure\.toml.*{message}"):
        content.load_procedure_file(folder)


def service(identifier: str) -> dict[str, str]:
    """Describe one service."""
    return {"id": identifier, "hook": "order-select", "title": "T", "description": "D"}


def test_services_have_ids_that_stand_in_a_url_as_they_are() -> None:
    assert content.services_of({"service": [service("a-b.c_d~1")]}) == (
        Service("a-b.c_d~1", "order-select", "T", "D"),
    )
    for wrong in ("a b", "a/b", "ä", "a?b"):
        with pytest.raises(ContentError, match="needs escaping in a URL"):
            content.services_of({"service": [service(wrong)]})
    with pytest.raises(ContentError, match="'service' must be a list"):
        content.services_of({"service": service("a")})
    with pytest.raises(ContentError, match="unknown key 'prefetch'"):
        content.services_of({"service": [service("a") | {"prefetch": "x"}]})


def test_kinds_of_facts_are_known() -> None:
    assert content.kinds_of({"kinds": ["drugs"]}) == {Kind.DRUG}
    with pytest.raises(ContentError, match="unknown kinds of facts: genes, moods"):
        content.kinds_of({"kinds": ["drugs", "genes", "moods"]})


def test_a_paper_is_linked_by_its_url_or_its_doi(tmp_path: Path) -> None:
    said = 'label = "L"\ncitation = "C"\nread = "full text"\n'
    (tmp_path / "papers.toml").write_text(
        f'[a]\n{said}doi = "10.1/x"\n[b]\n{said}url = "https://b.example"\n[c]\n{said}',
        encoding="utf-8",
    )
    papers = content.load_papers(tmp_path)
    assert papers["a"] == Paper("a", "L", "C", "https://doi.org/10.1/x", "full text")
    assert (papers["b"].url, papers["c"].url) == ("https://b.example", "")


@pytest.mark.parametrize("wrong", ["read = 5", "", 'read = "x"\nyear = 2020'])
def test_a_paper_says_how_far_it_was_read(tmp_path: Path, wrong: str) -> None:
    (tmp_path / "papers.toml").write_text(
        f'[a]\nlabel = "L"\ncitation = "C"\n{wrong}\n', encoding="utf-8"
    )
    with pytest.raises(ContentError, match=r"papers\.toml \[a\]"):
        content.load_papers(tmp_path)


def test_our_words_come_before_those_of_the_code_tables(folder: Path) -> None:
    titles = {"inr": "International Normalized Ratio", "sodium": "sodium"}
    phrases = content.load_phrases(folder, frozenset({"inr"}), frozenset({"inr"}), titles)
    assert (phrases.facts["inr"], phrases.facts["sodium"]) == ("INR", "sodium")
    assert phrases.valued == phrases.results == {"inr"}
    assert set(phrases.reasons) == set(content.REASONS)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('inr = "INR"', "inr = 5", r"\[facts\]: 'inr' must be a text"),
        ('no_unit = "without a unit"', 'no_unit = ""', r"\[details\]: 'no_unit' must be a text"),
        ("missing_plain = ", "missing_plian = ", "did you mean 'missing_plain'"),
        ("stale = ", "# stale = ", r"\[reasons\]: key 'stale' is missing"),
        ("nothing current on $what", "nothing current on $fact", r"stale: nothing fills \$fact"),
        ("[reasons]", "[reason]", "unknown key 'reason'"),
    ],
)
def test_words_that_a_card_would_lack_are_missed_at_the_start(
    folder: Path, old: str, new: str, message: str
) -> None:
    change(folder, "words", old, new)
    with pytest.raises(ContentError, match=rf"words\.toml.*{message}"):
        content.load_phrases(folder, frozenset(), frozenset(), {})


def test_words_are_tables(tmp_path: Path) -> None:
    (tmp_path / "words.toml").write_text(
        'facts = "x"\nreasons = 1\ndetails = 1\n', encoding="utf-8"
    )
    with pytest.raises(ContentError, match=r"words\.toml \[facts\]: must be a table"):
        content.load_phrases(tmp_path, frozenset(), frozenset(), {})


def test_an_override_reason_has_our_code_and_the_published_one_where_it_fits(folder: Path) -> None:
    reasons = content.load_overrides(folder, CANONICAL)
    display = "Palliative or urgent: the benefit exceeds the risk"
    assert reasons["benefit-exceeds-risk"] == (
        Coding(f"{CANONICAL}/CodeSystem/override-reason", "benefit-exceeds-risk", display),
        Coding(
            "http://terminology.hl7.org/CodeSystem/non-adherence-reason-codes",
            "risk-benefit-ratio",
            display,
        ),
    )
    assert [len(reasons[key]) for key in ("other", "equivalent-imaging-outside")] == [1, 2]


@pytest.mark.parametrize("key", [*content.DEFAULT_OVERRIDES, content.OTHER])
def test_the_default_reasons_must_be_there(folder: Path, key: str) -> None:
    change(folder, "overrides", f"[{key}]", f"[not-{key}]")
    with pytest.raises(ContentError, match=rf"overrides\.toml: key '{key}' is missing"):
        content.load_overrides(folder, CANONICAL)


def test_a_reason_is_closed(folder: Path) -> None:
    change(folder, "overrides", 'published = "', 'publisht = "')
    with pytest.raises(ContentError, match="did you mean 'published'"):
        content.load_overrides(folder, CANONICAL)

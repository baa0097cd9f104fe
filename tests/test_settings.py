"""Settings: what the environment may say, and how plainly it is told what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from cds_service.errors import SettingsError
from cds_service.settings import LOCAL_ORIGINS, Settings, describe, load_settings


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide the CDS_ names of whoever runs the tests."""
    import os

    for name in [name for name in os.environ if name.upper().startswith("CDS_")]:
        monkeypatch.delenv(name)


def test_defaults_are_those_of_a_developer() -> None:
    settings = load_settings()
    assert settings.profile == "development"
    assert settings.database_url == "sqlite:///var/cds.sqlite3"
    assert settings.browser_origins == LOCAL_ORIGINS
    assert settings.prefetch == "full"
    assert settings.deadline_ms == 2500
    assert (settings.cds_version, settings.hook_version) == ("2.0.1", "1.0")
    assert settings.max_body_bytes == 8 * 1024 * 1024
    assert settings.cards.name == "cards"


def test_the_environment_is_typed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in {
        "PROFILE": "Production",
        "STRICT_FHIR": "1",
        "CARDS": str(tmp_path),
        "CORS_ORIGINS": "https://a.example, https://b.example:8443",
        "FHIR_ORIGINS": "https://fhir.example",
        "PUBLIC_URL": "https://cds.example/",
        "TIME_ZONE": "America/New_York",
        "LOG_LEVEL": "debug",
        "SITE": "",
    }.items():
        monkeypatch.setenv(f"CDS_{name}", value)
    settings = load_settings()
    assert settings.profile == "production"
    assert settings.strict_fhir is True
    assert settings.cards == tmp_path
    assert settings.browser_origins == ("https://a.example", "https://b.example:8443")
    assert settings.fhir_origins == ("https://fhir.example",)
    assert settings.public_url == "https://cds.example"
    assert settings.log_level == "DEBUG"
    assert settings.site is None


def test_production_opens_no_browser_by_itself() -> None:
    assert load_settings({"CDS_PROFILE": "production"}).browser_origins == ()


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        (
            {"CDS_PROFIL": "x"},
            "CDS_PROFIL is no setting of this service; did you mean CDS_PROFILE?",
        ),
        ({"CDS_ZZZZZZ": "x"}, "CDS_ZZZZZZ is no setting of this service"),
        ({"CDS_PROFILE": "test"}, "CDS_PROFILE: "),
        ({"CDS_DEADLINE_MS": "soon"}, "CDS_DEADLINE_MS: "),
        ({"CDS_DEADLINE_MS": "0"}, "CDS_DEADLINE_MS: "),
        ({"CDS_MAX_DEPTH": "1000"}, "CDS_MAX_DEPTH: "),
        ({"CDS_TIME_ZONE": "Mars/North"}, "CDS_TIME_ZONE: 'Mars/North' is no IANA time zone"),
        ({"CDS_CARDS": "/nowhere/cards"}, "CDS_CARDS: /nowhere/cards does not exist"),
        ({"CDS_DATABASE_URL": "mysql://x"}, "CDS_DATABASE_URL: must be sqlite"),
        ({"CDS_DATABASE_URL": "sqlite:///:memory:"}, "CDS_DATABASE_URL: must be sqlite"),
        ({"CDS_PUBLIC_URL": "cds.example"}, "CDS_PUBLIC_URL: must be an absolute"),
        ({"CDS_PUBLIC_URL": "https://u:p@a.example"}, "CDS_PUBLIC_URL: must be an absolute"),
        ({"CDS_CORS_ORIGINS": "https://a.example/path"}, "CDS_CORS_ORIGINS: "),
        (
            {"CDS_PROFILE": "production", "CDS_CORS_ORIGINS": "*"},
            "CDS_CORS_ORIGINS: * is refused in production",
        ),
        (
            {"CDS_PROFILE": "production", "CDS_CORS_ORIGINS": "http://localhost:*"},
            "CDS_CORS_ORIGINS: * is refused in production",
        ),
        (
            {"CDS_PROFILE": "production", "CDS_PUBLIC_URL": "http://cds.example"},
            "CDS_PUBLIC_URL: production needs https",
        ),
    ],
)
def test_what_cannot_be_is_told_in_one_line(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], said: str
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as raised:
        load_settings()
    assert str(raised.value).startswith(said)
    assert "\n" not in str(raised.value)


def test_all_problems_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDS_DEADLINE_MS", "soon")
    monkeypatch.setenv("CDS_CORS_ORIGIN", "*")
    with pytest.raises(SettingsError) as raised:
        load_settings()
    assert len(str(raised.value).splitlines()) == 2
    assert "did you mean CDS_CORS_ORIGINS?" in str(raised.value)


def test_each_setting_is_described_with_its_origin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDS_PREFETCH", "lean")
    rows = {name: rest for name, *rest in describe(load_settings())}
    assert rows["CDS_PREFETCH"][:2] == ["lean", "environment"]
    assert rows["CDS_PROFILE"][:2] == ["development", "default"]
    assert rows["CDS_STRICT_FHIR"][:2] == ["False", "default"]
    assert all(meaning for _, _, meaning in rows.values())
    assert set(rows) == {f"CDS_{name.upper()}" for name in Settings.model_fields}


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://cds:s3cret@db.example:5432/cds",
        "postgresql://db.example/cds?user=cds&password=s3cret",
        "postgresql://cds:a:s3cret@db.example/cds",
    ],
)
def test_no_password_is_ever_shown(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("CDS_DATABASE_URL", url)
    settings = load_settings()
    shown = {name: value for name, value, *_ in describe(settings)}["CDS_DATABASE_URL"]
    assert "s3cret" not in shown
    assert "***" in shown
    assert "s3cret" not in repr(settings)


def test_a_fhir_server_of_production_is_called_by_https() -> None:
    environment = {"CDS_PROFILE": "production", "CDS_FHIR_ORIGINS": "http://fhir.example"}
    with pytest.raises(SettingsError, match=r"^CDS_FHIR_ORIGINS: production calls FHIR servers"):
        load_settings(environment)

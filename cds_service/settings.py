"""The environment, typed: every setting with its meaning, its default and where it came from."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from cds_service.errors import SettingsError

PREFIX: Final = "CDS_"
LOCAL_ORIGINS: Final = ("http://localhost:*", "http://127.0.0.1:*")
_CARDS: Final = Path(__file__).parent.parent / "cards"

Listed = Annotated[tuple[str, ...], NoDecode]
"""Several values in one variable, with commas between them."""


class Settings(BaseSettings):
    """All settings; each is read from the environment variable CDS_<NAME>."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    profile: Literal["development", "production"] = Field(
        "development", description="development answers locally only; production is strict"
    )
    database_url: str = Field(
        "sqlite:///var/cds.sqlite3", description="store of issued cards and feedback (SQLAlchemy URL)"
    )
    public_url: str = Field("", description="URL under which EHRs reach this service")
    cors_origins: Listed | None = Field(
        None, description="browser origins allowed; default: local ports in development, else none"
    )
    prefetch: Literal["full", "lean"] = Field(
        "full", description="prefetch in discovery: every query, or the patient only"
    )
    deadline_ms: int = Field(2500, ge=100, le=5000, description="time for all FHIR requests of a call")
    strict_fhir: bool = Field(
        default=False, description="validate each entry that a rule reads with the R4B model"
    )
    cards: Path = Field(_CARDS, description="folder of the clinical content")
    canonical: str = Field(
        "https://example.org/vertebral-augmentation-cds", description="base of our own code systems"
    )
    site: Path | None = Field(None, description="file with what is particular to a site (later use)")
    time_zone: str = Field("UTC", description="IANA zone of the site, in which days are counted")
    fhir_origins: Listed = Field(
        (), description="FHIR servers that production may call: scheme, host and port"
    )
    cds_version: str = Field("2.0.1", description="CDS Hooks version that discovery declares")
    hook_version: str = Field("1.0", description="hook version that discovery declares")
    max_body_bytes: int = Field(8 << 20, ge=1024, description="largest request body")
    max_depth: int = Field(64, ge=8, le=500, description="deepest nesting of a JSON body")
    max_entries: int = Field(5000, ge=1, description="most entries of one prefetched Bundle")
    max_prefetch_keys: int = Field(40, ge=1, description="most keys of a prefetch")
    max_string: int = Field(
        1 << 20, ge=1024, description="longest string; reports come as base64 in one string"
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="least severe log line that is written"
    )

    @field_validator("cors_origins", "fhir_origins", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        """Split a variable at its commas."""
        if isinstance(value, str):
            return tuple(one.strip().rstrip("/") for one in value.split(",") if one.strip())
        return value

    @field_validator("canonical", "public_url")
    @classmethod
    def _absolute(cls, value: str) -> str:
        """Take an absolute http(s) URL without a closing slash, or nothing."""
        if value and not re.fullmatch(r"https?://[^\s/?#@]+(/[^\s?#]*)?", value):
            message = "must be an absolute http or https URL"
            raise ValueError(message)
        return value.rstrip("/")

    @field_validator("time_zone")
    @classmethod
    def _zone(cls, value: str) -> str:
        """Take a zone that the time-zone database knows."""
        try:
            ZoneInfo(value)
        except (ValueError, OSError) as error:
            message = "is no IANA time zone"
            raise ValueError(message) from error
        return value

    @model_validator(mode="after")
    def _safe(self) -> Settings:
        """Refuse what production must not have."""
        if self.profile == "production" and "*" in (self.cors_origins or ()):
            message = "production does not allow every browser origin (*)"
            raise ValueError(message)
        insecure = [one for one in self.fhir_origins if not one.startswith("https://")]
        if self.profile == "production" and insecure:
            message = f"production calls FHIR servers over https only, not {insecure[0]}"
            raise ValueError(message)
        return self

    @property
    def browser_origins(self) -> tuple[str, ...]:
        """The browser origins that may call; a port may be `*`."""
        if self.cors_origins is not None:
            return self.cors_origins
        return LOCAL_ORIGINS if self.profile == "development" else ()


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from the environment.

    SettingsError for a name that is unknown and for a value that cannot be used.
    """
    environment = os.environ if environment is None else environment
    known = {f"{PREFIX}{name.upper()}": name for name in Settings.model_fields}
    given = {key: value for key, value in environment.items() if key.startswith(PREFIX)}
    for key in given:
        if key not in known:
            close = difflib.get_close_matches(key, known, n=1)
            hint = f"; did you mean {close[0]}?" if close else ""
            message = f"{key} is no setting of this service{hint}"
            raise SettingsError(message)
    values: dict[str, Any] = {known[key]: value for key, value in given.items()}
    try:
        return Settings(**values)
    except ValidationError as error:
        raise SettingsError("; ".join(_problems(error))) from error


def _problems(error: ValidationError) -> Iterable[str]:
    """Say each problem in one line, without the value: it may be a secret."""
    for problem in error.errors(include_input=False, include_url=False, include_context=False):
        name = f"{PREFIX}{problem['loc'][0]}".upper() if problem["loc"] else "settings"
        yield f"{name}: {problem['msg'].removeprefix('Value error, ')}"


def describe(
    settings: Settings, environment: Mapping[str, str] | None = None
) -> list[tuple[str, str, str, str]]:
    """List name, value, origin and meaning of every setting; secrets are masked."""
    environment = os.environ if environment is None else environment
    rows = []
    for name, field in Settings.model_fields.items():
        variable = f"{PREFIX}{name.upper()}"
        origin = "environment" if variable in environment else "default"
        rows.append((variable, _shown(name, getattr(settings, name)), origin, field.description or ""))
    return rows


def _shown(name: str, value: Any) -> str:
    """Show a value in one line; a password inside a URL is masked."""
    if name == "database_url":
        from sqlalchemy.engine.url import make_url  # slow to import, and only shown here

        return make_url(str(value)).render_as_string(hide_password=True)
    if isinstance(value, tuple):
        return ",".join(value)
    return "" if value is None else str(value)


def _masked(found: re.Match[str]) -> str:
    """Put stars in the place of a password."""
    return f"{found['user'] or found['key']}***{found['at'] or ''}"

"""The environment, typed: every setting with its meaning, its default and where it came from."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from cds_service.errors import SettingsError

PREFIX: Final = "CDS_"
LOCAL_ORIGINS: Final = ("http://localhost:*", "http://127.0.0.1:*")
_CARDS: Final = Path(__file__).parent.parent / "cards"
_ORIGIN: Final = re.compile(r"https?://[a-z0-9.-]+(?::(?:[0-9]{1,5}|\*))?|\*", re.IGNORECASE)
_PASSWORDS: Final = re.compile(r"(?P<user>://[^:@/]*:).*(?P<at>@)|(?P<key>password=)[^&]*")

_DEFAULT_SECRETS: Final = frozenset(
    {"admin", "cds", "change-me", "changeme", "example", "password", "postgres", "secret", "test"}
)

Listed = tuple[str, ...]
"""Several values in one variable, with commas between them."""


class Settings(BaseSettings):
    """All settings; each is read from the environment variable CDS_<NAME>."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid")

    profile: Literal["development", "production"] = Field(
        "development", description="development answers locally only; production is strict"
    )
    database_url: str = Field(
        "sqlite:///var/cds.sqlite3",
        repr=False,
        description="store of issued cards and feedback (SQLAlchemy URL)",
    )
    spool: Path | None = Field(
        None,
        description="folder of what waits for the store; default: `spool` beside its file",
    )
    comment_days: int = Field(
        90, ge=0, le=3650, description="days that comments of feedback are kept; 0 keeps none"
    )
    audit_days: int = Field(
        2190, ge=0, le=36500, description="days that audit records are kept; 0 keeps them for ever"
    )
    audit_names: Literal["client", "user", "patient"] = Field(
        "client", description="whom the audit names: client, also its user, also the patient"
    )
    public_url: str = Field("", description="URL under which EHRs reach this service")
    cors_origins: Listed | None = Field(
        None, description="browser origins allowed; default: local ports in development, else none"
    )
    prefetch: Literal["full", "lean"] = Field(
        "full", description="prefetch in discovery: every query, or the patient only"
    )
    deadline_ms: int = Field(
        2500, ge=100, le=5000, description="time for all FHIR requests of a call"
    )
    strict_fhir: bool = Field(
        default=False, description="validate each entry that a rule reads with the R4B model"
    )
    cards: Path = Field(_CARDS, description="folder of the clinical content")
    canonical: str = Field(
        "https://example.org/vertebral-augmentation-cds", description="base of our own code systems"
    )
    site: Path | None = Field(
        None, description="file with what a site sets: limits, rules, codes, its record"
    )
    clients: Path | None = Field(
        None, description="file with the EHRs that may call; production does not start without"
    )
    time_zone: str = Field("UTC", description="IANA zone of the site, in which days are counted")
    fhir_origins: Listed = Field(
        (), description="FHIR servers for commands in production; EHRs have theirs in CDS_CLIENTS"
    )
    ca_file: Path | None = Field(
        None, description="certificate authorities (PEM) trusted beside the public ones"
    )
    cds_version: str = Field("2.0.1", description="CDS Hooks version that discovery declares")
    hook_version: str = Field("1.0", description="hook version that discovery declares")
    max_body_bytes: int = Field(8 << 20, ge=1024, description="largest request body")
    max_depth: int = Field(64, ge=8, le=250, description="deepest nesting of a JSON body")
    max_entries: int = Field(5000, ge=1, description="most entries of one prefetched Bundle")
    max_prefetch_keys: int = Field(40, ge=1, description="most keys of a prefetch")
    max_string: int = Field(
        1 << 20, ge=1024, description="longest string; reports come as base64 in one string"
    )
    metrics: Literal["off", "on"] = Field(
        "off", description="count, and tell Prometheus at `GET /metrics`"
    )
    metrics_token: Path | None = Field(
        None,
        description="file with the token for `/metrics` and the details of `/readyz` in production",
    )
    otel: Literal["off", "on"] = Field(
        "off", description="send traces by OpenTelemetry, as the OTEL_ variables say"
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="least severe log line that is written"
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take what is handed in: `load_settings` alone asks the environment."""
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)

    @field_validator("cors_origins", "fhir_origins", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        """Split a variable at its commas."""
        if isinstance(value, str):
            return tuple(one.strip().rstrip("/") for one in value.split(",") if one.strip())
        return value

    @field_validator(
        *("profile", "prefetch", "metrics", "otel", "log_level", "audit_names"), mode="before"
    )
    @classmethod
    def _any_case(cls, value: Any, info: ValidationInfo) -> Any:
        """Take words in any case."""
        if not isinstance(value, str):
            return value
        return value.upper() if info.field_name == "log_level" else value.lower()

    @field_validator("database_url")
    @classmethod
    def _store(cls, value: str) -> str:
        """Take a SQLite file or PostgreSQL; a store in memory would be another in each thread."""
        kind, separator, rest = value.partition("://")
        in_memory = kind == "sqlite" and rest in {"", "/", "/:memory:"}
        if not separator or kind.partition("+")[0] not in {"sqlite", "postgresql"} or in_memory:
            message = "must be sqlite:///PATH (a file) or postgresql+psycopg://..."
            raise ValueError(message)
        return value

    @field_validator("canonical", "public_url")
    @classmethod
    def _absolute(cls, value: str) -> str:
        """Take an absolute http(s) URL without a closing slash, or nothing."""
        if value and not re.fullmatch(r"https?://[^\s/?#@]+(/[^\s?#]*)?", value):
            message = "must be an absolute http(s) URL without user, query and fragment"
            raise ValueError(message)
        return value.rstrip("/")

    @field_validator("cors_origins")
    @classmethod
    def _origins(cls, value: tuple[str, ...] | None) -> tuple[str, ...] | None:
        """Take what a browser could send as its origin."""
        for origin in value or ():
            if not _ORIGIN.fullmatch(origin):
                message = f"{origin!r} is no origin: scheme, host and port, such as https://a.org"
                raise ValueError(message)
        return value

    @field_validator("cards", "site", "clients", "metrics_token", "ca_file")
    @classmethod
    def _there(cls, value: Path | None) -> Path | None:
        """Take a path where something lies."""
        if value is not None and not value.exists():
            message = f"{value} does not exist"
            raise ValueError(message)
        return value

    @field_validator("time_zone")
    @classmethod
    def _zone(cls, value: str) -> str:
        """Take a zone that the time-zone database knows."""
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            message = f"{value!r} is no IANA time zone, such as Europe/Berlin"
            raise ValueError(message) from error
        return value

    @model_validator(mode="after")
    def _safe(self) -> Self:
        """Refuse what production must not have."""
        if self.profile == "production":
            for problem in self._unsafe():
                raise ValueError(problem)
        return self

    def _unsafe(self) -> Iterator[str]:
        """Name what is good for a developer only."""
        if any("*" in origin for origin in self.cors_origins or ()):
            yield "cors_origins: * is refused in production; name the origins"
        if urlsplit(self.public_url).scheme == "http":
            yield "public_url: production needs https"
        store = urlsplit(self.database_url)
        if store.password and store.password.lower() in {*_DEFAULT_SECRETS, store.username}:
            yield "database_url: production needs a password of its own"
        for origin in self.fhir_origins:
            if not origin.startswith("https://"):
                yield f"fhir_origins: production calls FHIR servers over https only, not {origin}"

    @property
    def browser_origins(self) -> tuple[str, ...]:
        """The browser origins that may call; a port may be `*`."""
        if self.cors_origins is not None:
            return self.cors_origins
        return LOCAL_ORIGINS if self.profile == "development" else ()


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from the environment; a variable that is empty counts as not set.

    SettingsError for names that are unknown and values that cannot be used, a line for each.
    """
    environment = os.environ if environment is None else environment
    known = _variables()
    given = {key: value for key, value in environment.items() if key.startswith(PREFIX)}
    problems = [_unknown(key, known) for key in sorted(given) if key not in known]
    values: dict[str, Any] = {
        known[key]: value for key, value in given.items() if key in known and value
    }
    try:
        settings = Settings(**values)
    except ValidationError as error:
        problems += _problems(error)
    if problems:
        raise SettingsError("\n".join(problems))
    return settings


def describe(
    settings: Settings, environment: Mapping[str, str] | None = None
) -> list[tuple[str, str, str, str]]:
    """List name, value, origin and meaning of every setting; passwords are masked."""
    environment = os.environ if environment is None else environment
    return [
        (
            variable,
            _shown(getattr(settings, name)),
            "environment" if environment.get(variable) else "default",
            Settings.model_fields[name].description or "",
        )
        for variable, name in _variables().items()
    ]


def _variables() -> dict[str, str]:
    """Name the variable of every field."""
    return {f"{PREFIX}{name.upper()}": name for name in Settings.model_fields}


def _unknown(key: str, known: Iterable[str]) -> str:
    """Say that a variable is none of ours, and which one may be meant."""
    close = difflib.get_close_matches(key, known, n=1)
    hint = f"; did you mean {close[0]}?" if close else ""
    return f"{key} is no setting of this service{hint}"


def _problems(error: ValidationError) -> Iterator[str]:
    """Say each problem in one line, without the value: it may be a secret."""
    for problem in error.errors(include_input=False, include_url=False, include_context=False):
        message = problem["msg"].removeprefix("Value error, ")
        name = str(problem["loc"][0]) if problem["loc"] else ""
        if not name:  # a check over several fields names the one to change itself
            name, _, message = message.partition(": ")
        yield f"{PREFIX}{name.upper()}: {message}"


def _shown(value: Any) -> str:
    """Show a value in one line; a password inside a URL is masked."""
    if isinstance(value, tuple):
        return ",".join(value)
    return "" if value is None else _PASSWORDS.sub(_masked, str(value))


def _masked(found: re.Match[str]) -> str:
    """Put stars in the place of a password."""
    return f"{found['user'] or found['key']}***{found['at'] or ''}"

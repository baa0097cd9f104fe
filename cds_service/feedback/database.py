"""The database behind the store: an engine for its URL, and its form brought up to date."""

from __future__ import annotations

import hashlib
import logging
import math
import time
from contextlib import AbstractContextManager
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, Engine, Table, create_engine, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DBAPIError

from cds_service.errors import CdsError, SettingsError

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.pool import ConnectionPoolEntry

HEAD: Final = "0004"
"""The last step in `migrations/`; where it has been made, Alembic need not even be loaded."""

PATIENCE_SECONDS: Final = 5
"""How long a lock of the database, or a connection to it, is waited for."""

BRIEF_SECONDS: Final = 1
"""The same where a caller waits for the answer."""

_STEPS: Final = Path(__file__).parent / "migrations"
_ADVISORY_LOCK: Final = 6_225_142
_ALEMBIC: Final = Lock()
"""Alembic keeps what it works with in its modules: two databases at once would be mixed up."""

_LOG: Final = logging.getLogger(__name__)


class StoreDown(CdsError):  # noqa: N818 - named as the errors in errors.py are
    """Nothing could be kept; the caller may try again later."""


class Database:
    """An engine whose database is brought up to date before it is first used."""

    def __init__(self, database_url: str, *, lasting: bool = True) -> None:
        """Prepare; nothing is opened yet. SettingsError for a URL that cannot be used.

        What is not `lasting` outlives processes, but the last of it perhaps no loss of power; a
        database that is busy or gone is then waited for briefly.
        """
        self._engine = engine_of(database_url, lasting=lasting)
        dialect: Any = postgresql if self._engine.dialect.name == "postgresql" else sqlite
        self._insert = dialect.insert
        self._lock = Lock()
        self._is_open = False
        self._failed = -math.inf

    def open(self) -> None:
        """Bring the database up to date, once; StoreDown when that is not possible.

        Whoever waits while another thread tries shares what comes of it: one after the other they
        would wait for minutes.
        """
        if self._is_open:
            return
        asked = time.monotonic()
        with self._lock:
            if self._failed > asked:
                raise StoreDown
            try:
                upgrade(self._engine)
            except Exception as error:  # Alembic and drivers raise of their own kind
                self._failed = time.monotonic()
                raise StoreDown from error
            self._is_open = True

    def begin(self) -> AbstractContextManager[Connection]:
        """Begin a transaction in an open database; StoreDown when it cannot be opened."""
        self.open()
        return self._engine.begin()

    def once(self, table: Table) -> Any:
        """Insert what is not there yet; the same again changes nothing."""
        return self._insert(table).on_conflict_do_nothing()

    def let_go(self) -> None:
        """Close the connections that are kept."""
        self._engine.dispose()


def log_failure(event: str, error: BaseException | None) -> None:
    """Log a failure by the class of its cause: messages of drivers may quote values."""
    cause = error.__cause__ or error if error else None
    said = {"error": type(cause).__name__} if cause else {}
    _LOG.error(event, extra={"said": said})


def engine_of(database_url: str, *, lasting: bool = True) -> Engine:
    """Make an engine; nothing is opened yet. SettingsError for a URL that cannot be used."""
    patience = PATIENCE_SECONDS if lasting else BRIEF_SECONDS
    try:
        url = make_url(database_url)
        if url.get_backend_name() == "sqlite":
            engine = create_engine(url, connect_args={"timeout": patience}, pool_timeout=patience)
            event.listen(engine, "connect", _prepare_sqlite if lasting else _prepare_fast)
            return engine
        waiting: dict[str, Any] = {"connect_timeout": patience}
        if not lasting:
            limit = BRIEF_SECONDS * 1000
            waiting["options"] = f"-c synchronous_commit=off -c statement_timeout={limit}"
            waiting["tcp_user_timeout"] = 2 * limit  # for a server that has gone without a word
        return create_engine(url, pool_pre_ping=True, pool_timeout=patience, connect_args=waiting)
    except (ArgumentError, ImportError, ValueError) as error:
        msg = f"CDS_DATABASE_URL: cannot be used ({type(error).__name__}); is its driver installed?"
        raise SettingsError(msg) from None


def folder_of(database_url: str) -> Path:
    """Name the folder of a SQLite file; `var` for another database."""
    path = _file_of(database_url)
    return path.parent if path else Path("var")


def mark_of(database_url: str) -> str:
    """Name a database by a hash of where it is; who asks, and by which password, is no part of it.

    What waits for one must never be written to another, though both lie beside each other.
    """
    path = _file_of(database_url)
    where = str(path.resolve()) if path else database_url.rpartition("@")[2]
    return hashlib.sha256(where.encode()).hexdigest()[:12]


def _file_of(database_url: str) -> Path | None:
    """Give the file of a SQLite database; None for another database."""
    kind, _, path = database_url.partition(":///")
    return Path(path.partition("?")[0]) if kind.startswith("sqlite") and path else None


def upgrade(engine: Engine) -> None:
    """Bring the database to `HEAD`; of several processes one does it, the others wait.

    Raises what SQLAlchemy, Alembic or the file system raise when that is not possible.
    """
    if engine.dialect.name == "sqlite" and engine.url.database:
        Path(engine.url.database).parent.mkdir(parents=True, exist_ok=True)
    with engine.connect() as connection:
        if _version(connection) == HEAD:
            return
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})")
        _make_steps(connection)
        connection.commit()


def _make_steps(connection: Connection) -> None:
    """Run all steps that lack, in the open transaction; perhaps another process just did."""
    from alembic import command  # a tenth of a second, and only ever needed once
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_STEPS).replace("%", "%%"))
    config.attributes["connection"] = connection
    with _ALEMBIC:
        command.upgrade(config, "head")
    _LOG.info("store brought up to date", extra={"said": {"version": HEAD}})


def _version(connection: Connection) -> str | None:
    """Read which step was made last; None in an empty database."""
    try:
        found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    except DBAPIError:
        found = None
    connection.rollback()
    return None if found is None else str(found)


def _prepare_sqlite(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    """Let readers and a writer work side by side, and lose nothing that was acknowledged.

    What is removed is overwritten, too: a comment of a clinician that expired is gone.
    """
    _set(connection, "journal_mode=WAL", "synchronous=FULL", "secure_delete=ON")


def _prepare_fast(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    """Wait for no disk: a commit is then worth a tenth of its time."""
    _set(connection, "journal_mode=WAL", "synchronous=NORMAL")


def _set(connection: DBAPIConnection, *pragmas: str) -> None:
    """Set what SQLite forgets with each connection."""
    cursor = connection.cursor()
    for pragma in pragmas:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()

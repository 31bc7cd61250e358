"""The engine under the issuer's store: which databases are taken, how each is to behave, the migrations."""

from __future__ import annotations

import importlib.resources
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, event, inspect
from sqlalchemy import text as sql
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError
from sqlmodel import create_engine

from chain.errors import InvalidInput
from issuer import private_files
from issuer.errors import DatabaseRefuses
from issuer.tables.database_errors import told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.pool import ConnectionPoolEntry

NEWEST_REVISION = "0007"

_OURS = "data_key"
"""A table that is here from the first revision on, and in no other program's database."""
_WANTED = "wanted sqlite:///FILE or postgresql+psycopg://USER@HOST/DATABASE"
_BUSY_S = 15
"""How long a writer waits for those before it."""
_MIGRATING_S = 600
"""How long a process that starts waits for another one that migrates."""
_WRITERS = 0x79696E78696E  # «yinxin»
"""The advisory lock that every writer takes on PostgreSQL."""
_CONNECT = {
    "connect_timeout": "10",
    # A node that vanished is noticed within a minute, not within hours.
    "keepalives_idle": "20",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "tcp_user_timeout": "40000",
    "application_name": "yinxin-issuer",
}


@dataclass(frozen=True, slots=True)
class Database:
    """An open database, migrated."""

    url: URL
    engine: Engine

    @property
    def shown(self) -> str:
        """Its address for people, without password or options."""
        return shown(self.url)

    @property
    def file(self) -> Path | None:
        """The file that it is, None for PostgreSQL."""
        return None if is_postgresql(self.url) else Path(self.url.database or "")

    @property
    def readers(self) -> Engine:
        """Whose transactions change nothing and see one moment."""
        if self.file is not None:
            return self.engine
        return self.engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)

    @property
    def writers(self) -> Engine:
        """Whose transactions begin with the writers' lock.

        On PostgreSQL they are READ COMMITTED: a stricter level would see the moment at which it began to wait for the
        lock, not the one at which it got it.
        """
        if self.file is not None:
            return self.engine.execution_options(immediate=True)
        return self.engine.execution_options(
            immediate=True, isolation_level="READ COMMITTED", postgresql_readonly=False
        )


def open_database(url: str) -> Database:
    """Open a database, made (SQLite) and migrated as needed.

    Raises `InvalidInput` for what is no address of one, `DatabaseTrouble` if it cannot be used.
    """
    parsed = parse(url)
    engine = _open_postgresql(parsed) if is_postgresql(parsed) else _open_sqlite(parsed)
    database = Database(parsed, engine)
    try:
        with told(database.shown):
            _migrate(database)
    except BaseException:
        engine.dispose()
        raise
    return database


def parse(url: str) -> URL:
    """Read a database's address; raises `InvalidInput`, which repeats no password."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as exc:
        raise InvalidInput(f"YINXIN_DATABASE_URL: got something that is no database URL, {_WANTED}") from exc
    if parsed.drivername in {"postgresql", "postgresql+psycopg"} and parsed.database:
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() == "sqlite" and parsed.database and parsed.database != ":memory:":
        return parsed
    raise InvalidInput(f"YINXIN_DATABASE_URL: got {shown(parsed)}, {_WANTED}")


def is_postgresql(url: URL) -> bool:
    """Whether it is the address of a PostgreSQL database, not of an SQLite one."""
    return url.get_backend_name() == "postgresql"


def shown(url: URL) -> str:
    """Return an address for people: without password, and without options, which may hold one, too."""
    return url.set(password=None, query={}).render_as_string()


def _open_sqlite(url: URL) -> Engine:
    path = Path(url.database or "")
    try:
        private_files.make_folder(path.parent)
        # SQLite gives its log the mode that the database has.
        private_files.make_empty(path)
    except OSError as exc:
        raise DatabaseRefuses(f"{shown(url)}: {exc.strerror or exc}") from exc
    engine = create_engine(url, hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    # The driver must not begin transactions on its own; `_begin_sqlite` does.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        f"busy_timeout={_BUSY_S}000",
        # What is erased is overwritten, not only unlinked.
        "secure_delete=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    immediate = connection.get_execution_options().get("immediate")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def _open_postgresql(url: URL) -> Engine:
    engine = create_engine(
        url,
        # Values never stand in an error's text.
        hide_parameters=True,
        pool_pre_ping=True,
        # A request reads and writes by two connections at most; a web server has 40 threads.
        pool_size=10,
        max_overflow=30,
        connect_args={name: value for name, value in _CONNECT.items() if name not in url.query},
    )
    # Before SQLAlchemy's own questions, which a database in another encoding answers in bytes.
    event.listen(engine, "connect", _prepare_postgresql, insert=True)
    event.listen(engine, "begin", _begin_postgresql)
    return engine


def _prepare_postgresql(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    cursor.execute("SHOW server_encoding")
    (encoding,) = cursor.fetchone() or ("",)
    if encoding not in {"UTF8", b"UTF8"}:
        got = encoding.decode() if isinstance(encoding, bytes) else encoding
        raise DatabaseRefuses(f"PostgreSQL database: got one encoded in {got}, wanted UTF8")
    # What is committed is on the disk; a server that promises more than that is left to it.
    cursor.execute(
        "SELECT set_config('synchronous_commit', 'on', false) "
        "WHERE current_setting('synchronous_commit') IN ('off', 'local', 'remote_write')"
    )
    cursor.execute(f"SET lock_timeout = '{_BUSY_S}s'")
    cursor.execute("SET timezone = 'UTC'")
    cursor.close()
    connection.commit()


def _begin_postgresql(connection: Connection) -> None:
    options = connection.get_execution_options()
    if options.get("immediate"):
        if patience := options.get("patience_s"):
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{patience}s'")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITERS})")


def alembic_config(connection: Connection | None = None) -> Config:
    """Return the configuration for Alembic's commands; without a connection it takes the one in the settings."""
    config = Config()
    config.set_main_option("script_location", str(importlib.resources.files("issuer") / "migrations"))
    config.attributes["connection"] = connection
    return config


def _migrate(database: Database) -> None:
    with database.readers.connect() as connection:
        held = revision(connection)
        if held is not None and not inspect(connection).has_table(_OURS):
            raise DatabaseRefuses(
                f"{database.shown}: got another program's database, its tables of revision {held}, wanted an empty one "
                "or this service's own; see YINXIN_DATABASE_URL"
            )
    if held == NEWEST_REVISION:
        return
    known = {script.revision for script in ScriptDirectory.from_config(alembic_config()).walk_revisions()}
    if held is not None and held not in known:
        raise DatabaseRefuses(
            f"{database.shown}: got tables of revision {held}, wanted {NEWEST_REVISION} or older; "
            "a newer version of this software has taken it over"
        )
    # Of several processes that start at once one migrates; the others wait and find it done.
    with rebuilding(database) as connection:
        command.upgrade(alembic_config(connection), "head")


@contextmanager
def rebuilding(database: Database) -> Iterator[Connection]:
    """Yield a connection within a transaction that may make tables anew.

    SQLite changes a table by making it anew, which references to it forbid. They are not looked at meanwhile, but all
    at once at the end; raises `DatabaseRefuses` if one leads nowhere, and then nothing was changed.
    """
    with database.writers.execution_options(patience_s=_MIGRATING_S).connect() as connection:
        _look_at_references(connection, wanted=False)
        try:
            with connection.begin():
                yield connection
                if database.file is not None and (
                    broken := connection.exec_driver_sql("PRAGMA foreign_key_check").all()
                ):
                    raise DatabaseRefuses(f"{database.shown}: {len(broken)} rows refer to rows that are not there")
        finally:
            _look_at_references(connection, wanted=True)


def _look_at_references(connection: Connection, *, wanted: bool) -> None:
    """Have SQLite heed references or not, which it hears only outside a transaction."""
    if connection.dialect.name == "sqlite" and (driver := connection.connection.driver_connection) is not None:
        driver.execute(f"PRAGMA foreign_keys={'ON' if wanted else 'OFF'}")


def revision(connection: Connection) -> str | None:
    """Return which revision the tables have, None where there are none."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    held: str | None = connection.execute(sql("SELECT version_num FROM alembic_version")).scalar()
    return held

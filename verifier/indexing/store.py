"""The verifier's database: opening it, bringing it to the newest revision, and its sessions."""

from __future__ import annotations

from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, event, inspect, text
from sqlalchemy.exc import ArgumentError
from sqlmodel import Session, create_engine

from chain.errors import InvalidInput, YinxinError
from verifier.indexing import lookups

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.pool import ConnectionPoolEntry

    from verifier.indexing.lookups import Lookup

NEWEST_REVISION = "0006"
_SQLITE_FILE = "sqlite:///"


class StoreUnusable(YinxinError):
    """A database that cannot be opened as it is; says which way out there is."""


class StoreOutgrown(YinxinError):
    """Another version of this software has changed the database's tables meanwhile; this one must not write there."""


class Store:
    """The database. Safe to share between threads; several processes may have it open."""

    def __init__(self, url: str) -> None:
        """Open it, and make or change its tables where need be.

        Raises:
            InvalidInput: For no URL of a database.
            StoreUnusable: A newer version has taken the database over.
        """
        if url.startswith(_SQLITE_FILE):
            Path(url.removeprefix(_SQLITE_FILE)).absolute().parent.mkdir(parents=True, exist_ok=True)
        self._engine = _open(url)
        with self._engine.execution_options(immediate=True).begin() as connection:
            migrate(connection)
        self._lookups = lookups.lookups_of(self._engine)

    @property
    def is_at_hand(self) -> bool:
        """Whether `looking` takes no longer than reckoning does."""
        return self._lookups.is_at_hand

    def looking(self) -> AbstractContextManager[Lookup]:
        """Ask for single rows, fast; all answers within the block are of one moment."""
        return self._lookups.open()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Ask; all answers within the block are of one moment."""
        with Session(self._engine) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Change; all of it is stored on leaving, or nothing if an error leaves it. One writer at a time.

        Raises:
            StoreOutgrown: The tables are no longer those that this version knows.
        """
        with Session(self._engine.execution_options(immediate=True)) as session:
            held = _revision(session.connection())
            if held != NEWEST_REVISION:
                raise StoreOutgrown(
                    f"got an index of revision {held}, wanted {NEWEST_REVISION}: another version of the verifier has "
                    "taken it over; restart this one with that version, or give it a database of its own"
                )
            yield session
            session.commit()

    def close(self) -> None:
        """Let go of the database."""
        self._lookups.close()
        self._engine.dispose()


def migrate(connection: Connection) -> None:
    """Bring the tables to the newest revision."""
    if inspect(connection).has_table("alembic_version") and _revision(connection) == NEWEST_REVISION:
        return
    try:
        command.upgrade(alembic_config(connection), "head")
    except CommandError as exc:
        raise StoreUnusable(
            f"got an index of revision {_revision(connection)}, wanted {NEWEST_REVISION} or an older one: a newer "
            "version of the verifier has taken it over; start that one, or name another database in YINXIN_DATABASE_URL"
        ) from exc


def alembic_config(connection: Connection) -> Config:
    """Return the configuration for Alembic's commands on a connection."""
    config = Config()
    config.set_main_option("script_location", str(files("verifier").joinpath("migrations")))
    config.attributes["connection"] = connection
    return config


def _revision(connection: Connection) -> str | None:
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _open(url: str) -> Engine:
    # On PostgreSQL a snapshot for the whole transaction has to be asked for; SQLite gives no other.
    try:
        if not url.startswith("sqlite"):
            return create_engine(url, isolation_level="REPEATABLE READ")
        engine = create_engine(url)
    except ArgumentError as exc:
        # The URL itself may have a password in it.
        raise InvalidInput(
            f"YINXIN_DATABASE_URL: got a URL that cannot be read ({exc}), wanted one such as sqlite:///var/verifier.db"
        ) from exc
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    # The driver must not begin transactions on its own; `_begin_sqlite` does.
    connection.isolation_level = None
    cursor = connection.cursor()
    # NORMAL may lose the last transactions in a power cut, never its consistency; they are read again from the chain.
    for pragma in ("busy_timeout=15000", "journal_mode=WAL", "synchronous=NORMAL"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    immediate = connection.get_execution_options().get("immediate")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

"""The engine under the issuer's store: which databases are taken, how SQLite is to behave, the migrations."""

from __future__ import annotations

import importlib.resources
from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, event, inspect
from sqlalchemy import text as sql
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError
from sqlmodel import create_engine

from chain.errors import InvalidInput
from issuer import private_files

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.pool import ConnectionPoolEntry

NEWEST_REVISION = "0004"


def open_engine(url: str) -> Engine:
    """Open the database, made and migrated as needed; raises `InvalidInput` unless it is SQLite in a file.

    What keeps two writers apart (the lock at the start of a transaction, the lanes' locks, a partial index) is SQLite's
    way of doing it, so no other database is taken.
    """
    path = _file(url)
    private_files.make_folder(path.parent)
    # SQLite gives its log the mode that the database has.
    private_files.make_empty(path)
    engine = create_engine(url)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    _migrate(engine)
    return engine


def _file(url: str) -> Path:
    try:
        parsed = make_url(url)
    except ArgumentError as exc:
        raise InvalidInput("YINXIN_DATABASE_URL: got something that is no database URL, wanted sqlite:///FILE") from exc
    if parsed.get_backend_name() != "sqlite" or not parsed.database or parsed.database == ":memory:":
        got = parsed.render_as_string(hide_password=True)
        raise InvalidInput(
            f"YINXIN_DATABASE_URL: PostgreSQL comes with the consortium; got {got}, wanted sqlite:///FILE"
        )
    return Path(parsed.database)


def _prepare_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    # The driver must not begin transactions on its own; `_begin_sqlite` does.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "busy_timeout=15000",
        # What is erased is overwritten, not only unlinked.
        "secure_delete=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    immediate = connection.get_execution_options().get("immediate")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def alembic_config(connection: Connection | None = None) -> Config:
    """Return the configuration for Alembic's commands; without a connection it takes the one in the settings."""
    config = Config()
    config.set_main_option("script_location", str(importlib.resources.files("issuer") / "migrations"))
    config.attributes["connection"] = connection
    return config


def _migrate(engine: Engine) -> None:
    with engine.connect() as connection:
        if inspect(connection).has_table("alembic_version"):
            held = connection.execute(sql("SELECT version_num FROM alembic_version")).scalar()
            if held == NEWEST_REVISION:
                return
    with engine.execution_options(immediate=True).begin() as connection:
        command.upgrade(alembic_config(connection), "head")

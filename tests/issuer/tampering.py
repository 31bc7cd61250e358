"""Changes a database behind the issuer's back, as somebody would who has its file or its password."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy import text as sql

from issuer.tables.models import Base

if TYPE_CHECKING:
    from issuer.tables.store import Store


def alter(store: Store, *statements: str, **values: object) -> None:
    """Run statements, each by itself; `:name` stands for a value."""
    with store.database.engine.connect() as connection:
        for statement in statements:
            with connection.begin():
                connection.execute(sql(statement), values)


def everything(store: Store) -> bytes:
    """Return every value of every table, one after the other."""
    held = bytearray()
    with store.database.engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            for row in connection.execute(select(table)):
                for value in row:
                    held += value if isinstance(value, bytes) else str(value).encode()
                    held += b"\n"
    return bytes(held)


def let_log_be_changed(store: Store) -> None:
    """Take away what keeps the log of actions from being changed by a slip."""
    if store.database.file is None:
        alter(store, "ALTER TABLE audit_log DISABLE TRIGGER USER")
    else:
        alter(store, *(f"DROP TRIGGER IF EXISTS audit_log_keeps_{change}" for change in ("update", "delete")))


def fail_at(store: Store, table: str, event: str, condition: str = "1 = 1") -> None:
    """Have the database refuse one kind of statement, with the words «disk full»."""
    if store.database.file is None:
        alter(
            store,
            "CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'disk full'; END $$",
            f"CREATE TRIGGER broken BEFORE {event} ON {table} FOR EACH ROW WHEN ({condition}) "
            "EXECUTE FUNCTION broken()",
        )
    else:
        alter(
            store,
            f"CREATE TRIGGER broken BEFORE {event} ON {table} WHEN {condition} "
            "BEGIN SELECT RAISE(ABORT, 'disk full'); END",
        )


def fail_no_more(store: Store, table: str) -> None:
    """Undo `fail_at`."""
    if store.database.file is None:
        alter(store, f"DROP TRIGGER broken ON {table}", "DROP FUNCTION broken()")
    else:
        alter(store, "DROP TRIGGER broken")

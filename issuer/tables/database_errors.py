"""A database's own troubles, said in our words; faults of the program pass as they are."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as NoneFree

from chain.errors import InvalidInput
from issuer.errors import DatabaseAway, DatabaseBusy, DatabaseRefuses, DatabaseTrouble, NotFound

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chain.errors import YinxinError

_WHOLE_OR_NOT = "what was under way is stored whole or not at all; look, then repeat it"

_TOO_LARGE = "number: got one larger than any that is stored here"

# SQLSTATEs, PostgreSQL's appendix A.
_OUT_OF_RANGE = "22003"
_AWAY = {"57P01", "57P02", "57P03", "57P05", "25P03", "25P04"}
_BUSY = {"55P03", "40001", "40P01", "57014", "53300"}
_REFUSED = {"25006", "42501", "3D000", "3F000", "58030"}
_AWAY_CLASSES = ("08",)
_REFUSED_CLASSES = ("28", "53", "XX")
_SQLITE_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_SQLITE_REFUSED = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_NOMEM,
}


@contextmanager
def told(shown: str) -> Iterator[None]:
    """Raise `DatabaseTrouble` for what the database does; `shown` names it without a password.

    A text that PostgreSQL cannot hold is `InvalidInput`, a number beyond all that can be stored here `NotFound`.
    """
    try:
        yield
    except NoneFree as exc:
        raise DatabaseBusy(f"{shown}: every connection is in use; nothing was stored, repeat it") from exc
    except OverflowError as exc:
        if "SQLite" not in str(exc):
            raise
        raise NotFound(_TOO_LARGE) from exc
    except DBAPIError as exc:
        ours = _ours(exc, shown)
        if ours is None:
            raise
        raise ours from exc


def reason(error: BaseException) -> str:
    """Return a driver's words without what follows them, which may quote values."""
    text = str(error).strip()
    return text.partition("\n")[0]


def _ours(error: DBAPIError, shown: str) -> YinxinError | None:
    foreign = error.orig or error
    why = reason(foreign)
    if "NUL (0x00)" in why:
        return InvalidInput("text: got a NUL character, wanted none")
    if getattr(foreign, "sqlstate", None) == _OUT_OF_RANGE:
        return NotFound(_TOO_LARGE)
    kind = _kind(error)
    if kind is DatabaseAway:
        return DatabaseAway(f"{shown} does not answer ({why}); {_WHOLE_OR_NOT}")
    if kind is DatabaseBusy:
        return DatabaseBusy(f"{shown} is busy ({why}); nothing was stored, repeat it")
    if kind is DatabaseRefuses:
        return DatabaseRefuses(f"{shown} refuses ({why}); nothing was stored. Mend that, then repeat it")
    return None


def _kind(error: DBAPIError) -> type[DatabaseTrouble] | None:
    if isinstance(error.orig, sqlite3.Error):
        code = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF
        return DatabaseBusy if code in _SQLITE_BUSY else DatabaseRefuses if code in _SQLITE_REFUSED else None
    state = str(getattr(error.orig, "sqlstate", None) or "")
    if state in _BUSY:
        return DatabaseBusy
    if state in _REFUSED or state.startswith(_REFUSED_CLASSES):
        return DatabaseRefuses
    if error.connection_invalidated or state in _AWAY or state.startswith(_AWAY_CLASSES):
        return DatabaseAway
    # Without a state it never got to the server, or never heard from it again.
    return DatabaseAway if not state and isinstance(error, OperationalError) else None

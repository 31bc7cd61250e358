"""Rows that hold from one place on the chain to another: the present one is looked up, ended, followed by another."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from sqlmodel import col, select

from verifier.indexing.models import Held, place

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlmodel import Session

    from chain.events import Record

Row = TypeVar("Row", bound=Held)

_UNKNOWN = "changes what was not recorded before"


def at(record: Record) -> int:
    """Return an event's place on the chain."""
    return place(record.block_number, record.log_index)


class Spans:
    """The rows of one transaction of the index."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def current(self, table: type[Row], **keys: object) -> Row | None:
        """Return the present row with these keys."""
        found = select(table).where(col(table.ends).is_(None))
        for name, value in keys.items():
            found = found.where(getattr(table, name) == value)
        return self.session.exec(found).first()

    def end(self, table: type[Row], record: Record, **keys: object) -> str:
        """End the present row; returns what is odd about that, or nothing."""
        known = self.current(table, **keys)
        if known is None:
            return _UNKNOWN
        known.ends = at(record)
        return ""

    def change(self, table: type[Row], record: Record, keys: Mapping[str, object], **values: object) -> str:
        """End the present row and begin one that differs from it in these values; returns as `end`."""
        known = self.current(table, **keys)
        if known is None:
            return _UNKNOWN
        known.ends = at(record)
        self.session.add(table(**(known.model_dump() | values | {"begins": at(record), "ends": None})))
        return ""

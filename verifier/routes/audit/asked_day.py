"""The day that a page is to be as of, as its address names it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeAlias

from fastapi import Query

from verifier.audit.as_of import as_of
from verifier.routes.desk import desk_of

if TYPE_CHECKING:
    from fastapi import Request

    from verifier.audit.as_of import AsOf
    from verifier.register import Tables

AskedDay: TypeAlias = Annotated[str, Query(alias="as_of", max_length=40)]
"""A page's `as_of`, such as 2026-01-31; empty, as an empty field of a form sends it, for now."""


def moment_of(request: Request, tables: Tables, asked: str) -> AsOf:
    """Return the moment that is asked about; raises `InvalidInput`, also for a day to come."""
    desk = desk_of(request)
    return as_of(tables, desk.moment(asked).day if asked else None, desk.clock())


def today_of(request: Request) -> str:
    """Return the last day that can be asked about."""
    return desk_of(request).moment(None).day.isoformat()


def about(at: AsOf) -> dict[str, str | int | None]:
    """Return what a list as of a moment says of that moment."""
    return {
        "as_of": None if at.day is None else at.day.isoformat(),
        "block": at.block,
        "block_hash": f"0x{at.hash.hex()}" if at.hash else None,
    }

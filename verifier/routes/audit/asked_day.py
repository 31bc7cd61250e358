"""The day that a page is to be as of, as its address names it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, TypeAlias

from fastapi import Query

from chain.calendar import today
from verifier.audit import asked as read
from verifier.audit.as_of import as_of
from verifier.audit.misasked import Misasked
from verifier.routes.desk import desk_of

if TYPE_CHECKING:
    from fastapi import Request

    from verifier.audit.as_of import AsOf
    from verifier.register import Tables

FIRST_DAY = date(1970, 1, 2)
"""The first whole day, in China, of the years that blocks count from."""
AskedDay: TypeAlias = Annotated[str, Query(alias="as_of", max_length=40)]
"""A page's `as_of`, such as 2026-01-31; empty, as an empty field of a form sends it, for now."""


def moment_of(request: Request, tables: Tables, asked: str) -> AsOf:
    """Return the moment that is asked about; raises `Misasked`, also for a day to come."""
    now = desk_of(request).clock()
    if not asked:
        return as_of(tables, None, now)
    day, last = read.day("as_of", asked), today(now)
    if not FIRST_DAY <= day <= last:
        raise Misasked("day_within", name="as_of", got=asked, first=FIRST_DAY.isoformat(), last=last.isoformat())
    return as_of(tables, day, now)


def today_of(request: Request) -> str:
    """Return the last day that can be asked about."""
    return today(desk_of(request).clock()).isoformat()


def about(at: AsOf) -> dict[str, str | int | None]:
    """Return what a list as of a moment says of that moment."""
    return {
        "as_of": None if at.day is None else at.day.isoformat(),
        "block": at.block,
        "block_hash": f"0x{at.hash.hex()}" if at.hash else None,
    }

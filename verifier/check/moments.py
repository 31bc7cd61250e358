"""The moment that a question asks about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from chain.calendar import HOURS_A_DAY, SHANGHAI, day_of_hour, first_hour, hour_of, today
from chain.errors import InvalidInput

_FIRST_DAY = date(1970, 1, 2)
"""Hours since 1970 cannot name the first day of 1970 in China as a whole."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Which day a question is about, and when it is asked."""

    day: date
    now: datetime
    """With its time zone."""

    @property
    def hours(self) -> range:
        """The hours at which something must be in force to count: the present one for today, else all of the day."""
        if self.day == today(self.now):
            return range(hour_of(self.now), hour_of(self.now) + 1)
        first = first_hour(self.day)
        return range(first, first + HOURS_A_DAY)


def moment(on: str | None, now: datetime) -> Moment:
    """Read the day that is asked about (`2026-01-31`, None for today); raises `InvalidInput`.

    A day to come is refused: what will be suspended or revoked until then, nobody knows.
    """
    this_day = today(now)
    if on is None:
        return Moment(this_day, now)
    try:
        day = date.fromisoformat(on)
    except ValueError as exc:
        raise InvalidInput(f"got the date {on[:40]!r}, wanted one such as {this_day}") from exc
    if on != day.isoformat():
        raise InvalidInput(f"got the date {on[:40]!r}, wanted it written as {day}")
    if not _FIRST_DAY <= day <= this_day:
        raise InvalidInput(f"got the date {day}, wanted one from {_FIRST_DAY} to today, {this_day} in China")
    return Moment(day, now)


@lru_cache(maxsize=1024)
def time_of(seconds: int) -> datetime:
    """Return a block's time, in China. Many certificates were anchored in one block, and all are asked about at one."""
    return datetime.fromtimestamp(seconds, SHANGHAI)


def last_day_before(hour: int) -> date:
    """Return the last calendar day in China that has begun before this hour ends a status."""
    return day_of_hour(hour - 1)

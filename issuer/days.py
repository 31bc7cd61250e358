"""Days as people write them, and those that the registry can count."""

from __future__ import annotations

import re
from datetime import date, timedelta

from chain import calendar
from chain.errors import InvalidInput

_MOST_HOURS = 2**24 - 1
"""Hours since 1970 have 24 bits on the chain; 0 there means «none»."""
FIRST = date(1970, 1, 2)
"""The first day that begins after hour 0, for China is ahead of UTC."""
LAST = calendar.day_of_hour(_MOST_HOURS) - timedelta(days=1)
"""The last day whose end can still be counted."""

_FORM = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_SHOWN = 40


def read(text: str, name: str) -> date:
    """Return a day written as 2026-01-31, and in no other way; raises `InvalidInput`, naming where it stood."""
    try:
        if _FORM.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise InvalidInput(f"{name}: got «{text[:_SHOWN]}», wanted a day such as 2026-01-31")


def first_hour(day: date, name: str) -> int:
    """Return the hour with which a day begins; raises `InvalidInput` for one that the registry cannot count."""
    if not FIRST <= day <= LAST:
        raise InvalidInput(f"{name}: got {day}, wanted a day from {FIRST} to {LAST}; the registry counts no others")
    return calendar.first_hour(day)


def end_hour(day: date, name: str) -> int:
    """Return the hour with which a day, included, is over; raises as `first_hour` does."""
    return first_hour(day, name) + calendar.HOURS_A_DAY

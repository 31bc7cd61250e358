"""Times as auditors read them: in UTC, and in China's time, each saying which it is."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from chain.calendar import SHANGHAI, today

_LAST = datetime(9999, 12, 30, tzinfo=UTC)


def utc(seconds: int) -> str:
    """Write seconds since 1970 as 2026-01-31T04:05:06Z; what lies beyond the calendar stays a number."""
    moment = _moment(seconds)
    return str(seconds) if moment is None else f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def shanghai(seconds: int) -> str:
    """Write seconds since 1970 as 2026-01-31T12:05:06+08:00; what lies beyond the calendar stays a number."""
    moment = _moment(seconds)
    return str(seconds) if moment is None else f"{moment.astimezone(SHANGHAI):%Y-%m-%dT%H:%M:%S}+08:00"


def day_of(seconds: int) -> date | None:
    """Return the calendar day in China; None beyond the calendar."""
    moment = _moment(seconds)
    return None if moment is None else today(moment)


def seconds_of(day: date, *, days_after: int = 0) -> int:
    """Return when a day begins in China, or one so many days after it, in seconds since 1970."""
    begins = datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)
    try:
        return int((begins + timedelta(days=days_after)).timestamp())
    except OverflowError:
        return int(_LAST.timestamp())


def _moment(seconds: int) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if 0 <= seconds <= _LAST.timestamp() else None

"""Calendar days of China, and the whole hours since 1970 in which statuses count time."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
"""China has kept one time, without summer time, since 1991; certificates and statuses only know that."""
HOURS_A_DAY = 24

_HOUR_S = 3600


def today(now: datetime) -> date:
    """Return the calendar day in China; `now` has its time zone."""
    return now.astimezone(SHANGHAI).date()


def hour_of(time: datetime) -> int:
    """Return the whole hours since 1970-01-01T00:00Z; `time` has its time zone."""
    return int(time.timestamp()) // _HOUR_S


def first_hour(day: date) -> int:
    """Return the hour with which a calendar day begins in China."""
    return hour_of(datetime(day.year, day.month, day.day, tzinfo=SHANGHAI))


def time_of_hour(hour: int) -> datetime:
    """Return the moment at which an hour begins, in China's time."""
    return datetime.fromtimestamp(hour * _HOUR_S, SHANGHAI)


def day_of_hour(hour: int) -> date:
    """Return the calendar day in China in which an hour lies."""
    return time_of_hour(hour).date()

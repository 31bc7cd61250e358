"""Days and hours."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from chain import calendar

days = st.dates(min_value=date(1970, 1, 2), max_value=date(3883, 1, 1))


def test_a_day_begins_eight_hours_before_utc() -> None:
    assert calendar.first_hour(date(1970, 1, 2)) == 16
    assert calendar.time_of_hour(16).isoformat() == "1970-01-02T00:00:00+08:00"


def test_late_in_the_evening_in_utc_it_is_tomorrow_in_china() -> None:
    assert calendar.today(datetime(2026, 1, 31, 16, 0, tzinfo=UTC)) == date(2026, 2, 1)
    assert calendar.today(datetime(2026, 1, 31, 15, 59, tzinfo=UTC)) == date(2026, 1, 31)


@given(day=days, hour=st.integers(0, 23))
def test_every_hour_of_a_day_lies_in_it(day: date, hour: int) -> None:
    assert calendar.day_of_hour(calendar.first_hour(day) + hour) == day


@given(day=days)
def test_a_day_has_24_hours(day: date) -> None:
    assert calendar.first_hour(day + timedelta(days=1)) - calendar.first_hour(day) == calendar.HOURS_A_DAY

"""Charts: the layout is true to the figures, and the drawing says the same as its table."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest

from verifier.audit.charts import HEIGHT, MOST_SERIES, OTHERS, WIDTH, Count, chart, marks_up_to

FIRST = date(2026, 6, 1)
LAST = FIRST + timedelta(days=29)


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


def test_heights_are_in_proportion_to_what_they_stand_for() -> None:
    drawn = chart([Count(day(0), "1", 40), Count(day(1), "1", 10), Count(day(1), "2", 30)], first=FIRST, last=LAST)
    (whole,), (low, high) = (column.parts for column in drawn.columns)
    assert whole.height == pytest.approx(4 * low.height)
    assert high.height == pytest.approx(3 * low.height)
    assert whole.y == pytest.approx(high.y)
    assert low.y + low.height == pytest.approx(drawn.floor)
    assert high.y + high.height == pytest.approx(low.y)
    top = drawn.marks[-1]
    assert top.value == 40
    assert whole.y == pytest.approx(top.y)


def test_columns_stand_in_the_order_of_their_days_and_do_not_overlap() -> None:
    drawn = chart([Count(day(number), "1", number + 1) for number in range(30)], first=FIRST, last=LAST)
    assert [column.day for column in drawn.columns] == [day(number) for number in range(30)]
    ends = [column.x + column.width for column in drawn.columns]
    assert all(end <= column.x for end, column in zip(ends, drawn.columns[1:], strict=False))
    assert drawn.columns[0].x >= drawn.left
    assert ends[-1] <= drawn.right
    assert all(0 <= part.y <= HEIGHT for column in drawn.columns for part in column.parts)
    assert all(0 <= tick.x <= WIDTH for tick in drawn.ticks)


def test_what_lies_outside_the_period_is_left_out_and_days_without_anything_have_no_column() -> None:
    drawn = chart(
        [Count(day(-1), "1", 5), Count(day(3), "1", 7), Count(day(4), "1", 0), Count(day(30), "1", 9)],
        first=FIRST,
        last=LAST,
    )
    assert [(column.day, column.total) for column in drawn.columns] == [(day(3), 7)]
    assert drawn.total == 7


def test_counts_of_one_day_and_kind_are_added_up() -> None:
    drawn = chart([Count(day(3), "1", 7), Count(day(3), "1", 2)], first=FIRST, last=LAST)
    assert drawn.columns[0].counts == (9,)
    assert drawn.totals == (9,)


def test_more_kinds_than_can_be_told_apart_go_together_and_nothing_is_lost() -> None:
    counts = [Count(day(number), str(number), 100 - number) for number in range(12)]
    drawn = chart(counts, first=FIRST, last=LAST)
    assert drawn.series == ("0", "1", "2", "3", "4", OTHERS)
    assert len(drawn.series) == MOST_SERIES
    assert drawn.total == sum(each.count for each in counts) == sum(drawn.totals)
    assert drawn.totals[-1] == sum(100 - number for number in range(5, 12))


def test_nothing_at_all_is_an_empty_chart() -> None:
    drawn = chart([], first=FIRST, last=FIRST)
    assert drawn.columns == ()
    assert drawn.series == ()
    assert drawn.total == 0


def test_one_beside_a_million_is_still_seen() -> None:
    drawn = chart([Count(day(0), "1", 1_000_000), Count(day(1), "1", 1)], first=FIRST, last=LAST)
    assert drawn.columns[1].parts[0].height >= 1


@pytest.mark.parametrize("most", [0, 1, 4, 5, 9, 10, 99, 101, 1_024, 999_999, 1_000_000])
def test_marks_are_round_even_and_reach_the_highest_column(most: int) -> None:
    marks = marks_up_to(most)
    assert marks[0] == 0
    assert marks[-1] >= max(most, 1)
    assert len(marks) <= 6
    assert len({after - before for before, after in pairwise(marks)}) == 1
    assert str(marks[1]).rstrip("0") in {"1", "2", "5"}

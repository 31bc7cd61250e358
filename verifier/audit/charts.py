"""Columns by day, laid out for the page's SVG, with the same figures as rows of a table.

Lengths are the drawing's own units, those of its `viewBox`. What is drawn of more kinds than can be told apart goes
together as `OTHERS`; the table has the same columns as the drawing, so that neither says more than the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

WIDTH, HEIGHT = 720, 250
OTHERS = ""
"""The series of all that has none of its own."""
MOST_SERIES = 6
"""More fills than these nobody tells apart."""
MOST_DAYS = 366

_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 10, 14, 30
_MARKS = 4
_TICKS = 7
_GAP = 0.2
"""How much of its day's room a column leaves free."""
_LEAST = 4
"""Up to where the scale goes at least, so that one of something does not look like much."""
_SMALLEST = 1.0
"""What there is must be seen, however little it is."""


@dataclass(frozen=True, slots=True)
class Count:
    """How much of one kind there was on one day."""

    day: date
    series: str
    count: int


@dataclass(frozen=True, slots=True)
class Part:
    """A series' part of a column."""

    series: int
    """Its place in `Chart.series`."""
    count: int
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Column:
    """A day on which there was something."""

    day: date
    total: int
    counts: tuple[int, ...]
    """By the series' places."""
    x: float
    width: float
    parts: tuple[Part, ...]
    """From the bottom up; none of a series without a count."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A line across, with what it stands for."""

    y: float
    value: int


@dataclass(frozen=True, slots=True)
class Tick:
    """A day named below."""

    x: float
    day: date


@dataclass(frozen=True, slots=True)
class Chart:
    """What the page draws, and writes as a table."""

    first: date
    last: date
    series: tuple[str, ...]
    """The most frequent first, `OTHERS` last."""
    totals: tuple[int, ...]
    """By the series' places."""
    total: int
    columns: tuple[Column, ...]
    """Days with something only."""
    marks: tuple[Mark, ...]
    ticks: tuple[Tick, ...]
    left: float = _LEFT
    right: float = WIDTH - _RIGHT
    floor: float = HEIGHT - _BOTTOM
    width: int = WIDTH
    height: int = HEIGHT


def chart(counts: Iterable[Count], *, first: date, last: date) -> Chart:
    """Lay out what was counted from one day to another, both included; other days' counts are left out."""
    sums = _summed(counts, first, last)
    series = _series(sums)
    places = {name: place for place, name in enumerate(series)}
    days: dict[date, list[int]] = {}
    for (day, name), count in sums.items():
        of_day = days.setdefault(day, [0] * len(series))
        of_day[places.get(name, len(series) - 1)] += count
    number = (last - first).days + 1
    marks = marks_up_to(max((_LEAST, *(sum(of_day) for of_day in days.values()))))
    scale = (HEIGHT - _TOP - _BOTTOM) / marks[-1]
    room = (WIDTH - _LEFT - _RIGHT) / number
    return Chart(
        first=first,
        last=last,
        series=series,
        totals=tuple(sum(of_day[place] for of_day in days.values()) for place in range(len(series))),
        total=sum(sums.values()),
        columns=tuple(_column(day, days[day], _LEFT + (day - first).days * room, room, scale) for day in sorted(days)),
        marks=tuple(Mark(round(HEIGHT - _BOTTOM - value * scale, 1), value) for value in marks),
        ticks=_ticks(first, number, room),
    )


def marks_up_to(most: int) -> tuple[int, ...]:
    """Return round whole numbers from 0 to `most` or just above it, evenly apart."""
    step = 1
    while step * _MARKS < most:
        # 1, 2, 5, 10, 20, 50 …
        step = step * 5 // 2 if str(step)[0] == "2" else step * 2
    top = -(-max(most, 1) // step) * step
    return tuple(range(0, top + 1, step))


def _summed(counts: Iterable[Count], first: date, last: date) -> dict[tuple[date, str], int]:
    sums: dict[tuple[date, str], int] = {}
    for each in counts:
        if first <= each.day <= last and each.count:
            sums[each.day, each.series] = sums.get((each.day, each.series), 0) + each.count
    return sums


def _series(sums: dict[tuple[date, str], int]) -> tuple[str, ...]:
    totals: dict[str, int] = {}
    for (_, name), count in sums.items():
        totals[name] = totals.get(name, 0) + count
    ranked = sorted((name for name in totals if name != OTHERS), key=lambda name: (-totals[name], name))
    if len(ranked) + (OTHERS in totals) > MOST_SERIES:
        return (*ranked[: MOST_SERIES - 1], OTHERS)
    return (*ranked, OTHERS) if OTHERS in totals else tuple(ranked)


def _column(day: date, counts: Sequence[int], x: float, room: float, scale: float) -> Column:
    parts: list[Part] = []
    y = float(HEIGHT - _BOTTOM)
    for series, count in enumerate(counts):
        if count:
            height = max(count * scale, _SMALLEST)
            y -= height
            parts.append(Part(series, count, round(y, 2), round(height, 2)))
    return Column(
        day=day,
        total=sum(counts),
        counts=tuple(counts),
        x=round(x + room * _GAP / 2, 2),
        width=round(max(room * (1 - _GAP), _SMALLEST), 2),
        parts=tuple(parts),
    )


def _ticks(first: date, number: int, room: float) -> tuple[Tick, ...]:
    """Name some days, evenly apart, the first one among them."""
    step = -(-number // _TICKS)
    return tuple(
        Tick(round(_LEFT + (place + 0.5) * room, 1), first + timedelta(days=place)) for place in range(0, number, step)
    )

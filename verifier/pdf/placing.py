"""Whether words stand where our layouts put them: each label with its value beside it or beneath. Pure.

The text layer has the words in the order in which they were written; whoever looks at the page reads them by where they
stand. A forger who moves two values into each other's places changes what is read, and no word.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class Kind(Enum):
    """What a piece of text is, by its colour."""

    LABEL = "label"
    """In the type's own colour: labels, titles and notices."""
    VALUE = "value"
    SMALL = "small"
    """In grey: labels in the second language, and what is no fact."""


@dataclass(frozen=True, slots=True)
class Box:
    """Of something on a page, in points from its lower left corner."""

    left: float
    bottom: float
    right: float
    top: float

    def touches(self, other: Box) -> bool:
        """Whether the two have anything in common."""
        across = self.left < other.right and other.left < self.right
        return across and self.bottom < other.top and other.bottom < self.top

    def holds(self, other: Box) -> bool:
        """Whether another lies wholly within."""
        across = self.left <= other.left and other.right <= self.right
        return across and self.bottom <= other.bottom and other.top <= self.top


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of text on one line."""

    kind: Kind
    left: float
    base: float
    """The line on which its letters stand."""
    right: float
    size: float
    is_number: bool
    """Whether it is in the font of short numbers, which stand apart from all else."""

    @property
    def box(self) -> Box:
        """Where its letters are, without what hangs below or rises above most of them."""
        return Box(self.left, self.base - 0.1 * self.size, self.right, self.base + 0.75 * self.size)


_NEAR = 10.0
"""Points between two pieces of one line; a column's gutter is wider."""
_LEVEL, _ALIGNED, _CENTRED = 4.0, 1.5, 4.0
"""Points by which sizes and tracking put off what is on one line, at one edge, or in the middle."""
_HALF = 0.6
"""Of a letter's size."""
_BESIDE = 130.0
"""How far from its label's edge a value begins at most; columns of labels are 40 mm wide."""
_LEAST_DROP, _MOST_DROP, _BENEATH = 0.8, 2.4, 26.0
"""From line to line, by their size; and in points, between lines that only have an edge or the middle in common."""
_ROUNDED = 0.5
"""Points by which pieces that go on may seem to overlap."""
_FOOT = 75.0
"""Points from the page's lower edge, within which notices stand."""


def are_in_place(runs: Sequence[Run], *, width: float) -> bool:
    """Whether a page's pieces of text, in the order in which they were written, stand where they are to be read."""
    place = _Place(width)
    return all(place.takes(line) for line in _lines(runs)) and not place.is_owed()


def are_apart(runs: Sequence[Run]) -> bool:
    """Whether no piece of text is written over another."""
    boxes = sorted((run.box for run in runs), key=lambda box: box.bottom)
    for place, box in enumerate(boxes):
        inner = Box(box.left + _ROUNDED, box.bottom, box.right - _ROUNDED, box.top)
        for above in islice(boxes, place + 1, None):
            if above.bottom >= box.top:
                break
            if inner.touches(above):
                return False
    return True


@dataclass(slots=True)
class _Line:
    """Pieces of text that go on on the same line."""

    first: Run
    last: Run
    has_value: bool
    is_number: bool

    @property
    def middle(self) -> float:
        return (self.first.left + self.last.right) / 2


class _Place:
    """How far a page has been read."""

    def __init__(self, width: float) -> None:
        self._width = width
        self._before: _Line | None = None
        self._label: _Line | None = None
        """The label that has no value yet."""
        self._label_ends: _Line | None = None
        self._has_had_number = False

    def is_owed(self) -> bool:
        """Whether the last label needs a value that never came."""
        return self._label is not None and not self._stands_alone(self._label)

    def takes(self, line: _Line) -> bool:
        """Read one more line; false where it does not stand where it should."""
        good = self._label_is_good(line) if line.first.kind is Kind.LABEL else self._follows(line)
        if line.is_number and self._has_had_number:
            # A page has one short number; behind others nothing new would begin.
            return False
        self._has_had_number = self._has_had_number or line.is_number
        self._before = line
        return good

    def _label_is_good(self, line: _Line) -> bool:
        if self._label is not None and self._label_ends is not None and _is_under(line, self._label_ends):
            self._label_ends = line
            return True
        good = not self.is_owed()
        self._label = self._label_ends = None if line.has_value else line
        return good

    def _follows(self, line: _Line) -> bool:
        label, before = self._label, self._before
        if label is not None and _is_beside(line, label):
            self._label = None
            return True
        if before is None or before.is_number:
            return True
        if _is_under(line, before) or _is_aligned(line, before):
            if line.has_value:
                self._label = None
            return True
        return line.first.kind is Kind.SMALL and line.first.base < _FOOT

    def _stands_alone(self, label: _Line) -> bool:
        """Whether it is a title, in the middle, or a notice at the foot: these have no value."""
        return abs(label.middle - self._width / 2) < _CENTRED + label.first.size / 4 or label.first.base < _FOOT


def _is_beside(line: _Line, label: _Line) -> bool:
    return abs(line.first.base - label.first.base) <= _LEVEL and 0 < line.first.left - label.first.left <= _BESIDE


def _is_under(line: _Line, before: _Line) -> bool:
    """Whether a line goes on with another, beneath it at the same edge."""
    drop, size = before.first.base - line.first.base, max(before.first.size, line.first.size)
    least = _LEAST_DROP * min(before.first.size, line.first.size)
    return abs(line.first.left - before.first.left) < _ALIGNED and least < drop <= _MOST_DROP * size


def _is_aligned(line: _Line, before: _Line) -> bool:
    """Whether it is close beneath another, in the middle or at the right edge."""
    # A Chinese comma or bracket is cut to its half at a line's end.
    cut = _HALF * max(line.last.size, before.last.size)
    is_at_edge = abs(line.last.right - before.last.right) < cut
    drop = before.first.base - line.first.base
    return 0 < drop <= _BENEATH and (is_at_edge or abs(line.middle - before.middle) < _CENTRED)


def _lines(runs: Sequence[Run]) -> Iterator[_Line]:
    line: _Line | None = None
    for run in runs:
        is_value = run.kind is Kind.VALUE
        near = -_HALF * run.size < run.left - (line.last.right if line else 0) < _NEAR
        if line is not None and near and abs(run.base - line.last.base) < 1:
            line = _Line(line.first, run, line.has_value or is_value, line.is_number or run.is_number)
            continue
        if line is not None:
            yield line
        line = _Line(run, run, is_value, run.is_number)
    if line is not None:
        yield line

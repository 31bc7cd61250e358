"""A page as its marked parts, and each as what draws it: pieces of text, and paths.

Everything on our pages is in such a part (ISO 32000-2, 14.6), which says whether it is text. What stands outside one,
or in one that says something else of itself, our typesetter does not write.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import pikepdf

from verifier.pdf.placing import Box

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

CONTENT, DRAWINGS, LETTERS, PLACES = "content", "drawings", "letters", "places"
FONTS, STRUCTURE = "fonts", "structure"
"""What is not ours of a file or a page, as the ends of keys of `locales/*.json`."""

Path: TypeAlias = "Sequence[tuple[str, tuple[float, ...]]]"
"""Pieces by their operators, with their numbers."""

_PATH = {"c": 6, "h": 0, "l": 2, "m": 2}
"""What paths are made of, and how many numbers each piece takes."""
_NUMBERS = frozenset({int, Decimal})
"""Python takes true for a number, too; readers of PDF do not."""
_OPERANDS = {
    **dict.fromkeys(("B", "BT", "EMC", "ET", "Q", "S", "W", "f", "f*", "n", "q"), ""),
    **dict.fromkeys(("M", "Tr", "w"), "n"),
    **dict.fromkeys(("Tm", "cm"), "nnnnnn"),
    **dict.fromkeys(("CS", "cs"), "N"),
    **dict.fromkeys(("SCN", "scn"), "n|nnn"),
    "BDC": "ND",
    "TJ": "A",
    "Tf": "Nn",
    "Tj": "S",
    "d": "An",
}
"""What each operator takes: names, numbers, strings, arrays, dictionaries. Of more than that, readers of PDF take the
last, or the first, or leave the operator out; so too of what is no number where one should be."""
_FAR = 100_000
"""Numbers beyond are no lengths on our pages, and some readers take them for others."""
_MARKS = frozenset({"/Alt", "/BBox", "/Lang", "/MCID", "/Type"})
"""What a marked part of a page may say of itself; what replaces its text is not among it."""


class NotOurs(Exception):
    """What our typesetter does not write: one of the kinds above."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


class Step(NamedTuple):
    """An operator; all pieces of a path together are `P`."""

    operator: str
    operands: Sequence[pikepdf.Object] = ()
    path: Path = ()


class Section(NamedTuple):
    """A marked part of a page."""

    mark: str
    steps: Sequence[Step]
    alternative: str = ""
    """What is read out in its place."""

    def is_one(self, mark: str, written: re.Pattern[str]) -> bool:
        """Whether it is of a kind, and written as such."""
        return self.mark == mark and written.fullmatch(" ".join(step.operator for step in self.steps)) is not None


def sections(page: pikepdf.Page) -> Iterator[Section]:
    """Yield a page's marked parts; raises `NotOurs` for anything outside one, or that says more of itself."""
    mark = alternative = ""
    steps: list[Step] = []
    path: list[tuple[str, tuple[float, ...]]] = []
    for instruction in pikepdf.parse_content_stream(page):
        operator, operands = str(instruction.operator), list(instruction.operands)
        if mark and len(operands) == _PATH.get(operator) and _NUMBERS.issuperset(map(type, operands)):
            path.append((operator, tuple(map(float, operands))))
            continue
        if re.fullmatch(_OPERANDS.get(operator, "-"), "".join(map(_sort, operands))) is None:
            raise NotOurs(CONTENT)
        if path:
            steps.append(Step("P", (), path))
            path = []
        if operator == "BDC" and not mark:
            (mark, alternative), steps = _mark(*operands), []
        elif operator == "EMC" and mark:
            yield Section(mark, steps, alternative)
            mark = ""
        elif mark:
            steps.append(Step(operator, operands))
        else:
            raise NotOurs(CONTENT)
    if mark or path:
        raise NotOurs(CONTENT)


def _sort(operand: pikepdf.Object) -> str:
    """Return which of the kinds of `_OPERANDS` it is; a blank for any other."""
    if type(operand) in _NUMBERS:
        return "n" if abs(operand) < _FAR else " "
    sorts = ((pikepdf.Name, "N"), (pikepdf.String, "S"), (pikepdf.Array, "A"), (pikepdf.Dictionary, "D"))
    return next((sort for kind_, sort in sorts if isinstance(operand, kind_)), " ")


def _mark(tag: pikepdf.Object, properties: pikepdf.Object) -> tuple[str, str]:
    """Return what a part is (/Span, or of what is no text, its kind), and what is read out in its place."""
    if not isinstance(properties, pikepdf.Dictionary) or not set(properties.keys()) <= _MARKS:
        raise NotOurs(CONTENT)
    alternative = str(properties.get("/Alt", ""))
    return str(properties.get("/Type", "")) if tag == "/Artifact" else str(tag), alternative


def by_operator(steps: Sequence[Step]) -> dict[str, Step]:
    """Return the first of each operator."""
    return {step.operator: step for step in reversed(steps)}


def matrix(step: Step) -> tuple[tuple[float, ...], float, float]:
    """Return how something is turned and scaled, and to where it is moved."""
    a, b, c, d, x, y = map(float, step.operands)
    return (a, b, c, d), x, y


def corners(steps: Mapping[str, Step]) -> Iterator[tuple[float, float]]:
    """Yield the points of a path, on the page."""
    (a, b, c, d), left, bottom = matrix(steps["cm"])
    for _, numbers in steps["P"].path:
        for x, y in zip(numbers[::2], numbers[1::2], strict=True):
            yield a * x + c * y + left, b * x + d * y + bottom


def box_of(steps: Mapping[str, Step]) -> Box:
    """Return the box that has all points of a path."""
    across, up = zip(*corners(steps), strict=True)
    return Box(min(across), min(up), max(across), max(up))


def kind(steps: Mapping[str, Step]) -> str:
    """Return the operators of a path's pieces."""
    return "".join(operator for operator, _ in steps["P"].path)

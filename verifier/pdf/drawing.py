"""Whether a page is drawn as our typesetter draws it, so that its text layer tells what is seen of its words.

A text layer says neither where words stand nor in which colour, nor what lies over them. So every marked part of a
page must be one of the few kinds that our layouts write (`issuer/layouts`): the frame, a line, a box, the code, one
piece of text. Text stands upright, dark, letter behind letter, in its place (`pdf.placing`), and under nothing.
What is written behind a page, slantwise or pale, is returned, and what stands there in the colour of labels, which may
stand where no value may: `check.documents` lets nothing but known words be either.

Runs in the confined child (`uploads.decoding`). What letters look like is looked at in `pdf.typefaces`.
"""

from __future__ import annotations

import re
from hashlib import sha256
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple, TypeAlias
from unicodedata import category

import pikepdf
import zxingcpp

from verifier.pdf import placing
from verifier.pdf.marked import (
    CONTENT,
    DRAWINGS,
    LETTERS,
    PLACES,
    NotOurs,
    Section,
    Step,
    box_of,
    by_operator,
    corners,
    kind,
    matrix,
    sections,
)
from verifier.pdf.placing import Box, Kind, Run

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from verifier.pdf.marked import Path
    from verifier.pdf.typefaces import Typeface

Colour: TypeAlias = tuple[int, ...]
"""Of 255: one number for grey, or three."""
WHITE, BLACK = (255,), (0,)
INK, SOFT = (0x16, 0x28, 0x2F), (0x5D, 0x6D, 0x73)
GOLD, HAIRLINE, WARNING = (0xB3, 0x90, 0x5A), (0xD5, 0xDC, 0xDD), (0xB3, 0x26, 0x1E)
"""The colours of `palette.typ`; text in any other is a label's."""
_DARK = 150
"""Of 255, how light text may be; the lightest of our types' colours has 95."""
_PALE = 225
"""Of 255, how dark marks behind a page may be; those of copies have 234."""
_SMALLEST, _LARGEST = 5.5, 40.0
_PROFILES = {
    "c56e1685d888f5edb92fe07f2750f387f8fe8e91b32ff8fb0b56bfbbb9458353": 3,
    "00c0f94e09127520a17dc0e1d9264b5702081d96dbdb1549ee88e3631ce42a9d": 1,
}
"""SHA-256 of the colour profiles that typst embeds, and how many numbers a colour has in each."""
_PROFILE_KEYS = frozenset({"/Filter", "/Length", "/N", "/Range"})
_FRAMES = frozenset(
    {
        "0b1a650caa1213e8a82e1823def5bceb3c539f9a9c6b44008a2027c990771229",
        "fad5c70631ad4703186f765b7e1a45ae7b976eba6491f10c7f9c2ae4e14a2839",
    }
)
"""SHA-256 of what our frames draw (`issuer/document/ornament.py`), upright and on the side, but for their colours."""

_PIECE = "q cm cs scn BT Tr Tf Tm T[jJ] ET Q"
_STROKE, _FILL = "q cm CS SCN w M P S Q", "q cm cs scn P f Q"
_BACKGROUND = re.compile(f"q P W n q P W n(?: {_STROKE})+ Q Q(?: {_PIECE})*(?: {_FILL}(?: {_PIECE})+)?")
_TEXT, _LINE, _BOX = re.compile(_PIECE), re.compile(_STROKE), re.compile(_FILL)
_PANEL = re.compile("q cm cs scn CS SCN w M(?: d)? P B Q")
_CODE = re.compile("q P W n q cm cs scn P f Q q cm cs scn P f\\* Q Q")
_UPRIGHT = (1.0, 0.0, 0.0, -1.0)
_STRAIGHT, _RECTANGLE, _ROUNDED = "ml", "mlllh", "mclclclch"
_LONG, _THIN, _SMALL, _PLAQUE, _CODE_SIDE, _PHOTOGRAPH = 60.0, 1.0, 8.0, 24.0, 160.0, (74.0, 103.0)
"""In points: how long lines are at least, how thick, how large the ornament, how high the mark of a test, how large a
code with its box, and the place for a photograph at most."""
_PANEL_SIDE = 170.0
"""How large the ground of a code is at most, with its frame."""
_SIDES = range(21, 178, 4)
"""How many modules codes are wide (ISO/IEC 18004, 5.3.1)."""
_QR = zxingcpp.barcode_formats_from_str("QRCode")
_QUIET, _DOTS = 4, 2
"""Modules around a code, and dots of a module, where it is looked at."""
_MOST = 2_000
"""How many pieces of text and shapes a page has; our fullest has 300."""
_PHOTOGRAPH_WORDS = 2
_SQUARE, _INTO_SQUARE, _INTO_OTHERS, _APART = 950, 0.57, 0.25, 300
"""In thousandths of the size: how wide letters are that fill a square, and how far apart two may stand. How far one may
move into the one before, as a share of its width: into half of a Chinese comma or bracket, else as kerning does."""


class Words(NamedTuple):
    """What a page says in places of their own."""

    behind: str
    """Slantwise or pale, behind all else."""
    labels: str
    """In the colour of labels, in the order in which it is written, or read out in place of what is drawn."""


def words(page: pikepdf.Page, faces: Mapping[str, Typeface], *, is_first: bool) -> Words:
    """Return a page's marks and labels; raises `NotOurs` where the page is drawn in another way.

    A page behind the first has no code: pages come once, in their order.
    """
    drawn = _Drawn(faces, _spaces(page))
    text: str | None = None
    for section in sections(page):
        if text is None:
            text = drawn.background(section)
        else:
            drawn.add(section)
    if text is None:
        raise NotOurs(CONTENT)
    drawn.require_readable(float(page.obj.MediaBox[2]))
    if drawn.has_code and not is_first:
        raise NotOurs(DRAWINGS)
    return Words(text, drawn.labels)


class _Letters:
    """Letters one behind the other, as far as they were read; lengths are in thousandths of the size."""

    def __init__(self, face: Typeface) -> None:
        self.said, self.length = "", 0.0
        self._face = face
        self._room: float | None = None
        """How far the next letter may move into the last one; None at the beginning."""
        self._has_moved = False
        """Whether the next letter moves to the left of where the text begins, as an opening bracket does."""

    def add(self, data: bytes) -> None:
        """Read letters that follow each other, two bytes each; raises `NotOurs`."""
        if len(data) % 2:
            raise NotOurs(LETTERS)
        for at in range(0, len(data), 2):
            letter = self._face.letters.get(int.from_bytes(data[at : at + 2]))
            if letter is None:
                raise NotOurs(LETTERS)
            is_square = letter.width >= _SQUARE and category(letter.character)[0] == "P"
            if self._has_moved and not is_square:
                raise NotOurs(PLACES)
            self.said += letter.character
            self.length += letter.width
            self._room = (_INTO_SQUARE if is_square else _INTO_OTHERS) * letter.width
            self._has_moved = False

    def shift(self, by: float) -> None:
        """Move the next letter to the left, once; raises `NotOurs` where it would not stand behind the last."""
        room = _INTO_SQUARE * _SQUARE if self._room is None else self._room
        if self._has_moved or not -_APART <= by <= room:
            raise NotOurs(PLACES)
        self._has_moved = self._room is None
        self.length -= by
        # Two shifts in a row would add up.
        self._room = -_APART - 1


class _Drawn:
    """What a page shows, as far as it was read."""

    def __init__(self, faces: Mapping[str, Typeface], spaces: Mapping[str, int]) -> None:
        self._faces, self._spaces = faces, spaces
        self._runs: list[Run] = []
        self._placed: list[Run] = []
        """All but the words on the place for a photograph."""
        self._shapes: list[tuple[Box, int | None]] = []
        """Where each is, and how many pieces of text were there before it; None for one on which none may stand."""
        self._photograph: Box | None = None
        self._photograph_words = 0
        self._had: set[str] = set()
        self._grounds: list[Box] = []
        """White boxes, which have a code on them."""
        self._code: Box | None = None
        self._plaque: Box | None = None
        self.labels = ""

    @property
    def has_code(self) -> bool:
        """Whether there is a code among it."""
        return "code" in self._had

    def background(self, section: Section) -> str:
        """Read the frame and the marks; return what those say."""
        if not section.is_one("/Background", _BACKGROUND):
            raise NotOurs(CONTENT)
        self.labels += section.alternative
        steps = list(section.steps)
        # Behind the frame, a piece of text begins with q and cm.
        end = next((place - 2 for place, step in enumerate(steps) if step.operator == "cs"), len(steps))
        if _digest(steps[:end]) not in _FRAMES:
            raise NotOurs(DRAWINGS)
        if (fill := next((place for place, step in enumerate(steps) if step.operator == "f"), None)) is not None:
            self._add_plaque(by_operator(steps[fill - 4 :]))
        # Where it stands and in which colour comes before BT.
        begins = [place - 3 for place, step in enumerate(steps) if step.operator == "BT"]
        return "".join(self._mark(by_operator(steps[place:])) for place in begins)

    def _mark(self, steps: Mapping[str, Step]) -> str:
        """Read one of the marks behind a page, which are too pale to be taken for a part of what stands on it."""
        if _lightness(self._colour(steps["cs"], steps["scn"])) < _PALE:
            raise NotOurs(CONTENT)
        return self._read(steps)[0]

    def add(self, section: Section) -> None:
        """Read another part."""
        if len(self._runs) + len(self._shapes) > _MOST:
            raise NotOurs(CONTENT)
        self.labels += section.alternative
        if section.is_one("/Span", _TEXT):
            run = self._run(by_operator(section.steps))
            self._runs.append(run)
            if not self._is_for_photograph(run):
                self._placed.append(run)
        elif section.is_one("/Span", _CODE):
            self._add_code(section.steps)
        elif section.is_one("/Layout", _LINE):
            self._add_line(by_operator(section.steps))
        elif section.is_one("/Layout", _BOX):
            self._add_box(by_operator(section.steps))
        elif section.is_one("/Layout", _PANEL):
            self._add_panel(by_operator(section.steps))
        else:
            raise NotOurs(CONTENT)

    def _is_for_photograph(self, run: Run) -> bool:
        """Whether it is one of the two words on the place for a photograph."""
        if run.kind is not Kind.SMALL or self._photograph is None or not self._photograph.holds(run.box):
            return False
        self._photograph_words += 1
        return self._photograph_words <= _PHOTOGRAPH_WORDS

    def require_readable(self, width: float) -> None:
        """Raise `NotOurs` where anything lies over text, or text stands elsewhere than our layouts put it."""
        if any(box.touches(run.box) for box, count in self._shapes for run in self._runs[:count]):
            raise NotOurs(DRAWINGS)
        # What is white, and has no code on it, is there to cover the marks behind the page.
        if not all(self._code is not None and ground.holds(self._code) for ground in self._grounds):
            raise NotOurs(DRAWINGS)
        if self._photograph is not None and self._plaque is not None and self._photograph.touches(self._plaque):
            raise NotOurs(DRAWINGS)
        if not placing.are_apart(self._runs) or not placing.are_in_place(self._placed, width=width):
            raise NotOurs(PLACES)

    def _run(self, steps: Mapping[str, Step]) -> Run:
        form, x, y = matrix(steps["cm"])
        colour = self._colour(steps["cs"], steps["scn"])
        size = float(steps["Tf"].operands[1])
        if form != _UPRIGHT or not _SMALLEST <= size <= _LARGEST or _lightness(colour) > _DARK:
            raise NotOurs(CONTENT)
        said, length, is_number = self._read(steps)
        part = Kind.VALUE if colour == INK else Kind.SMALL if colour == SOFT else Kind.LABEL
        if part is Kind.LABEL:
            self.labels += said
        return Run(part, x, y, x + length * size / 1000, size, is_number)

    def _read(self, steps: Mapping[str, Step]) -> tuple[str, float, bool]:
        """Return what a piece of text says, how long it is in thousandths of its size, and whether it is a number."""
        face = self._faces.get(str(steps["Tf"].operands[0]))
        if face is None:
            raise NotOurs(LETTERS)
        if steps["Tr"].operands[0] != 0 or matrix(steps["Tm"]) != (_UPRIGHT, 0.0, 0.0):
            raise NotOurs(CONTENT)
        (shown,) = steps["TJ" if "TJ" in steps else "Tj"].operands
        letters = _Letters(face)
        for part in shown if isinstance(shown, pikepdf.Array) else [shown]:
            if isinstance(part, pikepdf.String):
                letters.add(bytes(part))
            else:
                letters.shift(float(part))
        return letters.said, letters.length, face.is_for_numbers

    def _colour(self, space: Step, value: Step) -> Colour:
        numbers = tuple(round(float(each) * 255) for each in value.operands)
        if len(numbers) != self._spaces.get(str(space.operands[0])):
            raise NotOurs(CONTENT)
        return numbers

    def _once(self, what: str) -> None:
        if what in self._had:
            raise NotOurs(DRAWINGS)
        self._had.add(what)

    def _add_plaque(self, steps: Mapping[str, Step]) -> None:
        """Take the ground of a test registry's mark, a box with round corners."""
        box = box_of(steps)
        if kind(steps) != _ROUNDED or self._colour(steps["cs"], steps["scn"]) != WARNING or _height(box) > _PLAQUE:
            raise NotOurs(DRAWINGS)
        self._shapes.append((box, None))
        self._plaque = box

    def _add_code(self, steps: Sequence[Step]) -> None:
        """Take the code, black on its white ground."""
        self._once("code")
        for piece, colour in ((by_operator(steps[4:10]), WHITE), (by_operator(steps[10:17]), BLACK)):
            box = box_of(piece)
            is_square = abs(_width(box) - _height(box)) < 1 and _width(box) <= _CODE_SIDE
            if not is_square or self._colour(piece["cs"], piece["scn"]) != colour:
                raise NotOurs(DRAWINGS)
            self._shapes.append((box, None))
        self._code = box
        if not _is_code(by_operator(steps[10:17])):
            raise NotOurs(DRAWINGS)

    def _add_line(self, steps: Mapping[str, Step]) -> None:
        """Take a line that divides, or a frame around something."""
        colour, thickness = self._colour(steps["CS"], steps["SCN"]), float(steps["w"].operands[0])
        points, drawn = list(corners(steps)), kind(steps)
        if drawn == _RECTANGLE:
            points.append(points[0])
        sides = [Box(min(x, u), min(y, v), max(x, u), max(y, v)) for (x, y), (u, v) in pairwise(points)]
        are_good = all(
            min(_width(side), _height(side)) < _THIN / 2 and max(_width(side), _height(side)) > _LONG for side in sides
        )
        is_plain = drawn in {_STRAIGHT, _RECTANGLE} and thickness <= _THIN and colour in {HAIRLINE, GOLD, WARNING}
        if not is_plain or not are_good:
            raise NotOurs(DRAWINGS)
        self._shapes += [(_thick(side, thickness), None) for side in sides]

    def _add_box(self, steps: Mapping[str, Step]) -> None:
        """Take a white ground, a thin line, or the ornament under the title."""
        colour, box = self._colour(steps["cs"], steps["scn"]), box_of(steps)
        is_line = colour == HAIRLINE and _width(box) > _LONG and _height(box) <= _THIN
        if colour == GOLD and max(_width(box), _height(box)) <= _SMALL:
            self._once("ornament")
        elif colour == WHITE and max(_width(box), _height(box)) <= _CODE_SIDE:
            self._grounds.append(box)
        elif not is_line:
            raise NotOurs(DRAWINGS)
        self._shapes.append((box, len(self._runs) if colour == WHITE else None))

    def _add_panel(self, steps: Mapping[str, Step]) -> None:
        """Take the white ground of the code or the photograph, with its frame."""
        box, is_photograph = box_of(steps), "d" in steps
        self._once("photograph" if is_photograph else "panel")
        fill, stroke = self._colour(steps["cs"], steps["scn"]), self._colour(steps["CS"], steps["SCN"])
        most = _PHOTOGRAPH if is_photograph else (_PANEL_SIDE, _PANEL_SIDE)
        is_too_large = _width(box) > most[0] or _height(box) > most[1]
        if is_too_large or fill != WHITE or stroke not in {GOLD, SOFT} or float(steps["w"].operands[0]) > _THIN:
            raise NotOurs(DRAWINGS)
        self._shapes.append((box, len(self._runs)))
        self._photograph = box if is_photograph else self._photograph
        self._grounds += [] if is_photograph else [box]


def _is_code(steps: Mapping[str, Step]) -> bool:
    """Whether a path is squares on a grid, and these a code from edge to edge: nothing else is drawn beside it."""
    (a, b, c, d), _, _ = matrix(steps["cm"])
    points = [point for _, point in steps["P"].path if point]
    side = int(max(map(max, points)))
    is_on_grid = all(number.is_integer() and 0 <= number <= side for point in points for number in point)
    if side not in _SIDES or not is_on_grid or set(kind(steps)) != set("mlh") or (b, c, d) != (0, 0, -a):
        return False
    rows = [0] * side
    for (x, y), (u, v) in _edges(steps["P"].path):
        if x != u and y != v:
            return False
        for row in range(min(y, v), max(y, v)) if x == u else ():
            # Everything to the right of an edge changes between outside and inside.
            rows[row] ^= (1 << side) - (1 << x)
    wide = (side + 2 * _QUIET) * _DOTS
    picture = bytearray(b"\xff" * wide * wide)
    for down, row in enumerate(rows):
        line = b"".join((b"\0" if row >> across & 1 else b"\xff") * _DOTS for across in range(side))
        for dot in range(_DOTS):
            begin = ((down + _QUIET) * _DOTS + dot) * wide + _QUIET * _DOTS
            picture[begin : begin + len(line)] = line
    pixels = memoryview(bytes(picture)).cast("B", (wide, wide))
    return len(zxingcpp.read_barcodes(pixels, formats=_QR, is_pure=True)) == 1


def _edges(path: Path) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """Yield the edges of closed shapes."""
    begin = here = (0, 0)
    for operator, point in path:
        there = begin if operator == "h" else (int(point[0]), int(point[1]))
        if operator == "m":
            yield here, begin
            begin = there
        else:
            yield here, there
        here = there
    yield here, begin


def _spaces(page: pikepdf.Page) -> dict[str, int]:
    """Return how many numbers a colour has, by the name of its space; others than ours are left out."""
    spaces = {}
    for name, space in page.obj.Resources.get("/ColorSpace", pikepdf.Dictionary()).items():
        if isinstance(space, pikepdf.Array) and space[0] == "/ICCBased" and isinstance(space[1], pikepdf.Stream):
            profile = space[1]
            count = _PROFILES.get(sha256(profile.read_bytes()).hexdigest(), 0)
            is_whole = list(profile.get("/Range", ())) == [0, 1] * count
            if is_whole and profile.get("/N") == count and set(profile.keys()) <= _PROFILE_KEYS:
                spaces[name] = count
    return spaces


def _width(box: Box) -> float:
    return box.right - box.left


def _height(box: Box) -> float:
    return box.top - box.bottom


def _thick(line: Box, thickness: float) -> Box:
    half = thickness / 2
    return Box(line.left - half, line.bottom - half, line.right + half, line.top + half)


def _lightness(colour: Colour) -> float:
    """Return how light a colour looks, of 255 (ITU-R BT.601)."""
    red, green, blue = colour * 3 if len(colour) == 1 else colour
    return 0.299 * red + 0.587 * green + 0.114 * blue


def _digest(steps: Sequence[Step]) -> str:
    said = sha256()
    for step in steps:
        if step.operator != "SCN":
            said.update(f"{step.operator} {' '.join(map(str, step.operands))} {step.path}\n".encode())
    return said.hexdigest()

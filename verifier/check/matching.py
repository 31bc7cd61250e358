"""Whether a text is made of known pieces and nothing else, one behind the other.

Pure, and linear in the text: a stranger chose it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import re
    from collections.abc import Collection, Iterator, Sequence

MOST = 100_000
"""Characters that are looked at; the longest genuine document has a fifth of them. A longer text is not explained."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Something that may stand in the text, any number of times."""

    wanted: str | re.Pattern[str]
    says: str = ""
    """What it says, by name; empty if nothing that must be said."""
    free: bool = False
    """Whether any text may follow, up to the next stop."""
    unsigned: bool = False
    """Whether it holds more than was signed."""

    def places(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield where it begins and ends."""
        if isinstance(self.wanted, str):
            begin = text.find(self.wanted)
            while begin >= 0:
                yield begin, begin + len(self.wanted)
                begin = text.find(self.wanted, begin + 1)
        else:
            yield from (found.span() for found in self.wanted.finditer(text))


@dataclass(frozen=True, slots=True)
class Explained:
    """What became of a text."""

    said: frozenset[str]
    """What is said by pieces that begin and end where others, or the text, end and begin."""
    gap: tuple[int, int] | None
    """The first part that no piece explains; None if all is explained."""
    reached: int
    """How far everything is explained."""
    unsigned: tuple[tuple[int, int], ...] = ()
    """Where text stands that may stand there, but that nobody signed, with the label before it; in the text's order."""


@dataclass(slots=True)
class _Walk:
    """From the text's beginning, over whole pieces."""

    text: str
    found: dict[int, list[tuple[int, Piece]]]
    stops: Sequence[int]
    came: dict[int, tuple[int, Piece | None]] = field(default_factory=dict)
    """From where a place was reached, and by which piece; by none within free text."""

    def go(self, *, free_start: bool) -> None:
        self.came[0] = (-1, None)
        if free_start:
            self._roam(0)
        for place in range(len(self.text)):
            if place in self.came:
                for end, piece in self.found.get(place, ()):
                    known = self.came.get(end, (0, None))[1]
                    if known is None or (known.unsigned and not piece.unsigned):
                        # Rather as what it says than as free text.
                        self.came[end] = place, piece
                    if piece.free:
                        self._roam(end)

    def _roam(self, begin: int) -> None:
        after = bisect_left(self.stops, begin)
        stop = self.stops[after] if after < len(self.stops) else len(self.text)
        for place in range(begin + 1, stop + 1):
            self.came.setdefault(place, (begin, None))

    def said(self) -> frozenset[str]:
        """Return what the pieces say of which the whole text was made."""
        said, place = set(), len(self.text)
        while place > 0:
            place, piece = self.came[place]
            if piece is not None:
                said.add(piece.says)
        return frozenset(said - {""})

    def unsigned(self) -> tuple[tuple[int, int], ...]:
        """Return the parts of the text that are free, or that pieces only let stand."""
        parts: list[tuple[int, int]] = []
        place = len(self.text)
        while place > 0:
            begin, piece = self.came[place]
            if piece is None or piece.unsigned:
                parts.append((begin, place))
            elif piece.free and parts and parts[-1][0] == place:
                parts[-1] = begin, parts[-1][1]
            place = begin
        return tuple(reversed(parts))


def explain(
    text: str, pieces: Collection[Piece], *, stops: Collection[str | re.Pattern[str]] = (), free_start: bool = False
) -> Explained:
    """Explain a folded text by pieces; `stops` are what no free text may hold, which `free_start` allows in front."""
    text, is_whole = text[:MOST], len(text) <= MOST
    found: dict[int, list[tuple[int, Piece]]] = defaultdict(list)
    for piece in pieces:
        for begin, end in piece.places(text):
            if end > begin:
                found[begin].append((end, piece))
    stopping = (*map(Piece, stops), *(piece for piece in pieces if piece.free))
    ends_free = sorted({begin for stop in stopping for begin, end in stop.places(text) if end > begin})
    walk = _Walk(text, found, ends_free)
    walk.go(free_start=free_start)
    if is_whole and len(text) in walk.came:
        return Explained(walk.said(), None, len(text), walk.unsigned())
    reached = max(walk.came)
    borders = {*found, *ends_free, len(text)}
    said = {
        piece.says for begin in found for end, piece in found[begin] if end in borders and not piece.free and piece.says
    }
    return Explained(frozenset(said), (reached, min(place for place in borders if place >= reached)), reached)

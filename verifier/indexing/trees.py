"""Batches' trees, kept for a while: who asks for a leaf's path is followed by who asks for its neighbour's."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING

from chain import merkle
from chain.errors import TreeMalformed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

KEPT = 512
"""How many trees are kept: 65 kB each."""


class Tree:
    """A tree, each level as one run of bytes: that takes half of the memory that as many hashes would."""

    __slots__ = ("_levels",)

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self._levels = tuple(b"".join(level) for level in merkle.levels(leaves))

    @property
    def root(self) -> bytes:
        """The root that the leaves make; nothing if there are none."""
        return self._levels[-1]

    def path(self, index: int) -> tuple[bytes, ...]:
        """Return the siblings on the way from a leaf up to the root, as `chain.merkle.inclusion_path` does."""
        if not 0 <= index < len(self._levels[0]) // merkle.HASH:
            raise TreeMalformed(f"got leaf index {index}, wanted one of {len(self._levels[0]) // merkle.HASH} leaves")
        starts = ((level, merkle.HASH * (index >> height ^ 1)) for height, level in enumerate(self._levels[:-1]))
        return tuple(level[start : start + merkle.HASH] for level, start in starts if start < len(level))


class Trees:
    """Trees by their roots, which bind all that is under them: one that is kept can never be out of date."""

    def __init__(self, most: int = KEPT) -> None:
        """`most` is how many are kept; the one that was not asked for longest goes first."""
        self._most = most
        self._kept: OrderedDict[bytes, Tree] = OrderedDict()
        self._changing = Lock()

    def under(self, root: bytes, leaves: Callable[[], Sequence[bytes]]) -> Tree:
        """Return the tree of a root; `leaves` are read if it is not kept. Raises `TreeMalformed` if they make another.

        Two who ask at once may both make it: that costs less than having all others wait.
        """
        with self._changing:
            if kept := self._kept.get(root):
                self._kept.move_to_end(root)
                return kept
        made = Tree(leaves())
        if made.root != root:
            raise TreeMalformed(f"got leaves that make the root {made.root.hex()}, wanted {root.hex()}")
        with self._changing:
            self._kept[root] = made
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return made

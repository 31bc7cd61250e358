"""Where the certificates of a graph of citations stand in its picture: what cites to the right of what it cites."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from verifier.audit.citations import Graph, Node

WIDTH, HEIGHT = 190, 52
"""Of a certificate's box."""
_ACROSS, _DOWN, _EDGE = 70, 16, 8
_LETTERS = 20
MOST = 60
"""More boxes than this nobody can follow; the tables have them all."""


@dataclass(frozen=True, slots=True)
class Box:
    """A certificate in the picture."""

    node: Node
    x: int
    y: int
    label: str
    """Its number, shortened to what fits."""


@dataclass(frozen=True, slots=True)
class Line:
    """A citation in the picture: from the citing box's left side to the cited one's right side."""

    x1: int
    y1: int
    x2: int
    y2: int


@dataclass(frozen=True, slots=True)
class Picture:
    """All of it, in the units of its own view box."""

    width: int
    height: int
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]


def picture(graph: Graph) -> Picture | None:
    """Draw a graph; None where there is nothing to draw, or too much."""
    if not graph.citations or len(graph.nodes) > MOST:
        return None
    columns: dict[int, list[Node]] = defaultdict(list)
    for leaf, depth in _depths(graph).items():
        columns[depth].append(graph.nodes[leaf])
    boxes = {
        node.leaf: Box(
            node,
            _EDGE + depth * (WIDTH + _ACROSS),
            _EDGE + row * (HEIGHT + _DOWN),
            node.number if len(node.number) <= _LETTERS else f"{node.number[: _LETTERS - 1]}…",
        )
        for depth, column in columns.items()
        for row, node in enumerate(column)
    }
    lines = tuple(
        Line(citing.x, citing.y + HEIGHT // 2, cited.x + WIDTH, cited.y + HEIGHT // 2)
        for citing, cited in ((boxes[each.citing], boxes[each.cited]) for each in graph.citations)
    )
    width = max(box.x for box in boxes.values()) + WIDTH + _EDGE
    height = max(box.y for box in boxes.values()) + HEIGHT + _EDGE
    return Picture(width, height, tuple(boxes.values()), lines)


def _depths(graph: Graph) -> dict[bytes, int]:
    """Return how many citations lead from each certificate to what cites nothing, by the longest way.

    Leaves are hashes over what they cite, so there are no circles among them; as many rounds as there are certificates
    are enough in any case.
    """
    depths = dict.fromkeys(graph.nodes, 0)
    for _ in graph.nodes:
        changed = False
        for each in graph.citations:
            if depths[each.citing] <= depths[each.cited] < len(depths):
                depths[each.citing] = depths[each.cited] + 1
                changed = True
        if not changed:
            break
    return depths

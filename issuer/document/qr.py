"""The QR image of a code, as one vector outline.

Drawn as one outline, not as squares beside each other: viewers that smooth edges would show hairlines
between squares, and the page would be larger.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isqrt

import zxingcpp

QUIET_ZONE = 4
"""Modules of white on each side (ISO/IEC 18004:2015, 6.3.8)."""

SMALLEST_SYMBOL = 21
"""Modules of version 1; each version has four more."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """A QR symbol without its quiet zone."""

    rows: tuple[int, ...]
    """One integer a row, top first; bit x is set where module x, counted from the left, is dark."""

    @property
    def modules(self) -> int:
        """How many modules a side has."""
        return len(self.rows)

    @property
    def version(self) -> int:
        """The version, 1 to 40 (ISO/IEC 18004:2015, 6.3.1)."""
        return (self.modules - SMALLEST_SYMBOL) // 4 + 1


def encode(text: str) -> Symbol:
    """Make the smallest symbol of error correction level M; long runs of digits go in numeric mode."""
    barcode = zxingcpp.create_barcode(text, zxingcpp.QRCode, ec_level="M")
    image = memoryview(barcode.to_image(scale=1, add_quiet_zones=False))  # type: ignore[arg-type]  # The stubs omit the buffer protocol.
    side = isqrt(image.nbytes)
    # A pixel is 0 (dark) or 255 (light); as binary digits the rightmost pixel is the lowest bit, so rows are reversed.
    digits = image.tobytes().translate(_DIGIT)
    return Symbol(tuple(int(digits[start : start + side][::-1], 2) for start in range(0, side * side, side)))


def outline(symbol: Symbol) -> str:
    """Return the dark area's outline as SVG path data in modules, to be filled by the even-odd rule.

    A corner lies where an odd number of the four modules around a point is dark. Corners of one row, taken
    in pairs, are the horizontal edges; those of one column the vertical ones. Walking them in turn closes loops.
    """
    across: dict[int, int] = {}
    columns: list[list[int]] = [[] for _ in range(symbol.modules + 1)]
    above = 0
    for y, row in enumerate((*symbol.rows, 0)):
        edges = row ^ above
        above = row
        corners = edges ^ (edges << 1)
        open_corner = -1
        while corners:
            lowest = corners & -corners
            corners ^= lowest
            x = lowest.bit_length() - 1
            point = y << _SHIFT | x
            columns[x].append(point)
            if open_corner < 0:
                open_corner = point
            else:
                across[open_corner], across[point] = point, open_corner
                open_corner = -1
    down: dict[int, int] = {}
    for column in columns:
        for start, end in zip(column[::2], column[1::2], strict=True):
            down[start], down[end] = end, start
    return "".join(_loops(across, down))


def svg(symbol: Symbol) -> str:
    """Return an SVG image of the symbol with its quiet zone, one unit a module."""
    side = symbol.modules + 2 * QUIET_ZONE
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{side}" height="{side}" viewBox="0 0 {side} {side}">'
        f'<path fill="#fff" d="M0 0h{side}v{side}h-{side}z"/>'
        f'<path fill="#000" fill-rule="evenodd" transform="translate({QUIET_ZONE} {QUIET_ZONE})" '
        f'd="{outline(symbol)}"/>'
        "</svg>"
    )


_DIGIT = bytes(ord("1") if level == 0 else ord("0") for level in range(256))
_SHIFT = 8
_COLUMN = (1 << _SHIFT) - 1


def _loops(across: dict[int, int], down: dict[int, int]) -> list[str]:
    """Join horizontal and vertical edges, each given from both ends, to closed loops of path data."""
    parts: list[str] = []
    while across:
        start, point = across.popitem()
        del across[point]
        parts.append(f"M{start & _COLUMN} {start >> _SHIFT}H{point & _COLUMN}")
        while (point := down[point]) != start:
            parts.append(f"V{point >> _SHIFT}")
            point = across.pop(point)
            del across[point]
            parts.append(f"H{point & _COLUMN}")
        parts.append("Z")
    return parts

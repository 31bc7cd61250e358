"""The border and the rosette behind a document's text, as an SVG image.

Made here and not in the layouts, because typst takes seven times as long for the same curves drawn one by one.
"""

from __future__ import annotations

from functools import cache

PORTRAIT = (210.0, 297.0)
LANDSCAPE = (297.0, 210.0)
"""A4, width and height in millimetres."""

GOLD = "#b3905a"

_BAND_START = 10.0
_BAND_END = 16.4
"""Where the border's band runs, in millimetres from the edge of the paper; `layouts/palette.typ` has them, too."""
_PERIOD = 9.0
"""About how long a wave of the band is; whole waves fill each side."""
_HANDLE = 0.3642
"""A cosine's half wave, as a cubic Bézier with handles of this share of its length, is within 1 % of the curve."""
_PHASES = 4
_ROSETTE = ((1.0, 18), (0.56, 12))
"""Rings of ellipses: their size, their number."""
_TINT = 0.09
"""How much of the accent the rosette's lines have; the rest is white."""


@cache
def frame(*, landscape: bool, accent: str) -> str:
    """Return the SVG image, as large as the page; `accent` is `#rrggbb`."""
    width, height = LANDSCAPE if landscape else PORTRAIT
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}mm" height="{height}mm" '
        f'viewBox="0 0 {width} {height}" fill="none" stroke-width="0.12">'
        f"{_rosette(width, height, tinted(accent, _TINT))}{_border(width, height, accent)}</svg>"
    )


def tinted(colour: str, share: float) -> str:
    """Mix `colour` with white; transparency would cost readers' software more."""
    channels = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return "#" + "".join(f"{round(255 - (255 - channel) * share):02x}" for channel in channels)


def _rosette(width: float, height: float, colour: str) -> str:
    reach = min(width, height) * 0.36
    return "".join(
        f'<ellipse cx="{width / 2}" cy="{height / 2}" rx="{reach * size:.2f}" ry="{reach * size * 0.42:.2f}" '
        f'stroke="{colour}" transform="rotate({turn * 180 / count:.2f} {width / 2} {height / 2})"/>'
        for size, count in _ROSETTE
        for turn in range(count)
    )


def _border(width: float, height: float, accent: str) -> str:
    band = _BAND_END - _BAND_START
    outer = _BAND_START - 1.6
    corners = [(x, y) for x in (_BAND_START, width - _BAND_END) for y in (_BAND_START, height - _BAND_END)]
    return "".join(
        [
            _rectangle(outer, outer, width - 2 * outer, height - 2 * outer, stroke=(accent, 0.4)),
            _rectangle(
                _BAND_START, _BAND_START, width - 2 * _BAND_START, height - 2 * _BAND_START, stroke=(GOLD, 0.18)
            ),
            _rectangle(_BAND_END, _BAND_END, width - 2 * _BAND_END, height - 2 * _BAND_END, stroke=(GOLD, 0.18)),
            *(
                _braid(_BAND_END, y, width - 2 * _BAND_END, accent, turned=False)
                for y in (corners[0][1], corners[1][1])
            ),
            *(
                _braid(_BAND_END, x, height - 2 * _BAND_END, accent, turned=True)
                for x in (corners[0][0], corners[2][0])
            ),
            *(_corner(x, y, band, accent) for x, y in corners),
        ]
    )


def _rectangle(x: float, y: float, width: float, height: float, *, stroke: tuple[str, float]) -> str:
    colour, thickness = stroke
    return (
        f'<rect x="{x:.2f}" y="{y:.2f}" width="{width:.2f}" height="{height:.2f}" '
        f'stroke="{colour}" stroke-width="{thickness}"/>'
    )


def _corner(x: float, y: float, side: float, accent: str) -> str:
    middle_x, middle_y, half = x + side / 2, y + side / 2, side * 0.29
    squares = "".join(
        f'<rect x="{middle_x - half:.2f}" y="{middle_y - half:.2f}" width="{2 * half:.2f}" height="{2 * half:.2f}" '
        f'stroke="{accent}" transform="rotate({turn} {middle_x:.2f} {middle_y:.2f})"/>'
        for turn in (0, 30, 60)
    )
    dot = f'<circle cx="{middle_x:.2f}" cy="{middle_y:.2f}" r="{side * 0.12:.2f}" stroke="{GOLD}"/>'
    return _rectangle(x, y, side, side, stroke=(GOLD, 0.18)) + squares + dot


def _braid(along: float, beside: float, length: float, accent: str, *, turned: bool) -> str:
    """Draw four waves along one side; `turned` sides run downwards."""
    waves = "".join(
        f'<path d="{_wave(length, _BAND_END - _BAND_START, phase / _PHASES)}" '
        f'stroke="{accent if phase % 2 else GOLD}"/>'
        for phase in range(_PHASES)
    )
    # A reflection in the diagonal turns x into y: the same waves, downwards.
    matrix = f"0 1 1 0 {beside} {along}" if turned else f"1 0 0 1 {along} {beside}"
    return f'<g transform="matrix({matrix})">{waves}</g>'


def _wave(length: float, height: float, phase: float) -> str:
    """Return path data of a cosine from crest to crest, begun at `phase`, a share of its period.

    Cut at the ends of the side by starting and ending on a quarter wave, where phases that are quarters do.
    """
    half = length / round(length / _PERIOD) / 2
    quarter = half / 2
    crest = (0.0, height)
    # Quarter phases start either on a crest or trough, or in the middle of the band.
    quarters = round(phase * 4)
    parts: list[str] = []
    x = 0.0
    if quarters % 2 == 0:
        level = crest[quarters // 2 % 2]
        parts.append(f"M0 {level}")
    else:
        level = crest[(quarters + 1) // 2 % 2]
        parts.append(f"M0 {height / 2}Q{quarter / 2:.3f} {level} {quarter:.3f} {level}")
        x = quarter
    while x + half <= length + 1e-6:
        other = height - level
        parts.append(f"C{x + _HANDLE * half:.3f} {level} {x + (1 - _HANDLE) * half:.3f} {other} {x + half:.3f} {other}")
        x, level = x + half, other
    if x + quarter <= length + 1e-6:
        parts.append(f"Q{x + quarter / 2:.3f} {level} {length:.3f} {height / 2}")
    return "".join(parts)

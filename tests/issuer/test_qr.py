"""The QR image: which symbol is made, and that its outline encloses exactly the dark modules."""

from __future__ import annotations

import re

import pytest
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st

from issuer.document import qr
from tests.issuer import papers


def test_largest_code_of_the_budget_is_version_16() -> None:
    assert qr.encode(papers.url(papers.LONGEST_URL_BYTES, host="verify.example.gov.cn/path.of.48.chars")).version <= 16


@pytest.mark.parametrize(("size", "version"), [(180, 11), (220, 12), (260, 13), (300, 14), (340, 15)])
def test_digits_are_packed_as_numbers(size: int, version: int) -> None:
    # The table of measurements that the budget rests on; without numeric mode these would be 17 to 25.
    assert qr.encode(papers.url(size)).version <= version


def test_symbol_has_level_m_and_says_the_text() -> None:
    symbol = qr.encode("https://verify.example/v#0123456789")
    side = symbol.modules + 2 * qr.QUIET_ZONE
    pixels = bytearray(b"\xff" * (side * side))
    for y, row in enumerate(symbol.rows):
        for x in range(symbol.modules):
            if row >> x & 1:
                pixels[(y + qr.QUIET_ZONE) * side + x + qr.QUIET_ZONE] = 0
    (read,) = zxingcpp.read_barcodes(memoryview(pixels).cast("B", (side, side)), is_pure=True)
    assert (read.text, read.ec_level) == ("https://verify.example/v#0123456789", "M")


@given(st.integers(1, 12).flatmap(lambda n: st.lists(st.integers(0, 2**n - 1), min_size=n, max_size=n)))
def test_outline_encloses_exactly_the_dark_modules(rows: list[int]) -> None:
    symbol = qr.Symbol(tuple(rows))
    assert _filled(qr.outline(symbol), symbol.modules) == symbol.rows


def test_outline_of_a_real_code_encloses_its_modules() -> None:
    symbol = qr.encode(papers.url(papers.LONGEST_URL_BYTES))
    assert _filled(qr.outline(symbol), symbol.modules) == symbol.rows


def _filled(path: str, side: int) -> tuple[int, ...]:
    """Fill path data by the even-odd rule, module by module: a ray to the left crosses an odd number of edges."""
    crossings = [[0] * side for _ in range(side)]
    for loop in re.findall(r"M[^MZ]*Z", path):
        x, y = start = tuple(map(int, re.match(r"M(\d+) (\d+)", loop).groups()))  # type: ignore[union-attr]
        for letter, number in [*re.findall(r"([HV])(\d+)", loop), ("V", start[1])]:
            if letter == "H":
                x = int(number)
            else:
                for between in range(min(y, int(number)), max(y, int(number))):
                    for right in range(x, side):
                        crossings[between][right] ^= 1
                y = int(number)
    return tuple(sum(1 << x for x, odd in enumerate(row) if odd) for row in crossings)

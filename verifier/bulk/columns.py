"""Which column of a table holds what is to be checked, and which the day that each row asks about.

Nobody need name them: the column in which most cells look like a certificate, a code or a short number is meant; of
equals, the one whose header says so, then the first. A column of days counts only where its header is one of a few.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from chain import code
from chain.errors import Malformed
from verifier.uploads import reading

if TYPE_CHECKING:
    from collections.abc import Sequence

    from verifier.bulk.unpacked import Row

_MEANT = frozenset(
    "code codes qr qr_code qrcode short_number short_numbers number sd_jwt sdjwt certificate certificates credential"  # noqa: SIM905 (reads better)
    " url link 短号码 短号 核验码 二维码 二维码内容 二维码文本 链接 网址 核验链接 证照 证照文本 电子证照 编码".split()
)
_DAYS = frozenset("on as_of asof date day check_date 核验日期 查询日期 核查日期 基准日 日期".split())  # noqa: SIM905 (as above)
_DAY = re.compile(r"([0-9]{4})(?:-|/|\.|年)([0-9]{1,2})(?:-|/|\.|月)([0-9]{1,2})日?")
_LOOKED_AT = 200
"""How many rows are looked at to find the column."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What one row asks."""

    row: int
    text: str
    """Empty where the row has nothing in the column."""
    on: str | None
    """As `YYYY-MM-DD` where it can be read as a day, else as it stands; None for the day that all are asked about."""


def asked(rows: Sequence[Row]) -> tuple[Asked, ...]:
    """Return what each row asks, without the row of headers if there is one; nothing if no column has any of it."""
    if not rows:
        return ()
    headers = [_plain(cell) for cell in rows[0].cells]
    width = max(len(row.cells) for row in rows)
    found = [_count(rows, column) for column in range(width)]
    best = max(range(width), key=lambda column: (found[column], _at(headers, column) in _MEANT, -column))
    if not found[best] and _at(headers, best) not in _MEANT:
        return ()
    first = _cell(rows[0], best)
    # A header has no digits; what is to be checked has, even where it is mistyped.
    has_headers = not _looks_right(first) and not any(character.isdigit() for character in first)
    days = next((column for column, header in enumerate(headers) if has_headers and header in _DAYS), None)
    return tuple(
        Asked(row.number, _cell(row, best), None if days is None else _day(_cell(row, days)))
        for row in rows[has_headers:]
    )


def _count(rows: Sequence[Row], column: int) -> int:
    return sum(_looks_right(_cell(row, column)) for row in rows[:_LOOKED_AT])


def _looks_right(text: str) -> bool:
    presented = reading.read_text(text)
    if presented.short_number is None:
        return bool(presented.codes or presented.certificates)
    try:
        code.parse_short_number(presented.short_number)
    except Malformed:
        return False
    return True


def _cell(row: Row, column: int) -> str:
    """Return a cell, without the apostrophe that keeps a spreadsheet program from computing it."""
    text = row.cells[column].strip() if column < len(row.cells) else ""
    return text.removeprefix("'")


def _at(headers: Sequence[str], column: int) -> str:
    return headers[column] if column < len(headers) else ""


def _plain(header: str) -> str:
    return re.sub(r"[\s_-]+", "_", header.strip().lower())


def _day(text: str) -> str | None:
    """Write a day as `YYYY-MM-DD`, however a spreadsheet shows it; leave what is none as it is."""
    if not text:
        return None
    written = _DAY.fullmatch(text)
    if written is None:
        return text
    try:
        return date(*map(int, written.groups())).isoformat()
    except ValueError:
        return text

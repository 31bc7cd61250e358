"""Which column of a table holds what is to be checked, and which the day that each row asks about.

Nobody need name them: the column in which most cells look like a certificate, a code or a short number is meant; of
equals, the one whose header says so, then the first. A column of days counts only where its header is one of a few.

The headers need not be the first row: people put a title, a day or a remark above them, and some programs a line such
as `sep=;`. A day that was overlooked because of it would have its rows answered for another one.
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
    from verifier.check.presented import Presented

_MEANT = frozenset(
    "code codes qr qr_code qrcode short_number short_numbers number sd_jwt sdjwt certificate certificates credential"  # noqa: SIM905 (reads better)
    " url link 短号码 短号 核验码 二维码 二维码内容 二维码文本 链接 网址 核验链接 证照 证照文本 电子证照 编码".split()
)
_DAYS = "核验日期 查询日期 核查日期 基准日 check_date as_of asof on day date 日期".split()  # noqa: SIM905 (as above)
"""Of several such columns the one counts whose name stands first here."""
_DAY = re.compile(r"([0-9]{4})(?:-|/|\.|年)([0-9]{1,2})(?:-|/|\.|月)([0-9]{1,2})日?(?:[ T]0?0:00(?::00)?)?")
_QUOTED = re.compile(r'="([^"]*)"')
_REMARK = re.compile(r"[(（\[【].*", re.DOTALL)
_LOOKED_AT = 200
"""How many rows are looked at to find the column."""
_ABOVE = 20
"""How many rows may stand above the first that asks something."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What one row asks."""

    row: int
    text: str
    """Empty where the row has nothing in the column."""
    on: str | None
    """As `YYYY-MM-DD` where it can be read as a day, else as it stands; None for the day that all are asked about."""


def asked(rows: Sequence[Row]) -> tuple[Asked, ...]:
    """Return what each row asks, without those of headers and above; nothing if no column has any of it."""
    if not rows:
        return ()
    width = max(len(row.cells) for row in rows)
    right = [
        [looks_right(reading.read_text(_cell(row, column))) for column in range(width)] for row in rows[:_LOOKED_AT]
    ]
    above = next((place for place, found in enumerate(right) if any(found)), len(right))
    top = rows[: min(above, _ABOVE)]
    found = [sum(column) for column in zip(*right, strict=True)]
    meant = [any(_plain(_cell(row, column)) in _MEANT for row in top) for column in range(width)]
    best = max(range(width), key=lambda column: (found[column], meant[column], -column))
    if not found[best] and not meant[best]:
        return ()
    headers = _headers(top, best)
    days = None if headers is None else _days(top[: headers + 1], width)
    return tuple(
        Asked(row.number, _cell(row, best), None if days is None else _day(_cell(row, days)))
        for row in rows[0 if headers is None else headers + 1 :]
    )


def _headers(top: Sequence[Row], best: int) -> int | None:
    """Return which of the uppermost rows has the headers: the last that names one, else the first; None if none has.

    A header that nobody knows has no digits; what is to be checked has, even where it is mistyped.
    """
    own = [_cell(row, best) for row in top]
    unlike = [not any(character.isdigit() for character in text) for text in own]
    known = [place for place, text in enumerate(own) if _plain(text) in _MEANT]
    beside = [
        place
        for place, row in enumerate(top)
        if own[place] and unlike[place] and _days([row], len(row.cells)) is not None
    ]
    if found := known or beside:
        return found[-1]
    return 0 if unlike and unlike[0] else None


def _days(rows: Sequence[Row], width: int) -> int | None:
    """Return the column whose header says that it has the days; None if there is none.

    Headers may take several rows: each column goes by what stands lowest.
    """
    headers = [next((cell for row in reversed(rows) if (cell := _cell(row, column))), "") for column in range(width)]
    ranks = {column: _DAYS.index(name) for column, header in enumerate(headers) if (name := _plain(header)) in _DAYS}
    return min(ranks, key=lambda column: (ranks[column], column), default=None)


def looks_right(presented: Presented) -> bool:
    """Whether a text was read as a certificate, a code or a well-formed short number."""
    if presented.short_number is None:
        return bool(presented.codes or presented.certificates)
    try:
        code.parse_short_number(presented.short_number)
    except Malformed:
        return False
    return True


def _cell(row: Row, column: int) -> str:
    """Return a cell without the apostrophe, or the formula of a text alone, that keeps it from being computed."""
    text = row.cells[column].strip() if column < len(row.cells) else ""
    quoted = _QUOTED.fullmatch(text)
    return quoted[1] if quoted else text.removeprefix("'")


def _plain(header: str) -> str:
    """Return a header without case, spaces and what is remarked in brackets, such as how days are to be written."""
    return re.sub(r"[\s_-]+", "_", _REMARK.sub("", header).strip(" *:：\t\r\n").lower())


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

"""What a spreadsheet shows of a number; refused is what it does not show whole, or shows as something else.

Part of the child process of `issuer.spreadsheet.decoding`: the standard library only.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from decimal import Decimal

NUMBER, DAY = "number", "day"
"""What a numeric cell can hold."""
DIGITS, FORMAT, ROUNDED, PART_OF_A_DAY = "digits", "format", "rounded", "part of a day"
"""Why a numeric cell cannot be read."""

BUILT_IN = {
    **dict.fromkeys([0, 49], "General"),
    1: "0",
    2: "0.00",
    3: "#,##0",
    4: "#,##0.00",
    **dict.fromkeys([37, 38, 41], "#,##0"),
    **dict.fromkeys([39, 40, 43], "#,##0.00"),
    **dict.fromkeys([14, 15, 30, 31], "yyyy/m/d"),
    22: "yyyy/m/d h:mm",
    **dict.fromkeys([17, 27, 36, 50, 52, 57], "yyyy/m"),
    **dict.fromkeys([16, 28, 29, 51, 53, 54, 58], "m/d"),
    **dict.fromkeys([18, 19, 20, 21, 32, 33, 34, 35, 45, 46, 47, 55, 56], "h:mm"),
}
"""ECMA-376 part 1, 18.8.30, with the meanings of a Chinese system for 27 to 58."""
_NOT_SHOWN = re.compile(r'\[(?!\$)[^\]]*\]|_.|\*.|"(?:\s*)"')
_CURRENCY = re.compile(r'\[\$([^\]-]*)(?:-[^\]]*)?\]|"([¥￥$])"|\\?([¥￥$])')
_LITERAL = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]')
_PLAIN = re.compile(r"(General|#|#,##0|0+)(?:\.(0+))?", re.IGNORECASE)
_MOST = 10**15
"""From here on a spreadsheet has lost digits."""
_FIRST_SURE_DAY = 61
"""1 March 1900; before it spreadsheets disagree about the calendar."""
_LAST_DAY = 2_958_465
"""31 December 9999."""


def shown(raw: str, code: str, *, is_1904: bool = False) -> tuple[str, str]:
    """Return what kind of value a numeric cell is, and its text exactly as the sheet shows it."""
    number = float(raw)
    if not abs(number) < _MOST:
        return DIGITS, raw
    section = code.split(";", maxsplit=1)[0]
    letters = _LITERAL.sub("", section).lower()
    if "general" not in letters and set("ymdhs") & set(letters):
        return _day(number, letters, is_1904=is_1904)
    bare = _NOT_SHOWN.sub("", section)
    currency = _CURRENCY.search(bare)
    bare = _CURRENCY.sub("", bare, count=1).strip()
    if not (form := _PLAIN.fullmatch(bare)):
        return FORMAT, f"{_decimal(number):f}"
    text = _number(_decimal(number), form)
    if text is None:
        return ROUNDED, f"{_decimal(number):f}"
    return NUMBER, (next(filter(None, currency.groups()), "") if currency else "") + text


def _decimal(number: float) -> Decimal:
    """Return the fifteen digits that a spreadsheet keeps."""
    return Decimal(format(number, ".15g"))


def _number(value: Decimal, form: re.Match[str]) -> str | None:
    """Write a number in a format; None if the format would hide some of it."""
    whole, decimals = form[1].lower(), len(form[2] or "")
    if whole == "general":
        return f"{value:f}"
    if value != round(value, decimals):
        return None
    text = f"{value:{',' if ',' in whole else ''}.{decimals}f}"
    return text.zfill(len(whole) + (decimals + 1 if decimals else 0)) if set(whole) == {"0"} else text


def _day(number: float, letters: str, *, is_1904: bool) -> tuple[str, str]:
    """Read a number as the day it is shown as; a day without its year is none."""
    if not set("ymd") <= set(letters):
        return PART_OF_A_DAY, ""
    days = int(number)
    if not (0 if is_1904 else _FIRST_SURE_DAY) <= days <= _LAST_DAY:
        return PART_OF_A_DAY, f"{_decimal(number):f}"
    day = (date(1904, 1, 1) if is_1904 else date(1899, 12, 30)) + timedelta(days)
    if "h" not in letters:
        return DAY, day.isoformat()
    moment = datetime(day.year, day.month, day.day) + timedelta(seconds=round((number - days) * 86_400))  # noqa: DTZ001 — as written on a sheet, anywhere
    return DAY, moment.isoformat(" ")

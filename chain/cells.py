"""Table cells, read as the people who keep tables mean them.

Days, amounts, choices and lists have many spellings; what a spreadsheet spoiled, or could read in two ways, is refused.
"""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

from chain import money, text
from chain.claims import CHINESE, Claim, Kind
from chain.errors import Fault

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chain.strict_json import JSON

_NUMBER = re.compile(r"[+-]?[0-9][0-9,]*(\.[0-9]+)?")
# What spreadsheets take for the beginning of a formula, the full-width forms included (OWASP, CSV injection).
_FORMULA = tuple("=+-@\t\r＝＋－＠")
_ROUNDED = re.compile(r"[0-9](\.[0-9]+)?[Ee]\+[0-9]+")
_SERIAL_DAY = re.compile(r"[0-9]{5}(\.[0-9]+)?")
_DAYS = (
    re.compile(r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})(?: 0?0:00(?::00)?)?"),
    re.compile(r"([0-9]{4})()([0-9]{2})([0-9]{2})"),
    re.compile(r"([0-9]{4})(年)([0-9]{1,2})月([0-9]{1,2})日"),
)
_WITHOUT_END = frozenset({"长期", "长期有效", "永久"})
_BETWEEN = re.compile(r"[、;；\n]")


class CellRefused(ValueError):
    """A cell that cannot be read; says what was got and what is wanted."""

    def __init__(self, got: str, wanted: str) -> None:
        """Keep both halves."""
        super().__init__(f"got {got}, wanted {wanted}")
        self.got = got
        self.wanted = wanted


def columns(claims: Iterable[Claim], headers: Iterable[str]) -> tuple[dict[str, Claim], tuple[Fault, ...]]:
    """Say which claim each header means, by key or label; with a fault for each that means none, or the same one."""
    claims = tuple(claims)
    known = {name: claim for claim in claims for name in _names(claim)}
    wanted = "one of " + ", ".join(f"{claim.labels[CHINESE]} ({claim.key})" for claim in claims if not claim.assigned)
    found: dict[str, Claim] = {}
    faults = []
    for header in headers:
        claim = known.get(_folded(header))
        if claim is None:
            faults.append(Fault("", f"the column {text.quoted(header)}", wanted))
        elif claim in found.values():
            faults.append(Fault(claim.key, f"a second column {text.quoted(header)}", "one column for each claim"))
        else:
            found[header] = claim
    return found, tuple(faults)


def read(claim: Claim, cell: str, *, may_be_open: bool = False) -> JSON:
    """Return what a cell means, None for nothing; raises `CellRefused`.

    With `may_be_open`, a day can be 长期: no last day. What the value says is not checked here.
    """
    _refuse_formula(cell)
    written = text.normalise(cell.strip().replace("\r\n", "\n"))
    if not written or (may_be_open and written in _WITHOUT_END):
        return None
    if claim.kind is not Kind.MONEY and _ROUNDED.fullmatch(written):
        raise CellRefused(
            f"{text.quoted(written)}, a number that a spreadsheet rounded: its last digits are lost",
            "all of its digits, typed anew in a column formatted as text",
        )
    match claim.kind:
        case Kind.DATE:
            return _day(written)
        case Kind.MONEY:
            return _amount(written)
        case Kind.ENUM:
            return _choice(claim, written)
        case Kind.LIST:
            return [entry for part in _BETWEEN.split(written) if (entry := part.strip())]
    return written


def _refuse_formula(cell: str) -> None:
    """Refuse what a spreadsheet would compute; there is no way to know what the clerk saw there."""
    if cell.startswith(_FORMULA) and not _NUMBER.fullmatch(cell.strip()):
        wanted = (
            "an empty cell" if cell.strip() in {"-", "－"} else "the value itself, not beginning with = + - @ or a tab"
        )
        raise CellRefused(f"{text.quoted(cell)}, which a spreadsheet takes for a formula", wanted)


def _day(written: str) -> str:
    """Read a day that can only be one: year first, or with 年月日."""
    match = next(filter(None, (form.fullmatch(written) for form in _DAYS)), None)
    got, wanted = text.quoted(written), "a day such as 2026-01-31, 2026/1/31 or 2026年1月31日"
    if not match and _SERIAL_DAY.fullmatch(written):
        raise CellRefused(f"{got}, a spreadsheet's own number for a day", wanted)
    if not match:
        raise CellRefused(got, f"{wanted}: the year first, with four digits")
    try:
        return date(int(match[1]), int(match[3]), int(match[4])).isoformat()
    except ValueError as exc:
        raise CellRefused(f"{got}, which is not in the calendar", wanted) from exc


def _amount(written: str) -> str:
    try:
        return str(money.read(written))
    except ValueError as exc:
        raise CellRefused(text.quoted(written), money.WANTED) from exc


def _choice(claim: Claim, written: str) -> str:
    """Take a choice's code, or its label in either language."""
    for choice in claim.choices:
        if _folded(written) in {_folded(choice.code), *(map(_folded, choice.labels.values()))}:
            return choice.code
    return written


def _names(claim: Claim) -> set[str]:
    return {_folded(claim.key), *map(_folded, claim.labels.values())}


def _folded(name: str) -> str:
    """Compare headers and choices by what they say: byte order marks, case and outer space do not count."""
    return text.normalise(name.removeprefix("\ufeff").strip()).casefold()

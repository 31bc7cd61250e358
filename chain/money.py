"""Amounts of money as licences write them (100万元人民币) and as claims hold them (1000000.00 CNY)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

_CURRENCIES = {
    "CNY": ("元人民币", "元", "圆", "人民币"),
    "USD": ("美元",),
    "EUR": ("欧元",),
    "HKD": ("港元", "港币"),
    "JPY": ("日元",),
}
_UNITS = {"亿": 100_000_000, "万": 10_000, "": 1}
_SIGNS = {"￥": "CNY", "¥": "CNY", "人民币": "CNY", "$": "USD"}
_NAMES = {name: code for code, names in _CURRENCIES.items() for name in (*names, code)}

_STORED = re.compile(r"(0|[1-9][0-9]{0,14})\.([0-9]{2}) ([A-Z]{3})")
_WRITTEN = re.compile(
    rf"(?P<sign>{'|'.join(map(re.escape, _SIGNS))})?\s*"
    r"(?P<amount>[0-9]{1,15}|[0-9]{1,3}(?:,[0-9]{3}){1,4})(?P<fraction>\.[0-9]{1,6})?\s*"
    rf"(?P<unit>[万亿]?)\s*(?P<name>{'|'.join(sorted(_NAMES, key=len, reverse=True))})?整?"
)
EXAMPLE = "1000000.00 CNY"
"""An amount as a claim holds it."""
WANTED = "an amount such as 1000000, 1,000,000.00, 100万元 or 50万美元"
"""What people may write."""


@dataclass(frozen=True, slots=True)
class Money:
    """An amount of at least nothing, exact to a hundredth."""

    hundredths: int
    currency: str
    """ISO 4217."""

    def __str__(self) -> str:
        """Return how a claim holds it: `1000000.00 CNY`."""
        return f"{self.hundredths // 100}.{self.hundredths % 100:02} {self.currency}"

    @property
    def grouped(self) -> str:
        """Return how a claim holds it, in thousands, as columns of figures have it: `1,000,000.00 CNY`."""
        return f"{self.hundredths // 100:,}.{self.hundredths % 100:02} {self.currency}"

    def display(self, language: str) -> str:
        """Say it to a person: `100万元人民币`, `CNY 1,000,000.00`."""
        amount = Decimal(self.hundredths) / 100
        if language != "zh-CN":
            return f"{self.currency} {amount:,.2f}"
        # In the largest unit that leaves no more than four decimals.
        fits = (name for name, unit in _UNITS.items() if amount >= unit and not amount * 10_000 % unit)
        unit = next(fits, "")
        return f"{_plain(amount / _UNITS[unit])}{unit}{_CURRENCIES[self.currency][0]}"


def parse(text: str) -> Money:
    """Read what a claim holds; raises ValueError."""
    match = _STORED.fullmatch(text)
    if not match or match[3] not in _CURRENCIES:
        raise ValueError(f"got {text!r}, wanted {EXAMPLE}")
    return Money(int(match[1] + match[2]), match[3])


def read(text: str) -> Money:
    """Read what people write, or what a claim holds; raises ValueError."""
    match = _WRITTEN.fullmatch(text)
    if not match:
        raise ValueError(f"got {text!r}, wanted {WANTED}")
    currencies = {_SIGNS[match["sign"]] if match["sign"] else None, _NAMES[match["name"]] if match["name"] else None}
    stated = currencies - {None}
    amount = Decimal(match["amount"].replace(",", "") + (match["fraction"] or "")) * _UNITS[match["unit"]] * 100
    if len(stated) > 1 or amount != int(amount):
        raise ValueError(f"got {text!r}, wanted {WANTED}: one currency, at most two decimals")
    money = Money(int(amount), next((currency for currency in stated if currency), "CNY"))
    return parse(str(money))


def _plain(amount: Decimal) -> str:
    """Write it without zeros that say nothing."""
    whole, _, fraction = f"{amount:f}".partition(".")
    fraction = fraction.rstrip("0")
    return f"{whole}.{fraction}" if fraction else whole

"""A claim: one thing a certificate says, and how its type wants it written, shown and hidden."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from chain import identifiers, money, strict_json, text
from chain.errors import Fault, IdentifierInvalid

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from chain.strict_json import JSON

Words: TypeAlias = "Mapping[str, str]"
"""The same words in each of `LANGUAGES`."""

CHINESE, ENGLISH = LANGUAGES = ("zh-CN", "en")
EARLIEST, LATEST = date(1900, 1, 1), date(2199, 12, 31)
"""Days outside are typing mistakes: 0202 for 2002, 2206 for 2026."""

NUMBER = "number"
"""The key of every type's certificate number."""
CITATION = "^[0-9a-f]{64}$"
"""The pattern by which a claim's texts are citations: leaves of other certificates, in small hexadecimal digits."""

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MONTHS = (
    "January February March April May June July August September October November December".split()  # noqa: SIM905 (reads better)
)
_SEPARATORS = {CHINESE: "、", ENGLISH: "; "}


class Kind(StrEnum):
    """What a claim's value is. Every value is a JSON string, except that a list is an array of them."""

    TEXT = "text"
    DATE = "date"
    """A calendar day, `2026-01-31`."""
    USCC = "uscc"
    """A unified social credit code (GB 32100)."""
    RESIDENT_NUMBER = "resident-number"
    """A citizen's number (GB 11643)."""
    CERTIFICATE_IDENTIFIER = "certificate-identifier"
    """A national certificate identifier (GB/T 36904)."""
    MONEY = "money"
    """An amount and its currency, `1000000.00 CNY`."""
    ENUM = "enum"
    """The code of one of the claim's choices."""
    LIST = "list"
    """Several texts, for example the holders of a property."""


_TOLD_APART = Kind.DATE, Kind.MONEY, Kind.ENUM, Kind.LIST
"""What is said in other words in another language; all else is shown as it was written."""


class Mask(StrEnum):
    """How a claim is hidden from those who need not know it."""

    RESIDENT_NUMBER = "resident-number"
    """Birthday and sequence are hidden, in codes too: `150121********000X`."""
    NAME = "name"
    """All but first and last character: `阿***拉`. Whole in codes: who scans one compares the name with the person."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the values that a claim of kind enum can have."""

    code: str
    labels: Words


@dataclass(frozen=True, slots=True)
class Derivation:
    """How a claim follows from another: the prefix, then the other's value."""

    claim: str
    prefix: str


@dataclass(frozen=True, slots=True)
class Claim:
    """What a type says about one of its claims."""

    key: str
    labels: Words
    help: Words
    """One sentence for the clerk who fills it in."""
    kind: Kind
    required: bool
    always: bool
    """Shown wherever the certificate is shown to third parties."""
    fact: bool
    """Carried by the code."""
    mask: Mask | None
    max_length: int
    """In characters of what is stored; of each entry for a list."""
    fact_max_length: int
    """In characters of what the code carries: a choice's label; a list, cut short if need be (`甲、乙等5人`)."""
    fact_max_bytes: int
    """In UTF-8; what a code is measured by. Of facts and of the certificate number, which codes carry, too."""
    pattern: str | None
    choices: tuple[Choice, ...]
    is_name: bool
    """Names a person or an organisation: only letters that cannot be mistaken for others."""
    multiline: bool
    derived: Derivation | None
    assigned: bool
    """Given by the issuer service rather than by a clerk; not in a table's template."""
    example: str
    """A cell that is accepted."""

    @property
    def cites(self) -> bool:
        """Whether it names other certificates, by their leaves."""
        return self.kind in {Kind.TEXT, Kind.LIST} and self.pattern == CITATION

    def faults(self, value: JSON) -> Iterator[Fault]:
        """Yield what is wrong with a value that the type's JSON Schema lets pass."""
        for entry in _entries(value):
            for got, wanted in self._entry_faults(entry):
                yield Fault(self.key, got, wanted)
        carried = len(self.fact_text(value).encode())
        if (self.fact or self.key == NUMBER) and carried > self.fact_max_bytes:
            yield Fault(self.key, f"{carried} bytes of UTF-8", f"at most {self.fact_max_bytes}: the code carries it")

    def display(self, value: JSON, language: str) -> str:
        """Say the value to a person. What does not fit the kind (it was signed unchecked) is shown as it is."""
        match self.kind:
            case Kind.DATE if day := _day(value):
                if language == CHINESE:
                    return f"{day.year}年{day.month}月{day.day}日"
                return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
            case Kind.MONEY if amount := _amount(value):
                return amount.display(language)
            case Kind.ENUM:
                return next((choice.labels[language] for choice in self.choices if choice.code == value), plain(value))
            case Kind.LIST if isinstance(value, (list, tuple)):
                return _SEPARATORS[language].join(map(plain, value))
        return plain(value)

    def words(self, value: JSON) -> Words:
        """Say the value to a person, in each language."""
        if self.kind not in _TOLD_APART and isinstance(value, str):
            return dict.fromkeys(LANGUAGES, value)
        return {language: self.display(value, language) for language in LANGUAGES}

    def fact_text(self, value: JSON) -> str:
        """Return what a code carries: Chinese, but days as ISO 8601 writes them; resident numbers masked."""
        if self.kind is Kind.DATE:
            return plain(value)
        if self.kind is Kind.LIST and isinstance(value, (list, tuple)):
            return _cut_short([plain(entry) for entry in value], self.fact_max_length, "人" if self.is_name else "项")
        shown = self.display(value, CHINESE)
        return identifiers.mask_resident_number(shown) if self.mask is Mask.RESIDENT_NUMBER else shown

    def masked(self, value: JSON) -> str:
        """Say the value in Chinese to someone who need not know all of it."""
        match self.mask:
            case Mask.RESIDENT_NUMBER:
                return identifiers.mask_resident_number(plain(value))
            case Mask.NAME if isinstance(value, (list, tuple)):
                return _SEPARATORS[CHINESE].join(mask_name(plain(entry)) for entry in value)
            case Mask.NAME:
                return mask_name(plain(value))
        return self.display(value, CHINESE)

    def _entry_faults(self, entry: str) -> Iterator[tuple[str, str]]:
        """Yield (got, wanted) for one text of the value."""
        try:
            match self.kind:
                case Kind.TEXT | Kind.LIST:
                    yield from text.faults(entry, multiline=self.multiline, name=self.is_name)
                case Kind.DATE if not _day(entry):
                    yield text.quoted(entry), f"a day such as 2026-01-31, {EARLIEST.year} to {LATEST.year}"
                case Kind.MONEY if not _amount(entry):
                    yield text.quoted(entry), f"an amount such as {money.EXAMPLE}"
                case Kind.USCC:
                    identifiers.parse_credit_code(entry)
                case Kind.RESIDENT_NUMBER:
                    identifiers.parse_resident_number(entry)
                case Kind.CERTIFICATE_IDENTIFIER:
                    identifiers.parse_certificate_identifier(entry)
        except IdentifierInvalid as exc:
            yield exc.got, exc.wanted


def mask_name(name: str) -> str:
    """Hide a name's middle, by length: many Mongolian names have no surname, so no list of surnames helps."""
    match len(name):
        case 0 | 1:
            return "*"
        case 2:
            return f"{name[0]}*"
        case length:
            return f"{name[0]}{'*' * (length - 2)}{name[-1]}"


def plain(value: JSON) -> str:
    """Write a value of whatever kind as text."""
    return value if isinstance(value, str) else strict_json.serialise(value).decode()


def _entries(value: JSON) -> Iterator[str]:
    return map(plain, value) if isinstance(value, (list, tuple)) else iter((plain(value),))


def _day(value: JSON) -> date | None:
    """Read a day within reason."""
    try:
        day = date.fromisoformat(value) if isinstance(value, str) and _DAY.fullmatch(value) else None
    except ValueError:
        return None
    return day if day and EARLIEST <= day <= LATEST else None


def _amount(value: JSON) -> money.Money | None:
    try:
        return money.parse(plain(value))
    except ValueError:
        return None


def _cut_short(entries: list[str], most: int, counted: str) -> str:
    """Name as many as fit, then how many there are, as deeds do: `甲、乙等5人`."""
    if len(whole := "、".join(entries)) <= most:
        return whole
    rest = f"等{len(entries)}{counted}" if len(entries) > 1 else ""
    for count in range(len(entries) - 1, 0, -1):
        if len(some := "、".join(entries[:count]) + rest) <= most:
            return some
    return f"{entries[0][: most - len(rest) - 1]}…{rest}"

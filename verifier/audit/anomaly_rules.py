"""The rules by which things are out of the ordinary, with their thresholds, as a TOML file says them.

Read strictly: an unknown rule, a threshold that is missing, misspelt or out of range is refused with what was wanted,
since a rule that silently never applies would look like a clean record. `anomalies.toml` explains each.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from chain.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Mapping

SHIPPED = Path(__file__).with_name("anomalies.toml")
"""The file that counts unless a setting names another."""
_MOST_BYTES = 1_000_000
_MOST = 10**9
UNKNOWN = "holidays_unknown"
"""What is known of days in years of which nobody said on which days offices are closed."""
_SATURDAY = 5
_DECEMBER = 12
_YEAR = re.compile("20[0-9]{2}")


class Rule(StrEnum):
    """The rules; the value is the table's name in the file, and what exports say."""

    BURST = "burst"
    NIGHT = "night"
    HOLIDAY = "holiday"
    ONE_APPROVER = "one_approver"
    RUSH = "rush"
    DISORDER = "disorder"
    SHORT_LIVED = "short_lived"
    STATUS_BURST = "status_burst"
    RARE_TYPE = "rare_type"


@dataclass(frozen=True, slots=True)
class Burst:
    """Far more on one day than on ordinary days."""

    least: int
    times: int
    least_days: int


@dataclass(frozen=True, slots=True)
class Night:
    """Hours at which nobody is expected in an office."""

    from_hour: int
    until_hour: int
    least: int

    @property
    def length(self) -> int:
        """How many hours it has; the night of the evening on which it begins."""
        return (self.until_hour - self.from_hour) % 24


@dataclass(frozen=True, slots=True)
class Holiday:
    """Days on which offices are closed, of the years of which that was announced."""

    weekends: bool
    least: int
    holidays: frozenset[date]
    workdays: frozenset[date]
    """Saturdays and Sundays on which offices work."""
    announced: Mapping[int, str]
    """The years whose days these are, each with where they were taken from."""

    @property
    def years(self) -> tuple[int, ...]:
        """The years whose holidays are known."""
        return tuple(sorted(self.announced))

    def kind(self, day: date) -> str | None:
        """Tell whether offices are closed on a day: `holiday`, `weekend`, None; `UNKNOWN` where nobody knows."""
        if day in self.holidays:
            return "holiday"
        if day.year not in self.announced:
            return UNKNOWN
        is_weekend = day.weekday() >= _SATURDAY and day not in self.workdays
        return "weekend" if self.weekends and is_weekend else None


@dataclass(frozen=True, slots=True)
class OneApprover:
    """One officer for everything."""

    least: int
    percent: int


@dataclass(frozen=True, slots=True)
class Rush:
    """Batches of one approver, close together."""

    seconds: int
    least: int
    least_batches: int


@dataclass(frozen=True, slots=True)
class Disorder:
    """Sequence numbers against places and times; there is nothing to choose."""


@dataclass(frozen=True, slots=True)
class ShortLived:
    """Issued, and ended soon."""

    days: int
    least: int
    percent: int


@dataclass(frozen=True, slots=True)
class RareType:
    """A type that an agency hardly ever issues."""

    least: int
    most: int
    percent: int


@dataclass(frozen=True, slots=True)
class Rules:
    """All rules; None for one that is not asked."""

    burst: Burst | None = None
    night: Night | None = None
    holiday: Holiday | None = None
    one_approver: OneApprover | None = None
    rush: Rush | None = None
    disorder: Disorder | None = None
    short_lived: ShortLived | None = None
    status_burst: Burst | None = None
    rare_type: RareType | None = None

    @property
    def asked(self) -> tuple[Rule, ...]:
        """The rules that are asked."""
        return tuple(rule for rule in Rule if getattr(self, rule.value) is not None)


def open_rules(named: str) -> Rules:
    """Read the file that a setting names, the shipped one for an empty name; raises `InvalidInput`."""
    path = Path(named) if named else SHIPPED
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except OSError as exc:
        raise InvalidInput(f"{named}: got {exc.strerror or exc}, wanted a TOML file of rules") from exc
    if len(data) > _MOST_BYTES:
        raise InvalidInput(f"{named}: got more than {_MOST_BYTES} bytes, wanted a TOML file of rules")
    return parse(data, name=str(path))


def parse(data: bytes, *, name: str = "rules") -> Rules:
    """Read such a file; raises `InvalidInput` with the place of the first thing that is wrong."""
    try:
        document = tomllib.loads(data.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as exc:
        raise InvalidInput(f"{name}: got a file that is not TOML ({exc}), wanted one such as {SHIPPED.name}") from exc
    known = {field.name for field in fields(Rules)}
    if unknown := sorted(document.keys() - known):
        raise InvalidInput(f"{name}: got the rule {unknown[0]!r}, wanted one of {', '.join(sorted(known))}")
    tables = {rule: _Table(f"{name}: [{rule}]", document[rule]) for rule in document}
    return Rules(
        burst=_thresholds(tables.get("burst"), Burst),
        night=_night(tables.get("night")),
        holiday=_holiday(tables.get("holiday")),
        one_approver=_thresholds(tables.get("one_approver"), OneApprover),
        rush=_thresholds(tables.get("rush"), Rush),
        disorder=_thresholds(tables.get("disorder"), Disorder),
        short_lived=_thresholds(tables.get("short_lived"), ShortLived),
        status_burst=_thresholds(tables.get("status_burst"), Burst),
        rare_type=_thresholds(tables.get("rare_type"), RareType),
    )


_Thresholds = TypeVar("_Thresholds", Burst, OneApprover, Rush, Disorder, ShortLived, RareType)
_BOUNDS: Mapping[str, tuple[int, int]] = {"percent": (1, 100), "from_hour": (0, 23), "until_hour": (0, 23)}


class _Table:
    """A rule's table, or one within it, taken apart."""

    def __init__(self, place: str, value: object, *, is_rule: bool = True) -> None:
        if not isinstance(value, dict):
            raise InvalidInput(f"{place}: got {value!r}, wanted a table")
        self.place, self._values = place, dict(value)
        self.is_on = self.truth("on") if is_rule else True

    def number(self, key: str) -> int:
        """Take a whole number out."""
        least, most = _BOUNDS.get(key, (1, _MOST))
        value = self._take(key, f"a whole number from {least} to {most}")
        # A truth value is a number to Python, and to nobody else.
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise InvalidInput(f"{self.place} {key}: got {value!r}, wanted a whole number from {least} to {most}")
        return value

    def truth(self, key: str) -> bool:
        """Take true or false out."""
        value = self._take(key, "true or false")
        if not isinstance(value, bool):
            raise InvalidInput(f"{self.place} {key}: got {value!r}, wanted true or false")
        return value

    def entries(self, key: str) -> list[object]:
        """Take a list out."""
        value = self._take(key, "a list of days")
        if not isinstance(value, list):
            raise InvalidInput(f"{self.place} {key}: got {value!r}, wanted a list of days")
        return value

    def text(self, key: str) -> str:
        """Take a text out."""
        value = self._take(key, "a text")
        if not isinstance(value, str) or not value.strip():
            raise InvalidInput(f"{self.place} {key}: got {value!r}, wanted a text")
        return value

    def years(self, key: str) -> list[tuple[int, _Table]]:
        """Take tables out, one for each year."""
        wanted = f"a table for each year, such as [holiday.{key}.2026]"
        value = self._take(key, wanted)
        if not isinstance(value, dict) or any(not _YEAR.fullmatch(year) for year in value):
            raise InvalidInput(f"{self.place} {key}: got {value!r}, wanted {wanted}")
        return [
            (int(year), _Table(f"{self.place} {key} {year}", inner, is_rule=False)) for year, inner in value.items()
        ]

    def close(self) -> None:
        """Refuse what was not taken."""
        if self._values:
            raise InvalidInput(f"{self.place}: got {min(self._values)!r}, which this rule does not know")

    def _take(self, key: str, wanted: str) -> object:
        if key not in self._values:
            raise InvalidInput(f"{self.place} {key}: got nothing, wanted {wanted}")
        return self._values.pop(key)


def _thresholds(table: _Table | None, kind: type[_Thresholds]) -> _Thresholds | None:
    """Read a rule that has nothing but numbers."""
    if table is None:
        return None
    read = kind(**{field.name: table.number(field.name) for field in fields(kind)})
    table.close()
    return read if table.is_on else None


def _night(table: _Table | None) -> Night | None:
    if table is None:
        return None
    night = Night(table.number("from_hour"), table.number("until_hour"), table.number("least"))
    table.close()
    if not night.length:
        raise InvalidInput(f"{table.place}: got the same hour twice, wanted a night that begins and ends")
    return night if table.is_on else None


def _holiday(table: _Table | None) -> Holiday | None:
    if table is None:
        return None
    weekends, least = table.truth("weekends"), table.number("least")
    holidays: set[date] = set()
    workdays: set[date] = set()
    announced: dict[int, str] = {}
    for year, inner in table.years("years"):
        announced[year] = inner.text("announced")
        holidays |= {day for entry in inner.entries("holidays") for day in _span(entry, inner.place)}
        workdays |= {_day(entry, f"{inner.place} workdays") for entry in inner.entries("workdays")}
        inner.close()
        _require_of(year, holidays | workdays, set(announced), inner.place)
    table.close()
    if both := sorted(holidays & workdays):
        raise InvalidInput(f"{table.place}: got {both[0]} as a holiday and as a workday, wanted it as one of them")
    return Holiday(weekends, least, frozenset(holidays), frozenset(workdays), announced) if table.is_on else None


def _require_of(year: int, days: set[date], known: set[int], place: str) -> None:
    """Refuse a year without days, and days of no year that is known; a first holiday may begin in December."""
    if not any(day.year == year for day in days):
        raise InvalidInput(f"{place}: got no day of {year}, wanted its holidays, or no table of that year")
    for day in sorted(days):
        if day.year not in known and (day.year, day.month) != (year - 1, _DECEMBER):
            raise InvalidInput(f"{place}: got {day}, wanted days of {year}")


def _span(entry: object, place: str) -> list[date]:
    """Return all days from the first to the last; a month at most, since more is a slip of the pen."""
    wanted = "a first and a last day, such as [2026-10-01, 2026-10-07]"
    if not isinstance(entry, list) or len(entry) != len(("first", "last")):
        raise InvalidInput(f"{place} holidays: got {entry!r}, wanted {wanted}")
    first, last = (_day(day, f"{place} holidays") for day in entry)
    if not first <= last <= first + timedelta(days=30):
        raise InvalidInput(f"{place} holidays: got {first} to {last}, wanted {wanted}")
    return [first + timedelta(days=count) for count in range((last - first).days + 1)]


def _day(value: object, place: str) -> date:
    if not isinstance(value, date) or isinstance(value, datetime):
        raise InvalidInput(f"{place}: got {value!r}, wanted a day such as 2026-10-01, without quotes")
    return value

"""On which days a certificate is valid, as its type's rule says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from chain.claims import plain
from chain.errors import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from chain.strict_json import JSON


@dataclass(frozen=True, slots=True)
class Validity:
    """The days on which a certificate is valid, both included, in Asia/Shanghai."""

    first_day: date
    last_day: date | None
    """None is open-ended."""


@dataclass(frozen=True, slots=True)
class ValidityRule:
    """How the days of validity follow from the claims."""

    first: str | None
    """The claim that holds the first day; None is the day of issue."""
    last: str | None
    """The claim that holds the last day; open-ended where that claim is missing."""
    years: int | None
    """So many years from the first day, where no claim holds the last. With neither: open-ended."""
    max_years: int | None
    """A longer time between first and last day is a typing mistake."""

    def days(self, claims: Mapping[str, JSON], issued: date) -> Validity:
        """Return the days for validated claims."""
        first = date.fromisoformat(plain(claims[self.first])) if self.first else issued
        if self.last is not None and self.last in claims:
            return Validity(first, date.fromisoformat(plain(claims[self.last])))
        return Validity(first, _anniversary(first, self.years) - timedelta(days=1) if self.years else None)

    def faults(self, claims: Mapping[str, JSON]) -> Iterator[Fault]:
        """Yield what is wrong with the days of validity, each of which is a day."""
        if self.first is None or self.last is None or self.first not in claims or self.last not in claims:
            return
        first, last = (date.fromisoformat(plain(claims[key])) for key in (self.first, self.last))
        if last < first:
            yield Fault(self.last, last.isoformat(), f"{first} or later: the first day of validity")
        elif self.max_years and last > (limit := _anniversary(first, self.max_years)):
            yield Fault(self.last, last.isoformat(), f"at most {limit}: {self.max_years} years after {first}")


def _anniversary(day: date, years: int) -> date:
    """Return the same day so many years later; 1 March for 29 February where there is none."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)

"""How soon somebody who failed may try again: growing delays, by name and by place.

An attempt counts as failed until it has succeeded, so that a hundred at once do not all slip through before the first
has failed. Names that nobody has are counted like others, so that a delay tells nothing.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING

from issuer.errors import TooManyAttempts
from issuer.tables import account_rows
from issuer.tables.account_models import FailedAttempts

if TYPE_CHECKING:
    from issuer.tables.store import Work

FIRST_DELAY = timedelta(seconds=30)
LONGEST_DELAY = timedelta(hours=1)
"""Whoever knows a name can keep its owner waiting; this bounds for how long."""
FORGOTTEN_AFTER = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose failures are counted."""

    kind: str
    name: str
    free: int
    """So many may fail before the first delay."""

    @property
    def digest(self) -> bytes:
        """Under which it is counted."""
        return hashlib.sha256(f"{self.kind}\n{self.name}".encode()).digest()


def by_name(login: str) -> Subject:
    """Count for a login name, whether anybody has it or not."""
    return Subject("name", login, free=5)


def by_second_factor(login: str) -> Subject:
    """Count codes apart: a right password must not pay for another guess at the code."""
    return Subject("factor", login, free=5)


def by_source(source: str) -> Subject:
    """Count for a network address, behind which a whole office may sit; a home has 2⁶⁴ of version 6."""
    try:
        address = ip_address(source)
    except ValueError:
        return Subject("source", source, free=50)
    network = str(IPv6Network((address, 64), strict=False)) if isinstance(address, IPv6Address) else str(address)
    return Subject("source", network, free=50)


def delay(failures: int, *, free: int) -> timedelta:
    """Return how long to wait after so many failures in a row."""
    beyond = failures - free
    if beyond < 0:
        return timedelta(0)
    # Doubled at most ten times, so that the number stays small.
    return min(FIRST_DELAY * (1 << min(beyond, 10)), LONGEST_DELAY)


def count(work: Work, *subjects: Subject, now: datetime) -> None:
    """Count an attempt as failed, before it is made; raises `TooManyAttempts` if it comes too soon, then uncounted."""
    until = locked_until(work, *subjects, now=now)
    if until is not None:
        raise TooManyAttempts(until)
    for each in subjects:
        row = account_rows.failed_attempts(work, each.digest)
        if row is None:
            work.add(FailedAttempts(subject=each.digest, failures=1, last_at=now))
        else:
            row.failures = 1 if _forgotten(row, now) else row.failures + 1
            row.last_at = now
    work.flush()


def locked_until(work: Work, *subjects: Subject, now: datetime) -> datetime | None:
    """Return from when the next attempt counts; None where that is now."""
    held = [(each, account_rows.failed_attempts(work, each.digest)) for each in subjects]
    until = [
        row.last_at + delay(row.failures, free=each.free)
        for each, row in held
        if row is not None and not _forgotten(row, now)
    ]
    return max(until) if until and max(until) > now else None


def succeeded(work: Work, *subjects: Subject) -> None:
    """Forget what was counted."""
    for each in subjects:
        row = account_rows.failed_attempts(work, each.digest)
        if row is not None:
            account_rows.delete_row(work, row)


def not_failed(work: Work, subject: Subject) -> None:
    """Take back one count: this attempt succeeded, but does not excuse those before it."""
    row = account_rows.failed_attempts(work, subject.digest)
    if row is not None and row.failures > 0:
        row.failures -= 1


def sweep(work: Work, now: datetime) -> None:
    """Forget what was counted long ago."""
    account_rows.drop_failed_attempts_before(work, now - FORGOTTEN_AFTER)


def _forgotten(row: FailedAttempts, now: datetime) -> bool:
    return row.last_at + FORGOTTEN_AFTER < now

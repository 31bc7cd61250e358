"""Which entries about a certificate are in force at the moment that is asked about.

An entry holds from its first hour until its end, or until a later entry on the same track takes its place: the hour in
which that was recorded. So a suspension that has been lifted since still answers for the days on which it stood.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chain.calendar import hour_of
from chain.registry import Track
from verifier.moments import time_of
from verifier.report import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from verifier.knowledge import StatusRecord
    from verifier.moments import Moment

_FOR_EVER = 2**24
"""The first hour that a status slot cannot name."""

VERDICTS = {
    Track.RESCINDED: Verdict.RESCINDED,
    Track.REVOKED: Verdict.REVOKED,
    Track.WITHDRAWN: Verdict.WITHDRAWN,
    Track.CANCELLED: Verdict.CANCELLED,
    Track.REPLACED: Verdict.REPLACED,
    Track.LOSS: Verdict.LOST,
    Track.SUSPENSION: Verdict.SUSPENDED,
}
"""What each track that speaks against a certificate makes of it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A status record with the hours in which it counts."""

    record: StatusRecord
    hours: range
    """Half-open, in whole hours since 1970; empty for an entry that lifts its track."""
    stands: bool
    """Whether no later entry on its track took its place."""

    def in_force(self, moment: Moment) -> bool:
        """Whether it counts at the moment.

        What speaks against a certificate counts if it holds at any hour of the moment; a pending renewal, which speaks
        for it, only if it holds at all of them. A rescission counts for all dates as soon as it is recorded.
        """
        asked = moment.hours
        match self.record.track:
            case Track.RESCINDED:
                return self.stands and bool(self.hours)
            case Track.RENEWAL_PENDING:
                return self.hours.start <= asked.start and asked.stop <= self.hours.stop
            case _:
                return max(self.hours.start, asked.start) < min(self.hours.stop, asked.stop)


def entries(records: Sequence[StatusRecord]) -> tuple[Entry, ...]:
    """Give every record of one leaf its hours; the records come in the chain's order, and so do the entries."""
    hours: dict[int, tuple[range, bool]] = {}
    for track in Track:
        places = [place for place, record in enumerate(records) if record.track is track]
        for place, later in zip(places, [*places[1:], None], strict=False):
            record = records[place]
            last = _FOR_EVER if later is None else hour_of(time_of(records[later].timestamp))
            stop = min(record.until_hour or _FOR_EVER, last)
            hours[place] = (range(record.from_hour, stop) if record.from_hour else range(0), later is None)
    return tuple(Entry(record, *hours[place]) for place, record in enumerate(records))


def against(all_entries: Sequence[Entry], moment: Moment) -> tuple[Entry, ...]:
    """Return the entries in force that speak against the certificate."""
    return tuple(entry for entry in all_entries if entry.record.track in VERDICTS and entry.in_force(moment))


def renewal(all_entries: Sequence[Entry], moment: Moment) -> Entry | None:
    """Return the entry by which the certificate is deemed extended, if one is in force."""
    pending = (entry for entry in all_entries if entry.record.track is Track.RENEWAL_PENDING)
    return next((entry for entry in pending if entry.in_force(moment)), None)

"""Which entries about a certificate are in force at the moment that is asked about.

An entry holds from its first hour until its end, or until a later entry on the same track takes its place: the hour in
which that was recorded. So a suspension that has been lifted since still answers for the days on which it stood.

A block that is not final may be taken back. What speaks against a certificate counts at once, and goes on counting
until what takes its place is final; what speaks for it must hold whether or not the newest blocks stay.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from chain.calendar import hour_of
from chain.events import Track
from verifier.check.moments import time_of
from verifier.check.report import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from verifier.check.knowledge import StatusRecord
    from verifier.check.moments import Moment

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
    """A status record with the hours in which it counts; all of them half-open, in whole hours since 1970."""

    record: StatusRecord
    hours: range
    """As it was recorded; empty for an entry that lifts its track."""
    hours_left: range
    """What a later entry on its track, final or not, leaves of them."""
    is_final: bool
    stands: bool
    """Whether no later entry on its track took its place in a final block."""

    def speaks_against(self, moment: Moment) -> bool:
        """Whether it holds against the certificate at any hour of the moment.

        A rescission counts for all dates as soon as it is recorded.
        """
        if self.record.track not in VERDICTS:
            return False
        if self.record.track is Track.RESCINDED:
            return self.stands and bool(self.hours)
        hours = self.hours if self.stands else self.hours_left
        return max(hours.start, moment.hours.start) < min(hours.stop, moment.hours.stop)


def entries(records: Sequence[StatusRecord], *, final_block: int) -> tuple[Entry, ...]:
    """Give every record of one leaf its hours; the records come in the chain's order, and so do the entries."""
    if not records:
        return ()
    found: dict[int, Entry] = {}
    for track in Track:
        places = [place for place, record in enumerate(records) if record.track is track]
        for place, later in zip(places, [*places[1:], None], strict=False):
            found[place] = _entry(records[place], None if later is None else records[later], final_block)
    return tuple(found[place] for place in range(len(records)))


def against(all_entries: Sequence[Entry], moment: Moment) -> tuple[Entry, ...]:
    """Return the entries in force that speak against the certificate."""
    return tuple(entry for entry in all_entries if entry.speaks_against(moment))


def renewal(all_entries: Sequence[Entry], moment: Moment) -> Entry | None:
    """Return the entry by which the certificate is deemed extended, if one is in force at all hours of the moment.

    One must be by the final entries alone, and also with each of the others after them: nobody knows at which of them
    the chain will go on. Of those, the one that ends first is returned.
    """
    pending = [entry for entry in all_entries if entry.record.track is Track.RENEWAL_PENDING]
    newest_final = sum(entry.is_final for entry in pending) - 1
    if newest_final < 0:
        return None
    found: list[Entry] = []
    earlier: Entry | None = None
    for place, entry in enumerate(pending):
        if place >= newest_final:
            deemed = entry if _covers(entry.hours, moment) else earlier
            if deemed is None:
                return None
            found.append(deemed)
        if _covers(entry.hours_left, moment):
            earlier = entry
    return min(found, key=lambda entry: entry.record.until_hour)


def in_force(all_entries: Sequence[Entry], moment: Moment) -> frozenset[Entry]:
    """Return all entries that count at the moment, for the certificate or against it."""
    deemed = renewal(all_entries, moment)
    return frozenset(against(all_entries, moment)) | ({deemed} if deemed else frozenset())


def hangs_on_times(all_entries: Sequence[Entry], last: int, answer: Callable[[Sequence[Entry]], object]) -> bool:
    """Whether an answer might be another one, were it not known in which hour, up to the last, entries were recorded.

    The later that was, the longer what they took the place of had counted: what is so at both ends, is so between.
    """
    early, late = (
        [
            entry if entry.stands else replace(entry, hours_left=range(entry.hours.start, min(entry.hours.stop, hour)))
            for entry in all_entries
        ]
        for hour in (0, last)
    )
    return answer(early) != answer(late)


def _entry(record: StatusRecord, later: StatusRecord | None, final_block: int) -> Entry:
    hours = range(record.from_hour, record.until_hour or _FOR_EVER) if record.from_hour else range(0)
    stop = _FOR_EVER if later is None else hour_of(time_of(later.timestamp))
    return Entry(
        record=record,
        hours=hours,
        hours_left=range(hours.start, min(hours.stop, stop)),
        is_final=record.place.block <= final_block,
        stands=later is None or later.place.block > final_block,
    )


def _covers(hours: range, moment: Moment) -> bool:
    return hours.start <= moment.hours.start and moment.hours.stop <= hours.stop

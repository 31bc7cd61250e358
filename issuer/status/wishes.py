"""What officers want of a certificate's status: a verb, days and grounds, and the hours that follow from them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chain.calendar import day_of_hour
from chain.errors import InvalidInput
from chain.events import Track
from issuer import days
from issuer.errors import NotAllowed

if TYPE_CHECKING:
    from datetime import date

    from issuer.slots import Held

TRACKS = {
    "rescind": Track.RESCINDED,
    "revoke": Track.REVOKED,
    "withdraw": Track.WITHDRAWN,
    "cancel": Track.CANCELLED,
    "suspend": Track.SUSPENSION,
    "resume": Track.SUSPENSION,
    "lost": Track.LOSS,
    "found": Track.LOSS,
    "renewal-pending": Track.RENEWAL_PENDING,
}
"""The track that each verb changes."""
LIFTING = frozenset({"resume", "found"})
WITH_END = frozenset({Track.SUSPENSION, Track.RENEWAL_PENDING})
"""Tracks that may end by themselves; the last one must."""

LONGEST_ALONE = 24
"""Hours for which one officer alone may suspend."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What officers want of a certificate's status."""

    verb: str
    """One of `TRACKS`."""
    first_day: date | None
    """Today if None."""
    last_day: date | None
    """Included; until lifted, or for ever, if None."""
    reason: str
    decision: bytes | None
    """The written decision, a file's bytes; only its digest is kept."""
    lift: bool = False
    confirmed: bool = False
    """It is meant, though it undoes what is in force or begins more than a year ahead."""
    code: str = ""
    """Of the reason, as issuer/reasons.py lists them."""
    basis: str = ""
    """The articles of law that it rests on."""

    @property
    def track(self) -> Track:
        """Which track it changes."""
        return TRACKS[self.verb]

    @property
    def lifts(self) -> bool:
        """Whether it takes a status back."""
        return self.lift or self.verb in LIFTING


def require_possible(wish: Wish) -> None:
    """Refuse what can be wanted of no certificate; raises `InvalidInput`."""
    if not wish.reason.strip() and not wish.code:
        raise InvalidInput(f"reason: got none, wanted why to {wish.verb}; it stays here, encrypted")
    if wish.lifts:
        return
    if wish.last_day is not None and wish.track not in WITH_END:
        raise InvalidInput(f"until: got {wish.last_day}, wanted none, for {wish.verb} has no end")
    if wish.track == Track.RENEWAL_PENDING and wish.last_day is None:
        raise InvalidInput("until: got none, wanted the last day for which the renewal counts as pending")


def hours(wish: Wish, *, today: date, held: Held | None, now: int) -> tuple[int, int]:
    """Return [from, until) in hours since 1970 as two officers would sign them; both 0 to lift.

    `held` is what the track holds and `now` the present hour. Raises `InvalidInput` for days that cannot be.
    """
    if wish.lifts:
        return 0, 0
    from_hour = days.first_hour(wish.first_day or today, "from")
    until_hour = days.end_hour(wish.last_day, "until") if wish.last_day else 0
    if until_hour and until_hour <= from_hour:
        raise InvalidInput(
            f"until: got {wish.last_day}, wanted no day before the first, which is {day_of_hour(from_hour)}"
        )
    if wish.first_day is None and held is not None and held.from_hour and held.in_force(now):
        # What is in force goes on from where it began: only its end was asked for.
        from_hour = held.from_hour
    return from_hour, until_hour


def hours_alone(wish: Wish, *, today: date, hour: int) -> tuple[int, int]:
    """Return [from, until) of an emergency suspension by one officer: from `hour` on, for a day at most.

    Raises `NotAllowed` for everything that needs a second officer.
    """
    if wish.lifts or wish.track != Track.SUSPENSION:
        raise NotAllowed(
            f"{wish.verb} needs two officers: name another with --approved-by, or over HTTP as approved_by"
        )
    _, until_hour = hours(wish, today=today, held=None, now=hour)
    if wish.first_day not in {None, today}:
        raise NotAllowed(
            "one officer alone may suspend only from now on: leave --from out, or name another with --approved-by, or "
            "over HTTP as approved_by"
        )
    until_hour = until_hour or hour + LONGEST_ALONE
    if not hour < until_hour <= hour + LONGEST_ALONE:
        raise NotAllowed(
            f"one officer alone may suspend for up to {LONGEST_ALONE} hours, not until the end of {wish.last_day}; "
            "leave --until out, or name another officer with --approved-by, or over HTTP as approved_by"
        )
    return hour, until_hour


def grounds(salt: bytes, wish: Wish, *, decision: str | None = None) -> bytes:
    """Return what the chain gets the digest of, and what is kept here, encrypted.

    `decision` is the written decision's SHA-256 in hex, where the file itself is not at hand any more.
    """
    return json.dumps(
        {
            "salt": salt.hex(),
            "code": wish.code,
            "basis": wish.basis,
            "reason": wish.reason,
            "decision": hashlib.sha256(wish.decision).hexdigest() if wish.decision is not None else decision,
        },
        ensure_ascii=False,
        sort_keys=True,
    ).encode()


def said(track: Track, from_hour: int, until_hour: int) -> str:
    """Say a status with its days, for people."""
    name = track.name.replace("_", " ")
    if not from_hour and not until_hour:
        return f"{name} lifted"
    begins = f" from {day_of_hour(from_hour)}" if from_hour else ""
    ends = f" to {day_of_hour(until_hour - 1)}" if until_hour else ""
    return name + begins + ends

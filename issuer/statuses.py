"""Changes of a certificate's status: suspended, lost, revoked …, by two officers, with grounds that stay here.

The chain gets a salted digest of the reason and of the written decision; both are kept here, encrypted.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chain.calendar import day_of_hour, hour_of
from chain.errors import InvalidInput
from chain.events import Capability, Track
from chain.registry import StatusToChange
from issuer import days, history, rights, slots, undoing
from issuer.errors import NotAllowed, NotReady, RefusedByRegistry, StillWaiting
from issuer.models import State, StatusChange
from issuer.office import ANCHORED

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from issuer.directory import Directory
    from issuer.keys import Officer
    from issuer.models import Certificate
    from issuer.office import Office
    from issuer.slots import Held
    from issuer.store import Work

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

LONGEST_ALONE = 24
"""Hours for which one officer alone may suspend."""

_WAITING = (State.QUEUED, State.SENT, State.IN_BLOCK)
_SALT = 16
_HOUR_S = 3600


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

    @property
    def track(self) -> Track:
        """Which track it changes."""
        return TRACKS[self.verb]

    @property
    def lifts(self) -> bool:
        """Whether it takes a status back."""
        return self.lift or self.verb in LIFTING


def request(
    office: Office,
    certificate: Certificate,
    wish: Wish,
    officers: Sequence[Officer],
    *,
    actor: int | None = None,
    hour: int = 0,
) -> int | None:
    """Have officers sign a change and queue it; returns its number, None if the registry holds just this already.

    The same wish again, while the first is on its way, is the first. `hour` is now, in hours since 1970; the newest
    block's if 0. Raises `InvalidInput` for impossible days, `NotAllowed`, `NotReady`, or `Unconfirmed` for a change
    that undoes more than it says; then nothing is signed.
    """
    directory = office.directory()
    acting = officers[0].agency if actor is None else actor
    _require_officers(office, directory, certificate, officers, acting)
    if certificate.leaf is None:
        raise NotReady("this certificate is a draft; only what is anchored has a status")
    alone = len(officers) == 1
    hour = hour or directory.block.timestamp // _HOUR_S
    slot = office.registry.status(certificate.agency, certificate.leaf)
    held = slots.track_of(slot, wish.track)
    # An idle chain's newest block is old; what counts is what the next one would find.
    now = max(hour, hour_of(office.now()))
    from_hour, until_hour = _hours(office, wish, hour=hour, alone=alone, held=held, now=now)
    level = directory.agency(acting).level
    if _is_so(held, from_hour, until_hour, lifts=wish.lifts, level=level):
        return None
    if alone:
        _require_never_suspended(held)
    if not wish.lifts and not wish.confirmed:
        undoing.require_near(wish.first_day, office.today)
        if held is not None:
            undoing.require_meant(held, from_hour, until_hour, hour=now, level=level)
    with office.store.writing() as work:
        _require_issued(work, certificate)
        for waiting in work.status_changes(certificate.id):
            if waiting.state in _WAITING and (waiting.track, waiting.from_hour, waiting.until_hour) == (
                wish.track,
                from_hour,
                until_hour,
            ):
                return waiting.id
        grounds = _grounds(office.entropy(_SALT), wish)
        change = StatusChange(
            certificate_id=certificate.id,
            agency=certificate.agency,
            actor=acting,
            leaf=certificate.leaf,
            track=wish.track,
            from_hour=from_hour,
            until_hour=until_hour,
            held=slot.to_bytes(32, "big"),
            decision=hashlib.sha256(grounds).digest(),
            grounds=office.records.close_grounds(work, certificate, grounds),
            deadline=directory.block.number + office.approval_blocks,
            officers=",".join(officer.name for officer in officers),
            signatures=b"",
            state=State.QUEUED,
            created_at=office.now(),
        )
        digest = office.registry.status_digest(to_change(change), deadline=change.deadline)
        change.signatures = b"".join(officer.signer.sign_digest(digest) for officer in officers)
        work.add(change)
        work.flush()
        history.note(
            work,
            f"{wish.verb} signed",
            at=office.now(),
            by=officers,
            certificate_id=certificate.id,
            detail=said(wish.track, from_hour, until_hour),
        )
        return change.id


def carry_out(
    office: Office,
    certificate: Certificate,
    wish: Wish,
    officers: Sequence[Officer],
    *,
    carry: Callable[[], None],
    actor: int | None = None,
) -> bool:
    """Request a change, have `carry` bring it to the chain, and see that it was taken; False if it was so already.

    What one officer signs alone must begin in the very hour of its block. If that hour was over when the block was
    made, the same officer signs once more, for the hour that it is now. Raises what `request`, `carry` and
    `require_taken` do.
    """
    change_id = request(office, certificate, wish, officers, actor=actor)
    if change_id is None:
        return False
    carry()
    try:
        require_taken(office, change_id)
    except RefusedByRegistry:
        with office.store.reading() as work:
            tried = work.status_change(change_id).from_hour
        # An idle chain's newest block is old; its next one has the time of the clock.
        now = max(office.registry.newest().timestamp, int(office.now().timestamp())) // _HOUR_S
        if len(officers) > 1 or tried == now:
            raise
        change_id = request(office, certificate, wish, officers, actor=actor, hour=now)
        if change_id is not None:
            carry()
            require_taken(office, change_id)
    return True


def to_change(change: StatusChange) -> StatusToChange:
    """Return what officers sign and the registry records."""
    return StatusToChange(
        agency=change.agency,
        actor=change.actor,
        leaves=(change.leaf,),
        held=(int.from_bytes(change.held, "big"),),
        track=Track(change.track),
        from_hour=change.from_hour,
        until_hour=change.until_hour,
        decision=change.decision,
    )


def said(track: Track, from_hour: int, until_hour: int) -> str:
    """Say a status with its days, for people."""
    name = track.name.replace("_", " ")
    if not from_hour and not until_hour:
        return f"{name} lifted"
    begins = f" from {day_of_hour(from_hour)}" if from_hour else ""
    ends = f" to {day_of_hour(until_hour - 1)}" if until_hour else ""
    return name + begins + ends


def require_taken(office: Office, change_id: int) -> None:
    """Raise `RefusedByRegistry` with the reason if the registry did not take a change, `StillWaiting` if not yet."""
    with office.store.reading() as work:
        change = work.status_change(change_id)
    if change.state == State.FAILED:
        raise RefusedByRegistry(change.failure)
    if change.state != State.FINAL:
        raise StillWaiting(
            f"the change is {change.state}, carried by another sending account, and not final yet; "
            "repeat the command to go on waiting"
        )


def held_now(office: Office, certificate: Certificate) -> tuple[Held, ...]:
    """Return the tracks that the registry holds of a certificate now, gravest first."""
    if certificate.leaf is None:
        return ()
    return slots.read(office.registry.status(certificate.agency, certificate.leaf))


def _require_officers(
    office: Office, directory: Directory, certificate: Certificate, officers: Sequence[Officer], acting: int
) -> None:
    if not any(agency.id == acting for agency in directory.line(certificate.agency)):
        raise NotAllowed(
            f"{directory.agency(acting)} is not {directory.agency(certificate.agency)}, which issued the certificate, "
            "nor above it"
        )
    for officer in officers:
        rights.require_officer_of(officer, acting, directory)
        rights.require_capability(office.registry, officer, acting, Capability.STATUS, directory)
    if len({officer.signer.address for officer in officers}) < len(officers):
        raise NotAllowed(f"officer {officers[0].name} was named twice; two different persons are wanted")


def _require_issued(work: Work, certificate: Certificate) -> None:
    batch = work.batch(certificate.batch_id)
    if batch.state not in ANCHORED:
        raise NotReady(f"this certificate's batch {batch.id} is {batch.state}; only what is anchored has a status")


def _hours(office: Office, wish: Wish, *, hour: int, alone: bool, held: Held | None, now: int) -> tuple[int, int]:
    """Return [from, until) in hours since 1970; both 0 to lift."""
    if wish.lifts:
        if alone:
            raise NotAllowed(f"{wish.verb} needs two officers: name another with --approved-by")
        return 0, 0
    if wish.last_day is not None and wish.track not in {Track.SUSPENSION, Track.RENEWAL_PENDING}:
        raise InvalidInput(f"until: got {wish.last_day}, wanted none, for {wish.verb} has no end")
    if wish.track == Track.RENEWAL_PENDING and wish.last_day is None:
        raise InvalidInput("until: got none, wanted the last day for which the renewal counts as pending")
    from_hour = days.first_hour(wish.first_day or office.today, "from")
    until_hour = days.end_hour(wish.last_day, "until") if wish.last_day else 0
    if until_hour and until_hour <= from_hour:
        raise InvalidInput(
            f"until: got {wish.last_day}, wanted no day before the first, which is {day_of_hour(from_hour)}"
        )
    if alone:
        return hour, _end_alone(office, wish, hour, until_hour)
    if wish.first_day is None and held is not None and held.from_hour and held.in_force(now):
        # What is in force goes on from where it began: only its end was asked for.
        from_hour = held.from_hour
    return from_hour, until_hour


def _end_alone(office: Office, wish: Wish, hour: int, until_hour: int) -> int:
    """Return the end of an emergency suspension: from this hour on, for a day at most."""
    if wish.track != Track.SUSPENSION:
        raise NotAllowed(f"{wish.verb} needs two officers: name another with --approved-by")
    if wish.first_day not in {None, office.today}:
        raise NotAllowed("one officer alone may suspend only from now on: leave --from out, or name --approved-by")
    until_hour = until_hour or hour + LONGEST_ALONE
    if not hour < until_hour <= hour + LONGEST_ALONE:
        raise NotAllowed(
            f"one officer alone may suspend for up to {LONGEST_ALONE} hours, not until the end of {wish.last_day}; "
            "leave --until out, or name another officer with --approved-by"
        )
    return until_hour


def _require_never_suspended(held: Held | None) -> None:
    """Refuse an emergency suspension over any other, as the registry would."""
    if held is not None:
        raise NotAllowed(
            "one officer alone may suspend only where the registry holds no suspension, not even one that is over; it "
            f"holds {said(held.track, held.from_hour, held.until_hour)}. Name a second officer with --approved-by; or "
            "have two lift it first (`resume`)"
        )


def _is_so(held: Held | None, from_hour: int, until_hour: int, *, lifts: bool, level: int) -> bool:
    """Whether the registry holds just this, set at this level or above."""
    if lifts:
        return held is None
    if held is None or held.level > level:
        return False
    return (held.from_hour or from_hour, held.until_hour) == (from_hour, until_hour)


def _grounds(salt: bytes, wish: Wish) -> bytes:
    return json.dumps(
        {
            "salt": salt.hex(),
            "reason": wish.reason,
            "decision": hashlib.sha256(wish.decision).hexdigest() if wish.decision is not None else None,
        },
        ensure_ascii=False,
        sort_keys=True,
    ).encode()

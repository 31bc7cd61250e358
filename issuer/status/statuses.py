"""Changes of certificates' statuses: suspended, lost, revoked …, signed by officers, with grounds that stay here.

The chain gets a salted digest of the reason and of the written decision; both are kept here, encrypted. Here is what
officers sign in one call; issuer/status/orders.py lets two sign one after the other.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from chain.events import Capability, Track
from chain.registry import StatusToChange
from issuer import history, rights, slots
from issuer.errors import NotAllowed, RefusedByRegistry, StillWaiting, Unconfirmed
from issuer.status import planning, wishes
from issuer.status.wishes import LIFTING, LONGEST_ALONE, TRACKS, Wish, said
from issuer.tables.models import State, StatusChange, StatusTarget

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from issuer.directory import Directory
    from issuer.keys import Officer
    from issuer.office import Office
    from issuer.slots import Held
    from issuer.status.planning import Plan
    from issuer.tables.models import Certificate
    from issuer.tables.store import Work

__all__ = [
    "LIFTING",
    "LONGEST_ALONE",
    "ON_ITS_WAY",
    "TRACKS",
    "Wish",
    "add",
    "carry_out",
    "held_now",
    "request",
    "require_acting",
    "require_taken",
    "said",
    "sign",
    "to_change",
]

ON_ITS_WAY = (State.QUEUED, State.SENT, State.IN_BLOCK)
"""States of a change that officers have signed and that is not final yet."""

_SALT = 16
_HOUR_S = 3600


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
    block's if 0. Raises `InvalidInput` for impossible days, without a reason or for a status that the type does not
    know, `NotAllowed`, `NotReady`, or `Unconfirmed` for a change that undoes more than it says; then nothing is signed.
    """
    directory = office.directory()
    acting = officers[0].agency if actor is None else actor
    require_acting(office, directory, certificate.agency, officers, acting)
    wishes.require_possible(wish)
    with office.store.reading() as work:
        planning.require_known(office, work, certificate, wish)
    who = planning.acting(office, acting, hour=hour, alone=len(officers) == 1)
    plan = planning.plan(office, certificate, wish, who)
    if plan.is_so:
        return None
    if plan.doubt and not wish.confirmed:
        raise Unconfirmed(plan.doubt)
    with office.store.writing() as work:
        planning.require_anchored(work, certificate)
        for waiting in work.status_changes(certificate.id):
            same = (waiting.track, waiting.from_hour, waiting.until_hour) == (
                wish.track,
                plan.from_hour,
                plan.until_hour,
            )
            if waiting.state in ON_ITS_WAY and same:
                return waiting.id
        grounds = wishes.grounds(office.entropy(_SALT), wish)
        deadline = directory.block.number + office.approval_blocks
        change = add(office, work, [plan], track=wish.track, actor=acting, grounds=grounds, deadline=deadline)
        sign(office, work, change, officers)
        change.state = State.QUEUED
        history.note(
            work,
            f"{wish.verb} signed",
            at=office.now(),
            by=officers,
            certificate_id=certificate.id,
            detail=said(wish.track, plan.from_hour, plan.until_hour),
        )
        return change.id


def add(
    office: Office, work: Work, plans: Sequence[Plan], *, track: Track, actor: int, grounds: bytes, deadline: int
) -> StatusChange:
    """Store a change that nobody has signed yet, of certificates of one agency that all change alike."""
    first = plans[0]
    change = StatusChange(
        agency=first.certificate.agency,
        actor=actor,
        track=track,
        from_hour=first.from_hour,
        until_hour=first.until_hour,
        decision=hashlib.sha256(grounds).digest(),
        deadline=deadline,
        officers="",
        signatures=b"",
        state=State.PREPARED,
        created_at=office.now(),
    )
    work.add(change)
    work.flush()
    for position, plan in enumerate(plans):
        work.add(
            StatusTarget(
                change_id=change.id or 0,
                position=position,
                certificate_id=plan.certificate.id,
                leaf=plan.certificate.leaf or b"",
                held=plan.slot.to_bytes(32, "big"),
                # One whose claims were erased still has a status; its grounds are nobody's to read any more.
                grounds=office.records.close_grounds(work, plan.certificate, grounds)
                if plan.certificate.record_key is not None
                else None,
            )
        )
    work.flush()
    return change


def sign(office: Office, work: Work, change: StatusChange, officers: Sequence[Officer]) -> None:
    """Add officers' signatures to a change."""
    digest = office.registry.status_digest(
        to_change(change, work.status_targets(change.id or 0)), deadline=change.deadline
    )
    change.signatures += b"".join(officer.signer.sign_digest(digest) for officer in officers)
    change.officers = ",".join(filter(None, [change.officers, *(officer.name for officer in officers)]))


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


def to_change(change: StatusChange, targets: Sequence[StatusTarget]) -> StatusToChange:
    """Return what officers sign and the registry records."""
    return StatusToChange(
        agency=change.agency,
        actor=change.actor,
        leaves=tuple(target.leaf for target in targets),
        held=tuple(int.from_bytes(target.held, "big") for target in targets),
        track=Track(change.track),
        from_hour=change.from_hour,
        until_hour=change.until_hour,
        decision=change.decision,
    )


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


def require_acting(office: Office, directory: Directory, agency: int, officers: Sequence[Officer], acting: int) -> None:
    """Refuse officers who may not change an agency's certificates for the acting agency; raises `NotAllowed`."""
    if not any(each.id == acting for each in directory.line(agency)):
        raise NotAllowed(
            f"{directory.agency(acting)} is not {directory.agency(agency)}, which issued the certificate, nor above it"
        )
    for officer in officers:
        rights.require_officer_of(officer, acting, directory)
        rights.require_capability(office.registry, officer, acting, Capability.STATUS, directory)
    if len({officer.signer.address for officer in officers}) < len(officers):
        raise NotAllowed(f"officer {officers[0].name} was named twice; two different persons are wanted")

"""Whether the registry holds what a job was for, whoever brought it there.

The officers' signatures stand in public calldata once they were sent, so anybody may send them again, in a transaction
of their own; what they say is then done, exactly once, and ours is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chain.events import OfficerSet, StatusChanged
from issuer import appointing
from issuer.tables.appointment_models import Appointment
from issuer.tables.models import Batch, StatusChange

if TYPE_CHECKING:
    from chain.registry import Block
    from issuer.office import Office


def block_of(office: Office, job: Batch | StatusChange | Appointment) -> Block | None:
    """Return the block in which exactly this batch was anchored, status or right changed; None if none did."""
    match job:
        case Batch():
            number = None if job.root is None else office.registry.batch_block(job.agency, job.root)
            return None if number is None else office.registry.block(number)
        case StatusChange():
            return _block_of_change(office, job)
        case Appointment():
            return _block_of_appointment(office, job)


def _block_of_appointment(office: Office, row: Appointment) -> Block | None:
    # Every change of the agency's rights takes a nonce, so as long as this one is free nothing was done with it.
    if office.registry.consent_nonce(row.agency) <= row.nonce:
        return None
    first = max(row.deadline - office.approval_blocks, office.registry.identity().deployed_at_block)
    for record in office.registry.records(first, office.registry.newest().number):
        if isinstance(record.event, OfficerSet) and appointing.is_of(row, record.event):
            return office.registry.block(record.block_number)
    return None


def _block_of_change(office: Office, change: StatusChange) -> Block | None:
    with office.store.reading() as work:
        # All its leaves change in one transaction, so the first one tells of all.
        target = work.status_targets(change.id or 0)[0]
    # Every change counts up within the slot, so one that is as the officers saw it was not changed since.
    if office.registry.status(change.agency, target.leaf) == int.from_bytes(target.held, "big"):
        return None
    # The officers signed at a block from which the deadline was counted; what they signed cannot be older.
    first = max(change.deadline - office.approval_blocks, office.registry.identity().deployed_at_block)
    for record in office.registry.records(first, office.registry.newest().number):
        match record.event:
            # The digest of the decision is salted: no other change of this leaf has it. That it may have been lifted
            # since is another change's business.
            case StatusChanged(leaf=target.leaf, track=change.track, decision=change.decision):
                return office.registry.block(record.block_number)
            case _:
                pass
    return None

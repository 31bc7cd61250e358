"""Whether the registry holds what a job was for, whoever brought it there.

The officers' signatures stand in public calldata once they were sent, so anybody may send them again, in a transaction
of their own; what they say is then done, exactly once, and ours is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chain.events import StatusChanged
from issuer.models import Batch

if TYPE_CHECKING:
    from chain.registry import Block
    from issuer.models import StatusChange
    from issuer.office import Office


def block_of(office: Office, job: Batch | StatusChange) -> Block | None:
    """Return the block in which exactly this batch was anchored, or this status changed; None if none did."""
    if isinstance(job, Batch):
        number = None if job.root is None else office.registry.batch_block(job.agency, job.root)
        return None if number is None else office.registry.block(number)
    return _block_of_change(office, job)


def _block_of_change(office: Office, change: StatusChange) -> Block | None:
    # Every change counts up within the slot, so one that is as the officers saw it was not changed since.
    if office.registry.status(change.agency, change.leaf) == int.from_bytes(change.held, "big"):
        return None
    # The officers signed at a block from which the deadline was counted; what they signed cannot be older.
    first = max(change.deadline - office.approval_blocks, office.registry.identity().deployed_at_block)
    for record in office.registry.records(first, office.registry.newest().number):
        match record.event:
            # The digest of the decision is salted: no other change has it. That it may have been lifted since is
            # another change's business.
            case StatusChanged(leaf=change.leaf, track=change.track, decision=change.decision):
                return office.registry.block(record.block_number)
            case _:
                pass
    return None

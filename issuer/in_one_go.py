"""All steps one after the other, for people who have everything at hand; each step is safe to repeat."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chain.events import Capability
from issuer import approvals, issuing, proofs, rights
from issuer.errors import NotAllowed, NotReady, RefusedByRegistry, StillWaiting
from issuer.models import State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from issuer.directory import Directory
    from issuer.keys import Officer
    from issuer.models import Batch
    from issuer.office import Office
    from issuer.sealing import Lane

_ON_THE_WAY = (State.APPROVED, State.QUEUED, State.SENT, State.IN_BLOCK)


def require_team(office: Office, directory: Directory, preparer: Officer, approvers: Sequence[Officer]) -> None:
    """Refuse people who could not bring a batch to the chain, before anything is written."""
    people = [preparer, *approvers]
    if len({person.signer.address for person in people}) < len(people):
        raise NotAllowed(
            f"got {', '.join(person.name for person in people)}: preparer and approvers must be different persons"
        )
    for person in people:
        rights.require_officer_of(person, preparer.agency, directory)
        capability = Capability.PREPARE if person is preparer else Capability.APPROVE
        rights.require_capability(office.registry, person, preparer.agency, capability, directory)
    required = office.registry.required_approvals(preparer.agency)
    if len(approvers) < required:
        raise NotAllowed(
            f"{directory.agency(preparer.agency)} needs {required} approvals, {len(approvers)} approvers were named; "
            "give --approved-by more often"
        )


def bring_to_approval(office: Office, batch_id: int, preparer: Officer, approvers: Sequence[Officer]) -> None:
    """Prepare and approve a batch, as far as that is still to be done."""
    with office.store.reading() as work:
        batch = work.batch(batch_id)
    if batch.state not in issuing.CHANGEABLE:
        return
    if batch.state in {State.DRAFT, State.FAILED} or _is_late(office, batch):
        issuing.prepare(office, batch_id, preparer)
        with office.store.reading() as work:
            if work.batch(batch_id).state == State.APPROVED:
                # The registry holds it already, by the approvals that were given before.
                return
    for approver in approvers:
        if not approvals.approve(office, batch_id, approver):
            return


def seal(office: Office, lane: Lane, batch_ids: Sequence[int]) -> None:
    """Anchor batches, make their proofs and sign their certificates once that is final.

    Raises `RefusedByRegistry` with the reasons for those that the registry did not take; the others are done.
    """
    with office.store.reading() as work:
        states = {number: work.batch(number).state for number in batch_ids}
    lane.run([number for number, state in states.items() if state not in {State.FINAL, State.ISSUED}])
    with office.store.reading() as work:
        final = work.batches(states=[State.FINAL])
    for batch in final:
        proofs.make_or_note(office, batch.id or 0)
        issuing.sign(office, batch.id or 0)
    with office.store.reading() as work:
        batches = [work.batch(number) for number in batch_ids]
    if refused := [f"batch {batch.id}: {batch.failure}" for batch in batches if batch.failure]:
        raise RefusedByRegistry("\n".join(refused))
    if elsewhere := [f"batch {batch.id} is {batch.state}" for batch in batches if batch.state != State.ISSUED]:
        raise StillWaiting(
            f"{'; '.join(elsewhere)}, not final yet (another sending account may be carrying it); "
            "nothing is lost, repeat the command to go on waiting"
        )


def ready_to_seal(office: Office, *, agency: int | None = None) -> list[int]:
    """Return all batches that wait for the chain, or for being signed."""
    with office.store.reading() as work:
        batches = work.batches(states=[*_ON_THE_WAY, State.FINAL], agency=agency)
    return [batch.id for batch in batches if batch.id is not None]


def _is_late(office: Office, batch: Batch) -> bool:
    try:
        approvals.require_time_left(batch, office.registry.newest().number)
    except NotReady:
        return True
    return False

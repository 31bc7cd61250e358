"""All steps one after the other, for people who have everything at hand; each step is safe to repeat."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chain.events import Capability
from issuer import approvals, issuing, proofs, rehearsals, rights
from issuer.document.documents import Renderer
from issuer.draft import submissions
from issuer.errors import NotAllowed, NotReady, RefusedByRegistry, StillWaiting
from issuer.rehearsal import rehearsing
from issuer.tables.models import State

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from issuer.directory import Directory
    from issuer.keys import Officer
    from issuer.office import Office
    from issuer.sending.sealing import Lane
    from issuer.tables.models import Batch

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


def bring_to_approval(
    office: Office,
    batch_id: int,
    preparer: Officer,
    approvers: Sequence[Officer],
    *,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> None:
    """Rehearse, submit and approve a batch, as far as that is still to be done; raises `NotReady` for bad rows."""
    with office.store.reading() as work:
        batch = work.batch(batch_id)
    if batch.state not in issuing.CHANGEABLE:
        return
    if batch.state in {State.DRAFT, State.FAILED} or _is_late(office, batch):
        submit(office, batch_id, preparer, progress=progress)
        with office.store.reading() as work:
            if work.batch(batch_id).state == State.APPROVED:
                # The registry holds it already, by the approvals that were given before.
                return
    for approver in approvers:
        if not approvals.approve(office, batch_id, approver):
            return


def submit(
    office: Office,
    batch_id: int,
    preparer: Officer,
    *,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> None:
    """Rehearse a batch unless that was done with what it holds now, and sign its root as its preparer."""
    directory = office.directory()
    with office.store.reading() as work:
        batch = work.batch(batch_id)
    rights.require_officer_of(preparer, batch.agency, directory)
    rights.require_capability(office.registry, preparer, batch.agency, Capability.PREPARE, directory)
    issuing.fix(office, batch_id)
    with office.store.reading() as work:
        batch = work.batch(batch_id)
        is_due = batch.state != State.APPROVED and rehearsals.last(work, batch) is None
    if is_due:
        rehearsing.rehearse(office, batch_id, renderer=Renderer(), progress=progress)
    submissions.submit(office, batch_id, preparer)


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
        if batch.failure and batch.id not in batch_ids:
            # Parked; somebody must release it.
            continue
        proofs.make_or_note(office, batch.id or 0)
        issuing.sign(office, batch.id or 0)
    with office.store.reading() as work:
        batches = [work.batch(number) for number in batch_ids]
    unissued = [batch for batch in batches if batch.state != State.ISSUED]
    if refused := [f"batch {batch.id}: {batch.failure}" for batch in unissued if batch.failure]:
        raise RefusedByRegistry("\n".join(refused))
    if elsewhere := [f"batch {batch.id} is {batch.state}" for batch in unissued]:
        raise StillWaiting(
            f"{'; '.join(elsewhere)}, not final yet (another sending account may be carrying it); "
            "nothing is lost, repeat the command to go on waiting"
        )


def ready_to_seal(office: Office, *, agency: int | None = None) -> list[int]:
    """Return all batches that wait for the chain, or for being signed; not those that may still be recalled."""
    now = office.now()
    with office.store.reading() as work:
        batches = work.batches(states=[*_ON_THE_WAY, State.FINAL], agency=agency)
    return [
        batch.id
        for batch in batches
        if batch.id is not None
        and not (batch.state == State.APPROVED and batch.anchor_after is not None and batch.anchor_after > now)
    ]


def _is_late(office: Office, batch: Batch) -> bool:
    try:
        approvals.require_time_left(batch, office.registry.newest().number)
    except NotReady:
        return True
    return False

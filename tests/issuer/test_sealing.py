"""The way to the chain: whatever is lost, killed or undone, every approved batch is anchored exactly once."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest

from chain.certificate_types import by_identifier
from chain.errors import RegistryMismatch, RegistryUnavailable, SenderRefused
from chain.events import BatchAnchored
from issuer import approvals, in_one_go, issuing
from issuer.draft import drafting
from issuer.errors import LaneBusy, LaneFrozen, NotReady, RefusedByRegistry, StillWaiting
from issuer.sending.sealing import CRASH_POINTS
from issuer.tables.models import State
from tests.fake_governing import FakeGoverning
from tests.fakes import FakeRegistry
from tests.issuer.offices import permits

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from issuer.office import Office
    from issuer.tables.models import Batch, OutboxTransaction
    from tests.issuer.offices import World

PERMIT = by_identifier("food-operation-permit")
LOW = 2
pytestmark = pytest.mark.databases


class Killed(BaseException):
    """What a test raises where the process would be killed; nothing here catches it."""


def approved(world: World, *serials: int) -> int:
    (batch,) = drafting.draft(world.office, permits(*serials), PERMIT, agency=LOW).batches
    issuing.prepare(world.office, batch, world.officer("low-preparer"))
    approvals.approve(world.office, batch, world.officer("low-approver"))
    return batch


def batch_of(world: World, number: int) -> Batch:
    with world.office.store.reading() as work:
        return work.batch(number)


def anchors(world: World) -> list[BatchAnchored]:
    newest = world.registry.newest().number
    return [each.event for each in world.registry.records(1, newest) if isinstance(each.event, BatchAnchored)]


def outbox(world: World) -> list[OutboxTransaction]:
    sender = world.office.keystore.sender("issuer").address
    with world.office.store.reading() as work:
        return work.open_transactions(sender)


def seal(world: World, *batches: int, accept_foreign: bool = False) -> None:
    in_one_go.seal(world.office, world.lane(accept_foreign=accept_foreign), batches)


def killer(point: str) -> Callable[[str], None]:
    def kill(passed: str) -> None:
        if passed == point:
            raise Killed(passed)

    return kill


def test_every_crash_point_is_passed_in_order(world: World) -> None:
    seal(world, approved(world, 1))
    assert list(dict.fromkeys(world.passed)) == list(CRASH_POINTS)


@pytest.mark.parametrize("point", CRASH_POINTS)
def test_killed_anywhere_the_next_run_anchors_exactly_once(world: World, point: str) -> None:
    batch = approved(world, 1)
    with pytest.raises(Killed):
        in_one_go.seal(world.office, world.lane(at=killer(point)), [batch])
    seal(world, batch)
    assert batch_of(world, batch).state == State.ISSUED
    assert len(anchors(world)) == 1


def test_transaction_lost_on_its_way_is_sent_again_byte_for_byte(world: World) -> None:
    batch = approved(world, 1)
    world.registry.lose_sends = 1
    with pytest.raises(RegistryUnavailable):
        seal(world, batch)
    (stored,) = outbox(world)
    seal(world, batch)
    assert world.registry.receipt(stored.hash) is not None
    assert len(anchors(world)) == 1


def test_lost_reply_does_not_anchor_twice(world: World) -> None:
    batch = approved(world, 1)
    world.registry.lose_replies = 1
    with pytest.raises(RegistryUnavailable):
        seal(world, batch)
    seal(world, batch)
    assert batch_of(world, batch).state == State.ISSUED
    assert len(anchors(world)) == 1


def test_silent_node_loses_nothing(world: World) -> None:
    batch = approved(world, 1)
    world.registry.silent = True
    with pytest.raises(RegistryUnavailable):
        seal(world, batch)
    world.registry.silent = False
    seal(world, batch)
    assert batch_of(world, batch).state == State.ISSUED


def test_transaction_that_the_node_forgot_is_sent_again(world: World) -> None:
    batch = approved(world, 1)
    world.registry.automine = False
    with pytest.raises(StillWaiting, match="repeat the command"):
        seal(world, batch)
    world.registry.drop_waiting()
    world.registry.automine = True
    seal(world, batch)
    assert len(anchors(world)) == 1


def test_block_that_is_no_more_is_not_final(world: World) -> None:
    batch = approved(world, 1)
    before = world.registry.snapshot()
    with pytest.raises(Killed):
        in_one_go.seal(world.office, world.lane(at=killer("after_block")), [batch])
    undone = batch_of(world, batch)
    assert undone.state == State.IN_BLOCK
    world.registry.revert(before)
    world.registry.mine(3)
    seal(world, batch)
    final = batch_of(world, batch)
    assert final.state == State.ISSUED
    assert final.block_hash != undone.block_hash
    assert final.block_hash == world.registry.block(final.block_number or 0).hash
    assert len(anchors(world)) == 1


def test_foreign_use_of_the_sending_account_freezes_the_lane(world: World) -> None:
    seal(world, approved(world, 1))
    batch = approved(world, 2)
    world.registry.spend_nonce(world.office.keystore.sender("issuer").address)
    with pytest.raises(LaneFrozen, match="somebody else uses the sending account"):
        seal(world, batch)
    assert len(anchors(world)) == 1
    seal(world, batch, accept_foreign=True)
    assert len(anchors(world)) == 2


def test_nonce_taken_by_a_foreign_transaction_freezes_the_lane_and_loses_nothing(world: World) -> None:
    batch = approved(world, 1)
    world.registry.automine = False
    with pytest.raises(StillWaiting):
        seal(world, batch)
    world.registry.drop_waiting()
    world.registry.spend_nonce(world.office.keystore.sender("issuer").address)
    world.registry.automine = True
    with pytest.raises(LaneFrozen, match="is not ours"):
        seal(world, batch)
    seal(world, batch, accept_foreign=True)
    assert batch_of(world, batch).state == State.ISSUED
    assert len(anchors(world)) == 1


def test_refused_batch_does_not_hold_up_the_others_and_can_be_mended(world: World) -> None:
    good, bad = approved(world, 1), approved(world, 2)
    stranger = world.officer("other-preparer").signer
    with world.office.store.writing() as work:
        for signature in work.signatures(bad):
            if signature.role == 2:
                signature.signature = stranger.sign_digest(bytes(32))
    with pytest.raises(RefusedByRegistry, match=f"batch {bad}: the registry refused"):
        seal(world, good, bad)
    assert batch_of(world, good).state == State.ISSUED
    assert batch_of(world, bad).state == State.APPROVED
    issuing.prepare(world.office, bad, world.officer("low-preparer"))
    approvals.approve(world.office, bad, world.officer("low-approver"))
    seal(world, bad)
    assert len(anchors(world)) == 2


def test_mined_and_reverted_is_failed_with_the_reason(world: World) -> None:
    batch = approved(world, 1)
    world.registry.automine = False
    with pytest.raises(StillWaiting):
        seal(world, batch)
    FakeGoverning(world.registry).suspend_agency(1, council=True)
    world.registry.mine(2)
    with pytest.raises(RefusedByRegistry, match=r"AgencyIsSuspended|suspended"):
        seal(world, batch)
    assert batch_of(world, batch).state == State.FAILED
    FakeGoverning(world.registry).resume_agency(1, council=True)
    world.registry.automine = True
    issuing.prepare(world.office, batch, world.officer("low-preparer"))
    approvals.approve(world.office, batch, world.officer("low-approver"))
    seal(world, batch)
    assert batch_of(world, batch).state == State.ISSUED
    assert len(anchors(world)) == 1


def reverted(world: World) -> int:
    """Return a batch whose transaction reverted in the newest block, for its agency was suspended meanwhile."""
    batch = approved(world, 1)
    world.registry.automine = False
    with pytest.raises(StillWaiting):
        seal(world, batch)
    FakeGoverning(world.registry).suspend_agency(1, council=True)
    world.registry.mine()
    return batch


def failed(world: World) -> int:
    """Return a batch that is FAILED, and whose officers' signatures are public."""
    batch = reverted(world)
    world.registry.mine()
    with pytest.raises(RefusedByRegistry):
        seal(world, batch)
    FakeGoverning(world.registry).resume_agency(1, council=True)
    world.registry.automine = True
    return batch


def sent_by_a_stranger(world: World, batch: int) -> None:
    """Anchor a batch with the signatures that stand in its transaction, from another account."""
    with world.office.store.reading() as work:
        row, signatures = work.batch(batch), work.signatures(batch)
        wanted = approvals.to_anchor(work, row)
    signed = world.registry.sign_anchor(
        wanted,
        deadline=row.deadline or 0,
        preparer=signatures[0].signature,
        approvers=[each.signature for each in signatures[1:]],
        sender=world.officer("other-manager").signer,
        nonce=0,
    )
    world.registry.send(signed)


def test_revert_is_not_settled_before_its_block_is_final(world: World) -> None:
    before = world.registry.snapshot()
    batch = reverted(world)
    with pytest.raises(StillWaiting):
        seal(world, batch)
    assert batch_of(world, batch).state == State.SENT
    (stored,) = outbox(world)
    world.registry.revert(before)
    world.registry.automine = True
    seal(world, batch)
    assert batch_of(world, batch).state == State.ISSUED
    receipt = world.registry.receipt(stored.hash)
    assert receipt is not None
    assert receipt.succeeded


def test_success_that_became_a_revert_is_failed(world: World) -> None:
    batch = approved(world, 1)
    before = world.registry.snapshot()
    with pytest.raises(Killed):
        in_one_go.seal(world.office, world.lane(at=killer("after_block")), [batch])
    world.registry.revert(before)
    world.registry.automine = False
    FakeGoverning(world.registry).suspend_agency(1, council=True)
    with pytest.raises(StillWaiting):
        seal(world, batch)
    world.registry.mine()
    with pytest.raises(StillWaiting):
        seal(world, batch)
    assert batch_of(world, batch).state == State.SENT
    world.registry.mine()
    with pytest.raises(RefusedByRegistry):
        seal(world, batch)
    assert batch_of(world, batch).state == State.FAILED


def test_batch_that_was_ever_sent_is_not_discarded_before_its_signatures_are_over(world: World) -> None:
    batch = failed(world)
    preparer = world.officer("low-preparer")
    deadline = batch_of(world, batch).deadline or 0
    with pytest.raises(NotReady, match=f"anybody may anchor it until block {deadline}"):
        issuing.discard(world.office, batch, preparer)
    world.registry.mine(deadline - world.registry.newest().number)
    with pytest.raises(NotReady, match=f"from block {deadline + 1} on"):
        issuing.discard(world.office, batch, preparer)
    world.registry.mine()
    issuing.discard(world.office, batch, preparer)
    assert batch_of(world, batch).state == State.DISCARDED


def test_failed_batch_that_a_stranger_anchored_is_kept_and_issued(world: World) -> None:
    batch = failed(world)
    sent_by_a_stranger(world, batch)
    (anchored,) = anchors(world)
    world.registry.mine(1001)
    with pytest.raises(NotReady, match="is anchored in block"):
        issuing.discard(world.office, batch, world.officer("low-preparer"))
    in_one_go.bring_to_approval(world.office, batch, world.officer("low-preparer"), [world.officer("low-approver")])
    seal(world, batch)
    issued = batch_of(world, batch)
    assert (issued.state, issued.root) == (State.ISSUED, anchored.root)
    assert anchors(world) == [anchored]


def test_batch_that_a_stranger_anchored_before_our_revert_was_settled_is_final(world: World) -> None:
    batch = reverted(world)
    FakeGoverning(world.registry).resume_agency(1, council=True)
    world.registry.automine = True
    sent_by_a_stranger(world, batch)
    seal(world, batch)
    assert batch_of(world, batch).state == State.ISSUED
    assert len(anchors(world)) == 1


def test_leaves_of_a_batch_that_was_sent_are_not_fixed_anew_under_another_key(world: World) -> None:
    batch = failed(world)
    before = batch_of(world, batch)
    low, top = world.officer("low-manager").signer, world.officer("top-manager").signer
    governing = FakeGoverning(world.registry)
    key = world.office.keystore.new_document_key(LOW)
    governing.add_key(LOW, x=key.public.x, y=key.public.y, valid_from=0, by=[low, top])
    issuing.prepare(world.office, batch, world.officer("low-preparer"))
    assert batch_of(world, batch).root == before.root
    governing.cut_off_key(LOW, before.kid or b"", world.registry.newest().number, by=[low])
    with pytest.raises(NotReady, match="under another document key"):
        issuing.prepare(world.office, batch, world.officer("low-preparer"))
    assert batch_of(world, batch).root == before.root


def test_job_that_another_lane_carried_meanwhile_is_not_sent_again(world: World) -> None:
    batch = approved(world, 1)
    world.office.keystore.new_sender("second")
    second = world.office.keystore.sender("second")
    slow = dataclasses.replace(world.lane(), sender=second)

    def overtake(point: str) -> None:
        # The second lane has signed and not stored yet; the first carries the batch to its end.
        if point == "after_sign":
            seal(world, batch)

    dataclasses.replace(slow, at=overtake).run([batch])
    assert batch_of(world, batch).state == State.ISSUED
    assert world.registry.next_nonce(second.address) == 0
    assert len(anchors(world)) == 1


def test_two_workers_do_not_share_a_lane(world: World) -> None:
    batch = approved(world, 1)
    sender = world.office.keystore.sender("issuer").address
    with (
        world.office.store.lane(sender, wait=lambda: False),
        pytest.raises(LaneBusy, match="another process is sealing"),
    ):
        seal(world, batch)
    seal(world, batch)
    assert batch_of(world, batch).state == State.ISSUED


def test_batch_that_was_anchored_already_takes_its_original_block(
    world: World, tmp_path: Path, copy_of: Callable[[World, Path], World]
) -> None:
    batch = approved(world, 1)
    world.office.store.close()
    twin = copy_of(world, tmp_path / "twin")
    seal(world, batch)
    first = batch_of(world, batch)
    world.registry.mine(5)
    # The twin's database knows nothing of the first one's transaction, but has the same approvals.
    shared = world.registry
    lane = twin.lane()
    office = replace_registry(twin, shared)
    in_one_go.seal(office, type(lane)(office, lane.sender, wait=world.lane().wait, at=lambda _: None), [batch])
    with office.store.reading() as work:
        again = work.batch(batch)
    assert (again.state, again.block_number) == (State.ISSUED, first.block_number)
    assert len(anchors(world)) == 1
    twin.office.store.close()


def test_node_on_an_older_chain_is_refused(world: World) -> None:
    before = world.registry.snapshot()
    seal(world, approved(world, 1))
    batch = approved(world, 2)
    world.registry.revert(before)
    world.registry.mine(20)
    with pytest.raises(RegistryMismatch, match="another or an older chain"):
        seal(world, batch)


def test_node_of_another_registry_is_refused_and_nothing_written(world: World) -> None:
    other = replace_registry(world, FakeRegistry(registry_id=bytes(31) + b"\1"))
    with pytest.raises(RegistryMismatch, match="belongs to another registry"):
        drafting.draft(other, permits(1), PERMIT, agency=LOW)


def test_node_that_refuses_the_sender_keeps_the_batch_queued(world: World) -> None:
    batch = approved(world, 1)
    world.registry.refused_senders.add(world.office.keystore.sender("issuer").address)
    with pytest.raises(SenderRefused):
        seal(world, batch)
    assert batch_of(world, batch).state == State.QUEUED
    world.registry.refused_senders.clear()
    seal(world, batch)
    assert batch_of(world, batch).state == State.ISSUED


def replace_registry(world: World, registry: FakeRegistry) -> Office:
    return dataclasses.replace(world.office, registry=registry)

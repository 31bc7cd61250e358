"""Workers carry what was approved to the chain and sign it, with nobody asking; nothing holds up the others."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from chain.certificate_types import by_identifier
from chain.errors import RegistryUnavailable
from chain.events import BatchAnchored
from issuer import approvals, audit_log, carrying, issuing
from issuer.audit_log import Occasion
from issuer.carrying import Carrier
from issuer.draft import drafting
from issuer.errors import LaneFrozen, NotReady
from issuer.sending import lane_conditions, parking
from issuer.sending.outbox import Strikes
from issuer.status import statuses
from issuer.status.statuses import Wish
from issuer.tables.lane_models import Trouble
from issuer.tables.models import State
from tests.fake_governing import FakeGoverning
from tests.issuer.offices import permits

if TYPE_CHECKING:
    from issuer.tables.lane_models import LaneCondition
    from issuer.tables.models import Batch
    from tests.issuer.offices import World

PERMIT = by_identifier("food-operation-permit")
LOW = 2


def approved(world: World, *serials: int) -> int:
    (batch,) = drafting.draft(world.office, permits(*serials), PERMIT, agency=LOW).batches
    issuing.prepare(world.office, batch, world.officer("low-preparer"))
    approvals.approve(world.office, batch, world.officer("low-approver"))
    return batch


def batch_of(world: World, number: int) -> Batch:
    with world.office.store.reading() as work:
        return work.batch(number)


def anchored(world: World) -> list[bytes]:
    newest = world.registry.newest().number
    return [each.event.root for each in world.registry.records(1, newest) if isinstance(each.event, BatchAnchored)]


def lane_condition(world: World) -> LaneCondition:
    with world.office.store.reading() as work:
        (only,) = lane_conditions.all_of(work)
        return only


class Clock:
    """Seconds that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def carrier(world: World, clock: Clock) -> Carrier:
    lane = dataclasses.replace(world.lane(), wait=lambda: False, strikes=Strikes(carrying.MOST_STRIKES))
    return Carrier(world.office, lane, nudge=world.registry.mine, clock=clock)


def carry(carrier: Carrier, clock: Clock) -> None:
    for _ in range(30):
        clock.now += carrying.LONGEST_PAUSE_S + 1
        if not carrier.step():
            return
    pytest.fail("it is still on its way")


def test_approved_batches_are_issued_with_nobody_asking(world: World, carrier: Carrier, clock: Clock) -> None:
    batches = [approved(world, 1), approved(world, 2, 3)]
    carry(carrier, clock)
    assert [batch_of(world, each).state for each in batches] == [State.ISSUED, State.ISSUED]
    assert len(anchored(world)) == 2


def test_no_step_waits_for_the_chain(world: World, carrier: Carrier) -> None:
    batch = approved(world, 1)
    world.registry.automine = False
    assert carrier.step()
    assert batch_of(world, batch).state == State.SENT
    world.registry.automine = True


def test_batch_is_not_queued_before_the_time_to_recall_is_over(world: World, carrier: Carrier, clock: Clock) -> None:
    batch = approved(world, 1)
    with world.office.store.writing() as work:
        work.batch(batch).anchor_after = world.office.now() + timedelta(minutes=10)
    carry(carrier, clock)
    assert batch_of(world, batch).state == State.APPROVED
    with pytest.raises(NotReady, match="may be recalled until"):
        world.lane().run([batch])
    world.registry.now += 601
    carry(carrier, clock)
    assert batch_of(world, batch).state == State.ISSUED


def test_changes_of_status_are_carried_as_well(world: World, carrier: Carrier, clock: Clock) -> None:
    batch = approved(world, 1)
    carry(carrier, clock)
    with world.office.store.reading() as work:
        (certificate,) = work.certificates(batch)
    officers = [world.officer("low-preparer"), world.officer("low-approver")]
    wish = Wish("suspend", None, None, "复查", None)
    change = statuses.request(world.office, certificate, wish, officers)
    carry(carrier, clock)
    assert change is not None
    statuses.require_taken(world.office, change)


def spoil(world: World, batch: int) -> None:
    """Let the registry refuse a batch: a stranger signed it."""
    stranger = world.officer("other-preparer").signer
    with world.office.store.writing() as work:
        for signature in work.signatures(batch):
            if signature.role == 2:
                signature.signature = stranger.sign_digest(bytes(32))


def test_poison_batch_is_parked_after_three_refusals_and_the_others_go_on(
    world: World, carrier: Carrier, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    bad, good = approved(world, 1), approved(world, 2)
    spoil(world, bad)
    carry(carrier, clock)
    assert batch_of(world, good).state == State.ISSUED
    parked = batch_of(world, bad)
    assert (parked.state, bool(parked.failure)) == (State.APPROVED, True)
    assert capsys.readouterr().out.count("parked") == 1
    carry(carrier, clock)
    assert batch_of(world, bad).state == State.APPROVED
    with world.office.store.reading() as work:
        assert [each.id for each in parking.parked(work)] == [bad]


def test_single_refusal_parks_nothing(world: World, carrier: Carrier, clock: Clock) -> None:
    batch = approved(world, 1)
    FakeGoverning(world.registry).suspend_agency(1, council=True)
    assert carrier.step()
    FakeGoverning(world.registry).resume_agency(1, council=True)
    carry(carrier, clock)
    assert batch_of(world, batch).state == State.ISSUED


def test_batch_whose_leaves_do_not_make_its_root_is_parked(world: World, carrier: Carrier, clock: Clock) -> None:
    bad, good = approved(world, 1), approved(world, 2)
    with world.office.store.writing() as work:
        work.certificates(bad)[0].leaf = bytes(32)
    carry(carrier, clock)
    assert batch_of(world, good).state == State.ISSUED
    assert "do not make the root" in batch_of(world, bad).failure


def test_batch_that_cannot_be_signed_is_parked_and_goes_on_once_released(
    world: World, carrier: Carrier, clock: Clock
) -> None:
    bad, good = approved(world, 1), approved(world, 2)
    kid = batch_of(world, bad).kid
    with world.office.store.writing() as work:
        work.batch(bad).kid = bytes(32)
    for _ in range(3):
        carry(carrier, clock)
    assert batch_of(world, good).state == State.ISSUED
    parked = batch_of(world, bad)
    assert parked.state == State.FINAL
    assert "cannot be signed" in parked.failure
    with world.office.store.writing() as work:
        batch = work.batch(bad)
        batch.kid = kid
        occasion = Occasion(datetime.now(UTC), "command line")
        parking.release(world.office, work, batch, occasion, who=audit_log.OPERATOR)
    carry(carrier, clock)
    assert batch_of(world, bad).state == State.ISSUED
    assert len(anchored(world)) == 2
    with world.office.store.reading() as work:
        assert "released" in [line.what for line in work.history(batch_id=bad)]


def test_only_what_was_set_aside_is_released(world: World) -> None:
    batch = approved(world, 1)
    occasion = Occasion(datetime.now(UTC), "command line")
    with world.office.store.writing() as work, pytest.raises(NotReady, match="not set aside"):
        parking.release(world.office, work, work.batch(batch), occasion, who=audit_log.OPERATOR)


def test_silent_node_is_told_once_and_asked_less_and_less(
    world: World, carrier: Carrier, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    batch = approved(world, 1)
    since = world.office.now()
    world.registry.silent = True
    asked = 0
    for _ in range(3600):
        clock.now += 1
        before = carrier._not_before  # noqa: SLF001 — when it next asks is what this test is about
        assert not carrier.step()
        asked += carrier._not_before != before  # noqa: SLF001 — as above
    assert asked < 130
    assert capsys.readouterr().out.count("the lane cannot go on") == 1
    told = lane_condition(world)
    assert (told.trouble, told.since) == (Trouble.SILENT, since)
    assert carrier.silent_for_s > 3000
    world.registry.silent = False
    carry(carrier, clock)
    assert batch_of(world, batch).state == State.ISSUED
    assert lane_condition(world).trouble == Trouble.NONE
    assert carrier.silent_for_s == 0
    assert capsys.readouterr().out.count("the lane goes on") == 1


def test_foreign_use_of_the_account_freezes_the_lane_until_a_person_accepts_it(
    world: World, carrier: Carrier, clock: Clock
) -> None:
    carry_first = approved(world, 1)
    carry(carrier, clock)
    batch = approved(world, 2)
    world.registry.spend_nonce(carrier.lane.sender.address)
    carry(carrier, clock)
    assert (batch_of(world, batch).state, lane_condition(world).trouble) == (State.QUEUED, Trouble.FOREIGN)
    carry(carrier, clock)
    assert batch_of(world, batch).state == State.QUEUED
    with pytest.raises(LaneFrozen):
        world.lane().run()
    world.lane(accept_foreign=True).run()
    carry(carrier, clock)
    assert [batch_of(world, each).state for each in (carry_first, batch)] == [State.ISSUED, State.ISSUED]
    assert lane_condition(world).trouble == Trouble.NONE
    assert len(anchored(world)) == 2


def test_node_on_another_chain_stops_the_lane(world: World, carrier: Carrier, clock: Clock) -> None:
    before = world.registry.snapshot()
    carry_first = approved(world, 1)
    carry(carrier, clock)
    world.registry.revert(before)
    world.registry.mine(20)
    batch = approved(world, 2)
    carry(carrier, clock)
    assert batch_of(world, carry_first).state == State.ISSUED
    assert (batch_of(world, batch).state, lane_condition(world).trouble) == (State.QUEUED, Trouble.OTHER_CHAIN)
    assert anchored(world) == []


def test_job_about_which_the_node_never_answers_does_not_hold_up_others(
    world: World, carrier: Carrier, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = approved(world, 1), approved(world, 2)
    root = batch_of(world, bad).root
    sign = world.registry.sign_anchor
    with world.office.store.reading() as work:
        leaves = [each.leaf for each in work.certificates(bad)]

    def fail(batch: object, **rest: object) -> object:
        if list(getattr(batch, "leaves", ())) == leaves:
            raise RegistryUnavailable("out of gas")
        return sign(batch, **rest)  # type: ignore[arg-type]

    monkeypatch.setattr(world.registry, "sign_anchor", fail)
    for _ in range(30):
        clock.now += carrying.LONGEST_PAUSE_S + 1
        carrier.step()
    assert batch_of(world, good).state == State.ISSUED
    assert batch_of(world, bad).state == State.APPROVED
    assert batch_of(world, bad).failure == "out of gas"
    assert root not in anchored(world)


def test_worker_without_the_lane_leaves_it_to_the_one_who_has_it(world: World, carrier: Carrier, clock: Clock) -> None:
    batch = approved(world, 1)
    with world.office.store.lane(carrier.lane.sender.address, wait=lambda: False):
        assert not carrier.step()
    assert batch_of(world, batch).state == State.APPROVED
    carry(carrier, clock)
    assert batch_of(world, batch).state == State.ISSUED

"""One suite for the registry on a node and the registry in memory, so that tests may trust the latter."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING, TypeAlias

import pytest

from chain.errors import NonceTaken, RegistryRefused
from chain.events import BatchAnchored, Capability, CertificateReplaced, KeyAdded, OfficerSet, StatusChanged, Track
from chain.history import Heads
from chain.registry import Role, StatusToChange
from tests.deployed import (
    Deployed,
    FakeDeployed,
    batch_of,
    leaves_of,
    make_fake_deployed,
    mined,
    root_of,
    signed_anchor,
    signer,
)

if TYPE_CHECKING:
    from chain.events import Record
    from chain.registry import BatchToAnchor, SignedTransaction
    from tests.deployed import Office

World: TypeAlias = "Deployed | FakeDeployed"

DECISION = sha256(b"the written decision").digest()
HOUR = 3600
COUNTED = 1 << 240
"""From here on a slot counts its changes."""


@pytest.fixture(scope="module")
def fake() -> FakeDeployed:
    return make_fake_deployed()


@pytest.fixture(params=["node", "memory"])
def world(request: pytest.FixtureRequest, deployment: Deployed, fake: FakeDeployed) -> World:
    return deployment if request.param == "node" else fake


def label(request: pytest.FixtureRequest) -> str:
    """Return what only this test calls its leaves."""
    return request.node.name


def history(world: World) -> list[Record]:
    writer = world.writer()
    return list(writer.records(0, writer.newest().number))


def anchoring(
    world: World,
    batch: BatchToAnchor,
    *,
    preparer: str = "preparer",
    approvers: tuple[str, ...] = ("approver",),
    office: Office | None = None,
    deadline: int | None = None,
) -> SignedTransaction:
    """Sign a batch by people of an office, by what they are there."""
    writer = world.writer()
    office = office or next(office for office in world.offices if office.agency == batch.agency)
    deadline = writer.newest().number + 100 if deadline is None else deadline
    prepared = writer.batch_digest(batch, role=Role.PREPARER, deadline=deadline)
    approved = writer.batch_digest(batch, role=Role.APPROVER, deadline=deadline)
    return writer.sign_anchor(
        batch,
        deadline=deadline,
        preparer=getattr(office, preparer).sign_digest(prepared),
        approvers=[getattr(office, approver).sign_digest(approved) for approver in approvers],
        sender=world.sender,
        nonce=writer.next_nonce(world.sender.address),
    )


def suspension(world: World, office: Office, leaf: bytes, *, hours: int, actor: int | None = None) -> StatusToChange:
    """Return a suspension from now on."""
    writer = world.writer()
    hour = writer.newest().timestamp // HOUR
    return StatusToChange(
        agency=office.agency,
        actor=office.agency if actor is None else actor,
        leaves=(leaf,),
        held=(writer.status(office.agency, leaf),),
        track=Track.SUSPENSION,
        from_hour=hour,
        until_hour=hour + hours,
        decision=DECISION,
    )


def test_both_tell_the_same_history_of_rights(deployment: Deployed, fake: FakeDeployed) -> None:
    def told(world: World) -> list[object]:
        kinds = (OfficerSet, KeyAdded)
        return [record.event for record in history(world) if isinstance(record.event, kinds)][:25]

    assert told(deployment) == told(fake)
    assert [office.agency for office in deployment.offices] == [office.agency for office in fake.offices]


def test_the_heads_after_a_block_are_those_that_its_records_make(world: World, request: pytest.FixtureRequest) -> None:
    writer = world.writer()
    before = writer.newest().number
    office = world.offices[4]
    world.anchor(office, batch_of(office, label(request), 2))
    for block in (before, writer.newest().number):
        made = Heads()
        for record in writer.records(0, block):
            made = made.after(record.event, record.block_number)
        assert writer.heads(block) == made


def test_blocks_form_a_chain(world: World) -> None:
    writer = world.writer()
    newest = writer.newest()
    assert newest == writer.block(newest.number)
    assert writer.block(newest.number - 1).hash == newest.parent_hash
    assert writer.block(0).hash == writer.identity().genesis_hash


def test_officers_may_what_they_were_given(world: World) -> None:
    office = world.offices[2]
    writer = world.writer()
    assert writer.capabilities(office.agency, office.preparer.address) == Capability.PREPARE | Capability.STATUS
    assert writer.capabilities(office.agency, office.managers[1].address) == Capability.MANAGE
    assert writer.capabilities(office.agency, signer("stranger").address) == Capability(0)
    assert writer.required_approvals(office.agency) == 1


def test_an_anchored_batch_is_in_the_history_with_its_leaves(world: World, request: pytest.FixtureRequest) -> None:
    office = world.offices[4]
    batch = batch_of(office, label(request), 7)
    writer = world.writer()
    assert writer.batch_block(office.agency, root_of(batch)) is None
    receipt = world.anchor(office, batch)
    assert receipt.succeeded
    assert writer.batch_block(office.agency, root_of(batch)) == receipt.block_number
    (record,) = [r for r in history(world) if r.transaction_hash == receipt.transaction_hash]
    assert record.leaves == batch.leaves
    assert isinstance(record.event, BatchAnchored)
    assert record.event.preparer == office.preparer.address
    assert record.event.approvers == (office.approver.address,)
    assert receipt.records == (replace(record, leaves=(), transaction=None),)


def test_anchoring_the_same_batch_again_succeeds_without_an_event(world: World, request: pytest.FixtureRequest) -> None:
    office = world.offices[0]
    batch = batch_of(office, label(request))
    first = world.anchor(office, batch)
    again = world.anchor(office, batch)
    assert again.succeeded
    assert again.records == ()
    assert world.writer().batch_block(office.agency, root_of(batch)) == first.block_number


def test_batches_of_an_agency_are_numbered_without_a_gap(world: World, request: pytest.FixtureRequest) -> None:
    office = world.offices[1]
    numbers = []
    for index in range(2):
        (record,) = world.anchor(office, batch_of(office, f"{label(request)} {index}")).records
        assert isinstance(record.event, BatchAnchored)
        numbers.append(record.event.sequence)
    assert numbers[1] == numbers[0] + 1


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({"preparer": "approver", "approvers": ("preparer",)}, "LacksCapability"),
        ({"approvers": ()}, "TooFewApprovals"),
        ({"approvers": ("approver", "approver")}, "OfficerRepeated"),
        ({"deadline": 1}, "SignaturesExpired"),
        ({"office": "other"}, "LacksCapability"),
    ],
    ids=["roles swapped", "no approval", "approved twice", "too late", "officers of another agency"],
)
def test_a_batch_that_breaks_a_rule_is_refused_before_anything_is_sent(
    world: World, request: pytest.FixtureRequest, changed: dict[str, object], name: str
) -> None:
    office = world.offices[3]
    given = {"office": world.offices[0]} if "office" in changed else changed
    nonce = world.writer().next_nonce(world.sender.address)
    with pytest.raises(RegistryRefused) as caught:
        anchoring(world, batch_of(office, label(request)), **given)  # type: ignore[arg-type]
    assert caught.value.name == name
    assert world.writer().next_nonce(world.sender.address) == nonce


def test_a_type_that_is_not_registered_is_refused(world: World, request: pytest.FixtureRequest) -> None:
    with pytest.raises(RegistryRefused, match="TypeNotRegistered"):
        anchoring(world, batch_of(world.offices[3], label(request), certificate_type=99))


def test_the_same_leaves_under_another_type_are_refused(world: World, request: pytest.FixtureRequest) -> None:
    office = world.offices[3]
    world.anchor(office, batch_of(office, label(request)))
    with pytest.raises(RegistryRefused, match="BatchExists"):
        anchoring(world, batch_of(office, label(request), certificate_type=2))


def test_replacing_sets_the_old_leaf_and_names_the_new_one(world: World, request: pytest.FixtureRequest) -> None:
    office = world.offices[2]
    old = batch_of(office, f"{label(request)} old", 2)
    world.anchor(office, old)
    new = replace(batch_of(office, f"{label(request)} new", 2), replaces=old.leaves, from_hour=490_000)
    receipt = world.anchor(office, new)
    replaced = [record.event for record in receipt.records if isinstance(record.event, CertificateReplaced)]
    assert [(event.old_leaf, event.new_leaf, event.from_hour) for event in replaced] == [
        (old.leaves[0], new.leaves[0], 490_000),
        (old.leaves[1], new.leaves[1], 490_000),
    ]
    held = world.writer().status(office.agency, old.leaves[0])
    assert held == replaced[0].held
    assert held % COUNTED == (490_000 | office.level << 24) << 27 * Track.REPLACED
    (record,) = [r for r in history(world) if r.transaction_hash == receipt.transaction_hash and r.leaves]
    assert record.leaves == new.leaves


def test_two_officers_suspend_and_lift(world: World, request: pytest.FixtureRequest) -> None:
    office = world.offices[1]
    (leaf,) = leaves_of(label(request), 1)
    officers = [office.preparer, office.approver]
    change = suspension(world, office, leaf, hours=100)
    (record,) = world.change_status(officers, change).records
    assert isinstance(record.event, StatusChanged)
    assert (record.event.track, record.event.officers) == (Track.SUSPENSION, tuple(o.address for o in officers))
    held = world.writer().status(office.agency, leaf)
    assert held == record.event.held != 0
    world.change_status(officers, replace(change, held=(held,), from_hour=0, until_hour=0))
    assert world.writer().status(office.agency, leaf) % COUNTED == 0


def test_one_officer_alone_suspends_for_a_day_at_most(world: World, request: pytest.FixtureRequest) -> None:
    office = world.offices[1]
    short, long = leaves_of(label(request), 2)
    assert world.change_status([office.approver], suspension(world, office, short, hours=24)).succeeded
    with pytest.raises(RegistryRefused, match="TwoOfficersNeeded"):
        world.change_status([office.approver], suspension(world, office, long, hours=25))


def test_a_change_signed_over_what_the_slot_no_longer_holds_is_refused(
    world: World, request: pytest.FixtureRequest
) -> None:
    office = world.offices[1]
    (leaf,) = leaves_of(label(request), 1)
    officers = [office.preparer, office.approver]
    change = suspension(world, office, leaf, hours=100)
    world.change_status(officers, change)
    with pytest.raises(RegistryRefused, match="StatusStale"):
        world.change_status(officers, change)


def test_an_agency_above_may_set_what_the_one_below_cannot_lift(world: World, request: pytest.FixtureRequest) -> None:
    above, below = world.offices[0], world.offices[1]
    (leaf,) = leaves_of(label(request), 1)
    change = suspension(world, below, leaf, hours=100, actor=above.agency)
    world.change_status([above.preparer, above.approver], change)
    held = world.writer().status(below.agency, leaf)
    lifting = replace(change, actor=below.agency, held=(held,), from_hour=0, until_hour=0)
    with pytest.raises(RegistryRefused, match="SetFromAbove"):
        world.change_status([below.preparer, below.approver], lifting)
    with pytest.raises(RegistryRefused, match="NotAbove"):
        world.change_status([below.preparer, below.approver], replace(change, agency=above.agency, actor=below.agency))


def test_a_suspended_agency_anchors_nothing_until_resumed(world: World, request: pytest.FixtureRequest) -> None:
    governing = world.governing()
    parent, office = world.offices[3], world.offices[4]
    governing.suspend_agency(office.agency, by=parent.managers[:1])
    with pytest.raises(RegistryRefused, match="AgencyIsSuspended"):
        anchoring(world, batch_of(office, label(request)))
    governing.resume_agency(office.agency, by=parent.managers)
    assert world.anchor(office, batch_of(office, label(request))).succeeded


def test_sending_the_same_bytes_again_changes_nothing(world: World, request: pytest.FixtureRequest) -> None:
    office = world.offices[2]
    writer = world.writer()
    transaction = signed_anchor(writer, world.sender, office, batch_of(office, label(request)))
    assert not writer.knows(transaction.hash)
    assert writer.receipt(transaction.hash) is None
    writer.send(transaction)
    first = mined(writer, transaction.hash)
    writer.send(transaction)
    assert writer.knows(transaction.hash)
    assert writer.receipt(transaction.hash) == first
    assert writer.next_nonce(world.sender.address) == transaction.nonce + 1


def test_a_nonce_that_another_transaction_took_is_said(world: World, request: pytest.FixtureRequest) -> None:
    office = world.offices[2]
    writer = world.writer()
    late = signed_anchor(writer, world.sender, office, batch_of(office, f"{label(request)} late"))
    world.anchor(office, batch_of(office, f"{label(request)} first"))
    with pytest.raises(NonceTaken):
        writer.send(late)
    assert not writer.knows(late.hash)

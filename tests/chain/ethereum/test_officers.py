"""One suite for changing what an officer may do, on a node and in memory: consent by two managers, sent by anybody."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

import pytest

from chain.errors import RegistryRefused
from chain.events import Capability, OfficerSet
from chain.registry import OfficerToSet
from tests.deployed import Deployed, FakeDeployed, make_fake_deployed, mined, signer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chain.registry import SignedTransaction, Signer

World: TypeAlias = "Deployed | FakeDeployed"


@pytest.fixture(scope="module")
def fake() -> FakeDeployed:
    return make_fake_deployed()


@pytest.fixture(params=["node", "memory"])
def world(request: pytest.FixtureRequest, deployment: Deployed, fake: FakeDeployed) -> World:
    return deployment if request.param == "node" else fake


def change_of(world: World, newcomer: bytes, capabilities: Capability) -> OfficerToSet:
    agency = world.offices[-1].agency
    return OfficerToSet(agency, newcomer, capabilities, world.writer().consent_nonce(agency))


def consented(
    world: World, change: OfficerToSet, by: Sequence[Signer], *, signed: OfficerToSet | None = None, blocks: int = 100
) -> SignedTransaction:
    writer = world.writer()
    deadline = writer.newest().number + blocks
    digest = writer.officer_digest(signed or change, deadline=deadline)
    return writer.sign_officer(
        change,
        deadline=deadline,
        signatures=[each.sign_digest(digest) for each in by],
        sender=world.sender,
        nonce=writer.next_nonce(world.sender.address),
    )


def test_two_managers_give_an_officer_rights_and_one_takes_them(world: World, request: pytest.FixtureRequest) -> None:
    newcomer, writer = signer(request.node.name).address, world.writer()
    office = world.offices[-1]
    change = change_of(world, newcomer, Capability.PREPARE | Capability.STATUS)
    transaction = consented(world, change, office.managers)
    writer.send(transaction)
    (event,) = [record.event for record in mined(writer, transaction.hash).records]
    assert isinstance(event, OfficerSet)
    assert (event.officer, event.capabilities) == (newcomer, Capability.PREPARE | Capability.STATUS)
    assert writer.capabilities(office.agency, newcomer) == Capability.PREPARE | Capability.STATUS
    assert writer.consent_nonce(office.agency) == change.nonce + 1

    less = consented(world, change_of(world, newcomer, Capability.PREPARE), office.managers[:1])
    writer.send(less)
    assert mined(writer, less.hash).succeeded
    assert writer.capabilities(office.agency, newcomer) == Capability.PREPARE


def test_one_manager_and_one_of_the_parent_suffice(world: World, request: pytest.FixtureRequest) -> None:
    newcomer, writer = signer(request.node.name).address, world.writer()
    by = [world.offices[-1].managers[0], world.offices[-2].managers[1]]
    transaction = consented(world, change_of(world, newcomer, Capability.APPROVE), by)
    writer.send(transaction)
    assert mined(writer, transaction.hash).succeeded


def test_one_alone_a_stranger_or_an_older_consent_do_not(world: World, request: pytest.FixtureRequest) -> None:
    newcomer = signer(request.node.name).address
    office = world.offices[-1]
    change = change_of(world, newcomer, Capability.APPROVE)
    for by in ([office.managers[0]], [office.managers[0], signer("a stranger")], [office.managers[0]] * 2):
        with pytest.raises(RegistryRefused):
            consented(world, change, by)
    with pytest.raises(RegistryRefused):
        consented(world, change, office.managers, signed=replace(change, nonce=change.nonce - 1))
    with pytest.raises(RegistryRefused):
        consented(world, change, office.managers, signed=replace(change, capabilities=Capability.PREPARE))
    with pytest.raises(RegistryRefused):
        consented(world, change, office.managers, blocks=-1)

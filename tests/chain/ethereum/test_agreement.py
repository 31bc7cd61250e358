"""Several nodes, believed only where they agree."""

from __future__ import annotations

import copy

import pytest

from chain.errors import InvalidInput, RegistryMismatch, RegistryUnavailable
from chain.ethereum.agreement import AgreeingRegistries
from tests.deployed import FakeDeployed, batch_of, make_fake_deployed
from tests.fakes import FakeRegistry


@pytest.fixture
def world() -> FakeDeployed:
    return make_fake_deployed(levels=1)


@pytest.fixture
def twin(world: FakeDeployed) -> FakeRegistry:
    """Return a second node of the same chain."""
    return copy.deepcopy(world.registry)


def test_one_node_speaks_for_itself(world: FakeDeployed) -> None:
    alone = AgreeingRegistries([world.registry])
    assert alone.newest() == world.registry.newest()
    assert alone.identity() == world.registry.identity()


def test_nodes_that_agree_speak_with_one_voice(world: FakeDeployed, twin: FakeRegistry) -> None:
    both = AgreeingRegistries([world.registry, twin])
    newest = both.newest()
    assert newest == world.registry.newest()
    assert both.block(1) == world.registry.block(1)
    assert list(both.records(0, newest.number)) == list(world.registry.records(0, newest.number))


def test_the_lower_head_counts_while_one_node_is_ahead(world: FakeDeployed, twin: FakeRegistry) -> None:
    before = twin.newest()
    world.registry.mine(3)
    assert AgreeingRegistries([world.registry, twin]).newest() == before
    assert AgreeingRegistries([twin, world.registry]).newest() == before


def test_nodes_on_different_forks_are_a_mismatch(world: FakeDeployed, twin: FakeRegistry) -> None:
    twin.revert(twin.snapshot())
    world.registry.mine(2)
    twin.mine(1)
    for order in ([world.registry, twin], [twin, world.registry]):
        with pytest.raises(RegistryMismatch, match="the nodes disagree about block"):
            AgreeingRegistries(order).newest()


def test_a_silent_node_makes_both_silent(world: FakeDeployed, twin: FakeRegistry) -> None:
    twin.silent = True
    both = AgreeingRegistries([world.registry, twin])
    for ask in (both.identity, both.newest, lambda: both.block(1), lambda: list(both.records(0, 5))):
        with pytest.raises(RegistryUnavailable):
            ask()


def test_nodes_of_two_registries_are_a_mismatch(world: FakeDeployed) -> None:
    with pytest.raises(RegistryMismatch, match="disagree about identity"):
        AgreeingRegistries([world.registry, FakeRegistry(registry_id=bytes(32))]).identity()


def test_an_event_that_only_one_node_tells_is_a_mismatch(world: FakeDeployed, twin: FakeRegistry) -> None:
    world.anchor(world.offices[0], batch_of(world.offices[0], "only one"))
    newest = world.registry.newest().number
    with pytest.raises(RegistryMismatch, match="disagree about an event"):
        list(AgreeingRegistries([world.registry, twin]).records(0, newest))


def test_no_node_at_all_is_a_mistake() -> None:
    with pytest.raises(InvalidInput):
        AgreeingRegistries([])

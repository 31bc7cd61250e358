"""The three hash chains: where they are stored, and that the events alone rebuild them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.contracts.abi import artifact
from tests.contracts.model import ANCHORS, EVENTS, RIGHTS, STATUSES, ZERO, replay
from tests.contracts.world import BANNER, REVOKED, leaves

if TYPE_CHECKING:
    from tests.contracts.world import World


@pytest.mark.parametrize("name", ["Agencies", "Certificates"])
def test_heads_are_in_the_first_three_slots(name: str) -> None:
    label, slot, offset, kind = artifact(name).storage[0]
    assert (label, slot, offset) == ("_heads", 0, 0)
    assert kind == "t_array(t_bytes32)3_storage"


def test_slots_hold_what_head_returns(world: World) -> None:
    world.anchor(BANNER, leaves(2))
    world.mark(BANNER, leaves(1), REVOKED, world.hour())
    for contract, written in ((world.certificates, {ANCHORS, STATUSES}), (world.agencies, {RIGHTS})):
        for which in (ANCHORS, STATUSES, RIGHTS):
            stored = world.node.ask("eth_getStorageAt", contract.address, "0x" + f"{which:064x}", "latest")
            head = world.see(contract, "head", which)
            assert bytes.fromhex(stored[2:]) == head
            assert (head != ZERO) == (which in written)


def test_heads_are_rebuilt_from_logs_alone(world: World) -> None:
    batch = leaves(3)
    world.anchor(BANNER, batch)
    world.replace(BANNER, leaves(3, "new"), batch)
    world.mark(BANNER, batch, REVOKED, world.hour())
    history = world.history()
    assert replay(history) == world.heads()
    assert {event.name for event in history} >= {"RegistryCreated", "BatchAnchored", "CertificateReplaced"}


def test_every_event_of_the_contracts_takes_a_step() -> None:
    foreign = {"EIP712DomainChanged()"}
    declared = {
        f"{event.name}({','.join(event.types)})"
        for name in ("Agencies", "Certificates")
        for event in artifact(name).events.values()
    }
    assert declared - foreign == {f"{name}({types})" for name, (_, types) in EVENTS.items()}


def test_indexed_arguments_are_value_types() -> None:
    for name in ("Agencies", "Certificates"):
        for event in artifact(name).events.values():
            for kind, indexed in zip(event.types, event.indexed, strict=True):
                assert not indexed or not (kind.endswith("]") or kind in {"string", "bytes"}), event

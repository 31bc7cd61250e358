"""Faults that a node is made to tell of a history that is otherwise clean, and where each has to be found."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from chain.events import (
    AgencyCorrected,
    AgencyResumed,
    AgencySuspended,
    Capability,
    KeyAdded,
    KeyCutOff,
    OfficerSet,
    StatusChanged,
    SuccessorNamed,
    TypeWithdrawn,
)
from tests.audit import lies
from tests.deployed import signer
from verifier.audit.rules import Family

if TYPE_CHECKING:
    from collections.abc import Callable

    from chain.events import Event
    from tests.audit.lying_node import LyingNode
    from tests.audit.world import World


def a_withheld_leaf(node: LyingNode, world: World) -> None:
    lies.withhold_leaf(node, world.batches[4], place=7)


def a_withheld_batch(node: LyingNode, world: World) -> None:
    lies.hide(node, lies.is_batch(world.batches[4]))


def a_forged_root(node: LyingNode, world: World) -> None:
    lies.forge_root(node, world.batches[4])


def undecodable_calldata(node: LyingNode, world: World) -> None:
    lies.show_calldata(node, world.batches[4], lambda calldata: calldata[:4] + b"\xff" * 600)


def cut_calldata(node: LyingNode, world: World) -> None:
    lies.show_calldata(node, world.batches[4], lambda calldata: calldata[:300])


def an_unknown_anchor(node: LyingNode, world: World) -> None:
    lies.show_calldata(node, world.batches[4], lambda calldata: b"\x12\x34\x56\x78" + calldata[4:])


def a_sequence_gap(node: LyingNode, world: World) -> None:
    lies.forge(node, lies.is_batch(world.batches[-1]), lambda event: replace(event, sequence=event.sequence + 1))


def a_hidden_status(node: LyingNode, world: World) -> None:
    lies.hide(node, lambda event: isinstance(event, StatusChanged) and event.leaf == world.statuses["revoked"])


def a_hidden_key_cut_off(node: LyingNode, _world: World) -> None:
    lies.hide(node, lambda event: isinstance(event, KeyCutOff))


def a_hidden_agency_suspension(node: LyingNode, _world: World) -> None:
    lies.hide(node, lambda event: isinstance(event, AgencySuspended))


def an_officer_added_outside_procedure(node: LyingNode, world: World) -> None:
    county = world.deployed.offices[2]
    added = OfficerSet(county.agency, signer("an intruder").address, Capability.APPROVE, (county.managers[0].address,))
    lies.invent(node, _corrected, added)


def a_capability_after_removal(node: LyingNode, world: World) -> None:
    """The clerk approves again who was removed two months before."""
    clerk = signer("a clerk for a while").address
    lies.forge(node, lies.is_batch(world.batches[-1]), lambda event: replace(event, approvers=(clerk,)))


def a_type_after_the_parent_lost_it(node: LyingNode, world: World) -> None:
    """The city above the county loses type 2; the county issues it a month later."""
    region, city = world.deployed.offices[:2]
    lies.invent(node, _corrected, TypeWithdrawn(city.agency, 2, (region.managers[0].address,)))


def issuance_while_suspended(node: LyingNode, _world: World) -> None:
    """Nobody resumed the village that issues again."""
    lies.hide(node, lambda event: isinstance(event, AgencyResumed))


def a_key_after_its_cut_off(node: LyingNode, world: World) -> None:
    """The town never got its second key, but issues after the first one was cut off."""
    town = world.deployed.offices[3]
    lies.hide(
        node,
        lambda event: isinstance(event, KeyAdded) and event.agency == town.agency and event.kid != town.public_key.kid,
    )


def a_key_after_its_expiry(node: LyingNode, world: World) -> None:
    """The village's only key ended the day before the world begins."""
    village = world.deployed.offices[4]
    lies.forge(
        node,
        lambda event: isinstance(event, KeyAdded) and event.agency == village.agency,
        lambda event: replace(event, valid_until=int(world.now.timestamp()) - 200 * 86_400),
    )


def a_lowered_final_status(node: LyingNode, world: World) -> None:
    """The agency itself takes back what, in truth, only the council could lift."""
    county, wronged = world.deployed.offices[2], world.statuses["lifted_by_council"]
    lies.forge(
        node,
        lambda event: isinstance(event, StatusChanged) and event.leaf == wronged and event.actor == 0,
        lambda event: replace(event, actor=county.agency, officers=(county.preparer.address, county.approver.address)),
    )


def swapped_code(node: LyingNode, world: World) -> None:
    lies.swap_code(node, world.deployed.record.address)


def an_ignored_successor(node: LyingNode, _world: World) -> None:
    """A successor was named in spring, and issuance went on."""
    lies.invent(node, _corrected, SuccessorNamed(b"\x77" * 20, b"\x78" * 32))


def an_altered_header(node: LyingNode, _world: World) -> None:
    lies.rewrite_block(node, 40)


def _corrected(event: Event) -> bool:
    """Behind which event inventions go: nothing depends on it, and months follow it."""
    return isinstance(event, AgencyCorrected)


@dataclass(frozen=True, slots=True)
class Planted:
    """A fault, and where it has to be found."""

    plant: Callable[[LyingNode, World], None]
    code: str
    family: Family
    block: Callable[[World], int]
    """The first block in which it shows."""


def _fifth(world: World) -> int:
    return world.batches[4].block_number


def _last(world: World) -> int:
    return world.batches[-1].block_number


def _in(what: str) -> Callable[[World], int]:
    return lambda world: world.blocks[what]


def _issued_after(what: str, office: int, certificate_type: int) -> Callable[[World], int]:
    """Return where an agency issued a type for the first time after something had happened."""
    return lambda world: next(
        each.block_number
        for each in world.batches
        if each.block_number > world.blocks[what]
        and each.office == world.offices[office]
        and each.batch.certificate_type == certificate_type
    )


TOLD = {
    "a withheld leaf": Planted(a_withheld_leaf, "withheld_leaf", Family.ROOTS, _fifth),
    "a withheld batch": Planted(a_withheld_batch, "hidden_batch", Family.HEADS, _fifth),
    "a forged root in a node's answer": Planted(a_forged_root, "forged_root", Family.ROOTS, _fifth),
    "undecodable calldata": Planted(undecodable_calldata, "undecodable_calldata", Family.ROOTS, _fifth),
    "calldata that ends too early": Planted(cut_calldata, "undecodable_calldata", Family.ROOTS, _fifth),
    "an unknown anchor": Planted(an_unknown_anchor, "unknown_anchor", Family.ROOTS, _fifth),
    "a sequence gap": Planted(a_sequence_gap, "sequence_gap", Family.SEQUENCES, _last),
    "a hidden status": Planted(a_hidden_status, "hidden_status", Family.HEADS, _in("revoked")),
    "a hidden key cut-off": Planted(a_hidden_key_cut_off, "hidden_key_cut_off", Family.HEADS, _in("key_cut_off")),
    "a hidden agency suspension": Planted(
        a_hidden_agency_suspension, "hidden_agency_suspension", Family.HEADS, _in("agency_suspended")
    ),
    "an officer added outside procedure": Planted(
        an_officer_added_outside_procedure, "officer_outside_procedure", Family.PROCEDURE, _in("agency_corrected")
    ),
    "a capability after its removal": Planted(
        a_capability_after_removal, "capability_after_removal", Family.PERMISSIONS, _last
    ),
    "a type after the parent lost it": Planted(
        a_type_after_the_parent_lost_it,
        "type_after_parent_lost",
        Family.PERMISSIONS,
        _issued_after("agency_corrected", 2, 2),
    ),
    "issuance while suspended": Planted(
        issuance_while_suspended,
        "issued_while_suspended",
        Family.PERMISSIONS,
        _issued_after("agency_suspended", 4, 8),
    ),
    "a key after its cut-off": Planted(
        a_key_after_its_cut_off, "key_after_cut_off", Family.KEYS, _issued_after("key_cut_off", 3, 8)
    ),
    "a key after its expiry": Planted(
        a_key_after_its_expiry, "key_expired", Family.KEYS, _issued_after("registered", 4, 8)
    ),
    "a lowered final status": Planted(
        a_lowered_final_status, "final_status_lowered", Family.STATUSES, _in("lifted_by_council")
    ),
    "swapped code": Planted(swapped_code, "code_swapped", Family.CODE, lambda world: world.last_block - 1),
    "an ignored successor": Planted(
        an_ignored_successor, "successor_ignored", Family.PROCEDURE, _issued_after("agency_corrected", 2, 3)
    ),
    "an altered header": Planted(an_altered_header, "header_altered", Family.BLOCKS, lambda _world: 40),
}

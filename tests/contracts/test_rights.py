"""What an agency may do: officers, policies, certificate types and document keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from eth_utils import keccak

from tests.contracts.model import NOBODY, ZERO
from tests.contracts.model_agencies import NEVER, P, thumbprint
from tests.contracts.model_consents import APPROVE, MANAGE, PREPARE, STATUS
from tests.contracts.people import person
from tests.contracts.world import (
    BANNER,
    LEAGUE,
    NEIGHBOUR,
    REGION,
    approver,
    leaves,
    manager,
    managers,
    preparer,
    statuses,
)

if TYPE_CHECKING:
    from tests.contracts.conftest import Refusal
    from tests.contracts.world import World

NEW = person("new officer").address
DIGEST = keccak(text="a type's data file")


def point(secret: int) -> tuple[bytes, bytes]:
    """Return a document key's public point."""
    numbers = ec.derive_private_key(secret, ec.SECP256R1()).public_key().public_numbers()
    return numbers.x.to_bytes(32, "big"), numbers.y.to_bytes(32, "big")


X, Y = point(7)
KID = thumbprint(X, Y)


# Officers.


def test_officer_gets_and_loses_capabilities(world: World) -> None:
    [made] = world.by(managers(BANNER), "setOfficer", BANNER, NEW, PREPARE | STATUS)
    assert (made.name, made.arguments[:3]) == ("OfficerSet", (BANNER, NEW, 5))
    assert world.see(world.agencies, "capabilities", BANNER, NEW) == 5
    [made] = world.by([manager(BANNER)], "setOfficer", BANNER, NEW, STATUS)
    assert made.arguments == (BANNER, NEW, STATUS, (manager(BANNER).address,))
    world.by([manager(BANNER)], "setOfficer", BANNER, NEW, 0)
    assert world.see(world.agencies, "capabilities", BANNER, NEW) == 0


def test_exchanging_one_capability_for_another_takes_two(world: World, refused: Refusal) -> None:
    world.by(managers(BANNER), "setOfficer", BANNER, NEW, PREPARE | STATUS)
    with refused("ConsentInsufficient"):
        world.by([manager(BANNER)], "setOfficer", BANNER, NEW, APPROVE)
    assert world.by(managers(BANNER), "setOfficer", BANNER, NEW, APPROVE)


def test_capabilities_are_of_one_agency_only(world: World) -> None:
    assert world.see(world.agencies, "capabilities", BANNER, preparer(BANNER).address) == PREPARE
    assert world.see(world.agencies, "capabilities", LEAGUE, preparer(BANNER).address) == 0


def test_managers_are_counted(world: World) -> None:
    def counted() -> int:
        return world.see(world.agencies, "agency", BANNER)[6]

    assert counted() == 2
    world.by(managers(BANNER), "setOfficer", BANNER, NEW, MANAGE | PREPARE)
    assert counted() == 3
    world.by([manager(BANNER)], "setOfficer", BANNER, NEW, MANAGE)
    assert counted() == 3
    world.by([manager(BANNER)], "setOfficer", BANNER, NEW, 0)
    assert counted() == 2


def test_officer_cannot_be_nobody_nor_more_than_everything(world: World, refused: Refusal) -> None:
    with refused("ZeroAddress"):
        world.by(managers(BANNER), "setOfficer", BANNER, NOBODY, PREPARE)
    with refused("CapabilitiesOutOfRange", 16):
        world.by(managers(BANNER), "setOfficer", BANNER, NEW, 16)


def test_setting_an_officer_to_what_it_is_is_refused(world: World, refused: Refusal) -> None:
    with refused("NoChange"):
        world.by([manager(BANNER)], "setOfficer", BANNER, preparer(BANNER).address, PREPARE)
    with refused("NoChange"):
        world.by([manager(BANNER)], "setOfficer", BANNER, NEW, 0)


# Policies.


def test_larger_of_own_policy_and_demand_counts(world: World) -> None:
    def required() -> int:
        return world.see(world.agencies, "requiredApprovals", BANNER)

    assert required() == 1
    [made] = world.by([manager(BANNER)], "setOwnApprovals", BANNER, 2)
    assert (made.name, made.arguments) == ("OwnApprovalsSet", (BANNER, 2, (manager(BANNER).address,)))
    assert required() == 2
    [made] = world.by([manager(LEAGUE)], "demandApprovals", BANNER, 3)
    assert (made.name, made.arguments) == ("ApprovalsDemanded", (BANNER, 3, (manager(LEAGUE).address,)))
    assert required() == 3
    world.by(managers(LEAGUE), "demandApprovals", BANNER, 0)
    assert required() == 2
    assert world.see(world.agencies, "agency", BANNER)[3:6] == (2, 0, 0)


def test_batch_needs_as_many_approvals_as_policy_says(world: World, refused: Refusal) -> None:
    world.by([manager(LEAGUE)], "demandApprovals", BANNER, 3)
    two = [approver(BANNER, 1), approver(BANNER, 2)]
    with refused("TooFewApprovals", 2, 3):
        world.anchor(BANNER, leaves(1), approved=two)
    assert world.anchor(BANNER, leaves(1), approved=[*two, approver(BANNER, 3)])


def test_lowering_its_own_policy_takes_two(world: World, refused: Refusal) -> None:
    world.by([manager(BANNER)], "setOwnApprovals", BANNER, 3)
    with refused("ConsentInsufficient"):
        world.by([manager(BANNER)], "setOwnApprovals", BANNER, 2)
    assert world.by(managers(BANNER), "setOwnApprovals", BANNER, 2)


def test_policy_is_one_to_three(world: World, refused: Refusal) -> None:
    for approvals in (0, 4):
        with refused("ApprovalsOutOfRange", approvals):
            world.by(managers(BANNER), "setOwnApprovals", BANNER, approvals)
    with refused("ApprovalsOutOfRange", 4):
        world.by(managers(LEAGUE), "demandApprovals", BANNER, 4)
    with refused("NoChange"):
        world.by(managers(BANNER), "setOwnApprovals", BANNER, 1)
    with refused("NoChange"):
        world.by(managers(LEAGUE), "demandApprovals", BANNER, 0)


def test_lowering_a_demand_takes_two_of_where_it_was_made(world: World, refused: Refusal) -> None:
    world.by([manager(REGION)], "demandApprovals", BANNER, 3)
    with refused("ConsentInsufficient"):
        world.by([manager(REGION)], "demandApprovals", BANNER, 2)
    with refused("DemandedFromAbove", BANNER, 2):
        world.by(managers(LEAGUE), "demandApprovals", BANNER, 2)
    with refused("ConsentInsufficient"):
        world.by(managers(BANNER), "demandApprovals", BANNER, 0)
    assert world.by(managers(REGION), "demandApprovals", BANNER, 2)


def test_repeating_a_demand_from_higher_up_makes_it_the_higher_ones(world: World, refused: Refusal) -> None:
    world.by([manager(LEAGUE)], "demandApprovals", BANNER, 2)
    with refused("NoChange"):
        world.by([manager(LEAGUE)], "demandApprovals", BANNER, 2)
    world.by([manager(REGION)], "demandApprovals", BANNER, 2)
    with refused("DemandedFromAbove", BANNER, 2):
        world.by(managers(LEAGUE), "demandApprovals", BANNER, 1)


# Certificate types.


def test_type_is_registered_once_and_for_ever(world: World, refused: Refusal) -> None:
    [made] = world.decide(world.agencies, "registerType", 3, 1, DIGEST)
    assert (made.name, made.arguments) == ("TypeRegistered", (3, 1, DIGEST))
    assert world.see(world.agencies, "typeDigest", 3, 1) == (DIGEST, False)
    assert world.see(world.agencies, "typeDigest", 3, 2) == (ZERO, False)
    with refused("TypeAlreadyRegistered", 3, 1):
        world.decide(world.agencies, "registerType", 3, 1, keccak(text="another"))


def test_type_has_a_number_a_version_and_a_digest(world: World, refused: Refusal) -> None:
    for number, version in ((0, 1), (3, 0)):
        with refused("TypeNumberOutOfRange"):
            world.decide(world.agencies, "registerType", number, version, DIGEST)
    with refused("ZeroDigest"):
        world.decide(world.agencies, "registerType", 3, 1, ZERO)


def test_retired_version_is_closed_for_new_batches(world: World, refused: Refusal) -> None:
    [made] = world.decide(world.agencies, "retireType", 1, 1)
    assert (made.name, made.arguments) == ("TypeRetired", (1, 1))
    assert world.see(world.agencies, "typeDigest", 1, 1)[1] is True
    with refused("TypeIsRetired", 1, 1):
        world.anchor(BANNER, leaves(1))
    assert world.anchor(BANNER, leaves(1), version=2)
    with refused("TypeIsRetired", 1, 1):
        world.decide(world.agencies, "retireType", 1, 1)
    with refused("TypeNotRegistered", 9, 1):
        world.decide(world.agencies, "retireType", 9, 1)


def test_types_go_down_from_the_top(world: World, refused: Refusal) -> None:
    with refused("TypeNotHeld", LEAGUE, 2):
        world.by(managers(REGION), "grantType", BANNER, 2)
    [made] = world.by(managers(REGION), "grantType", LEAGUE, 2)
    by = tuple(officer.address for officer in managers(REGION))
    assert (made.name, made.arguments) == ("TypeGranted", (LEAGUE, 2, by))
    assert world.by(managers(LEAGUE), "grantType", BANNER, 2)
    assert world.see(world.agencies, "holdsType", BANNER, 2) is True


def test_top_level_agency_gets_types_from_the_council_only(world: World, refused: Refusal) -> None:
    world.decide(world.agencies, "registerType", 3, 1, DIGEST)
    with refused("ConsentInsufficient"):
        world.by(managers(REGION), "grantType", REGION, 3)
    assert world.decide(world.agencies, "grantType", REGION, 3, (0, []))


def test_type_that_is_not_registered_or_held_already_is_not_granted(world: World, refused: Refusal) -> None:
    with refused("TypeNotRegistered", 9, 0):
        world.by(managers(LEAGUE), "grantType", BANNER, 9)
    with refused("TypeAlreadyHeld", BANNER, 1):
        world.by(managers(LEAGUE), "grantType", BANNER, 1)


def test_agency_anchors_only_types_it_holds(world: World, refused: Refusal) -> None:
    with refused("TypeNotHeld", BANNER, 2):
        world.anchor(BANNER, leaves(1), certificate_type=2)
    with refused("TypeNotRegistered", 1, 3):
        world.anchor(BANNER, leaves(1), version=3)


@pytest.mark.parametrize("who", [BANNER, LEAGUE, REGION])
def test_type_is_withdrawn_by_one_of_the_agency_or_above(world: World, who: int, refused: Refusal) -> None:
    [made] = world.by([manager(who)], "withdrawType", BANNER, 1)
    assert (made.name, made.arguments) == ("TypeWithdrawn", (BANNER, 1, (manager(who).address,)))
    assert world.see(world.agencies, "holdsType", BANNER, 1) is False
    with refused("TypeNotHeld", BANNER, 1):
        world.anchor(BANNER, leaves(1))


def test_type_that_was_never_held_is_not_withdrawn(world: World, refused: Refusal) -> None:
    with refused("TypeNotHeld", BANNER, 2):
        world.by([manager(LEAGUE)], "withdrawType", BANNER, 2)


def test_withdrawing_again_from_higher_up_raises_who_can_give_it_back(world: World, refused: Refusal) -> None:
    world.by([manager(BANNER)], "withdrawType", BANNER, 1)
    with refused("TypeNotHeld", BANNER, 1):
        world.by([manager(BANNER)], "withdrawType", BANNER, 1)
    assert world.see(world.agencies, "typeWithdrawnBy", BANNER, 1) == 4
    world.by([manager(REGION)], "withdrawType", BANNER, 1)
    assert world.see(world.agencies, "typeWithdrawnBy", BANNER, 1) == 2
    with refused("WithdrawnFromAbove", BANNER, 1, 2):
        world.by(managers(LEAGUE), "grantType", BANNER, 1)
    world.by(managers(REGION), "grantType", BANNER, 1)
    assert world.see(world.agencies, "typeWithdrawnBy", BANNER, 1) == 0


# Document keys.


def test_key_is_listed_under_its_thumbprint(world: World) -> None:
    [made] = world.by(managers(BANNER), "addKey", BANNER, 1, X, Y, 1000, 2000)
    by = tuple(officer.address for officer in managers(BANNER))
    assert (made.name, made.arguments) == ("KeyAdded", (BANNER, KID, 1, X, Y, 1000, 2000, by))
    assert world.see(world.agencies, "key", BANNER, KID) == (1, 1000, 2000, NEVER, 0, made.block, X, Y)
    assert world.see(world.agencies, "key", LEAGUE, KID) == (0, 0, 0, 0, 0, 0, ZERO, ZERO)


def test_thumbprint_is_that_of_the_rfc(world: World) -> None:
    """Any base64url digit may stand in a coordinate: several keys, so that most of them do."""
    for secret in range(100, 116):
        x, y = point(secret)
        [made] = world.by(managers(BANNER), "addKey", BANNER, 1, x, y, 0, 0)
        assert made.arguments[1] == thumbprint(x, y)


def test_adding_a_key_takes_two(world: World, refused: Refusal) -> None:
    with refused("ConsentInsufficient"):
        world.by([manager(BANNER)], "addKey", BANNER, 1, X, Y, 0, 0)
    assert world.by([manager(BANNER), manager(LEAGUE)], "addKey", BANNER, 1, X, Y, 0, 0)


def test_key_is_listed_once_for_an_agency_even_if_cut_off(world: World, refused: Refusal) -> None:
    world.by(managers(BANNER), "addKey", BANNER, 1, X, Y, 0, 0)
    world.by([manager(BANNER)], "cutOffKey", BANNER, KID, 1)
    with refused("KeyAlreadyListed", BANNER, KID):
        world.by(managers(BANNER), "addKey", BANNER, 1, X, Y, 0, 0)
    assert world.by(managers(LEAGUE), "addKey", LEAGUE, 1, X, Y, 0, 0)


def test_other_algorithms_and_impossible_validity_are_refused(world: World, refused: Refusal) -> None:
    for algorithm in (0, 2):
        with refused("AlgorithmUnsupported", algorithm):
            world.by(managers(BANNER), "addKey", BANNER, algorithm, X, Y, 0, 0)
    for valid_from, valid_until in ((1000, 1000), (1001, 1000)):
        with refused("ValidityOutOfOrder", valid_from, valid_until):
            world.by(managers(BANNER), "addKey", BANNER, 1, X, Y, valid_from, valid_until)


def test_key_not_on_the_curve_is_refused(world: World, refused: Refusal) -> None:
    wrong_y = bytes(31) + b"\1"
    for x, y in ((X, wrong_y), (Y, X), (ZERO, ZERO), (X, ZERO), (P.to_bytes(32, "big"), Y), (X, b"\xff" * 32)):
        with refused("KeyNotOnCurve", x, y):
            world.by(managers(BANNER), "addKey", BANNER, 1, x, y, 0, 0)


@pytest.mark.parametrize("who", [BANNER, LEAGUE, REGION])
def test_cut_off_is_moved_earlier_by_one(world: World, who: int) -> None:
    world.by(managers(BANNER), "addKey", BANNER, 1, X, Y, 0, 0)
    [made] = world.by([manager(who)], "cutOffKey", BANNER, KID, 5000)
    assert (made.name, made.arguments) == ("KeyCutOff", (BANNER, KID, 5000, (manager(who).address,)))
    [made] = world.by([manager(REGION)], "cutOffKey", BANNER, KID, 4999)
    shown = world.see(world.agencies, "key", BANNER, KID)
    assert (shown[3], shown[4]) == (4999, 2)


def test_cut_off_is_lifted_by_two_above(world: World, refused: Refusal) -> None:
    world.by(managers(BANNER), "addKey", BANNER, 1, X, Y, 0, 0)
    world.by([manager(BANNER)], "cutOffKey", BANNER, KID, 5000)
    with refused("ConsentInsufficient"):
        world.by([manager(LEAGUE)], "cutOffKey", BANNER, KID, NEVER)
    [made] = world.by(managers(LEAGUE), "cutOffKey", BANNER, KID, NEVER)
    assert made.arguments[2] == NEVER
    assert world.see(world.agencies, "key", BANNER, KID)[3:5] == (NEVER, 0)


def test_cut_off_from_above_is_moved_later_only_from_there(world: World, refused: Refusal) -> None:
    world.by(managers(BANNER), "addKey", BANNER, 1, X, Y, 0, 0)
    world.by([manager(LEAGUE)], "cutOffKey", BANNER, KID, 5000)
    world.by([manager(REGION)], "cutOffKey", BANNER, KID, 5000)
    with refused("CutOffFromAbove", BANNER, KID, 2):
        world.by(managers(LEAGUE), "cutOffKey", BANNER, KID, 6000)
    assert world.by(managers(REGION), "cutOffKey", BANNER, KID, 6000)


def test_cut_off_must_change_something_that_exists(world: World, refused: Refusal) -> None:
    with refused("NoSuchKey", BANNER, KID):
        world.by([manager(BANNER)], "cutOffKey", BANNER, KID, 5000)
    world.by(managers(BANNER), "addKey", BANNER, 1, X, Y, 0, 0)
    with refused("CutOffZero"):
        world.by([manager(BANNER)], "cutOffKey", BANNER, KID, 0)
    with refused("NoChange"):
        world.by([manager(BANNER)], "cutOffKey", BANNER, KID, NEVER)
    world.by([manager(BANNER)], "cutOffKey", BANNER, KID, 5000)
    with refused("NoChange"):
        world.by([manager(BANNER, 2)], "cutOffKey", BANNER, KID, 5000)


# What Certificates asks.


def test_who_may_anchor_can_be_asked(world: World, refused: Refusal) -> None:
    by, approves = preparer(BANNER).address, approver(BANNER).address
    assert world.see(world.agencies, "requireMayAnchor", BANNER, 1, 1, by, [approves]) == 3
    with refused("LacksCapability", BANNER, approves, PREPARE):
        world.see(world.agencies, "requireMayAnchor", BANNER, 1, 1, approves, [by])
    with refused("LacksCapability", BANNER, NEW, APPROVE):
        world.see(world.agencies, "requireMayAnchor", BANNER, 1, 1, by, [NEW])
    with refused("OfficerRepeated", approves):
        world.see(world.agencies, "requireMayAnchor", BANNER, 1, 1, by, [approves, approves])


def test_who_may_change_statuses_can_be_asked(world: World, refused: Refusal) -> None:
    first, second = (officer.address for officer in statuses(NEIGHBOUR))
    assert world.see(world.agencies, "requireMayChangeStatus", NEIGHBOUR, [first, second]) == 1
    with refused("OfficerRepeated", first):
        world.see(world.agencies, "requireMayChangeStatus", NEIGHBOUR, [first, first])
    with refused("LacksCapability", NEIGHBOUR, NEW, STATUS):
        world.see(world.agencies, "requireMayChangeStatus", NEIGHBOUR, [first, NEW])
    with refused("AgencyIsSuspended", LEAGUE):
        world.by([manager(REGION)], "suspendAgency", LEAGUE)
        world.see(world.agencies, "requireMayChangeStatus", BANNER, [])

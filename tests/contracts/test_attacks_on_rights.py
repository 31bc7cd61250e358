"""Attacks on rights: each test is what somebody might try, and that it fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from eth_utils import keccak

from tests.contracts.bytecode import caller
from tests.contracts.model_agencies import NEVER, thumbprint
from tests.contracts.model_consents import APPROVE, MANAGE, PREPARE
from tests.contracts.people import Person, high_s, person
from tests.contracts.test_rights import X, Y
from tests.contracts.world import (
    BANNER,
    LEAGUE,
    NEIGHBOUR,
    REGION,
    World,
    credit_code,
    leaves,
    manager,
    managers,
    member,
    preparer,
)

if TYPE_CHECKING:
    from tests.contracts.conftest import Refusal

NEW = person("new officer")
KID = thumbprint(X, Y)


def test_one_manager_cannot_add_a_second_wallet(world: World, refused: Refusal) -> None:
    for capabilities in (PREPARE, APPROVE, MANAGE, 15):
        with refused("ConsentInsufficient", (manager(BANNER).address,)):
            world.by([manager(BANNER)], "setOfficer", BANNER, NEW.address, capabilities)
    with refused("ConsentInsufficient"):
        world.by([manager(BANNER), NEW], "setOfficer", BANNER, NEW.address, MANAGE)


def test_manager_who_removed_the_others_is_not_sovereign(world: World, refused: Refusal) -> None:
    """Taking capabilities away needs one; but then that one stands alone, and the parent must help."""
    world.by([manager(BANNER)], "setOfficer", BANNER, manager(BANNER, 2).address, 0)
    with refused("ConsentInsufficient"):
        world.by([manager(BANNER)], "setOfficer", BANNER, NEW.address, MANAGE)
    assert world.by([manager(BANNER), manager(LEAGUE)], "setOfficer", BANNER, NEW.address, MANAGE)


def test_manager_cannot_give_themselves_more(world: World, refused: Refusal) -> None:
    with refused("ConsentInsufficient"):
        world.by([manager(BANNER)], "setOfficer", BANNER, manager(BANNER).address, MANAGE | PREPARE)


def test_parent_cannot_take_over_a_child(world: World, refused: Refusal) -> None:
    """It names the first manager only; afterwards nothing without one of the child."""
    for signers in (managers(LEAGUE), managers(REGION), [manager(LEAGUE), manager(REGION)]):
        with refused("ConsentInsufficient"):
            world.by(signers, "setOfficer", BANNER, NEW.address, MANAGE)
        with refused("ConsentInsufficient"):
            world.by(signers, "addKey", BANNER, 1, X, Y, 0, 0)
        with refused("ConsentInsufficient"):
            world.by(signers[:1], "setOfficer", BANNER, preparer(BANNER).address, 0)
        with refused("ConsentInsufficient"):
            world.by(signers, "setOwnApprovals", BANNER, 2)
    with refused("NotTheCouncil"):
        world.act(world.agencies, "nameManager", BANNER, NEW.address, sender=manager(LEAGUE).address)


def test_parent_cannot_take_over_a_child_by_removing_its_managers(world: World, refused: Refusal) -> None:
    for own in managers(BANNER):
        with refused("ConsentInsufficient"):
            world.by(managers(LEAGUE), "setOfficer", BANNER, own.address, 0)


def test_consent_is_not_replayed(world: World, refused: Refusal) -> None:
    """The nonce has grown: an officer who was removed again does not come back."""
    arguments = (BANNER, NEW.address, PREPARE)
    consent = world.consent(BANNER, "setOfficer", arguments, managers(BANNER))
    world.act(world.agencies, "setOfficer", *arguments, consent)
    world.by([manager(BANNER)], "setOfficer", BANNER, NEW.address, 0)
    with refused("ConsentInsufficient"):
        world.act(world.agencies, "setOfficer", *arguments, consent)


def test_two_consents_with_the_same_nonce_are_not_both_used(world: World, refused: Refusal) -> None:
    first, second = ((BANNER, person(name).address, PREPARE) for name in ("first", "second"))
    consents = [world.consent(BANNER, "setOfficer", arguments, managers(BANNER)) for arguments in (first, second)]
    world.act(world.agencies, "setOfficer", *first, consents[0])
    with refused("ConsentInsufficient"):
        world.act(world.agencies, "setOfficer", *second, consents[1])


def test_consent_counts_for_its_own_change_only(world: World, refused: Refusal) -> None:
    """Another agency, officer, capability, function, registry or deadline was not consented to."""
    everywhere = [manager(BANNER), manager(BANNER, 2)]
    for officer in everywhere:
        world.by(managers(LEAGUE), "setOfficer", LEAGUE, officer.address, MANAGE)
    arguments = (BANNER, NEW.address, PREPARE)
    consent = world.consent(BANNER, "setOfficer", arguments, everywhere)
    foreign = world.consent(BANNER, "setOfficer", arguments, everywhere, registry_id=keccak(text="another"))
    for function, *others in (
        ("setOfficer", LEAGUE, NEW.address, PREPARE, consent),
        ("setOfficer", BANNER, person("another").address, PREPARE, consent),
        ("setOfficer", BANNER, NEW.address, APPROVE, consent),
        ("setOfficer", *arguments, foreign),
        ("setOfficer", *arguments, (consent[0] + 1, consent[1])),
        ("setOwnApprovals", BANNER, 2, consent),
        ("addKey", BANNER, 1, X, Y, 0, 0, consent),
        ("registerAgency", BANNER, credit_code(50), "演示", NEW.address, consent),
    ):
        with refused("ConsentInsufficient"):
            world.act(world.agencies, function, *others)
    assert world.act(world.agencies, "setOfficer", *arguments, consent)


def test_consent_from_one_registry_does_not_work_in_its_twin(world: World, refused: Refusal) -> None:
    twin = World(world.node)
    arguments = (BANNER, NEW.address, PREPARE)
    with refused("ConsentInsufficient"):
        twin.act(
            twin.agencies, "setOfficer", *arguments, world.consent(BANNER, "setOfficer", arguments, managers(BANNER))
        )


def test_high_s_does_not_make_a_second_signature(world: World, refused: Refusal) -> None:
    arguments = (BANNER, NEW.address, PREPARE)
    deadline, [signature] = world.consent(BANNER, "setOfficer", arguments, [manager(BANNER)])
    with refused("ECDSAInvalidSignatureS"):
        world.act(world.agencies, "setOfficer", *arguments, (deadline, [signature, high_s(signature)]))


def test_compact_signature_does_not_make_a_second_one(world: World, refused: Refusal) -> None:
    """EIP-2098 writes the same signature in 64 bytes."""
    arguments = (BANNER, NEW.address, PREPARE)
    deadline, [signature] = world.consent(BANNER, "setOfficer", arguments, [manager(BANNER)])
    compact = signature[:32] + bytes([signature[32] | (signature[64] - 27) << 7]) + signature[33:64]
    with refused("ECDSAInvalidSignatureLength", 64):
        world.act(world.agencies, "setOfficer", *arguments, (deadline, [signature, compact]))


def test_signature_of_nobody_is_not_a_manager(world: World, refused: Refusal) -> None:
    arguments = (BANNER, NEW.address, PREPARE)
    deadline, [signature] = world.consent(BANNER, "setOfficer", arguments, [manager(BANNER)])
    with refused("ECDSAInvalidSignature"):
        world.act(world.agencies, "setOfficer", *arguments, (deadline, [signature, bytes(65)]))


def test_subordinate_cannot_lift_its_superiors_suspension_of_an_agency(world: World, refused: Refusal) -> None:
    world.by([manager(REGION)], "suspendAgency", BANNER)
    for signers in (managers(BANNER), [manager(BANNER), manager(LEAGUE)]):
        with refused("ConsentInsufficient"):
            world.by(signers, "resumeAgency", BANNER)
    with refused("SuspendedFromAbove", BANNER, 2):
        world.by(managers(LEAGUE), "resumeAgency", BANNER)
    world.decide(world.agencies, "suspendAgency", BANNER, (0, []))
    with refused("SuspendedFromAbove", BANNER, 1):
        world.by(managers(REGION), "resumeAgency", BANNER)


def test_suspended_parent_cannot_act_through_its_grandparents_child(world: World, refused: Refusal) -> None:
    """A suspended agency's managers speak for no level: not for the agency, not above its children."""
    world.by([manager(REGION)], "suspendAgency", LEAGUE)
    for signers in (managers(LEAGUE), [manager(LEAGUE), manager(REGION)]):
        with refused("ConsentInsufficient"):
            world.by(signers, "registerAgency", LEAGUE, credit_code(50), "演示", NEW.address)
        with refused("ConsentInsufficient"):
            world.by(signers, "resumeAgency", LEAGUE)
    with refused("ConsentInsufficient"):
        world.by([manager(BANNER), manager(LEAGUE)], "setOfficer", BANNER, NEW.address, MANAGE)


def test_child_cannot_be_registered_under_a_foreign_code(world: World, refused: Refusal) -> None:
    with refused("CodeTaken", credit_code(NEIGHBOUR), NEIGHBOUR):
        world.by(managers(LEAGUE), "registerAgency", LEAGUE, credit_code(NEIGHBOUR), "冒名", NEW.address)


def test_child_cannot_be_registered_under_a_stranger(world: World, refused: Refusal) -> None:
    with refused("ConsentInsufficient"):
        world.by(managers(BANNER), "registerAgency", NEIGHBOUR, credit_code(50), "冒名", NEW.address)


def test_key_off_the_curve_cannot_be_listed(world: World, refused: Refusal) -> None:
    with refused("KeyNotOnCurve", X, X):
        world.by(managers(BANNER), "addKey", BANNER, 1, X, X, 0, 0)


@pytest.mark.parametrize("signers", [managers(BANNER), [manager(BANNER), manager(LEAGUE)]], ids=["own", "with parent"])
def test_agency_cannot_move_a_cut_off_later(world: World, refused: Refusal, signers: list[Person]) -> None:
    world.by(managers(BANNER), "addKey", BANNER, 1, X, Y, 0, 0)
    world.by([manager(BANNER)], "cutOffKey", BANNER, KID, 5000)
    for cut_off in (5001, NEVER):
        with refused("ConsentInsufficient"):
            world.by(signers, "cutOffKey", BANNER, KID, cut_off)


def test_agency_cannot_take_back_a_type_that_was_withdrawn_from_above(world: World, refused: Refusal) -> None:
    world.by([manager(REGION)], "withdrawType", BANNER, 1)
    for signers in (managers(BANNER), [manager(BANNER), manager(LEAGUE)]):
        with refused("ConsentInsufficient"):
            world.by(signers, "grantType", BANNER, 1)
    with refused("WithdrawnFromAbove", BANNER, 1, 2):
        world.by(managers(LEAGUE), "grantType", BANNER, 1)


def test_agency_cannot_lower_its_parents_demand(world: World, refused: Refusal) -> None:
    world.by([manager(LEAGUE)], "demandApprovals", BANNER, 2)
    with refused("ConsentInsufficient"):
        world.by(managers(BANNER), "demandApprovals", BANNER, 0)
    with refused("TooFewApprovals", 1, 2):
        world.anchor(BANNER, leaves(1))


def test_expired_proposal_is_neither_voted_for_nor_executed(world: World, refused: Refusal) -> None:
    expires = world.node.block_number() + 3
    number = world.propose(world.agencies, "addMember", NEW.address, 1, expires=expires)
    world.act(world.agencies, "vote", number, sender=member(1))
    world.node.mine(1)
    for function in ("vote", "execute"):
        with refused("ProposalExpired"):
            world.act(world.agencies, function, number, sender=member(2))


def test_vote_of_a_removed_member_does_not_count(world: World, refused: Refusal) -> None:
    number = world.propose(world.agencies, "setVerifyingHost", "evil.example", True)  # noqa: FBT003 - the contract's
    world.act(world.agencies, "vote", number, sender=member(2))
    world.decide(world.agencies, "removeMember", member(2), 2)
    assert world.see(world.agencies, "proposal", number)[5] == 1
    with refused("NotEnoughVotes", number, 1, 2):
        world.act(world.agencies, "execute", number, sender=member(0))
    with refused("NotAMember", member(2)):
        world.act(world.agencies, "vote", number, sender=member(2))


def test_vote_from_before_leaving_does_not_count_after_coming_back(world: World, refused: Refusal) -> None:
    number = world.propose(world.agencies, "setVerifyingHost", "evil.example", True)  # noqa: FBT003 - the contract's
    world.act(world.agencies, "vote", number, sender=member(2))
    world.decide(world.agencies, "removeMember", member(2), 2)
    world.decide(world.agencies, "addMember", member(2), 2)
    with refused("NotEnoughVotes", number, 1, 2):
        world.act(world.agencies, "execute", number, sender=member(0))
    world.act(world.agencies, "vote", number, sender=member(2))
    assert world.act(world.agencies, "execute", number, sender=member(0))


def test_minority_cannot_lower_the_threshold(world: World, refused: Refusal) -> None:
    number = world.propose(world.agencies, "addMember", NEW.address, 1)
    with refused("NotEnoughVotes", number, 1, 2):
        world.act(world.agencies, "execute", number, sender=member(0))


def test_council_cannot_call_as_one_of_its_own_members(world: World, refused: Refusal) -> None:
    """A proposal that votes or executes comes from the contract, which is no member."""
    number = world.propose(world.agencies, "addMember", NEW.address, 2)
    for function in ("vote", "execute"):
        with refused("NotAMember", world.agencies.address):
            world.decide(world.agencies, function, number)
    data = world.agencies.data("addMember", NEW.address, 1)
    with refused("NotAMember", world.agencies.address):
        world.decide(world.agencies, "propose", world.agencies.address, data, world.soon())


def test_proposal_cannot_execute_itself_again(world: World, refused: Refusal) -> None:
    """A member that is a contract, called by a proposal, calls back to execute that same proposal."""
    number = len([event for event in world.history() if event.name == "ProposalMade"]) + 2
    back = world.agencies.data("execute", number)
    contract = person("member that is a contract").address
    world.node.ask("anvil_setCode", contract, "0x" + caller(world.agencies.address, back).hex())
    world.decide(world.agencies, "addMember", contract, 2)
    data = world.agencies.data("propose", contract, b"", world.soon())
    made = world.events(world.send(world.agencies, data, sender=member(0)).logs)
    assert made[0].arguments[0] == number
    world.act(world.agencies, "vote", number, sender=member(1))
    with refused("AlreadyExecuted", number):
        world.act(world.agencies, "execute", number, sender=member(1))

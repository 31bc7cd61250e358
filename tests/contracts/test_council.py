"""The council: who is a member, how proposals pass, what it decides about itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eth_utils import keccak

from tests.contracts.model import NOBODY, ZERO
from tests.contracts.node import ANYBODY
from tests.contracts.people import person
from tests.contracts.registry import COUNCIL, REGISTRY_ID, THRESHOLD, Registry
from tests.contracts.world import member

if TYPE_CHECKING:
    from tests.contracts.conftest import Refusal
    from tests.contracts.world import World

NEWCOMER = person("newcomer").address
DIGEST = keccak(text="a type's data file")


def test_registry_knows_its_id_and_that_it_is_for_tests(world: World) -> None:
    for contract in (world.agencies, world.certificates):
        assert world.see(contract, "registryId") == REGISTRY_ID
        assert world.see(contract, "test") is True
    assert world.see(world.certificates, "agencies") == world.agencies.address


def test_registry_that_is_not_for_tests_says_so(world: World) -> None:
    real = Registry(world.node, registry_id=keccak(text="another"), test=False)
    assert world.see(real.agencies, "test") is False
    assert world.see(real.certificates, "test") is False


def test_domains_are_readable(world: World) -> None:
    for contract, name in ((world.agencies, "Yinxin Agencies"), (world.certificates, "Yinxin Certificates")):
        fields, *domain = world.see(contract, "eip712Domain")
        assert fields == b"\x0f"
        assert domain == [name, "1", world.node.chain_id, contract.address, ZERO, ()]


def test_registry_without_id_is_not_deployed(world: World, refused: Refusal) -> None:
    with refused("ZeroRegistryId"):
        Registry(world.node, registry_id=ZERO)


def test_registry_without_a_possible_majority_is_not_deployed(world: World, refused: Refusal) -> None:
    for members, threshold in ((3, 0), (3, 4), (0, 0), (0, 1)):
        with refused("ThresholdOutOfRange", threshold, members):
            Registry(world.node, members=[member(i) for i in range(members)], threshold=threshold)


def test_members_are_listed_in_the_order_in_which_they_joined(world: World) -> None:
    assert world.see(world.agencies, "members") == tuple(member(i) for i in range(3))
    world.decide(world.agencies, "addMember", NEWCOMER, 2)
    world.decide(world.agencies, "removeMember", member(0), 2)
    assert world.see(world.agencies, "members") == (member(1), member(2), NEWCOMER)
    assert world.see(world.agencies, "isMember", NEWCOMER) is True
    assert world.see(world.agencies, "isMember", member(0)) is False


def test_threshold_changes_with_members(world: World) -> None:
    assert world.see(world.agencies, "threshold") == THRESHOLD
    made = world.decide(world.agencies, "addMember", NEWCOMER, 3)
    assert [(event.name, event.arguments) for event in made] == [("MemberAdded", (NEWCOMER, 3))]
    assert world.see(world.agencies, "threshold") == 3


def test_threshold_that_cannot_be_reached_is_refused(world: World, refused: Refusal) -> None:
    with refused("ThresholdOutOfRange", 5, 4):
        world.decide(world.agencies, "addMember", NEWCOMER, 5)
    with refused("ThresholdOutOfRange", 3, 2):
        world.decide(world.agencies, "removeMember", member(0), 3)
    with refused("ThresholdOutOfRange", 0, 2):
        world.decide(world.agencies, "removeMember", member(0), 0)


def test_last_member_stays(world: World, refused: Refusal) -> None:
    alone = Registry(world.node, members=[member(0)], threshold=1)
    number = alone.propose(alone.agencies, "removeMember", member(0), 1)
    with refused("ThresholdOutOfRange", 1, 0):
        alone.act(alone.agencies, "execute", number, sender=member(0))


def test_member_is_added_once(world: World, refused: Refusal) -> None:
    with refused("AlreadyAMember", member(2)):
        world.decide(world.agencies, "addMember", member(2), 2)


def test_zero_and_the_council_itself_are_not_members(world: World, refused: Refusal) -> None:
    with refused("ZeroAddress"):
        world.decide(world.agencies, "addMember", NOBODY, 2)
    with refused("CouncilCannotBeMember"):
        world.decide(world.agencies, "addMember", world.agencies.address, 2)


def test_stranger_cannot_be_removed(world: World, refused: Refusal) -> None:
    with refused("NotAMember", NEWCOMER):
        world.decide(world.agencies, "removeMember", NEWCOMER, 2)


def test_council_has_thirty_two_members_at_most(world: World, refused: Refusal) -> None:
    crowd = [person(f"member {i}").address for i in range(32)]
    full = Registry(world.node, members=crowd, threshold=1)
    assert len(full.see(full.agencies, "members")) == 32
    with refused("TooManyMembers", 33, 32):
        Registry(world.node, members=[*crowd, NEWCOMER], threshold=1)


def test_proposal_shows_what_it_is_and_its_votes(world: World) -> None:
    expires = world.soon()
    number = world.propose(world.agencies, "addMember", NEWCOMER, 2, expires=expires)
    data = world.agencies.data("addMember", NEWCOMER, 2)
    shown = (member(0), world.agencies.address, data, expires)
    assert world.see(world.agencies, "proposal", number) == (*shown, False, 1)
    world.act(world.agencies, "vote", number, sender=member(1))
    assert world.see(world.agencies, "proposal", number) == (*shown, False, 2)
    world.act(world.agencies, "execute", number, sender=member(2))
    assert world.see(world.agencies, "proposal", number)[4:] == (True, 2)


def test_proposals_are_for_members(world: World, refused: Refusal) -> None:
    number = world.propose(world.agencies, "addMember", NEWCOMER, 2)
    data = world.agencies.data("addMember", NEWCOMER, 2)
    with refused("NotAMember", ANYBODY):
        world.act(world.agencies, "propose", world.agencies.address, data, world.soon())
    with refused("NotAMember", ANYBODY):
        world.act(world.agencies, "vote", number)
    with refused("NotAMember", ANYBODY):
        world.act(world.agencies, "execute", number)


def test_proposal_that_does_not_exist_is_refused(world: World, refused: Refusal) -> None:
    unknown = world.propose(world.agencies, "addMember", NEWCOMER, 2) + 1
    for number in (0, unknown):
        for function in ("vote", "execute"):
            with refused("NoSuchProposal", number):
                world.act(world.agencies, function, number, sender=member(1))
        with refused("NoSuchProposal", number):
            world.see(world.agencies, "proposal", number)


def test_proposal_to_an_empty_address_is_refused(world: World, refused: Refusal) -> None:
    with refused("TargetHasNoCode", NEWCOMER):
        world.act(world.agencies, "propose", NEWCOMER, b"", world.soon(), sender=member(0))


def test_proposal_needs_its_votes(world: World, refused: Refusal) -> None:
    number = world.propose(world.agencies, "addMember", NEWCOMER, 2)
    with refused("NotEnoughVotes", number, 1, 2):
        world.act(world.agencies, "execute", number, sender=member(0))


def test_member_votes_once(world: World, refused: Refusal) -> None:
    number = world.propose(world.agencies, "addMember", NEWCOMER, 2)
    with refused("AlreadyVoted", number, member(0)):
        world.act(world.agencies, "vote", number, sender=member(0))


def test_proposal_is_executed_once(world: World, refused: Refusal) -> None:
    world.decide(world.agencies, "setVerifyingHost", "verify.example.cn", True)  # noqa: FBT003 - the contract's
    number = world.propose(world.agencies, "addMember", NEWCOMER, 2) - 1
    for function in ("execute", "vote"):
        with refused("AlreadyExecuted", number):
            world.act(world.agencies, function, number, sender=member(2))


def test_proposal_can_be_executed_in_its_last_block(world: World) -> None:
    number = world.propose(world.agencies, "addMember", NEWCOMER, 2, expires=world.node.block_number() + 3)
    world.act(world.agencies, "vote", number, sender=member(1))
    assert world.act(world.agencies, "execute", number, sender=member(1))


def test_proposal_must_expire_in_the_future(world: World, refused: Refusal) -> None:
    now = world.node.block_number() + 1
    with refused("ExpiryNotInFuture", now, now):
        world.propose(world.agencies, "addMember", NEWCOMER, 2, expires=now)


def test_failed_call_reverts_with_its_own_reason_and_can_be_tried_again(world: World, refused: Refusal) -> None:
    number = world.propose(world.agencies, "retireType", 7, 1)
    world.act(world.agencies, "vote", number, sender=member(1))
    with refused("TypeNotRegistered", 7, 1):
        world.act(world.agencies, "execute", number, sender=member(1))
    world.decide(world.agencies, "registerType", 7, 1, DIGEST)
    assert world.act(world.agencies, "execute", number, sender=member(1))


def test_what_the_council_decides_nobody_else_may_do(world: World, refused: Refusal) -> None:
    code = b"91150000MA0TEST000"
    calls = [
        ("addMember", NEWCOMER, 1),
        ("removeMember", member(0), 1),
        ("setVerifyingHost", "verify.example.cn", True),
        ("nameSuccessor", NEWCOMER, DIGEST),
        ("registerType", 9, 1, DIGEST),
        ("retireType", 1, 1),
        ("registerTopAgency", code, "冒名", NEWCOMER),
        ("correctAgency", 1, code, "冒名"),
        ("nameManager", 1, NEWCOMER),
    ]
    for sender in (ANYBODY, member(0), world.certificates.address):
        for function, *arguments in calls:
            with refused("NotTheCouncil", sender):
                world.act(world.agencies, function, *arguments, sender=sender)


def test_verifying_hosts_are_listed_and_unlisted(world: World) -> None:
    for listed in (True, False):
        made = world.decide(world.agencies, "setVerifyingHost", "verify.example.cn", listed)
        assert [(event.name, event.arguments) for event in made] == [
            ("VerifyingHostSet", ("verify.example.cn", listed))
        ]
    assert world.decide(world.agencies, "setVerifyingHost", "v" * 253, True)  # noqa: FBT003 - the contract's


def test_host_without_a_name_or_with_too_long_a_one_is_refused(world: World, refused: Refusal) -> None:
    for length in (0, 254):
        with refused("HostOutOfRange", length):
            world.decide(world.agencies, "setVerifyingHost", "v" * length, True)  # noqa: FBT003 - the contract's


def test_successor_is_named_once(world: World, refused: Refusal) -> None:
    assert world.see(world.agencies, "successor") == (NOBODY, ZERO)
    world.decide(world.agencies, "nameSuccessor", NEWCOMER, DIGEST)
    assert world.see(world.agencies, "successor") == (NEWCOMER, DIGEST)
    with refused("SuccessorAlreadyNamed", NEWCOMER):
        world.decide(world.agencies, "nameSuccessor", ANYBODY, DIGEST)


def test_successor_has_an_address_and_an_id(world: World, refused: Refusal) -> None:
    with refused("ZeroAddress"):
        world.decide(world.agencies, "nameSuccessor", NOBODY, DIGEST)
    with refused("ZeroRegistryId"):
        world.decide(world.agencies, "nameSuccessor", NEWCOMER, ZERO)


def test_council_can_be_replaced_member_by_member(world: World) -> None:
    fresh = [person(f"fresh {i}") for i in range(3)]
    for newcomer in fresh:
        world.decide(world.agencies, "addMember", newcomer.address, 2)
    for old in (COUNCIL[2], COUNCIL[1], COUNCIL[0]):
        data = world.agencies.data("removeMember", old.address, 2)
        made = world.act(world.agencies, "propose", world.agencies.address, data, world.soon(), sender=fresh[0].address)
        number = made[0].arguments[0]
        world.act(world.agencies, "vote", number, sender=fresh[1].address)
        world.act(world.agencies, "execute", number, sender=fresh[1].address)
    assert world.see(world.agencies, "members") == tuple(newcomer.address for newcomer in fresh)


def test_unknown_function_is_refused(world: World, refused: Refusal) -> None:
    for contract in (world.agencies, world.certificates):
        with refused("without a reason"):
            world.send(contract, b"\xde\xad\xbe\xef")

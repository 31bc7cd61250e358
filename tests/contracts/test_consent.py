"""Consent: what officers sign, and who must sign it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from eth_account import Account

from tests.contracts.people import person
from tests.contracts.registry import REGISTRY_ID
from tests.contracts.world import BANNER, LEAGUE, NEIGHBOUR, REGION, manager, managers, preparer

if TYPE_CHECKING:
    from tests.contracts.conftest import Refusal
    from tests.contracts.people import Person
    from tests.contracts.world import World

NEW = person("new officer").address


def test_consent_is_what_wallets_show(world: World) -> None:
    """EIP-712 by eth-account makes the same signature as the one written out by hand here."""
    arguments = (BANNER, NEW, 1)
    deadline, [signature] = world.consent(BANNER, "setOfficer", arguments, [manager(BANNER)])
    action = world.agencies.artifact.functions["setOfficer"].action(*arguments)
    fields = ["registryId bytes32", "agency uint32", "action bytes32", "nonce uint64", "deadline uint64"]
    message = {
        "registryId": REGISTRY_ID,
        "agency": BANNER,
        "action": action,
        "nonce": world.see(world.agencies, "nonceOf", BANNER),
        "deadline": deadline,
    }
    signed = Account.sign_typed_data(
        manager(BANNER).secret,
        domain_data={
            "name": "Yinxin Agencies",
            "version": "1",
            "chainId": world.node.chain_id,
            "verifyingContract": world.agencies.address,
        },
        message_types={
            "Consent": [{"name": field.split()[0], "type": field.split()[1]} for field in fields],
        },
        message_data=message,
    )
    assert bytes(signed.signature) == signature


def test_nonce_grows_with_every_change(world: World) -> None:
    before = world.see(world.agencies, "nonceOf", BANNER)
    world.by(managers(BANNER), "setOfficer", BANNER, NEW, 1)
    world.by([manager(BANNER)], "setOfficer", BANNER, NEW, 0)
    world.by([manager(LEAGUE)], "suspendAgency", BANNER)
    assert world.see(world.agencies, "nonceOf", BANNER) == before + 3


def test_consent_counts_in_its_last_block_and_not_after(world: World, refused: Refusal) -> None:
    arguments = (BANNER, NEW, 1)
    now = world.node.block_number() + 1
    late = world.consent(BANNER, "setOfficer", arguments, managers(BANNER), deadline=now - 1)
    with refused("ConsentExpired", now - 1, now):
        world.act(world.agencies, "setOfficer", *arguments, late)
    timely = world.consent(BANNER, "setOfficer", arguments, managers(BANNER), deadline=now + 1)
    assert world.act(world.agencies, "setOfficer", *arguments, timely)


def test_four_signatures_at_most(world: World, refused: Refusal) -> None:
    third, fourth, fifth = (person(f"manager {i} of {BANNER}") for i in (3, 4, 5))
    for officer in (third, fourth, fifth):
        world.by(managers(BANNER), "setOfficer", BANNER, officer.address, 8)
    assert world.by([*managers(BANNER), third, fourth], "setOfficer", BANNER, NEW, 1)
    with refused("TooManySignatures", 5, 4):
        world.by([*managers(BANNER), third, fourth, fifth], "setOfficer", BANNER, NEW, 3)


def test_same_signer_counts_once(world: World, refused: Refusal) -> None:
    with refused("SignerRepeated", manager(BANNER).address):
        world.by([manager(BANNER), manager(BANNER)], "setOfficer", BANNER, NEW, 1)


@pytest.mark.parametrize(
    "signers",
    [
        [],
        [manager(BANNER)],
        [manager(LEAGUE), manager(LEAGUE, 2)],
        [manager(BANNER), manager(REGION)],
        [manager(BANNER), manager(NEIGHBOUR)],
        [manager(BANNER), preparer(BANNER)],
        [manager(BANNER), manager(BANNER, 2), person("stranger")],
    ],
    ids=["nobody", "one", "two of the parent", "grandparent", "neighbour", "no manager", "two and a stranger"],
)
def test_these_are_not_two_for_an_agency(world: World, refused: Refusal, signers: list[Person]) -> None:
    with refused("ConsentInsufficient", tuple(signer.address for signer in signers)):
        world.by(signers, "setOfficer", BANNER, NEW, 1)


@pytest.mark.parametrize(
    "signers",
    [
        [manager(BANNER), manager(BANNER, 2)],
        [manager(BANNER), manager(LEAGUE)],
        [manager(LEAGUE, 2), manager(BANNER, 2)],
        [manager(LEAGUE), manager(LEAGUE, 2), manager(BANNER)],
    ],
    ids=["two", "one and one of the parent", "the other way round", "two of the parent and one"],
)
def test_these_are_two_for_an_agency(world: World, signers: list[Person]) -> None:
    [made] = world.by(signers, "setOfficer", BANNER, NEW, 1)
    assert made.arguments == (BANNER, NEW, 1, tuple(signer.address for signer in signers))


@pytest.mark.parametrize(
    "signers",
    [
        [],
        [manager(REGION)],
        [manager(LEAGUE)],
        [manager(BANNER), manager(BANNER, 2)],
        [manager(BANNER), manager(LEAGUE)],
        [manager(LEAGUE), manager(NEIGHBOUR)],
        [manager(NEIGHBOUR), manager(NEIGHBOUR, 2)],
        [manager(LEAGUE), manager(LEAGUE, 2), manager(BANNER)],
    ],
    ids=["nobody", "one", "one of the parent", "own", "own and above", "half", "neighbours", "two above and one own"],
)
def test_these_are_not_two_above(world: World, refused: Refusal, signers: list[Person]) -> None:
    world.by([manager(LEAGUE)], "withdrawType", BANNER, 1)
    with refused("ConsentInsufficient"):
        world.by(signers, "grantType", BANNER, 1)


@pytest.mark.parametrize(
    "signers",
    [
        [manager(LEAGUE), manager(LEAGUE, 2)],
        [manager(REGION), manager(REGION, 2)],
        [manager(LEAGUE), manager(REGION)],
        [manager(REGION, 2), manager(LEAGUE, 2)],
    ],
    ids=["of the parent", "of the grandparent", "one of each", "the other way round"],
)
def test_these_are_two_above(world: World, signers: list[Person]) -> None:
    world.by([manager(LEAGUE)], "withdrawType", BANNER, 1)
    assert world.by(signers, "grantType", BANNER, 1)


def test_council_stands_for_the_parent_of_a_top_level_agency(world: World, refused: Refusal) -> None:
    arguments = (REGION, NEW, 1)
    consent = world.consent(REGION, "setOfficer", arguments, [manager(REGION)])
    with refused("ConsentInsufficient", (manager(REGION).address,)):
        world.act(world.agencies, "setOfficer", *arguments, consent)
    assert world.decide(world.agencies, "setOfficer", *arguments, consent)


def test_council_does_not_stand_for_another_parent(world: World, refused: Refusal) -> None:
    arguments = (BANNER, NEW, 1)
    consent = world.consent(BANNER, "setOfficer", arguments, [manager(BANNER)])
    with refused("ConsentInsufficient", (manager(BANNER).address,)):
        world.decide(world.agencies, "setOfficer", *arguments, consent)


def test_council_cannot_enrol_officers_by_itself(world: World, refused: Refusal) -> None:
    for agency in (REGION, BANNER):
        with refused("ConsentInsufficient", ()):
            world.decide(world.agencies, "setOfficer", agency, NEW, 1, (0, []))


def test_council_above_needs_no_signature_and_takes_none(world: World, refused: Refusal) -> None:
    consent = world.consent(BANNER, "suspendAgency", (BANNER,), [manager(LEAGUE)])
    with refused("TooManySignatures", 1, 0):
        world.decide(world.agencies, "suspendAgency", BANNER, consent)
    assert world.decide(world.agencies, "suspendAgency", BANNER, (0, []))


def test_suspended_managers_only_weaken_their_own_agency(world: World, refused: Refusal) -> None:
    world.by(managers(BANNER), "setOfficer", BANNER, NEW, 3)
    world.by([manager(REGION)], "suspendAgency", LEAGUE)
    for agency in (LEAGUE, BANNER):
        with refused("ConsentInsufficient"):
            world.by(managers(agency), "setOfficer", agency, NEW, 15)
    with refused("ConsentInsufficient"):
        world.by(managers(LEAGUE), "suspendAgency", BANNER)
    with refused("ConsentInsufficient"):
        world.by([manager(LEAGUE)], "withdrawType", BANNER, 1)
    with refused("ConsentInsufficient"):
        world.by([manager(BANNER), manager(LEAGUE)], "setOwnApprovals", BANNER, 2)
    assert world.by([manager(BANNER)], "setOfficer", BANNER, NEW, 1)
    assert world.by([manager(BANNER)], "setOwnApprovals", BANNER, 2)
    assert world.by([manager(LEAGUE)], "withdrawType", LEAGUE, 1)
    assert world.by([manager(REGION)], "withdrawType", BANNER, 1)


def test_suspended_agency_does_not_weaken_one_above_it(world: World, refused: Refusal) -> None:
    world.by([manager(LEAGUE)], "suspendAgency", BANNER)
    with refused("ConsentInsufficient"):
        world.by([manager(BANNER)], "withdrawType", LEAGUE, 1)

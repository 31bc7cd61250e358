"""What the council and managers do, and what the contract says no to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chain.errors import RegistryRefused, RegistryUnavailable, SigningFailed
from chain.ethereum.council import Council, event_of
from chain.ethereum.governing import NO_CUT_OFF, Governing
from chain.events import (
    AgencyCorrected,
    Capability,
    KeyCutOff,
    MemberAdded,
    ProposalMade,
    SuccessorNamed,
    Track,
    TypeRetired,
    VerifyingHostSet,
)
from chain.registry import StatusToChange
from tests.deployed import credit_code, document_key, leaves_of, signer

if TYPE_CHECKING:
    from chain.ethereum.network import Anvil
    from chain.events import Event
    from tests.deployed import Deployed


@pytest.fixture
def governing(deployment: Deployed) -> Governing:
    return deployment.governing()


def last(deployment: Deployed, kind: type[Event]) -> Event:
    writer = deployment.writer()
    events = [record.event for record in writer.records(0, writer.newest().number)]
    return next(event for event in reversed(events) if isinstance(event, kind))


def test_the_demo_tree_has_five_levels(deployment: Deployed, governing: Governing) -> None:
    assert [office.level for office in deployment.offices] == [1, 2, 3, 4, 5]
    for office in deployment.offices:
        assert governing.agency_by_code(office.code) == office.agency
        assert governing.holds_type(office.agency, 8)
        assert governing.lists_key(office.agency, office.public_key.kid)
    assert governing.agency_by_code(credit_code(999)) is None
    assert not governing.holds_type(1, 999)
    assert not governing.lists_key(1, bytes(32))
    assert governing.type_digest(1, 1) is not None
    assert governing.type_digest(1, 2) is None


def test_the_council_lists_hosts_and_corrects_agencies(deployment: Deployed, governing: Governing) -> None:
    governing.council.set_verifying_host("verify.example.cn", listed=True)
    assert last(deployment, VerifyingHostSet) == VerifyingHostSet("verify.example.cn", listed=True)
    office = deployment.offices[4]
    governing.council.correct_agency(office.agency, code=office.code, name="演示新村")
    assert last(deployment, AgencyCorrected) == AgencyCorrected(office.agency, office.code, "演示新村")
    governing.council.correct_agency(office.agency, code=office.code, name=office.name)


def test_the_council_names_managers_and_retires_types(deployment: Deployed, governing: Governing) -> None:
    named = signer("named manager")
    governing.council.name_manager(deployment.offices[3].agency, named.address)
    assert deployment.writer().capabilities(deployment.offices[3].agency, named.address) == Capability.MANAGE
    governing.council.register_types([(77, 1, b"\x07" * 32)])
    governing.council.retire_type(77, 1)
    assert last(deployment, TypeRetired) == TypeRetired(77, 1)


def test_the_council_changes_its_members_and_names_a_successor(fresh_anvil: Anvil, fresh_deployment: Deployed) -> None:
    governing = fresh_deployment.governing()
    fourth = signer("member 3")
    governing.council.add_member(fourth.address, threshold=3)
    assert last(fresh_deployment, MemberAdded) == MemberAdded(fourth.address, 3)
    governing.council.remove_member(fourth.address, threshold=2)
    successor = fresh_deployment.record.agencies_address
    governing.council.name_successor(successor, b"\x09" * 32)
    assert last(fresh_deployment, SuccessorNamed) == SuccessorNamed(successor, b"\x09" * 32)


def test_the_council_lifts_what_an_agency_set(deployment: Deployed, governing: Governing) -> None:
    office = deployment.offices[0]
    (leaf,) = leaves_of("council lifts", 1)
    officers = [office.preparer, office.approver]
    revoked = StatusToChange(office.agency, office.agency, (leaf,), (0,), Track.REVOKED, 490_000, 0, b"\x01" * 32)
    deployment.change_status(officers, revoked)
    held = deployment.writer().status(office.agency, leaf)
    lifted = StatusToChange(office.agency, 0, (leaf,), (held,), Track.REVOKED, 0, 0, b"\x02" * 32)
    with pytest.raises(RegistryRefused, match="NotTheCouncil"):
        deployment.change_status(officers, lifted)
    governing.council.change_status(lifted)
    assert deployment.writer().status(office.agency, leaf) % (1 << 240) == 0


def test_policies_are_set_and_demanded(deployment: Deployed, governing: Governing) -> None:
    above, office = deployment.offices[2], deployment.offices[3]
    writer = deployment.writer()
    governing.set_own_approvals(office.agency, 2, by=office.managers[:1])
    assert writer.required_approvals(office.agency) == 2
    governing.demand_approvals(office.agency, 3, by=above.managers[:1])
    assert writer.required_approvals(office.agency) == 3
    governing.demand_approvals(office.agency, 0, by=above.managers)
    governing.set_own_approvals(office.agency, 1, by=office.managers)
    assert writer.required_approvals(office.agency) == 1


def test_types_are_withdrawn_and_granted_again(deployment: Deployed, governing: Governing) -> None:
    above, office = deployment.offices[2], deployment.offices[3]
    governing.withdraw_type(office.agency, 7, by=above.managers[:1])
    assert not governing.holds_type(office.agency, 7)
    governing.grant_type(office.agency, 7, by=above.managers)
    assert governing.holds_type(office.agency, 7)


def test_a_key_is_cut_off_by_its_agency_and_lifted_from_above(deployment: Deployed, governing: Governing) -> None:
    above, office = deployment.offices[2], deployment.offices[3]
    public = document_key("to be cut off").public_key().public_numbers()
    kid = governing.add_key(
        office.agency, x=public.x.to_bytes(32), y=public.y.to_bytes(32), valid_from=0, by=office.managers
    )
    governing.cut_off_key(office.agency, kid, 5, by=office.managers[:1])
    assert last(deployment, KeyCutOff) == KeyCutOff(office.agency, kid, 5, (office.managers[0].address,))
    with pytest.raises(RegistryRefused, match="ConsentInsufficient"):
        governing.cut_off_key(office.agency, kid, NO_CUT_OFF, by=office.managers)
    governing.cut_off_key(office.agency, kid, NO_CUT_OFF, by=above.managers, council=False)


def test_too_little_consent_is_refused_with_who_signed(deployment: Deployed, governing: Governing) -> None:
    office = deployment.offices[1]
    with pytest.raises(RegistryRefused) as caught:
        governing.set_officer(office.agency, signer("new").address, Capability.APPROVE, by=office.managers[:1])
    assert caught.value.name == "ConsentInsufficient"
    assert caught.value.arguments == {"signers": (f"0x{office.managers[0].address.hex()}",)}


def test_what_a_council_call_reverts_with_comes_through(governing: Governing) -> None:
    with pytest.raises(RegistryRefused, match="TypeAlreadyRegistered"):
        governing.council.register_types([(1, 1, b"\x01" * 32)])


def test_a_council_without_enough_keys_does_nothing(deployment: Deployed) -> None:
    writer = deployment.writer()
    before = writer.newest().number
    with pytest.raises(SigningFailed, match="got the keys of 1 council members, wanted 2"):
        Council(writer, deployment.members[:1]).retire_type(1, 1)
    without = Governing(writer, sender=deployment.sender)
    with pytest.raises(SigningFailed, match="no member's key was given"):
        without.grant_type(1, 1, council=True)
    assert writer.newest().number == before


def test_a_receipt_without_the_event_looked_for_is_said(deployment: Deployed, governing: Governing) -> None:
    receipt = governing.council.set_verifying_host("other.example.cn", listed=False)
    with pytest.raises(RegistryUnavailable, match="shows no ProposalMade"):
        event_of(receipt, ProposalMade)

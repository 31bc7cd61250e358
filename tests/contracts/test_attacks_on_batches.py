"""Attacks on anchoring: each test is what somebody might try, and that it fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import rlp
from coincurve import PrivateKey
from eth_abi import encode
from eth_utils import keccak

from tests.contracts.bytecode import FORWARDER, caller
from tests.contracts.model import NOBODY
from tests.contracts.model_certificates import root_of
from tests.contracts.model_consents import APPROVE, MANAGE, PREPARE
from tests.contracts.node import ANYBODY
from tests.contracts.people import BATCH, Person, digest, domain_separator, high_s, person
from tests.contracts.registry import APPROVER, PREPARER, Contract
from tests.contracts.world import (
    BANNER,
    LEAGUE,
    REGION,
    World,
    approver,
    credit_code,
    leaves,
    manager,
    managers,
    preparer,
)

if TYPE_CHECKING:
    from tests.contracts.conftest import Refusal

JACK = person("jack of all trades")
OTHER_ID = keccak(text="another registry")


def install(world: World, code: bytes, name: str) -> str:
    """Put a contract on the chain."""
    address = person(name).address
    world.node.ask("anvil_setCode", address, "0x" + code.hex())
    return address


def anchoring(world: World, batch: list[bytes], agency: int = BANNER) -> bytes:
    """Return calldata that would anchor a batch."""
    return world.certificates.data("anchor", agency, 1, 1, batch, world.approvals(agency, 1, 1, batch))


def forwarded(world: World, data: bytes) -> bytes:
    """Return calldata for the forwarder."""
    return encode(["address"], [world.certificates.address]) + data


def authorisation(world: World, authority: Person, code_at: str, nonce: int) -> dict[str, str]:
    """Sign an EIP-7702 authorisation: the authority's account takes over a contract's code."""
    message = rlp.encode([world.node.chain_id, bytes.fromhex(code_at[2:]), nonce])
    signature = PrivateKey(authority.secret).sign_recoverable(keccak(b"\x05" + message), hasher=None)
    return {
        "chainId": hex(world.node.chain_id),
        "address": code_at,
        "nonce": hex(nonce),
        "yParity": hex(signature[64]),
        "r": "0x" + signature[:32].hex(),
        "s": "0x" + signature[32:64].hex(),
    }


# Hiding the leaves: what is anchored must stand in the transaction's calldata.


def test_forwarder_does_forward(world: World) -> None:
    """Without this the next tests could pass for the wrong reason."""
    address = install(world, FORWARDER, "forwarder")
    data = forwarded(world, world.certificates.data("sequence", BANNER))
    assert world.node.call(address, data) == bytes(32)


def test_delegated_account_cannot_hide_leaves(world: World, refused: Refusal) -> None:
    """EIP-7702: an account that runs code calls itself, so that sender and origin are the same account."""
    code_at = install(world, FORWARDER, "forwarder")
    world.node.fund(JACK.address)
    data = forwarded(world, anchoring(world, leaves(2)))
    nonce = int(world.node.ask("eth_getTransactionCount", JACK.address, "latest"), 16)
    signed = authorisation(world, JACK, code_at, nonce + 1)
    with refused("NotAPlainAccount", JACK.address):
        world.send(
            Contract(world.certificates.artifact, JACK.address),
            data,
            sender=JACK.address,
            authorizationList=[signed],
        )
    assert world.node.ask("eth_getCode", JACK.address, "latest") == "0xef0100" + code_at[2:]
    with refused("NotAPlainAccount", JACK.address):
        world.send(world.certificates, anchoring(world, leaves(2)), sender=JACK.address)


def test_contract_cannot_anchor(world: World, refused: Refusal) -> None:
    address = install(world, FORWARDER, "forwarder")
    for function in ("anchor", "replace"):
        batch = leaves(2)
        old = [leaves(2, "old"), 5] if function == "replace" else []
        how = {"replaces": old[0], "start": 5} if old else {}
        approvals = world.approvals(BANNER, 1, 1, batch, **how)
        data = world.certificates.data(function, BANNER, 1, 1, batch, *old, approvals)
        with refused("NotAPlainAccount", address):
            world.act_through(address, forwarded(world, data))


def test_contract_under_construction_cannot_anchor(world: World, refused: Refusal) -> None:
    """In its constructor a contract has no code yet; it is not the transaction's origin either."""
    data = anchoring(world, leaves(2))
    with refused("NotAPlainAccount"):
        world.act_through(None, caller(world.certificates.address, data))


def test_delegation_that_was_withdrawn_leaves_a_plain_account(world: World) -> None:
    code_at = install(world, FORWARDER, "forwarder")
    world.node.fund(JACK.address)
    harmless = forwarded(world, world.certificates.data("test"))
    for target in (code_at, NOBODY):
        nonce = int(world.node.ask("eth_getTransactionCount", JACK.address, "latest"), 16)
        signed = authorisation(world, JACK, target, nonce)
        world.node.send(JACK.address, harmless, sender=ANYBODY, authorizationList=[signed])
    assert world.node.ask("eth_getCode", JACK.address, "latest") == "0x"
    assert world.send(world.certificates, anchoring(world, leaves(2)), sender=JACK.address)


# Calldata that says the same in other bytes could be read differently by others.


def test_trailing_calldata_is_refused(world: World, refused: Refusal) -> None:
    data = anchoring(world, leaves(2))
    for trailing in (b"\0", b"\0" * 32, b"more leaves"):
        with refused("CalldataNotCanonical"):
            world.send(world.certificates, data + trailing)
    assert world.send(world.certificates, data)


@pytest.mark.parametrize("argument", [0, 1, 2])
def test_dirty_numbers_are_refused(world: World, refused: Refusal, argument: int) -> None:
    data = bytearray(anchoring(world, leaves(2)))
    data[4 + 32 * argument] = 1
    with refused("without a reason"):
        world.send(world.certificates, bytes(data))


def test_dirty_padding_of_signatures_is_refused(world: World, refused: Refusal) -> None:
    data = bytearray(anchoring(world, leaves(2)))
    assert data[-31:] == bytes(31)  # 65 bytes of a signature leave 31 of padding.
    data[-1] = 1
    with refused("CalldataNotCanonical"):
        world.send(world.certificates, bytes(data))


def test_missing_padding_is_refused(world: World, refused: Refusal) -> None:
    data = anchoring(world, leaves(2))
    for missing in (1, 31):
        with refused("CalldataNotCanonical"):
            world.send(world.certificates, data[:-missing])


def test_leaves_elsewhere_in_calldata_are_refused(world: World, refused: Refusal) -> None:
    """The offset says where the leaves are: behind a decoy, or behind the signatures."""
    batch, decoy = leaves(2), leaves(2, "decoy")
    approvals = world.approvals(BANNER, 1, 1, batch)
    selector = world.certificates.artifact.functions["anchor"].selector
    kind = world.certificates.artifact.functions["anchor"].inputs[-1]
    numbers = encode(["uint32", "uint32", "uint16"], [BANNER, 1, 1])
    listed, hidden = (encode(["bytes32[]"], [each])[32:] for each in (batch, decoy))
    signed = encode([kind], [approvals])[32:]
    start = 5 * 32
    moved = [
        (start + len(hidden), start + len(hidden) + len(listed), hidden + listed + signed),
        (start + len(signed), start, signed + listed),
        (start + 32, start + 32 + len(listed), bytes(32) + listed + signed),
    ]
    assert (
        anchoring(world, batch)
        == selector + numbers + encode(["uint256", "uint256"], [start, start + len(listed)]) + listed + signed
    )
    for leaves_at, signatures_at, rest in moved:
        data = selector + numbers + encode(["uint256", "uint256"], [leaves_at, signatures_at]) + rest
        with refused("CalldataNotCanonical"):
            world.send(world.certificates, data)


def test_replacing_takes_canonical_calldata_only(world: World, refused: Refusal) -> None:
    old, new = leaves(2, "old"), leaves(2, "new")
    approvals = world.approvals(BANNER, 1, 1, new, replaces=old, start=5)
    data = world.certificates.data("replace", BANNER, 1, 1, new, old, 5, approvals)
    with refused("CalldataNotCanonical"):
        world.send(world.certificates, data + b"\0")
    assert world.send(world.certificates, data)


# Approvals: each is for one batch, one role, one registry, until its deadline, by an officer who is one still.


def test_approval_for_another_registry_does_not_count(world: World, refused: Refusal) -> None:
    """Same contract, chain and batch, but another registry id was signed; or another contract."""
    batch = leaves(2)
    deadline = world.soon()
    entry = (BANNER, 1, 1, root_of(batch), 2)
    elsewhere = domain_separator("Yinxin Certificates", world.node.chain_id, world.agencies.address)
    foreign = domain_separator("Yinxin Certificates", world.node.chain_id + 1, world.certificates.address)
    renamed = domain_separator("Yinxin Agencies", world.node.chain_id, world.certificates.address)
    for registry_id, separator in (
        (OTHER_ID, None),
        (world.registry_id, elsewhere),
        (world.registry_id, foreign),
        (world.registry_id, renamed),
    ):
        signatures = []
        for officer, role in ((preparer(BANNER), PREPARER), (approver(BANNER), APPROVER)):
            if separator is None:
                signed = world.batch_digest(*entry, role=role, deadline=deadline, registry_id=registry_id)
            else:
                values = [registry_id, *entry, bytes(32), 0, role, deadline]
                signed = digest(BATCH, values, separator=separator)
            signatures.append(officer.sign(signed))
        with refused("LacksCapability"):
            world.act(world.certificates, "anchor", BANNER, 1, 1, batch, (deadline, signatures[0], signatures[1:]))


def test_approvals_from_one_registry_do_not_work_in_its_twin(world: World, refused: Refusal) -> None:
    twin = World(world.node)
    batch = leaves(2)
    approvals = world.approvals(BANNER, 1, 1, batch)
    with refused("LacksCapability"):
        twin.act(twin.certificates, "anchor", BANNER, 1, 1, batch, approvals)


def test_approval_of_another_batch_does_not_count(world: World, refused: Refusal) -> None:
    signed = world.approvals(BANNER, 1, 1, leaves(2))
    for agency, certificate_type, version, batch in (
        (BANNER, 1, 1, leaves(2, "other")),
        (BANNER, 1, 1, leaves(2)[::-1]),
        (BANNER, 1, 1, [root_of(leaves(2))]),
        (BANNER, 1, 2, leaves(2)),
        (LEAGUE, 1, 1, leaves(2)),
    ):
        with refused("LacksCapability"):
            world.act(world.certificates, "anchor", agency, certificate_type, version, batch, signed)
    with refused("LacksCapability"):
        world.act(world.certificates, "replace", BANNER, 1, 1, leaves(2), leaves(2, "old"), 5, signed)


def test_approval_to_replace_does_not_count_for_other_old_leaves_or_dates(world: World, refused: Refusal) -> None:
    new, old = leaves(2, "new"), leaves(2, "old")
    signed = world.approvals(BANNER, 1, 1, new, replaces=old, start=5)
    for others, start in ((old[::-1], 5), (leaves(2, "others"), 5), (old, 6)):
        with refused("LacksCapability"):
            world.act(world.certificates, "replace", BANNER, 1, 1, new, others, start, signed)
    with refused("LacksCapability"):
        world.act(world.certificates, "anchor", BANNER, 1, 1, new, signed)


def test_approval_in_another_role_does_not_count(world: World, refused: Refusal) -> None:
    """Even of an officer who may do both: what was signed says in which role."""
    world.by(managers(BANNER), "setOfficer", BANNER, JACK.address, PREPARE | APPROVE)
    batch = leaves(2)
    deadline, prepared, [approved] = world.approvals(BANNER, 1, 1, batch, by=JACK, approved=[JACK])
    own = world.approvals(BANNER, 1, 1, batch, deadline=deadline)
    for first, second in ((approved, own[2][0]), (own[1], prepared)):
        with refused("LacksCapability"):
            world.act(world.certificates, "anchor", BANNER, 1, 1, batch, (deadline, first, [second]))
    assert world.act(world.certificates, "anchor", BANNER, 1, 1, batch, (deadline, own[1], [approved]))


def test_approval_after_its_deadline_does_not_count(world: World, refused: Refusal) -> None:
    batch = leaves(2)
    approvals = world.approvals(BANNER, 1, 1, batch, deadline=world.node.block_number() + 2)
    world.node.mine(2)
    with refused("SignaturesExpired"):
        world.act(world.certificates, "anchor", BANNER, 1, 1, batch, approvals)
    with refused("LacksCapability"):
        world.act(world.certificates, "anchor", BANNER, 1, 1, batch, (world.soon(), *approvals[1:]))


@pytest.mark.parametrize("removed", [preparer(BANNER), approver(BANNER)], ids=["preparer", "approver"])
def test_approval_after_the_officers_removal_does_not_count(world: World, refused: Refusal, removed: Person) -> None:
    batch = leaves(2)
    approvals = world.approvals(BANNER, 1, 1, batch)
    world.by([manager(BANNER)], "setOfficer", BANNER, removed.address, 0)
    with refused("LacksCapability"):
        world.act(world.certificates, "anchor", BANNER, 1, 1, batch, approvals)


def test_approver_cannot_be_the_preparer(world: World, refused: Refusal) -> None:
    world.by(managers(BANNER), "setOfficer", BANNER, JACK.address, PREPARE | APPROVE)
    with refused("OfficerRepeated", JACK.address):
        world.anchor(BANNER, leaves(2), by=JACK, approved=[JACK])
    with refused("OfficerRepeated", JACK.address):
        world.anchor(BANNER, leaves(2), by=JACK, approved=[approver(BANNER), JACK])


def test_one_approver_does_not_count_twice(world: World, refused: Refusal) -> None:
    world.by([manager(BANNER)], "setOwnApprovals", BANNER, 2)
    with refused("OfficerRepeated", approver(BANNER).address):
        world.anchor(BANNER, leaves(2), approved=[approver(BANNER), approver(BANNER)])


def test_officers_of_another_agency_do_not_approve(world: World, refused: Refusal) -> None:
    for agency in (LEAGUE, REGION):
        with refused("LacksCapability"):
            world.anchor(BANNER, leaves(2), by=preparer(agency))
        with refused("LacksCapability"):
            world.anchor(BANNER, leaves(2), approved=[approver(agency)])


def test_signature_with_high_s_is_refused(world: World, refused: Refusal) -> None:
    deadline, prepared, approved = world.approvals(BANNER, 1, 1, leaves(2))
    with refused("ECDSAInvalidSignatureS"):
        world.act(world.certificates, "anchor", BANNER, 1, 1, leaves(2), (deadline, high_s(prepared), approved))


def test_signature_of_another_length_is_refused(world: World, refused: Refusal) -> None:
    deadline, prepared, approved = world.approvals(BANNER, 1, 1, leaves(2))
    for signature in (b"", prepared[:64], prepared + b"\0"):
        with refused("ECDSAInvalidSignatureLength", len(signature)):
            world.act(world.certificates, "anchor", BANNER, 1, 1, leaves(2), (deadline, signature, approved))


def test_signature_of_nobody_is_refused(world: World, refused: Refusal) -> None:
    """Whatever does not recover to an account must not recover to the zero address, which holds nothing."""
    deadline, prepared, approved = world.approvals(BANNER, 1, 1, leaves(2))
    for signature in (bytes(65), prepared[:64] + b"\0", prepared[:64] + b"\x1d", b"\xff" * 32 + prepared[32:]):
        with refused("ECDSAInvalidSignature"):
            world.act(world.certificates, "anchor", BANNER, 1, 1, leaves(2), (deadline, signature, approved))


# One person alone.


def test_one_person_alone_cannot_anchor(world: World, refused: Refusal) -> None:
    """Not even one with every capability here and above, with as many wallets as they like."""
    wallets = [person(f"wallet {i}") for i in range(3)]
    everything = PREPARE | APPROVE | MANAGE
    for agency in (LEAGUE, BANNER):
        world.by(managers(agency), "setOfficer", agency, JACK.address, everything)
    batch = leaves(2)
    with refused("OfficerRepeated", JACK.address):
        world.anchor(BANNER, batch, by=JACK, approved=[JACK])
    with refused("TooFewApprovals", 0, 1):
        world.anchor(BANNER, batch, by=JACK, approved=[])
    for wallet in wallets:
        with refused("LacksCapability", BANNER, wallet.address, APPROVE):
            world.anchor(BANNER, batch, by=JACK, approved=[wallet])
        for signers in ([JACK], [JACK, wallet], [wallet]):
            with refused("ConsentInsufficient"):
                world.by(signers, "setOfficer", BANNER, wallet.address, APPROVE)
    with refused("SignerRepeated", JACK.address):
        world.by([JACK, JACK], "setOfficer", BANNER, wallets[0].address, APPROVE)
    with refused("ConsentInsufficient"):
        world.by([JACK], "registerAgency", LEAGUE, credit_code(50), "演示", wallets[0].address)


def test_child_does_not_keep_a_type_its_parent_lost(world: World, refused: Refusal) -> None:
    world.decide(world.agencies, "withdrawType", REGION, 1, (0, []))
    assert world.see(world.agencies, "holdsType", BANNER, 1) is True
    with refused("TypeNotHeld", REGION, 1):
        world.anchor(BANNER, leaves(2))
    with refused("TypeNotHeld", REGION, 1):
        world.by(managers(LEAGUE), "grantType", BANNER, 1)


def test_same_root_under_another_type_is_refused(world: World, refused: Refusal) -> None:
    world.anchor(REGION, leaves(2))
    with refused("BatchExists", REGION, root_of(leaves(2))):
        world.anchor(REGION, leaves(2), certificate_type=2)


def test_inner_node_cannot_stand_in_for_a_leaf(world: World, refused: Refusal) -> None:
    """Two leaves that are the inner nodes of a batch of four make its root; the size is recorded with it."""
    four = leaves(4)
    world.anchor(BANNER, four)
    inner = [root_of(four[:2]), root_of(four[2:])]
    assert root_of(inner) == root_of(four)
    with refused("BatchExists", BANNER, root_of(four)):
        world.anchor(BANNER, inner)
    assert world.see(world.certificates, "batch", BANNER, root_of(four))[2] == 4


def test_nobody_blocks_anothers_root(world: World) -> None:
    """Whoever sees a root before it is anchored may anchor it in the name of their own agency only."""
    world.anchor(LEAGUE, leaves(2), version=2)
    assert world.anchor(BANNER, leaves(2))

"""Transactions through nodes and networks that fail, exactly once each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from chain.errors import (
    InvalidInput,
    NonceTaken,
    RegistryMismatch,
    RegistryRefused,
    RegistryUnavailable,
    SenderRefused,
    TransactionLost,
)
from chain.ethereum import sending as sending_module
from chain.ethereum.governing import Governing
from chain.events import Capability, Track
from chain.registry import StatusToChange
from tests.deployed import batch_of, leaves_of, mined, root_of, signed_anchor, signer
from tests.faults.chaos_proxy import ChaosProxy, Way

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chain.ethereum.network import Anvil
    from chain.ethereum.writer import EthereumWriter
    from chain.registry import BatchToAnchor, SignedTransaction
    from tests.deployed import Deployed


@pytest.fixture
def proxy(anvil: Anvil) -> Iterator[ChaosProxy]:
    with ChaosProxy(anvil.url) as running:
        yield running


@pytest.fixture
def writer(deployment: Deployed, proxy: ChaosProxy) -> EthereumWriter:
    return deployment.writer(proxy.url)


@pytest.fixture
def batch(deployment: Deployed, request: pytest.FixtureRequest) -> BatchToAnchor:
    return batch_of(deployment.offices[0], request.node.name)


@pytest.fixture
def signed(deployment: Deployed, batch: BatchToAnchor) -> SignedTransaction:
    return signed_anchor(deployment.writer(), deployment.sender, deployment.offices[0], batch)


def anchored_times(deployment: Deployed, batch: BatchToAnchor) -> int:
    """Count how often a batch was recorded."""
    registry = deployment.writer()
    root = root_of(batch)
    records = registry.records(0, registry.newest().number)
    return sum(getattr(record.event, "root", None) == root for record in records)


@pytest.mark.parametrize("way", [Way.DROP_AFTER, Way.CUT, Way.TRUNCATED, Way.WRONG_ID])
def test_a_lost_reply_leaves_it_open_and_sending_again_is_harmless(  # noqa: PLR0917 - fixtures
    deployment: Deployed,
    proxy: ChaosProxy,
    writer: EthereumWriter,
    batch: BatchToAnchor,
    signed: SignedTransaction,
    way: Way,
) -> None:
    proxy.fail(way, "eth_sendRawTransaction", times=1)
    with pytest.raises(RegistryUnavailable):
        writer.send(signed)
    assert proxy.passed_on["eth_sendRawTransaction"] == 1, "sent exactly once"
    writer.send(signed)
    assert mined(writer, signed.hash).succeeded
    assert anchored_times(deployment, batch) == 1
    assert writer.next_nonce(signed.sender) == signed.nonce + 1


def test_a_transaction_lost_on_its_way_can_be_sent_again(
    deployment: Deployed, proxy: ChaosProxy, writer: EthereumWriter, batch: BatchToAnchor, signed: SignedTransaction
) -> None:
    proxy.fail(Way.DROP_BEFORE, "eth_sendRawTransaction", times=1)
    with pytest.raises(RegistryUnavailable):
        writer.send(signed)
    assert not writer.knows(signed.hash)
    writer.send(signed)
    assert mined(writer, signed.hash).succeeded
    assert anchored_times(deployment, batch) == 1


def test_a_transaction_that_arrives_twice_counts_once(
    deployment: Deployed, proxy: ChaosProxy, writer: EthereumWriter, batch: BatchToAnchor, signed: SignedTransaction
) -> None:
    proxy.fail(Way.DUPLICATE, "eth_sendRawTransaction")
    writer.send(signed)
    assert mined(writer, signed.hash).succeeded
    assert anchored_times(deployment, batch) == 1


def test_a_node_that_has_the_transaction_waiting_is_content(fresh_anvil: Anvil, fresh_deployment: Deployed) -> None:
    fresh_anvil.ask("evm_setAutomine", False)  # noqa: FBT003 - the RPC's own argument
    writer = fresh_deployment.writer()
    office = fresh_deployment.offices[0]
    signed = signed_anchor(writer, fresh_deployment.sender, office, batch_of(office, "waiting"))
    writer.send(signed)
    writer.send(signed)
    assert writer.knows(signed.hash)
    assert writer.receipt(signed.hash) is None
    fresh_anvil.mine()
    assert mined(writer, signed.hash).succeeded


def test_a_nonce_held_by_a_waiting_foreign_transaction_is_taken(fresh_anvil: Anvil, fresh_deployment: Deployed) -> None:
    writer = fresh_deployment.writer()
    office = fresh_deployment.offices[0]
    first, second = (
        signed_anchor(writer, fresh_deployment.sender, office, batch_of(office, f"foreign {index}"))
        for index in range(2)
    )
    fresh_anvil.ask("evm_setAutomine", False)  # noqa: FBT003 - the RPC's own argument
    writer.send(first)
    with pytest.raises(NonceTaken, match=f"nonce {second.nonce}"):
        writer.send(second)


@pytest.mark.parametrize("said", ["Known transaction", "already known", "nonce too low"])
def test_a_node_that_says_it_knows_a_transaction_it_does_not_have_is_not_believed(
    proxy: ChaosProxy, writer: EthereumWriter, signed: SignedTransaction, said: str
) -> None:
    proxy.refuse({"code": -32000, "message": said}, "eth_sendRawTransaction")
    proxy.answer(None, "eth_getTransactionByHash")
    with pytest.raises((RegistryUnavailable, NonceTaken)):
        writer.send(signed)


@pytest.mark.parametrize(
    "error",
    [
        {"code": -32007, "message": "Sender account not authorized to send transactions"},
        {"code": -32000, "message": "Gas price not 0"},
        {"code": -32000, "message": "insufficient funds for gas * price + value"},
    ],
    ids=["permissioning", "gas price", "funds"],
)
def test_a_node_that_refuses_the_sender_is_said(
    proxy: ChaosProxy, writer: EthereumWriter, signed: SignedTransaction, error: dict[str, Any]
) -> None:
    proxy.refuse(error, "eth_sendRawTransaction")
    with pytest.raises(SenderRefused, match=signed.sender.hex()):
        writer.send(signed)


def test_a_sender_without_money_is_refused_by_the_node(deployment: Deployed, batch: BatchToAnchor) -> None:
    writer = deployment.writer()
    poor = signer("somebody without money")
    signed = signed_anchor(writer, poor, deployment.offices[0], batch)
    with pytest.raises(SenderRefused):
        writer.send(signed)


def test_a_node_on_another_chain_is_sent_nothing(
    proxy: ChaosProxy, writer: EthereumWriter, signed: SignedTransaction
) -> None:
    writer.known()
    proxy.answer("0x1", "eth_chainId")
    with pytest.raises(RegistryMismatch, match="serves chain 1, the transaction is for chain 31337"):
        writer.send(signed)
    assert proxy.asked["eth_sendRawTransaction"] == 0


def test_another_hash_than_ours_is_unavailable(
    proxy: ChaosProxy, writer: EthereumWriter, signed: SignedTransaction
) -> None:
    proxy.answer(f"0x{7:064x}", "eth_sendRawTransaction")
    with pytest.raises(RegistryUnavailable, match="wanted 0x"):
        writer.send(signed)


@pytest.mark.parametrize("way", [Way.DROP_BEFORE, Way.TRUNCATED, Way.TOO_MANY_REQUESTS])
@pytest.mark.parametrize("method", ["eth_call", "eth_estimateGas", "eth_getBlockByNumber"])
def test_nothing_is_signed_while_the_node_fails(  # noqa: PLR0917 - fixtures
    deployment: Deployed, proxy: ChaosProxy, writer: EthereumWriter, batch: BatchToAnchor, way: Way, method: str
) -> None:
    proxy.fail(way, method)
    with pytest.raises(RegistryUnavailable):
        signed_anchor(writer, deployment.sender, deployment.offices[0], batch)


def test_a_receipt_that_comes_late_is_waited_for(
    proxy: ChaosProxy, writer: EthereumWriter, signed: SignedTransaction
) -> None:
    writer.send(signed)
    proxy.answer(None, "eth_getTransactionReceipt", times=3)
    assert [writer.receipt(signed.hash) for _ in range(3)] == [None] * 3
    assert mined(writer, signed.hash).succeeded


def test_a_receipt_of_a_block_that_is_not_on_the_chain_is_none(
    proxy: ChaosProxy, writer: EthereumWriter, signed: SignedTransaction
) -> None:
    writer.send(signed)
    mined(writer, signed.hash)
    proxy.lie(lambda _m, _p, receipt: {**receipt, "blockHash": f"0x{7:064x}"}, "eth_getTransactionReceipt")
    assert writer.receipt(signed.hash) is None


def test_a_receipt_of_another_transaction_is_unavailable(
    proxy: ChaosProxy, writer: EthereumWriter, signed: SignedTransaction
) -> None:
    writer.send(signed)
    mined(writer, signed.hash)
    proxy.lie(lambda _m, _p, receipt: {**receipt, "transactionHash": f"0x{7:064x}"}, "eth_getTransactionReceipt")
    with pytest.raises(RegistryUnavailable, match="another transaction"):
        writer.receipt(signed.hash)


def test_a_transaction_that_failed_when_mined_says_so(fresh_anvil: Anvil, fresh_deployment: Deployed) -> None:
    """Between trying and mining an officer lost their rights."""
    office = fresh_deployment.offices[0]
    writer = fresh_deployment.writer()
    batch = batch_of(office, "too late")
    signed = signed_anchor(writer, fresh_deployment.sender, office, batch)
    other = signer("another sender")
    fresh_anvil.fund(other.address)
    governing = Governing(writer, sender=other)
    governing.set_officer(office.agency, office.approver.address, Capability(0), by=office.managers[:1])
    writer.send(signed)
    receipt = mined(writer, signed.hash)
    assert not receipt.succeeded
    assert receipt.records == ()
    assert writer.batch_block(office.agency, root_of(batch)) is None


def test_fees_follow_the_rules_of_the_block(deployment: Deployed, proxy: ChaosProxy, writer: EthereumWriter) -> None:
    office = deployment.offices[0]
    dynamic = signed_anchor(writer, deployment.sender, office, batch_of(office, "dynamic fee"))
    assert dynamic.raw[0] == 2
    proxy.lie(
        lambda _m, _p, block: {name: value for name, value in block.items() if name != "baseFeePerGas"},
        "eth_getBlockByNumber",
    )
    proxy.answer("0x0", "eth_gasPrice")
    legacy = signed_anchor(writer, deployment.sender, office, batch_of(office, "legacy fee"))
    assert legacy.raw[0] >= 0xC0
    assert proxy.asked["eth_gasPrice"] == 1


def test_a_chain_without_priority_fees_is_paid_none(
    deployment: Deployed, proxy: ChaosProxy, writer: EthereumWriter, batch: BatchToAnchor
) -> None:
    proxy.refuse({"code": -32601, "message": "no such method"}, "eth_maxPriorityFeePerGas")
    assert signed_anchor(writer, deployment.sender, deployment.offices[0], batch).raw[0] == 2


def test_a_call_larger_than_a_block_is_refused(
    deployment: Deployed, proxy: ChaosProxy, writer: EthereumWriter, batch: BatchToAnchor
) -> None:
    proxy.answer(hex(10**9), "eth_estimateGas")
    with pytest.raises(SenderRefused, match="a block of this chain holds"):
        signed_anchor(writer, deployment.sender, deployment.offices[0], batch)


def test_a_node_that_would_revert_only_when_estimating_is_a_refusal(
    deployment: Deployed, proxy: ChaosProxy, writer: EthereumWriter, batch: BatchToAnchor
) -> None:
    proxy.refuse({"code": 3, "message": "execution reverted"}, "eth_estimateGas")
    with pytest.raises(RegistryRefused, match="Reverted"):
        signed_anchor(writer, deployment.sender, deployment.offices[0], batch)


def test_held_slots_must_be_as_many_as_leaves(deployment: Deployed) -> None:
    change = StatusToChange(1, 1, leaves_of("held", 2), (0,), Track.LOSS, 490_000, 0, b"\x01" * 32)
    with pytest.raises(InvalidInput, match="got 1 held slots for 2 leaves"):
        deployment.writer().status_digest(change, deadline=99)


def test_a_transaction_that_the_node_forgot_is_lost(
    fresh_anvil: Anvil, fresh_deployment: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending_module, "LEAST_WAIT_S", 0.05)
    monkeypatch.setattr(sending_module, "PERIODS_TO_WAIT", 0)
    fresh_anvil.ask("evm_setAutomine", False)  # noqa: FBT003 - the RPC's own argument
    writer = fresh_deployment.writer()
    office = fresh_deployment.offices[0]
    signed = signed_anchor(writer, fresh_deployment.sender, office, batch_of(office, "forgotten"))
    writer.send(signed)
    with pytest.raises(RegistryUnavailable, match="was not mined within"):
        writer.sending.wait(signed.hash)
    fresh_anvil.ask("anvil_dropTransaction", f"0x{signed.hash.hex()}")
    with pytest.raises(TransactionLost):
        writer.sending.wait(signed.hash)

"""Reading a registry from a node that may be wrong, and may lie."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from chain.errors import RegistryMismatch, RegistryUnavailable
from chain.ethereum.client import EthereumRegistry, Expected
from chain.ethereum.profiles import ANVIL, BESU_QBFT, FISCO_BCOS
from chain.events import BatchAnchored, RegistryCreated
from chain.steps import List
from tests.deployed import batch_of, root_of
from tests.faults.chaos_proxy import ChaosProxy, Way

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chain.ethereum.network import Anvil
    from chain.events import Record
    from chain.registry import Registry
    from tests.deployed import Deployed


@pytest.fixture
def proxy(anvil: Anvil) -> Iterator[ChaosProxy]:
    with ChaosProxy(anvil.url) as running:
        yield running


def number(params: list[Any], name: str) -> int:
    """Return a number of a question about logs."""
    return int(params[0][name], 16)


def everything(registry: Registry) -> list[Record]:
    return list(registry.records(0, registry.newest().number))


# Which registry it is.


def test_the_identity_is_what_was_deployed(deployment: Deployed) -> None:
    identity = deployment.writer().identity()
    record = deployment.record
    assert (identity.chain_id, identity.genesis_hash) == (record.chain_id, record.genesis_hash)
    assert (identity.registry_id, identity.test) == (record.registry_id, True)
    assert (identity.address, identity.agencies_address) == (record.address, record.agencies_address)


def test_the_first_block_is_found_without_being_told(deployment: Deployed) -> None:
    registry = EthereumRegistry(deployment.url, deployment.record.address, replace(ANVIL, log_range=3))
    assert registry.identity().deployed_at_block == deployment.record.block_number
    assert isinstance(everything(registry)[0].event, RegistryCreated)
    assert registry.identity() == registry.known()


@pytest.mark.parametrize(
    ("expected", "said"),
    [
        (Expected(chain_id=1), "serves chain 31337, wanted chain 1"),
        (Expected(registry_id=bytes(32)), "got registry id 0x[0-9a-f]{64}, wanted 0x00"),
        (Expected(genesis_hash=bytes(32)), "got genesis block 0x[0-9a-f]{64}, wanted 0x00"),
    ],
)
def test_another_registry_than_expected_is_a_mismatch(deployment: Deployed, expected: Expected, said: str) -> None:
    with pytest.raises(RegistryMismatch, match=said):
        EthereumRegistry(deployment.url, deployment.record.address, ANVIL, expected=expected).identity()


def test_an_address_without_a_contract_is_a_mismatch(deployment: Deployed) -> None:
    with pytest.raises(RegistryMismatch, match="there is no contract at 0xdead"):
        EthereumRegistry(deployment.url, bytes.fromhex("dead" * 10), ANVIL).identity()


def test_another_contract_is_a_mismatch(deployment: Deployed) -> None:
    with pytest.raises(RegistryMismatch, match="is not that of our Certificates"):
        EthereumRegistry(deployment.url, deployment.record.agencies_address, ANVIL).identity()


def test_a_profile_for_tests_takes_only_registries_for_tests(deployment: Deployed, proxy: ChaosProxy) -> None:
    true, false = f"0x{1:064x}", f"0x{0:064x}"
    proxy.lie(lambda _method, _params, result: false if result == true else result, "eth_call")
    with pytest.raises(RegistryMismatch, match="not for tests on a chain of profile anvil"):
        deployment.writer(proxy.url).identity()
    other = EthereumRegistry(proxy.url, deployment.record.address, BESU_QBFT, expected=deployment.record.expected)
    assert not other.identity().test


def test_contracts_of_two_registries_are_a_mismatch(deployment: Deployed, proxy: ChaosProxy) -> None:
    registry = deployment.writer(proxy.url)
    agencies = f"0x{deployment.record.agencies_address.hex()}"
    true_id = f"0x{deployment.record.registry_id.hex()}"
    proxy.lie(
        lambda _method, params, told: f"0x{7:064x}" if (params[0]["to"], told) == (agencies, true_id) else told,
        "eth_call",
    )
    with pytest.raises(RegistryMismatch, match="of different registries"):
        registry.identity()


def test_a_node_that_becomes_another_one_is_a_mismatch(deployment: Deployed, proxy: ChaosProxy) -> None:
    registry = EthereumRegistry(proxy.url, deployment.record.address, ANVIL)
    registry.identity()
    genesis = f"0x{7:064x}"
    proxy.lie(
        lambda _method, params, block: {**block, "hash": genesis} if params[0] == "0x0" else block,
        "eth_getBlockByNumber",
    )
    with pytest.raises(RegistryMismatch, match="before it showed"):
        registry.identity()


def test_a_node_that_begins_to_lie_about_its_chain_is_a_mismatch(deployment: Deployed, proxy: ChaosProxy) -> None:
    registry = deployment.writer(proxy.url)
    registry.identity()
    proxy.answer("0x1", "eth_chainId")
    with pytest.raises(RegistryMismatch, match="got chain id 1, wanted 31337"):
        registry.identity()


@pytest.mark.parametrize("way", [Way.DROP_BEFORE, Way.TRUNCATED, Way.SERVER_ERROR, Way.WRONG_ID])
def test_a_node_that_does_not_answer_properly_is_unavailable(deployment: Deployed, proxy: ChaosProxy, way: Way) -> None:
    proxy.fail(way)
    registry = deployment.writer(proxy.url)
    for ask in (registry.identity, registry.newest, lambda: registry.block(1), lambda: everything(registry)):
        with pytest.raises(RegistryUnavailable):
            ask()


def test_a_silent_node_is_unavailable_soon(deployment: Deployed, proxy: ChaosProxy) -> None:
    proxy.fail(Way.SILENT)
    with pytest.raises(RegistryUnavailable, match="timed out"):
        deployment.writer(proxy.url, timeout_s=0.05).newest()


# What happened.


def test_events_come_in_chain_order_with_their_blocks(deployment: Deployed) -> None:
    registry = deployment.writer()
    records = everything(registry)
    places = [(record.block_number, record.log_index) for record in records]
    assert places == sorted(set(places))
    for record in records[:5]:
        block = registry.block(record.block_number)
        assert (record.block_hash, record.block_timestamp) == (block.hash, block.timestamp)


@pytest.mark.parametrize("log_range", [1, 7, 10])
def test_asking_in_small_ranges_gives_the_same_events(deployment: Deployed, log_range: int) -> None:
    profile = replace(FISCO_BCOS, log_range=log_range)
    small = EthereumRegistry(deployment.url, deployment.record.address, profile, expected=deployment.record.expected)
    last = 40
    assert list(small.records(0, last)) == list(deployment.writer().records(0, last))


def test_a_range_that_the_node_refuses_is_asked_in_halves(deployment: Deployed, proxy: ChaosProxy) -> None:
    registry = deployment.writer(proxy.url)
    registry.identity()
    truth = list(deployment.writer().records(0, 20))
    refusal = {"code": -32005, "message": "query exceeds the range limit"}
    proxy.refuse(
        refusal, "eth_getLogs", where=lambda params: number(params, "toBlock") - number(params, "fromBlock") > 4
    )
    assert list(registry.records(0, 20)) == truth
    assert proxy.asked["eth_getLogs"] > 4


def test_a_node_that_refuses_even_one_block_is_unavailable(deployment: Deployed, proxy: ChaosProxy) -> None:
    registry = deployment.writer(proxy.url)
    registry.identity()
    proxy.refuse({"code": -32005, "message": "no"}, "eth_getLogs")
    with pytest.raises(RegistryUnavailable, match="error -32005: no"):
        list(registry.records(0, 20))


def test_the_leaves_of_a_batch_are_read_from_its_transaction(deployment: Deployed) -> None:
    batch = batch_of(deployment.offices[1], "read leaves", 300)
    receipt = deployment.anchor(deployment.offices[1], batch)
    (record,) = deployment.writer().records(receipt.block_number, receipt.block_number)
    assert isinstance(record.event, BatchAnchored)
    assert (record.event.root, record.leaves, record.finding) == (root_of(batch), batch.leaves, "")
    assert receipt.records == (replace(record, leaves=(), transaction=None),)


def test_leaves_that_do_not_make_the_root_are_a_finding_and_stop_nothing(
    deployment: Deployed, proxy: ChaosProxy
) -> None:
    receipt = deployment.anchor(deployment.offices[0], batch_of(deployment.offices[0], "altered leaves"))
    leaf = batch_of(deployment.offices[0], "altered leaves").leaves[1].hex()
    proxy.lie(
        lambda _method, _params, told: {**told, "input": told["input"].replace(leaf, "ab" * 32)},
        "eth_getTransactionByBlockHashAndIndex",
    )
    (record,) = deployment.writer(proxy.url).records(receipt.block_number, receipt.block_number)
    assert record.leaves[1] == b"\xab" * 32
    assert "make the root" in record.finding


def test_another_transaction_than_asked_for_is_unavailable(deployment: Deployed, proxy: ChaosProxy) -> None:
    receipt = deployment.anchor(deployment.offices[0], batch_of(deployment.offices[0], "other transaction"))
    proxy.lie(
        lambda _method, _params, transaction: {**transaction, "hash": f"0x{7:064x}"},
        "eth_getTransactionByBlockHashAndIndex",
    )
    with pytest.raises(RegistryUnavailable, match="another transaction"):
        list(deployment.writer(proxy.url).records(receipt.block_number, receipt.block_number))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"blockHash": f"0x{7:064x}"}, "changed while it was read"),
        ({"removed": True}, "changed while it was read"),
        ({"address": "0x" + "de" * 20}, "which was not asked for"),
        ({"blockNumber": "0xffff"}, "got blocks 65535"),
        ({"data": "0x"}, "bytes that are not"),
        ({"logIndex": None}, "logIndex"),
    ],
    ids=["other block", "removed", "other contract", "out of range", "cut", "no index"],
)
def test_logs_that_cannot_be_true_are_unavailable(
    deployment: Deployed, proxy: ChaosProxy, change: dict[str, Any], said: str
) -> None:
    registry = deployment.writer(proxy.url)
    registry.identity()
    proxy.lie(lambda _method, _params, logs: [{**log, **change} for log in logs], "eth_getLogs")
    first = deployment.record.block_number
    with pytest.raises(RegistryUnavailable, match=said):
        list(registry.records(first, first))


def test_an_event_that_is_none_of_ours_is_a_mismatch(deployment: Deployed, proxy: ChaosProxy) -> None:
    registry = deployment.writer(proxy.url)
    registry.identity()
    proxy.lie(lambda _method, _params, logs: [{**log, "topics": [f"0x{7:064x}"]} for log in logs], "eth_getLogs")
    with pytest.raises(RegistryMismatch):
        everything(registry)


def test_withheld_events_show_in_the_heads(deployment: Deployed, proxy: ChaosProxy) -> None:
    """A node that leaves out logs cannot be caught by one query; whoever replays the heads catches it."""
    registry = deployment.writer(proxy.url)
    registry.identity()
    proxy.lie(lambda _method, _params, logs: logs[:-1], "eth_getLogs")
    assert len(everything(registry)) < len(everything(deployment.writer()))
    assert registry.head(List.RIGHTS) == deployment.writer().head(List.RIGHTS)


# Time and reorganisations.


def test_timestamps_in_milliseconds_are_read_as_seconds(deployment: Deployed, proxy: ChaosProxy) -> None:
    truth = deployment.writer().newest()
    proxy.lie(
        lambda _method, _params, block: {**block, "timestamp": hex(int(block["timestamp"], 16) * 1000 + 999)},
        "eth_getBlockByNumber",
    )
    assert deployment.writer(proxy.url).newest() == truth


def test_extra_data_of_proof_of_authority_does_not_matter(deployment: Deployed, proxy: ChaosProxy) -> None:
    truth = deployment.writer().newest()
    proxy.lie(lambda _method, _params, block: {**block, "extraData": "0x" + "ab" * 250}, "eth_getBlockByNumber")
    assert deployment.writer(proxy.url).newest() == truth


def test_a_block_that_is_not_there_is_unavailable(deployment: Deployed) -> None:
    registry = deployment.writer()
    with pytest.raises(RegistryUnavailable, match="no block 99999999"):
        registry.block(99_999_999)


def test_another_block_than_asked_for_is_unavailable(deployment: Deployed, proxy: ChaosProxy) -> None:
    proxy.lie(lambda _method, _params, block: {**block, "number": "0x5"}, "eth_getBlockByNumber")
    with pytest.raises(RegistryUnavailable, match="got block 5, wanted 1"):
        deployment.writer(proxy.url).block(1)


def test_a_stale_node_shows_its_old_head(deployment: Deployed, proxy: ChaosProxy) -> None:
    proxy.freeze_head(10)
    assert deployment.writer(proxy.url).newest() == deployment.writer().block(10)


def test_a_reorganisation_shows_in_block_hashes(fresh_anvil: Anvil, fresh_deployment: Deployed) -> None:
    office = fresh_deployment.offices[0]
    registry = fresh_deployment.writer()
    before = fresh_anvil.ask("evm_snapshot")
    batch = batch_of(office, "reorganised")
    gone = fresh_deployment.anchor(office, batch)
    assert registry.batch_block(office.agency, root_of(batch)) == gone.block_number
    fresh_anvil.ask("evm_revert", before)
    fresh_anvil.ask("evm_increaseTime", 10)
    fresh_anvil.mine(3)
    assert registry.block(gone.block_number).hash != gone.block_hash
    assert registry.batch_block(office.agency, root_of(batch)) is None
    assert registry.receipt(gone.transaction_hash) is None
    assert list(registry.records(gone.block_number, registry.newest().number)) == []
    assert registry.block(gone.block_number + 1).parent_hash == registry.block(gone.block_number).hash


def test_a_reorganisation_of_the_node_itself_shows_in_block_hashes(
    fresh_anvil: Anvil, fresh_deployment: Deployed
) -> None:
    office = fresh_deployment.offices[0]
    registry = fresh_deployment.writer()
    anchored = fresh_deployment.anchor(office, batch_of(office, "reorganised by the node"))
    fresh_anvil.mine(2)
    fresh_anvil.ask("evm_increaseTime", 10)
    fresh_anvil.ask("anvil_reorg", 3, [])
    assert registry.block(anchored.block_number).hash != anchored.block_hash
    assert registry.newest().number == anchored.block_number + 2

"""One exchange with a node that may be anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chain.errors import RegistryMismatch, RegistryUnavailable
from chain.ethereum.rpc import NodeError, Request, Rpc
from chain.ethereum.wire import data, items, member, quantity
from tests.faults.chaos_proxy import ChaosProxy, Way

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chain.ethereum.network import Anvil


@pytest.fixture
def proxy(anvil: Anvil) -> Iterator[ChaosProxy]:
    with ChaosProxy(anvil.url) as running:
        yield running


def test_a_question_is_answered(anvil: Anvil) -> None:
    assert quantity(Rpc(anvil.url).ask("eth_chainId"), "eth_chainId") == 31337


def test_one_connection_serves_many_questions(proxy: ChaosProxy) -> None:
    rpc = Rpc(proxy.url, chain_id=31337)
    for _ in range(5):
        rpc.ask("eth_blockNumber")
    assert proxy.asked == {"eth_chainId": 1, "eth_blockNumber": 5}


def test_a_connection_that_the_node_closed_while_idle_is_replaced(proxy: ChaosProxy) -> None:
    rpc = Rpc(proxy.url, chain_id=31337)
    proxy.fail(Way.DROP_AFTER, "eth_gasPrice", times=1)
    with pytest.raises(RegistryUnavailable):
        rpc.ask("eth_gasPrice")
    rpc.ask("eth_blockNumber")
    rpc.close()
    rpc.ask("eth_blockNumber")
    assert proxy.asked["eth_chainId"] == 3


@pytest.mark.parametrize("way", [Way.DROP_BEFORE, Way.DROP_AFTER, Way.CUT, Way.TRUNCATED, Way.WRONG_ID])
def test_a_broken_answer_is_unavailable_and_names_the_method(proxy: ChaosProxy, way: Way) -> None:
    rpc = Rpc(proxy.url)
    proxy.fail(way)
    with pytest.raises(RegistryUnavailable, match="eth_gasPrice"):
        rpc.ask("eth_gasPrice")
    assert proxy.asked["eth_gasPrice"] == 1, "nothing is asked twice"


@pytest.mark.parametrize(("way", "said"), [(Way.TOO_MANY_REQUESTS, "429"), (Way.SERVER_ERROR, "500")])
def test_an_http_error_is_unavailable_and_says_which(proxy: ChaosProxy, way: Way, said: str) -> None:
    proxy.fail(way)
    with pytest.raises(RegistryUnavailable, match=said):
        Rpc(proxy.url).ask("eth_blockNumber")


def test_a_silent_node_is_unavailable_after_the_timeout(proxy: ChaosProxy) -> None:
    proxy.fail(Way.SILENT)
    with pytest.raises(RegistryUnavailable, match=r"eth_blockNumber: .* timed out"):
        Rpc(proxy.url, timeout_s=0.05).ask("eth_blockNumber")


def test_an_answer_after_a_broken_one_belongs_to_its_question(proxy: ChaosProxy) -> None:
    rpc = Rpc(proxy.url, timeout_s=0.2)
    proxy.fail(Way.DELAY, "eth_gasPrice", delay_s=0.4, times=1)
    with pytest.raises(RegistryUnavailable):
        rpc.ask("eth_gasPrice")
    assert quantity(rpc.ask("eth_chainId"), "eth_chainId") == 31337


def test_a_slow_answer_within_the_timeout_counts(proxy: ChaosProxy) -> None:
    proxy.fail(Way.DELAY, delay_s=0.05)
    assert Rpc(proxy.url, timeout_s=5).ask("eth_chainId") == hex(31337)


def test_nobody_listening_is_unavailable() -> None:
    with pytest.raises(RegistryUnavailable, match=r"no connection to 127.0.0.1:1"):
        Rpc("http://127.0.0.1:1").ask("eth_blockNumber")


@pytest.mark.parametrize("url", ["", "127.0.0.1:8545", "ws://127.0.0.1", "http://"])
def test_an_address_that_is_no_url_is_refused(url: str) -> None:
    with pytest.raises(RegistryUnavailable, match="wanted http"):
        Rpc(url)


def test_credentials_are_sent_but_not_told(anvil: Anvil) -> None:
    rpc = Rpc(anvil.url.replace("http://", "http://somebody:secret@"))
    assert rpc.ask("eth_chainId") == hex(31337)
    assert "secret" not in rpc.name


def test_another_chain_is_a_mismatch_before_anything_is_asked(proxy: ChaosProxy) -> None:
    with pytest.raises(RegistryMismatch, match="serves chain 31337, wanted chain 1"):
        Rpc(proxy.url, chain_id=1).ask("eth_blockNumber")
    assert proxy.asked["eth_blockNumber"] == 0


def test_a_chain_id_that_is_no_number_is_unavailable(proxy: ChaosProxy) -> None:
    proxy.answer("thirty", "eth_chainId")
    with pytest.raises(RegistryUnavailable, match="thirty"):
        Rpc(proxy.url, chain_id=31337).ask("eth_blockNumber")


def test_an_error_object_says_code_message_and_data(anvil: Anvil) -> None:
    with pytest.raises(NodeError) as caught:
        Rpc(anvil.url).ask("eth_noSuchThing")
    assert (caught.value.method, caught.value.code) == ("eth_noSuchThing", -32601)


def test_a_batch_is_answered_in_the_order_of_its_questions(proxy: ChaosProxy) -> None:
    rpc = Rpc(proxy.url, batch_size=2)
    asked = [Request("eth_getBlockByNumber", ("0x0", False)), Request("eth_chainId"), Request("net_version")]
    block, chain_id, version = rpc.ask_all(asked)
    assert member(block, "number", "block") == "0x0"
    assert (chain_id, version) == (hex(31337), "31337")
    assert rpc.ask_all([]) == []


@pytest.mark.parametrize("way", [Way.WRONG_ID, Way.TRUNCATED])
def test_a_broken_batch_is_unavailable(proxy: ChaosProxy, way: Way) -> None:
    proxy.fail(way)
    with pytest.raises(RegistryUnavailable):
        Rpc(proxy.url).ask_all([Request("eth_chainId"), Request("net_version")])


def test_a_node_that_refuses_a_batch_as_a_whole_says_why(proxy: ChaosProxy) -> None:
    proxy.fail(Way.REFUSE_BATCH)
    with pytest.raises(NodeError, match="batch too large"):
        Rpc(proxy.url).ask_all([Request("eth_chainId"), Request("net_version")])
    assert Rpc(proxy.url, batch_size=1).ask_all([Request("eth_chainId"), Request("net_version")])


def test_a_node_that_closes_every_connection_is_asked_for_its_chain_on_each(proxy: ChaosProxy) -> None:
    proxy.fail(Way.CLOSE)
    rpc = Rpc(proxy.url, chain_id=31337)
    for _ in range(3):
        assert rpc.ask("net_version") == "31337"
    assert proxy.asked == {"eth_chainId": 3, "net_version": 3}


def test_an_error_within_a_batch_raises(anvil: Anvil) -> None:
    with pytest.raises(NodeError, match="eth_noSuchThing"):
        Rpc(anvil.url).ask_all([Request("eth_chainId"), Request("eth_noSuchThing")])


def test_values_of_an_answer_are_read_strictly() -> None:
    assert quantity("0x01f", "number") == 31
    assert data("0x1F2e", "bytes", length=2) == b"\x1f\x2e"
    for strange in (None, 31, "31", "0x", "0xg", "-0x1", "0x" + "1" * 65, ["0x1"]):
        with pytest.raises(RegistryUnavailable):
            quantity(strange, "number")
    for strange in (None, 31, "1f2e", "0x1f2", "0xgg"):
        with pytest.raises(RegistryUnavailable):
            data(strange, "bytes")
    with pytest.raises(RegistryUnavailable, match="got 2 bytes, wanted 32"):
        data("0x1f2e", "hash", length=32)
    with pytest.raises(RegistryUnavailable, match="wanted an array"):
        items({}, "list")
    with pytest.raises(RegistryUnavailable, match="'hash'"):
        member([], "hash", "block")

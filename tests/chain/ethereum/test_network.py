"""A development chain that comes back as it was."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING

import pytest

from chain.errors import RegistryUnavailable
from chain.ethereum.network import Anvil
from chain.ethereum.wire import member, quantity

if TYPE_CHECKING:
    from pathlib import Path


def height(anvil: Anvil) -> int:
    return quantity(anvil.ask("eth_blockNumber"), "eth_blockNumber")


def genesis(anvil: Anvil) -> object:
    return member(anvil.ask("eth_getBlockByNumber", "0x0", False), "hash", "genesis")  # noqa: FBT003 - the RPC's


def test_a_chain_stopped_and_started_again_is_the_same_chain(tmp_path: Path) -> None:
    with Anvil.start(tmp_path, chain_id=20233) as first:
        first.mine(3)
        before = genesis(first)
    assert not first.running
    with Anvil.start(tmp_path, chain_id=20233) as second:
        assert (height(second), genesis(second)) == (3, before)


def test_of_the_genesis_blocks_that_restarts_leave_behind_the_first_counts(tmp_path: Path) -> None:
    with Anvil.start(tmp_path) as first:
        first.mine(3)
        before = genesis(first)
    state = tmp_path / "anvil-state.json"
    held = json.loads(state.read_bytes())
    (true,) = [block for block in held["blocks"] if block["header"]["number"] == "0x0"]
    for later in range(1, 8):
        left_behind = copy.deepcopy(true)
        left_behind["header"]["timestamp"] = hex(int(true["header"]["timestamp"], 16) + later)
        held["blocks"].append(left_behind)
    state.write_text(json.dumps(held))
    with Anvil.start(tmp_path) as again:
        assert (height(again), genesis(again)) == (3, before)


def test_a_chain_started_elsewhere_is_another_chain(tmp_path: Path) -> None:
    with Anvil.start(tmp_path) as first, Anvil.start() as second:
        assert first.url != second.url
        assert genesis(first) != genesis(second) or height(first) == height(second) == 0


def test_a_killed_chain_goes_on_from_its_last_written_state(tmp_path: Path) -> None:
    with Anvil.start(tmp_path) as first:
        first.mine(2)
    killed = Anvil.start(tmp_path, state_interval=3600)
    killed.mine(5)
    killed.kill()
    with Anvil.start(tmp_path) as again:
        assert height(again) == 2


def test_a_half_written_state_is_refused_and_not_replaced(tmp_path: Path) -> None:
    state = tmp_path / "anvil-state.json"
    state.write_text('{"block":')
    with pytest.raises(RegistryUnavailable, match="is damaged"):
        Anvil.start(tmp_path)
    assert state.read_text() == '{"block":'


def test_the_state_begun_with_is_kept_as_a_copy(tmp_path: Path) -> None:
    with Anvil.start(tmp_path) as anvil:
        anvil.mine(4)
    with Anvil.start(tmp_path) as anvil:
        anvil.mine(4)
    (tmp_path / "anvil-state.previous.json").replace(tmp_path / "anvil-state.json")
    with Anvil.start(tmp_path) as anvil:
        assert height(anvil) == 4


def test_blocks_come_by_themselves_if_asked_to(tmp_path: Path) -> None:
    with Anvil.start(tmp_path, block_time=0.05) as anvil:
        while height(anvil) < 2:
            assert anvil.running


def test_the_way_of_mining_can_change(fresh_anvil: Anvil) -> None:
    fresh_anvil.mine_every(3600)
    sender, to = (f"0x{account.address.hex()}" for account in fresh_anvil.accounts[:2])
    fresh_anvil.ask("eth_sendTransaction", {"from": sender, "to": to, "value": "0x1"})
    assert height(fresh_anvil) == 0
    fresh_anvil.mine_instantly()
    fresh_anvil.ask("eth_sendTransaction", {"from": sender, "to": to, "value": "0x1"})
    while height(fresh_anvil) == 0:
        assert fresh_anvil.running
    fresh_anvil.mine_every(1)
    while height(fresh_anvil) < 3:
        assert fresh_anvil.running


def test_what_anvil_says_when_it_cannot_start_is_passed_on() -> None:
    with pytest.raises(RegistryUnavailable, match="Unknown hardfork"):
        Anvil.start(hardfork="nonsense")


def test_a_port_in_use_is_said(anvil: Anvil) -> None:
    port = int(anvil.url.rsplit(":", 1)[1])
    with pytest.raises(RegistryUnavailable, match="anvil did not start"):
        Anvil.start(port=port)


def test_an_attached_chain_is_left_running(anvil: Anvil) -> None:
    attached = Anvil.attach(anvil.url)
    attached.stop()
    assert attached.pid is None
    assert anvil.running
    assert height(anvil) >= 0


def test_accounts_have_money(anvil: Anvil) -> None:
    assert len(anvil.accounts) == 10
    address = f"0x{anvil.accounts[0].address.hex()}"
    assert quantity(anvil.ask("eth_getBalance", address, "latest"), "balance") > 0

"""What a verifier says when its nodes are killed, fall behind, part ways or lie: CANNOT_CHECK, and VALID again after.

Two real nodes, each with its own copy of one chain, and a proxy before each that can be told to misbehave.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest

from chain.ethereum.network import Anvil
from chain.ethereum.profiles import ANVIL
from chain.events import Track
from tests.deployed import Deployed, leaves_of, make_deployed
from tests.faults.chaos_proxy import ChaosProxy, Way
from tests.verifier.papers_on_chain import anchor, certificate_of, set_status
from tests.verifier.test_index import TOO_LONG, ask, message_of, now_of
from tests.verifier.trust import settings_of
from tests.waiting import wait_until
from verifier.check.report import Verdict
from verifier.cli import run
from verifier.indexing.index import CHUNK
from verifier.wiring import open_index

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime, timedelta
    from pathlib import Path

    from tests.faults.chaos_proxy import Lie
    from tests.verifier.book import Paper
    from verifier.indexing.index import Index

_LONG = 60
_STATE = "anvil-state.json"


@dataclass
class World:
    """Two nodes of one chain, with a certificate that is genuine and in force."""

    nodes: list[Anvil]
    proxies: list[ChaosProxy]
    deployed: Deployed
    paper: Paper

    def index(self, folder: Path) -> Index:
        """Open an index over both nodes."""
        urls = ",".join(proxy.url for proxy in self.proxies)
        return open_index(settings_of(self.deployed, folder, rpc_urls=urls, profile=ANVIL.name, rpc_timeout_s=5))

    @property
    def now(self) -> datetime:
        """The first node's newest block's time."""
        return now_of(self.deployed)

    def says(self, index: Index, *, after: timedelta | None = None) -> tuple[Verdict, str]:
        """Poll once, and return the verdict and what the check of the status says."""
        now = self.now if after is None else self.now + after
        index.follow(now)
        report = ask(index, self.paper.presented, now)
        return report.verdict, message_of(report)

    def restart(self, number: int) -> None:
        """Start a node again, as far as it had written its chain down."""
        old = self.nodes[number]
        assert old.folder is not None
        self.nodes[number] = Anvil.start(old.folder, port=int(old.url.rpartition(":")[2]))

    def resynchronise(self) -> None:
        """Have the second node take over the first one's chain."""
        for node in self.nodes:
            node.stop()
        first, second = (node.folder for node in self.nodes)
        assert first is not None
        assert second is not None
        shutil.copy(first / _STATE, second / _STATE)
        for number in range(len(self.nodes)):
            self.restart(number)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folders = [tmp_path_factory.mktemp(name) for name in ("first", "second")]
    with Anvil.start(folders[0]) as made:
        deployed = make_deployed(made, levels=1)
        office = deployed.offices[0]
        paper = certificate_of(deployed, office, "of two nodes")
        anchor(deployed, office, paper)
        lose(deployed, "another")
        made.mine(2)
    shutil.copy(folders[0] / _STATE, folders[1] / _STATE)
    nodes = [Anvil.start(folder) for folder in folders]
    try:
        with ChaosProxy(nodes[0].url) as first, ChaosProxy(nodes[1].url) as second:
            yield World(nodes, [first, second], replace(deployed, url=nodes[0].url), paper)
    finally:
        for node in nodes:
            node.stop()


@pytest.fixture(autouse=True)
def _afterwards_all_is_well(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if "world" in request.fixturenames:
        for proxy in request.getfixturevalue("world").proxies:
            proxy.clear()


def lose(deployed: Deployed, label: str) -> None:
    """Record something about a certificate that nobody asks about, which a node may hide."""
    set_status(deployed, deployed.offices[0], leaves_of(label, 1)[0], Track.LOSS, now_of(deployed))


class TestNodes:
    def test_a_killed_node_is_unknown_until_it_is_back(self, world: World, tmp_path: Path) -> None:
        index = world.index(tmp_path)
        assert world.says(index)[0] is Verdict.VALID
        world.nodes[1].kill()
        assert world.says(index) == (Verdict.CANNOT_CHECK, "registry.silent")
        world.restart(1)
        assert world.says(index)[0] is Verdict.VALID

    def test_a_node_that_stays_behind_makes_the_answer_old(self, world: World, tmp_path: Path) -> None:
        index = world.index(tmp_path)
        assert world.says(index)[0] is Verdict.VALID
        stale = world.now + TOO_LONG
        world.nodes[0].ask("evm_setNextBlockTimestamp", int(stale.timestamp()))
        world.nodes[0].mine(3)
        assert world.now >= stale
        assert world.says(index) == (Verdict.CANNOT_CHECK, "registry.behind")
        world.resynchronise()
        assert world.says(index)[0] is Verdict.VALID

    def test_nodes_that_part_ways_are_not_believed(self, world: World, tmp_path: Path) -> None:
        index = world.index(tmp_path)
        assert world.says(index)[0] is Verdict.VALID
        for node, later in zip(world.nodes, (3, 7), strict=True):
            node.ask("evm_increaseTime", later)
            node.mine(2)
        assert world.says(index) == (Verdict.CANNOT_CHECK, "registry.untrusted")
        world.resynchronise()
        assert world.says(index)[0] is Verdict.VALID

    def test_blocks_that_were_read_and_undone_are_forgotten_once_the_nodes_agree(
        self, world: World, tmp_path: Path
    ) -> None:
        index = world.index(tmp_path)
        first, second = world.proxies
        there = first.upstream
        world.nodes[1].ask("evm_increaseTime", 5)
        world.nodes[1].mine(2)
        first.upstream = second.upstream
        read = index.follow(world.now)
        assert read is not None
        assert read.trouble == ""
        first.upstream = there
        world.nodes[0].mine(4)
        assert world.says(index) == (Verdict.CANNOT_CHECK, "registry.untrusted")
        world.resynchronise()
        assert world.says(index)[0] is Verdict.VALID
        again = world.index(tmp_path / "again")
        again.follow(world.now)
        assert again.contents() == index.contents()


def _later(block: dict[str, Any] | None) -> dict[str, Any] | None:
    return block and {**block, "timestamp": hex(int(block["timestamp"], 16) - 3)}


def _altered(logs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [*logs[:-1], {**logs[-1], "data": "0x" + "07" * (len(logs[-1]["data"]) // 2 - 1)}] if logs else logs


def _doubled(logs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [*logs, {**logs[-1], "logIndex": hex(int(logs[-1]["logIndex"], 16) + 1)}] if logs else logs


_LIES: dict[str, tuple[str, Lie]] = {
    "a hidden log": ("eth_getLogs", lambda _method, _params, logs: logs[:-1]),
    "no logs at all": ("eth_getLogs", lambda _method, _params, _logs: []),
    "an altered log": ("eth_getLogs", lambda _method, _params, logs: _altered(logs)),
    "a log that never was": ("eth_getLogs", lambda _method, _params, logs: _doubled(logs)),
    "another time": ("eth_getBlockByNumber", lambda _method, _params, block: _later(block)),
    "other heads": ("eth_call", lambda _method, params, told: "0x" + "5a" * 32 if _has_argument(params) else told),
}


def _has_argument(params: list[Any]) -> bool:
    """Whether a call has one, as that for a head has."""
    return len(params[0].get("data") or params[0]["input"]) > len("0x12345678")


class TestLies:
    @pytest.mark.parametrize("lie", list(_LIES))
    def test_one_that_lies_while_the_history_is_read_is_caught_by_the_other(
        self, world: World, tmp_path: Path, lie: str
    ) -> None:
        method, told = _LIES[lie]
        index = world.index(tmp_path)
        world.proxies[1].lie(told, method)
        verdict, message = world.says(index)
        assert verdict is Verdict.CANNOT_CHECK
        assert message in {"registry.untrusted", "registry.silent", "registry.never_reached"}
        progress = index.progress()
        assert progress is None or progress.trouble
        world.proxies[1].clear()
        assert world.says(index)[0] is Verdict.VALID

    def test_leaves_that_one_tells_otherwise_are_caught_by_the_other(self, world: World, tmp_path: Path) -> None:
        index = world.index(tmp_path)
        leaf = world.paper.leaf.hex()
        world.proxies[1].lie(
            lambda _method, _params, told: {**told, "input": told["input"].replace(leaf, "ab" * 32)},
            "eth_getTransactionByBlockHashAndIndex",
        )
        assert world.says(index)[0] is Verdict.CANNOT_CHECK
        world.proxies[1].clear()
        assert world.says(index)[0] is Verdict.VALID

    @pytest.mark.parametrize("lie", ["a hidden log", "no logs at all", "an altered log", "a log that never was"])
    def test_a_lie_about_what_was_recorded_is_caught_with_one_node_too(
        self, world: World, tmp_path: Path, lie: str
    ) -> None:
        """The registry's own hash chains tell."""
        method, told = _LIES[lie]
        proxy = world.proxies[0]
        index = open_index(settings_of(world.deployed, tmp_path, rpc_urls=proxy.url))
        proxy.lie(told, method)
        verdict, _ = world.says(index)
        assert verdict is Verdict.CANNOT_CHECK
        proxy.clear()
        index.rebuild(world.now)
        assert world.says(index)[0] is Verdict.VALID

    def test_another_chain_is_not_believed(self, world: World, tmp_path: Path) -> None:
        index = world.index(tmp_path)
        assert world.says(index)[0] is Verdict.VALID
        world.proxies[1].answer("0x1", "eth_chainId")
        assert world.says(index) == (Verdict.CANNOT_CHECK, "registry.untrusted")
        world.proxies[1].clear()
        assert world.says(index)[0] is Verdict.VALID

    @pytest.mark.parametrize("way", [Way.TRUNCATED, Way.CUT, Way.WRONG_ID, Way.SERVER_ERROR, Way.TOO_MANY_REQUESTS])
    def test_half_an_answer_is_none(self, world: World, tmp_path: Path, way: Way) -> None:
        index = world.index(tmp_path)
        assert world.says(index)[0] is Verdict.VALID
        world.proxies[1].fail(way)
        assert world.says(index) == (Verdict.CANNOT_CHECK, "registry.silent")
        world.proxies[1].clear()
        assert world.says(index)[0] is Verdict.VALID


class TestReading:
    def test_a_node_that_refuses_large_ranges_is_asked_in_smaller_ones(self, world: World, tmp_path: Path) -> None:
        plain, halved = world.index(tmp_path / "plain"), world.index(tmp_path / "halved")
        plain.follow(world.now)
        refusal = {"code": -32005, "message": "query returned more than 10000 results"}
        world.proxies[1].refuse(
            refusal,
            "eth_getLogs",
            where=lambda params: int(params[0]["toBlock"], 16) - int(params[0]["fromBlock"], 16) > 5,
        )
        assert world.says(halved)[0] is Verdict.VALID
        assert halved.contents() == plain.contents()
        assert world.proxies[1].asked["eth_getLogs"] > world.proxies[0].asked["eth_getLogs"]

    def test_killed_in_the_middle_it_goes_on_and_comes_to_the_same_as_from_the_beginning(
        self, fresh_anvil: Anvil, fresh_deployment: Deployed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (office,) = fresh_deployment.offices
        made = certificate_of(fresh_deployment, office, "early")
        anchor(fresh_deployment, office, made)
        for _ in range(5):
            fresh_anvil.mine(CHUNK // 4)
        lose(fresh_deployment, "late")
        fresh_anvil.mine(2)
        last, now = fresh_deployment.writer().newest().number, now_of(fresh_deployment)
        with ChaosProxy(fresh_deployment.url) as proxy:
            settings = settings_of(fresh_deployment, tmp_path, rpc_urls=proxy.url, rpc_timeout_s=_LONG)
            for name in ("rpc_urls", "registry", "database_url", "data_dir", "rpc_timeout_s"):
                monkeypatch.setenv(f"YINXIN_{name.upper()}", str(getattr(settings, name)))
            index = open_index(settings)
            with held_back(proxy, from_block=CHUNK // 2):
                reading = subprocess.Popen(
                    [sys.executable, "-c", "from verifier.cli import main; main()", "index", "rebuild"]
                )
                try:
                    reached = until_it_has_read(index, CHUNK // 2)
                finally:
                    reading.kill()
                    reading.wait()
            assert CHUNK // 2 <= reached < last
            assert ask(index, made.presented, now).verdict is Verdict.CANNOT_CHECK
            index.follow(now)
            assert ask(index, made.presented, now).verdict is Verdict.VALID
            live = index.contents()
            run(["index", "rebuild"])
        assert index.contents() == live
        assert len(live["events"]) == len(list(fresh_deployment.writer().records(0, last)))


@contextmanager
def held_back(proxy: ChaosProxy, *, from_block: int) -> Iterator[None]:
    """Have a node keep to itself what was recorded from a block on."""
    released = threading.Event()

    def wait(_method: str, params: list[Any], logs: object) -> object:
        if int(params[0]["fromBlock"], 16) >= from_block:
            released.wait(_LONG)
        return logs

    proxy.lie(wait, "eth_getLogs")
    try:
        yield
    finally:
        released.set()
        proxy.clear()


def until_it_has_read(index: Index, block: int) -> int:
    """Wait until another process has come so far; returns how far."""
    read: list[int] = []

    def holds() -> bool:
        progress = index.progress()
        read.extend([progress.block_number] if progress is not None else [])
        return bool(read) and read[-1] >= block

    wait_until(holds, what=f"block {block} is read")
    return read[-1]

"""Every fault that an audit is there to find, planted one by one into a history that is otherwise clean.

What the contracts would never write, a node is made to tell: then the chain's own heads do not fit either, and both
are found. What the contracts let pass is written onto a real chain. A changed document, a changed manifest and an older
checkpoint are planted where they are looked for: `test_package`, `test_manifest_check` and `test_witness`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from chain.calendar import hour_of
from chain.ethereum.auditing import AuditedNode
from chain.ethereum.client import EthereumRegistry
from chain.ethereum.profiles import BESU_QBFT
from chain.events import Track
from chain.registry import StatusToChange
from chain.seals import SealScheme
from tests.audit import lies
from tests.audit.auditing import audit, audit_over
from tests.audit.lying_node import LyingNode
from tests.audit.planted import TOLD, a_hidden_status
from tests.audit.sealed_chain import seal
from tests.sealed import addresses, qbft, validators
from verifier.audit.outcomes import State
from verifier.audit.rules import Family
from verifier.audit.running import Pinned

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tests.audit.lying_node import Row
    from tests.audit.world import World
    from tests.sealed import Validator


@pytest.fixture
def node(world: World) -> Iterator[LyingNode]:
    """Return a node before the shared world's, which can be made to lie."""
    with LyingNode(world.deployed.url) as lying:
        yield lying


def test_an_honest_history_is_clean(world: World, tmp_path: Path) -> None:
    found = audit(world.settings(tmp_path), now=world.now)
    assert found.findings == ()
    assert found.outcome.is_clean
    assert found.outcome.is_answered
    assert {each.family for each in found.outcome.families if each.state is State.NOT_RUN} == {
        Family.SEALS,
        Family.NODES,
    }


class TestWhatANodeTells:
    @pytest.mark.parametrize("name", list(TOLD))
    def test_each_fault_is_found_and_named_where_it_is(
        self, world: World, node: LyingNode, tmp_path: Path, name: str
    ) -> None:
        fault = TOLD[name]
        fault.plant(node, world)
        found = audit(world.settings(tmp_path, rpc_urls=node.url), now=world.now)
        blocks = [finding.block for finding in found.findings if finding.code == fault.code]
        assert blocks, f"found {sorted(found.codes)}"
        assert blocks[0] == fault.block(world)
        assert found.state(fault.family) is State.FAILED

    def test_a_hidden_status_is_named_with_its_leaf(self, world: World, node: LyingNode, tmp_path: Path) -> None:
        a_hidden_status(node, world)
        found = audit(world.settings(tmp_path, rpc_urls=node.url), now=world.now).of("hidden_status")
        assert (found.leaf, found.agency) == (world.statuses["revoked"], world.deployed.offices[2].agency)

    @pytest.mark.parametrize("what", ["revoked", "key_cut_off", "agency_suspended"])
    def test_what_is_hidden_with_its_whole_transaction_is_still_found_in_its_block(
        self, world: World, node: LyingNode, tmp_path: Path, what: str
    ) -> None:
        """Nothing is left that could name it, but the hash chain of what was recorded no longer fits."""
        lies.hide_transaction(node, world.blocks[what])
        found = audit(world.settings(tmp_path, rpc_urls=node.url), now=world.now)
        assert found.of("heads_differ").block == world.blocks[what]
        assert found.state(Family.HEADS) is State.FAILED

    @pytest.mark.parametrize("method", ["eth_getLogs", "eth_getBlockByNumber", "eth_getTransactionByHash"])
    def test_a_node_that_does_not_tell_is_not_passed(
        self, world: World, node: LyingNode, tmp_path: Path, method: str
    ) -> None:
        node.refuse(method)
        found = audit(world.settings(tmp_path, rpc_urls=node.url), now=world.now)
        assert not found.outcome.is_answered
        assert {each.state for each in found.outcome.families} == {State.NOT_RUN}


class TestWhatTheContractsLetPass:
    def test_a_status_that_is_illegal_for_its_type_is_found(self, own_world: World, tmp_path: Path) -> None:
        """A business licence is revoked or cancelled, never withdrawn."""
        city, batch = own_world.deployed.offices[1], own_world.batches[2].batch
        leaf = batch.leaves[0]
        hour = hour_of(own_world.now)
        change = StatusToChange(city.agency, city.agency, (leaf,), (0,), Track.WITHDRAWN, hour, 0, b"d" * 32)
        receipt = own_world.deployed.change_status([city.preparer, city.approver], change)
        own_world.anvil.mine(2)
        found = audit(own_world.settings(tmp_path), now=own_world.now).of("status_illegal_for_type")
        assert (found.block, found.leaf) == (receipt.block_number, leaf)

    def test_a_status_of_a_leaf_that_was_never_anchored_is_found(self, own_world: World, tmp_path: Path) -> None:
        city = own_world.deployed.offices[1]
        change = StatusToChange(
            city.agency, city.agency, (b"\x99" * 32,), (0,), Track.REVOKED, hour_of(own_world.now), 0, b"d" * 32
        )
        receipt = own_world.deployed.change_status([city.preparer, city.approver], change)
        own_world.anvil.mine(2)
        assert audit(own_world.settings(tmp_path), now=own_world.now).of("status_never_anchored").block == (
            receipt.block_number
        )


class TestWhatWasCheckedBefore:
    def test_what_follows_is_all_that_is_read_the_next_time(self, own_world: World, tmp_path: Path) -> None:
        with LyingNode(own_world.deployed.url) as node:
            settings = own_world.settings(tmp_path, rpc_urls=node.url)
            audit(settings, now=own_world.now)
            own_world.anvil.mine(5)
            asked: list[Row] = []
            node.edit("eth_getLogs", lambda params, true: asked.append(params[0]) or true)
            assert audit(settings, now=own_world.now).outcome.is_clean
            # The registry's first block, where it is not pinned, is looked for by the event that began it.
            assert [each["fromBlock"] for each in asked if "topics" not in each] == [hex(own_world.last_block)]

    def test_a_rewritten_block_is_found(self, own_world: World, tmp_path: Path) -> None:
        """The last five blocks are taken back, and others come in their place."""
        settings = own_world.settings(tmp_path)
        assert audit(settings, now=own_world.now).findings == ()
        own_world.anvil.ask("anvil_rollback", 5)
        own_world.anvil.mine(9)
        found = audit(settings, now=own_world.now)
        assert found.of("rewritten_block").block == own_world.last_block - 1
        assert found.state(Family.CONTINUITY) is State.FAILED

    def test_a_chain_that_goes_backwards_is_found(self, world: World, node: LyingNode, tmp_path: Path) -> None:
        settings = world.settings(tmp_path, rpc_urls=node.url)
        assert audit(settings, now=world.now).findings == ()
        lies.stop_at(node, 50)
        found = audit(settings, now=world.now)
        assert found.of("gone_backwards").block == world.last_block - 1
        node.tell_the_truth()
        assert audit(settings, now=world.now).outcome.is_answered

    def test_a_remembered_fault_stands_though_the_node_now_tells_the_truth(
        self, world: World, node: LyingNode, tmp_path: Path
    ) -> None:
        settings = world.settings(tmp_path, rpc_urls=node.url)
        a_hidden_status(node, world)
        audit(settings, now=world.now)
        node.tell_the_truth()
        assert "hidden_status" in audit(settings, now=world.now).codes


class TestTwoNodes:
    def test_two_that_agree_are_said_to(self, world: World, node: LyingNode, tmp_path: Path) -> None:
        found = audit(world.settings(tmp_path, rpc_urls=f"{world.deployed.url},{node.url}"), now=world.now)
        assert found.state(Family.NODES) is State.PASSED

    def test_two_that_disagree_are_found_with_the_first_block(
        self, world: World, own_world: World, tmp_path: Path
    ) -> None:
        """The other node's chain parts from ours five blocks before the end."""
        own_world.anvil.ask("anvil_rollback", 5)
        own_world.anvil.mine(9)
        urls = f"{world.deployed.url},{own_world.deployed.url}"
        found = audit(world.settings(tmp_path, rpc_urls=urls), now=world.now)
        assert found.of("nodes_disagree").block == world.last_block - 4
        assert found.state(Family.NODES) is State.FAILED


VALIDATORS = validators(4)
STRANGER = validators(1, "stranger")[0]
ODD = 33
"""The block whose seals are other than the rest's."""


class TestSeals:
    @pytest.mark.parametrize(
        ("by", "code"),
        [
            (VALIDATORS[:3], None),
            (VALIDATORS[:2], "too_few_seals"),
            ((*VALIDATORS[:3], STRANGER), "stranger_seal"),
        ],
        ids=["enough", "too few", "a stranger's"],
    )
    def test_every_block_needs_enough_of_the_pinned_validators_and_no_other(
        self, world: World, node: LyingNode, tmp_path: Path, by: Sequence[Validator], code: str | None
    ) -> None:
        genesis = seal(node, world.last_block, qbft(VALIDATORS), lambda number: by if number == ODD else VALIDATORS[1:])
        record = world.deployed.record
        source = AuditedNode(
            EthereumRegistry(
                node.url,
                record.address,
                replace(BESU_QBFT, test_only=True),
                expected=replace(record.expected, genesis_hash=genesis),
            )
        )
        pinned = Pinned(lambda _number: SealScheme.QBFT, lambda _number: frozenset(addresses(VALIDATORS)))
        found = audit_over([source], world.settings(tmp_path), now=world.now, pinned=pinned)
        assert found.outcome.trouble == ""
        assert found.state(Family.SEALS) is (State.PASSED if code is None else State.FAILED)
        assert [(finding.code, finding.block) for finding in found.findings] == ([(code, ODD)] if code else [])

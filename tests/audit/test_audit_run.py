"""`audit run`: what it remembers, how it goes on, what it says of what it could not ask, and how it exits."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from chain.ethereum.auditing import AuditedNode
from chain.ethereum.client import EthereumRegistry, Expected
from chain.ethereum.profiles import ANVIL, BESU_QBFT, Profile
from chain.events import AgencySuspended, StatusChanged, Track
from chain.seals import SealScheme
from chain.steps import KINDS
from tests.audit import lies, sealed_chain
from tests.audit.lying_node import LyingNode, Refused
from tests.sealed import addresses, qbft, validators
from verifier import cli
from verifier.audit.finding import Grade
from verifier.audit.outcomes import State
from verifier.audit.remembering import FILE, Remembered
from verifier.audit.rules import Family
from verifier.audit.running import Auditor, Outcome, Pinned
from verifier.leading import Leader
from verifier.wiring import audited_nodes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from chain.events import Event
    from tests.audit.lying_node import Row
    from tests.audit.world import World

CLEAN, FOUND, USAGE, NOT_RUN = 0, 1, 2, 3
BATCH = 16


@pytest.fixture
def node(world: World) -> Iterator[LyingNode]:
    with LyingNode(world.anvil.url) as lying:
        yield lying


@pytest.fixture
def remembered(tmp_path: Path) -> Iterator[Remembered]:
    opened = Remembered(tmp_path / FILE)
    yield opened
    opened.close()


@pytest.fixture
def settings(world: World, node: LyingNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set what the command reads."""
    monkeypatch.setenv("YINXIN_RPC_URLS", node.url)
    monkeypatch.setenv("YINXIN_REGISTRY", f"0x{world.deployed.record.address.hex()}")
    monkeypatch.setenv("YINXIN_DATA_DIR", str(tmp_path))


def auditor_of(world: World, node: LyingNode, remembered: Remembered, **how: object) -> Auditor:
    """Return an audit that takes small steps."""
    profile = how.pop("profile", ANVIL)
    assert isinstance(profile, Profile)
    expected = Expected(deployed_at_block=world.deployed.record.block_number)
    registry = EthereumRegistry(node.url, world.deployed.record.address, profile, expected=expected)
    return Auditor([AuditedNode(registry, batch=BATCH)], remembered, clock=lambda: world.now, **how)  # type: ignore[arg-type]


def last_of(world: World) -> int:
    """Return the newest final block."""
    return int(str(world.anvil.ask("eth_blockNumber")), 16) - ANVIL.confirmations


def kinds(remembered: Remembered) -> set[str]:
    """Return what kinds of events are remembered."""
    return {KINDS[told.step.kind].__name__ for told in remembered.events()}


def state(outcome: Outcome, family: Family) -> tuple[State, str]:
    """Return how a family came out, and why."""
    return next((each.state, each.reason) for each in outcome.families if each.family is family)


def only_logs_hide(node: LyingNode, which: Callable[[Event], bool]) -> None:
    """Withhold events from `eth_getLogs`, and let receipts tell the truth."""

    def edited(_params: object, shown: list[Row]) -> list[Row]:
        return [log for log in shown if not which(lies.event_of(log))]

    node.edit("eth_getLogs", edited)


# Going on.


def test_killed_run_goes_on_where_the_last_stretch_ended(
    world: World, node: LyingNode, remembered: Remembered, tmp_path: Path
) -> None:
    def kill(done: int, _of: int) -> None:
        if done >= 2 * BATCH:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        auditor_of(world, node, remembered, progress=kill).run()
    remembered.close()
    again = Remembered(tmp_path / FILE)
    stopped = again.last_run()
    assert stopped is not None
    assert (stopped.head_number, stopped.ended) == (2 * BATCH - 1, None)
    outcome = auditor_of(world, node, again).run()
    run = again.last_run()
    assert run is not None
    assert outcome.is_clean
    assert outcome.is_whole
    assert (run.number, run.first_block, run.head_number) == (2, 2 * BATCH, last_of(world))
    in_one_go = Remembered(tmp_path / "other.db")
    auditor_of(world, node, in_one_go).run()
    assert list(in_one_go.events()) == list(again.events())
    assert in_one_go.heads() == again.heads()
    in_one_go.close()
    again.close()


def test_source_that_falls_silent_midway_is_not_run_and_never_passed(
    world: World, node: LyingNode, remembered: Remembered
) -> None:
    def fall_silent(done: int, _of: int) -> None:
        if done >= BATCH:
            node.refuse("eth_getLogs")

    outcome = auditor_of(world, node, remembered, progress=fall_silent).run()
    assert not outcome.is_answered
    assert {each.state for each in outcome.families} == {State.NOT_RUN}
    assert {each.reason for each in outcome.families} == {"source_silent"}
    node.tell_the_truth()
    assert auditor_of(world, node, remembered).run().is_whole


def test_beginning_anew_forgets_what_was_found_but_not_that_it_was(
    world: World, node: LyingNode, remembered: Remembered
) -> None:
    lies.forge_root(node, world.batches[1])
    assert not auditor_of(world, node, remembered).run().is_clean
    node.tell_the_truth()
    assert not auditor_of(world, node, remembered).run().is_clean
    outcome = auditor_of(world, node, remembered).run(from_genesis=True)
    assert outcome.is_clean
    assert remembered.findings(since=remembered.current_since()) == []
    assert remembered.findings(grades=[Grade.ALARM], code="forged_root")
    assert remembered.findings(family_codes=["withheld_leaf"]) == []


def test_pages_of_findings_follow_one_another(world: World, node: LyingNode, remembered: Remembered) -> None:
    lies.hide(node, lambda event: isinstance(event, StatusChanged))
    auditor_of(world, node, remembered).run()
    whole = remembered.findings(limit=1_000)
    first = remembered.findings(limit=2)
    assert [*first, *remembered.findings(after=first[-1].number, limit=1_000)] == list(whole)
    assert sum(remembered.counts().values()) == len(whole)


def test_other_registry_than_before_is_an_alarm(world: World, node: LyingNode, remembered: Remembered) -> None:
    auditor = auditor_of(world, node, remembered)
    remembered.begin(started=world.now, first_block=0, registry=(1, b"r" * 32, b"g" * 32))
    outcome = auditor.run()
    assert state(outcome, Family.CONTINUITY) == (State.FAILED, "not_continued")
    assert state(outcome, Family.ROOTS) == (State.NOT_RUN, "not_continued")
    assert remembered.findings()[0].finding.code == "another_registry"


def test_memory_without_a_file_reads_as_one_without_runs(tmp_path: Path) -> None:
    nothing = Remembered(tmp_path / "none" / FILE)
    assert nothing.last_run() is None
    assert nothing.findings() == []
    assert nothing.head() is None
    assert not (tmp_path / "none").exists()


# What could not be asked.


def test_forgotten_state_is_said_and_the_newest_still_tells_of_all(
    world: World, node: LyingNode, remembered: Remembered
) -> None:
    newest = last_of(world)
    only_logs_hide(node, lambda event: isinstance(event, StatusChanged) and event.track is Track.REVOKED)
    for method in ("eth_getProof", "eth_getCode"):
        node.edit(method, lambda params, true: true if params[-1] == hex(newest) else Refused())
    outcome = auditor_of(world, node, remembered).run()
    assert state(outcome, Family.CODE) == (State.NOT_RUN, "only_newest")
    assert state(outcome, Family.HEADS)[0] is State.FAILED
    assert "heads_differ" in {kept.finding.code for kept in remembered.findings()}


def test_state_that_no_block_has_leaves_the_heads_not_run(
    world: World, node: LyingNode, remembered: Remembered
) -> None:
    node.refuse("eth_getProof")
    outcome = auditor_of(world, node, remembered).run()
    assert state(outcome, Family.HEADS) == (State.NOT_RUN, "no_state")
    assert outcome.is_clean
    assert not outcome.is_whole


def test_heads_that_the_node_only_told_are_not_called_proven(
    world: World, node: LyingNode, remembered: Remembered
) -> None:
    outcome = auditor_of(world, node, remembered, profile=replace(ANVIL, proofs=False)).run()
    assert state(outcome, Family.HEADS) == (State.NOT_RUN, "only_told")
    assert outcome.is_whole
    only_logs_hide(node, lambda event: isinstance(event, StatusChanged))
    outcome = auditor_of(world, node, remembered, profile=replace(ANVIL, proofs=False)).run(from_genesis=True)
    assert state(outcome, Family.HEADS)[0] is State.FAILED


def test_blocks_checked_without_a_trust_list_are_not_called_sealed_later(
    world: World, node: LyingNode, remembered: Remembered
) -> None:
    those = validators(4)
    sealed_chain.seal(node, last_of(world) + 1, qbft(those), lambda _number: those[:3])
    auditor = auditor_of(world, node, remembered, profile=BESU_QBFT)
    assert state(auditor.run(until=BATCH), Family.SEALS) == (State.NOT_RUN, "no_trust_list")
    auditor.pinned = Pinned(lambda _number: SealScheme.QBFT, lambda _number: frozenset(addresses(those)))
    assert state(auditor.run(until=2 * BATCH), Family.SEALS) == (State.NOT_RUN, "seals_since")
    assert state(auditor.run(from_genesis=True), Family.SEALS) == (State.PASSED, "")


def test_registry_that_runs_other_code_is_told_though_nothing_else_can_be_asked(
    own_world: World, remembered: Remembered, tmp_path: Path
) -> None:
    own_world.anvil.ask("anvil_setCode", f"0x{own_world.deployed.record.address.hex()}", "0x60006000fd")
    outcome = Auditor(audited_nodes(own_world.settings(tmp_path)), remembered, clock=lambda: own_world.now).run()
    assert not outcome.is_answered
    assert state(outcome, Family.CODE)[0] is State.FAILED
    assert state(outcome, Family.HEADS)[0] is State.NOT_RUN


def test_transactions_without_an_index_of_hashes_are_found_in_their_blocks(
    world: World, node: LyingNode, remembered: Remembered
) -> None:
    node.edit("eth_getTransactionByHash", lambda _params, _true: None)
    assert auditor_of(world, node, remembered).run().is_clean


# Naming what is hidden.


def test_receipts_name_what_the_logs_hide_and_nothing_else(
    world: World, node: LyingNode, remembered: Remembered
) -> None:
    only_logs_hide(node, lambda event: isinstance(event, AgencySuspended))
    auditor_of(world, node, remembered).run()
    (kept,) = remembered.findings()
    finding = kept.finding
    assert (finding.code, finding.block) == ("hidden_agency_suspension", world.blocks["agency_suspended"])
    # What the receipts prove is taken as true, so the rest of the history is judged by it.
    assert "AgencySuspended" in kinds(remembered)


def test_what_the_council_carried_out_is_named_from_its_proposal(own_world: World, tmp_path: Path) -> None:
    top = own_world.offices[0].agency
    own_world.deployed.governing().suspend_agency(top, council=True)
    own_world.anvil.mine(2)
    remembered = Remembered(tmp_path / FILE)
    with LyingNode(own_world.anvil.url) as lying:
        lies.hide(lying, lambda event: isinstance(event, AgencySuspended) and event.agency == top)
        auditor_of(own_world, lying, remembered).run()
    found = [kept.finding for kept in remembered.findings()]
    assert [finding.code for finding in found] == ["receipts_altered", "hidden_agency_suspension"]
    assert found[1].agency == top
    remembered.close()


# The command.


@pytest.mark.usefixtures("settings")
def test_clean_history_exits_with_0_and_writes_its_evidence(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    evidence = tmp_path / "evidence.json"
    assert cli.run(["audit", "run", "--json", "--evidence", str(evidence)]) == CLEAN
    told = json.loads(capsys.readouterr().out)
    assert told == json.loads(evidence.read_text(encoding="utf-8"))
    assert told["is_clean"]
    assert told["findings"] == []
    assert told["block"] == last_of(world)
    assert {each["family"]: each["state"] for each in told["families"]}["heads"] == "PASSED"


@pytest.mark.usefixtures("settings")
def test_findings_exit_with_1_in_words_of_either_language(
    world: World, node: LyingNode, capsys: pytest.CaptureFixture[str]
) -> None:
    lies.withhold_leaf(node, world.batches[1])
    assert cli.run(["audit", "run", "--lang", "zh-CN"]) == FOUND
    assert "叶值" in capsys.readouterr().out
    assert cli.run(["audit", "run"]) == FOUND
    assert "ask another node" in capsys.readouterr().out


@pytest.mark.usefixtures("settings")
def test_usage_mistakes_exit_with_2(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cli.run(["audit", "run", "--until", "1000000"]) == USAGE
    assert cli.run(["audit", "run", "--wrong"]) == USAGE
    assert cli.run(["audit", "run", "--evidence", str(tmp_path / "no" / "folder")]) == USAGE
    other = Leader(tmp_path / "audit.lock")
    assert other.leads()
    assert cli.run(["audit", "run"]) == USAGE
    other.step_down()
    monkeypatch.setenv("YINXIN_TRUST_LIST", str(tmp_path / "none.json"))
    assert cli.run(["audit", "run"]) == USAGE


@pytest.mark.usefixtures("settings")
def test_silent_node_exits_with_3(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("YINXIN_RPC_URLS", "http://127.0.0.1:9")
    assert cli.run(["audit", "run"]) == NOT_RUN
    told = capsys.readouterr()
    assert "NOT RUN" in told.out
    assert "Passed" not in told.out
    assert "NOT RUN" in told.err

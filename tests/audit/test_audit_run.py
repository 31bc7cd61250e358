"""`audit run`: what it remembers, how it goes on, what it says of what it could not ask, and how it exits."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from chain.errors import InvalidInput
from chain.ethereum.auditing import AuditedNode
from chain.ethereum.client import EthereumRegistry, Expected
from chain.ethereum.contracts import agencies, certificates
from chain.ethereum.profiles import ANVIL, BESU_QBFT, Profile
from chain.ethereum.wire import to_hex
from chain.events import AgencySuspended, StatusChanged, Track
from chain.seals import SealScheme
from chain.steps import KINDS
from tests.audit import lies, sealed_chain
from tests.audit.auditing import audit
from tests.audit.lying_node import LyingNode, Refused
from tests.sealed import addresses, qbft, validators
from verifier import cli
from verifier.audit.finding import Grade
from verifier.audit.outcomes import State
from verifier.audit.remembering import FILE, Remembered
from verifier.audit.rules import Family
from verifier.audit.running import Auditor, Outcome, Pinned
from verifier.indexing.leading import Leader
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


def source_of(world: World, url: str, profile: Profile = ANVIL, *, batch: int = BATCH) -> AuditedNode:
    """Return a node that is asked in small steps."""
    expected = Expected(deployed_at_block=world.deployed.record.block_number)
    return AuditedNode(EthereumRegistry(url, world.deployed.record.address, profile, expected=expected), batch=batch)


def auditor_of(world: World, node: LyingNode, remembered: Remembered, **how: object) -> Auditor:
    """Return an audit that takes small steps."""
    profile = how.pop("profile", ANVIL)
    assert isinstance(profile, Profile)
    return Auditor([source_of(world, node.url, profile)], remembered, clock=lambda: world.now, **how)  # type: ignore[arg-type]


def codes(remembered: Remembered) -> set[str]:
    """Return what stands now, without where."""
    return {kept.finding.code for kept in remembered.findings(since=remembered.current_since(), limit=1_000)}


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
    assert outcome.is_all_there_is
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
    assert auditor_of(world, node, remembered).run().is_all_there_is


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


@pytest.mark.parametrize("until", [0, None], ids=["its first block", "what the node tells"])
def test_beginning_anew_takes_nothing_back_before_it_came_as_far(
    world: World, node: LyingNode, remembered: Remembered, until: int | None
) -> None:
    def fall_silent(done: int, _of: int) -> None:
        if done >= 2 * BATCH and until is None:
            node.refuse("eth_getBlockByNumber")

    lies.forge_root(node, world.batches[1])
    auditor_of(world, node, remembered).run()
    node.tell_the_truth()
    outcome = auditor_of(world, node, remembered, progress=fall_silent).run(from_genesis=True, until=until)
    assert "forged_root" in codes(remembered)
    assert state(outcome, Family.ROOTS)[0] is State.FAILED
    node.tell_the_truth()
    assert auditor_of(world, node, remembered).run().is_clean
    assert codes(remembered) == set()


def test_beginning_anew_with_one_node_does_not_take_back_that_two_disagreed(
    world: World, node: LyingNode, remembered: Remembered
) -> None:
    lies.rewrite_block(node, last_of(world))
    both = [source_of(world, world.anvil.url), source_of(world, node.url)]
    assert not Auditor(both, remembered, clock=lambda: world.now).run().is_clean
    node.tell_the_truth()
    assert not Auditor(both[:1], remembered, clock=lambda: world.now).run(from_genesis=True).is_clean
    assert Auditor(both, remembered, clock=lambda: world.now).run(from_genesis=True).is_clean


def test_memory_of_another_form_is_read_and_written_by_nobody(tmp_path: Path, world: World) -> None:
    with closing(sqlite3.connect(tmp_path / FILE)) as database:
        database.executescript("CREATE TABLE runs (number INTEGER); PRAGMA user_version = 1;")
    remembered = Remembered(tmp_path / FILE)
    assert remembered.last_run() is None
    assert remembered.findings() == []
    with pytest.raises(InvalidInput, match="got the form 1, wanted"):
        remembered.begin(started=world.now, first_block=0, registry=None)
    assert remembered.renew() == tmp_path / "audit-form-1-1.db"
    assert remembered.begin(started=world.now, first_block=0, registry=None) == 1
    assert remembered.renew() is None
    remembered.close()
    with closing(sqlite3.connect(tmp_path / "audit-form-1-1.db")) as database:
        assert database.execute("SELECT COUNT(*) FROM runs").fetchone() == (0,)


# Where the registry begins.


def test_blocks_before_the_registry_pass_nothing_of_it(world: World, node: LyingNode, remembered: Remembered) -> None:
    assert world.deployed.record.block_number > 0
    outcome = auditor_of(world, node, remembered).run(until=0)
    not_run = {each.family for each in outcome.families if each.reason == "before_registry"}
    assert not_run == set(Family) - {Family.CONTINUITY, Family.BLOCKS, Family.SEALS, Family.NODES}
    assert not outcome.is_all_there_is
    assert auditor_of(world, node, remembered).run().is_all_there_is


def begin_later(node: LyingNode, number: int) -> None:
    """Withhold all events before a block, and say that the registry began there."""
    created = next(topic for topic, kind in agencies().events.items() if kind.name == "RegistryCreated")

    def edited(params: list[Row], shown: list[Row]) -> list[Row]:
        if params[0].get("topics") == [to_hex(created)]:
            return [{**log, "blockNumber": hex(number)} for log in shown]
        return [log for log in shown if int(log["blockNumber"], 16) >= number]

    node.edit("eth_getLogs", edited)


@pytest.mark.parametrize("in_all", [False, True], ids=["in part", "in all"])
def test_history_before_the_block_that_the_node_calls_the_first_is_found(
    world: World, node: LyingNode, tmp_path: Path, *, in_all: bool
) -> None:
    begin_later(node, last_of(world) + 1 if in_all else 40)
    found = audit(world.settings(tmp_path, rpc_urls=node.url), now=world.now)
    assert found.state(Family.HEADS) is State.FAILED
    hidden = {finding.block for finding in found.findings if finding.code.startswith("hidden_")}
    assert world.deployed.record.block_number in hidden


def test_registry_that_begins_elsewhere_than_before_is_an_alarm(world: World, node: LyingNode, tmp_path: Path) -> None:
    settings = world.settings(tmp_path, rpc_urls=node.url)
    assert audit(settings, now=world.now).outcome.is_clean
    begin_later(node, 40)
    found = audit(settings, now=world.now)
    assert found.state(Family.CONTINUITY) is State.FAILED
    assert found.of("deployment_moved").arguments == {"before": world.deployed.record.block_number, "block": 40}


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
    assert state(outcome, Family.CODE) == (State.NOT_RUN, "no_state")
    assert outcome.is_clean
    assert not outcome.is_all_there_is


def test_heads_that_the_node_only_told_are_not_called_proven(
    world: World, node: LyingNode, remembered: Remembered
) -> None:
    outcome = auditor_of(world, node, remembered, profile=replace(ANVIL, proofs=False)).run()
    assert state(outcome, Family.HEADS) == (State.NOT_RUN, "only_told")
    assert state(outcome, Family.CODE) == (State.NOT_RUN, "code_only_told")
    assert outcome.is_all_there_is
    assert not outcome.is_whole
    only_logs_hide(node, lambda event: isinstance(event, StatusChanged))
    outcome = auditor_of(world, node, remembered, profile=replace(ANVIL, proofs=False)).run(from_genesis=True)
    assert state(outcome, Family.HEADS)[0] is State.FAILED


def test_blocks_checked_without_a_trust_list_are_not_called_sealed_later(
    world: World, node: LyingNode, remembered: Remembered
) -> None:
    those = validators(4)
    sealed_chain.seal(node, last_of(world) + 1, qbft(those), lambda _number: those[:3])
    auditor = auditor_of(world, node, remembered, profile=BESU_QBFT)
    outcome = auditor.run(until=BATCH)
    assert state(outcome, Family.SEALS) == (State.NOT_RUN, "no_trust_list")
    assert not outcome.is_all_there_is
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


def test_other_code_than_the_state_has_is_found_though_the_node_shows_ours(
    own_world: World, remembered: Remembered
) -> None:
    address = to_hex(own_world.deployed.record.address)
    ours = str(own_world.anvil.ask("eth_getCode", address, "latest"))
    own_world.anvil.ask("anvil_setCode", address, ours + "00")
    own_world.anvil.mine(2)
    with LyingNode(own_world.anvil.url) as node:
        node.edit("eth_getCode", lambda params, true: ours if params[0] == address else true)
        # In one step: in the block that anvil changes behind its own back, no state is that of the header.
        source = source_of(own_world, node.url, batch=1_000)
        outcome = Auditor([source], remembered, clock=lambda: own_world.now).run()
    assert state(outcome, Family.CODE)[0] is State.FAILED
    assert codes(remembered) == {"code_not_proven"}


def test_registry_without_code_is_told_though_nothing_else_can_be_asked(
    world: World, node: LyingNode, remembered: Remembered
) -> None:
    auditor_of(world, node, remembered).run(until=BATCH)
    node.refuse("eth_call")
    lies.swap_code(node, world.deployed.record.address, b"")
    outcome = auditor_of(world, node, remembered).run()
    assert not outcome.is_answered
    assert codes(remembered) == {"code_swapped"}


def test_registry_that_recorded_something_and_has_no_code_is_found(
    world: World, node: LyingNode, remembered: Remembered
) -> None:
    lies.swap_code(node, world.deployed.record.address, b"")
    source = source_of(world, node.url, replace(ANVIL, proofs=False), batch=1_000)
    outcome = Auditor([source], remembered, clock=lambda: world.now).run()
    assert state(outcome, Family.CODE)[0] is State.FAILED
    (finding,) = (kept.finding for kept in remembered.findings(code="code_swapped"))
    assert (finding.block, finding.arguments["size"]) == (last_of(world), 0)


def test_node_that_is_still_behind_need_not_have_the_registry(
    world: World, node: LyingNode, remembered: Remembered
) -> None:
    auditor_of(world, node, remembered).run(until=BATCH)
    node.refuse("eth_call")
    lies.stop_at(node, 0)
    outcome = auditor_of(world, node, remembered).run()
    assert not outcome.is_answered
    assert codes(remembered) == set()


def test_first_audit_of_a_node_that_still_reads_the_chain_is_not_run_and_raises_no_alarm(
    world: World, node: LyingNode, remembered: Remembered
) -> None:
    node.refuse("eth_call")
    lies.swap_code(node, world.deployed.record.address, b"")
    outcome = auditor_of(world, node, remembered).run()
    assert {each.state for each in outcome.families} == {State.NOT_RUN}
    assert codes(remembered) == set()


def test_other_transaction_than_the_one_asked_for_is_no_answer(
    world: World, node: LyingNode, remembered: Remembered
) -> None:
    asked, other = (to_hex(each.transaction_hash) for each in world.batches[1:3])
    shown = node.ask("eth_getTransactionByHash", other)
    node.edit("eth_getTransactionByHash", lambda params, true: shown if params[0] == asked else true)
    assert auditor_of(world, node, remembered).run().is_clean


@pytest.mark.parametrize(
    ("altered", "profile", "code"),
    [
        ({"from": "0x" + "5e" * 20}, ANVIL, "sender_altered"),
        ({"nonce": "0xffff"}, ANVIL, "transaction_altered"),
        ({"r": "0x0", "s": "0x0"}, replace(ANVIL, test_only=False), "transaction_altered"),
        ({"type": "0x7e"}, ANVIL, "sender_only_told"),
    ],
    ids=["another sender", "another nonce", "no signature", "unknown type"],
)
def test_sender_is_held_against_the_transactions_own_signature(
    *, world: World, node: LyingNode, remembered: Remembered, altered: Row, profile: Profile, code: str
) -> None:
    batch = world.batches[1]
    asked = to_hex(batch.transaction_hash)
    node.edit_transactions(lambda sent: {**sent, **altered} if sent["hash"] == asked else sent)
    outcome = auditor_of(world, node, remembered, profile=profile).run()
    (finding,) = (kept.finding for kept in remembered.findings())
    assert (finding.code, finding.block, finding.arguments["transaction"]) == (code, batch.block_number, asked)
    assert outcome.is_clean is (finding.grade is Grade.REMARK) is (code == "sender_only_told")


@pytest.mark.parametrize("altered", [{"type": "0x7e"}, {"r": None}], ids=["unknown type", "no signature"])
def test_sender_that_nobody_could_check_leaves_the_blocks_not_run_where_all_transactions_are_signed(
    world: World, node: LyingNode, remembered: Remembered, altered: Row
) -> None:
    asked = to_hex(world.batches[1].transaction_hash)
    node.edit_transactions(lambda sent: {**sent, **altered} if sent["hash"] == asked else sent)
    signed = replace(ANVIL, test_only=False)
    # A run that goes on from there has not looked either.
    for until in (last_of(world) - 1, None):
        outcome = auditor_of(world, node, remembered, profile=signed).run(until=until)
        assert state(outcome, Family.BLOCKS) == (State.NOT_RUN, "sender_only_told")
        assert (outcome.is_all_there_is, outcome.is_clean) == (False, True)
    with LyingNode(world.anvil.url) as honest:
        outcome = auditor_of(world, honest, remembered, profile=signed).run(from_genesis=True)
    assert state(outcome, Family.BLOCKS) == (State.PASSED, "")


def test_account_that_a_test_chain_lets_send_without_a_key_is_no_fault(
    own_world: World, remembered: Remembered
) -> None:
    batch = own_world.batches[-1]
    sent = own_world.anvil.ask("eth_getTransactionByHash", to_hex(batch.transaction_hash))
    assert isinstance(sent, dict)
    stranger = "0x" + "5e" * 20
    own_world.anvil.ask("anvil_rollback", own_world.last_block - batch.block_number + 1)
    own_world.anvil.ask("anvil_impersonateAccount", stranger)
    own_world.anvil.ask("anvil_setBalance", stranger, hex(10**20))
    own_world.anvil.ask("eth_sendTransaction", {"from": stranger, "to": sent["to"], "data": sent["input"]})
    own_world.anvil.mine(2)
    with LyingNode(own_world.anvil.url) as node:
        assert auditor_of(own_world, node, remembered).run().is_clean
    (finding,) = (kept.finding for kept in remembered.findings())
    assert (finding.code, finding.grade, finding.arguments["sender"]) == ("sender_only_told", Grade.REMARK, stranger)


def test_log_that_the_contracts_never_write_is_found(world: World, node: LyingNode, remembered: Remembered) -> None:
    number = world.batches[1].block_number

    def edited(logs: list[Row]) -> list[Row]:
        strange = [log for log in logs if log["blockNumber"] == hex(number)]
        return [*logs, *({**log, "topics": ["0x" + "77" * 32], "logIndex": "0x63"} for log in strange[:1])]

    node.edit_logs(edited)
    auditor_of(world, node, remembered).run()
    (finding,) = (kept.finding for kept in remembered.findings(code="log_unknown"))
    assert (finding.block, finding.log_index) == (number, 0x63)


# Other nodes.


def test_node_whose_header_cannot_be_hashed_does_not_agree(
    world: World, node: LyingNode, remembered: Remembered
) -> None:
    node.edit_blocks(lambda block: {**block, "stateRoot": "0x"})
    sources = [source_of(world, world.anvil.url), source_of(world, node.url)]
    outcome = Auditor(sources, remembered, clock=lambda: world.now).run()
    assert state(outcome, Family.NODES) == (State.NOT_RUN, "node_unreadable")
    assert not outcome.is_all_there_is


def test_nodes_without_proofs_are_compared_by_the_heads_that_they_tell(
    world: World, node: LyingNode, remembered: Remembered
) -> None:
    profile = replace(ANVIL, proofs=False)
    sources = [source_of(world, each, profile) for each in (world.anvil.url, node.url)]
    assert state(Auditor(sources, remembered, clock=lambda: world.now).run(), Family.NODES) == (State.PASSED, "")
    head = to_hex(certificates().functions["head"].selector)
    node.edit("eth_call", lambda params, true: "0x" + "5a" * 32 if params[0]["data"].startswith(head) else true)
    outcome = Auditor(sources, remembered, clock=lambda: world.now).run()
    assert state(outcome, Family.NODES)[0] is State.FAILED
    assert "nodes_disagree" in codes(remembered)


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
    assert not told["is_whole"]
    assert told["not_run"] == ["seals", "nodes"]
    assert told["findings"] == []
    assert told["block"] == last_of(world)
    assert {each["family"]: each["state"] for each in told["families"]}["heads"] == "PASSED"


@pytest.mark.usefixtures("settings")
def test_run_moves_a_memory_of_another_form_aside_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(sqlite3.connect(tmp_path / FILE)) as database:
        database.execute("PRAGMA user_version = 1")
    assert cli.run(["audit", "run"]) == CLEAN
    assert "audit-form-1-1.db" in capsys.readouterr().err
    assert (tmp_path / "audit-form-1-1.db").exists()


@pytest.mark.usefixtures("settings")
def test_beginning_anew_that_loses_the_node_still_exits_with_1(
    world: World, node: LyingNode, capsys: pytest.CaptureFixture[str]
) -> None:
    lies.forge_root(node, world.batches[1])
    assert cli.run(["audit", "run"]) == FOUND
    node.refuse("eth_getLogs")
    assert cli.run(["audit", "run", "--from-genesis"]) == FOUND
    node.tell_the_truth()
    assert cli.run(["audit", "run", "--from-genesis", "--until", "0"]) == FOUND
    capsys.readouterr()
    assert cli.run(["audit", "run"]) == CLEAN
    assert capsys.readouterr().err == ""
    assert cli.run(["audit", "run", "--from-genesis", "--until", "0"]) == NOT_RUN
    assert "NOT RUN in part" in capsys.readouterr().err


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
def test_usage_mistakes_exit_with_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["audit", "run", "--until", "1000000"]) == USAGE
    assert cli.run(["audit", "run", "--until", "40"]) in {CLEAN, FOUND}
    capsys.readouterr()
    assert cli.run(["audit", "run", "--until", "39"]) == USAGE
    assert "got block 39, wanted 40 or later" in capsys.readouterr().err
    assert cli.run(["audit", "run", "--until", "40"]) in {CLEAN, FOUND}
    assert cli.run(["audit", "run", "--until", "39", "--from-genesis"]) in {CLEAN, FOUND}
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

"""Every kind of event, written into the index from a chain in memory, and taken back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
from sqlmodel import select

from chain import merkle, steps
from chain.events import (
    AgencyCorrected,
    AgencyRegistered,
    AgencyResumed,
    AgencySuspended,
    ApprovalsDemanded,
    BatchAnchored,
    Capability,
    CertificateReplaced,
    KeyAdded,
    KeyCutOff,
    MemberAdded,
    MemberRemoved,
    OfficerSet,
    OwnApprovalsSet,
    ProposalExecuted,
    ProposalMade,
    Record,
    RegistryCreated,
    StatusChanged,
    SuccessorNamed,
    Track,
    TypeGranted,
    TypeRegistered,
    TypeRetired,
    TypeWithdrawn,
    VerifyingHostSet,
    VoteCast,
)
from chain.history import Heads
from chain.keys import PublicKey
from tests.verifier.book import IDENTITY, KEY, kid, private_key
from tests.verifier.chain_in_memory import NOW, SENDER, ListRegistry, index_of
from verifier.check.knowledge import NO_CUT_OFF, Place
from verifier.indexing.models import EventRow, PartyRow, TransactionRow, block_of, place
from verifier.indexing.parties import Part
from verifier.indexing.recording import Recorder
from verifier.indexing.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from chain.events import Event

ONE, TWO = bytes(19) + b"\1", bytes(19) + b"\2"
LEAVES = tuple(sha256(bytes([number])).digest() for number in range(3))
NEW_LEAF = sha256(b"new").digest()


def agency(number: int, parent: int = 0) -> AgencyRegistered:
    return AgencyRegistered(number, parent, 1, "11999999MB0000001X", f"演示{number}", ())


def batch(sequence: int, leaves: Sequence[bytes] = LEAVES) -> BatchAnchored:
    return BatchAnchored(1, merkle.root(leaves), 3, 1, len(leaves), sequence, ONE, (TWO,))


def history() -> ListRegistry:
    """Return one event of every kind at least."""
    key = PublicKey.of(KEY)
    events: list[Event] = [
        RegistryCreated(IDENTITY.registry_id, test=True),
        MemberAdded(ONE, 1),
        MemberAdded(TWO, 2),
        MemberRemoved(TWO, 1),
        ProposalMade(2**255, ONE, TWO, b"call", 2**64 - 1),
        VoteCast(2**255, ONE),
        ProposalExecuted(2**255, ONE),
        VerifyingHostSet("verify.example.cn", listed=True),
        VerifyingHostSet("verify.example.cn", listed=True),
        VerifyingHostSet("verify.example.cn", listed=False),
        VerifyingHostSet("verify.example.cn", listed=False),
        TypeRegistered(3, 1, bytes(32)),
        TypeRetired(3, 1),
        agency(1),
        AgencyCorrected(1, "11999999MB0000001X", "演示更名"),
        AgencySuspended(1, 1, ()),
        AgencyResumed(1, ()),
        ApprovalsDemanded(1, 2, ()),
        OwnApprovalsSet(1, 3, ()),
        TypeGranted(1, 3, ()),
        TypeWithdrawn(1, 3, ()),
        OfficerSet(1, ONE, Capability.PREPARE, ()),
        OfficerSet(1, ONE, Capability(0), ()),
        OfficerSet(1, TWO, Capability(0), ()),
        KeyAdded(1, key.kid, 1, key.x, key.y, 2**64 - 1, 0, ()),
        KeyCutOff(1, key.kid, 2**63 + 5, ()),
        KeyCutOff(1, key.kid, NO_CUT_OFF, ()),
        batch(1),
        StatusChanged(1, LEAVES[0], Track.LOSS, 5, 0, 1, b"d" * 32, 2**256 - 1, (ONE, TWO)),
        CertificateReplaced(1, LEAVES[1], NEW_LEAF, 7, 1),
        SuccessorNamed(ONE, bytes(32)),
    ]
    number = next(place for place, event in enumerate(events, 1) if isinstance(event, BatchAnchored))
    return ListRegistry(events, {number: LEAVES})


def test_every_kind_of_event_is_written_without_a_finding(tmp_path: Path) -> None:
    registry = history()
    index = index_of(registry, tmp_path)
    progress = index.follow(NOW)
    assert progress is not None
    assert (progress.trouble, progress.block_number) == ("", len(registry.events))
    assert index.findings() == []
    tables = {name: len(rows) for name, rows in index.contents().items()}
    assert tables == {
        "agencies": 6,
        "batches": 1,
        "council_members": 2,
        "council_proposals": 1,
        "council_thresholds": 3,
        "council_votes": 1,
        "events": 31,
        "findings": 0,
        "grants": 1,
        "hosts": 1,
        "keys": 3,
        "leaves": 3,
        "officers": 1,
        "parties": 44,
        "statuses": 2,
        "successors": 1,
        "transactions": 31,
        "types": 2,
    }


def test_an_event_is_found_by_its_agency_type_and_transaction(tmp_path: Path) -> None:
    index = index_of(history(), tmp_path)
    index.follow(NOW)
    with index.register() as tables:
        assert tables is not None
        session, _, _ = tables
        told = {steps.KINDS[row.kind]: row for row in session.exec(select(EventRow))}
        sent = {row.hash: row for row in session.exec(select(TransactionRow))}
    assert (told[StatusChanged].agency, told[StatusChanged].certificate_type) == (1, 3)
    assert (told[CertificateReplaced].agency, told[CertificateReplaced].certificate_type) == (1, 3)
    assert (told[TypeRetired].agency, told[TypeRetired].certificate_type) == (None, 3)
    assert (told[VoteCast].agency, told[VoteCast].certificate_type) == (None, None)
    carrying = sent[told[BatchAnchored].transaction_hash]
    assert (carrying.block, carrying.sender) == (block_of(told[BatchAnchored].begins), SENDER)
    assert (carrying.position, carrying.to) == (0, IDENTITY.address)


def test_a_replacement_was_signed_by_those_who_signed_its_batch(tmp_path: Path) -> None:
    other = (sha256(b"another's").digest(),)
    strange = replace(batch(1, other), agency=2, preparer=TWO, approvers=())
    events: list[Event] = [agency(1), agency(2), batch(1)]
    registry = ListRegistry(events, {3: LEAVES})
    index = index_of(registry, tmp_path)
    index.follow(NOW)
    last = list(registry.records(1, 3))[-1]
    of_batch = CertificateReplaced(1, LEAVES[1], LEAVES[0], 7, 1)
    with Store(f"sqlite:///{tmp_path / 'index.db'}").writing() as session:
        recorder = Recorder(session)
        recorder.record(replace(last, event=strange, leaves=other, log_index=1))
        recorder.record(replace(last, event=of_batch, leaves=(), log_index=2))
        elsewhere = replace(last, event=of_batch, leaves=(), block_number=4, transaction_hash=bytes(32))
        recorder.record(elsewhere)
        signed = session.exec(select(PartyRow).where(PartyRow.part == Part.SIGNED)).all()
        told = {(block_of(row.begins), row.begins & 3): set() for row in signed}
        for row in signed:
            told[block_of(row.begins), row.begins & 3].add(row.address)
    assert told == {(3, 0): {ONE, TWO}, (3, 1): {TWO}, (3, 2): {ONE, TWO}}


def test_a_transaction_that_is_told_in_two_ways_is_a_finding(tmp_path: Path) -> None:
    registry = ListRegistry([agency(1), agency(2)])
    index = index_of(registry, tmp_path)
    index.follow(NOW)
    store = Store(f"sqlite:///{tmp_path / 'index.db'}")
    first = next(iter(registry.records(1, 1)))
    elsewhere = replace(first, event=agency(3), block_number=3)
    with store.writing() as session:
        Recorder(session).record(replace(first, event=agency(4), log_index=1))
        Recorder(session).record(elsewhere)
    assert index.findings() == [(3, "its transaction was told otherwise before")]


def test_the_state_before_every_place_is_remembered(tmp_path: Path) -> None:
    registry = history()
    index = index_of(registry, tmp_path)
    index.follow(NOW)
    numbers = {type(event).__name__: number for number, event in enumerate(registry.events, 1)}
    with index.snapshot() as snapshot:
        assert snapshot is not None
        suspended = [
            snapshot.is_suspended(1, Place(numbers[name] + after, 0))
            for name in ("AgencySuspended", "AgencyResumed")
            for after in (0, 1)
        ]
        assert suspended == [False, True, True, False]
        # An agency that was not registered yet could not act.
        assert snapshot.is_suspended(1, Place(numbers["AgencyRegistered"], 0))
        held = [snapshot.holds_type(1, 3, Place(numbers["TypeGranted"] + after, 0)) for after in range(3)]
        assert held == [False, True, False]
        registered = [snapshot.type_digest(3, 1, Place(numbers["TypeRegistered"] + after, 0)) for after in range(2)]
        assert registered == [None, bytes(32)]
        (key,) = snapshot.keys(1, kid(KEY)[:8])
        assert (key.cut_off_block, key.listed_at_block) == (NO_CUT_OFF, numbers["KeyAdded"])
        assert snapshot.keys(1, b"other") == []
        named = snapshot.agency(1)
        assert named is not None
        assert named.name == "演示更名"
        (loss,) = snapshot.statuses(1, LEAVES[0])
        assert (loss.track, loss.from_hour, loss.new_leaf) == (Track.LOSS, 5, None)
        (replaced,) = snapshot.statuses(1, LEAVES[1])
        assert (replaced.track, replaced.new_leaf) == (Track.REPLACED, NEW_LEAF)
        assert snapshot.leaves_beginning(LEAVES[0][:7] + bytes([LEAVES[0][7] & 0xF0]), 60) == [LEAVES[0]]
        found = snapshot.batch(1, merkle.root(LEAVES))
        assert found is not None
        assert (found.size, found.leaves) == (3, ())
        (held,) = snapshot.batches_with(LEAVES[0])
        assert held == replace(found, leaves=LEAVES[:1])
        assert snapshot.batch(2, merkle.root(LEAVES)) is None


@pytest.mark.parametrize("kept", [1, 5, 9, 14, 20, 26, 29])
def test_rolling_back_to_any_block_is_as_if_the_rest_had_not_been(tmp_path: Path, kept: int) -> None:
    registry = history()
    index = index_of(registry, tmp_path)
    index.follow(NOW)
    (tmp_path / "short").mkdir()
    short = ListRegistry([*registry.events[:kept], *[agency(9)] * 40], registry.leaves, fork=kept + 1, forks=1)
    wanted = index_of(short, tmp_path / "short")
    wanted.follow(NOW)
    again = index_of(short, tmp_path)
    progress = again.follow(NOW)
    assert progress is not None
    assert progress.trouble == ""
    assert again.contents() == wanted.contents()
    assert progress.heads == wanted.follow(NOW).heads  # type: ignore[union-attr]  # It was reached just now.


def test_a_history_that_is_another_from_the_first_block_on_is_read_anew(tmp_path: Path) -> None:
    index_of(history(), tmp_path).follow(NOW)
    other = ListRegistry([agency(number) for number in range(1, 4)], forks=1)
    progress = index_of(other, tmp_path).follow(NOW)
    assert progress is not None
    assert progress.trouble == ""
    assert progress.block_number == 3


def test_a_chain_that_changes_while_it_is_read_is_not_believed(tmp_path: Path) -> None:
    registry = history()
    registry.torn = True
    index = index_of(registry, tmp_path)
    progress = index.follow(NOW)
    assert progress is not None
    assert "reorganised" in progress.trouble
    registry.torn = False
    progress = index.follow(NOW)
    assert progress is not None
    assert progress.trouble == ""


@pytest.mark.parametrize(
    ("event", "finding"),
    [
        (AgencyCorrected(7, "11999999MB0000001X", "name"), "changes what was not recorded before"),
        (TypeWithdrawn(7, 1, ()), "changes what was not recorded before"),
        (KeyCutOff(7, bytes(32), 1, ()), "changes what was not recorded before"),
        (MemberRemoved(ONE, 1), "changes what was not recorded before"),
        (batch(1), "leaves could not be read"),
        (batch(3), "sequence 3 follows 0; leaves could not be read"),
        (StatusChanged(1, LEAVES[0], Track.LOSS, 5, 0, 1, bytes(32), 0, ()), f"status of {LEAVES[0].hex()}"),
    ],
    ids=range(7),
)
def test_what_does_not_fit_is_a_finding_and_reading_goes_on(tmp_path: Path, event: Event, finding: str) -> None:
    index = index_of(ListRegistry([event, agency(1)]), tmp_path)
    index.follow(NOW)
    ((block, what),) = index.findings()
    assert block == 1
    assert finding in what
    with index.snapshot() as snapshot:
        assert snapshot is not None
        assert snapshot.agency(1) is not None


def test_keys_of_other_algorithms_are_not_tried(tmp_path: Path) -> None:
    key = PublicKey.of(private_key("SM2"))
    index = index_of(ListRegistry([KeyAdded(1, key.kid, 2, key.x, key.y, 0, 0, ())]), tmp_path)
    index.follow(NOW)
    with index.snapshot() as snapshot:
        assert snapshot is not None
        assert snapshot.keys(1, key.kid) == []


def test_leaves_that_do_not_make_the_root_are_not_kept(tmp_path: Path) -> None:
    registry = ListRegistry([batch(1)], {1: tuple(reversed(LEAVES))})
    index = index_of(registry, tmp_path)
    index.follow(NOW)
    assert index.contents()["leaves"] == []
    assert index.contents()["batches"]


def test_places_are_ordered_as_the_chain_is() -> None:
    assert place(1, 5) < place(1, 6) < place(2)
    assert block_of(place(7, 3)) == 7


def test_withdrawing_a_type_again_from_higher_up_is_no_finding(tmp_path: Path) -> None:
    registry = ListRegistry([agency(1), TypeGranted(1, 3, ()), TypeWithdrawn(1, 3, ()), TypeWithdrawn(1, 3, ())])
    index = index_of(registry, tmp_path)
    index.follow(NOW)
    assert index.findings() == []
    with index.snapshot() as snapshot:
        assert snapshot is not None
        assert not snapshot.holds_type(1, 3, Place(5, 0))


def test_heads_are_compared_even_where_no_block_is_new(tmp_path: Path) -> None:
    registry = history()
    index = index_of(registry, tmp_path)
    index.follow(NOW)
    registry.shown = Heads(rights=bytes(31) + b"1")
    for _ in range(2):
        progress = index.follow(NOW)
        assert progress is not None
        assert progress.is_mismatch
        assert "are not all" in progress.trouble
    registry.shown = None
    progress = index.follow(NOW)
    assert progress is not None
    assert (progress.trouble, progress.is_mismatch) == ("", False)


def test_a_poll_that_could_not_compare_the_heads_does_not_count(tmp_path: Path) -> None:
    """A node that knows the present state only may have gone on; then the next poll has to tell."""
    registry = history()
    registry.is_too_late = True
    index = index_of(registry, tmp_path)
    progress = index.follow(NOW)
    assert progress is not None
    assert (progress.block_number, progress.trouble) == (len(registry.events), "the registry has not been read yet")
    registry.is_too_late = False
    progress = index.follow(NOW)
    assert progress is not None
    assert progress.trouble == ""
    registry.is_too_late = True
    progress = index.follow(NOW + timedelta(seconds=10))
    assert progress is not None
    assert (progress.trouble, progress.polled_at) == ("", int(NOW.timestamp()))


def test_events_that_were_read_before_the_heads_could_be_compared_are_found_out(tmp_path: Path) -> None:
    registry = history()
    registry.is_too_late = True
    index = index_of(registry, tmp_path)
    index.follow(NOW)
    registry.is_too_late, registry.shown = False, Heads()
    progress = index.follow(NOW)
    assert progress is not None
    assert progress.is_mismatch


def test_a_finding_of_the_gateway_is_kept(tmp_path: Path) -> None:
    class Odd(ListRegistry):
        def records(self, first: int, last: int) -> Iterator[Record]:
            yield from (replace(record, finding="odd") for record in super().records(first, last))

    index = index_of(Odd([agency(1)]), tmp_path)
    index.follow(NOW)
    assert index.findings() == [(1, "odd")]

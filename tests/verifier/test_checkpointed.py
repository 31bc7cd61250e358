"""A checkpoint answers as the index does: one history of a real registry, asked of both."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from chain import checkpoint
from chain.ethereum.network import Anvil
from chain.events import (
    AgencyCorrected,
    BatchAnchored,
    CertificateReplaced,
    KeyAdded,
    KeyCutOff,
    Record,
    StatusChanged,
    Track,
)
from chain.keys import PublicKey
from chain.registry import BatchToAnchor
from tests.deployed import document_key, leaves_of, make_deployed
from tests.verifier.book import TYPE
from tests.verifier.offline_evidence import Chain
from tests.verifier.papers_on_chain import index_of, set_status
from tests.verifier.test_index import now_of
from verifier.check.checkpointed import CheckpointSnapshot
from verifier.check.knowledge import NO_CUT_OFF, Place
from verifier.check.rights import Rights

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chain.events import Event
    from tests.deployed import Deployed
    from verifier.check.knowledge import Snapshot

Both = tuple["Snapshot", CheckpointSnapshot, list[Record]]


def live(deployed: Deployed) -> None:
    """Have everything happen that verification asks about."""
    top, office = deployed.offices
    governing, writer = deployed.governing(), deployed.writer()
    keys = [PublicKey.of(document_key(f"checkpointed {number}")) for number in range(3)]
    for key in keys:
        governing.add_key(office.agency, x=key.x, y=key.y, valid_from=5, valid_until=9, by=office.managers)
    newest = writer.newest().number
    governing.cut_off_key(office.agency, keys[0].kid, newest, by=office.managers[:1])
    governing.cut_off_key(office.agency, keys[1].kid, newest, by=office.managers[:1])
    governing.cut_off_key(office.agency, keys[1].kid, NO_CUT_OFF, by=top.managers)
    governing.suspend_agency(office.agency, by=top.managers[:1])
    governing.resume_agency(office.agency, by=top.managers)
    governing.withdraw_type(office.agency, TYPE.number, by=top.managers[:1])
    governing.grant_type(office.agency, TYPE.number, by=top.managers)
    governing.council.correct_agency(office.agency, code=office.code, name="演示更名市")
    old, new = leaves_of("checkpointed old", 3), leaves_of("checkpointed new", 3)
    batch = BatchToAnchor(office.agency, TYPE.number, TYPE.version, old)
    deployed.anchor(office, batch)
    now = now_of(deployed)
    set_status(deployed, office, old[0], Track.SUSPENSION, now, until_hour=int(now.timestamp()) // 3600 + 20)
    set_status(deployed, office, old[0], Track.LOSS, now)
    deployed.anchor(office, replace(batch, leaves=new, replaces=old, from_hour=int(now.timestamp()) // 3600))
    governing.suspend_agency(office.agency, by=top.managers[:1])
    for host, listed in (("old.example.cn", True), ("verify.example.cn", True), ("old.example.cn", False)):
        governing.council.set_verifying_host(host, listed=listed)
    governing.council.set_verifying_host("old.example.cn", listed=True)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    with ExitStack() as stack:
        anvil = stack.enter_context(Anvil.start())
        deployed = make_deployed(anvil, levels=2)
        live(deployed)
        # So that the index counts all of it as final.
        for _ in range(3):
            anvil.mine()
        chain = Chain(deployed)
        index = index_of(deployed, tmp_path_factory.mktemp("index"))
        progress = index.follow(chain.now)
        assert progress is not None
        assert not progress.trouble
        indexed = stack.enter_context(index.snapshot())
        assert indexed is not None
        trust = chain.trust()
        yield indexed, CheckpointSnapshot(checkpoint.verify(chain.checkpoint(), trust), trust), chain.records()


def places(records: list[Record]) -> Iterator[Place]:
    """Yield every place where something happened, and those beside it."""
    for record in records:
        for log_index in (record.log_index, record.log_index + 1):
            yield Place(record.block_number, log_index)
        yield Place(record.block_number + 1, 0)


def events(records: list[Record], kind: type[Event]) -> list[Event]:
    return [record.event for record in records if isinstance(record.event, kind)]


class TestBoth:
    def test_it_is_the_same_registry_and_block(self, both: Both) -> None:
        indexed, checkpointed, _ = both
        assert replace(indexed.identity, genesis_hash=b"", deployed_at_block=0) == checkpointed.identity
        # Where the chain is made up in memory, its blocks have no headers that their hashes come from.
        assert replace(indexed.head, hash=b"") == replace(checkpointed.head, hash=b"")
        assert (indexed.is_checkpoint, checkpointed.is_checkpoint) == (False, True)

    def test_agencies(self, both: Both) -> None:
        indexed, checkpointed, records = both
        assert events(records, AgencyCorrected)
        for agency in range(4):
            assert indexed.agency(agency) == checkpointed.agency(agency)
            assert set(indexed.agency_ever(agency)) == set(checkpointed.agency_ever(agency))
        now, *before = checkpointed.agency_ever(2)
        assert (now.name, len(before)) == ("演示更名市", 1)

    def test_verifying_hosts_as_they_ever_were(self, both: Both) -> None:
        indexed, checkpointed, _ = both
        assert list(indexed.hosts_ever()) == list(checkpointed.hosts_ever()) == ["old.example.cn", "verify.example.cn"]

    def test_keys_and_their_cut_offs(self, both: Both) -> None:
        indexed, checkpointed, records = both
        assert len(events(records, KeyAdded)) == 5
        assert len(events(records, KeyCutOff)) == 3
        for agency in range(4):
            answers = [sorted(each.keys(agency, b""), key=lambda key: key.kid) for each in both[:2]]
            assert answers[0] == answers[1]
        (one,) = checkpointed.keys(2, PublicKey.of(document_key("checkpointed 0")).kid[:8])
        assert one.cut_off_block < NO_CUT_OFF
        assert indexed.keys(2, one.kid) == [one]

    def test_who_might_do_what_at_every_place(self, both: Both) -> None:
        indexed, checkpointed, records = both
        seen = set()
        for place in places(records):
            for agency in range(4):
                answers = [
                    (each.is_suspended(agency, place), each.holds_type(agency, TYPE.number, place))
                    for each in (indexed, checkpointed)
                ]
                assert answers[0] == answers[1], (agency, place)
                seen.add((agency, *answers[0]))
            for version in (TYPE.version, 9):
                digests = [each.type_digest(TYPE.number, version, place) for each in (indexed, checkpointed)]
                assert digests[0] == digests[1]
        assert {(2, True, True), (2, False, True), (2, False, False), (2, True, False)} <= seen

    def test_batches_but_for_their_leaves(self, both: Both) -> None:
        indexed, checkpointed, records = both
        found = events(records, BatchAnchored)
        assert len(found) == 2
        for event in found:
            assert isinstance(event, BatchAnchored)
            known = indexed.batch(event.agency, event.root)
            assert known is not None
            assert checkpointed.batch(event.agency, event.root) == known
            assert checkpointed.batch(event.agency + 1, event.root) is None
        for leaf in leaves_of("checkpointed old", 3):
            (held,) = indexed.batches_with(leaf)
            assert held.leaves == (leaf,)
            assert replace(held, leaves=()) == indexed.batch(held.agency, held.root)
            assert checkpointed.batches_with(leaf) == ()
            assert checkpointed.leaves_beginning(leaf, 60) == ()

    def test_statuses(self, both: Both) -> None:
        indexed, checkpointed, records = both
        assert events(records, StatusChanged)
        assert events(records, CertificateReplaced)
        for leaf in (*leaves_of("checkpointed old", 3), *leaves_of("checkpointed new", 3)):
            for agency in (1, 2):
                assert list(indexed.statuses(agency, leaf)) == list(checkpointed.statuses(agency, leaf))
        told = [status.track for status in checkpointed.statuses(2, leaves_of("checkpointed old", 1)[0])]
        assert told == [Track.SUSPENSION, Track.LOSS, Track.REPLACED]


class TestRights:
    """What the contract does not let happen says nothing, and breaks nothing."""

    def test_what_changes_something_unknown_says_nothing(self) -> None:
        history = [AgencyCorrected(7, "code", "name"), KeyCutOff(7, b"k" * 32, 5, ())]
        rights = Rights(Record(event, 1, b"", 0, b"", place) for place, event in enumerate(history))
        assert rights.agency(7) is None
        assert rights.keys(7, b"") == []
        assert rights.is_suspended(7, Place(9, 0))

    def test_a_key_of_another_algorithm_is_not_known(self) -> None:
        public = PublicKey.of(document_key("other algorithm"))
        added = KeyAdded(1, public.kid, 2, public.x, public.y, 0, 0, ())
        assert Rights([Record(added, 1, b"", 0, b"", 0)]).keys(1, b"") == []

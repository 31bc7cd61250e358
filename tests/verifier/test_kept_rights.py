"""What is kept of the rights from question to question is never that of another reading of the chain."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from chain.events import AgencyRegistered, AgencySuspended, KeyAdded, TypeGranted, VerifyingHostSet
from chain.keys import PublicKey
from tests.verifier.book import AGENCY, KEY, TYPE
from tests.verifier.chain_in_memory import NOW, ListRegistry, index_of
from tests.verifier.made_up_index import LATER, TODAY, made_up
from verifier.check.knowledge import Place
from verifier.check.report import Verdict
from verifier.check.rights import Rights
from verifier.checking import check_presented
from verifier.indexing import kept_rights
from verifier.indexing.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chain.events import Event, Record
    from tests.verifier.made_up_index import MadeUp
    from verifier.indexing.index import Index

FILLER = VerifyingHostSet("filler.example.cn", listed=True)
SUSPENDED = AgencySuspended(AGENCY, 1, ())


def agency(name: str) -> AgencyRegistered:
    return AgencyRegistered(AGENCY, 0, 1, "11999999MB0000001X", name, ())


def name_of(index: Index) -> str | None:
    with index.snapshot() as snapshot:
        assert snapshot is not None
        found = snapshot.agency(AGENCY)
        return None if found is None else found.name


def verdicts(index: Index, made: MadeUp) -> set[Verdict]:
    return {check_presented(paper.presented, index, TODAY, name="").verdict for paper in made.papers}


@pytest.fixture
def folds(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count how many records are folded each time."""
    found: list[int] = []

    class Counted(Rights):
        def __init__(self, records: tuple[Record, ...]) -> None:
            found.append(len(records))
            super().__init__(records)

    monkeypatch.setattr(kept_rights, "Rights", Counted)
    return found


def test_they_are_folded_once_and_again_only_when_a_right_changed(tmp_path: Path, folds: list[int]) -> None:
    registry = ListRegistry([agency("first"), FILLER])
    index = index_of(registry, tmp_path)
    index.follow(NOW)
    assert [name_of(index) for _ in range(3)] == ["first"] * 3
    assert folds == [2]
    index.follow(NOW)
    assert name_of(index) == "first"
    assert folds == [2]
    registry.events.append(SUSPENDED)
    index.follow(NOW)
    with index.snapshot() as snapshot:
        assert snapshot is not None
        assert snapshot.is_suspended(AGENCY, Place(4, 0))
        assert not snapshot.is_suspended(AGENCY, Place(3, 0))
    assert folds == [2, 3]


def test_a_block_without_rights_folds_nothing(tmp_path: Path, folds: list[int]) -> None:
    made = made_up(2, size=4, papers=2)
    events, made.registry.events = made.registry.events, made.registry.events[:8]
    index = index_of(made.registry, tmp_path, confirmations=0)
    index.follow(LATER)
    name_of(index)
    made.registry.events = events[:9]
    index.follow(LATER)
    assert verdicts(index, made) == {Verdict.VALID}
    assert folds == [7]


@pytest.mark.parametrize("who", ["the same process", "another one"])
def test_after_a_reorganisation_the_rights_of_the_chain_that_is_gone_are_not_used(tmp_path: Path, who: str) -> None:
    registry = ListRegistry([FILLER, agency("gone"), FILLER, FILLER])
    index = index_of(registry, tmp_path)
    index.follow(NOW)
    assert name_of(index) == "gone"
    other = ListRegistry([FILLER, agency("came"), FILLER, FILLER, FILLER], fork=2, forks=1)
    follower = index_of(other, tmp_path) if who == "another one" else index
    index._registry = index._registry if who == "another one" else other  # noqa: SLF001 (the node's chain is another now)
    index._read_heads = other.heads  # noqa: SLF001 (as above)
    progress = follower.follow(NOW)
    assert progress is not None
    assert progress.trouble == ""
    assert name_of(index) == "came"


def test_an_event_that_moved_within_its_block_is_seen_where_it_is(tmp_path: Path) -> None:
    """The heads do not bind logs' numbers: where only those changed, the generation alone tells."""

    class Moved(ListRegistry):
        def records(self, first: int, last: int) -> Iterator[Record]:
            for record in super().records(first, last):
                yield replace(record, log_index=7) if isinstance(record.event, TypeGranted) else record

    events: list[Event] = [agency("one"), TypeGranted(AGENCY, TYPE.number, ()), FILLER]
    index = index_of(ListRegistry(events), tmp_path)
    index.follow(NOW)
    with index.snapshot() as snapshot:
        assert snapshot is not None
        assert snapshot.holds_type(AGENCY, TYPE.number, Place(2, 5))
    index_of(Moved(events), tmp_path).rebuild(NOW)
    with index.snapshot() as snapshot:
        assert snapshot is not None
        assert not snapshot.holds_type(AGENCY, TYPE.number, Place(2, 5))
        assert snapshot.holds_type(AGENCY, TYPE.number, Place(2, 8))


def test_while_another_process_rebuilds_nothing_is_valid_and_then_all_is_as_before(tmp_path: Path) -> None:
    made = made_up(2, size=4, papers=2)
    index = index_of(made.registry, tmp_path)
    index.follow(LATER)
    assert verdicts(index, made) == {Verdict.VALID}
    program = (
        "import sys; from pathlib import Path\n"
        "from verifier.indexing.store import Store; from verifier.indexing.models import *\n"
        "from sqlalchemy import delete\n"
        "with Store(f'sqlite:///{sys.argv[1]}').writing() as session:\n"
        "    for table in (*HELD, EventRow, PartyRow, LeafRow, BlockRow, RegistryRow): session.execute(delete(table))\n"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path / "index.db")], check=True, cwd=Path.cwd())
    with index.snapshot() as snapshot:
        assert snapshot is None
    assert verdicts(index, made) == {Verdict.CANNOT_CHECK}
    index_of(made.registry, tmp_path).follow(LATER)
    assert verdicts(index, made) == {Verdict.VALID}


def test_a_question_sees_one_moment_while_another_connection_writes(tmp_path: Path) -> None:
    registry = ListRegistry([agency("one"), FILLER])
    index = index_of(registry, tmp_path)
    index.follow(NOW)
    with index.snapshot() as snapshot:
        assert snapshot is not None
        registry.events += [SUSPENDED, KeyAdded(AGENCY, PublicKey.of(KEY).kid, 1, *point(), 0, 0, ())]
        index_of(registry, tmp_path).follow(NOW)
        assert snapshot.head.number == 2
        assert not snapshot.is_suspended(AGENCY, Place(9, 0))
        assert snapshot.keys(AGENCY, b"") == []
        assert snapshot.statuses(AGENCY, bytes(32)) == []
    with index.snapshot() as later:
        assert later is not None
        assert later.head.number == 4
        assert later.is_suspended(AGENCY, Place(9, 0))
        assert len(later.keys(AGENCY, b"")) == 1


def point() -> tuple[bytes, bytes]:
    key = PublicKey.of(KEY)
    return key.x, key.y


def test_a_lookup_cannot_write(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'index.db'}")
    with pytest.raises(Exception, match="readonly"), store.looking() as lookup:
        lookup.rows("DELETE FROM leaves")
    with store.looking() as lookup:
        assert lookup.rows("SELECT 1") == [(1,)]
    store.close()

"""The index on PostgreSQL: the same tables, the same answers, the same fail-closed moments."""

from __future__ import annotations

from contextlib import ExitStack, closing
from typing import TYPE_CHECKING

import pytest

from chain.events import StatusChanged, Track, VerifyingHostSet
from tests import postgres
from tests.verifier.book import AGENCY
from tests.verifier.chain_in_memory import index_of
from tests.verifier.made_up_index import LATER, TODAY, made_up
from verifier.check.report import Verdict
from verifier.checking import check_presented
from verifier.indexing.index import Index
from verifier.indexing.snapshot import Freshness
from verifier.indexing.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.verifier.chain_in_memory import ListRegistry

    Opener = Callable[[ListRegistry], Index]


@pytest.fixture(scope="module")
def cluster() -> Iterator[postgres.Cluster]:
    """Return a server; skip where the machine has none."""
    try:
        with postgres.running() as started:
            yield started
    except postgres.PostgresMissing as exc:
        pytest.skip(str(exc))


@pytest.fixture
def opened(cluster: postgres.Cluster) -> Iterator[Opener]:
    """Return what opens an index in one new database, each time by connections of its own."""
    url = cluster.url(cluster.new())
    with ExitStack() as stack:

        def on_postgresql(registry: ListRegistry) -> Index:
            store = stack.enter_context(closing(Store(url)))
            return Index(store, registry, Freshness(1, 30), read_heads=registry.heads)

        yield on_postgresql


def test_it_holds_and_says_what_sqlite_does(opened: Opener, tmp_path: Path) -> None:
    made = made_up(3, size=40, papers=3)
    leaf = made.papers[0].leaf
    made.registry.events += [
        StatusChanged(AGENCY, leaf, Track.REVOKED, 5, 0, AGENCY, bytes(32), 0, ()),
        VerifyingHostSet("last.example.cn", listed=True),
    ]
    ours, sqlite = opened(made.registry), index_of(made.registry, tmp_path)
    for index in (ours, sqlite):
        progress = index.follow(LATER)
        assert progress is not None
        assert progress.trouble == ""
    assert ours.contents() == sqlite.contents()
    for paper in made.papers:
        for presented in (paper.presented, paper.presented_code, paper.presented_short_number):
            reports = [check_presented(presented, index, TODAY, name="") for index in (ours, sqlite)]
            assert reports[0] == reports[1]
    assert check_presented(made.papers[0].presented, ours, TODAY, name="").verdict is Verdict.REVOKED
    assert check_presented(made.papers[1].presented, ours, TODAY, name="").verdict is Verdict.VALID


def test_a_question_sees_one_moment_while_another_connection_writes(opened: Opener) -> None:
    made = made_up(1, size=4, papers=1)
    index = opened(made.registry)
    index.follow(LATER)
    leaf = made.papers[0].leaf
    with index.snapshot() as snapshot:
        assert snapshot is not None
        before = snapshot.head.number
        made.registry.events.append(StatusChanged(AGENCY, leaf, Track.LOSS, 5, 0, AGENCY, bytes(32), 0, ()))
        opened(made.registry).follow(LATER)
        assert snapshot.statuses(AGENCY, leaf) == []
        assert snapshot.head.number == before
    with index.snapshot() as snapshot:
        assert snapshot is not None
        assert len(snapshot.statuses(AGENCY, leaf)) == 1


def test_it_is_rolled_back_and_rebuilt_as_sqlite_is(opened: Opener) -> None:
    made = made_up(2, size=4, papers=1)
    index = opened(made.registry)
    index.follow(LATER)
    before = index.contents()
    progress = index.rebuild(LATER)
    assert progress is not None
    assert progress.trouble == ""
    assert index.contents() == before
    made.registry.fork, made.registry.forks = 9, 1
    progress = index.follow(LATER)
    assert progress is not None
    assert progress.trouble == ""
    assert check_presented(made.papers[0].presented, index, TODAY, name="").verdict is Verdict.VALID

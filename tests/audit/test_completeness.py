"""«All certificates of agency A between two dates», and that nothing can be missing from them."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from sqlmodel import col, delete, select, update

from chain import merkle
from chain.calendar import first_hour
from chain.errors import InvalidInput
from chain.events import Track
from verifier.audit.completeness import NotComplete, NothingCut, OneBatch, OneCertificate, Period, gather
from verifier.audit.tabulating import Table, batch_of
from verifier.indexing.models import BlockRow, EventRow, LeafRow
from verifier.indexing.store import Store
from verifier.register import RegisterUnanswerable
from verifier.wiring import open_verifier
from verifier.wording import Language, message, say

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlmodel import Session

    from tests.audit.world import World
    from verifier.audit.finding import Finding
    from verifier.indexing.index import Index

FIRST, FIRST_WEEK, LAST = date(2026, 1, 1), date(2026, 1, 11), date(2026, 5, 31)


@pytest.fixture
def own(world: World, tmp_path: Path) -> Index:
    """Return an index that only this test has, with a checkpoint of its newest block."""
    verifier = open_verifier(world.settings(tmp_path))
    verifier.index.follow(world.now)
    verifier.checkpoints.cut(world.now, at_once=True)
    return verifier.index


@pytest.fixture(scope="module")
def kept(world: World, tmp_path_factory: pytest.TempPathFactory) -> Index:
    """Return such an index that nobody changes."""
    verifier = open_verifier(world.settings(tmp_path_factory.mktemp("complete")))
    verifier.index.follow(world.now)
    verifier.checkpoints.cut(world.now, at_once=True)
    return verifier.index


@pytest.fixture
def spoil(world: World, tmp_path: Path) -> Callable[[Callable[[Session], object]], None]:
    """Return what changes the index behind its back, as a node could by what it tells."""

    def change(how: Callable[[Session], object]) -> None:
        store = Store(world.settings(tmp_path).database_url)
        with store.writing() as session:
            how(session)
        store.close()

    return change


class TestWhatThereIs:
    def test_a_period_has_the_agencys_batches_with_all_their_leaves(self, world: World, kept: Index) -> None:
        county = world.offices[2]
        found = gather(kept, Period(county.agency, None, FIRST, LAST))
        wanted = [each for each in world.batches if each.office == county]
        leaves = [leaf for each in wanted for leaf in each.batch.leaves]
        assert [leaf for _, _, leaf in found.population] == leaves[: len(found.population)]
        assert len(found.batches) < len(wanted), "one comes after the period"
        assert found.is_over

    def test_a_type_and_days_narrow_it_down(self, world: World, kept: Index) -> None:
        county = world.offices[2]
        found = gather(kept, Period(county.agency, 2, date(2026, 1, 12), date(2026, 1, 12)))
        assert [(batch_of(each).certificate_type, batch_of(each).size) for each in found.batches] == [(2, 25)]

    def test_both_days_are_of_the_period_in_china(self, world: World, kept: Index) -> None:
        agency = world.offices[2].agency
        (whole,) = gather(kept, Period(agency, 2, date(2026, 1, 12), date(2026, 1, 12))).batches
        assert whole.block_timestamp // 3600 in range(first_hour(date(2026, 1, 12)), first_hour(date(2026, 1, 13)))
        assert gather(kept, Period(agency, 2, date(2026, 1, 13), date(2026, 1, 31))).batches == ()

    def test_a_period_that_goes_on_is_said_to_do_so(self, world: World, kept: Index) -> None:
        assert not gather(kept, Period(world.offices[2].agency, None, FIRST, date(2026, 12, 31))).is_over

    def test_statuses_are_those_at_the_end(self, world: World, kept: Index) -> None:
        agency, revoked = world.offices[2].agency, world.statuses["revoked"]
        earlier, later = (
            _status(gather(kept, Period(agency, None, FIRST, day)).tables, revoked) for day in (FIRST_WEEK, LAST)
        )
        assert (earlier, later) == ("", Track.REVOKED.name)

    @pytest.mark.parametrize(
        ("what", "status"),
        [
            ("rescinded", "RESCINDED"),
            ("lost", "LOSS"),
            ("lost_for_a_while", ""),
            ("suspended_for_a_while", ""),
            ("lifted_by_council", ""),
            ("then_revoked_from_above", "REVOKED CANCELLED"),
            ("replaced", "REPLACED"),
            ("suspended_from_the_top", "SUSPENSION"),
        ],
    )
    def test_every_track_is_told_as_it_stands(self, world: World, kept: Index, what: str, status: str) -> None:
        found = gather(kept, Period(world.offices[2].agency, None, FIRST, LAST))
        assert _status(found.tables, world.statuses[what]) == status

    def test_a_batch_and_a_certificate_have_their_own_leaves(self, world: World, kept: Index) -> None:
        batch = world.batches[0]
        one = gather(kept, OneBatch(batch.office.agency, batch.root))
        assert merkle.root(one.leaves[batch.office.agency, batch.root]) == batch.root
        assert gather(kept, OneCertificate(world.papers[4].leaf)).batches == one.batches

    @pytest.mark.parametrize(
        "subject",
        [
            Period(99, None, FIRST, LAST),
            Period(1, None, date(2030, 1, 1), date(2030, 1, 2)),
            OneBatch(1, b"r" * 32),
            OneCertificate(b"l" * 32),
        ],
    )
    def test_what_the_registry_does_not_have_is_said_so(
        self, kept: Index, subject: Period | OneBatch | OneCertificate
    ) -> None:
        with pytest.raises(InvalidInput, match="wanted"):
            gather(kept, subject)

    @pytest.mark.parametrize("agency", [0, -1, 2**32])
    def test_numbers_that_no_agency_has_are_refused(self, agency: int) -> None:
        with pytest.raises(InvalidInput, match="agency: got"):
            Period(agency, None, FIRST, LAST)

    def test_days_in_the_wrong_order_and_half_hashes_are_refused(self) -> None:
        with pytest.raises(InvalidInput, match="wanted the earlier day first"):
            Period(1, None, LAST, FIRST)
        with pytest.raises(InvalidInput, match="as leaf"):
            OneCertificate(b"leaf")


class TestMissing:
    """What a node withheld is noticed before anything is exported, and named."""

    def test_a_withheld_leaf(
        self, world: World, own: Index, spoil: Callable[[Callable[[Session], object]], None]
    ) -> None:
        leaf = world.papers[3].leaf
        spoil(lambda session: session.execute(delete(LeafRow).where(col(LeafRow.leaf) == leaf)))
        finding = _refused(own, world)
        assert finding.code == "export_leaves"
        assert (finding.arguments["got"], finding.arguments["wanted"]) == (9, 10)
        assert finding.arguments["root"] == f"0x{world.batches[0].root.hex()}"

    def test_a_leaf_of_any_batch_when_all_batches_of_one_certificate_are_wanted(
        self, world: World, own: Index, spoil: Callable[[Callable[[Session], object]], None]
    ) -> None:
        """What cannot be read of another batch could hold this certificate, too."""
        other = world.batches[4]
        spoil(lambda session: session.execute(delete(LeafRow).where(col(LeafRow.leaf).in_(other.batch.leaves))))
        with pytest.raises(NotComplete) as caught:
            gather(own, OneCertificate(world.papers[3].leaf))
        (finding,) = caught.value.findings
        assert (finding.code, finding.block) == ("export_leaves", other.block_number)
        assert (finding.arguments["got"], finding.arguments["wanted"]) == (0, len(other.batch.leaves))

    def test_a_swapped_leaf(
        self, world: World, own: Index, spoil: Callable[[Callable[[Session], object]], None]
    ) -> None:
        leaf = world.papers[3].leaf
        spoil(lambda session: session.execute(update(LeafRow).where(col(LeafRow.leaf) == leaf).values(leaf=b"x" * 32)))
        assert _refused(own, world).code == "export_leaves"

    def test_a_hidden_status(
        self, world: World, own: Index, spoil: Callable[[Callable[[Session], object]], None]
    ) -> None:
        leaf = world.statuses["revoked"]

        def hide(session: Session) -> None:
            rows = session.exec(select(EventRow.begins, EventRow.arguments)).all()
            (begins,) = (begins for begins, arguments in rows if arguments[32:64] == leaf)
            session.execute(delete(EventRow).where(col(EventRow.begins) == begins))

        spoil(hide)
        finding = _refused(own, world)
        assert (finding.code, finding.arguments["list"]) == ("export_head", "statuses")

    def test_a_time_that_was_changed_since(
        self, world: World, own: Index, spoil: Callable[[Callable[[Session], object]], None]
    ) -> None:
        block = world.batches[0].block_number
        spoil(
            lambda session: session.execute(
                update(BlockRow).where(col(BlockRow.number) == block).values(timestamp=col(BlockRow.timestamp) + 1)
            )
        )
        assert _refused(own, world).code == "export_history"

    def test_every_finding_has_its_words_in_both_languages(
        self, world: World, own: Index, spoil: Callable[[Callable[[Session], object]], None]
    ) -> None:
        leaf = world.papers[3].leaf
        spoil(lambda session: session.execute(delete(LeafRow).where(col(LeafRow.leaf) == leaf)))
        finding = _refused(own, world)
        for language in Language:
            assert "9" in say(message(finding.key, **finding.arguments), language)
            assert say(message(f"{finding.key}.why"), language)

    def test_without_a_checkpoint_nothing_is_proven(self, world: World, tmp_path: Path) -> None:
        verifier = open_verifier(world.settings(tmp_path))
        subject = Period(world.offices[2].agency, None, FIRST, LAST)
        with pytest.raises(RegisterUnanswerable):
            gather(verifier.index, subject)
        verifier.index.follow(world.now)
        with pytest.raises(NothingCut):
            gather(verifier.index, subject)


def test_nothing_in_a_table_is_a_formula() -> None:
    written = Table("agencies", ("name", "test"), (("=1+1", True), ("＋1", False), ("plain", 2))).as_csv()
    assert written.decode("utf-8-sig").splitlines() == ["name,test", "'=1+1,true", "'＋1,false", "plain,2"]


def _status(tables: tuple[Table, ...], leaf: bytes) -> object:
    (table,) = (each for each in tables if each.name == "leaves")
    (row,) = (row for row in table.rows if row[4] == f"0x{leaf.hex()}")
    return row[-1]


def _refused(index: Index, world: World) -> Finding:
    with pytest.raises(NotComplete) as caught:
        gather(index, Period(world.offices[2].agency, None, FIRST, LAST))
    return caught.value.findings[0]

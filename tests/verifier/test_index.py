"""The index follows a real node, and verification answers from it alone."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine
from sqlmodel import select

from chain.ethereum.client import EthereumRegistry
from chain.ethereum.profiles import ANVIL
from chain.events import Track
from chain.history import NO_HEAD
from tests.deployed import Deployed, batch_of, leaves_of, make_deployed
from tests.faults.chaos_proxy import ChaosProxy, Way
from tests.verifier.papers_on_chain import anchor, certificate_of, index_of, set_status
from verifier.check.moments import moment
from verifier.check.report import Report, Verdict
from verifier.check.verification import verify
from verifier.indexing.models import Base, EventRow, TransactionRow
from verifier.indexing.store import NEWEST_REVISION, Store, StoreOutgrown, alembic_config, migrate
from verifier.wiring import read_heads

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from chain.ethereum.network import Anvil
    from verifier.check.presented import Presented
    from verifier.indexing.index import Index

TOO_LONG = timedelta(seconds=ANVIL.max_head_age_s + 1)


def now_of(deployed: Deployed) -> datetime:
    """Return the newest block's time: tests must not depend on how fast blocks come."""
    return datetime.fromtimestamp(deployed.writer().newest().timestamp, UTC)


def ask(index: Index, presented: Presented, now: datetime) -> Report:
    with index.snapshot() as snapshot:
        return verify(presented, snapshot, moment(None, now), name="a paper")


def message_of(report: Report) -> str:
    return next(check.message.key for check in report.checks if check.name == "status")


class TestFollowing:
    def test_a_certificate_is_valid_from_the_index_alone(
        self, anvil: Anvil, deployment: Deployed, tmp_path: Path
    ) -> None:
        office = deployment.offices[4]
        made, other = (certificate_of(deployment, office, f"follow {number}") for number in range(2))
        index = index_of(deployment, tmp_path)
        index.follow(now_of(deployment))
        assert ask(index, made.presented, now_of(deployment)).verdict is Verdict.NOT_FOUND
        anchor(deployment, office, other, made)
        index.follow(now_of(deployment))
        assert ask(index, made.presented, now_of(deployment)).verdict is Verdict.PENDING
        anvil.mine()
        progress = index.follow(now_of(deployment))
        report = ask(index, made.presented, now_of(deployment))
        assert report.verdict is Verdict.VALID, report.checks
        assert progress is not None
        assert report.register is not None
        assert report.register.block_number == progress.block_number
        assert report.subject.agency is not None
        assert report.subject.agency.path == tuple(office.name for office in deployment.offices)
        assert ask(index, made.presented_code, now_of(deployment)).verdict is Verdict.VALID
        assert ask(index, made.presented_short_number, now_of(deployment)).verdict is Verdict.INCOMPLETE

    def test_a_status_counts_at_once_and_lifting_it_when_that_is_final(
        self, anvil: Anvil, deployment: Deployed, tmp_path: Path
    ) -> None:
        office = deployment.offices[1]
        made = certificate_of(deployment, office, "suspended")
        anchor(deployment, office, made)
        now = now_of(deployment)
        set_status(deployment, office, made.leaf, Track.SUSPENSION, now)
        index = index_of(deployment, tmp_path)
        index.follow(now_of(deployment))
        report = ask(index, made.presented, now)
        assert report.verdict is Verdict.SUSPENDED
        assert report.subject.statuses[0].decided_by == office.name
        assert report.subject.statuses[0].decision == b"d" * 32
        set_status(deployment, office, made.leaf, Track.SUSPENSION, now, from_hour=0)
        index.follow(now_of(deployment))
        assert ask(index, made.presented, now).verdict is Verdict.SUSPENDED
        anvil.mine()
        index.follow(now_of(deployment))
        report = ask(index, made.presented, now)
        assert report.verdict is Verdict.VALID, report.checks
        assert [status.starts is None for status in report.subject.statuses] == [False, True]

    def test_reading_goes_on_where_it_stopped_and_rebuilding_comes_out_the_same(
        self, deployment: Deployed, tmp_path: Path
    ) -> None:
        index = index_of(deployment, tmp_path)
        index.follow(now_of(deployment))
        office = deployment.offices[0]
        deployment.anchor(office, batch_of(office, "resumed"))
        again = index_of(deployment, tmp_path)
        again.follow(now_of(deployment))
        followed = again.contents()
        assert followed["leaves"]
        assert followed["agencies"]
        assert len(followed["events"]) == len(list(deployment.writer().records(0, deployment.writer().newest().number)))
        rebuilt = again.rebuild(now_of(deployment))
        assert rebuilt is not None
        assert rebuilt.trouble == ""
        assert again.contents() == followed
        assert rebuilt.heads.anchors != bytes(32)

    def test_two_processes_may_follow_into_one_database(self, deployment: Deployed, tmp_path: Path) -> None:
        first, second = (index_of(deployment, tmp_path) for _ in range(2))
        for index in (first, second, first):
            progress = index.follow(now_of(deployment))
            assert progress is not None
            assert progress.trouble == ""

    def test_a_status_of_what_was_never_anchored_is_a_finding(self, deployment: Deployed, tmp_path: Path) -> None:
        office = deployment.offices[2]
        (leaf,) = leaves_of("never anchored", 1)
        set_status(deployment, office, leaf, Track.LOSS, now_of(deployment))
        index = index_of(deployment, tmp_path)
        index.follow(now_of(deployment))
        assert any(leaf.hex() in what for _, what in index.findings())

    def test_rights_of_the_past_are_those_of_the_past(
        self, fresh_anvil: Anvil, fresh_deployment: Deployed, tmp_path: Path
    ) -> None:
        (office,) = fresh_deployment.offices
        before, after = (certificate_of(fresh_deployment, office, label) for label in ("before", "after"))
        anchor(fresh_deployment, office, before)
        governing = fresh_deployment.governing()
        governing.suspend_agency(office.agency, council=True)
        fresh_anvil.mine(2)
        index = index_of(fresh_deployment, tmp_path)
        index.follow(now_of(fresh_deployment))
        assert ask(index, before.presented, now_of(fresh_deployment)).verdict is Verdict.VALID
        assert ask(index, after.presented, now_of(fresh_deployment)).verdict is Verdict.NOT_FOUND

    def test_a_key_cut_off_takes_back_what_it_signed_from_that_block_on(
        self, fresh_anvil: Anvil, fresh_deployment: Deployed, tmp_path: Path
    ) -> None:
        (office,) = fresh_deployment.offices
        made = certificate_of(fresh_deployment, office, "cut off")
        anchor(fresh_deployment, office, made)
        block = fresh_deployment.writer().newest().number
        fresh_anvil.mine(2)
        index = index_of(fresh_deployment, tmp_path)
        governing = fresh_deployment.governing()
        for cut_off, verdict in ((block + 1, Verdict.VALID), (block, Verdict.ISSUER_NOT_AUTHORISED)):
            governing.cut_off_key(office.agency, office.public_key.kid, cut_off, by=[office.managers[0]])
            index.follow(now_of(fresh_deployment))
            assert ask(index, made.presented, now_of(fresh_deployment)).verdict is verdict


class TestReorganisation:
    def test_what_a_reorganisation_undid_is_forgotten(
        self, fresh_anvil: Anvil, fresh_deployment: Deployed, tmp_path: Path
    ) -> None:
        (office,) = fresh_deployment.offices
        kept, undone, instead = (certificate_of(fresh_deployment, office, label) for label in ("1", "2", "3"))
        anchor(fresh_deployment, office, kept)
        fresh_anvil.mine()
        index = index_of(fresh_deployment, tmp_path)
        index.follow(now_of(fresh_deployment))
        state = fresh_anvil.ask("evm_snapshot")
        anchor(fresh_deployment, office, undone)
        fresh_anvil.mine()
        index.follow(now_of(fresh_deployment))
        assert ask(index, undone.presented, now_of(fresh_deployment)).verdict is Verdict.VALID
        fresh_anvil.ask("evm_revert", state)
        fresh_anvil.ask("evm_increaseTime", 5)
        anchor(fresh_deployment, office, instead)
        fresh_anvil.mine(2)
        progress = index.follow(now_of(fresh_deployment))
        assert progress is not None
        assert progress.trouble == ""
        now = now_of(fresh_deployment)
        verdicts = [ask(index, made.presented, now).verdict for made in (kept, undone, instead)]
        assert verdicts == [Verdict.VALID, Verdict.NOT_FOUND, Verdict.VALID]
        followed = index.contents()
        index.rebuild(now)
        assert index.contents() == followed
        with index.register() as tables:
            assert tables is not None
            session, _, _ = tables
            senders = {row.hash: row.sender for row in session.exec(select(TransactionRow))}
            carrying = {row.transaction_hash for row in session.exec(select(EventRow))}
        assert senders.keys() == carrying
        told = fresh_anvil.ask("eth_getTransactionByHash", "0x" + next(iter(senders)).hex())
        assert isinstance(told, dict)
        assert told["from"] == "0x" + next(iter(senders.values())).hex()

    def test_another_chain_in_the_same_place_is_told_not_believed(
        self, fresh_deployment: Deployed, deployment: Deployed, tmp_path: Path
    ) -> None:
        made = certificate_of(deployment, deployment.offices[0], "another chain")
        anchor(deployment, deployment.offices[0], made)
        index = index_of(deployment, tmp_path)
        index.follow(now_of(deployment))
        elsewhere = index_of(fresh_deployment, tmp_path)
        progress = elsewhere.follow(now_of(fresh_deployment))
        assert progress is not None
        assert progress.is_mismatch
        report = ask(elsewhere, made.presented, now_of(deployment))
        assert (report.verdict, message_of(report)) == (Verdict.CANNOT_CHECK, "registry.untrusted")
        index.follow(now_of(deployment))
        assert message_of(ask(index, made.presented, now_of(deployment))) != "registry.untrusted"


class TestDoubt:
    """A node that is silent, behind, on another chain or lying: CANNOT_CHECK, never VALID, never a failed check."""

    @pytest.fixture
    def proxy(self, deployment: Deployed) -> Iterator[ChaosProxy]:
        with ChaosProxy(deployment.url) as proxy:
            yield proxy

    def index(self, deployment: Deployed, proxy: ChaosProxy, folder: Path) -> tuple[Index, Presented]:
        office = deployment.offices[3]
        made = certificate_of(deployment, office, str(folder))
        anchor(deployment, office, made)
        anchor(deployment, office, certificate_of(deployment, office, f"{folder} and another"))
        index = index_of(deployment, folder, url=proxy.url)
        index.follow(now_of(deployment))
        assert ask(index, made.presented, now_of(deployment)).verdict is Verdict.VALID
        return index, made.presented

    @pytest.mark.parametrize("way", [Way.SILENT, Way.DROP_BEFORE, Way.SERVER_ERROR, Way.TRUNCATED, Way.WRONG_ID])
    def test_a_silent_node_is_unknown_not_failed(
        self, deployment: Deployed, proxy: ChaosProxy, tmp_path: Path, way: Way
    ) -> None:
        index, presented = self.index(deployment, proxy, tmp_path)
        proxy.fail(way)
        index.follow(now_of(deployment))
        report = ask(index, presented, now_of(deployment))
        assert (report.verdict, message_of(report)) == (Verdict.CANNOT_CHECK, "registry.silent")
        proxy.clear()
        index.follow(now_of(deployment))
        assert ask(index, presented, now_of(deployment)).verdict is Verdict.VALID

    def test_a_node_that_was_never_reached_is_unknown(
        self, deployment: Deployed, proxy: ChaosProxy, tmp_path: Path
    ) -> None:
        proxy.fail(Way.DROP_BEFORE)
        index = index_of(deployment, tmp_path, url=proxy.url)
        assert index.follow(now_of(deployment)) is None
        made = certificate_of(deployment, deployment.offices[0], "never reached")
        report = ask(index, made.presented, now_of(deployment))
        assert (report.verdict, message_of(report)) == (Verdict.CANNOT_CHECK, "registry.never_reached")

    def test_a_node_on_another_chain_is_unknown(self, deployment: Deployed, proxy: ChaosProxy, tmp_path: Path) -> None:
        index, presented = self.index(deployment, proxy, tmp_path)
        proxy.answer("0x1", "eth_chainId")
        index.follow(now_of(deployment))
        report = ask(index, presented, now_of(deployment))
        assert (report.verdict, message_of(report)) == (Verdict.CANNOT_CHECK, "registry.untrusted")

    def test_a_node_that_went_back_is_unknown(self, deployment: Deployed, proxy: ChaosProxy, tmp_path: Path) -> None:
        index, presented = self.index(deployment, proxy, tmp_path)
        proxy.freeze_head(deployment.writer().newest().number - 1)
        index.follow(now_of(deployment))
        assert ask(index, presented, now_of(deployment)).verdict is Verdict.CANNOT_CHECK

    def test_an_old_head_is_unknown(self, deployment: Deployed, proxy: ChaosProxy, tmp_path: Path) -> None:
        index, presented = self.index(deployment, proxy, tmp_path)
        later = now_of(deployment) + TOO_LONG
        index.follow(later)
        report = ask(index, presented, later)
        assert (report.verdict, message_of(report)) == (Verdict.CANNOT_CHECK, "registry.behind")

    def test_a_poll_long_ago_is_unknown(self, deployment: Deployed, proxy: ChaosProxy, tmp_path: Path) -> None:
        index, presented = self.index(deployment, proxy, tmp_path)
        report = ask(index, presented, now_of(deployment) + TOO_LONG)
        assert (report.verdict, message_of(report)) == (Verdict.CANNOT_CHECK, "registry.silent")

    def test_a_head_from_the_future_is_unknown(self, deployment: Deployed, proxy: ChaosProxy, tmp_path: Path) -> None:
        index, presented = self.index(deployment, proxy, tmp_path)
        earlier = now_of(deployment) - TOO_LONG
        index.follow(earlier)
        report = ask(index, presented, earlier)
        assert (report.verdict, message_of(report)) == (Verdict.CANNOT_CHECK, "registry.ahead")

    def test_a_node_that_hides_an_event_is_found_out(
        self, deployment: Deployed, proxy: ChaosProxy, tmp_path: Path
    ) -> None:
        """The registry's own hash chains tell that the list is not whole."""
        index, presented = self.index(deployment, proxy, tmp_path)
        set_status(deployment, deployment.offices[3], leaves_of(str(tmp_path), 1)[0], Track.LOSS, now_of(deployment))
        proxy.answer([], "eth_getLogs")
        index.follow(now_of(deployment))
        report = ask(index, presented, now_of(deployment))
        assert (report.verdict, message_of(report)) == (Verdict.CANNOT_CHECK, "registry.untrusted")
        proxy.clear()
        index.follow(now_of(deployment))
        assert ask(index, presented, now_of(deployment)).verdict is Verdict.VALID


class TestPresentStateOnly:
    """A chain that cannot say what the heads were after an older block (FISCO BCOS)."""

    def test_heads_are_compared_while_the_newest_block_is_the_one_that_was_read(
        self, fresh_deployment: Deployed, tmp_path: Path
    ) -> None:
        url, record = fresh_deployment.url, fresh_deployment.record
        node = EthereumRegistry(url, record.address, replace(ANVIL, state_by_block=False), expected=record.expected)
        newest = node.newest().number
        shown = read_heads((node,), newest)
        assert shown is not None
        assert shown.rights != NO_HEAD
        assert read_heads((node,), newest - 1) is None
        progress = index_of(fresh_deployment, tmp_path, profile=node.profile).follow(now_of(fresh_deployment))
        assert progress is not None
        assert (progress.trouble, progress.heads) == ("", shown)

    def test_a_node_that_hides_an_event_is_found_out(self, fresh_deployment: Deployed, tmp_path: Path) -> None:
        (office,) = fresh_deployment.offices
        with ChaosProxy(fresh_deployment.url) as proxy:
            profile = replace(ANVIL, state_by_block=False)
            index = index_of(fresh_deployment, tmp_path, url=proxy.url, profile=profile)
            index.follow(now_of(fresh_deployment))
            (leaf,) = leaves_of("hidden", 1)
            set_status(fresh_deployment, office, leaf, Track.LOSS, now_of(fresh_deployment))
            proxy.answer([], "eth_getLogs")
            progress = index.follow(now_of(fresh_deployment))
            assert progress is not None
            assert progress.is_mismatch
            proxy.clear()
            progress = index.follow(now_of(fresh_deployment))
            assert progress is not None
            assert progress.trouble == ""


class TestStore:
    def test_the_migrations_make_the_tables_of_the_models(self, tmp_path: Path) -> None:
        engine = create_engine(f"sqlite:///{tmp_path / 'new.db'}")
        with engine.begin() as connection:
            migrate(connection)
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert compare_metadata(context, Base.metadata) == []
        engine.dispose()

    def test_an_index_from_before_events_were_kept_is_read_again(self, deployment: Deployed, tmp_path: Path) -> None:
        index = index_of(deployment, tmp_path)
        index.follow(now_of(deployment))
        followed = index.contents()
        engine = create_engine(f"sqlite:///{tmp_path / 'index.db'}")
        with engine.begin() as connection:
            command.downgrade(alembic_config(connection), "0001")
        engine.dispose()
        upgraded = index_of(deployment, tmp_path)
        assert upgraded.progress() is None
        upgraded.follow(now_of(deployment))
        assert upgraded.contents() == followed

    def test_opening_makes_the_folder(self, tmp_path: Path) -> None:
        Store(f"sqlite:///{tmp_path / 'a' / 'b' / 'index.db'}").close()
        assert (tmp_path / "a" / "b" / "index.db").exists()

    def test_an_index_that_a_newer_version_took_over_is_not_written_to(self, tmp_path: Path) -> None:
        store = Store(f"sqlite:///{tmp_path / 'index.db'}")
        with closing(sqlite3.connect(tmp_path / "index.db")) as connection:
            connection.execute("UPDATE alembic_version SET version_num = '9999'")
            connection.commit()
        with pytest.raises(StoreOutgrown, match=f"revision 9999, wanted {NEWEST_REVISION}"), store.writing():
            pass


def test_another_registry_on_the_same_chain_is_another_registry(fresh_anvil: Anvil, tmp_path: Path) -> None:
    first = make_deployed(fresh_anvil, levels=1)
    second = make_deployed(fresh_anvil, levels=1, registry_id=sha256(b"second").digest())
    made = certificate_of(first, first.offices[0], "of the first")
    anchor(first, first.offices[0], made)
    fresh_anvil.mine()
    index = index_of(second, tmp_path)
    index.follow(now_of(second))
    assert ask(index, made.presented, now_of(second)).verdict is Verdict.UNSUPPORTED

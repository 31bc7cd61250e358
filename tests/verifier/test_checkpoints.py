"""Checkpoints are cut of a real node's chain, and whoever has the council's list alone can believe them."""

from __future__ import annotations

import sqlite3
import stat
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from chain import certificate_types, checkpoint, pack
from chain.calendar import SHANGHAI
from chain.checkpoint import Checkpoint
from chain.errors import RegistryMismatch, RegistryUnavailable, SigningFailed
from chain.ethereum.client import EthereumRegistry
from chain.ethereum.profiles import ANVIL
from chain.events import Track
from chain.pack import Pack
from chain.steps import List
from tests.deployed import batch_of, make_deployed
from tests.faults.chaos_proxy import ChaosProxy, Way
from tests.verifier.papers_on_chain import set_status
from tests.verifier.test_index import now_of
from tests.verifier.trust import settings_of, trust_in, verifier_of
from verifier.indexing.checkpoint_rows import IndexBehind
from verifier.indexing.store import Store
from verifier.published.checkpoints import Checkpoints, Shown, TooLate
from verifier.published.cutting import Cutter
from verifier.published.evidence_files import Kind
from verifier.wiring import attester_of, show

if TYPE_CHECKING:
    from pathlib import Path

    from chain.checkpoint import Believed
    from chain.ethereum.network import Anvil
    from tests.deployed import Deployed
    from verifier.wiring import Verifier


def follow(verifier: Verifier, deployed: Deployed) -> int | None:
    """Read what is new and cut if it is time for it; returns the block."""
    now = now_of(deployed)
    progress = verifier.index.follow(now)
    assert progress is not None
    assert progress.trouble == ""
    made = verifier.checkpoints.cut(now)
    return None if made is None else made.number


def file_of(verifier: Verifier, kind: Kind = Kind.CHECKPOINT, number: int | None = None) -> bytes | None:
    """Return a file's bytes, if there is one."""
    file = verifier.files.find(kind, number)
    return None if file is None else verifier.files.content(file)


def believed(verifier: Verifier, deployed: Deployed, folder: Path, number: int | None = None) -> Believed:
    """Believe a checkpoint as somebody does who has only a file and a trust list."""
    data = file_of(verifier, number=number)
    assert data is not None
    return checkpoint.verify(Checkpoint.parse(data), trust_in(deployed, folder, now=now_of(deployed)))


def to_the_next_day(anvil: Anvil, deployed: Deployed) -> None:
    """Have the next block come on the next day."""
    now = now_of(deployed).astimezone(SHANGHAI)
    midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    anvil.ask("evm_setNextBlockTimestamp", int(midnight.timestamp()))
    anvil.mine()


class TestCutting:
    def test_all_that_was_recorded_is_shown_to_somebody_who_asks_no_node(
        self, fresh_anvil: Anvil, fresh_deployment: Deployed, tmp_path: Path
    ) -> None:
        (office,) = fresh_deployment.offices
        batch = batch_of(office, "whole")
        fresh_deployment.anchor(office, batch)
        set_status(fresh_deployment, office, batch.leaves[1], Track.LOSS, now_of(fresh_deployment))
        fresh_anvil.mine()
        verifier = verifier_of(fresh_deployment, tmp_path)
        number = follow(verifier, fresh_deployment)
        assert number == fresh_deployment.writer().newest().number - 1
        shown = believed(verifier, fresh_deployment, tmp_path)
        progress = verifier.index.progress()
        assert progress is not None
        assert (shown.checkpoint.block_number, shown.checkpoint.heads) == (number, progress.heads)
        assert shown.checkpoint.block_hash == fresh_deployment.writer().block(number).hash
        assert shown.attesters == (attester_of(settings_of(fresh_deployment, tmp_path)).public.kid,)
        (status,) = shown.history.statuses(office.agency, batch.leaves[1])
        told = next(iter(fresh_deployment.writer().records(number, number)))
        assert replace(told, block_hash=b"", transaction_hash=b"", transaction=None) == status
        written = [record.event for which in List for record in shown.history.records(which)]
        read = [record.event for record in fresh_deployment.writer().records(0, number)]
        assert sorted(map(repr, written)) == sorted(map(repr, read))

    def test_statuses_and_rights_are_cut_when_final_and_anchors_once_a_minute(
        self, fresh_anvil: Anvil, fresh_deployment: Deployed, tmp_path: Path
    ) -> None:
        (office,) = fresh_deployment.offices
        verifier = verifier_of(fresh_deployment, tmp_path)
        first = follow(verifier, fresh_deployment)
        assert first is not None
        # The newest change of a right is not final yet; then it is, and nothing more is new.
        fresh_anvil.mine()
        assert follow(verifier, fresh_deployment) == first + 1
        fresh_anvil.mine()
        assert follow(verifier, fresh_deployment) is None
        batch = batch_of(office, "paced")
        fresh_deployment.anchor(office, batch)
        fresh_anvil.mine()
        assert follow(verifier, fresh_deployment) is None
        set_status(fresh_deployment, office, batch.leaves[0], Track.LOSS, now_of(fresh_deployment))
        newest = fresh_deployment.writer().newest().number
        assert follow(verifier, fresh_deployment) is None
        fresh_anvil.mine()
        assert follow(verifier, fresh_deployment) == newest
        fresh_deployment.anchor(office, batch_of(office, "paced again"))
        fresh_anvil.ask("evm_increaseTime", 61)
        fresh_anvil.mine()
        assert follow(verifier, fresh_deployment) == newest + 2
        governing = fresh_deployment.governing()
        governing.cut_off_key(office.agency, office.public_key.kid, newest, by=[office.managers[0]])
        fresh_anvil.mine()
        assert follow(verifier, fresh_deployment) == newest + 4
        numbers = [entry.number for entry in verifier.files.entries(limit=10)]
        assert numbers == [newest + 4, newest + 2, newest, first + 1, first]
        assert [entry.number for entry in verifier.files.entries(limit=2, before=newest)] == [first + 1, first]
        for number in numbers:
            assert believed(verifier, fresh_deployment, tmp_path, number).checkpoint.block_number == number

    def test_whoever_asks_for_one_need_not_wait_for_the_minute(
        self, fresh_anvil: Anvil, fresh_deployment: Deployed, tmp_path: Path
    ) -> None:
        (office,) = fresh_deployment.offices
        fresh_anvil.mine()
        verifier = verifier_of(fresh_deployment, tmp_path)
        follow(verifier, fresh_deployment)
        fresh_deployment.anchor(office, batch_of(office, "at once"))
        fresh_anvil.mine()
        assert follow(verifier, fresh_deployment) is None
        assert verifier.checkpoints.cut(now_of(fresh_deployment), at_once=True) is not None
        assert verifier.checkpoints.cut(now_of(fresh_deployment), at_once=True) is None

    def test_each_day_has_its_checkpoint(self, fresh_anvil: Anvil, fresh_deployment: Deployed, tmp_path: Path) -> None:
        fresh_anvil.mine()
        verifier = verifier_of(fresh_deployment, tmp_path)
        assert follow(verifier, fresh_deployment) is not None
        for _ in range(2):
            to_the_next_day(fresh_anvil, fresh_deployment)
            # The first block of the day is not final yet.
            assert follow(verifier, fresh_deployment) is None
            fresh_anvil.mine()
            assert follow(verifier, fresh_deployment) == fresh_deployment.writer().newest().number - 1
            fresh_anvil.mine()
            assert follow(verifier, fresh_deployment) is None

    def test_nothing_is_cut_before_the_registry_began(self, fresh_anvil: Anvil, tmp_path: Path) -> None:
        deployed = make_deployed(fresh_anvil, levels=0)
        verifier = verifier_of(deployed, tmp_path)
        assert verifier.checkpoints.cut(now_of(deployed)) is None
        assert file_of(verifier) is None
        assert file_of(verifier, Kind.PACK) is None

    def test_a_pack_has_the_types_that_the_registry_lists(
        self, fresh_anvil: Anvil, fresh_deployment: Deployed, tmp_path: Path
    ) -> None:
        fresh_anvil.mine()
        verifier = verifier_of(fresh_deployment, tmp_path)
        follow(verifier, fresh_deployment)
        file = verifier.files.find(Kind.PACK)
        assert file is not None
        data = verifier.files.content(file)
        assert data is not None
        made = Pack.parse(data)
        assert sorted(made.types) == sorted(certificate_types.shipped_files())
        shown = pack.verify(made, trust_in(fresh_deployment, tmp_path, now=now_of(fresh_deployment)))
        assert shown.checkpoint.block_number == file.number
        kept = verifier.files.kept(file)
        assert kept is not None
        assert kept.read_bytes() == data


class TestTrouble:
    def test_none_is_cut_while_the_index_cannot_be_relied_on(
        self, fresh_anvil: Anvil, fresh_deployment: Deployed, tmp_path: Path
    ) -> None:
        fresh_anvil.mine()
        now = now_of(fresh_deployment)
        with ChaosProxy(fresh_deployment.url) as proxy:
            verifier = verifier_of(fresh_deployment, tmp_path, rpc_urls=proxy.url)
            verifier.index.follow(now)
            for trouble in (True, False):
                verifier.index.note_trouble("a node that disagrees", is_mismatch=trouble)
                assert verifier.checkpoints.cut(now) is None
            verifier.index.follow(now)
            proxy.fail(Way.DROP_BEFORE)
            with pytest.raises(RegistryUnavailable):
                verifier.checkpoints.cut(now)
            cutter = Cutter(verifier.checkpoints, clock=lambda: now)
            assert cutter.turn() == 60
            assert cutter.failing is not None
            proxy.clear()
            cutter.turn()
            assert cutter.failing is None
            assert file_of(verifier) is not None

    def test_heads_that_the_nodes_do_not_show_are_not_cut(
        self, fresh_anvil: Anvil, fresh_deployment: Deployed, tmp_path: Path
    ) -> None:
        fresh_anvil.mine()
        verifier = verifier_of(fresh_deployment, tmp_path)
        verifier.index.follow(now_of(fresh_deployment))
        node = EthereumRegistry(
            fresh_deployment.url, fresh_deployment.record.address, ANVIL, expected=fresh_deployment.record.expected
        )
        number = node.newest().number - 1
        of_another = show((node,), number - 40)
        assert of_another is not None
        shown = show((node,), number)
        assert shown is not None
        lying = replace(shown, heads=of_another.heads)
        checkpoints = Checkpoints(
            Store(f"sqlite:///{tmp_path / 'index.db'}"),
            lambda _: lying,
            attester=lambda: attester_of(settings_of(fresh_deployment, tmp_path)),
            confirmations=1,
            anchors_every_s=0,
        )
        with pytest.raises(RegistryMismatch, match="no checkpoint was cut"):
            checkpoints.cut(now_of(fresh_deployment))

    def test_the_unforeseen_is_logged_and_tried_again(
        self, fresh_anvil: Anvil, fresh_deployment: Deployed, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        fresh_anvil.mine()
        verifier = verifier_of(fresh_deployment, tmp_path)
        verifier.index.follow(now_of(fresh_deployment))
        (tmp_path / "key.pem").write_text("no key")
        with pytest.raises(SigningFailed):
            verifier.checkpoints.cut(now_of(fresh_deployment))
        cutter = Cutter(verifier.checkpoints, clock=lambda: now_of(fresh_deployment))
        cutter.turn()
        assert "checkpoint.not_cut" in "".join(capsys.readouterr())
        (tmp_path / "key.pem").unlink()
        cutter.turn()
        assert file_of(verifier) is not None

    def test_nothing_that_goes_wrong_ends_the_following(
        self, fresh_anvil: Anvil, fresh_deployment: Deployed, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def fail(_: int) -> Shown:
            raise ZeroDivisionError

        fresh_anvil.mine()
        verifier_of(fresh_deployment, tmp_path).index.follow(now_of(fresh_deployment))
        store = Store(f"sqlite:///{tmp_path / 'index.db'}")
        checkpoints = Checkpoints(
            store,
            fail,
            attester=lambda: attester_of(settings_of(fresh_deployment, tmp_path)),
            confirmations=1,
            anchors_every_s=0,
        )
        assert Cutter(checkpoints, clock=lambda: now_of(fresh_deployment)).turn() == 60
        assert "checkpoint.unforeseen" in "".join(capsys.readouterr())

    def test_of_two_processes_one_cuts(self, fresh_anvil: Anvil, fresh_deployment: Deployed, tmp_path: Path) -> None:
        fresh_anvil.mine()
        verifier = verifier_of(fresh_deployment, tmp_path)
        verifier.index.follow(now_of(fresh_deployment))
        node = EthereumRegistry(
            fresh_deployment.url, fresh_deployment.record.address, ANVIL, expected=fresh_deployment.record.expected
        )

        def beaten(number: int) -> Shown | None:
            assert verifier.checkpoints.cut(now_of(fresh_deployment)) is not None
            return show((node,), number)

        slow = Checkpoints(
            Store(f"sqlite:///{tmp_path / 'index.db'}"),
            beaten,
            attester=lambda: attester_of(settings_of(fresh_deployment, tmp_path)),
            confirmations=1,
            anchors_every_s=0,
        )
        assert slow.cut(now_of(fresh_deployment)) is None
        assert len(verifier.files.entries(limit=10)) == 1

    def test_of_two_that_both_looked_before_writing_one_cuts(
        self, fresh_anvil: Anvil, fresh_deployment: Deployed, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        fresh_anvil.mine()
        verifier = verifier_of(fresh_deployment, tmp_path)
        verifier.index.follow(now_of(fresh_deployment))
        with closing(sqlite3.connect(tmp_path / "index.db")) as connection:
            connection.execute(
                "CREATE TRIGGER beaten BEFORE INSERT ON checkpoints BEGIN SELECT RAISE(ABORT, 'UNIQUE'); END"
            )
            connection.commit()
        assert verifier.checkpoints.cut(now_of(fresh_deployment)) is None
        assert "checkpoint.cut_by_another" in "".join(capsys.readouterr())

    def test_one_whose_index_was_rolled_back_and_read_on_meanwhile_is_not_kept(
        self, fresh_anvil: Anvil, fresh_deployment: Deployed, tmp_path: Path
    ) -> None:
        fresh_anvil.mine()
        verifier = verifier_of(fresh_deployment, tmp_path)
        node = EthereumRegistry(
            fresh_deployment.url, fresh_deployment.record.address, ANVIL, expected=fresh_deployment.record.expected
        )
        state = fresh_anvil.ask("evm_snapshot")
        fresh_anvil.mine(2)
        verifier.index.follow(now_of(fresh_deployment))

        def reorganised(number: int) -> Shown | None:
            shown = show((node,), number)
            fresh_anvil.ask("evm_revert", state)
            fresh_anvil.ask("evm_increaseTime", 7)
            fresh_anvil.mine(9)
            verifier.index.follow(now_of(fresh_deployment))
            return shown

        slow = Checkpoints(
            Store(f"sqlite:///{tmp_path / 'index.db'}"),
            reorganised,
            attester=lambda: attester_of(settings_of(fresh_deployment, tmp_path)),
            confirmations=1,
            anchors_every_s=0,
        )
        assert slow.cut(now_of(fresh_deployment)) is None
        assert verifier.files.entries(limit=10) == []
        assert follow(verifier, fresh_deployment) is not None

    def test_one_is_cut_as_far_back_as_the_proof_takes(
        self, fresh_anvil: Anvil, fresh_deployment: Deployed, tmp_path: Path
    ) -> None:
        fresh_anvil.mine(5)
        verifier = verifier_of(fresh_deployment, tmp_path)
        verifier.index.follow(now_of(fresh_deployment))
        node = EthereumRegistry(
            fresh_deployment.url, fresh_deployment.record.address, ANVIL, expected=fresh_deployment.record.expected
        )
        checkpoints = Checkpoints(
            Store(f"sqlite:///{tmp_path / 'index.db'}"),
            lambda block: show((node,), block),
            attester=lambda: attester_of(settings_of(fresh_deployment, tmp_path)),
            confirmations=1,
            anchors_every_s=0,
            depth=lambda: 4,
        )
        made = checkpoints.cut(now_of(fresh_deployment))
        assert made is not None
        assert made.number == node.newest().number - 4
        assert checkpoints.cut(now_of(fresh_deployment)) is None

    def test_a_history_that_comes_out_otherwise_is_not_given_out(
        self, fresh_anvil: Anvil, fresh_deployment: Deployed, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        fresh_anvil.mine()
        follow(verifier_of(fresh_deployment, tmp_path), fresh_deployment)
        with closing(sqlite3.connect(tmp_path / "index.db")) as connection:
            connection.execute(
                "UPDATE blocks SET timestamp = timestamp - 1 WHERE number = (SELECT MIN(number) FROM blocks)"
            )
            connection.commit()
        assert file_of(verifier_of(fresh_deployment, tmp_path)) is None
        assert "checkpoint.history_differs" in "".join(capsys.readouterr())


class TestReorganisation:
    def test_a_checkpoint_whose_block_was_undone_is_forgotten_loudly(
        self,
        fresh_anvil: Anvil,
        fresh_deployment: Deployed,
        tmp_path: Path,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        (office,) = fresh_deployment.offices
        fresh_anvil.mine()
        verifier = verifier_of(fresh_deployment, tmp_path)
        first = follow(verifier, fresh_deployment)
        state = fresh_anvil.ask("evm_snapshot")
        batch = batch_of(office, "undone")
        fresh_deployment.anchor(office, batch)
        set_status(fresh_deployment, office, batch.leaves[0], Track.LOSS, now_of(fresh_deployment))
        fresh_anvil.mine()
        undone = follow(verifier, fresh_deployment)
        assert undone is not None
        fresh_anvil.ask("evm_revert", state)
        fresh_anvil.ask("evm_increaseTime", 5)
        fresh_anvil.mine(5)
        capsys.readouterr()
        assert follow(verifier, fresh_deployment) is None
        assert "checkpoints.undone" in "".join(capsys.readouterr())
        assert [entry.number for entry in verifier.files.entries(limit=10)] == [first]
        set_status(fresh_deployment, office, batch.leaves[0], Track.LOSS, now_of(fresh_deployment))
        fresh_anvil.mine()
        again = follow(verifier, fresh_deployment)
        assert believed(verifier, fresh_deployment, tmp_path).checkpoint.block_number == again

    def test_after_a_restart_and_a_rebuilding_the_same_bytes_are_given_out(
        self, fresh_anvil: Anvil, fresh_deployment: Deployed, tmp_path: Path
    ) -> None:
        fresh_anvil.mine()
        verifier = verifier_of(fresh_deployment, tmp_path)
        follow(verifier, fresh_deployment)
        given = file_of(verifier)
        restarted = verifier_of(fresh_deployment, tmp_path)
        assert follow(restarted, fresh_deployment) is None
        assert file_of(restarted) == given
        restarted.index.rebuild(now_of(fresh_deployment))
        for kept in (tmp_path / "checkpoints").iterdir():
            kept.unlink()
        assert file_of(verifier_of(fresh_deployment, tmp_path)) == given

    def test_checkpoints_of_another_registry_do_not_outlive_a_rebuilding(
        self, fresh_anvil: Anvil, fresh_deployment: Deployed, tmp_path: Path
    ) -> None:
        fresh_anvil.mine()
        follow(verifier_of(fresh_deployment, tmp_path), fresh_deployment)
        other = make_deployed(fresh_anvil, levels=1, registry_id=bytes(range(32)))
        fresh_anvil.mine()
        verifier = verifier_of(other, tmp_path)
        verifier.index.rebuild(now_of(other))
        assert verifier.files.entries(limit=10) == []
        assert follow(verifier, other) is not None

    def test_a_node_that_is_behind_a_checkpoint_is_not_read_from_the_beginning(
        self, fresh_anvil: Anvil, fresh_deployment: Deployed, tmp_path: Path
    ) -> None:
        fresh_anvil.mine()
        with ChaosProxy(fresh_deployment.url) as proxy:
            verifier = verifier_of(fresh_deployment, tmp_path, rpc_urls=proxy.url)
            number = follow(verifier, fresh_deployment)
            assert number is not None
            proxy.freeze_head(number - 1)
            progress = verifier.index.rebuild(now_of(fresh_deployment))
            assert progress is not None
            assert "a checkpoint was cut" in progress.trouble
            # Meanwhile nothing older is handed out as the newest one.
            for ask in (lambda: verifier.files.find(Kind.CHECKPOINT), lambda: verifier.files.entries(limit=1)):
                with pytest.raises(IndexBehind, match=f"the newest checkpoint is of block {number}"):
                    ask()
            assert verifier.files.newest() is None
            proxy.clear()
            verifier.index.follow(now_of(fresh_deployment))
            assert [entry.number for entry in verifier.files.entries(limit=10)] == [number]


class TestKey:
    def test_it_is_made_once_for_its_owner_alone(self, fresh_deployment: Deployed, tmp_path: Path) -> None:
        settings = settings_of(fresh_deployment, tmp_path / "new")
        made = attester_of(settings)
        path = tmp_path / "new" / "key.pem"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert attester_of(settings).public == made.public
        named = settings_of(fresh_deployment, tmp_path / "elsewhere", key=str(path))
        assert attester_of(named).public == made.public
        with pytest.raises(SigningFailed, match="No such file"):
            attester_of(settings_of(fresh_deployment, tmp_path, key=str(tmp_path / "none.pem")))

    def test_what_is_no_key_is_told(self, fresh_deployment: Deployed, tmp_path: Path) -> None:
        other = ec.generate_private_key(ec.SECP384R1())
        pem = other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        for name, data, said in (("other.pem", pem, "another kind"), ("none.pem", b"x", "no unencrypted PEM")):
            (tmp_path / name).write_bytes(data)
            with pytest.raises(SigningFailed, match=said):
                attester_of(settings_of(fresh_deployment, tmp_path, key=str(tmp_path / name)))
        with pytest.raises(SigningFailed, match="could be made"):
            attester_of(settings_of(fresh_deployment, tmp_path / "none.pem" / "folder"))


class TestPresentStateOnly:
    """A chain without proofs, which knows the present state only (FISCO BCOS)."""

    def test_a_checkpoint_has_no_state_but_a_signature(self, fresh_deployment: Deployed, tmp_path: Path) -> None:
        verifier = verifier_of(fresh_deployment, tmp_path, profile="fisco-bcos")
        number = follow(verifier, fresh_deployment)
        assert number == fresh_deployment.writer().newest().number
        shown = believed(verifier, fresh_deployment, tmp_path)
        assert shown.checkpoint.state is None
        assert shown.attesters

    def test_a_block_that_is_no_longer_the_newest_is_too_late(
        self, fresh_anvil: Anvil, fresh_deployment: Deployed, tmp_path: Path
    ) -> None:
        verifier = verifier_of(fresh_deployment, tmp_path, profile="fisco-bcos")
        now = datetime.fromtimestamp(now_of(fresh_deployment).timestamp(), SHANGHAI)
        verifier.index.follow(now)
        fresh_anvil.mine()
        with pytest.raises(TooLate, match="no longer the newest"):
            verifier.checkpoints.cut(now)
        assert follow(verifier, fresh_deployment) is not None

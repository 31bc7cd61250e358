"""Witnesses co-sign what goes on from all that they have seen, and nothing else."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
import structlog
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from chain import base64url, checkpoint, strict_json
from chain.checkpoint import Checkpoint
from chain.errors import (
    EvidenceMalformed,
    EvidenceUnsupported,
    InvalidInput,
    NotAttested,
    SignatureInvalid,
    YinxinError,
)
from chain.keys import PublicKey, signer
from chain.trust_list import TrustList
from tests import sealed
from tests.browser.between import standing
from tests.sealed import attester
from tests.vectors.making import witness as making
from tests.vectors.making.drafts import draft
from tests.vectors.making.material import material
from tests.vectors.making.parts import trust_of
from tests.verifier.test_hanging_bodies import OTHER, RUDE, answer, begun, is_answered, patience, poke
from tests.verifier.witness_desk import (
    ATTESTER,
    NAME,
    NOW,
    TRUST,
    TRUST_FILE,
    blocks,
    checkpoint_of,
    forged,
    steps,
    trust_file,
    until,
    witness_in,
)
from tests.waiting import wait_until
from verifier.routes import witness_service
from verifier.witnessing import folder as folders
from verifier.witnessing import split_view, witness_list
from verifier.witnessing.consistency import Differing, difference
from verifier.witnessing.cosignature import Cosignature, Statement
from verifier.witnessing.errors import FolderUnusable, NotSplit
from verifier.witnessing.split_view import SplitView
from verifier.witnessing.witness import Outcome

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import ec

    from chain.checkpoint import Believed
    from verifier.witnessing.witness import Witness

STRANGER = attester("stranger")
VECTORS = json.loads(Path(__file__).parents[1].joinpath("vectors", "witness.json").read_bytes())


def believed(made: Checkpoint) -> Believed:
    return checkpoint.verify(made, TRUST)


def told(one: Checkpoint, other: Checkpoint) -> tuple[Differing, ...]:
    found = difference(believed(one), believed(other))
    assert found == difference(believed(other), believed(one))
    return () if found is None else found.what


class TestConsistency:
    def test_a_history_that_goes_on_is_one(self) -> None:
        numbers = blocks()
        made = [checkpoint_of(until(number)) for number in numbers[-4:]]
        for older in made:
            for newer in made:
                assert told(older, newer) == ()

    def test_blocks_without_events_change_nothing(self) -> None:
        last = blocks()[-1]
        assert told(checkpoint_of(steps()), checkpoint_of(steps(), last + 100)) == ()
        assert told(checkpoint_of(until(blocks()[-2]), last - 1), checkpoint_of(steps())) == ()

    def test_another_event_within_the_past_is_another_history(self) -> None:
        older = checkpoint_of(until(blocks()[-3]))
        place = len(until(blocks()[-3])) - 1
        newer = checkpoint_of(forged(steps(), place))
        assert told(older, newer) in {(Differing.ANCHORS,), (Differing.STATUSES,)}

    def test_each_list_is_compared(self) -> None:
        older = checkpoint_of(steps())
        kinds = {name: [at for at, each in enumerate(steps()) if each.kind in kind] for name, kind in _KINDS.items()}
        for name, places in kinds.items():
            assert told(older, checkpoint_of(forged(steps(), places[-1]))) == (Differing(name),)

    def test_one_event_left_out_is_another_history(self) -> None:
        missing = tuple(each for each in steps() if each.block_number != blocks()[-2])
        assert told(checkpoint_of(until(blocks()[-2])), checkpoint_of(missing))

    def test_one_event_more_is_another_history(self) -> None:
        missing = tuple(each for each in steps() if each.block_number != blocks()[-2])
        assert told(checkpoint_of(missing, blocks()[-1]), checkpoint_of(steps(), blocks()[-1] + 9))

    def test_what_happens_after_the_older_ones_block_is_no_difference(self) -> None:
        before = until(blocks()[-2])
        assert told(checkpoint_of(before, blocks()[-1] - 1), checkpoint_of(forged(steps()))) == ()
        assert told(checkpoint_of(before, blocks()[-1]), checkpoint_of(steps(), blocks()[-1] + 1))

    def test_two_blocks_of_one_height_are_two_histories(self) -> None:
        last = blocks()[-1]
        assert told(checkpoint_of(steps(), last + 5), checkpoint_of(steps(), last + 5, fork="other")) == (
            Differing.BLOCK,
        )

    def test_times_that_no_head_binds_are_compared_too(self) -> None:
        earlier = tuple(replace(each, timestamp=each.timestamp - 1) for each in steps()[:-1])
        older, newer = checkpoint_of(until(blocks()[-2])), checkpoint_of((*earlier, steps()[-1]))
        assert told(older, newer) == (Differing.TIMES,)

    def test_the_order_within_a_block_is_compared_too(self) -> None:
        moved = (*steps()[:-1], replace(steps()[-1], log_index=7))
        assert told(checkpoint_of(steps()), checkpoint_of(moved, blocks()[-1] + 1)) == (Differing.ORDER,)

    def test_what_no_attester_vouches_for_is_nobodys_word(self) -> None:
        """On a chain with seals anybody can take a sealed checkpoint and write other times into it."""
        earlier = tuple(replace(each, timestamp=each.timestamp - 1) for each in steps()[:-1])
        older = believed(checkpoint_of(until(blocks()[-2])))
        newer = replace(believed(checkpoint_of((*earlier, steps()[-1]))), attesters=())
        assert difference(older, newer) is None


_KINDS = {"anchors": {21}, "statuses": {22, 23}, "rights": set(range(21))}


class TestStatement:
    def test_it_names_what_was_seen_and_by_whom(self) -> None:
        made = checkpoint_of(steps())
        statement = Statement.of(made, witness=NAME, seen=1_795_350_660)
        read = Statement.parse(statement.encode())
        assert read == statement
        assert (read.witness, read.seen, read.number, read.hash) == (
            NAME,
            1_795_350_660,
            made.block_number,
            made.block_hash,
        )
        assert (read.registry_id, read.chain_id, read.heads) == (made.registry_id, made.chain_id, made.heads)

    def test_a_cosignature_is_read_as_it_was_written(self) -> None:
        made = cosigned()
        assert Cosignature.parse(made.encode()) == made
        made.verify(PublicKey.of(STRANGER))

    def test_another_key_did_not_sign_it(self) -> None:
        made = cosigned()
        with pytest.raises(EvidenceMalformed, match="wanted one of"):
            made.verify(PublicKey.of(ATTESTER))
        with pytest.raises(SignatureInvalid):
            replace(made, kid=PublicKey.of(ATTESTER).kid).verify(PublicKey.of(ATTESTER))

    def test_a_changed_statement_is_not_signed(self) -> None:
        made = cosigned()
        changed = replace(made, statement=replace(made.statement, seen=made.statement.seen + 1))
        with pytest.raises(SignatureInvalid):
            changed.verify(PublicKey.of(STRANGER))

    def test_an_attesters_signature_is_no_cosignature(self) -> None:
        """Both sign statements of checkpoints; one must never be taken for the other."""
        made = checkpoint_of(steps())
        statement = Statement.of(made, witness=NAME, seen=1)
        ((kid, signature),) = made.attestations
        with pytest.raises(SignatureInvalid):
            Cosignature(statement, kid, signature).verify(PublicKey.of(ATTESTER))

    @pytest.mark.parametrize(
        "change",
        [
            {"format": 2.0},
            {"format": "1"},
            {"kind": "yinxin-checkpoint"},
            {"more": 1},
            {"signature": "AA"},
            {"kid": "AA"},
            {"statement": "AA"},
            {"statement": "="},
        ],
    )
    def test_what_is_not_in_form_is_refused(self, change: dict[str, object]) -> None:
        members = json.loads(cosigned().encode()) | change
        with pytest.raises(EvidenceMalformed):
            Cosignature.parse(json.dumps(members).encode())

    def test_a_format_to_come_is_told_apart(self) -> None:
        members = json.loads(cosigned().encode()) | {"format": 2}
        with pytest.raises(EvidenceUnsupported):
            Cosignature.parse(json.dumps(members).encode())

    @pytest.mark.parametrize("name", ["", "a\nb", "x" * 81, " x", "a\u202eb"])
    def test_a_name_that_cannot_be_one_is_refused(self, name: str) -> None:
        statement = Statement.of(checkpoint_of(steps()), witness=name, seen=1)
        with pytest.raises(EvidenceMalformed, match="name"):
            Statement.parse(statement.encode())


def cosigned() -> Cosignature:
    statement = Statement.of(checkpoint_of(steps()), witness=NAME, seen=1_795_350_660)
    return Cosignature.made(statement, PublicKey.of(STRANGER).kid, signer(STRANGER))


def faults_kept(witness: Witness) -> list[str]:
    """Return the faults of the alarms kept, by their names."""
    return sorted(str(each["fault"]) for each in witness.folder.alarms() if isinstance(each, dict))


class TestWitness:
    def test_it_cosigns_what_goes_on(self, tmp_path: Path) -> None:
        witness = witness_in(tmp_path)
        for number in blocks()[-3:]:
            answer = witness.consider(checkpoint_of(until(number)).encode())
            assert answer.outcome is Outcome.COSIGNED
            assert answer.cosignature is not None
            answer.cosignature.verify(witness.key)
            assert answer.cosignature == witness.newest
            assert answer.cosignature.statement.number == number
            assert answer.cosignature.statement.seen == int(NOW.timestamp())

    def test_the_same_again_has_the_same_answer(self, tmp_path: Path) -> None:
        witness = witness_in(tmp_path)
        data = checkpoint_of(steps()).encode()
        first = witness.consider(data)
        assert witness.consider(data).cosignature == first.cosignature

    def test_a_replayed_old_one_is_not_cosigned_again(self, tmp_path: Path) -> None:
        witness = witness_in(tmp_path)
        old = checkpoint_of(until(blocks()[-2])).encode()
        witness.consider(old)
        newest = witness.consider(checkpoint_of(steps()).encode()).cosignature
        answer = witness.consider(old)
        assert (answer.outcome, answer.cosignature) == (Outcome.OLDER, newest)
        assert witness.newest == newest

    def test_a_verifier_that_goes_back_raises_the_alarm(self, tmp_path: Path) -> None:
        witness = witness_in(tmp_path)
        old, new = checkpoint_of(until(blocks()[-2])).encode(), checkpoint_of(steps()).encode()
        for data in (old, new, old, old):
            witness.consider(data, source="https://one.example.cn")
        (alarm,) = witness.folder.alarms()
        assert isinstance(alarm, dict)
        assert (alarm["kind"], alarm["block_number"]) == ("went_back", blocks()[-2])

    def test_a_second_verifier_that_is_behind_has_not_gone_back(self, tmp_path: Path) -> None:
        witness = witness_in(tmp_path)
        witness.consider(checkpoint_of(steps()).encode(), source="https://one.example.cn")
        behind = witness.consider(checkpoint_of(until(blocks()[-2])).encode(), source="https://two.example.cn")
        assert behind.outcome is Outcome.OLDER
        assert witness.folder.alarms() == []

    @pytest.mark.parametrize("is_longer", [True, False])
    def test_a_fork_is_a_split_view_that_anybody_can_check(self, tmp_path: Path, *, is_longer: bool) -> None:
        witness = witness_in(tmp_path)
        kept = until(blocks()[-2]) if is_longer else steps()
        witness.consider(checkpoint_of(kept).encode())
        shared = until(blocks()[-4])
        other = forged(steps() if is_longer else until(blocks()[-3]), len(shared))
        answer = witness.consider(checkpoint_of(other).encode(), source="https://two.example.cn")
        assert answer.outcome is Outcome.SPLIT
        assert answer.split is not None
        (name,) = witness.folder.splits.names()
        data = witness.folder.splits.read(name)
        assert data is not None
        shown = split_view.check(SplitView.parse(data))
        assert shown.name == name == answer.split.name
        assert shown.older.attesters == shown.newer.attesters == (PublicKey.of(ATTESTER).kid,)
        (alarm,) = witness.folder.alarms()
        assert isinstance(alarm, dict)
        assert (alarm["kind"], alarm["name"], alarm["source"]) == ("split_view", name, "https://two.example.cn")
        newest = witness.newest
        assert newest is not None
        assert newest.statement.number == kept[-1].block_number

    def test_a_fork_without_events_is_noticed_at_a_block_that_was_cosigned(self, tmp_path: Path) -> None:
        witness = witness_in(tmp_path)
        last = blocks()[-1]
        witness.consider(checkpoint_of(steps(), last + 1).encode())
        witness.consider(checkpoint_of(steps(), last + 2).encode())
        answer = witness.consider(checkpoint_of(steps(), last + 1, fork="other").encode())
        assert answer.outcome is Outcome.SPLIT
        assert answer.split is not None
        assert answer.split.difference.what == (Differing.BLOCK,)

    @pytest.mark.parametrize("by", [(), (STRANGER,)])
    def test_what_no_attester_vouches_for_is_not_believed(self, tmp_path: Path, by: tuple[object, ...]) -> None:
        witness = witness_in(tmp_path)
        made = checkpoint_of(steps(), by=by)  # type: ignore[arg-type]  # Keys.
        with pytest.raises(NotAttested):
            believed(made)
        answer = witness.consider(made.encode(), source="https://two.example.cn")
        assert answer.outcome is Outcome.NOT_BELIEVED
        assert witness.newest is None
        (alarm,) = witness.folder.alarms()
        assert isinstance(alarm, dict)
        assert alarm["kind"] == "not_believed"

    def test_a_strangers_fork_is_no_split_view(self, tmp_path: Path) -> None:
        witness = witness_in(tmp_path)
        witness.consider(checkpoint_of(steps()).encode())
        answer = witness.consider(checkpoint_of(forged(steps()), by=(STRANGER,)).encode())
        assert answer.outcome is Outcome.NOT_BELIEVED
        assert witness.folder.splits.names() == []
        assert witness.folder.alarms() == []

    def test_what_is_not_believed_is_one_alarm_of_a_verifier_for_each_kind_of_fault(self, tmp_path: Path) -> None:
        witness = witness_in(tmp_path)
        for number in range(3):
            made = checkpoint_of(steps(), blocks()[-1] + number, by=(STRANGER,))
            witness.consider(made.encode(), source="https://two.example.cn")
            witness.consider(b"x" * number, source="https://two.example.cn")
        # What comes as nonsense once keeps no checkpoint by a stranger from being told.
        assert faults_kept(witness) == ["EvidenceMalformed", "NotAttested"]
        witness.consider(b"x", source="https://three.example.cn")
        assert len(witness.folder.alarms()) == 3

    def test_a_fault_that_comes_back_after_a_verifier_was_believed_is_an_alarm_again(self, tmp_path: Path) -> None:
        witness = witness_in(tmp_path)
        good = [checkpoint_of(until(blocks()[-2])).encode(), checkpoint_of(steps()).encode()]
        for data in (b"x", good[0], b"x", b"xx", good[1], b"x"):
            witness.consider(data, source="https://two.example.cn")
        assert faults_kept(witness) == ["EvidenceMalformed"] * 3

    def test_the_log_tells_whenever_the_fault_is_another_one_than_before(self, tmp_path: Path) -> None:
        witness = witness_in(tmp_path)
        good, strange = checkpoint_of(steps()).encode(), checkpoint_of(steps(), by=(STRANGER,)).encode()
        later = checkpoint_of(steps(), blocks()[-1] + 1, by=(STRANGER,)).encode()
        with structlog.testing.capture_logs() as logged:
            for data in (b"x", b"xx", later, strange, b"x", good, b"x", good, b"x"):
                witness.consider(data, source="https://two.example.cn")
        told = [each["fault"] for each in logged if each["event"] == "witness.alarm"]
        assert told == ["EvidenceMalformed", "NotAttested", *["EvidenceMalformed"] * 3]

    def test_no_kind_of_alarm_keeps_another_from_being_written_down(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(folders, "MOST_ALARMS", 1)
        witness = witness_in(tmp_path)
        witness.consider(b"x", source="https://two.example.cn")
        with structlog.testing.capture_logs() as logged:
            witness.consider(b"x", source="https://three.example.cn")
        assert [each["event"] for each in logged] == ["witness.alarm_not_kept", "witness.alarm"]
        witness.consider(checkpoint_of(steps()).encode())
        witness.consider(checkpoint_of(forged(steps())).encode())
        kinds = [each["kind"] for each in witness.folder.alarms() if isinstance(each, dict)]
        assert sorted(map(str, kinds)) == ["not_believed", "split_view"]

    def test_checkpoints_that_never_come_whole_hold_no_place_but_their_senders(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        patience(monkeypatch, 30)
        path, whole = "/api/v1/witness/checkpoints", checkpoint_of(steps()).encode()
        rude = {"client": RUDE, "media_type": "application/json", "first": b"{", "size": 1_000}
        with standing(witness_service.make_app(witness_in(tmp_path))) as server, ExitStack() as stack:

            def answered(client: str) -> int:
                headers = {"X-Forwarded-For": client}
                return httpx2.post(f"{server.url}{path}", content=whole, headers=headers, timeout=20).status_code

            silent = [stack.enter_context(begun(server.url, path, **rude)) for _ in range(5)]
            wait_until(lambda: sum(map(is_answered, silent)) >= 4, what="four are refused")
            (held,) = [each for each in silent if not is_answered(each)]
            assert {answer(each)[0] for each in silent if each is not held} == {429}
            assert (answered(RUDE), answered(OTHER)) == (429, 200)
            patience(monkeypatch, 0.2)
            poke([held])
            status, said = answer(held)
            assert (status, "connection: close" in said.lower()) == (408, True)
            assert held.recv(1) == b""
            assert answered(RUDE) == 200

    def test_the_unforeseen_may_be_read_by_any_page_too(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        witness = witness_in(tmp_path)

        def fail(_: object) -> None:
            raise RuntimeError("a fault of ours")

        monkeypatch.setattr(type(witness.folder), "alarms", fail)
        with TestClient(witness_service.make_app(witness), raise_server_exceptions=False) as client:
            answer = client.get("/api/v1/witness/alarms")
        assert (answer.status_code, answer.headers["content-type"]) == (500, "application/problem+json")
        for name, value in (("access-control-allow-origin", "*"), ("cache-control", "no-store")):
            assert answer.headers.get_list(name) == [value]

    def test_its_ages_and_alarms_are_told_to_monitoring(self, tmp_path: Path) -> None:
        witness = witness_in(tmp_path)

        def told() -> dict[str, float]:
            with TestClient(witness_service.make_app(witness)) as client:
                answer = client.get("/metrics")
            assert answer.headers["content-type"].startswith("text/plain; version=")
            families = text_string_to_metric_families(answer.text)
            return {each.name + "".join(each.labels.values()): each.value for one in families for each in one.samples}

        none_yet = {f"yinxin_witness_alarms{kind}": 0.0 for kind in ("not_believed", "split_view", "went_back")}
        assert told() == {**none_yet, "yinxin_witness_split_views": 0}
        first = checkpoint_of(steps())
        witness.consider(first.encode(), source="https://two.example.cn")
        witness.consider(b"x", source="https://two.example.cn")
        witness.consider(checkpoint_of(forged(steps())).encode())
        found = told()
        age = int(witness.clock().timestamp()) - first.timestamp
        assert found["yinxin_witness_cosigned_block"] == first.block_number
        assert found["yinxin_witness_cosigned_age_seconds"] == age
        assert [value for name, value in found.items() if "alarms" in name] == [1, 1, 0]
        assert found["yinxin_witness_split_views"] == 1

    def test_another_registrys_is_told_apart(self, tmp_path: Path) -> None:
        made = replace(checkpoint_of(steps(), by=()), registry_id=bytes(32))
        assert witness_in(tmp_path).consider(made.encode()).outcome is Outcome.OTHER_REGISTRY

    def test_what_is_no_checkpoint_is_told_apart(self, tmp_path: Path) -> None:
        assert witness_in(tmp_path).consider(b"x").outcome is Outcome.MALFORMED

    def test_an_expired_trust_list_makes_nothing_believed(self, tmp_path: Path) -> None:
        witness = witness_in(tmp_path, now=TRUST.expires)
        answer = witness.consider(checkpoint_of(steps()).encode())
        assert answer.outcome is Outcome.NOT_BELIEVED
        assert "expired" in answer.detail


class TestFolder:
    def test_a_witness_that_ended_goes_on_from_its_last(self, tmp_path: Path) -> None:
        last = witness_in(tmp_path).consider(checkpoint_of(steps()).encode()).cosignature
        again = witness_in(tmp_path)
        assert again.newest == last
        assert again.consider(checkpoint_of(until(blocks()[-2])).encode()).outcome is Outcome.OLDER
        assert again.consider(checkpoint_of(forged(steps())).encode()).outcome is Outcome.SPLIT

    def test_whatever_it_was_killed_at_it_has_what_it_gave_out(self, tmp_path: Path) -> None:
        witness = witness_in(tmp_path)
        last = witness.consider(checkpoint_of(until(blocks()[-2])).encode()).cosignature
        checkpoints = tmp_path / "witness" / "checkpoints"
        # Killed after the checkpoint was written, before it was co-signed; and while it was written.
        (checkpoints / f"{blocks()[-1]}.checkpoint").write_bytes(checkpoint_of(forged(steps())).encode())
        (checkpoints / ".9.checkpoint.x.part").write_bytes(b"x")
        again = witness_in(tmp_path)
        assert again.newest == last
        assert again.consider(checkpoint_of(steps()).encode()).outcome is Outcome.COSIGNED
        assert witness_in(tmp_path).newest == again.newest

    @pytest.mark.parametrize("what", ["checkpoints", "cosignatures"])
    def test_a_damaged_folder_is_told_and_never_begun_anew(self, tmp_path: Path, what: str) -> None:
        witness_in(tmp_path).consider(checkpoint_of(steps()).encode())
        (file,) = (tmp_path / "witness" / what).iterdir()
        file.write_bytes(file.read_bytes()[:-1])
        with pytest.raises(FolderUnusable, match="damaged"):
            witness_in(tmp_path)

    def test_a_checkpoint_that_was_removed_is_told(self, tmp_path: Path) -> None:
        witness_in(tmp_path).consider(checkpoint_of(steps()).encode())
        (file,) = (tmp_path / "witness" / "checkpoints").iterdir()
        file.unlink()
        with pytest.raises(FolderUnusable, match="look first"):
            witness_in(tmp_path)

    def test_another_checkpoint_in_the_lasts_place_is_noticed(self, tmp_path: Path) -> None:
        witness_in(tmp_path).consider(checkpoint_of(steps()).encode())
        (file,) = (tmp_path / "witness" / "checkpoints").iterdir()
        file.write_bytes(checkpoint_of(forged(steps())).encode())
        with pytest.raises(FolderUnusable, match="damaged"):
            witness_in(tmp_path)

    def test_two_processes_are_not_one_witness(self, tmp_path: Path) -> None:
        with folders.opened(tmp_path / "w"), pytest.raises(FolderUnusable, match="another process"):
            folders.opened(tmp_path / "w").__enter__()

    def test_only_the_newest_checkpoints_are_kept_whole(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(folders, "KEPT", 2)
        witness = witness_in(tmp_path)
        for number in blocks()[-4:]:
            witness.consider(checkpoint_of(until(number)).encode())
        assert len(witness.folder.numbers()) == 4
        kept = [number for number in witness.folder.numbers() if witness.folder.checkpoint(number)]
        assert kept == blocks()[-2:]


class TestSplitView:
    def test_two_checkpoints_of_one_history_are_none(self) -> None:
        view = SplitView.made(
            0, TRUST_FILE, believed(checkpoint_of(steps())), believed(checkpoint_of(until(blocks()[-2])))
        )
        with pytest.raises(NotSplit):
            split_view.check(view)

    def test_it_has_one_name_whoever_found_it(self) -> None:
        one, other = believed(checkpoint_of(steps())), believed(checkpoint_of(forged(steps())))
        views = [SplitView.made(1, TRUST_FILE, one, other), SplitView.made(2, TRUST_FILE, other, one)]
        assert len({split_view.check(each).name for each in views}) == 1

    def test_a_stranger_cannot_make_one(self) -> None:
        genuine = believed(checkpoint_of(steps()))
        made_up = replace(genuine, checkpoint=checkpoint_of(forged(steps()), by=(STRANGER,)))
        with pytest.raises(NotAttested):
            split_view.check(SplitView.made(1, TRUST_FILE, genuine, made_up))

    def test_whoever_doubts_the_list_in_it_names_another(self) -> None:
        """A council that somebody made up makes anybody an attester."""
        listed = trust_file(attesters=(STRANGER,))
        made = [checkpoint_of(each, by=(STRANGER,)) for each in (steps(), forged(steps()))]
        one, other = (replace(believed(checkpoint_of(steps())), checkpoint=each) for each in made)
        view = SplitView.made(1, listed, one, other)
        assert split_view.check(view).difference.what
        with pytest.raises(NotAttested):
            split_view.check(view, TRUST)

    def test_one_changed_byte_proves_nothing(self) -> None:
        one, other = believed(checkpoint_of(steps())), believed(checkpoint_of(forged(steps())))
        whole = SplitView.made(1, TRUST_FILE, one, other)
        view = strict_json.parse(whole.encode())
        assert isinstance(view, dict)
        changed = bytearray(whole.newer)
        changed[len(changed) // 2] ^= 1
        members = {**view, "checkpoints": [base64url.encode(whole.older), base64url.encode(bytes(changed))]}
        with pytest.raises(EvidenceMalformed):
            split_view.check(SplitView.parse(strict_json.serialise(members)))

    @pytest.mark.parametrize("change", [{"found": -1}, {"checkpoints": []}, {"more": 1}, {"trust_list": "="}])
    def test_what_is_not_in_form_is_refused(self, change: dict[str, object]) -> None:
        one, other = believed(checkpoint_of(steps())), believed(checkpoint_of(forged(steps())))
        members = json.loads(SplitView.made(1, TRUST_FILE, one, other).encode()) | change
        with pytest.raises(EvidenceMalformed):
            SplitView.parse(json.dumps(members).encode())


class TestSealedChain:
    """On a chain with seals a checkpoint is believed without attesters; witnesses want one all the same."""

    @pytest.mark.parametrize(
        ("attesters", "outcome"),
        [((ATTESTER,), Outcome.COSIGNED), ((), Outcome.NOT_BELIEVED)],
        ids=["attested", "bare"],
    )
    def test_seals_alone_are_not_cosigned(
        self, tmp_path: Path, attesters: tuple[ec.EllipticCurvePrivateKey, ...], outcome: Outcome
    ) -> None:
        made = draft("", "london", attesters=attesters)
        trust = trust_of(material("london"), "qbft", attesters=(ATTESTER,))
        assert checkpoint.verify(Checkpoint.parse(made.packed()), TrustList.parse(trust.encode()))
        (tmp_path / "trust.json").write_text(trust)
        assert witness_in(tmp_path).consider(made.packed()).outcome is outcome

    def test_validators_who_seal_two_blocks_of_one_height_are_shown(self) -> None:
        one, those = draft("", "london"), sealed.validators(4)
        items = sealed.items_of(one.headers[0])
        items[sealed.COINBASE] = those[1].address
        how = sealed.qbft(those, coinbase=those[1].address)
        header = how.with_seals(items, [each.seal(how.commit_hash(items)) for each in those[:3]])
        number, _, timestamp = one.block
        other = draft("", "london", headers=[header], block=[number, how.block_hash(items), timestamp])
        trust = trust_of(material("london"), "qbft").encode()
        shown = split_view.check(SplitView(1, trust, one.packed(), other.packed()))
        assert shown.difference.what == (Differing.BLOCK,)
        assert [len(each.sealing.signers) for each in (shown.older, shown.newer) if each.sealing] == [3, 3]
        assert shown.older.attesters == ()


class TestVectors:
    def test_they_are_what_is_made_of_the_protocol_page(self) -> None:
        assert json.loads(json.dumps(making.made())) == VECTORS

    @pytest.mark.parametrize("vector", VECTORS["cosignatures"], ids=lambda vector: vector["name"])
    def test_a_statement_has_these_bytes(self, vector: dict[str, Any]) -> None:
        read = Cosignature.parse(vector["file"].encode())
        read.verify(_witness())
        statement = read.statement
        assert statement.encode().hex() == vector["statement"]
        assert read.encode() == vector["file"].encode()
        assert (statement.witness, statement.seen) == (VECTORS["witness"]["name"], vector["seen"])
        assert statement.checkpoint.hex() == vector["checkpoint"]
        assert [statement.number, statement.hash.hex(), statement.timestamp] == vector["block"]
        heads = statement.heads
        assert [each.hex() for each in (heads.anchors, heads.statuses, heads.rights)] == vector["heads"]

    @pytest.mark.parametrize("vector", VECTORS["refused"], ids=lambda vector: vector["name"])
    def test_another_file_is_refused(self, vector: dict[str, Any]) -> None:
        with pytest.raises(YinxinError) as refused:
            Cosignature.parse(vector["file"].encode()).verify(_witness())
        assert type(refused.value).__name__ == vector["refused_as"]

    @pytest.mark.parametrize("vector", VECTORS["split_views"], ids=lambda vector: vector["name"])
    def test_a_split_view_proves_itself(self, vector: dict[str, Any]) -> None:
        for trust in (None, TrustList.parse(VECTORS["trust_list"].encode())):
            shown = split_view.check(SplitView.parse(vector["file"].encode()), trust)
            assert [each.value for each in shown.difference.what] == [vector["outcome"]]

    @pytest.mark.parametrize("vector", VECTORS["refused_split_views"], ids=lambda vector: vector["name"])
    def test_what_proves_no_two_histories_is_refused(self, vector: dict[str, Any]) -> None:
        with pytest.raises(YinxinError) as refused:
            split_view.check(SplitView.parse(vector["file"].encode()))
        assert type(refused.value).__name__ == vector["outcome"]


def _witness() -> PublicKey:
    key = VECTORS["witness"]["key"]
    return PublicKey(base64url.decode(key["x"]), base64url.decode(key["y"]))


class TestWitnessList:
    def test_it_names_addresses_and_keys(self, tmp_path: Path) -> None:
        path = tmp_path / "witnesses.json"
        path.write_text(json.dumps({"witnesses": [entry()]}))
        (listed,) = witness_list.read(path)
        assert (listed.name, listed.url, listed.key) == (NAME, "https://witness.example.cn", PublicKey.of(STRANGER))

    @pytest.mark.parametrize(
        "change",
        [{"url": "ftp://x"}, {"name": ""}, {"key": {}}, {"more": 1}, {"url": "https://a:b@witness.example.cn"}],
    )
    def test_what_cannot_be_meant_is_refused(self, tmp_path: Path, change: dict[str, object]) -> None:
        path = tmp_path / "witnesses.json"
        path.write_text(json.dumps({"witnesses": [entry() | change]}))
        with pytest.raises(InvalidInput):
            witness_list.read(path)

    @pytest.mark.parametrize("text", ["", "[]", '{"witnesses": []}', '{"witnesses": [1]}'])
    def test_another_form_is_refused(self, tmp_path: Path, text: str) -> None:
        path = tmp_path / "witnesses.json"
        path.write_text(text)
        with pytest.raises(InvalidInput):
            witness_list.read(path)

    def test_a_witness_twice_would_count_twice(self, tmp_path: Path) -> None:
        path = tmp_path / "witnesses.json"
        path.write_text(json.dumps({"witnesses": [entry(), entry() | {"name": "other", "url": "https://b.example"}]}))
        with pytest.raises(InvalidInput, match="twice"):
            witness_list.read(path)


def entry() -> dict[str, object]:
    return {"name": NAME, "url": "https://witness.example.cn/", "key": PublicKey.of(STRANGER).jwk()}

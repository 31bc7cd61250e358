"""Verifiers and witnesses over real HTTP: what is co-signed, what is shown, and what comes of a forked chain."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import httpx2
import pytest

from chain import base64url
from chain.checkpoint import Checkpoint
from chain.events import Track
from chain.keys import PublicKey
from tests import waiting
from tests.audit.witnesses import NAME, PATIENCE_S, Desk, copied, outsider
from tests.deployed import document_key, leaves_of
from tests.verifier.papers_on_chain import set_status
from tests.verifier.test_index import now_of
from verifier.attesting import make_attester
from verifier.cli import run
from verifier.published.evidence_files import Kind
from verifier.witnessing import collecting
from verifier.witnessing.cosignature import Cosignature
from verifier.witnessing.rounds import Rounds

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from chain.ethereum.network import Anvil
    from tests.audit.witnesses import Outsider
    from tests.deployed import Deployed
    from verifier.witnessing.asking import Reply

CHECKPOINTS = "/api/v1/checkpoints"
WITNESS = "/api/v1/witness"


def something(deployed: Deployed, anvil: Anvil, label: str) -> None:
    """Have something happen that makes a checkpoint: a status is set, and is final."""
    set_status(deployed, deployed.offices[0], leaves_of(label, 1)[0], Track.LOSS, now_of(deployed))
    anvil.mine()


@pytest.fixture
def outside(deployment: Deployed, anvil: Anvil, tmp_path: Path) -> Iterator[tuple[Desk, Outsider]]:
    """Return a verifier that has cut a checkpoint, and a witness."""
    anvil.mine()
    first = Desk.opened(deployment, tmp_path)
    assert first.cut() is not None
    with outsider(deployment, tmp_path / "witness", tmp_path / "trust.json") as witness:
        yield first, witness


def knowing(desk: Desk, witness: Outsider, **changes: object) -> Desk:
    """Open a verifier again, now with a witness."""
    listed = witness.listed_in(desk.folder / "witnesses.json")
    return Desk.opened(desk.deployed, desk.folder, witnesses=listed, **changes)


def collected(desk: Desk) -> None:
    """Have a verifier ask its witnesses, once."""
    assert desk.collector is not None
    desk.collector.turn()


class TestCosigning:
    def test_a_witness_cosigns_what_a_verifier_shows_it(self, outside: tuple[Desk, Outsider]) -> None:
        first, witness = outside
        desk = knowing(first, witness)
        with desk.served() as url:
            number = waiting.get(url + CHECKPOINTS).json()["checkpoints"][0]["block_number"]
            before = waiting.get(f"{url}{CHECKPOINTS}/{number}/cosignatures").json()
            assert (before["cosignatures"], before["lacking"]) == ([], [NAME])
            collected(desk)
            (told,) = waiting.get(f"{url}{CHECKPOINTS}/{number}/cosignatures").json()["cosignatures"]
            cosignature = Cosignature.parse(json.dumps(told["cosignature"]).encode())
            key = told["key"]
            cosignature.verify(PublicKey(base64url.decode(key["x"]), base64url.decode(key["y"])))
            file = Checkpoint.parse(waiting.get(f"{url}{CHECKPOINTS}/{number}").content)
            assert cosignature.statement.checkpoint == file.statement
            assert (told["witness"], told["block_number"]) == (NAME, number)
            for lang, heading in (("zh-CN", "检查点与见证"), ("en", "Checkpoints and witnesses")):
                page = waiting.get(f"{url}/audit/checkpoints", params={"lang": lang})
                assert page.status_code == 200
                assert heading in page.text
                assert NAME in page.text
            page = waiting.get(f"{url}/audit/checkpoints/{number}", params={"lang": "en"})
            assert base64url.encode(cosignature.signature) in page.text
            assert waiting.get(f"{url}{CHECKPOINTS}/1/cosignatures").status_code == 404
            assert waiting.get(f"{url}/audit/checkpoints/1").status_code == 404
        newest = waiting.get(f"{witness.url}{WITNESS}/newest")
        assert Cosignature.parse(newest.content) == cosignature
        about = waiting.get(witness.url + WITNESS).json()
        assert (about["name"], about["newest"]["block_number"], about["split_views"]) == (NAME, number, 0)

    def test_a_later_cosignature_covers_what_was_before(
        self, outside: tuple[Desk, Outsider], deployment: Deployed, anvil: Anvil
    ) -> None:
        first, witness = outside
        desk = knowing(first, witness)
        (older, *_) = desk.verifier.files.entries(limit=1)
        something(deployment, anvil, f"covered {desk.folder}")
        newer = desk.cut()
        assert newer is not None
        collected(desk)
        told = desk.verifier.witnessed.checkpoint(older.number)
        assert told is not None
        (seen,) = told.cosigned
        assert seen.cosignature.statement.number == newer
        with desk.served() as url:
            assert f"by block {newer}" in waiting.get(f"{url}/audit/checkpoints", params={"lang": "en"}).text
            text = waiting.get(f"{url}/audit/checkpoints.csv", follow_redirects=True).text
            assert [line.split(",")[0] for line in text.splitlines()][1:3] == [str(newer), str(older.number)]

    def test_what_a_witness_saw_elsewhere_counts_once_the_index_has_come_as_far(
        self, outside: tuple[Desk, Outsider], deployment: Deployed, anvil: Anvil
    ) -> None:
        first, witness = outside
        behind = copied(first, first.folder / "behind", with_index=True)
        something(deployment, anvil, f"seen elsewhere {first.folder}")
        newer = first.cut()
        assert newer is not None
        assert witness.witness.consider(newest_file(first)).cosignature is not None
        listed = witness.listed_in(behind / "witnesses.json")
        desk = Desk.opened(deployment, behind, witnesses=listed, witnesses_required=1)
        assert desk.collector is not None
        desk.collector.turn()
        assert "has not come yet" in desk.collector.failing()[NAME].why
        assert desk.verifier.files.newest() is None
        # This one cuts nothing itself at that block; what it knows of the block is enough.
        desk.verifier.index.follow(now_of(deployment))
        again = Desk.opened(deployment, behind, witnesses=listed, witnesses_required=1)
        collected(again)
        assert again.collector is not None
        assert again.collector.failing() == {}
        newest = again.verifier.files.newest()
        assert newest is not None
        assert newest.number < newer

    def test_nothing_waits_for_a_witness_unless_that_is_demanded(self, outside: tuple[Desk, Outsider]) -> None:
        first, witness = outside
        for required, status in ((0, 200), (1, 404)):
            desk = knowing(first, witness, witnesses_required=required)
            with desk.served() as url:
                assert waiting.get(f"{url}{CHECKPOINTS}/latest").status_code == status
                assert len(waiting.get(url + CHECKPOINTS).json()["checkpoints"]) == (status == 200)
                if required:
                    page = waiting.get(f"{url}/audit/checkpoints", params={"lang": "en"}).text
                    assert "Not handed out yet" in page
                    collected(desk)
                    assert waiting.get(f"{url}{CHECKPOINTS}/latest").status_code == 200

    def test_a_silent_witness_is_told_and_asked_again(self, outside: tuple[Desk, Outsider]) -> None:
        first, witness = outside
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        silent = replace(witness, url=f"http://127.0.0.1:{port}")
        desk = knowing(first, silent)
        assert desk.collector is not None
        collected(desk)
        assert list(desk.collector.failing()) == [NAME]
        assert desk.verifier.files.newest() is not None
        again = knowing(first, witness)
        assert again.collector is not None
        collected(again)
        assert again.collector.failing() == {}

    def test_a_witness_with_another_key_is_not_believed(self, outside: tuple[Desk, Outsider]) -> None:
        first, witness = outside
        stranger = PublicKey.of(document_key("stranger")).jwk()
        listed = witness.listed_in(first.folder / "witnesses.json", key=stranger)
        desk = Desk.opened(first.deployed, first.folder, witnesses=listed)
        collected(desk)
        assert desk.collector is not None
        assert "not its co-signature" in desk.collector.failing()[NAME].why
        told = desk.verifier.witnessed.checkpoints(limit=1)
        assert told[0].cosigned == ()

    def test_the_answers_are_those_of_transparency_logs(
        self, outside: tuple[Desk, Outsider], deployment: Deployed, anvil: Anvil
    ) -> None:
        first, witness = outside
        older = newest_file(first)
        something(deployment, anvil, f"answers {first.folder}")
        assert first.cut() is not None
        newer = newest_file(first)
        read = Checkpoint.parse(newer)

        def answer(data: bytes) -> httpx2.Response:
            return waiting.post(f"{witness.url}{WITNESS}/checkpoints", content=data)

        assert answer(b"x").status_code == 400
        assert answer(replace(read, registry_id=bytes(32)).encode()).status_code == 404
        assert answer(replace(read, attestations=()).encode()).status_code == 403
        assert answer(newer).status_code == 200
        late = answer(older)
        assert (late.status_code, late.content) == (409, answer(newer).content)
        assert waiting.get(f"{witness.url}{WITNESS}/alarms").json() == {"alarms": []}


def newest_file(desk: Desk) -> bytes:
    """Return the newest checkpoint's file."""
    file = desk.verifier.files.find(Kind.CHECKPOINT)
    assert file is not None
    data = desk.verifier.files.content(file)
    assert data is not None
    return data


class TestSplitViews:
    def test_a_forked_chain_is_shown_with_both_statements(
        self, fresh_anvil: Anvil, fresh_deployment: Deployed, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """One verifier tells the chain as it was; one with the same key, the chain as somebody made it afterwards."""
        fresh_anvil.mine()
        (tmp_path / "one").mkdir()
        one = Desk.opened(fresh_deployment, tmp_path / "one")
        before = fresh_anvil.ask("evm_snapshot")
        something(fresh_deployment, fresh_anvil, "the revoked one")
        known = one.cut()
        assert known is not None
        with outsider(fresh_deployment, tmp_path / "witness", one.folder / "trust.json") as witness:
            with one.served() as url:
                (seen,) = Rounds(witness.witness, (url,)).once()
                assert seen.answer is not None
                assert (seen.answer.number, seen.is_alarm) == (known, False)
            assert fresh_anvil.ask("evm_revert", before)
            something(fresh_deployment, fresh_anvil, "another one")
            fresh_anvil.mine()
            folder = copied(one, tmp_path / "two", with_index=False)
            two = Desk.opened(fresh_deployment, folder, witnesses=witness.listed_in(folder / "witnesses.json"))
            assert two.cut() is not None
            with two.served() as url:
                (seen,) = Rounds(witness.witness, (url,)).once()
                assert seen.is_alarm
                collected(two)
                page = waiting.get(f"{url}/audit/checkpoints", params={"lang": "en"}).text
                assert "Two histories of this register were vouched for" in page
                (split,) = waiting.get(f"{url}/api/v1/split-views").json()["split_views"]
                for side in (split["older"], split["newer"]):
                    (attestation,) = side["attestations"]
                    assert attestation["listed"]
                    assert side["statement"] in page
                    assert attestation["signature"] in page
                data = waiting.get(url + split["url"]).content
                assert waiting.get(f"{url}{CHECKPOINTS}/latest").status_code == 200
                listed = waiting.get(f"{url}/audit/checkpoints/split-views.json", follow_redirects=True).json()
                assert [row["name"] for row in listed["rows"]] == [split["name"]]
            assert waiting.get(f"{witness.url}{WITNESS}/split-views").json() == {"split_views": [split["name"]]}
            alarms = waiting.get(f"{witness.url}{WITNESS}/alarms").json()["alarms"]
            # Once when it was asked for, once when it was handed in.
            assert {(each["kind"], each["name"]) for each in alarms} == {("split_view", split["name"])}
            assert {each["source"] for each in alarms} == {url, "handed in"}
            assert two.collector is not None
            assert "another history" in two.collector.failing()[NAME].why
        file = tmp_path / "split.json"
        file.write_bytes(data)
        for more in ([], ["--trust-list", str(one.folder / "trust.json")]):
            assert run(["witness", "check-split", str(file), *more]) == 0
            printed = capsys.readouterr().out
            assert "two histories" in printed
            # The list in the file was put there by whoever made it.
            assert ("proven ONLY IF the trust list with SHA-256" in printed) == (not more)
        file.write_bytes(data.replace(b"A", b"B", 1))
        assert run(["witness", "check-split", str(file)]) == 1

    def test_a_verifier_takes_what_its_witnesses_found_elsewhere(
        self, fresh_anvil: Anvil, fresh_deployment: Deployed, tmp_path: Path
    ) -> None:
        fresh_anvil.mine()
        (tmp_path / "one").mkdir()
        one = Desk.opened(fresh_deployment, tmp_path / "one")
        something(fresh_deployment, fresh_anvil, "the revoked one")
        assert one.cut() is not None
        with outsider(fresh_deployment, tmp_path / "witness", one.folder / "trust.json") as witness:
            honest = knowing(one, witness)
            collected(honest)
            genuine = Checkpoint.parse(newest_file(one))
            # Whoever has the key can sign anything; here, that the newest block was another one.
            key = make_attester(one.folder)
            other = replace(genuine, block_hash=bytes(32), state=None, attestations=()).attested(
                key.public.kid, key.sign
            )
            answer = waiting.post(f"{witness.url}{WITNESS}/checkpoints", content=other.encode())
            assert answer.status_code == 422
            assert honest.verifier.witnessed.split_views() == []
            again = knowing(one, witness)
            collected(again)
            (split,) = again.verifier.witnessed.split_views()
            assert [each.value for each in split.difference.what] == ["block"]

    def test_what_is_refused_of_a_witness_keeps_nobody_from_what_is_genuine(
        self, fresh_anvil: Anvil, fresh_deployment: Deployed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(collecting, "SPLITS_EVERY_S", 0.0)
        fresh_anvil.mine()
        (tmp_path / "one").mkdir()
        one = Desk.opened(fresh_deployment, tmp_path / "one")
        assert one.cut() is not None
        with outsider(fresh_deployment, tmp_path / "witness", one.folder / "trust.json") as witness:
            genuine = Checkpoint.parse(newest_file(one))
            key = make_attester(one.folder)
            other = replace(genuine, block_hash=bytes(32), state=None, attestations=()).attested(
                key.public.kid, key.sign
            )
            statuses = [
                waiting.post(f"{witness.url}{WITNESS}/checkpoints", content=each.encode()).status_code
                for each in (genuine, other)
            ]
            assert statuses == [200, 422]
            (name,) = witness.witness.folder.splits.names()
            # Nine that are none are older, nine newer.
            for number in range(18):
                path = witness.witness.folder.splits.path / f"{number:032x}.json"
                path.write_bytes(b"{}")
                os.utime(path, (number // 9 * 2**32, number))
            desk = knowing(one, witness)
            asked: list[str] = []
            genuinely = collecting.asking.get

            def get(url: str, *, most: int) -> Reply:
                asked.append(url.rpartition("/")[2])
                return genuinely(url, most=most)

            monkeypatch.setattr(collecting.asking, "get", get)
            for _ in range(5):
                collected(desk)
            assert [each.name for each in desk.verifier.witnessed.split_views()] == [name]
            asked_for = [each for each in asked if each != "split-views"]
            assert len(asked_for) == len(set(asked_for)) == 19

    def test_a_verifier_restored_to_an_older_state_is_an_alarm(
        self, fresh_anvil: Anvil, fresh_deployment: Deployed, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        fresh_anvil.mine()
        (tmp_path / "one").mkdir()
        one = Desk.opened(fresh_deployment, tmp_path / "one")
        old = one.cut()
        assert old is not None
        with one.served() as url:
            port = int(url.rpartition(":")[2])
            backup = copied(one, tmp_path / "backup", with_index=True)
            something(fresh_deployment, fresh_anvil, "hidden by the restoration")
            new = one.cut()
            assert asked(url, one, tmp_path / "w", capsys) == (0, [{"outcome": "cosigned", "block_number": new}])
        assert asked(url, one, tmp_path / "w", capsys)[0] == 2
        restored = Desk.opened(fresh_deployment, backup)
        with restored.served(port):
            assert asked(url, one, tmp_path / "w", capsys) == (1, [{"outcome": "older", "block_number": old}])
        (alarm,) = [json.loads(each.read_bytes()) for each in (tmp_path / "w" / "alarms").iterdir()]
        assert (alarm["kind"], alarm["source"], alarm["block_number"]) == ("went_back", url, old)


class TestKilled:
    def test_a_killed_witness_keeps_its_last(
        self, fresh_anvil: Anvil, fresh_deployment: Deployed, tmp_path: Path
    ) -> None:
        fresh_anvil.mine()
        (tmp_path / "one").mkdir()
        one = Desk.opened(fresh_deployment, tmp_path / "one")
        assert one.cut() is not None
        older = newest_file(one)
        with one.served() as url:
            something(fresh_deployment, fresh_anvil, "seen before it was killed")
            assert one.cut() is not None
            with socket.create_server(("127.0.0.1", 0)) as taken:
                port = taken.getsockname()[1]
            kept = newest_by(url, one, tmp_path / "w", port, kill=True)
        # The verifier is gone; the witness has what it gave out.
        assert newest_by(url, one, tmp_path / "w", port, kill=False, older=older) == kept


def asked(
    url: str, desk: Desk, folder: Path, capsys: pytest.CaptureFixture[str]
) -> tuple[int, list[dict[str, object]]]:
    """Run `witness once`; return its exit code and what it said of each verifier."""
    capsys.readouterr()
    trust = str(desk.folder / "trust.json")
    options = ["--from", url, "--trust-list", trust, "--folder", str(folder), "--name", NAME, "--json"]
    code = run(["witness", "once", *options])
    said = json.loads(capsys.readouterr().out)["verifiers"]
    return code, [{name: each[name] for name in ("outcome", "block_number")} for each in said]


def newest_by(url: str, desk: Desk, folder: Path, port: int, *, kill: bool, older: bytes = b"") -> bytes:
    """Run a witness as a process until it has a newest co-signature; return it, and end the process."""
    options = ["--from", url, "--trust-list", str(desk.folder / "trust.json"), "--folder", str(folder)]
    options += ["--name", NAME, "--port", str(port), "--every", "0.2"]
    command = [sys.executable, "-c", "from verifier.cli import main; main()", "witness", "serve", *options]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until = time.monotonic() + PATIENCE_S
    address = f"http://127.0.0.1:{port}{WITNESS}"
    try:
        while True:
            assert process.poll() is None
            assert time.monotonic() < until
            try:
                answer = waiting.get(f"{address}/newest")
                if answer.status_code == 200:
                    break
            except httpx2.TransportError:
                # It is not there yet.
                pass
            time.sleep(0.1)
        if older:
            late = waiting.post(f"{address}/checkpoints", content=older)
            assert (late.status_code, late.content) == (409, answer.content)
        return answer.content
    finally:
        os.kill(process.pid, signal.SIGKILL if kill else signal.SIGTERM)
        process.wait(PATIENCE_S)

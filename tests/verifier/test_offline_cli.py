"""`yinxin-verifier check --offline`, as people call it: without a network, settings or a database."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pikepdf
import pytest

from chain import code
from chain.calendar import today
from chain.ethereum.network import Anvil
from chain.events import Track
from chain.seals import SealScheme
from chain.validity import Validity
from issuer.document.documents import Agency
from tests.deployed import Deployed, make_deployed
from tests.verifier.book import CLAIMS, TYPE
from tests.verifier.offline_evidence import Chain, path_of
from tests.verifier.papers_on_chain import certificate_of, set_status
from tests.verifier.printed import print_document
from verifier.cli import run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.verifier.book import Paper

DAYS = Validity(date(2026, 1, 1), date(2028, 12, 31))
FORBIDDING = """
import os, sys
FORBIDDEN = ("socket.", "sqlite3.", "urllib.", "http.client.")
def forbid(event, arguments):
    if event.startswith(FORBIDDEN) and not event.startswith("socket.__new__"):
        print(event, arguments, file=sys.stderr, flush=True)
        os._exit(9)
sys.addaudithook(forbid)
from verifier.cli import main
main()
"""
"""The command, in a process that ends as soon as it opens a connection or a database, and says so."""


@dataclass(frozen=True)
class Bag:
    """What somebody takes along."""

    chain: Chain
    folder: Path
    paper: Paper
    revoked: Paper

    def file(self, name: str, content: bytes) -> str:
        (self.folder / name).write_bytes(content)
        return str(self.folder / name)

    def pdf(self, paper: Paper, proof: bytes | None = None) -> bytes:
        """Return a document, with its proof attached."""
        office = self.chain.deployed.offices[0]
        printed = print_document(paper, TYPE, dict(CLAIMS), DAYS, agency=Agency(office.name, office.code))
        with pikepdf.open(io.BytesIO(printed)) as pdf:
            if proof is not None:
                spec = pikepdf.AttachedFileSpec(pdf, proof, filename="certificate.proof", mime_type="application/octet")
                pdf.attachments["certificate.proof"] = spec
            saved = io.BytesIO()
            pdf.save(saved)
        return saved.getvalue()

    def proof(self, paper: Paper) -> bytes:
        papers = (paper, self.revoked) if paper is self.paper else (paper,)
        return self.chain.proof(self.chain.deployed.offices[0], *papers).encode()


@pytest.fixture(scope="module")
def chain() -> Iterator[Chain]:
    with Anvil.start() as anvil:
        yield Chain(make_deployed(anvil, levels=1))


@pytest.fixture(scope="module")
def bag(chain: Chain, tmp_path_factory: pytest.TempPathFactory) -> Bag:
    """Return a bag with a trust list, a checkpoint and a proof; one certificate is revoked in it, one is not."""
    deployed: Deployed = chain.deployed
    office = deployed.offices[0]
    paper, revoked = (certificate_of(deployed, office, f"offline {name}") for name in ("genuine", "revoked"))
    chain.anchor(office, paper, revoked)
    set_status(deployed, office, revoked.leaf, Track.REVOKED, chain.now)
    packed = Bag(chain, tmp_path_factory.mktemp("bag"), paper, revoked)
    packed.file("trust.json", chain.trust_file())
    packed.file("newest.checkpoint", chain.checkpoint().encode())
    packed.file("certificate.proof", packed.proof(paper))
    packed.file("paper.pdf", packed.pdf(paper, packed.proof(paper)))
    packed.file("paper.sd-jwt", paper.sd_jwt.encode())
    packed.file("revoked.txt", revoked.code().encode())
    return packed


@pytest.fixture
def given(bag: Bag, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the arguments of a question offline, with a state folder of its own; the folder is the working one."""
    monkeypatch.chdir(bag.folder)
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    monkeypatch.delenv("LC_ALL", raising=False)
    return ["check", "--offline", "--trust", "trust.json", "--state", str(tmp_path / "state")]


ROOT = Path(__file__).parents[2]
WITH = ["--checkpoint", "newest.checkpoint"]


def reports(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["reports"]
    return told


class TestAnswers:
    def test_what_is_brought_is_checked_and_the_exit_code_says_how_it_went(
        self, bag: Bag, given: list[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        path = path_of(bag.paper, bag.revoked)
        assert run([*given, *WITH, "--json", "paper.pdf", bag.paper.code(path=path)]) == 0
        assert [report["verdict"] for report in reports(capsys)] == ["VALID"] * 2
        proof = ["--proof", "certificate.proof"]
        assert run([*given, *WITH, *proof, "--json", "paper.sd-jwt", "revoked.txt"]) == 1
        assert [report["verdict"] for report in reports(capsys)] == ["VALID", "REVOKED"]
        assert run([*given, *WITH, "--json", "paper.sd-jwt"]) == 1
        assert [report["verdict"] for report in reports(capsys)] == ["SIGNED"]
        assert run([*given, "--json", "paper.pdf", code.short_number(bag.paper.leaf)]) == 2
        assert [report["verdict"] for report in reports(capsys)] == ["CANNOT_CHECK"] * 2

    def test_people_read_what_it_rests_on(
        self, given: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("COLUMNS", "200")
        run([*given, *WITH, "paper.pdf"])
        told = " ".join(capsys.readouterr().out.split())
        for words in (
            "Genuine. Not revoked as of",
            "证照真实，截至",
            "TEST",
            "sealed by 3 of 4 validators",
            "Times of blocks: on the word of attesters (1)",
            "version 1",
        ):
            assert words in told
        run([*given, "paper.pdf"])
        told = " ".join(capsys.readouterr().out.split())
        for words in ("Genuine when issued", "签发时真实", "TEST", "number 1; its name is not proven"):
            assert words in told

    @pytest.mark.parametrize(
        ("scheme", "seals", "alone"),
        [
            (SealScheme.QBFT, "sealed by 3 of 4 validators", "Genuine when issued"),
            (SealScheme.IBFT2, "sealed by 3 of 4 validators", "Genuine when issued"),
            (SealScheme.CLIQUE, "confirmed by 3 of 4 signers", "Genuine when issued"),
            (SealScheme.NONE, "on a chain without seals (development)", "We cannot check"),
        ],
        ids=["qbft", "ibft2", "clique", "none"],
    )
    def test_the_table_under_every_scheme(  # noqa: PLR0917 - fixtures, and what differs
        self,
        bag: Bag,
        given: list[str],
        tmp_path: Path,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
        scheme: SealScheme,
        seals: str,
        alone: str,
    ) -> None:
        monkeypatch.setenv("COLUMNS", "200")
        monkeypatch.chdir(tmp_path)
        there = Bag(Chain(bag.chain.deployed, scheme), tmp_path, bag.paper, bag.revoked)
        there.file("trust.json", there.chain.trust_file())
        there.file("old.checkpoint", there.chain.checkpoint(earlier=timedelta(days=2)).encode())
        there.file("newest.checkpoint", there.chain.checkpoint().encode())
        shown = there.proof(there.paper)
        there.file("certificate.proof", shown)
        there.file("paper.pdf", there.pdf(there.paper, shown))
        there.file("paper.sd-jwt", there.paper.sd_jwt.encode())
        path = there.paper.code(path=path_of(there.paper, there.revoked))
        for arguments, verdict, told in (
            ([*WITH, "paper.pdf"], "VALID", ["Genuine. Not revoked as of", seals]),
            ([*WITH, "paper.sd-jwt", "--proof", "certificate.proof"], "VALID", [seals]),
            ([*WITH, path], "VALID", [seals]),
            ([*WITH, "paper.sd-jwt"], "SIGNED", ["not checked against the register", seals]),
            ([*WITH, there.revoked.code()], "REVOKED", [seals]),
            ([*WITH, code.short_number(there.paper.leaf)], "CANNOT_CHECK", ["scan the code"]),
            (["paper.pdf"], "CANNOT_CHECK", [alone]),
        ):
            run([*given, *arguments])
            said = " ".join(capsys.readouterr().out.split())
            for words in (verdict, *told):
                assert words in said, (arguments, words, said)
        # An older checkpoint is amber, and is seen first or not at all.
        fresh = [*given[:-1], str(tmp_path / "another")]
        run([*fresh, "--checkpoint", "old.checkpoint", path])
        said = " ".join(capsys.readouterr().out.split())
        for words in ("SIGNED", "2 days ago", seals):
            assert words in said

    def test_a_proof_that_fits_none_of_the_papers_is_a_usage_mistake(
        self, given: list[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run([*given, *WITH, "--proof", "certificate.proof", "--json", "revoked.txt"]) == 64
        told = capsys.readouterr()
        assert told.out == ""
        assert "certificate.proof: got a proof that fits none of the papers" in told.err

    def test_a_proof_or_a_checkpoint_alone_is_not_a_certificate(
        self, given: list[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run([*given, *WITH, "--json", "certificate.proof", "newest.checkpoint"]) == 2
        told = reports(capsys)
        assert [report["verdict"] for report in told] == ["UNREADABLE"] * 2
        assert [report["checks"][0]["message_id"] for report in told] == ["read.proof_alone", "read.checkpoint_alone"]

    def test_an_older_checkpoint_is_refused_in_a_later_run(
        self, bag: Bag, given: list[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        bag.chain.anchor(bag.chain.deployed.offices[0], certificate_of(*_office(bag), "offline later"))
        later = bag.file("later.checkpoint", bag.chain.checkpoint().encode())
        assert run([*given, "--checkpoint", later, "paper.pdf"]) == 0
        capsys.readouterr()
        assert run([*given, *WITH, "--json", "paper.pdf"]) == 2
        (report,) = reports(capsys)
        assert (report["verdict"], report["checks"][4]["message_id"]) == ("CANNOT_CHECK", "offline.went_back")

    def test_a_day_after_the_checkpoints_is_a_usage_mistake(
        self, bag: Bag, given: list[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        old = bag.file("old.checkpoint", bag.chain.checkpoint(earlier=timedelta(days=3)).encode())
        asked = [*given, "--checkpoint", old, "--json", "revoked.txt", "paper.sd-jwt"]
        assert run([*asked, "--on", str(today(datetime.now(UTC)))]) == 64
        assert "the day of the checkpoint" in capsys.readouterr().err
        assert run(asked) == 1
        assert [report["verdict"] for report in reports(capsys)] == ["REVOKED", "SIGNED"]
        assert run([*given, "--on", "2026-02-01", "--checkpoint", old, "--json", "paper.sd-jwt"]) == 1
        assert reports(capsys)[0]["on"] == "2026-02-01"


class TestMistakes:
    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (["--offline", "paper.pdf"], "got no --trust"),
            (["--trust", "trust.json", "paper.pdf"], "--trust: got no --offline"),
            (["--checkpoint", "newest.checkpoint", "paper.pdf"], "--checkpoint: got no --offline"),
            (["--proof", "certificate.proof", "paper.pdf"], "--proof: got no --offline"),
            (["--state", ".", "paper.pdf"], "--state: got no --offline"),
            (["--offline", "--trust", "trust.json", "--state", "", "paper.pdf"], "--state: got nothing"),
            (["--lang", "de", "paper.pdf"], "--lang: got 'de', wanted zh-CN or en"),
            (["--offline", "--trust", "missing.json", "paper.pdf"], "missing.json"),
            (["--offline", "--trust", ".", "paper.pdf"], "wanted a file"),
            (["--offline", "--trust", "trust.json", "--checkpoint", "missing", "paper.pdf"], "missing"),
            (["--offline", "--trust", "trust.json", "--proof", "missing", "paper.pdf"], "missing"),
            (["--offline", "--trust", "trust.json", "--proof", "trust.json", "paper.pdf"], "trust.json"),
            (["--offline", "--trust", "trust.json", "missing.pdf"], "missing.pdf"),
        ],
    )
    @pytest.mark.usefixtures("given")
    def test_a_usage_mistake_is_64(self, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str) -> None:
        assert run(["check", *arguments]) == 64
        assert said in capsys.readouterr().err

    def test_files_that_are_not_believed_check_nothing(
        self, bag: Bag, given: list[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        garbled = bag.file("garbled", b"garbled")
        assert run([*given, "--checkpoint", garbled, "--json", "paper.pdf"]) == 2
        assert reports(capsys)[0]["checks"][4]["message_id"] == "offline.checkpoint_refused"
        given[given.index("trust.json")] = garbled
        assert run([*given, *WITH, "--json", "paper.pdf"]) == 2
        (report,) = reports(capsys)
        assert report["checks"][4]["message_id"] == "offline.trust_list_refused"
        assert report["offline"]["trust_list_version"] is None

    def test_a_damaged_state_file_is_told_and_kept(
        self, given: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run([*given, *WITH, "paper.pdf"]) == 0
        (file,) = (tmp_path / "state").iterdir()
        file.write_bytes(b"{}")
        capsys.readouterr()
        assert run([*given, *WITH, "paper.pdf"]) == 2
        told = capsys.readouterr()
        assert told.err.startswith("--state: ")
        assert "damaged" in told.err
        assert "CANNOT_CHECK" in told.out
        assert file.read_bytes() == b"{}"

    def test_a_state_folder_that_cannot_be_used_checks_nothing_and_says_so_once(
        self, given: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (tmp_path / "state").touch()
        assert run([*given, *WITH, "--json", "paper.pdf", "revoked.txt"]) == 2
        told = capsys.readouterr()
        assert told.err.count("--state: ") == 1
        for report in json.loads(told.out)["reports"]:
            assert report["verdict"] == "CANNOT_CHECK"
            assert report["checks"][4]["message_id"] == "offline.state_unusable"


class TestWithoutANetwork:
    """In a process with an empty environment, where opening a connection or a database is the end."""

    @pytest.mark.parametrize("alone", [False, True], ids=["sockets forbidden", "no network at all"])
    def test_it_answers(self, bag: Bag, given: list[str], tmp_path: Path, *, alone: bool) -> None:
        leave = ["unshare", "--user", "--map-root-user", "--net"] if alone else []
        if alone and subprocess.run([*leave, "true"], check=False, capture_output=True).returncode:
            pytest.skip("this machine lets nobody leave the network")
        command = [*leave, sys.executable, "-c", FORBIDDING, *given, *WITH, "--json", "paper.pdf", "revoked.txt"]
        done = subprocess.run(
            command, check=False, capture_output=True, text=True, env={"PYTHONPATH": str(ROOT)}, cwd=bag.folder
        )
        assert done.returncode == 1, done.stderr
        told = json.loads(done.stdout)["reports"]
        assert [report["verdict"] for report in told] == ["VALID", "REVOKED"]
        assert [file.name for file in (tmp_path / "state").iterdir()] == [
            f"{bag.chain.deployed.record.registry_id.hex()}.json"
        ]

    @pytest.mark.usefixtures("given")
    def test_what_forbids_would_notice(self, bag: Bag) -> None:
        asked = [sys.executable, "-c", FORBIDDING, "check", "paper.pdf"]
        environment = {
            "PYTHONPATH": str(ROOT),
            "YINXIN_RPC_URLS": "http://127.0.0.1:9",
            "YINXIN_REGISTRY": f"0x{'1' * 40}",
        }
        done = subprocess.run(asked, check=False, capture_output=True, text=True, env=environment, cwd=bag.folder)
        assert any(word in done.stderr for word in ("sqlite3.connect", "socket."))


def _office(bag: Bag) -> tuple[Deployed, Any]:
    return bag.chain.deployed, bag.chain.deployed.offices[0]

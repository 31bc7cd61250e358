"""`yinxin-verifier`, as people call it."""

from __future__ import annotations

import io
import json
import os
import re
import sqlite3
import subprocess
import sys
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from chain import code
from chain.events import Track
from chain.validity import Validity
from issuer.document.documents import Agency
from tests.faults.chaos_proxy import ChaosProxy, Way
from tests.verifier.book import CLAIMS, TYPE
from tests.verifier.papers_on_chain import anchor, certificate_of, set_status
from tests.verifier.printed import print_document
from tests.verifier.test_index import now_of
from tests.verifier.test_polling import refuse_writing
from verifier import cli
from verifier.check.report import CheckName
from verifier.cli import run
from verifier.settings import Settings, described

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chain.ethereum.network import Anvil
    from tests.deployed import Deployed
    from tests.verifier.book import Paper

FIELDS = {
    "input",
    "verdict",
    "checks",
    "facts",
    "agency",
    "type",
    "number",
    "on",
    "known_at",
    "checked_at",
    "chain_id",
    "registry",
    "registry_id",
    "block_number",
    "block_age_s",
    "test",
}


@pytest.fixture
def set_up(deployment: Deployed, anvil: Anvil, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YINXIN_RPC_URLS", deployment.url)
    monkeypatch.setenv("YINXIN_REGISTRY", f"0x{deployment.record.address.hex()}")
    monkeypatch.setenv("YINXIN_DATABASE_URL", f"sqlite:///{tmp_path / 'index.db'}")
    monkeypatch.setenv("YINXIN_RPC_TIMEOUT_S", "2")
    monkeypatch.delenv("YINXIN_SETTINGS", raising=False)
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    monkeypatch.delenv("LC_ALL", raising=False)


@pytest.fixture
def paper(deployment: Deployed, anvil: Anvil, set_up: None, request: pytest.FixtureRequest) -> Paper:
    """Return a certificate that this test's registry has anchored."""
    office = deployment.offices[0]
    made = certificate_of(deployment, office, request.node.name)
    anchor(deployment, office, made)
    anvil.mine()
    return made


def reports(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["reports"]
    return told


class TestCheck:
    def test_everything_that_can_be_brought_of_a_certificate(
        self, deployment: Deployed, paper: Paper, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        office = deployment.offices[0]
        pdf = print_document(
            paper,
            TYPE,
            dict(CLAIMS),
            Validity(date(2026, 1, 1), date(2028, 12, 31)),
            agency=Agency(office.name, office.code),
        )
        (tmp_path / "paper.pdf").write_bytes(pdf)
        (tmp_path / "paper.sd-jwt").write_text(paper.sd_jwt)
        (tmp_path / "code.txt").write_text(paper.code() + "\n")
        files = [str(tmp_path / name) for name in ("paper.pdf", "paper.sd-jwt", "code.txt")]
        assert run(["check", "--json", *files, paper.code()]) == 0
        told = reports(capsys)
        assert [report["verdict"] for report in told] == ["VALID"] * 4
        assert [report["input"] for report in told[:3]] == files
        assert run(["check", "--json", *files, code.short_number(paper.leaf)]) == 1
        assert reports(capsys)[3]["verdict"] == "INCOMPLETE"

    def test_a_report_has_the_fields_of_the_interface(self, paper: Paper, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["check", "--json", paper.code()]) == 0
        (report,) = reports(capsys)
        assert report.keys() >= FIELDS
        assert [check["name"] for check in report["checks"]] == list(CheckName)
        assert all({"name", "outcome", "message"} <= check.keys() for check in report["checks"])
        assert set(report["agency"]) == {"id", "code", "name", "path"}
        assert set(report["type"]) == {"identifier", "number", "version", "names"}
        assert report["test"] is True
        assert report["number"] == CLAIMS["number"]
        assert report["facts"]["company_name"] == CLAIMS["company_name"]

    def test_standard_input(
        self, paper: Paper, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(paper.sd_jwt.encode())))
        assert run(["check", "--json", "-"]) == 0
        assert reports(capsys)[0]["verdict"] == "VALID"

    def test_a_revoked_certificate_was_valid_before(
        self, deployment: Deployed, paper: Paper, capsys: pytest.CaptureFixture[str]
    ) -> None:
        set_status(deployment, deployment.offices[0], paper.leaf, Track.REVOKED, now_of(deployment))
        assert run(["check", "--json", paper.code()]) == 1
        assert run(["check", "--json", "--on", "2026-02-01", paper.code()]) == 0
        capsys.readouterr()

    def test_people_read_it_in_both_languages_or_one(self, paper: Paper, capsys: pytest.CaptureFixture[str]) -> None:
        run(["check", paper.code()])
        both = capsys.readouterr().out
        assert "Genuine and in force" in both
        assert "真实有效" in both
        assert "TEST" in both
        assert re.search(r"block\s+\d+\s+of\s+chain\s+\d+,\s+\d+\s+s\s+old", both)
        for language, said, unsaid in (
            ("zh-CN", "真实有效", "Genuine"),
            ("zh", "真实有效", "Genuine"),
            ("en-GB", "Genuine", "真实有效"),
        ):
            run(["check", "--lang", language, paper.code()])
            one = capsys.readouterr().out
            assert said in one
            assert unsaid not in one

    @pytest.mark.parametrize("way", [Way.SILENT, Way.DROP_BEFORE])
    def test_a_silent_node_is_exit_2(
        self,
        deployment: Deployed,
        paper: Paper,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
        way: Way,
    ) -> None:
        assert run(["check", "--json", paper.code()]) == 0
        capsys.readouterr()
        with ChaosProxy(deployment.url) as proxy:
            proxy.fail(way)
            monkeypatch.setenv("YINXIN_RPC_URLS", f"{deployment.url},{proxy.url}")
            assert run(["check", "--json", paper.code(), paper.sd_jwt, code.short_number(paper.leaf)]) == 2
        assert {report["verdict"] for report in reports(capsys)} == {"CANNOT_CHECK"}

    def test_a_node_that_is_slow_at_every_call_ends_at_the_deadline(
        self, deployment: Deployed, paper: Paper, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(["check", "--json", paper.code()]) == 0
        capsys.readouterr()
        with ChaosProxy(deployment.url) as proxy:
            proxy.fail(Way.DELAY, delay_s=0.4)
            monkeypatch.setenv("YINXIN_RPC_URLS", proxy.url)
            monkeypatch.setenv("YINXIN_CHECK_S", "1")
            begun = time.monotonic()
            assert run(["check", "--json", paper.code()]) == 2
            assert time.monotonic() - begun < 2.5
            told = capsys.readouterr()
            assert [report["verdict"] for report in json.loads(told.out)["reports"]] == ["CANNOT_CHECK"]
            # Which node it is, the operator knows, and nobody else needs to.
            assert proxy.url.rpartition(":")[2] not in told.out

    def test_an_unreadable_file_is_exit_2(
        self, paper: Paper, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (tmp_path / "empty.pdf").write_bytes(b"")
        assert run(["check", "--json", str(tmp_path / "empty.pdf"), paper.code()]) == 2
        assert [report["verdict"] for report in reports(capsys)] == ["UNREADABLE", "VALID"]

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (["check"], "Missing argument"),
            (["check", "no-such-file.pdf"], "no-such-file.pdf"),
            (["check", ""], "FILE: got nothing, wanted a file, a code's text or a short number"),
            (["check", "--offline", ""], "FILE: got nothing, wanted a file"),
            (["check", "", "7HKQ-2M4D-X9RT-0C", "--out", "x.csv"], "FILE: got nothing, wanted a file"),
            (["check", "--out", "x.pdf", "7HKQ-2M4D-X9RT-0C"], ".xlsx, .csv, .json"),
            (["check", "--no-such-option", "x"], "--no-such-option"),
            (["check", "--on", "yesterday", "7HKQ-2M4D-X9RT-0C"], "yesterday"),
            (["check", "--on", "2999-01-01", "7HKQ-2M4D-X9RT-0C"], "2999-01-01"),
            (["check", "--on", "20260101", "7HKQ-2M4D-X9RT-0C"], "2026-01-01"),
            (["no-such-command"], "no-such-command"),
            (["serve", "--port", "99999"], "--port: got '99999', wanted 65535 or less"),
            (["serve", "--workers", "many"], "--workers: got 'many', wanted a whole number"),
        ],
        ids=lambda value: " ".join(value) if isinstance(value, list) else "",
    )
    @pytest.mark.usefixtures("set_up")
    def test_a_usage_mistake_is_64(self, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str) -> None:
        assert run(arguments) == 64
        assert said in capsys.readouterr().err

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("YINXIN_REGISTRY", "0x12"),
            ("YINXIN_REGISTRY_ID", "zz"),
            ("YINXIN_PROFILE", "mainnet"),
            ("YINXIN_POLL_S", "soon"),
            ("YINXIN_DATABASE_URL", "the usual one"),
            ("YINXIN_RPC_URLS", ","),
            ("YINXIN_RPC_URLS", "127.0.0.1:8545"),
            ("YINXIN_REGISTRY_IDS", "0x12"),
            ("YINXIN_SETTINGS", "/no/such/file"),
        ],
    )
    @pytest.mark.usefixtures("set_up")
    def test_a_setting_that_cannot_be_leaves_everything_unchecked(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, name: str, value: str
    ) -> None:
        monkeypatch.setenv(name, value)
        assert run(["check", "--json", "7HKQ-2M4D-X9RT-0C"]) == 2
        told = capsys.readouterr()
        assert told.err
        assert [report["verdict"] for report in json.loads(told.out)["reports"]] == ["CANNOT_CHECK"]
        assert run(["index", "status"]) == 64

    @pytest.mark.parametrize(
        ("name", "value", "said"),
        [
            ("YINXIN_POLL_S", "soon", "YINXIN_POLL_S: got 'soon', wanted a number"),
            ("YINXIN_POLL_S", "0", "YINXIN_POLL_S: got '0', wanted a number above 0"),
            ("YINXIN_POLL_S", "inf", "YINXIN_POLL_S: got 'inf', wanted a finite number"),
            ("YINXIN_POLL_S", "1e300", "YINXIN_POLL_S: got '1e300', wanted 86400.0 or less"),
            ("YINXIN_RPC_URLS", "http://user:secret@:1", "YINXIN_RPC_URLS: got ':1', wanted http://HOST:PORT"),
            ("YINXIN_REGSTRY_ID", "0x12", "got YINXIN_REGSTRY_ID, which is none; wanted YINXIN_REGISTRY_ID"),
            ("yinxin_trustlist", "trust.json", "got YINXIN_TRUSTLIST, which is none; wanted YINXIN_TRUST_LIST"),
            ("YINXIN_SETTINGS", "full.toml", "got YINXIN_PORT, which is none; wanted port"),
            ("YINXIN_AUDIT_ACCESS", "shut", "YINXIN_AUDIT_ACCESS: got 'shut', wanted 'open', 'password' or 'off'"),
            ("YINXIN_LOG_LEVEL", "loud", "log level: got 'loud', wanted debug, info, warning or error"),
            ("YINXIN_DATABASE_URL", "the usual one", "YINXIN_DATABASE_URL: got a URL that cannot be read"),
            ("YINXIN_SETTINGS", "torn.toml", "YINXIN_SETTINGS: got a file that cannot be read"),
        ],
    )
    @pytest.mark.usefixtures("set_up")
    def test_a_service_with_a_setting_that_cannot_be_says_which_and_does_not_start(
        self,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
        tmp_path: Path,
        *,
        name: str,
        value: str,
        said: str,
    ) -> None:
        (tmp_path / "torn.toml").write_text("port = [\n")
        (tmp_path / "full.toml").write_text("YINXIN_PORT = 1\n")
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv(name, value)
        assert run(["serve", "--port", "0"]) == 64
        assert said in capsys.readouterr().err

    def test_a_full_database_is_cannot_check(
        self, anvil: Anvil, paper: Paper, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(["check", "--json", paper.code()]) == 0
        capsys.readouterr()
        refuse_writing(tmp_path / "index.db")
        anvil.mine()
        assert run(["check", "--json", paper.code()]) == 2
        told = capsys.readouterr()
        assert "disk is full" in told.err
        assert [report["verdict"] for report in json.loads(told.out)["reports"]] == ["CANNOT_CHECK"]
        assert run(["index", "rebuild"]) == 1

    @pytest.mark.usefixtures("set_up")
    def test_a_database_of_a_newer_version_is_said_to_be_one(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(["index", "rebuild"]) == 0
        with sqlite3.connect(tmp_path / "index.db") as database:
            database.execute("UPDATE alembic_version SET version_num = '0999'")
        assert run(["index", "status"]) == 1
        assert "of revision 0999" in capsys.readouterr().err
        assert run(["check", "7HKQ-2M4D-X9RT-0C"]) == 2

    @pytest.mark.usefixtures("set_up")
    def test_a_database_that_cannot_be_opened_is_cannot_check(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (tmp_path / "index.db").write_bytes(b"no database" * 1000)
        assert run(["check", "7HKQ-2M4D-X9RT-0C"]) == 2
        assert "not a database" in capsys.readouterr().err


class TestTerminal:
    def test_names_and_texts_cannot_steer_it(
        self, paper: Paper, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # A title that is too long for the terminal would be cut.
        monkeypatch.chdir(tmp_path)
        folder = Path("a")
        folder.mkdir()
        named = folder / "x\x1b[2J\u202ey\n.txt"
        named.write_text(paper.code())
        for what in (named, folder):
            assert run(["check", str(what)]) == 0
            told = capsys.readouterr().out
            assert not set(told) & {"\x1b", "\u202e"}
            assert "\\x1b[2J" in told.replace("\n", "").replace(" ", "")

    @pytest.mark.parametrize("encoding", ["gbk", "ascii"])
    def test_an_encoding_without_some_signs_ends_nothing(
        self, paper: Paper, encoding: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        environment = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONWARNINGS": ""}
        command = [sys.executable, "-c", "from verifier.cli import main; main()", "check"]
        asked = subprocess.run([*command, "--json", paper.code()], env=environment, capture_output=True, check=False)
        assert asked.returncode == 0, asked.stderr
        assert run(["check", "--json", paper.code()]) == 0
        seen = json.loads(asked.stdout.decode(encoding))["reports"][0]
        assert seen["facts"] == reports(capsys)[0]["facts"]
        read = subprocess.run([*command, paper.code()], env=environment, capture_output=True, check=False)
        assert (read.returncode, read.stderr) == (0, b"")

    def test_a_reader_that_has_gone_says_nothing_about_a_certificate(self, paper: Paper) -> None:
        for way in ([], ["--json"]):
            command = [sys.executable, "-c", "from verifier.cli import main; main()", "check", *way, paper.code()]
            reading, writing = os.pipe()
            os.close(reading)
            asked = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, check=False)
            os.close(writing)
            assert asked.returncode == 2, asked.stderr


class TestIndex:
    @pytest.mark.usefixtures("set_up")
    def test_rebuilding_forgets_nothing_where_no_node_can_be_read_and_says_why(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("YINXIN_CHAIN_ID", "5")
        assert run(["index", "rebuild"]) == 1
        assert "serves chain 31337, wanted chain 5" in capsys.readouterr().err
        monkeypatch.delenv("YINXIN_CHAIN_ID")
        assert run(["index", "rebuild"]) == 0
        heads = re.findall("head of .*", capsys.readouterr().out)
        monkeypatch.setenv("YINXIN_RPC_URLS", "http://127.0.0.1:1")
        assert run(["index", "rebuild"]) == 1
        told = capsys.readouterr().out
        assert re.findall("head of .*", told) == heads
        assert "no connection to 127.0.0.1:1" in told
        assert run(["check", "7HKQ-2M4D-X9RT-0C"]) == 2
        assert "no connection to 127.0.0.1:1" in capsys.readouterr().err

    @pytest.mark.usefixtures("set_up")
    def test_rebuilding_keeps_checkpoints_and_says_so(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("YINXIN_DATA_DIR", str(tmp_path / "data"))
        assert run(["checkpoint", "cut"]) == 0
        assert run(["index", "rebuild"]) == 0
        assert re.search(r"newest checkpoint +\d+ of ", capsys.readouterr().out)

    @pytest.mark.usefixtures("set_up")
    def test_an_index_that_nobody_follows_is_not_to_be_relied_on(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(["index", "rebuild"]) == 0
        assert run(["index", "status"]) == 0
        capsys.readouterr()
        monkeypatch.setattr(cli, "_now", lambda: datetime.now(UTC) + timedelta(hours=1))
        assert run(["index", "status"]) == 1
        assert "too long ago to be relied on" in capsys.readouterr().out

    @pytest.mark.usefixtures("set_up")
    def test_status_before_and_after_rebuilding(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["index", "status"]) == 1
        assert run(["index", "rebuild"]) == 0
        assert "head of anchors" in capsys.readouterr().out
        assert run(["index", "status"]) == 0
        told = capsys.readouterr().out
        assert len(re.findall(r"(?m)^head of \w+ +[0-9a-f]{64}$", told)) == 3


class TestSettings:
    @pytest.fixture
    def files(self, tmp_path: Path) -> Iterator[tuple[Path, Path]]:
        dotenv, toml = tmp_path / "verifier.env", tmp_path / "verifier.toml"
        dotenv.write_text("YINXIN_PORT=8123\nYINXIN_RPC_URLS=http://a, http://b\n")
        toml.write_text("port = 8124\n")
        return dotenv, toml

    def test_settings_come_from_a_file_and_the_environment_wins(
        self, files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("YINXIN_RPC_URLS", raising=False)
        monkeypatch.setenv("YINXIN_SETTINGS", str(files[0]))
        assert Settings().port == 8123
        assert Settings().nodes == ("http://a", "http://b")
        monkeypatch.setenv("YINXIN_SETTINGS", str(files[1]))
        assert Settings().port == 8124
        monkeypatch.setenv("YINXIN_PORT", "8125")
        assert Settings().port == 8125

    @pytest.mark.usefixtures("set_up")
    def test_all_settings_are_listed(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["settings"]) == 0
        listed = capsys.readouterr().out
        assert run(["--help"]) == 0
        help_text = capsys.readouterr().out
        for name, _, meaning in described():
            assert name in listed
            assert name in help_text
            assert meaning

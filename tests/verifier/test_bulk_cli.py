"""`yinxin-verifier check` of many: folders, archives and spreadsheets in, one table out, the worst one's exit code."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

import openpyxl  # type: ignore[import-untyped]
import pytest

from chain import code
from chain.events import Track
from tests.verifier.bulk_desk import workbook, zipped
from tests.verifier.papers_on_chain import anchor, certificate_of, set_status
from tests.verifier.test_cli import set_up
from tests.verifier.test_index import now_of
from verifier import cli
from verifier.check import verification
from verifier.check.report import Verdict
from verifier.cli import run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from chain.ethereum.network import Anvil
    from tests.deployed import Deployed
    from tests.verifier.book import Paper
    from verifier.check.report import Report

__all__ = ["set_up"]


@pytest.fixture
def papers(deployment: Deployed, anvil: Anvil, set_up: None, request: pytest.FixtureRequest) -> tuple[Paper, Paper]:
    office = deployment.offices[0]
    good, revoked = (certificate_of(deployment, office, f"{request.node.name} {which}") for which in "ab")
    anchor(deployment, office, good, revoked)
    set_status(deployment, office, revoked.leaf, Track.REVOKED, now_of(deployment))
    anvil.mine()
    return good, revoked


class TestCheckMany:
    def test_a_folder_an_archive_and_a_spreadsheet_make_one_table(
        self, papers: tuple[Paper, Paper], tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        good, revoked = papers
        folder, text = tmp_path / "papers", good.code()
        (folder / "deeper").mkdir(parents=True)
        (folder / "good.sd-jwt").write_text(good.sd_jwt)
        (folder / "deeper" / "good.txt").write_text(text)
        (folder / ".hidden").write_text("nothing")
        archive, sheet, out = (tmp_path / name for name in ("a.zip", "list.xlsx", "verdicts.csv"))
        archive.write_bytes(zipped({"r.txt": revoked.code().encode(), "../x": b""}))
        sheet.write_bytes(workbook([["code", "on"], [revoked.code(), "2026-02-01"], [text, None]]))
        assert run(["check", "--lang", "en", "--out", str(out), str(folder)]) == 0
        assert run(["check", "--lang", "en", "--out", str(out), str(folder), str(sheet)]) == 0
        inputs = [str(folder), str(archive), str(sheet), text]
        assert run(["check", "--lang", "en", "--out", str(out), *inputs]) == 2
        told = capsys.readouterr().out
        assert "Revoked as a penalty" in told
        rows = list(csv.DictReader(out.read_text("utf-8-sig").splitlines()))
        assert " ".join(row["verdict"] for row in rows) == "VALID VALID REVOKED UNREADABLE VALID VALID VALID"
        assert rows[0]["file"].endswith("deeper/good.txt")
        assert [bool(row["same_as"]) for row in rows] == [False] * 5 + [True] * 2

    def test_what_is_not_valid_is_exit_1_and_the_workbook_opens(
        self, papers: tuple[Paper, Paper], tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        out = tmp_path / "verdicts.xlsx"
        assert run(["check", "--json", "--out", str(out), *(made.code() for made in papers)]) == 1
        assert json.loads(capsys.readouterr().out)["verdicts"] == {"REVOKED": 1, "VALID": 1}
        assert openpyxl.load_workbook(out).worksheets[0].max_row == 4
        assert run(["check", "--on", "2026-02-01", "--out", str(out), *(made.code() for made in papers)]) == 0

    @pytest.mark.parametrize("many", [True, False], ids=["a folder", "several files"])
    def test_what_is_recorded_while_much_is_checked_counts_for_what_comes_after(
        self,
        deployment: Deployed,
        papers: tuple[Paper, Paper],
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
        *,
        many: bool,
    ) -> None:
        """Else a folder that takes longer than the index is fresh would end in nothing but CANNOT_CHECK."""
        verified: Callable[..., Report] = verification.verify
        folder, good = tmp_path / "papers", papers[0]
        folder.mkdir()
        for name in ("1.sd-jwt", "2.sd-jwt"):
            (folder / name).write_text(good.sd_jwt + "\n" * (name == "2.sd-jwt"))

        def verify_and_lose(*given: object, **named: object) -> Report:
            report = verified(*given, **named)
            if report.verdict is Verdict.VALID:
                set_status(deployment, deployment.offices[0], good.leaf, Track.LOSS, now_of(deployment))
            return report

        monkeypatch.setattr(cli, "_READ_ON_S", 0.0)
        monkeypatch.setattr(verification, "verify", verify_and_lose)
        files = [str(folder)] if many else [str(path) for path in sorted(folder.iterdir())]
        assert run(["check", "--json", *files]) == 1
        told = json.loads(capsys.readouterr().out)
        lines = told["lines"] if many else told["reports"]
        assert [line["verdict"] for line in lines] == ["VALID", "LOST"]

    def test_a_registry_that_cannot_be_reached_is_exit_2_for_every_line(
        self, papers: tuple[Paper, Paper], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("YINXIN_REGISTRY", "0x12")
        out = tmp_path / "verdicts.json"
        short = code.short_number(papers[0].leaf)
        assert run(["check", "--out", str(out), papers[0].code(), short]) == 2
        told = json.loads(out.read_text())
        assert told["verdicts"] == {"CANNOT_CHECK": 2}

    @pytest.mark.usefixtures("set_up")
    def test_usage_mistakes_are_64(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        empty = tmp_path / "empty"
        empty.mkdir()
        for arguments, said in (
            ([str(empty)], "no file in it"),
            (["--out", "x.pdf", "7HKQ-2M4D-X9RT-0C"], ".xlsx, .csv, .json"),
            (["--out", str(tmp_path / "no" / "x.csv"), "no such file"], "wanted a file"),
            (["--out", str(empty / "no" / "x.csv"), "7HKQ-2M4D-X9RT-0C"], "wanted a file that can be written"),
            (["--offline", "--trust", "x", str(tmp_path)], "--offline"),
            (["--on", "2999-01-01", "--out", "x.csv", "7HKQ-2M4D-X9RT-0C"], "2999-01-01"),
        ):
            assert run(["check", *arguments]) == 64
            assert said in " ".join(capsys.readouterr().err.split())

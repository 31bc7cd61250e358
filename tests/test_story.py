"""The whole life of one certificate, on a real chain, with the programs that people use. Read this first.

A district's market supervision bureau (fictional) issues a food operation permit. A shopkeeper checks it, on paper and
on screen. The permit is suspended, given back, altered, and at last revoked; and the verifier, which never saw the
issuer's database, knows it every time.
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from chain import calendar
from chain.ethereum.network import Anvil
from chain.identifiers import parse_credit_code
from demo.judging import photographed
from demo.stage import Haste, Stage, chain_id_of

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAMS = Path(sys.executable).parent
PREPARER, APPROVER = "bureau-preparer", "bureau-approver"
TEAM = ("--prepared-by", PREPARER, "--approved-by", APPROVER)
OFFICERS = ("--by", PREPARER, "--approved-by", APPROVER)
NUMBER = "JY11501020000012"
PLAN = {
    "council": ["council-1", "council-2", "council-3"],
    "types": ["food-operation-permit"],
    "agencies": [
        {
            "key": "bureau",
            "code": "11150100X00000027D",
            "name": "演示区市场监督管理局",
            "types": ["food-operation-permit"],
            "managers": ["bureau-manager"],
            "officers": {PREPARER: ["PREPARE", "STATUS"], APPROVER: ["APPROVE", "STATUS"]},
        }
    ],
}


class Town:
    """A chain, an issuer and a verifier, with the commands that people type."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage

    def issuer(self, *words: str | Path) -> str:
        """Type `yinxin-issuer …`, which must succeed."""
        return self._run("yinxin-issuer", self.stage.issuer_settings, words, expected=(0,))[1]

    def refused(self, *words: str | Path) -> str:
        """Type `yinxin-issuer …`, which must be refused, and return why."""
        return self._run("yinxin-issuer", self.stage.issuer_settings, words, expected=(1,))[1]

    def check(self, *words: str | Path) -> dict[str, object]:
        """Type `yinxin-verifier check … --json` and return the one report."""
        settings = self.stage.verifier_settings
        _, output = self._run("yinxin-verifier", settings, ("check", *words, "--json"), expected=(0, 1, 2))
        (report,) = json.loads(output)["reports"]
        return dict(report)

    def verdict(self, *words: str | Path) -> object:
        """Return the verdict alone."""
        return self.check(*words)["verdict"]

    def _run(
        self, program: str, settings: Path, words: tuple[str | Path, ...], *, expected: tuple[int, ...]
    ) -> tuple[int, str]:
        done = subprocess.run(
            [str(PROGRAMS / program), *map(str, words)],
            env=self.stage.environment(settings),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode in expected, f"{program} {words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.returncode, done.stdout + (done.stderr if 0 not in expected else "")


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("town")
    with Anvil.start(folder / "chain", block_time=1) as anvil, Haste(anvil.url):
        stage = Stage(folder, chain_port=int(anvil.url.rpartition(":")[2]), issuer_port=8001, verifier_port=8002)
        stage.write_issuer_settings()
        yield Town(stage)


def day(offset: int) -> str:
    """Return a day in China, so many from today."""
    return str(calendar.today(datetime.now(UTC)) + timedelta(days=offset))


def test_the_life_of_a_certificate(town: Town) -> None:  # noqa: PLR0915 — A life is long.
    folder = town.stage.folder

    # The authorities put a registry on their chain. It has an id of its own, and says that it is for tests.
    registry = json.loads(town.issuer("registry", "deploy", "--json"))
    assert registry["test"] is True

    # They enrol the bureau: a name, a credit code, the type it may issue, officers, and a key for its documents.
    assert parse_credit_code("11150100X00000027D").text == "11150100X00000027D"
    plan = folder / "plan.json"
    plan.write_text(json.dumps(PLAN), encoding="utf-8")
    town.issuer("enrol", plan)

    # A clerk asks for an empty spreadsheet and fills it in.
    sheet = folder / "permits.csv"
    town.issuer("template", "food-operation-permit", "--out", sheet)
    with sheet.open(encoding="utf-8-sig", newline="") as empty:
        headers = next(csv.reader(empty))
    with (Path(__file__).parents[1] / "demo" / "food-operation-permit.csv").open(
        encoding="utf-8-sig", newline=""
    ) as demo:
        labels, example = list(csv.reader(demo))[:2]
    assert len(headers) >= len(labels)
    keys = json.loads(town.issuer("types", "--json"))
    assert [each["type"] for each in keys].count("food-operation-permit") == 1
    row = dict(zip(labels, example, strict=True)) | {"许可证编号": NUMBER, "经营者名称": "演示草原食府店"}
    row |= {"发证日期": day(-10), "有效期至": day(1000)}
    with sheet.open("w", encoding="utf-8", newline="") as filled:
        csv.writer(filled).writerows([row.keys(), row.values()])

    # The same officer cannot prepare and approve.
    assert "bureau-preparer" in town.refused(
        *("issue", sheet, "--type", "food-operation-permit", "--out", folder / "none"),
        *("--prepared-by", PREPARER, "--approved-by", PREPARER),
    )
    assert not (folder / "none").exists()

    # Two officers can. What they sign is the root of the batch; certificate and code are signed once it is final.
    out = folder / "documents"
    issued = json.loads(town.issuer("issue", sheet, "--type", "food-operation-permit", "--out", out, *TEAM, "--json"))
    (files,) = issued["certificates"]
    paper, credential, code = out / files["pdf"], out / files["sd_jwt"], out / files["code"]

    # The same file again is the same certificate, not a second one.
    before = paper.read_bytes()
    town.issuer("issue", sheet, "--type", "food-operation-permit", "--out", out, *TEAM)
    assert paper.read_bytes() == before

    # A shopkeeper checks the document as a file, photographed slightly askew, by its SD-JWT and by its code's text.
    town.stage.write_verifier_settings(
        registry=registry["registry"],
        registry_id=registry["registry_id"],
        chain_id=chain_id_of(town.stage.rpc_url),
    )
    for brought in (paper, photographed(paper, folder), credential, code, code.read_text().strip()):
        report = town.check(brought)
        assert report["verdict"] == "VALID", report
        assert report["number"] == NUMBER
        assert report["test"] is True

    # The short number finds it in the register, but cannot say whose it is.
    assert town.verdict(files["short_number"]) == "INCOMPLETE"

    # Before it was issued it was not valid; the day it was issued, it was.
    assert town.verdict(paper, "--on", day(-11)) == "NOT_YET_VALID"
    assert town.verdict(paper, "--on", day(-10)) == "VALID"

    # An inspector finds dirt. Two officers suspend the permit for a month; one alone could have, for a day.
    town.issuer("status", NUMBER, "suspend", "--until", day(30), "--reason", "演示：限期整改", *OFFICERS)
    assert town.verdict(code) == "SUSPENDED"
    assert town.verdict(code, "--on", day(-1)) == "VALID"

    # The kitchen is clean again.
    town.issuer("status", NUMBER, "resume", "--reason", "演示：整改合格", *OFFICERS)
    assert town.verdict(code) == "VALID"

    # The shop moves. A new version takes the old one's place from today on, in one step.
    moved = folder / "moved"
    address = "内蒙古自治区呼和浩特市演示区演示路99号"
    town.issuer("replace", NUMBER, "--set", f"premises={address}", "--reason", "演示：变更", *TEAM, "--out", moved)
    (new_paper,) = moved.glob("*.pdf")
    assert town.verdict(paper) == "REPLACED"
    assert town.verdict(new_paper) == "VALID"

    # Somebody prints another name around the genuine code and keeps the attachment.
    forged = folder / "forged.sd-jwt"
    jws, *disclosures = credential.read_text().split("~")
    forged.write_text("~".join([jws, *disclosures[1:-1], disclosures[0][:-2] + "AA", ""]))
    assert town.verdict(forged) == "ALTERED"

    # The shop breaks the law: the permit will be revoked in a week. Before that the owner gives it up himself.
    town.issuer("status", NUMBER, "revoke", "--from", day(7), "--reason", "演示：严重违法", *OFFICERS)
    assert town.verdict(new_paper) == "VALID"
    town.issuer("status", NUMBER, "cancel", "--reason", "演示：经营者申请注销", *OFFICERS)
    assert town.verdict(new_paper) == "CANCELLED"

    # The issuer's database burns. Nobody who verifies notices.
    for file in folder.glob("issuer.db*"):
        file.unlink()
    assert town.verdict(new_paper) == "CANCELLED"
    assert town.verdict(new_paper, "--on", day(-1)) == "NOT_YET_VALID"

    # The verifier's burns as well, and is made again from the chain.
    for file in folder.glob("verifier.db*"):
        file.unlink()
    assert town.verdict(new_paper) == "CANCELLED"
    assert town.verdict(paper) == "REPLACED"


def test_without_the_chain_nothing_is_said_about_the_certificate(town: Town) -> None:
    settings = town.stage.folder / "silent.env"
    text = town.stage.verifier_settings.read_text()
    silent = text.replace(town.stage.rpc_url, "http://127.0.0.1:9").replace("verifier.db", "silent.db")
    settings.write_text(silent)
    paper = next((town.stage.folder / "moved").glob("*.pdf"))
    done = subprocess.run(
        [str(PROGRAMS / "yinxin-verifier"), "check", str(paper), "--json"],
        env={**os.environ, "YINXIN_SETTINGS": str(settings)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert json.loads(done.stdout)["reports"][0]["verdict"] == "CANNOT_CHECK"

"""The pages and commands that hand out evidence."""

from __future__ import annotations

import asyncio
import io
import json
import re
import zipfile
from contextlib import ExitStack
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from openpyxl import load_workbook  # type: ignore[import-untyped]
from sqlmodel import col, delete

from chain.validity import Validity
from tests.audit.packaged import checked, checker
from tests.issuer.papers import squeezed, text_of
from tests.verifier.book import CLAIMS, TYPE
from tests.verifier.printed import print_document
from tests.verifier.trust import trust_list_of
from verifier.app import make_app
from verifier.audit import handed_in, package
from verifier.cli import run
from verifier.commands.audit_run import USAGE
from verifier.indexing import checkpoint_rows
from verifier.indexing.checkpoint_rows import IndexBehind
from verifier.indexing.models import LeafRow
from verifier.indexing.store import Store
from verifier.routes import turns
from verifier.routes.audit import frame, packing, uploads
from verifier.routes.turns import Turns
from verifier.wiring import attester_of, open_trust_file, open_verifier
from verifier.wording import Language, sentence

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.audit.world import World
    from verifier.settings import Settings

PERIOD = {"agency": "3", "first": "2026-01-01", "last": "2026-05-31"}


@pytest.fixture(scope="module")
def settings(world: World, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Return the settings of a verifier that has read the world, cut a checkpoint, and knows a trust list."""
    folder = tmp_path_factory.mktemp("pages")
    settings = world.settings(folder, poll_s=60, trust_list=str(folder / "trust.json"))
    public = attester_of(settings).public
    (folder / "trust.json").write_bytes(trust_list_of(world.deployed, now=world.now, attesters=[public]))
    verifier = open_verifier(settings)
    verifier.index.follow(world.now)
    verifier.checkpoints.cut(world.now, at_once=True)
    return settings


@pytest.fixture(scope="module")
def client(world: World, settings: Settings) -> Iterator[TestClient]:
    verifier = open_verifier(settings)
    app = make_app(verifier.index, settings, clock=lambda: world.now, trust=open_trust_file(settings, world.now))
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def application(client: TestClient) -> FastAPI:
    """Return what answers a client."""
    assert isinstance(client.app, FastAPI)
    return client.app


def free_places(coming: turns.Coming) -> int:
    """Return how many bodies more of this client may be on their way."""
    with ExitStack() as held:
        for number in range(turns.MOST_COMING):
            try:
                held.enter_context(coming.place("testclient"))
            except turns.Crowded:
                return number
    return turns.MOST_COMING


DAYS = ("--from", "2026-01-01", "--to", "2026-05-31")


class TestPages:
    @pytest.mark.parametrize("path", ["/audit/complete", "/audit/package", "/audit/sample"])
    @pytest.mark.parametrize("lang", ["zh-CN", "en"])
    def test_every_form_is_there_in_both_languages(self, client: TestClient, path: str, lang: str) -> None:
        answer = client.get(path, params={"lang": lang})
        assert answer.status_code == 200
        assert "<form" in answer.text

    def test_what_there_is_can_be_looked_at_first(self, client: TestClient) -> None:
        answer = client.get("/audit/complete", params=PERIOD | {"lang": "en"})
        assert answer.status_code == 200
        assert "<dd>139</dd>" in answer.text
        assert "<td>Work safety licence for construction companies v1</td>" in answer.text
        of_type = client.get("/audit/complete", params=PERIOD | {"lang": "zh-CN", "type": "3"})
        assert "类型：建筑施工企业安全生产许可证（#3）" in of_type.text

    def test_a_type_and_a_leaf_that_are_not_there_are_told_in_the_readers_language(self, client: TestClient) -> None:
        asked = {"填写的证照类型为 99": PERIOD | {"type": "99"}, "没有批次包含它": {"leaf": 64 * "5"}}
        for said, params in asked.items():
            answer = client.get("/audit/complete", params={**params, "lang": "zh-CN"})
            assert (answer.status_code, said in answer.text) == (422, True)
            assert "got the" not in answer.text

    def test_the_export_passes_the_checker(self, client: TestClient, tmp_path: Path) -> None:
        answer = client.get("/audit/complete", params=PERIOD | {"as": "zip"})
        assert answer.headers["content-type"] == "application/zip"
        assert answer.headers["content-disposition"].endswith('agency-3-block-78.zip"')
        assert "FAILED" not in {outcome for _, outcome, _ in checked(checker(), answer.content, tmp_path)}

    def test_a_package_holds_what_was_handed_in(self, client: TestClient, world: World, tmp_path: Path) -> None:
        files = [("document", (f"某人{place}.txt", each.sd_jwt)) for place, each in enumerate(world.papers[:2])]
        answer = client.post("/audit/package", data=PERIOD, files=files)
        assert answer.status_code == 200
        assert "findings" not in answer.headers["content-disposition"]
        lines = {name: (outcome, why) for name, outcome, why in checked(checker(), answer.content, tmp_path)}
        assert lines["documents"][0] == "PASSED"
        assert "their pages show (typeset text) was not compared here" in lines["documents"][1]
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            assert {"report.en.pdf", "report.zh-CN.pdf"} <= set(archive.namelist())

    def test_a_page_that_shows_what_nobody_signed_is_named_wherever_one_looks(
        self, client: TestClient, world: World, tmp_path: Path
    ) -> None:
        validity = Validity(date(2026, 1, 1), date(2028, 12, 31))
        forged = print_document(world.papers[0], TYPE, dict(CLAIMS) | {"holderName": "别人"}, validity)
        answer = client.post("/audit/package", data=PERIOD, files=[("document", ("x.pdf", forged))])
        assert answer.status_code == 200
        assert answer.headers["content-disposition"].endswith('-findings.zip"')
        lines = {name: (outcome, why) for name, outcome, why in checked(checker(), answer.content, tmp_path)}
        assert lines["documents"][0] == "FAILED"
        assert "documents/0001.pdf: the verifier that made this found it ALTERED" in lines["documents"][1]
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            assert json.loads(archive.read("evidence.json"))["documents"][0]["verdict"] == "ALTERED"
            for language in Language:
                told = squeezed(sentence("audit.report.fact.documents_wrong", language))
                assert told in text_of(archive.read(f"report.{language}.pdf"))

    def test_too_many_documents_and_too_large_ones_are_told_in_the_readers_language(
        self, client: TestClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def answered(*documents: bytes) -> tuple[int, str]:
            files = [("document", ("a.txt", each)) for each in documents]
            answer = client.post("/audit/package?lang=zh-CN", data=PERIOD, files=files)
            return answer.status_code, answer.text

        monkeypatch.setattr(handed_in, "MOST", 0)
        status, said = answered(b"x")
        assert (status, "交入了 1 份文件，一个证据包最多 0 份" in said) == (422, True)
        status, said = answered(*([b"x"] * 51))
        assert (status, "交入了 51 份文件，一个证据包最多 50 份" in said) == (422, True)
        monkeypatch.setattr(uploads, "MAX_UPLOAD", 3)
        status, said = answered(b"four")
        assert (status, "有一份超过 3 字节" in said) == (413, True)

    def test_a_form_that_is_torn_makes_no_package_of_what_came(self, client: TestClient, world: World) -> None:
        files = [("document", (f"{place}.txt", each.sd_jwt)) for place, each in enumerate(world.papers[:2])]
        whole = client.build_request("POST", "/audit/package?lang=zh-CN", data=PERIOD, files=files)
        torn = whole.read().removesuffix(b"--\r\n")
        answer = client.post(
            whole.url.raw_path.decode(), content=torn, headers={"Content-Type": whole.headers["Content-Type"]}
        )
        assert (answer.status_code, "发来的表单无法读取" in answer.text) == (400, True)

    def test_a_package_larger_than_its_form_holds_is_told_in_the_readers_language(
        self, client: TestClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(package, "MOST_BYTES", 1_000)
        answer = client.get("/audit/complete", params=PERIOD | {"as": "zip", "lang": "zh-CN"})
        assert (answer.status_code, "最多 1000 字节；请缩短期间" in answer.text) == (422, True)

    def test_an_index_that_is_read_again_is_not_called_one_without_checkpoints(
        self, client: TestClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def behind(*_: object) -> None:
            raise IndexBehind("got an index up to block 1, wanted 78")

        monkeypatch.setattr(checkpoint_rows, "require_reached", behind)
        answer = client.get("/audit/complete", params=PERIOD | {"lang": "zh-CN"})
        assert (answer.status_code, "登记索引正在重新读取" in answer.text) == (503, True)

    def test_one_certificate_is_found_by_its_leaf(self, client: TestClient, world: World) -> None:
        answer = client.post(
            "/audit/package", data={"leaf": world.papers[0].leaf.hex()}, files=[("document", ("", b""))]
        )
        assert answer.headers["content-type"] == "application/zip"

    @pytest.mark.parametrize(
        "fields",
        [
            {},
            {"agency": "3"},
            {"agency": "three", "first": "2026-01-01", "last": "2026-01-02"},
            {"agency": "3", "first": "yesterday", "last": "2026-01-02"},
            {"agency": "99", "first": "2026-01-01", "last": "2026-01-02"},
            {"leaf": "00" * 32},
            PERIOD | {"typ": "3"},
        ],
    )
    def test_what_cannot_be_meant_is_said_on_a_page(self, client: TestClient, fields: dict[str, str]) -> None:
        answer = client.post("/audit/package", data=fields | {"lang": "en"}, files=[("document", ("", b""))])
        assert answer.status_code == 422
        assert "<!doctype html>" in answer.text

    def test_a_sample_is_shown_and_written_as_a_work_paper(self, client: TestClient) -> None:
        asked = PERIOD | {"block": "78", "size": "5", "lang": "en"}
        shown = client.get("/audit/sample", params=asked)
        assert shown.status_code == 200
        assert shown.text.count("/audit/certificates/0x") == 5
        book = load_workbook(io.BytesIO(client.get("/audit/sample", params=asked | {"as": "xlsx"}).content))
        assert book.worksheets[0].max_row == 7
        assert client.get("/audit/sample", params=asked | {"as": "csv"}).text.startswith("\ufeff# ")

    def test_a_block_to_come_and_an_early_one_are_refused(self, client: TestClient) -> None:
        for block in ("9999", "70"):
            answer = client.get("/audit/sample", params=PERIOD | {"block": block, "size": "5"})
            assert answer.status_code == 422, block


class TestTurns:
    """Nobody takes the readers, or the one who packs, for longer than a turn."""

    @pytest.fixture
    def nobody_waits(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(turns, "MOST_WAITING_EACH", 0)

    @pytest.fixture
    def readers_are_busy(self, client: TestClient) -> Iterator[None]:
        state = application(client).state
        desk = state.desk
        state.desk = replace(desk, turns=Turns(0))
        yield
        state.desk = desk

    @pytest.mark.usefixtures("nobody_waits", "readers_are_busy")
    def test_each_document_waits_for_a_turn_of_its_own_once_the_form_is_in_order(
        self, client: TestClient, world: World
    ) -> None:
        files = [("document", ("x.txt", world.papers[0].sd_jwt))]
        assert client.post("/audit/package", data=PERIOD, files=files).status_code == 429
        for wrong in ({"agency": "three"}, {"agency": "3"}, {}):
            assert client.post("/audit/package", data=wrong, files=files).status_code == 422

    @pytest.mark.usefixtures("nobody_waits")
    def test_gathering_and_packing_wait_for_their_own_turn(
        self, client: TestClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(application(client).state.packing, "turns", Turns(0))
        sample = PERIOD | {"block": "78", "size": "5"}
        for answer in (
            client.get("/audit/complete", params=PERIOD),
            client.get("/audit/sample", params=sample),
            client.post("/audit/package", data=PERIOD, files=[("document", ("", b""))]),
        ):
            assert (answer.status_code, answer.headers["retry-after"]) == (429, "10")

    def test_what_was_handed_in_is_counted_until_the_package_is_made(
        self, client: TestClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        coming, made = application(client).state.desk.coming, package.make
        free: list[int] = []

        def make(*given: object, **named: object) -> bytes:
            free.append(free_places(coming))
            return made(*given, **named)  # type: ignore[arg-type]  # (handed on as they are)

        monkeypatch.setattr(package, "make", make)
        answer = client.post("/audit/package", data=PERIOD, files=[("document", ("", b""))])
        assert answer.status_code == 200
        assert free == [turns.MOST_COMING_EACH - 1]
        assert free_places(coming) == turns.MOST_COMING_EACH

    @pytest.mark.parametrize("lang", ["zh-CN", "en"])
    def test_more_certificates_than_memory_holds_are_left_to_the_command(
        self, client: TestClient, world: World, monkeypatch: pytest.MonkeyPatch, lang: str
    ) -> None:
        monkeypatch.setattr(packing, "MOST_CERTIFICATES", 138)
        refused = client.get("/audit/complete", params=PERIOD | {"lang": lang})
        assert refused.status_code == 422
        assert "139" in refused.text
        assert "138" in refused.text
        batch = world.batches[0]
        for one in (
            {"leaf": world.papers[0].leaf.hex()},
            {"agency": str(batch.office.agency), "root": batch.root.hex()},
            PERIOD | {"type": "2"},
        ):
            monkeypatch.setattr(packing, "MOST_CERTIFICATES", 138)
            assert client.get("/audit/complete", params=one).status_code == 200
            monkeypatch.setattr(packing, "MOST_CERTIFICATES", 1)
            assert client.get("/audit/complete", params=one).status_code == 422


class TestEventLoop:
    def test_pages_are_made_beside_it_for_they_read_the_index(
        self, client: TestClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Whoever makes one on it keeps everybody else waiting."""
        read, where = frame.standing_of, []

        def noted(*given: object) -> object:
            try:
                where.append(asyncio.get_running_loop())
            except RuntimeError:
                where.append(None)
            return read(*given)  # type: ignore[arg-type]  # (handed on as they are)

        monkeypatch.setattr(frame, "standing_of", noted)
        asked = [
            client.get("/audit/complete"),
            client.get("/audit/complete", params=PERIOD),
            client.get("/audit/sample"),
            client.get("/audit/complete", params={"agency": "x"}),
            client.post("/audit/citations", files={"file": ("letter.txt", b"a letter")}),
        ]
        assert [each.status_code for each in asked] == [200, 200, 200, 422, 200]
        assert where == [None] * len(asked)


class TestMissing:
    def test_what_is_missing_is_named_on_the_page_and_by_the_command(
        self, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        settings = world.settings(tmp_path, poll_s=60)
        verifier = open_verifier(settings)
        verifier.index.follow(world.now)
        verifier.checkpoints.cut(world.now, at_once=True)
        store = Store(settings.database_url)
        with store.writing() as session:
            session.execute(delete(LeafRow).where(col(LeafRow.leaf) == world.papers[3].leaf))
        store.close()
        with TestClient(make_app(verifier.index, settings, clock=lambda: world.now)) as client:
            answer = client.get("/audit/complete", params=PERIOD | {"as": "zip", "lang": "en"})
            files = {"document": ("", b"")}
            posted = client.post("/audit/package", params={"lang": "en"}, data=PERIOD, files=files)
        # What was typed stands in the form again: to be altered, not to be typed anew.
        assert posted.status_code == 409
        for name, value in PERIOD.items():
            assert re.search(f'name="{name}"[^>]* value="{value}"', posted.text)
        assert answer.status_code == 409
        assert f"0x{world.batches[0].root.hex()}" in answer.text
        monkeypatch.delenv("YINXIN_SETTINGS", raising=False)
        for name in ("rpc_urls", "registry", "database_url", "data_dir"):
            monkeypatch.setenv(f"YINXIN_{name.upper()}", str(getattr(settings, name)))
        out = tmp_path / "complete.zip"
        arguments = ["audit", "complete", "--agency", "3", "--from", "2026-01-01", "--to", "2026-05-31"]
        assert run([*arguments, "--out", str(out)]) == 1
        assert "leaves found 9, wanted 10" in capsys.readouterr().err
        assert not out.exists()


class TestCommands:
    @pytest.fixture(autouse=True)
    def _set_up(self, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("YINXIN_SETTINGS", raising=False)
        for name in ("rpc_urls", "registry", "database_url", "trust_list", "data_dir"):
            monkeypatch.setenv(f"YINXIN_{name.upper()}", str(getattr(settings, name)))

    def test_complete_writes_what_the_checker_passes(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        out = tmp_path / "complete.zip"
        arguments = ["audit", "complete", "--agency", "3", "--from", "2026-01-01", "--to", "2026-05-31"]
        assert run([*arguments, "--out", str(out), "--json"]) == 0
        said = json.loads(capsys.readouterr().out)
        assert (said["batches"], said["certificates"], said["is_over"]) == (8, 139, True)
        assert "FAILED" not in {outcome for _, outcome, _ in checked(checker(), out.read_bytes(), tmp_path)}

    def test_package_takes_documents(self, tmp_path: Path, world: World, capsys: pytest.CaptureFixture[str]) -> None:
        """The world's newest block is long past by now: whether a document is in force, nobody can tell."""
        document, out = tmp_path / "one.txt", tmp_path / "package.zip"
        document.write_text(world.papers[0].sd_jwt)
        assert run(["audit", "package", str(document), "--leaf", world.papers[0].leaf.hex(), "--out", str(out)]) == 1
        said = capsys.readouterr()
        assert "certificates 10, batches 1, as of block" in said.out
        assert "REMARK: documents/0001: could not be checked (verdict CANNOT_CHECK)" in said.err
        lines = {name: (outcome, why) for name, outcome, why in checked(checker(), out.read_bytes(), tmp_path)}
        assert lines["documents"][0] == "NOT RUN"
        assert "1 of 1 carry a certificate whose signature and leaf are right" in lines["documents"][1]

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (["complete", "--agency", "3", "--type", "99", "--out", "x", *DAYS], "got the certificate type 99"),
            (["anomalies", "--agency", "999"], "got the agency 999"),
            (["anomalies", "--from", "2026-02-01", "--to", "2026-01-31"], "wanted the earlier day first"),
        ],
    )
    def test_nothing_clean_is_said_of_what_does_not_exist(
        self, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(["audit", *arguments]) == USAGE
        told = capsys.readouterr()
        assert said in told.err
        assert not told.out

    def test_sample_writes_a_work_paper(self, tmp_path: Path) -> None:
        out = tmp_path / "paper.csv"
        arguments = ["audit", "sample", "--agency", "3", "--from", "2026-01-01", "--to", "2026-05-31"]
        assert run([*arguments, "--block", "78", "--size", "5", "--out", str(out), "--lang", "en"]) == 0
        assert out.read_text(encoding="utf-8-sig").startswith("# Work paper of a random sample · TEST")

    @pytest.mark.parametrize(
        "arguments",
        [
            ["sample", "--agency", "3", "--block", "78", "--size", "5", "--out", "paper.txt"],
            ["package", "--agency", "3", "--out", "package.zip"],
            ["package", "--leaf", "1234", "--out", "package.zip"],
            ["complete", "--agency", "3", "--from", "2026-1-1", "--to", "2026-05-31", "--out", "complete.zip"],
        ],
    )
    def test_what_cannot_be_meant_is_a_usage_mistake(self, arguments: list[str]) -> None:
        assert run(["audit", *arguments]) == USAGE

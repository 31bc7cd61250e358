"""What a verifier hands out: over HTTP, and with its commands."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from anyio import CapacityLimiter, create_task_group, wait_all_tasks_blocked
from anyio import run as run_async
from fastapi.testclient import TestClient
from starlette.exceptions import HTTPException

from chain import base64url, checkpoint, pack
from chain.checkpoint import Checkpoint
from chain.errors import InvalidInput
from chain.events import Track
from chain.pack import Pack
from chain.trust_list import TrustList
from tests.deployed import leaves_of, signer
from tests.verifier.papers_on_chain import set_status
from tests.verifier.test_app import problem_of
from tests.verifier.test_checkpoints import follow
from tests.verifier.test_index import now_of
from tests.verifier.trust import settings_of, trust_in, trust_list_of, verifier_of
from verifier import logs
from verifier.app import make_app
from verifier.cli import run
from verifier.indexing.store import Store
from verifier.published.evidence_files import EvidenceFiles, Kind
from verifier.routes.evidence import Offered
from verifier.wiring import attester_of, open_trust_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from chain.ethereum.network import Anvil
    from chain.registry import Identity
    from tests.deployed import Deployed

CHECKPOINTS, PACKS, TRUST = "/api/v1/checkpoints", "/api/v1/packs", "/api/v1/trust-list"


@pytest.fixture(scope="module")
def folder(deployment: Deployed, anvil: Anvil, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a verifier that has cut two checkpoints and knows a trust list."""
    folder = tmp_path_factory.mktemp("evidence")
    anvil.mine()
    verifier = verifier_of(deployment, folder)
    assert follow(verifier, deployment) is not None
    set_status(deployment, deployment.offices[0], leaves_of(str(folder), 1)[0], Track.LOSS, now_of(deployment))
    anvil.mine()
    assert follow(verifier, deployment) is not None
    public = attester_of(settings_of(deployment, folder)).public
    (folder / "trust.json").write_bytes(trust_list_of(deployment, now=now_of(deployment), attesters=[public]))
    return folder


@pytest.fixture(scope="module")
def client(deployment: Deployed, folder: Path) -> Iterator[TestClient]:
    settings = settings_of(deployment, folder, poll_s=60, trust_list=str(folder / "trust.json"))
    verifier = verifier_of(deployment, folder)
    app = make_app(
        verifier.index,
        settings,
        clock=lambda: now_of(deployment),
        evidence_files=verifier.files,
        trust=open_trust_file(settings, now_of(deployment)),
    )
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def set_up(deployment: Deployed, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("YINXIN_SETTINGS", raising=False)
    for name, value in settings_of(deployment, folder).model_dump(include={"rpc_urls", "registry"}).items():
        monkeypatch.setenv(f"YINXIN_{name.upper()}", value)
    monkeypatch.setenv("YINXIN_DATABASE_URL", f"sqlite:///{folder / 'index.db'}")
    monkeypatch.setenv("YINXIN_DATA_DIR", str(folder))


class TestRoutes:
    def test_the_newest_checkpoint_is_believed_by_whoever_has_the_list(
        self, client: TestClient, deployment: Deployed, folder: Path
    ) -> None:
        answer = client.get(f"{CHECKPOINTS}/latest")
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/vnd.yinxin.checkpoint"
        listed = client.get(CHECKPOINTS).json()["checkpoints"]
        trust = trust_in(deployment, folder, now=now_of(deployment))
        believed = checkpoint.verify(Checkpoint.parse(answer.content), trust)
        assert believed.checkpoint.block_number == listed[0]["block_number"]
        assert f"0x{believed.checkpoint.heads.statuses.hex()}" == listed[0]["heads"]["statuses"]
        name = f'attachment; filename="yinxin-{listed[0]["block_number"]}.checkpoint"'
        assert answer.headers["content-disposition"] == name

    def test_every_listed_one_is_there_and_never_changes(self, client: TestClient) -> None:
        listed = client.get(CHECKPOINTS, params={"limit": 2}).json()["checkpoints"]
        assert len(listed) == 2
        for entry in listed:
            answer = client.get(entry["url"])
            assert Checkpoint.parse(answer.content).block_number == entry["block_number"]
            assert "immutable" in answer.headers["cache-control"]
        older = client.get(CHECKPOINTS, params={"before": listed[0]["block_number"]}).json()["checkpoints"]
        assert older[0] == listed[1]

    def test_the_pack_has_the_types(self, client: TestClient, deployment: Deployed, folder: Path) -> None:
        answer = client.get(f"{PACKS}/latest")
        assert answer.headers["content-type"] == "application/vnd.yinxin.pack"
        made = Pack.parse(answer.content)
        assert made.types
        pack.verify(made, trust_in(deployment, folder, now=now_of(deployment)))

    def test_the_trust_list_is_the_file(self, client: TestClient, folder: Path) -> None:
        answer = client.get(TRUST)
        assert answer.headers["content-type"] == "application/json"
        assert answer.content == (folder / "trust.json").read_bytes()

    @pytest.mark.parametrize("path", [f"{CHECKPOINTS}/latest", f"{PACKS}/latest", TRUST])
    def test_whoever_has_it_already_is_told_so(self, client: TestClient, path: str) -> None:
        etag = client.get(path).headers["etag"]
        for known in (etag, f"W/{etag}", f'"x", {etag}', "*"):
            answer = client.get(path, headers={"if-none-match": known})
            assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", etag)
        assert client.get(path, headers={"if-none-match": '"x"'}).status_code == 200
        assert client.get(path).headers["cache-control"] == "no-cache"

    @pytest.mark.parametrize("path", [CHECKPOINTS, f"{CHECKPOINTS}/latest", f"{PACKS}/latest", TRUST])
    def test_any_page_may_fetch_it_and_its_head(self, client: TestClient, path: str) -> None:
        for answer in (client.get(path), client.head(path)):
            assert answer.status_code == 200
            assert answer.headers["access-control-allow-origin"] == "*"
            assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
        assert client.head(path).content == b""
        problem = client.post(path)
        assert (problem.status_code, problem.headers["access-control-allow-origin"]) == (405, "*")

    def test_other_paths_stay_closed(self, client: TestClient) -> None:
        answer = client.get("/healthz")
        assert "access-control-allow-origin" not in answer.headers
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert answer.headers["cache-control"] == "no-store"

    def test_what_is_not_there_is_a_problem(self, client: TestClient) -> None:
        assert "no checkpoint of block 3" in problem_of(client.get(f"{CHECKPOINTS}/3"), 404)
        for path in (f"{CHECKPOINTS}/first", f"{CHECKPOINTS}/-1", f"{CHECKPOINTS}?limit=0", f"{CHECKPOINTS}?before=x"):
            problem_of(client.get(path), 422)
        for too_many in (2**63 - 1, 2**63):
            problem_of(client.get(CHECKPOINTS, params={"before": too_many}), 422)
            problem_of(client.get(f"{CHECKPOINTS}/{too_many}"), 422)

    def test_before_the_first_one_there_is_none(self, deployment: Deployed, tmp_path: Path) -> None:
        verifier = verifier_of(deployment, tmp_path, rpc_urls="http://127.0.0.1:9")
        settings = settings_of(deployment, tmp_path, poll_s=60)
        with TestClient(make_app(verifier.index, settings, evidence_files=verifier.files)) as client:
            for path in (f"{CHECKPOINTS}/latest", f"{PACKS}/latest"):
                assert "yet" in problem_of(client.get(path), 404)
            assert "YINXIN_TRUST_LIST" in problem_of(client.get(TRUST), 404)
            assert client.get(CHECKPOINTS).json() == {"checkpoints": []}

    def test_nothing_is_made_for_whoever_has_it_or_asks_for_its_head(self, deployment: Deployed, folder: Path) -> None:
        settings = settings_of(deployment, folder, poll_s=60)
        verifier = verifier_of(deployment, folder)
        files = EvidenceFiles(Store(settings.database_url), folder / "other")
        app = make_app(verifier.index, settings, clock=lambda: now_of(deployment), evidence_files=files)
        with TestClient(app) as client:
            for path in (f"{CHECKPOINTS}/latest", f"{PACKS}/latest"):
                head = client.head(path)
                assert (head.status_code, head.content) == (200, b"")
                assert "content-length" not in head.headers, dict(head.headers)
                etag = head.headers["etag"]
                assert client.get(path, headers={"if-none-match": etag}).status_code == 304
                assert not list(folder.glob("other/*"))
            for path in (f"{CHECKPOINTS}/latest", f"{PACKS}/latest"):
                made = client.get(path)
                kept = client.get(path)
                assert (made.content, made.headers["etag"]) == (kept.content, kept.headers["etag"])
                assert client.head(path).headers["content-length"] == str(len(made.content))
            assert len(list(folder.glob("other/*"))) == 2

    def test_only_the_newest_files_are_kept(
        self, deployment: Deployed, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("verifier.published.evidence_files.KEPT", 1)
        store = Store(settings_of(deployment, folder).database_url)
        files = EvidenceFiles(store, folder / "few")
        older, newest = (entry.number for entry in reversed(files.entries(limit=2)))
        for number in (older, newest, older):
            file = files.find(Kind.CHECKPOINT, number)
            assert file is not None
            assert Checkpoint.parse(files.content(file) or b"").block_number == number
        assert [path.name.partition("-")[0] for path in folder.glob("few/*")] == [str(newest)]

    def test_a_folder_that_cannot_be_written_keeps_nobody_from_getting_them(
        self, deployment: Deployed, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        logs.configure("info")
        files = EvidenceFiles(Store(settings_of(deployment, folder).database_url), folder / "trust.json")
        file = files.find(Kind.CHECKPOINT)
        assert file is not None
        assert files.kept(file) is None
        assert files.content(file) is not None
        assert "evidence.not_kept" in "".join(capsys.readouterr())

    def test_a_crowd_that_asks_for_older_ones_is_sent_away(self, deployment: Deployed, folder: Path) -> None:
        verifier = verifier_of(deployment, folder)
        held = CapacityLimiter(1)
        offered = Offered(verifier.files, None, held)
        file = verifier.files.find(Kind.CHECKPOINT)
        assert file is not None

        async def crowd() -> tuple[int, int]:
            answers: list[bytes | str | None] = []

            async def one() -> None:
                try:
                    answers.append(await offered.made(file))
                except HTTPException as exc:
                    answers.append((exc.headers or {})["Retry-After"])

            await held.acquire_on_behalf_of(held)
            async with create_task_group() as group:
                for _ in range(12):
                    group.start_soon(one)
                await wait_all_tasks_blocked()
                held.release_on_behalf_of(held)
            return answers.count("10"), len(answers)

        # One would be made, eight may wait.
        assert run_async(crowd) == (3, 12)

    def test_while_the_index_is_read_again_nothing_older_is_the_newest(
        self, deployment: Deployed, folder: Path, tmp_path: Path
    ) -> None:
        with closing(sqlite3.connect(folder / "index.db")) as connection:
            connection.execute(f"VACUUM INTO '{tmp_path / 'index.db'}'")
        with closing(sqlite3.connect(tmp_path / "index.db")) as connection:
            connection.execute("DELETE FROM registry")
            connection.commit()
        verifier = verifier_of(deployment, tmp_path, rpc_urls="http://127.0.0.1:9")
        settings = settings_of(deployment, tmp_path, poll_s=60)
        with TestClient(make_app(verifier.index, settings, evidence_files=verifier.files)) as client:
            for path in (CHECKPOINTS, f"{CHECKPOINTS}/latest", f"{PACKS}/latest", f"{CHECKPOINTS}/7"):
                answer = client.get(path)
                assert "being read again" in problem_of(answer, 503)
                assert answer.headers["retry-after"] == "10"

    def test_readiness_tells_of_checkpoints(self, deployment: Deployed, folder: Path) -> None:
        verifier = verifier_of(deployment, folder, key=str(folder / "none.pem"))
        settings = settings_of(deployment, folder, poll_s=0.05)
        (number,) = (entry.number for entry in verifier.files.entries(limit=1))
        app = make_app(
            verifier.index,
            settings,
            clock=lambda: now_of(deployment),
            checkpoints=verifier.checkpoints,
            evidence_files=verifier.files,
        )
        anchored = deployment.offices[0]
        set_status(deployment, anchored, leaves_of(f"{folder} readiness", 1)[0], Track.LOSS, now_of(deployment))
        set_status(deployment, anchored, leaves_of(f"{folder} readiness", 2)[1], Track.LOSS, now_of(deployment))
        with TestClient(app) as client:
            for _ in range(2_000):
                answer = client.get("/readyz")
                if answer.status_code == 200 and answer.json()["checkpoints"]["failing_since"]:
                    break
            told = answer.json()
        assert told["ready"]
        assert told["checkpoints"]["newest"]["block_number"] == number
        assert told["checkpoints"]["error"] == "SigningFailed"

    def test_the_description_has_them_with_examples(self, client: TestClient) -> None:
        described = client.get("/openapi.json").json()["paths"]
        assert {CHECKPOINTS, f"{CHECKPOINTS}/latest", f"{CHECKPOINTS}/{{block_number}}", TRUST} <= described.keys()
        listed = described[CHECKPOINTS]["get"]["responses"]["200"]["content"]["application/json"]
        assert listed["example"]["checkpoints"]
        assert set(described[CHECKPOINTS]) == {"get"}

    def test_checkpoints_are_cut_while_the_service_runs(
        self, anvil: Anvil, deployment: Deployed, tmp_path: Path
    ) -> None:
        anvil.mine()
        verifier = verifier_of(deployment, tmp_path)
        settings = settings_of(deployment, tmp_path, poll_s=0.05)
        app = make_app(
            verifier.index,
            settings,
            clock=lambda: now_of(deployment),
            checkpoints=verifier.checkpoints,
            evidence_files=verifier.files,
        )
        with TestClient(app) as client:
            for _ in range(2_000):
                if client.get(f"{CHECKPOINTS}/latest").status_code == 200:
                    break
            else:
                raise AssertionError("no checkpoint was cut")


class TestTrustFile:
    def test_one_that_is_none_or_anothers_is_refused_at_the_start(self, deployment: Deployed, tmp_path: Path) -> None:
        path, now = tmp_path / "trust.json", now_of(deployment)
        settings = settings_of(deployment, tmp_path, trust_list=str(path), chain_id=deployment.record.chain_id)
        for data, said in (
            (None, "No such file"),
            (b"{}", "wanted"),
            (trust_list_of(deployment, now=now, registry=bytes(20)), "another registry|of the registry"),
            (trust_list_of(deployment, now=now, chain_id=5), "chain 5"),
            (trust_list_of(deployment, now=now, threshold=3), "signed by 2"),
        ):
            if data is not None:
                path.write_bytes(data)
            with pytest.raises(InvalidInput, match=said):
                open_trust_file(settings, now)

    def test_one_that_has_expired_is_served_and_that_is_told_every_day(
        self, deployment: Deployed, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        logs.configure("info")
        now = now_of(deployment)
        (tmp_path / "trust.json").write_bytes(trust_list_of(deployment, now=now))
        settings = settings_of(deployment, tmp_path, trust_list=str(tmp_path / "trust.json"))
        opened = open_trust_file(settings, now + timedelta(days=360))
        assert opened is not None
        told = "".join(capsys.readouterr())
        assert "trust_list.expires_soon" in told
        assert "trust_list.own_key_missing" in told
        for days, times in ((366, 1), (366, 0), (367, 1)):
            opened.watch(now + timedelta(days=days))
            assert "".join(capsys.readouterr()).count("trust_list.expired") == times
        assert opened.data == (tmp_path / "trust.json").read_bytes()

    def test_only_one_that_follows_takes_its_place_whatever_happens_between(
        self, deployment: Deployed, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        logs.configure("info")
        path, now = tmp_path / "trust.json", now_of(deployment)
        settings = settings_of(deployment, tmp_path, trust_list=str(path))
        second = trust_list_of(deployment, now=now, version=2)
        path.write_bytes(second)
        running = open_trust_file(settings, now)
        assert running is not None
        other = replace(deployment, members=tuple(signer(f"another member {index}") for index in range(3)))
        for refused in (
            trust_list_of(deployment, now=now),
            trust_list_of(other, now=now, version=3),
            trust_list_of(deployment, now=now + timedelta(days=1), version=2),
        ):
            path.write_bytes(refused)
            assert running.data == second
            assert "trust_list.refused" in "".join(capsys.readouterr())
            opened = open_trust_file(settings, now)
            assert opened is not None
            assert opened.data == second
            assert "trust_list.refused" in "".join(capsys.readouterr())
        third = trust_list_of(deployment, now=now, version=3)
        path.write_bytes(third)
        assert running.data == third
        path.write_bytes(second)
        restarted = open_trust_file(settings, now)
        assert restarted is not None
        assert restarted.data == third
        (remembered,) = tmp_path.glob("trust-list-*.json")
        remembered.write_bytes(b"{")
        with pytest.raises(InvalidInput, match="damaged file"):
            open_trust_file(settings, now)

    def test_one_that_is_not_of_the_indexs_registry_is_not_handed_out(
        self, deployment: Deployed, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        logs.configure("info")
        path, now, known = tmp_path / "trust.json", now_of(deployment), deployment.writer().known()
        settings = settings_of(deployment, tmp_path, trust_list=str(path))
        for changes in ({"agencies": bytes(20)}, {"test": False}, {"chain_id": 7}, {"registry_id": bytes(32)}):
            path.write_bytes(trust_list_of(deployment, now=now, **changes))
            with pytest.raises(InvalidInput, match="wanted that of the index"):
                open_trust_file(settings, now, identity=lambda: known)
        # The registry may not have been reached yet when it is opened.
        reached: list[Identity] = []
        opened = open_trust_file(settings, now, identity=lambda: next(iter(reached), None))
        assert opened is not None
        assert opened.data is not None
        reached.append(known)
        assert opened.data is None
        opened.watch(now)
        assert "trust_list.of_another_registry" in "".join(capsys.readouterr())
        app = make_app(verifier_of(deployment, tmp_path).index, settings, trust=opened)
        with TestClient(app) as client:
            assert "not that of this registry" in problem_of(client.get(TRUST), 404)

    def test_a_new_one_takes_its_place_and_a_damaged_one_does_not(self, deployment: Deployed, tmp_path: Path) -> None:
        path, now = tmp_path / "trust.json", now_of(deployment)
        path.write_bytes(trust_list_of(deployment, now=now))
        opened = open_trust_file(settings_of(deployment, tmp_path, trust_list=str(path)), now)
        assert opened is not None
        second = trust_list_of(deployment, now=now, version=2)
        path.write_bytes(second)
        assert opened.data == second
        assert opened.trusted.version == 2
        path.write_bytes(b"{")
        assert opened.data == second
        path.unlink()
        assert opened.data == second


@pytest.mark.usefixtures("set_up")
class TestCommands:
    def test_the_key_as_the_council_wants_it(
        self, deployment: Deployed, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        public = attester_of(settings_of(deployment, folder)).public
        assert run(["key", "--json"]) == 0
        assert json.loads(capsys.readouterr().out) == {"kid": base64url.encode(public.kid), "jwk": public.jwk()}
        assert run(["key"]) == 0
        assert base64url.encode(public.kid) in capsys.readouterr().out

    def test_cutting_listing_and_exporting(
        self, anvil: Anvil, deployment: Deployed, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        set_status(deployment, deployment.offices[0], leaves_of(str(tmp_path), 1)[0], Track.LOSS, now_of(deployment))
        anvil.mine()
        out = tmp_path / "newest.checkpoint"
        assert run(["checkpoint", "cut", "--out", str(out)]) == 0
        assert "Cut at block" in capsys.readouterr().out
        newest = Checkpoint.parse(out.read_bytes())
        assert run(["checkpoint", "cut"]) == 0
        assert "lacks nothing" in capsys.readouterr().out
        assert run(["checkpoint", "cut", "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["newest"]["block_number"] == newest.block_number
        assert run(["checkpoint", "list", "--json"]) == 0
        listed = json.loads(capsys.readouterr().out)["checkpoints"]
        assert listed[0]["block_number"] == newest.block_number
        assert run(["checkpoint", "list", "--limit", "1"]) == 0
        assert str(newest.block_number) in capsys.readouterr().out
        again = tmp_path / "again"
        assert run(["checkpoint", "export", "--block", str(newest.block_number), "--out", str(again)]) == 0
        assert again.read_bytes() == out.read_bytes()
        assert run(["checkpoint", "export", "--pack", "--out", str(again)]) == 0
        assert Pack.parse(again.read_bytes()).checkpoint.block_number == newest.block_number

    def test_what_cannot_be_is_a_usage_mistake(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        for words, said in (
            (["--block", "3"], "no such checkpoint"),
            (["--pack", "--block", "3"], "wanted one of them"),
        ):
            assert run(["checkpoint", "export", "--out", str(tmp_path / "x"), *words]) == 64
            assert said in capsys.readouterr().err
        assert run(["checkpoint", "export", "--out", str(tmp_path)]) == 64
        assert "could not be written" in capsys.readouterr().err

    def test_a_silent_node_is_told(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("YINXIN_RPC_URLS", "http://127.0.0.1:9")
        assert run(["checkpoint", "cut"]) == 1
        assert "no checkpoint was cut" in capsys.readouterr().err
        monkeypatch.setenv("YINXIN_DATABASE_URL", f"sqlite:///{tmp_path / 'new.db'}")
        assert run(["checkpoint", "cut"]) == 1
        assert "not been reached" in capsys.readouterr().err

    def test_a_trust_list_that_is_none_keeps_the_service_from_starting(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (tmp_path / "trust.json").write_text("[]")
        monkeypatch.setenv("YINXIN_TRUST_LIST", str(tmp_path / "trust.json"))
        assert run(["serve", "--port", "0"]) == 64
        assert "trust.json" in capsys.readouterr().err


def test_the_lists_that_tests_sign_are_in_form(deployment: Deployed) -> None:
    now = now_of(deployment)
    assert TrustList.parse(trust_list_of(deployment, now=now)).threshold == 2

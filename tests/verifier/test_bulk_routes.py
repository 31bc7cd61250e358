"""Bulk checks over HTTP: handed in, followed, taken, cancelled; and nothing readable stays behind."""

from __future__ import annotations

import csv
import io
import json
import shutil
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from threading import Event, Timer
from typing import TYPE_CHECKING, Any

import openpyxl  # type: ignore[import-untyped]
import pytest
from fastapi.testclient import TestClient

from chain import code
from chain.events import Track
from tests.verifier.bulk_desk import zipped
from tests.verifier.papers_on_chain import anchor, certificate_of, index_of, set_status
from tests.verifier.test_index import now_of
from verifier.app import make_app
from verifier.bulk import jobs as bulk_jobs
from verifier.bulk.jobs import Job, Jobs
from verifier.routes.bulk_bodies import MAX_UPLOADS
from verifier.settings import Settings
from verifier.uploads import reading

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from chain.ethereum.network import Anvil
    from tests.deployed import Deployed
    from tests.verifier.book import Paper

API = "/api/v1/bulk"


class Clock:
    """The newest block's time, and as much later as a test says."""

    def __init__(self, deployed: Deployed) -> None:
        self.deployed, self.later = deployed, timedelta()

    def __call__(self) -> datetime:
        return now_of(self.deployed) + self.later


@pytest.fixture(scope="module")
def papers(deployment: Deployed, anvil: Anvil) -> tuple[Paper, Paper]:
    office = deployment.offices[0]
    good, revoked = (certificate_of(deployment, office, f"bulk {name}") for name in ("good", "revoked"))
    anchor(deployment, office, good, revoked)
    set_status(deployment, office, revoked.leaf, Track.REVOKED, now_of(deployment))
    anvil.mine()
    return good, revoked


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bulk")


@pytest.fixture(scope="module")
def clock(deployment: Deployed) -> Clock:
    return Clock(deployment)


@pytest.fixture(scope="module")
def client(deployment: Deployed, papers: tuple[Paper, Paper], folder: Path, clock: Clock) -> Iterator[TestClient]:
    index = index_of(deployment, folder)
    index.follow(clock())
    app = make_app(index, Settings(poll_s=0.2, data_dir=folder), clock=clock)
    with TestClient(app, raise_server_exceptions=True) as client:
        yield client


def finished(client: TestClient, job: dict[str, Any]) -> dict[str, Any]:
    """Ask until a job is over."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        told = client.get(job["url"])
        assert told.status_code == 200, told.text
        found: dict[str, Any] = told.json()
        if found["state"] in {"DONE", "FAILED"}:
            return found
    raise AssertionError("it takes too long")


def begun(client: TestClient, **body: Any) -> dict[str, Any]:  # noqa: ANN401 (as the client takes it)
    answer = client.post(API, **body)
    assert answer.status_code == 202, answer.text
    told: dict[str, Any] = answer.json()
    assert answer.headers["location"] == told["url"]
    return told


class TestApi:
    def test_files_in_verdicts_out(self, client: TestClient, papers: tuple[Paper, Paper], folder: Path) -> None:
        good, revoked = papers
        archive = zipped(
            {"good.sd-jwt": good.sd_jwt.encode(), "revoked.txt": revoked.code().encode(), "x.pdf": b"%PDF-"}
        )
        table = f"code\n{code.short_number(good.leaf)}\n".encode()
        files = [("file", ("all.zip", archive)), ("file", ("list.csv", table)), ("file", ("n", good.code().encode()))]
        job = finished(client, begun(client, files=files))
        assert (job["state"], job["done"], job["total"]) == ("DONE", 5, 5)
        assert job["verdicts"] == {"UNREADABLE": 1, "REVOKED": 1, "INCOMPLETE": 1, "VALID": 2}

        told = client.get(job["results"]["csv"], headers={"accept-language": "zh"})
        rows = list(csv.DictReader(io.StringIO(told.content.decode("utf-8-sig"))))
        assert [row["verdict"] for row in rows] == ["VALID", "REVOKED", "UNREADABLE", "INCOMPLETE", "VALID"]
        assert rows[0]["heading"] == "真实有效"
        assert rows[3]["row"] == "2"
        assert told.headers["content-disposition"] == 'attachment; filename="verdicts.csv"'
        assert told.headers["cache-control"] == "no-store"
        told = client.get(job["results"]["json"] + "?lang=en")
        assert told.json()["lines"][1]["heading"].startswith("Revoked as a penalty")
        told = client.get(job["results"]["xlsx"])
        assert openpyxl.load_workbook(io.BytesIO(told.content)).worksheets[0]["D3"].value == "VALID"

        (kept,) = [path for path in (folder / "bulk").iterdir() if (path / "state").exists()]
        assert not list(kept.glob("input-*"))
        everything = b"".join(path.read_bytes() for path in kept.rglob("*") if path.is_file())
        for secret in (b"VALID", b"good.sd-jwt", "内蒙古".encode(), good.sd_jwt[:20].encode(), job["id"].encode()):
            assert secret not in everything
        assert job["id"] not in str(kept)
        assert client.delete(job["url"]).status_code == 204
        assert not kept.exists()
        assert client.get(job["url"]).status_code == 404
        assert client.delete(job["url"]).status_code == 404

    def test_a_list_of_texts_as_of_a_day(self, client: TestClient, papers: tuple[Paper, Paper]) -> None:
        good, revoked = papers
        items = [revoked.code(), code.short_number(good.leaf), good.sd_jwt, "", "nonsense!"]
        job = finished(client, begun(client, json={"items": items}, params={"on": "2026-02-01"}))
        rows = client.get(job["results"]["json"]).json()["lines"]
        assert [row["verdict"] for row in rows] == ["VALID", "INCOMPLETE", "VALID", "UNREADABLE", "UNREADABLE"]
        assert rows[0]["on"] == "2026-02-01"
        assert rows[0]["file"] == "items[0]"

    @pytest.mark.parametrize(
        ("body", "status"),
        [
            ({"json": {"items": []}}, 422),
            ({"json": {"items": [1]}}, 422),
            ({"json": {"items": ["x"], "on": "y"}}, 422),
            ({"json": {"items": ["x"]}, "params": {"on": "2999-01-01"}}, 422),
            ({"json": {"items": ["x"]}, "params": {"on": "2026-02-30"}}, 422),
            ({"json": {"items": ["x"]}, "params": [("on", "2026-01-01"), ("on", "2026-01-02")]}, 422),
            ({"content": b"{", "headers": {"content-type": "application/json"}}, 400),
            ({"content": b"x", "headers": {"content-type": "application/zip"}}, 415),
            ({"content": b"--x", "headers": {"content-type": "multipart/form-data; boundary=y"}}, 400),
            ({"files": {"other": ("a", b"x")}}, 422),
            ({"files": {"file": ("a", b"x")}, "data": {"lang": "en"}}, 422),
            ({"files": [("file", (str(place), b"")) for place in range(1001)]}, 400),
            ({"files": {"file": ("a", bytes(MAX_UPLOADS + 3 * 1024**2))}}, 413),
        ],
        ids=range(13),
    )
    def test_what_says_nothing_clear_is_refused(self, client: TestClient, body: dict[str, Any], status: int) -> None:
        answer = client.post(API, **body)
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/problem+json"

    def test_ids_that_are_none_are_unknown(self, client: TestClient) -> None:
        for job_id in ("x", "A" * 43, "A" * 42 + "B", "%00", "..", "a" * 64):
            assert client.get(f"{API}/{job_id}").status_code == 404
        assert client.get(f"{API}/{'A' * 43}/results.exe").status_code == 422

    def test_results_are_gone_ten_minutes_after_they_were_taken_and_an_hour_after_the_end(
        self, client: TestClient, clock: Clock
    ) -> None:
        job, other = (finished(client, begun(client, json={"items": ["x"]})) for _ in range(2))
        assert client.get(job["results"]["csv"]).status_code == 200
        # To ask whether it is there is not to take it.
        assert client.head(other["results"]["csv"]).status_code == 200
        try:
            clock.later = timedelta(minutes=9)
            assert client.get(job["results"]["csv"]).status_code == 200
            clock.later = timedelta(minutes=11)
            assert client.get(job["results"]["csv"]).status_code == 404
            assert client.get(other["url"]).status_code == 200
            clock.later = timedelta(minutes=62)
            assert client.get(other["url"]).status_code == 404
        finally:
            clock.later = timedelta()

    def test_whoever_guesses_short_numbers_is_not_told_by_a_list_either(
        self, deployment: Deployed, papers: tuple[Paper, Paper], folder: Path, clock: Clock
    ) -> None:
        settings = Settings(poll_s=60, data_dir=folder, limit_misses=3)
        index = index_of(deployment, folder)
        index.follow(clock())
        with TestClient(make_app(index, settings, clock=clock)) as client:
            guesses = [code.short_number(bytes([place]) * 32) for place in range(6)]
            items = [*guesses, code.short_number(papers[0].leaf), papers[0].code()]
            job = finished(client, begun(client, json={"items": items}))
            rows = client.get(job["results"]["json"]).json()["lines"]
            told = [row["verdict"] for row in rows]
            assert told == ["NOT_FOUND"] * 3 + ["CANNOT_CHECK"] * 4 + ["VALID"]
            file = ("number.txt", code.short_number(papers[0].leaf).encode())
            assert finished(client, begun(client, files={"file": file}))["verdicts"] == {"CANNOT_CHECK": 1}

    def test_the_log_knows_neither_names_nor_numbers_nor_ids(
        self, client: TestClient, papers: tuple[Paper, Paper], capsys: pytest.CaptureFixture[str]
    ) -> None:
        number = code.short_number(papers[0].leaf)
        job = finished(client, begun(client, files={"file": ("张三.csv", f"code\n{number}\n".encode())}))
        client.get(job["results"]["csv"])
        logged = "".join(capsys.readouterr())
        assert not [each for each in (number, "张三", job["id"]) if each in logged]

    def test_the_description_has_all_four(self, client: TestClient) -> None:
        paths = client.get("/openapi.json").json()["paths"]
        assert set(paths[API]) == {"post"}
        assert set(paths[API + "/{job_id}"]) == {"get", "delete"}
        assert set(paths[API + "/{job_id}/results.{kind}"]) == {"get"}


class TestProcesses:
    def test_another_process_of_the_service_tells_of_it_too(
        self, client: TestClient, deployment: Deployed, papers: tuple[Paper, Paper], folder: Path, clock: Clock
    ) -> None:
        index = index_of(deployment, folder)
        with TestClient(make_app(index, Settings(poll_s=60, data_dir=folder), clock=clock)) as other:
            job = finished(other, begun(client, json={"items": [papers[0].code()]}))
            assert job["verdicts"] == {"VALID": 1}
            assert other.get(job["results"]["csv"]).status_code == 200
            assert other.delete(job["url"]).status_code == 204
            assert client.get(job["url"]).status_code == 404

    def test_what_a_process_leaves_undone_has_failed(
        self, client: TestClient, deployment: Deployed, folder: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        reached, may_go = Event(), Event()
        genuine = reading.read_upload

        def slow(upload: bytes, **others: Any) -> Any:  # noqa: ANN401 (as it is)
            reached.set()
            assert may_go.wait(30)
            return genuine(upload, **others)

        monkeypatch.setattr(reading, "read_upload", slow)
        index = index_of(deployment, folder)
        with TestClient(make_app(index, Settings(poll_s=60, data_dir=folder), clock=clock)) as other:
            job = begun(other, files=[("file", (str(place), b"slow")) for place in range(2)])
            assert reached.wait(30)
            Timer(0.2, may_go.set).start()
        assert finished(client, job)["state"] == "FAILED"
        assert client.get(f"{job['url']}/results.csv").status_code == 409
        assert client.delete(job["url"]).status_code == 204


class TestFairness:
    def test_it_can_be_cancelled_and_single_checks_go_on_meanwhile(
        self, client: TestClient, papers: tuple[Paper, Paper], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        reached, may_go = Event(), Event()
        genuine = reading.read_upload

        def slow(upload: bytes, **others: Any) -> Any:  # noqa: ANN401 (as it is)
            if upload.startswith(b"slow"):
                reached.set()
                assert may_go.wait(30)
            return genuine(upload, **others)

        monkeypatch.setattr(reading, "read_upload", slow)
        job = begun(client, files=[("file", (f"{place}", b"slow %d" % place)) for place in range(20)])
        assert reached.wait(30)
        assert job["total"] == 20
        told = client.get(job["url"]).json()
        assert (told["state"] in {"WAITING", "RUNNING"}, told["total"]) == (True, 20)
        assert client.get(f"{job['url']}/results.csv").status_code == 409
        answer = client.post("/api/v1/verify", files={"file": ("a", papers[0].sd_jwt.encode())})
        assert answer.json()["reports"][0]["verdict"] == "VALID"
        assert client.delete(job["url"]).status_code == 204
        assert client.get(job["url"]).status_code == 404
        may_go.set()
        finished(client, begun(client, json={"items": ["x"]}))

    def test_cancelling_what_is_just_being_taken_alarms_nobody(
        self, client: TestClient, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        genuine, ended = Job.take, Event()

        def half_way(folder: Path, **_: bool) -> None:
            for path in folder.iterdir():
                path.unlink()
            ended.set()

        def cancelled_meanwhile(job: Job, place: int) -> tuple[str, bytes | str]:
            if place:
                monkeypatch.setattr(shutil, "rmtree", half_way)
                job.cancel()
                monkeypatch.setattr(shutil, "rmtree", lambda *_, **__: None)
            return genuine(job, place)

        monkeypatch.setattr(Job, "take", cancelled_meanwhile)
        job = begun(client, json={"items": ["x", "y"]})
        assert ended.wait(30)
        # Something is left to delete, and yet nobody finds it any more.
        assert [client.get(job["url"]).status_code, client.delete(job["url"]).status_code] == [404, 404]
        monkeypatch.undo()
        finished(client, begun(client, json={"items": ["x"]}))
        assert "unforeseen" not in "".join(capsys.readouterr())

    def test_one_client_has_three_at_a_time_and_the_next_is_told_when_to_come(
        self, client: TestClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        may_go = Event()
        genuine = reading.read_upload

        def slow(upload: bytes, **others: Any) -> Any:  # noqa: ANN401 (as it is)
            assert may_go.wait(30)
            return genuine(upload, **others)

        monkeypatch.setattr(reading, "read_upload", slow)
        jobs = [begun(client, files={"file": ("a", b"slow")}) for _ in range(3)]
        refused = client.post(API, json={"items": ["x"]})
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "10")
        may_go.set()
        assert [finished(client, job)["state"] for job in jobs] == ["DONE"] * 3
        finished(client, begun(client, json={"items": ["x"]}))


class TestPage:
    def test_it_works_without_scripts_in_both_languages(self, client: TestClient, papers: tuple[Paper, Paper]) -> None:
        assert "批量核验" in client.get("/bulk").text
        typed = "\n".join(made.code() for made in papers)
        answer = client.post("/bulk?lang=en", files={"file": ("", b""), "typed": (None, typed), "on": (None, "")})
        assert answer.status_code == 200
        assert answer.history[0].status_code == 303
        finished(client, {"url": f"{API}/{answer.url.path.rpartition('/')[2]}"})
        page = client.get(str(answer.url)).text
        assert "1 of 2 are genuine" in page
        assert "Revoked as a penalty" in page
        assert "内蒙古演示长城建筑工程有限责任公司" in page
        assert "TEST" in page
        assert "http-equiv" not in page
        gone = client.post(f"{answer.url.path}/cancel?lang=en")
        assert "nothing here any more" in gone.text
        assert client.get(answer.url.path).status_code == 404

    def test_what_is_wrong_with_the_form_is_said(self, client: TestClient) -> None:
        nothing = {"file": ("", b""), "typed": (None, ""), "on": (None, "")}
        page = client.post("/bulk?lang=en", files=nothing)
        assert page.status_code == 422
        assert "Choose files, or paste a list" in page.text
        page = client.post("/bulk?lang=en", files={"typed": (None, "x"), "on": (None, "2999-01-01")})
        assert page.status_code == 422
        assert "between 2 January 1970 and today" in page.text
        page = client.post("/bulk?lang=zh-CN", files={"file": ("a", bytes(MAX_UPLOADS + 3 * 1024**2))})
        assert page.status_code == 413
        assert "50 MB" in page.text

    def test_names_are_shown_as_text(self, client: TestClient) -> None:
        files = {"file": ("<script>alert(1)</script>.csv", b"code\n<img src=x>\n1\n")}
        answer = client.post("/bulk?lang=en", files=files)
        finished(client, {"url": f"{API}/{answer.url.path.rpartition('/')[2]}"})
        page = client.get(str(answer.url)).text
        assert "<script>alert" not in page
        assert "<img" not in page.partition("<main")[2]


class TestJobs:
    def test_what_a_dead_process_left_has_failed_and_is_swept_away(self, tmp_path: Path, deployment: Deployed) -> None:
        now = now_of(deployment)
        jobs = Jobs(tmp_path / "bulk")
        job = jobs.make()
        job.begin(now)
        job.keep(0, "name", b"secret")
        other = Jobs(tmp_path / "bulk").find(job.id)
        assert other.progress(now).state == "WAITING"
        later = now + timedelta(seconds=bulk_jobs.ALIVE_S + 1)
        assert other.progress(later).state == "FAILED"
        jobs.sweep(later)
        assert other.take(0) == ("name", b"secret")
        jobs.sweep(now + timedelta(seconds=bulk_jobs.KEPT_S + 1))
        with pytest.raises(bulk_jobs.JobUnknown):
            jobs.find(job.id)
        assert list((tmp_path / "bulk").iterdir()) == []

    @pytest.mark.parametrize("where", ["mkdir", "replace"], ids=["before it makes the folder", "before its last step"])
    def test_what_is_cancelled_while_its_process_writes_does_not_come_to_life_again(
        self, where: str, tmp_path: Path, deployment: Deployed, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        jobs, now = Jobs(tmp_path), now_of(deployment)
        job = jobs.make()
        progress = job.begin(now)
        genuine = getattr(Path, where)

        def cancelled_meanwhile(path: Path, *others: Any, **more: Any) -> Any:  # noqa: ANN401 (as it is)
            monkeypatch.undo()
            job.cancel()
            return genuine(path, *others, **more)

        monkeypatch.setattr(Path, where, cancelled_meanwhile)
        with suppress(bulk_jobs.JobUnknown):
            job.write(progress)
        for going_on in (lambda: job.still_alive(now), lambda: job.write(progress), lambda: job.progress(now)):
            with pytest.raises(bulk_jobs.JobUnknown):
                going_on()
        assert job.is_cancelled

    def test_what_vanishes_while_it_is_swept_away_keeps_nothing_else_from_it(
        self, tmp_path: Path, deployment: Deployed
    ) -> None:
        jobs, now = Jobs(tmp_path), now_of(deployment)
        # As a folder looks that was deleted since it was listed; one more sorts on either side of it.
        (tmp_path / "8").symlink_to("nowhere")
        made = [jobs.make() for _ in range(8)]
        for job in made:
            job.begin(now)
        jobs.sweep(now + timedelta(seconds=bulk_jobs.KEPT_S + 1))
        assert [path.name for path in tmp_path.iterdir()] == ["8"]

    def test_a_folder_without_its_id_or_moved_between_names_is_unreadable(
        self, tmp_path: Path, deployment: Deployed
    ) -> None:
        jobs, now = Jobs(tmp_path), now_of(deployment)
        job = jobs.make()
        job.begin(now)
        job.keep(0, "a", "text")
        (job.folder / "input-000000").rename(job.folder / "input-000001")
        with pytest.raises(bulk_jobs.JobUnknown):
            job.take(1)
        assert job.folder.stat().st_mode & 0o077 == 0
        assert json.dumps({"id": job.id}) not in str(list(tmp_path.rglob("*")))

"""What monitoring and the log are told, and what they are not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from chain import code
from tests.verifier import chain_in_memory
from tests.verifier.made_up_index import LATER, MadeUp, made_up
from tests.verifier.test_app import problem_of
from tests.verifier.test_limits import unknown
from verifier import logs
from verifier.app import make_app
from verifier.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from verifier.indexing.index import Index

API = "/api/v1/verify"
CLIENT = "198.51.100.77"


@pytest.fixture(scope="module")
def world() -> MadeUp:
    return made_up(2, size=20, papers=2)


@pytest.fixture
def index(world: MadeUp, tmp_path: Path) -> Index:
    index = chain_in_memory.index_of(world.registry, tmp_path)
    index.follow(LATER)
    return index


@contextmanager
def service(index: Index, **settings: object) -> Iterator[TestClient]:
    made = Settings(poll_s=60, metrics_from=f"{CLIENT}/32", **settings)  # type: ignore[arg-type]  # Tests name them.
    app = make_app(index, made, clock=lambda: LATER)
    with TestClient(app, client=(CLIENT, 4711), raise_server_exceptions=False) as client:
        yield client


def counts(client: TestClient) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Return all samples, by name and labels."""
    answer = client.get("/metrics")
    assert answer.status_code == 200, answer.text
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def labelled(**labels: str) -> frozenset[tuple[str, str]]:
    return frozenset(labels.items())


class TestMetrics:
    def test_verdicts_are_counted_by_what_was_brought(self, index: Index, world: MadeUp) -> None:
        made = world.papers[0]
        with service(index) as client:
            for body in (
                {"code": made.code()},
                {"certificate": made.sd_jwt},
                {"short_number": unknown(1)},
                {"code": made.code()},
            ):
                client.post(API, json=body)
            client.post(API, files={"file": ("x", made.sd_jwt.encode())})
            client.post("/", files={"typed": (None, made.code().encode())})
            found = counts(client)
        for verdict, kind, count in (
            ("VALID", "code", 2),
            ("VALID", "certificate", 1),
            ("NOT_FOUND", "short_number", 1),
            ("VALID", "file", 1),
            ("VALID", "text", 1),
        ):
            assert found["yinxin_verdicts_total", labelled(verdict=verdict, input=kind)] == count
        assert found["yinxin_uploads_waiting", labelled()] == 0

    def test_times_are_counted_by_route_and_no_label_has_what_was_asked(self, index: Index, world: MadeUp) -> None:
        made = world.papers[0]
        short = code.short_number(made.leaf)
        with service(index) as client:
            for path in (
                f"/api/v1/leaves?prefix={made.leaf[:2].hex()}",
                "/api/v1/agencies/2",
                "/api/v1/agencies/x",
                f"/nowhere/{short}",
                "/static/page.css",
                f"/api/v1/keys/{made.leaf.hex()}",
            ):
                client.get(path)
            client.request("BREW", f"/{short}")
            client.post(API, json={"short_number": short})
            text = client.get("/metrics").text
            found = counts(client)
        timed = labelled(method="GET", route="/api/v1/agencies/{agency}", status="200")
        assert found["yinxin_request_seconds_count", timed] == 1
        routes = {dict(labels)["route"] for name, labels in found if name == "yinxin_request_seconds_count"}
        assert {"/static", "none", API, "/api/v1/keys/{kid}"} <= routes
        for secret in (made.leaf.hex(), made.leaf.hex()[:16], short, made.leaf[:2].hex() + "&", CLIENT):
            assert secret not in text

    def test_the_index_is_told_as_it_is(self, index: Index) -> None:
        with service(index) as client:
            found = counts(client)
            progress = index.progress()
            assert progress is not None
            assert found["yinxin_index_head_block", labelled()] == progress.block_number
            assert found["yinxin_index_head_age_seconds", labelled()] == 2
            assert found["yinxin_index_trouble", labelled(kind="mismatch")] == 0
            index.note_trouble("a lie", is_mismatch=True)
            found = counts(client)
            assert found["yinxin_index_trouble", labelled(kind="mismatch")] == 1
            assert found["yinxin_index_trouble", labelled(kind="unavailable")] == 0

    def test_what_a_limit_refused_is_counted(self, index: Index) -> None:
        with service(index, limit_verifying=1, limit_misses=1) as client:
            client.post(API, json={"short_number": unknown(1)})
            client.post(API, json={"short_number": unknown(2)})
            assert counts(client)["yinxin_limited_total", labelled(limit="verifying")] == 1

    def test_only_those_who_may_read_them(self, index: Index) -> None:
        with service(index) as client:
            forwarded = client.get("/metrics", headers={"x-forwarded-for": "203.0.113.9"})
            assert problem_of(forwarded, 404) == problem_of(client.get("/metrcs"), 404).replace("metrcs", "metrics")
        app = make_app(index, Settings(poll_s=60), clock=lambda: LATER)
        for client_host, status in ((CLIENT, 404), ("127.0.0.1", 200), ("::1", 200), ("testclient", 404)):
            with TestClient(app, client=(client_host, 1)) as client:
                assert client.get("/metrics").status_code == status
        app = make_app(index, Settings(poll_s=60, trusted_proxies="127.0.0.1"), clock=lambda: LATER)
        with TestClient(app, client=("127.0.0.1", 1)) as client:
            assert client.get("/metrics", headers={"x-forwarded-for": "203.0.113.9"}).status_code == 404
            assert client.get("/metrics", headers={"x-forwarded-for": "127.0.0.1"}).status_code == 404
            assert client.get("/metrics").status_code == 200

    def test_processes_that_share_a_folder_are_told_together(self, tmp_path: Path) -> None:
        counting = (
            "from datetime import UTC, datetime\n"
            "from verifier.metrics import Metrics, State\n"
            "from verifier.check.report import Verdict\n"
            "metrics = Metrics()\n"
            "metrics.verdict(Verdict.VALID, 'code')\n"
            "metrics.upload_comes()\n"
            "print(metrics.text(State(lambda: None, lambda: None, datetime.now(UTC))).decode())\n"
        )
        environment = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
        for count in (1, 2):
            told = subprocess.run(
                [sys.executable, "-c", counting], env=environment, capture_output=True, text=True, check=True
            ).stdout
            assert f'yinxin_verdicts_total{{input="code",verdict="VALID"}} {count}.0' in told
            assert "yinxin_index_reached 0.0" in told
            # The process before has ended, and nothing of it waits any more.
            assert "yinxin_uploads_waiting 1.0" in told


class TestLog:
    def test_a_request_is_a_line_without_personal_data(
        self, index: Index, world: MadeUp, capsys: pytest.CaptureFixture[str]
    ) -> None:
        logs.configure("info")
        made = world.papers[0]
        with service(index) as client:
            answer = client.post(f"{API}?on=2026-01-01&lang=en", json={"code": made.code()})
            client.get(f"/api/v1/agencies/2?{made.leaf.hex()}")
            client.get("/healthz")
        told = capsys.readouterr().err
        lines = [line for line in map(json.loads, told.splitlines()) if line["event"] == "request"]
        assert [line["route"] for line in lines] == [API, "/api/v1/agencies/{agency}"]
        assert (
            lines[0].items()
            >= {
                "method": "POST",
                "status": 200,
                "client": "198.51.100.0/24",
                "request_id": answer.headers["x-request-id"],
            }.items()
        )
        assert lines[0]["ms"] > 0
        for secret in (CLIENT, "4711", "2026-01-01", made.leaf.hex(), made.code()[-40:]):
            assert secret not in told

    def test_a_request_s_number_is_ours(self, index: Index) -> None:
        with service(index) as client:
            answer = client.get("/healthz", headers={"x-request-id": "forged"})
        assert answer.headers["x-request-id"] != "forged"

    def test_what_fails_has_a_number_too(
        self, index: Index, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        logs.configure("info")

        def fail(*_: object, **__: object) -> None:
            raise RuntimeError("a fault of ours")

        monkeypatch.setattr("verifier.directory.hosts", fail)
        with service(index) as client:
            answer = client.get("/api/v1/hosts")
        assert "unforeseen" in problem_of(answer, 500)
        (line,) = [line for line in map(json.loads, capsys.readouterr().err.splitlines()) if line["event"] == "request"]
        assert (line["status"], line["request_id"]) == (500, answer.headers["x-request-id"])

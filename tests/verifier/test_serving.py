"""Several processes that serve: one of them follows the chain, and when it ends another one does."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx2
import pytest

from tests.verifier.papers_on_chain import anchor, certificate_of
from tests.waiting import wait_until
from verifier.indexing.leading import Leader

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.deployed import Deployed

PATIENCE_S = 60
READ = {"PENDING", "VALID"}
"""What becomes of a certificate whose batch the index has; no block need follow for that."""


def test_of_two_only_one_leads_until_it_steps_down(tmp_path: Path) -> None:
    first, second = Leader(tmp_path / "leader"), Leader(tmp_path / "leader")
    assert first.leads()
    assert not second.leads()
    assert first.leads()
    first.step_down()
    assert second.leads()
    assert not first.leads()
    second.step_down()


def test_whoever_ends_leads_no_more(tmp_path: Path) -> None:
    program = "import sys; from pathlib import Path; from verifier.indexing.leading import Leader\n"
    program += "from verifier import logs; logs.configure('error')\n"
    program += "leader = Leader(Path(sys.argv[1])); print(leader.leads(), flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", program, str(tmp_path / "leader")]
    other = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert other.stdout is not None
    assert other.stdout.readline() == b"True\n"
    leader = Leader(tmp_path / "leader")
    assert not leader.leads()
    other.kill()
    other.communicate()
    assert leader.leads()
    leader.step_down()


@contextmanager
def served(
    deployed: Deployed, folder: Path, *, workers: int, port: int | None = None
) -> Iterator[tuple[subprocess.Popen[bytes], str, Path]]:
    """Run the service; yield its process, its address, and the file that its log goes to."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("YINXIN_")},
        "YINXIN_RPC_URLS": deployed.url,
        "YINXIN_REGISTRY": deployed.record.address.hex(),
        "YINXIN_DATABASE_URL": f"sqlite:///{folder / 'index.db'}",
        "YINXIN_DATA_DIR": str(folder / "data"),
        "YINXIN_POLL_S": "0.1",
    }
    log = folder / "log"
    at = str(port or free_port())
    program = "import sys; from verifier.cli import run; sys.exit(run(sys.argv[1:]))"
    command = [sys.executable, "-c", program, "serve", "--port", at, "--workers", str(workers)]
    with log.open("wb") as file:
        process = subprocess.Popen(command, env=environment, stderr=file, stdout=file)
    try:
        yield process, f"http://127.0.0.1:{at}", log
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE_S)
        finally:
            process.kill()


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def leaders(log: Path) -> list[int]:
    """Return the processes that led, in their order."""
    found = []
    for line in log.read_text("utf-8").splitlines():
        told = json.loads(line) if line.startswith("{") else {}
        if told.get("event") == "leading":
            found.append(int(told["process"]))
    return found


def verdict(url: str, number: str) -> str:
    try:
        answer = httpx2.post(f"{url}/api/v1/verify", json={"code": number}, timeout=5, trust_env=False)
    except httpx2.HTTPError:
        return ""
    return str(answer.json()["reports"][0]["verdict"]) if answer.status_code == 200 else ""


def test_when_the_process_that_leads_is_killed_another_one_follows_the_chain(
    fresh_deployment: Deployed, tmp_path: Path
) -> None:
    office = fresh_deployment.offices[0]
    first, second = (certificate_of(fresh_deployment, office, f"workers {number}") for number in range(2))
    anchor(fresh_deployment, office, first)
    with served(fresh_deployment, tmp_path, workers=2) as (process, url, log):
        wait_until(lambda: verdict(url, first.code()) in READ, what="the first is read")
        (leader,) = leaders(log)
        assert leader != process.pid
        os.kill(leader, signal.SIGKILL)
        wait_until(lambda: len(leaders(log)) == 2, what="another one leads")
        anchor(fresh_deployment, office, second)
        wait_until(lambda: verdict(url, second.code()) in READ, what="the second is read")
        assert leaders(log)[1] != leader
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 0


def answers(log: Path, route: str) -> list[int]:
    """Return which process gave each answer of a route."""
    lines = (json.loads(line) for line in log.read_text("utf-8").splitlines() if line.startswith("{"))
    return [told["process"] for told in lines if told.get("event") == "request" and told["route"] == route]


def rush(url: str, route: str, crowd: int) -> None:
    """Ask over many connections, all of them open before the first one is answered."""
    host, _, port = url.removeprefix("http://").partition(":")
    asking = [socket.create_connection((host, int(port)), timeout=PATIENCE_S) for _ in range(crowd)]
    for each in asking:
        each.sendall(f"GET {route} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    for each in asking:
        with each, each.makefile("rb") as answer:
            assert answer.readline().startswith(b"HTTP/1.1 200")


def test_connections_that_come_at_once_are_shared_among_the_processes(
    fresh_deployment: Deployed, tmp_path: Path
) -> None:
    with served(fresh_deployment, tmp_path, workers=2) as (_, url, log):
        wait_until(lambda: verdict(url, "0000-0000-0000"), what="somebody answers")

        def both_answer() -> bool:
            rush(url, "/api/v1/types", 8)
            return len(set(answers(log, "/api/v1/types"))) == 2

        wait_until(both_answer, what="the other one is ready, too")
        rush(url, "/api/v1/agencies", 32)
        wait_until(lambda: len(answers(log, "/api/v1/agencies")) == 32, what="all answers are in the log")
        assert len(set(answers(log, "/api/v1/agencies"))) == 2


@pytest.mark.parametrize("workers", [1, 2])
def test_a_port_that_is_taken_is_an_error(fresh_deployment: Deployed, tmp_path: Path, workers: int) -> None:
    with served(fresh_deployment, tmp_path, workers=2) as (first, url, _):
        wait_until(lambda: verdict(url, "0000-0000-0000"), what="the first answers")
        (tmp_path / "second").mkdir()
        port = int(url.rpartition(":")[2])
        with served(fresh_deployment, tmp_path / "second", workers=workers, port=port) as (second, _, log):
            assert second.wait(PATIENCE_S) not in {0, None}
            assert "address already in use" in log.read_text("utf-8").lower()
        assert first.poll() is None


def test_a_service_that_cannot_start_ends_with_an_error(tmp_path: Path) -> None:
    environment = {"YINXIN_DATABASE_URL": f"sqlite:///{tmp_path / 'index.db'}", "PATH": os.environ["PATH"]}
    program = "import sys; from verifier.cli import run; sys.exit(run(sys.argv[1:]))"
    command = [sys.executable, "-c", program, "serve", "--port", "0", "--workers", "2"]
    done = subprocess.run(command, env=environment, check=False, capture_output=True, timeout=PATIENCE_S)
    assert done.returncode == 64
    assert b"YINXIN_REGISTRY" in done.stderr


@pytest.mark.parametrize("workers", ["0", "x"])
def test_a_number_of_processes_that_makes_no_sense_is_a_usage_mistake(workers: str) -> None:
    from verifier.cli import USAGE, run  # noqa: PLC0415 (the command line, for this alone)

    assert run(["serve", "--workers", workers]) == USAGE

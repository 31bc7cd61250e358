"""Twenty hostile uploads at once leave everybody else their answers: codes soon, and files in their turn."""

from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from statistics import median
from typing import TYPE_CHECKING

import httpx2
import pytest

from tests.verifier.hostile.world import world
from tests.verifier.test_reading import flate_bomb

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CROWD = 20
SOON_S = 1.0
TIMES = 20
"""How much slower than on the idle server an answer may be where the machine itself is slow."""
TIMEOUT_S = 120


@contextmanager
def serving(folder: Path, child_s: float) -> Iterator[str]:
    """Serve the hostile world; yields the address of the API."""
    command = [sys.executable, "-m", "tests.verifier.hostile.served", str(folder), str(child_s)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        # Lines of the log may come first.
        port = next(line.strip() for line in server.stdout if line.strip().isdecimal())
        yield f"http://127.0.0.1:{port}/api/v1/verify"
        server.terminate()
        server.communicate(timeout=TIMEOUT_S)


def client(address: str) -> httpx2.Client:
    """Return one of many clients on this machine: all of 127.0.0.0/8 is ours."""
    return httpx2.Client(transport=httpx2.HTTPTransport(local_address=address), timeout=TIMEOUT_S)


def upload(url: str, address: str, data: bytes) -> tuple[int, str]:
    """Return the status and the verdict, if there is one."""
    with client(address) as somebody:
        answer = somebody.post(url, files={"file": ("a.pdf", data)})
    reports = answer.json().get("reports")
    return answer.status_code, str(reports[0]["verdict"]) if reports else ""


def asked(url: str, times: int) -> list[float]:
    """Return how long each of several questions about a code took."""
    took = []
    with client("127.0.0.9") as somebody:
        for _ in range(times):
            begun = time.monotonic()
            answer = somebody.post(url, json={"code": world().code})
            took.append(time.monotonic() - begun)
            assert answer.json()["reports"][0]["verdict"] == "VALID"
    return took


@pytest.mark.parametrize(("clients", "child_s"), [(1, 5.0), (CROWD, 1.5)])
def test_others_are_answered_while_bombs_are_taken_apart(tmp_path: Path, clients: int, child_s: float) -> None:
    bomb = flate_bomb()
    with serving(tmp_path, child_s) as url, ThreadPoolExecutor(CROWD + 1) as crowd:
        asked(url, 3)
        idle = asked(url, 20)
        bombs = [crowd.submit(upload, url, f"127.0.1.{1 + at % clients}", bomb) for at in range(CROWD)]
        busy, honest = asked(url, 1), None
        while not all(each.done() for each in bombs):
            busy += asked(url, 1)
            if honest is None and clients == 1:
                honest = crowd.submit(upload, url, "127.0.0.8", world().document)
        ends = [each.result() for each in bombs]
        # One client's crowd keeps nobody else's file waiting.
        assert honest is None or honest.result() == (200, "VALID")
    slow = f"idle {median(idle):.3f} s, {max(idle):.3f} s at most; busy {median(busy):.3f} s, {max(busy):.3f} s at most"
    assert median(busy) < max(SOON_S, TIMES * median(idle)), slow
    assert max(busy) < max(SOON_S, TIMES * max(idle)), slow
    # Each is taken apart in its turn, or told to come again later; none of them ends as anything but unreadable.
    assert {end for end in ends if end[0] == 200} == {(200, "UNREADABLE")}
    # How many have to wait at once, and so whether anybody is told so, hangs on how fast the machine takes them in.
    assert {status for status, _ in ends} <= {200, 429 if clients == 1 else 503}

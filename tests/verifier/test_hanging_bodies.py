"""Bodies that hang, over a real server: who sends them holds little, and keeps nobody else waiting."""

from __future__ import annotations

import json
import socket
import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import httpx2
import pytest

from tests.browser.between import standing
from tests.browser.counter import MemoryIndex
from tests.verifier.book import NOW, Book
from verifier.app import make_app
from verifier.routes import bodies
from verifier.routes.turns import MOST_COMING_EACH, MOST_LARGE_EACH
from verifier.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

BULK, VERIFY = "/api/v1/bulk", "/api/v1/verify"
RUDE, OTHER = "192.0.2.1", "192.0.2.2"
SILENCE_S = 2.0
"""Instead of five."""


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Serve behind a proxy that is trusted, so that one machine can be several clients."""
    monkeypatch.setattr(bodies, "_SILENCE_S", SILENCE_S)
    settings = Settings(poll_s=3600, data_dir=tmp_path, trusted_proxies="127.0.0.1")
    with standing(make_app(MemoryIndex(Book(), tmp_path), settings, clock=lambda: NOW)) as server:
        httpx2.get(f"{server.url}/healthz", timeout=30)
        yield server.url


@contextmanager
def begun(url: str, path: str, *, client: str, media_type: str, first: bytes, size: int) -> Iterator[socket.socket]:
    """Send the beginning of a body, and nothing of the rest."""
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        head = f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: {media_type}\r\nContent-Length: {size}\r\n"
        connection.sendall(f"{head}X-Forwarded-For: {client}\r\n\r\n".encode() + first)
        yield connection


def hanging_bulk(url: str, client: str) -> AbstractContextManager[socket.socket]:
    return begun(url, BULK, client=client, media_type="application/json", first=b'{"items": ["', size=10_000)


def answer(connection: socket.socket) -> tuple[int, str]:
    """Return the status, and all that came until the server closed the connection or the whole answer was there."""
    got = b""
    while b"\r\n\r\n" not in got or not got.rstrip().endswith(b"}"):
        piece = connection.recv(65_536)
        if not piece:
            break
        got += piece
    return int(got.split(b" ", 2)[1]), got.decode()


def is_answered(connection: socket.socket) -> bool:
    connection.settimeout(0.01)
    try:
        return bool(connection.recv(1, socket.MSG_PEEK))
    except TimeoutError:
        return False
    finally:
        connection.settimeout(20)


def bulk(url: str, client: str) -> httpx2.Response:
    return httpx2.post(f"{url}{BULK}", json={"items": ["nothing"]}, headers={"X-Forwarded-For": client}, timeout=20)


def test_of_twelve_hanging_bulk_checks_of_one_client_two_hold_a_place_and_others_come_through(url: str) -> None:
    with ExitStack() as stack:
        hanging = [stack.enter_context(hanging_bulk(url, RUDE)) for _ in range(12)]
        until = time.monotonic() + 10
        while sum(map(is_answered, hanging)) < 12 - MOST_LARGE_EACH and time.monotonic() < until:
            pass
        at_once = [each for each in hanging if is_answered(each)]
        assert len(at_once) == 12 - MOST_LARGE_EACH
        status, whole = answer(at_once[0])
        assert (status, "retry-after: " in whole.lower()) == (429, True)
        assert bulk(url, RUDE).status_code == 429
        assert bulk(url, OTHER).status_code == 202
        for each in hanging:
            if each not in at_once:
                status, whole = answer(each)
                assert status == 408
                assert "got 12 bytes of the body and then no more" in whole
                assert "connection: close" in whole.lower()
                assert each.recv(1) == b""
        # What hung had no place among the bulk checks themselves, and gave back the one that it had.
        assert bulk(url, RUDE).status_code == 202


def test_hanging_uploads_of_one_client_leave_others_theirs(url: str) -> None:
    form, first = "multipart/form-data; boundary=x", b"--x\r\n"
    with ExitStack() as stack:
        hanging = [
            stack.enter_context(begun(url, VERIFY, client=RUDE, media_type=form, first=first, size=10_000))
            for _ in range(MOST_COMING_EACH + 1)
        ]
        until = time.monotonic() + 10
        while not any(map(is_answered, hanging)) and time.monotonic() < until:
            pass
        (refused,) = [each for each in hanging if is_answered(each)]
        assert answer(refused)[0] == 429
        file, other = {"file": ("x.txt", b"nothing")}, {"X-Forwarded-For": OTHER}
        assert httpx2.post(f"{url}{VERIFY}", files=file, headers=other, timeout=20).status_code == 200
        assert {answer(each)[0] for each in hanging if each is not refused} == {408}


def test_one_byte_now_and_then_is_no_pace(url: str) -> None:
    with hanging_bulk(url, RUDE) as connection:
        at = time.monotonic()
        while not is_answered(connection) and time.monotonic() < at + 10:
            connection.sendall(b"x")
            time.sleep(SILENCE_S / 5)
        assert answer(connection)[0] == 408
        assert time.monotonic() - at < 3 * SILENCE_S


def test_a_slow_body_that_comes_on_is_taken(url: str) -> None:
    body = json.dumps({"items": ["nothing" + " " * 4_000]}).encode()
    with begun(url, BULK, client=OTHER, media_type="application/json", first=b"", size=len(body)) as connection:
        at, step = time.monotonic(), len(body) // 8
        for place in range(0, len(body), step):
            connection.sendall(body[place : place + step])
            time.sleep(SILENCE_S / 4)
        assert answer(connection)[0] == 202
        assert time.monotonic() - at > SILENCE_S

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
from tests.waiting import wait_until
from verifier.app import make_app
from verifier.routes import incoming
from verifier.routes.turns import MOST_COMING_EACH, MOST_LARGE_EACH
from verifier.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

BULK, VERIFY = "/api/v1/bulk", "/api/v1/verify"
RUDE, OTHER = "192.0.2.1", "192.0.2.2"
PATIENT_S, SILENCE_S = 30.0, 0.5
"""For how long a body may rest while others are looked at, and where that itself is to be seen."""


def patience(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Have bodies that are waited for from now on rest so long, and no longer."""
    monkeypatch.setattr(incoming, "FIRST_S", seconds)
    monkeypatch.setattr(incoming, "SILENCE_S", seconds)


def poke(hanging: Iterable[socket.socket]) -> None:
    """Send one byte more of each body, so that it is waited for anew."""
    for each in hanging:
        each.sendall(b"x")


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Serve behind a proxy that is trusted, so that one machine can be several clients."""
    patience(monkeypatch, PATIENT_S)
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


def test_of_twelve_hanging_bulk_checks_of_one_client_two_hold_a_place_and_others_come_through(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ExitStack() as stack:
        hanging = [stack.enter_context(hanging_bulk(url, RUDE)) for _ in range(12)]
        wait_until(lambda: sum(map(is_answered, hanging)) >= 12 - MOST_LARGE_EACH, what="answers at once")
        at_once = [each for each in hanging if is_answered(each)]
        assert len(at_once) == 12 - MOST_LARGE_EACH
        status, whole = answer(at_once[0])
        assert (status, "retry-after: " in whole.lower()) == (429, True)
        assert bulk(url, RUDE).status_code == 429
        assert bulk(url, OTHER).status_code == 202
        patience(monkeypatch, SILENCE_S)
        held = [each for each in hanging if each not in at_once]
        poke(held)
        for each in held:
            status, whole = answer(each)
            assert status == 408
            assert "got 13 bytes of the body and then no more" in whole
            assert "connection: close" in whole.lower()
            assert each.recv(1) == b""
        # What hung had no place among the bulk checks themselves, and gave back the one that it had.
        assert bulk(url, RUDE).status_code == 202


def test_hanging_uploads_of_one_client_leave_others_theirs(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    form, first = "multipart/form-data; boundary=x", b"--x\r\n"
    with ExitStack() as stack:
        hanging = [
            stack.enter_context(begun(url, VERIFY, client=RUDE, media_type=form, first=first, size=10_000))
            for _ in range(MOST_COMING_EACH + 1)
        ]
        wait_until(lambda: any(map(is_answered, hanging)), what="one is refused")
        (refused,) = [each for each in hanging if is_answered(each)]
        assert answer(refused)[0] == 429
        file, other = {"file": ("x.txt", b"nothing")}, {"X-Forwarded-For": OTHER}
        assert httpx2.post(f"{url}{VERIFY}", files=file, headers=other, timeout=20).status_code == 200
        patience(monkeypatch, SILENCE_S)
        held = [each for each in hanging if each is not refused]
        poke(held)
        assert {answer(each)[0] for each in held} == {408}


def test_one_byte_now_and_then_is_no_pace(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    patience(monkeypatch, SILENCE_S)
    with hanging_bulk(url, RUDE) as connection:
        sent = 0
        until = time.monotonic() + 20
        while not is_answered(connection) and time.monotonic() < until:
            connection.sendall(b"x")
            sent += 1
            time.sleep(SILENCE_S / 10)
        assert answer(connection)[0] == 408
        # Long before the whole body would have come so.
        assert sent < 200


def test_a_slow_body_that_comes_on_is_taken(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    patience(monkeypatch, 2.0)
    body = json.dumps({"items": ["nothing" + " " * 4_000]}).encode()
    with begun(url, BULK, client=OTHER, media_type="application/json", first=b"", size=len(body)) as connection:
        at, step = time.monotonic(), len(body) // 5
        for place in range(0, len(body), step):
            connection.sendall(body[place : place + step])
            time.sleep(0.45)
        assert answer(connection)[0] == 202
        # It rested for longer than any one piece may, altogether.
        assert time.monotonic() - at > 2.0


def test_a_list_of_eight_million_empty_lists_is_refused_as_it_comes(url: str) -> None:
    body = b'{"items":[' + b"[]," * 8_000_000 + b"[]]}"
    answered = httpx2.post(
        f"{url}{BULK}",
        content=body,
        headers={"X-Forwarded-For": RUDE, "Content-Type": "application/json"},
        timeout=60,
    )
    assert answered.status_code == 400
    assert "more than 20000 values, wanted at most so many" in answered.text


def test_what_looks_like_values_within_texts_is_none(url: str) -> None:
    body = json.dumps({"items": ["[{,]}" * 30_000] * 3}).encode()
    answered = httpx2.post(
        f"{url}{BULK}",
        content=body,
        headers={"X-Forwarded-For": RUDE, "Content-Type": "application/json"},
        timeout=60,
    )
    assert answered.status_code == 202

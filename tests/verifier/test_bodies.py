"""Bodies of requests: all of them comes, within its time, or none of it counts."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest
from anyio import run, sleep_forever
from fastapi import Request

from verifier import logs
from verifier.routes import bodies
from verifier.routes.problems import RequestFault

if TYPE_CHECKING:
    from starlette.types import Message


async def _all(request: Request) -> bytes:
    return b"".join([chunk async for chunk in bodies.limited(request, 10)])


def _request(*pieces: bytes, goes_on: bool = False) -> Request:
    """Return a request whose body comes in pieces; one that goes on says that there is more, and then nothing."""
    left = list(pieces)

    async def receive() -> Message:
        if not left:
            await sleep_forever()
        return {"type": "http.request", "body": left.pop(0), "more_body": goes_on or bool(left)}

    return Request({"type": "http", "method": "POST", "headers": []}, receive)


def test_a_whole_body_comes_through() -> None:
    assert run(_all, _request(b"12345", b"67890")) == b"1234567890"


def test_a_body_that_is_too_long_is_refused_while_it_comes() -> None:
    with pytest.raises(RequestFault, match="more than 10 bytes") as caught:
        run(_all, _request(b"12345", b"678901", goes_on=True))
    assert caught.value.status == 413


def test_a_body_that_does_not_come_on_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "_SILENCE_S", 0.05)
    with pytest.raises(RequestFault, match="got 5 bytes of the body and then no more") as caught:
        run(_all, _request(b"12345", goes_on=True))
    assert caught.value.status == 408


def _form(parameters: str) -> Request:
    said = f"multipart/form-data; boundary=x{parameters}".encode("latin-1")
    return Request({"type": "http", "method": "POST", "headers": [(b"content-type", said)]})


@pytest.mark.parametrize("charset", ["undefined", "unicode_escape", "utf-16", "latin-1", "\0", "rot13", "nothing"])
def test_a_form_in_another_charset_than_utf_8_is_refused(charset: str) -> None:
    for written in (f"; charset={charset}", f'; Charset="{charset}"'):
        with pytest.raises(RequestFault, match="wanted utf-8") as caught:
            bodies.require_form(_form(written))
        assert caught.value.status == 400


@pytest.mark.parametrize("said", ["", "; charset=utf-8", "; charset=UTF-8", '; charset="utf8"'])
def test_a_form_in_utf_8_may_say_so(said: str) -> None:
    bodies.require_form(_form(said))


@pytest.mark.parametrize(("name", "value"), [("text", "a\0b"), ("te\0xt", "ab"), ("text", "\ud800")])
def test_a_field_with_what_no_text_has_is_refused(name: str, value: str) -> None:
    with pytest.raises(RequestFault, match="wanted text"):
        bodies.require_text(name, value)


def test_an_accident_is_logged_by_kind_and_place_without_its_words(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info")
    try:
        int("张三")
    except ValueError:
        logging.getLogger("uvicorn.error").exception("Exception in ASGI application")
    said = capsys.readouterr().err
    assert "ValueError in test_an_accident_is_logged" in said
    assert "张三" not in said
    assert said.count("\n") == 1

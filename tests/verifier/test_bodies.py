"""Bodies of requests: all of them comes, within its time, or none of it counts."""

from __future__ import annotations

import json
import logging
import time
from asyncio import get_running_loop
from threading import get_ident
from typing import TYPE_CHECKING

import pytest
from anyio import Event, create_task_group, run, sleep, sleep_forever
from fastapi import Request

from chain import strict_json
from verifier import logs
from verifier.routes import bodies, incoming
from verifier.routes.problems import RequestFault

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.types import Message

    from chain.strict_json import JSON


async def _all(request: Request) -> bytes:
    return b"".join([chunk async for chunk in incoming.limited(request, 10)])


def _request(*pieces: bytes, goes_on: bool = False, headers: Sequence[tuple[bytes, bytes]] = ()) -> Request:
    """Return a request whose body comes in pieces; one that goes on says that there is more, and then nothing."""
    left = list(pieces)

    async def receive() -> Message:
        if not left:
            await sleep_forever()
        return {"type": "http.request", "body": left.pop(0), "more_body": goes_on or bool(left)}

    return Request({"type": "http", "method": "POST", "headers": list(headers)}, receive)


def test_a_whole_body_comes_through() -> None:
    assert run(_all, _request(b"12345", b"67890")) == b"1234567890"


def test_a_body_that_is_too_long_is_refused_while_it_comes() -> None:
    with pytest.raises(RequestFault, match="more than 10 bytes") as caught:
        run(_all, _request(b"12345", b"678901", goes_on=True))
    assert caught.value.status == 413


def test_a_body_that_does_not_come_on_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(incoming, "SILENCE_S", 0.05)
    wanted = "got 5 bytes of the body and then no more, wanted the first within 5 s and all within 600 s, at 1024 bytes"
    with pytest.raises(RequestFault, match=wanted) as caught:
        run(_all, _request(b"12345", goes_on=True))
    assert caught.value.status == 408


def test_a_body_that_never_begins_is_given_up_sooner_than_one_that_rests(monkeypatch: pytest.MonkeyPatch) -> None:
    assert incoming.FIRST_S < 7 < incoming.SILENCE_S
    monkeypatch.setattr(incoming, "FIRST_S", 0.05)
    with pytest.raises(RequestFault, match="got 0 bytes"):
        run(_all, _request())
    rested = _resting(b"12345", b"67890", after=0.2)
    assert run(_all, rested) == b"1234567890"


def _resting(first: bytes, second: bytes, *, after: float) -> Request:
    """Return a request whose second piece comes a while after the first."""
    left = [first, second]

    async def receive() -> Message:
        if len(left) == 1:
            await sleep(after)
        return {"type": "http.request", "body": left.pop(0), "more_body": bool(left)}

    return Request({"type": "http", "method": "POST", "headers": []}, receive)


def test_a_body_that_came_while_the_service_stood_still_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(incoming, "SILENCE_S", 0.2)

    taken: list[bytes] = []

    async def take() -> None:
        has_come = Event()
        left = [b"12345", b"67890"]

        async def receive() -> Message:
            if len(left) == 1:
                await has_come.wait()
            return {"type": "http.request", "body": left.pop(0), "more_body": bool(left)}

        async def stand_still() -> None:
            await sleep(0.05)
            time.sleep(0.5)  # noqa: ASYNC251 (that is what is to be seen through)
            # Only what the loop does next reads it.
            get_running_loop().call_soon(has_come.set)

        async with create_task_group() as group:
            group.start_soon(stand_still)
            taken.append(await _all(Request({"type": "http", "method": "POST", "headers": []}, receive)))

    run(take)
    assert taken == [b"1234567890"]


async def _json(request: Request) -> JSON:
    return await incoming.json_of(request, 10_000, most_values=6)


@pytest.mark.parametrize(
    "text",
    [
        '{"items": ["a", "b", "c"]}',
        r'{"items": ["[[[[[[[[,,,,{{{{\"[[[[,,,,", "\\", "\\\",,,,,,,,,["]}',
        r'"\n\u005b\\\\,,,,,,,,,,,,"',
        "[1, 2, 3, 4, [5]]",
    ],
)
def test_json_of_few_values_comes_through_wherever_it_is_cut(text: str) -> None:
    data = text.encode()
    for place in range(1, len(data)):
        assert run(_json, _request(data[:place], data[place:])) == json.loads(text)


@pytest.mark.parametrize(
    "text", ["[[],[],[],[]]", "[1,2,3,4,5,6,7]", "[{},{},{},{}]", '["","",{},{},{}]', '""' * 8, '[{"a":[[{}]]},7,8,9]']
)
def test_json_of_too_many_values_is_refused_before_it_is_parsed(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strict_json, "parse", None)
    data = text.encode()
    for place in range(1, len(data)):
        with pytest.raises(RequestFault, match="more than 6 values, wanted at most so many"):
            run(_json, _request(data[:place], data[place:]))


def test_much_json_is_parsed_where_nobody_waits_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed_in: list[int] = []

    def parse(data: bytes) -> JSON:
        parsed_in.append(get_ident())
        return len(data)

    monkeypatch.setattr(strict_json, "parse", parse)

    async def take(size: int) -> JSON:
        return await incoming.json_of(_request(b'"' + b"a" * size + b'"'), 200_000, most_values=6)

    assert (run(take, 100), run(take, 100_000)) == (102, 100_002)
    assert parsed_in[0] == get_ident() != parsed_in[1]


def test_a_backslash_outside_of_a_text_hides_no_values() -> None:
    for data in (b'\\"" [[],[],[],[],[],[],[],[]]', b"[1, \\]", b"\\\\"):
        with pytest.raises(RequestFault, match="not strict JSON: a backslash outside") as caught:
            run(_json, _request(data[:1], data[1:]))
        assert caught.value.status == 400


def _form(parameters: str) -> Request:
    said = f"multipart/form-data; boundary=x{parameters}".encode("latin-1")
    return Request({"type": "http", "method": "POST", "headers": [(b"content-type", said)]})


@pytest.mark.parametrize("charset", ["undefined", "unicode_escape", "utf-16", "latin-1", "\0", "rot13", "nothing"])
def test_a_form_in_another_charset_than_utf_8_is_refused(charset: str) -> None:
    for written in (f"; charset={charset}", f'; Charset="{charset}"'):
        with pytest.raises(RequestFault, match="wanted utf-8") as caught:
            bodies.require_form(_form(written))
        assert caught.value.status == 415


@pytest.mark.parametrize("said", ["", "; charset=utf-8", "; charset=UTF-8", '; charset="utf8"'])
def test_a_form_in_utf_8_may_say_so(said: str) -> None:
    bodies.require_form(_form(said))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (b"content-type", b"application/json; charset=gbk"),
        (b"content-type", b'application/json; Charset="utf-16"'),
        (b"content-encoding", b"gzip"),
        (b"content-encoding", b"br, identity"),
    ],
)
def test_json_that_is_said_to_be_written_otherwise_is_refused_though_it_could_be_read(
    name: bytes, value: bytes
) -> None:
    body = "证".encode("gbk")
    assert len(body.decode()) == 1  # Which says something else.
    with pytest.raises(RequestFault, match="wanted") as caught:
        run(_json, _request(b'"' + body + b'"', headers=[(name, value)]))
    assert caught.value.status == 415
    good = [(b"content-type", b"application/json; charset=UTF-8"), (b"content-encoding", b"identity")]
    assert run(_json, _request(b'"x"', headers=good)) == "x"


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

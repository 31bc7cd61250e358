"""Takes a request's body as it comes in: so much of it, at such a pace, and JSON of no more values than are wanted."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from anyio import to_thread
from python_multipart.multipart import parse_options_header
from starlette.requests import ClientDisconnect

from chain import strict_json
from verifier.routes.problems import RequestFault

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping

    from fastapi import Request

    from chain.strict_json import JSON

FIRST_S, SILENCE_S, WHOLE_S = 5.0, 15.0, 600.0
"""How long the first piece of a body may take, the next one, and all of it: it is held in memory meanwhile.

A telephone whose packet was lost rests for seven seconds and more, through no fault of whoever holds it.
"""
_PACE = 1024
"""Bytes a second, over all of the body: who sends one byte now and then holds a place as long as who sends nothing."""
_LATE_S = 0.1
"""By so much the event loop may wake us too late before that counts as a stand of its own."""
_QUICK = 64 * 1024
"""Bytes of JSON that are parsed at once; more would keep everybody else waiting."""
_UTF_8 = frozenset({"utf-8", "utf8"})
_SHOWN, _MEMBERS = 40, 6
"""How much of a name, and how many of them, a sentence about a fault has."""
_MARKS = (b"[", b"{", b",")
"""Before each value of a list or an object stands one of them; in texts they mean nothing."""


async def limited(request: Request, most: int) -> AsyncGenerator[bytes, None]:
    """Yield the body as it comes; raises `RequestFault` as soon as there is too much of it, or it does not come on.

    What lies unread because the service itself stood still is not the client's delay. Raises `ClientDisconnect`.
    """
    now = asyncio.get_running_loop().time
    size, begun, more = 0, now(), True
    while more:
        rest = SILENCE_S if size else FIRST_S
        until = min(now() + rest, begun + min(rest + size / _PACE, WHOLE_S))
        try:
            # Anyio's own scopes take a twentieth of the time of a verdict.
            async with asyncio.timeout_at(until):
                # Not `request.stream()`: a generator that was interrupted once says that there is no more.
                message = await request.receive()
        except TimeoutError as exc:
            if (late := now() - until) > _LATE_S:
                # And so much again, in which what lies there is taken.
                begun += late + _LATE_S
                continue
            raise RequestFault(408, f"got {size} bytes of the body and then no more, wanted {_wanted()}") from exc
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunk, more = message.get("body", b""), message.get("more_body", False)
        size += len(chunk)
        if size > most:
            raise RequestFault(413, f"got a body of more than {most} bytes, wanted at most so many")
        if chunk:
            yield chunk


def _wanted() -> str:
    return (
        f"the first within {FIRST_S:g} s and all within {WHOLE_S:g} s, "
        f"at {_PACE} bytes a second or more and without a rest of {SILENCE_S:g} s"
    )


async def json_of(request: Request, most: int, *, most_values: int) -> JSON:
    """Return a body of strict JSON, so many bytes and values at most; raises `RequestFault`.

    Read by our own parser: the framework's takes the last of two equal members, NaN and other encodings.
    """
    require_plain(request)
    count, body = _Values(most_values), bytearray()
    async for piece in limited(request, most):
        count.take(piece)
        body += piece
    data = bytes(body)
    try:
        return strict_json.parse(data) if len(data) <= _QUICK else await to_thread.run_sync(strict_json.parse, data)
    except ValueError as exc:
        if not data:
            raise RequestFault(400, "got an empty body, wanted JSON") from exc
        raise RequestFault(400, f"got a body that is not strict JSON: {exc}; wanted one value, in UTF-8") from exc


def require_plain(request: Request) -> None:
    """Raise `RequestFault` for a body that says of itself that it is packed, or no UTF-8.

    Nothing here is unpacked, and what another charset writes may be UTF-8 by chance, with other characters.
    """
    coding = request.headers.get("content-encoding", "identity")
    if coding.strip().lower() not in {"", "identity"}:
        raise RequestFault(415, f"got a body with the content coding {coding[:_SHOWN]!r}, wanted one without")
    media_type = request.headers.get("content-type", "")
    if ";" not in media_type:
        return
    charset = parse_options_header(media_type)[1].get(b"charset", b"utf-8").decode("latin-1")
    if charset.lower() not in _UTF_8:
        raise RequestFault(415, f"got a body in the charset {charset[:_SHOWN]!r}, wanted utf-8")


def kind_of(value: JSON) -> str:
    """Return what a value of JSON is, as JSON calls it."""
    match value:
        case None:
            return "null"
        case bool():
            return "a truth value"
        case int():
            return "a number"
        case str():
            return "a text"
        case dict():
            return "an object"
        case _:
            return "a list"


def members_of(value: Mapping[str, JSON]) -> str:
    """Return which members an object has, and what they are, as far as that fits into a sentence."""
    said = (f"{name[:_SHOWN]} ({kind_of(each)})" for name, each in sorted(value.items())[:_MEMBERS])
    return "an object of " + (", ".join(said) or "nothing")


class _Values:
    """Counts the values of JSON as it comes, before any is made: each takes much more room than its two bytes."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._marks = self._quotes = 0
        self._cut = b""

    def take(self, piece: bytes) -> None:
        """Count one more piece; raises `RequestFault` if there are too many."""
        data = self._cut + piece
        self._cut = b"\\" if (len(data) - len(data.rstrip(b"\\"))) % 2 else b""
        whole = data.removesuffix(self._cut)
        plain = whole.replace(rb"\\", rb"\_").replace(rb"\"", rb"\_")
        quotes = plain.count(b'"')
        if self._quotes + quotes > 2 * self._most + 2:
            self._refuse()
        for outside in plain.split(b'"')[self._quotes % 2 :: 2]:
            self._marks += sum(map(outside.count, _MARKS))
            if b"\\" in outside:
                raise RequestFault(400, "got a body that is not strict JSON: a backslash outside of a text")
        self._quotes += quotes
        if self._marks > self._most:
            self._refuse()

    def _refuse(self) -> None:
        raise RequestFault(400, f"got JSON of more than {self._most} values, wanted at most so many")

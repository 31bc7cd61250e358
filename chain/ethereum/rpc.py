"""JSON-RPC over one kept-alive HTTP connection.

Nothing here retries, follows redirects or guesses: a request is sent once, and whatever is not a proper answer to it
raises `RegistryUnavailable` naming the method and what came instead. web3 is not used, because its formatters cost
milliseconds per call, refuse the headers of proof-of-authority chains and retry what must be sent once.
"""

from __future__ import annotations

import base64
import json
import math
import select
import threading
import time
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import TYPE_CHECKING, TypeVar, cast
from urllib.parse import urlsplit

from chain.errors import RegistryMismatch, RegistryUnavailable
from chain.ethereum.wire import Json, member, quantity, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from http.client import HTTPResponse

T = TypeVar("T")

_HTTP_OK = 200
_CHUNK = 1 << 16
_MOST_BYTES = 1 << 28
"""An answer beyond this is not read to its end; a block range that large should have been split."""


class NodeError(RegistryUnavailable):
    """A well-formed answer that is an error object; says `code`, `message` and `data` as the node did."""

    def __init__(self, method: str, *, code: int, message: str, data: Json) -> None:
        # It goes to terminals, and whoever runs the node must not steer those.
        shown = "".join(character if character.isprintable() else "�" for character in message)
        super().__init__(f"{method}: the node answered with error {code}: {shown}")
        self.method = method
        self.code = code
        self.message = message
        self.data = data


@dataclass(frozen=True, slots=True)
class Request:
    """One call of a method."""

    method: str
    params: tuple[Json, ...] = ()


class Rpc:
    """A node's JSON-RPC endpoint. Safe to share between threads: one request is on its way at a time."""

    def __init__(
        self,
        url: str,
        *,
        timeout_s: float = 10.0,
        batch_size: int = 100,
        chain_id: int | None = None,
        until: Callable[[], float] = lambda: math.inf,
    ) -> None:
        """`timeout_s` bounds a whole request; with `chain_id`, every new connection is asked for it first.

        From what `until` tells on, by the monotonic clock, nothing is asked any more, and no answer waited for.
        """
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise RegistryUnavailable(f"got {shown(url)} as a node's address, wanted http://… or https://…")
        self.name = f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname
        """Without path and credentials, which may be secrets."""
        self._secure = parts.scheme == "https"
        self._host, self._port = parts.hostname, parts.port
        self._path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if parts.username is not None:
            pair = f"{parts.username}:{parts.password or ''}".encode()
            self._headers["Authorization"] = "Basic " + base64.b64encode(pair).decode()
        self._timeout_s, self._until = timeout_s, until
        self._batch_size = max(1, batch_size)
        self._chain_id = chain_id
        self._lock = threading.Lock()
        self._connection: HTTPConnection | None = None
        self._last_id = 0

    def ask(self, method: str, *params: Json) -> Json:
        """Call one method; raises `NodeError` if the node answers with an error object."""
        with self._lock:
            self._connect(method)
            return self._call(Request(method, params))

    def ask_all(self, requests: Sequence[Request]) -> list[Json]:
        """Call many methods in as few HTTP requests as the node allows; the first error object raises."""
        answers: list[Json] = []
        with self._lock:
            for start in range(0, len(requests), self._batch_size):
                part = requests[start : start + self._batch_size]
                self._connect(part[0].method)
                answers += [self._call(part[0])] if len(part) == 1 else self._call_batch(part)
        return answers

    def close(self) -> None:
        """Close the connection; the next call opens another."""
        with self._lock:
            self._drop()

    def __del__(self) -> None:
        """Close the connection of a client that was let go, so that no socket is left to the garbage collector."""
        if getattr(self, "_connection", None) is not None:
            self._drop()

    # The connection.

    def _connect(self, method: str) -> None:
        """Make sure there is a live connection to the right chain."""
        if self._connection is not None and not _has_gone_stale(self._connection):
            return
        self._drop()
        self._open(method)
        if self._chain_id is None:
            return
        try:
            got = quantity(self._call(Request("eth_chainId")), "eth_chainId")
        except RegistryUnavailable:
            self._drop()
            raise
        if got != self._chain_id:
            self._drop()
            raise RegistryMismatch(f"{self.name} serves chain {got}, wanted chain {self._chain_id}")
        if self._connection is None:
            self._open(method)  # The node closes every connection after one answer.

    def _open(self, method: str) -> None:
        kind = HTTPSConnection if self._secure else HTTPConnection
        self._connection = kind(self._host, self._port, timeout=self._time_left(method))
        try:
            self._connection.connect()
        except OSError as exc:
            self._drop()
            raise RegistryUnavailable(f"{method}: no connection to {self.name}: {exc}") from exc

    def _time_left(self, method: str) -> float:
        """Return how long this one request may take, in seconds."""
        time_left = min(self._timeout_s, self._until() - time.monotonic())
        if time_left <= 0:
            raise RegistryUnavailable(f"{method}: {self.name} took too long with all that was asked before")
        return time_left

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    # One exchange.

    def _call(self, request: Request) -> Json:
        number = self._next_id()
        answer = self._exchange(request.method, _as_json(request, number))
        if not isinstance(answer, dict) or answer.get("id") != number:
            raise self._strange(request.method, answer, f"an answer with id {number}")
        return self._result(request.method, answer)

    def _call_batch(self, requests: Sequence[Request]) -> list[Json]:
        method = requests[0].method
        numbers = [self._next_id() for _ in requests]
        answer = self._exchange(
            method, [_as_json(request, number) for request, number in zip(requests, numbers, strict=True)]
        )
        if isinstance(answer, dict) and "error" in answer:
            # A node that refuses a batch as a whole answers with one object, whose id is null.
            return [self._result(method, answer)]
        by_id: dict[Json, dict[str, Json]] = {}
        for entry in answer if isinstance(answer, list) else []:
            if isinstance(entry, dict) and isinstance(entry.get("id"), int):
                by_id[entry["id"]] = entry
        if set(by_id) != set(numbers):
            raise self._strange(method, answer, f"{len(numbers)} answers with the ids asked for")
        return [self._result(request.method, by_id[number]) for request, number in zip(requests, numbers, strict=True)]

    def _exchange(self, method: str, body: Json) -> Json:
        """Send a body and return what came back as JSON; on any fault the connection is given up."""
        connection = self._connection
        if connection is None:  # Only after close() by another path; the lock makes it impossible while calling.
            raise RegistryUnavailable(f"{method}: the connection to {self.name} is closed")
        time_left = self._time_left(method)
        deadline = time.monotonic() + time_left
        try:
            if connection.sock is not None:
                connection.sock.settimeout(time_left)
            connection.request("POST", self._path, json.dumps(body, separators=(",", ":")).encode(), self._headers)
            response = connection.getresponse()
            content = _read(response, deadline)
        except (OSError, HTTPException) as exc:
            self._drop()
            reason = str(exc) or type(exc).__name__
            raise RegistryUnavailable(f"{method}: {self.name} did not answer: {reason}") from exc
        if response.will_close:
            self._drop()
        if response.status != _HTTP_OK:
            raise self._strange(method, content[:200], f"HTTP 200 (got {response.status})")
        try:
            return cast("Json", json.loads(content))
        except (ValueError, RecursionError) as exc:
            raise self._strange(method, content[:200], "JSON") from exc

    def _result(self, method: str, answer: dict[str, Json]) -> Json:
        error = answer.get("error")
        if error is not None:
            code = error.get("code") if isinstance(error, dict) else None
            if not isinstance(error, dict) or not isinstance(code, int):
                raise self._strange(method, answer, "an error with a code")
            raise NodeError(method, code=code, message=str(error.get("message", "")), data=error.get("data"))
        return member(answer, "result", f"{method} at {self.name}")

    def _strange(self, method: str, got: object, wanted: str) -> RegistryUnavailable:
        """Give up the connection, whose next answer may belong to this question; return what to raise."""
        self._drop()
        return RegistryUnavailable(f"{method}: {self.name} answered {shown(got)}, wanted {wanted}")

    def _next_id(self) -> int:
        self._last_id += 1
        return self._last_id


def _as_json(request: Request, number: int) -> Json:
    return {"jsonrpc": "2.0", "id": number, "method": request.method, "params": list(request.params)}


def _has_gone_stale(connection: HTTPConnection) -> bool:
    """Whether the node closed the connection while it was idle, or sent what nobody asked for."""
    if connection.sock is None:
        return True
    readable, _, _ = select.select([connection.sock], [], [], 0)
    return bool(readable)


def _read(response: HTTPResponse, deadline: float) -> bytes:
    """Read an answer, however slowly it drips, until the deadline."""
    parts: list[bytes] = []
    size = 0
    while part := response.read1(_CHUNK):
        parts.append(part)
        size += len(part)
        if size > _MOST_BYTES:
            raise HTTPException(f"the answer is longer than {_MOST_BYTES} bytes")
        if time.monotonic() > deadline:
            raise TimeoutError("the answer took too long")
    if response.length:
        raise HTTPException(f"the answer ended {response.length} bytes too early")
    response.close()  # Frees the connection for the next request; it does not close it.
    return b"".join(parts)

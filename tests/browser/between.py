"""What stands between a page and a verifier: it hears all that is asked, may change what is answered, and may go."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import uvicorn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, MutableMapping
    from typing import Any, TypeAlias

    from starlette.types import ASGIApp, Receive, Scope, Send

    Lie: TypeAlias = "Callable[[str, bytes], bytes | None]"
    """From a path and the answer's body to another body; None cuts the connection in its midst."""
    _Message: TypeAlias = MutableMapping[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it came."""

    method: str
    target: str
    """Path and query."""
    headers: str
    body: bytes

    @property
    def whole(self) -> str:
        """All of it, in one text."""
        return f"{self.method} {self.target}\n{self.headers}\n\n{self.body.decode(errors='replace')}"


@dataclass
class Between:
    """An application before another: it writes down every request, and lies when it is told to."""

    app: ASGIApp
    asked: list[Asked] = field(default_factory=list)
    lie: Lie | None = None
    hangs: Callable[[str], bool] | None = None
    """At which paths nothing is ever answered."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        body = await _body_of(receive)
        query = scope["query_string"].decode()
        headers = "\n".join(f"{name.decode()}: {value.decode()}" for name, value in scope["headers"])
        self.asked.append(Asked(scope["method"], f"{scope['path']}?{query}" if query else scope["path"], headers, body))
        if self.hangs is not None and self.hangs(scope["path"]):
            while (await receive())["type"] != "http.disconnect":
                pass
            return
        given = iter([{"type": "http.request", "body": body, "more_body": False}])

        async def again() -> _Message:
            return next(given, None) or await receive()

        if self.lie is None:
            await self.app(scope, again, send)
            return
        parts: list[_Message] = []

        async def collect(message: _Message) -> None:
            parts.append(message)

        await self.app(_without_conditions(scope), again, collect)
        answer = b"".join(part.get("body", b"") for part in parts[1:])
        changed = self.lie(scope["path"], answer)
        headers_of_answer = [pair for pair in parts[0]["headers"] if pair[0] not in {b"content-length", b"etag"}]
        length = len(answer if changed is None else changed)
        headers_of_answer.append((b"content-length", str(length).encode()))
        await send({**parts[0], "headers": headers_of_answer})
        if changed is None:
            # Half of it, and then nothing: the server closes a connection that was promised more.
            await send({"type": "http.response.body", "body": answer[: length // 2], "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            return
        await send({"type": "http.response.body", "body": changed, "more_body": False})


class Standing:
    """A server at one address, which can be stopped and started again there."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._port = 0
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Where it stands, or stood."""
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Begin to listen."""
        listening = socket.socket()
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", self._port))
        # The server only does so in a while; until then whoever connects is refused.
        listening.listen()
        self._port = listening.getsockname()[1]
        self._server = uvicorn.Server(
            uvicorn.Config(self._app, log_config=None, access_log=False, timeout_graceful_shutdown=1)
        )
        self._thread = threading.Thread(target=self._run, args=(listening,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Listen no more, and let go of every connection."""
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join()
        self._server = self._thread = None

    def _run(self, listening: socket.socket) -> None:
        assert self._server is not None
        with listening:
            self._server.run(sockets=[listening])


@contextmanager
def standing(app: ASGIApp) -> Iterator[Standing]:
    """Serve an application until the end of the block."""
    server = Standing(app)
    server.start()
    try:
        yield server
    finally:
        server.stop()


async def _body_of(receive: Receive) -> bytes:
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


def _without_conditions(scope: Scope) -> Scope:
    """Return a request for the whole: «not modified» leaves nothing to change."""
    headers = [(name, value) for name, value in scope["headers"] if name != b"if-none-match"]
    return {**scope, "headers": headers}

"""What every answer has, foreseen or not: a number, strict headers, a bound on what was asked, and words."""

from __future__ import annotations

import traceback
from secrets import token_hex
from typing import TYPE_CHECKING

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException

from issuer.routes.problems import problem

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_log = structlog.get_logger()

_HEADERS = {
    # Claims, documents and keys' holders are nobody's but the officer's who asked.
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Frame:
    """The outermost layer of ours around the application."""

    def __init__(self, app: ASGIApp, *, max_body_size: int) -> None:
        self._app = app
        self._most = max_body_size

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; see the module."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = token_hex(8)
        scope.setdefault("state", {})["request_id"] = request_id
        has_begun = False
        came = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal has_begun
            if message["type"] == "http.response.start":
                has_begun = True
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                headers["X-Request-Id"] = request_id
            await send(message)

        async def receive_so_much() -> Message:
            nonlocal came
            message = await receive()
            came += len(message.get("body", b""))
            if came > self._most:
                raise HTTPException(413, self._too_large())
            return message

        said = Headers(scope=scope).get("content-length", "")
        if said.isdigit() and int(said) > self._most:
            await problem(413, self._too_large(), request_id=request_id)(scope, receive, send_with_headers)
            return
        try:
            await self._app(scope, receive_so_much, send_with_headers)
        except Exception as error:  # noqa: BLE001 — whoever asked gets an answer, whatever happens
            # Neither the exception's text nor what was asked: both may be about a person.
            _log.error("unforeseen", request=request_id, error=type(error).__name__, where=_places(error))
            if not has_begun:
                answer = problem(500, "something unforeseen happened; it was logged", request_id=request_id)
                await answer(scope, receive, send_with_headers)

    def _too_large(self) -> str:
        return f"the body is larger than {self._most} bytes; split the file"


def _places(error: Exception) -> list[str]:
    """Return where an accident happened, outermost first: the places in our code, then the innermost of all."""
    frames = traceback.extract_tb(error.__traceback__)
    shown = [each for each in frames[:-1] if "site-packages" not in each.filename] + frames[-1:]
    return [f"{each.filename}:{each.lineno}" for each in shown]

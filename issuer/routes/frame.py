"""What every answer has, foreseen or not: a number, strict headers, a bound on what was asked, and words."""

from __future__ import annotations

import traceback
from secrets import token_hex
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import structlog
from python_multipart.multipart import parse_options_header
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException

from issuer.routes.problems import problem

if TYPE_CHECKING:
    from collections.abc import Callable

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


_PAGE_HEADERS = {
    # Script and style are files of ours; nothing in a page runs or is styled by itself.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "font-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    # Our own pages may know which of them was left, to come back to it; nobody else.
    "Referrer-Policy": "same-origin",
}
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_LONGEST_PATH = 2_000
_MOST_DIGITS = 18


def _no_page(_scope: Scope, _status: int) -> ASGIApp | None:
    return None


class Frame:
    """The outermost layer of ours around the application."""

    def __init__(
        self, app: ASGIApp, *, max_body_size: int, page: Callable[[Scope, int], ASGIApp | None] = _no_page
    ) -> None:
        """`page` makes the page for a status code, where people are to get one instead of problem details."""
        self._app = app
        self._most = max_body_size
        self._page = page

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
                is_page = headers.get("content-type", "").startswith("text/html")
                for name, value in {**_HEADERS, **(_PAGE_HEADERS if is_page else {})}.items():
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

        refusal = self._refusal(scope)
        if refusal is not None:
            status, words = refusal
            answer = self._page(scope, status) or problem(status, words, request_id=request_id)
            await answer(scope, receive, send_with_headers)
            return
        try:
            await self._app(scope, receive_so_much, send_with_headers)
        except Exception as error:  # noqa: BLE001 — whoever asked gets an answer, whatever happens
            # Neither the exception's text nor what was asked: both may be about a person.
            _log.error("unforeseen", request=request_id, error=type(error).__name__, where=_places(error))
            if not has_begun:
                words = "something unforeseen happened; it was logged"
                answer = self._page(scope, 500) or problem(500, words, request_id=request_id)
                await answer(scope, receive, send_with_headers)

    def _refusal(self, scope: Scope) -> tuple[int, str] | None:
        """Return (status, words) for what is not even begun."""
        headers = Headers(scope=scope)
        said = headers.get("content-length", "")
        if said.isdigit() and (len(said) > _MOST_DIGITS or int(said) > self._most):
            return 413, self._too_large()
        if len(scope["path"]) > _LONGEST_PATH:
            return 404, f"path: got {len(scope['path'])} characters, wanted one of ours, which have less"
        if not _is_utf8(headers.get("content-type", "")):
            return 415, "the form's text is in another encoding; wanted UTF-8"
        if _comes_from_elsewhere(scope):
            return 403, "the request was made by another site's page; open this service's own page"
        return None

    def _too_large(self) -> str:
        return f"the body is larger than {self._most} bytes; split the file"


def _comes_from_elsewhere(scope: Scope) -> bool:
    """Whether another site's page had a browser send something that may change things here.

    As Go's `http.CrossOriginProtection` decides: browsers say where a request comes from in `Sec-Fetch-Site`, older
    ones in `Origin`; programs that are no browsers say neither, and carry no cookies of somebody's.
    """
    if scope["method"] in _SAFE:
        return False
    headers = Headers(scope=scope)
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None:
        return site not in {"same-origin", "none"}
    if origin is None:
        return False
    try:
        return urlsplit(origin).netloc != headers.get("host", "")
    except ValueError:
        return True


def _is_utf8(content_type: str) -> bool:
    """Whether a form's text is in UTF-8, as browsers send it; other encodings can say what is no text at all."""
    kind, options = parse_options_header(content_type)
    charset = options.get(b"charset", b"utf-8").lower()
    return kind != b"multipart/form-data" or charset in {b"utf-8", b"utf8"}


def _places(error: Exception) -> list[str]:
    """Return where an accident happened, outermost first: the places in our code, then the innermost of all."""
    frames = traceback.extract_tb(error.__traceback__)
    shown = [each for each in frames[:-1] if "site-packages" not in each.filename] + frames[-1:]
    return [f"{each.filename}:{each.lineno}" for each in shown]

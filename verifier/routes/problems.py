"""Faults of a request, as RFC 9457 problem details."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.routing import Match, Mount

from chain.errors import InvalidInput
from verifier.register import RegisterUnanswerable
from verifier.routes.rendering import language_in, rendered
from verifier.routes.turns import RETRY_AFTER_S, Crowded
from verifier.value_faults import told

if TYPE_CHECKING:
    from fastapi import FastAPI
    from fastapi.responses import Response
    from starlette.routing import BaseRoute
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_FOR_PROGRAMS = "/api/"
MEDIA_TYPE = "application/problem+json"
_SHOWN, _SHOWN_PATH = 20, 80
_PAGES: dict[int, str] = {
    HTTPStatus.NOT_FOUND: "page.not_found",
    # An address that only takes forms is none to go back to, either.
    HTTPStatus.METHOD_NOT_ALLOWED: "page.not_found",
    HTTPStatus.SERVICE_UNAVAILABLE: "page.not_now",
}
"""What somebody who reads pages is told, by what the keys of its sentences begin with."""


class RequestFault(Exception):
    """What is wrong with a request; says what was got and what was wanted."""

    def __init__(self, status: int, detail: str, *, page: str = "") -> None:
        """`page` is what the keys of a page's sentences begin with, where people may ask for this."""
        super().__init__(detail)
        self.status, self.detail, self.page = status, detail, page


def add_to(app: FastAPI) -> None:
    """Have the application answer with problems."""
    app.add_exception_handler(RequestFault, _fault)
    app.add_exception_handler(InvalidInput, _invalid)
    app.add_exception_handler(RequestValidationError, _not_understood)
    app.add_exception_handler(Crowded, _crowded)
    app.add_exception_handler(RegisterUnanswerable, _unanswerable)
    app.add_exception_handler(HTTPException, _http)


class Unforeseen:
    """Answers what nobody foresaw.

    The framework's own handler of exceptions stands outside of all middleware: what it sent would lack the headers that
    let other origins read an answer, and those that keep browsers strict. The exception goes on to the server's log.
    """

    def __init__(self, app: ASGIApp) -> None:
        """It is to stand within what gives answers their headers."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        has_begun = False

        async def send_and_note(message: Message) -> None:
            nonlocal has_begun
            has_begun = has_begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, send_and_note)
        except Exception as exc:
            if scope["type"] == "http" and not has_begun:
                await _unforeseen(Request(scope), exc)(scope, receive, send)
            raise


def problem(request: Request, status: int, detail: str) -> JSONResponse:
    """Return a problem."""
    return JSONResponse(
        {
            "type": "about:blank",
            "title": HTTPStatus(status).phrase,
            "status": status,
            "detail": detail,
            "request_id": getattr(request.state, "request_id", ""),
        },
        status_code=status,
        media_type=MEDIA_TYPE,
    )


def _fault(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestFault):
        return _unforeseen(request, error)
    if error.page and _is_a_persons(request):
        return _page(request, error.status, error.page)
    return problem(request, error.status, error.detail)


def _invalid(request: Request, error: Exception) -> JSONResponse:
    return problem(request, HTTPStatus.UNPROCESSABLE_ENTITY, str(error))


def _not_understood(request: Request, error: Exception) -> JSONResponse:
    details = error.errors() if isinstance(error, RequestValidationError) else ()
    said = "; ".join(told(each, name=".".join(map(str, each["loc"][1:]))) for each in details)
    return problem(request, HTTPStatus.UNPROCESSABLE_ENTITY, said)


def _crowded(request: Request, error: Exception) -> JSONResponse:
    status = error.status if isinstance(error, Crowded) else HTTPStatus.SERVICE_UNAVAILABLE
    return _for_later(request, status, error)


def _unanswerable(request: Request, error: Exception) -> JSONResponse:
    return _for_later(request, HTTPStatus.SERVICE_UNAVAILABLE, error)


def _for_later(request: Request, status: int, error: Exception) -> JSONResponse:
    answer = problem(request, status, str(error))
    answer.headers["Retry-After"] = str(RETRY_AFTER_S)
    return answer


def _http(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        return _unforeseen(request, error)
    status, headers = error.status_code, dict(error.headers or {})
    detail = str(error.detail)
    if status == HTTPStatus.NOT_FOUND:
        detail = f"got the address {request.url.path[:_SHOWN_PATH]!r}, wanted one where there is something"
    elif status == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(sorted(_allowed(request)))
        detail = f"got the method {request.method[:_SHOWN]}, wanted one of: {headers['Allow']}"
    said = _PAGES.get(status) if _is_a_persons(request) else None
    answer = problem(request, status, detail) if said is None else _page(request, status, said)
    answer.headers.update(headers)
    return answer


def _page(request: Request, status: int, said: str) -> Response:
    """Return a page that leads back to the first one; `said` is what the keys of its sentences begin with."""
    return rendered(request, "no_page.html", language_in(request.query_params.get("lang")), status, said=said)


def _is_a_persons(request: Request) -> bool:
    """Whether somebody who reads pages asks, not a program."""
    return "text/html" in request.headers.get("accept", "") and not request.url.path.startswith(_FOR_PROGRAMS)


def _allowed(request: Request) -> set[str]:
    """Return all methods that this address takes; the framework tells those of the first route that has it."""
    # Where files are mounted the framework has moved the request's root there by now.
    root = request.scope.get("app_root_path", request.scope.get("root_path", ""))
    scopes = {method: {**request.scope, "method": method, "root_path": root} for method in _METHODS}
    allowed = {
        method
        for method, scope in scopes.items()
        if any(route.matches(scope)[0] is Match.FULL and _takes(route, method) for route in request.app.routes)
    }
    return allowed | ({"HEAD"} if "GET" in allowed else set())


def _takes(route: BaseRoute, method: str) -> bool:
    """Whether a route that leads there takes this method; what is mounted are files, and says so itself too late."""
    return method == "GET" or not isinstance(route, Mount)


_METHODS = ("DELETE", "GET", "OPTIONS", "PATCH", "POST", "PUT")


def _unforeseen(request: Request, _error: Exception) -> Response:
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    if _is_a_persons(request):
        return _page(request, status, "page.unforeseen")
    return problem(request, status, "something unforeseen happened; it was logged")

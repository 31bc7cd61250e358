"""Faults of a request, as RFC 9457 problem details."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

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
    from fastapi import FastAPI, Request
    from fastapi.responses import Response
    from starlette.routing import BaseRoute

_FOR_PROGRAMS = "/api/"
MEDIA_TYPE = "application/problem+json"
_SHOWN, _SHOWN_PATH = 20, 80
_NO_PAGES = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED})
"""Where somebody who reads pages finds none: an address that only takes forms is none to go back to, either."""


class RequestFault(Exception):
    """What is wrong with a request; says what was got and what was wanted."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status, self.detail = status, detail


def add_to(app: FastAPI) -> None:
    """Have the application answer with problems."""
    app.add_exception_handler(RequestFault, _fault)
    app.add_exception_handler(InvalidInput, _invalid)
    app.add_exception_handler(RequestValidationError, _not_understood)
    app.add_exception_handler(Crowded, _crowded)
    app.add_exception_handler(RegisterUnanswerable, _unanswerable)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unforeseen)


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


def _fault(request: Request, error: Exception) -> JSONResponse:
    status = error.status if isinstance(error, RequestFault) else HTTPStatus.BAD_REQUEST
    return problem(request, status, str(error))


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
    is_page = status in _NO_PAGES and _is_a_persons(request)
    answer = _page(request, status, "page.not_found") if is_page else problem(request, status, detail)
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
    answer: Response
    if _is_a_persons(request):
        answer = _page(request, status, "page.unforeseen")
    else:
        answer = problem(request, status, "something unforeseen happened; it was logged")
    # What gives all other answers their headers stands within what catches this.
    answer.headers["X-Request-Id"] = getattr(request.state, "request_id", "")
    answer.headers["Cache-Control"] = "no-store"
    return answer

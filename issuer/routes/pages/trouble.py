"""Error pages for people in browsers; other programs get problem details (issuer/routes/problems.py)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from chain.errors import RegistryError, YinxinError
from issuer import errors, wording
from issuer.routes import problems
from issuer.routes.pages import cookies, navigation
from issuer.routes.pages.front import Elsewhere, sign_in_url
from issuer.routes.pages.late_forms import Late, SentLate
from issuer.routes.pages.rendering import render
from issuer.routes.pages.sent_forms import SAFE
from issuer.said import msgid

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.types import Scope

    from issuer.wording import Words

_log = structlog.get_logger()
_OTHERS = ("/api/", "/.well-known/", "/agencies/", "/healthz", "/readyz", "/oauth/")
"""Paths that programs ask for; everything else is for people."""
_TITLES = {
    400: msgid("The request was not understood"),
    401: msgid("It is not shown who you are"),
    403: msgid("This is not open to you"),
    404: msgid("There is no such page"),
    405: msgid("This page cannot be used in this way"),
    409: msgid("This is not possible now"),
    410: msgid("This was erased"),
    413: msgid("The file is too large"),
    422: msgid("Something was not filled in rightly"),
    429: msgid("Too many attempts"),
    503: msgid("The service cannot answer just now"),
}
_REGISTRY_AWAY = msgid("The registry does not answer")
_ACCIDENT = msgid("Something unforeseen happened")
_TEXTS = {
    400: msgid("Go back, open the page again, and try once more."),
    401: msgid("Sign in, then try once more."),
    403: msgid("Your account may not see or do this. Your agency's manager gives roles."),
    404: msgid("It may have been moved, or the address was not copied in full. Other agencies' matters are not shown."),
    405: msgid("Open it from the navigation instead."),
    413: msgid("Split it into several files, or make it smaller."),
    422: msgid("Go back, open the page again, and try once more."),
}
_ACCIDENT_TEXT = msgid(
    "It was noted. Nothing is lost; try again, and if it happens again, tell whoever runs the service."
)


def add_to(app: FastAPI) -> None:
    """Have the application answer people with pages; to be called after `problems.add_to`."""
    app.add_exception_handler(Elsewhere, _elsewhere)
    app.add_exception_handler(SentLate, _late)
    app.add_exception_handler(YinxinError, _refused)
    app.add_exception_handler(RequestValidationError, _not_understood)
    app.add_exception_handler(HTTPException, _http)


def is_for_people(scope: Scope) -> bool:
    """Whether a request is for a page."""
    path: str = scope["path"]
    return not path.startswith(_OTHERS) and "text/html" in Headers(scope=scope).get("accept", "")


def page_for(scope: Scope, status: int) -> Response | None:
    """Return the error page for a status code alone; None where a program asks."""
    return _page(Request(scope), status, "") if is_for_people(scope) else None


def _elsewhere(request: Request, error: Exception) -> Response:
    if not isinstance(error, Elsewhere):
        raise error
    return _goto(request, error.url)


def _goto(request: Request, url: str) -> Response:
    if request.headers.get("hx-request") == "true":
        if request.method not in SAFE:
            # A field that was left is not judged; the page stays, with all that was typed into it.
            return Response(status_code=204)
        # A script asked for a part; the whole page goes.
        return Response(status_code=204, headers={"HX-Redirect": url})
    return RedirectResponse(url, status_code=303)


def _late(request: Request, error: Exception) -> Response:
    """Give back what was typed, with a form that sends it once more; files have to be chosen again."""
    if not isinstance(error, SentLate):
        raise error
    context = _context(request) | {
        "why": error.why.name,
        "name": "" if error.who is None else f"{error.who.display_name} ({error.who.login})",
        "csrf": error.csrf,
        "action": request.url.path + (f"?{request.url.query}" if request.url.query else ""),
        "typed": error.typed,
        "files": error.files,
    }
    return HTMLResponse(
        render("kept.html", _words(request), context), status_code=403 if error.why is Late.OTHER_SESSION else 401
    )


def _refused(request: Request, error: Exception) -> Response:
    if not isinstance(error, YinxinError):
        raise error
    match error:
        case _ if not is_for_people(request.scope):
            return problems.refused(request, error)
        case errors.SessionOver():
            return _goto(request, sign_in_url(request))
        case errors.SecondFactorWanted():
            return _goto(request, "/account/second-factor")
        case errors.FreshSignInWanted():
            return _goto(request, "/confirm")
    status = problems.status_of(error)
    _log.info("refused", error=type(error).__name__, status=status)
    text = "" if isinstance(error, errors.NotFound) else _words(request).explain(error)
    title = _REGISTRY_AWAY if isinstance(error, RegistryError) else ""
    answer = _page(request, status, text, title)
    answer.headers.update(problems.headers_of(error, request.app.state.desk.office.now()))
    return answer


def _not_understood(request: Request, error: Exception) -> Response:
    if not is_for_people(request.scope):
        return problems.not_understood(request, error)
    in_the_path = isinstance(error, RequestValidationError) and any("path" in each["loc"] for each in error.errors())
    return _page(request, 404 if in_the_path else 422, "")


def _http(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException) or not is_for_people(request.scope):
        return problems.http(request, error)
    answer = _page(request, error.status_code, "")
    answer.headers.update(error.headers or {})
    return answer


def _page(request: Request, status: int, text: str, title: str = "") -> Response:
    words = _words(request)
    context = _context(request) | {
        "title": words.gettext(title or _TITLES.get(status, _ACCIDENT)),
        "text": text or words.gettext(_TEXTS.get(status, _ACCIDENT_TEXT)),
        "status": status,
        "request_id": getattr(request.state, "request_id", ""),
        "signed_in": bool(cookies.token(request, request.app.state.desk.site)),
    }
    return HTMLResponse(render("trouble.html", words, context), status_code=status)


def _context(request: Request) -> dict[str, object]:
    """Return what every page has, where nobody is known to visit."""
    return {
        "who": None,
        "visit": None,
        "nav": (),
        "csrf": "",
        "path": "/",
        "language": _words(request).language,
        "said": "",
        "faults": (),
        "test": False,
        "help_topic": navigation.help_topic(request.url.path),
    }


def _words(request: Request) -> Words:
    return wording.of(cookies.language(request, request.app.state.desk.site))

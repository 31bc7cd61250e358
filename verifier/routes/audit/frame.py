"""What all of the auditor's pages share: who may read them, their frame and links, and lists as files.

A part of the desk makes its router as `APIRouter(**DESK)`, shows pages with `page()`, says what is wrong by raising
`PageFault`, and gives a list away with `exported()`. In templates, which extend `audit/frame.html`, there are besides
`word`: `link(path, **query)`, `again(**query)` (this address with some of its query changed), `utc`, `local`, `as_hex`,
`called(words)` and `said(message)` in the page's language.
"""

from __future__ import annotations

import hmac
from base64 import b64decode
from dataclasses import dataclass
from functools import cache, partial
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias, TypedDict, cast
from urllib.parse import urlencode

from anyio import to_thread
from fastapi import Depends, Query, Request, params
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, Response
from fastapi.routing import APIRoute

from chain.errors import InvalidInput
from verifier.audit import times
from verifier.audit.agency_names import agency_names, called
from verifier.audit.exporting import ExportForm
from verifier.audit.misasked import Misasked
from verifier.limiting import Limit, Limited
from verifier.register import RegisterUnanswerable, Standing, opened, standing_of
from verifier.routes.audit import input_faults
from verifier.routes.audit.exports import Attached
from verifier.routes.desk import desk_of
from verifier.routes.problems import RequestFault, problem
from verifier.routes.rendering import PageLanguage, language_for, language_in, other_than, rendered
from verifier.routes.turns import RETRY_AFTER_S, Crowded
from verifier.wording import Language, message, say

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Generator, Mapping
    from typing import Any

    from fastapi.dependencies.models import Dependant

    from verifier.audit.exporting import Listing
    from verifier.register import Tables
    from verifier.routes.audit.exports import Exports
    from verifier.settings import Settings
    from verifier.wording import Argument, Words

NAVIGATION: tuple[tuple[str, str], ...] = (
    ("audit.nav.start", "/audit"),
    ("audit.nav.events", "/audit/events"),
    ("audit.nav.agencies", "/audit/agencies"),
    ("audit.nav.council", "/audit/council"),
    ("audit.nav.registry", "/audit/registry"),
    ("audit.nav.findings", "/audit/findings"),
    ("audit.nav.anomalies", "/audit/anomalies"),
    ("audit.nav.citations", "/audit/citations"),
    ("audit.nav.manifests", "/audit/manifests"),
    ("audit.nav.checkpoints", "/audit/checkpoints"),
    ("audit.nav.complete", "/audit/complete"),
    ("audit.nav.package", "/audit/package"),
    ("audit.nav.sample", "/audit/sample"),
)
"""The entries of the auditor's menu: key of the word, and path."""

Lang: TypeAlias = PageLanguage
"""A page's `lang`; None lets the browser choose.

As on the public pages, people get a page all the same if theirs is none of ours: it changes words, not what is told.
Whoever asks for a file is told; see `require_known_query`.
"""
Cursor: TypeAlias = Annotated[str | None, Query(max_length=600)]
"""Where a page of a list begins (see `verifier.audit.paging`)."""
Format: TypeAlias = Annotated[ExportForm | None, Query(alias="format")]
"""As which file a list is wanted; None for the page."""

_OF_BODIES: dict[int, str] = {
    HTTPStatus.BAD_REQUEST: "audit.fault.body",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "audit.fault.too_large",
    HTTPStatus.REQUEST_TIMEOUT: "audit.fault.slow",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "audit.fault.body",
    HTTPStatus.UNPROCESSABLE_ENTITY: "audit.fault.fields",
}
"""What pages say of a form that cannot be read as one."""
_LEAST_PASSWORD = 12
_FOR_STRANGERS = frozenset({"audit.fault.off", "audit.fault.password", "audit.fault.guesses"})
"""Faults of those who may not read the pages, and so are shown neither their menu nor anything of the index."""
_SHOWN = 40
"""How many characters of a strange name are told again."""
_UNTOLD = "q"
"""Of an address that is refused this is never repeated in links: it may say something about a person."""
_REALM = 'Basic realm="Yinxin audit", charset="UTF-8"'


@dataclass(frozen=True, slots=True)
class Readers:
    """Who may read the auditor's pages."""

    is_off: bool
    password_digest: bytes | None
    """SHA-256 of the password; None if none is asked for."""

    @property
    def is_open(self) -> bool:
        """Whether anybody may read them."""
        return not self.is_off and self.password_digest is None


def readers_of(settings: Settings) -> Readers:
    """Return what the settings say; raises `InvalidInput`."""
    match settings.audit_access:
        case "off":
            return Readers(is_off=True, password_digest=None)
        case "open":
            return Readers(is_off=False, password_digest=None)
        case "password":
            return Readers(is_off=False, password_digest=sha256(_password(settings.audit_password).encode()).digest())


def _password(named: str) -> str:
    wanted = f"a file whose first line is a password of at least {_LEAST_PASSWORD} characters"
    if not named or not Path(named).is_file():
        raise InvalidInput(f"YINXIN_AUDIT_PASSWORD: got {named or 'nothing'}, wanted {wanted}")
    password = Path(named).read_text(encoding="utf-8").partition("\n")[0].strip()
    if len(password) < _LEAST_PASSWORD:
        raise InvalidInput(f"YINXIN_AUDIT_PASSWORD: got a password of {len(password)} characters, wanted {wanted}")
    return password


class PageFault(Exception):
    """A page that cannot be shown; says why, by a key of the locales and its arguments."""

    def __init__(self, status: int, key: str, **arguments: Argument) -> None:
        super().__init__(key)
        self.status, self.key, self.arguments = status, key, arguments
        self.retry_after_s = RETRY_AFTER_S


def require_reader(request: Request) -> None:
    """Refuse whoever may not read the auditor's pages, and whoever guesses at the password."""
    readers: Readers = request.app.state.audit_readers
    if readers.is_off:
        raise PageFault(HTTPStatus.NOT_FOUND, "audit.fault.off")
    if readers.password_digest is None:
        return
    # Browsers ask without a password first: that is no guess.
    if "authorization" in request.headers:
        desk = desk_of(request)
        try:
            desk.limits.require(Limit.MISSES, desk.client)
        except Limited as exc:
            desk.metrics.limited(exc.limit)
            fault = PageFault(HTTPStatus.TOO_MANY_REQUESTS, "audit.fault.guesses")
            fault.retry_after_s = exc.retry_after_s
            raise fault from exc
        if _is_right(request, readers.password_digest):
            return
        desk.limits.note(Limit.MISSES, desk.client)
    raise PageFault(HTTPStatus.UNAUTHORIZED, "audit.fault.password")


def require_known_query(request: Request) -> None:
    """Refuse what this page does not ask for, and what is named twice: a filter that is passed over looks like one."""
    route: APIRoute = request.scope["route"]
    known = _asked_by(route.dependant)
    for name in request.query_params:
        if name not in known:
            raise Misasked("unknown", name=name[:_SHOWN], wanted=", ".join(known))
        if (count := len(request.query_params.getlist(name))) > 1:
            raise Misasked("twice", name=name, count=count)
    lang = request.query_params.get("lang")
    if "format" in request.query_params and lang is not None and language_in(lang) is None:
        raise Misasked("choice", name="lang", got=lang[:_SHOWN], wanted=", ".join(Language))


def _asked_by(dependant: Dependant) -> list[str]:
    own = [each.alias for each in dependant.query_params]
    return [*own, *(name for each in dependant.dependencies for name in _asked_by(each))]


def _is_right(request: Request, digest: bytes) -> bool:
    """Whether the request bears the password (RFC 7617); the user's name does not count."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return False
    try:
        _, _, password = b64decode(given.strip(), validate=True).decode().partition(":")
    except ValueError:
        return False
    return hmac.compare_digest(sha256(password.encode()).digest(), digest)


class _AuditRoute(APIRoute):
    """Says on a page what is wrong, where a program would be told a problem."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer = super().get_route_handler()

        async def handled(request: Request) -> Response:
            try:
                return await answer(request)
            except PageFault as exc:
                fault = exc
            except (RequestFault, InvalidInput, RequestValidationError, Crowded, RegisterUnanswerable) as exc:
                fault = _page_fault(exc)
            return await to_thread.run_sync(_fault, request, fault)

        return handled


_Foreseen: TypeAlias = RequestFault | InvalidInput | RequestValidationError | Crowded | RegisterUnanswerable


def _page_fault(fault: _Foreseen) -> PageFault:
    """Return what a page says of a fault that other routes tell programs."""
    match fault:
        case RequestFault():
            return PageFault(fault.status, _OF_BODIES.get(fault.status, "audit.fault.other"), detail=fault.detail)
        case Misasked():
            return PageFault(HTTPStatus.UNPROCESSABLE_ENTITY, fault.said.key, **fault.said.arguments)
        case InvalidInput():
            return PageFault(HTTPStatus.UNPROCESSABLE_ENTITY, "audit.fault.input", detail=str(fault))
        case RequestValidationError():
            told = [input_faults.told(each) for each in fault.errors()]
            joined: Words = {language: "; ".join(say(each, language) for each in told) for language in Language}
            return PageFault(HTTPStatus.UNPROCESSABLE_ENTITY, "audit.fault.input", detail=joined)
        case Crowded():
            return PageFault(fault.status, "audit.fault.crowded")
        case RegisterUnanswerable():
            return PageFault(HTTPStatus.SERVICE_UNAVAILABLE, "audit.fault.unanswerable")


class _Desk(TypedDict):
    include_in_schema: bool
    default_response_class: type[Response]
    route_class: type[APIRoute]
    dependencies: list[params.Depends]


DESK: _Desk = {
    "include_in_schema": False,
    "default_response_class": HTMLResponse,
    "route_class": _AuditRoute,
    "dependencies": [Depends(require_reader), Depends(require_known_query)],
}
"""What makes a router one of the desk's: each page asks who reads and what for, and says its faults on a page."""


def page(
    request: Request, template: str, lang: Language | None, status: int = HTTPStatus.OK, **values: object
) -> HTMLResponse:
    """Return a page of the desk; `template` stands in `pages/audit` and extends `audit/frame.html`."""
    standing = _standing(request)
    return _framed(request, template, lang, status, {"navigation": NAVIGATION, "standing": standing, **values})


async def page_beside(
    request: Request, template: str, lang: Language | None, status: int = HTTPStatus.OK, **values: object
) -> HTMLResponse:
    """Return a page of the desk, made beside the event loop: it reads the index, and others wait for the loop."""
    return await to_thread.run_sync(partial(page, request, template, lang, status, **values))


def _framed(
    request: Request,
    template: str,
    lang: Language | None,
    status: int,
    values: dict[str, object],
    *,
    query: Mapping[str, str] | None = None,
) -> HTMLResponse:
    """Return a page in the frame; `query` is what links to this address repeat, all of it unless that is said."""
    language = language_for(request, lang)
    repeated = request.query_params if query is None else query
    standing = values["standing"]
    doubt = standing.doubt if isinstance(standing, Standing) else None

    def link(path: str, **query: object) -> str:
        return address(path, lang=language.value, **query)

    def again(**query: object) -> str:
        own = {**repeated, "lang": language.value}
        return address(request.url.path, **{**own, **query})

    @cache
    def names() -> Mapping[int, str]:
        try:
            with opened(desk_of(request).index) as tables:
                return agency_names(tables)
        except RegisterUnanswerable:
            return {}

    def agency_named(number: int) -> str:
        return say(called(number, names()), language)

    frame: dict[str, object] = {
        "agency_named": agency_named,
        "link": link,
        "again": again,
        "switched": again(lang=other_than(language).value),
        "utc": times.utc,
        "local": times.shanghai,
        "as_hex": as_hex,
        "called": lambda words: words if isinstance(words, str) else words[language],
        "said": lambda message: say(message, language),
        "doubt": None if doubt is None else say(doubt, language),
    }
    return rendered(request, f"audit/{template}", lang, status, **{**frame, **values})


def address(path: str, **query: object) -> str:
    """Return an address; what is None or empty in its query is left out."""
    kept = {name: value for name, value in query.items() if value is not None and value != ""}
    return f"{path}?{urlencode(kept)}" if kept else path


def as_hex(value: bytes) -> str:
    """Write what is binary in hexadecimal digits behind 0x."""
    return f"0x{value.hex()}"


def exported(request: Request, listing: Listing, form: ExportForm) -> Response:
    """Return a list as a file, written while it is read; raises `Crowded` while too many are being written."""
    return _attached(request, (part for part in listing.written(form)), listing.name, form)


def exported_from(request: Request, name: str, form: ExportForm, make: Callable[[Tables], Listing]) -> Response:
    """Return a list as a file that is made and read within one view of the index, for as long as it is written.

    Raises `Crowded` while too many are being written.
    """
    index = desk_of(request).index

    def parts() -> Generator[bytes]:
        with opened(index) as tables:
            yield from make(tables).written(form)

    return _attached(request, parts(), name, form)


def _attached(request: Request, parts: Generator[bytes], name: str, form: ExportForm) -> Response:
    client, exports = desk_of(request).client, cast("Exports", request.app.state.exports)
    exports.begin(client)
    return Attached(parts, name, form, end=partial(exports.end, client))


def from_hex(text: str, size: int) -> bytes:
    """Read so many bytes from an address, with or without 0x; raises `PageFault`."""
    try:
        value = bytes.fromhex(text.lower().removeprefix("0x"))
    except ValueError:
        value = b""
    if len(value) != size:
        raise PageFault(HTTPStatus.NOT_FOUND, "audit.fault.unknown_address", got=text[:80], digits=2 * size)
    return value


def _standing(request: Request) -> Standing | None:
    """Return as of when the index is; None if the registry was never reached."""
    desk = desk_of(request)
    try:
        with opened(desk.index) as tables:
            return standing_of(tables, desk.clock())
    except RegisterUnanswerable:
        return None


def _fault(request: Request, fault: PageFault) -> Response:
    if "format" in request.query_params:
        said = say(
            message(fault.key, **fault.arguments), language_for(request, language_in(request.query_params.get("lang")))
        )
        answer: Response = problem(request, fault.status, said)
    else:
        is_reader = fault.key not in _FOR_STRANGERS
        values: dict[str, object] = {
            "navigation": NAVIGATION if is_reader else (),
            "standing": _standing(request) if is_reader else None,
            "fault": message(fault.key, **fault.arguments),
        }
        lang = language_in(request.query_params.get("lang"))
        told = {name: value for name, value in request.query_params.items() if name != _UNTOLD}
        answer = _framed(request, "fault.html", lang, fault.status, values, query=told)
    if fault.status == HTTPStatus.UNAUTHORIZED:
        answer.headers["WWW-Authenticate"] = _REALM
    if fault.status in (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS):
        answer.headers["Retry-After"] = str(fault.retry_after_s)
    return answer

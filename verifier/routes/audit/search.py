"""Search: a form takes whatever an auditor holds; one hit leads straight there, several are listed."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated

from anyio import to_thread
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from verifier.answer import as_json
from verifier.audit import searching
from verifier.audit.searching import Found
from verifier.register import opened
from verifier.routes.audit.frame import DESK, Lang, PageFault, address, page
from verifier.routes.bodies import read_form, require_text
from verifier.routes.desk import desk_of
from verifier.routes.rendering import language_for

if TYPE_CHECKING:
    from verifier.audit.searching import Hit
    from verifier.routes.bodies import Upload

_PATH = "/audit/search"
_MOST = 8_000
"""How many characters may be asked for; a certificate of fifteen claims has three thousand."""
_SHOWN = 80
"""How many characters of what was got are told again."""

router = APIRouter(**DESK)


@router.get(_PATH)
def search(request: Request, q: Annotated[str, Query(max_length=_MOST)] = "", lang: Lang = None) -> Response:
    """Lead to what was asked for, or list all that it may mean; certificates and codes only come by the form."""
    require_text("q", q)
    found = _found(request, q)
    if found.is_private:
        raise PageFault(HTTPStatus.BAD_REQUEST, "audit.fault.private")
    return _answer(request, lang, q, found)


@router.post(_PATH)
async def bring(request: Request, lang: Lang = None) -> Response:
    """Take a document, a code or any other handle; what says something about a person comes into no address."""
    upload, _, fields = await read_form(request)
    typed = fields.get("q", "").strip()
    if upload is not None and (upload.data or upload.name != "file"):
        return await _document(request, lang, upload)
    if len(typed) > _MOST:
        raise PageFault(HTTPStatus.UNPROCESSABLE_ENTITY, "audit.fault.too_long", got=len(typed), most=_MOST)
    found = await to_thread.run_sync(_found, request, typed, limiter=desk_of(request).readers)
    if len(found.hits) > 1 and not found.is_private:
        return RedirectResponse(address(_PATH, q=typed, lang=_lang(request, lang)), HTTPStatus.SEE_OTHER)
    return await to_thread.run_sync(_answer, request, lang, typed, found)


def _found(request: Request, handle: str) -> Found:
    with opened(desk_of(request).index) as tables:
        return searching.search(tables, handle)


async def _document(request: Request, lang: Lang, upload: Upload) -> Response:
    """Have a document read as the public page does, in a process of its own, and lead to its leaf."""
    desk = desk_of(request)
    report = await desk.check_upload(upload.data, desk.moment(None), name=upload.name, request=request)
    leaf = report.subject.leaf

    def found() -> Response:
        hit = None
        if leaf is not None:
            with opened(desk.index) as tables:
                hit = searching.of_leaf(tables.session, leaf)
        if hit is not None:
            return _lead(request, lang, hit)
        read = as_json(report, language_for(request, lang))
        return _page(request, lang, "", Found(()), is_file=True, heading=read["heading"], leaf=leaf)

    return await to_thread.run_sync(found)


def _answer(request: Request, lang: Lang, handle: str, found: Found) -> Response:
    if len(found.hits) == 1:
        return _lead(request, lang, found.hits[0])
    return _page(request, lang, "" if found.is_private else handle, found, is_file=found.is_private)


def _lead(request: Request, lang: Lang, hit: Hit) -> Response:
    return RedirectResponse(address(hit.path, **hit.filters, lang=_lang(request, lang)), HTTPStatus.SEE_OTHER)


def _lang(request: Request, lang: Lang) -> str:
    return language_for(request, lang).value


def _page(
    request: Request,
    lang: Lang,
    handle: str,
    found: Found,
    *,
    is_file: bool = False,
    heading: object = "",
    leaf: bytes | None = None,
) -> Response:
    # Nothing asked is the form; nothing found is told as such.
    is_asked = bool(handle) or is_file
    return page(
        request,
        "search.html",
        lang,
        HTTPStatus.NOT_FOUND if is_asked and not found.hits else HTTPStatus.OK,
        handle=handle,
        got=handle if len(handle) <= _SHOWN else f"{handle[:_SHOWN]}…",
        found=found,
        is_asked=is_asked,
        is_file=is_file,
        heading=heading,
        leaf=leaf,
    )

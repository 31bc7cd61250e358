"""The council: its members, how many votes decide, what it voted about."""

from __future__ import annotations

from enum import StrEnum
from functools import partial

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from verifier.audit import council_lists, council_view
from verifier.register import opened
from verifier.routes.audit.asked_day import AskedDay, about, moment_of, today_of
from verifier.routes.audit.chain_side import chain_side_of
from verifier.routes.audit.frame import DESK, Cursor, Format, Lang, address, exported, page
from verifier.routes.audit.lists import named
from verifier.routes.desk import desk_of
from verifier.routes.rendering import language_for
from verifier.wording import say

_PATH = "/audit/council"


class List(StrEnum):
    """The council's lists that can be had as files."""

    MEMBERS = "members"
    PROPOSALS = "proposals"


router = APIRouter(**DESK)


@router.get(_PATH)
def council(
    request: Request, *, lang: Lang = None, as_of: AskedDay = "", cursor: Cursor = None, form: Format = None
) -> Response:
    """Show the council; as a file it is the list of its proposals."""
    if form is not None:
        return council_list(request, List.PROPOSALS, as_of=as_of, form=form)
    with opened(desk_of(request).index) as tables:
        at = moment_of(request, tables, as_of)
        found = council_view.council_at(tables, at)
        rows = council_view.page_of(tables, at, chain_side_of(request).reader, cursor)
    return page(
        request,
        "council.html",
        lang,
        at=at,
        asked=as_of,
        today=today_of(request),
        found=found,
        rows=rows,
        is_first=cursor is None,
        said=partial(say, language=language_for(request, lang)),
    )


@router.get(_PATH + "/{which}")
def council_list(
    request: Request, which: str, *, lang: Lang = None, as_of: AskedDay = "", form: Format = None
) -> Response:
    """Give one of its lists away as a file; without a format, lead to the page that shows it."""
    kind, form = named(List, which, form)
    if form is None:
        return RedirectResponse(address(_PATH, as_of=as_of, lang=lang))
    index = desk_of(request).index
    with opened(index) as tables:
        at = moment_of(request, tables, as_of)
        found = council_view.council_at(tables, at)
    match kind:
        case List.MEMBERS:
            listing = council_lists.of_members(found, about(at))
        case List.PROPOSALS:
            listing = council_lists.of_proposals(index, at, chain_side_of(request).reader, about(at))
    return exported(request, listing, form)

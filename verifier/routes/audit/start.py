"""The desk's first page: where to search, how far the chain was read, what is newest."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from verifier.audit import feed
from verifier.register import opened
from verifier.routes.audit.frame import DESK, Lang, page
from verifier.routes.desk import desk_of

router = APIRouter(**DESK)

_NEWEST = 8


@router.get("/audit")
def start(request: Request, lang: Lang = None) -> Response:
    """Show the first page."""
    desk = desk_of(request)
    with opened(desk.index) as tables:
        newest = feed.newest(tables.session, _NEWEST)
    return page(request, "start.html", lang, newest=newest, now=int(desk.clock().timestamp()), handle="")

"""An agency's signed manifest, handed in to be held against the chain. Nothing that is handed in is kept."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING

from anyio import to_thread
from fastapi import APIRouter, Request, Response

from chain.errors import EvidenceMalformed
from chain.manifest import Manifest
from verifier.audit import findings_view, manifest_check
from verifier.audit.misasked import Misasked
from verifier.register import opened
from verifier.routes.audit.frame import DESK, Lang, PageFault, page
from verifier.routes.bodies import read_form
from verifier.routes.desk import desk_of
from verifier.routes.rendering import language_for

if TYPE_CHECKING:
    from verifier.audit.manifest_check import Checked
    from verifier.routes.desk import Desk

router = APIRouter(**DESK)


@router.get("/audit/manifests")
def ask(request: Request, lang: Lang = None) -> Response:
    """Ask for a manifest."""
    return page(request, "manifests.html", lang, checked=None)


@router.post("/audit/manifests")
async def check(request: Request, lang: Lang = None) -> Response:
    """Hold a manifest against the chain, and a document beside it against its digest."""
    desk = desk_of(request)
    given, document, _ = await read_form(request)
    if given is None or not given.data:
        raise PageFault(HTTPStatus.UNPROCESSABLE_ENTITY, "audit.manifest.missing")
    documents = (document.data,) if document is not None and document.data else ()
    async with desk.turns.turn(desk.client):
        checked = await to_thread.run_sync(partial(_checked, desk, given.data, documents), limiter=desk.readers)
    language = language_for(request, lang)
    return page(
        request,
        "manifests.html",
        lang,
        checked=checked,
        sentence=partial(findings_view.said, language=language),
        why=partial(findings_view.why, language=language),
    )


def _checked(desk: Desk, data: bytes, documents: tuple[bytes, ...]) -> Checked:
    try:
        given = Manifest.parse(data)
    except EvidenceMalformed as exc:
        raise Misasked("manifest", size=len(data), detail=str(exc)) from exc
    with opened(desk.index) as tables:
        return manifest_check.check(tables, given, documents)

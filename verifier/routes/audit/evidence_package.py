"""Pages that hand out evidence: completeness exports, packages, samples. Forms, then files; no script needed."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated

from anyio import to_thread
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from chain.errors import InvalidInput
from verifier.audit import handed_in, package, sampling, work_paper
from verifier.audit.completeness import NotComplete
from verifier.audit.package_report import told
from verifier.audit.tabulating import batch_of
from verifier.routes.audit.frame import DESK, Lang, page
from verifier.routes.audit.packing import ZIP, number_in, packing_of, subject_in
from verifier.routes.audit.uploads import documents_of
from verifier.routes.desk import desk_of
from verifier.routes.rendering import language_for
from verifier.wording import message, say

if TYPE_CHECKING:
    from verifier.audit.completeness import Complete
    from verifier.audit.handed_in import HandedIn
    from verifier.wording import Language

router = APIRouter(**DESK)

_MOST_SHOWN = 50
_PAPERS = frozenset(form.value for form in work_paper.Form)
_As = Annotated[str, Query(alias="as", pattern="^(page|zip|csv|xlsx)$")]


@router.get("/audit/complete")
async def complete(request: Request, lang: Lang = None, form: _As = "page") -> Response:
    """Show the form; with a subject what there is about it, or the export."""
    subject = subject_in(request.query_params)
    if subject is None:
        return page(request, "complete.html", lang, found=None, typed=_typed(request), findings=())
    desk, packing = desk_of(request), packing_of(request)
    async with packing.turns.turn(desk.client):
        try:
            found = await packing.gathered(desk.index, subject)
        except NotComplete as exc:
            return _incomplete(request, "complete.html", lang, exc)
        if form == "zip":
            data = await packing.packed(found, desk.clock(), is_whole=False)
            return _file(data, ZIP, package.name_of(found))
        summary = _summary(found, language_for(request, lang))
    return page(request, "complete.html", lang, found=summary, typed=_typed(request), findings=())


@router.get("/audit/package")
def package_form(request: Request, lang: Lang = None) -> Response:
    """Show the form."""
    return page(request, "package.html", lang, typed=_typed(request), findings=())


@router.post("/audit/package")
async def package_file(request: Request, lang: Lang = None) -> Response:
    """Hand out the package of what the form names and brings."""
    desk, packing = desk_of(request), packing_of(request)
    async with documents_of(request) as (files, fields):
        subject = subject_in(fields)
        if subject is None:
            raise InvalidInput("got an empty form, wanted a subject")
        documents: list[HandedIn] = []
        for data in files:
            # One at a time, so that others have their turns in between.
            async with desk.turns.turn(desk.client):
                documents += await to_thread.run_sync(handed_in.read, (data,), limiter=desk.readers)
        async with packing.turns.turn(desk.client):
            try:
                found = await packing.gathered(desk.index, subject)
            except NotComplete as exc:
                return _incomplete(request, "package.html", lang, exc)
            data = await packing.packed(found, desk.clock(), documents=documents)
    return _file(data, ZIP, package.name_of(found))


@router.get("/audit/sample")
async def sample(request: Request, lang: Lang = None, form: _As = "page") -> Response:
    """Show the form; with a subject the sample, or its work paper."""
    subject = subject_in(request.query_params)
    if subject is None:
        return page(request, "sample.html", lang, drawn=None, typed=_typed(request), findings=())
    number, size = number_in(request.query_params, "block"), number_in(request.query_params, "size")
    if number is None or size is None:
        raise InvalidInput("got a sample without the block that chance comes from, or without its size; wanted both")
    desk, packing, language = desk_of(request), packing_of(request), language_for(request, lang)
    async with packing.turns.turn(desk.client):
        try:
            found = await packing.gathered(desk.index, subject)
        except NotComplete as exc:
            return _incomplete(request, "sample.html", lang, exc)
        drawn = sampling.draw(found, await packing.block(number), size=size)
        if form in _PAPERS:
            chosen = work_paper.Form(form)
            data = await to_thread.run_sync(work_paper.written, drawn, chosen, language, limiter=packing.limiter)
            return _file(data, chosen.media_type, f"yinxin-sample-{number}.{chosen}")
    return page(
        request,
        "sample.html",
        lang,
        drawn=drawn,
        agency=getattr(subject, "agency", None),
        recipe=work_paper.recipe(drawn, language),
        rows=[(each, batch_of(each.record)) for each in drawn.drawn],
        typed=_typed(request),
        findings=(),
    )


def _typed(request: Request) -> dict[str, str]:
    """Return what was typed, to be shown in the form again."""
    names = ("agency", "type", "first", "last", "root", "leaf", "block", "size")
    return {name: request.query_params.get(name, "")[:80] for name in names}


def _summary(found: Complete, language: Language) -> dict[str, object]:
    rows = found.table("leaves").rows
    return {
        "said": told(found.subject, language),
        "agency": getattr(found.subject, "agency", None),
        "batches": [(each, batch_of(each)) for each in found.batches[:_MOST_SHOWN]],
        "more": max(0, len(found.batches) - _MOST_SHOWN),
        "count": len(found.batches),
        "certificates": len(rows),
        "marked": sum(1 for row in rows if row[-1]),
        "checkpoint": found.checkpoint,
        "is_over": found.is_over,
    }


def _incomplete(request: Request, template: str, lang: Language | None, refused: NotComplete) -> Response:
    """Show what is missing, or wrong; nothing is handed out then."""
    language = language_for(request, lang)
    said = [
        (say(message(each.key, **each.arguments), language), say(message(f"{each.key}.why"), language))
        for each in refused.findings
    ]
    return page(
        request, template, lang, HTTPStatus.CONFLICT, typed=_typed(request), findings=said, found=None, drawn=None
    )


def _file(data: bytes, media_type: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(data, media_type=media_type, headers=headers)

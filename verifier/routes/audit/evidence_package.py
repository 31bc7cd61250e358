"""Pages that hand out evidence: completeness exports, packages, samples. Forms, then files; no script needed."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Literal

from anyio import to_thread
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from verifier.audit import document_keys, handed_in, package, sampling, work_paper
from verifier.audit.completeness import NotComplete
from verifier.audit.misasked import Misasked
from verifier.audit.package_report import told, type_names
from verifier.audit.tabulating import batch_of
from verifier.routes.audit.frame import DESK, Lang, page, page_beside
from verifier.routes.audit.packing import FIELDS, ZIP, number_in, packing_of, subject_in
from verifier.routes.audit.uploads import documents_of
from verifier.routes.desk import desk_of
from verifier.routes.rendering import language_for
from verifier.wording import message, say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from verifier.audit.completeness import Complete
    from verifier.audit.handed_in import HandedIn
    from verifier.check.moments import Moment
    from verifier.routes.desk import Desk
    from verifier.wording import Language

router = APIRouter(**DESK)

_MOST_SHOWN = 50
_SHOWN = 40
"""How many characters of a strange name are told again."""
_PAPERS = frozenset(form.value for form in work_paper.Form)
_Field = Annotated[str, Query(max_length=80)]
_Type = Annotated[str, Query(max_length=80, alias="type")]


def _fields(
    *,
    agency: _Field = "",
    certificate_type: _Type = "",
    first: _Field = "",
    last: _Field = "",
    root: _Field = "",
    leaf: _Field = "",
) -> dict[str, str]:
    """Return the fields that name a subject, as the form that is sent has them."""
    return {"agency": agency, "type": certificate_type, "first": first, "last": last, "root": root, "leaf": leaf}


_Fields = Annotated[dict[str, str], Depends(_fields)]


@router.get("/audit/complete")
async def complete(
    request: Request,
    fields: _Fields,
    lang: Lang = None,
    form: Annotated[Literal["page", "zip"], Query(alias="as")] = "page",
) -> Response:
    """Show the form; with a subject what there is about it, or the export."""
    subject = subject_in(fields)
    if subject is None:
        return await page_beside(request, "complete.html", lang, found=None, typed=_typed(fields), findings=())
    desk, packing = desk_of(request), packing_of(request)
    async with packing.turns.turn(desk.client):
        try:
            found = await packing.gathered(desk.index, subject)
        except NotComplete as exc:
            return await _incomplete(request, "complete.html", lang, exc, fields)
        if form == "zip":
            data = await packing.packed(found, desk.clock(), is_whole=False)
            return _file(data, ZIP, package.name_of(found))
        language = language_for(request, lang)
        summary = await to_thread.run_sync(_summary, found, language, limiter=packing.limiter)
    return await page_beside(request, "complete.html", lang, found=summary, typed=_typed(fields), findings=())


@router.get("/audit/package")
def package_form(request: Request, fields: _Fields, lang: Lang = None) -> Response:
    """Show the form."""
    return page(request, "package.html", lang, typed=_typed(fields), findings=())


@router.post("/audit/package")
async def package_file(request: Request, lang: Lang = None) -> Response:
    """Hand out the package of what the form names and brings."""
    desk, packing = desk_of(request), packing_of(request)
    async with documents_of(request) as (files, fields):
        # What is empty says nothing: so some browsers send a file that was not chosen.
        if unknown := {name for name, value in fields.items() if value} - {*FIELDS, "lang"}:
            raise Misasked("unknown", name=min(unknown)[:_SHOWN], wanted=", ".join(FIELDS))
        subject = subject_in(fields)
        if subject is None:
            raise Misasked("nothing")
        documents: list[HandedIn] = []
        when = desk.moment(None)
        for data in files:
            # One at a time, so that others have their turns in between.
            async with desk.turns.turn(desk.client):
                documents += await to_thread.run_sync(partial(_read, desk, when, data), limiter=desk.readers)
        async with packing.turns.turn(desk.client):
            try:
                found = await packing.gathered(desk.index, subject)
            except NotComplete as exc:
                return await _incomplete(request, "package.html", lang, exc, fields)
            data = await packing.packed(found, desk.clock(), documents=documents)
            wrong = await to_thread.run_sync(document_keys.findings, found, documents, limiter=packing.limiter)
    return _file(data, ZIP, package.name_of(found, has_findings=bool(wrong)))


def _read(desk: Desk, when: Moment, data: bytes) -> tuple[HandedIn, ...]:
    """Read a document, and verify it: the report names one that is not in order."""
    read = handed_in.read((data,), pdf_roots=desk.pdf_roots)
    with desk.index.snapshot() as snapshot:
        return handed_in.verified(read, snapshot, when)


@router.get("/audit/sample")
async def sample(
    request: Request,
    fields: _Fields,
    *,
    lang: Lang = None,
    block: _Field = "",
    size: _Field = "",
    form: Annotated[Literal["page", "csv", "xlsx"], Query(alias="as")] = "page",
) -> Response:
    """Show the form; with a subject the sample, or its work paper."""
    fields |= {"block": block, "size": size}
    subject, number, count = subject_in(fields), number_in(fields, "block"), number_in(fields, "size")
    if subject is None and number is None and count is None:
        return await page_beside(request, "sample.html", lang, drawn=None, typed=_typed(fields), findings=())
    if subject is None:
        raise Misasked("nothing")
    if number is None or count is None:
        raise Misasked("sample")
    desk, packing, language = desk_of(request), packing_of(request), language_for(request, lang)
    async with packing.turns.turn(desk.client):
        try:
            found = await packing.gathered(desk.index, subject)
        except NotComplete as exc:
            return await _incomplete(request, "sample.html", lang, exc, fields)
        chance = await packing.block(number)
        drawn = await to_thread.run_sync(partial(sampling.draw, found, chance, size=count), limiter=packing.limiter)
        if form in _PAPERS:
            chosen = work_paper.Form(form)
            data = await to_thread.run_sync(work_paper.written, drawn, chosen, language, limiter=packing.limiter)
            return _file(data, chosen.media_type, f"yinxin-sample-{number}.{chosen}")
    return await page_beside(
        request,
        "sample.html",
        lang,
        drawn=drawn,
        agency=getattr(subject, "agency", None),
        recipe=work_paper.recipe(drawn, language),
        rows=[(each, batch_of(each.record)) for each in drawn.drawn],
        typed=_typed(fields),
        findings=(),
    )


def _typed(fields: Mapping[str, str]) -> dict[str, str]:
    """Return what was typed, to be shown in the form again."""
    names = ("agency", "type", "first", "last", "root", "leaf", "block", "size")
    return {name: fields.get(name, "")[:80] for name in names}


def _summary(found: Complete, language: Language) -> dict[str, object]:
    rows = found.table("leaves").rows
    return {
        "said": told(found, language),
        "types": type_names(found),
        "agency": getattr(found.subject, "agency", None),
        "batches": [(each, batch_of(each)) for each in found.batches[:_MOST_SHOWN]],
        "more": max(0, len(found.batches) - _MOST_SHOWN),
        "count": len(found.batches),
        "certificates": len(rows),
        "marked": sum(1 for row in rows if row[-1]),
        "checkpoint": found.checkpoint,
        "is_over": found.is_over,
    }


async def _incomplete(
    request: Request, template: str, lang: Language | None, refused: NotComplete, fields: Mapping[str, str]
) -> Response:
    """Show what is missing, or wrong; nothing is handed out then. `fields` are what was typed."""
    language = language_for(request, lang)
    said = [
        (say(message(each.key, **each.arguments), language), say(message(f"{each.key}.why"), language))
        for each in refused.findings
    ]
    values = {"typed": _typed(fields), "findings": said, "found": None, "drawn": None}
    return await page_beside(request, template, lang, HTTPStatus.CONFLICT, **values)


def _file(data: bytes, media_type: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(data, media_type=media_type, headers=headers)

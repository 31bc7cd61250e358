"""Who cites whom, of the documents that an auditor hands in. They are read in memory, and nothing of them is kept."""

from __future__ import annotations

import json
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING

from anyio import to_thread
from fastapi import APIRouter, Request, Response

from verifier.answer import as_json
from verifier.audit import citations, citations_told, grant_accounts, papers
from verifier.audit.citation_picture import HEIGHT, WIDTH, picture
from verifier.audit.exporting import ExportForm
from verifier.register import RegisterUnanswerable, opened
from verifier.routes.audit.frame import DESK, Format, Lang, PageFault, exported, from_hex, page
from verifier.routes.bulk_bodies import read_files
from verifier.routes.desk import desk_of
from verifier.routes.rendering import language_for
from verifier.wording import message, say

if TYPE_CHECKING:
    from verifier.audit.citations import Graph
    from verifier.audit.finding import Finding
    from verifier.audit.papers import Paper
    from verifier.check.moments import Moment
    from verifier.routes.desk import Desk
    from verifier.wording import Language

MOST = 40
"""How many documents are read at once; each may take a second."""
_LEAF = 32
_PATH = "/audit/citations"

router = APIRouter(**DESK)


@router.get(_PATH)
def ask(request: Request, lang: Lang = None) -> Response:
    """Ask for documents."""
    return page(request, "citations.html", lang, most=MOST, leaf=None, graph=None)


@router.get(_PATH + "/{leaf:str}")
def ask_about(request: Request, leaf: str, lang: Lang = None) -> Response:
    """Ask for the documents about one certificate: the chain does not know who cites it."""
    return page(request, "citations.html", lang, most=MOST, leaf=from_hex(leaf, _LEAF), graph=None)


@router.post(_PATH)
async def follow(request: Request, lang: Lang = None, form: Format = None) -> Response:
    """Show who cites whom."""
    desk = desk_of(request)
    # What was handed in is held in memory until it is read, however many wait for their turns: so long it counts.
    with desk.coming.place(desk.client):
        graph = await _followed(request, desk)
    return await to_thread.run_sync(_answered, request, lang, form, graph)


def _answered(request: Request, lang: Language | None, form: ExportForm | None, graph: Graph) -> Response:
    accounts, more = grant_accounts.accounts(graph)
    findings = (*graph.findings, *more)
    language = language_for(request, lang)
    if form is ExportForm.CSV:
        return exported(request, citations_told.listing(graph), form)
    if form is ExportForm.JSON:
        told = json.dumps(citations_told.as_json(graph, accounts, findings, language), ensure_ascii=False)
        return Response(told, media_type="application/json")
    return page(
        request,
        "citations.html",
        lang,
        most=MOST,
        leaf=None,
        graph=graph,
        accounts=accounts,
        findings=findings,
        picture=picture(graph),
        box=(WIDTH, HEIGHT),
        state_of=citations_told.status,
        not_run="" if graph.silence is None else say(graph.silence, language),
        missing=len(grant_accounts.not_run(findings)),
        sentence=partial(_said, language=language),
        heading=lambda report: as_json(report, language)["heading"],
    )


async def _followed(request: Request, desk: Desk) -> Graph:
    """Read what was handed in; raises `PageFault`, and `Crowded`."""
    brought, _ = await read_files(request)
    uploads = [(each.name, each.what) for each in brought if isinstance(each.what, bytes) and each.what]
    if not uploads:
        raise PageFault(HTTPStatus.UNPROCESSABLE_ENTITY, "audit.citation.nothing")
    if len(uploads) > MOST:
        raise PageFault(HTTPStatus.UNPROCESSABLE_ENTITY, "audit.citation.too_many", got=len(uploads), count=MOST)
    when = desk.moment(None)
    read: list[Paper] = []
    for name, data in uploads:
        # One at a time, so that others have their turns in between.
        async with desk.turns.turn(desk.client):
            read.append(await to_thread.run_sync(partial(_read, desk, when, name, data), limiter=desk.readers))
    return await to_thread.run_sync(partial(_graph, desk, when, read))


def _read(desk: Desk, when: Moment, name: str, data: bytes) -> Paper:
    with desk.index.snapshot() as snapshot:
        return papers.read(name, data, snapshot, when, pdf_roots=desk.pdf_roots)


def _graph(desk: Desk, when: Moment, read: list[Paper]) -> Graph:
    try:
        with opened(desk.index) as tables:
            known = citations.all_leaves_known(tables.session)
    except RegisterUnanswerable:
        known = False
    with desk.index.snapshot() as snapshot:
        return citations.graph(read, snapshot, when, all_leaves_known=known)


def _said(finding: Finding, key: str = "", *, language: Language) -> str:
    return say(message(finding.key + key, **({} if key else finding.arguments)), language)

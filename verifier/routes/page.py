"""The public page: bring a certificate, read the verdict. Works without scripts; only a scanned code needs one."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from chain.errors import InvalidInput
from verifier.answer import as_json
from verifier.check.receipt_check import ReceiptReport
from verifier.receipt import words as receipt_words
from verifier.routes import shown
from verifier.routes.bodies import read_form
from verifier.routes.desk import desk_of, request_id_of
from verifier.routes.problems import RequestFault
from verifier.routes.receipt_desk import digest_of, receipts_of
from verifier.routes.rendering import PageLanguage, language_for, other_than, rendered
from verifier.routes.turns import RETRY_AFTER_S, Crowded
from verifier.uploads import reading
from verifier.wording import ago, sentence

if TYPE_CHECKING:
    from verifier.check.report import Report
    from verifier.routes.bodies import Upload
    from verifier.wording import Language

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


@router.get("/")
def start(request: Request, lang: PageLanguage = None) -> HTMLResponse:
    """Show the form."""
    return rendered(request, "start.html", lang, fault=None, typed="", on="")


@router.get("/v")
@router.get("/c")
@router.get("/r")
def scanned(request: Request, lang: PageLanguage = None) -> HTMLResponse:
    """Take what a scanned code opened: the code stands behind #, which no server sees, so a script brings it to `/`."""
    return rendered(request, "scanned.html", lang, fault=None, typed="", on="")


@router.post("/")
async def check(request: Request, lang: PageLanguage = None) -> HTMLResponse:
    """Check what the form brings, and show the verdict."""
    desk, request_id = desk_of(request), request_id_of(request)
    try:
        upload, certified, fields = await read_form(request)
    except RequestFault as exc:
        return _refuse(request, lang, "page.bad_form", typed="", on="", status=exc.status)
    typed, on = reading.code_within(fields.get("typed", "").strip()), fields.get("on", "").strip()
    has_file = _is_chosen(upload)
    files = (reading.given_file(certified.data, name=certified.name),) if certified and _is_chosen(certified) else ()
    if has_file == bool(typed):
        fault = "page.two_things" if typed else "page.no_file"
        return _refuse(request, lang, fault, typed=typed, on=on)
    try:
        when = desk.moment(on or None)
    except InvalidInput:
        return _refuse(request, lang, "page.bad_day", typed=typed, on=on)
    handed_in: Upload | str = typed
    if upload is not None and has_file:
        handed_in = upload
        try:
            report = await desk.check_upload(upload.data, when, name=upload.name, request=request, files=files)
        except Crowded as exc:
            return _crowded(request, lang, exc, on=on)
    else:
        report = await desk.check_text(typed, when, name="", request_id=request_id, files=files)
    sealed = await receipts_of(request).offer(report, digest_of(handed_in), desk.clock())
    return _result(request, report, lang, sealed=sealed)


def _is_chosen(upload: Upload | None) -> bool:
    """Whether a file was chosen: browsers send an empty one without a name where none was."""
    return upload is not None and bool(upload.data or upload.name != "file")


def _refuse(
    request: Request,
    lang: Language | None,
    fault: str,
    *,
    typed: str,
    on: str,
    status: int = HTTPStatus.UNPROCESSABLE_ENTITY,
) -> HTMLResponse:
    """Show the form again, with what is wrong on top."""
    return rendered(request, "start.html", lang, status, fault=fault, typed=typed, on=on, example="2026-01-31")


def _crowded(request: Request, lang: Language | None, crowd: Crowded, *, on: str) -> HTMLResponse:
    """Show the form again, for later."""
    answer = _refuse(request, lang, "page.crowded", typed="", on=on, status=crowd.status)
    answer.headers["Retry-After"] = str(RETRY_AFTER_S)
    return answer


def _result(request: Request, report: Report, lang: Language | None, *, sealed: str) -> HTMLResponse:
    language = language_for(request, lang)
    if isinstance(report, ReceiptReport):
        icon, said = shown.ICONS[report.verdict.colour], receipt_words.says(report, language)
        past_day = shown.receipt_past_day(report.signed.receipt, language) if said and report.signed else ""
        written = as_json(report, language)
        return rendered(request, "receipt_result.html", lang, report=written, icon=icon, says=said, past_day=past_day)
    other = other_than(language)
    return rendered(
        request,
        "result.html",
        lang,
        report=as_json(report, language),
        icon=shown.ICONS[report.verdict.colour],
        other_word=sentence(f"copy.{report.verdict}.word", other),
        explained=shown.copy_key(report),
        past_day=shown.past_day(report),
        registered_later=shown.registered_later(report.registered_later, language),
        whose=shown.whose(report),
        rows=shown.rows(report, language),
        compared=shown.compared(report),
        day=partial(shown.day, language=language),
        moment=partial(shown.moment, language=language),
        clock=shown.clock,
        ago=partial(ago, language=language),
        minute_word=partial(shown.minute_word, language=language, other=other),
        origin=str(request.base_url),
        sealed=sealed,
    )

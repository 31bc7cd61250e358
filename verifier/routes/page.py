"""The public page: bring a certificate, read the verdict. Works without scripts; only a scanned code needs one."""

from __future__ import annotations

from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from chain.errors import InvalidInput
from verifier import reading
from verifier.answer import heading, next_step
from verifier.report import CheckName, Colour, Outcome, Verdict
from verifier.routes.bodies import read_form
from verifier.routes.desk import desk_of, request_id_of
from verifier.routes.problems import RequestFault
from verifier.routes.turns import RETRY_AFTER_S, Crowded
from verifier.wording import Language, language_of, say, sentence, show

if TYPE_CHECKING:
    from verifier.report import Report
    from verifier.routes.bodies import Upload
    from verifier.wording import Argument, Message

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

_MAKE_IT_GENUINE = (CheckName.SIGNATURE, CheckName.INCLUSION, CheckName.ANCHORING)
"""Without these checks passed, what a certificate says is only what it claims."""
_ICONS = {Colour.GREEN: "tick", Colour.AMBER: "attention", Colour.GREY: "question", Colour.RED: "cross"}


@router.get("/")
def start(request: Request, lang: Annotated[Language | None, Query()] = None) -> HTMLResponse:
    """Show the form."""
    return _page(request, "start.html", lang, fault=None, typed="", on="")


@router.get("/v")
@router.get("/c")
def scanned(request: Request, lang: Annotated[Language | None, Query()] = None) -> HTMLResponse:
    """Take what a scanned code opened: the code stands behind #, which no server sees, so a script brings it to `/`."""
    return _page(request, "scanned.html", lang, fault=None, typed="", on="")


@router.post("/")
async def check(request: Request, lang: Annotated[Language | None, Query()] = None) -> HTMLResponse:
    """Check what the form brings, and show the verdict."""
    desk, request_id = desk_of(request), request_id_of(request)
    try:
        upload, certified, fields = await read_form(request)
    except RequestFault as exc:
        return _refuse(request, lang, "page.bad_form", typed="", on="", status=exc.status)
    typed, on = fields.get("typed", "").strip(), fields.get("on", "").strip()
    has_file = _is_chosen(upload)
    files = (reading.given_file(certified.data, name=certified.name),) if certified and _is_chosen(certified) else ()
    if has_file == bool(typed):
        fault = "page.two_things" if typed else "page.no_file"
        return _refuse(request, lang, fault, typed=typed, on=on)
    try:
        when = desk.moment(on or None)
    except InvalidInput:
        return _refuse(request, lang, "page.bad_day", typed=typed, on=on)
    if upload is not None and has_file:
        try:
            report = await desk.check_upload(upload.data, when, name=upload.name, request=request, files=files)
        except Crowded:
            return _crowded(request, lang, on=on)
    else:
        report = await desk.check_text(typed, when, name="", request_id=request_id, files=files)
    return _result(request, report, lang)


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
    return _page(request, "start.html", lang, status, fault=fault, typed=typed, on=on, example="2026-01-31")


def _crowded(request: Request, lang: Language | None, *, on: str) -> HTMLResponse:
    """Show the form again, for later."""
    status = HTTPStatus.SERVICE_UNAVAILABLE
    answer = _refuse(request, lang, "page.crowded", typed="", on=on, status=status)
    answer.headers["Retry-After"] = str(RETRY_AFTER_S)
    return answer


def _result(request: Request, report: Report, lang: Language | None) -> HTMLResponse:
    language = _language(request, lang)
    other = next(each for each in Language if each is not language)
    genuine = all(check.outcome is Outcome.PASSED for check in report.checks if check.name in _MAKE_IT_GENUINE)
    if report.verdict is Verdict.ALTERED and genuine:
        whose = "page.issued"
    elif report.subject.copy is not None and not report.subject.copy.is_proven and genuine:
        whose = "page.copy_alone"
    else:
        whose = "page.whose" if genuine or report.verdict is Verdict.INCOMPLETE else "page.claimed"
    return _page(
        request,
        "result.html",
        lang,
        report=report,
        icon=_ICONS[report.verdict.colour],
        heading=heading(report, language),
        heading_other=heading(report, other),
        other=other,
        next_step=next_step(report, language),
        whose=whose,
    )


def _page(
    request: Request, template: str, lang: Language | None, status: int = HTTPStatus.OK, **values: object
) -> HTMLResponse:
    language = _language(request, lang)

    def word(key: str, **arguments: object) -> str:
        return sentence(key, language).format_map(arguments)

    def shown(value: Argument) -> str:
        return show(value, language)

    def said(message: Message) -> str:
        return say(message, language)

    text = (
        _environment()
        .get_template(template)
        .render(
            lang=language.value,
            other_lang=next(each.value for each in Language if each is not language),
            path=request.url.path,
            request_id=request_id_of(request),
            word=word,
            shown=shown,
            said=said,
            **values,
        )
    )
    return HTMLResponse(text, status, headers={"Content-Language": language.value, "Vary": "Accept-Language"})


def _language(request: Request, lang: Language | None) -> Language:
    return lang or language_of(request.headers.get("accept-language", ""))


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("verifier", "pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

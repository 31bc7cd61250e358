"""A receipt by way of the page: what it shall show, then the file. Works without scripts.

A result page holds what was found, sealed, so that nothing is handed in twice. A page that checked by itself, without
telling anybody what, hands in the text now; then it is checked here once more.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from chain.errors import InvalidInput, SigningFailed
from verifier.check import receipts
from verifier.receipt.finding import SealBroken
from verifier.receipt.page import PageUnprintable
from verifier.routes import shown
from verifier.routes.bodies import read_form
from verifier.routes.desk import desk_of, request_id_of
from verifier.routes.problems import RequestFault
from verifier.routes.receipt_desk import JWS, PDF, as_file, digest_of, receipts_of
from verifier.routes.rendering import PageLanguage, language_for, rendered
from verifier.routes.turns import RETRY_AFTER_S, Crowded

if TYPE_CHECKING:
    from verifier.receipt.finding import Finding
    from verifier.routes.bodies import Upload
    from verifier.wording import Language

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

_SHOW = "show."
"""How the names of the boxes begin."""
_MAX_FIELDS = 128
_KNOWN = frozenset({"typed", "on", "sealed", "asked_by", "as"})


class _Refused(Exception):
    """Why there is no receipt: a key of `locales/*.json`, and the answer's status."""

    def __init__(self, key: str, status: int = HTTPStatus.UNPROCESSABLE_ENTITY) -> None:
        super().__init__(key)
        self.key, self.status = key, status


@router.post("/receipt")
async def receipt(request: Request, lang: PageLanguage = None) -> Response:
    """Show what the receipt will have, or hand it out once that is chosen."""
    try:
        return await _answer(request, lang)
    except _Refused as exc:
        page = rendered(request, "receipt_none.html", lang, exc.status, fault=exc.key)
    except RequestFault as exc:
        page = rendered(request, "receipt_none.html", lang, exc.status, fault="receipt.bad_form")
    except Crowded as exc:
        page = rendered(request, "receipt_none.html", lang, exc.status, fault="page.crowded")
    if page.status_code in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
        page.headers["Retry-After"] = str(RETRY_AFTER_S)
    return page


async def _answer(request: Request, lang: Language | None) -> Response:
    desk, now = receipts_of(request), desk_of(request).clock()
    upload, _, fields = await read_form(request, most_fields=_MAX_FIELDS)
    if any(not name.startswith(_SHOW) for name in fields.keys() - _KNOWN):
        raise _Refused("receipt.bad_form")
    asked_by = fields.get("asked_by", "").strip()
    if "sealed" in fields:
        try:
            finding = desk.desk.unseal(fields["sealed"], now)
        except SealBroken as exc:
            raise _Refused("receipt.gone", HTTPStatus.GONE) from exc
        except SigningFailed as exc:
            raise _Refused("receipt.no_key", HTTPStatus.SERVICE_UNAVAILABLE) from exc
    else:
        finding = await _checked(request, upload or fields.get("typed", ""), fields.get("on") or None)
    bad_name = bool(receipts.fault_of_asker(asked_by))
    if "as" not in fields or bad_name:
        return _choice(request, lang, finding, asked_by=asked_by, bad_name=bad_name)
    chosen = {name.removeprefix(_SHOW) for name in fields if name.startswith(_SHOW)}
    return await _file(request, lang, finding.keeping(chosen), asked_by=asked_by, as_pdf=fields["as"] != "jws")


async def _checked(request: Request, handed_in: Upload | str, on: str | None) -> Finding:
    """Check a file or text once more; raises `_Refused`."""
    desk = desk_of(request)
    try:
        when = desk.moment(on)
    except InvalidInput as exc:
        raise _Refused("receipt.bad_form") from exc
    if isinstance(handed_in, str):
        report = await desk.check_text(handed_in, when, name="", request_id=request_id_of(request))
    else:
        report = await desk.check_upload(handed_in.data, when, name=handed_in.name, request=request)
    finding = await receipts_of(request).found(report, digest_of(handed_in))
    if finding is None:
        raise _Refused("receipt.nothing")
    return finding


def _choice(
    request: Request, lang: Language | None, finding: Finding, *, asked_by: str, bad_name: bool
) -> HTMLResponse:
    """Show what there is to choose."""
    language = language_for(request, lang)
    desk, clock = receipts_of(request).desk, desk_of(request).clock
    try:
        sealed = desk.seal(finding, clock())
    except SigningFailed as exc:
        raise _Refused("receipt.no_key", HTTPStatus.SERVICE_UNAVAILABLE) from exc
    return rendered(
        request,
        "receipt_choice.html",
        lang,
        HTTPStatus.UNPROCESSABLE_ENTITY if bad_name else HTTPStatus.OK,
        heading=finding.heading[language],
        past_day=shown.receipt_past_day(finding.receipt, language),
        registered_later=shown.registered_later(finding.receipt.registered_on, language),
        colour=finding.receipt.verdict.colour.value,
        test=finding.receipt.test,
        lines=[(each.key, each.labels[language], each.texts[language], each.is_fact) for each in finding.shown],
        sealed=sealed,
        asked_by=asked_by,
        bad_name=bad_name,
        most=receipts.MAX_ASKED_BY,
    )


async def _file(request: Request, lang: Language | None, finding: Finding, *, asked_by: str, as_pdf: bool) -> Response:
    """Hand out the signed receipt; raises `_Refused`."""
    desk = receipts_of(request)
    try:
        jws = await desk.sign(finding, asked_by=asked_by)
        receipt_id = receipts.parse(jws).receipt.id
        if not as_pdf:
            return as_file(jws, JWS, receipt_id)
        host, language = desk.host(request), language_for(request, lang)
        return as_file(await desk.typeset(finding, jws, host=host, language=language), PDF, receipt_id)
    except (RequestFault, PageUnprintable) as exc:
        raise _Refused("receipt.no_key", HTTPStatus.SERVICE_UNAVAILABLE) from exc

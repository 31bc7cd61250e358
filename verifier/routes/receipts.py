"""Receipts over the API: check, and get the answer signed."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse, Response

from verifier import answer
from verifier.check import receipts
from verifier.receipt.page import PageUnprintable
from verifier.routes.bodies import MAX_JSON, MAX_JSON_VALUES, media_type_of, presented, read_form, require_query
from verifier.routes.desk import desk_of, request_id_of
from verifier.routes.examples import PROBLEM, REPORT
from verifier.routes.incoming import json_of, kind_of, members_of
from verifier.routes.problems import MEDIA_TYPE as PROBLEM_TYPE
from verifier.routes.problems import RequestFault
from verifier.routes.receipt_desk import JSON_TYPE, JWS, PDF, as_file, digest_of, receipts_of
from verifier.uploads import reading
from verifier.wording import Language, language_of

if TYPE_CHECKING:
    from chain.strict_json import JSON
    from verifier.check.moments import Moment
    from verifier.check.presented import GivenFile
    from verifier.check.report import Report
    from verifier.receipt.finding import Finding

router = APIRouter(tags=["receipts"], dependencies=[Depends(require_query)])

MAX_SHOWN = 64
"""How many lines may be wished for a receipt's page."""
_KINDS = ("code", "certificate", "short_number")
_MAX_KEY = 80
_OF_ALL = ("agency", "certificate_type", "number")
"""What every certificate has, whatever its type calls it."""

_WISHES = {
    "asked_by": {
        "type": "string",
        "maxLength": receipts.MAX_ASKED_BY,
        "description": "Who asks. It stands on the receipt as what you said of yourself; left out, nobody is named.",
    },
    "show": {
        "type": "array",
        "maxItems": MAX_SHOWN,
        "items": {"type": "string", "maxLength": _MAX_KEY},
        "description": "Which of the report's `items`, `certificate_type`, `number` and `agency` the PDF "
        "shows; left out, the facts. They are printed, not signed. Other names are refused, unless nothing is shown "
        "because what was brought is not known to be genuine.",
    },
}
_REQUEST: dict[str, Any] = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    "code": {"type": "string", "description": "The QR code's text: a URL, or its digits."},
                    "certificate": {"type": "string", "description": "The SD-JWT."},
                    "short_number": {"type": "string", "description": "What is printed under the code."},
                    **_WISHES,
                },
                "oneOf": [{"required": [kind]} for kind in _KINDS],
            },
            "examples": {
                "code": {"value": {"code": "https://verify.example.cn/v#09218…", "asked_by": "Purchasing, Example Ltd"}}
            },
        },
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "additionalProperties": False,
                "required": ["file"],
                "properties": {
                    "file": {"type": "string", "format": "binary", "description": "As for `/api/v1/verify`."},
                    "certified_file": {"type": "string", "format": "binary", "description": "As above."},
                    "asked_by": _WISHES["asked_by"],
                    "show": {"type": "string", "description": "As in JSON, with commas between them."},
                },
            }
        },
    },
}
_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The receipt, whatever the verdict. As `Accept` wishes: a PDF with the JWS attached, the JWS "
        "alone, or JSON of the JWS with the report.",
        "content": {
            JSON_TYPE: {"example": {"receipt": "eyJhbGciOiJFUzI1NiIs…", **REPORT}},
            PDF: {"schema": {"type": "string", "format": "binary"}},
            JWS: {"schema": {"type": "string"}},
        },
    },
    **{
        status: {"description": description, "content": {PROBLEM_TYPE: {"example": PROBLEM}}}
        for status, description in (
            (400, "The body cannot be read."),
            (406, "None of the three is accepted."),
            (413, "The body is too large."),
            (415, "The body is neither multipart nor JSON."),
            (422, "Not exactly one thing to check; or nothing in it that a receipt could be given for."),
            (503, "Receipts cannot be given right now."),
        )
    },
}


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a request wants."""

    report: Report
    handed_in: bytes
    asked_by: str
    show: frozenset[str] | None


@router.post(
    "/api/v1/receipts",
    summary="Check one certificate, and get a signed receipt of the answer",
    response_class=Response,
    responses=_RESPONSES,
    openapi_extra={"requestBody": _REQUEST},
)
async def give(
    request: Request,
    on: Annotated[str | None, Query(description="Ask about a past day, such as 2026-01-31.")] = None,
    lang: Annotated[Language | None, Query(description="Language of the words; else Accept-Language.")] = None,
) -> Response:
    """Check as `/api/v1/verify` does, and sign what was found.

    The receipt verifies later, without a network, too. It is no certificate: it tells what was so when it was given.
    """
    media_type = _accepted(request.headers.get("accept", ""))
    language = lang or language_of(request.headers.get("accept-language", ""), fallback=Language.ENGLISH)
    asked = await _asked(request, desk_of(request).moment(on))
    desk = receipts_of(request)
    finding = await desk.found(asked.report, asked.handed_in)
    if finding is None:
        why = "nothing could be read, or it is a receipt itself, or the registry is not known yet"
        raise RequestFault(422, f"got {asked.report.verdict}: {why}; wanted something to give a receipt for")
    _require_known(asked, finding)
    jws = await desk.sign(finding, asked_by=asked.asked_by)
    headers = {"Content-Language": language.value, "Vary": "Accept, Accept-Language"}
    if media_type == JSON_TYPE:
        report = answer.as_json(asked.report, language)
        return JSONResponse({"receipt": jws, "reports": [report]}, headers=headers)
    receipt_id = receipts.parse(jws).receipt.id
    if media_type == JWS:
        given = as_file(jws, JWS, receipt_id)
    else:
        try:
            kept = finding.keeping(asked.show)
            pdf = await desk.typeset(kept, jws, host=desk.host(request), language=language)
        except PageUnprintable as exc:
            detail = "this receipt cannot be printed; get it as application/jose"
            raise RequestFault(HTTPStatus.SERVICE_UNAVAILABLE, detail) from exc
        given = as_file(pdf, PDF, receipt_id)
    given.headers.update(headers)
    return given


async def _asked(request: Request, when: Moment) -> _Asked:
    media_type = media_type_of(request)
    desk = desk_of(request)
    if media_type == "multipart/form-data":
        upload, certified, fields = await read_form(request)
        if upload is None or (strange := fields.keys() - _WISHES.keys()):
            got = "no file" if upload is None else f"the field {min(strange)[:_MAX_KEY]!r}"
            raise RequestFault(422, f"got {got}, wanted one file in the field «file», and beside it asked_by and show")
        files: tuple[GivenFile, ...] = ()
        if certified is not None:
            files = (reading.given_file(certified.data, name=certified.name),)
        asked_by = _name(fields.get("asked_by", ""))
        show = frozenset(fields["show"].split(",")) if "show" in fields else None
        report = await desk.check_upload(upload.data, when, name=upload.name, request=request, files=files)
        return _Asked(report, digest_of(upload), asked_by, show)
    if media_type != JSON_TYPE:
        raise RequestFault(415, f"got {media_type or 'no content type'}, wanted multipart/form-data or {JSON_TYPE}")
    name, text, wishes = _members(await json_of(request, MAX_JSON, most_values=MAX_JSON_VALUES))
    asked_by, show = _name(wishes.get("asked_by", "")), _keys(wishes.get("show"))
    report = await desk.check_presented(presented(name, text), when, name=name, request_id=request_id_of(request))
    return _Asked(report, digest_of(text), asked_by, show)


def _members(value: JSON) -> tuple[str, str, dict[str, JSON]]:
    """Return what to check, by kind and text, and the wishes; raises `RequestFault`."""
    if not isinstance(value, dict):
        raise RequestFault(422, f"got {kind_of(value)}, wanted an object")
    given = {kind: value[kind] for kind in _KINDS if kind in value}
    wishes = {name: wish for name, wish in value.items() if name in _WISHES}
    match list(given.items()):
        case [(name, str() as text)] if len(given) + len(wishes) == len(value):
            return name, text, wishes
        case _:
            wanted = f"one text: {', '.join(_KINDS)}; beside it asked_by and show"
            raise RequestFault(422, f"got {members_of(value)}, wanted {wanted}")


def _name(value: JSON) -> str:
    if not isinstance(value, str):
        raise RequestFault(422, f"asked_by: got {kind_of(value)}, wanted a text")
    if fault := receipts.fault_of_asker(value):
        raise RequestFault(422, fault)
    return value


def _require_known(asked: _Asked, finding: Finding) -> None:
    """Refuse names of what the report does not have; of what is not known to be genuine, nothing is shown anyway."""
    if not asked.show or not finding.shown:
        return
    known = {*_OF_ALL, *(each.key for each in finding.shown)}
    if strange := asked.show - known - {""}:
        got = f"{min(strange)[:_MAX_KEY]!r}"
        raise RequestFault(422, f"show: got {got}, wanted only some of {', '.join(sorted(known))}")


def _keys(value: JSON) -> frozenset[str] | None:
    match value:
        case None:
            return None
        case [*keys] if len(keys) <= MAX_SHOWN:
            texts = [key for key in keys if isinstance(key, str)]
            if len(texts) == len(keys):
                return frozenset(texts)
            got = "a list with something else"
        case [*keys]:
            got = f"{len(keys)} names"
        case _:
            got = kind_of(value)
    raise RequestFault(422, f"show: got {got}, wanted a list of at most {MAX_SHOWN} names")


def _accepted(accept: str) -> str:
    """Choose by an `Accept` header (RFC 9110, section 12.5.1); JSON where anything will do. Raises `RequestFault`."""
    wishes: dict[str, tuple[float, int]] = {}
    for place, wish in enumerate(accept.lower().split(",")):
        wanted, *parameters = (part.strip() for part in wish.split(";"))
        weight = _weight(next((part.removeprefix("q=") for part in parameters if part.startswith("q=")), "1"))
        wishes.setdefault(wanted or "*/*", (weight, -place))
    # What is said of a type itself counts before what is said of several; of equal wishes the first counts.
    found = {
        each: next((wishes[named] for named in (each, "application/*", "*/*") if named in wishes), (0.0, 0))
        for each in (JSON_TYPE, PDF, JWS)
    }
    best = max(found, key=lambda each: found[each])
    if found[best][0] <= 0:
        raise RequestFault(
            HTTPStatus.NOT_ACCEPTABLE, f"got Accept: {accept[:_MAX_KEY]}, wanted {JSON_TYPE}, {PDF} or {JWS}"
        )
    return best


def _weight(text: str) -> float:
    """Return a weight from 0 to 1; 0 for what is none."""
    try:
        weight = float(text)
    except ValueError:
        return 0.0
    return weight if 0 <= weight <= 1 else 0.0

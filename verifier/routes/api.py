"""The verifier's API: one question, one report."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from verifier import answer
from verifier.routes.bodies import CERTIFIED, Upload, media_type_of, presented, read_form, read_json, require_known
from verifier.routes.desk import desk_of, request_id_of
from verifier.routes.examples import REQUESTS, RESPONSES
from verifier.routes.problems import RequestFault
from verifier.uploads import reading
from verifier.wording import Language, language_of

if TYPE_CHECKING:
    from verifier.check.presented import GivenFile

router = APIRouter()

_SHOWN = 60


class _Answer(JSONResponse):
    """JSON as the framework writes it, in a tenth of the time."""

    def render(self, content: object) -> bytes:
        return msgspec.json.encode(content)


_PARAMETERS = [
    {
        "name": "on",
        "in": "query",
        "description": "Ask about a past day, such as 2026-01-31.",
        "schema": {"type": "string"},
    },
    {
        "name": "lang",
        "in": "query",
        "description": "Language of the words; else Accept-Language.",
        "schema": {"type": "string", "enum": list(Language)},
    },
]
_QUERY = frozenset(str(each["name"]) for each in _PARAMETERS)


@router.post(
    "/api/v1/verify",
    summary="Check one certificate",
    tags=["verification"],
    response_class=JSONResponse,
    responses=RESPONSES,
    # Declared here and read below: the framework's own way takes a tenth of the time of a verdict.
    openapi_extra={"requestBody": REQUESTS, "parameters": _PARAMETERS},
)
async def verify(request: Request) -> JSONResponse:
    """Check a file (multipart, field `file`), or a code, certificate or short number (JSON, exactly one of them).

    Beside `file`, `certified_file` may hold an existing file that the certificate is said to vouch for.

    The answer is 200 with a report whatever the verdict. Anything else is a fault of the request.
    """
    desk, request_id = desk_of(request), request_id_of(request)
    on, lang = _asked(request)
    when = desk.moment(on)
    media_type = media_type_of(request)
    if media_type == "multipart/form-data":
        upload, files = await _files(request)
        report = await desk.check_upload(upload.data, when, name=upload.name, request=request, files=files)
    elif media_type == "application/json":
        name, text = await read_json(request)
        report = await desk.check_presented(presented(name, text), when, name=name, request_id=request_id)
    else:
        got = media_type[:_SHOWN] or "no content type"
        raise RequestFault(415, f"got {got}, wanted multipart/form-data or application/json")
    words = lang or language_of(request.headers.get("accept-language", ""), fallback=Language.ENGLISH)
    headers = {"Content-Language": words.value, "Vary": "Accept-Language"}
    return _Answer({"reports": [answer.as_json(report, words)]}, headers=headers)


def _asked(request: Request) -> tuple[str | None, Language | None]:
    """Return the day and the language that the query names; raises `RequestFault`."""
    if not request.scope["query_string"]:
        return None, None
    given = request.query_params
    require_known(request, _QUERY)
    if (lang := given.get("lang")) is None:
        return given.get("on"), None
    try:
        return given.get("on"), Language(lang)
    except ValueError as exc:
        raise RequestFault(422, f"lang: got {lang[:20]!r}, wanted {' or '.join(Language)}") from exc


async def _files(request: Request) -> tuple[Upload, tuple[GivenFile, ...]]:
    """Return the certificate, and the file that is to be compared with what it vouches for, if there is one."""
    upload, certified, fields = await read_form(request)
    if upload is None or fields:
        got = f"the field {min(fields)[:_SHOWN]!r}" if fields else "no file"
        raise RequestFault(
            422, f"got {got}, wanted one file in the field «file», beside it at most one in «{CERTIFIED}»"
        )
    return upload, () if certified is None else (reading.given_file(certified.data, name=certified.name),)

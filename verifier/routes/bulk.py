"""The API's bulk checks: hand in many, ask how far it is, take the verdicts, or cancel."""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from anyio import to_thread
from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import JSONResponse, Response

from chain.calendar import SHANGHAI
from verifier.bulk.jobs import JobUnknown, State
from verifier.bulk.tables import WRITERS
from verifier.check.report import Verdict
from verifier.routes.bodies import media_type_of, require_query
from verifier.routes.bulk_bodies import MAX_FILES, MAX_ITEMS, MAX_UPLOADS, read_files, read_texts
from verifier.routes.bulk_work import bulk_desk_of
from verifier.routes.desk import desk_of, request_id_of
from verifier.routes.problems import RequestFault
from verifier.wording import Language, language_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from verifier.bulk.jobs import Job, Progress

router = APIRouter(tags=["bulk"], dependencies=[Depends(require_query)])

PATH = "/api/v1/bulk"
_SHOWN = 60
_EXAMPLE = {
    "id": "Zm9yIGV4YW1wbGUgb25seSwgbm8gam9iIGhhcyBpdC4",
    "state": "RUNNING",
    "done": 120,
    "total": 400,
    "verdicts": {"VALID": 117, "REVOKED": 2, "UNREADABLE": 1},
    "created_at": "2026-11-22T12:30:04+08:00",
    "finished_at": None,
    "expires_at": "2026-11-22T13:30:34+08:00",
    "url": f"{PATH}/Zm9yIGV4YW1wbGUgb25seSwgbm8gam9iIGhhcyBpdC4",
    "page": "/bulk/Zm9yIGV4YW1wbGUgb25seSwgbm8gam9iIGhhcyBpdC4",
    "results": None,
}
_PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"description": said, "content": {"application/problem+json": {}}}
    for status, said in (
        (400, "A body that cannot be read"),
        (413, f"A body of more than {MAX_UPLOADS // 1024**2} MB"),
        (415, "Neither multipart/form-data nor application/json"),
        (422, "Nothing to check, or a day that is none"),
        (429, "Too many questions, or bulk checks of yours under way; `Retry-After` says when to come again."),
        (503, "Too many bulk checks under way; `Retry-After` says when to come again."),
    )
}
_GONE: dict[int | str, dict[str, Any]] = {
    404: {"description": "No such job, or it is over and deleted", "content": {"application/problem+json": {}}}
}
_NOT_YET: dict[int | str, dict[str, Any]] = {
    409: {"description": "Not finished yet, or failed", "content": {"application/problem+json": {}}}
}
_BODIES = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {
                    "file": {
                        "type": "array",
                        "items": {"type": "string", "format": "binary"},
                        "maxItems": MAX_FILES,
                        "description": "PDFs, pictures, SD-JWTs, ZIP files of these, PDFs of several papers, CSV, XLSX",
                    }
                },
            }
        },
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["items"],
                "additionalProperties": False,
                "properties": {
                    "items": {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": MAX_ITEMS}
                },
            },
            "example": {"items": ["7HKQ-2M4D-X9RT-0C", "https://verify.example.cn/v#0123456789…"]},
        },
    },
}

Found = TypeVar("Found")
JobId = Annotated[str, Path(description="The job's id, as its URL has it.", max_length=64)]


@router.post(
    PATH,
    summary="Check many certificates",
    status_code=HTTPStatus.ACCEPTED,
    response_class=JSONResponse,
    responses={202: {"content": {"application/json": {"example": _EXAMPLE}}}, **_PROBLEMS},
    openapi_extra={"requestBody": _BODIES},
)
async def start(
    request: Request,
    on: Annotated[str | None, Query(description="Ask about a past day, such as 2026-01-31.")] = None,
) -> JSONResponse:
    """Hand in many files (multipart, field `file`, any number of times), or a list of texts (JSON, `items`).

    The answer comes at once; ask at `url` until `state` is DONE, then take `results`. What is handed in is deleted as
    soon as it is checked; the results ten minutes after the first download, after an hour at the latest. Whoever knows
    the id reads them: do not log it. One bad entry never stops the rest: it has its own line, UNREADABLE or
    CANNOT_CHECK, with the reason.
    """
    desk, own = bulk_desk_of(request), desk_of(request)
    own.moment(on)
    media_type = media_type_of(request)
    with desk.coming(own.client):
        if media_type == "multipart/form-data":
            brought, fields = await read_files(request)
            if fields or not brought:
                got = f"the field {min(fields)!r}" if fields else "no file"
                raise RequestFault(422, f"got {got}, wanted files in the field «file»")
        elif media_type == "application/json":
            brought = await read_texts(request)
        else:
            got = media_type[:_SHOWN] or "no content type"
            raise RequestFault(415, f"got {got}, wanted multipart/form-data or application/json")
    with desk.place(own.client):
        job = await desk.start(brought, on=on, desk=own, request_id=request_id_of(request))
    told = await _told(request, job)
    return JSONResponse(told, HTTPStatus.ACCEPTED, headers={"Location": str(told["url"])})


@router.get(
    f"{PATH}/{{job_id}}",
    summary="How far a bulk check is",
    response_class=JSONResponse,
    responses={200: {"content": {"application/json": {"example": _EXAMPLE}}}, **_GONE},
)
async def progress(request: Request, job_id: JobId) -> JSONResponse:
    """Tell how far it is; `results` names the files as soon as there are any."""
    return JSONResponse(await _told(request, find(request, job_id)))


@router.get(
    f"{PATH}/{{job_id}}/results.{{kind}}",
    summary="The verdicts of a bulk check",
    response_class=Response,
    responses={200: {"content": {media_type: {} for media_type, _ in WRITERS.values()}}, **_GONE, **_NOT_YET},
)
async def results(
    request: Request,
    job_id: JobId,
    kind: Annotated[str, Path(description="xlsx, csv or json", pattern="^(xlsx|csv|json)$")],
    lang: Annotated[Language | None, Query(description="Language of the words; else Accept-Language.")] = None,
) -> Response:
    """Return a line for each certificate."""
    job, now = find(request, job_id), desk_of(request).clock()
    media_type, write = WRITERS[kind]
    words = lang or language_of(request.headers.get("accept-language", ""), fallback=Language.ENGLISH)

    def made() -> bytes | State:
        state = job.progress(now).state
        if state is not State.DONE:
            return state
        data = write(job.lines(), words)
        # Who asks only whether there is something has taken nothing.
        if not request.state.is_head:
            job.was_taken(now)
        return data

    answer = await _found(made)
    if isinstance(answer, State):
        raise RequestFault(409, f"got a bulk check that is {answer}, wanted one that is DONE")
    headers = {
        "Content-Disposition": f'attachment; filename="verdicts.{kind}"',
        "Content-Language": words.value,
        "Vary": "Accept-Language",
    }
    return Response(answer, media_type=media_type, headers=headers)


@router.delete(
    f"{PATH}/{{job_id}}",
    summary="Cancel a bulk check, or delete its results",
    status_code=HTTPStatus.NO_CONTENT,
    response_class=Response,
    responses=_GONE,
)
async def cancel(request: Request, job_id: JobId) -> Response:
    """Cancel it, whatever its state, and delete everything of it."""
    job = find(request, job_id)
    await to_thread.run_sync(job.cancel)
    return Response(status_code=HTTPStatus.NO_CONTENT)


def find(request: Request, job_id: str) -> Job:
    """Return a job; raises `RequestFault` if there is none."""
    try:
        return bulk_desk_of(request).jobs.find(job_id)
    except JobUnknown as exc:
        raise _unknown() from exc


def as_json(job: Job, progress: Progress, expires_at: int) -> dict[str, Any]:
    """Return what is told of a job."""
    url = f"{PATH}/{job.id}"
    verdicts = {verdict.value: count for verdict in Verdict if (count := progress.verdicts.get(verdict.value))}
    return {
        "id": job.id,
        "state": progress.state.value,
        "done": progress.done,
        "total": progress.total,
        "verdicts": verdicts,
        "created_at": _time(progress.created_at),
        "finished_at": None if progress.finished_at is None else _time(progress.finished_at),
        "expires_at": _time(expires_at),
        "url": url,
        "page": f"/bulk/{job.id}",
        "results": {kind: f"{url}/results.{kind}" for kind in WRITERS} if progress.state is State.DONE else None,
    }


async def _told(request: Request, job: Job) -> dict[str, Any]:
    now = desk_of(request).clock()
    return await _found(lambda: as_json(job, job.progress(now), job.expires_at()))


async def _found(what: Callable[[], Found]) -> Found:
    try:
        return await to_thread.run_sync(what)
    except JobUnknown as exc:
        raise _unknown() from exc


def _unknown() -> RequestFault:
    return RequestFault(404, "got the id of no bulk check that is known, wanted one that is not deleted yet")


def _time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).astimezone(SHANGHAI).isoformat(timespec="seconds")

"""The page for bulk checks. Works without scripts: then it is loaded again every few seconds until it is done."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

from anyio import to_thread
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from chain.calendar import SHANGHAI
from chain.errors import InvalidInput
from verifier.bulk.jobs import KEPT_AFTER_DOWNLOAD_S, JobUnknown, State
from verifier.bulk.questions import MOST, Brought
from verifier.check.report import Colour, Verdict
from verifier.routes.bulk_bodies import MAX_FILES, MAX_UPLOADS, read_files
from verifier.routes.bulk_work import bulk_desk_of
from verifier.routes.desk import desk_of, request_id_of
from verifier.routes.problems import RequestFault
from verifier.routes.rendering import PageLanguage, language_for, rendered
from verifier.routes.shown import ICONS
from verifier.routes.turns import RETRY_AFTER_S, Crowded
from verifier.wording import Language, sentence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from verifier.bulk.jobs import Job, Progress
    from verifier.bulk.lines import Line

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

SHOWN = 200
"""How many lines the page shows; the files have them all."""
_GRAVEST_FIRST = {Colour.RED: 0, Colour.GREY: 1, Colour.AMBER: 2, Colour.GREEN: 3}


@router.get("/bulk")
def form(request: Request, lang: PageLanguage = None) -> HTMLResponse:
    """Show the form."""
    return _form(request, lang, fault=None)


@router.post("/bulk")
async def start(request: Request, lang: PageLanguage = None) -> Response:
    """Begin a bulk check, and lead to its page."""
    desk, own = bulk_desk_of(request), desk_of(request)
    typed, on = "", ""
    try:
        with desk.coming(own.client):
            brought, fields = await read_files(request)
        typed, on = fields.get("typed", "").strip(), fields.get("on", "").strip()
        own.moment(on or None)
        if typed:
            brought.append(_list_of(typed, language_for(request, lang)))
        _require(brought)
        with desk.place(own.client):
            job = await desk.start(brought, on=on or None, desk=own, request_id=request_id_of(request))
    except _Nothing:
        return _form(request, lang, fault="bulk.nothing", on=on)
    except InvalidInput:
        return _form(request, lang, fault="page.bad_day", typed=typed, on=on)
    except RequestFault as exc:
        return _form(request, lang, fault="bulk.bad_form", status=exc.status)
    except Crowded as exc:
        answer = _form(request, lang, fault="bulk.crowded", status=exc.status)
        answer.headers["Retry-After"] = str(RETRY_AFTER_S)
        return answer
    return RedirectResponse(_address(job, language_for(request, lang)), HTTPStatus.SEE_OTHER)


@router.get("/bulk/gone")
def gone(request: Request, lang: PageLanguage = None) -> HTMLResponse:
    """Say that nothing is left."""
    return rendered(request, "bulk_gone.html", lang)


@router.get("/bulk/{job_id}")
async def job_page(request: Request, job_id: str, lang: PageLanguage = None) -> HTMLResponse:
    """Show how far it is, or the verdicts."""
    now = desk_of(request).clock()

    def read() -> tuple[Job, Progress, int, list[Line]] | None:
        try:
            job = bulk_desk_of(request).jobs.find(job_id)
            progress = job.progress(now)
            lines = job.lines() if progress.state is State.DONE else []
            return job, progress, job.expires_at(), lines
        except JobUnknown:
            return None

    found = await to_thread.run_sync(read)
    if found is None:
        return rendered(request, "bulk_gone.html", lang, HTTPStatus.NOT_FOUND)
    job, progress, expires_at, lines = found
    return rendered(
        request,
        "bulk_job.html",
        lang,
        job=job,
        progress=progress,
        valid=progress.verdicts.get(Verdict.VALID, 0),
        counts=_counts(progress),
        lines=_gravest(lines)[:SHOWN],
        is_test=any(line.test for line in lines),
        icons={colour.value: icon for colour, icon in ICONS.items()},
        until=datetime.fromtimestamp(expires_at, UTC).astimezone(SHANGHAI).strftime("%H:%M"),
        refresh=f"/bulk/{job.id}?lang={language_for(request, lang)}",
    )


@router.post("/bulk/{job_id}/cancel")
async def cancel(request: Request, job_id: str, lang: PageLanguage = None) -> Response:
    """Cancel it, or delete its results; one that is gone already is what was wanted."""
    with suppress(JobUnknown):
        await to_thread.run_sync(bulk_desk_of(request).jobs.find(job_id).cancel)
    return RedirectResponse(f"/bulk/gone?lang={language_for(request, lang)}", HTTPStatus.SEE_OTHER)


class _Nothing(Exception):
    """Neither a file nor a list was handed in."""


def _require(brought: Sequence[Brought]) -> None:
    if not brought:
        raise _Nothing


def _list_of(typed: str, language: Language) -> Brought:
    """Return what was typed, as a table of one column where it has several lines."""
    name = sentence("bulk.typed_name", language)
    return Brought(name, typed if len(typed.splitlines()) == 1 else typed.encode())


def _counts(progress: Progress) -> list[tuple[Verdict, str, int]]:
    """Return each verdict that came, its icon, and how often; the gravest first."""
    found = [(verdict, ICONS[verdict.colour], progress.verdicts.get(verdict, 0)) for verdict in Verdict]
    return sorted((each for each in found if each[2]), key=lambda each: _GRAVEST_FIRST[each[0].colour])


def _gravest(lines: Sequence[Line]) -> list[Line]:
    """Return lines with the gravest first; of equals, as they were brought."""
    return sorted(lines, key=lambda line: _GRAVEST_FIRST[Colour(line.colour)])


def _address(job: Job, language: Language) -> str:
    return f"/bulk/{job.id}?lang={language}"


def _form(
    request: Request,
    lang: Language | None,
    *,
    fault: str | None,
    typed: str = "",
    on: str = "",
    status: int = 0,
) -> HTMLResponse:
    return rendered(
        request,
        "bulk.html",
        lang,
        status or (HTTPStatus.UNPROCESSABLE_ENTITY if fault else HTTPStatus.OK),
        fault=fault,
        typed=typed,
        on=on,
        limits={"megabytes": MAX_UPLOADS // 1024**2, "files": f"{MAX_FILES:,}", "rows": f"{MOST:,}"},
        minutes=KEPT_AFTER_DOWNLOAD_S // 60,
    )

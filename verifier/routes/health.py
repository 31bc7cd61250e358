"""Whether the service runs, and whether it can answer."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from verifier.routes.desk import desk_of
from verifier.wording import Language, say

router = APIRouter(tags=["operation"])


@router.get("/healthz", summary="Whether the process runs")
def healthz() -> JSONResponse:
    """Answer as long as the process can."""
    return JSONResponse({"ok": True})


@router.get(
    "/readyz", summary="Whether the index is fresh", responses={503: {"description": "Nothing can be checked."}}
)
def readyz(request: Request) -> JSONResponse:
    """Answer 200 if the index is fresh, 503 with the reason if it is not."""
    why = desk_of(request).doubt()
    if why is None:
        return JSONResponse({"ready": True})
    return JSONResponse(
        {"ready": False, "why": say(why, Language.ENGLISH), "message_id": why.key},
        status_code=HTTPStatus.SERVICE_UNAVAILABLE,
    )

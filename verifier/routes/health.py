"""Whether the service runs, and whether it can answer."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from verifier.check.moments import time_of
from verifier.routes.desk import desk_of
from verifier.routes.evidence import offered
from verifier.wording import Language, say

if TYPE_CHECKING:
    from chain.strict_json import JSON
    from verifier.published.cutting import Cutter

router = APIRouter(tags=["operation"])

_READY: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "It is.",
        "content": {
            "application/json": {
                "example": {
                    "ready": True,
                    "checkpoints": {
                        "newest": {"block_number": 90210, "time": "2026-11-22T20:30:00+08:00"},
                        "failing_since": None,
                        "error": None,
                    },
                }
            }
        },
    },
    503: {
        "description": "It is not: nothing can be checked.",
        "content": {
            "application/json": {
                "example": {
                    "ready": False,
                    "why": "The newest block is 90 seconds old; at most 36 are normal.",
                    "message_id": "registry.behind",
                }
            }
        },
    },
}


@router.get(
    "/healthz",
    summary="Whether the process runs",
    responses={200: {"description": "It does.", "content": {"application/json": {"example": {"ok": True}}}}},
)
def healthz() -> JSONResponse:
    """Answer as long as the process can."""
    return JSONResponse({"ok": True})


@router.get("/readyz", summary="Whether the index is fresh", responses=_READY)
def readyz(request: Request) -> JSONResponse:
    """Answer 200 if the index is fresh, 503 with the reason if it is not.

    Checkpoints that cannot be cut do not make it unready: whoever asks here online gets the present truth all the same.
    """
    why = desk_of(request).doubt()
    if why is None:
        cutter = cast("Cutter | None", request.app.state.cutter)
        return JSONResponse(
            {"ready": True} if cutter is None else {"ready": True, "checkpoints": _state(request, cutter)}
        )
    return JSONResponse(
        {"ready": False, "why": say(why, Language.ENGLISH), "message_id": why.key},
        status_code=HTTPStatus.SERVICE_UNAVAILABLE,
    )


def _state(request: Request, cutter: Cutter) -> JSON:
    files, failing = offered(request).files, cutter.failing
    newest = None if files is None else files.newest()
    return {
        "newest": None
        if newest is None
        else {"block_number": newest.number, "time": time_of(newest.timestamp).isoformat()},
        "failing_since": None if failing is None else failing.since.isoformat(),
        "error": None if failing is None else failing.error,
    }

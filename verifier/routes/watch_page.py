"""The watch list's page: an empty frame. What it shows, the browser keeps, and nobody here learns."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from verifier.routes.rendering import rendered
from verifier.wording import Language  # noqa: TC001 (FastAPI reads annotations at run time)

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


@router.get("/watch")
def watch(request: Request, lang: Annotated[Language | None, Query()] = None) -> HTMLResponse:
    """Show the frame, and say why it needs scripts where there are none."""
    return rendered(request, "watch.html", lang)

"""The watch list's page: an empty frame. What it shows, the browser keeps, and nobody here learns."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from verifier.routes.rendering import PageLanguage, rendered

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


@router.get("/watch")
def watch(request: Request, lang: PageLanguage = None) -> HTMLResponse:
    """Show the frame, and say why it needs scripts where there are none."""
    return rendered(request, "watch.html", lang)

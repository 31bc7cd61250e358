"""Style sheet, script and pictures of the pages, under addresses that change with their content."""

from __future__ import annotations

from fastapi import Response
from starlette.exceptions import HTTPException

from issuer.routes.pages import front, rendering

router = front.router(tags=["static"])


@router.get("/static/{digest}/{name}")
def static(digest: str, name: str) -> Response:
    """Return a file; kept by browsers for a year, since another content has another address."""
    kind = rendering.MEDIA_TYPES.get(name.rpartition(".")[2])
    try:
        content = rendering.static_bytes(name)
    except KeyError:
        content = b""
    if kind is None or not content:
        raise HTTPException(404, "file: no such one")
    is_current = rendering.static_url(name) == f"/static/{digest}/{name}"
    keep = "public, max-age=31536000, immutable" if is_current else "no-store"
    return Response(content, media_type=kind, headers={"Cache-Control": keep})


@router.get("/favicon.ico")
def icon() -> Response:
    """Return the picture that browsers ask for by themselves."""
    return Response(rendering.static_bytes("seal.svg"), media_type="image/svg+xml")

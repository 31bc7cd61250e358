"""Which addresses any page may read: what bears verdicts out is nobody's secret, and no answer hangs on cookies.

A widget on a company's page, or the verifier as one file on a disk, asks from an origin of its own.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.responses import Response

if TYPE_CHECKING:
    from starlette.types import Scope

OPEN = "/api/v1/"
"""Whatever lies under this any page may ask for."""
DESCRIPTION = "/openapi.json"
"""What programs may ask, which tools in browsers read, too."""
WIDGET = "/static/widget.js"
"""What other pages embed."""
HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Content-Disposition, ETag, Link, Location, Repr-Digest, Retry-After, "
    "X-Request-Id",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, HEAD, POST, DELETE",
    "Access-Control-Allow-Headers": "Accept-Language, Content-Type, If-None-Match",
    "Access-Control-Max-Age": "86400",
    "Vary": "Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
}


def is_open(scope: Scope) -> bool:
    """Whether any page may read what is at this address."""
    return str(scope["path"]).startswith(OPEN) or scope["path"] in {DESCRIPTION, WIDGET}


def preflight(scope: Scope) -> Response | None:
    """Return the answer to a browser that asks whether it may ask (Fetch, «CORS-preflight request»); else None.

    Nothing that needs a permission of its own is behind it, so the answer is the same at every open address.
    """
    if scope["method"] != "OPTIONS" or not is_open(scope):
        return None
    named = {name for name, _ in scope["headers"]}
    if not {b"origin", b"access-control-request-method"} <= named:
        return None
    return Response(status_code=HTTPStatus.NO_CONTENT, headers=_PREFLIGHT)

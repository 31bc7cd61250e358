"""Answers that whoever has them already need not be sent again."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from http import HTTPStatus
from importlib.metadata import version
from typing import TYPE_CHECKING

from fastapi.responses import JSONResponse, Response

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastapi import Request

NEWEST = "no-cache"
"""May be kept, but asks each time whether it still is the newest."""
FOR_EVER = "public, max-age=31536000, immutable"
_TAG_BYTES = 16


def etag(*parts: bytes | str | int) -> str:
    """Return the tag of an answer that follows from these alone, and from this version of the software."""
    named = (_version(), *parts)
    digests = (sha256(part if isinstance(part, bytes) else str(part).encode()).digest() for part in named)
    return f'"{sha256(b"".join(digests)).digest()[:_TAG_BYTES].hex()}"'


@cache
def _version() -> str:
    return version("yinxin")


def has(request: Request, tag: str) -> bool:
    """Whether the caller has it already (RFC 9110, section 13.1.2)."""
    named = [each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")]
    return tag in named or "*" in named


def unchanged(tag: str, *, control: str = NEWEST) -> Response:
    """Return the answer to whoever has it already."""
    return Response(status_code=HTTPStatus.NOT_MODIFIED, headers={"ETag": tag, "Cache-Control": control})


def tagged(content: Mapping[str, object], tag: str) -> JSONResponse:
    """Return an answer with its tag, and where it goes on if it has a `next`."""
    headers = {"ETag": tag, "Cache-Control": NEWEST}
    if following := content.get("next"):
        headers["Link"] = f'<{following}>; rel="next"'
    return JSONResponse(content, headers=headers)

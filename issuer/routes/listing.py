"""A page that lists the API, without anything from elsewhere: officers have their keys' passwords at hand there."""

from __future__ import annotations

import base64
import hashlib
from html import escape
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

if TYPE_CHECKING:
    from collections.abc import Iterator

router = APIRouter(include_in_schema=False)

_STYLE = (
    "body{font:16px/1.5 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "td{padding:.2rem 1rem .2rem 0;vertical-align:top}code{white-space:nowrap}"
)
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@router.get("/docs")
def listing(request: Request) -> HTMLResponse:
    """Return every path with what it does."""
    rows = "\n".join(
        f"<tr><td><code>{method}</code><td><code>{escape(path)}</code><td>{escape(summary)}"
        for method, path, summary in _operations(request.app.openapi())
    )
    page = f"""<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<title>Yinxin issuer</title>
<style>{_STYLE}</style>
<h1>Yinxin issuer</h1>
<p>A REST API for agencies' line-of-business systems; there are no pages to work with here. Officers identify themselves
by HTTP Basic: the name of their key and its password. Faults come as RFC 9457 problem details.
<p><a href="openapi.json">openapi.json</a> describes all of it to programs.
<table>
{rows}
</table>
"""
    return HTMLResponse(page, headers={"Content-Security-Policy": _POLICY})


def _operations(description: dict[str, dict[str, dict[str, dict[str, str]]]]) -> Iterator[tuple[str, str, str]]:
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation.get("description", "").partition("\n")[0]

"""Every list under its name with .csv or .json behind it; all else under /audit does not exist."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse

from verifier.routes.audit.frame import DESK, PageFault, address, require_reader

_RECORDS = ("certificates", "batches", "transactions", "blocks", "addresses")

_LEADING = DESK | {"dependencies": [Depends(require_reader)]}
"""What is asked besides is for the list to judge that these lead to."""

first = APIRouter(**_LEADING)
"""Stands before the pages of single records, which would take the ending for a part of a name."""
last = APIRouter(**_LEADING)
"""Stands behind all others."""


@last.get("/audit/{rest:path}")
def suffixed(request: Request, rest: str) -> RedirectResponse:
    """Lead to the list as a file, with the same filters."""
    path, _, suffix = rest.rpartition(".")
    if not path or suffix not in ("csv", "json"):
        raise PageFault(HTTPStatus.NOT_FOUND, "audit.fault.no_page")
    return RedirectResponse(address(f"/audit/{path}", **{**request.query_params, "format": suffix}))


def _record(request: Request) -> RedirectResponse:
    return suffixed(request, request.url.path.removeprefix("/audit/"))


for _noun in _RECORDS:
    for _suffix in ("csv", "json"):
        first.add_api_route(f"/audit/{_noun}/{{rest:path}}.{_suffix}", _record, name=f"{_noun}.{_suffix}")

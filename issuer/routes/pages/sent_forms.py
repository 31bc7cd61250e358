"""What was typed into a page's form, read in memory before the handler runs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from fastapi import Request  # noqa: TC002 — FastAPI reads annotations at run time
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
"""The methods that change nothing, and bring no form."""


class _InMemory(MultiPartParser):
    """Keeps uploads off the disk: they hold personal data. How large a request may be is the frame's to say."""

    spool_max_size = sys.maxsize


async def form(request: Request) -> AsyncIterator[FormData]:
    """Read a form, before the handler; its files are gone after the answer."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.method in SAFE or kind not in {"application/x-www-form-urlencoded", "multipart/form-data"}:
        yield FormData()
        return
    if kind == "multipart/form-data":
        try:
            sent = await _InMemory(request.headers, request.stream()).parse()
        except MultiPartException as exc:
            raise HTTPException(400, "the form could not be read") from exc
    else:
        sent = await request.form()
    try:
        yield sent
    finally:
        await sent.close()

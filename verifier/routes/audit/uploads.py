"""Several documents in one form: held in memory while the answer is made, and nowhere else."""

from __future__ import annotations

from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.datastructures import UploadFile

from verifier.audit.misasked import Misasked
from verifier.routes.audit.frame import PageFault
from verifier.routes.bodies import parsed, require_text
from verifier.routes.desk import desk_of
from verifier.routes.problems import RequestFault
from verifier.uploads.reading import MAX_UPLOAD

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fastapi import Request

MOST = 50
"""Documents of one form; the command takes more."""
MAX_BODY = 64 * 1024**2
_MAX_FILES = 1_000
"""So many are counted, to be told; of more the parser says so itself."""
_MAX_FIELD = 16 * 1024
_MAX_FIELDS = 16


@asynccontextmanager
async def documents_of(request: Request) -> AsyncIterator[tuple[list[bytes], dict[str, str]]]:
    """Have the files and the other fields of a multipart body; raises `PageFault`, `RequestFault` and `Crowded`.

    They are counted as on their way until the answer is made: so long they are held in memory.
    """
    desk = desk_of(request)
    with desk.coming.place(desk.client):
        yield await _read(request)


async def _read(request: Request) -> tuple[list[bytes], dict[str, str]]:
    form = await parsed(request, MAX_BODY, max_files=_MAX_FILES, max_fields=_MAX_FIELDS, max_part_size=_MAX_FIELD)
    files: list[bytes] = []
    fields: dict[str, str] = {}
    try:
        for name, value in form.multi_items():
            if isinstance(value, UploadFile):
                # Browsers send an empty file where none was chosen.
                if data := await value.read():
                    files.append(data)
            elif name in fields:
                raise RequestFault(422, f"got the field {name[:60]!r} twice, wanted it once")
            else:
                require_text(name, value)
                fields[name] = value
    finally:
        await form.close()
    if any(len(each) > MAX_UPLOAD for each in files):
        raise PageFault(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "audit.fault.file_too_large", most=MAX_UPLOAD)
    if len(files) > MOST:
        raise Misasked("documents", got=len(files), most=MOST)
    return files, fields

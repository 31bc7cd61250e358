"""Several documents in one form: held in memory while the answer is made, and nowhere else."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from verifier.reading import MAX_UPLOAD
from verifier.routes.bodies import require_form, require_text
from verifier.routes.desk import desk_of
from verifier.routes.incoming import limited
from verifier.routes.problems import RequestFault

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fastapi import Request

MOST = 50
"""Documents of one form; the command takes more."""
MAX_BODY = 64 * 1024**2
_MAX_FIELD = 16 * 1024
_MAX_FIELDS = 16


class _InMemory(MultiPartParser):
    """Keeps uploads off the disk: they hold personal data."""

    spool_max_size = MAX_BODY


@asynccontextmanager
async def documents_of(request: Request) -> AsyncIterator[tuple[list[bytes], dict[str, str]]]:
    """Have the files and the other fields of a multipart body; raises `RequestFault` and `Crowded`.

    They are counted as on their way until the answer is made: so long they are held in memory.
    """
    require_form(request)
    desk = desk_of(request)
    with desk.coming.place(desk.client):
        yield await _read(request)


async def _read(request: Request) -> tuple[list[bytes], dict[str, str]]:
    parser = _InMemory(
        request.headers,
        limited(request, MAX_BODY),
        max_files=MOST,
        max_fields=_MAX_FIELDS,
        max_part_size=_MAX_FIELD,
    )
    try:
        form = await parser.parse()
    except MultiPartException as exc:
        raise RequestFault(400, f"got a multipart body that cannot be read: {exc.message}") from exc
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
        raise RequestFault(413, f"got a file of more than {MAX_UPLOAD} bytes, wanted at most so many")
    return files, fields

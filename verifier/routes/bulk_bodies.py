"""Reads the bodies of bulk checks: many files, or a list of texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.datastructures import UploadFile

from verifier.bulk.questions import Brought
from verifier.routes.bodies import parsed, plain_name, require_text
from verifier.routes.incoming import json_of, kind_of, members_of
from verifier.routes.problems import RequestFault

if TYPE_CHECKING:
    from fastapi import Request

MAX_UPLOADS = 50 * 1024**2
"""Bytes of all files together."""
MAX_FILES = 1_000
MAX_ITEMS = 10_000
_AROUND = 2 * 1024**2
"""What multipart puts around files, and the other fields."""
_MAX_FIELD = 4 * 1024**2
_FIELDS = frozenset({"typed", "on"})
_MAX_FIELDS = 4


async def read_files(request: Request) -> tuple[list[Brought], dict[str, str]]:
    """Return the files of a multipart body, all in the field `file`, and the other fields; raises `RequestFault`."""
    form = await parsed(
        request, MAX_UPLOADS + _AROUND, max_files=MAX_FILES, max_fields=_MAX_FIELDS, max_part_size=_MAX_FIELD
    )
    brought: list[Brought] = []
    fields: dict[str, str] = {}
    try:
        for name, value in form.multi_items():
            if isinstance(value, UploadFile):
                if name != "file":
                    raise RequestFault(422, f"got a file in the field {name[:60]!r}, wanted it in «file»")
                data = await value.read()
                # Browsers send an empty file without a name where none was chosen.
                if data or value.filename:
                    brought.append(Brought(plain_name(value.filename or ""), data))
            elif name == "file" and not value:
                # So some clients say that no file was chosen.
                continue
            elif name == "file":
                raise RequestFault(422, "got a text in the field 'file', wanted a file there, with a name")
            elif name in fields or name not in _FIELDS:
                raise RequestFault(422, f"got the field {name[:60]!r}, wanted «file», any number of times")
            else:
                require_text(name, value)
                fields[name] = value
    finally:
        await form.close()
    return brought, fields


async def read_texts(request: Request) -> list[Brought]:
    """Return the texts of a JSON body, `{"items": ["…", …]}`; raises `RequestFault`."""
    value = await json_of(request, MAX_UPLOADS, most_values=2 * MAX_ITEMS)
    match value:
        case {"items": [*items], **others} if not others and all(isinstance(item, str) for item in items):
            texts = [str(item) for item in items]
        case {"items": [*items], **others} if not others:
            strange = next(place for place, item in enumerate(items) if not isinstance(item, str))
            raise RequestFault(422, f"items[{strange}]: got {kind_of(items[strange])}, wanted a text")
        case _:
            got = members_of(value) if isinstance(value, dict) else kind_of(value)
            raise RequestFault(422, f"got {got}, wanted an object with one list of texts: items")
    if not 0 < len(texts) <= MAX_ITEMS:
        raise RequestFault(422, f"got {len(texts)} items, wanted 1 to {MAX_ITEMS}")
    return [Brought(f"items[{place}]", text) for place, text in enumerate(texts)]

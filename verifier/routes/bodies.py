"""Reads request bodies, strictly: one thing to check, told in one way."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastapi import Request  # noqa: TC002 (FastAPI reads it where `require_query` is a dependency)
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from verifier.check.presented import Presented
from verifier.routes.desk import desk_of
from verifier.routes.incoming import json_of, kind_of, limited, members_of, require_plain
from verifier.routes.problems import RequestFault
from verifier.uploads import reading
from verifier.uploads.reading import MAX_UPLOAD

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from starlette.datastructures import FormData

MAX_BODY = 2 * MAX_UPLOAD + 64 * 1024
"""The certificate, a file that it vouches for, and what multipart puts around them."""
CERTIFIED = "certified_file"
"""The field of a file that is to be compared with what the certificate vouches for."""
_FILES = frozenset({"file", CERTIFIED})
FORM = "multipart/form-data"
MAX_JSON = 1024 * 1024
_MAX_FIELD = 512 * 1024
_MAX_FIELDS = 4
MAX_JSON_VALUES = 1_000
"""Of the JSON bodies that ask about one thing; two or three are wanted."""
_SHOWN = 60
_NO_TEXT = re.compile("[\x00\ud800-\udfff]")
_NAME = 120


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came."""

    name: str
    data: bytes


class _Parser(MultiPartParser):
    """Keeps uploads off the disk, since they hold personal data; and takes a form whole and in UTF-8, or not at all.

    The framework's would leave out what a torn body says last, and would take texts of other encodings for Latin-1.
    """

    _has_ended = False

    def on_part_end(self) -> None:
        if self._current_part.file is None:
            try:
                self._current_part.data.decode()
            except UnicodeDecodeError as exc:
                raise MultiPartException(f"the field {self._current_part.field_name[:_SHOWN]!r} is no UTF-8") from exc
        super().on_part_end()

    def on_end(self) -> None:
        self._has_ended = True

    async def parse(self) -> FormData:
        form = await super().parse()
        if not self._has_ended:
            # Also what came of a file that did not end, which the form does not have.
            for file in self._files_to_close_on_error:
                file.close()
            raise MultiPartException("it ends before its last boundary")
        return form


async def parsed(request: Request, most: int, *, max_files: int, max_fields: int, max_part_size: int) -> FormData:
    """Return a multipart body of so many bytes at most, to be closed; raises `RequestFault`."""
    require_form(request)
    parser = _Parser(
        request.headers,
        limited(request, most),
        max_files=max_files,
        max_fields=max_fields,
        max_part_size=max_part_size,
    )
    parser.spool_max_size = most
    try:
        return await parser.parse()
    except MultiPartException as exc:
        detail = f"got a multipart body that cannot be read ({exc.message.removesuffix('.')}), wanted {FORM} (RFC 7578)"
        raise RequestFault(400, detail) from exc


async def read_form(
    request: Request, *, most_fields: int = _MAX_FIELDS
) -> tuple[Upload | None, Upload | None, dict[str, str]]:
    """Return the file, the file that it may vouch for, and the other fields of a multipart body, so many at most.

    Raises `RequestFault`, and `Crowded` while too many bodies are on their way.
    """
    desk = desk_of(request)
    with desk.coming.place(desk.client):
        form = await parsed(request, MAX_BODY, max_files=2, max_fields=most_fields, max_part_size=_MAX_FIELD)
    try:
        uploads, fields = await _taken_apart(form)
    finally:
        await form.close()
    if strange := uploads.keys() - _FILES:
        raise RequestFault(422, f"got a file in the field {min(strange)[:_SHOWN]!r}, wanted it in «file»")
    # So some clients say that no file was chosen.
    fields = {name: value for name, value in fields.items() if value or name not in _FILES}
    if texts := fields.keys() & _FILES:
        raise RequestFault(422, f"got a text in the field {min(texts)!r}, wanted a file there, with a name")
    if any(len(each.data) > MAX_UPLOAD for each in uploads.values()):
        raise RequestFault(413, f"got a file of more than {MAX_UPLOAD} bytes, wanted at most so many")
    return uploads.get("file"), uploads.get(CERTIFIED), fields


def require_form(request: Request) -> None:
    """Raise `RequestFault` for a body that is no multipart, no UTF-8, or packed, by what it says of itself.

    The parser asks for the boundary, and would decode by whatever codec is named: not all of them are for texts.
    """
    if (media_type := media_type_of(request)) != FORM:
        raise RequestFault(415, f"got a body of {media_type[:_SHOWN] or 'no content type'}, wanted {FORM}")
    require_plain(request)


def require_text(name: str, value: str) -> None:
    """Raise `RequestFault` for a field with characters that no text has, and that no database takes."""
    if _NO_TEXT.search(name) or _NO_TEXT.search(value):
        raise RequestFault(422, f"got NUL or a lone surrogate in the field {name[:_SHOWN]!r}, wanted text")


async def _taken_apart(form: FormData) -> tuple[dict[str, Upload], dict[str, str]]:
    """Return the files and the other fields by name; raises `RequestFault` for a name that comes twice."""
    uploads: dict[str, Upload] = {}
    fields: dict[str, str] = {}
    for name, value in form.multi_items():
        if name in fields or name in uploads:
            raise RequestFault(422, f"got the field {name[:_SHOWN]!r} twice, wanted it once")
        if isinstance(value, UploadFile):
            uploads[name] = Upload(plain_name(value.filename or ""), await value.read())
        else:
            require_text(name, value)
            fields[name] = value
    return uploads, fields


async def read_json(request: Request) -> tuple[str, str]:
    """Return the one member of a JSON body, and its text; raises `RequestFault`."""
    value = await json_of(request, MAX_JSON, most_values=MAX_JSON_VALUES)
    match value:
        case {"code": str() as text, **others} if not others:
            return "code", text
        case {"certificate": str() as text, **others} if not others:
            return "certificate", text
        case {"short_number": str() as text, **others} if not others:
            return "short_number", text
        case dict():
            got = members_of(value)
        case _:
            got = kind_of(value)
    raise RequestFault(422, f"got {got}, wanted an object with one text: code, certificate or short_number")


def presented(name: str, text: str) -> Presented:
    """Return what was brought as a text that was said to be of one kind."""
    match name:
        case "certificate":
            return Presented(certificates=(text.strip(),))
        case "short_number":
            return Presented(short_number=text)
        case _:
            return reading.read_code(text)


def media_type_of(request: Request) -> str:
    """Return of what type a body is said to be; empty where nothing is said."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def require_known(request: Request, known: AbstractSet[str]) -> None:
    """Refuse a query that names anything twice, or what is not known here; raises `RequestFault`.

    Of two days nobody knows which is meant, and whoever misspells `on` is not to be answered about today.
    """
    given = request.query_params
    for name in given:
        if name not in known:
            wanted = f"only some of {', '.join(sorted(known))}" if known else "none here"
            raise RequestFault(422, f"got the parameter {name[:_SHOWN]!r}, wanted {wanted}")
        if len(given.getlist(name)) > 1:
            raise RequestFault(422, f"got {name!r} more than once, wanted it once")


async def require_query(request: Request) -> None:
    """As `require_known`, of what the route itself declares."""
    require_known(request, {each.alias for each in request.scope["route"].dependant.query_params})


def plain_name(name: str) -> str:
    """Return a file's name without folders or characters that do not show."""
    base = name.replace("\\", "/").rpartition("/")[2]
    return "".join(character for character in base if character.isprintable())[:_NAME] or "file"

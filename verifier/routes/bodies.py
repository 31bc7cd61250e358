"""Reads request bodies, strictly: one thing to check, told in one way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from chain import strict_json
from verifier.reading import MAX_UPLOAD
from verifier.routes.problems import RequestFault

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from fastapi import Request

    from chain.strict_json import JSON

MAX_BODY = MAX_UPLOAD + 64 * 1024
"""The file and what multipart puts around it."""
MAX_JSON = 1024 * 1024
_MAX_FIELD = 512 * 1024
_MAX_FIELDS = 4
_SHOWN = 60
_NAME = 120


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came."""

    name: str
    data: bytes


class _InMemory(MultiPartParser):
    """Keeps uploads off the disk: they hold personal data."""

    spool_max_size = MAX_BODY


async def read_form(request: Request) -> tuple[Upload | None, dict[str, str]]:
    """Return the file and the other fields of a multipart body; raises `RequestFault`."""
    body = _limited(request, MAX_BODY)
    parser = _InMemory(request.headers, body, max_files=1, max_fields=_MAX_FIELDS, max_part_size=_MAX_FIELD)
    try:
        form = await parser.parse()
    except MultiPartException as exc:
        raise RequestFault(400, f"got a multipart body that cannot be read: {exc.message}") from exc
    upload, fields = None, {}
    for name, value in form.multi_items():
        if name in fields or (upload is not None and name == upload[0]):
            raise RequestFault(422, f"got the field {name[:_SHOWN]!r} twice, wanted it once")
        if isinstance(value, UploadFile):
            upload = (name, Upload(_plain_name(value.filename or ""), await value.read()))
        else:
            fields[name] = value
    await form.close()
    if upload is not None and upload[0] != "file":
        raise RequestFault(422, f"got a file in the field {upload[0][:_SHOWN]!r}, wanted it in «file»")
    return (None if upload is None else upload[1]), fields


async def read_json(request: Request) -> tuple[str, str]:
    """Return the one member of a JSON body, and its text; raises `RequestFault`.

    Read by our own strict parser: the framework's takes the last of two equal members, NaN and other encodings.
    """
    body = b"".join([chunk async for chunk in _limited(request, MAX_JSON)])
    try:
        value: JSON = strict_json.parse(body)
    except ValueError as exc:
        raise RequestFault(400, f"got a body that is not strict JSON: {exc}") from exc
    match value:
        case {"code": str() as text, **others} if not others:
            return "code", text
        case {"certificate": str() as text, **others} if not others:
            return "certificate", text
        case {"short_number": str() as text, **others} if not others:
            return "short_number", text
        case dict():
            got = ", ".join(sorted(value))[:_SHOWN] or "nothing"
        case _:
            got = type(value).__name__
    raise RequestFault(422, f"got {got}, wanted an object with one text: code, certificate or short_number")


async def _limited(request: Request, most: int) -> AsyncGenerator[bytes, None]:
    """Yield the body as it comes; raises `RequestFault` as soon as there is too much of it."""
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > most:
            raise RequestFault(413, f"got a body of more than {most} bytes, wanted at most so many")
        yield chunk


def _plain_name(name: str) -> str:
    """Return a file's name without folders or characters that do not show."""
    base = name.replace("\\", "/").rpartition("/")[2]
    return "".join(character for character in base if character.isprintable())[:_NAME] or "file"

"""From what people bring (a PDF, a photograph, a text, a number) to what can be verified.

Uploads are strangers' bytes, and decoders of PDF and pictures are large programs: a file of half a megabyte has taken
100 s of processor time and 5 GB of memory. So they are taken apart only in a child process with limits
(`verifier.decoding`). One that ends there is UNREADABLE; this process goes on.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING

from chain import envelope, strict_json
from verifier import decoding
from verifier.presented import Document, GivenFile, Presented
from verifier.wording import Language, keys, message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chain.strict_json import JSON
    from verifier.wording import Argument

MAX_UPLOAD = 20 * 1024**2
WALL_CLOCK_S = 8.0
MAX_TEXT = 512 * 1024
"""Bytes of a text file."""

_PDF = b"%PDF-"
_PDF_WITHIN = 1024
"""Readers look for the header of a PDF in so many bytes, so a file can be a PDF and something else as well."""
_PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")
_OUR_CODE = re.compile(r"https?://[^\s/]+/[cv]#\S*")
_URL = re.compile(r"[a-z][a-z0-9+.-]*:\S+", re.IGNORECASE)
_DIGITS = re.compile(r"[0-9]{40,}")
"""A code's digits without its URL; a short number is far shorter."""
_SHORT_NUMBER = re.compile(r"[\w\s\u002d\u2010-\u2015\u2212]{10,40}")
"""What may be meant as a short number, mistyped or not."""
_TYPED = re.compile(r"[0-9A-Za-z]{14}")


def read_upload(upload: bytes) -> Presented:
    """Read a file of whatever kind; what cannot be read says why in its `fault`."""
    if not upload:
        return _fault("read.empty")
    if len(upload) > MAX_UPLOAD:
        return _fault("read.too_large", size=_megabytes(len(upload)), limit=_megabytes(MAX_UPLOAD))
    is_picture = upload.startswith(_PICTURES)
    if _PDF in upload[:_PDF_WITHIN]:
        return _fault("read.two_kinds") if not upload.startswith(_PDF) else _decode(upload)
    if is_picture:
        return _decode(upload)
    return _read_other(upload)


def given_file(data: bytes, *, name: str) -> GivenFile:
    """Return an existing file that is to be compared with what a certificate vouches for; nobody looks into it."""
    return GivenFile(name, hashlib.sha256(data).digest())


def read_text(text: str) -> Presented:
    """Read what was typed or scanned: a certificate, a code, or a short number."""
    text = text.strip()
    if not text:
        return _fault("read.empty")
    if text.startswith("eyJ"):
        return Presented(certificates=(text,))
    if _OUR_CODE.fullmatch(text) or _DIGITS.fullmatch(text) or _URL.fullmatch(text):
        return read_code(text)
    if _SHORT_NUMBER.fullmatch(text):
        return Presented(short_number=text)
    return _fault("read.text")


def read_code(text: str) -> Presented:
    """Read what is said to be a code's text; another site's address is a stranger's code."""
    text = text.strip()
    if _URL.fullmatch(text) and not _OUR_CODE.fullmatch(text):
        return Presented(foreign_codes=1)
    return Presented(codes=(text,))


def looks_like_text(text: str) -> bool:
    """Whether a text is a certificate, a code or a short number, rather than the name of a file that is not there."""
    presented = read_text(text)
    if presented.short_number is not None:
        return _TYPED.fullmatch(re.sub(r"[\s-]", "", text)) is not None and not text.isalpha()
    return presented.fault is None


def _read_other(upload: bytes) -> Presented:
    """Read a file that is neither a PDF nor a picture."""
    if upload.startswith(decoding.COSE):
        return Presented(copies=(upload,))
    if kind := envelope.kind_of(upload):
        return _fault("read.proof_alone" if kind == envelope.PROOF else "read.checkpoint_alone")
    try:
        return read_text(upload[:MAX_TEXT].decode("utf-8-sig"))
    except UnicodeDecodeError:
        return _fault("read.kind")


def _decode(upload: bytes) -> Presented:
    answer = _ask_child(upload)
    match answer:
        case {"fault": str() as key, "arguments": dict() as arguments} if key in keys(Language.ENGLISH):
            numbers = {name: value for name, value in arguments.items() if isinstance(value, int)}
            return _fault(key, **numbers)
        case {
            "found": {
                "certificates": [*certificates],
                "copies": [*copies],
                "proofs": [*proofs],
                "annotations": int() as annotations,
                "active": int() as active,
                "attachments": int() as attachments,
                "foreign": str() as foreign,
                "pages": [*pages],
                "codes": [*codes],
            }
        } if not foreign or f"document.foreign.{foreign}" in keys(Language.ENGLISH):
            document = Document(
                pages=_texts(pages), annotations=annotations, active=active, attachments=attachments, foreign=foreign
            )
            presented = _presented(_texts(codes), certificates=_texts(certificates), document=document)
            return replace(presented, copies=_files(copies), proofs=_files(proofs))
        case {"found": {"codes": [*codes]}}:
            return _presented(_texts(codes))
        case _:
            return _fault("read.limits")


def _presented(
    codes: Sequence[str], *, certificates: tuple[str, ...] = (), document: Document | None = None
) -> Presented:
    ours = tuple(text for text in codes if _OUR_CODE.fullmatch(text))
    return Presented(certificates=certificates, codes=ours, foreign_codes=len(codes) - len(ours), document=document)


def _ask_child(upload: bytes) -> JSON:
    """Return what the child found; None if it was ended or answered nonsense."""
    with _memory_file() as given, _memory_file() as answered:
        given.write(upload)
        given.seek(0)
        child = subprocess.Popen(
            [sys.executable, "-I", str(Path(decoding.__file__).resolve())],
            stdin=given,
            stdout=answered,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env={"LANG": "C.UTF-8"},
            start_new_session=True,
        )
        try:
            ended = child.wait(WALL_CLOCK_S)
        except subprocess.TimeoutExpired:
            ended = None
        finally:
            child.kill()
            child.wait()
        answered.seek(0)
        try:
            return strict_json.parse(answered.read(decoding.OUTPUT)) if ended == 0 else None
        except ValueError:
            return None


def _memory_file() -> IO[bytes]:
    """Return a file that never touches a disk, where the system has such: uploads hold personal data."""
    if sys.platform == "linux":
        return os.fdopen(os.memfd_create("upload"), "w+b")
    return TemporaryFile()


def _texts(values: Sequence[JSON]) -> tuple[str, ...]:
    return tuple(value for value in values if isinstance(value, str))


def _files(values: Sequence[JSON]) -> tuple[bytes, ...]:
    """Return files as the child wrote them; one that it wrote otherwise stays, and cannot be read."""
    return tuple(_file(text) for text in _texts(values))


def _file(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        return b""


def _fault(key: str, **arguments: Argument) -> Presented:
    return Presented(fault=message(key, **arguments))


def _megabytes(size: int) -> str:
    return f"{size / 1024**2:.1f} MB"

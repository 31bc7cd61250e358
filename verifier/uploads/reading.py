"""From what people bring (a PDF, a photograph, a text, a number) to what can be verified.

Uploads are strangers' bytes, and decoders of PDF and pictures are large programs: a file of half a megabyte has taken
100 s of processor time and 5 GB of memory. So they are taken apart only in a child process with limits
(`verifier.uploads.decoding`). One that ends there is UNREADABLE; this process goes on.
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
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING

from chain import envelope, strict_json
from verifier.check import hosts, receipts
from verifier.check.presented import Document, GivenFile, PdfSignature, Presented
from verifier.uploads import decoding, warm
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
_ZIP_END, _ZIP_ENTRY, _ZIP_END_SIZE = b"PK\5\6", b"PK\1\2", 22
"""Signatures of an archive's last record and of its directory's entries, and the size of the last record."""
_PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")
_OUR_CODE = re.compile(r"https?://[^\s/]+/[cv]#\S*")
_RECEIPT = re.compile(r"https?://[^\s/]+/r#(\S*)")
_WITH_QUERY = re.compile(r"\A(https?://[^\s/?#]+/[cvr])\?[A-Za-z0-9_=&.-]{0,100}(?=#)")
"""What an address bar shows of a code after the page's language was chosen, or what a chat adds when one is shared."""
_CODE_WITHIN = re.compile(
    r"https?://[^\s/?#@\\]+/[cv](?:\?[A-Za-z0-9_=&.-]{0,100})?#[0-9]+(?![A-Za-z0-9_.~-]|\s+[0-9])"
)
"""A code's address amid other words, if it is whole: digits after a blank may be the rest of it."""
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")
_DIGITS = re.compile(r"[0-9]{40,}")
"""A code's digits without its URL; a short number is far shorter."""
_SHORT_NUMBER = re.compile(r"[\w\s\u002d\u2010-\u2015\u2212\ufe58\ufe63\uff0d]{10,40}")
"""What may be meant as a short number, mistyped or not."""
_TYPED = re.compile(r"[0-9A-Za-z]{14}")


def read_upload(upload: bytes, *, pdf_roots: Path | None = None) -> Presented:
    """Read a file of whatever kind; what cannot be read says why in its `fault`.

    `pdf_roots` is a PEM file of authorities whose certificates are trusted where a PDF itself is signed.
    """
    if not upload:
        return _fault("read.empty")
    if len(upload) > MAX_UPLOAD:
        return _too_large(upload, MAX_UPLOAD)
    is_picture = upload.startswith(_PICTURES)
    if _PDF in upload[:_PDF_WITHIN]:
        is_one_kind = upload.startswith(_PDF) and not _is_archive(upload)
        return _decode(upload, pdf_roots) if is_one_kind else _fault("read.two_kinds")
    if is_picture:
        return _decode(upload, pdf_roots)
    return _read_other(upload)


def is_short_number(upload: bytes) -> bool:
    """Whether a file is a short number and nothing else; none has to be taken apart to tell."""
    return _read_other(upload).short_number is not None


def _is_archive(upload: bytes) -> bool:
    """Whether programs that unpack ZIP files take it: they look for its directory from the end (APPNOTE, 4.3.16)."""
    begin = upload.rfind(_ZIP_END, max(0, len(upload) - _ZIP_END_SIZE - 0xFFFF))
    while begin >= 0:
        remark = int.from_bytes(upload[begin + _ZIP_END_SIZE - 2 : begin + _ZIP_END_SIZE], "little")
        if begin + _ZIP_END_SIZE + remark >= len(upload) and _ZIP_ENTRY in upload:
            return True
        begin = upload.rfind(_ZIP_END, 0, begin)
    return False


def given_file(data: bytes, *, name: str) -> GivenFile:
    """Return an existing file that is to be compared with what a certificate vouches for; nobody looks into it."""
    return GivenFile(name, hashlib.sha256(data).digest())


def read_text(text: str) -> Presented:
    """Read what was typed or scanned: a certificate, a code, or a short number."""
    text = _WITH_QUERY.sub(r"\1", text.strip())
    if not text:
        return _fault("read.empty")
    if receipts.looks_like_one(text):
        return Presented(receipts=(text,))
    if text.startswith("eyJ"):
        return Presented(certificates=(text,))
    if _OUR_CODE.fullmatch(text) or _DIGITS.fullmatch(text) or _URL.fullmatch(text):
        return read_code(text)
    if _SHORT_NUMBER.fullmatch(text):
        return Presented(short_number=text)
    return _fault("read.text")


def read_code(text: str) -> Presented:
    """Read what is said to be a code's text; another site's address is a stranger's code."""
    text = _WITH_QUERY.sub(r"\1", text.strip())
    if receipt := _RECEIPT.fullmatch(text):
        return Presented(receipts=(receipt[1],))
    if receipts.looks_like_one(text):
        return Presented(receipts=(text,))
    if _URL.fullmatch(text) and not _OUR_CODE.fullmatch(text):
        return Presented(foreign_codes=1, foreign_hosts=_hosts([text]))
    return Presented(codes=(text,))


def code_within(text: str) -> str:
    """Return the one code's address that somebody pasted with the words around it; else the text as it is."""
    if not text or not re.search(r"\s|[^ -~]", text.strip()):
        return text
    found = set(_CODE_WITHIN.findall(text))
    return found.pop() if len(found) == 1 and len(re.findall(r"https?://", text)) == 1 else text


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
        text = upload[:MAX_TEXT].decode("utf-8-sig")
    except UnicodeDecodeError:
        return _fault("read.kind")
    # What nobody reads to its end may say something else there.
    return read_text(text) if len(upload) <= MAX_TEXT else _too_large(upload, MAX_TEXT)


def _decode(upload: bytes, pdf_roots: Path | None) -> Presented:
    answer = _ask_child(upload, pdf_roots)
    match answer:
        case {"fault": str() as key, "arguments": dict() as arguments} if key in keys(Language.ENGLISH):
            numbers = {name: value for name, value in arguments.items() if isinstance(value, int)}
            return _fault(key, **numbers)
        case {
            "found": {
                "certificates": [*certificates],
                "copies": [*copies],
                "proofs": [*proofs],
                "receipts": [*signed],
                "annotations": int() as annotations,
                "active": int() as active,
                "attachments": int() as attachments,
                "foreign": str() as foreign,
                "behind": [*behind],
                "labels": [*labels],
                "signatures": [*by],
                "unread_signatures": int() as unread,
                "pages": [*pages],
                "codes": [*codes],
            }
        } if not foreign or f"document.foreign.{foreign}" in keys(Language.ENGLISH):
            signatures = tuple(signature for told in by if (signature := _signature(told)))
            document = Document(
                pages=_texts(pages),
                annotations=annotations,
                active=active,
                attachments=attachments,
                foreign=foreign,
                behind=_texts(behind),
                labels=_texts(labels),
                signatures=signatures,
                unread_signatures=unread + len(by) - len(signatures),
            )
            presented = _presented(_texts(codes), certificates=_texts(certificates), document=document)
            return replace(
                presented,
                copies=_files(copies),
                proofs=_files(proofs),
                receipts=tuple(dict.fromkeys([*presented.receipts, *filter(receipts.looks_like_one, _texts(signed))])),
            )
        case {"found": {"codes": [*codes], **others}} if not others:
            return _presented(_texts(codes))
        case _:
            return _fault("read.limits")


def _presented(
    codes: Sequence[str], *, certificates: tuple[str, ...] = (), document: Document | None = None
) -> Presented:
    ours = tuple(text for text in codes if _OUR_CODE.fullmatch(text))
    given = [found[1] for text in codes if (found := _RECEIPT.fullmatch(text))]
    others = [text for text in codes if not _OUR_CODE.fullmatch(text) and not _RECEIPT.fullmatch(text)]
    return Presented(
        certificates=certificates,
        receipts=tuple(dict.fromkeys(given)),
        codes=ours,
        foreign_codes=len(others),
        foreign_hosts=_hosts(others),
        document=document,
        is_picture=document is None,
    )


def _hosts(addresses: Sequence[str]) -> tuple[str, ...]:
    """Return to which hosts strangers' codes lead, each once."""
    return tuple(dict.fromkeys(host for address in addresses if (host := hosts.host_of(address))))


def _ask_child(upload: bytes, pdf_roots: Path | None) -> JSON:
    """Return what the child found; None if it was ended or answered nonsense."""
    with _memory_file() as given, _memory_file() as answered:
        given.write(upload)
        given.seek(0)
        arguments = [str(pdf_roots)] if pdf_roots else []
        try:
            is_done = warm.READY.run(given, answered, arguments, seconds=WALL_CLOCK_S)
        except warm.Cold:
            is_done = _run_child(given, answered, arguments)
        answered.seek(0)
        try:
            if is_done:
                return strict_json.parse(answered.read(decoding.OUTPUT))
        except ValueError:
            pass
        warm.READY.renew()
        return None


def _run_child(given: IO[bytes], answered: IO[bytes], arguments: Sequence[str]) -> bool:
    """Have a process of its own take apart what is given; returns whether it came to a good end in time."""
    child = subprocess.Popen(
        [sys.executable, "-I", str(Path(decoding.__file__).resolve()), *arguments],
        stdin=given,
        stdout=answered,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env={"LANG": "C.UTF-8"},
        start_new_session=True,
    )
    try:
        return child.wait(WALL_CLOCK_S) == 0
    except subprocess.TimeoutExpired:
        return False
    finally:
        child.kill()
        child.wait()


def _signature(told: JSON) -> PdfSignature | None:
    """Return a signature of the file as the child tells of it; None where it tells something else."""
    match told:
        case {
            "signer": str() as signer,
            "issuer": str() as issuer,
            "serial": str() as serial,
            "not_before": int() as not_before,
            "not_after": int() as not_after,
            "sha256": str() as digest,
            "fault": str() as fault,
            "trusted": bool() | None as trusted,
            **others,
        } if f"document.signature_{fault}" in keys(Language.ENGLISH) or not fault:
            try:
                first, last = (datetime.fromtimestamp(each, UTC) for each in (not_before, not_after))
                sha256 = bytes.fromhex(digest)
            except (ValueError, OverflowError, OSError):
                return None
            return PdfSignature(
                signer,
                issuer,
                serial,
                first,
                last,
                sha256,
                fault,
                trusted,
                shown=str(others.get("shown", "")),
                is_time_stamp=others.get("is_time_stamp") is True,
            )
        case _:
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


def _too_large(upload: bytes, limit: int) -> Presented:
    return _fault("read.too_large", size=_megabytes(len(upload)), limit=_megabytes(limit))


def _megabytes(size: int) -> str:
    return f"{size / 1024**2:.1f} MB"

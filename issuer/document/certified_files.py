"""Existing files that a certificate vouches for: a PDF or OFD from another system, certified as it is.

The file itself is not kept here: its holder has it. What is kept, encrypted under the record's key, is what the
credential will say of it (`relatedResource`): a name made of its digest, the digest, and what kind of file it is.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chain.credential import MAX_RESOURCES, RelatedResource
from chain.errors import InvalidInput
from issuer.tables import draft_rows
from issuer.tables.draft_models import CertifiedFiles

if TYPE_CHECKING:
    from collections.abc import Sequence

    from issuer.records import Records
    from issuer.tables.models import Certificate
    from issuer.tables.store import Work

MAX_FILE = 20 * 1024**2
"""Bytes; what a verifier takes, too."""
ID = "urn:yinxin:file:"
"""Before the digest in hexadecimal: nothing is fetched from it, and the same file has the same name anywhere."""

_COLUMN = "files"
_KINDS = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
)
_WITHIN_ZIP = (
    (b"OFD.xml", "application/ofd"),
    (b"word/", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    (b"xl/", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
)
_OTHER = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class CertifiedFile:
    """What is said of a file."""

    digest: bytes
    """SHA-256 of its bytes."""
    media_type: str
    size: int
    """In bytes; for the pages here, not part of what is certified."""

    @property
    def resource(self) -> RelatedResource:
        """What the credential says of it."""
        return RelatedResource(id=ID + self.digest.hex(), digest=self.digest, media_type=self.media_type)


def of_bytes(data: bytes) -> CertifiedFile:
    """Return what is said of a file; raises `InvalidInput` for an empty one, or one that is too large."""
    if not data:
        raise InvalidInput("file to be certified: got an empty one, wanted the file itself")
    if len(data) > MAX_FILE:
        raise InvalidInput(
            f"file to be certified: got {len(data) / 1024**2:.1f} MB, wanted at most {MAX_FILE // 1024**2} MB"
        )
    return CertifiedFile(hashlib.sha256(data).digest(), media_type(data), len(data))


def media_type(data: bytes) -> str:
    """Tell what kind of file it is by its first bytes: what a browser or a file's name says of it may be anything."""
    for head, kind in _KINDS:
        if data.startswith(head):
            return kind
    if data.startswith(b"PK"):
        return next((kind for name, kind in _WITHIN_ZIP if name in data), "application/zip")
    return _OTHER


def put(records: Records, work: Work, certificate: Certificate, files: Sequence[CertifiedFile]) -> None:
    """Have a stored draft vouch for exactly these files; raises `InvalidInput` for too many."""
    files = list(dict.fromkeys(files))
    if len(files) > MAX_RESOURCES:
        raise InvalidInput(f"files to be certified: got {len(files)}, wanted at most {MAX_RESOURCES}")
    draft_rows.drop_files(work, certificate.id)
    if files:
        said = [{"digest": each.digest.hex(), "media_type": each.media_type, "size": each.size} for each in files]
        closed = records.close(work, certificate, _COLUMN, json.dumps(said).encode())
        work.add(CertifiedFiles(certificate_id=certificate.id, files=closed))
    work.flush()


def of(records: Records, work: Work, certificate: Certificate) -> tuple[CertifiedFile, ...]:
    """Return the files that a certificate vouches for; raises `Erased`."""
    held = draft_rows.files_of(work, certificate.id)
    if held is None:
        return ()
    said = json.loads(records.open(work, certificate, _COLUMN, held.files))
    return tuple(CertifiedFile(bytes.fromhex(each["digest"]), each["media_type"], each["size"]) for each in said)


def resources(records: Records, work: Work, certificate: Certificate) -> tuple[RelatedResource, ...]:
    """Return what a certificate's credential says of the files that it vouches for."""
    return tuple(each.resource for each in of(records, work, certificate))


def carry_over(records: Records, work: Work, old: Certificate, new: Certificate) -> None:
    """Have a new version vouch for what the old one vouches for."""
    if files := of(records, work, old):
        put(records, work, new, files)

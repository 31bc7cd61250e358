"""Puts issued certificates' documents into one ZIP file, as a stream: nothing of it is held as a whole.

The same certificates make the same bytes, for as long as their proofs are the same.
"""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

from issuer import proofs
from issuer.delivery import document_making, handing_out
from issuer.errors import NotReady
from issuer.tables.models import State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from issuer.delivery.handing_out import Papers
    from issuer.document.documents import Renderer
    from issuer.office import Office

_MADE = (2026, 1, 1, 0, 0, 0)
"""The files' time, which says nothing: what a certificate says of its own days counts."""
_OWNER_ONLY = 0o600 << 16


class _Outlet(io.RawIOBase):
    """Takes what is written and gives it out piece by piece."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        """Say that it can be written to."""
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        """Take a piece."""
        self._pieces.append(bytes(data))
        return len(data)

    def taken(self) -> bytes:
        """Return what was written since the last time."""
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


def batch_zip(office: Office, renderer: Callable[[], Renderer], batch_id: int) -> Iterator[bytes]:
    """Return the ZIP file of a batch's documents; raises `NotReady` unless it is ISSUED, before it begins."""
    with office.store.reading() as work:
        batch = work.batch(batch_id)
        if batch.state != State.ISSUED:
            raise NotReady(f"batch {batch_id} is {batch.state}: documents are handed out once it is ISSUED")
        certificates = [each.id for each in work.certificates(batch_id) if each.record_key is not None]
    return selection_zip(office, renderer, certificates)


def selection_zip(office: Office, renderer: Callable[[], Renderer], certificate_ids: Sequence[str]) -> Iterator[bytes]:
    """Return the ZIP file of some certificates' documents, in this order."""
    papers = []
    leaves: dict[int, list[bytes]] = {}
    with office.store.reading() as work:
        for each in certificate_ids:
            certificate = work.certificate(each)
            batch = work.batch(certificate.batch_id)
            if certificate.batch_id not in leaves:
                leaves[certificate.batch_id] = proofs.leaves_of(work, batch)
            held = leaves[certificate.batch_id]
            papers.append(handing_out.papers_of(office, work, batch, certificate, leaves=held))
    return _zipped(office, renderer, papers)


def _zipped(office: Office, renderer: Callable[[], Renderer], papers: Sequence[Papers]) -> Iterator[bytes]:
    outlet = _Outlet()
    files = handing_out.named(papers, {})
    # PDFs are compressed already.
    with zipfile.ZipFile(outlet, "w", zipfile.ZIP_STORED) as archive:
        _put(archive, handing_out.INDEX, handing_out.list_of(files))
        for each, named in zip(papers, files, strict=True):
            pdf = document_making.pdf_of(office, renderer, each.certificate_id)
            for name, content in handing_out.contents(each, named, pdf):
                _put(archive, name, content)
            yield outlet.taken()
    yield outlet.taken()


def _put(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    info = zipfile.ZipInfo(name, _MADE)
    info.external_attr = _OWNER_ONLY
    archive.writestr(info, content)

"""The archived documents: whether each is there, opens, and is the one that was put away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from issuer.document import document_archive
from issuer.errors import Erased, Locked
from issuer.reconciling.differences import Difference, Grade, hexadecimal
from issuer.tables.models import State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from issuer.office import Office
    from issuer.reconciling.booked import BookedBatch, BookedCertificate, Books


def documents(books: Books) -> int:
    """Return how many documents there are to look at."""
    return sum(certificate.document is not None for batch in books.batches for certificate in batch.certificates)


def compare(
    office: Office, books: Books, earlier: Mapping[bytes, bytes], tick: Callable[[], None]
) -> Iterator[Difference]:
    """Open every document of an agency; yields what is wrong.

    `earlier` are the documents' digests by leaf as they were signed for before; `tick` is called after each document.
    """
    for batch in books.batches:
        # What was signed for once was there, whatever the books say now of it and of its batch.
        shown = [each for each in batch.certificates if batch.state is State.ISSUED or each.leaf in earlier]
        missing = [each for each in shown if each.document is None and not each.is_erased]
        gone = missing if batch.has_documents else [each for each in missing if each.leaf in earlier]
        for certificate in gone:
            yield Difference(Grade.FAULT, "document_missing", _about(batch, certificate))
        if len(gone) < len(missing):
            waiting = len(missing) - len(gone)
            yield Difference(Grade.REMARK, "documents_waiting", {"batch": batch.id, "count": waiting})
        for certificate in shown:
            if certificate.is_erased and not certificate.is_erasure_noted:
                yield Difference(Grade.FAULT, "erased_unnoted", _about(batch, certificate))
            if certificate.document is None:
                continue
            yield from _document(office, batch, certificate, earlier.get(certificate.leaf))
            tick()


def _document(
    office: Office, batch: BookedBatch, certificate: BookedCertificate, earlier: bytes | None
) -> Iterator[Difference]:
    about = _about(batch, certificate)
    if earlier is not None and earlier != certificate.document:
        digests = {"here": hexadecimal(certificate.document or b""), "there": hexadecimal(earlier)}
        yield Difference(Grade.ALARM, "document_changed", {**about, **digests})
    try:
        # Caught outside the block, which raises another error where only the keys were rotated meanwhile.
        with office.store.reading() as work:
            row = work.certificate(certificate.id)
            held = document_archive.held(office.records, work, row)
    except Locked:
        yield Difference(Grade.ALARM, "document_altered", about)
    except Erased:
        # Erased since the books were read: its document went with it.
        pass
    else:
        if held is None and row.record_key is not None:
            yield Difference(Grade.FAULT, "document_missing", about)


def _about(batch: BookedBatch, certificate: BookedCertificate) -> dict[str, str | int]:
    return {"leaf": hexadecimal(certificate.leaf), "batch": batch.id}

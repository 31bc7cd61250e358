"""The documents that were made: put away once, encrypted under the record's key, and the same bytes ever after.

A later version of the typesetter, the fonts or a layout makes other pages of the same certificate; what a holder was
given stays what it was.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from sqlmodel import col, func, select

from issuer.errors import Locked
from issuer.tables.document_models import StoredDocument
from issuer.tables.models import Certificate

if TYPE_CHECKING:
    from datetime import datetime

    from issuer.records import Records
    from issuer.tables.store import Work

_COLUMN = "document"


def held(records: Records, work: Work, certificate: Certificate) -> bytes | None:
    """Return a certificate's document, None while none was made; raises `Erased`, or `Locked` if it was altered."""
    row = work.session.get(StoredDocument, certificate.id)
    if row is None:
        return None
    pdf = records.open(work, certificate, _COLUMN, row.pdf)
    if hashlib.sha256(pdf).digest() != row.sha256:
        raise Locked(f"document of certificate {certificate.id}: it is not the one that was put away")
    return pdf


def digest(work: Work, certificate_id: str) -> bytes | None:
    """Return the SHA-256 of a certificate's document, None while none was made."""
    row = work.session.get(StoredDocument, certificate_id)
    return None if row is None else row.sha256


def put(records: Records, work: Work, certificate: Certificate, pdf: bytes, *, now: datetime) -> bytes:
    """Put a document away unless there is one already; returns the one that counts."""
    earlier = held(records, work, certificate)
    if earlier is not None:
        return earlier
    work.add(
        StoredDocument(
            certificate_id=certificate.id,
            sha256=hashlib.sha256(pdf).digest(),
            pdf=records.close(work, certificate, _COLUMN, pdf),
            made_at=now,
        )
    )
    work.flush()
    return pdf


def missing(work: Work, batch_id: int, *, most: int | None = None) -> list[Certificate]:
    """Return a batch's certificates that have no document yet and are not erased, in their order."""
    query = (
        select(Certificate)
        .outerjoin(StoredDocument, col(StoredDocument.certificate_id) == col(Certificate.id))
        .where(
            Certificate.batch_id == batch_id,
            col(Certificate.record_key).is_not(None),
            col(StoredDocument.certificate_id).is_(None),
        )
        .order_by(col(Certificate.position))
        .limit(most)
    )
    return list(work.session.exec(query))


def count(work: Work, batch_id: int) -> int:
    """Return how many of a batch's documents are made."""
    return work.session.exec(
        select(func.count())
        .select_from(StoredDocument)
        .join(Certificate, col(Certificate.id) == col(StoredDocument.certificate_id))
        .where(Certificate.batch_id == batch_id)
    ).one()

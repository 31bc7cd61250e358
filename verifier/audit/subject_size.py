"""How many certificates there are to gather about a subject, told before they are: gathering holds all in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlmodel import col, func, select

from verifier.audit.completeness import OneBatch, OneCertificate, Period
from verifier.indexing.models import BatchRow, LeafRow
from verifier.register import opened

if TYPE_CHECKING:
    from verifier.audit.completeness import Subject
    from verifier.indexing.index import Index


def certificates(index: Index, subject: Subject) -> int:
    """Return how many certificates the batches of a subject have; raises `RegisterUnanswerable`.

    The index may be ahead of the newest checkpoint: then there are at most so many.
    """
    counted = select(func.coalesce(func.sum(BatchRow.size), 0))
    match subject:
        case Period():
            seconds = subject.seconds
            counted = counted.where(
                BatchRow.agency == subject.agency,
                BatchRow.timestamp >= seconds.start,
                BatchRow.timestamp < seconds.stop,
            )
            if subject.certificate_type is not None:
                counted = counted.where(BatchRow.certificate_type == subject.certificate_type)
        case OneBatch():
            counted = counted.where(BatchRow.agency == subject.agency, BatchRow.root == subject.root)
        case OneCertificate():
            holding = select(LeafRow.batch).where(LeafRow.leaf == subject.leaf)
            counted = counted.where(col(BatchRow.begins).in_(holding))
    with opened(index) as tables:
        return int(tables.session.exec(counted).one())

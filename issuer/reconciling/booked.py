"""What the issuer's database holds of an agency's certificates, read within one moment."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy.orm import aliased
from sqlmodel import col, func, select

from chain.events import Track
from issuer.slots import Held
from issuer.tables import status_rows
from issuer.tables.account_models import AuditLine
from issuer.tables.catch_up_models import LostBatch
from issuer.tables.document_models import StoredDocument
from issuer.tables.models import Batch, Certificate, History, State, StatusChange, StatusTarget
from issuer.tables.status_models import KnownTrack

if TYPE_CHECKING:
    from datetime import datetime

    from issuer.tables.store import Work

ON_THE_WAY = (State.APPROVED, State.QUEUED, State.SENT, State.IN_BLOCK)
DONE = (State.FINAL, State.ISSUED)


@dataclass(frozen=True, slots=True)
class BookedCertificate:
    """A certificate whose leaf is fixed."""

    id: str
    leaf: bytes
    is_erased: bool
    tracks: tuple[Held, ...]
    document: bytes | None
    """SHA-256 of the document as it was put away."""
    replaces: bytes | None
    """The leaf of the certificate in whose place it stands; None if it takes nobody's."""
    is_erasure_noted: bool
    """Whether the log of actions says that it was erased."""


@dataclass(frozen=True, slots=True)
class BookedBatch:
    """A batch whose root is fixed."""

    id: int
    root: bytes
    state: State
    certificate_type: int
    version: int
    size: int
    block_number: int | None
    block_hash: bytes | None
    is_parked: bool
    changed_at: datetime
    """When something last happened to it."""
    from_hour: int
    """From which hour the certificates are replaced in whose place its own stand."""
    has_documents: bool
    """Whether the last of its documents was made."""
    certificates: tuple[BookedCertificate, ...]


@dataclass(frozen=True, slots=True)
class BookedChange:
    """A change of status."""

    id: int
    state: State
    actor: int
    track: int
    from_hour: int
    until_hour: int
    decision: bytes
    block_number: int | None
    created_at: datetime
    leaves: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Books:
    """All about one agency's certificates."""

    agency: int
    batches: tuple[BookedBatch, ...]
    changes: tuple[BookedChange, ...]
    lost: frozenset[bytes]
    """Roots of batches that a restored backup is known to lack."""

    @property
    def certificates(self) -> int:
        """How many certificates there are."""
        return sum(len(batch.certificates) for batch in self.batches)


def read(work: Work, agency: int) -> Books:
    """Return an agency's books as of this moment."""
    return Books(
        agency=agency,
        batches=tuple(_batches(work, agency)),
        changes=tuple(_changes(work, agency)),
        lost=frozenset(work.session.exec(select(LostBatch.root).where(LostBatch.agency == agency))),
    )


def followed(work: Work) -> tuple[int, bytes] | None:
    """Return number and hash of the block up to which statuses were taken in, None if none were."""
    row = status_rows.followed(work)
    return None if row is None else (row.block_number, row.block_hash)


def _batches(work: Work, agency: int) -> list[BookedBatch]:
    certificates = _certificates(work, agency)
    lines = select(History.batch_id, func.max(History.at)).group_by(col(History.batch_id))
    changed = dict(work.session.exec(lines).all())
    rows = work.session.exec(
        select(Batch).where(Batch.agency == agency, col(Batch.root).is_not(None)).order_by(col(Batch.id))
    )
    return [
        BookedBatch(
            id=row.id or 0,
            root=row.root or b"",
            state=State(row.state),
            certificate_type=row.type_number,
            version=row.type_version,
            size=row.size,
            block_number=row.block_number,
            block_hash=row.block_hash,
            is_parked=bool(row.failure),
            changed_at=changed.get(row.id, row.created_at),
            from_hour=row.from_hour,
            has_documents=row.documents_at is not None,
            certificates=tuple(certificates.get(row.id or 0, ())),
        )
        for row in rows
    ]


def _certificates(work: Work, agency: int) -> dict[int, list[BookedCertificate]]:
    tracks: dict[str, list[Held]] = defaultdict(list)
    known = (
        select(KnownTrack)
        .join(Certificate, col(Certificate.id) == col(KnownTrack.certificate_id))
        .where(Certificate.agency == agency)
        .order_by(col(KnownTrack.track))
    )
    for row in work.session.exec(known):
        tracks[row.certificate_id].append(Held(Track(row.track), row.from_hour, row.until_hour, row.level))
    kept = (
        select(StoredDocument.certificate_id, StoredDocument.sha256)
        .join(Certificate, col(Certificate.id) == col(StoredDocument.certificate_id))
        .where(Certificate.agency == agency)
    )
    documents = dict(work.session.exec(kept).all())
    noted = set(work.session.exec(select(AuditLine.subject).where(AuditLine.what == "erased")))
    old = aliased(Certificate)
    pairs = (
        select(Certificate.id, old.leaf)
        .join(old, col(Certificate.replaces_id) == col(old.id))
        .where(Certificate.agency == agency)
    )
    replaced = dict(work.session.exec(pairs).all())
    query = (
        select(Certificate.batch_id, Certificate.id, Certificate.leaf, col(Certificate.record_key).is_(None))
        .where(Certificate.agency == agency, col(Certificate.leaf).is_not(None))
        .order_by(col(Certificate.batch_id), col(Certificate.position))
    )
    found: dict[int, list[BookedCertificate]] = defaultdict(list)
    for batch_id, row_id, leaf, is_erased in work.session.exec(query):
        found[batch_id].append(
            BookedCertificate(
                id=row_id,
                leaf=leaf or b"",
                is_erased=bool(is_erased),
                tracks=tuple(tracks.get(row_id, ())),
                document=documents.get(row_id),
                replaces=replaced.get(row_id),
                is_erasure_noted=f"certificate {row_id}" in noted,
            )
        )
    return found


def _changes(work: Work, agency: int) -> list[BookedChange]:
    leaves: dict[int, list[bytes]] = defaultdict(list)
    targets = (
        select(StatusTarget.change_id, StatusTarget.leaf)
        .join(StatusChange, col(StatusChange.id) == col(StatusTarget.change_id))
        .where(StatusChange.agency == agency)
        .order_by(col(StatusTarget.change_id), col(StatusTarget.position))
    )
    for change_id, leaf in work.session.exec(targets):
        leaves[change_id].append(leaf)
    rows = work.session.exec(select(StatusChange).where(StatusChange.agency == agency).order_by(col(StatusChange.id)))
    return [
        BookedChange(
            id=row.id or 0,
            state=State(row.state),
            actor=row.actor,
            track=row.track,
            from_hour=row.from_hour,
            until_hour=row.until_hour,
            decision=row.decision,
            block_number=row.block_number,
            created_at=row.created_at,
            leaves=tuple(leaves[row.id or 0]),
        )
        for row in rows
    ]

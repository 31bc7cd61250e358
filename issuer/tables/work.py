"""The questions asked of the issuer's database: one session's, within `Store.reading` or `Store.writing`."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import func
from sqlmodel import Session, col, select

from issuer.errors import NotFound
from issuer.tables.key_models import KeyEpoch
from issuer.tables.models import (
    Base,
    Batch,
    BatchSignature,
    Certificate,
    DataKey,
    DirectorySnapshot,
    History,
    Import,
    OutboxTransaction,
    RegistryPin,
    Serial,
    State,
    StatusChange,
    StatusTarget,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

OPEN_TRANSACTION = ("SENT", "IN_BLOCK")

LARGEST_ID = 2**31 - 1
"""PostgreSQL's integers end there."""

Row = TypeVar("Row", bound=Base)


class Work:
    """One session's questions. What they return may be changed; leaving a `writing` block stores it."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @property
    def session(self) -> Session:
        """The database's session, for questions that have a module of their own (issuer/tables/account_rows.py)."""
        return self._session

    def add(self, row: Base) -> None:
        """Store a new row; its number is known after `flush`."""
        self._session.add(row)

    def flush(self) -> None:
        """Send what was added or changed to the database, within the transaction."""
        self._session.flush()

    def numbered(self, table: type[Row], number: int) -> Row | None:
        """Return a table's row with a number, None if there is none; whoever asks may name any number."""
        return self._session.get(table, number) if 0 < number <= LARGEST_ID else None

    # The registry.

    def pin(self) -> RegistryPin | None:
        """Return the registry this database belongs to, None if it is still free."""
        return self._session.get(RegistryPin, 1)

    def snapshot(self) -> DirectorySnapshot | None:
        """Return the directory as last folded."""
        return self._session.get(DirectorySnapshot, 1)

    def data_key(self, agency: int) -> DataKey | None:
        """Return an agency's wrapped data key."""
        return self._session.get(DataKey, agency)

    def key_epoch(self) -> KeyEpoch:
        """Return which keys the database is under; a row of its own, to be added, where they were never rotated."""
        return self._session.get(KeyEpoch, 1) or KeyEpoch()

    # Imports, batches.

    def import_of(self, agency: int, certificate_type: str, file_digest: bytes) -> Import | None:
        """Return the import of these very bytes."""
        return self._session.exec(
            select(Import).where(
                Import.agency == agency,
                Import.certificate_type == certificate_type,
                Import.file_digest == file_digest,
            )
        ).first()

    def batches_of_import(self, import_id: int) -> list[Batch]:
        """Return an import's batches in the order of its rows."""
        return list(self._session.exec(select(Batch).where(Batch.import_id == import_id).order_by(col(Batch.id))))

    def batch(self, batch_id: int) -> Batch:
        """Return a batch; raises `NotFound`."""
        batch = self.numbered(Batch, batch_id)
        if batch is None:
            msg = f"batch: got {batch_id}, wanted the number of one that is listed here"
            raise NotFound(msg)
        return batch

    def batches(self, *, states: Sequence[State] = (), agency: int | None = None) -> list[Batch]:
        """Return batches, oldest first."""
        query = select(Batch).order_by(col(Batch.id))
        if states:
            query = query.where(col(Batch.state).in_([str(state) for state in states]))
        if agency is not None:
            query = query.where(Batch.agency == agency)
        return list(self._session.exec(query))

    def signatures(self, batch_id: int) -> list[BatchSignature]:
        """Return the officers' signatures over a batch in the order they were given."""
        return list(
            self._session.exec(
                select(BatchSignature).where(BatchSignature.batch_id == batch_id).order_by(col(BatchSignature.id))
            )
        )

    def drop_signatures(self, batch_id: int) -> None:
        """Forget the signatures of a batch that is prepared anew."""
        for signature in self.signatures(batch_id):
            self._session.delete(signature)
        self._session.flush()

    def discard(self, batch: Batch) -> None:
        """Delete a batch's certificates and signatures; the batch itself stays, for its history."""
        self.drop_signatures(batch.id or 0)
        for certificate in self.certificates(batch.id or 0):
            self._session.delete(certificate)
        import_id, batch.import_id = batch.import_id, None
        self._session.flush()
        if import_id is not None and not self.batches_of_import(import_id):
            self._session.delete(self._session.get_one(Import, import_id))

    # Certificates.

    def certificates(self, batch_id: int) -> list[Certificate]:
        """Return a batch's certificates in their order."""
        return list(
            self._session.exec(
                select(Certificate).where(Certificate.batch_id == batch_id).order_by(col(Certificate.position))
            )
        )

    def certificate(self, certificate_id: str) -> Certificate:
        """Return a certificate by its row id; raises `NotFound`."""
        certificate = self._session.get(Certificate, certificate_id)
        if certificate is None:
            msg = f"certificate: got row id {certificate_id}, wanted one of this database"
            raise NotFound(msg)
        return certificate

    def certificates_numbered(self, agency: int, number_index: bytes) -> list[Certificate]:
        """Return an agency's certificates with that number, newest first."""
        return list(
            self._session.exec(
                select(Certificate)
                .where(Certificate.agency == agency, Certificate.number_index == number_index)
                .order_by(col(Certificate.created_at).desc(), col(Certificate.version).desc())
            )
        )

    def certificates_held(self, agency: int, holder_index: bytes) -> list[Certificate]:
        """Return an agency's certificates of one holder, newest first."""
        return list(
            self._session.exec(
                select(Certificate)
                .where(Certificate.agency == agency, Certificate.holder_index == holder_index)
                .order_by(col(Certificate.created_at).desc())
            )
        )

    def all_certificates(self, *, agency: int | None = None, certificate_type: str = "") -> list[Certificate]:
        """Return certificates in the order in which they were made."""
        query = select(Certificate).order_by(col(Certificate.batch_id), col(Certificate.position))
        if agency is not None:
            query = query.where(Certificate.agency == agency)
        if certificate_type:
            query = query.where(Certificate.certificate_type == certificate_type)
        return list(self._session.exec(query))

    def numbers_in_use(self, agency: int, certificate_type: str, number_indexes: Sequence[bytes]) -> set[bytes]:
        """Return which of these numbers the agency has given out already for a type."""
        found: set[bytes] = set()
        for start in range(0, len(number_indexes), 500):
            chunk = number_indexes[start : start + 500]
            rows = self._session.exec(
                select(Certificate.number_index).where(
                    Certificate.agency == agency,
                    Certificate.certificate_type == certificate_type,
                    col(Certificate.number_index).in_(chunk),
                )
            )
            found.update(row for row in rows if row is not None)
        return found

    def successor(self, certificate_id: str) -> Certificate | None:
        """Return the certificate that takes this one's place, or will."""
        return self._session.exec(
            select(Certificate)
            .where(Certificate.replaces_id == certificate_id)
            .order_by(col(Certificate.created_at).desc())
        ).first()

    def first_version(self, certificate: Certificate) -> str:
        """Return the row id of the version with which a certificate's lineage began, drafts included."""
        while certificate.replaces_id is not None:
            certificate = self.certificate(certificate.replaces_id)
        return certificate.id

    def next_serial(self, agency: int, certificate_type: str, year: int) -> int:
        """Give out the next serial number; never the same twice, but one may be lost."""
        counter = self._session.get(Serial, (agency, certificate_type, year))
        if counter is None:
            counter = Serial(agency=agency, certificate_type=certificate_type, year=year, last=0)
        counter.last += 1
        self._session.add(counter)
        self._session.flush()
        return counter.last

    def agencies_with_data(self) -> list[int]:
        """Return the agencies with a data key here: those with certificates, and those that were reconciled."""
        return sorted(self._session.exec(select(DataKey.agency)))

    # Statuses.

    def status_change(self, change_id: int) -> StatusChange:
        """Return a change of status; raises `NotFound`."""
        change = self.numbered(StatusChange, change_id)
        if change is None:
            msg = f"status change: got {change_id}, wanted one of this database"
            raise NotFound(msg)
        return change

    def status_changes(self, certificate_id: str) -> list[StatusChange]:
        """Return a certificate's changes of status, oldest first."""
        return list(
            self._session.exec(
                select(StatusChange)
                .join(StatusTarget, col(StatusTarget.change_id) == StatusChange.id)
                .where(StatusTarget.certificate_id == certificate_id)
                .order_by(col(StatusChange.id))
            )
        )

    def status_targets(self, change_id: int) -> list[StatusTarget]:
        """Return what a change of status changes, in the order in which the officers signed it."""
        return list(
            self._session.exec(
                select(StatusTarget).where(StatusTarget.change_id == change_id).order_by(col(StatusTarget.position))
            )
        )

    def status_target(self, change_id: int, certificate_id: str) -> StatusTarget:
        """Return one certificate's part in a change of status; raises `NotFound`."""
        found = self._session.exec(
            select(StatusTarget).where(
                StatusTarget.change_id == change_id, StatusTarget.certificate_id == certificate_id
            )
        ).first()
        if found is None:
            msg = f"status change {change_id}: it does not change certificate {certificate_id}"
            raise NotFound(msg)
        return found

    def status_changes_in(self, states: Sequence[State]) -> list[StatusChange]:
        """Return changes of status in these states, oldest first."""
        return list(
            self._session.exec(
                select(StatusChange)
                .where(col(StatusChange.state).in_([str(state) for state in states]))
                .order_by(col(StatusChange.id))
            )
        )

    def history(self, *, batch_id: int | None = None, certificate_id: str | None = None) -> list[History]:
        """Return the lines about a batch or a certificate, oldest first."""
        query = select(History).order_by(col(History.id))
        if batch_id is not None and certificate_id is not None:
            query = query.where((History.batch_id == batch_id) | (History.certificate_id == certificate_id))
        elif batch_id is not None:
            query = query.where(History.batch_id == batch_id)
        else:
            query = query.where(History.certificate_id == certificate_id)
        return list(self._session.exec(query))

    # The outbox.

    def open_transactions(self, sender: bytes) -> list[OutboxTransaction]:
        """Return a sender's transactions that are not settled, by nonce."""
        return list(
            self._session.exec(
                select(OutboxTransaction)
                .where(
                    OutboxTransaction.sender == sender,
                    col(OutboxTransaction.state).in_(OPEN_TRANSACTION),
                )
                .order_by(col(OutboxTransaction.nonce))
            )
        )

    def transaction(self, transaction_id: int) -> OutboxTransaction:
        """Return a stored transaction; raises `NotFound`."""
        transaction = self._session.get(OutboxTransaction, transaction_id)
        if transaction is None:
            msg = f"transaction: got {transaction_id}, wanted one of this database"
            raise NotFound(msg)
        return transaction

    def was_sent(self, batch_id: int) -> bool:
        """Whether a transaction for a batch was ever stored, so that its officers' signatures may be public."""
        return (
            self._session.exec(select(OutboxTransaction.id).where(OutboxTransaction.batch_id == batch_id)).first()
            is not None
        )

    def highest_nonce(self, sender: bytes) -> int | None:
        """Return the highest nonce that a transaction of the sender's here has, overtaken ones aside."""
        return self._session.exec(
            select(func.max(OutboxTransaction.nonce)).where(
                OutboxTransaction.sender == sender, OutboxTransaction.state != "OVERTAKEN"
            )
        ).one()

"""Writes the registry's events into the index, and takes them back where the chain was reorganised."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from sqlalchemy import delete, update
from sqlmodel import col, select

from chain import steps
from chain.events import CertificateReplaced, StatusChanged
from verifier.indexing.models import (
    HELD,
    BatchRow,
    BlockRow,
    EventRow,
    FindingRow,
    LeafRow,
    PartyRow,
    TransactionRow,
    place,
)
from verifier.indexing.parties import Part, parties
from verifier.indexing.recorded import write
from verifier.indexing.spans import Spans, at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlmodel import Session

    from chain.events import Event, Record


class Recorder:
    """Writes events, in the chain's order, within one transaction."""

    def __init__(self, session: Session) -> None:
        self._session, self._spans = session, Spans(session)

    def record(self, record: Record) -> None:
        """Write one event. What is odd about it is noted as a finding; reading goes on."""
        event = record.event
        certificate_type, unanchored = self._type_of(event)
        self._session.add(
            EventRow(
                begins=at(record),
                kind=steps.kind_of(event),
                arguments=steps.arguments(event),
                transaction_hash=record.transaction_hash,
                agency=getattr(event, "agency", None),
                certificate_type=certificate_type,
            )
        )
        sender = None if record.transaction is None else record.transaction.sender
        for address, part in parties(event, sender, self._batch_signers(record)):
            self._session.add(PartyRow(begins=at(record), address=address, part=part))
        written = (unanchored, self._transaction(record), write(event, record, self._spans))
        if what := "; ".join(filter(None, (record.finding, *written))):
            self._session.add(FindingRow(begins=at(record), what=what))
        # The next event may change what this one wrote.
        self._session.flush()

    def roll_back(self, block: int) -> None:
        """Forget everything after a block."""
        end = place(block + 1)
        for table in HELD:
            self._session.execute(delete(table).where(col(table.begins) >= end))
            self._session.execute(update(table).where(col(table.ends) >= end).values(ends=None))
        self._session.execute(delete(EventRow).where(col(EventRow.begins) >= end))
        self._session.execute(delete(PartyRow).where(col(PartyRow.begins) >= end))
        self._session.execute(delete(TransactionRow).where(col(TransactionRow.block) > block))
        self._session.execute(delete(LeafRow).where(col(LeafRow.batch) >= end))
        self._session.execute(delete(BlockRow).where(col(BlockRow.number) > block))

    def _transaction(self, record: Record) -> str:
        """Write an event's transaction, once; one cannot stand in two places."""
        if record.transaction is None:
            return ""
        row = TransactionRow(hash=record.transaction_hash, block=record.block_number, **asdict(record.transaction))
        known = self._session.get(TransactionRow, record.transaction_hash)
        if known is None:
            self._session.add(row)
            return ""
        return "" if known.model_dump() == row.model_dump() else "its transaction was told otherwise before"

    def _batch_signers(self, record: Record) -> Sequence[bytes]:
        """Return who signed the batch with which a certificate was replaced: the agency's last in that transaction."""
        event = record.event
        if not isinstance(event, CertificateReplaced):
            return ()
        ours = (BatchRow.transaction_hash == record.transaction_hash, BatchRow.agency == event.agency)
        batch = select(BatchRow.begins).where(*ours).order_by(col(BatchRow.begins).desc()).limit(1)
        signed = (PartyRow.begins == batch.scalar_subquery(), PartyRow.part == Part.SIGNED)
        return self._session.exec(select(PartyRow.address).where(*signed)).all()

    def _type_of(self, event: Event) -> tuple[int | None, str]:
        """Return the type that an event is about; a status of a leaf that nobody anchored counts, and is odd."""
        match event:
            case StatusChanged(agency=agency, leaf=leaf) | CertificateReplaced(agency=agency, old_leaf=leaf):
                found = select(BatchRow.certificate_type).join(LeafRow, col(BatchRow.begins) == LeafRow.batch)
                found = found.where(LeafRow.leaf == leaf, BatchRow.agency == agency)
                known = self._session.exec(found.order_by(col(BatchRow.begins)).limit(1)).first()
                return known, f"status of {leaf.hex()}, which is not anchored" if known is None else ""
        return getattr(event, "certificate_type", None), ""

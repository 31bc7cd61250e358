"""Whether this database knows the order for what the registry recorded under an agency's name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.orm import aliased
from sqlmodel import col, or_, select

from chain.events import BatchAnchored, CertificateReplaced, KeyAdded, OfficerSet, StatusChanged
from issuer import appointing
from issuer.tables.appointment_models import Appointment
from issuer.tables.models import Batch, Certificate, OutboxTransaction, State, StatusChange, StatusTarget

if TYPE_CHECKING:
    from chain.events import Record
    from issuer.office import Office
    from issuer.tables.store import Work

_QUEUED = tuple(str(state) for state in (State.QUEUED, State.SENT, State.IN_BLOCK, State.FINAL, State.ISSUED))


def is_ours(office: Office, work: Work, record: Record) -> bool:
    """Whether the order for a record was queued here, whoever brought it to the chain."""
    match record.event:
        case BatchAnchored(agency=agency, root=root):
            return _was_queued(work, agency, root)
        case StatusChanged(agency=agency, leaf=leaf, decision=decision):
            return _was_ordered(work, agency, leaf, decision)
        case CertificateReplaced() as event:
            return _was_to_replace(work, event)
        case OfficerSet(agency=agency, officer=officer) as event:
            rows = work.session.exec(
                select(Appointment).where(
                    Appointment.agency == agency,
                    Appointment.officer == officer,
                    col(Appointment.state).in_(_QUEUED),
                    # An order is good for one record: whoever gives the same rights once more did that on their own.
                    or_(col(Appointment.block_number).is_(None), Appointment.block_number == record.block_number),
                )
            )
            return any(appointing.is_of(row, event) for row in rows)
        case KeyAdded(agency=agency, kid=kid):
            # Nobody but the key's owner can have made it.
            return kid in office.keystore.document_kids(agency)
        case _:
            return False


def _was_queued(work: Work, agency: int, root: bytes) -> bool:
    batch = work.session.exec(select(Batch).where(Batch.agency == agency, Batch.root == root)).first()
    if batch is None:
        return False
    sent = select(OutboxTransaction.id).where(OutboxTransaction.batch_id == batch.id)
    return batch.state in _QUEUED or work.session.exec(sent).first() is not None


def _was_to_replace(work: Work, event: CertificateReplaced) -> bool:
    """Whether this very pair was ordered: the root of a batch does not bind what its leaves replace."""
    old = aliased(Certificate)
    pair = (
        select(Certificate.id)
        .join(old, col(Certificate.replaces_id) == col(old.id))
        .join(Batch, col(Certificate.batch_id) == col(Batch.id))
        .where(
            Certificate.agency == event.agency,
            Certificate.leaf == event.new_leaf,
            old.leaf == event.old_leaf,
            Batch.from_hour == event.from_hour,
        )
    )
    return work.session.exec(pair).first() is not None


def _was_ordered(work: Work, agency: int, leaf: bytes, decision: bytes) -> bool:
    # The digest of the decision is salted: no other change of this leaf has it.
    return (
        work.session.exec(
            select(StatusChange.id)
            .join(StatusTarget, col(StatusTarget.change_id) == col(StatusChange.id))
            .where(
                StatusChange.agency == agency,
                StatusChange.decision == decision,
                col(StatusChange.state).in_([*_QUEUED, str(State.FAILED)]),
                StatusTarget.leaf == leaf,
            )
        ).first()
        is not None
    )

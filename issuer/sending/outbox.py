"""What is on its way to the chain: jobs, the transactions that carry them, and the lines about both."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from chain.errors import TransactionLost
from chain.registry import Role, SignedTransaction
from issuer import appointing, approvals, audit_log, history
from issuer.audit_log import Occasion
from issuer.errors import NotReady
from issuer.status import statuses
from issuer.tables import appointment_rows
from issuer.tables.appointment_models import Appointment
from issuer.tables.models import Batch, OutboxTransaction, State, StatusChange

if TYPE_CHECKING:
    from chain.registry import Block, Signer
    from issuer.office import Office
    from issuer.tables.store import Work

Job: TypeAlias = Batch | StatusChange | Appointment

_SIGNATURE_BYTES = 65


@dataclass(slots=True)
class Strikes:
    """Counts failures that would come again and again, so that one job does not hold up all others for ever."""

    most: int = 1
    """After so many of one thing it is parked."""
    _counted: Counter[str] = field(default_factory=Counter)

    def struck(self, what: str) -> bool:
        """Count a failure; returns whether it is one too many, and then begins anew."""
        self._counted[what] += 1
        if self._counted[what] < self.most:
            return False
        self.forget(what)
        return True

    def forget(self, what: str) -> None:
        """Count from the beginning again, since it went well."""
        self._counted.pop(what, None)


def name(job: Job) -> str:
    """Return what a job is called in logs."""
    match job:
        case Batch():
            return f"batch {job.id}"
        case StatusChange():
            return f"status change {job.id}"
        case Appointment():
            return f"appointment {job.id}"


def job_of(work: Work, row: OutboxTransaction) -> Job:
    """Return what a transaction is for; raises `TransactionLost` if the database does not know."""
    if row.batch_id is not None:
        return work.batch(row.batch_id)
    if row.status_change_id is not None:
        return work.status_change(row.status_change_id)
    if row.appointment_id is not None:
        return appointment_rows.find(work, row.appointment_id)
    raise TransactionLost(f"transaction 0x{row.hash.hex()} belongs to nothing in this database")


def fresh(work: Work, job: Job) -> Job:
    """Return a job as it is now."""
    match job:
        case Batch():
            return work.batch(job.id or 0)
        case StatusChange():
            return work.status_change(job.id or 0)
        case Appointment():
            return appointment_rows.find(work, job.id or 0)


def is_ready(work: Work, job: Job) -> bool:
    """Whether a job can be tried now: consents to an officer's rights count one after the other."""
    if not isinstance(job, Appointment):
        return True
    before = appointment_rows.in_states(work, appointing.ON_THE_WAY, agency=job.agency)
    return all(each.nonce >= job.nonce for each in before)


def note(work: Work, job: Job, what: str, office: Office, detail: str) -> None:
    """Add a line to the history of a batch, or of each certificate whose status is to change; else to the log."""
    match job:
        case Batch():
            history.note(work, what, at=office.now(), batch_id=job.id, detail=detail)
        case StatusChange():
            for target in work.status_targets(job.id or 0):
                history.note(work, what, at=office.now(), certificate_id=target.certificate_id, detail=detail)
        case Appointment():
            occasion = Occasion(office.now(), "registry")
            audit_log.add(
                work,
                occasion,
                f"rights {what}",
                who=audit_log.SERVICE,
                agency=job.agency,
                subject=f"0x{job.officer.hex()}",
                detail=detail,
            )


def settle(office: Office, work: Work, job: Job, block: Block, how: str) -> None:
    """Record that the registry holds what a job was for, since a block that is final."""
    job.state, job.failure = State.FINAL, ""
    job.block_number, job.block_hash, job.block_timestamp = block.number, block.hash, block.timestamp
    note(work, job, "final", office, f"block {block.number}; {how}")


def sign(office: Office, job: Job, *, sender: Signer, nonce: int) -> SignedTransaction:
    """Make a job's transaction; raises `RegistryRefused` if the registry would revert, `NotReady` if it makes none."""
    with office.store.reading() as work:
        if isinstance(job, StatusChange):
            return office.registry.sign_status(
                statuses.to_change(job, work.status_targets(job.id or 0)),
                deadline=job.deadline,
                signatures=[
                    job.signatures[start : start + _SIGNATURE_BYTES]
                    for start in range(0, len(job.signatures), _SIGNATURE_BYTES)
                ],
                sender=sender,
                nonce=nonce,
            )
        if isinstance(job, Appointment):
            return office.registry.sign_officer(
                appointing.to_set(job),
                deadline=job.deadline,
                signatures=appointing.signatures(job),
                sender=sender,
                nonce=nonce,
            )
        signatures = work.signatures(job.id or 0)
        preparers = [each.signature for each in signatures if each.role == Role.PREPARER]
        if not preparers:
            raise NotReady(f"batch {job.id}: its preparer's signature is missing; prepare and approve it again")
        return office.registry.sign_anchor(
            approvals.to_anchor(work, job),
            deadline=job.deadline or 0,
            preparer=preparers[0],
            approvers=[each.signature for each in signatures if each.role == Role.APPROVER],
            sender=sender,
            nonce=nonce,
        )


def transaction(row: OutboxTransaction) -> SignedTransaction:
    """Return a stored transaction as it is sent."""
    return SignedTransaction(raw=row.raw, hash=row.hash, sender=row.sender, nonce=row.nonce)

"""What has become of transactions that were sent: in a block, final, reverted, gone; asked as often as somebody looks.

Nothing is final before enough blocks follow and the block is still the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chain.errors import RegistryMismatch, RegistryRefused
from chain.events import BatchAnchored, OfficerSet, StatusChanged
from issuer import appointing, refusals
from issuer.sending import outbox
from issuer.status import effects
from issuer.tables.appointment_models import Appointment
from issuer.tables.models import Batch, State, StatusChange

if TYPE_CHECKING:
    from collections.abc import Callable

    from chain.registry import Block, Receipt, SignedTransaction, Signer
    from issuer.office import Office
    from issuer.sending.outbox import Job
    from issuer.tables.models import OutboxTransaction

ELSEWHERE = "somebody else sent the officers' signatures first"


@dataclass(frozen=True, slots=True)
class Settling:
    """Looks at one sending account's transactions."""

    office: Office
    sender: Signer
    at: Callable[[str], None]
    """Told each crash point as it is passed."""
    send: Callable[[SignedTransaction], None]
    """Sends again what the node does not know."""

    def look(self, row: OutboxTransaction, newest: Block) -> None:
        """See what has become of a transaction, and store it."""
        registry = self.office.registry
        self.at("before_receipt")
        receipt = registry.receipt(row.hash)
        if receipt is None:
            if row.state == State.IN_BLOCK:
                self._back_to_sent(row)
            if not registry.knows(row.hash):
                self.send(outbox.transaction(row))
            return
        self.at("after_receipt")
        if not receipt.succeeded:
            self._look_at_failure(row, receipt, newest)
            return
        with self.office.store.reading() as work:
            job = outbox.job_of(work, row)
        number, block_hash = self._effect(job, receipt)
        if row.block_hash != receipt.block_hash:
            self.at("before_block")
            self._in_block(row, receipt, number, block_hash)
            self.at("after_block")
        if newest.number < max(number, receipt.block_number) + self.office.confirmations:
            return
        if (
            registry.block(receipt.block_number).hash == receipt.block_hash
            and registry.block(number).hash == block_hash
            and self._holds(job, number)
        ):
            self.at("before_final")
            self._final(row)
            self.at("after_final")

    def settle_elsewhere(self, job: Job) -> bool | None:
        """Settle a queued job whose very effect the registry holds by the officers' signatures, once that is final.

        Returns None if the registry holds no such effect, else whether it is final.
        """
        done = effects.block_of(self.office, job)
        if done is None:
            return None
        if self.office.registry.newest().number < done.number + self.office.confirmations:
            return False
        with self.office.store.writing() as work:
            job = outbox.fresh(work, job)
            if job.state == State.QUEUED:
                outbox.settle(self.office, work, job, done, ELSEWHERE)
        return True

    def _look_at_failure(self, row: OutboxTransaction, receipt: Receipt, newest: Block) -> None:
        """Settle a revert once it is final: in another block the same bytes may still succeed."""
        if row.state == State.IN_BLOCK:
            self._back_to_sent(row)
        buried = newest.number >= receipt.block_number + self.office.confirmations
        if buried and self.office.registry.block(receipt.block_number).hash == receipt.block_hash:
            self._failed(row)

    def _effect(self, job: Job, receipt: Receipt) -> tuple[int, bytes]:
        """Return number and hash of the block in which the job took effect: an earlier one if it was done before."""
        for record in receipt.records:
            match job, record.event:
                case Batch(), BatchAnchored(agency=agency, root=root) if (agency, root) == (job.agency, job.root):
                    return receipt.block_number, receipt.block_hash
                # The digest of the decision is salted, so it tells the change, whose leaves change together.
                case StatusChange(), StatusChanged(decision=decision) if decision == job.decision:
                    return receipt.block_number, receipt.block_hash
                case Appointment(), OfficerSet() as event if appointing.is_of(job, event):
                    return receipt.block_number, receipt.block_hash
                case _:
                    pass
        if isinstance(job, Batch) and job.root is not None:
            earlier = self.office.registry.batch_block(job.agency, job.root)
            if earlier is not None:
                return earlier, self.office.registry.block(earlier).hash
        raise RegistryMismatch(
            f"transaction 0x{receipt.transaction_hash.hex()} succeeded without the event that it is for; "
            "the node answers nonsense or the registry is another one"
        )

    def _holds(self, job: Job, number: int) -> bool:
        if isinstance(job, Batch) and job.root is not None:
            return self.office.registry.batch_block(job.agency, job.root) == number
        return True

    def _in_block(self, row: OutboxTransaction, receipt: Receipt, number: int, block_hash: bytes) -> None:
        timestamp = self.office.registry.block(number).timestamp
        with self.office.store.writing() as work:
            row = work.transaction(row.id or 0)
            row.state, row.block_number, row.block_hash = State.IN_BLOCK, receipt.block_number, receipt.block_hash
            job = outbox.job_of(work, row)
            job.state, job.block_number, job.block_hash = State.IN_BLOCK, number, block_hash
            job.block_timestamp = timestamp
            outbox.note(work, job, "in a block", self.office, f"block {number}")

    def _back_to_sent(self, row: OutboxTransaction) -> None:
        """A block that held the transaction is no more."""
        with self.office.store.writing() as work:
            row = work.transaction(row.id or 0)
            row.state, row.block_number, row.block_hash = State.SENT, None, None
            job = outbox.job_of(work, row)
            job.state, job.block_number, job.block_hash, job.block_timestamp = State.SENT, None, None, None
            outbox.note(work, job, "its block is no more; sent again", self.office, "")

    def _final(self, row: OutboxTransaction) -> None:
        with self.office.store.writing() as work:
            row = work.transaction(row.id or 0)
            row.state = State.FINAL
            job = outbox.job_of(work, row)
            job.state, job.failure = State.FINAL, ""
            outbox.note(work, job, "final", self.office, f"block {job.block_number}")

    def _failed(self, row: OutboxTransaction) -> None:
        """Record that a transaction was mined and reverted; the reason is what it would revert with now."""
        with self.office.store.reading() as work:
            job = outbox.job_of(work, row)
        done = effects.block_of(self.office, job)
        if done is not None and self.office.registry.newest().number < done.number + self.office.confirmations:
            return
        if done is not None:
            reason = ELSEWHERE
        else:
            try:
                # Tried, never stored nor sent.
                outbox.sign(self.office, job, sender=self.sender, nonce=row.nonce)
                reason = "it reverted, and would not revert now; prepare and approve it again"
            except RegistryRefused as refusal:
                reason = refusals.sentence(refusal)
        with self.office.store.writing() as work:
            row = work.transaction(row.id or 0)
            row.state, row.failure = State.FAILED, reason
            job = outbox.fresh(work, job)
            if done is not None:
                outbox.settle(self.office, work, job, done, ELSEWHERE)
                return
            job.state, job.failure = State.FAILED, reason
            outbox.note(work, job, "failed", self.office, reason)

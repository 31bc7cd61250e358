"""The way to the chain: an outbox with one lane for each sending account.

A transaction is signed, stored with its hash and nonce, committed, and only then sent; whatever is killed whenever, the
next run sends the same bytes again, so that every approved batch is anchored exactly once. The database is the source
of nonces, the node is only compared. Nothing is final before enough blocks follow and the block is still the same.

States of a job (a batch or a change of status): QUEUED → SENT → IN_BLOCK → FINAL; FAILED if it was mined and reverted,
and that is final as well. A job that the registry would refuse goes back to where people can mend it, with the reason,
and the lane goes on.

A queued job belongs to no lane: of several lanes, the one that stores a transaction for it first carries it. And once a
transaction was sent, anybody may take the officers' signatures out of it and send them first; what the registry then
holds is what was wanted, so such a job is done.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from chain.errors import NonceTaken, RegistryMismatch, RegistryRefused, TransactionLost
from chain.events import BatchAnchored, StatusChanged
from chain.registry import Role, SignedTransaction
from issuer import approvals, effects, history, nonces, refusals, statuses
from issuer.errors import LaneFrozen, NotReady, StillWaiting
from issuer.models import Batch, OutboxTransaction, State, StatusChange

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chain.registry import Block, Receipt, Signer
    from issuer.office import Office
    from issuer.store import Work

Job: TypeAlias = Batch | StatusChange

CRASH_POINTS = ("after_sign", "after_store", "after_send", "after_receipt", "after_block", "after_final")
"""Where a test may kill the process."""

_SIGNATURE_BYTES = 65


@dataclass(frozen=True, slots=True)
class Lane:
    """One sending account's queue."""

    office: Office
    sender: Signer
    wait: Callable[[], bool]
    """Waits a little before the registry is asked again; False once patience is over."""
    at: Callable[[str], None]
    """Told each of `CRASH_POINTS` as it is passed."""
    accept_foreign: bool = False
    """Go on although somebody else used the account; for an operator who knows why."""

    def run(self, batches: Sequence[int] = ()) -> None:
        """Bring these batches, all queued changes of status and what was left over to the chain.

        Waits until all of it is final, or refused; each job's state and `failure` say which, whoever carried it there.
        Raises `LaneBusy`, `LaneFrozen`, `StillWaiting`, or what the registry does; repeating it goes on from there.
        """
        with self.office.store.lane(self.sender.address, wait=self.wait):
            self._queue(batches)
            self._resend()
            for job in self._queued():
                self._launch(job)
            self._settle()

    # Queueing.

    def _queue(self, batches: Sequence[int]) -> None:
        with self.office.store.writing() as work:
            for number in batches:
                batch = work.batch(number)
                if batch.state in {State.DRAFT, State.PREPARED}:
                    missing = approvals.missing_approvals(self.office, work, batch)
                    raise NotReady(f"batch {number} is {batch.state}, wanted one that is APPROVED ({missing} missing)")
                if batch.state in {State.FAILED, State.DISCARDED}:
                    raise NotReady(f"batch {number} is {batch.state} {batch.failure}; prepare and approve it again")
                if batch.state == State.APPROVED:
                    batch.state = State.QUEUED
                    history.note(work, "queued", at=self.office.now(), batch_id=number)

    def _queued(self) -> list[Job]:
        with self.office.store.reading() as work:
            return [*work.batches(states=[State.QUEUED]), *work.status_changes_in([State.QUEUED])]

    # Signing, storing, sending.

    def _launch(self, job: Job) -> None:
        try:
            signed = self._signed(job)
        except RegistryRefused as refusal:
            if not self._done_already(job):
                self._put_back(job, refusals.sentence(refusal))
            return
        self.at("after_sign")
        with self.office.store.writing() as work:
            job = _fresh(work, job)
            if job.state != State.QUEUED:
                # Another lane was quicker; what was signed here is stored nowhere and never sent.
                return
            job.state = State.SENT
            is_batch = isinstance(job, Batch)
            work.add(
                OutboxTransaction(
                    sender=signed.sender,
                    nonce=signed.nonce,
                    hash=signed.hash,
                    raw=signed.raw,
                    batch_id=job.id if is_batch else None,
                    status_change_id=None if is_batch else job.id,
                    state=State.SENT,
                    created_at=self.office.now(),
                )
            )
            _note(work, job, "signed and stored", self.office, f"0x{signed.hash.hex()} nonce {signed.nonce}")
        self.at("after_store")
        self._send(signed)
        self.at("after_send")

    def _signed(self, job: Job) -> SignedTransaction:
        """Make the job's transaction with the next nonce; raises `RegistryRefused` if the registry would revert."""
        nonce = nonces.following(self.office, self.sender.address, accept_foreign=self.accept_foreign)
        with self.office.store.reading() as work:
            if isinstance(job, StatusChange):
                return self.office.registry.sign_status(
                    statuses.to_change(job),
                    deadline=job.deadline,
                    signatures=[
                        job.signatures[start : start + _SIGNATURE_BYTES]
                        for start in range(0, len(job.signatures), _SIGNATURE_BYTES)
                    ],
                    sender=self.sender,
                    nonce=nonce,
                )
            signatures = work.signatures(job.id or 0)
            return self.office.registry.sign_anchor(
                approvals.to_anchor(work, job),
                deadline=job.deadline or 0,
                preparer=next(each.signature for each in signatures if each.role == Role.PREPARER),
                approvers=[each.signature for each in signatures if each.role == Role.APPROVER],
                sender=self.sender,
                nonce=nonce,
            )

    def _send(self, signed: SignedTransaction) -> None:
        try:
            self.office.registry.send(signed)
        except NonceTaken:
            # Ours may have been mined already; then the nonce is taken by ourselves.
            if self.office.registry.receipt(signed.hash) is not None or self.office.registry.knows(signed.hash):
                return
            if not self.accept_foreign:
                why = f"its transaction {signed.nonce} on the chain is not ours"
                raise LaneFrozen(nonces.frozen(self.sender.address, why)) from None
            self._overtaken(signed)

    def _overtaken(self, signed: SignedTransaction) -> None:
        """Give a transaction up that can never be mined, and queue its job anew."""
        with self.office.store.writing() as work:
            for row in work.open_transactions(self.sender.address):
                if row.hash == signed.hash:
                    row.state = "OVERTAKEN"
                    job = _job(work, row)
                    job.state = State.QUEUED
                    _note(work, job, "overtaken by a foreign transaction", self.office, f"nonce {row.nonce}")

    def _resend(self) -> None:
        for row in self._open():
            if row.state == State.SENT and self.office.registry.receipt(row.hash) is None:
                self._send(_signed_transaction(row))

    # Settling.

    def _settle(self) -> None:
        while rows := self._open():
            newest = self.office.registry.newest()
            for row in rows:
                self._look(row, newest)
            if not (waiting := self._open()):
                return
            if not self.wait():
                hashes = ", ".join(f"0x{row.hash.hex()}" for row in waiting)
                raise StillWaiting(
                    f"{len(waiting)} transactions are sent but not final yet ({hashes}); nothing is lost, "
                    "repeat the command to go on waiting"
                )

    def _look(self, row: OutboxTransaction, newest: Block) -> None:
        registry = self.office.registry
        receipt = registry.receipt(row.hash)
        if receipt is None:
            if row.state == State.IN_BLOCK:
                self._back_to_sent(row)
            if not registry.knows(row.hash):
                self._send(_signed_transaction(row))
            return
        self.at("after_receipt")
        if not receipt.succeeded:
            self._look_at_failure(row, receipt, newest)
            return
        with self.office.store.reading() as work:
            job = _job(work, row)
        number, block_hash = self._effect(job, receipt)
        if row.block_hash != receipt.block_hash:
            self._in_block(row, receipt, number, block_hash)
            self.at("after_block")
        if newest.number < max(number, receipt.block_number) + self.office.confirmations:
            return
        if (
            registry.block(receipt.block_number).hash == receipt.block_hash
            and registry.block(number).hash == block_hash
            and self._holds(job, number)
        ):
            self._final(row)
            self.at("after_final")

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
                case StatusChange(), StatusChanged(leaf=leaf, track=track) if (leaf, track) == (job.leaf, job.track):
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
            job = _job(work, row)
            job.state, job.block_number, job.block_hash = State.IN_BLOCK, number, block_hash
            job.block_timestamp = timestamp
            _note(work, job, "in a block", self.office, f"block {number}")

    def _back_to_sent(self, row: OutboxTransaction) -> None:
        """A block that held the transaction is no more."""
        with self.office.store.writing() as work:
            row = work.transaction(row.id or 0)
            row.state, row.block_number, row.block_hash = State.SENT, None, None
            job = _job(work, row)
            job.state, job.block_number, job.block_hash = State.SENT, None, None
            _note(work, job, "its block is no more; sent again", self.office, "")

    def _final(self, row: OutboxTransaction) -> None:
        with self.office.store.writing() as work:
            row = work.transaction(row.id or 0)
            row.state = State.FINAL
            job = _job(work, row)
            job.state, job.failure = State.FINAL, ""
            _note(work, job, "final", self.office, f"block {job.block_number}")

    def _failed(self, row: OutboxTransaction) -> None:
        """Record that a transaction was mined and reverted; the reason is what it would revert with now."""
        with self.office.store.reading() as work:
            job = _job(work, row)
        done = effects.block_of(self.office, job)
        if done is not None and self.office.registry.newest().number < done.number + self.office.confirmations:
            return
        if done is not None:
            reason = "somebody else sent the officers' signatures first"
        else:
            try:
                self._signed(job)
                reason = "it reverted, and would not revert now; prepare and approve it again"
            except RegistryRefused as refusal:
                reason = refusals.sentence(refusal)
        with self.office.store.writing() as work:
            row = work.transaction(row.id or 0)
            row.state, row.failure = State.FAILED, reason
            job = _fresh(work, job)
            if done is not None:
                self._settled(work, job, done, reason)
                return
            job.state, job.failure = State.FAILED, reason
            _note(work, job, "failed", self.office, reason)

    def _done_already(self, job: Job) -> bool:
        """Settle a queued job whose very effect the registry holds by the officers' signatures, once that is final."""
        while (done := effects.block_of(self.office, job)) is not None:
            if self.office.registry.newest().number >= done.number + self.office.confirmations:
                with self.office.store.writing() as work:
                    job = _fresh(work, job)
                    if job.state == State.QUEUED:
                        self._settled(work, job, done, "somebody else sent the officers' signatures first")
                return True
            if not self.wait():
                raise StillWaiting(
                    f"block {done.number}, in which somebody else sent the officers' signatures, is not final yet; "
                    "nothing is lost, repeat the command to go on waiting"
                )
        return False

    def _settled(self, work: Work, job: Job, done: Block, why: str) -> None:
        job.state, job.failure = State.FINAL, ""
        job.block_number, job.block_hash, job.block_timestamp = done.number, done.hash, done.timestamp
        _note(work, job, "final", self.office, f"block {done.number}; {why}")

    def _put_back(self, job: Job, reason: str) -> None:
        """Return a job that would be refused to where people can mend it."""
        with self.office.store.writing() as work:
            job = _fresh(work, job)
            if job.state != State.QUEUED:
                # Another lane was quicker, and that is why this one was refused.
                return
            job.state = State.APPROVED if isinstance(job, Batch) else State.FAILED
            job.failure = reason
            _note(work, job, "refused before sending", self.office, reason)

    def _open(self) -> list[OutboxTransaction]:
        with self.office.store.reading() as work:
            return work.open_transactions(self.sender.address)


def _job(work: Work, row: OutboxTransaction) -> Job:
    if row.batch_id is not None:
        return work.batch(row.batch_id)
    if row.status_change_id is not None:
        return work.status_change(row.status_change_id)
    raise TransactionLost(f"transaction 0x{row.hash.hex()} belongs to nothing in this database")


def _fresh(work: Work, job: Job) -> Job:
    if isinstance(job, Batch):
        return work.batch(job.id or 0)
    return work.status_change(job.id or 0)


def _note(work: Work, job: Job, what: str, office: Office, detail: str) -> None:
    if isinstance(job, Batch):
        history.note(work, what, at=office.now(), batch_id=job.id, detail=detail)
    else:
        history.note(work, what, at=office.now(), certificate_id=job.certificate_id, detail=detail)


def _signed_transaction(row: OutboxTransaction) -> SignedTransaction:
    return SignedTransaction(raw=row.raw, hash=row.hash, sender=row.sender, nonce=row.nonce)

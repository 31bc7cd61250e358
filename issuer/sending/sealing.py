"""The way to the chain: an outbox with one lane for each sending account.

A transaction is signed, stored with its hash and nonce, committed, and only then sent; whatever is killed whenever, the
next run sends the same bytes again, so that every approved batch is anchored exactly once. The database is the source
of nonces, the node is only compared.

States of a job (a batch, a change of status, or of an officer's rights): QUEUED → SENT → IN_BLOCK → FINAL; FAILED if
it was mined and reverted, and that is final as well. A job that the registry would refuse, or of which no transaction
can be made, is parked: it goes back to where people can mend it, with the reason, and the lane goes on.

A queued job belongs to no lane: of several lanes, the one that stores a transaction for it first carries it. And once a
transaction was sent, anybody may take the officers' signatures out of it and send them first; what the registry then
holds is what was wanted, so such a job is done.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog

from chain.errors import InvalidInput, Malformed, NonceTaken, RegistryRefused, RegistryUnavailable
from issuer import approvals, refusals
from issuer.errors import IssuerError, LaneFrozen, LaneTrouble, NotReady, StillWaiting
from issuer.sending import nonces, outbox
from issuer.sending.outbox import Strikes
from issuer.sending.settling import Settling
from issuer.tables import appointment_rows
from issuer.tables.appointment_models import Appointment
from issuer.tables.models import Batch, OutboxTransaction, State, StatusChange

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chain.registry import SignedTransaction, Signer
    from issuer.office import Office
    from issuer.sending.outbox import Job
    from issuer.tables.store import Work

CRASH_POINTS = (
    "before_nonce",
    "after_nonce",
    "after_sign",
    "before_commit",
    "after_commit",
    "before_send",
    "after_reply",
    "before_receipt",
    "after_receipt",
    "before_block",
    "after_block",
    "before_final",
    "after_final",
)
"""Where a test may kill the process, in order. Between sending and the reply it is the test's node that kills it."""

_MOST_UNANSWERED = 20

_log = structlog.get_logger()


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
    strikes: Strikes = field(default_factory=Strikes)
    """After how many refusals in a row a job is parked."""
    unanswered: Strikes = field(default_factory=lambda: Strikes(_MOST_UNANSWERED))
    """And after how many questions about it that a node, which answers others, does not answer."""

    def run(self, batches: Sequence[int] = ()) -> None:
        """Bring these batches, all queued changes of status and what was left over to the chain.

        Waits until all of it is final, or refused; each job's state and `failure` say which, whoever carried it there.
        Raises `LaneBusy`, `LaneFrozen`, `StillWaiting`, or what the registry does; repeating it goes on from there.
        """
        with self.office.store.lane(self.sender.address, wait=self.wait):
            self._queue(batches)
            while waits := self._pass():
                if not self.wait():
                    raise StillWaiting(f"{'; '.join(waits)}; nothing is lost, repeat the command to go on waiting")

    def step(self) -> bool:
        """Do what can be done now, without waiting for anything; returns whether something is still on its way.

        Queues approved batches whose time to recall is over by itself. Raises `LaneBusy` if another process has the
        lane, and what `run` does.
        """
        if not self._due() and not self._queued() and not self._open():
            return False
        with self.office.store.lane(self.sender.address, wait=lambda: False):
            self._queue_due()
            return bool(self._pass())

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
                    self._require_not_recallable(batch)
                    self._enqueue(work, batch)

    def _require_not_recallable(self, batch: Batch) -> None:
        if batch.anchor_after is not None and batch.anchor_after > self.office.now():
            raise NotReady(
                f"batch {batch.id} may be recalled until {batch.anchor_after.isoformat(timespec='seconds')}; "
                "it is anchored after that"
            )

    def _due(self) -> list[int]:
        """Return the approved batches that wait for nobody any more; parked ones wait for people."""
        now = self.office.now()
        with self.office.store.reading() as work:
            approved = work.batches(states=[State.APPROVED])
        return [
            batch.id
            for batch in approved
            if batch.id is not None and not batch.failure and (batch.anchor_after is None or batch.anchor_after <= now)
        ]

    def _queue_due(self) -> None:
        due = self._due()
        if not due:
            return
        now = self.office.now()
        with self.office.store.writing() as work:
            for number in due:
                batch = work.batch(number)
                # Recalled, parked or queued by others since it was looked up.
                is_due = batch.anchor_after is None or batch.anchor_after <= now
                if batch.state == State.APPROVED and is_due and not batch.failure:
                    self._enqueue(work, batch)

    def _enqueue(self, work: Work, batch: Batch) -> None:
        batch.state, batch.failure = State.QUEUED, ""
        outbox.note(work, batch, "queued", self.office, "")

    def _queued(self) -> list[Job]:
        with self.office.store.reading() as work:
            return [
                *work.batches(states=[State.QUEUED]),
                *work.status_changes_in([State.QUEUED]),
                *appointment_rows.in_states(work, [State.QUEUED]),
            ]

    def _is_ready(self, job: Job) -> bool:
        with self.office.store.reading() as work:
            return outbox.is_ready(work, job)

    # One pass: send again, sign, store, send, look.

    def _pass(self) -> list[str]:
        """Do what can be done now; returns what is still on its way, in words."""
        jobs = self._queued()
        if jobs:
            self._resend()
        unanswered: list[RegistryUnavailable] = []
        waits = [waited for job in jobs if (waited := self._launch(job, unanswered))]
        if rows := self._open():
            newest = self.office.registry.newest()
            settling = self._settling()
            for row in rows:
                settling.look(row, newest)
        if unanswered:
            raise unanswered[0]
        if rows := self._open():
            hashes = ", ".join(f"0x{row.hash.hex()}" for row in rows)
            waits.append(f"{len(rows)} transactions are sent but not final yet ({hashes})")
        # What was overtaken by a foreign transaction begins anew.
        return waits or [f"{outbox.name(job)} is queued" for job in self._queued()]

    def _resend(self) -> None:
        """Send again what the node does not know, before anything that comes after it."""
        registry = self.office.registry
        for row in self._open():
            if row.state == State.SENT and registry.receipt(row.hash) is None and not registry.knows(row.hash):
                self._send(outbox.transaction(row))

    def _launch(self, job: Job, unanswered: list[RegistryUnavailable]) -> str:
        """Sign, store and send a job's transaction; returns what it waits for, empty if it went its way.

        What a node, which answers otherwise, does not answer about this job is added to `unanswered`: others go on.
        """
        if not self._is_ready(job):
            return f"{outbox.name(job)} waits for the one before it"
        self.at("before_nonce")
        nonce = nonces.following(self.office, self.sender.address, accept_foreign=self.accept_foreign)
        self.at("after_nonce")
        signed = self._sign(job, nonce, unanswered)
        if isinstance(signed, str):
            return signed
        self.at("after_sign")
        if self._store(job, signed):
            self.at("after_commit")
            self._send(signed)
        return ""

    def _sign(self, job: Job, nonce: int, unanswered: list[RegistryUnavailable]) -> SignedTransaction | str:
        """Return a job's transaction, or what it waits for if there is none."""
        try:
            signed = outbox.sign(self.office, job, sender=self.sender, nonce=nonce)
        except RegistryRefused as refusal:
            match self._settling().settle_elsewhere(job):
                case None:
                    return self._refused(job, refusals.sentence(refusal), self.strikes)
                case True:
                    return ""
                case False:
                    return (
                        f"the block in which somebody else sent the officers' signatures of {outbox.name(job)} is not "
                        "final yet"
                    )
        except RegistryUnavailable as error:
            # Raises if it does not answer anything.
            self.office.registry.newest()
            unanswered.append(error)
            return self._refused(job, str(error), self.unanswered)
        except (IssuerError, InvalidInput, Malformed) as error:
            # What the database holds makes no transaction, today or tomorrow.
            if isinstance(error, LaneTrouble):
                raise
            return self._refused(job, str(error), self.strikes)
        self.strikes.forget(outbox.name(job))
        self.unanswered.forget(outbox.name(job))
        return signed

    def _store(self, job: Job, signed: SignedTransaction) -> bool:
        """Store a signed transaction; False if another lane was quicker, and then it is never sent."""
        self.office.store.require_lane(self.sender.address)
        with self.office.store.writing() as work:
            job = outbox.fresh(work, job)
            if job.state != State.QUEUED:
                return False
            job.state = State.SENT
            work.add(
                OutboxTransaction(
                    sender=signed.sender,
                    nonce=signed.nonce,
                    hash=signed.hash,
                    raw=signed.raw,
                    batch_id=job.id if isinstance(job, Batch) else None,
                    status_change_id=job.id if isinstance(job, StatusChange) else None,
                    appointment_id=job.id if isinstance(job, Appointment) else None,
                    state=State.SENT,
                    created_at=self.office.now(),
                )
            )
            detail = f"0x{signed.hash.hex()} nonce {signed.nonce}"
            outbox.note(work, job, "signed and stored", self.office, detail)
            self.at("before_commit")
        return True

    def _send(self, signed: SignedTransaction) -> None:
        registry = self.office.registry
        self.office.store.require_lane(self.sender.address)
        self.at("before_send")
        try:
            registry.send(signed)
        except NonceTaken:
            # Ours may have been mined already; then the nonce is taken by ourselves.
            if registry.receipt(signed.hash) is not None or registry.knows(signed.hash):
                return
            if not self.accept_foreign:
                why = f"its transaction {signed.nonce} on the chain is not ours"
                raise LaneFrozen(nonces.frozen(self.sender.address, why)) from None
            self._overtaken(signed)
        self.at("after_reply")

    def _overtaken(self, signed: SignedTransaction) -> None:
        """Give a transaction up that can never be mined, and queue its job anew."""
        with self.office.store.writing() as work:
            for row in work.open_transactions(self.sender.address):
                if row.hash == signed.hash:
                    row.state = "OVERTAKEN"
                    job = outbox.job_of(work, row)
                    job.state = State.QUEUED
                    outbox.note(work, job, "overtaken by a foreign transaction", self.office, f"nonce {row.nonce}")

    def _refused(self, job: Job, reason: str, strikes: Strikes) -> str:
        """Park a job that was refused too often: return it to where people can mend it."""
        if not strikes.struck(outbox.name(job)):
            return f"{outbox.name(job)} was refused, and is tried again"
        with self.office.store.writing() as work:
            job = outbox.fresh(work, job)
            if job.state != State.QUEUED:
                # Another lane was quicker, and that is why this one was refused.
                return ""
            job.state = State.APPROVED if isinstance(job, Batch) else State.FAILED
            job.failure = reason
            outbox.note(work, job, "refused before sending", self.office, reason)
        _log.error("parked", job=outbox.name(job), reason=reason)
        return ""

    def _settling(self) -> Settling:
        return Settling(self.office, self.sender, at=self.at, send=self._send)

    def _open(self) -> list[OutboxTransaction]:
        with self.office.store.reading() as work:
            return work.open_transactions(self.sender.address)

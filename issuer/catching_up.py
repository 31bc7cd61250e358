"""Brings a database that was restored from an older backup up to what the chain holds. Safe to repeat.

- A batch or a change of status that was under way in the backup and is done on the chain is settled: it is the same
  root, of the same salts, with the officers' signatures, so nothing is anchored twice.
- A batch that was anchored after the backup is not in it and cannot come back: its certificates stay valid, their
  claims and salts are gone here. It is written down, its serial numbers are left out, and drafts that may be the same
  certificates are marked, so that nobody issues them a second time unawares.
- The sending account has sent more than the database knows. What it sent is recognised by the registry's events, which
  take the officers' signatures; when they account for all of it, the lane may go on after them. A transaction that was
  refused leaves no event, so an operator may have to say that it was ours.
- Everybody is signed out: a backup remembers sessions that were ended since, and passwords that were changed.

Statuses and rights are read from the chain anyhow, from the block up to which the backup had read them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlmodel import col, delete, select

from chain.calendar import SHANGHAI
from chain.events import BatchAnchored, OfficerSet, StatusChanged
from issuer import audit_log, history
from issuer.sending import nonces, outbox
from issuer.status import effects
from issuer.tables.account_models import Person, SignInSession
from issuer.tables.catch_up_models import LostBatch, NonceFloor
from issuer.tables.models import Batch, OutboxTransaction, Serial, State
from issuer.tables.store import OPEN_TRANSACTION

if TYPE_CHECKING:
    from chain.events import Record
    from chain.registry import Block
    from issuer.audit_log import Occasion
    from issuer.office import Office
    from issuer.sending.outbox import Job
    from issuer.tables.store import Work

_UNDER_WAY = (State.DRAFT, State.PREPARED, State.APPROVED, State.QUEUED, State.SENT, State.IN_BLOCK, State.FAILED)
_MAY_GO_ON = (State.DRAFT, State.PREPARED, State.APPROVED)


@dataclass(frozen=True, slots=True)
class CaughtUp:
    """What was found and done."""

    settled: tuple[str, ...]
    """Jobs that were done on the chain already, in words."""
    waiting: tuple[str, ...]
    """Jobs whose block is not final yet; repeat it later."""
    lost: tuple[LostBatch, ...]
    """All batches on the chain that this database does not have, those found before included."""
    doubtful: tuple[int, ...]
    """Batches here that may be the same certificates as a lost one."""
    unexplained: int
    """So many of the sending account's transactions are neither in this database nor recognised."""
    signed_out: int


def catch_up(office: Office, sender: bytes, *, occasion: Occasion, who: str, accept_foreign: bool = False) -> CaughtUp:
    """Compare the database with the chain and settle what can be; raises what the registry does.

    `accept_foreign` is an operator's word that what is not recognised was sent by this issuer all the same.
    """
    newest = office.registry.newest()
    with office.store.reading() as work:
        agencies = set(work.agencies_with_data())
        roots = {(batch.agency, batch.root) for batch in work.batches() if batch.root is not None}
        jobs: list[Job] = [*work.batches(states=_UNDER_WAY), *work.status_changes_in(_UNDER_WAY)]
    records = _records(office, newest, agencies)
    settled, waiting = _settle(office, jobs, newest)
    missing = [
        (each, each.event)
        for each in records
        if isinstance(each.event, BatchAnchored) and (each.event.agency, each.event.root) not in roots
    ]
    with office.store.writing() as work:
        lost = [_lost(office, work, record, event) for record, event in missing]
        doubtful = _doubtful(office, work, [each for each in lost if each is not None])
        unexplained = _take_nonces(office, work, sender, records, accept_foreign=accept_foreign)
        signed_out = work.session.exec(delete(SignInSession)).rowcount
        everything = [work.session.get_one(LostBatch, (event.root, event.agency)) for _, event in missing]
        detail = f"{len(settled)} settled, {len(everything)} lost, {unexplained} transactions unexplained"
        audit_log.add(work, occasion, "caught up with the chain", who=who, detail=detail)
    return CaughtUp(tuple(settled), tuple(waiting), tuple(everything), tuple(doubtful), unexplained, signed_out)


def _records(office: Office, newest: Block, agencies: set[int]) -> list[Record]:
    first = office.registry.identity().deployed_at_block
    return [
        each
        for each in office.registry.records(first, newest.number)
        if isinstance(each.event, BatchAnchored | StatusChanged | OfficerSet) and each.event.agency in agencies
    ]


# What was under way.


def _settle(office: Office, jobs: list[Job], newest: Block) -> tuple[list[str], list[str]]:
    settled, waiting = [], []
    for job in jobs:
        block = effects.block_of(office, job)
        if block is None:
            continue
        if newest.number < block.number + office.confirmations:
            waiting.append(outbox.name(job))
        elif _settled(office, job, block):
            settled.append(outbox.name(job))
    return settled, waiting


def _settled(office: Office, job: Job, block: Block) -> bool:
    with office.store.writing() as work:
        job = outbox.fresh(work, job)
        if job.state not in _UNDER_WAY or _has_open_transaction(work, job):
            # Its own transaction is in the outbox: the lane looks after it.
            return False
        outbox.settle(office, work, job, block, "found on the chain")
        return True


def _has_open_transaction(work: Work, job: Job) -> bool:
    column = OutboxTransaction.batch_id if isinstance(job, Batch) else OutboxTransaction.status_change_id
    still_open = col(OutboxTransaction.state).in_(OPEN_TRANSACTION)
    return work.session.exec(select(OutboxTransaction.id).where(col(column) == job.id, still_open)).first() is not None


# What is not here.


def _lost(office: Office, work: Work, record: Record, event: BatchAnchored) -> LostBatch | None:
    """Write a batch down that is not here; returns None if it was before."""
    if work.session.get(LostBatch, (event.root, event.agency)) is not None:
        return None
    row = LostBatch(
        root=event.root,
        agency=event.agency,
        certificate_type=event.certificate_type,
        type_version=event.version,
        size=event.size,
        block_number=record.block_number,
        found_at=office.now(),
    )
    work.add(row)
    _leave_out_serials(office, work, event, record.block_timestamp)
    work.flush()
    return row


def _leave_out_serials(office: Office, work: Work, event: BatchAnchored, timestamp: int) -> None:
    """Give no serial number out that one of these certificates may have; a gap does no harm."""
    identifiers = {each.identifier for each in office.types if each.number == event.certificate_type}
    anchored = datetime.fromtimestamp(timestamp, UTC).astimezone(SHANGHAI)
    # Numbers are given out when a batch is fixed, which may have been a year before.
    for identifier in identifiers:
        for year in (anchored.year - 1, anchored.year):
            counter = work.session.get(Serial, (event.agency, identifier, year))
            if counter is None and year == anchored.year:
                counter = Serial(agency=event.agency, certificate_type=identifier, year=year, last=0)
                work.add(counter)
            if counter is not None:
                counter.last += event.size


def _doubtful(office: Office, work: Work, lost: list[LostBatch]) -> list[int]:
    """Mark batches that may be the same certificates as a lost one; returns their numbers."""
    found = []
    for batch in work.batches(states=_MAY_GO_ON):
        like = [
            each
            for each in lost
            if (each.agency, each.certificate_type, each.size) == (batch.agency, batch.type_number, batch.size)
        ]
        if like:
            blocks = ", ".join(str(each.block_number) for each in like)
            batch.failure = (
                f"a batch of this type and size was anchored in block {blocks} after this backup was made; if it was "
                "this one, its certificates are out already: discard it. If not, submit it again"
            )
            history.note(work, "may be out already", at=office.now(), batch_id=batch.id, detail=f"block {blocks}")
            found.append(batch.id or 0)
    return found


# The sending account.


def _take_nonces(office: Office, work: Work, sender: bytes, records: list[Record], *, accept_foreign: bool) -> int:
    """Let the lane go on after what was sent since the backup; returns how many transactions nobody can account for."""
    on_chain = office.registry.next_nonce(sender)
    following = nonces.known(work, sender)
    if following is None or on_chain <= following:
        return 0
    unexplained = max(0, on_chain - following - len(_recognised(office, work, sender, records)))
    if unexplained and not accept_foreign:
        return unexplained
    floor = work.session.get(NonceFloor, sender) or NonceFloor(sender=sender, following=0, noted_at=office.now())
    floor.following, floor.noted_at = on_chain, office.now()
    work.add(floor)
    return 0


def _recognised(office: Office, work: Work, sender: bytes, records: list[Record]) -> set[bytes]:
    """Return the transactions since the backup, not in it, by which officers known here did something."""
    sent = list(work.session.exec(select(OutboxTransaction).where(OutboxTransaction.sender == sender)))
    since = max((row.block_number or 0 for row in sent), default=0)
    people = {account.address for account in office.keystore.officers()}
    people |= {address for address in work.session.exec(select(Person.key_address)) if address is not None}
    found = set()
    for record in records:
        match record.event:
            case BatchAnchored(preparer=preparer) if preparer in people and record.block_number >= since:
                found.add(record.transaction_hash)
            case StatusChanged(officers=officers) if set(officers) <= people and record.block_number >= since:
                found.add(record.transaction_hash)
            case OfficerSet(consenters=managers) if set(managers) <= people and record.block_number >= since:
                found.add(record.transaction_hash)
            case _:
                pass
    return found - {row.hash for row in sent}

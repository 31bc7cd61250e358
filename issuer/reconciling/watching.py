"""The watch: each record under the name of an agency here that nobody here had queued is told once, within a minute.

What a block holds is told at once, without waiting until the block is final: a warning too many does no harm. Looking
through a block, writing down what is foreign in it, queueing the messages about it and moving the mark forward are one
transaction, so that nothing is left out and nothing told twice, whatever is killed. Where the chain was reorganised, it
is looked through again from the first look on; what was told before is known by its transaction and content.

The first look goes back to the registry's deployment, for what was anchored or ordered before nobody was told of. It
leaves rights and keys aside: those that an agency began with were given without an order here.

The mark moves only past records that make the registry's own heads, so a node that withholds one and does not also lie
about the heads is asked again.
"""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import UTC, datetime
from enum import IntEnum
from hashlib import sha256
from typing import TYPE_CHECKING

import structlog

from chain import steps
from chain.errors import RegistryUnavailable
from chain.events import BatchAnchored, CertificateReplaced, StatusChanged
from chain.history import Heads
from issuer.audit_log import Occasion
from issuer.reconciling import heads, recognising, rows
from issuer.tables import webhook_rows
from issuer.tables.reconciliation_models import AlertMail, ForeignRecord, RecordsFollowed
from issuer.webhook import events as webhook_events
from issuer.webhook import webhooks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chain.events import Event, Record
    from chain.registry import Block
    from issuer.office import Office
    from issuer.reconciling.post import Post
    from issuer.tables.store import Work

EVERY_S = 5.0
"""How often the registry is asked. Together with a block's time and the messages' own rounds: far below a minute."""
_OF_CERTIFICATES = BatchAnchored, StatusChanged, CertificateReplaced
"""What is in the books from the first day, so that of the past, too, it is known what is foreign."""
_log = structlog.get_logger()


def step(office: Office, post: Post | None) -> bool:
    """Look through what the registry recorded since the last time; returns whether there is more to look through.

    Raises `RegistryError`, also where records are withheld, and then the next step begins where this one did.
    """
    newest, shown = heads.newest(office.registry)
    with office.store.reading() as work:
        mark = rows.followed(work)
        before = None if mark is None else (mark.block_number, mark.block_hash)
        since = newest.number if mark is None else mark.since_block
        kept = None if mark is None else mark.heads
        ours = rows.agencies(office, work)
    is_same = before is not None and before[0] <= newest.number and office.registry.block(before[0]).hash == before[1]
    told_from = before[0] + 1 if before is not None and is_same else since + 1
    is_whole = kept is None or not is_same
    made, first = Heads(), office.registry.identity().deployed_at_block
    if kept is not None and is_same:
        made, first = _heads(kept), told_from
    if first > newest.number:
        return False
    found = []
    for record in office.registry.records(first, newest.number):
        made = made.after(record.event, record.block_number)
        is_asked = record.block_number >= told_from or (is_whole and isinstance(record.event, _OF_CERTIFICATES))
        if is_asked and getattr(record.event, "agency", 0) in ours:
            found.append(record)
    if office.registry.block(newest.number).hash != newest.hash:
        raise RegistryUnavailable(f"block {newest.number} changed while it was read; the chain was reorganised")
    heads.require(made, shown, newest.number)
    # Most of a long past is in the books; nobody who writes is to wait while that is found out.
    with office.store.reading() as work:
        found = [record for record in found if not recognising.is_ours(office, work, record)]
    _move(office, before, (newest, made), found, post)
    return False


def _heads(kept: bytes) -> Heads:
    return Heads(*(kept[at : at + steps.WORD] for at in range(0, len(kept), steps.WORD)))


def _move(
    office: Office,
    before: tuple[int, bytes] | None,
    reached: tuple[Block, Heads],
    found: Sequence[Record],
    post: Post | None,
) -> None:
    end, made = reached
    kept = made.anchors + made.statuses + made.rights
    with office.store.writing() as work:
        mark = rows.followed(work)
        if (None if mark is None else (mark.block_number, mark.block_hash)) != before:
            # Another worker was quicker.
            return
        ours, told = rows.agencies(office, work), list[ForeignRecord]()
        for record in found:
            agency = getattr(record.event, "agency", 0)
            if agency in ours and not recognising.is_ours(office, work, record):
                told += _tell(office, work, record, agency)
        _write(office, work, told, post)
        if mark is None:
            work.add(RecordsFollowed(since_block=end.number, block_number=end.number, block_hash=end.hash, heads=kept))
        else:
            mark.block_number, mark.block_hash, mark.heads = end.number, end.hash, kept


def _tell(office: Office, work: Work, record: Record, agency: int) -> list[ForeignRecord]:
    """Write a foreign record down, with what systems that listen are told, unless that is done; returns it if so."""
    digest = digest_of(record)
    if rows.is_told(work, digest):
        return []
    row = ForeignRecord(
        digest=digest,
        agency=agency,
        kind=type(record.event).__name__,
        facts=json.dumps(facts_of(record.event), separators=(",", ":"), ensure_ascii=False),
        transaction_hash=record.transaction_hash,
        block_number=record.block_number,
        block_timestamp=record.block_timestamp,
        found_at=office.now(),
    )
    work.add(row)
    work.flush()
    _log.warning("foreign record", agency=agency, kind=row.kind, block=record.block_number)
    happened = Occasion(datetime.fromtimestamp(record.block_timestamp, UTC), "")
    for hook, client in webhook_rows.in_use(work):
        if client.agency == agency and webhooks.is_told(hook, webhook_events.FOREIGN):
            delivery = webhooks.new_delivery(office, hook, webhook_events.FOREIGN, happened)
            delivery.record_id = row.id
            work.add(delivery)
    return [row]


def _write(office: Office, work: Work, told: Sequence[ForeignRecord], post: Post | None) -> None:
    """Queue one message to each agency about all that one look found: after a restore there may be thousands."""
    now, written = office.now(), set[int]()
    for row in told:
        # By this they are known as found in the same look.
        row.found_at = now
        has_mail = rows.mail_of(work, row.agency, row.transaction_hash) is not None
        if post is None or not post.addresses(row.agency) or has_mail or row.agency in written:
            continue
        work.add(AlertMail(agency=row.agency, transaction_hash=row.transaction_hash, next_at=now))
        written.add(row.agency)
    work.flush()


def digest_of(record: Record) -> bytes:
    """Return what tells a record from all others, in whichever block it stands."""
    kind = steps.kind_of(record.event)
    return sha256(record.transaction_hash + bytes([kind]) + steps.arguments(record.event)).digest()


def facts_of(event: Event) -> dict[str, str | int]:
    """Return what an event says, for people: addresses, hashes and keys as 0x and hexadecimal digits."""
    return {each.name: _plain(getattr(event, each.name)) for each in fields(event) if each.name != "held"}


def _plain(value: object) -> str | int:
    match value:
        case IntEnum():
            return value.name
        case int():
            return int(value)
        case bytes():
            return f"0x{value.hex()}"
        case tuple():
            return ",".join(str(_plain(each)) for each in value)
        case _:
            return str(value)

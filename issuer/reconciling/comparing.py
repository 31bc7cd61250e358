"""The comparison of an agency's books with the registry, both ways. Pure: all that is asked was read before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from chain import slots
from chain.events import Track
from issuer.reconciling.booked import DONE, ON_THE_WAY
from issuer.reconciling.differences import Difference, Grade, changed_track, hexadecimal, tracks
from issuer.tables.models import State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chain.events import BatchAnchored, Record, StatusChanged
    from issuer.reconciling.booked import BookedBatch, BookedChange, Books
    from issuer.reconciling.registered import Registered

LONG = timedelta(hours=1)
"""After so long nobody should wait any more for what is on its way."""
_SHORT = 6
"""Bytes of a block's hash that tell two apart for people."""


def compare(books: Books, registered: Registered, now: datetime) -> Iterator[Difference]:
    """Yield all in which an agency's books and the registry differ."""
    yield from _sequences(registered)
    for batch in books.batches:
        yield from _batch(batch, registered, now)
    roots = {batch.root for batch in books.batches}
    for root, (record, event) in registered.anchored.items():
        if root not in roots:
            is_lost = root in books.lost
            yield Difference(
                Grade.FAULT if is_lost else Grade.ALARM,
                "anchored_lost" if is_lost else "anchored_unknown",
                _anchoring(record, event),
            )
    yield from _changes(books, registered, now)
    yield from _replacements(books, registered)
    yield from _shown(books, registered)


def _sequences(registered: Registered) -> Iterator[Difference]:
    wanted = 1
    for number in sorted(event.sequence for _, event in registered.anchored.values()):
        # The number is a node's word: however great it is, a gap is one difference.
        if number == wanted + 1:
            yield Difference(Grade.ALARM, "sequence_gap", {"sequence": wanted, "next": number})
        elif number > wanted:
            yield Difference(Grade.ALARM, "sequence_gaps", {"first": wanted, "last": number - 1, "next": number})
        wanted = number + 1


# Batches.


def _batch(batch: BookedBatch, registered: Registered, now: datetime) -> Iterator[Difference]:
    found = registered.anchored.get(batch.root)
    if found is None:
        yield from _unanchored(batch, registered, now)
        return
    record, event = found
    if batch.state in ON_THE_WAY:
        is_late = now - datetime.fromtimestamp(record.block_timestamp, UTC) > LONG
        yield Difference(
            Grade.FAULT if is_late else Grade.REMARK,
            "anchored_unnoticed",
            {**_anchoring(record, event), "batch": batch.id, "state": batch.state},
        )
    elif batch.state in DONE:
        yield from _contents(batch, record, event)
    else:
        about = {**_anchoring(record, event), "batch": batch.id, "state": batch.state}
        yield Difference(Grade.ALARM, "anchored_not_queued", about)
    if batch.certificates:
        yield from _leaves(batch, record)


def _unanchored(batch: BookedBatch, registered: Registered, now: datetime) -> Iterator[Difference]:
    about: dict[str, str | int] = {"batch": batch.id, "state": batch.state}
    if batch.state in DONE:
        if _is_to_come(batch.block_number, registered):
            yield Difference(Grade.REMARK, "batch_later", {**about, **_beyond(batch.block_number, registered)})
        else:
            yield Difference(Grade.ALARM, "batch_not_on_chain", {**about, "root": hexadecimal(batch.root)})
    elif batch.state in ON_THE_WAY or batch.state is State.FAILED:
        if batch.state is State.FAILED or batch.is_parked or now - batch.changed_at > LONG:
            since = batch.changed_at.astimezone(UTC).isoformat(timespec="minutes")
            yield Difference(Grade.FAULT, "not_anchored_long", {**about, "since": since})
        else:
            yield Difference(Grade.REMARK, "not_anchored_yet", about)


def _contents(batch: BookedBatch, record: Record, event: BatchAnchored) -> Iterator[Difference]:
    for what, here, there in (
        ("size", batch.size, event.size),
        ("certificates", len(batch.certificates), event.size),
        ("type", batch.certificate_type, event.certificate_type),
        ("version", batch.version, event.version),
        ("block", batch.block_number or 0, record.block_number),
        ("block hash", (batch.block_hash or b"")[:_SHORT].hex(), record.block_hash[:_SHORT].hex()),
    ):
        if here != there:
            yield Difference(
                Grade.ALARM, "batch_differs", {"batch": batch.id, "what": what, "here": here, "there": there}
            )


def _leaves(batch: BookedBatch, record: Record) -> Iterator[Difference]:
    if not record.leaves or record.finding:
        yield Difference(Grade.FAULT, "leaves_unreadable", {"batch": batch.id, "block": record.block_number})
        return
    here = [certificate.leaf for certificate in batch.certificates]
    other = [
        position for position, (ours, theirs) in enumerate(zip(here, record.leaves, strict=False)) if ours != theirs
    ]
    if other:
        about = {"batch": batch.id, "count": len(other), "position": other[0] + 1}
        yield Difference(Grade.ALARM, "leaves_differ", about)


def _anchoring(record: Record, event: BatchAnchored) -> dict[str, str | int]:
    return {
        "sequence": event.sequence,
        "size": event.size,
        "root": hexadecimal(event.root),
        "block": record.block_number,
        "transaction": hexadecimal(record.transaction_hash),
        "officers": ",".join(hexadecimal(each) for each in (event.preparer, *event.approvers)),
    }


def _is_to_come(block: int | None, registered: Registered) -> bool:
    """Whether a block is one that was not compared. One that the chain does not have excuses nothing."""
    return block is not None and registered.block.number < block <= registered.newest


def _beyond(block: int | None, registered: Registered) -> dict[str, str | int]:
    return {"at": block or 0, "block": registered.block.number}


# Statuses.


def _changes(books: Books, registered: Registered, now: datetime) -> Iterator[Difference]:
    # The digest of the decision is salted: no other change has it.
    by_decision = {change.decision: change for change in books.changes}
    seen: set[tuple[bytes, bytes]] = set()
    for record, event in registered.changes:
        change = by_decision.get(event.decision)
        if change is None or event.leaf not in change.leaves:
            yield _unordered(books.agency, record, event)
            continue
        seen.add((event.decision, event.leaf))
        yield from _change(change, event)
    for change in books.changes:
        missing = [leaf for leaf in change.leaves if (change.decision, leaf) not in seen]
        if missing:
            yield from _absent(books, change, missing, registered, now)


def _unordered(agency: int, record: Record, event: StatusChanged) -> Difference:
    is_own = event.actor == agency
    return Difference(
        Grade.ALARM if is_own else Grade.REMARK,
        "status_unknown" if is_own else "status_by_other",
        {
            "track": changed_track(event.track, event.from_hour, event.until_hour),
            "leaf": hexadecimal(event.leaf),
            "block": record.block_number,
            "transaction": hexadecimal(record.transaction_hash),
            "actor": event.actor,
            "officers": ",".join(map(hexadecimal, event.officers)),
        },
    )


def _change(change: BookedChange, event: StatusChanged) -> Iterator[Difference]:
    here = change.track, change.from_hour, change.until_hour, change.actor
    there = int(event.track), event.from_hour, event.until_hour, event.actor
    if here != there:
        yield Difference(
            Grade.ALARM,
            "status_change_differs",
            {
                "change": change.id,
                "leaf": hexadecimal(event.leaf),
                "here": changed_track(Track(change.track), change.from_hour, change.until_hour),
                "there": changed_track(event.track, event.from_hour, event.until_hour),
            },
        )


def _absent(
    books: Books, change: BookedChange, missing: list[bytes], registered: Registered, now: datetime
) -> Iterator[Difference]:
    if change.state in DONE:
        if _is_to_come(change.block_number, registered):
            later = {"change": change.id, "state": change.state, **_beyond(change.block_number, registered)}
            yield Difference(Grade.REMARK, "status_later", later)
        else:
            for leaf in missing:
                about: dict[str, str | int] = {"change": change.id, "leaf": hexadecimal(leaf)}
                yield Difference(Grade.ALARM, "status_not_on_chain", about)
    elif change.state in ON_THE_WAY:
        is_late = now - change.created_at > LONG
        grade = Grade.FAULT if is_late else Grade.REMARK
        yield Difference(grade, "status_waits", {"change": change.id, "state": change.state})
    elif change.state is State.FAILED:
        anew = {
            leaf
            for other in books.changes
            if other.id > change.id and other.track == change.track and other.state in DONE
            for leaf in other.leaves
        }
        left = [leaf for leaf in missing if leaf not in anew]
        if left:
            failed: dict[str, str | int] = {"change": change.id, "count": len(left)}
            yield Difference(Grade.FAULT, "status_failed", {**failed, "leaf": hexadecimal(left[0])})


def _replacements(books: Books, registered: Registered) -> Iterator[Difference]:
    ordered = {
        certificate.leaf: (certificate.replaces, batch.from_hour)
        for batch in books.batches
        for certificate in batch.certificates
    }
    for record, event in registered.replaced:
        about: dict[str, str | int] = {
            "leaf": hexadecimal(event.old_leaf),
            "other": hexadecimal(event.new_leaf),
            "block": record.block_number,
            "transaction": hexadecimal(record.transaction_hash),
        }
        if event.new_leaf not in ordered:
            yield Difference(Grade.ALARM, "replaced_unknown", about)
            continue
        old_leaf, from_hour = ordered[event.new_leaf]
        if (old_leaf, from_hour) != (event.old_leaf, event.from_hour):
            about["there"] = changed_track(Track.REPLACED, event.from_hour, 0)
            about["here"] = tracks(()) if old_leaf is None else changed_track(Track.REPLACED, from_hour, 0)
            about["expected"] = tracks(()) if old_leaf is None else hexadecimal(old_leaf)
            yield Difference(Grade.ALARM, "replaced_differs", about)


def _shown(books: Books, registered: Registered) -> Iterator[Difference]:
    for batch in books.batches:
        for certificate in batch.certificates:
            there = slots.read(registered.slots.get(certificate.leaf, 0))
            if certificate.tracks != there:
                yield Difference(
                    Grade.ALARM,
                    "status_shown_differs",
                    {
                        "leaf": hexadecimal(certificate.leaf),
                        "batch": batch.id,
                        "here": tracks(certificate.tracks),
                        "there": tracks(there),
                    },
                )

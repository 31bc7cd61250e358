"""Everything that a registry recorded up to a block, in three lists that are complete if they make its heads."""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass, replace
from itertools import groupby, islice, pairwise
from operator import ge
from typing import TYPE_CHECKING, cast

from chain import cbor
from chain.columns import PLACE, Table, numbers
from chain.errors import EvidenceMalformed
from chain.events import Record
from chain.keccak import keccak
from chain.steps import (
    ABI,
    ADDRESS,
    BATCH_ANCHORED,
    CERTIFICATE_REPLACED,
    KINDS,
    STATUS_CHANGED,
    WORD,
    List,
    Part,
    arguments,
    event_of,
    kind_of,
    list_of,
    split,
    step,
    topic,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from chain.cbor import CBOR
    from chain.events import Event

NO_HEAD = bytes(WORD)
"""A hash chain before its first step (IHeads)."""
_NUMBER = 8
"""Bytes of a block's number or timestamp."""
_AGENCY = 4


@dataclass(frozen=True, slots=True)
class Heads:
    """The heads of the registry's three hash chains (IHeads)."""

    anchors: bytes = NO_HEAD
    statuses: bytes = NO_HEAD
    rights: bytes = NO_HEAD

    def after(self, event: Event, block_number: int) -> Heads:
        """Return the heads after the step that an event takes."""
        kind = kind_of(event)
        which = list_of(kind).name.lower()
        return replace(self, **{which: step(getattr(self, which), block_number, kind, arguments(event))})


@dataclass(frozen=True, slots=True)
class Step:
    """One event with all that a history says of it."""

    kind: int
    arguments: bytes
    """As `abi.encode` makes them."""
    block_number: int
    timestamp: int
    """Of the block, in seconds since 1970; the heads do not bind it."""
    log_index: int
    """Within the block; the heads do not bind it either, only the order within a list."""

    @classmethod
    def of(cls, record: Record) -> Step:
        """Return the step of a record."""
        event = record.event
        return cls(kind_of(event), arguments(event), record.block_number, record.block_timestamp, record.log_index)


@dataclass(frozen=True, slots=True)
class _Events:
    """One list, in columns."""

    kinds: bytes
    """One byte an event."""
    blocks: bytes
    """Each event's block's place among the blocks, four bytes."""
    log_indices: bytes
    """Four bytes an event."""
    tables: tuple[Table, ...]
    """Ascending by kind, one for each that occurs."""


@dataclass(frozen=True, slots=True)
class History:
    """A history in form. Whether it is whole, its `heads` say when they are compared with proven ones."""

    numbers: bytes
    """Of the blocks with events, eight bytes each."""
    timestamps: bytes
    """Theirs, eight bytes each."""
    addresses: tuple[bytes, ...]
    lists: tuple[_Events, ...]
    """By `List`."""

    @classmethod
    def parse(cls, data: bytes) -> History:
        """Read what `encode` writes; raises `EvidenceMalformed` for anything else, even for what just is not needed."""
        try:
            whole = cbor.decode(data)
        except ValueError as exc:
            raise EvidenceMalformed(f"history: {exc}") from exc
        match whole:
            case [[bytes() as block_numbers, bytes() as timestamps], bytes() as addresses, *lists] if len(lists) == len(
                List
            ):
                count, listed = _rows(block_numbers, _NUMBER, "blocks"), _rows(addresses, ADDRESS, "addresses")
                events = tuple(_events(which, lists[which], listed) for which in List)
            case _:
                raise EvidenceMalformed("history: got another form than blocks, addresses and three lists")
        _require_blocks(events, count)
        _require_rising(block_numbers, timestamps)
        used = {place for each in events for table in each.tables for place in table.places()}
        if len(used) != listed:
            raise EvidenceMalformed(f"history: got {listed} addresses, of which {len(used)} occur")
        return cls(block_numbers, timestamps, _addresses(addresses), events)

    @property
    def last_block(self) -> int:
        """The newest block with an event; 0 where there is none."""
        return int.from_bytes(self.numbers[-_NUMBER:])

    @property
    def last_timestamp(self) -> int:
        """The time of the newest block with an event; 0 where there is none."""
        return int.from_bytes(self.timestamps[-_NUMBER:])

    def heads(self, until: int | None = None) -> Heads:
        """Replay: return the heads that these lists make, with all events or with those up to a block."""
        return Heads(*(self._head(events, until) for events in self.lists))

    def steps(self, which: List) -> Iterator[Step]:
        """Yield a list's events in the chain's order."""
        events = self.lists[which]
        rows = {table.kind: table.arguments(self.addresses) for table in events.tables}
        for position, kind in enumerate(events.kinds):
            yield self._step(events, position, next(rows[kind]))

    def records(self, which: List) -> Iterator[Record]:
        """Yield a list's records. Hashes of blocks and transactions are empty: a history does not know them."""
        return map(_record, self.steps(which))

    def statuses(self, agency: int, leaf: bytes) -> tuple[Record, ...]:
        """Return what became of a certificate: its status changes, and its replacement by another."""
        return self._found(List.STATUSES, {CERTIFICATE_REPLACED, STATUS_CHANGED}, agency, leaf)

    def batches(self, agency: int, root: bytes) -> tuple[Record, ...]:
        """Return the anchors of a batch."""
        return self._found(List.ANCHORS, {BATCH_ANCHORED}, agency, root)

    def _head(self, events: _Events, until: int | None) -> bytes:
        """Take the steps of a list, as `chain.steps.step` would one by one."""
        rows = {table.kind: table.arguments(self.addresses) for table in events.tables}
        topics = {table.kind: topic(table.kind) for table in events.tables}
        blocks = [self.numbers[at : at + _NUMBER].rjust(WORD, b"\0") for at in range(0, len(self.numbers), _NUMBER)]
        # A list runs through the blocks in their order.
        places = numbers(events.blocks)
        end = None if until is None else bisect_right(places, until, key=self._number)
        head = NO_HEAD
        for kind, place in zip(events.kinds[:end], places[:end], strict=True):
            head = keccak(head + blocks[place] + topics[kind] + keccak(next(rows[kind])))
        return head

    def _number(self, place: int) -> int:
        """Return the number of the block at a place among the blocks."""
        return int.from_bytes(self.numbers[place * _NUMBER : (place + 1) * _NUMBER])

    def _found(self, which: List, kinds: set[int], agency: int, searched: bytes) -> tuple[Record, ...]:
        """Find events by their first two arguments."""
        events = self.lists[which]
        found: list[tuple[int, bytes]] = []
        for table in events.tables:
            rows = list(table.find(agency.to_bytes(_AGENCY), searched)) if table.kind in kinds else []
            if rows:
                positions = [position for position, kind in enumerate(events.kinds) if kind == table.kind]
                found += [
                    (positions[row], encoded)
                    for row in rows
                    for encoded in table.arguments(self.addresses, row, row + 1)
                ]
        return tuple(_record(self._step(events, position, encoded)) for position, encoded in sorted(found))

    def _step(self, events: _Events, position: int, encoded: bytes) -> Step:
        at = position * PLACE
        block = int.from_bytes(events.blocks[at : at + PLACE]) * _NUMBER
        return Step(
            kind=events.kinds[position],
            arguments=encoded,
            block_number=int.from_bytes(self.numbers[block : block + _NUMBER]),
            timestamp=int.from_bytes(self.timestamps[block : block + _NUMBER]),
            log_index=int.from_bytes(events.log_indices[at : at + PLACE]),
        )


def encode(steps: Iterable[Step]) -> bytes:
    """Write the history of all events, given in the chain's order.

    Raises:
        EvidenceMalformed: Arguments that are not those of their kind.
    """
    lists: tuple[list[Step], ...] = tuple([] for _ in List)
    rows: dict[int, list[tuple[Part, ...]]] = defaultdict(list)
    times: dict[int, int] = {}
    for taken in steps:
        lists[list_of(taken.kind)].append(taken)
        rows[taken.kind].append(split(taken.kind, taken.arguments))
        times[taken.block_number] = taken.timestamp
    addresses = sorted({address for kind, many in rows.items() for parts in many for address in _in(kind, parts)})
    address_places = {address: place.to_bytes(PLACE) for place, address in enumerate(addresses)}
    tables = {kind: Table.of(kind, rows[kind], address_places) for kind in sorted(rows)}
    block_places = {number: place.to_bytes(PLACE) for place, number in enumerate(times)}
    columns: list[CBOR] = [[_joined(times, _NUMBER), _joined(times.values(), _NUMBER)], b"".join(addresses)]
    for which, listed in zip(List, lists, strict=True):
        columns.append(
            [
                bytes([taken.kind for taken in listed]),
                b"".join([block_places[taken.block_number] for taken in listed]),
                _joined([taken.log_index for taken in listed], PLACE),
                [table.encode() for kind, table in tables.items() if list_of(kind) is which],
            ]
        )
    return cbor.encode(columns)


def _in(kind: int, parts: Sequence[Part]) -> Iterator[bytes]:
    """Yield the addresses among an event's arguments."""
    for name, part in zip(ABI[kind], parts, strict=True):
        if isinstance(part, tuple):
            yield from part
        elif name == "address":
            yield part


def _joined(values: Iterable[int], size: int) -> bytes:
    return b"".join([value.to_bytes(size) for value in values])


def _record(taken: Step) -> Record:
    return Record(
        event=event_of(taken.kind, taken.arguments),
        block_number=taken.block_number,
        block_hash=b"",
        block_timestamp=taken.timestamp,
        transaction_hash=b"",
        log_index=taken.log_index,
    )


def _rows(column: bytes, size: int, what: str) -> int:
    """Return how many rows a column has; raises unless they are all of that size."""
    count, left = divmod(len(column), size)
    if left:
        raise EvidenceMalformed(f"history: got {len(column)} bytes as {what}, wanted {size} each")
    return count


def _require_rising(block_numbers: bytes, timestamps: bytes) -> None:
    """Raise unless the blocks' numbers rise and their times do not fall."""
    count = len(block_numbers) // _NUMBER
    if len(timestamps) != len(block_numbers):
        raise EvidenceMalformed(
            f"history: got {len(timestamps)} bytes as times of {count} blocks, wanted {_NUMBER} each"
        )
    if any(later <= earlier for earlier, later in pairwise(struct.unpack(f">{count}Q", block_numbers))):
        raise EvidenceMalformed("history: got blocks whose numbers do not rise")
    if any(later < earlier for earlier, later in pairwise(struct.unpack(f">{count}Q", timestamps))):
        raise EvidenceMalformed("history: got blocks whose times fall")


def _addresses(column: bytes) -> tuple[bytes, ...]:
    listed = tuple(column[at : at + ADDRESS] for at in range(0, len(column), ADDRESS))
    if any(later <= earlier for earlier, later in pairwise(listed)):
        raise EvidenceMalformed(f"history: got {len(listed)} addresses in another order than ascending")
    return listed


def _events(which: List, value: CBOR, addresses: int) -> _Events:
    match value:
        case [bytes() as kinds, bytes() as blocks, bytes() as log_indices, [*tables]]:
            pass
        case _:
            raise EvidenceMalformed(f"history, {which.name.lower()}: got another form than columns and tables")
    if not len(blocks) == len(log_indices) == len(kinds) * PLACE:
        raise EvidenceMalformed(
            f"history, {which.name.lower()}: got {len(blocks)} and {len(log_indices)} bytes as blocks and log indices "
            f"of {len(kinds)} events, wanted {PLACE} each"
        )
    occurring = sorted(set(kinds))
    if any(kind >= len(KINDS) or list_of(kind) is not which for kind in occurring):
        raise EvidenceMalformed(
            f"history, {which.name.lower()}: got the kinds {occurring}, wanted only those of this list"
        )
    listed = [table[0] if isinstance(table, list) and len(table) == 2 else None for table in tables]  # noqa: PLR2004
    if listed != occurring:
        raise EvidenceMalformed(f"history, {which.name.lower()}: got tables of {listed} for the kinds {occurring}")
    return _Events(
        kinds,
        blocks,
        log_indices,
        tuple(
            Table.parse(kind, cast("list[CBOR]", table)[1], kinds.count(kind), addresses)
            for kind, table in zip(occurring, tables, strict=True)
        ),
    )


def _require_blocks(lists: Sequence[_Events], count: int) -> None:
    """Raise unless every list runs through the blocks in order, no log stands twice, and every block has one."""
    events = sum(len(listed.kinds) for listed in lists)
    if count > events:
        # Nothing is built of more blocks than there can be.
        raise EvidenceMalformed(f"history: got {count} blocks and {events} events")
    merged: list[int] = []
    for which, listed in zip(List, lists, strict=True):
        places = list(map(_place, numbers(listed.blocks), numbers(listed.log_indices)))
        if not _rises(places):
            raise EvidenceMalformed(f"history, {which.name.lower()}: got events that are not in the chain's order")
        merged += places
    # Three lists that rise are put into one quickly.
    merged.sort()
    if not _rises(merged):
        raise EvidenceMalformed("history: got a log that stands in two lists")
    used = [place for place, _ in groupby(place >> 8 * PLACE for place in merged)]
    if used != list(range(count)):
        raise EvidenceMalformed(f"history: got {count} blocks, of which events name {len(used)}")


def _place(block: int, log_index: int) -> int:
    return block << 8 * PLACE | log_index


def _rises(values: Sequence[int]) -> bool:
    return not any(map(ge, values, islice(values, 1, None)))

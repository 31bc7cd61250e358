"""Events of one kind in columns, one for each argument: packed well, and put back row by row in no time.

A row's arguments are assembled by slicing whole columns into place; no number of theirs is ever looked at.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from chain.errors import EvidenceMalformed
from chain.events import Track
from chain.steps import ABI, ADDRESSES, DYNAMIC, KINDS, STATUS_CHANGED, WORD, Part, width

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from chain.cbor import CBOR

PLACE = 4
"""Bytes of a place among the addresses or the blocks, and of a text's length."""
_CHUNK = 4_096
"""How many rows are assembled at once: enough to pay, and little enough for a processor's cache."""
_TRACK_COLUMN = 2


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of one kind, in the order of their list."""

    kind: int
    rows: int
    columns: tuple[bytes, ...]

    @classmethod
    def parse(cls, kind: int, value: CBOR, rows: int, addresses: int) -> Table:
        """Read a kind's columns, so that every row of theirs is an event.

        Raises:
            EvidenceMalformed: Columns too many, too few, of another length than so many rows take, with a place
                beyond so many addresses, or with a value that its type does not have.
        """
        match value:
            case [*columns] if all(isinstance(column, bytes) for column in columns):
                table = cls(kind, rows, tuple(cast("list[bytes]", columns)))
            case _:
                raise _malformed(kind, "got something else than byte strings as columns")
        if len(table.columns) != sum(2 if name in DYNAMIC else 1 for name in ABI[kind]):
            raise _malformed(kind, f"got {len(table.columns)} columns")
        for name, column, more in _typed(kind, table.columns):
            _require_lengths(kind, rows, name, column, more)
            _require_values(kind, name, column, more, addresses)
        if kind == STATUS_CHANGED and max(table.columns[_TRACK_COLUMN]) > max(Track):
            raise _malformed(kind, f"got the track {max(table.columns[_TRACK_COLUMN])}")
        return table

    @classmethod
    def of(cls, kind: int, rows: Sequence[Sequence[Part]], places: Mapping[bytes, bytes]) -> Table:
        """Put events, each taken apart by `chain.steps.split`, into columns; `places` are those of the addresses."""
        columns: list[bytes] = []
        for name, parts in zip(ABI[kind], zip(*rows, strict=True), strict=True):
            if name == ADDRESSES:
                arrays = cast("tuple[tuple[bytes, ...], ...]", parts)
                columns.append(bytes(map(len, arrays)))
                columns.append(b"".join([places[address] for array in arrays for address in array]))
            elif name in DYNAMIC:
                blobs = cast("tuple[bytes, ...]", parts)
                columns += [b"".join([len(blob).to_bytes(PLACE) for blob in blobs]), b"".join(blobs)]
            elif name == "address":
                columns.append(b"".join([places[address] for address in cast("tuple[bytes, ...]", parts)]))
            else:
                columns.append(b"".join(cast("tuple[bytes, ...]", parts)))
        return cls(kind, len(rows), tuple(columns))

    def encode(self) -> CBOR:
        """Return what `parse` reads, with the kind before it."""
        return [self.kind, list(self.columns)]

    def places(self) -> set[int]:
        """Return the places of all addresses that occur."""
        found: set[int] = set()
        for name, column, more in _typed(self.kind, self.columns):
            if name in {"address", ADDRESSES}:
                found.update(numbers(more if name == ADDRESSES else column))
        return found

    def find(self, first: bytes, second: bytes) -> Iterator[int]:
        """Yield the rows whose first two arguments are these, without looking at each row."""
        at = self.columns[1].find(second)
        while at >= 0:
            row, off = divmod(at, len(second))
            if not off and self.columns[0][row * len(first) : (row + 1) * len(first)] == first:
                yield row
            at = self.columns[1].find(second, at + 1)

    def arguments(self, addresses: Sequence[bytes], first: int = 0, last: int | None = None) -> Iterator[bytes]:
        """Yield each row's arguments as `abi.encode` makes them, of the rows first..last, the last one excluded."""
        end = self.rows if last is None else last
        words = {place.to_bytes(PLACE): address.rjust(WORD, b"\0") for place, address in enumerate(addresses)}
        behind = [
            _addresses_behind(column, more, words, first, end)
            if name == ADDRESSES
            else _blobs_behind(column, more, first, end)
            for name, column, more in _typed(self.kind, self.columns)
            if name in DYNAMIC
        ]
        for start in range(first, end, _CHUNK):
            stop = min(start + _CHUNK, end)
            tails = [column[start - first : stop - first] for column in behind]
            yield from self._assembled(start, stop, words, tails)

    def _assembled(
        self, start: int, end: int, words: Mapping[bytes, bytes], behind: Sequence[Sequence[bytes]]
    ) -> Iterator[bytes]:
        count = end - start
        line = len(ABI[self.kind]) * WORD
        lines = bytearray(count * line)
        dynamic = iter(behind)
        tails: Sequence[bytes] = ()
        for place, (name, column, _) in enumerate(_typed(self.kind, self.columns)):
            at = place * WORD
            if name in DYNAMIC:
                own = next(dynamic)
                # Most kinds have one dynamic argument, whose offset is the same in all rows.
                values = (
                    b"".join([(line + len(tail)).to_bytes(PLACE) for tail in tails]) or line.to_bytes(PLACE) * count
                )
                tails = [before + tail for before, tail in zip(tails, own, strict=True)] if tails else own
                at += WORD - PLACE
            elif name == "address":
                values = b"".join([words[column[row * PLACE : (row + 1) * PLACE]] for row in range(start, end)])
            else:
                values = column[start * width(name) : end * width(name)]
                at += 0 if name.startswith("bytes") else WORD - width(name)
            _lay(lines, at, line, values, len(values) // count)
        heads = bytes(lines)
        if not tails:
            return (heads[at : at + line] for at in range(0, len(heads), line))
        return (heads[at : at + line] + tail for at, tail in zip(range(0, len(heads), line), tails, strict=True))


def numbers(column: bytes) -> tuple[int, ...]:
    """Return a column of four bytes a row as numbers."""
    return struct.unpack(f">{len(column) // PLACE}I", column)


def _typed(kind: int, columns: Sequence[bytes]) -> Iterator[tuple[str, bytes, bytes]]:
    """Yield each argument's type and column; behind it the second column of those that have two."""
    left = iter(columns)
    for name in ABI[kind]:
        yield name, next(left), next(left) if name in DYNAMIC else b""


def _require_lengths(kind: int, rows: int, name: str, column: bytes, more: bytes) -> None:
    one = 1 if name == ADDRESSES else PLACE if name in DYNAMIC or name == "address" else width(name)
    if len(column) != rows * one:
        raise _malformed(kind, f"got {len(column)} bytes of {name} for {rows} rows, wanted {one} each")
    counted = sum(column) * PLACE if name == ADDRESSES else sum(numbers(column)) if name in DYNAMIC else 0
    if len(more) != counted:
        raise _malformed(kind, f"got {len(more)} bytes behind a column of {name}, wanted {counted}")


def _require_values(kind: int, name: str, column: bytes, more: bytes, addresses: int) -> None:
    if name == "bool" and max(column) > 1:
        raise _malformed(kind, f"got {max(column)} as a truth value")
    places = numbers(more if name == ADDRESSES else column) if name in {"address", ADDRESSES} else ()
    if places and max(places) >= addresses:
        raise _malformed(kind, f"got the place {max(places)} among {addresses} addresses")


def _lay(lines: bytearray, at: int, line: int, values: bytes, size: int) -> None:
    """Write a column of values into all lines, byte by byte of its width instead of row by row."""
    for byte in range(size):
        lines[at + byte :: line] = values[byte::size]


def _addresses_behind(
    counts: bytes, places: bytes, words: Mapping[bytes, bytes], first: int, last: int
) -> Sequence[bytes]:
    """Return each row's array as it stands behind the other arguments; the same few officers sign again and again."""
    known: dict[bytes, bytes] = {}
    behind: list[bytes] = []
    at = sum(counts[:first]) * PLACE
    for count in counts[first:last]:
        listed = places[at : at + count * PLACE]
        at += count * PLACE
        tail = known.get(listed)
        if tail is None:
            items = [words[listed[item : item + PLACE]] for item in range(0, len(listed), PLACE)]
            tail = known[listed] = count.to_bytes(WORD) + b"".join(items)
        behind.append(tail)
    return behind


def _blobs_behind(lengths: bytes, blobs: bytes, first: int, last: int) -> Sequence[bytes]:
    behind: list[bytes] = []
    at = sum(numbers(lengths[: first * PLACE]))
    for length in numbers(lengths[first * PLACE : last * PLACE]):
        behind.append(length.to_bytes(WORD) + blobs[at : at + length] + bytes(-length % WORD))
        at += length
    return behind


def _malformed(kind: int, why: str) -> EvidenceMalformed:
    return EvidenceMalformed(f"history, the table of {KINDS[kind].__name__}: {why}")

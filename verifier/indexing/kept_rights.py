"""Keeps the folded rights from one question to the next, for as long as they are those of the index's newest block.

Other processes read the chain into the same tables, roll them back and rebuild them. So what is kept here counts only
for the `Reading` that was read in the same transaction as the rest of an answer: everything that is forgotten changes
the index's generation, and within one generation blocks are only added.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from chain.events import Record
from chain.steps import KINDS, List, event_of, list_of
from verifier.check.rights import Rights
from verifier.indexing import models

if TYPE_CHECKING:
    from collections.abc import Iterator

    from verifier.indexing.lookups import Lookup

_OF_RIGHTS = ", ".join(str(kind) for kind in range(len(KINDS)) if list_of(kind) is List.RIGHTS)
_RECORDED = f"SELECT begins, kind, arguments FROM events WHERE begins >= ? AND kind IN ({_OF_RIGHTS}) ORDER BY begins"  # noqa: S608 (numbers of our own)


@dataclass(frozen=True, slots=True)
class Reading:
    """Which reading of which registry's chain the index is, and how far it has come."""

    registry_id: bytes
    generation: str
    number: int
    """Of the newest block."""
    rights_head: bytes
    """The hash chain of the rights that its events make."""


@dataclass(frozen=True, slots=True)
class _Kept:
    reading: Reading
    records: tuple[Record, ...]
    rights: Rights


class KeptRights:
    """The rights of one index. Safe to share between threads: what is kept is never changed, only replaced."""

    def __init__(self) -> None:
        self._kept: _Kept | None = None

    def at(self, reading: Reading, lookup: Lookup) -> Rights:
        """Return the rights as of a reading that this very lookup told."""
        kept = self._kept
        if kept is not None and (kept.reading is reading or kept.reading == reading):
            return kept.rights
        if kept is None or not _goes_on(kept.reading, reading):
            records = tuple(_recorded(lookup, after=-1))
            kept = _Kept(reading, records, Rights(records))
        elif kept.reading.rights_head == reading.rights_head:
            kept = _Kept(reading, kept.records, kept.rights)
        else:
            records = (*kept.records, *_recorded(lookup, after=kept.reading.number))
            kept = _Kept(reading, records, Rights(records))
        self._kept = kept
        return kept.rights


def _goes_on(earlier: Reading, later: Reading) -> bool:
    """Whether all that was read at the earlier one stands at the later one."""
    same = (earlier.registry_id, earlier.generation) == (later.registry_id, later.generation)
    return same and earlier.number <= later.number


def _recorded(lookup: Lookup, *, after: int) -> Iterator[Record]:
    """Yield what was recorded of rights after a block."""
    rows = cast("list[tuple[int, int, bytes]]", lookup.rows(_RECORDED, models.place(after + 1)))
    for begins, kind, arguments in rows:
        yield Record(
            event=event_of(kind, arguments),
            block_number=models.block_of(begins),
            block_hash=b"",
            block_timestamp=0,
            transaction_hash=b"",
            log_index=models.log_of(begins),
        )

"""Whether two checkpoints can be of one history: the older one's lists must be the beginning of the newer one's."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chain.checkpoint import Believed
    from chain.history import History


class Differing(StrEnum):
    """What two histories tell otherwise."""

    BLOCK = "block"
    """Another hash, or another time, at the same height."""
    ANCHORS = "anchors"
    STATUSES = "statuses"
    RIGHTS = "rights"
    TIMES = "times"
    """The same events, at other times: the heads bind none, so only who remembers can tell."""
    ORDER = "order"
    """The same events, in another order within a block; likewise."""


@dataclass(frozen=True, slots=True)
class Difference:
    """That two checkpoints cannot be of one history."""

    block: int
    """Up to which block they tell otherwise: the older one's."""
    what: tuple[Differing, ...]
    """At least one."""

    def __str__(self) -> str:
        """Say it in one line."""
        return f"up to block {self.block} they tell otherwise of {', '.join(self.what)}"


def difference(one: Believed, other: Believed) -> Difference | None:
    """Compare two checkpoints of one registry, given in any order; None if one history can have both."""
    older, newer = in_order(one, other)
    number = older.checkpoint.block_number
    what = []
    if newer.checkpoint.block_number == number and _block(older) != _block(newer):
        what.append(Differing.BLOCK)
    told, shown = older.checkpoint.heads, newer.history.heads(number)
    heads = (Differing.ANCHORS, Differing.STATUSES, Differing.RIGHTS)
    what += [each for each in heads if getattr(told, each.value) != getattr(shown, each.value)]
    if not what and older.attesters and newer.attesters:
        # The same events. What no head binds is somebody's word only where an attester gave it.
        what += _unbound(older.history, newer.history)
    return Difference(number, tuple(what)) if what else None


def in_order(one: Believed, other: Believed) -> tuple[Believed, Believed]:
    """Return the older one first; of two of one height, always the same."""
    first, second = sorted((one, other), key=lambda each: (each.checkpoint.block_number, each.checkpoint.statement))
    return first, second


def _block(believed: Believed) -> tuple[bytes, int]:
    return believed.checkpoint.block_hash, believed.checkpoint.timestamp


def _unbound(older: History, newer: History) -> list[Differing]:
    """Compare what no head binds."""
    what = []
    if not newer.timestamps.startswith(older.timestamps):
        what.append(Differing.TIMES)
    if any(
        not later.log_indices.startswith(earlier.log_indices)
        for earlier, later in zip(older.lists, newer.lists, strict=True)
    ):
        what.append(Differing.ORDER)
    return what

"""A registry's chain that is a list of events, to be read into an index."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING

from chain.errors import RegistryUnavailable
from chain.events import Record, Transaction
from chain.history import Heads
from chain.registry import Block
from tests.verifier.book import IDENTITY
from verifier.indexing.index import Index
from verifier.indexing.snapshot import Freshness
from verifier.indexing.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from chain.events import Event
    from chain.registry import Identity

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SENDER = b"s" * 20
"""Who sent all transactions."""


@dataclass
class ListRegistry:
    """A chain that is a list of events, one block each."""

    events: list[Event]
    leaves: dict[int, tuple[bytes, ...]] = field(default_factory=dict)
    fork: int = 0
    """From which block on hashes are others."""
    forks: int = 0
    torn: bool = False
    """Whether the newest block changes while it is read."""
    is_too_late: bool = False
    """Whether the heads cannot be had for a block any more."""
    shown: Heads | None = None
    """The heads that are shown in place of the true ones."""

    def identity(self) -> Identity:
        return IDENTITY

    def newest(self) -> Block:
        return self.block(len(self.events))

    def block(self, number: int) -> Block:
        if number > len(self.events):
            raise RegistryUnavailable(f"there is no block {number}")
        name = f"{number} {self.forks if number >= self.fork else 0}"
        return Block(number, sha256(name.encode()).digest(), b"", int(NOW.timestamp()))

    def blocks(self, numbers: Sequence[int]) -> dict[int, Block]:
        return {number: self.block(number) for number in numbers}

    def records(self, first: int, last: int) -> Iterator[Record]:
        for number in range(first, last + 1):
            block = self.block(number)
            yield Record(
                event=self.events[number - 1],
                block_number=number,
                block_hash=block.hash,
                block_timestamp=block.timestamp,
                transaction_hash=block.hash,
                log_index=0,
                leaves=self.leaves.get(number, ()),
                transaction=Transaction(0, SENDER, IDENTITY.address),
            )
        if self.torn:
            self.forks += 1
            self.fork = last

    def heads(self, block: int) -> Heads | None:
        if self.is_too_late:
            return None
        heads = self.shown or Heads()
        for record in () if self.shown else replace(self, torn=False).records(1, block):
            heads = heads.after(record.event, record.block_number)
        return heads


def index_of(registry: ListRegistry, folder: Path, *, confirmations: int = 1) -> Index:
    store = Store(f"sqlite:///{folder / 'index.db'}")
    return Index(store, registry, Freshness(confirmations, 30), read_heads=registry.heads)

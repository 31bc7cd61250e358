"""Blocks of a registry in memory, with genuine headers: what is proven of them is proven indeed."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from chain import strict_rlp
from chain.ethereum.growing import Trie
from chain.ethereum.headers import as_scalar
from chain.ethereum.receipts import key
from chain.events import BatchAnchored
from chain.keccak import keccak
from tests.chain.receipts import log_of, receipt_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from chain.events import Event


@dataclass(frozen=True, slots=True)
class Sealed:
    """A block as evidence has it."""

    header: bytes
    nodes: tuple[bytes, ...]
    """From the header to the receipt of its only transaction."""

    @property
    def hash(self) -> bytes:
        """The block's hash."""
        return keccak(self.header)


def anchored(happened: Iterable[Event]) -> list[BatchAnchored]:
    """Return the batches among what happened."""
    return [event for event in happened if isinstance(event, BatchAnchored)]


def seal(
    number: int, parent_hash: bytes, timestamp: int, *, name: str, batches: Sequence[BatchAnchored], registry: bytes
) -> Sealed:
    """Make a block of one transaction, which anchors these batches; `name` tells it from others of its height."""
    trie = Trie({key(0): receipt_of(*(log_of(batch, registry) for batch in batches))})
    header = strict_rlp.encode(
        [
            parent_hash,
            bytes(32),
            bytes(20),
            bytes(32),
            bytes(32),
            trie.root,
            bytes(256),
            as_scalar(1),
            as_scalar(number),
            as_scalar(30_000_000),
            as_scalar(91_862),
            as_scalar(timestamp),
            sha256(name.encode()).digest(),
            bytes(32),
            bytes(8),
        ]
    )
    return Sealed(header, trie.path(key(0)))

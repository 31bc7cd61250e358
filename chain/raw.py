"""Raw answers of one node, taken apart but not believed: what an audit has its facts from.

What is odd about an answer is told with it, never raised: an audit goes on and says what it found.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chain.events import Event, Track
    from chain.header import Header
    from chain.history import Heads


@dataclass(frozen=True, slots=True)
class RawHeader:
    """A block's header as the node shows it."""

    number: int
    """The height that was asked for."""
    told_hash: bytes
    """Empty if the node told none."""
    header: Header | None
    """None if what was shown is no header."""
    made_hash: bytes
    """What the header hashes to by the chain's rules; empty without a header."""
    transactions: tuple[bytes, ...]
    """Hashes of the block's transactions, as told."""
    oddness: str = ""
    """Why there is no header; empty if there is one."""


@dataclass(frozen=True, slots=True)
class RawLog:
    """A log of the registry's contracts as the node shows it."""

    address: bytes
    topics: tuple[bytes, ...]
    data: bytes
    block_number: int
    block_hash: bytes
    transaction_hash: bytes
    transaction_index: int
    log_index: int
    """Within the block."""
    event: Event | None
    """None if it is none that these contracts write."""
    oddness: str = ""
    """Why there is no event; empty if there is one."""

    @property
    def place(self) -> tuple[int, int]:
        """Where it stands: block, and place within it."""
        return self.block_number, self.log_index

    @property
    def content(self) -> tuple[bytes, tuple[bytes, ...], bytes]:
        """What it says, without where."""
        return self.address, self.topics, self.data


@dataclass(frozen=True, slots=True)
class Meant:
    """One thing that a call of the registry is to bring about, as far as its calldata tells."""

    kind: str
    """The event's name, such as `StatusChanged`."""
    agency: int | None = None
    leaf: bytes | None = None
    track: Track | None = None
    kid: bytes | None = None
    root: bytes | None = None


@dataclass(frozen=True, slots=True)
class RawTransaction:
    """A transaction as the node shows it."""

    hash: bytes
    """As told."""
    block_number: int | None
    position: int
    sender: bytes
    """As told."""
    to: bytes | None
    input: bytes
    call: str = ""
    """The function of the registry that it calls; empty if it calls none of them."""
    leaves: tuple[bytes, ...] | None = None
    """Of `anchor` and `replace`; None if the calldata shows none that can be read."""
    leaves_told: int | None = None
    """How many leaves the calldata says it holds; None if it does not."""
    made_hash: bytes = b""
    """What its own bytes hash to; empty where they cannot be made from what the node shows."""
    signer: bytes | None = None
    """Whose key signed it, by its own bytes; None if nobody's."""


@dataclass(frozen=True, slots=True)
class ShownHeads:
    """The heads of the three hash chains after a block, as the chain's state holds them."""

    heads: Heads
    is_proven: bool
    """Whether they are proven from the block's state root; else the node only told them."""
    oddness: str = ""
    """Why a proof that was shown does not hold; the heads are then those that the node told."""


@dataclass(frozen=True, slots=True)
class ShownCode:
    """The code at an address after a block."""

    code: bytes
    """Empty where there is none."""
    is_proven: bool
    """Whether the block's state root proves that this is the code there; else the node only told it."""
    oddness: str = ""
    """Why a proof that was shown does not hold, or proves other code than the node showed."""


@dataclass(frozen=True, slots=True)
class Receipts:
    """The registry's logs as all receipts of a block show them."""

    logs: tuple[RawLog, ...]
    is_proven: bool
    """Whether the receipts make the header's root: then these are all logs there are."""
    oddness: str = ""

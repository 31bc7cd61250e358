"""Where an audit has its facts from: one node, asked for what it has.

Only a source that does not answer at all raises, `RegistryUnavailable`; then nothing can be said, and least of all
«passed». What is odd about an answer is told with it (`chain.raw`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from chain.raw import Meant, RawHeader, RawLog, RawTransaction, Receipts, ShownCode, ShownHeads

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from chain.registry import Block, Identity
    from chain.seals import SealScheme

__all__ = ["ChainSource", "Meant", "RawHeader", "RawLog", "RawTransaction", "Receipts", "ShownCode", "ShownHeads"]


class ChainSource(Protocol):
    """One node, asked for what it has. Every method may raise `RegistryUnavailable`."""

    @property
    def name(self) -> str:
        """The node's host and port, without what may be secret."""

    @property
    def address(self) -> bytes:
        """The registry's address, as the settings have it."""

    @property
    def scheme(self) -> SealScheme:
        """How this kind of chain seals its blocks."""

    @property
    def has_proofs(self) -> bool:
        """Whether this kind of chain proves its state."""

    @property
    def are_all_signed(self) -> bool:
        """Whether nobody can send on this kind of chain without a signature that can be read."""

    @property
    def confirmations(self) -> int:
        """How many blocks must follow a block before it is final."""

    @property
    def batch(self) -> int:
        """How many blocks to ask about at once."""

    def identity(self) -> Identity:
        """Return which registry this is; raises `RegistryMismatch` if not the expected one."""

    def newest(self) -> Block:
        """Return the newest block."""

    def headers(self, first: int, last: int) -> Sequence[RawHeader]:
        """Return the headers of these heights, both included, in their order."""

    def logs(self, first: int, last: int) -> Sequence[RawLog]:
        """Return all logs of the registry's contracts in these blocks, in the chain's order."""

    def transactions(self, hashes: Iterable[bytes]) -> dict[bytes, RawTransaction]:
        """Return the transactions of these hashes; those that the node does not have are missing."""

    def block_transactions(self, number: int) -> Sequence[RawTransaction]:
        """Return the transactions of a block that call one of the registry's contracts."""

    def receipts(self, number: int, receipts_root: bytes) -> Receipts:
        """Return the registry's logs out of all receipts of a block, held against the header's root."""

    def heads_at(self, block: int, state_root: bytes) -> ShownHeads | None:
        """Return the three heads after a block; None if the node has not that state any more."""

    def meaning(self, to: bytes | None, calldata: bytes) -> Sequence[Meant]:
        """Return what a call is to bring about; nothing if that cannot be read."""

    def code(self, address: bytes, block: int, state_root: bytes | None) -> ShownCode | None:
        """Return the code at an address after a block; None if the node has not that state any more.

        It is held against the state root, where there is one and the chain has proofs.
        """

    def is_our_code(self, address: bytes, code: bytes) -> bool:
        """Whether code is that of our contract which is to stand at that address."""

"""A block's header: what it says, and how it is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chain import strict_rlp
from chain.errors import EvidenceMalformed

if TYPE_CHECKING:
    from collections.abc import Sequence

ITEMS = 15
"""What every header has. London and later rules put more behind them."""
MAX_ITEMS = 64
MAX_BYTES = 1 << 16
"""Room for 300 validators and their seals."""

_PARENT, _OMMERS, _COINBASE, _STATE, _RECEIPTS = 0, 1, 2, 3, 5
_DIFFICULTY, _NUMBER, _TIMESTAMP, _EXTRA, _MIX = 7, 8, 11, 12, 13
_WIDTHS = {0: 32, 1: 32, 2: 20, 3: 32, 4: 32, 5: 32, 6: 256, 13: 32, 14: 8}
_NUMBERS = {7: 32, 8: 8, 9: 8, 10: 8, 11: 8}
"""The places of numbers (difficulty, number, gas limit, gas used, timestamp), and how many bytes they have at most."""


@dataclass(frozen=True, slots=True)
class Header:
    """A header in form. Whether anybody sealed it, `chain.seals` says."""

    items: tuple[bytes, ...]
    """15 or more, in the order of the Yellow Paper (4.4), and behind them, unread, whatever later rules added."""

    @classmethod
    def parse(cls, data: bytes) -> Header:
        """Read a header from its RLP; raises `EvidenceMalformed`."""
        if len(data) > MAX_BYTES:
            raise EvidenceMalformed(f"got a header of {len(data)} bytes, wanted at most {MAX_BYTES}")
        # The list itself is an item, too.
        read = strict_rlp.decode(data, depth=1, most_items=MAX_ITEMS + 1)
        items = tuple(item for item in read if isinstance(item, bytes)) if isinstance(read, list) else ()
        _require_form(items)
        return cls(items)

    def encode(self) -> bytes:
        """Return the RLP; the inverse of `parse`."""
        return strict_rlp.encode(list(self.items))

    def with_extra(self, extra: bytes) -> Header:
        """Return the same header with other extra data, as block and commit hashes want it."""
        return Header((*self.items[:_EXTRA], extra, *self.items[_EXTRA + 1 :]))

    @property
    def parent_hash(self) -> bytes:
        """The hash of the block before, as its consensus rules hash a block."""
        return self.items[_PARENT]

    @property
    def ommers_hash(self) -> bytes:
        """The hash of the list of ommers, of which permissioned chains have none."""
        return self.items[_OMMERS]

    @property
    def coinbase(self) -> bytes:
        """An address; in QBFT and IBFT 2 the proposer's."""
        return self.items[_COINBASE]

    @property
    def state_root(self) -> bytes:
        """The root of the trie of accounts."""
        return self.items[_STATE]

    @property
    def receipts_root(self) -> bytes:
        """The root of the trie of receipts."""
        return self.items[_RECEIPTS]

    @property
    def difficulty(self) -> int:
        """1 in QBFT and IBFT 2."""
        return int.from_bytes(self.items[_DIFFICULTY])

    @property
    def number(self) -> int:
        """The block's height."""
        return int.from_bytes(self.items[_NUMBER])

    @property
    def timestamp(self) -> int:
        """Seconds since 1970, as the proposer had it."""
        return int.from_bytes(self.items[_TIMESTAMP])

    @property
    def extra(self) -> bytes:
        """The extra data: who seals, and the seals."""
        return self.items[_EXTRA]

    @property
    def mix_hash(self) -> bytes:
        """A constant in QBFT and IBFT 2."""
        return self.items[_MIX]


def _require_form(items: Sequence[bytes]) -> None:
    if len(items) < ITEMS:
        raise EvidenceMalformed(f"got a header of {len(items)} items, wanted a list of {ITEMS} or more, each bytes")
    for place, width in _WIDTHS.items():
        if len(items[place]) != width:
            raise EvidenceMalformed(f"got {len(items[place])} bytes as item {place} of a header, wanted {width}")
    for place, most in _NUMBERS.items():
        if len(items[place]) > most or items[place][:1] == b"\x00":
            raise EvidenceMalformed(
                f"got {items[place].hex()[:80]} as item {place} of a header, wanted a number of at most {most} bytes "
                "without leading zeros"
            )

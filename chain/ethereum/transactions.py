"""Ethereum transactions as bytes: EIP-1559, or legacy with EIP-155's replay protection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import rlp  # type: ignore[import-untyped] # It has no types; _rlp below is its only use.
from eth_utils.crypto import keccak

from chain.registry import SignedTransaction

if TYPE_CHECKING:
    from chain.registry import Signer

_DYNAMIC_FEE_TYPE = b"\x02"
_V_BASE = 27
_EIP155_V_BASE = 35


@dataclass(frozen=True, slots=True)
class LegacyFee:
    """Fees on chains before London, in wei per gas."""

    price: int


@dataclass(frozen=True, slots=True)
class DynamicFee:
    """Fees under EIP-1559, in wei per gas."""

    most: int
    priority: int


Fee: TypeAlias = LegacyFee | DynamicFee


@dataclass(frozen=True, slots=True)
class Transaction:
    """What is to be signed."""

    chain_id: int
    nonce: int
    to: bytes | None
    """None makes a contract."""
    data: bytes
    gas: int
    fee: Fee
    value: int = 0

    def sign(self, sender: Signer) -> SignedTransaction:
        """Sign it; the result can be sent again byte for byte."""
        match self.fee:
            case DynamicFee():
                payload = self._dynamic(self.fee)
                r, s, parity = _signature(sender, keccak(_DYNAMIC_FEE_TYPE + _rlp(payload)))
                raw = _DYNAMIC_FEE_TYPE + _rlp([*payload, parity, r, s])
            case LegacyFee():
                payload = self._legacy(self.fee)
                r, s, parity = _signature(sender, keccak(_rlp([*payload, self.chain_id, 0, 0])))
                raw = _rlp([*payload, 2 * self.chain_id + _EIP155_V_BASE + parity, r, s])
        return SignedTransaction(raw=raw, hash=keccak(raw), sender=sender.address, nonce=self.nonce)

    def _dynamic(self, fee: DynamicFee) -> list[object]:
        no_access_list: list[object] = []
        fees = [fee.priority, fee.most, self.gas]
        return [self.chain_id, self.nonce, *fees, self.to or b"", self.value, self.data, no_access_list]

    def _legacy(self, fee: LegacyFee) -> list[object]:
        return [self.nonce, fee.price, self.gas, self.to or b"", self.value, self.data]


def _signature(sender: Signer, digest: bytes) -> tuple[int, int, int]:
    """Return r, s and the parity of a signature."""
    signature = sender.sign_digest(digest)
    return int.from_bytes(signature[:32]), int.from_bytes(signature[32:64]), signature[64] - _V_BASE


def _rlp(payload: list[object]) -> bytes:
    return bytes(rlp.encode(payload))

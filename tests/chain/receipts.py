"""Receipts as nodes make them, with logs of batches in them."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

import rlp
from eth_abi.abi import encode as abi_encode

from chain.events import BatchAnchored
from chain.keccak import keccak

if TYPE_CHECKING:
    from collections.abc import Sequence

REGISTRY = sha256(b"a registry's address").digest()[:20]
ELSEWHERE = sha256(b"another contract's address").digest()[:20]
BATCH = BatchAnchored(
    agency=3,
    root=sha256(b"a root").digest(),
    certificate_type=7,
    version=2,
    size=5,
    sequence=11,
    preparer=sha256(b"a preparer").digest()[:20],
    approvers=(sha256(b"an approver").digest()[:20], sha256(b"another approver").digest()[:20]),
)
TOPIC = keccak(b"BatchAnchored(uint32,bytes32,uint32,uint16,uint16,uint32,address,address[])")

Log = tuple[bytes, list[bytes], bytes]
"""Address, topics and data."""


def log_of(event: BatchAnchored, address: bytes = REGISTRY) -> Log:
    """Return the log of a batch, as Solidity writes it."""
    topics = [TOPIC, event.agency.to_bytes(32), event.root, event.certificate_type.to_bytes(32)]
    data = abi_encode(
        ["uint16", "uint16", "uint32", "address", "address[]"],
        [event.version, event.size, event.sequence, event.preparer, event.approvers],
    )
    return address, topics, data


def receipt_of(*logs: Log, kind: bytes = b"", status: bytes = b"\x01", bloom: bytes = bytes(256)) -> bytes:
    """Return a receipt; `kind` is the type's byte, or nothing for a legacy one."""
    members: Sequence[object] = [status, (91_862).to_bytes(3), bloom, [list(log) for log in logs]]
    return kind + bytes(rlp.encode(members))

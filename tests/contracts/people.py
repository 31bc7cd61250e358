"""People who sign: officers, council members, and EIP-712 written out by hand."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from coincurve import PrivateKey
from eth_abi import encode
from eth_utils import keccak

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
"""Of secp256k1."""

CONSENT = "Consent(bytes32 registryId,uint32 agency,bytes32 action,uint64 nonce,uint64 deadline)"
BATCH = (
    "Batch(bytes32 registryId,uint32 agency,uint32 certificateType,uint16 version,bytes32 root,uint16 size,"
    "bytes32 replaces,uint24 from,uint8 role,uint64 deadline)"
)
STATUS_CHANGE = (
    "StatusChange(bytes32 registryId,uint32 agency,uint32 actor,bytes32 leaves,bytes32 held,uint8 track,"
    "uint24 from,uint24 until,bytes32 decision,uint64 deadline)"
)
DOMAIN = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a secp256k1 key."""

    name: str
    secret: bytes
    address: str

    def sign(self, digest: bytes) -> bytes:
        """Sign 32 bytes: r, s (low), v."""
        signature = PrivateKey(self.secret).sign_recoverable(digest, hasher=None)
        return signature[:64] + bytes([27 + signature[64]])


@cache
def person(name: str) -> Person:
    """Return the person of that name, always with the same key."""
    secret = keccak(text=f"yinxin test person {name}")
    public = PrivateKey(secret).public_key.format(compressed=False)[1:]
    return Person(name, secret, "0x" + keccak(public)[12:].hex())


def high_s(signature: bytes) -> bytes:
    """Return the other signature of the same digest and key, the one with high s."""
    s = ORDER - int.from_bytes(signature[32:64], "big")
    return signature[:32] + s.to_bytes(32, "big") + bytes([55 - signature[64]])


@cache
def domain_separator(name: str, chain_id: int, contract: str) -> bytes:
    """Return the EIP-712 domain separator of one of the two contracts."""
    hashes = [keccak(text=DOMAIN), keccak(text=name), keccak(text="1"), chain_id, contract]
    return keccak(encode(["bytes32", "bytes32", "bytes32", "uint256", "address"], hashes))


@cache
def _fields(struct: str) -> list[str]:
    return [field.split(" ")[0] for field in struct[struct.index("(") + 1 : -1].split(",")]


def digest(struct: str, values: list[object], *, separator: bytes) -> bytes:
    """Return what is signed for a struct without dynamic fields."""
    struct_hash = keccak(keccak(text=struct) + encode(_fields(struct), values))
    return keccak(b"\x19\x01" + separator + struct_hash)

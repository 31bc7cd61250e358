"""Headers sealed with keys that anybody can make again, and the trust lists that name these keys.

Real headers come from anvil, which seals nothing. Here they get the extra data of a consortium's chain: what validators
would have sealed had they made the block. Written from the protocol page, beside `chain.seals` and not with it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import rlp
from coincurve import PrivateKey
from cryptography.hazmat.primitives.asymmetric import ec

from chain.keccak import keccak
from chain.keys import PublicKey
from tests.deployed import signer

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from chain.ethereum.signers import KeySigner

BFT_MIX_HASH = bytes.fromhex("63746963616c2062797a616e74696e65206661756c7420746f6c6572616e6365")
NO_OMMERS = keccak(b"\xc0")
VANITY = b"sealed with keys for tests only".ljust(32, b"\0")
CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
PARENT, OMMERS, COINBASE, DIFFICULTY, NUMBER, TIMESTAMP, EXTRA, MIX_HASH, NONCE = 0, 1, 2, 7, 8, 11, 12, 13, 14

Items = list[bytes]


@dataclass(frozen=True, slots=True)
class Validator:
    """A validator's key."""

    key: PrivateKey

    @property
    def address(self) -> bytes:
        """The last 20 bytes of the public key's hash."""
        return keccak(self.key.public_key.format(compressed=False)[1:])[12:]

    def seal(self, digest: bytes) -> bytes:
        """Sign as validators do: r ‖ s ‖ v, v being 0 or 1."""
        return self.key.sign_recoverable(digest, hasher=None)


def validators(count: int, label: str = "validator") -> tuple[Validator, ...]:
    """Return so many validators in ascending order of their addresses."""
    made = (Validator(PrivateKey(sha256(f"yinxin test {label} {index}".encode()).digest())) for index in range(count))
    return tuple(sorted(made, key=lambda each: each.address))


def addresses(those: Iterable[Validator]) -> list[bytes]:
    """Return their addresses."""
    return [each.address for each in those]


def high_s(seal: bytes) -> bytes:
    """Return the other signature that verifies just as well."""
    s = CURVE_ORDER - int.from_bytes(seal[32:64])
    return seal[:32] + s.to_bytes(32) + bytes([seal[64] ^ 1])


def items_of(header: bytes) -> Items:
    """Return a header's items."""
    return list(rlp.decode(header))


@dataclass(frozen=True, slots=True)
class Bft:
    """How a header is sealed under QBFT or IBFT 2."""

    scheme: str
    listed: tuple[bytes, ...]
    """The validators that the header lists; empty where they are in a contract."""
    coinbase: bytes
    round: int = 0
    vote: tuple[bytes, bytes] | None = None

    def prepared(self, header: bytes, *, parent: bytes | None = None) -> Items:
        """Return the items of a real header with a BFT chain's constants, and with no extra data yet."""
        items = items_of(header)
        items[PARENT] = parent or items[PARENT]
        items[OMMERS], items[COINBASE], items[DIFFICULTY] = NO_OMMERS, self.coinbase, b"\1"
        items[MIX_HASH], items[NONCE] = BFT_MIX_HASH, bytes(8)
        return items

    def extra_data(self, seals: Sequence[bytes] | None, *, round_: int | None) -> bytes:
        """Return the extra data; None leaves the seals or the round out where IBFT 2 does."""
        is_qbft = self.scheme == "qbft"
        parts: list[Any] = [VANITY, list(self.listed), list(self.vote) if self.vote else [] if is_qbft else b""]
        if round_ is not None:
            parts.append((round_.to_bytes((round_.bit_length() + 7) // 8)) if is_qbft else round_.to_bytes(4))
        if seals is not None:
            parts.append(list(seals))
        return bytes(rlp.encode(parts))

    def block_hash(self, items: Items) -> bytes:
        """Return the hash that everybody calls the block's."""
        return hash_with(
            items, self.extra_data([], round_=0) if self.scheme == "qbft" else self.extra_data(None, round_=None)
        )

    def commit_hash(self, items: Items) -> bytes:
        """Return what validators sign."""
        empty: list[bytes] | None = [] if self.scheme == "qbft" else None
        return hash_with(items, self.extra_data(empty, round_=self.round))

    def with_seals(self, items: Items, seals: Sequence[bytes]) -> bytes:
        """Return the header with its seals."""
        return with_extra(items, self.extra_data(seals, round_=self.round))

    def sealed(self, header: bytes, by: Sequence[Validator], *, parent: bytes | None = None) -> bytes:
        """Return a real header sealed by validators."""
        items = self.prepared(header, parent=parent)
        return self.with_seals(items, [each.seal(self.commit_hash(items)) for each in by])


def qbft(those: Sequence[Validator], **how: Any) -> Bft:  # noqa: ANN401 - the fields of Bft
    """Return how validators seal under QBFT."""
    return replace(Bft("qbft", tuple(addresses(those)), those[0].address), **how)


def ibft2(those: Sequence[Validator], **how: Any) -> Bft:  # noqa: ANN401 - the fields of Bft
    """Return how validators seal under IBFT 2."""
    return replace(Bft("ibft2", tuple(addresses(those)), those[0].address), **how)


def clique(
    headers: Sequence[bytes], by: Sequence[Validator], *, epoch: Sequence[bytes] = (), high: bool = False
) -> list[bytes]:
    """Return a run of real headers, each sealed by one signer and linked to the one before.

    `epoch` are the addresses that the first header lists, as the header of an epoch's first block does; `high` is for
    signers who do not care that s should be low.
    """
    run: list[bytes] = []
    for place, (header, each) in enumerate(zip(headers, by, strict=True)):
        items = items_of(header)
        if run:
            items[PARENT] = keccak(run[-1])
        items[OMMERS], items[COINBASE], items[DIFFICULTY] = NO_OMMERS, bytes(20), b"\2"
        items[MIX_HASH], items[NONCE] = bytes(32), bytes(8)
        listed = b"".join(epoch) if place == 0 else b""
        seal = each.seal(hash_with(items, VANITY + listed))
        run.append(with_extra(items, VANITY + listed + (high_s(seal) if high else seal)))
    return run


def with_extra(items: Items, extra: bytes) -> bytes:
    """Return a header with other extra data."""
    return bytes(rlp.encode([*items[:EXTRA], extra, *items[EXTRA + 1 :]]))


def hash_with(items: Items, extra: bytes) -> bytes:
    """Return the hash of a header with other extra data."""
    return keccak(with_extra(items, extra))


# Trust lists.

COUNCIL = tuple(signer(f"council {index}") for index in range(5))
"""The council's keys for trust lists, of whom three sign in most examples."""


def attester(name: str = "attester") -> ec.EllipticCurvePrivateKey:
    """Return the key of one who vouches for checkpoints, always the same for a name."""
    return ec.derive_private_key(int.from_bytes(sha256(f"yinxin test {name}".encode()).digest()), ec.SECP256R1())


def signed_part(
    *,
    registry_id: bytes,
    registry: bytes,
    agencies: bytes,
    chain_id: int,
    scheme: str,
    sets: Sequence[tuple[int, int | None, Sequence[bytes]] | tuple[int, int | None, Sequence[bytes], str]] = (),
    version: int = 1,
    issued: str = "2026-02-01T00:00:00Z",
    expires: str = "2027-02-01T00:00:00Z",
    council: Sequence[KeySigner] = COUNCIL[:4],
    threshold: int = 3,
    attesters: Sequence[ec.EllipticCurvePrivateKey] = (),
    attester_threshold: int | None = None,
) -> dict[str, Any]:
    """Return what the council signs, as the protocol page lists it.

    A range of `sets` is under `scheme`, unless it names another one; of the attesters one suffices.
    """
    if attester_threshold is None:
        attester_threshold = min(1, len(attesters))
    if scheme == "none" and not sets:
        sets = [(0, None, ())]
    return {
        "kind": "yinxin-trust-list",
        "format": 1,
        "version": version,
        "registry_id": f"0x{registry_id.hex()}",
        "registry": f"0x{registry.hex()}",
        "agencies": f"0x{agencies.hex()}",
        "chain_id": chain_id,
        "test": True,
        "issued": issued,
        "expires": expires,
        "council": {
            "threshold": threshold,
            "keys": [f"0x{address.hex()}" for address in sorted(each.address for each in council)],
        },
        "seals": [
            {
                "from_block": first,
                "until_block": until,
                "scheme": named[0] if named else scheme,
                "validators": [f"0x{each.hex()}" for each in sorted(those)],
            }
            for first, until, those, *named in sets
        ],
        "attesters": {"threshold": attester_threshold, "keys": [PublicKey.of(each).jwk() for each in attesters]},
    }


def trust_list(signed: dict[str, Any], by: Sequence[KeySigner] = COUNCIL[:3]) -> str:
    """Return a trust list signed by council keys, in the order of their addresses."""
    digest = personal_digest(canonical(signed))
    signatures = [
        {"by": f"0x{each.address.hex()}", "signature": f"0x{each.sign_digest(digest).hex()}"}
        for each in sorted(by, key=lambda each: each.address)
    ]
    return canonical({"signed": signed, "signatures": signatures}).decode()


def canonical(value: object) -> bytes:
    """Write JSON in the protocol's one form."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def personal_digest(message: bytes) -> bytes:
    """Return what EIP-191's `personal_sign` signs."""
    return keccak(b"\x19Ethereum Signed Message:\n" + str(len(message)).encode() + message)

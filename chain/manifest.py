"""What an agency's own books say at a block, signed: leaves, states, statuses and documents' digests, nobody's data.

An auditor holds it against the chain. It lists what the issuer's database holds and nothing that the chain alone does,
so that whatever is in one of them only shows by itself. It is signed with one of the agency's document keys, since
the registry lists those: nothing else has to be trusted (docs/adr/0018-reconciliation-manifests.md).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from enum import IntEnum
from hashlib import sha256
from itertools import pairwise
from typing import TYPE_CHECKING

from chain import cbor, envelope
from chain.errors import EvidenceMalformed, SignatureInvalid
from chain.events import Track
from chain.keys import fault_of, low_s
from chain.slots import Held

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chain.cbor import CBOR
    from chain.keys import PublicKey

MOST_LEAVES = 1_024
"""Of one batch, as of the registry's (docs/protocol.md)."""
MOST_DOCUMENTS = 255
"""Of one certificate."""
MOST_ITEMS = 2_000_000
"""Values of a body: 100,000 batches with a status each have 1,500,000."""

_HASH = 32
_UINT32 = 1 << 32
_INT64 = 1 << 63
_HOURS = 1 << 24
_LEVELS = 8


class RowState(IntEnum):
    """How far the issuer says that a certificate has come."""

    APPROVED = 1
    """Its officers have signed; the issuer does not say that it is anchored."""
    ANCHORED = 2
    ISSUED = 3
    """Anchored, and certificate and code are signed."""
    ERASED = 4
    """Issued; its personal data was erased since, and with it the document."""


@dataclass(frozen=True, slots=True)
class Row:
    """One certificate in the issuer's books."""

    leaf: bytes
    state: RowState
    tracks: tuple[Held, ...] = ()
    """What the issuer says that the registry holds of its status, gravest first."""
    documents: tuple[bytes, ...] = ()
    """SHA-256 of each file in the archive that was handed out for it."""


@dataclass(frozen=True, slots=True)
class Batch:
    """One batch in the issuer's books."""

    root: bytes
    sequence: int
    """The agency's number of the batch, from 1, as the registry told the issuer; 0 where it told none."""
    certificate_type: int
    version: int
    rows: tuple[Row, ...]
    """In the order of the tree's leaves."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest as read: not to be believed before `verify`."""

    registry_id: bytes
    chain_id: int
    agency: int
    block_number: int
    """The block up to which books and chain were compared."""
    block_hash: bytes
    block_timestamp: int
    made_at: int
    """Seconds since 1970."""
    sequences: tuple[int, int]
    """The first and the last of the agency's sequence numbers that it is about; (0, 0) if there are none yet."""
    batches: tuple[Batch, ...]
    """The anchored ones by their sequence number, then the others by their root."""
    kid: bytes = bytes(_HASH)
    """Of the agency's document key that signed."""
    signature: bytes = b""

    @property
    def body(self) -> bytes:
        """All that is signed."""
        return cbor.encode(
            [
                self.registry_id,
                self.chain_id,
                self.agency,
                [self.block_number, self.block_hash, self.block_timestamp],
                self.made_at,
                list(self.sequences),
                [_packed(batch) for batch in self.batches],
            ]
        )

    def statement(self) -> bytes:
        """Return what is signed: no certificate, code or checkpoint is signed over anything that begins so."""
        return cbor.encode([envelope.MANIFEST, envelope.FORMAT, self.kid, sha256(self.body).digest()])

    def signed(self, kid: bytes, sign: Callable[[bytes], bytes]) -> Manifest:
        """Return the same, signed by one of the agency's document keys."""
        named = replace(self, kid=kid)
        return replace(named, signature=low_s(sign(named.statement())))

    def encode(self) -> bytes:
        """Return the file; raises `EvidenceMalformed` if it would be longer than anybody reads."""
        return envelope.wrap(envelope.MANIFEST, [self.body, self.kid, self.signature])

    def verify(self, key: PublicKey) -> None:
        """Check the signature; raises `SignatureInvalid`.

        Not checked: whether the registry lists the key for the agency, and whether anything in here is true.
        """
        if key.kid != self.kid:
            raise SignatureInvalid(f"got the key {key.kid.hex()}, wanted {self.kid.hex()}, which signed the manifest")
        key.verify(self.signature, self.statement())

    @classmethod
    def parse(cls, data: bytes) -> Manifest:
        """Read a file; raises `EvidenceMalformed`, or `EvidenceUnsupported` if it is of a format to come."""
        match envelope.unwrap(data, envelope.MANIFEST):
            case [bytes() as body, bytes() as kid, bytes() as signature] if len(kid) == _HASH:
                pass
            case _:
                raise EvidenceMalformed("got a manifest other than body, kid and signature")
        if fault := fault_of(signature):
            raise EvidenceMalformed(f"a manifest's signature: {fault}")
        try:
            decoded = cbor.decode(body, most_items=MOST_ITEMS)
        except ValueError as exc:
            raise EvidenceMalformed(f"a manifest's body: {exc}") from exc
        return replace(_body(decoded), kid=kid, signature=signature)


def _body(value: CBOR) -> Manifest:
    match value:
        case [
            bytes() as registry_id,
            int() as chain_id,
            int() as agency,
            [int() as number, bytes() as block_hash, int() as timestamp],
            int() as made_at,
            [int() as first, int() as last],
            [*batches],
        ] if (
            {len(registry_id), len(block_hash)} == {_HASH}
            and all(0 <= each < _INT64 for each in (chain_id, number, timestamp, made_at))
            and 0 < agency < _UINT32
        ):
            pass
        case _:
            raise EvidenceMalformed(
                "got a manifest's body other than registry, chain, agency, block, moment, sequences and batches"
            )
    if (first, last) != (0, 0) and not 0 < first <= last < _UINT32:
        raise EvidenceMalformed(f"got the sequence numbers {first} to {last}, wanted 0 to 0, or some from 1 on")
    read = tuple(_batch(batch) for batch in batches)
    _require_order(read, first, last)
    return Manifest(
        registry_id=registry_id,
        chain_id=chain_id,
        agency=agency,
        block_number=number,
        block_hash=block_hash,
        block_timestamp=timestamp,
        made_at=made_at,
        sequences=(first, last),
        batches=read,
    )


def _require_order(batches: Sequence[Batch], first: int, last: int) -> None:
    """Refuse batches in another order, so that one content has one form, and any batch or leaf that is there twice."""
    if any(not _place(one) < _place(other) for one, other in pairwise(batches)):
        raise EvidenceMalformed("got a manifest's batches twice, or in another order than of sequence number and root")
    numbers = [batch.sequence for batch in batches if batch.sequence]
    if len(set(numbers)) < len(numbers):
        raise EvidenceMalformed("got one sequence number for several batches of a manifest")
    if numbers and not first <= numbers[0] <= numbers[-1] <= last:
        raise EvidenceMalformed(
            f"got a manifest of the sequence numbers {first} to {last} with batches {numbers[0]} to {numbers[-1]}"
        )
    twice = [root for root, times in Counter(batch.root for batch in batches).items() if times > 1]
    if twice:
        raise EvidenceMalformed(f"got the batch {twice[0].hex()} twice in a manifest")


def _place(batch: Batch) -> tuple[int, bytes]:
    return batch.sequence or _UINT32, batch.root


def _packed(batch: Batch) -> CBOR:
    """Return a batch by columns: with rows of their own, a million certificates would be many million values."""
    return [
        batch.root,
        batch.sequence,
        batch.certificate_type,
        batch.version,
        b"".join(row.leaf for row in batch.rows),
        bytes(row.state for row in batch.rows),
        bytes(len(row.documents) for row in batch.rows),
        b"".join(digest for row in batch.rows for digest in row.documents),
        [
            [position, int(held.track), held.from_hour, held.until_hour, held.level]
            for position, row in enumerate(batch.rows)
            for held in row.tracks
        ],
    ]


def _batch(value: CBOR) -> Batch:
    match value:
        case [
            bytes() as root,
            int() as sequence,
            int() as certificate_type,
            int() as version,
            bytes() as leaves,
            bytes() as states,
            bytes() as counts,
            bytes() as digests,
            [*statuses],
        ] if len(root) == _HASH and all(0 <= each < _UINT32 for each in (sequence, certificate_type, version)):
            pass
        case _:
            raise EvidenceMalformed("got a manifest's batch other than root, numbers, leaves, states and documents")
    size = len(states)
    if not 0 < size <= MOST_LEAVES or len(leaves) != size * _HASH or len(counts) != size:
        raise EvidenceMalformed(
            f"got a manifest's batch of {len(leaves)} bytes of leaves, {size} states and {len(counts)} counts of "
            f"documents, wanted as many of each, 1 to {MOST_LEAVES}"
        )
    if len(digests) != sum(counts) * _HASH:
        raise EvidenceMalformed(f"got {len(digests)} bytes of digests, wanted {_HASH} for each of {sum(counts)}")
    tracks = _tracks(statuses, size)
    documents = iter(_split(digests))
    rows = tuple(
        Row(leaf, _state(state), tracks.get(position, ()), tuple(next(documents) for _ in range(count)))
        for position, (leaf, state, count) in enumerate(zip(_split(leaves), states, counts, strict=True))
    )
    return Batch(root, sequence, certificate_type, version, rows)


def _state(state: int) -> RowState:
    try:
        return RowState(state)
    except ValueError as exc:
        raise EvidenceMalformed(f"got a certificate in state {state}, wanted 1 to {max(RowState)}") from exc


def _tracks(statuses: Sequence[CBOR], size: int) -> dict[int, tuple[Held, ...]]:
    found: dict[int, tuple[Held, ...]] = {}
    before = (-1, -1)
    for status in statuses:
        position, held = _held(status, size)
        if not before < (position, held.track):
            raise EvidenceMalformed("got a manifest's statuses twice, or in another order than of leaves and tracks")
        before = position, held.track
        found[position] = (*found.get(position, ()), held)
    return found


def _held(status: CBOR, size: int) -> tuple[int, Held]:
    match status:
        case [int() as position, int() as track, int() as from_hour, int() as until_hour, int() as level] if (
            0 <= position < size
            and 0 <= track < len(Track)
            and min(from_hour, until_hour) >= 0
            and max(from_hour, until_hour) < _HOURS
            and 0 <= level < _LEVELS
        ):
            return position, Held(Track(track), from_hour, until_hour, level)
        case _:
            raise EvidenceMalformed("got a manifest's status other than position, track, two hours and a level")


def _split(joined: bytes) -> list[bytes]:
    return [joined[start : start + _HASH] for start in range(0, len(joined), _HASH)]


def leaves_of(manifest: Manifest) -> dict[bytes, tuple[Batch, Row]]:
    """Return each leaf with where it stands; one in two batches, as anchored first."""
    found: dict[bytes, tuple[Batch, Row]] = {}
    for batch in manifest.batches:
        for row in batch.rows:
            found.setdefault(row.leaf, (batch, row))
    return found

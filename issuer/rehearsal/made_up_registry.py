"""A registry that exists nowhere, in which a batch is anchored already: what a rehearsal has a verifier believe.

It has the real registry's id and addresses, its agencies and types and hosts, and one document key, which was made for
this and is forgotten afterwards. Nobody else believes any of it: the council key that signs its trust list and the
attester that vouches for its checkpoint are as short-lived, and no software has ever pinned them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from coincurve import PrivateKey
from cryptography.hazmat.primitives.asymmetric import ec

from chain import history, keys, seals, steps, strict_rlp, trust_list
from chain.checkpoint import Checkpoint
from chain.events import (
    AgencyRegistered,
    AgencySuspended,
    BatchAnchored,
    KeyAdded,
    RegistryCreated,
    TypeGranted,
    TypeRegistered,
    VerifyingHostSet,
)
from chain.history import Heads, Step
from chain.keccak import keccak
from chain.keys import PublicKey
from chain.proof import Proof, ReceiptEvidence
from chain.trust_list import ValidatorSet

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from chain.code import InclusionPath
    from chain.events import Event
    from chain.registry import Identity
    from issuer.directory import Agency, Directory


_RIGHTS_BLOCK, _ANCHOR_BLOCK = 1, 2
_ES256 = 1
_ADDRESS = 20
_V = 27
_LIFE = timedelta(days=1)
_AGO = timedelta(minutes=1)
"""How long before the verifier's own clock the batch was anchored: a clock never runs backwards into that."""
_NOBODY = bytes(_ADDRESS)
_INDEXED = 3
"""Of the arguments of BatchAnchored; they stand in topics."""
_OFFSET = 7
"""The place of the word that says how far behind the approvers are."""
_LEAF_PATH = b"\x20\x80"
"""The key of a block's first receipt (RLP of 0) as the path in a leaf that is the whole trie: even, and an end."""


class ThrowAwayKey:
    """A document key that signs rehearsed certificates and is forgotten; no registry ever lists it."""

    def __init__(self) -> None:
        """Make it."""
        private = ec.generate_private_key(ec.SECP256R1())
        self.public = PublicKey.of(private)
        self.sign = keys.signer(private)

    @property
    def kid(self) -> bytes:
        """Its thumbprint."""
        return self.public.kid


@dataclass(frozen=True, slots=True)
class Anchored:
    """A batch in a made-up registry, and what shows it."""

    trust_list: bytes
    checkpoint: bytes
    registry_id: bytes
    evidence: ReceiptEvidence

    def proof(self, path: InclusionPath) -> bytes:
        """Return the proof of the leaf that the path leads from."""
        return Proof(self.registry_id, path, self.evidence).encode()


def anchor(
    directory: Directory,
    identity: Identity,
    *,
    agency: int,
    certificate_type: tuple[int, int],
    root: bytes,
    size: int,
    key: ThrowAwayKey,
    now: datetime,
) -> Anchored:
    """Make up a registry in which a batch of that type and version was anchored just now.

    `now` is what the clock of whoever verifies says: the checkpoint is as fresh as one can be.
    """
    at = int((now - _AGO).timestamp())
    rights = list(_rights(directory, identity, agency, certificate_type, key))
    batch = BatchAnchored(agency, root, *certificate_type, size, 1, _NOBODY, (_NOBODY,))
    made = [_step(event, _RIGHTS_BLOCK, at, place) for place, event in enumerate(rights)]
    made.append(_step(batch, _ANCHOR_BLOCK, at, 0))
    heads = Heads()
    for event, block in (*((each, _RIGHTS_BLOCK) for each in rights), (batch, _ANCHOR_BLOCK)):
        heads = heads.after(event, block)
    header, node = _block(batch, identity.address, at)
    attester = ThrowAwayKey()
    checkpoint = Checkpoint(
        registry_id=identity.registry_id,
        chain_id=identity.chain_id,
        registry=identity.address,
        agencies=identity.agencies_address,
        block_number=_ANCHOR_BLOCK,
        block_hash=keccak(header),
        timestamp=at,
        heads=heads,
        state=None,
        history=history.encode(made),
    ).attested(attester.kid, attester.sign)
    return Anchored(
        trust_list=_trust_list(identity, attester.public, now),
        checkpoint=checkpoint.encode(),
        registry_id=identity.registry_id,
        evidence=ReceiptEvidence((header,), 0, (node,)),
    )


def _rights(
    directory: Directory, identity: Identity, agency: int, certificate_type: tuple[int, int], key: ThrowAwayKey
) -> Iterator[Event]:
    """Yield what the real registry says of the agency and those above it, and the throw-away key in place of theirs."""
    number, version = certificate_type
    yield RegistryCreated(identity.registry_id, identity.test)
    for host in sorted(directory.verifying_hosts):
        yield VerifyingHostSet(host, listed=True)
    if (digest := directory.types.get(certificate_type)) is not None:
        yield TypeRegistered(number, version, digest)
    for each in reversed(directory.line(agency)):
        yield from _agency(each, number)
    yield KeyAdded(agency, key.kid, _ES256, key.public.x, key.public.y, 0, 0, ())


def _agency(agency: Agency, certificate_type: int) -> Iterator[Event]:
    yield AgencyRegistered(agency.id, agency.parent, agency.level, agency.code, agency.name, ())
    if certificate_type in agency.types:
        yield TypeGranted(agency.id, certificate_type, ())
    if agency.suspended_by:
        yield AgencySuspended(agency.id, agency.suspended_by, ())


def _step(event: Event, block: int, at: int, log_index: int) -> Step:
    return Step(steps.kind_of(event), steps.arguments(event), block, at, log_index)


def _block(batch: BatchAnchored, registry: bytes, at: int) -> tuple[bytes, bytes]:
    """Return the header of a block with one transaction, and the one node of its trie of receipts."""
    node = strict_rlp.encode([_LEAF_PATH, _receipt(batch, registry)])
    header = strict_rlp.encode(
        [
            *(bytes(width) for width in (32, 32, 20, 32, 32)),
            keccak(node),
            bytes(256),
            *(_scalar(number) for number in (1, _ANCHOR_BLOCK, 0, 0, at)),
            b"",
            bytes(32),
            bytes(8),
        ]
    )
    return header, node


def _receipt(batch: BatchAnchored, registry: bytes) -> bytes:
    """Return the receipt of a transaction that anchored, as contracts and nodes write it."""
    words = steps.arguments(batch)
    indexed = _INDEXED * steps.WORD
    offset = int.from_bytes(words[_OFFSET * steps.WORD : (_OFFSET + 1) * steps.WORD]) - indexed
    data = words[indexed : _OFFSET * steps.WORD] + offset.to_bytes(steps.WORD) + words[(_OFFSET + 1) * steps.WORD :]
    topics: list[strict_rlp.Item] = [
        steps.topic(steps.BATCH_ANCHORED),
        *(words[place * steps.WORD : (place + 1) * steps.WORD] for place in range(_INDEXED)),
    ]
    return strict_rlp.encode([b"\x01", b"", bytes(256), [[registry, topics, data]]])


def _trust_list(identity: Identity, attester: PublicKey, now: datetime) -> bytes:
    """Return a trust list that pins the attester, signed by a council key that is forgotten here."""
    council = PrivateKey()
    address = keccak(council.public_key.format(compressed=False)[1:])[-_ADDRESS:]
    contents = trust_list.contents(
        version=1,
        registry_id=identity.registry_id,
        registry=identity.address,
        agencies=identity.agencies_address,
        chain_id=identity.chain_id,
        test=identity.test,
        issued=now - _AGO,
        expires=now + _LIFE,
        threshold=1,
        council=[address],
        sets=_nobody_seals(),
        attesters=[attester],
        attester_threshold=1,
    )
    signature = council.sign_recoverable(trust_list.digest(contents), hasher=None)
    return trust_list.assemble(contents, {address: signature[:-1] + bytes([signature[-1] + _V])})


def _nobody_seals() -> Sequence[ValidatorSet]:
    return (ValidatorSet(0, None, seals.SealScheme.NONE, ()),)


def _scalar(number: int) -> bytes:
    """Return a number as RLP has it, without leading zeros."""
    return number.to_bytes((number.bit_length() + 7) // 8)

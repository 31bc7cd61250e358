"""A registry with agencies on five levels, made by the same code that people use.

Keys are made from names, so that every run has the same addresses. Fictional throughout.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric import ec

from chain import merkle
from chain.certificate_types import shipped
from chain.ethereum.deploy import Deployment, deploy
from chain.ethereum.governing import Governing
from chain.ethereum.profiles import ANVIL
from chain.ethereum.signers import KeySigner
from chain.ethereum.writer import EthereumWriter
from chain.events import Capability
from chain.keys import PublicKey
from chain.registry import BatchToAnchor, Role
from tests.fake_governing import FakeGoverning
from tests.fakes import FakeRegistry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chain.ethereum.network import Anvil
    from chain.registry import Receipt, RegistryWriter, SignedTransaction, StatusToChange

REGISTRY_ID = sha256(b"yinxin registry for tests").digest()
KEYS_VALID_FROM = 1_577_836_800
"""2020-01-01T00:00:00Z."""
TYPES = tuple(kind.number for kind in shipped())
NAMES = ("演示自治区", "演示市", "演示县", "演示镇", "演示村")
"""One agency on each level; the place is made up."""

_CODE_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)


def signer(name: str) -> KeySigner:
    """Return the person of that name, always with the same key."""
    return KeySigner(sha256(f"yinxin test person {name}".encode()).digest())


def document_key(name: str) -> ec.EllipticCurvePrivateKey:
    """Return the document key of that name, always the same."""
    return ec.derive_private_key(int.from_bytes(sha256(f"yinxin test key {name}".encode()).digest()), ec.SECP256R1())


def credit_code(serial: int) -> str:
    """Return a well-formed credit code of a government agency in a place that does not exist."""
    body = f"YX{serial:06}"
    weighted = zip((_CODE_ALPHABET_36.index(character) for character in body), _ORGANISATION_WEIGHTS, strict=True)
    check = 11 - sum(value * weight for value, weight in weighted) % 11
    seventeen = f"11999999{body}{'X' if check == 10 else check % 11}"
    total = sum(_CODE_ALPHABET.index(character) * pow(3, i, 31) for i, character in enumerate(seventeen))
    return seventeen + _CODE_ALPHABET[-total % 31]


_CODE_ALPHABET_36 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class Office:
    """An agency with its people and its document key."""

    agency: int
    level: int
    parent: int
    name: str
    code: str
    managers: tuple[KeySigner, KeySigner]
    preparer: KeySigner
    """May prepare and change statuses."""
    approver: KeySigner
    """May approve and change statuses."""
    key: ec.EllipticCurvePrivateKey

    @property
    def public_key(self) -> PublicKey:
        """Listed in the registry for this agency."""
        return PublicKey.of(self.key)


@dataclass(frozen=True, slots=True)
class Deployed:
    """Everything a test needs to know about the registry."""

    url: str
    record: Deployment
    members: tuple[KeySigner, ...]
    """Three, of whom two decide."""
    sender: KeySigner
    """Has money and no rights."""
    offices: tuple[Office, ...]
    """From the top level down, each the parent of the next."""

    def writer(self, url: str | None = None, *, timeout_s: float = 10.0) -> EthereumWriter:
        """Open the registry, through another address if one is given (a chaos proxy's, for example)."""
        return EthereumWriter(
            url or self.url, self.record.address, ANVIL, expected=self.record.expected, timeout_s=timeout_s
        )

    def governing(self) -> Governing:
        """Open it for governing, with the council's keys."""
        return Governing(self.writer(), sender=self.sender, members=self.members)

    def anchor(self, office: Office, batch: BatchToAnchor) -> Receipt:
        """Have a batch prepared, approved and anchored."""
        return anchor(self.writer(), self.sender, office, batch)

    def change_status(self, officers: Sequence[KeySigner], change: StatusToChange) -> Receipt:
        """Have officers change a status."""
        return change_status(self.writer(), self.sender, officers, change)


@dataclass(frozen=True, slots=True)
class FakeDeployed:
    """The same people and agencies on a registry in memory."""

    registry: FakeRegistry
    sender: KeySigner
    offices: tuple[Office, ...]

    def writer(self) -> FakeRegistry:
        """Return the registry."""
        return self.registry

    def governing(self) -> FakeGoverning:
        """Open it for governing."""
        return FakeGoverning(self.registry)

    def anchor(self, office: Office, batch: BatchToAnchor) -> Receipt:
        """Have a batch prepared, approved and anchored."""
        return anchor(self.registry, self.sender, office, batch)

    def change_status(self, officers: Sequence[KeySigner], change: StatusToChange) -> Receipt:
        """Have officers change a status."""
        return change_status(self.registry, self.sender, officers, change)


def signed_anchor(
    writer: RegistryWriter, sender: KeySigner, office: Office, batch: BatchToAnchor, *, deadline: int | None = None
) -> SignedTransaction:
    """Have a batch prepared and approved, and sign the transaction that anchors it."""
    deadline = writer.newest().number + 1_000 if deadline is None else deadline
    return writer.sign_anchor(
        batch,
        deadline=deadline,
        preparer=office.preparer.sign_digest(writer.batch_digest(batch, role=Role.PREPARER, deadline=deadline)),
        approvers=[office.approver.sign_digest(writer.batch_digest(batch, role=Role.APPROVER, deadline=deadline))],
        sender=sender,
        nonce=writer.next_nonce(sender.address),
    )


def anchor(writer: RegistryWriter, sender: KeySigner, office: Office, batch: BatchToAnchor) -> Receipt:
    """Have a batch prepared, approved and anchored."""
    transaction = signed_anchor(writer, sender, office, batch)
    writer.send(transaction)
    return mined(writer, transaction.hash)


def change_status(
    writer: RegistryWriter, sender: KeySigner, officers: Sequence[KeySigner], change: StatusToChange
) -> Receipt:
    """Have officers change a status."""
    deadline = writer.newest().number + 1_000
    digest = writer.status_digest(change, deadline=deadline)
    transaction = writer.sign_status(
        change,
        deadline=deadline,
        signatures=[officer.sign_digest(digest) for officer in officers],
        sender=sender,
        nonce=writer.next_nonce(sender.address),
    )
    writer.send(transaction)
    return mined(writer, transaction.hash)


def leaves_of(label: str, count: int) -> tuple[bytes, ...]:
    """Return so many leaves that only this label has."""
    return tuple(sha256(f"{label} {index}".encode()).digest() for index in range(count))


def batch_of(office: Office, label: str, count: int = 3, *, certificate_type: int = 1) -> BatchToAnchor:
    """Return a batch of leaves that only this label has."""
    return BatchToAnchor(office.agency, certificate_type, 1, leaves_of(label, count))


def root_of(batch: BatchToAnchor) -> bytes:
    """Return a batch's root."""
    return merkle.root(batch.leaves)


def mined(writer: RegistryWriter, transaction_hash: bytes) -> Receipt:
    """Wait for a receipt."""
    deadline = time.monotonic() + 10
    while (receipt := writer.receipt(transaction_hash)) is None:
        assert time.monotonic() < deadline, f"0x{transaction_hash.hex()} was not mined"
        time.sleep(0.002)
    return receipt


def make_deployed(anvil: Anvil, *, levels: int = len(NAMES), registry_id: bytes = REGISTRY_ID) -> Deployed:
    """Deploy a registry on anvil and fill it with agencies."""
    members = tuple(signer(f"member {index}") for index in range(3))
    sender = signer("sender")
    for account in (sender, *members):
        anvil.fund(account.address)
    record = deploy(
        anvil.url,
        sender,
        registry_id=registry_id,
        test=True,
        members=[member.address for member in members],
        threshold=2,
        profile=ANVIL,
    )
    writer = EthereumWriter(anvil.url, record.address, ANVIL, expected=record.expected)
    offices = _offices(Governing(writer, sender=sender, members=members), levels)
    return Deployed(anvil.url, record, members, sender, offices)


def make_fake_deployed(*, levels: int = len(NAMES), registry_id: bytes = REGISTRY_ID) -> FakeDeployed:
    """Fill a registry in memory with the same agencies."""
    registry = FakeRegistry(registry_id=registry_id)
    return FakeDeployed(registry, signer("sender"), _offices(FakeGoverning(registry), levels))


def _offices(governing: Governing | FakeGoverning, levels: int) -> tuple[Office, ...]:
    governing.council.register_types([(kind.number, kind.version, kind.digest) for kind in shipped()])
    offices: list[Office] = []
    for level in range(1, levels + 1):
        offices.append(_office(governing, level, offices[-1] if offices else None))
    return tuple(offices)


def _office(governing: Governing | FakeGoverning, level: int, parent: Office | None) -> Office:
    name = NAMES[level - 1]
    first, second = signer(f"{name} manager 1"), signer(f"{name} manager 2")
    preparer, approver = signer(f"{name} preparer"), signer(f"{name} approver")
    code = credit_code(level)
    if parent is None:
        agency = governing.council.register_top_agency(code=code, name=name, first_manager=first.address)
        governing.set_officer(agency, second.address, Capability.MANAGE, by=[first], council=True)
        governing.grant_types(agency, TYPES, council=True)
    else:
        above = parent.managers
        agency = governing.register_agency(parent.agency, code=code, name=name, first_manager=first.address, by=above)
        governing.set_officer(agency, second.address, Capability.MANAGE, by=[first, above[0]])
        governing.grant_types(agency, TYPES, by=above)
    both = (first, second)
    governing.set_officer(agency, preparer.address, Capability.PREPARE | Capability.STATUS, by=both)
    governing.set_officer(agency, approver.address, Capability.APPROVE | Capability.STATUS, by=both)
    key = document_key(name)
    public = PublicKey.of(key)
    governing.add_key(agency, x=public.x, y=public.y, valid_from=KEYS_VALID_FROM, by=both)
    return Office(agency, level, parent.agency if parent else 0, name, code, both, preparer, approver, key)

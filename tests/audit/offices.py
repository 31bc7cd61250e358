"""Agencies with their people and keys, written with a pen."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from chain.ethereum.deploy import deploy
from chain.ethereum.profiles import ANVIL
from chain.events import Capability
from tests.audit.pen import Pen, fund
from tests.deployed import KEYS_VALID_FROM, REGISTRY_ID, Office, credit_code, document_key, signer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from cryptography.hazmat.primitives.asymmetric import ec

    from chain.certificate_type import CertificateType
    from chain.ethereum.network import Anvil
    from chain.ethereum.signers import KeySigner

_MEMBERS = 3
_THRESHOLD = 2


def begun(anvil: Anvil, types: Sequence[CertificateType], *, at: datetime) -> Pen:
    """Deploy a registry, register certificate types, and return the pen that writes its history."""
    members = tuple(signer(f"member {index}") for index in range(_MEMBERS))
    sender = signer("sender")
    fund(anvil, sender, *members)
    # Otherwise the clock would have its say in the times of the first blocks, and so in every hash.
    anvil.ask("anvil_setBlockTimestampInterval", 1)
    record = deploy(
        anvil.url,
        sender,
        registry_id=REGISTRY_ID,
        test=True,
        members=[member.address for member in members],
        threshold=_THRESHOLD,
        profile=ANVIL,
    )
    anvil.ask("anvil_removeBlockTimestampInterval")
    pen = Pen(anvil, record, sender=sender, members=members, threshold=_THRESHOLD)
    pen.decide_all([("registerType", (kind.number, kind.version, kind.digest)) for kind in types], at=at)
    return pen


def top_office(pen: Pen, name: str, serial: int, types: Sequence[int], *, at: datetime) -> Office:
    """Have the council register an agency, which gets its people in the block after the council's last one."""
    first, second = signer(f"{name} manager 1"), signer(f"{name} manager 2")
    code = credit_code(serial)
    agency = pen.top_agency(code, name, first.address, at=at)
    pen.set_officer_with_council(agency, second.address, Capability.MANAGE, by=[first], at=at + timedelta(minutes=10))
    pen.grant_as_council(agency, types, at=at + timedelta(minutes=20))
    return _staffed(pen, Office(agency, 1, 0, name, code, (first, second), *_people(name)))


def office(pen: Pen, parent: Office, name: str, serial: int, types: Sequence[int]) -> Office:
    """Have an agency register a child and let it hold types; all of it waits for the next block."""
    first, second = signer(f"{name} manager 1"), signer(f"{name} manager 2")
    code = credit_code(serial)
    agency = pen.agency(parent.agency, code, name, first.address, by=parent.managers)
    pen.set_officer(agency, second.address, Capability.MANAGE, by=[first, parent.managers[0]])
    for certificate_type in types:
        pen.consent(agency, "grantType", agency, certificate_type, by=parent.managers)
    return _staffed(pen, Office(agency, parent.level + 1, parent.agency, name, code, (first, second), *_people(name)))


def _people(name: str) -> tuple[KeySigner, KeySigner, ec.EllipticCurvePrivateKey]:
    return signer(f"{name} preparer"), signer(f"{name} approver"), document_key(name)


def _staffed(pen: Pen, of: Office) -> Office:
    pen.set_officer(of.agency, of.preparer.address, Capability.PREPARE | Capability.STATUS, by=of.managers)
    pen.set_officer(of.agency, of.approver.address, Capability.APPROVE | Capability.STATUS, by=of.managers)
    pen.add_key(of.agency, of.public_key, valid_from=KEYS_VALID_FROM, by=of.managers)
    return of

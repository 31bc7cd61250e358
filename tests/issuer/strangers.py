"""What reaches the registry in an agency's name past its service: with its officers' keys, from another account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chain.certificate_types import by_identifier
from chain.events import Track
from chain.registry import BatchToAnchor, Role, StatusToChange
from tests.deployed import leaves_of, mined, root_of, signer
from tests.issuer.licences import LOW, PERMIT

if TYPE_CHECKING:
    from chain.registry import RegistryWriter, SignedTransaction, Signer
    from issuer.office import Office
    from issuer.tables.models import Certificate

STRANGER = signer("stranger")


def anchored(
    office: Office, label: str, count: int = 2, *, agency: int = LOW, sender: Signer = STRANGER
) -> tuple[bytes, bytes]:
    """Have the officers of the agency below anchor a batch past the service; returns its root and the transaction."""
    root, transaction = signed(office, label, count, agency=agency, sender=sender)
    sent(office, transaction)
    return root, transaction.hash


def sent(office: Office, transaction: SignedTransaction) -> None:
    """Bring a transaction to the chain."""
    office.registry.send(transaction)
    mined(office.registry, transaction.hash)


def signed(
    office: Office, label: str, count: int = 2, *, agency: int = LOW, sender: Signer = STRANGER
) -> tuple[bytes, SignedTransaction]:
    """Return a batch's root, and the transaction that anchors it."""
    writer: RegistryWriter = office.registry
    kind = by_identifier(PERMIT)
    batch = BatchToAnchor(agency, kind.number, kind.version, leaves_of(label, count))
    deadline = writer.newest().number + 100
    preparer, approver = (office.keystore.officer(f"low-{role}").signer for role in ("preparer", "approver"))
    return root_of(batch), writer.sign_anchor(
        batch,
        deadline=deadline,
        preparer=preparer.sign_digest(writer.batch_digest(batch, role=Role.PREPARER, deadline=deadline)),
        approvers=[approver.sign_digest(writer.batch_digest(batch, role=Role.APPROVER, deadline=deadline))],
        sender=sender,
        nonce=writer.next_nonce(sender.address),
    )


def replaced(office: Office, new: Certificate, old_leaf: bytes, *, hour: int) -> bytes:
    """Have officers anchor a batch of one that is known here, in the place of a leaf; returns the transaction."""
    writer: RegistryWriter = office.registry
    kind = by_identifier(new.certificate_type)
    batch = BatchToAnchor(LOW, kind.number, kind.version, (new.leaf or b"",), replaces=(old_leaf,), from_hour=hour)
    deadline = writer.newest().number + 100
    preparer, approver = (office.keystore.officer(f"low-{role}").signer for role in ("preparer", "approver"))
    transaction = writer.sign_anchor(
        batch,
        deadline=deadline,
        preparer=preparer.sign_digest(writer.batch_digest(batch, role=Role.PREPARER, deadline=deadline)),
        approvers=[approver.sign_digest(writer.batch_digest(batch, role=Role.APPROVER, deadline=deadline))],
        sender=STRANGER,
        nonce=writer.next_nonce(STRANGER.address),
    )
    sent(office, transaction)
    return transaction.hash


def revoked(
    office: Office, leaf: bytes, *, agency: str = "low", hour: int = 490_000, track: Track = Track.REVOKED
) -> bytes:
    """Have officers revoke a certificate of the agency below past the service, or what a track says.

    Returns the transaction.
    """
    writer: RegistryWriter = office.registry
    officers = [office.keystore.officer(f"{agency}-{role}") for role in ("preparer", "approver")]
    change = StatusToChange(
        agency=LOW,
        actor=officers[0].agency,
        leaves=(leaf,),
        held=(writer.status(LOW, leaf),),
        track=track,
        from_hour=hour,
        until_hour=0,
        decision=b"\7" * 32,
    )
    deadline = writer.newest().number + 100
    digest = writer.status_digest(change, deadline=deadline)
    transaction = writer.sign_status(
        change,
        deadline=deadline,
        signatures=[officer.signer.sign_digest(digest) for officer in officers],
        sender=STRANGER,
        nonce=writer.next_nonce(STRANGER.address),
    )
    sent(office, transaction)
    return transaction.hash

"""What transactions to a registry in memory say, and how the model carries them out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from coincurve import PublicKey
from eth_utils.crypto import keccak

from chain import merkle
from chain.ethereum import contracts, typed_data
from chain.registry import BatchToAnchor, OfficerToSet, Role, StatusToChange
from tests.contracts.model_agencies import Consent
from tests.contracts.model_certificates import Approvals, Change, Track

if TYPE_CHECKING:
    from tests.contracts.model_certificates import Certificates

ADDRESS = bytes.fromhex("ce" * 20)
"""Where the registry would be."""
CHAIN_ID = 31337

_DOMAIN = typed_data.Domain(typed_data.CERTIFICATES_DOMAIN, CHAIN_ID, ADDRESS)
_AGENCIES_DOMAIN = typed_data.Domain(typed_data.AGENCIES_DOMAIN, CHAIN_ID, ADDRESS)
_SIGNATURE_BYTES = 65


@dataclass(frozen=True, slots=True)
class Anchoring:
    """A transaction that anchors a batch."""

    batch: BatchToAnchor
    deadline: int
    preparer: bytes
    approvers: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class StatusChanging:
    """A transaction that changes statuses."""

    change: StatusToChange
    deadline: int
    signatures: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class OfficerSetting:
    """A transaction that sets what an officer may do."""

    change: OfficerToSet
    deadline: int
    signatures: tuple[bytes, ...]


Call: TypeAlias = "Anchoring | StatusChanging | OfficerSetting | None"
"""None does nothing but take a nonce."""


def run(model: Certificates, call: Call) -> None:
    """Carry out a transaction on the model; raises the model's `Refused`."""
    match call:
        case Anchoring(batch=batch):
            signers = [
                _recovered(signature, batch_digest(model.registry_id, batch, role, call.deadline))
                for role, signature in _roles(call)
            ]
            approvals = Approvals(call.deadline, signers[0], tuple(signers[1:]))
            kind = (batch.agency, batch.certificate_type, batch.version, list(batch.leaves))
            if batch.replaces:
                model.replace(*kind, list(batch.replaces), batch.from_hour, approvals)
            else:
                model.anchor(*kind, approvals)
        case StatusChanging(change=change):
            digest = status_digest(model.registry_id, change, call.deadline)
            model.change_status(
                Change(
                    change.agency,
                    change.actor,
                    change.leaves,
                    typed_data.held_hash(change),
                    Track(change.track),
                    change.from_hour,
                    change.until_hour,
                    change.decision,
                    call.deadline,
                    tuple(_recovered(signature, digest) for signature in call.signatures),
                ),
                caller=in_hexadecimal(bytes(20)),
            )
        case OfficerSetting(change=change):
            # As the contract does: whatever nonce was signed, what counts is the one that is next.
            digest = officer_digest(
                model.registry_id, replace(change, nonce=model.get(change.agency).nonce), call.deadline
            )
            signers = tuple(_recovered(signature, digest) for signature in call.signatures)
            model.set_officer(
                change.agency,
                in_hexadecimal(change.officer),
                int(change.capabilities),
                Consent(call.deadline, signers),
                caller=in_hexadecimal(bytes(20)),
            )
        case None:
            pass


def batch_digest(registry_id: bytes, batch: BatchToAnchor, role: Role, deadline: int) -> bytes:
    """Return what the preparer or an approver signs."""
    root = merkle.root(batch.leaves)
    return typed_data.batch_digest(_DOMAIN, registry_id, batch, root=root, role=role, deadline=deadline)


def status_digest(registry_id: bytes, change: StatusToChange, deadline: int) -> bytes:
    """Return what officers sign for a change of status."""
    return typed_data.status_digest(_DOMAIN, registry_id, change, deadline=deadline)


def officer_digest(registry_id: bytes, change: OfficerToSet, deadline: int) -> bytes:
    """Return what managers sign for a change of what an officer may do."""
    function = contracts.agencies().functions["setOfficer"]
    return typed_data.consent_digest(
        _AGENCIES_DOMAIN,
        registry_id,
        agency=change.agency,
        action=typed_data.action(function, change.agency, change.officer, int(change.capabilities)),
        nonce=change.nonce,
        deadline=deadline,
    )


def in_hexadecimal(address: bytes) -> str:
    """Write an address as the model does."""
    return "0x" + address.hex()


def _roles(call: Anchoring) -> list[tuple[Role, bytes]]:
    return [(Role.PREPARER, call.preparer), *((Role.APPROVER, signature) for signature in call.approvers)]


def _recovered(signature: bytes, digest: bytes) -> str:
    """Return who signed, or the contract's error for what is no signature."""
    if len(signature) != _SIGNATURE_BYTES:
        return "ECDSAInvalidSignatureLength"
    try:
        key = PublicKey.from_signature_and_message(signature[:64] + bytes([signature[64] - 27]), digest, hasher=None)
    except ValueError:
        return "ECDSAInvalidSignature"
    return in_hexadecimal(keccak(key.format(compressed=False)[1:])[-20:])

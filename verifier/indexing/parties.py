"""Who has a part in an event: who signed for it, who sent it, and whom it is about."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from chain.events import (
    AgencyCorrected,
    AgencyRegistered,
    AgencyResumed,
    AgencySuspended,
    ApprovalsDemanded,
    BatchAnchored,
    CertificateReplaced,
    KeyAdded,
    KeyCutOff,
    MemberAdded,
    MemberRemoved,
    OfficerSet,
    OwnApprovalsSet,
    ProposalExecuted,
    ProposalMade,
    RegistryCreated,
    StatusChanged,
    SuccessorNamed,
    TypeGranted,
    TypeRegistered,
    TypeRetired,
    TypeWithdrawn,
    VerifyingHostSet,
    VoteCast,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from chain.events import Event


class Part(IntEnum):
    """What somebody has to do with an event. The numbers stand in the index, and are never given anew."""

    SIGNED = 1
    """The registry asked for that person's consent, vote or command."""
    SENT = 2
    """Sent the transaction, and paid for it; whoever does need be nobody's officer."""
    NAMED = 3
    """Was made an officer or a council member, or is one no more."""


def parties(event: Event, sender: bytes | None, batch_signers: Iterable[bytes] = ()) -> frozenset[tuple[bytes, Part]]:
    """Return all addresses of people in an event; `sender` is its transaction's, None if nobody told.

    A replacement names nobody: it was signed with the batch that brought the new certificate, by `batch_signers`.
    """
    signers = batch_signers if isinstance(event, CertificateReplaced) else _signers(event)
    found = {(address, Part.SIGNED) for address in signers}
    found |= {(address, Part.NAMED) for address in _named(event)}
    return frozenset(found if sender is None else found | {(sender, Part.SENT)})


def _signers(event: Event) -> Iterator[bytes]:
    match event:
        case BatchAnchored():
            yield event.preparer
            yield from event.approvers
        case StatusChanged():
            yield from event.officers
        case ProposalMade():
            yield event.proposer
        case VoteCast():
            yield event.member
        case ProposalExecuted():
            yield event.executor
        case (
            AgencyRegistered()
            | AgencySuspended()
            | AgencyResumed()
            | ApprovalsDemanded()
            | KeyAdded()
            | KeyCutOff()
            | OfficerSet()
            | OwnApprovalsSet()
            | TypeGranted()
            | TypeWithdrawn()
        ):
            yield from event.consenters
        case (
            AgencyCorrected()
            | CertificateReplaced()
            | MemberAdded()
            | MemberRemoved()
            | RegistryCreated()
            | SuccessorNamed()
            | TypeRegistered()
            | TypeRetired()
            | VerifyingHostSet()
        ):
            # By the council's proposals, whose signers stand in events of their own; a replacement's, in its batch's.
            return


def _named(event: Event) -> Iterator[bytes]:
    match event:
        case OfficerSet():
            yield event.officer
        case MemberAdded() | MemberRemoved():
            yield event.member

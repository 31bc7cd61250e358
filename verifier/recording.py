"""Writes the registry's events into the index, and takes them back where the chain was reorganised."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import delete, insert, update
from sqlmodel import col, select

from chain import merkle
from chain.registry import (
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
    Track,
    TypeGranted,
    TypeRegistered,
    TypeRetired,
    TypeWithdrawn,
    VerifyingHostSet,
    VoteCast,
)
from verifier.models import (
    HELD,
    AgencyRow,
    BatchRow,
    BlockRow,
    FindingRow,
    GrantRow,
    Held,
    HostRow,
    KeyRow,
    LeafRow,
    MemberRow,
    OfficerRow,
    ProposalRow,
    StatusRow,
    SuccessorRow,
    ThresholdRow,
    TypeRow,
    VoteRow,
    place,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlmodel import Session

    from chain.registry import Record

Row = TypeVar("Row", bound=Held)

MOST = 2**63 - 1
"""The largest number that a column holds; times and blocks beyond it mean «never», and stay beyond all others."""
_NO_CUT_OFF = 2**64 - 1


class Recorder:
    """Writes events, in the chain's order, within one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def record(self, record: Record) -> None:
        """Write one event; what does not fit the history is noted as a finding, and reading goes on."""
        finding = record.finding or self._write(record)
        if finding and record.finding:
            self._write(record)
        if finding:
            self._add(FindingRow(begins=_place(record), what=finding))
        self._session.flush()

"""What each of the registry's events changes in the index's tables."""

from __future__ import annotations

from functools import singledispatch
from typing import TYPE_CHECKING

from sqlalchemy import func
from sqlmodel import select

from chain import merkle
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
    Track,
    TypeGranted,
    TypeRegistered,
    TypeRetired,
    TypeWithdrawn,
    VerifyingHostSet,
    VoteCast,
)
from verifier.check.knowledge import NO_CUT_OFF
from verifier.indexing.models import (
    AgencyRow,
    BatchRow,
    GrantRow,
    HostRow,
    KeyRow,
    MemberRow,
    OfficerRow,
    ProposalRow,
    StatusRow,
    SuccessorRow,
    ThresholdRow,
    TypeRow,
    VoteRow,
)
from verifier.indexing.spans import at

if TYPE_CHECKING:
    from chain.events import Event, Record
    from verifier.indexing.spans import Spans

_MOST = 2**63 - 1
"""The largest number that a column holds. Times and blocks beyond it mean «never», and it lies beyond all others."""
_LEAVES = "INSERT INTO leaves (batch, position, leaf) VALUES (?, ?, ?)"


@singledispatch
def write(event: Event, _record: Record, _spans: Spans) -> str:
    """Write one event; returns what is odd about it, or nothing."""
    raise NotImplementedError(type(event).__name__)


@write.register(RegistryCreated)
def _(_event: RegistryCreated, _record: Record, _spans: Spans) -> str:
    return ""


# The council.


@write.register(MemberAdded)
def _(event: MemberAdded, record: Record, spans: Spans) -> str:
    spans.session.add(MemberRow(begins=at(record), member=event.member))
    return _set_threshold(event.threshold, record, spans)


@write.register(MemberRemoved)
def _(event: MemberRemoved, record: Record, spans: Spans) -> str:
    return spans.end(MemberRow, record, member=event.member) or _set_threshold(event.threshold, record, spans)


@write.register(ProposalMade)
def _(event: ProposalMade, record: Record, spans: Spans) -> str:
    spans.session.add(
        ProposalRow(
            begins=at(record),
            proposal=str(event.proposal),
            proposer=event.proposer,
            target=event.target,
            data=event.data,
            expires_at_block=str(event.expires_at_block),
        )
    )
    return ""


@write.register(VoteCast)
def _(event: VoteCast, record: Record, spans: Spans) -> str:
    spans.session.add(VoteRow(begins=at(record), proposal=str(event.proposal), member=event.member))
    return ""


@write.register(ProposalExecuted)
def _(event: ProposalExecuted, record: Record, spans: Spans) -> str:
    return spans.end(ProposalRow, record, proposal=str(event.proposal))


@write.register(VerifyingHostSet)
def _(event: VerifyingHostSet, record: Record, spans: Spans) -> str:
    known = spans.current(HostRow, host=event.host)
    if event.listed and known is None:
        spans.session.add(HostRow(begins=at(record), host=event.host))
    if not event.listed and known is not None:
        known.ends = at(record)
    return ""


@write.register(SuccessorNamed)
def _(event: SuccessorNamed, record: Record, spans: Spans) -> str:
    spans.session.add(SuccessorRow(begins=at(record), address=event.registry, successor_id=event.successor_id))
    return ""


@write.register(TypeRegistered)
def _(event: TypeRegistered, record: Record, spans: Spans) -> str:
    spans.session.add(
        TypeRow(
            begins=at(record),
            certificate_type=event.certificate_type,
            version=event.version,
            digest=event.digest,
        )
    )
    return ""


@write.register(TypeRetired)
def _(event: TypeRetired, record: Record, spans: Spans) -> str:
    keys = {"certificate_type": event.certificate_type, "version": event.version}
    return spans.change(TypeRow, record, keys, retired=True)


# Agencies.


@write.register(AgencyRegistered)
def _(event: AgencyRegistered, record: Record, spans: Spans) -> str:
    spans.session.add(
        AgencyRow(
            begins=at(record),
            agency=event.agency,
            parent=event.parent,
            level=event.level,
            code=event.code,
            name=event.name,
        )
    )
    return ""


@write.register(AgencyCorrected)
def _(event: AgencyCorrected, record: Record, spans: Spans) -> str:
    return spans.change(AgencyRow, record, {"agency": event.agency}, code=event.code, name=event.name)


@write.register(AgencySuspended)
def _(event: AgencySuspended, record: Record, spans: Spans) -> str:
    return spans.change(AgencyRow, record, {"agency": event.agency}, suspended_by=event.suspended_by)


@write.register(AgencyResumed)
def _(event: AgencyResumed, record: Record, spans: Spans) -> str:
    return spans.change(AgencyRow, record, {"agency": event.agency}, suspended_by=0)


@write.register(ApprovalsDemanded)
def _(event: ApprovalsDemanded, record: Record, spans: Spans) -> str:
    return spans.change(AgencyRow, record, {"agency": event.agency}, demanded_approvals=event.approvals)


@write.register(OwnApprovalsSet)
def _(event: OwnApprovalsSet, record: Record, spans: Spans) -> str:
    return spans.change(AgencyRow, record, {"agency": event.agency}, own_approvals=event.approvals)


@write.register(TypeGranted)
def _(event: TypeGranted, record: Record, spans: Spans) -> str:
    spans.session.add(GrantRow(begins=at(record), agency=event.agency, certificate_type=event.certificate_type))
    return ""


@write.register(TypeWithdrawn)
def _(event: TypeWithdrawn, record: Record, spans: Spans) -> str:
    finding = spans.end(GrantRow, record, agency=event.agency, certificate_type=event.certificate_type)
    # A higher level may withdraw what was withdrawn before, so that nobody below it can grant it again.
    granted = select(GrantRow.begins).where(
        GrantRow.agency == event.agency, GrantRow.certificate_type == event.certificate_type
    )
    return finding if spans.session.exec(granted.limit(1)).first() is None else ""


@write.register(OfficerSet)
def _(event: OfficerSet, record: Record, spans: Spans) -> str:
    if known := spans.current(OfficerRow, agency=event.agency, officer=event.officer):
        known.ends = at(record)
    if event.capabilities:
        spans.session.add(
            OfficerRow(
                begins=at(record),
                agency=event.agency,
                officer=event.officer,
                capabilities=int(event.capabilities),
            )
        )
    return ""


@write.register(KeyAdded)
def _(event: KeyAdded, record: Record, spans: Spans) -> str:
    spans.session.add(
        KeyRow(
            begins=at(record),
            agency=event.agency,
            kid=event.kid,
            algorithm=event.algorithm,
            x=event.x,
            y=event.y,
            valid_from=min(event.valid_from, _MOST),
            valid_until=min(event.valid_until, _MOST),
            listed_at_block=record.block_number,
        )
    )
    return ""


@write.register(KeyCutOff)
def _(event: KeyCutOff, record: Record, spans: Spans) -> str:
    cut_off = None if event.cut_off_block == NO_CUT_OFF else min(event.cut_off_block, _MOST)
    return spans.change(KeyRow, record, {"agency": event.agency, "kid": event.kid}, cut_off_block=cut_off)


# Certificates.


@write.register(BatchAnchored)
def _(event: BatchAnchored, record: Record, spans: Spans) -> str:
    newest = select(func.max(BatchRow.sequence)).where(BatchRow.agency == event.agency)
    before = spans.session.exec(newest).one() or 0
    batch = at(record)
    spans.session.add(
        BatchRow(
            begins=batch,
            agency=event.agency,
            root=event.root,
            certificate_type=event.certificate_type,
            version=event.version,
            size=event.size,
            sequence=event.sequence,
            preparer=event.preparer,
            approvers=b"".join(event.approvers),
            transaction_hash=record.transaction_hash,
            timestamp=record.block_timestamp,
        )
    )
    finding = "" if event.sequence == before + 1 else f"sequence {event.sequence} follows {before}"
    if len(record.leaves) != event.size or merkle.root(record.leaves) != event.root:
        return "; ".join(filter(None, (finding, "leaves could not be read")))
    # In the driver's own words: of a million certificates there are a million of these, and of all else thousands.
    connection = spans.session.connection()
    sql = _LEAVES if connection.dialect.paramstyle == "qmark" else _LEAVES.replace("?", "%s")
    connection.exec_driver_sql(sql, [(batch, position, leaf) for position, leaf in enumerate(record.leaves)])
    return finding


@write.register(CertificateReplaced)
def _(event: CertificateReplaced, record: Record, spans: Spans) -> str:
    spans.session.add(
        StatusRow(
            begins=at(record),
            agency=event.agency,
            leaf=event.old_leaf,
            track=int(Track.REPLACED),
            from_hour=event.from_hour,
            until_hour=0,
            actor=event.agency,
            decision=b"",
            held=event.held.to_bytes(32),
            officers=b"",
            new_leaf=event.new_leaf,
            timestamp=record.block_timestamp,
        )
    )
    return ""


@write.register(StatusChanged)
def _(event: StatusChanged, record: Record, spans: Spans) -> str:
    spans.session.add(
        StatusRow(
            begins=at(record),
            agency=event.agency,
            leaf=event.leaf,
            track=int(event.track),
            from_hour=event.from_hour,
            until_hour=event.until_hour,
            actor=event.actor,
            decision=event.decision,
            held=event.held.to_bytes(32),
            officers=b"".join(event.officers),
            timestamp=record.block_timestamp,
        )
    )
    return ""


def _set_threshold(threshold: int, record: Record, spans: Spans) -> str:
    spans.end(ThresholdRow, record)
    spans.session.add(ThresholdRow(begins=at(record), threshold=threshold))
    return ""

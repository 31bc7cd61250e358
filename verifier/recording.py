"""Writes the registry's events into the index, and takes them back where the chain was reorganised."""

from __future__ import annotations

from dataclasses import asdict
from functools import singledispatchmethod
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import delete, func, update
from sqlmodel import col, select

from chain import merkle, steps
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
from verifier.knowledge import NO_CUT_OFF
from verifier.models import (
    HELD,
    AgencyRow,
    BatchRow,
    BlockRow,
    EventRow,
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
    TransactionRow,
    TypeRow,
    VoteRow,
    place,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlmodel import Session

    from chain.events import Event, Record

Row = TypeVar("Row", bound=Held)

_MOST = 2**63 - 1
"""The largest number that a column holds. Times and blocks beyond it mean «never», and it lies beyond all others."""
_UNKNOWN = "changes what was not recorded before"
_LEAVES = "INSERT INTO leaves (batch, position, leaf) VALUES (?, ?, ?)"


class Recorder:
    """Writes events, in the chain's order, within one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def record(self, record: Record) -> None:
        """Write one event. What is odd about it is noted as a finding; reading goes on."""
        event = record.event
        certificate_type, unanchored = self._type_of(event)
        self._session.add(
            EventRow(
                begins=_at(record),
                kind=steps.kind_of(event),
                arguments=steps.arguments(event),
                transaction_hash=record.transaction_hash,
                agency=getattr(event, "agency", None),
                certificate_type=certificate_type,
            )
        )
        written = (unanchored, self._transaction(record), self._write(event, record))
        if what := "; ".join(filter(None, (record.finding, *written))):
            self._session.add(FindingRow(begins=_at(record), what=what))
        # The next event may change what this one wrote.
        self._session.flush()

    def roll_back(self, block: int) -> None:
        """Forget everything after a block."""
        end = place(block + 1)
        for table in HELD:
            self._session.execute(delete(table).where(col(table.begins) >= end))
            self._session.execute(update(table).where(col(table.ends) >= end).values(ends=None))
        self._session.execute(delete(EventRow).where(col(EventRow.begins) >= end))
        self._session.execute(delete(TransactionRow).where(col(TransactionRow.block) > block))
        self._session.execute(delete(LeafRow).where(col(LeafRow.batch) >= end))
        self._session.execute(delete(BlockRow).where(col(BlockRow.number) > block))

    def _transaction(self, record: Record) -> str:
        """Write an event's transaction, once; one cannot stand in two places."""
        if record.transaction is None:
            return ""
        row = TransactionRow(hash=record.transaction_hash, block=record.block_number, **asdict(record.transaction))
        known = self._session.get(TransactionRow, record.transaction_hash)
        if known is None:
            self._session.add(row)
            return ""
        return "" if known.model_dump() == row.model_dump() else "its transaction was told otherwise before"

    def _type_of(self, event: Event) -> tuple[int | None, str]:
        """Return the type that an event is about; a status of a leaf that nobody anchored counts, and is odd."""
        match event:
            case StatusChanged(agency=agency, leaf=leaf) | CertificateReplaced(agency=agency, old_leaf=leaf):
                found = select(BatchRow.certificate_type).join(LeafRow, col(BatchRow.begins) == LeafRow.batch)
                found = found.where(LeafRow.leaf == leaf, BatchRow.agency == agency)
                known = self._session.exec(found.order_by(col(BatchRow.begins)).limit(1)).first()
                return known, f"status of {leaf.hex()}, which is not anchored" if known is None else ""
        return getattr(event, "certificate_type", None), ""

    @singledispatchmethod
    def _write(self, event: Event, record: Record) -> str:
        """Write one event; returns what is odd about it, or nothing."""
        raise NotImplementedError(type(event).__name__)

    @_write.register(RegistryCreated)
    def _(self, _event: RegistryCreated, _record: Record) -> str:
        return ""

    # The council.

    @_write.register(MemberAdded)
    def _(self, event: MemberAdded, record: Record) -> str:
        self._session.add(MemberRow(begins=_at(record), member=event.member))
        return self._set_threshold(event.threshold, record)

    @_write.register(MemberRemoved)
    def _(self, event: MemberRemoved, record: Record) -> str:
        return self._end(MemberRow, record, member=event.member) or self._set_threshold(event.threshold, record)

    @_write.register(ProposalMade)
    def _(self, event: ProposalMade, record: Record) -> str:
        self._session.add(
            ProposalRow(
                begins=_at(record),
                proposal=str(event.proposal),
                proposer=event.proposer,
                target=event.target,
                data=event.data,
                expires_at_block=str(event.expires_at_block),
            )
        )
        return ""

    @_write.register(VoteCast)
    def _(self, event: VoteCast, record: Record) -> str:
        self._session.add(VoteRow(begins=_at(record), proposal=str(event.proposal), member=event.member))
        return ""

    @_write.register(ProposalExecuted)
    def _(self, event: ProposalExecuted, record: Record) -> str:
        return self._end(ProposalRow, record, proposal=str(event.proposal))

    @_write.register(VerifyingHostSet)
    def _(self, event: VerifyingHostSet, record: Record) -> str:
        known = self._current(HostRow, host=event.host)
        if event.listed and known is None:
            self._session.add(HostRow(begins=_at(record), host=event.host))
        if not event.listed and known is not None:
            known.ends = _at(record)
        return ""

    @_write.register(SuccessorNamed)
    def _(self, event: SuccessorNamed, record: Record) -> str:
        self._session.add(SuccessorRow(begins=_at(record), address=event.registry, successor_id=event.successor_id))
        return ""

    @_write.register(TypeRegistered)
    def _(self, event: TypeRegistered, record: Record) -> str:
        self._session.add(
            TypeRow(
                begins=_at(record),
                certificate_type=event.certificate_type,
                version=event.version,
                digest=event.digest,
            )
        )
        return ""

    @_write.register(TypeRetired)
    def _(self, event: TypeRetired, record: Record) -> str:
        keys = {"certificate_type": event.certificate_type, "version": event.version}
        return self._change(TypeRow, record, keys, retired=True)

    # Agencies.

    @_write.register(AgencyRegistered)
    def _(self, event: AgencyRegistered, record: Record) -> str:
        self._session.add(
            AgencyRow(
                begins=_at(record),
                agency=event.agency,
                parent=event.parent,
                level=event.level,
                code=event.code,
                name=event.name,
            )
        )
        return ""

    @_write.register(AgencyCorrected)
    def _(self, event: AgencyCorrected, record: Record) -> str:
        return self._change(AgencyRow, record, {"agency": event.agency}, code=event.code, name=event.name)

    @_write.register(AgencySuspended)
    def _(self, event: AgencySuspended, record: Record) -> str:
        return self._change(AgencyRow, record, {"agency": event.agency}, suspended_by=event.suspended_by)

    @_write.register(AgencyResumed)
    def _(self, event: AgencyResumed, record: Record) -> str:
        return self._change(AgencyRow, record, {"agency": event.agency}, suspended_by=0)

    @_write.register(ApprovalsDemanded)
    def _(self, event: ApprovalsDemanded, record: Record) -> str:
        return self._change(AgencyRow, record, {"agency": event.agency}, demanded_approvals=event.approvals)

    @_write.register(OwnApprovalsSet)
    def _(self, event: OwnApprovalsSet, record: Record) -> str:
        return self._change(AgencyRow, record, {"agency": event.agency}, own_approvals=event.approvals)

    @_write.register(TypeGranted)
    def _(self, event: TypeGranted, record: Record) -> str:
        self._session.add(GrantRow(begins=_at(record), agency=event.agency, certificate_type=event.certificate_type))
        return ""

    @_write.register(TypeWithdrawn)
    def _(self, event: TypeWithdrawn, record: Record) -> str:
        finding = self._end(GrantRow, record, agency=event.agency, certificate_type=event.certificate_type)
        # A higher level may withdraw what was withdrawn before, so that nobody below it can grant it again.
        granted = select(GrantRow.begins).where(
            GrantRow.agency == event.agency, GrantRow.certificate_type == event.certificate_type
        )
        return finding if self._session.exec(granted.limit(1)).first() is None else ""

    @_write.register(OfficerSet)
    def _(self, event: OfficerSet, record: Record) -> str:
        if known := self._current(OfficerRow, agency=event.agency, officer=event.officer):
            known.ends = _at(record)
        if event.capabilities:
            self._session.add(
                OfficerRow(
                    begins=_at(record),
                    agency=event.agency,
                    officer=event.officer,
                    capabilities=int(event.capabilities),
                )
            )
        return ""

    @_write.register(KeyAdded)
    def _(self, event: KeyAdded, record: Record) -> str:
        self._session.add(
            KeyRow(
                begins=_at(record),
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

    @_write.register(KeyCutOff)
    def _(self, event: KeyCutOff, record: Record) -> str:
        cut_off = None if event.cut_off_block == NO_CUT_OFF else min(event.cut_off_block, _MOST)
        return self._change(KeyRow, record, {"agency": event.agency, "kid": event.kid}, cut_off_block=cut_off)

    # Certificates.

    @_write.register(BatchAnchored)
    def _(self, event: BatchAnchored, record: Record) -> str:
        newest = select(func.max(BatchRow.sequence)).where(BatchRow.agency == event.agency)
        before = self._session.exec(newest).one() or 0
        batch = _at(record)
        self._session.add(
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
        connection = self._session.connection()
        sql = _LEAVES if connection.dialect.paramstyle == "qmark" else _LEAVES.replace("?", "%s")
        connection.exec_driver_sql(sql, [(batch, position, leaf) for position, leaf in enumerate(record.leaves)])
        return finding

    @_write.register(CertificateReplaced)
    def _(self, event: CertificateReplaced, record: Record) -> str:
        self._session.add(
            StatusRow(
                begins=_at(record),
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

    @_write.register(StatusChanged)
    def _(self, event: StatusChanged, record: Record) -> str:
        self._session.add(
            StatusRow(
                begins=_at(record),
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

    # Spans.

    def _current(self, table: type[Row], **keys: object) -> Row | None:
        """Return the present row with these keys."""
        found = select(table).where(col(table.ends).is_(None))
        for name, value in keys.items():
            found = found.where(getattr(table, name) == value)
        return self._session.exec(found).first()

    def _end(self, table: type[Row], record: Record, **keys: object) -> str:
        known = self._current(table, **keys)
        if known is None:
            return _UNKNOWN
        known.ends = _at(record)
        return ""

    def _change(self, table: type[Row], record: Record, keys: Mapping[str, object], **values: object) -> str:
        """End the present row and begin one that differs from it in these values."""
        known = self._current(table, **keys)
        if known is None:
            return _UNKNOWN
        known.ends = _at(record)
        self._session.add(table(**(known.model_dump() | values | {"begins": _at(record), "ends": None})))
        return ""

    def _set_threshold(self, threshold: int, record: Record) -> str:
        self._end(ThresholdRow, record)
        self._session.add(ThresholdRow(begins=_at(record), threshold=threshold))
        return ""


def _at(record: Record) -> int:
    return place(record.block_number, record.log_index)

"""«All certificates of agency A of type T between two dates», and why these are all of them.

The newest checkpoint says so: its block's state has the heads of the registry's three hash chains, and only one history
makes them. So no batch can be left out, nor a status, nor a change of rights; an agency's batches are numbered without
a gap; and the leaves of each batch make the root that the history has.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, TypeAlias

from sqlmodel import col, func, select

from chain import merkle
from chain.calendar import HOURS_A_DAY, first_hour, hour_of
from chain.errors import InvalidInput, YinxinError
from chain.events import AgencyRegistered, TypeRegistered
from chain.history import Heads, History
from chain.steps import List
from verifier.audit import times
from verifier.audit.finding import Finding, Grade
from verifier.audit.misasked import Misasked
from verifier.audit.tabulating import Leaves, Table, anchors, batch_of, tables
from verifier.check.moments import time_of
from verifier.indexing import checkpoint_rows
from verifier.indexing.histories import heads_after, history_until
from verifier.indexing.models import LeafRow, place
from verifier.register import opened

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlmodel import Session

    from chain.checkpoint import Checkpoint
    from chain.events import Record
    from chain.strict_json import JSON
    from verifier.indexing.index import Index

_HASH = 32
_MOST_NUMBER = 2**32 - 1


class NothingCut(YinxinError):
    """There is no checkpoint yet by which anything could be proven complete; the next one is cut within a minute."""


class NotComplete(YinxinError):
    """What was read is not all of it, or not what the registry recorded; `findings` name what is wrong."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        said = "; ".join(f"{each.code} {dict(each.arguments)}" for each in findings[:5])
        super().__init__(f"got an index that contradicts the checkpoint in {len(findings)} places: {said}")
        self.findings = findings


@dataclass(frozen=True, slots=True)
class Period:
    """All batches of an agency, of one certificate type or of all, that were anchored between two days in China.

    Raises `InvalidInput` for days in the wrong order and for numbers that no agency or type has.
    """

    agency: int
    certificate_type: int | None
    """None for all types."""
    first_day: date
    last_day: date
    """Both days are of it."""

    def __post_init__(self) -> None:
        """Refuse what nobody can have meant."""
        _require_number("agency", self.agency)
        if self.certificate_type is not None:
            _require_number("certificate type", self.certificate_type)
        if not date(1970, 1, 2) <= self.first_day <= self.last_day < date(9999, 1, 1):
            raise Misasked("days", first=self.first_day.isoformat(), last=self.last_day.isoformat())

    @property
    def seconds(self) -> range:
        """The seconds since 1970 that lie in it."""
        return range(times.seconds_of(self.first_day), times.seconds_of(self.last_day, days_after=1))

    def as_json(self) -> dict[str, JSON]:
        """Return it as `evidence.json` writes it."""
        return {
            "kind": "period",
            "agency": self.agency,
            "certificate_type": self.certificate_type,
            "first_day": self.first_day.isoformat(),
            "last_day": self.last_day.isoformat(),
        }


@dataclass(frozen=True, slots=True)
class OneBatch:
    """One batch of an agency."""

    agency: int
    root: bytes

    def __post_init__(self) -> None:
        """Refuse what is no root, and no agency's number."""
        _require_number("agency", self.agency)
        _require_hash("root", self.root)

    def as_json(self) -> dict[str, JSON]:
        """Return it as `evidence.json` writes it."""
        return {"kind": "batch", "agency": self.agency, "root": f"0x{self.root.hex()}"}


@dataclass(frozen=True, slots=True)
class OneCertificate:
    """One certificate, by its leaf: every batch that holds it."""

    leaf: bytes

    def __post_init__(self) -> None:
        """Refuse what is no leaf."""
        _require_hash("leaf", self.leaf)

    def as_json(self) -> dict[str, JSON]:
        """Return it as `evidence.json` writes it."""
        return {"kind": "certificate", "leaf": f"0x{self.leaf.hex()}"}


Subject: TypeAlias = Period | OneBatch | OneCertificate


def subject_of(
    *,
    agency: int | None = None,
    certificate_type: int | None = None,
    first_day: date | None = None,
    last_day: date | None = None,
    root: bytes | None = None,
    leaf: bytes | None = None,
) -> Subject:
    """Return the one subject that was named: an agency with two days, one with a root, or a leaf.

    Raises `InvalidInput` for anything else.
    """
    match agency, certificate_type, first_day, last_day, root, leaf:
        case int() as number, kind, date() as first, date() as last, None, None:
            return Period(number, kind, first, last)
        case int() as number, None, None, None, bytes() as named, None:
            return OneBatch(number, named)
        case None, None, None, None, None, bytes() as found:
            return OneCertificate(found)
    raise Misasked("subject")


@dataclass(frozen=True, slots=True)
class Complete:
    """Everything that there is about a subject, up to a checkpoint."""

    subject: Subject
    checkpoint: Checkpoint
    history: History
    test: bool
    """Whether it is a test registry's."""
    batches: tuple[Record, ...]
    """Their records, in the chain's order."""
    leaves: Leaves
    status_hour: int
    """The hour, since 1970, in which statuses are told: the period's last, or the checkpoint's if that is earlier."""
    tables: tuple[Table, ...]

    @property
    def ends(self) -> int | None:
        """When the period is over, in seconds since 1970; None for anything else than a period."""
        return self.subject.seconds.stop if isinstance(self.subject, Period) else None

    @property
    def is_over(self) -> bool:
        """Whether nothing can come into it any more after the checkpoint."""
        return self.ends is None or self.ends <= self.checkpoint.timestamp

    def table(self, name: str) -> Table:
        """Return a table by its name."""
        return next(table for table in self.tables if table.name == name)

    @property
    def population(self) -> tuple[tuple[Record, int, bytes], ...]:
        """Every leaf with its batch and its place there, in the chain's order."""
        return tuple(
            (record, position, leaf)
            for record in self.batches
            for position, leaf in enumerate(self.leaves[batch_of(record).agency, batch_of(record).root])
        )


def gather(index: Index, subject: Subject) -> Complete:
    """Return all that the newest checkpoint and the index have about a subject, and prove that it is all.

    Raises:
        RegisterUnanswerable: The registry was never reached.
        NothingCut: There is no checkpoint yet.
        InvalidInput: A subject that the checkpoint does not know, or that begins after it.
        NotComplete: A leaf, a batch, a status or a right is missing or wrong.
    """
    with opened(index) as read:
        checkpoint_rows.require_reached(read.session)
        checkpoint = _newest(read.session)
        history = History.parse(checkpoint.history)
        selected, agencies = _selected(read.session, history, checkpoint, subject)
        found: list[Finding] = [
            *_head_faults(history.heads(), checkpoint.heads, checkpoint.block_number),
            *_sequence_faults(history, {*agencies, *(batch_of(each).agency for each in selected)}),
        ]
        leaves: dict[tuple[int, bytes], tuple[bytes, ...]] = {}
        for record in selected:
            batch = batch_of(record)
            listed = _leaves(read.session, record)
            found += _leaf_faults(record, listed)
            leaves[batch.agency, batch.root] = listed
        if found:
            raise NotComplete(tuple(found))
        hour = _status_hour(subject, checkpoint)
        return Complete(
            subject=subject,
            checkpoint=checkpoint,
            history=history,
            test=read.row.test,
            batches=tuple(selected),
            leaves=leaves,
            status_hour=hour,
            tables=tables(history, selected, leaves, agencies=agencies, status_hour=hour),
        )


def _newest(session: Session) -> Checkpoint:
    """Return the newest checkpoint; raises `NothingCut`, or `NotComplete` where the events no longer make it."""
    row = next(iter(checkpoint_rows.rows_until(session, limit=1)), None)
    if row is None:
        raise NothingCut("no checkpoint was cut yet, and nothing can be proven complete without one; ask again later")
    checkpoint = checkpoint_rows.checkpoint_of(session, row)
    if checkpoint is None:
        kept, made = heads_after(session, row.number), History.parse(history_until(session, row.number)).heads()
        raise NotComplete(
            tuple(_head_faults(made, kept, row.number))
            or (Finding(Grade.ALARM, "export_history", block=row.number, arguments={"block": row.number}),)
        )
    return checkpoint


def _selected(
    session: Session, history: History, checkpoint: Checkpoint, subject: Subject
) -> tuple[list[Record], tuple[int, ...]]:
    """Return the records of the batches that a subject has, and the agencies that it names."""
    everything = anchors(history)
    match subject:
        case Period():
            if subject.seconds.start > checkpoint.timestamp:
                newest = time_of(checkpoint.timestamp).date()
                raise Misasked("period_to_come", first=subject.first_day.isoformat(), newest=newest.isoformat())
            of_agency = [each for each in everything if batch_of(each).agency == subject.agency]
            known = _agencies(history)
            if subject.agency not in known:
                raise Misasked("agency", got=subject.agency, count=len(known))
            types = _types(history)
            if subject.certificate_type is not None and subject.certificate_type not in types:
                raise Misasked("type", got=subject.certificate_type, count=len(types))
            return [each for each in of_agency if _is_in(each, subject)], (subject.agency,)
        case OneBatch():
            wanted = subject.agency, subject.root
            found = [each for each in everything if (batch_of(each).agency, batch_of(each).root) == wanted]
            missing = Misasked(
                "no_batch", root=f"0x{subject.root.hex()}", agency=subject.agency, block=checkpoint.block_number
            )
        case OneCertificate():
            # Which batches hold it is known only where the index has the leaves of all of them.
            if unread := tuple(_unread_faults(session, everything)):
                raise NotComplete(unread)
            places = set(session.exec(select(LeafRow.batch).where(LeafRow.leaf == subject.leaf)).all())
            found = [each for each in everything if place(each.block_number, each.log_index) in places]
            missing = Misasked("no_leaf", leaf=f"0x{subject.leaf.hex()}", block=checkpoint.block_number)
    if not found:
        raise missing
    return found, ()


def _agencies(history: History) -> set[int]:
    return {
        record.event.agency for record in history.records(List.RIGHTS) if isinstance(record.event, AgencyRegistered)
    }


def _types(history: History) -> set[int]:
    return {
        record.event.certificate_type
        for record in history.records(List.RIGHTS)
        if isinstance(record.event, TypeRegistered)
    }


def _is_in(record: Record, period: Period) -> bool:
    is_of_type = period.certificate_type in {None, batch_of(record).certificate_type}
    return is_of_type and record.block_timestamp in period.seconds


def _leaves(session: Session, record: Record) -> tuple[bytes, ...]:
    batch = place(record.block_number, record.log_index)
    found = select(LeafRow.leaf).where(LeafRow.batch == batch).order_by(col(LeafRow.position))
    return tuple(session.exec(found).all())


def _head_faults(made: Heads, known: Heads, block: int) -> Iterator[Finding]:
    for name in Heads.__slots__:
        got, wanted = getattr(made, name), getattr(known, name)
        if got != wanted:
            yield Finding(
                Grade.ALARM,
                "export_head",
                block=block,
                arguments={"list": name, "block": block, "got": f"0x{got.hex()}", "wanted": f"0x{wanted.hex()}"},
            )


def _sequence_faults(history: History, agencies: set[int]) -> Iterator[Finding]:
    """Tell where an agency's batches are not numbered 1, 2, 3 and so on."""
    by_agency: dict[int, list[Record]] = defaultdict(list)
    for record in anchors(history):
        by_agency[batch_of(record).agency].append(record)
    for agency in sorted(agencies):
        for wanted, record in enumerate(by_agency[agency], start=1):
            if batch_of(record).sequence != wanted:
                yield Finding(
                    Grade.ALARM,
                    "export_sequence",
                    block=record.block_number,
                    log_index=record.log_index,
                    agency=agency,
                    arguments={"agency": agency, "got": batch_of(record).sequence, "wanted": wanted},
                )
                break


def _unread_faults(session: Session, records: Sequence[Record]) -> Iterator[Finding]:
    """Tell of which batches the index has fewer or more leaves than they have."""
    counted = select(LeafRow.batch, func.count()).group_by(col(LeafRow.batch))
    counts = dict(session.exec(counted).all())
    for record in records:
        count = counts.get(place(record.block_number, record.log_index), 0)
        if count != batch_of(record).size:
            yield _leaf_fault(record, count)


def _leaf_faults(record: Record, leaves: Sequence[bytes]) -> Iterator[Finding]:
    batch = batch_of(record)
    if len(leaves) != batch.size or merkle.root(leaves) != batch.root:
        yield _leaf_fault(record, len(leaves))


def _leaf_fault(record: Record, got: int) -> Finding:
    batch = batch_of(record)
    return Finding(
        Grade.ALARM,
        "export_leaves",
        block=record.block_number,
        log_index=record.log_index,
        agency=batch.agency,
        arguments={
            "agency": batch.agency,
            "sequence": batch.sequence,
            "root": f"0x{batch.root.hex()}",
            "got": got,
            "wanted": batch.size,
        },
    )


def _status_hour(subject: Subject, checkpoint: Checkpoint) -> int:
    known = hour_of(time_of(checkpoint.timestamp))
    if not isinstance(subject, Period):
        return known
    return min(known, first_hour(subject.last_day) + HOURS_A_DAY - 1)


def _require_number(what: str, number: int) -> None:
    if not 0 < number <= _MOST_NUMBER:
        raise Misasked("range", name=what, got=str(number), most=str(_MOST_NUMBER))


def _require_hash(what: str, value: bytes) -> None:
    if len(value) != _HASH:
        raise InvalidInput(f"got {len(value)} bytes as {what}, wanted {_HASH}: 64 hexadecimal digits behind 0x")

"""An agency's batches: page by page, with the gaps in their sequence numbers, and counted by day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import BigInteger, cast, func
from sqlmodel import col, select

from chain.events import Track
from chain.steps import BATCH_ANCHORED, CERTIFICATE_REPLACED, STATUS_CHANGED
from verifier.audit import times
from verifier.audit.as_of import first_place_since
from verifier.audit.charts import Count
from verifier.audit.paging import PAGE_ROWS, Cursors
from verifier.indexing.models import BatchRow, EventRow, FindingRow, StatusRow, block_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Mapped
    from sqlmodel import Session

    from verifier.audit.as_of import AsOf
    from verifier.audit.paging import Page

MOST_GAPS = 100
LIFTED = "LIFTED"
"""Stands beside the tracks' names for entries that lift one."""
_ADDRESS = 20
_SHANGHAI_S = 8 * 3600
_DAY_S = 86_400
_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Gap:
    """Sequence numbers that should stand between two batches and do not."""

    first: int
    last: int
    """Less than `first` where a number comes again, or goes back."""
    before: int
    """The sequence number of the batch that follows."""


@dataclass(frozen=True, slots=True)
class BatchLine:
    """A batch in the list."""

    sequence: int
    block: int
    timestamp: int
    certificate_type: int
    version: int
    size: int
    root: bytes
    transaction: bytes
    preparer: bytes
    approvers: tuple[bytes, ...]
    gap: Gap | None
    """What is missing between this batch and the one before it."""
    finding: str
    """What is odd about its entry; empty if nothing is."""


@dataclass(frozen=True, slots=True)
class Batches:
    """What an agency had anchored in all."""

    count: int
    certificates: int
    newest_sequence: int
    """0 if there is no batch."""
    gaps: tuple[Gap, ...]
    """`MOST_GAPS` at most."""


@dataclass(frozen=True, slots=True)
class OfType:
    """What there was of one certificate type in a period."""

    certificate_type: int | None
    """None for statuses of leaves that the agency never anchored, or whose batch could not be read."""
    batches: int = 0
    certificates: int = 0
    status_changes: int = 0


def batches_at(session: Session, agency: int, at: AsOf) -> Batches:
    """Return an agency's batches in numbers, with all gaps."""
    of_agency = (BatchRow.agency == agency, col(BatchRow.begins) < at.end)
    summed = select(func.count(), func.sum(BatchRow.size), func.max(BatchRow.sequence)).where(*of_agency)
    count, certificates, newest = session.exec(summed).one()
    return Batches(int(count), int(certificates or 0), int(newest or 0), tuple(_gaps(session, of_agency)))


def page_of(session: Session, agency: int, at: AsOf, cursor: str | None) -> Page[BatchLine]:
    """Return a page of an agency's batches, the newest first; raises `InvalidInput` for another list's cursor."""
    cursors = Cursors(f"agency batches {agency} {at.end}")
    before = cursors.read_int(cursor)
    rows = _rows(session, agency, at.end if before is None else min(before, at.end), PAGE_ROWS + 1)
    lines = dict(zip([row.begins for row in rows], _lines(session, rows, shown=PAGE_ROWS), strict=False))
    return cursors.page(rows, lambda row: (row.begins,), lambda row: lines[row.begins])


def all_of(session: Session, agency: int, at: AsOf) -> Iterator[BatchLine]:
    """Yield all of an agency's batches, the newest first."""
    end = at.end
    while rows := _rows(session, agency, end, _AT_ONCE + 1):
        yield from _lines(session, rows, shown=_AT_ONCE)
        if len(rows) <= _AT_ONCE:
            return
        end = rows[_AT_ONCE - 1].begins


def certificates_by_day(session: Session, agency: int, at: AsOf, first: date) -> list[Count]:
    """Count certificates anchored by day in China, and by type; from the batches' sizes, never from the leaves."""
    # Grouped outside: a database with its own bound values takes two spellings of a day for two things.
    each = (
        select(
            _day(col(BatchRow.timestamp)).label("day"),
            col(BatchRow.certificate_type).label("kind"),
            col(BatchRow.size).label("size"),
        )
        .where(BatchRow.agency == agency, col(BatchRow.begins) < at.end)
        .where(col(BatchRow.timestamp) >= times.seconds_of(first))
        .subquery()
    )
    summed = select(each.c.day, each.c.kind, func.sum(each.c.size)).group_by(each.c.day, each.c.kind)
    return list(_counts((day, kind, size) for day, kind, size in session.execute(summed)))


def statuses_by_day(session: Session, agency: int, at: AsOf, first: date) -> list[Count]:
    """Count changes of statuses by day in China, and by what was changed: a track's name, or `LIFTED`."""
    each = (
        select(
            _day(col(StatusRow.timestamp)).label("day"),
            col(StatusRow.track).label("track"),
            (col(StatusRow.from_hour) == 0).label("is_lifted"),
        )
        .join(EventRow, col(EventRow.begins) == col(StatusRow.begins))
        .where(*_status_events(session, agency, at, first))
        .subquery()
    )
    kinds = (each.c.day, each.c.track, each.c.is_lifted)
    return list(
        _counts(
            (day, LIFTED if is_lifted else Track(track).name, count)
            for day, track, is_lifted, count in session.execute(select(*kinds, func.count()).group_by(*kinds))
        )
    )


def by_type(session: Session, agency: int, at: AsOf, first: date) -> tuple[OfType, ...]:
    """Count an agency's batches, certificates and changes of statuses by type, from a day on."""
    anchored = (
        select(BatchRow.certificate_type, func.count(), func.sum(BatchRow.size))
        .where(BatchRow.agency == agency, col(BatchRow.begins) < at.end)
        .where(col(BatchRow.timestamp) >= times.seconds_of(first))
        .group_by(col(BatchRow.certificate_type))
    )
    # What a leaf's type is stands beside its event already.
    changed = (
        select(EventRow.certificate_type, func.count())
        .where(*_status_events(session, agency, at, first))
        .group_by(col(EventRow.certificate_type))
    )
    found: dict[int | None, OfType] = {
        number: OfType(number, int(count), int(size)) for number, count, size in session.exec(anchored)
    }
    for number, count in session.exec(changed):
        known = found.get(number, OfType(number))
        found[number] = OfType(number, known.batches, known.certificates, int(count))
    return tuple(sorted(found.values(), key=lambda each: (each.certificate_type is None, each.certificate_type)))


def _rows(session: Session, agency: int, end: int, limit: int) -> Sequence[BatchRow]:
    # By way of the events, which are at hand in this order.
    found = (
        select(BatchRow)
        .join(EventRow, col(EventRow.begins) == col(BatchRow.begins))
        .where(EventRow.agency == agency, EventRow.kind == BATCH_ANCHORED, col(EventRow.begins) < end)
        .order_by(col(EventRow.begins).desc())
        .limit(limit)
    )
    return session.exec(found).all()


def _lines(session: Session, rows: Sequence[BatchRow], *, shown: int) -> list[BatchLine]:
    """Return the first of these rows as lines; one more is there, unless the list ends, to compare the last with."""
    odd = select(FindingRow.begins, FindingRow.what).where(col(FindingRow.begins).in_([row.begins for row in rows]))
    findings = {begins: what for begins, what in session.exec(odd)}  # noqa: C416 - rows are no pairs to mypy
    sequences = [*(row.sequence for row in rows[1:]), 0]
    return [
        BatchLine(
            sequence=row.sequence,
            block=block_of(row.begins),
            timestamp=row.timestamp,
            certificate_type=row.certificate_type,
            version=row.version,
            size=row.size,
            root=row.root,
            transaction=row.transaction_hash,
            preparer=row.preparer,
            approvers=tuple(
                row.approvers[start : start + _ADDRESS] for start in range(0, len(row.approvers), _ADDRESS)
            ),
            gap=_gap(before, row.sequence),
            finding=findings.get(row.begins, ""),
        )
        for row, before in zip(rows[:shown], sequences, strict=False)
    ]


def _gap(before: int, sequence: int) -> Gap | None:
    return None if sequence == before + 1 else Gap(before + 1, sequence - 1, sequence)


def _gaps(session: Session, of_agency: Iterable[ColumnElement[bool] | bool]) -> Iterator[Gap]:
    before = func.lag(col(BatchRow.sequence), 1, 0).over(order_by=col(BatchRow.begins))
    numbered = (
        select(col(BatchRow.begins), col(BatchRow.sequence).label("sequence"), before.label("before"))
        .where(*of_agency)
        .subquery()
    )
    odd = (
        select(numbered.c.before, numbered.c.sequence)
        .where(numbered.c.sequence != numbered.c.before + 1)
        .order_by(numbered.c.begins)
        .limit(MOST_GAPS)
    )
    for earlier, sequence in session.execute(odd):
        if gap := _gap(earlier, sequence):
            yield gap


def _day(timestamp: Mapped[int]) -> ColumnElement[int]:
    """Return the number of a time's day in China, counted from 1970."""
    return cast((timestamp + _SHANGHAI_S) // _DAY_S, BigInteger)


def _counts(rows: Iterable[tuple[int, object, int]]) -> Iterator[Count]:
    for number, series, count in rows:
        if (day := times.day_of(int(number) * _DAY_S)) is not None:
            yield Count(day, str(series), int(count))


def _status_events(session: Session, agency: int, at: AsOf, first: date) -> tuple[ColumnElement[bool] | bool, ...]:
    """Select the changes of statuses of an agency's leaves from a day on."""
    return (
        EventRow.agency == agency,
        col(EventRow.kind).in_((CERTIFICATE_REPLACED, STATUS_CHANGED)),
        col(EventRow.begins) >= first_place_since(session, times.seconds_of(first)),
        col(EventRow.begins) < at.end,
    )

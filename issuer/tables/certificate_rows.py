"""Questions to the table of certificates that filter and count without reading the rows themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from sqlalchemy import and_, exists, func, or_
from sqlmodel import col, select

from chain.events import Track
from issuer.tables.models import Batch, Certificate
from issuer.tables.status_models import KnownTrack

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date, datetime

    from sqlalchemy import ColumnElement

    from issuer.tables.store import Work

_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Mark:
    """One way to know a certificate exactly."""

    agency: int
    number: bytes | None = None
    """Blind index of the certificate number."""
    holder: bytes | None = None
    """Blind index of the holder's code, or of the name where there is no code."""
    name: bytes | None = None
    """Blind index of the holder's name."""
    leaf: bytes | None = None
    """The first 60 bits of the leaf, in 8 bytes."""
    lineage: str | None = None


@dataclass(frozen=True, slots=True)
class Filter:
    """Which certificates are wanted; all conditions hold."""

    agencies: Sequence[int]
    today: date
    hour: int
    """Now, in hours since 1970."""
    marks: Sequence[Mark] | None = None
    """Any of these; None is no condition."""
    certificate_type: str = ""
    batch_id: int | None = None
    states: Sequence[str] = ()
    """Of the batch."""
    status: Track | Literal["in-force", "expired", "not-yet", ""] = ""
    first_from: date | None = None
    first_until: date | None = None
    last_from: date | None = None
    last_until: date | None = None
    issued_from: datetime | None = None
    issued_before: datetime | None = None


def count(work: Work, wanted: Filter) -> int:
    """Return how many certificates there are."""
    query = select(func.count(col(Certificate.id))).where(*_conditions(wanted))
    if _asks_batch(wanted):
        query = query.join(Batch, col(Batch.id) == Certificate.batch_id)
    return work.session.exec(query).one()


def page(work: Work, wanted: Filter, *, limit: int, offset: int = 0) -> list[tuple[Certificate, Batch]]:
    """Return certificates with their batches, newest batch first."""
    ids = select(Certificate.id).where(*_conditions(wanted))
    if _asks_batch(wanted):
        ids = ids.join(Batch, col(Batch.id) == Certificate.batch_id)
    order = (col(Certificate.batch_id).desc(), col(Certificate.position))
    found = list(work.session.exec(ids.order_by(*order).limit(limit).offset(offset)))
    # The rows themselves are read only for what is shown.
    rows: dict[str, tuple[Certificate, Batch]] = {}
    for start in range(0, len(found), _CHUNK):
        for certificate, batch in work.session.exec(
            select(Certificate, Batch)
            .join(Batch, col(Batch.id) == Certificate.batch_id)
            .where(col(Certificate.id).in_(found[start : start + _CHUNK]))
        ):
            rows[certificate.id] = (certificate, batch)
    return [rows[each] for each in found]


def ids(work: Work, wanted: Filter, *, limit: int) -> list[str]:
    """Return row ids, newest batch first."""
    query = select(Certificate.id).where(*_conditions(wanted))
    if _asks_batch(wanted):
        query = query.join(Batch, col(Batch.id) == Certificate.batch_id)
    return list(
        work.session.exec(query.order_by(col(Certificate.batch_id).desc(), col(Certificate.position)).limit(limit))
    )


def lineage(work: Work, certificate: Certificate) -> list[tuple[Certificate, Batch]]:
    """Return all versions of a certificate's licence, drafts included, newest first."""
    query = select(Certificate, Batch).join(Batch, col(Batch.id) == Certificate.batch_id)
    if certificate.lineage is not None:
        same = or_(
            col(Certificate.lineage) == certificate.lineage,
            # A version that was not prepared yet has no lineage of its own.
            and_(
                col(Certificate.lineage).is_(None),
                col(Certificate.replaces_id).in_(
                    select(Certificate.id).where(
                        Certificate.agency == certificate.agency, Certificate.lineage == certificate.lineage
                    )
                ),
            ),
        )
    else:
        same = col(Certificate.id).in_([certificate.id, certificate.replaces_id or ""])
    rows = work.session.exec(query.where(Certificate.agency == certificate.agency, same)).all()
    return sorted(rows, key=lambda row: (row[0].version if row[0].lineage else 1_000, row[0].created_at), reverse=True)


def numbered(work: Work, agency: int, indexes: Sequence[bytes]) -> Iterator[tuple[Certificate, Batch]]:
    """Yield an agency's certificates with any of these numbers."""
    for start in range(0, len(indexes), _CHUNK):
        yield from work.session.exec(
            select(Certificate, Batch)
            .join(Batch, col(Batch.id) == Certificate.batch_id)
            .where(Certificate.agency == agency, col(Certificate.number_index).in_(indexes[start : start + _CHUNK]))
        )


def _asks_batch(wanted: Filter) -> bool:
    return bool(wanted.states or wanted.issued_from or wanted.issued_before or wanted.status == "in-force")


def _conditions(wanted: Filter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [col(Certificate.agency).in_(wanted.agencies)]
    if wanted.marks is not None:
        found.append(or_(*(_marked(mark) for mark in wanted.marks)) if wanted.marks else _nothing())
    if wanted.certificate_type:
        found.append(col(Certificate.certificate_type) == wanted.certificate_type)
    if wanted.batch_id is not None:
        found.append(col(Certificate.batch_id) == wanted.batch_id)
    if wanted.states:
        found.append(col(Batch.state).in_(wanted.states))
    for column, first, last in (
        (col(Certificate.first_day), wanted.first_from, wanted.first_until),
        (col(Certificate.last_day), wanted.last_from, wanted.last_until),
    ):
        if first is not None:
            found.append(column >= first)
        if last is not None:
            found.append(column <= last)
    if wanted.issued_from is not None:
        found.append(col(Batch.issued_at) >= wanted.issued_from)
    if wanted.issued_before is not None:
        found.append(col(Batch.issued_at) < wanted.issued_before)
    return [*found, *_status(wanted)]


def _marked(mark: Mark) -> ColumnElement[bool]:
    found: list[ColumnElement[bool]] = [col(Certificate.agency) == mark.agency]
    if mark.number is not None:
        found.append(col(Certificate.number_index) == mark.number)
    if mark.holder is not None:
        found.append(col(Certificate.holder_index) == mark.holder)
    if mark.name is not None:
        found.append(col(Certificate.name_index) == mark.name)
    if mark.lineage is not None:
        found.append(col(Certificate.lineage) == mark.lineage)
    if mark.leaf is not None:
        after = (int.from_bytes(mark.leaf) + (1 << 4)).to_bytes(len(mark.leaf) + 1)[-len(mark.leaf) :]
        found.append(col(Certificate.leaf) >= mark.leaf)
        if after > mark.leaf:
            found.append(col(Certificate.leaf) < after)
    return and_(*found)


def _nothing() -> ColumnElement[bool]:
    return col(Certificate.id).is_(None)


def _status(wanted: Filter) -> Iterator[ColumnElement[bool]]:
    """Yield what a wanted status means for the dates and for the tracks that are known."""
    first, last = col(Certificate.first_day), col(Certificate.last_day)
    match wanted.status:
        case "":
            return
        case "in-force":
            yield col(Batch.state) == "ISSUED"
            yield first <= wanted.today
            yield or_(last.is_(None), last >= wanted.today)
            yield ~_holds(wanted.hour, None)
        case "expired":
            yield last < wanted.today
        case "not-yet":
            yield first > wanted.today
        case track:
            yield _holds(wanted.hour, track)


def _holds(hour: int, track: Track | None) -> ColumnElement[bool]:
    """Whether a track is set and counts at an hour: this one, or any that stands against a certificate."""
    which = (
        col(KnownTrack.track) != int(Track.RENEWAL_PENDING) if track is None else col(KnownTrack.track) == int(track)
    )
    return exists().where(
        col(KnownTrack.certificate_id) == col(Certificate.id),
        which,
        or_(col(KnownTrack.track) == int(Track.RESCINDED), col(KnownTrack.from_hour) <= hour),
        or_(col(KnownTrack.until_hour) == 0, col(KnownTrack.until_hour) > hour),
    )

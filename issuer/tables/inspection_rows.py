"""Questions to the tables of periodic inspections."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, exists, func, or_
from sqlmodel import col, select

from chain.events import Track
from issuer.tables.inspection_models import Inspection, InspectionDue
from issuer.tables.models import Certificate
from issuer.tables.status_models import KnownTrack

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from sqlalchemy import ColumnElement

    from issuer.tables.store import Work


def due_of(work: Work, certificate_id: str) -> InspectionDue | None:
    """Return by when a certificate is to be inspected, None if never."""
    return work.session.get(InspectionDue, certificate_id)


def put_due(work: Work, certificate: Certificate, due: date | None) -> None:
    """Set by when a certificate is to be inspected next; None takes it off the list."""
    row = due_of(work, certificate.id)
    if due is None:
        if row is not None:
            work.session.delete(row)
    elif row is None:
        work.add(
            InspectionDue(
                certificate_id=certificate.id,
                agency=certificate.agency,
                certificate_type=certificate.certificate_type,
                due=due,
            )
        )
    else:
        row.due = due
    work.flush()


def inspections(work: Work, certificate_id: str) -> list[Inspection]:
    """Return a certificate's inspections, newest first."""
    return list(
        work.session.exec(
            select(Inspection)
            .where(Inspection.certificate_id == certificate_id)
            .order_by(col(Inspection.held_on).desc(), col(Inspection.id).desc())
        )
    )


def listed(
    work: Work,
    agencies: Sequence[int],
    *,
    before: date,
    after: date | None = None,
    certificate_type: str = "",
    today: date,
    hour: int,
    limit: int | None = None,
    offset: int = 0,
) -> list[tuple[InspectionDue, Certificate]]:
    """Return what is due before a day (and not before `after`), earliest first, of certificates that still count."""
    query = (
        select(InspectionDue, Certificate)
        .join(Certificate, col(Certificate.id) == InspectionDue.certificate_id)
        .where(*_conditions(agencies, before, after, certificate_type), _counts(today, hour))
        .order_by(col(InspectionDue.due), col(InspectionDue.certificate_id))
        .offset(offset)
    )
    return list(work.session.exec(query if limit is None else query.limit(limit)))


def count(
    work: Work,
    agencies: Sequence[int],
    *,
    before: date,
    after: date | None = None,
    certificate_type: str = "",
    today: date,
    hour: int,
) -> int:
    """Return how many `listed` would return without a limit."""
    query = (
        select(func.count())
        .select_from(InspectionDue)
        .join(Certificate, col(Certificate.id) == InspectionDue.certificate_id)
        .where(*_conditions(agencies, before, after, certificate_type), _counts(today, hour))
    )
    return work.session.exec(query).one()


def _conditions(
    agencies: Sequence[int], before: date, after: date | None, certificate_type: str
) -> list[ColumnElement[bool]]:
    found = [col(InspectionDue.agency).in_(agencies), col(InspectionDue.due) < before]
    if after is not None:
        found.append(col(InspectionDue.due) >= after)
    if certificate_type:
        found.append(col(InspectionDue.certificate_type) == certificate_type)
    return found


def _counts(today: date, hour: int) -> ColumnElement[bool]:
    """Whether a certificate has neither expired nor ended."""
    ended = exists().where(
        col(KnownTrack.certificate_id) == InspectionDue.certificate_id,
        col(KnownTrack.track) <= int(Track.REPLACED),
        or_(col(KnownTrack.track) == int(Track.RESCINDED), col(KnownTrack.from_hour) <= hour),
    )
    return and_(~ended, or_(col(Certificate.last_day).is_(None), col(Certificate.last_day) >= today))

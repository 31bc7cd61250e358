"""Periodic inspections (年检、复审): by when each certificate is due, and what was found; unknown to the chain.

A type says how many months lie between two; the first one is counted from the certificate's first day. A failed one
changes no status by itself: it suggests a status order, which two officers sign.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from chain.calendar import first_hour
from chain.errors import InvalidInput
from issuer import audit_log
from issuer.errors import Erased, NotReady
from issuer.tables import inspection_rows
from issuer.tables.inspection_models import Inspection, Result
from issuer.tables.models import History, Purpose, State

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from issuer.audit_log import Occasion
    from issuer.office import Office
    from issuer.tables.inspection_models import InspectionDue
    from issuer.tables.models import Batch, Certificate
    from issuer.tables.store import Work

SOON, LATER = 30, 90
"""Days ahead that the due list tells apart."""
MOST = 1_024
"""Certificates that are recorded at once."""
_LONGEST_NOTE = 2_000


@dataclass(frozen=True, slots=True)
class Due:
    """How many certificates of an agency are to be inspected, by when."""

    overdue: int
    soon: int
    """Within 30 days, today included."""
    later: int
    """After those, within 90 days."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What an inspection found."""

    held_on: date
    result: Result
    note: str = ""
    next_due: date | None = None
    """As the type's interval has it if None; for one that passed with conditions, the day by which they are met."""


def due(work: Work, agency: int, today: date) -> Due:
    """Count what is due, for the dashboard."""
    hour = first_hour(today)

    def between(after: date | None, before: date) -> int:
        return inspection_rows.count(work, [agency], before=before, after=after, today=today, hour=hour)

    soon, later = today + timedelta(days=SOON + 1), today + timedelta(days=LATER + 1)
    return Due(between(None, today), between(today, soon), between(soon, later))


def due_list(
    work: Work,
    agency: int,
    today: date,
    *,
    within: int | None,
    certificate_type: str = "",
    limit: int | None = None,
    offset: int = 0,
) -> tuple[int, list[tuple[InspectionDue, Certificate]]]:
    """Return how many are due within so many days (overdue ones included; None: overdue only), and a page of them."""
    before = today if within is None else today + timedelta(days=within + 1)
    hour = first_hour(today)
    total = inspection_rows.count(
        work, [agency], before=before, certificate_type=certificate_type, today=today, hour=hour
    )
    rows = inspection_rows.listed(
        work,
        [agency],
        before=before,
        certificate_type=certificate_type,
        today=today,
        hour=hour,
        limit=limit,
        offset=offset,
    )
    return total, rows


def begin(office: Office, work: Work, batch: Batch, certificates: Sequence[Certificate]) -> None:
    """Set by when the certificates of a batch that was just issued are due; nothing for types without inspections.

    An altered certificate (变更) goes on with the old one's day; a renewed one (延续) begins anew.
    """
    months = office.type_of(batch.type_number, batch.type_version).inspection_months
    if months is None:
        return
    for certificate in certificates:
        before = inspection_rows.due_of(work, certificate.replaces_id) if certificate.replaces_id else None
        if before is not None and batch.purpose == Purpose.REPLACE:
            inspection_rows.put_due(work, certificate, before.due)
        elif certificate.first_day is not None:
            inspection_rows.put_due(work, certificate, _months_after(certificate.first_day, months))


def record(office: Office, row_ids: Sequence[str], found: Finding, *, who: str, agency: int, occasion: Occasion) -> int:
    """Record an inspection of certificates of an agency; returns how many. All of them, or none.

    Raises `InvalidInput` for days that cannot be, `NotReady` for what is not issued.
    """
    _require_possible(found, row_ids, office.today)
    with office.store.writing() as work:
        certificates = [work.certificate(each) for each in dict.fromkeys(row_ids)]
        for certificate in certificates:
            _record_one(office, work, certificate, found, who=who, agency=agency, now=occasion.now)
        subject = f"certificate {certificates[0].id}" if len(certificates) == 1 else f"{len(certificates)} certificates"
        audit_log.add(
            work, occasion, "inspection recorded", who=who, agency=agency, subject=subject, detail=str(found.result)
        )
    return len(certificates)


def note_of(office: Office, work: Work, inspection: Inspection) -> str:
    """Return what the inspector wrote; empty if nothing, or if the record was erased."""
    if inspection.note is None:
        return ""
    certificate = work.certificate(inspection.certificate_id)
    try:
        return office.records.open_grounds(work, certificate, inspection.note).decode()
    except Erased:
        return ""


def _record_one(
    office: Office, work: Work, certificate: Certificate, found: Finding, *, who: str, agency: int, now: datetime
) -> None:
    batch = work.batch(certificate.batch_id)
    if certificate.agency != agency or batch.state != State.ISSUED:
        raise NotReady(f"certificate {certificate.id}: wanted one that this agency has issued")
    next_due = found.next_due
    months = office.type_of(batch.type_number, batch.type_version).inspection_months
    if next_due is None and months is not None and found.result == Result.PASSED:
        next_due = _months_after(found.held_on, months)
    if next_due is None and (known := inspection_rows.due_of(work, certificate.id)) is not None:
        # It is due as it was, for what was to be shown was not shown.
        next_due = known.due
    note = found.note.strip()
    work.add(
        Inspection(
            certificate_id=certificate.id,
            agency=agency,
            held_on=found.held_on,
            result=str(found.result),
            inspector=who,
            note=office.records.close_grounds(work, certificate, note.encode()) if note else None,
            next_due=next_due,
            created_at=now,
        )
    )
    inspection_rows.put_due(work, certificate, next_due)
    work.add(
        History(
            at=now,
            what="inspected",
            who=who,
            certificate_id=certificate.id,
            detail=f"{found.result} on {found.held_on}" + (f", next due {next_due}" if next_due else ""),
        )
    )


def _require_possible(found: Finding, row_ids: Sequence[str], today: date) -> None:
    if not row_ids:
        raise InvalidInput("certificates: got none, wanted at least one")
    if len(row_ids) > MOST:
        raise InvalidInput(f"certificates: got {len(row_ids)}, wanted at most {MOST} at once")
    if found.held_on > today:
        raise InvalidInput(f"date: got {found.held_on}, wanted a day that is not still to come")
    if found.next_due is not None and found.next_due <= found.held_on:
        raise InvalidInput(f"next due: got {found.next_due}, wanted a day after the inspection, {found.held_on}")
    if found.result == Result.CONDITIONS and found.next_due is None:
        raise InvalidInput("next due: got none, wanted the day by which the conditions are to be met")
    if len(found.note) > _LONGEST_NOTE:
        raise InvalidInput(f"note: got {len(found.note)} characters, wanted at most {_LONGEST_NOTE}")


def _months_after(day: date, months: int) -> date:
    """Return the same day so many months later, or the month's last one where it has no such day."""
    year, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + year, month + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))

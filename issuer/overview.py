"""What waits for somebody, what is on its way, and what runs out soon: the first page's figures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import exists, func
from sqlmodel import col, select

from chain.events import Track
from issuer.office import ANCHORED
from issuer.said import msgid
from issuer.tables import account_rows, appointment_rows, erasure_rows
from issuer.tables.account_models import Role, Standing
from issuer.tables.inspection_models import InspectionDue
from issuer.tables.models import Batch, BatchSignature, Certificate, State
from issuer.tables.order_models import OrderState, StatusOrder
from issuer.tables.status_models import KnownTrack

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date, datetime

    from issuer.tables.account_models import Person
    from issuer.tables.store import Work

MONTHS = 6
"""So far ahead the chart of what runs out looks."""
SOON = timedelta(days=30)
_FINAL_TRACKS = tuple(int(track) for track in Track if track <= Track.REPLACED)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A kind of thing that waits for somebody."""

    word: str
    """A msgid."""
    count: int
    url: str
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class Month:
    """What runs out in one month."""

    first_day: date
    expiring: int
    due: int
    """Inspections."""


def waiting_for(work: Work, person: Person, *, today: date, now: datetime) -> list[Waiting]:
    """Return what waits for a person, by the roles; nothing that the person may not do."""
    roles, agency = account_rows.roles(person), person.agency
    found: list[Waiting] = []
    if Role.APPROVER in roles:
        count = len(_to_approve(work, person))
        found.append(Waiting(msgid("Batches to approve"), count, "/batches?state=submitted", urgent=True))
    if Role.PREPARER in roles:
        states = batches_by_state(work, [agency])
        found.append(Waiting(msgid("Drafts to go on with"), states.get(State.DRAFT, 0), "/batches?state=draft"))
        found.append(
            Waiting(msgid("Batches that failed"), states.get(State.FAILED, 0), "/batches?state=failed", urgent=True)
        )
    if Role.STATUS_OFFICER in roles:
        proposed = _orders(work, agency, OrderState.PROPOSED, but_by=person.login)
        mine = _orders(work, agency, OrderState.RETURNED, OrderState.OUTDATED, by=person.login)
        found.append(Waiting(msgid("Status orders to sign"), proposed, "/orders", urgent=True))
        found.append(Waiting(msgid("Status orders that came back"), mine, "/orders", urgent=True))
    if roles & {Role.PREPARER, Role.STATUS_OFFICER}:
        due = _due_until(work, agency, today + SOON)
        found.append(Waiting(msgid("Inspections due within 30 days"), due, "/inspections"))
    if roles & {Role.AGENCY_MANAGER, Role.STATUS_OFFICER}:
        others = [each for each in erasure_rows.waiting(work, agency, now) if each.asked_by != person.login]
        if others:
            # Rare, so there is no line for none.
            found.append(Waiting(msgid("Erasures to carry out"), len(others), "/erasures", urgent=True))
    if Role.AGENCY_MANAGER in roles:
        rights = [
            each
            for each in appointment_rows.in_states(work, [State.PREPARED], agency=agency)
            if person.login not in each.consenters.split(",")
        ]
        found.append(Waiting(msgid("Rights to consent to"), len(rights), "/people/rights", urgent=True))
    if roles & {Role.AGENCY_MANAGER, Role.COUNCIL_MEMBER}:
        invited = [each for each in account_rows.people(work, agency) if each.standing == Standing.INVITED]
        found.append(Waiting(msgid("Invitations not accepted yet"), len(invited), "/people"))
    return found


def batches_by_state(work: Work, agencies: Collection[int]) -> dict[State, int]:
    """Return how many batches of these agencies are in each state."""
    rows = work.session.exec(
        select(Batch.state, func.count()).where(col(Batch.agency).in_(agencies)).group_by(col(Batch.state))
    )
    return {State(state): count for state, count in rows}


def without_documents(work: Work, agencies: Collection[int]) -> int:
    """Return how many batches are signed, and their documents not all made yet."""
    return work.session.exec(
        select(func.count()).where(
            col(Batch.agency).in_(agencies), Batch.state == State.ISSUED, col(Batch.documents_at).is_(None)
        )
    ).one()


def running_out(work: Work, agency: int, *, today: date) -> list[Month]:
    """Return, for this month and those after it, how many certificates expire and how many inspections are due.

    What is replaced, or final otherwise, runs out no more. Inspections that are overdue count in this month.
    """
    months = _months(today)
    end = _next_month(months[-1])
    replaced = (
        exists()
        .where(col(KnownTrack.certificate_id) == col(Certificate.id), col(KnownTrack.track).in_(_FINAL_TRACKS))
        .correlate(Certificate)
    )
    expiring = work.session.exec(
        select(col(Certificate.last_day), func.count())
        .join(Batch, col(Batch.id) == col(Certificate.batch_id))
        .where(
            Certificate.agency == agency,
            col(Certificate.last_day) >= today,
            col(Certificate.last_day) < end,
            col(Batch.state).in_([str(each) for each in ANCHORED]),
            ~replaced,
        )
        .group_by(col(Certificate.last_day))
    ).all()
    due = work.session.exec(
        select(col(InspectionDue.due), func.count())
        .where(InspectionDue.agency == agency, col(InspectionDue.due) < end)
        .group_by(col(InspectionDue.due))
    ).all()
    return [
        Month(
            month,
            sum(count for day, count in expiring if day is not None and _month(day) == month),
            sum(count for day, count in due if max(_month(day), months[0]) == month),
        )
        for month in months
    ]


def _to_approve(work: Work, person: Person) -> list[Batch]:
    """Return the batches that wait for an approval, but those that the person has signed."""
    signed = (
        exists()
        .where(
            col(BatchSignature.batch_id) == col(Batch.id), col(BatchSignature.address) == (person.key_address or b"")
        )
        .correlate(Batch)
    )
    query = select(Batch).where(Batch.agency == person.agency, Batch.state == State.PREPARED, ~signed)
    return list(work.session.exec(query))


def _orders(work: Work, agency: int, *states: OrderState, by: str = "", but_by: str = "") -> int:
    query = select(func.count()).where(StatusOrder.agency == agency, col(StatusOrder.state).in_(states))
    if by:
        query = query.where(StatusOrder.proposed_by == by)
    if but_by:
        query = query.where(StatusOrder.proposed_by != but_by)
    return work.session.exec(query).one()


def _due_until(work: Work, agency: int, day: date) -> int:
    return work.session.exec(
        select(func.count()).where(InspectionDue.agency == agency, col(InspectionDue.due) <= day)
    ).one()


def _months(today: date) -> Sequence[date]:
    months = [_month(today)]
    while len(months) < MONTHS:
        months.append(_next_month(months[-1]))
    return months


def _month(day: date) -> date:
    return day.replace(day=1)


def _next_month(first_day: date) -> date:
    return (first_day + timedelta(days=31)).replace(day=1)

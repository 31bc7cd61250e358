"""Questions to the tables of status orders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, func, or_
from sqlmodel import col, delete, select

from issuer.errors import NotFound
from issuer.tables.models import Certificate, State, StatusChange, StatusTarget
from issuer.tables.order_models import OrderEntry, OrderPart, OrderState, StatusOrder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from issuer.tables.store import Work

_UNSETTLED = tuple(map(str, (State.PREPARED, State.QUEUED, State.SENT, State.IN_BLOCK)))


def order(work: Work, order_id: int, agency: int) -> StatusOrder:
    """Return an agency's order; another agency's is not found."""
    found = work.numbered(StatusOrder, order_id)
    if found is None or found.agency != agency:
        raise NotFound(f"status order: got {order_id}, wanted the number of one of this agency's")
    return found


def orders(work: Work, agency: int, *, states: Sequence[OrderState] = (), limit: int = 200) -> list[StatusOrder]:
    """Return an agency's orders, newest first."""
    query = select(StatusOrder).where(StatusOrder.agency == agency)
    if states:
        query = query.where(col(StatusOrder.state).in_(map(str, states)))
    return list(work.session.exec(query.order_by(col(StatusOrder.id).desc()).limit(limit)))


def orders_about(work: Work, certificate_id: str, agency: int) -> list[StatusOrder]:
    """Return an agency's orders in which a certificate was selected, newest first."""
    return list(
        work.session.exec(
            select(StatusOrder)
            .join(OrderEntry, col(OrderEntry.order_id) == StatusOrder.id)
            .where(OrderEntry.certificate_id == certificate_id, StatusOrder.agency == agency)
            .order_by(col(StatusOrder.id).desc())
        )
    )


def all_orders_about(work: Work, certificate_id: str) -> list[StatusOrder]:
    """Return the orders, of whatever agency, in which a certificate was selected."""
    return list(
        work.session.exec(
            select(StatusOrder)
            .join(OrderEntry, col(OrderEntry.order_id) == StatusOrder.id)
            .where(OrderEntry.certificate_id == certificate_id)
        )
    )


def add_entries(work: Work, order_id: int, certificate_ids: Sequence[str]) -> None:
    """Select certificates for an order, in this order."""
    for position, certificate_id in enumerate(certificate_ids):
        work.add(OrderEntry(order_id=order_id, position=position, certificate_id=certificate_id))
    work.flush()


def selected(work: Work, order_id: int) -> list[Certificate]:
    """Return an order's certificates as they were selected."""
    return list(
        work.session.exec(
            select(Certificate)
            .join(OrderEntry, col(OrderEntry.certificate_id) == Certificate.id)
            .where(OrderEntry.order_id == order_id)
            .order_by(col(OrderEntry.position))
        )
    )


def changes(work: Work, order_id: int) -> list[StatusChange]:
    """Return the changes that an order was made into, oldest first."""
    return list(
        work.session.exec(
            select(StatusChange)
            .join(OrderPart, col(OrderPart.change_id) == StatusChange.id)
            .where(OrderPart.order_id == order_id)
            .order_by(col(StatusChange.id))
        )
    )


def order_of(work: Work, change_id: int) -> int | None:
    """Return the number of the order that a change is part of, None if officers signed it in one call."""
    part = work.session.get(OrderPart, change_id)
    return None if part is None else part.order_id


def drop_changes(work: Work, order_id: int) -> None:
    """Forget an order's changes and their signatures; only what was never queued."""
    numbers = [change.id or 0 for change in changes(work, order_id)]
    if not numbers:
        return
    for table, column in (
        (OrderPart, OrderPart.change_id),
        (StatusTarget, StatusTarget.change_id),
        (StatusChange, StatusChange.id),
    ):
        work.session.exec(delete(table).where(col(column).in_(numbers)))
    work.flush()


def waiting_orders(work: Work, agency: int, login: str) -> list[StatusOrder]:
    """Return what waits for a status officer: others' proposals, and what of their own came back."""
    mine = [OrderState.RETURNED, OrderState.OUTDATED, OrderState.DRAFT]
    return list(
        work.session.exec(
            select(StatusOrder)
            .where(
                StatusOrder.agency == agency,
                or_(
                    and_(col(StatusOrder.state) == str(OrderState.PROPOSED), col(StatusOrder.proposed_by) != login),
                    and_(col(StatusOrder.state).in_(map(str, mine)), col(StatusOrder.drafted_by) == login),
                ),
            )
            .order_by(col(StatusOrder.id))
        )
    )


def states_of_changes(work: Work, order_ids: Sequence[int]) -> dict[int, dict[str, int]]:
    """Return how many changes of each order are in each state."""
    found: dict[int, dict[str, int]] = {}
    rows = work.session.exec(
        select(OrderPart.order_id, StatusChange.state, func.count())
        .join(StatusChange, col(StatusChange.id) == OrderPart.change_id)
        .where(col(OrderPart.order_id).in_(order_ids))
        .group_by(col(OrderPart.order_id), col(StatusChange.state))
    )
    for order_id, state, count in rows:
        found.setdefault(order_id, {})[state] = count
    return found


def busy(work: Work, certificate_ids: Sequence[str], *, but: int | None = None) -> dict[str, str]:
    """Return the state of the change that each certificate is waiting for, apart from those of one order."""
    found: dict[str, str] = {}
    for start in range(0, len(certificate_ids), 500):
        query = (
            select(StatusTarget.certificate_id, StatusChange.state)
            .join(StatusChange, col(StatusChange.id) == StatusTarget.change_id)
            .outerjoin(OrderPart, col(OrderPart.change_id) == StatusChange.id)
            .where(
                col(StatusTarget.certificate_id).in_(certificate_ids[start : start + 500]),
                col(StatusChange.state).in_(_UNSETTLED),
            )
        )
        if but is not None:
            query = query.where(col(OrderPart.order_id).is_(None) | (col(OrderPart.order_id) != but))
        found.update(work.session.exec(query).all())
    return found

"""What is asked of the table of appointments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlmodel import col, select

from issuer.errors import NotFound
from issuer.tables.appointment_models import Appointment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from issuer.tables.models import State
    from issuer.tables.store import Work


def find(work: Work, appointment_id: int) -> Appointment:
    """Return an appointment; raises `NotFound`."""
    row = work.numbered(Appointment, appointment_id)
    if row is None:
        raise NotFound(f"appointment: got {appointment_id}, wanted the number of one that is listed here")
    return row


def in_states(work: Work, states: Sequence[State], *, agency: int | None = None) -> list[Appointment]:
    """Return appointments in these states, in the order of their nonces."""
    query = (
        select(Appointment)
        .where(col(Appointment.state).in_([str(state) for state in states]))
        .order_by(col(Appointment.agency), col(Appointment.nonce), col(Appointment.id))
    )
    if agency is not None:
        query = query.where(Appointment.agency == agency)
    return list(work.session.exec(query))

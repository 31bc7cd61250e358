"""How the lanes are, as workers write it down and pages show it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlmodel import col, select

from chain.errors import RegistryMismatch, SenderRefused
from issuer.errors import LaneFrozen
from issuer.tables.lane_models import LaneCondition, Trouble

if TYPE_CHECKING:
    from chain.errors import RegistryError
    from chain.registry import Block
    from issuer.office import Office
    from issuer.tables.store import Work

AWAY_AFTER = timedelta(minutes=2)
"""Without a look for so long, no worker is there."""


def trouble_of(error: RegistryError | LaneFrozen) -> Trouble:
    """Return which trouble of a lane an error is."""
    match error:
        case LaneFrozen():
            return Trouble.FOREIGN
        case RegistryMismatch():
            return Trouble.OTHER_CHAIN
        case SenderRefused():
            return Trouble.SENDER
        case _:
            return Trouble.SILENT


def note(office: Office, sender: bytes, trouble: Trouble, detail: str = "", *, head: Block | None = None) -> bool:
    """Write down how a lane is; returns whether it was otherwise before."""
    now = office.now()
    with office.store.writing() as work:
        held = work.session.get(LaneCondition, sender)
        if held is None:
            held = LaneCondition(sender=sender, since=now, seen_at=now)
            work.add(held)
        changed = held.trouble != trouble
        if changed:
            held.since = now
        held.trouble, held.detail, held.seen_at = trouble, detail, now
        if head is not None:
            held.head_number = head.number
            held.head_at = datetime.fromtimestamp(head.timestamp, UTC)
        return changed


def all_of(work: Work) -> list[LaneCondition]:
    """Return how all lanes are, the one that was looked at last first."""
    return list(work.session.exec(select(LaneCondition).order_by(col(LaneCondition.seen_at).desc())))

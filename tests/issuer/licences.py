"""Issued certificates to test with, and officers who change their statuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chain.certificate_types import by_identifier
from issuer import approvals, in_one_go, issuing
from issuer.audit_log import Occasion
from issuer.draft import drafting
from issuer.status import orders
from issuer.status.orders import Doing, Wanted
from issuer.tables import order_rows
from tests.issuer.offices import permits

if TYPE_CHECKING:
    from datetime import date

    from issuer.tables.models import Certificate
    from tests.issuer.offices import World

TOP, LOW, OTHER = 1, 2, 3
PERMIT = "food-operation-permit"


def seal(world: World, batch: int, *, agency: str = "low") -> None:
    """Prepare, approve and seal a batch."""
    issuing.prepare(world.office, batch, world.officer(f"{agency}-preparer"))
    approvals.approve(world.office, batch, world.officer(f"{agency}-approver"))
    in_one_go.seal(world.office, world.lane(), [batch])


def issue(world: World, data: bytes, identifier: str = PERMIT) -> list[Certificate]:
    """Issue what a spreadsheet has, by the agency below."""
    (batch,) = drafting.draft(world.office, data, by_identifier(identifier), agency=LOW).batches
    seal(world, batch)
    with world.office.store.reading() as work:
        return work.certificates(batch)


def issue_permits(world: World, *serials: int, **cells: str) -> list[Certificate]:
    """Issue food operation permits with these serial numbers."""
    return issue(world, permits(*serials, **cells))


def by(world: World, who: str = "low-preparer", agency: int = LOW) -> Doing:
    """Return who does something that needs no signature."""
    return Doing(who, agency, Occasion(world.office.now(), "test"))


def wanted(verb: str = "revoke", code: str = "penalty-revoked", first: date | None = None, **more: object) -> Wanted:
    """Return what an order says."""
    values = {"last_day": None, "text": "经查属实", **more}
    return Wanted(verb=verb, first_day=first, code=code, **values)  # type: ignore[arg-type]


def drafted(world: World, rows: list[Certificate], asked: Wanted | None = None) -> int:
    """Write an order of the agency below down."""
    return orders.draft(world.office, [row.id for row in rows], asked or wanted(), by(world))


def proposed(world: World, rows: list[Certificate], asked: Wanted | None = None, *, confirmed: bool = False) -> int:
    """Have the first officer sign an order."""
    number = drafted(world, rows, asked)
    orders.propose(world.office, number, world.officer("low-preparer"), confirmed=confirmed)
    return number


def carried_out(world: World, rows: list[Certificate], asked: Wanted | None = None) -> int:
    """Have both officers sign an order, and bring it to the chain."""
    number = proposed(world, rows, asked)
    orders.approve(world.office, number, world.officer("low-approver"))
    world.lane().run()
    return number


def states(world: World, order: int) -> list[str]:
    """Return the states of an order's changes."""
    with world.office.store.reading() as work:
        return [change.state for change in order_rows.changes(work, order)]

"""The first page's figures: what waits, what is on its way, what runs out."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from issuer import overview
from issuer.tables import account_rows
from issuer.tables.account_models import Role
from issuer.tables.inspection_models import InspectionDue
from issuer.tables.models import State
from issuer.tables.status_models import KnownTrack
from tests.issuer.clerks import Door, pages
from tests.issuer.desks import LOW, make, permit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.issuer.offices import World

TODAY = date(2026, 1, 20)
pytestmark = pytest.mark.databases


@pytest.fixture
def door(world: World) -> Iterator[Door]:
    with pages(world) as opened:
        yield opened


def anchored(world: World, serial: int, last_day: date) -> str:
    """Have a certificate that is on the chain, as far as the tables say."""
    row_id = make(world, permit(serial))
    with world.office.store.writing() as work:
        certificate = work.certificate(row_id)
        certificate.last_day = last_day
        work.batch(certificate.batch_id).state = State.ISSUED
    return row_id


def months(world: World) -> list[tuple[str, int, int]]:
    with world.office.store.reading() as work:
        found = overview.running_out(work, LOW, today=TODAY)
    return [(f"{each.first_day:%Y-%m}", each.expiring, each.due) for each in found]


def test_what_expires_is_counted_by_month_until_it_is_final_otherwise(world: World) -> None:
    anchored(world, 1, TODAY - timedelta(days=1))
    anchored(world, 2, TODAY)
    anchored(world, 3, date(2026, 2, 28))
    revoked = anchored(world, 4, date(2026, 2, 1))
    anchored(world, 5, date(2026, 7, 1))
    with world.office.store.writing() as work:
        work.add(KnownTrack(certificate_id=revoked, track=1, from_hour=1, until_hour=0, level=1))
    assert months(world)[:3] == [("2026-01", 1, 0), ("2026-02", 1, 0), ("2026-03", 0, 0)]
    assert len(months(world)) == overview.MONTHS


def test_overdue_inspections_count_in_this_month(world: World) -> None:
    for serial, due in ((1, date(2025, 12, 1)), (2, date(2026, 3, 31))):
        row_id = make(world, permit(serial))
        with world.office.store.writing() as work:
            work.add(
                InspectionDue(certificate_id=row_id, agency=LOW, certificate_type="food-operation-permit", due=due)
            )
    assert [due for _, _, due in months(world)] == [1, 0, 1, 0, 0, 0]


def test_nobody_is_asked_to_approve_what_they_signed(door: Door, world: World) -> None:
    row_id = make(world, permit(1))
    with world.office.store.writing() as work:
        work.batch(work.certificate(row_id).batch_id).state = State.PREPARED
    person = door.hire("low-approver", Role.APPROVER, Role.STATUS_OFFICER)
    with world.office.store.reading() as work:
        held = account_rows.person(work, account_rows.number(person))
        waiting = {
            each.word: each.count for each in overview.waiting_for(work, held, today=TODAY, now=world.office.now())
        }
    assert waiting["Batches to approve"] == 1
    assert set(waiting) == {
        "Batches to approve",
        "Status orders to sign",
        "Status orders that came back",
        "Inspections due within 30 days",
    }


def test_the_chart_has_the_same_numbers_as_its_table(door: Door, world: World) -> None:
    anchored(world, 1, world.office.today + timedelta(days=3))
    text = door.clerk("low-preparer", Role.PREPARER).get("/").text
    assert '<svg class="yx-chart"' in text
    assert 'text-anchor="middle">1</text>' in text
    assert "The same in numbers" in text
    assert "style=" not in text

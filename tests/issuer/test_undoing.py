"""A change of status takes the place of what is recorded; what it would undo must be said."""

from __future__ import annotations

import dataclasses
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from chain.calendar import first_hour
from chain.errors import InvalidInput
from chain.events import Track
from issuer import days
from issuer.errors import RefusedByRegistry, Unconfirmed
from tests.issuer.test_statuses import TODAY, change, held, issued, wish

if TYPE_CHECKING:
    from tests.issuer.offices import World

DAY = timedelta(days=1)
IN_FEBRUARY, IN_MARCH = date(2026, 2, 1), date(2026, 3, 1)


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (date(2026, 12, 1), None),
        (date(2025, 10, 1), date(2025, 11, 1)),
        (None, IN_FEBRUARY),
        (TODAY + DAY, None),
    ],
    ids=["from later", "over already", "with an end", "from tomorrow"],
)
def test_suspension_that_would_lift_the_one_in_force_is_refused_unless_it_is_meant(
    world: World, first: date | None, last: date | None
) -> None:
    row = issued(world)
    change(world, row, wish("suspend"))
    before = held(world, row)
    with pytest.raises(Unconfirmed, match="holds SUSPENSION from 2026-01-01 on"):
        change(world, row, wish("suspend", first, last))
    assert held(world, row) == before
    with world.office.store.reading() as work:
        assert len(work.status_changes(row.id)) == 1
    change(world, row, dataclasses.replace(wish("suspend", first, last), confirmed=True))
    assert held(world, row) != before


def test_suspension_is_extended_without_saying_when_it_began(world: World) -> None:
    row = issued(world)
    change(world, row, wish("suspend", None, IN_FEBRUARY))
    world.registry.now += 5 * 24 * 3600
    change(world, row, wish("suspend", None, IN_MARCH))
    assert held(world, row) == {Track.SUSPENSION: (first_hour(TODAY), first_hour(IN_MARCH) + 24, 2)}
    change(world, row, wish("suspend"))
    assert held(world, row) == {Track.SUSPENSION: (first_hour(TODAY), 0, 2)}
    change(world, row, wish("suspend", TODAY - DAY))
    assert held(world, row) == {Track.SUSPENSION: (first_hour(TODAY - DAY), 0, 2)}


def test_emergency_suspension_is_made_lasting_by_two_officers(world: World) -> None:
    row = issued(world)
    change(world, row, wish("suspend"), "low-approver")
    hour = world.registry.now // 3600
    world.registry.now += 3600
    change(world, row, wish("suspend"))
    assert held(world, row) == {Track.SUSPENSION: (hour, 0, 2)}


def test_suspension_that_is_over_is_in_nobodys_way(world: World) -> None:
    row = issued(world)
    change(world, row, wish("suspend", None, TODAY))
    world.registry.now += 2 * 24 * 3600
    change(world, row, wish("suspend", IN_FEBRUARY))
    assert held(world, row) == {Track.SUSPENSION: (first_hour(IN_FEBRUARY), 0, 2)}


def test_pending_renewal_is_extended_freely_and_shortened_only_if_that_is_meant(world: World) -> None:
    row = issued(world)
    change(world, row, wish("renewal-pending", None, IN_FEBRUARY))
    change(world, row, wish("renewal-pending", None, IN_MARCH))
    with pytest.raises(Unconfirmed, match="holds RENEWAL PENDING to 2026-03-01; RENEWAL PENDING to 2026-02-01 would"):
        change(world, row, wish("renewal-pending", None, IN_FEBRUARY))


def test_superior_takes_a_suspension_over_and_is_asked_before_lifting_it(world: World) -> None:
    row = issued(world)
    top = ("top-preparer", "top-approver")
    change(world, row, wish("suspend"))
    with pytest.raises(Unconfirmed):
        change(world, row, wish("suspend", IN_MARCH), *top)
    change(world, row, wish("suspend"), *top)
    assert held(world, row)[Track.SUSPENSION][2] == 1
    with pytest.raises(RefusedByRegistry, match="SetFromAbove"):
        change(world, row, wish("suspend", IN_MARCH))


def test_revocation_dated_ahead_stays_with_its_agency_and_moves_by_one_above(world: World) -> None:
    row = issued(world)
    change(world, row, wish("revoke", IN_MARCH))
    with pytest.raises(RefusedByRegistry):
        change(world, row, wish("revoke"))
    change(world, row, wish("revoke"), "top-preparer", "top-approver")
    assert held(world, row)[Track.REVOKED] == (first_hour(TODAY), 0, 1)


def test_superior_rescinds_from_any_day_for_a_rescission_counts_at_all(world: World) -> None:
    row = issued(world)
    change(world, row, wish("rescind"))
    change(world, row, wish("rescind", IN_MARCH), "top-preparer", "top-approver")
    assert held(world, row)[Track.RESCINDED] == (first_hour(IN_MARCH), 0, 1)


def test_first_day_that_is_years_ahead_is_asked_about(world: World) -> None:
    row = issued(world)
    far = wish("revoke", date(2062, 1, 1))
    with pytest.raises(Unconfirmed, match="2062-01-01, more than a year ahead"):
        change(world, row, far)
    change(world, row, dataclasses.replace(far, confirmed=True))
    assert held(world, row)[Track.REVOKED][0] == first_hour(date(2062, 1, 1))


@pytest.mark.parametrize("day", [date.min, date(1900, 1, 1), days.FIRST - DAY, days.LAST + DAY, date.max])
@pytest.mark.parametrize("end", [False, True])
def test_day_that_the_registry_cannot_count_is_refused_before_anything_is_signed(
    world: World, day: date, *, end: bool
) -> None:
    row = issued(world)
    wanted = wish("suspend", None, day) if end else wish("suspend", day)
    with pytest.raises(InvalidInput, match=f"got {day}, wanted a day from 1970-01-02 to "):
        change(world, row, dataclasses.replace(wanted, confirmed=True))
    with world.office.store.reading() as work:
        assert work.status_changes(row.id) == []


def test_outermost_days_are_counted(world: World) -> None:
    row = issued(world)
    change(world, row, wish("suspend", days.FIRST, days.LAST))
    assert held(world, row) == {Track.SUSPENSION: (16, first_hour(days.LAST) + 24, 2)}
    assert first_hour(days.LAST) + 24 < 2**24 <= first_hour(days.LAST + DAY) + 24


@pytest.mark.parametrize("text", ["20261201", "2026-W49-1", "2026-02-30", "٢٠٢٦-01-01", " 2026-01-01", "", "soon"])
def test_day_is_written_in_one_way(text: str) -> None:
    assert days.read("2026-01-31", "from") == date(2026, 1, 31)
    with pytest.raises(InvalidInput, match=r"from: got .* wanted a day such as 2026-01-31"):
        days.read(text, "from")

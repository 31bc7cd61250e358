"""A certificate number belongs to one licence; where it was given out again, the one that is meant must be named."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from chain import code
from chain.errors import InvalidInput
from issuer import days
from issuer.draft import replacing
from issuer.draft.replacing import Changes
from issuer.errors import Ambiguous, NotAllowed, NotFound, NotReady
from issuer.tables.models import Purpose, State
from tests.issuer.offices import permit_number
from tests.issuer.test_statuses import change, issued, new_version, wish

if TYPE_CHECKING:
    from issuer.tables.models import Certificate
    from tests.issuer.offices import World


def replaced(world: World, row: Certificate, serial: int) -> Certificate:
    return new_version(world, row, Changes({"number": permit_number(serial)}), Purpose.REPLACE)


def batches(world: World) -> int:
    with world.office.store.reading() as work:
        return len(work.batches())


@pytest.mark.parametrize("ended", [False, True])
def test_replacement_cannot_take_the_number_of_another_certificate(world: World, *, ended: bool) -> None:
    other, row = issued(world, number=permit_number(2)), issued(world)
    if ended:
        change(world, other, wish("cancel"))
    before = batches(world)
    with pytest.raises(NotAllowed, match=f"number: got {permit_number(2)}, which was given out to another certificate"):
        replacing.draft(world.office, row, Changes({"number": permit_number(2)}), purpose=Purpose.REPLACE)
    assert batches(world) == before


def test_replacement_may_take_a_new_number_and_its_own_former_one(world: World) -> None:
    row = issued(world)
    second = replaced(world, row, 2)
    third = replaced(world, second, 1)
    assert (third.version, third.lineage) == (3, row.lineage)
    with world.office.store.reading() as work:
        assert world.office.find(work, permit_number(1)).id == third.id


def test_former_number_that_another_got_meanwhile_is_not_taken_back(world: World) -> None:
    second = replaced(world, issued(world), 2)
    issued(world, hotline="999")
    with pytest.raises(NotAllowed, match="given out to another certificate"):
        replacing.draft(world.office, second, Changes({"number": permit_number(1)}), purpose=Purpose.REPLACE)


def test_number_given_out_again_is_ambiguous_until_a_short_number_says_which(world: World) -> None:
    first = issued(world)
    change(world, first, wish("cancel"))
    second = issued(world, hotline="12345")
    newer = new_version(world, second, Changes({"hotline": "999"}), Purpose.REPLACE)
    short = {each.id: code.short_number(each.leaf or b"") for each in (first, second, newer)}
    number = permit_number(1)
    with world.office.store.reading() as work:
        with pytest.raises(Ambiguous) as refused:
            world.office.find(work, number)
        assert short[first.id] in str(refused.value)
        assert short[newer.id] in str(refused.value)
        assert world.office.find(work, number, short_number=short[first.id].lower()).id == first.id
        assert world.office.find(work, number, short_number=short[second.id]).id == newer.id
        assert world.office.find(work, number, short_number=short[second.id], version=1).id == second.id
        assert len(world.office.find_all(work, number)) == 3
        with pytest.raises(NotFound, match=r"short number: got .*, wanted one of"):
            world.office.find(work, number, short_number=code.short_number(b"another leaf"))
        with pytest.raises(InvalidInput, match="short number"):
            world.office.find(work, number, short_number="1234")


def test_draft_under_the_number_of_an_ended_certificate_makes_it_not_ambiguous(world: World) -> None:
    first = issued(world)
    change(world, first, wish("cancel"))
    replacement = issued(world, number=permit_number(3))
    with world.office.store.reading() as work:
        assert world.office.find(work, permit_number(1)).id == first.id
        assert world.office.find(work, permit_number(3)).id == replacement.id


@pytest.mark.parametrize("day", [date(1900, 1, 1), date(9999, 12, 31)])
def test_replacement_from_an_impossible_day_leaves_no_draft(world: World, day: date) -> None:
    row = issued(world)
    before = batches(world)
    with pytest.raises(InvalidInput, match=f"from: got {day}, wanted a day from {days.FIRST}"):
        replacing.draft(world.office, row, Changes({"hotline": "12345"}, day), purpose=Purpose.REPLACE)
    assert batches(world) == before


def test_replacement_from_another_day_is_another_wish(world: World) -> None:
    row = issued(world)
    changes = {"hotline": "12345"}
    first, second = date(2026, 3, 1), date(2026, 4, 1)
    batch = replacing.draft(world.office, row, Changes(changes, first), purpose=Purpose.REPLACE)
    for same in (first, None):
        assert replacing.draft(world.office, row, Changes(changes, same), purpose=Purpose.REPLACE) == batch
    with pytest.raises(NotReady, match=f"a new version from {first} was drafted already, in batch {batch}"):
        replacing.draft(world.office, row, Changes(changes, second), purpose=Purpose.REPLACE)


def test_new_version_that_nobody_signed_is_given_up(world: World) -> None:
    row = issued(world)
    batch = replacing.draft(world.office, row, Changes({"hotline": "12345"}), purpose=Purpose.REPLACE)
    replacing.give_up_unsigned(world.office, batch)
    with world.office.store.reading() as work:
        assert work.batch(batch).state == State.DISCARDED
        assert work.successor(row.id) is None
    replacing.give_up_unsigned(world.office, row.batch_id)
    with world.office.store.reading() as work:
        assert work.batch(row.batch_id).state == State.ISSUED

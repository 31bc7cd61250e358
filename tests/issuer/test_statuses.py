"""Changes of status, and new versions in the place of old ones."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from datetime import date
from typing import TYPE_CHECKING

import pytest

from chain.calendar import day_of_hour, first_hour
from chain.certificate_types import by_identifier
from chain.errors import InvalidInput
from chain.events import Track
from demo.deeds import DEEDS, RENEWAL
from issuer import approvals, in_one_go, issuing, slots
from issuer.draft import drafting, replacing
from issuer.draft.replacing import Changes
from issuer.errors import NotAllowed, NotReady, RefusedByRegistry, StatusNotKnown, StillWaiting
from issuer.status import statuses, wishes
from issuer.status.statuses import Wish
from issuer.tables.models import Purpose, State
from tests.issuer.offices import permit_number, permits, table

if TYPE_CHECKING:
    from issuer.tables.models import Certificate
    from tests.issuer.offices import World

LOW = 2
PERMIT = "food-operation-permit"
TODAY = date(2026, 1, 1)
"""The day of the registry in memory."""


def seal(world: World, batch: int) -> None:
    issuing.prepare(world.office, batch, world.officer("low-preparer"))
    approvals.approve(world.office, batch, world.officer("low-approver"))
    in_one_go.seal(world.office, world.lane(), [batch])


def issued(world: World, identifier: str = PERMIT, **cells: str) -> Certificate:
    cells = {"number": permit_number(1), **cells} if identifier == PERMIT else cells
    data = table(identifier, cells)
    (batch,) = drafting.draft(world.office, data, by_identifier(identifier), agency=LOW).batches
    seal(world, batch)
    with world.office.store.reading() as work:
        return work.certificates(batch)[0]


def wish(verb: str, first: date | None = None, last: date | None = None, *, lift: bool = False) -> Wish:
    return Wish(verb, first, last, "因为", None, lift)


def change(world: World, row: Certificate, wanted: Wish, *names: str) -> int | None:
    officers = [world.officer(name) for name in names or ("low-preparer", "low-approver")]
    number = statuses.request(world.office, row, wanted, officers)
    if number is not None:
        world.lane().run()
        statuses.require_taken(world.office, number)
    return number


def held(world: World, row: Certificate) -> dict[Track, tuple[int, int, int]]:
    return {each.track: (each.from_hour, each.until_hour, each.level) for each in statuses.held_now(world.office, row)}


def test_every_deed_of_the_demo_is_known_to_its_type() -> None:
    for deed in (*DEEDS, RENEWAL):
        for command, _, verb, *_ in deed.words:
            if command == "status":
                assert wishes.TRACKS[verb] in by_identifier(deed.certificate_type).statuses, deed


def test_status_that_the_type_does_not_know_is_refused_and_nothing_is_signed(world: World) -> None:
    row = issued(world, "inspection-record")
    with pytest.raises(StatusNotKnown, match=r"got «revoke», but .*\(inspection-record\) knows no REVOKED; wanted"):
        change(world, row, wish("revoke"))
    with world.office.store.reading() as work:
        assert work.status_changes(row.id) == []
    with pytest.raises(StatusNotKnown, match="knows no SUSPENSION; wanted one of its statuses: RESCINDED, REPLACED"):
        change(world, row, wish("suspend"), "low-preparer")
    assert change(world, row, wish("rescind")) is not None


def test_status_that_was_recorded_past_the_type_can_be_taken_back(world: World) -> None:
    """The contracts let it pass, so another issuer's software may have recorded it."""
    kind = by_identifier("inspection-record")
    careless = dataclasses.replace(world.office, types=(dataclasses.replace(kind, statuses=frozenset(Track)),))
    row = issued(world, "inspection-record")
    statuses.request(careless, row, wish("suspend"), [world.officer("low-preparer"), world.officer("low-approver")])
    world.lane().run()
    assert set(held(world, row)) == {Track.SUSPENSION}
    assert change(world, row, wish("resume")) is not None
    assert held(world, row) == {}


def test_days_are_calendar_days_of_shanghai() -> None:
    assert first_hour(date(1970, 1, 2)) == 16
    assert day_of_hour(first_hour(TODAY)) == TODAY
    assert day_of_hour(first_hour(TODAY) + 23) == TODAY
    assert day_of_hour(first_hour(TODAY) - 1) == date(2025, 12, 31)


@pytest.mark.parametrize("verb", ["revoke", "rescind", "withdraw", "cancel", "lost"])
def test_negative_status_counts_from_the_first_hour_of_its_day(world: World, verb: str) -> None:
    row = issued(world)
    change(world, row, wish(verb, date(2026, 2, 3)))
    assert held(world, row) == {statuses.TRACKS[verb]: (first_hour(date(2026, 2, 3)), 0, 2)}


def test_suspension_counts_to_the_last_hour_of_its_last_day(world: World) -> None:
    row = issued(world)
    change(world, row, wish("suspend", date(2026, 2, 3), date(2026, 2, 3)))
    first = first_hour(date(2026, 2, 3))
    assert held(world, row) == {Track.SUSPENSION: (first, first + 24, 2)}
    change(world, row, wish("resume"))
    assert held(world, row) == {}


def test_found_takes_a_loss_back(world: World) -> None:
    row = issued(world)
    change(world, row, wish("lost"))
    assert Track.LOSS in held(world, row)
    change(world, row, wish("found"))
    assert held(world, row) == {}


def test_pending_renewal_needs_its_last_day(world: World) -> None:
    row = issued(world)
    with pytest.raises(InvalidInput, match="until: got none"):
        change(world, row, wish("renewal-pending"))
    change(world, row, wish("renewal-pending", None, date(2026, 3, 1)))
    assert held(world, row) == {Track.RENEWAL_PENDING: (0, first_hour(date(2026, 3, 2)), 2)}


def test_tracks_do_not_erase_each_other(world: World) -> None:
    row = issued(world)
    for verb in ("suspend", "lost", "cancel"):
        change(world, row, wish(verb))
    assert set(held(world, row)) == {Track.SUSPENSION, Track.LOSS, Track.CANCELLED}


def test_same_wish_again_sends_nothing(world: World) -> None:
    row = issued(world)
    assert change(world, row, wish("revoke")) is not None
    assert change(world, row, wish("revoke")) is None
    assert change(world, row, wish("resume")) is None


def test_wish_on_its_way_is_not_signed_twice(world: World) -> None:
    row = issued(world)
    officers = [world.officer("low-preparer"), world.officer("low-approver")]
    first = statuses.request(world.office, row, wish("revoke"), officers)
    assert statuses.request(world.office, row, wish("revoke"), officers) == first


def test_one_officer_alone_may_suspend_for_24_hours_from_now(world: World) -> None:
    row = issued(world)
    change(world, row, wish("suspend"), "low-approver")
    hour = world.registry.now // 3600
    assert held(world, row) == {Track.SUSPENSION: (hour, hour + 24, 2)}


def carried_out(world: World, row: Certificate, wanted: Wish, *names: str) -> bool:
    officers = [world.officer(name) for name in names]
    return statuses.carry_out(world.office, row, wanted, officers, carry=lambda: world.lane().run())


def test_emergency_suspension_signed_as_the_hour_turns_is_signed_once_more(world: World) -> None:
    row = issued(world)
    world.registry.now += 3600
    assert carried_out(world, row, wish("suspend"), "low-approver")
    hour = world.registry.now // 3600
    assert held(world, row) == {Track.SUSPENSION: (hour, hour + 24, 2)}


def test_emergency_suspension_whose_block_comes_after_the_hour_turned_is_signed_once_more(world: World) -> None:
    row = issued(world)
    turned: list[int] = []

    def turn(point: str) -> None:
        if point == "after_sign" and not turned:
            world.registry.now += 3600
            turned.append(world.registry.now // 3600)

    officers = [world.officer("low-approver")]
    statuses.carry_out(world.office, row, wish("suspend"), officers, carry=lambda: world.lane(at=turn).run())
    assert held(world, row) == {Track.SUSPENSION: (turned[0], turned[0] + 24, 2)}
    with world.office.store.reading() as work:
        assert [each.state for each in work.status_changes(row.id)] == [State.FAILED, State.FINAL]


def test_emergency_suspension_refused_for_another_reason_is_not_signed_again(world: World) -> None:
    row = issued(world)
    meanwhile: list[int | None] = []

    def carry() -> None:
        # Two officers are quicker than the one: what the one signed is out of date.
        officers = [world.officer("low-preparer"), world.officer("low-approver")]
        meanwhile.append(statuses.request(world.office, row, wish("lost"), officers))
        with world.office.store.writing() as work:
            work.status_changes(row.id)[0].state = State.DRAFT
        world.lane().run()
        with world.office.store.writing() as work:
            work.status_changes(row.id)[0].state = State.QUEUED
        world.lane().run()

    with pytest.raises(RefusedByRegistry, match="changed since the officers signed"):
        statuses.carry_out(world.office, row, wish("suspend"), [world.officer("low-approver")], carry=carry)
    with world.office.store.reading() as work:
        assert [each.state for each in work.status_changes(row.id)] == [State.FAILED, State.FINAL]


def test_one_officer_alone_suspends_nothing_that_was_suspended_and_is_told_what_helps(world: World) -> None:
    row = issued(world)
    change(world, row, wish("suspend", None, TODAY))
    world.registry.now += 3 * 24 * 3600
    with pytest.raises(NotAllowed, match=r"not even one that is over; it holds SUSPENSION from 2026-01-01 to 2026"):
        change(world, row, wish("suspend"), "low-approver")
    change(world, row, wish("resume"))
    assert change(world, row, wish("suspend"), "low-approver") is not None


def sent_by_a_stranger(world: World, number: int) -> None:
    with world.office.store.reading() as work:
        row = work.status_change(number)
        wanted = statuses.to_change(row, work.status_targets(number))
    signatures = [row.signatures[:65], row.signatures[65:]]
    sender = world.officer("other-manager").signer
    signed = world.registry.sign_status(wanted, deadline=row.deadline, signatures=signatures, sender=sender, nonce=0)
    world.registry.send(signed)


@pytest.mark.parametrize("verb", ["revoke", "renewal-pending"])
def test_change_that_a_stranger_sent_first_is_done(world: World, verb: str) -> None:
    row = issued(world)
    officers = [world.officer("low-preparer"), world.officer("low-approver")]
    last = date(2026, 3, 1) if verb == "renewal-pending" else None
    number = statuses.request(world.office, row, wish(verb, None, last), officers) or 0
    sent_by_a_stranger(world, number)
    block = world.registry.newest().number
    world.lane().run()
    statuses.require_taken(world.office, number)
    with world.office.store.reading() as work:
        done = work.status_change(number)
    assert (done.state, done.block_number) == (State.FINAL, block)


def test_change_whose_transaction_a_stranger_overtook_is_done(world: World) -> None:
    row = issued(world)
    officers = [world.officer("low-preparer"), world.officer("low-approver")]
    number = statuses.request(world.office, row, wish("revoke"), officers) or 0
    world.registry.automine = False
    with pytest.raises(StillWaiting):
        world.lane().run()
    with pytest.raises(StillWaiting, match="not final yet"):
        statuses.require_taken(world.office, number)
    ours = world.registry.snapshot().waiting
    world.registry.drop_waiting()
    world.registry.automine = True
    sent_by_a_stranger(world, number)
    block = world.registry.newest().number
    for transaction in ours.values():
        world.registry.send(transaction)
    world.lane().run()
    with world.office.store.reading() as work:
        done = work.status_change(number)
    assert (done.state, done.block_number) == (State.FINAL, block)


def test_change_that_another_lane_made_meanwhile_is_neither_sent_again_nor_failed(world: World) -> None:
    row = issued(world)
    officers = [world.officer("low-preparer"), world.officer("low-approver")]
    number = statuses.request(world.office, row, wish("revoke"), officers) or 0
    world.office.keystore.new_sender("second")
    second = world.office.keystore.sender("second")

    def overtake(point: str) -> None:
        if point == "after_sign":
            world.lane().run()

    dataclasses.replace(world.lane(at=overtake), sender=second).run()
    statuses.require_taken(world.office, number)
    assert world.registry.next_nonce(second.address) == 0
    assert Track.REVOKED in held(world, row)


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (wish("revoke"), "needs two officers"),
        (wish("resume"), "needs two officers"),
        (wish("suspend", date(2026, 1, 2)), "only from now on"),
        (wish("suspend", None, date(2026, 1, 3)), "up to 24 hours"),
    ],
)
def test_one_officer_alone_may_do_nothing_else(world: World, wanted: Wish, words: str) -> None:
    with pytest.raises(NotAllowed, match=words):
        change(world, issued(world), wanted, "low-approver")


def test_agency_above_may_act_and_one_beside_may_not(world: World) -> None:
    row = issued(world)
    with pytest.raises(NotAllowed, match="nor above it"):
        change(world, row, wish("revoke"), "other-preparer", "other-approver")
    change(world, row, wish("revoke"), "top-preparer", "top-approver")
    assert held(world, row)[Track.REVOKED][2] == 1


def test_subordinate_cannot_lift_what_its_superior_set(world: World) -> None:
    row = issued(world)
    change(world, row, wish("suspend"), "top-preparer", "top-approver")
    officers = [world.officer("low-preparer"), world.officer("low-approver")]
    number = statuses.request(world.office, row, wish("resume"), officers)
    world.lane().run()
    assert number is not None
    with pytest.raises(RefusedByRegistry, match="SetFromAbove"):
        statuses.require_taken(world.office, number)
    assert Track.SUSPENSION in held(world, row)


def test_same_person_twice_is_refused(world: World) -> None:
    with pytest.raises(NotAllowed, match="twice"):
        change(world, issued(world), wish("revoke"), "low-approver", "low-approver")


def test_ends_before_beginnings_are_refused(world: World) -> None:
    with pytest.raises(InvalidInput, match="wanted no day before the first"):
        change(world, issued(world), wish("suspend", date(2026, 2, 3), date(2026, 2, 2)))
    with pytest.raises(InvalidInput, match="has no end"):
        change(world, issued_again(world), wish("revoke", None, date(2026, 2, 2)))


def issued_again(world: World) -> Certificate:
    return issued(world, number=permit_number(2))


def test_draft_has_no_status(world: World) -> None:
    (batch,) = drafting.draft(world.office, permits(1), by_identifier(PERMIT), agency=LOW).batches
    issuing.prepare(world.office, batch, world.officer("low-preparer"))
    with world.office.store.reading() as work:
        (row,) = work.certificates(batch)
    with pytest.raises(NotReady, match="only what is anchored"):
        change(world, row, wish("revoke"))


def test_chain_gets_a_salted_digest_of_the_grounds_which_stay_here(world: World) -> None:
    row = issued(world)
    officers = [world.officer("low-preparer"), world.officer("low-approver")]
    wanted = Wish("revoke", None, None, "无证经营", b"%PDF decision", lift=False)
    number = statuses.request(world.office, row, wanted, officers) or 0
    with world.office.store.reading() as work:
        stored = work.status_change(number)
        target = work.status_target(number, row.id)
        grounds = world.office.records.open_grounds(work, row, target.grounds or b"")
    assert hashlib.sha256(grounds).digest() == stored.decision
    opened = json.loads(grounds)
    assert opened["reason"] == "无证经营"
    assert opened["decision"] == hashlib.sha256(b"%PDF decision").hexdigest()
    assert len(opened["salt"]) == 32


# New versions.


def new_version(world: World, row: Certificate, changes: Changes, purpose: Purpose) -> Certificate:
    batch = replacing.draft(world.office, row, changes, purpose=purpose)
    seal(world, batch)
    with world.office.store.reading() as work:
        return work.certificates(batch)[0]


def test_replacement_keeps_lineage_and_counts_the_version_up(world: World) -> None:
    old = issued(world, "construction-safety-licence")
    new = new_version(world, old, Changes({"address": "新地址1号"}), Purpose.REPLACE)
    assert (new.lineage, new.serial, new.version) == (old.lineage, old.serial, 2)
    assert held(world, old)[Track.REPLACED][0] == first_hour(max(TODAY, new.first_day or TODAY))
    with world.office.store.reading() as work:
        claims = world.office.records.claims(work, new)
        before = world.office.records.claims(work, old)
    assert claims["address"] == "新地址1号"
    assert claims["previous_identifier"] == before["certificateIdentifier"]
    assert ".002." in str(claims["certificateIdentifier"])


def test_renewal_needs_a_type_that_is_renewed(world: World) -> None:
    row = issued(world, "business-licence")
    with pytest.raises(NotAllowed, match="is not renewed"):
        replacing.draft(world.office, row, Changes({"approved": "2026-05-01"}), purpose=Purpose.RENEW)


def test_renewal_needs_new_days_and_keeps_the_number(world: World) -> None:
    row = issued(world)
    with pytest.raises(NotAllowed, match="needs new days"):
        replacing.draft(world.office, row, Changes({}), purpose=Purpose.RENEW)
    with pytest.raises(NotAllowed, match="keeps its number"):
        replacing.draft(world.office, row, Changes({"number": permit_number(9)}), purpose=Purpose.RENEW)


@pytest.mark.parametrize("verb", ["revoke", "rescind", "withdraw", "cancel"])
def test_what_is_final_is_not_replaced(world: World, verb: str) -> None:
    row = issued(world)
    change(world, row, wish(verb))
    with pytest.raises(NotAllowed, match="which is final"):
        replacing.draft(world.office, row, Changes({"hotline": "12345"}), purpose=Purpose.REPLACE)


def test_suspended_certificate_is_not_replaced_by_one_that_is_not_suspended(world: World) -> None:
    row = issued(world)
    change(world, row, wish("suspend"))
    with pytest.raises(NotAllowed, match="resume it first"):
        replacing.draft(world.office, row, Changes({"hotline": "12345"}), purpose=Purpose.REPLACE)


def test_lost_certificate_is_replaced_by_one_that_says_the_same(world: World) -> None:
    row = issued(world)
    with pytest.raises(NotAllowed, match="nothing is different"):
        replacing.draft(world.office, row, Changes({}), purpose=Purpose.REPLACE)
    change(world, row, wish("lost"))
    new = new_version(world, row, Changes({}), Purpose.REPLACE)
    assert new.version == 2
    assert {Track.LOSS, Track.REPLACED} <= held(world, row).keys()
    assert held(world, new) == {}


def test_same_replacement_again_is_the_same_batch(world: World) -> None:
    row = issued(world)
    changes = Changes({"hotline": "12345"})
    first = replacing.draft(world.office, row, changes, purpose=Purpose.REPLACE)
    assert replacing.draft(world.office, row, changes, purpose=Purpose.REPLACE) == first
    with pytest.raises(NotReady, match=f"in batch {first}"):
        replacing.draft(world.office, row, Changes({"hotline": "999"}), purpose=Purpose.REPLACE)


def test_claim_that_the_type_does_not_have_is_refused(world: World) -> None:
    with pytest.raises(NotAllowed, match="got «colour»"):
        replacing.draft(world.office, issued(world), Changes({"colour": "red"}), purpose=Purpose.REPLACE)


def test_slots_are_read_as_the_contract_packs_them() -> None:
    slot = (7 | 1 << 24) | (0x10 | 0x20 << 24 | 3 << 48) << 135 | (9 | 2 << 24) << 186 | (5 | 4 << 24) << 213
    assert [(each.track, each.from_hour, each.until_hour, each.level) for each in slots.read(slot)] == [
        (Track.RESCINDED, 7, 0, 1),
        (Track.SUSPENSION, 0x10, 0x20, 3),
        (Track.LOSS, 9, 0, 2),
        (Track.RENEWAL_PENDING, 0, 5, 4),
    ]
    suspension = slots.track_of(slot, Track.SUSPENSION)
    assert suspension is not None
    assert [suspension.in_force(hour) for hour in (0xF, 0x10, 0x1F, 0x20)] == [False, True, True, False]
    rescission = slots.track_of(slot, Track.RESCINDED)
    assert rescission is not None
    assert rescission.in_force(0)

"""Statuses: tracks that never erase each other, and who may set and lift them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from eth_abi import encode
from eth_utils import keccak
from hypothesis import given
from hypothesis import strategies as st

from tests.contracts.abi import artifact
from tests.contracts.model import ZERO
from tests.contracts.model_certificates import FROM_BIT, LEVEL_BIT, UNTIL_BIT, Mark, Track, held_hash, packed
from tests.contracts.node import ANYBODY
from tests.contracts.people import person
from tests.contracts.world import (
    ALL_TRACKS,
    BANNER,
    DECISION,
    HOUR,
    LEAGUE,
    LOSS,
    NEIGHBOUR,
    REGION,
    RENEWAL_PENDING,
    RESCINDED,
    REVOKED,
    SUSPENSION,
    leaves,
    manager,
    preparer,
    statuses,
)

if TYPE_CHECKING:
    from tests.contracts.conftest import Refusal
    from tests.contracts.world import World

[LEAF] = leaves(1)
FINALS = range(5)
DAY = 24


def slot_of_statuses() -> bytes:
    """Return where the mapping of statuses stands."""
    [slot] = [slot for label, slot, _, _ in artifact("Certificates").storage if label == "_statuses"]
    return slot.to_bytes(32, "big")


@pytest.mark.parametrize("track", ALL_TRACKS)
def test_track_is_set_by_two_officers(world: World, track: int) -> None:
    until = 600_000 if track == RENEWAL_PENDING else 0
    [made] = world.mark(BANNER, [LEAF], track, 500_000, until)
    mark = Mark(0 if track == RENEWAL_PENDING else 500_000, until, 3)
    held = packed({Track(track): mark}, 1)
    officers = tuple(officer.address for officer in statuses(BANNER))
    assert (made.name, made.arguments) == (
        "StatusChanged",
        (BANNER, LEAF, track, 500_000, until, BANNER, DECISION, held, officers),
    )
    assert world.held(BANNER, [LEAF]) == [held]
    assert world.held(LEAGUE, [LEAF]) == [0]


@given(st.permutations(list(ALL_TRACKS)))
def test_no_track_touches_another_in_the_slot(order: list[int]) -> None:
    """The layout itself: full marks of all tracks fill 240 bits without an overlap."""
    marks = {
        Track(track): Mark(
            2**24 - 1 if Track(track) in FROM_BIT else 0, 2**24 - 1 if Track(track) in UNTIL_BIT else 0, 7
        )
        for track in order
    }
    assert packed(marks) == 2**240 - 1
    assert sum(packed({track: mark}) for track, mark in marks.items()) == 2**240 - 1
    assert LEVEL_BIT[Track.RENEWAL_PENDING] == 237


def test_all_tracks_stand_side_by_side(world: World) -> None:
    marks = {}
    for changes, track in enumerate(ALL_TRACKS, 1):
        until = 16_777_215 if track in (SUSPENSION, RENEWAL_PENDING) else 0
        world.mark(BANNER, [LEAF], track, 16_777_214, until)
        marks[Track(track)] = Mark(0 if track == RENEWAL_PENDING else 16_777_214, until, 3)
        assert world.held(BANNER, [LEAF]) == [packed(marks, changes)]
    for changes, track in enumerate((SUSPENSION, LOSS, RENEWAL_PENDING), 9):
        world.mark(BANNER, [LEAF], track, 0)
        del marks[Track(track)]
        assert world.held(BANNER, [LEAF]) == [packed(marks, changes)]


def test_one_change_marks_many_leaves(world: World) -> None:
    many = leaves(256)
    made = world.mark(BANNER, many, REVOKED, 500_000)
    assert [event.arguments[1] for event in made] == many


def test_change_has_one_to_two_hundred_and_fifty_six_leaves(world: World, refused: Refusal) -> None:
    for size in (0, 257):
        with refused("SizeOutOfRange", size, 256):
            world.mark(BANNER, leaves(size), REVOKED, 500_000, held=ZERO)


def test_change_has_a_decision(world: World, refused: Refusal) -> None:
    with refused("DecisionZero"):
        world.mark(BANNER, [LEAF], REVOKED, 500_000, decision=ZERO)


@pytest.mark.parametrize(
    ("track", "start", "until"),
    [
        *((track, 500_000, 600_000) for track in (*FINALS, LOSS)),
        *((track, 0, 600_000) for track in ALL_TRACKS),
        (RENEWAL_PENDING, 500_000, 0),
        (RENEWAL_PENDING, 500_000, 500_000),
        (SUSPENSION, 500_000, 500_000),
        (SUSPENSION, 500_000, 499_999),
    ],
)
def test_end_that_makes_no_sense_is_refused(world: World, refused: Refusal, track: int, start: int, until: int) -> None:
    with refused("UntilOutOfRange", start, until):
        world.mark(BANNER, [LEAF], track, start, until)


def test_unknown_track_is_refused(world: World, refused: Refusal) -> None:
    with refused("without a reason"):
        world.mark(BANNER, [LEAF], 8, 500_000)


@pytest.mark.parametrize("track", ALL_TRACKS)
def test_nothing_is_lifted_that_is_not_set(world: World, refused: Refusal, track: int) -> None:
    with refused("NothingToLift", LEAF, track):
        world.mark(BANNER, [LEAF], track, 0)


def test_slot_counts_its_changes_modulo_65536(world: World) -> None:
    """The counter's last step goes out of the word's end and leaves all tracks as they are."""
    position = keccak(encode(["uint32", "bytes32"], [BANNER, slot_of_statuses()]))
    slot = "0x" + keccak(LEAF + position).hex()
    full = packed({Track.LOSS: Mark(500_000, 0, 3)}, 2**16 - 1)
    world.node.ask("anvil_setStorageAt", world.certificates.address, slot, f"0x{full:064x}")
    assert world.held(BANNER, [LEAF]) == [full]
    world.mark(BANNER, [LEAF], REVOKED, 500_000)
    marks = {Track.LOSS: Mark(500_000, 0, 3), Track.REVOKED: Mark(500_000, 0, 3)}
    assert world.held(BANNER, [LEAF]) == [packed(marks)]


def test_change_must_change_something(world: World, refused: Refusal) -> None:
    world.mark(BANNER, [LEAF], LOSS, 500_000)
    with refused("NothingToChange", LEAF, LOSS):
        world.mark(BANNER, [LEAF], LOSS, 500_000)


def test_higher_one_takes_a_mark_over(world: World) -> None:
    world.mark(BANNER, [LEAF], LOSS, 500_000)
    world.mark(BANNER, [LEAF], LOSS, 500_000, actor=LEAGUE)
    assert world.held(BANNER, [LEAF]) == [packed({Track.LOSS: Mark(500_000, 0, 2)}, 2)]


@pytest.mark.parametrize("actor", [BANNER, LEAGUE, REGION])
def test_ancestors_act_for_an_agency(world: World, actor: int) -> None:
    [made] = world.mark(BANNER, [LEAF], REVOKED, 500_000, actor=actor)
    assert made.arguments[5] == actor
    assert world.held(BANNER, [LEAF])[0] >> LEVEL_BIT[Track.REVOKED] & 7 == {BANNER: 3, LEAGUE: 2, REGION: 1}[actor]


def test_others_do_not_act_for_an_agency(world: World, refused: Refusal) -> None:
    for actor in (NEIGHBOUR, 99):
        with refused("NotAbove", actor, BANNER):
            world.mark(BANNER, [LEAF], REVOKED, 500_000, actor=actor)
    with refused("NotAbove", BANNER, LEAGUE):
        world.mark(LEAGUE, [LEAF], REVOKED, 500_000, actor=BANNER)
    with refused("NoSuchAgency", 99):
        world.mark(99, [LEAF], REVOKED, 500_000, actor=0, by=[])


def test_council_acts_for_every_agency(world: World) -> None:
    made = world.mark_by_council(BANNER, [LEAF], REVOKED, 500_000)
    held = packed({Track.REVOKED: Mark(500_000, 0, 0)}, 1)
    assert made[0].arguments == (BANNER, LEAF, REVOKED, 500_000, 0, 0, DECISION, held, ())


def test_only_the_council_acts_as_the_council(world: World, refused: Refusal) -> None:
    for sender in (ANYBODY, world.agencies.address[:-1] + "0"):
        change = world.change(BANNER, [LEAF], REVOKED, 500_000, actor=0, by=[])
        with refused("NotTheCouncil", sender):
            world.act(world.certificates, "changeStatus", change, sender=sender)


def test_council_signs_nothing(world: World, refused: Refusal) -> None:
    change = world.change(BANNER, [LEAF], REVOKED, 500_000, actor=0, by=statuses(BANNER))
    with refused("TooManySignatures", 2, 0):
        world.decide(world.certificates, "changeStatus", change)


def test_signatures_expire(world: World, refused: Refusal) -> None:
    now = world.node.block_number() + 1
    with refused("SignaturesExpired", now - 1, now):
        world.mark(BANNER, [LEAF], REVOKED, 500_000, deadline=now - 1)


def test_five_signatures_are_too_many(world: World, refused: Refusal) -> None:
    with refused("TooManySignatures", 5, 4):
        world.mark(BANNER, [LEAF], REVOKED, 500_000, by=[*statuses(BANNER)] * 2 + [person("fifth")])


def test_one_officer_is_not_enough(world: World, refused: Refusal) -> None:
    for track in ALL_TRACKS:
        until = 600_000 if track == RENEWAL_PENDING else 0
        with refused("TwoOfficersNeeded", 1):
            world.mark(BANNER, [LEAF], track, 500_000, until, by=statuses(BANNER)[:1])
    with refused("TwoOfficersNeeded", 0):
        world.mark(BANNER, [LEAF], REVOKED, 500_000, by=[])


def test_officers_are_two_persons_with_that_capability(world: World, refused: Refusal) -> None:
    first = statuses(BANNER)[0]
    with refused("OfficerRepeated", first.address):
        world.mark(BANNER, [LEAF], REVOKED, 500_000, by=[first, first])
    for stranger in (preparer(BANNER), manager(BANNER), statuses(LEAGUE)[0]):
        with refused("LacksCapability", BANNER, stranger.address, 4):
            world.mark(BANNER, [LEAF], REVOKED, 500_000, by=[first, stranger])


def test_one_officer_suspends_for_a_day_at_most(world: World, refused: Refusal) -> None:
    alone = statuses(BANNER)[:1]
    hour = world.hour()
    for start, until in ((hour, hour + DAY + 1), (hour, 0), (hour - 1, hour + 5), (hour + 1, hour + 5)):
        with refused("TwoOfficersNeeded", 1):
            world.mark(BANNER, [LEAF], SUSPENSION, start, until, by=alone)
    assert world.mark(BANNER, [LEAF], SUSPENSION, hour, hour + DAY, by=alone)


def test_time_in_milliseconds_is_understood(world: World) -> None:
    """One supported chain counts its blocks' time so; the present hour is the same."""
    seconds = world.node.timestamp() // HOUR * HOUR + 5 * HOUR
    hour = seconds // HOUR
    world.node.ask("evm_setNextBlockTimestamp", seconds * 1000)
    alone = statuses(BANNER)[:1]
    assert world.mark(BANNER, [LEAF], SUSPENSION, hour, hour + DAY, by=alone)
    assert world.node.timestamp() == seconds * 1000


def test_suspended_agency_changes_no_status_but_those_above_do(world: World, refused: Refusal) -> None:
    world.by([manager(LEAGUE)], "suspendAgency", BANNER)
    with refused("AgencyIsSuspended", BANNER):
        world.mark(BANNER, [LEAF], REVOKED, 500_000)
    assert world.mark(BANNER, [LEAF], REVOKED, 500_000, actor=LEAGUE)


@pytest.mark.parametrize("track", [SUSPENSION, LOSS, RENEWAL_PENDING])
def test_track_is_lifted_at_its_setters_level_or_above(world: World, refused: Refusal, track: int) -> None:
    until = 16_000_000 if track == RENEWAL_PENDING else 0
    world.mark(BANNER, [LEAF], track, 400_000, until, actor=LEAGUE)
    with refused("SetFromAbove", LEAF, track, 2, 3):
        world.mark(BANNER, [LEAF], track, 0)
    with refused("SetFromAbove", LEAF, track, 2, 3):
        world.mark(BANNER, [LEAF], track, 450_000, until)
    assert world.mark(BANNER, [LEAF], track, 0, actor=LEAGUE)
    world.mark(BANNER, [LEAF], track, 400_000, until, actor=LEAGUE)
    assert world.mark(BANNER, [LEAF], track, 0, actor=REGION)


@pytest.mark.parametrize("track", FINALS)
def test_final_status_is_lifted_only_above_its_setter_or_by_the_council(
    world: World, refused: Refusal, track: int
) -> None:
    world.mark(BANNER, [LEAF], track, 400_000, actor=LEAGUE)
    for actor in (BANNER, LEAGUE):
        for start in (0, 450_000, 350_000):
            with refused("FinalStands", LEAF, track):
                world.mark(BANNER, [LEAF], track, start, actor=actor)
    assert world.mark(BANNER, [LEAF], track, 0, actor=REGION)
    world.mark(BANNER, [LEAF], track, 400_000, actor=REGION)
    with refused("FinalStands", LEAF, track):
        world.mark(BANNER, [LEAF], track, 0, actor=REGION)
    assert world.mark_by_council(BANNER, [LEAF], track, 0)


def test_final_status_by_the_council_is_lifted_by_the_council_only(world: World, refused: Refusal) -> None:
    world.mark_by_council(BANNER, [LEAF], RESCINDED, 400_000)
    with refused("FinalStands", LEAF, RESCINDED):
        world.mark(BANNER, [LEAF], RESCINDED, 0, actor=REGION)
    assert world.mark_by_council(BANNER, [LEAF], RESCINDED, 0)


def test_suspension_by_the_council_is_lifted_by_the_council_only(world: World, refused: Refusal) -> None:
    world.mark_by_council(BANNER, [LEAF], SUSPENSION, 400_000)
    with refused("SetFromAbove", LEAF, SUSPENSION, 0, 1):
        world.mark(BANNER, [LEAF], SUSPENSION, 0, actor=REGION)
    assert world.mark_by_council(BANNER, [LEAF], SUSPENSION, 0)


@pytest.mark.parametrize("track", [SUSPENSION, RENEWAL_PENDING])
def test_mark_from_above_that_is_past_no_longer_binds(world: World, refused: Refusal, track: int) -> None:
    hour = world.hour()
    world.mark(BANNER, [LEAF], track, hour, hour + 2, actor=LEAGUE)
    with refused("SetFromAbove", LEAF, track, 2, 3):
        world.mark(BANNER, [LEAF], track, hour, hour + 48)
    world.node.pass_time(2 * HOUR)
    assert world.mark(BANNER, [LEAF], track, hour + 2, hour + 48)


def test_one_refused_leaf_refuses_the_change(world: World, refused: Refusal) -> None:
    many = leaves(3)
    world.mark(BANNER, many[2:], LOSS, 500_000, actor=LEAGUE)
    before = world.heads()
    with refused("SetFromAbove", many[2], LOSS, 2, 3):
        world.mark(BANNER, many, LOSS, 510_000)
    assert world.heads() == before


def test_stale_change_says_what_the_slots_hold(world: World, refused: Refusal) -> None:
    stale = held_hash([0])
    world.mark(BANNER, [LEAF], LOSS, 500_000)
    with refused("StatusStale", stale, held_hash(world.held(BANNER, [LEAF]))):
        world.mark(BANNER, [LEAF], REVOKED, 500_000, held=stale)


def test_status_of_a_leaf_that_is_not_anchored_counts(world: World) -> None:
    assert world.mark(BANNER, leaves(1, "never anchored"), REVOKED, 500_000)

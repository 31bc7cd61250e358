"""Attacks on statuses: each test is what somebody might try, and that it fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from eth_utils import keccak

from tests.contracts.bytecode import FORWARDER
from tests.contracts.model_certificates import held_hash
from tests.contracts.people import STATUS_CHANGE, digest, domain_separator, high_s, person
from tests.contracts.test_attacks_on_batches import forwarded, install
from tests.contracts.world import (
    BANNER,
    DECISION,
    HOUR,
    LEAGUE,
    LOSS,
    RENEWAL_PENDING,
    REPLACED,
    RESCINDED,
    REVOKED,
    SUSPENSION,
    World,
    leaves,
    manager,
    statuses,
)

if TYPE_CHECKING:
    from tests.contracts.conftest import Refusal

[LEAF] = leaves(1)


def again(world: World, change: tuple[object, ...]) -> None:
    """Send a signed change once more."""
    world.act(world.certificates, "changeStatus", change)


def test_subordinate_cannot_lift_its_superiors_suspension_of_a_certificate(world: World, refused: Refusal) -> None:
    world.mark(BANNER, [LEAF], SUSPENSION, world.hour(), actor=LEAGUE)
    for start, until in ((0, 0), (world.hour(), world.hour() + 1), (1, 2)):
        with refused("SetFromAbove", LEAF, SUSPENSION, 2, 3):
            world.mark(BANNER, [LEAF], SUSPENSION, start, until)
    alone = statuses(BANNER)[:1]
    with refused("TwoOfficersNeeded", 1):
        world.mark(BANNER, [LEAF], SUSPENSION, world.hour(), world.hour() + 1, by=alone)


@pytest.mark.parametrize("later", [REVOKED, REPLACED])
def test_final_status_is_never_lowered(world: World, refused: Refusal, later: int) -> None:
    """A later final stands beside the graver one; it takes nothing away from it."""
    world.mark(BANNER, [LEAF], RESCINDED, 400_000)
    [before] = world.held(BANNER, [LEAF])
    world.mark(BANNER, [LEAF], later, 450_000)
    tracks = (1 << 240) - 1
    assert world.held(BANNER, [LEAF])[0] & before & tracks == before & tracks
    for start in (0, 1, 450_000):
        with refused("FinalStands", LEAF, RESCINDED):
            world.mark(BANNER, [LEAF], RESCINDED, start)


def test_replacing_a_revoked_certificate_leaves_it_revoked(world: World) -> None:
    world.mark(BANNER, [LEAF], REVOKED, 400_000)
    [before] = world.held(BANNER, [LEAF])
    world.replace(BANNER, leaves(1, "new"), [LEAF])
    tracks = (1 << 240) - 1
    assert world.held(BANNER, [LEAF])[0] & before & tracks == before & tracks


def test_stale_status_signature_does_not_count(world: World, refused: Refusal) -> None:
    """What officers signed was for a certificate that was not suspended then."""
    signed = world.change(BANNER, [LEAF], LOSS, 400_000)
    world.mark(BANNER, [LEAF], SUSPENSION, world.hour())
    with refused("StatusStale"):
        again(world, signed)
    fresh = held_hash(world.held(BANNER, [LEAF]))
    with refused("LacksCapability"):
        again(world, (*signed[:3], fresh, *signed[4:]))


@pytest.mark.parametrize("track", [SUSPENSION, LOSS, RENEWAL_PENDING])
def test_signed_change_is_not_used_again_after_it_was_lifted(world: World, refused: Refusal, track: int) -> None:
    """The slot's tracks are as they were when officers signed, but the change has been made already."""
    until = 16_000_000 if track == RENEWAL_PENDING else 0
    signed = world.change(BANNER, [LEAF], track, 400_000, until)
    again(world, signed)
    world.mark(BANNER, [LEAF], track, 0)
    with refused("StatusStale"):
        again(world, signed)


def test_signed_lifting_is_not_used_again_after_a_new_suspension(world: World, refused: Refusal) -> None:
    world.mark(BANNER, [LEAF], SUSPENSION, 400_000)
    signed = world.change(BANNER, [LEAF], SUSPENSION, 0)
    again(world, signed)
    world.mark(BANNER, [LEAF], SUSPENSION, 400_000)
    with refused("StatusStale"):
        again(world, signed)


def test_final_that_was_lifted_from_above_is_not_set_again_by_the_old_signatures(
    world: World, refused: Refusal
) -> None:
    signed = world.change(BANNER, [LEAF], REVOKED, 400_000)
    again(world, signed)
    world.mark_by_council(BANNER, [LEAF], REVOKED, 0)
    with refused("StatusStale"):
        again(world, signed)


def test_signatures_count_for_what_was_signed_only(world: World, refused: Refusal) -> None:
    agency, actor, marked, held, track, start, until, decision, deadline, signatures = world.change(
        BANNER, [LEAF], SUSPENSION, 400_000, 500_000
    )
    other = keccak(text="another decision")
    for changed in (
        (agency, LEAGUE, marked, held, track, start, until, decision, deadline),
        (agency, actor, leaves(1, "other"), held, track, start, until, decision, deadline),
        (agency, actor, marked, held, RENEWAL_PENDING, start, until, decision, deadline),
        (agency, actor, marked, held, track, start + 1, until, decision, deadline),
        (agency, actor, marked, held, track, start, until - 1, decision, deadline),
        (agency, actor, marked, held, track, start, until, other, deadline),
        (agency, actor, marked, held, track, start, until, decision, deadline + 1),
    ):
        with refused("LacksCapability"):
            again(world, (*changed, signatures))
    again(world, (agency, actor, marked, held, track, start, until, decision, deadline, signatures))


def test_signature_for_another_registry_does_not_count(world: World, refused: Refusal) -> None:
    change = world.change(BANNER, [LEAF], REVOKED, 400_000)
    values = [keccak(text="another registry"), BANNER, BANNER, keccak(LEAF), *change[3:9]]
    separator = domain_separator("Yinxin Certificates", world.node.chain_id, world.certificates.address)
    foreign = [officer.sign(digest(STATUS_CHANGE, values, separator=separator)) for officer in statuses(BANNER)]
    with refused("LacksCapability"):
        again(world, (*change[:9], foreign))


def test_twin_registry_does_not_take_the_signatures(world: World, refused: Refusal) -> None:
    twin = World(world.node)
    with refused("LacksCapability"):
        twin.act(twin.certificates, "changeStatus", world.change(BANNER, [LEAF], REVOKED, 400_000))


def test_signature_after_the_officers_removal_does_not_count(world: World, refused: Refusal) -> None:
    change = world.change(BANNER, [LEAF], REVOKED, 400_000)
    removed = statuses(BANNER)[0]
    world.by([manager(BANNER)], "setOfficer", BANNER, removed.address, 0)
    with refused("LacksCapability", BANNER, removed.address, 4):
        again(world, change)


def test_high_s_does_not_make_a_second_officer(world: World, refused: Refusal) -> None:
    change = world.change(BANNER, [LEAF], REVOKED, 400_000, by=statuses(BANNER)[:1])
    [signature] = change[9]
    with refused("ECDSAInvalidSignatureS"):
        again(world, (*change[:9], [signature, high_s(signature)]))


def test_leaf_repeated_in_one_change_is_refused(world: World, refused: Refusal) -> None:
    other = leaves(1, "other")
    for repeated in ([LEAF, LEAF], [LEAF, *other, LEAF]):
        with refused("LeafRepeated", LEAF):
            world.mark(BANNER, repeated, LOSS, 400_000)
    world.mark(BANNER, [LEAF], LOSS, 400_000)
    with refused("LeafRepeated", LEAF):
        world.mark(BANNER, [LEAF, LEAF], LOSS, 0)


def test_one_officer_cannot_chain_suspensions(world: World, refused: Refusal) -> None:
    """A day by one officer, and when it is over, not another by the same or any other one officer."""
    first, second = statuses(BANNER)
    hour = world.hour()
    world.mark(BANNER, [LEAF], SUSPENSION, hour, hour + 24, by=[first])
    for officer in (first, second):
        with refused("TwoOfficersNeeded", 1):
            world.mark(BANNER, [LEAF], SUSPENSION, hour, hour + 23, by=[officer])
    world.node.pass_time(25 * HOUR)
    for officer in (first, second):
        hour = world.hour()
        with refused("TwoOfficersNeeded", 1):
            world.mark(BANNER, [LEAF], SUSPENSION, hour, hour + 24, by=[officer])
    assert world.mark(BANNER, [LEAF], SUSPENSION, hour, hour + 24)


def test_one_officer_cannot_extend_among_others(world: World, refused: Refusal) -> None:
    """One leaf with a recorded suspension spoils the change for all of them."""
    hour = world.hour()
    two = leaves(2)
    world.mark(BANNER, two[1:], SUSPENSION, hour, hour + 1)
    with refused("TwoOfficersNeeded", 1):
        world.mark(BANNER, two, SUSPENSION, hour, hour + 24, by=statuses(BANNER)[:1])


def test_one_officer_cannot_lift_what_one_officer_set(world: World, refused: Refusal) -> None:
    hour = world.hour()
    first = statuses(BANNER)[:1]
    world.mark(BANNER, [LEAF], SUSPENSION, hour, hour + 24, by=first)
    with refused("TwoOfficersNeeded", 1):
        world.mark(BANNER, [LEAF], SUSPENSION, 0, by=first)


def test_officer_of_an_agency_below_cannot_act_for_one_above(world: World, refused: Refusal) -> None:
    with refused("LacksCapability"):
        world.mark(BANNER, [LEAF], REVOKED, 400_000, actor=LEAGUE, by=statuses(BANNER))
    with refused("NotAbove", BANNER, LEAGUE):
        world.mark(LEAGUE, [LEAF], REVOKED, 400_000, actor=BANNER)


def test_two_officers_are_of_one_agency(world: World, refused: Refusal) -> None:
    mixed = [statuses(BANNER)[0], statuses(LEAGUE)[0]]
    for actor in (BANNER, LEAGUE):
        with refused("LacksCapability"):
            world.mark(BANNER, [LEAF], REVOKED, 400_000, actor=actor, by=mixed)


def test_contract_may_pass_signed_changes_on_but_not_act_as_the_council(world: World, refused: Refusal) -> None:
    """Nothing hides in a change of status: its event says all of it."""
    address = install(world, FORWARDER, "forwarder")
    data = world.certificates.data("changeStatus", world.change(BANNER, [LEAF], REVOKED, 400_000))
    receipt = world.node.send(address, forwarded(world, data))
    [made] = world.events(receipt.logs)
    assert made.arguments[6] == DECISION
    unsigned = world.change(BANNER, [LEAF], LOSS, 400_000, actor=0, by=[])
    with refused("NotTheCouncil", address):
        world.act_through(address, forwarded(world, world.certificates.data("changeStatus", unsigned)))


def test_anybodys_lookalike_of_the_agencies_is_not_asked(world: World, refused: Refusal) -> None:
    """Certificates asks the Agencies it was deployed with; a caller cannot bring its own."""
    stranger = person("stranger").address
    with refused("NotTheCouncil", stranger):
        world.act(
            world.certificates,
            "changeStatus",
            world.change(BANNER, [LEAF], LOSS, 400_000, actor=0, by=[]),
            sender=stranger,
        )

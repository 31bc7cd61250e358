"""Batches: anchoring them, repeating that, and replacing certificates by new ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.contracts.model_certificates import root_of
from tests.contracts.node import ANYBODY
from tests.contracts.people import person
from tests.contracts.world import (
    BANNER,
    LEAGUE,
    REGION,
    REPLACED,
    REVOKED,
    SUSPENSION,
    approver,
    leaves,
    manager,
    preparer,
)

if TYPE_CHECKING:
    from tests.contracts.conftest import Refusal
    from tests.contracts.world import World

SUCCESSOR = person("successor").address
EMPTY = (0, 0, 0, 0, 0)


@pytest.mark.parametrize("size", [*range(1, 18), 31, 32, 33, 255, 256, 257, 1023, 1024])
def test_root_is_that_of_the_rfc(world: World, size: int) -> None:
    batch = leaves(size)
    assert world.see(world.certificates, "rootOf", batch) == root_of(batch)


def test_batch_is_recorded(world: World) -> None:
    batch = leaves(5)
    assert world.see(world.certificates, "batch", BANNER, root_of(batch)) == EMPTY
    [made] = world.anchor(BANNER, batch, version=2, approved=[approver(BANNER, 2), approver(BANNER, 1)])
    by = (preparer(BANNER).address, (approver(BANNER, 2).address, approver(BANNER, 1).address))
    assert (made.name, made.arguments) == ("BatchAnchored", (BANNER, root_of(batch), 1, 2, 5, 1, *by))
    assert world.see(world.certificates, "batch", BANNER, root_of(batch)) == (1, 2, 5, 1, made.block)


def test_sequence_is_gap_free_for_each_agency(world: World) -> None:
    numbers = [(agency, world.anchor(agency, leaves(1, f"{i}"))[0].arguments[5]) for i in (1, 2) for agency in (2, 3)]
    assert numbers == [(2, 1), (3, 1), (2, 2), (3, 2)]
    assert [world.see(world.certificates, "sequence", agency) for agency in (1, 2, 3)] == [0, 2, 2]


def test_largest_batch_has_a_thousand_and_twenty_four_leaves(world: World) -> None:
    [made] = world.anchor(BANNER, leaves(1024))
    assert made.arguments[4] == 1024


def test_empty_and_larger_batches_are_refused(world: World, refused: Refusal) -> None:
    approvals = world.approvals(BANNER, 1, 1, leaves(1))
    for size in (0, 1025):
        batch = leaves(size)
        with refused("SizeOutOfRange", size, 1024):
            world.act(world.certificates, "anchor", BANNER, 1, 1, batch, approvals)
        with refused("SizeOutOfRange", size, 1024):
            world.act(world.certificates, "replace", BANNER, 1, 1, batch, batch, 1, approvals)
        with refused("SizeOutOfRange", size, 1024):
            world.see(world.certificates, "rootOf", batch)


def test_order_of_leaves_matters(world: World) -> None:
    one, other = leaves(2)
    world.anchor(BANNER, [one, other])
    assert world.anchor(BANNER, [other, one])


def test_anchoring_again_has_no_effect(world: World) -> None:
    batch = leaves(3)
    world.anchor(BANNER, batch)
    heads = world.heads()
    assert world.anchor(BANNER, batch) == []
    assert world.heads() == heads
    assert world.see(world.certificates, "sequence", BANNER) == 1


def test_anchoring_again_asks_for_no_right(world: World) -> None:
    batch = leaves(3)
    world.anchor(BANNER, batch)
    world.by([manager(REGION)], "suspendAgency", BANNER)
    world.decide(world.agencies, "retireType", 1, 1)
    world.decide(world.agencies, "nameSuccessor", SUCCESSOR, b"\1" * 32)
    assert world.act(world.certificates, "anchor", BANNER, 1, 1, batch, (0, b"", [])) == []


def test_two_agencies_may_anchor_the_same_root(world: World) -> None:
    batch = leaves(3)
    world.anchor(BANNER, batch)
    assert world.anchor(LEAGUE, batch)


@pytest.mark.parametrize(("certificate_type", "version"), [(1, 2), (2, 1)])
def test_same_root_under_another_type_or_version_is_refused(
    world: World, refused: Refusal, certificate_type: int, version: int
) -> None:
    batch = leaves(3)
    world.anchor(REGION, batch)
    with refused("BatchExists", REGION, root_of(batch)):
        world.anchor(REGION, batch, certificate_type=certificate_type, version=version)


def test_same_root_with_another_size_is_refused(world: World, refused: Refusal) -> None:
    """A batch of two leaves has the root of a batch of one, which is that root itself."""
    batch = leaves(2)
    world.anchor(BANNER, batch)
    with refused("BatchExists", BANNER, root_of(batch)):
        world.anchor(BANNER, [root_of(batch)])


def test_approvals_expire(world: World, refused: Refusal) -> None:
    now = world.node.block_number() + 1
    with refused("SignaturesExpired", now - 1, now):
        world.anchor(BANNER, leaves(1), deadline=now - 1)
    assert world.anchor(BANNER, leaves(1), deadline=now + 1)


def test_five_approvers_are_too_many(world: World, refused: Refusal) -> None:
    with refused("TooManySignatures", 5, 4):
        world.anchor(BANNER, leaves(1), approved=[approver(BANNER)] * 5)


def test_nothing_is_anchored_once_a_successor_is_named_but_statuses_go_on(world: World, refused: Refusal) -> None:
    batch = leaves(1)
    world.anchor(BANNER, batch)
    world.decide(world.agencies, "nameSuccessor", SUCCESSOR, b"\1" * 32)
    with refused("SucceededBy", SUCCESSOR):
        world.anchor(BANNER, leaves(1, "more"))
    with refused("SucceededBy", SUCCESSOR):
        world.replace(BANNER, leaves(1, "more"), batch)
    assert world.mark(BANNER, batch, REVOKED, world.hour())


def test_replacing_marks_the_old_leaves(world: World) -> None:
    old, new = leaves(2, "old"), leaves(2, "new")
    world.anchor(BANNER, old)
    made = world.replace(BANNER, new, old, start=500_000)
    held = 500_000 << 27 * REPLACED | 3 << 27 * REPLACED + 24 | 1 << 240
    assert [event.name for event in made] == ["BatchAnchored", "CertificateReplaced", "CertificateReplaced"]
    assert [event.arguments for event in made[1:]] == [(BANNER, old[i], new[i], 500_000, held) for i in range(2)]
    assert world.held(BANNER, old) == [held, held]
    assert world.held(BANNER, new) == [0, 0]
    assert world.see(world.certificates, "batch", BANNER, root_of(new))[:3] == (1, 1, 2)


def test_replacing_keeps_the_other_tracks(world: World) -> None:
    old = leaves(1, "old")
    world.mark(BANNER, old, SUSPENSION, world.hour())
    [before] = world.held(BANNER, old)
    world.replace(BANNER, leaves(1, "new"), old)
    [after] = world.held(BANNER, old)
    tracks = (1 << 240) - 1
    assert after & before & tracks == before & tracks
    assert after >> 240 == 2


def test_replacing_again_has_no_effect(world: World) -> None:
    old, new = leaves(2, "old"), leaves(2, "new")
    world.replace(BANNER, new, old)
    heads = world.heads()
    assert world.replace(BANNER, new, old) == []
    assert world.heads() == heads


def test_same_new_leaves_for_others_is_not_a_repetition(world: World, refused: Refusal) -> None:
    old, new = leaves(2, "old"), leaves(2, "new")
    world.replace(BANNER, new, old)
    for how in ({"old": leaves(2, "other")}, {"old": old[::-1]}, {"old": old, "start": 500_001}):
        with refused("BatchExists", BANNER, root_of(new)):
            world.replace(BANNER, new, **how)
    with refused("BatchExists", BANNER, root_of(new)):
        world.anchor(BANNER, new)
    world.anchor(BANNER, old)
    with refused("BatchExists", BANNER, root_of(old)):
        world.replace(BANNER, old, leaves(2, "other"))


def test_certificate_is_replaced_once(world: World, refused: Refusal) -> None:
    old = leaves(2, "old")
    world.replace(BANNER, leaves(1, "new"), old[:1])
    with refused("AlreadyReplaced", BANNER, old[0]):
        world.replace(BANNER, leaves(2, "newer"), old[::-1])
    with refused("AlreadyReplaced", BANNER, old[1]):
        world.replace(BANNER, leaves(2, "newest"), [old[1], old[1]])


def test_replacing_needs_an_old_leaf_for_each_and_a_date(world: World, refused: Refusal) -> None:
    approvals = world.approvals(BANNER, 1, 1, leaves(2))
    with refused("OldLeavesMismatch", 2, 1):
        world.act(world.certificates, "replace", BANNER, 1, 1, leaves(2), leaves(1, "old"), 1, approvals)
    with refused("FromZero"):
        world.act(world.certificates, "replace", BANNER, 1, 1, leaves(2), leaves(2, "old"), 0, approvals)


def test_anybody_may_send_what_officers_signed(world: World) -> None:
    approvals = world.approvals(BANNER, 1, 1, leaves(1))
    assert world.act(world.certificates, "anchor", BANNER, 1, 1, leaves(1), approvals, sender=ANYBODY)

"""A leaf's status slot: each track where StatusSlot.sol packs it, none erasing another."""

from __future__ import annotations

from chain import slots
from chain.events import Track
from chain.slots import Held


def packed(*parts: tuple[int, int]) -> int:
    """Return a slot of (offset, value) pairs."""
    return sum(value << offset for offset, value in parts)


def test_an_empty_slot_has_no_tracks() -> None:
    assert slots.read(0) == ()


def test_each_track_is_read_from_its_own_bits() -> None:
    final, suspension = 490_000 | 2 << 24, 470_000 | 470_720 << 24 | 1 << 48
    slot = packed(
        (27 * Track.REVOKED, final),
        (27 * Track.SUSPENSION, suspension),
        (27 * Track.LOSS + 24, 480_000 | 3 << 24),
        (27 * Track.RENEWAL_PENDING + 24, 500_000 | 4 << 24),
    )
    assert slots.read(slot) == (
        Held(Track.REVOKED, 490_000, 0, 2),
        Held(Track.SUSPENSION, 470_000, 470_720, 1),
        Held(Track.LOSS, 480_000, 0, 3),
        Held(Track.RENEWAL_PENDING, 0, 500_000, 4),
    )
    assert slots.track_of(slot, Track.RESCINDED) is None


def test_a_track_counts_from_its_hour_to_its_end_and_a_rescission_always() -> None:
    suspended = Held(Track.SUSPENSION, 10, 20, 1)
    assert [suspended.in_force(hour) for hour in (9, 10, 19, 20)] == [False, True, True, False]
    assert [suspended.is_past(hour) for hour in (19, 20)] == [False, True]
    assert Held(Track.REVOKED, 10, 0, 1).in_force(1_000_000)
    assert Held(Track.RESCINDED, 10, 0, 1).in_force(1)

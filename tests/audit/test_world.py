"""The world that the auditor's tests look at holds what it says, and is the same every time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chain.events import Track
from chain.steps import KINDS
from tests.audit import world as worlds

if TYPE_CHECKING:
    from tests.audit.world import World

NEVER = {"MemberRemoved", "OwnApprovalsSet", "SuccessorNamed", "TypeRetired"}
"""What does not happen in it."""


def test_it_is_the_same_down_to_the_last_hash(world: World, own_world: World) -> None:
    one, other = (each.deployed.writer() for each in (world, own_world))
    assert one.newest() == other.newest()
    assert world.now == own_world.now < worlds.at(180)


def test_it_holds_every_kind_of_event_and_every_track(world: World) -> None:
    records = list(world.deployed.writer().records(0, world.last_block))
    assert {type(each.event).__name__ for each in records} == {kind.__name__ for kind in KINDS} - NEVER
    tracks = {track for each in records if (track := getattr(each.event, "track", None)) is not None}
    assert tracks == set(Track) - {Track.REPLACED}


def test_what_it_points_at_is_there(world: World) -> None:
    registry = world.deployed.writer()
    events = [(type(each.event).__name__, each.block_number) for each in registry.records(0, world.last_block)]
    assert ("KeyCutOff", world.blocks["key_cut_off"]) in events
    assert ("AgencySuspended", world.blocks["agency_suspended"]) in events
    assert ("AgencyResumed", world.blocks["agency_resumed"]) in events
    assert [number for name, number in events if name == "BatchAnchored"] == [
        each.block_number for each in world.batches
    ]
    assert events[-1] == ("VoteCast", world.blocks["proposal_open"])
    assert {paper.leaf for paper in world.papers} == set(world.batches[0].batch.leaves)

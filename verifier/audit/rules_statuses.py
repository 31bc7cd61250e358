"""Rules of statuses: of anchored leaves, legal for their type, by those who may, and never lowering a graver one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chain.certificate_types import shipped
from chain.events import Capability, CertificateReplaced, StatusChanged, Track
from verifier.audit.rules import Where, written
from verifier.audit.rules_batches import may

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from verifier.audit.finding import Finding
    from verifier.audit.folded import Folded, Happened

_ALONE_HOURS = 24
"""For how long one officer alone may suspend."""
_TWO = 2
_ONE_CHANGE = 1 << 240
_SLOT = 1 << 256
_HOUR_BITS, _LEVEL_BITS = 24, 3
_HOUR = (1 << _HOUR_BITS) - 1


@dataclass(frozen=True, slots=True)
class _Field:
    """Where a track lies in the slot of a status (contracts/README.md draws it)."""

    offset: int
    width: int

    def read(self, slot: int) -> int:
        return slot >> self.offset & (1 << self.width) - 1

    def write(self, slot: int, value: int) -> int:
        return slot & ~((1 << self.width) - 1 << self.offset) | value << self.offset

    def level(self, value: int) -> int:
        return value >> self.width - _LEVEL_BITS


_SHORT, _LONG = 27, 51
_FIELDS: Mapping[Track, _Field] = {
    track: _Field(
        track * _SHORT + (_LONG - _SHORT if track > Track.SUSPENSION else 0),
        _LONG if track is Track.SUSPENSION else _SHORT,
    )
    for track in Track
}


def legal(certificate_type: int, version: int) -> frozenset[Track] | None:
    """Return which statuses a type knows, as its data file lists them; None for a type not shipped here."""
    for kind in shipped():
        if (kind.number, kind.version) == (certificate_type, version):
            return kind.statuses
    return None


def subject(
    event: StatusChanged | CertificateReplaced,
    happened: Happened,
    anchored_as: tuple[int, int] | None,
) -> Iterator[Finding]:
    """Hold a status against the leaf that it is of; `anchored_as` is that leaf's type and version.

    Not to be asked of a change that takes a status back: that mends one that is illegal for its type.
    """
    leaf, track = (
        (event.old_leaf, Track.REPLACED) if isinstance(event, CertificateReplaced) else (event.leaf, event.track)
    )
    where = Where(happened.block, happened.log_index, event.agency)
    if anchored_as is None:
        yield where.found("status_never_anchored", leaf=leaf, track=track.name)
        return
    tracks = legal(*anchored_as)
    if tracks is not None and track not in tracks:
        yield where.found("status_illegal_for_type", leaf=leaf, track=track.name, certificate_type=anchored_as[0])


def changed(event: StatusChanged, happened: Happened, was: Folded) -> Iterator[Finding]:
    """Hold a status change against all that was right just before it."""
    where = Where(happened.block, happened.log_index, event.agency)
    if event.agency not in was.agencies:
        yield where.found("unknown_agency", root=written(event.leaf))
        return
    held = was.slots.get((event.agency, event.leaf), 0)
    yield from _by(event, happened, was, held)
    yield from _graver(event, happened, was.level(event.actor), held)
    yield from _kept(event, was.level(event.actor), held, where)


def replaced(event: CertificateReplaced, happened: Happened, was: Folded) -> Iterator[Finding]:
    """Hold a replacement against the batch that it belongs to, and what the old leaf's slot held."""
    where = Where(happened.block, happened.log_index, event.agency)
    if was.anchored_in != (happened.transaction_hash, event.agency):
        yield where.found("replaced_outside_batch", leaf=event.old_leaf, new_leaf=written(event.new_leaf))
    held = was.slots.get((event.agency, event.old_leaf), 0)
    place = _FIELDS[Track.REPLACED]
    if place.read(held):
        yield where.found("replaced_twice", leaf=event.old_leaf, new_leaf=written(event.new_leaf))
    level = was.level(event.agency)
    if event.held != _counted(place.write(held, event.from_hour | level << _HOUR_BITS)):
        yield where.found("status_slot_wrong", leaf=event.old_leaf, track=Track.REPLACED.name)


def _by(event: StatusChanged, happened: Happened, was: Folded, held: int) -> Iterator[Finding]:
    """Who acts is the agency or above it, is not suspended, and has enough officers for it."""
    where = Where(happened.block, happened.log_index, event.agency)
    if not was.is_self_or_above(event.actor, event.agency):
        yield where.found("status_by_stranger", leaf=event.leaf, actor=event.actor)
    if event.actor == 0:
        if was.decided is None or was.decided.transaction_hash != happened.transaction_hash or event.officers:
            yield where.found("council_bypassed", kind="StatusChanged")
        return
    if (suspended := was.suspended(event.actor)) is not None:
        yield where.found("status_while_suspended", leaf=event.leaf, actor=event.actor, suspended=suspended)
    for officer in event.officers:
        yield from may(was, event.actor, officer, Capability.STATUS, where)
    for officer in sorted({each for each in event.officers if event.officers.count(each) > 1}):
        yield where.found("officer_repeated", officer=written(officer))
    if len(event.officers) < _TWO and not _may_be_made_alone(event, happened, held):
        yield where.found("too_few_officers", leaf=event.leaf, officers=len(event.officers), track=event.track.name)


def _may_be_made_alone(event: StatusChanged, happened: Happened, held: int) -> bool:
    hour = happened.time // 3600
    return (
        len(event.officers) == 1
        and event.track is Track.SUSPENSION
        and event.from_hour == hour
        and 0 < event.until_hour <= hour + _ALONE_HOURS
        and _FIELDS[Track.SUSPENSION].read(held) == 0
    )


def _graver(event: StatusChanged, happened: Happened, level: int, held: int) -> Iterator[Finding]:
    """What a superior set, no inferior takes away; a final status gives way only to somebody above who set it."""
    where = Where(happened.block, happened.log_index, event.agency)
    place = _FIELDS[event.track]
    value = place.read(held)
    if not value or _is_past(event.track, value, happened.time // 3600):
        return
    setter = place.level(value)
    is_lowered = event.track.is_final and level != 0 and level >= setter
    if is_lowered or (not event.track.is_final and level > setter):
        yield where.found(
            "final_status_lowered" if is_lowered else "status_set_from_above",
            leaf=event.leaf,
            track=event.track.name,
            setter=setter,
            level=level,
        )


def _kept(event: StatusChanged, level: int, held: int, where: Where) -> Iterator[Finding]:
    """What the slot holds afterwards is what it held before, but for this track and one more change counted."""
    place = _FIELDS[event.track]
    value = 0
    if event.from_hour:
        first = event.until_hour if event.track is Track.RENEWAL_PENDING else event.from_hour
        until = event.until_hour << _HOUR_BITS if event.track is Track.SUSPENSION else 0
        value = level << place.width - _LEVEL_BITS | until | first
    if event.held == _counted(place.write(held, value)):
        return
    lost = [
        track
        for track in Track
        if track.is_final
        and track is not event.track
        and _FIELDS[track].read(held)
        and _FIELDS[track].read(event.held) != _FIELDS[track].read(held)
    ]
    for track in lost:
        yield where.found(
            "final_status_lowered",
            leaf=event.leaf,
            track=track.name,
            setter=_FIELDS[track].level(_FIELDS[track].read(held)),
            level=level,
        )
    if not lost:
        yield where.found("status_slot_wrong", leaf=event.leaf, track=event.track.name)


def _counted(slot: int) -> int:
    return (slot + _ONE_CHANGE) % _SLOT


def _is_past(track: Track, value: int, hour: int) -> bool:
    until = 0
    if track is Track.SUSPENSION:
        until = value >> _HOUR_BITS & _HOUR
    elif track is Track.RENEWAL_PENDING:
        until = value & _HOUR
    return until != 0 and until <= hour

"""What a leaf's status slot on the chain says: independent tracks, packed as contracts/StatusSlot.sol does."""

from __future__ import annotations

from dataclasses import dataclass

from chain.events import Track

_HOUR = 0xFFFFFF
_SHORT, _LONG, _LEVEL_BITS = 27, 51, 3


@dataclass(frozen=True, slots=True)
class Held:
    """One track that is set."""

    track: Track
    from_hour: int
    """0 for RENEWAL_PENDING, which has only an end."""
    until_hour: int
    """Exclusive; 0 is until lifted, or for ever."""
    level: int
    """Of who set it: 0 the council, 1 a top-level agency … 5."""

    def in_force(self, hour: int) -> bool:
        """Whether it counts at an hour; a rescission counts at all."""
        if self.track == Track.RESCINDED:
            return True
        return self.from_hour <= hour and not self.is_past(hour)

    def is_past(self, hour: int) -> bool:
        """Whether it has ended by an hour."""
        return self.until_hour != 0 and self.until_hour <= hour


def read(slot: int) -> tuple[Held, ...]:
    """Return the tracks that are set, gravest first."""
    return tuple(held for track in Track if (held := track_of(slot, track)) is not None)


def track_of(slot: int, track: Track) -> Held | None:
    """Return one track, None if it is not set."""
    offset = track * _SHORT + (_LONG - _SHORT if track > Track.SUSPENSION else 0)
    width = _LONG if track == Track.SUSPENSION else _SHORT
    value = slot >> offset & ((1 << width) - 1)
    if not value:
        return None
    first, level = value & _HOUR, value >> (width - _LEVEL_BITS)
    match track:
        case Track.SUSPENSION:
            return Held(track, first, value >> 24 & _HOUR, level)
        case Track.RENEWAL_PENDING:
            return Held(track, 0, first, level)
        case _:
            return Held(track, first, 0, level)

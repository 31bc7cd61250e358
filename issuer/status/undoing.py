"""What a change of status would undo of what is recorded, which officers must say that they mean.

A track holds one entry: a new one takes the place of the old. So a suspension from next month, written over one that is
in force, lifts it until then, and nobody who reads «suspend» expects that.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from chain.calendar import day_of_hour
from chain.events import Track
from issuer.errors import Unconfirmed

if TYPE_CHECKING:
    from datetime import date

    from issuer.slots import Held

_FAR = timedelta(days=366)
"""Beyond this a first day is more likely a slip of the pen."""
_HOW = 'If that is meant, confirm it: --yes, or over HTTP "confirmed": true'


def require_meant(held: Held, from_hour: int, until_hour: int, *, hour: int, level: int) -> None:
    """Refuse an entry that leaves out hours that the present one counts; raises `Unconfirmed`.

    `hour` is now and `level` the acting agency's. What the registry refuses at that level is left to the registry.
    """
    if held.is_past(hour) or not _may_change(held, level) or _contains(held, from_hour, until_hour):
        return
    begins = "" if held.track is Track.RENEWAL_PENDING else f" from {day_of_hour(held.from_hour)}"
    ends = f" to {day_of_hour(held.until_hour - 1)}" if held.until_hour else ""
    new_end = f" to {day_of_hour(until_hour - 1)}" if until_hour else ""
    new_begin = "" if held.track is Track.RENEWAL_PENDING else f" from {day_of_hour(from_hour)}"
    name = held.track.name.replace("_", " ")
    raise Unconfirmed(
        f"the registry holds {name}{begins}{ends or ' on'}; {name}{new_begin}{new_end or ' on'} would take its place, "
        "so the days before or after would no longer count. To extend it, leave its first day as it is (without --from "
        f"it stays). {_HOW}"
    )


def require_near(first_day: date | None, today: date) -> None:
    """Refuse a first day that is more than a year ahead; raises `Unconfirmed`."""
    if first_day is not None and first_day - today > _FAR:
        raise Unconfirmed(f"got the first day {first_day}, more than a year ahead; nothing counts before it. {_HOW}")


def _may_change(held: Held, level: int) -> bool:
    return level < held.level if held.track.is_final else level <= held.level


def _contains(held: Held, from_hour: int, until_hour: int) -> bool:
    """Whether a new entry counts at every hour at which the present one does; a rescission counts at all."""
    if held.track is Track.RESCINDED:
        return True
    begins = held.track is Track.RENEWAL_PENDING or from_hour <= held.from_hour
    ends = not until_hour or (held.until_hour != 0 and held.until_hour <= until_hour)
    return begins and ends

"""What a wish would do to a certificate's status: what its slot holds now, what it would hold then, or why not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chain.calendar import hour_of
from chain.events import Track
from issuer import slots
from issuer.errors import NotAllowed, NotReady, StatusNotKnown, Unconfirmed
from issuer.office import ANCHORED
from issuer.status import undoing, wishes

if TYPE_CHECKING:
    from issuer.office import Office
    from issuer.slots import Held
    from issuer.status.wishes import Wish
    from issuer.tables.models import Certificate
    from issuer.tables.store import Work

_HOUR_S = 3600


@dataclass(frozen=True, slots=True)
class Acting:
    """Who would sign, and at what hour."""

    agency: int
    level: int
    """Of that agency: 1 a top-level one … 5."""
    hour: int
    """Of the newest block: what the registry would compare with."""
    now: int
    """The clock's hour, or the newest block's if that is later: an idle chain's newest block is old."""
    alone: bool = False
    """Whether one officer signs without a second."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One certificate's change."""

    certificate: Certificate
    slot: int
    """All that the registry holds of it now."""
    from_hour: int
    until_hour: int
    """Both 0 to lift."""
    is_so: bool
    """Whether the registry holds just this already, so that nothing is to be signed."""
    doubt: str
    """What the change undoes beyond what it says; empty if nothing. It must be confirmed."""

    @property
    def held(self) -> tuple[Held, ...]:
        """The tracks that are set now, gravest first."""
        return slots.read(self.slot)


def acting(office: Office, agency: int, *, hour: int = 0, alone: bool = False) -> Acting:
    """Return who would sign now; `hour` is another hour than the newest block's."""
    directory = office.directory()
    hour = hour or directory.block.timestamp // _HOUR_S
    return Acting(
        agency=agency,
        level=directory.agency(agency).level,
        hour=hour,
        now=max(hour, hour_of(office.now())),
        alone=alone,
    )


def require_anchored(work: Work, certificate: Certificate) -> None:
    """Refuse a certificate that is not on the chain; raises `NotReady`."""
    batch = work.batch(certificate.batch_id)
    if batch.state not in ANCHORED:
        raise NotReady(f"this certificate's batch {batch.id} is {batch.state}; only what is anchored has a status")


def require_known(office: Office, work: Work, certificate: Certificate, wish: Wish) -> None:
    """Refuse a status that the certificate's type does not know; raises `StatusNotKnown`.

    To take one back is never refused: the contracts let such a status pass, and somebody else may have recorded it.
    """
    batch = work.batch(certificate.batch_id)
    kind = office.type_of(batch.type_number, batch.type_version)
    if not wish.lifts and wish.track not in kind.statuses:
        raise StatusNotKnown(wish.verb, wish.track, kind)


def plan(office: Office, certificate: Certificate, wish: Wish, who: Acting, *, slot: int | None = None) -> Plan:
    """Return what the wish would change; asks the registry what it holds unless `slot` says it.

    Raises `InvalidInput` for impossible days, `NotAllowed` where the registry would refuse, `NotReady` for a draft.
    """
    if certificate.leaf is None:
        raise NotReady("this certificate is a draft; only what is anchored has a status")
    if slot is None:
        slot = office.registry.status(certificate.agency, certificate.leaf)
    held = slots.track_of(slot, wish.track)
    if who.alone:
        from_hour, until_hour = wishes.hours_alone(wish, today=office.today, hour=who.hour)
    else:
        from_hour, until_hour = wishes.hours(wish, today=office.today, held=held, now=who.now)
    if is_so(held, from_hour, until_hour, lifts=wish.lifts, level=who.level):
        return Plan(certificate, slot, from_hour, until_hour, is_so=True, doubt="")
    if who.alone:
        _require_never_suspended(held)
    return Plan(
        certificate, slot, from_hour, until_hour, is_so=False, doubt=_doubt(office, wish, held, who, until_hour)
    )


def require_level(held: Held | None, who: Acting) -> None:
    """Refuse what the registry would: to change what a superior has set, or what is final."""
    if held is None or held.is_past(who.now):
        return
    if held.track.is_final and who.level >= held.level:
        raise NotAllowed(
            "what the registry holds is final: only an agency above the one that set it, or the council, can change or "
            "lift it"
        )
    if who.level > held.level:
        raise NotAllowed(
            f"what the registry holds was set by an agency above (level {held.level}); only that level or one above "
            "can change or lift it"
        )


def is_so(held: Held | None, from_hour: int, until_hour: int, *, lifts: bool, level: int) -> bool:
    """Whether the registry holds just this, set at this level or above."""
    if lifts:
        return held is None
    if held is None or held.level > level:
        return False
    return (held.from_hour or from_hour, held.until_hour) == (from_hour, until_hour)


def _doubt(office: Office, wish: Wish, held: Held | None, who: Acting, until_hour: int) -> str:
    """Return what `issuer.status.undoing` objects to."""
    if wish.lifts:
        return ""
    try:
        undoing.require_near(wish.first_day, office.today)
        if held is not None:
            from_hour, _ = wishes.hours(wish, today=office.today, held=held, now=who.now)
            undoing.require_meant(held, from_hour, until_hour, hour=who.now, level=who.level)
    except Unconfirmed as exc:
        return str(exc)
    return ""


def _require_never_suspended(held: Held | None) -> None:
    """Refuse an emergency suspension over any other, as the registry would."""
    if held is not None and held.track is Track.SUSPENSION:
        raise NotAllowed(
            "one officer alone may suspend only where the registry holds no suspension, not even one that is over; it "
            f"holds {wishes.said(held.track, held.from_hour, held.until_hour)}. Name a second officer with "
            "--approved-by, or over HTTP as approved_by; or have two lift it first (`resume`)"
        )

"""What a wish would do to each certificate of a selection: what it holds now, what it would hold then, or why not."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from chain.errors import InvalidInput
from chain.events import Track
from issuer import slots
from issuer.errors import NotAllowed, NotReady, Unconfirmed
from issuer.slots import Held
from issuer.status import planning
from issuer.tables import order_rows
from issuer.tables.models import State

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chain.errors import YinxinError
    from issuer.office import Office
    from issuer.status.planning import Acting, Plan
    from issuer.status.wishes import Wish
    from issuer.tables.models import Certificate


class Outcome(StrEnum):
    """What would become of one certificate."""

    CHANGES = "CHANGES"
    IS_SO = "IS_SO"
    """The registry holds just this already."""
    REFUSED = "REFUSED"


@dataclass(frozen=True, slots=True)
class Outlook:
    """One certificate's part."""

    certificate: Certificate
    held: tuple[Held, ...]
    """The tracks that are set now, gravest first."""
    then: tuple[Held, ...]
    """Those that would be set."""
    outcome: Outcome
    trouble: YinxinError | None
    """Why it is refused; or what the change undoes beyond what it says, which must be confirmed."""
    plan: Plan | None
    """None where it is refused."""

    @property
    def is_doubtful(self) -> bool:
        """Whether the change must be confirmed."""
        return self.outcome == Outcome.CHANGES and self.trouble is not None


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A whole selection's."""

    outlooks: tuple[Outlook, ...]

    def of(self, outcome: Outcome) -> tuple[Outlook, ...]:
        """Return those with an outcome."""
        return tuple(each for each in self.outlooks if each.outcome == outcome)

    @property
    def doubtful(self) -> tuple[Outlook, ...]:
        """Those whose change must be confirmed."""
        return tuple(each for each in self.outlooks if each.is_doubtful)


def rehearse(
    office: Office, certificates: Sequence[Certificate], wish: Wish, agency: int, *, order_id: int | None = None
) -> Rehearsal:
    """Return what would become of each certificate if officers of an agency signed now.

    Asks the registry about each one. Raises `InvalidInput` for days that can be of none of them.
    """
    who = planning.acting(office, agency)
    with office.store.reading() as work:
        busy = order_rows.busy(work, [each.id for each in certificates], but=order_id)
    return Rehearsal(tuple(_outlook(office, each, wish, who, busy.get(each.id)) for each in certificates))


def as_signed(rehearsal: Rehearsal, plans: Mapping[str, Plan], wish: Wish, level: int) -> Rehearsal:
    """Return what becomes of a selection by these very plans, by row id, which a first officer of a level signed."""
    return Rehearsal(
        tuple(_as_signed(each, plans.get(each.certificate.id), wish, level) for each in rehearsal.outlooks)
    )


def _as_signed(outlook: Outlook, plan: Plan | None, wish: Wish, level: int) -> Outlook:
    changes = outlook.outcome == Outcome.CHANGES
    if plan is not None:
        then, trouble = _then(plan.held, wish, plan, level), outlook.trouble if changes else None
        return Outlook(outlook.certificate, plan.held, then, Outcome.CHANGES, trouble, plan)
    if not changes:
        return outlook
    left_out = NotReady("this certificate was left out when the order was proposed")
    return _refused(outlook.certificate, outlook.held, left_out)


def _outlook(office: Office, certificate: Certificate, wish: Wish, who: Acting, busy: str | None) -> Outlook:
    if certificate.leaf is None:
        return _refused(certificate, (), NotReady("this certificate is a draft; only what is anchored has a status"))
    slot = office.registry.status(certificate.agency, certificate.leaf)
    held = slots.read(slot)
    try:
        with office.store.reading() as work:
            planning.require_known(office, work, certificate, wish)
            planning.require_anchored(work, certificate)
        _require_idle(busy)
        plan = planning.plan(office, certificate, wish, who, slot=slot)
        if not plan.is_so:
            planning.require_level(slots.track_of(slot, wish.track), who)
    except (NotAllowed, NotReady, InvalidInput) as trouble:
        return _refused(certificate, held, trouble)
    if plan.is_so:
        return Outlook(certificate, held, held, Outcome.IS_SO, None, plan)
    doubt = Unconfirmed(plan.doubt) if plan.doubt else None
    return Outlook(certificate, held, _then(held, wish, plan, who.level), Outcome.CHANGES, doubt, plan)


def _refused(certificate: Certificate, held: tuple[Held, ...], trouble: YinxinError) -> Outlook:
    return Outlook(certificate, held, held, Outcome.REFUSED, trouble, None)


def _require_idle(busy: str | None) -> None:
    """Refuse a certificate that something else is about to change: the signatures would be about what was."""
    if busy == State.PREPARED:
        raise NotReady("this certificate is in another status order that waits for its second officer")
    if busy is not None:
        raise NotReady("another change of this certificate's status is on its way; wait until it is final")


def _then(held: tuple[Held, ...], wish: Wish, plan: Plan, level: int) -> tuple[Held, ...]:
    kept = [each for each in held if each.track != wish.track]
    if not wish.lifts:
        from_hour = 0 if wish.track is Track.RENEWAL_PENDING else plan.from_hour
        kept.append(Held(wish.track, from_hour, plan.until_hour, level))
    return tuple(sorted(kept, key=lambda each: each.track))

"""Status orders: one officer proposes what is to happen to certificates' statuses, a second one signs or returns it.

Each signs the very same words: leaves, change, what the slots hold now, deadline. So if a status changed in between,
the first signature is about what was, and the order must be proposed anew. A large selection goes in several
transactions; each one changes all its certificates, or none.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chain.errors import InvalidInput
from chain.events import Track
from issuer import audit_log, reasons
from issuer.errors import NotAllowed, NotReady, StatusNotKnown, Unconfirmed
from issuer.status import order_texts, planning, rehearsed_orders, statuses, wishes
from issuer.status.order_texts import Text
from issuer.status.planning import Plan
from issuer.status.rehearsed_orders import Outcome
from issuer.status.wishes import Wish
from issuer.tables import order_rows
from issuer.tables.account_models import Role
from issuer.tables.models import History, State
from issuer.tables.order_models import OrderPart, OrderState, StatusOrder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from issuer.audit_log import Occasion
    from issuer.keys import Officer
    from issuer.office import Office
    from issuer.people.sessions import SignedIn
    from issuer.status.rehearsed_orders import Outlook, Rehearsal
    from issuer.tables.models import Certificate
    from issuer.tables.store import Work

MOST = 1_024
"""Certificates of one order."""
TOGETHER = 100
"""Certificates of one transaction. The registry takes 256; a hundred take 3.3 million gas, which every chain has."""
LONGEST_TEXT = 2_000

_OPEN = (OrderState.DRAFT, OrderState.PROPOSED, OrderState.RETURNED, OrderState.OUTDATED)
_SALT = 16


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an order says."""

    verb: str
    """One of `wishes.TRACKS`."""
    first_day: date | None
    """The day on which it is proposed, if None."""
    last_day: date | None
    """Included; only for a suspension, or a pending renewal, which must have one."""
    code: str
    """Of the reason."""
    basis: str = ""
    """The articles of law; those that belong to the reason if empty."""
    text: str = ""
    decision: bytes | None = None
    """The written decision, a file's bytes; only its digest is kept, salted on the chain."""
    lift: bool = False
    """It takes back what the verb would set."""


@dataclass(frozen=True, slots=True)
class Doing:
    """Who does something that needs no signature."""

    who: str
    """The login, or the key's name on the command line."""
    agency: int
    occasion: Occasion


def draft(office: Office, certificate_ids: Sequence[str], wanted: Wanted, by: Doing) -> int:
    """Write an order down and return its number; nobody has signed it.

    Whether the certificates are in the agency's sight, the caller knows. Raises `InvalidInput`, also for a status that
    none of their types knows, and `NotAllowed` for certificates of an agency that is not this one nor below it.
    """
    ids = list(dict.fromkeys(certificate_ids))
    if not 1 <= len(ids) <= MOST:
        raise InvalidInput(f"certificates: got {len(ids)}, wanted 1 to {MOST} in one order")
    wish = _possible(office, wanted)
    directory = office.directory()
    office.records.ensure_data_key(office.store, by.agency, now=office.now())
    with office.store.writing() as work:
        chosen = [work.certificate(each) for each in ids]
        for agency in {each.agency for each in chosen}:
            statuses.require_acting(office, directory, agency, (), by.agency)
        _require_known(office, work, chosen, wish)
        order = StatusOrder(
            agency=by.agency,
            verb=wanted.verb,
            lift=wanted.lift,
            first_day=wanted.first_day,
            last_day=wanted.last_day,
            code=wanted.code,
            content=None,
            state=OrderState.DRAFT,
            size=len(ids),
            drafted_by=by.who,
            created_at=office.now(),
        )
        work.add(order)
        work.flush()
        decision = None if wanted.decision is None else hashlib.sha256(wanted.decision).hexdigest()
        # The law is Chinese, whichever language the page has.
        basis = wanted.basis.strip() or reasons.find(wanted.verb, wanted.code).basis["zh-CN"]
        text = Text(office.entropy(_SALT).hex(), basis, wanted.text.strip(), decision)
        order.content = order_texts.close(office, work, order, text)
        order_rows.add_entries(work, order.id or 0, ids)
        _note(work, order, "status order drafted", by)
        return order.id or 0


def rehearse(office: Office, order_id: int, agency: int) -> Rehearsal:
    """Return what the order would change if it were signed now; asks the registry about each certificate.

    Of one that was proposed: what its first officer signed, for that is all that a second one can sign.
    """
    with office.store.reading() as work:
        order = order_rows.order(work, order_id, agency)
        certificates = order_rows.selected(work, order_id)
        wish = order_texts.wish(office, work, order)
        plans = _signed_plans(work, order_id, certificates)
    found = rehearsed_orders.rehearse(office, certificates, wish, agency, order_id=order_id)
    if order.state != OrderState.PROPOSED:
        return found
    return rehearsed_orders.as_signed(found, plans, wish, office.directory().agency(agency).level)


def shown(work: Work, order_id: int) -> str:
    """Return what tells whether an order is still proposed as it was looked at; to be given back with a signature."""
    signed = b"".join(change.signatures for change in order_rows.changes(work, order_id))
    return hashlib.sha256(signed).hexdigest()


def propose(office: Office, order_id: int, officer: Officer, *, confirmed: bool = False) -> int:
    """Sign an order as its first officer; returns how many certificates it will change.

    Those that are so already, or would be refused, are left out. Raises `Unconfirmed` if it undoes more than it says
    and nobody said that this is meant, `NotReady` if nothing is left to change, `NotAllowed`.
    """
    directory = office.directory()
    with office.store.reading() as work:
        order = order_rows.order(work, order_id, officer.agency)
        wish = order_texts.wish(office, work, order)
        grounds = order_texts.grounds(office, work, order)
    _require_state(order, OrderState.DRAFT)
    rehearsal = rehearse(office, order_id, officer.agency)
    changing = rehearsal.of(Outcome.CHANGES)
    if not changing:
        raise NotReady(f"status order {order_id} would change nothing: every certificate is so already, or refused")
    if (doubtful := rehearsal.doubtful) and not confirmed:
        raise Unconfirmed(str(doubtful[0].trouble))
    for agency in {each.certificate.agency for each in changing}:
        statuses.require_acting(office, directory, agency, [officer], officer.agency)
    deadline = directory.block.number + office.approval_blocks
    with office.store.writing() as work:
        order = order_rows.order(work, order_id, officer.agency)
        _require_state(order, OrderState.DRAFT)
        if order_rows.busy(work, [each.certificate.id for each in changing]):
            raise NotReady(f"status order {order_id}: one of its certificates is in another one by now; look again")
        for plans in _together(changing):
            change = statuses.add(
                office, work, plans, track=wish.track, actor=officer.agency, grounds=grounds, deadline=deadline
            )
            work.add(OrderPart(change_id=change.id or 0, order_id=order_id))
            statuses.sign(office, work, change, [officer])
        order.state, order.changing, order.confirmed = OrderState.PROPOSED, len(changing), bool(doubtful)
        order.proposed_by, order.proposed_key = officer.login or officer.name, officer.signer.address
        order.proposed_at, order.comment, order.decided_by, order.decided_at = office.now(), None, "", None
        _note_signed(office, work, order, f"{order.verb} proposed", officer)
    return len(changing)


def approve(office: Office, order_id: int, officer: Officer, *, seen: str | None = None) -> None:
    """Sign an order as its second officer, and queue its changes.

    Raises `NotAllowed` for whoever proposed it; and `NotReady` if a status changed since, or the time is over: then the
    order is OUTDATED, and must be proposed anew. With what `shown` returned, that very proposal is signed or none.
    """
    directory = office.directory()
    with office.store.reading() as work:
        order = order_rows.order(work, order_id, officer.agency)
        agencies = {change.agency for change in order_rows.changes(work, order_id)}
    _require_state(order, OrderState.PROPOSED)
    if officer.signer.address == order.proposed_key:
        raise NotAllowed(f"status order {order_id} was proposed by {order.proposed_by}; wanted a second officer")
    for agency in agencies:
        statuses.require_acting(office, directory, agency, [officer], officer.agency)
    if why := outdated(office, order_id, officer.agency):
        with office.store.writing() as work:
            order = order_rows.order(work, order_id, officer.agency)
            _require_state(order, OrderState.PROPOSED)
            order_rows.drop_changes(work, order_id)
            order.state = OrderState.OUTDATED
            _note(work, order, "status order outdated", _doing(office, officer))
        raise NotReady(f"status order {order_id}: {why}; it must be proposed anew")
    with office.store.writing() as work:
        order = order_rows.order(work, order_id, officer.agency)
        _require_state(order, OrderState.PROPOSED)
        if seen is not None and seen != shown(work, order_id):
            raise NotReady(f"status order {order_id}: it was proposed anew since it was shown; look at it again")
        for change in order_rows.changes(work, order_id):
            statuses.sign(office, work, change, [officer])
            change.state = State.QUEUED
        order.state, order.decided_by = OrderState.APPROVED, officer.login or officer.name
        order.decided_at = office.now()
        _note_signed(office, work, order, f"{order.verb} signed", officer)


def outdated(office: Office, order_id: int, agency: int) -> str:
    """Say why the first officer's signature is of no use any more; empty if it counts. Asks the registry."""
    with office.store.reading() as work:
        order_rows.order(work, order_id, agency)
        changes = order_rows.changes(work, order_id)
        targets = [(change, target) for change in changes for target in work.status_targets(change.id or 0)]
    newest = office.registry.newest().number
    if any(change.deadline <= newest for change in changes):
        return "the first officer's signature counts no longer"
    moved = sum(
        office.registry.status(change.agency, target.leaf) != int.from_bytes(target.held, "big")
        for change, target in targets
    )
    return f"the status of {moved} certificates changed since the first officer signed" if moved else ""


def send_back(office: Office, order_id: int, comment: str, by: Doing) -> None:
    """Return an order to who proposed it, with a comment; the first signature is destroyed."""
    comment = comment.strip()
    if not 1 <= len(comment) <= LONGEST_TEXT:
        raise InvalidInput(f"comment: got {len(comment)} characters, wanted 1 to {LONGEST_TEXT}: what is to be mended")
    with office.store.writing() as work:
        order = order_rows.order(work, order_id, by.agency)
        _require_state(order, OrderState.PROPOSED)
        if by.who == order.proposed_by:
            raise NotAllowed(f"status order {order_id} was proposed by {by.who}, who can only take it back")
        order_rows.drop_changes(work, order_id)
        order.state, order.decided_by, order.decided_at = OrderState.RETURNED, by.who, office.now()
        order.comment = order_texts.close_comment(office, work, order, comment)
        _note(work, order, "status order returned", by)


def reopen(office: Office, order_id: int, by: Doing) -> None:
    """Make an order a draft again that was returned, is outdated, or that its proposer takes back."""
    with office.store.writing() as work:
        order = order_rows.order(work, order_id, by.agency)
        _require_state(order, OrderState.RETURNED, OrderState.OUTDATED, OrderState.PROPOSED)
        if order.state == OrderState.PROPOSED and by.who != order.proposed_by:
            raise NotAllowed(f"status order {order_id} was proposed by {order.proposed_by}; return it with a comment")
        order_rows.drop_changes(work, order_id)
        order.state, order.changing, order.proposed_key = OrderState.DRAFT, 0, None
        _note(work, order, "status order reopened", by)


def give_up(office: Office, order_id: int, by: Doing) -> None:
    """Give an order up that has not been signed by two."""
    with office.store.writing() as work:
        order = order_rows.order(work, order_id, by.agency)
        _require_state(order, *_OPEN)
        if by.who not in {order.drafted_by, order.proposed_by}:
            raise NotAllowed(f"status order {order_id} is {order.drafted_by}'s; return it with a comment instead")
        order_rows.drop_changes(work, order_id)
        order.state, order.decided_by, order.decided_at = OrderState.GIVEN_UP, by.who, office.now()
        _note(work, order, "status order given up", by)


def waiting_for(work: Work, signed_in: SignedIn) -> list[StatusOrder]:
    """Return the orders that wait for somebody: to be signed or returned, or that came back; for the dashboard."""
    if Role.STATUS_OFFICER not in signed_in.roles:
        return []
    return order_rows.waiting_orders(work, signed_in.agency, signed_in.login)


def forget(office: Office, work: Work, order: StatusOrder, officer: Officer) -> None:
    """Destroy what an order says in words, since it may be about the holder who is erased; an open one is given up."""
    order.content = order.comment = None
    if order.state in _OPEN:
        order_rows.drop_changes(work, order.id or 0)
        order.state = OrderState.GIVEN_UP
        _note(work, order, "status order given up", _doing(office, officer))
    work.flush()


def _possible(office: Office, wanted: Wanted) -> Wish:
    """Return what an order wants of each certificate; raises `InvalidInput` for what can be wanted of none."""
    if wanted.verb not in wishes.TRACKS:
        raise InvalidInput(f"verb: got «{wanted.verb}», wanted one of {', '.join(wishes.TRACKS)}")
    reasons.find(wanted.verb, wanted.code)
    if wanted.code == reasons.OTHER and not wanted.text.strip():
        raise InvalidInput("text: got none, wanted what the other reason is")
    for name, text in (("legal basis", wanted.basis), ("text", wanted.text)):
        if len(text) > LONGEST_TEXT:
            raise InvalidInput(f"{name}: got {len(text)} characters, wanted at most {LONGEST_TEXT}")
    wish = Wish(wanted.verb, wanted.first_day, wanted.last_day, wanted.text, None, lift=wanted.lift, code=wanted.code)
    wishes.require_possible(wish)
    wishes.hours(wish, today=office.today, held=None, now=0)
    return wish


def _require_known(office: Office, work: Work, certificates: Sequence[Certificate], wish: Wish) -> None:
    """Refuse a status that no certificate's type knows. Where some types know it, the rehearsal refuses the others."""
    unknown = None
    for certificate in certificates:
        try:
            planning.require_known(office, work, certificate, wish)
        except StatusNotKnown as exc:
            unknown = exc
        else:
            return
    if unknown is not None:
        raise unknown


def _signed_plans(work: Work, order_id: int, certificates: Sequence[Certificate]) -> dict[str, Plan]:
    """Return what a proposed order does to each certificate that it changes, by row id."""
    known = {each.id: each for each in certificates}
    return {
        target.certificate_id: Plan(
            known[target.certificate_id],
            int.from_bytes(target.held, "big"),
            change.from_hour,
            change.until_hour,
            is_so=False,
            doubt="",
        )
        for change in order_rows.changes(work, order_id)
        for target in work.status_targets(change.id or 0)
    }


def _together(outlooks: Sequence[Outlook]) -> list[list[Plan]]:
    """Return what goes into one transaction each: certificates of one agency that change alike."""
    alike: dict[tuple[int, int, int], list[Plan]] = {}
    for outlook in outlooks:
        if (plan := outlook.plan) is not None:
            alike.setdefault((plan.certificate.agency, plan.from_hour, plan.until_hour), []).append(plan)
    return [plans[start : start + TOGETHER] for plans in alike.values() for start in range(0, len(plans), TOGETHER)]


def _require_state(order: StatusOrder, *wanted: OrderState) -> None:
    if order.state not in wanted:
        raise NotReady(f"status order {order.id} is {order.state}, wanted one that is {', '.join(wanted)}")


def _note_signed(office: Office, work: Work, order: StatusOrder, what: str, officer: Officer) -> None:
    """Write a line for each certificate that changes, and one to the log of actions."""
    who = officer.login or officer.name
    for change in order_rows.changes(work, order.id or 0):
        said = wishes.said(Track(change.track), change.from_hour, change.until_hour)
        for target in work.status_targets(change.id or 0):
            detail = f"{said}; order {order.id}"
            work.add(History(at=office.now(), what=what, who=who, detail=detail, certificate_id=target.certificate_id))
    _note(work, order, what, _doing(office, officer))


def _note(work: Work, order: StatusOrder, what: str, by: Doing) -> None:
    detail = f"{order.verb} {order.code}, {order.changing or order.size} certificates"
    audit_log.add(
        work, by.occasion, what, who=by.who, agency=by.agency, subject=f"status order {order.id}", detail=detail
    )


def _doing(office: Office, officer: Officer) -> Doing:
    occasion = audit_log.Occasion(office.now(), officer.source)
    return Doing(officer.login or officer.name, officer.agency, occasion)

"""What pages show of status orders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from chain.calendar import hour_of
from chain.errors import InvalidInput
from chain.events import Track
from issuer import days, reasons
from issuer.errors import Erased
from issuer.routes.pages import certificate_views
from issuer.routes.pages.front import whole as whole_number
from issuer.spreadsheet import spreadsheets
from issuer.status import orders, status_words, wishes
from issuer.status.rehearsed_orders import Outcome
from issuer.tables import account_rows, order_rows, status_rows
from issuer.tables.models import State
from issuer.tables.order_models import OrderState

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date, datetime

    from issuer.routes.pages.front import Visit
    from issuer.slots import Held
    from issuer.status.order_texts import Text
    from issuer.status.rehearsed_orders import Rehearsal
    from issuer.status.status_words import Said
    from issuer.tables.models import Certificate
    from issuer.tables.order_models import StatusOrder
    from issuer.tables.store import Work

_MOST_NUMBERS = 200_000
"""Characters of a pasted list."""


@dataclass(frozen=True, slots=True)
class Listed:
    """An order in a list."""

    id: int
    verb: str
    reason: str
    size: int
    state: tuple[str, str]
    who: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Row:
    """A certificate of an order."""

    id: str
    number: str
    holder: str
    type: str
    now: tuple[Said, ...] = ()
    then: tuple[Said, ...] = ()
    outcome: str = ""
    trouble: str = ""
    changes: bool = False
    doubtful: bool = False


def listed(visit: Visit, order: StatusOrder, changes: dict[str, int]) -> Listed:
    """Return an order for a list."""
    return Listed(
        id=order.id or 0,
        verb=verb_of(visit, order),
        reason=reasons.words(order.verb, order.code, visit.language),
        size=order.changing or order.size,
        state=status_words.order_state(order.state, changes),
        who=order.proposed_by or order.drafted_by,
        at=order.proposed_at or order.created_at,
    )


def verb_of(visit: Visit, order: StatusOrder) -> str:
    """Return what an order does, in a word."""
    word = visit.words.gettext(status_words.VERBS[order.verb][0])
    return visit.words.gettext("Take back: %(verb)s", verb=word) if order.lift else word


def whole(visit: Visit, order: StatusOrder, text: Text | None) -> dict[str, object]:
    """Return what an order says."""
    words = visit.words
    first = words.day(order.first_day) if order.first_day else words.gettext("the day on which it is proposed")
    last = words.day(order.last_day) if order.last_day else ""
    lifts = order.lift or order.verb in wishes.LIFTING
    return {
        "order": order,
        "verb": verb_of(visit, order),
        "meaning": "" if order.lift else words.gettext(status_words.VERBS[order.verb][1]),
        "reason": reasons.words(order.verb, order.code, visit.language),
        "first": "" if lifts else first,
        "last": "" if lifts else last,
        "text": text,
    }


def progress(visit: Visit, order: StatusOrder) -> dict[str, object]:
    """Return where an order is, and its changes."""
    with visit.store.reading() as work:
        changes = order_rows.changes(work, order.id or 0) if order.state == OrderState.APPROVED else []
        sizes = {change.id: len(work.status_targets(change.id or 0)) for change in changes}
        states = order_rows.states_of_changes(work, [order.id or 0]).get(order.id or 0, {})
    failures = {change.failure for change in changes if change.state == State.FAILED}
    return {
        "order": order,
        "state": status_words.order_state(order.state, states),
        "is_moving": any(change.state in {State.QUEUED, State.SENT, State.IN_BLOCK} for change in changes),
        "final": sum(sizes[change.id] for change in changes if change.state == State.FINAL),
        "failures": sorted(failures),
    }


def choices(visit: Visit, typed: Mapping[str, str]) -> dict[str, object]:
    """Return what a form offers: only what can be recorded of what the address selects."""
    language, words = visit.language, visit.words
    known = _known(visit, typed)
    offered = {verb: told for verb, told in status_words.VERBS.items() if wishes.TRACKS[verb] in known}
    return {
        "verbs": [(verb, words.gettext(name), words.gettext(hint)) for verb, (name, hint) in offered.items()],
        "codes": [
            (
                words.gettext(name),
                [(f"{verb}/{each.code}", each.words[language], each.basis[language]) for each in reasons.of(verb)],
            )
            for verb, (name, _) in offered.items()
        ],
    }


def selected(visit: Visit, typed: Mapping[str, str]) -> dict[str, object] | None:
    """Return what the address selects, to be said above the form; None where numbers are to be typed."""
    with visit.store.reading() as work:
        if typed.get("certificate"):
            certificate = visit.sight.certificate(work, typed["certificate"])
            row = plain(visit, [certificate])[0]
            return {"kind": "certificate", "row": row}
        if typed.get("batch"):
            number = whole_number(typed["batch"])
            batch = visit.sight.batch(work, -1 if number is None else number)
            return {"kind": "batch", "batch": batch}
    return {"kind": "search"} if typed.get("search") else None


def _known(visit: Visit, typed: Mapping[str, str]) -> Collection[Track]:
    """Return the statuses that the selected certificates' type knows; all where they may be of several types.

    One that the registry holds all the same can be taken back.
    """
    with visit.store.reading() as work:
        if typed.get("certificate"):
            certificate = visit.sight.certificate(work, typed["certificate"])
            held = status_rows.known(work, [certificate.id]).get(certificate.id, [])
            batch = work.batch(certificate.batch_id)
            return visit.office.type_of(batch.type_number, batch.type_version).statuses | {each.track for each in held}
        if typed.get("batch"):
            number = whole_number(typed["batch"])
            batch = visit.sight.batch(work, -1 if number is None else number)
            return visit.office.type_of(batch.type_number, batch.type_version).statuses
    sought = dict(parse_qsl(typed.get("search", ""))).get("type", "")
    return next((each.statuses for each in visit.office.types if each.identifier == sought), frozenset(Track))


def entries(pasted: str, file: bytes) -> list[str]:
    """Return the numbers of a pasted list, one in each line, and of a file's first column; raises `FileRefused`."""
    if len(pasted) > _MOST_NUMBERS:
        raise InvalidInput(f"selection: got {len(pasted)} characters, wanted at most {_MOST_NUMBERS}")
    found = [line.strip() for line in pasted.replace("\t", "\n").splitlines()]
    if file:
        found += _first_column(file)
    found = [each for each in found if each]
    if not found:
        raise InvalidInput("selection: got no numbers, wanted at least one certificate")
    if len(set(found)) > orders.MOST:
        raise InvalidInput(f"selection: got {len(set(found))} numbers, wanted at most {orders.MOST} in one order")
    return found


def _first_column(file: bytes) -> list[str]:
    """Return a spreadsheet's first column; its head is none of the numbers, which all have a digit."""
    sheet = spreadsheets.read(file)
    cells = [line.cells[0].strip().removeprefix("'") if line.cells else "" for line in sheet.lines]
    return cells if cells and any(map(str.isdigit, cells[0])) else cells[1:]


def day(text: str, name: str) -> date | None:
    """Return a day that was typed, None if the field is empty."""
    return days.read(text.strip(), name) if text.strip() else None


def rehearsed(visit: Visit, rehearsal: Rehearsal) -> tuple[list[Row], dict[str, int]]:
    """Return each certificate's part of an order, those that need a look first, and counts."""
    rows = [
        _row(
            visit,
            each.certificate,
            now=each.held,
            then=each.then,
            outcome=each.outcome,
            trouble=visit.words.explain(each.trouble) if each.trouble else "",
            doubtful=each.is_doubtful,
        )
        for each in rehearsal.outlooks
    ]
    rows.sort(key=lambda row: (not row.doubtful, row.outcome != Outcome.REFUSED, row.outcome != Outcome.CHANGES))
    counts = {
        "changes": len(rehearsal.of(Outcome.CHANGES)),
        "so": len(rehearsal.of(Outcome.IS_SO)),
        "refused": len(rehearsal.of(Outcome.REFUSED)),
        "doubtful": len(rehearsal.doubtful),
    }
    return rows, counts


def plain(visit: Visit, certificates: Sequence[Certificate]) -> list[Row]:
    """Return certificates without what would become of them."""
    return [_row(visit, each) for each in certificates]


def key_of(visit: Visit, work: Work) -> bytes | None:
    """Return the address of the visitor's key."""
    return account_rows.person(work, visit.who.person_id).key_address


def _row(
    visit: Visit,
    certificate: Certificate,
    *,
    now: Sequence[Held] = (),
    then: Sequence[Held] = (),
    outcome: Outcome | None = None,
    trouble: str = "",
    doubtful: bool = False,
) -> Row:
    kind = visit.office.type(certificate.certificate_type)
    hour = hour_of(visit.now)
    with visit.store.reading() as work:
        try:
            reads = visit.sight.reads_claims(certificate.agency)
            claims = visit.office.records.claims(work, certificate) if reads else None
        except Erased:
            claims = None
    return Row(
        id=certificate.id,
        number=certificate_views.name_of(certificate, claims),
        holder=certificate_views.holder_of(kind, claims, visit.language),
        type=kind.names[visit.language],
        now=tuple(status_words.said(visit.words, kind, each, hour) for each in now),
        then=tuple(status_words.said(visit.words, kind, each, hour) for each in then),
        outcome=str(outcome or ""),
        trouble=trouble,
        changes=outcome == Outcome.CHANGES,
        doubtful=doubtful,
    )

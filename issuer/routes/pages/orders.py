"""Status orders: written down and rehearsed, proposed by one officer, signed or returned by a second one."""

from __future__ import annotations

import random
from collections import defaultdict
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from fastapi import Response  # noqa: TC002 — FastAPI reads annotations at run time
from starlette.datastructures import UploadFile

from chain.errors import InvalidInput
from issuer import finding
from issuer.errors import Erased, FileRefused, NotAllowed, NotReady, Unconfirmed
from issuer.routes.pages import certificate_views, front, order_views
from issuer.routes.pages.certificates import search_of
from issuer.routes.pages.front import Fault, Visit, Visiting, whole
from issuer.status import order_texts, orders
from issuer.status.orders import Doing, Wanted
from issuer.tables import order_rows
from issuer.tables.account_models import Role
from issuer.tables.order_models import OrderState

if TYPE_CHECKING:
    from chain.errors import YinxinError
    from issuer.tables.order_models import StatusOrder

router = front.router(tags=["orders"])

PAGE = 50
_SAMPLE = 5
_FIELDS = {
    "certificates": "numbers",
    "selection": "numbers",
    "text": "text",
    "legal basis": "basis",
    "reason": "code",
    "from": "first_day",
    "until": "last_day",
    "first_day": "first_day",
    "last_day": "last_day",
    "verb": "verb",
    "comment": "comment",
}
"""Which field of a form an error's first words are about."""


@router.get("/orders")
def listed(visit: Visiting) -> Response:
    """List the agency's orders, those that wait for the visitor first."""
    with visit.store.reading() as work:
        waiting = orders.waiting_for(work, visit.who)
        found = order_rows.orders(work, visit.who.agency)
        states = order_rows.states_of_changes(work, [each.id or 0 for each in found])
    return visit.page(
        "orders.html",
        waiting=[order_views.listed(visit, each, {}) for each in waiting],
        found=[order_views.listed(visit, each, states.get(each.id or 0, {})) for each in found],
        may_order=certificate_views.may_order(visit),
    )


@router.get("/orders/new")
def new(visit: Visiting) -> Response:
    """Show the form of an order."""
    require_officer(visit)
    query = visit.request.query_params
    typed = {
        "certificate": query.get("certificate", ""),
        "batch": query.get("batch", ""),
        "search": str(query) if query.get("from") == "search" else "",
        "verb": query.get("verb", ""),
        "code": query.get("code", ""),
    }
    return _form(visit, typed)


@router.post("/orders/new")
def make(visit: Visiting) -> Response:
    """Write an order down."""
    require_officer(visit)
    typed = {key: value for key, value in visit.form.items() if isinstance(value, str)}
    try:
        row_ids = _selection(visit, typed)
        number = orders.draft(visit.office, row_ids, _wanted(visit), doing(visit))
    except (InvalidInput, NotAllowed, FileRefused) as exc:
        return _form(visit, typed, [fault_of(visit, exc)])
    return visit.goto(f"/orders/{number}")


@router.get("/orders/{number}")
def one(number: int, visit: Visiting) -> Response:
    """Show an order with its rehearsal, or with what became of it."""
    return _order(visit, number)


@router.get("/orders/{number}/progress")
def progress(number: int, visit: Visiting) -> Response:
    """Answer with where an order's changes are."""
    with visit.store.reading() as work:
        order = order_rows.order(work, number, visit.who.agency)
    return visit.page("order_progress.html", status=200, **order_views.progress(visit, order))


@router.post("/orders/{number}/propose")
def propose(number: int, visit: Visiting) -> Response:
    """Sign as the first officer."""
    require_officer(visit)
    officer = visit.officer()
    try:
        changing = orders.propose(visit.office, number, officer, confirmed=visit.typed("confirmed") == "yes")
    except Unconfirmed:
        text = visit.words.gettext("Tick that it is meant: the order undoes something that is in force.")
        return _order(visit, number, [Fault("confirmed", text)])
    except (NotReady, NotAllowed) as exc:
        return _order(visit, number, [fault_of(visit, exc)])
    sentence = visit.words.ngettext(
        "You have proposed a change of %(num)s certificate. It waits for a second officer.",
        "You have proposed a change of %(num)s certificates. It waits for a second officer.",
        changing,
    )
    return visit.done(f"/orders/{number}", sentence)


@router.post("/orders/{number}/approve")
def approve(number: int, visit: Visiting) -> Response:
    """Sign as the second officer."""
    require_officer(visit)
    officer = visit.officer()
    try:
        orders.approve(visit.office, number, officer, seen=visit.typed("seen"))
    except (NotReady, NotAllowed) as exc:
        return _order(visit, number, [fault_of(visit, exc)])
    return visit.done(
        f"/orders/{number}", visit.words.gettext("The order is signed by two officers and on its way to the chain.")
    )


@router.post("/orders/{number}/return")
def send_back(number: int, visit: Visiting) -> Response:
    """Return an order to who proposed it."""
    require_officer(visit)
    try:
        orders.send_back(visit.office, number, visit.typed("comment"), doing(visit))
    except (InvalidInput, NotReady, NotAllowed) as exc:
        return _order(visit, number, [fault_of(visit, exc)])
    return visit.done("/orders", visit.words.gettext("The order is returned to who proposed it."))


@router.post("/orders/{number}/reopen")
def reopen(number: int, visit: Visiting) -> Response:
    """Make an order a draft again."""
    require_officer(visit)
    try:
        orders.reopen(visit.office, number, doing(visit))
    except (NotReady, NotAllowed) as exc:
        return _order(visit, number, [fault_of(visit, exc)])
    return visit.done(f"/orders/{number}", visit.words.gettext("Look at the rehearsal and propose it again."))


@router.post("/orders/{number}/give-up")
def give_up(number: int, visit: Visiting) -> Response:
    """Give an order up."""
    require_officer(visit)
    try:
        orders.give_up(visit.office, number, doing(visit))
    except (NotReady, NotAllowed) as exc:
        return _order(visit, number, [fault_of(visit, exc)])
    return visit.done("/orders", visit.words.gettext("The order is given up."))


def doing(visit: Visit) -> Doing:
    """Return who does something that needs no signature."""
    return Doing(visit.who.login, visit.who.agency, visit.occasion)


def fault_of(visit: Visit, error: YinxinError) -> Fault:
    """Return an error as a fault of the field that it is about."""
    return Fault(_FIELDS.get(str(error).partition(":")[0], ""), visit.words.explain(error))


def require_officer(visit: Visit) -> None:
    """Refuse somebody who signs no status orders."""
    visit.require(Role.STATUS_OFFICER)
    if visit.agency is None:
        raise NotAllowed("the council changes statuses by proposals, not here")


def _selection(visit: Visit, typed: dict[str, str]) -> list[str]:
    """Return the certificates that a form selects; raises `InvalidInput` for numbers that fit nothing in sight."""
    with visit.store.reading() as work:
        if typed.get("certificate"):
            return [visit.sight.certificate(work, typed["certificate"]).id]
        if typed.get("batch"):
            number = whole(typed["batch"])
            found = visit.sight.batch(work, -1 if number is None else number)
            return [each.id for each in work.certificates(found.id or 0)]
        if typed.get("search"):
            wanted = search_of(visit, dict(parse_qsl(typed["search"])))
            return finding.selection(visit.office, work, visit.sight, wanted, most=orders.MOST)
        entries = order_views.entries(typed.get("numbers", ""), _uploaded(visit, "file"))
        named = finding.by_list(visit.office, work, visit.sight, entries)
    if named.unknown or named.ambiguous:
        wrong = [*named.unknown, *named.ambiguous]
        shown = ", ".join(wrong[:10]) + (" …" if len(wrong) > 10 else "")  # noqa: PLR2004 — as many as one reads
        raise InvalidInput(f"selection: got {len(wrong)} entries that name no certificate, or several: {shown}")
    return list(named.row_ids)


def _wanted(visit: Visit) -> Wanted:
    if not visit.typed("verb"):
        raise InvalidInput("verb: got none, wanted what is to happen")
    if not visit.typed("code"):
        raise InvalidInput("reason: got none, wanted one of the list")
    decision = _uploaded(visit, "decision")
    return Wanted(
        verb=visit.typed("verb"),
        first_day=order_views.day(visit.typed("first_day"), "first_day"),
        last_day=order_views.day(visit.typed("last_day"), "last_day"),
        code=visit.typed("code").partition("/")[2],
        basis=visit.typed("basis"),
        text=visit.typed("text"),
        decision=decision or None,
        lift=visit.typed("lift") == "yes",
    )


def _uploaded(visit: Visit, name: str) -> bytes:
    file = visit.form.get(name)
    return file.file.read() if isinstance(file, UploadFile) else b""


def _form(visit: Visit, typed: dict[str, str], faults: list[Fault] | None = None) -> Response:
    selected = order_views.selected(visit, typed)
    return visit.page(
        "order_new.html",
        status=422 if faults else 200,
        faults=faults or (),
        typed=defaultdict(str, typed),
        selected=selected,
        most=orders.MOST,
        **order_views.choices(visit, typed),
    )


def _order(visit: Visit, number: int, faults: list[Fault] | None = None) -> Response:
    with visit.store.reading() as work:
        order = order_rows.order(work, number, visit.who.agency)
        try:
            text = order_texts.opened(visit.office, work, order)
        except Erased:
            text = None
        comment = order_texts.comment(visit.office, work, order)
        seen = orders.shown(work, number)
        certificates = order_rows.selected(work, number)
    context = order_views.whole(visit, order, text)
    is_open = order.state in {OrderState.DRAFT, OrderState.PROPOSED} and text is not None
    stale = ""
    counts: dict[str, int] = {}
    if is_open:
        rehearsal = orders.rehearse(visit.office, number, visit.who.agency)
        rows, counts = order_views.rehearsed(visit, rehearsal)
        stale = orders.outdated(visit.office, number, visit.who.agency) if order.state == OrderState.PROPOSED else ""
    else:
        rows = order_views.plain(visit, certificates)
    page = max(1, min(_page(visit), -(-len(rows) // PAGE)))
    with visit.store.reading() as work:
        own_key = order_views.key_of(visit, work)
    may = _may(visit, order, own_key, changes=bool(counts.get("changes")), stale=bool(stale))
    if may & {"propose", "approve"}:
        visit.require_fresh()
    return visit.page(
        "order.html",
        status=409 if faults else 200,
        faults=faults or (),
        comment=comment,
        seen=seen,
        typed_comment=visit.typed("comment"),
        counts=counts,
        stale=stale,
        rows=rows[(page - 1) * PAGE : page * PAGE],
        number=page,
        pages=max(1, -(-len(rows) // PAGE)),
        sample=_sample(visit, rows) if order.state == OrderState.PROPOSED else [],
        is_open=is_open,
        may=may,
        **{**context, **order_views.progress(visit, order)},
    )


def _may(visit: Visit, order: StatusOrder, key: bytes | None, *, changes: bool, stale: bool) -> set[str]:
    if not certificate_views.may_order(visit):
        return set()
    mine = visit.who.login in {order.drafted_by, order.proposed_by}
    match OrderState(order.state):
        case OrderState.DRAFT:
            return {*(["propose"] if changes else []), *(["give-up"] if mine else [])}
        case OrderState.PROPOSED if visit.who.login == order.proposed_by or key == order.proposed_key:
            return {"take-back", "give-up"}
        case OrderState.PROPOSED:
            return {"return", *([] if stale else ["approve"])}
        case OrderState.RETURNED | OrderState.OUTDATED:
            return {"reopen", *(["give-up"] if mine else [])}
        case _:
            return set()


def _sample(visit: Visit, rows: list[order_views.Row]) -> list[order_views.Row]:
    """Return a few rows that nobody could foresee, to be looked at with care."""
    changing = [each for each in rows if each.changes]
    chance = random.Random(int.from_bytes(visit.office.entropy(8)))  # noqa: S311 — seeded by the office's entropy
    return chance.sample(changing, min(_SAMPLE, len(changing)))


def _page(visit: Visit) -> int:
    text = visit.request.query_params.get("page", "1")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 1  # noqa: PLR2004 — digits of a page's number

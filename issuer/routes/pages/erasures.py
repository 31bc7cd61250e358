"""Erasing what is held about one holder, found by a certificate: a manager asks, a second officer carries it out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import Response  # noqa: TC002 — FastAPI reads annotations at run time

from chain.calendar import hour_of
from chain.errors import InvalidInput
from issuer import audit_log, finding
from issuer.erasure import erasures
from issuer.erasure.erasures import Standing
from issuer.errors import Erased, NotAllowed, NotFound, NotReady
from issuer.finding import Found, Search
from issuer.routes.pages import certificate_views, front, sought
from issuer.routes.pages.front import Fault, Visit, Visiting
from issuer.tables.account_models import Role

if TYPE_CHECKING:
    from collections.abc import Sequence

    from issuer.tables.models import Certificate
    from issuer.tables.store import Work

router = front.router(tags=["erasures"])

ASKING = (Role.AGENCY_MANAGER,)
CARRYING_OUT = (Role.AGENCY_MANAGER, Role.STATUS_OFFICER)
_UNDERSTOOD = ("holder-asked", "cannot-be-undone")
_MOST_SHOWN = 20


@router.get("/erasures")
def overview(visit: Visiting) -> Response:
    """Show what waits for a second officer, a form to find a holder by a certificate, and what it found."""
    _require(visit, *CARRYING_OUT)
    words, faults = sought.asked(visit, "q")
    if not words:
        return _overview(visit, faults=faults)
    with visit.store.reading() as work:
        wanted = Search(words=words, agency=visit.who.agency)
        page = finding.search(visit.office, work, visit.sight, wanted, offset=0)
    rows = [
        certificate_views.listed(visit, found, hour=hour_of(visit.now), today=visit.office.today)
        for found in page.rows[:_MOST_SHOWN]
    ]
    with visit.store.writing() as work:
        audit_log.add(
            work, visit.occasion, "certificates searched", who=visit.who.login, agency=visit.who.agency,
            detail="to erase",
        )  # fmt: skip
    return _overview(visit, words=words, rows=rows, more=page.total - len(rows))


@router.post("/erasures")
def search(visit: Visiting) -> Response:
    """Go to the page with what fits, whose address keeps no name."""
    _require(visit, *CARRYING_OUT)
    words = visit.typed("q").strip()
    try:
        url = sought.url(visit, "/erasures", words, {})
    except InvalidInput as exc:
        return _overview(visit, words=words, faults=[Fault("q", visit.words.explain(exc))])
    return visit.goto(url)


@router.get("/certificates/{row_id}/erasure")
def show(row_id: str, visit: Visiting) -> Response:
    """Show whose data would go, what stays, and how far it is."""
    _require(visit, *CARRYING_OUT)
    certificate = _own(visit, row_id)
    visit.require_fresh()
    return _page(visit, certificate)


@router.post("/certificates/{row_id}/erasure")
def ask(row_id: str, visit: Visiting) -> Response:
    """Ask for it, as a manager: the first of two steps."""
    _require(visit, *ASKING)
    certificate = _own(visit, row_id)
    if faults := _slips(visit, certificate):
        return _page(visit, certificate, faults)
    officer = visit.officer()
    try:
        erasures.ask(visit.office, certificate, officer)
    except (NotAllowed, NotReady) as error:
        return _page(visit, certificate, [Fault("", visit.words.explain(error))])
    sentence = visit.words.gettext("Asked for. Nothing is erased until a second officer confirms it.")
    return visit.done(f"/certificates/{row_id}/erasure", sentence)


@router.post("/certificates/{row_id}/erasure/carry-out")
def carry_out(row_id: str, visit: Visiting) -> Response:
    """Erase, as the second officer: the second step."""
    _require(visit, *CARRYING_OUT)
    certificate = _own(visit, row_id)
    if faults := _slips(visit, certificate):
        return _page(visit, certificate, faults)
    officer = visit.officer()
    try:
        done = erasures.carry_out(visit.office, certificate, officer)
    except (NotAllowed, NotReady) as error:
        return _page(visit, certificate, [Fault("", visit.words.explain(error))])
    with visit.store.reading() as work:
        stays = visit.sight.own_certificate(work, row_id) if _is_there(visit, row_id) else None
    left = [visit.words.noted(each) for each in done.left]
    return visit.page("erasure_done.html", done=done, left=left, certificate=stays)


@router.post("/erasures/{number}/withdraw")
def withdraw(number: int, visit: Visiting) -> Response:
    """Take back what was asked."""
    _require(visit, *CARRYING_OUT)
    erasures.withdraw(visit.office, number, visit.officer())
    return visit.done("/erasures", visit.words.gettext("Taken back. Nothing was erased."))


def _overview(
    visit: Visit,
    *,
    words: str = "",
    rows: Sequence[certificate_views.Listed] = (),
    more: int = 0,
    faults: Sequence[Fault] = (),
) -> Response:
    with visit.store.reading() as work:
        waiting = erasures.waiting(visit.office, work, visit.who.agency)
    return visit.page("erasures.html", faults=faults, q=words, rows=rows, more=more, waiting=waiting)


def _page(visit: Visit, certificate: Certificate, faults: Sequence[Fault] = ()) -> Response:
    try:
        found = erasures.listed(visit.office, certificate)
    except Erased:
        return visit.page("erasure.html", status=410, certificate=certificate, standing=Standing.ERASED, rows=())
    with visit.store.reading() as work:
        asked = erasures.open_one(visit.office, work, certificate, found)
        rows = [(each, _found(visit, work, each.id)) for each in found]
    hour, today = hour_of(visit.now), visit.office.today
    shown = [
        (each, certificate_views.listed(visit, row, hour=hour, today=today), _code(visit, row)) for each, row in rows
    ]
    own, code = next((row, code) for each, row, code in shown if each.id == certificate.id)
    mine = asked is not None and asked.asked_by == visit.who.login
    return visit.page(
        "erasure.html",
        status=422 if faults else 200,
        faults=faults,
        certificate=certificate,
        number=own.number,
        holder=own.holder,
        code=code,
        rows=shown,
        asked=asked,
        lacking=[(each.batch, visit.words.noted(each.erased_first)) for each, *_ in shown if each.erased_first],
        standing=erasures.standing(asked, mine=mine),
        may_ask=visit.has(*ASKING),
        typed=visit.typed("number"),
        ticked=visit.chosen("understood"),
    )


def _slips(visit: Visit, certificate: Certificate) -> list[Fault]:
    """Say what is missing of a form that is to be no slip: both ticks, and the certificate's number typed."""
    faults = []
    if set(visit.chosen("understood")) != set(_UNDERSTOOD):
        faults.append(Fault("understood", visit.words.gettext("Tick both, or do not erase.")))
    if certificate.record_key is not None:
        with visit.store.reading() as work:
            number = str(visit.office.records.claims(work, certificate)["number"])
        if visit.typed("number").strip() != number:
            faults.append(Fault("number", visit.words.gettext("Type the certificate number as it stands above.")))
    return faults


def _own(visit: Visit, row_id: str) -> Certificate:
    with visit.store.reading() as work:
        return visit.sight.own_certificate(work, row_id)


def _found(visit: Visit, work: Work, row_id: str) -> Found:
    certificate = visit.sight.own_certificate(work, row_id)
    claims = visit.office.records.claims(work, certificate)
    return Found(certificate, work.batch(certificate.batch_id), claims, ())


def _code(visit: Visit, found: Found) -> str:
    """Return the holder's code as people who need not know all of it are shown it; empty without one."""
    kind = visit.office.type_of(found.batch.type_number, found.batch.type_version)
    key = kind.holder_code_claim
    value = (found.claims or {}).get(key) if key else None
    return kind.claim(key).masked(value) if key and value else ""


def _is_there(visit: Visit, row_id: str) -> bool:
    try:
        _own(visit, row_id)
    except NotFound:
        return False
    return True


def _require(visit: Visit, *roles: Role) -> None:
    visit.require(*roles)
    if visit.agency is None:
        raise NotAllowed("the council holds no certificates, so it erases none")

"""The emergency suspension: one officer stops a certificate for 24 hours, until two can decide."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from fastapi import Response  # noqa: TC002 — FastAPI reads annotations at run time

from chain.calendar import hour_of, time_of_hour
from chain.errors import InvalidInput
from issuer import reasons
from issuer.errors import NotAllowed, NotReady
from issuer.routes.pages import certificate_views, front
from issuer.routes.pages.front import Fault, Visit, Visiting  # noqa: TC001 — as above
from issuer.routes.pages.orders import fault_of, require_officer
from issuer.status import statuses, wishes

if TYPE_CHECKING:
    from issuer.tables.models import Certificate

router = front.router(tags=["orders"])


@router.get("/certificates/{row_id}/suspend")
def suspension(row_id: str, visit: Visiting) -> Response:
    """Ask why a certificate is to be suspended at once, by one officer."""
    require_officer(visit)
    visit.require_fresh()
    with visit.store.reading() as work:
        certificate = visit.sight.own_certificate(work, row_id)
    return _form(visit, certificate, {})


@router.post("/certificates/{row_id}/suspend")
def suspend(row_id: str, visit: Visiting) -> Response:
    """Suspend a certificate for 24 hours from this hour on, by one officer."""
    require_officer(visit)
    with visit.store.reading() as work:
        certificate = visit.sight.own_certificate(work, row_id)
    officer = visit.officer()
    typed = {"code": visit.typed("code"), "text": visit.typed("text")}
    try:
        reasons.find("suspend", typed["code"])
        _require_text(typed["text"])
        wish = wishes.Wish("suspend", None, None, typed["text"].strip(), None, code=typed["code"])
        change = statuses.request(visit.office, certificate, wish, [officer])
    except (InvalidInput, NotAllowed, NotReady) as exc:
        return _form(visit, certificate, typed, [fault_of(visit, exc)])
    said = "It is suspended already." if change is None else "The suspension is signed and on its way to the chain."
    return visit.done(f"/certificates/{row_id}", visit.words.gettext(said))


def _form(visit: Visit, certificate: Certificate, typed: dict[str, str], faults: list[Fault] | None = None) -> Response:
    shown = certificate_views.whole(visit, certificate)
    until = time_of_hour(hour_of(visit.now) + wishes.LONGEST_ALONE)
    return visit.page(
        "order_emergency.html",
        status=422 if faults else 200,
        faults=faults or (),
        typed=defaultdict(str, typed),
        until=until,
        codes=[(each.code, each.words[visit.language]) for each in reasons.of("suspend")],
        **shown,
    )


def _require_text(text: str) -> None:
    if not text.strip():
        raise InvalidInput("text: got none, wanted what happened")

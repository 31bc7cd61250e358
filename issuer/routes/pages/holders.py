"""Officers' pages about holders: links for a certificate, and limited copies of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import Response

from chain.errors import InvalidInput
from issuer import copies, holding
from issuer.document import qr
from issuer.errors import Erased, NotReady
from issuer.holding import MOST_DAYS, USUAL_DAYS
from issuer.routes.pages import copy_forms, front
from issuer.routes.pages.front import Fault, Visit, Visiting
from issuer.tables import holder_rows
from issuer.tables.account_models import Role

if TYPE_CHECKING:
    from issuer.tables.models import Certificate

router = front.router(tags=["holders"])
MAY = (Role.PREPARER, Role.STATUS_OFFICER, Role.AGENCY_MANAGER)


@router.get("/certificates/{row_id}/holder")
def show(row_id: str, visit: Visiting) -> Response:
    """Show the links that were handed out, and the copies that were made."""
    visit.require(*MAY)
    return _page(visit, _own(visit, row_id))


@router.post("/certificates/{row_id}/holder")
def hand_out(row_id: str, visit: Visiting) -> Response:
    """Hand a link out: the slip is shown this once."""
    visit.require(*MAY)
    certificate = _own(visit, row_id)
    days = visit.number("days") or 0
    try:
        handed = holding.hand_out(visit.office, row_id, who=visit.who.login, occasion=visit.occasion, days=days)
    except InvalidInput:
        text = visit.words.gettext("Say for how many days: 1 to %(most)s.", most=visit.words.number(MOST_DAYS))
        return _page(visit, certificate, (Fault("days", text),))
    except (Erased, NotReady) as error:
        return _page(visit, certificate, (Fault("", visit.words.explain(error)),))
    return slip(visit, certificate, handed)


@router.post("/certificates/{row_id}/holder/{link_id}/revoke")
def revoke(row_id: str, link_id: int, visit: Visiting) -> Response:
    """Take a link back."""
    visit.require(*MAY)
    _own(visit, row_id)
    holding.revoke(visit.office, row_id, link_id, who=visit.who.login, occasion=visit.occasion)
    return visit.done(f"/certificates/{row_id}/holder", visit.words.gettext("The link opens nothing any more."))


@router.get("/certificates/{row_id}/copy")
def ask_copy(row_id: str, visit: Visiting) -> Response:
    """Ask what a limited copy is to show, and for whom."""
    visit.require(*MAY)
    return copy_forms.show(visit, _own(visit, row_id), action=visit.path, back=_back(row_id))


@router.post("/certificates/{row_id}/copy")
def take_copy(row_id: str, visit: Visiting) -> Response:
    """Show what the copy will say, then make it."""
    visit.require(*MAY)
    certificate, by = _own(visit, row_id), visit.who.login
    return copy_forms.answer(visit, certificate, action=visit.path, back=_back(row_id), by=by, occasion=visit.occasion)


@router.get("/certificates/{row_id}/copies/{copy_id}.pdf")
def copy(row_id: str, copy_id: str, visit: Visiting) -> Response:
    """Hand a limited copy out."""
    visit.require(*MAY)
    certificate = _own(visit, row_id)
    pdf = copies.pdf_of(visit.office, visit.at.renderer(), certificate.id, copy_id)
    headers = {"Content-Disposition": 'attachment; filename="limited-copy.pdf"'}
    return Response(pdf, media_type="application/pdf", headers=headers)


def slip(visit: Visit, certificate: Certificate, handed: holding.Handed) -> Response:
    """Return the page to be printed and given to the holder."""
    office = visit.office
    with office.store.reading() as work:
        batch = work.batch(certificate.batch_id)
        claims = office.records.claims(work, certificate)
        second = holding.second_claim(office, work, certificate)
    known = office.type_of(batch.type_number, batch.type_version)
    url = handed.url(visit.at.site.url)
    return visit.page(
        "holder_slip.html",
        handed=handed,
        url=url,
        site=visit.at.site.url,
        picture=qr.svg(qr.encode(url)),
        known=known,
        number=claims[known.number_claim],
        second=known.claim(second).labels[visit.language],
        back=_back(certificate.id),
    )


def _own(visit: Visit, row_id: str) -> Certificate:
    with visit.store.reading() as work:
        return visit.sight.own_certificate(work, row_id)


def _back(row_id: str) -> str:
    return f"/certificates/{row_id}/holder"


def _page(visit: Visit, certificate: Certificate, faults: tuple[Fault, ...] = ()) -> Response:
    office = visit.office
    with office.store.reading() as work:
        batch = work.batch(certificate.batch_id)
        claims = office.records.claims(work, certificate)
        links = holder_rows.links(work, certificate.id)
        made = copies.made(office, work, certificate)
    known = office.type_of(batch.type_number, batch.type_version)
    return visit.page(
        "holder_links.html",
        status=422 if faults else 200,
        faults=faults,
        certificate=certificate,
        known=known,
        number=claims[known.number_claim],
        links=[(link, holding.opens(link, visit.now)) for link in links],
        made=made,
        days=visit.typed("days") or USUAL_DAYS,
        today=office.today,
    )

"""The holder's page, without an account: what became of the certificate, its files, and limited copies of it.

What opens it stands behind # in the link, or on paper; neither is ever part of an address. The browser keeps a cookie
that only this page's visit answers to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from fastapi import Response
from starlette.datastructures import FormData

from chain import code
from chain.calendar import hour_of
from chain.errors import RegistryError
from chain.events import Track
from issuer import copies, holding
from issuer.audit_log import Occasion
from issuer.delivery import document_making, handing_out
from issuer.document.face import PROOF_MEDIA_TYPE
from issuer.errors import SessionOver, SignInRefused, TooManyAttempts
from issuer.routes.pages import copy_forms, front
from issuer.routes.pages.front import Call, Calling, Elsewhere, Fault
from issuer.routes.pages.late_forms import Late, SentLate
from issuer.status import statuses

if TYPE_CHECKING:
    from chain.certificate_types import CertificateType
    from issuer.holding import Held
    from issuer.site import Site
    from issuer.tables.models import Certificate

router = front.router(tags=["holders"])

HOME = "/h/certificate"
_COOKIE = "yinxin-holder"


@router.get("/h")
def ask(call: Calling) -> Response:
    """Take a link, which a script reads from behind #, or ask for what stands on the slip."""
    return _quiet(call.page("holder_open.html", pickup="", link=""))


@router.post("/h")
def take(call: Calling) -> Response:
    """Open the page."""
    link = call.typed("link").strip().rpartition("#")[2]
    try:
        if link:
            token = holding.open_by_token(call.office, link, call.occasion)
        else:
            token = holding.open_by_pickup(call.office, call.typed("pickup"), call.typed("second"), call.occasion)
    except (SignInRefused, TooManyAttempts) as error:
        status = 429 if isinstance(error, TooManyAttempts) else 401
        faults = (Fault("link" if link else "pickup", call.words.explain(error)),)
        return call.page("holder_open.html", status=status, faults=faults, pickup=call.typed("pickup"), link="")
    answer = call.goto(HOME)
    answer.set_cookie(
        _name(call.at.site), token, path="/", secure=call.at.site.secure, httponly=True, samesite="strict"
    )
    return answer


@router.get(HOME)
def show(call: Calling) -> Response:
    """Show a certificate to its holder."""
    held = _held(call)
    with call.store.reading() as work:
        certificate = work.certificate(held.certificate_id)
        batch = work.batch(certificate.batch_id)
        papers = handing_out.papers_of(call.office, work, batch, certificate)
        made = copies.made(call.office, work, certificate)
    known = call.office.type_of(batch.type_number, batch.type_version)
    shown = call.page(
        "holder.html",
        known=known,
        papers=papers,
        certificate=certificate,
        agency=call.at.site.directory.read(call.office).agency(certificate.agency),
        short_number=code.short_number(certificate.leaf or b""),
        standing=_standing(call, certificate, known),
        made=made,
        a_day=copies.A_DAY,
        today=call.office.today,
        verifying_host=call.office.verifying_host,
    )
    return _quiet(shown)


@router.get("/h/certificate.pdf")
def document(call: Calling) -> Response:
    """Hand the document out."""
    held = _held(call)
    pdf = document_making.pdf_of(call.office, call.at.renderer, held.certificate_id)
    return _file(call, held, pdf, "application/pdf", ".pdf", what="document downloaded by its holder")


@router.get("/h/certificate.sd-jwt")
def credential(call: Calling) -> Response:
    """Hand the SD-JWT out."""
    held = _held(call)
    sd_jwt = _papers(call, held).sd_jwt
    return _file(
        call, held, sd_jwt.encode(), "application/vc+sd-jwt", ".sd-jwt", what="SD-JWT downloaded by its holder"
    )


@router.get("/h/certificate.proof")
def proof(call: Calling) -> Response:
    """Hand the proof out, where there is one."""
    held = _held(call)
    found = _papers(call, held).proof
    if found is None:
        return call.done(HOME, call.words.gettext("There is no proof file of this certificate yet."))
    return _file(call, held, found, PROOF_MEDIA_TYPE, ".proof", what="proof downloaded by its holder")


@router.get("/h/copy")
def ask_copy(call: Calling) -> Response:
    """Ask what a limited copy is to show, and for whom."""
    return copy_forms.show(call, _certificate(call, _held(call)), action="/h/copy", back=HOME)


@router.post("/h/copy")
def take_copy(call: Calling) -> Response:
    """Show what the copy will say, then make it; what was typed outlasts a visit that is over."""
    try:
        held = _held(call)
    except Elsewhere as exc:
        # The page that is opened next may be another certificate's, so what the copy will say is shown once more.
        again = [(name, "review" if name == "step" else value) for name, value in call.form.multi_items()]
        raise SentLate(Late.VISIT_OVER, FormData(again), csrf=call.csrf) from exc
    occasion = Occasion(call.now, "holder's link")
    certificate = _certificate(call, held)
    return copy_forms.answer(call, certificate, action="/h/copy", back=HOME, by=holding.HOLDER, occasion=occasion)


@router.get("/h/copies/{copy_id}.pdf")
def copy(copy_id: str, call: Calling) -> Response:
    """Hand a limited copy out."""
    held = _held(call)
    pdf = copies.pdf_of(call.office, call.at.renderer(), held.certificate_id, copy_id)
    return _file(call, held, pdf, "application/pdf", "-copy.pdf", what="limited copy downloaded by its holder")


@router.post("/h/leave")
def leave(call: Calling) -> Response:
    """Close the page in this browser."""
    holding.leave(call.office, _token(call))
    answer = call.done("/h", call.words.gettext("The page is closed in this browser."))
    answer.delete_cookie(_name(call.at.site), path="/", secure=call.at.site.secure, httponly=True, samesite="strict")
    return answer


def _quiet(answer: Response) -> Response:
    """Have the browser tell no other page where somebody came from."""
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


def _name(site: Site) -> str:
    return f"__Host-{_COOKIE}" if site.secure else _COOKIE


def _token(call: Call) -> str:
    return call.request.cookies.get(_name(call.at.site), "")


def _held(call: Call) -> Held:
    """Return whose page is open; asks for the link again where none is."""
    try:
        return holding.resume(call.office, _token(call), call.now)
    except SessionOver as exc:
        raise Elsewhere("/h") from exc


def _certificate(call: Call, held: Held) -> Certificate:
    with call.store.reading() as work:
        return work.certificate(held.certificate_id)


def _papers(call: Call, held: Held) -> handing_out.Papers:
    with call.store.reading() as work:
        certificate = work.certificate(held.certificate_id)
        return handing_out.papers_of(call.office, work, work.batch(certificate.batch_id), certificate)


def _file(call: Call, held: Held, content: bytes, media_type: str, ending: str, *, what: str) -> Response:
    name = handing_out.file_name(_papers(call, held).number) + ending
    holding.note_use(call.office, held, what, call.now)
    return Response(
        content,
        media_type=media_type,
        headers={
            "Content-Disposition": f"attachment; filename=\"certificate{ending}\"; filename*=UTF-8''{quote(name)}"
        },
    )


def _standing(call: Call, certificate: Certificate, known: CertificateType) -> tuple[str, str]:
    """Return in plain words what holds of the certificate now, and a colour."""
    words, office = call.words, call.office
    try:
        tracks = [held.track for held in statuses.held_now(office, certificate) if held.in_force(hour_of(office.now()))]
    except RegistryError:
        return words.gettext("The registry does not answer now; try again later"), "grey"
    against = [track for track in tracks if track != Track.RENEWAL_PENDING]
    if against:
        return known.status_words[against[0]][call.language], "red"
    first, last = certificate.first_day, certificate.last_day
    if first is not None and office.today < first:
        return words.gettext("In force from %(day)s", day=words.day(first)), "yellow"
    if last is not None and office.today > last:
        if tracks:
            return known.status_words[Track.RENEWAL_PENDING][call.language], "yellow"
        return words.gettext("Ran out on %(day)s", day=words.day(last)), "red"
    return words.gettext("In force"), "green"

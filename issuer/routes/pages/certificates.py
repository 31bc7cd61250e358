"""Certificates: finding them, and one certificate with all that is known of it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from fastapi import Response

from chain.calendar import hour_of
from chain.errors import InvalidInput
from chain.events import Track
from issuer import audit_log, days, finding, proofs, vocabulary
from issuer.delivery import document_making, handing_out
from issuer.document.face import PROOF_MEDIA_TYPE
from issuer.errors import NotFound, ProofMissing
from issuer.finding import Search
from issuer.routes.pages import certificate_views, front, sought
from issuer.routes.pages.front import Fault, Visit, Visiting
from issuer.said import msgid
from issuer.tables.models import State

if TYPE_CHECKING:
    from collections.abc import Mapping

    from issuer.tables.models import Certificate

router = front.router(tags=["certificates"])

STANDINGS = (
    ("in-force", msgid("In force")),
    ("expired", msgid("Expired")),
    ("not-yet", msgid("Not valid yet")),
)
TRACK_WORDS = {
    Track.SUSPENSION: msgid("Suspended"),
    Track.LOSS: msgid("Reported lost"),
    Track.RENEWAL_PENDING: msgid("Renewal pending"),
    Track.REPLACED: msgid("Replaced"),
    Track.CANCELLED: msgid("Cancelled"),
    Track.WITHDRAWN: msgid("Withdrawn"),
    Track.REVOKED: msgid("Revoked"),
    Track.RESCINDED: msgid("Rescinded"),
}
_DAYS = ("first_from", "first_until", "last_from", "last_until", "issued_from", "issued_until")
_OTHERS = ("type", "agency", "status", "state", "batch", *_DAYS)


@router.get("/certificates")
def find(visit: Visiting) -> Response:
    """Show the form, and a page of what is found."""
    query = _asked(visit)
    if plain := visit.request.query_params.get("q", "").strip():
        # Somebody wrote the address by hand.
        return _sealed(visit, plain, query)
    try:
        wanted = search_of(visit, query)
    except InvalidInput as exc:
        return _page(visit, query, exc)
    return _page(visit, query, wanted)


@router.post("/certificates")
def search(visit: Visiting) -> Response:
    """Go to the page of what is found, whose address keeps no name."""
    return _sealed(visit, visit.typed("q").strip(), {key: visit.typed(key) for key in _OTHERS})


def _sealed(visit: Visit, words: str, asked: Mapping[str, str]) -> Response:
    query = {key: asked[key].strip() for key in _OTHERS}
    try:
        url = sought.url(visit, "/certificates", words, query)
    except InvalidInput as exc:
        return _page(visit, query, exc)
    return visit.goto(url)


def _asked(visit: Visit) -> dict[str, str]:
    """Return what the page's own address asks for."""
    return {key: visit.request.query_params.get(key, "").strip() for key in (sought.WORDS, *_OTHERS)}


def _page(visit: Visit, query: Mapping[str, str], wanted: Search | InvalidInput) -> Response:
    """Show what is wanted, or with an error the form alone."""
    known_at = certificate_views.catch_up(visit)
    number = max(1, _whole(visit.request.query_params.get("page", ""), 1))
    given = {key: value for key, value in query.items() if value}
    page, faults, words = finding.Page(0, ()), [], visit.typed("q")
    if isinstance(wanted, InvalidInput):
        faults = [Fault(str(wanted).partition(":")[0], visit.words.explain(wanted))]
    else:
        words = wanted.words
        with visit.store.reading() as work:
            page = finding.search(visit.office, work, visit.sight, wanted, offset=(number - 1) * finding.PAGE)
    if given and number == 1 and not faults:
        with visit.store.writing() as work:
            # That somebody searched and by which kind of word, never for whom.
            audit_log.add(
                work, visit.occasion, "certificates searched", who=visit.who.login, agency=visit.who.agency,
                detail=_fields(given),
            )  # fmt: skip
    hour, today = hour_of(visit.now), visit.office.today
    return visit.page(
        "certificates.html",
        faults=faults,
        words=words,
        query=query,
        query_string=sought.query(visit, {key: query.get(key, "") for key in _OTHERS}),
        asked=bool(given),
        total=page.total,
        number=number,
        pages=max(1, -(-page.total // finding.PAGE)),
        rows=[certificate_views.listed(visit, found, hour=hour, today=today) for found in page.rows],
        types=certificate_views.type_names(visit),
        agencies={each: visit.directory.agency(each).name for each in visit.sight.agencies},
        standings=[(key, visit.words.gettext(word)) for key, word in STANDINGS]
        + [(track.name, visit.words.gettext(word)) for track, word in TRACK_WORDS.items()],
        states=[(str(state), visit.words.gettext(word)) for state, (word, _) in vocabulary.STATES.items()],
        known_at=known_at,
        may_order=certificate_views.may_order(visit),
        may_renew=certificate_views.may_renew(visit),
        may_erase=certificate_views.may_erase(visit),
    )


def _fields(given: Mapping[str, str]) -> str:
    """Name the fields of a search as the form does, for the log of actions."""
    return ", ".join("q" if key == sought.WORDS else key for key in given)


@router.get("/certificates.csv")
def find_csv(visit: Visiting) -> Response:
    """Return all that is found as a spreadsheet."""
    query = _asked(visit)
    wanted = search_of(visit, query)
    with visit.store.writing() as work:
        audit_log.add(
            work, visit.occasion, "certificates listed", who=visit.who.login, agency=visit.who.agency,
            detail=_fields({key: value for key, value in query.items() if value}),
        )  # fmt: skip
    with visit.store.reading() as work:
        data = finding.as_csv(visit.office, work, visit.sight, wanted)
    return _download(data, "certificates.csv", "text/csv; charset=utf-8")


@router.get("/certificates/{row_id}")
def one(row_id: str, visit: Visiting) -> Response:
    """Show one certificate: its claims, versions, statuses, documents and history, and what may be done with it."""
    with visit.store.reading() as work:
        certificate = visit.sight.certificate(work, row_id)
    shown = certificate_views.whole(visit, certificate)
    with visit.store.writing() as work:
        audit_log.add(
            work, visit.occasion, "certificate opened", who=visit.who.login, agency=certificate.agency,
            subject=f"certificate {row_id}",
        )  # fmt: skip
    return visit.page("certificate.html", status=200, **shown)


@router.get("/certificates/{row_id}/files/{file}")
def download(row_id: str, file: str, visit: Visiting) -> Response:
    """Return a file of an issued certificate: the document, the SD-JWT, the code's text, or the proof."""
    if file not in {"document.pdf", "certificate.sd-jwt", "code.txt", "certificate.proof"}:
        raise NotFound("file: wanted one of those that the certificate's page offers")
    with visit.store.reading() as work:
        certificate = visit.sight.own_certificate(work, row_id)
        batch = work.batch(certificate.batch_id)
        if batch.state != State.ISSUED:
            raise NotFound(f"certificate {row_id} is not issued yet")
        name = handing_out.file_name(str(visit.office.records.claims(work, certificate)["number"]))
    data, suffix, kind = _file(visit, certificate, file)
    with visit.store.writing() as work:
        audit_log.add(
            work, visit.occasion, "document taken", who=visit.who.login, agency=certificate.agency,
            subject=f"certificate {row_id}", detail=file,
        )  # fmt: skip
    return _download(data, f"{name}{suffix}", kind)


def search_of(visit: Visit, query: Mapping[str, str]) -> Search:
    """Return what the fields of an address look for; raises `InvalidInput` naming the field."""
    given = {name: days.read(query[name], name) for name in _DAYS if query.get(name)}
    for name in ("issued_from", "issued_until"):
        if name in given:
            # Issued at a moment, and not every day of the calendar has one.
            days.first_hour(given[name], name)
    status = query.get("status", "")
    agency = query.get("agency", "")
    if agency and not visit.sight.sees(_whole(agency, -1)):
        raise InvalidInput("agency: wanted one of those in the list")
    known = {each for each, _ in STANDINGS} | {track.name for track in TRACK_WORDS} | {""}
    if status not in known:
        raise InvalidInput("status: wanted one of those in the list")
    batch = query.get("batch", "")
    if batch and _whole(batch, -1) < 0:
        raise InvalidInput("batch: wanted a batch's number")
    return Search(
        words=sought.words(visit, query.get(sought.WORDS, "")),
        agency=_whole(agency, 0) or None,
        certificate_type=query.get("type", ""),
        status=Track[status] if status in Track.__members__ else status,  # type: ignore[arg-type]
        batch_id=_whole(batch, -1) if batch else None,
        state=query.get("state", ""),
        **given,
    )


def _file(visit: Visit, certificate: Certificate, file: str) -> tuple[bytes, str, str]:
    if file == "document.pdf":
        return document_making.pdf_of(visit.office, visit.at.renderer, certificate.id), ".pdf", "application/pdf"
    with visit.store.reading() as work:
        if file == "certificate.proof":
            made = proofs.file_of(work, work.batch(certificate.batch_id), certificate)
            if made is None:
                raise ProofMissing(f"batch {certificate.batch_id} has no proofs")
            return made, ".proof", PROOF_MEDIA_TYPE
        sd_jwt, _ = visit.office.records.signed(work, certificate)
        if file == "certificate.sd-jwt":
            return sd_jwt.encode(), ".sd-jwt", "application/vc+sd-jwt"
        return certificate_views.code_url(visit, work, certificate).encode(), ".code.txt", "text/plain; charset=utf-8"


def _download(data: bytes, name: str, kind: str) -> Response:
    disposition = f"attachment; filename*=UTF-8''{quote(name)}"
    return Response(data, media_type=kind, headers={"Content-Disposition": disposition})


def _whole(text: str, otherwise: int) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else otherwise  # noqa: PLR2004 — digits of any id here

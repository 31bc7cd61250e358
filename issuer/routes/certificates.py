"""Single certificates for line-of-business systems: look at one, fetch its document, change its status."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from chain.errors import InvalidInput
from issuer import days, handing_out, proofs, statuses
from issuer.errors import ProofMissing
from issuer.face import PROOF_MEDIA_TYPE
from issuer.routes.desk import Asking, AtDesk, Desk, require_media_type, require_sight
from issuer.statuses import TRACKS, Wish

if TYPE_CHECKING:
    from datetime import date

    from issuer.models import Certificate

router = APIRouter(prefix="/api/v1/certificates", tags=["certificates"])

Agency = Annotated[int | None, Query(description="The issuing agency's number, where several gave out this number.")]
Type = Annotated[str, Query(description="The certificate type, where an agency gave out this number twice.")]
ShortNumber = Annotated[
    str, Query(description="The short number on a document of the one that is meant, where the number was given again.")
]


class Second(BaseModel):
    """The second officer, with the password of their key."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    officer: str
    password: SecretStr


class StatusWish(BaseModel):
    """A change of status. The officer who asks signs first."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    verb: str = Field(description=f"One of {', '.join(TRACKS)}.")
    first_day: str | None = Field(None, alias="from", description="2026-01-31; today if left out.")
    last_day: str | None = Field(None, alias="until", description="Included; until lifted if left out.")
    reason: str = Field("", max_length=2000)
    lift: bool = False
    approved_by: Second | None = None
    confirmed: bool = Field(
        default=False, description="It is meant, though it undoes what is in force or begins more than a year ahead."
    )


class VersionView(BaseModel):
    """One version of a certificate."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    version: int
    agency: int
    type: str
    state: str
    batch: int
    first_day: str | None
    last_day: str | None
    lineage: str | None
    claims: dict[str, object]
    status: list[str]


class CertificateView(BaseModel):
    """All versions of a certificate, newest first."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    number: str
    versions: list[VersionView]


@router.get("/{number:path}/document", response_class=Response)
def document(  # noqa: PLR0917 — FastAPI passes all of them by name
    number: str,
    at: AtDesk,
    asking: Asking,
    agency: Agency = None,
    type: Type = "",  # noqa: A002
    short_number: ShortNumber = "",
) -> Response:
    """Return the PDF of the newest issued version."""
    with at.office.store.reading() as work:
        found = at.office.find(work, number, agency=agency, certificate_type=type, short_number=short_number)
        require_sight(at, asking, found.agency)
        made = handing_out.document_of(at.office, work, at.office.directory(), work.batch(found.batch_id), found)
    return Response(at.renderer().render(made), media_type="application/pdf")


@router.get("/{number:path}/proof", response_class=Response)
def proof(  # noqa: PLR0917 — FastAPI passes all of them by name
    number: str,
    at: AtDesk,
    asking: Asking,
    agency: Agency = None,
    type: Type = "",  # noqa: A002
    short_number: ShortNumber = "",
) -> Response:
    """Return the newest anchored version's proof, which verifies without a network."""
    with at.office.store.reading() as work:
        found = at.office.find(work, number, agency=agency, certificate_type=type, short_number=short_number)
        require_sight(at, asking, found.agency)
        batch = work.batch(found.batch_id)
        made = proofs.file_of(work, batch, found)
        why = proofs.missing(work, [found.batch_id])
    if made is None:
        reason = "; ".join(why.values()) or "none was made of its batch, or its chain has none"
        raise ProofMissing(f"batch {found.batch_id} is {batch.state} and has no proofs: {reason}")
    return Response(made, media_type=PROOF_MEDIA_TYPE)


@router.post("/{number:path}/status", dependencies=[Depends(require_media_type("application/json"))])
def change_status(  # noqa: PLR0917 — FastAPI passes all of them by name
    number: str,
    wish: StatusWish,
    at: AtDesk,
    asking: Asking,
    agency: Agency = None,
    type: Type = "",  # noqa: A002
    short_number: ShortNumber = "",
) -> CertificateView:
    """Change a certificate's status, by two officers; one alone may suspend for up to 24 hours."""
    if wish.verb not in TRACKS:
        raise InvalidInput(f"verb: got «{wish.verb}», wanted one of {', '.join(TRACKS)}")
    officers = [asking]
    if wish.approved_by is not None:
        second = wish.approved_by
        officers.append(at.doorkeeper.officer(second.officer, second.password.get_secret_value()))
    with at.office.store.reading() as work:
        found = at.office.find(work, number, agency=agency, certificate_type=type, short_number=short_number)
    require_sight(at, asking, found.agency)
    statuses.carry_out(
        at.office,
        found,
        Wish(
            verb=wish.verb,
            first_day=_day("from", wish.first_day),
            last_day=_day("until", wish.last_day),
            reason=wish.reason,
            decision=None,
            lift=wish.lift,
            confirmed=wish.confirmed,
        ),
        officers,
        carry=lambda: at.lane().run(),
    )
    return certificate(number, at, asking, agency, type, short_number)


@router.get("/{number:path}")
def certificate(  # noqa: PLR0917 — FastAPI passes all of them by name
    number: str,
    at: AtDesk,
    asking: Asking,
    agency: Agency = None,
    type: Type = "",  # noqa: A002
    short_number: ShortNumber = "",
) -> CertificateView:
    """Return all versions of a certificate, with claims and with what the registry holds now."""
    with at.office.store.reading() as work:
        found = at.office.find_all(work, number, agency=agency, certificate_type=type, short_number=short_number)
    require_sight(at, asking, found[0].agency)
    return CertificateView(number=number, versions=[_view(at, each) for each in found])


def _view(at: Desk, found: Certificate) -> VersionView:
    with at.office.store.reading() as work:
        batch = work.batch(found.batch_id)
        claims = at.office.records.claims(work, found)
    held = statuses.held_now(at.office, found)
    return VersionView(
        version=found.version,
        agency=found.agency,
        type=found.certificate_type,
        state=batch.state,
        batch=found.batch_id,
        first_day=str(found.first_day) if found.first_day else None,
        last_day=str(found.last_day) if found.last_day else None,
        lineage=found.lineage,
        claims=dict(claims),
        status=[statuses.said(each.track, each.from_hour, each.until_hour) for each in held],
    )


def _day(name: str, text: str | None) -> date | None:
    return None if text is None else days.read(text, name)

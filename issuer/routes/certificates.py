"""Single certificates for line-of-business systems: look at one, fetch its document, change its status."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field, SecretStr

from chain.errors import InvalidInput
from issuer import days, proofs, rights, sight
from issuer.delivery import document_making
from issuer.document.face import PROOF_MEDIA_TYPE
from issuer.errors import ProofMissing
from issuer.routes.desk import Asking, AtDesk, Desk, require_media_type
from issuer.routes.strict import Strict, StrictRoute, require_known_query
from issuer.status import statuses
from issuer.status.statuses import TRACKS, Wish

if TYPE_CHECKING:
    from datetime import date

    from issuer.keys import Officer
    from issuer.tables.models import Certificate
    from issuer.tables.store import Work

router = APIRouter(
    prefix="/api/v1/certificates",
    tags=["certificates"],
    route_class=StrictRoute,
    dependencies=[Depends(require_known_query)],
)


@dataclass(frozen=True, slots=True)
class Sought:
    """Which certificate an officer asks for. Only what is in sight is looked through."""

    number: str
    agency: int | None
    kind: str
    short_number: str

    def versions(self, at: Desk, work: Work, asking: Officer, *, own: bool = False) -> list[Certificate]:
        """Return all its versions, newest first; of the own agency's alone, if so wanted. Raises `NotFound`."""
        return at.office.find_all(
            work,
            self.number,
            agency=self.agency,
            certificate_type=self.kind,
            short_number=self.short_number,
            within=_in_sight(at, asking, own=own),
        )

    def one(self, at: Desk, work: Work, asking: Officer, *, own: bool = False) -> Certificate:
        """Return its newest version that is anchored; raises `NotFound` or `Ambiguous`."""
        return at.office.find(
            work,
            self.number,
            agency=self.agency,
            certificate_type=self.kind,
            short_number=self.short_number,
            within=_in_sight(at, asking, own=own),
        )


def sought(
    number: str,
    agency: Annotated[
        int | None, Query(description="The issuing agency's number, where several gave out this number.")
    ] = None,
    type: Annotated[  # noqa: A002 — the query's word
        str, Query(description="The certificate type, where an agency gave out this number twice.")
    ] = "",
    short_number: Annotated[
        str,
        Query(description="The short number on a document of the one that is meant, where the number was given again."),
    ] = "",
) -> Sought:
    """Return which certificate is asked for."""
    return Sought(number, agency, type, short_number)


Which = Annotated[Sought, Depends(sought)]


class Second(Strict):
    """The second officer, with the password of their key."""

    officer: str
    password: SecretStr


class StatusWish(Strict):
    """A change of status. The officer who asks signs first."""

    verb: str = Field(description=f"One of {', '.join(TRACKS)}.")
    first_day: str | None = Field(None, alias="from", description="2026-01-31; today if left out.")
    last_day: str | None = Field(None, alias="until", description="Included; until lifted if left out.")
    reason: str = Field("", max_length=2000)
    lift: bool = False
    approved_by: Second | None = Field(
        None, description="The second officer, who signs as well. Only a suspension for up to 24 hours needs none."
    )
    confirmed: bool = Field(
        default=False, description="It is meant, though it undoes what is in force or begins more than a year ahead."
    )


class VersionView(Strict):
    """One version of a certificate."""

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


class CertificateView(Strict):
    """All versions of a certificate, newest first."""

    number: str
    versions: list[VersionView]


@router.get("/{number:path}/document", response_class=Response)  # noqa: FAST003 — `which` takes it
def document(which: Which, at: AtDesk, asking: Asking) -> Response:
    """Return the PDF of the newest issued version."""
    with at.office.store.reading() as work:
        found = which.one(at, work, asking, own=True)
    return Response(document_making.pdf_of(at.office, at.renderer, found.id), media_type="application/pdf")


@router.get("/{number:path}/proof", response_class=Response)  # noqa: FAST003 — `which` takes it
def proof(which: Which, at: AtDesk, asking: Asking) -> Response:
    """Return the newest anchored version's proof, which verifies without a network."""
    with at.office.store.reading() as work:
        found = which.one(at, work, asking, own=True)
        batch = work.batch(found.batch_id)
        made = proofs.file_of(work, batch, found)
        why = proofs.missing(work, [found.batch_id])
    if made is None:
        reason = "; ".join(why.values()) or "none was made of its batch, or its chain has none"
        raise ProofMissing(f"batch {found.batch_id} is {batch.state} and has no proofs: {reason}")
    return Response(made, media_type=PROOF_MEDIA_TYPE)


@router.post("/{number:path}/status", dependencies=[Depends(require_media_type("application/json"))])  # noqa: FAST003 — `which` takes it
def change_status(which: Which, wish: StatusWish, at: AtDesk, asking: Asking) -> CertificateView:
    """Change a certificate's status, by two officers; one alone may suspend for up to 24 hours.

    A status that the certificate's type does not know is refused; each type's data file lists its statuses.
    """
    if wish.verb not in TRACKS:
        raise InvalidInput(f"verb: got «{wish.verb}», wanted one of {', '.join(TRACKS)}")
    officers = [asking]
    if wish.approved_by is not None:
        second = wish.approved_by
        officers.append(at.doorkeeper.officer(second.officer, second.password.get_secret_value(), asking.source))
    with at.office.store.reading() as work:
        found = which.one(at, work, asking)
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
    return certificate(which, at, asking)


@router.get("/{number:path}")  # noqa: FAST003 — `which` takes it
def certificate(which: Which, at: AtDesk, asking: Asking) -> CertificateView:
    """Return all versions of a certificate, with claims if it is the own agency's, and what the registry holds now."""
    with at.office.store.reading() as work:
        found = which.versions(at, work, asking)
    return CertificateView(number=which.number, versions=[_view(at, asking, each) for each in found])


def _view(at: Desk, asking: Officer, found: Certificate) -> VersionView:
    with at.office.store.reading() as work:
        batch = work.batch(found.batch_id)
        # Whoever is above the agency sees that there is a certificate and how it stands, not what it says.
        claims = at.office.records.claims(work, found) if found.agency == asking.agency else {}
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


def _in_sight(at: Desk, asking: Officer, *, own: bool) -> frozenset[int]:
    """Return the agencies whose certificates an officer may look for, as the registry knows them."""
    directory = at.office.directory()
    rights.require_any_capability(asking, directory)
    if own:
        return frozenset({asking.agency})
    return frozenset(sight.of(directory, asking.agency).agencies)

"""What tests of preparing share: who does it, and what a draft says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chain.certificate_types import by_identifier
from issuer.audit_log import Occasion
from issuer.draft import drafts
from issuer.draft.drafts import Clerk, Content, Draft
from tests.issuer.offices import permit_number

if TYPE_CHECKING:
    from chain.certificate_types import CertificateType
    from chain.strict_json import JSON
    from issuer.document.certified_files import CertifiedFile
    from tests.issuer.offices import World

TOP, LOW, OTHER = 1, 2, 3
PERMIT = by_identifier("food-operation-permit")
OPERATOR = by_identifier("construction-special-operator")


def clerk(world: World, agency: int = LOW, login: str = "uyun") -> Clerk:
    """Return somebody who prepares."""
    return Clerk(agency, login, Occasion(world.office.now(), "10.1.2.3"))


def claims_of(certificate_type: CertificateType, **cells: str) -> dict[str, JSON]:
    """Return the claims of a type's example, with these cells changed."""
    example = {claim.key: claim.example for claim in certificate_type.columns if claim.derived is None}
    claims, faults = certificate_type.from_row({**example, **cells})
    assert not faults
    return claims


def permit(serial: int, **cells: str) -> dict[str, JSON]:
    """Return the claims of a food operation permit."""
    return claims_of(PERMIT, number=permit_number(serial), **cells)


def make(
    world: World,
    claims: dict[str, JSON],
    certificate_type: CertificateType = PERMIT,
    *,
    batch_id: int | None = None,
    files: tuple[CertifiedFile, ...] = (),
    agency: int = LOW,
) -> str:
    """Make a draft; returns its row id."""
    content = Content(claims, files)
    return drafts.make(world.office, certificate_type, content, clerk(world, agency), batch_id=batch_id)


def opened(world: World, row_id: str, agency: int = LOW) -> Draft:
    """Open a draft."""
    with world.office.store.reading() as work:
        return drafts.opened(world.office, work, row_id, agency=agency)


def change(world: World, row_id: str, claims: dict[str, JSON], *, seen: str = "") -> None:
    """Have a draft say something else."""
    draft = opened(world, row_id)
    content = Content(claims, draft.content.files)
    drafts.change(world.office, row_id, content, clerk(world), seen=seen or draft.seen)

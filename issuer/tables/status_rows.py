"""Questions to the tables of what the registry says of our certificates' statuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlmodel import col, delete, select

from chain.events import Track
from issuer.slots import Held
from issuer.tables.models import Certificate
from issuer.tables.status_models import KnownTrack, StatusesFollowed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from issuer.tables.store import Work


def followed(work: Work) -> StatusesFollowed | None:
    """Return up to which block the registry's changes were taken in, None if none were."""
    return work.session.get(StatusesFollowed, 1)


def put_followed(work: Work, block_number: int, block_hash: bytes) -> None:
    """Note up to which block the registry's changes are taken in."""
    row = followed(work)
    if row is None:
        work.add(StatusesFollowed(block_number=block_number, block_hash=block_hash))
    else:
        row.block_number, row.block_hash = block_number, block_hash


def certificate_with(work: Work, agency: int, leaf: bytes) -> str | None:
    """Return the row id of an agency's certificate with a leaf, None if it is not here."""
    return work.session.exec(
        select(Certificate.id).where(Certificate.agency == agency, Certificate.leaf == leaf)
    ).first()


def put(work: Work, certificate_id: str, held: Sequence[Held]) -> None:
    """Note what the registry holds of a certificate, in the place of what was noted before."""
    work.session.exec(delete(KnownTrack).where(col(KnownTrack.certificate_id) == certificate_id))
    for each in held:
        work.add(
            KnownTrack(
                certificate_id=certificate_id,
                track=int(each.track),
                from_hour=each.from_hour,
                until_hour=each.until_hour,
                level=each.level,
            )
        )
    work.flush()


def clear(work: Work) -> None:
    """Forget everything, to take it in from the beginning."""
    work.session.exec(delete(KnownTrack))
    work.session.exec(delete(StatusesFollowed))
    work.flush()
    work.session.expire_all()


def known(work: Work, certificate_ids: Sequence[str]) -> dict[str, list[Held]]:
    """Return what was noted of certificates, gravest first."""
    found: dict[str, list[Held]] = {}
    for start in range(0, len(certificate_ids), 500):
        rows = work.session.exec(
            select(KnownTrack)
            .where(col(KnownTrack.certificate_id).in_(certificate_ids[start : start + 500]))
            .order_by(col(KnownTrack.track))
        )
        for row in rows:
            found.setdefault(row.certificate_id, []).append(
                Held(Track(row.track), row.from_hour, row.until_hour, row.level)
            )
    return found

"""Questions to the tables around holders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlmodel import col, delete, func, select

from issuer.errors import NotFound
from issuer.tables.holder_models import HolderLink, HolderVisit, LimitedCopyMade

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from issuer.tables.store import Work


def link(work: Work, link_id: int) -> HolderLink | None:
    """Return a link by its number."""
    return work.numbered(HolderLink, link_id)


def link_of(work: Work, digest: bytes) -> HolderLink | None:
    """Return a link by its token's digest."""
    return work.session.exec(select(HolderLink).where(HolderLink.digest == digest)).first()


def links_picked_up(work: Work, indexes: Sequence[bytes]) -> list[HolderLink]:
    """Return the links whose pickup code has one of these indexes."""
    return list(work.session.exec(select(HolderLink).where(col(HolderLink.pickup_index).in_(indexes))))


def links(work: Work, certificate_id: str) -> list[HolderLink]:
    """Return a certificate's links, the newest first."""
    found = select(HolderLink).where(HolderLink.certificate_id == certificate_id)
    return list(work.session.exec(found.order_by(col(HolderLink.id).desc())))


def visit(work: Work, digest: bytes) -> HolderVisit | None:
    """Return a visit by its token's digest."""
    return work.session.get(HolderVisit, digest)


def drop_visits(work: Work, link_id: int) -> None:
    """End all visits by a link."""
    work.session.exec(delete(HolderVisit).where(col(HolderVisit.link_id) == link_id))


def drop_visit(work: Work, digest: bytes) -> None:
    """End one visit."""
    work.session.exec(delete(HolderVisit).where(col(HolderVisit.digest) == digest))


def drop_visits_before(work: Work, now: datetime) -> None:
    """Forget visits that are over."""
    work.session.exec(delete(HolderVisit).where(col(HolderVisit.expires_at) <= now))


def copies(work: Work, certificate_id: str) -> list[LimitedCopyMade]:
    """Return the copies made of a certificate, the newest first."""
    found = select(LimitedCopyMade).where(LimitedCopyMade.certificate_id == certificate_id)
    return list(work.session.exec(found.order_by(col(LimitedCopyMade.created_at).desc(), col(LimitedCopyMade.id))))


def copy(work: Work, certificate_id: str, copy_id: str) -> LimitedCopyMade:
    """Return one copy of a certificate; raises `NotFound`."""
    found = work.session.get(LimitedCopyMade, copy_id)
    if found is None or found.certificate_id != certificate_id:
        raise NotFound("limited copy: got a number that none of this certificate's copies has")
    return found


def copies_made_on(work: Work, certificate_id: str, day: date) -> int:
    """Return how many copies of a certificate were made on a day."""
    counted = select(func.count()).select_from(LimitedCopyMade)
    found = counted.where(LimitedCopyMade.certificate_id == certificate_id, LimitedCopyMade.made_on == day)
    return int(work.session.exec(found).one())

"""What certificate types are called, for lists that have their numbers only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlmodel import col, func, select

from chain import certificate_types
from verifier.audit.misasked import Misasked
from verifier.indexing.models import TypeRow

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlmodel import Session

    from verifier.wording import Words


def type_names(session: Session) -> Mapping[int, Words]:
    """Return the names of the listed types by their numbers, the newest version's.

    They come from the data files that the registry lists by their digests; a type whose file this software does not
    have is left out, since nobody here can tell what it is called.
    """
    known = {each.digest: each for each in certificate_types.shipped()}
    listed = select(TypeRow.certificate_type, TypeRow.digest).order_by(col(TypeRow.version), col(TypeRow.begins))
    return {number: known[digest].names for number, digest in session.exec(listed) if digest in known}


def require_listed(session: Session, certificate_type: int | None) -> None:
    """Refuse the number of a type that never was; None is none. An empty answer would look like a clean one."""
    if certificate_type is None:
        return
    listed = select(TypeRow.certificate_type).where(TypeRow.certificate_type == certificate_type).limit(1)
    if session.exec(listed).first() is None:
        count = session.exec(select(func.count(func.distinct(TypeRow.certificate_type)))).one()
        raise Misasked("type", got=certificate_type, count=count)

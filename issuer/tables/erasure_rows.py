"""Erasures that were asked for: which of them still wait for a second officer, and how they end."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import exists
from sqlmodel import col, select

from issuer.errors import NotFound, NotReady
from issuer.tables.erasure_models import Erasure, ErasureState
from issuer.tables.models import Certificate

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from issuer.tables.store import Work

OPEN_FOR = timedelta(days=30)
"""How long a second officer may take; what a manager found right then is looked at anew afterwards."""


def waiting(work: Work, agency: int, now: datetime) -> list[Erasure]:
    """Return an agency's erasures that wait for a second officer, the oldest first.

    None that was asked for too long ago, nor one whose certificate went by another way.
    """
    held = exists().where(col(Certificate.id) == col(Erasure.certificate_id), col(Certificate.record_key).is_not(None))
    query = select(Erasure).where(
        Erasure.agency == agency,
        Erasure.state == ErasureState.ASKED,
        col(Erasure.asked_at) > now - OPEN_FOR,
        held.correlate(Erasure),
    )
    return list(work.session.exec(query.order_by(col(Erasure.id))))


def asked(work: Work, number: int, agency: int) -> Erasure:
    """Return an agency's erasure that nobody has ended yet; raises `NotFound`, `NotReady`."""
    found = work.session.get(Erasure, number)
    if found is None or found.agency != agency:
        raise NotFound(f"erasure: got {number}, wanted one that was asked for in this agency")
    if found.state != ErasureState.ASKED:
        raise NotReady("this holder's erasure is not asked for any more; open the page again")
    return found


def end(erasure: Erasure, state: ErasureState, *, by: str, at: datetime) -> None:
    """Say how one ended, and by whose doing."""
    erasure.state, erasure.ended_by, erasure.ended_at = state, by, at


def end_all(work: Work, certificates: Collection[str], state: ErasureState, *, by: str, at: datetime) -> None:
    """End those that were asked for by certificates of which nothing is left to erase."""
    query = select(Erasure).where(
        Erasure.state == ErasureState.ASKED, col(Erasure.certificate_id).in_(list(certificates))
    )
    for each in work.session.exec(query):
        end(each, state, by=by, at=at)


def lapse_old(work: Work, agency: int, now: datetime) -> None:
    """End what nobody carried out in time, and what lost its certificate."""
    alive = {each.id for each in waiting(work, agency, now)}
    query = select(Erasure).where(Erasure.agency == agency, Erasure.state == ErasureState.ASKED)
    for each in work.session.exec(query):
        if each.id not in alive:
            end(each, ErasureState.LAPSED, by="", at=now)

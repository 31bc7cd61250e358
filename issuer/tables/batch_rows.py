"""Questions about batches and their rows, a page at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from sqlmodel import col, func, or_, select

from issuer.tables.models import Batch, Certificate

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlmodel.sql.expression import SelectOfScalar

    from issuer.tables.models import State
    from issuer.tables.store import Work

_Row = TypeVar("_Row")


@dataclass(frozen=True, slots=True)
class Selection:
    """Which batches."""

    agencies: Sequence[int]
    states: Sequence[State] = ()
    """None are all."""
    certificate_type: str = ""


def count(work: Work, wanted: Selection) -> int:
    """Return how many batches there are."""
    return work.session.exec(_chosen(select(func.count(col(Batch.id))), wanted)).one()


def batches(work: Work, wanted: Selection, *, start: int, most: int) -> list[Batch]:
    """Return batches, newest first."""
    query = _chosen(select(Batch), wanted).order_by(col(Batch.id).desc()).offset(start).limit(most)
    return list(work.session.exec(query))


def types(work: Work, agencies: Sequence[int]) -> list[str]:
    """Return the identifiers of the types that there are batches of."""
    return sorted(
        work.session.exec(select(Batch.certificate_type).where(col(Batch.agency).in_(agencies)).distinct()).all()
    )


def count_rows(
    work: Work, batch_id: int, *, indexes: Collection[bytes] | None, positions: Collection[int] | None
) -> int:
    """Return how many rows of a batch there are, as `rows` selects them."""
    return work.session.exec(_rows(select(func.count(col(Certificate.id))), batch_id, indexes, positions)).one()


def rows(
    work: Work,
    batch_id: int,
    *,
    indexes: Collection[bytes] | None = None,
    positions: Collection[int] | None = None,
    start: int,
    most: int,
) -> list[Certificate]:
    """Return rows of a batch in their order: all, those found by a blind index, or those at some places."""
    query = _rows(select(Certificate), batch_id, indexes, positions).order_by(col(Certificate.position))
    return list(work.session.exec(query.offset(start).limit(most)))


def _chosen(query: SelectOfScalar[_Row], wanted: Selection) -> SelectOfScalar[_Row]:
    query = query.where(col(Batch.agency).in_(list(wanted.agencies)))
    if wanted.states:
        query = query.where(col(Batch.state).in_([str(state) for state in wanted.states]))
    if wanted.certificate_type:
        query = query.where(Batch.certificate_type == wanted.certificate_type)
    return query


def _rows(
    query: SelectOfScalar[_Row], batch_id: int, indexes: Collection[bytes] | None, positions: Collection[int] | None
) -> SelectOfScalar[_Row]:
    query = query.where(Certificate.batch_id == batch_id)
    if indexes is not None:
        found = list(indexes)
        query = query.where(
            or_(
                col(Certificate.number_index).in_(found),
                col(Certificate.holder_index).in_(found),
                col(Certificate.name_index).in_(found),
            )
        )
    if positions is not None:
        query = query.where(col(Certificate.position).in_(list(positions)))
    return query

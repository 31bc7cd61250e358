"""What is asked of the tables around drafts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date  # noqa: TC003 — part of a dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, insert, update
from sqlmodel import col, delete, or_, select

from issuer.errors import NotFound
from issuer.tables.draft_models import CertificateWarning, CertifiedFiles, RememberedColumns, Upload
from issuer.tables.models import Base, Batch, Certificate, State

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from issuer.tables.store import Work

_CHUNK = 500


# Drafts.


@dataclass(frozen=True, slots=True)
class Selection:
    """Which drafts are asked for."""

    agency: int
    certificate_type: str = ""
    """All if empty."""
    indexes: Collection[bytes] | None = None
    """Blind indexes of a number or a holder, one of which must be the draft's; any draft if None."""
    states: tuple[State, ...] = (State.DRAFT,)


def count(work: Work, wanted: Selection) -> int:
    """Return how many drafts fit."""
    query = _where(select(func.count()).select_from(Certificate).join(Batch), wanted)
    return int(work.session.exec(query).one())


def drafts(work: Work, wanted: Selection, *, start: int, most: int) -> list[Certificate]:
    """Return drafts that fit, the newest first; those of a batch in their order."""
    query = _where(select(Certificate).join(Batch), wanted)
    order = (col(Certificate.batch_id).desc(), col(Certificate.position))
    return list(work.session.exec(query.order_by(*order).offset(start).limit(most)))


def open_batches(work: Work, agency: int, *, type_number: int, type_version: int, most: int) -> list[Batch]:
    """Return an agency's batches of drafts of a type that have room for one more, the newest first."""
    query = (
        select(Batch)
        .where(
            Batch.agency == agency,
            Batch.state == State.DRAFT,
            Batch.purpose == "ISSUE",
            Batch.type_number == type_number,
            Batch.type_version == type_version,
            Batch.size < most,
        )
        .order_by(col(Batch.id).desc())
    )
    return list(work.session.exec(query))


def close_gap(work: Work, batch_id: int, position: int) -> None:
    """Move the certificates behind a position one place forward."""
    # In two steps, by way of negative places: a database compares each row with all others as it goes.
    place = col(Certificate.position)
    own = col(Certificate.batch_id) == batch_id
    work.session.execute(update(Certificate).where(own, place > position).values(position=-place))
    work.session.execute(update(Certificate).where(own, place < 0).values(position=-place - 1))
    work.session.expire_all()


def values_of(certificate: Certificate) -> dict[str, object]:
    """Return a row's values by column, for `add_certificates`."""
    return certificate.model_dump()


def add_certificates(work: Work, values: Sequence[Mapping[str, object]]) -> None:
    """Insert many rows at once, past the mapper, which would hold the one write lock several times longer."""
    if values:
        work.session.flush()
        work.session.connection().execute(insert(Base.metadata.tables[str(Certificate.__tablename__)]), values)


def _where(query, wanted: Selection):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202 — a query of either kind
    query = query.where(
        Certificate.agency == wanted.agency, col(Batch.state).in_([str(state) for state in wanted.states])
    )
    if wanted.certificate_type:
        query = query.where(Certificate.certificate_type == wanted.certificate_type)
    if wanted.indexes is not None:
        found = list(wanted.indexes)
        indexed = (Certificate.number_index, Certificate.holder_index, Certificate.name_index)
        query = query.where(or_(*(col(index).in_(found) for index in indexed)))
    return query


# Warnings.


@dataclass(frozen=True, slots=True)
class Held:
    """A certificate of a holder, as far as the question needs it."""

    certificate_id: str
    batch_id: int
    state: str
    holder: bytes
    first_day: date | None
    last_day: date | None


def held_by(work: Work, agency: int, certificate_type: str, holders: Collection[bytes]) -> list[Held]:
    """Return the certificates of a type that these holders have here, those that another took the place of left out."""
    wanted = sorted(holders)
    found: list[Held] = []
    for start in range(0, len(wanted), _CHUNK):
        newer = select(Certificate.replaces_id).where(col(Certificate.replaces_id).is_not(None))
        rows = work.session.exec(
            select(Certificate, Batch.state)
            .join(Batch)
            .where(
                Certificate.agency == agency,
                Certificate.certificate_type == certificate_type,
                col(Certificate.holder_index).in_(wanted[start : start + _CHUNK]),
                col(Certificate.id).not_in(newer),
            )
            .order_by(col(Certificate.created_at), col(Certificate.id))
        )
        found += [
            Held(each.id, each.batch_id, state, each.holder_index or b"", each.first_day, each.last_day)
            for each, state in rows
        ]
    return found


def warnings(work: Work, batch_id: int) -> list[CertificateWarning]:
    """Return all warnings about a batch's certificates, in their order."""
    query = (
        select(CertificateWarning)
        .join(Certificate)
        .where(Certificate.batch_id == batch_id)
        .order_by(col(Certificate.position), col(CertificateWarning.id))
    )
    return list(work.session.exec(query))


def drop_warnings(work: Work, rows: Sequence[str]) -> None:
    """Forget the warnings about certificates."""
    for start in range(0, len(rows), _CHUNK):
        chunk = col(CertificateWarning.certificate_id).in_(rows[start : start + _CHUNK])
        work.session.execute(delete(CertificateWarning).where(chunk))


def add_warnings(work: Work, found: Mapping[str, Sequence[tuple[str, str]]]) -> None:
    """Add warnings about certificates: (code, detail) by row id."""
    values = [
        {"certificate_id": row, "code": code, "detail": detail} for row, some in found.items() for code, detail in some
    ]
    if values:
        work.session.flush()
        table = Base.metadata.tables[str(CertificateWarning.__tablename__)]
        work.session.connection().execute(insert(table), values)


# Files certified as they are.


def files_of(work: Work, certificate_id: str) -> CertifiedFiles | None:
    """Return what is held of the files that a certificate vouches for; None if it vouches for none."""
    return work.session.get(CertifiedFiles, certificate_id)


def drop_files(work: Work, certificate_id: str) -> None:
    """Forget the files that a certificate was to vouch for."""
    work.session.execute(delete(CertifiedFiles).where(col(CertifiedFiles.certificate_id) == certificate_id))


# Spreadsheets on their way in.


def upload(work: Work, upload_id: str) -> Upload:
    """Return a spreadsheet; raises `NotFound`."""
    found = work.session.get(Upload, upload_id)
    if found is None:
        raise NotFound(f"import: got {upload_id}, wanted one of this database; finished ones are deleted after a while")
    return found


def uploads(work: Work, agency: int) -> list[Upload]:
    """Return an agency's spreadsheets, the newest first."""
    query = select(Upload).where(Upload.agency == agency).order_by(col(Upload.created_at).desc())
    return list(work.session.exec(query))


def forget_uploads(work: Work, now: datetime) -> int:
    """Delete the spreadsheets whose time is over; returns how many."""
    due = list(work.session.exec(select(Upload).where(col(Upload.forgotten_at) <= now)))
    for each in due:
        work.session.delete(each)
    return len(due)


def remembered(work: Work, agency: int, certificate_type: str, headers: bytes) -> RememberedColumns | None:
    """Return what was said of files with these headers."""
    return work.session.exec(
        select(RememberedColumns).where(
            RememberedColumns.agency == agency,
            RememberedColumns.certificate_type == certificate_type,
            RememberedColumns.headers == headers,
        )
    ).first()

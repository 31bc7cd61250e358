"""Who may issue what, as the registry lists it: agencies, their keys and officers, types, and the official hosts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING

from sqlalchemy import func
from sqlmodel import col, select

from chain import certificate_types
from chain.events import Capability
from verifier.indexing.models import AgencyRow, GrantRow, HostRow, KeyRow, OfficerRow, TypeRow, block_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import ColumnElement
    from sqlmodel import Session

    from chain.certificate_type import CertificateType
    from verifier.register import Tables

MOST_CHILDREN = 100
"""How many children are told with an agency; the list of agencies has them all."""


@dataclass(frozen=True, slots=True)
class AgencyListed:
    """An agency, as the registry has it now."""

    id: int
    parent: int
    """0 for a top-level agency."""
    level: int
    code: str
    name: str
    suspended_by: int | None
    """The level of who suspended it; None if it is not suspended."""
    approvals: int
    """How many officers must approve a batch: its own rule or its superiors', whichever demands more."""


@dataclass(frozen=True, slots=True)
class NameHeld:
    """A name and credit code that an agency has or had."""

    code: str
    name: str
    from_block: int
    until_block: int | None
    """The block in which another took its place."""


@dataclass(frozen=True, slots=True)
class KeyListed:
    """A document key, as the registry has it now."""

    agency: int
    kid: bytes
    algorithm: int
    """1 is ES256."""
    x: bytes
    y: bytes
    valid_from: int
    valid_until: int
    """Seconds since 1970, exclusive; 0 means without end."""
    cut_off_block: int | None
    """What was anchored from this block on does not count; None where there is no cut-off."""
    listed_at_block: int


@dataclass(frozen=True, slots=True)
class OfficerListed:
    """What a person may do for an agency."""

    address: bytes
    capabilities: tuple[str, ...]
    since_block: int


@dataclass(frozen=True, slots=True)
class AgencyFile:
    """All that is listed of one agency."""

    agency: AgencyListed
    superiors: tuple[AgencyListed, ...]
    """The highest first; without itself."""
    children: tuple[AgencyListed, ...]
    """`MOST_CHILDREN` at most."""
    names: tuple[NameHeld, ...]
    """The oldest first."""
    keys: tuple[KeyListed, ...]
    types: tuple[int, ...]
    """The numbers of the types that it holds itself; its superiors must hold them, too."""
    officers: tuple[OfficerListed, ...]


@dataclass(frozen=True, slots=True)
class TypeListed:
    """A version of a certificate type."""

    number: int
    version: int
    digest: bytes
    """SHA-256 of its data file."""
    is_retired: bool
    """Whether it is closed for new batches."""
    since_block: int
    """Where the registry first listed it."""
    known: CertificateType | None
    """What this software has of it; None if it does not know that data file."""


@dataclass(frozen=True, slots=True)
class HostListed:
    """An official verifying host."""

    host: str
    from_block: int
    until_block: int | None


def agencies(
    tables: Tables, *, after: int = 0, parent: int | None = None, limit: int
) -> tuple[list[AgencyListed], int | None]:
    """Return agencies by number, those beyond `after`, and where to go on; those of one parent if that is given."""
    found = select(AgencyRow).where(col(AgencyRow.ends).is_(None), col(AgencyRow.agency) > after)
    if parent is not None:
        found = found.where(AgencyRow.parent == parent)
    rows = tables.session.exec(found.order_by(col(AgencyRow.agency)).limit(limit + 1)).all()
    return [_agency(row) for row in rows[:limit]], rows[limit - 1].agency if len(rows) > limit else None


def agency(tables: Tables, number: int) -> AgencyFile | None:
    """Return all that is listed of an agency; None if there is no such agency."""
    session = tables.session
    own = _present(session, number)
    if own is None:
        return None
    children, _ = agencies(tables, parent=number, limit=MOST_CHILDREN)
    grants = select(GrantRow.certificate_type).where(GrantRow.agency == number, col(GrantRow.ends).is_(None))
    officers = (
        select(OfficerRow)
        .where(OfficerRow.agency == number, col(OfficerRow.ends).is_(None))
        .order_by(col(OfficerRow.begins), col(OfficerRow.officer))
    )
    return AgencyFile(
        agency=own,
        superiors=_superiors(session, own),
        children=tuple(children),
        names=_names(session, number),
        keys=tuple(_keys(session, col(KeyRow.agency) == number)),
        types=tuple(sorted(session.exec(grants))),
        officers=tuple(
            OfficerListed(row.officer, _capabilities(row.capabilities), block_of(row.begins))
            for row in session.exec(officers)
        ),
    )


def keys(tables: Tables, kid: bytes) -> list[KeyListed]:
    """Return the keys with this identifier; more than one if several agencies list the same."""
    return _keys(tables.session, col(KeyRow.kid) == kid)


def types(tables: Tables, *, after: tuple[int, int] = (0, 0), limit: int) -> tuple[list[TypeListed], bool]:
    """Return certificate types by number and version, those beyond `after`, and whether there are more."""
    number, version = after
    beyond = (col(TypeRow.certificate_type) > number) | (
        (col(TypeRow.certificate_type) == number) & (col(TypeRow.version) > version)
    )
    found = (
        select(TypeRow)
        .where(col(TypeRow.ends).is_(None), beyond)
        .order_by(col(TypeRow.certificate_type), col(TypeRow.version))
        .limit(limit + 1)
    )
    rows = tables.session.exec(found).all()
    return [_type(tables.session, row) for row in rows[:limit]], len(rows) > limit


def certificate_type(tables: Tables, number: int, version: int) -> TypeListed | None:
    """Return a version of a type; None if it is not listed."""
    found = select(TypeRow).where(
        TypeRow.certificate_type == number, TypeRow.version == version, col(TypeRow.ends).is_(None)
    )
    row = tables.session.exec(found).first()
    return None if row is None else _type(tables.session, row)


def type_file(listed: TypeListed) -> bytes | None:
    """Return a type's data file, if this software has the one that the registry lists."""
    return _files().get(listed.digest)


def hosts(tables: Tables) -> list[HostListed]:
    """Return the official verifying hosts, as they are and ever were, in the chain's order."""
    rows = tables.session.exec(select(HostRow).order_by(col(HostRow.begins)))
    return [HostListed(row.host, block_of(row.begins), _block(row.ends)) for row in rows]


def _present(session: Session, number: int) -> AgencyListed | None:
    row = session.exec(select(AgencyRow).where(AgencyRow.agency == number, col(AgencyRow.ends).is_(None))).first()
    return None if row is None else _agency(row)


def _superiors(session: Session, own: AgencyListed) -> tuple[AgencyListed, ...]:
    """Return the agencies above one; a registry that goes round in a circle ends where it began."""
    above: list[AgencyListed] = []
    seen = {own.id}
    number = own.parent
    while number not in seen and (found := _present(session, number)) is not None:
        seen.add(number)
        above.append(found)
        number = found.parent
    return tuple(reversed(above))


def _names(session: Session, number: int) -> tuple[NameHeld, ...]:
    """Return an agency's names; of its rows those are left out that changed something else."""
    found: list[NameHeld] = []
    rows = session.exec(select(AgencyRow).where(AgencyRow.agency == number).order_by(col(AgencyRow.begins)))
    for row in rows:
        if found and (found[-1].code, found[-1].name) == (row.code, row.name):
            found[-1] = NameHeld(row.code, row.name, found[-1].from_block, _block(row.ends))
        else:
            found.append(NameHeld(row.code, row.name, block_of(row.begins), _block(row.ends)))
    return tuple(found)


def _keys(session: Session, which: ColumnElement[bool]) -> list[KeyListed]:
    found = select(KeyRow).where(which, col(KeyRow.ends).is_(None)).order_by(col(KeyRow.agency), col(KeyRow.begins))
    return [
        KeyListed(
            agency=row.agency,
            kid=row.kid,
            algorithm=row.algorithm,
            x=row.x,
            y=row.y,
            valid_from=row.valid_from,
            valid_until=row.valid_until,
            cut_off_block=row.cut_off_block,
            listed_at_block=row.listed_at_block,
        )
        for row in session.exec(found)
    ]


def _type(session: Session, row: TypeRow) -> TypeListed:
    first = select(func.min(TypeRow.begins)).where(
        TypeRow.certificate_type == row.certificate_type, TypeRow.version == row.version
    )
    begins = session.exec(first).one()
    data = _files().get(row.digest)
    return TypeListed(
        number=row.certificate_type,
        version=row.version,
        digest=row.digest,
        is_retired=row.retired,
        since_block=block_of(row.begins if begins is None else begins),
        known=None if data is None else certificate_types.parse(data),
    )


@cache
def _files() -> Mapping[bytes, bytes]:
    """Return the data files that come with this software, by their digests."""
    return {sha256(data).digest(): data for data in certificate_types.shipped_files()}


def _agency(row: AgencyRow) -> AgencyListed:
    return AgencyListed(
        id=row.agency,
        parent=row.parent,
        level=row.level,
        code=row.code,
        name=row.name,
        suspended_by=row.suspended_by - 1 if row.suspended_by else None,
        approvals=max(row.own_approvals, row.demanded_approvals),
    )


def _capabilities(held: int) -> tuple[str, ...]:
    return tuple(each.name for each in Capability if each & held and each.name is not None)


def _block(ends: int | None) -> int | None:
    return None if ends is None else block_of(ends)

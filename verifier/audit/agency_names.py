"""What agencies are called now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlmodel import col, func, select

from verifier.audit.misasked import Misasked
from verifier.indexing.models import AgencyRow
from verifier.wording import message

if TYPE_CHECKING:
    from collections.abc import Mapping

    from verifier.register import Tables
    from verifier.wording import Message


def agency_names(tables: Tables) -> Mapping[int, str]:
    """Return what every agency is called now; there are thousands at most."""
    return dict(
        tables.session.exec(select(AgencyRow.agency, AgencyRow.name).where(col(AgencyRow.ends).is_(None))).all()
    )


def called(agency: int, names: Mapping[int, str]) -> Message:
    """Say an agency's name and number, or its number alone where no name is known."""
    if name := names.get(agency):
        return message("audit.agency.called", name=name, number=agency)
    return message("audit.agency.unnamed", number=agency)


def require_known(tables: Tables, agency: int | None) -> None:
    """Refuse the number of an agency that never was; None is none. An empty answer would look like a clean one."""
    if agency is None:
        return
    known = select(AgencyRow.agency).where(col(AgencyRow.agency) == agency).limit(1)
    if tables.session.exec(known).first() is None:
        count = tables.session.exec(select(func.count(func.distinct(AgencyRow.agency)))).one()
        raise Misasked("agency", got=agency, count=count)

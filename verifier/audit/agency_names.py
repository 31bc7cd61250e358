"""What agencies are called now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlmodel import col, select

from verifier.models import AgencyRow

if TYPE_CHECKING:
    from collections.abc import Mapping

    from verifier.register import Tables


def agency_names(tables: Tables) -> Mapping[int, str]:
    """Return what every agency is called now; there are thousands at most."""
    return dict(
        tables.session.exec(select(AgencyRow.agency, AgencyRow.name).where(col(AgencyRow.ends).is_(None))).all()
    )

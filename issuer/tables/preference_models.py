"""The table of what a person prefers on the pages."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 — SQLModel reads annotations at run time

from sqlmodel import Field

from issuer.tables.models import Base


class Preference(Base, table=True):
    """How somebody wants the pages; no row where everything is as at first."""

    __tablename__ = "preference"
    person_id: int = Field(primary_key=True, foreign_key="person.id")
    language: str = ""
    """zh-CN or en; empty where the browser's wish counts."""
    toured_at: datetime | None = None
    """When the tour of the first sign-in was finished or put away."""

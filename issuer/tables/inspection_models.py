"""The tables of periodic inspections (年检、复审): records of the agency, of which the chain knows nothing."""

from __future__ import annotations

from datetime import date, datetime  # noqa: TC003 — SQLModel reads annotations at run time
from enum import StrEnum

from sqlalchemy import Index
from sqlmodel import Field

from issuer.tables.models import Base


class Result(StrEnum):
    """What an inspection found."""

    PASSED = "PASSED"
    CONDITIONS = "CONDITIONS"
    """Passed, and something is to be mended by a day."""
    FAILED = "FAILED"


class InspectionDue(Base, table=True):
    """By when a certificate is to be inspected next."""

    __tablename__ = "inspection_due"
    __table_args__ = (Index(None, "agency", "due", "certificate_type"),)
    certificate_id: str = Field(primary_key=True, foreign_key="certificate.id")
    agency: int
    certificate_type: str
    due: date


class Inspection(Base, table=True):
    """One inspection of one certificate."""

    __tablename__ = "inspection"
    id: int | None = Field(default=None, primary_key=True)
    certificate_id: str = Field(foreign_key="certificate.id", index=True)
    agency: int = Field(index=True)
    held_on: date
    result: str
    inspector: str
    """The login, or on the command line the key's name, of who recorded it."""
    note: bytes | None = None
    """Encrypted under the record's key."""
    next_due: date | None
    """None where no further one is wanted."""
    created_at: datetime

"""The tables around drafts: warnings, files certified as they are, spreadsheets on their way in, what columns mean.

Personal data is encrypted (see issuer/vault.py): a spreadsheet and what is said of it under the agency's data key, the
files that a certificate vouches for under its record's key, so that they go with it when it is erased.
"""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 — SQLModel reads annotations at run time
from enum import StrEnum

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from issuer.tables.models import Base


class CertificateWarning(Base, table=True):
    """Something about a certificate that is allowed, and that whoever approves it should look at."""

    __tablename__ = "certificate_warning"
    id: int | None = Field(default=None, primary_key=True)
    certificate_id: str = Field(foreign_key="certificate.id", index=True, ondelete="CASCADE")
    code: str
    detail: str = ""
    """Without personal data: row ids."""


class CertifiedFiles(Base, table=True):
    """The existing files that a certificate vouches for: their digests, not the files."""

    __tablename__ = "certified_files"
    certificate_id: str = Field(primary_key=True, foreign_key="certificate.id", ondelete="CASCADE")
    files: bytes
    """JSON, encrypted under the record's key."""


class UploadState(StrEnum):
    """Where a spreadsheet is on its way to drafts."""

    UPLOADED = "UPLOADED"
    """It waits for somebody to say what its columns mean."""
    CHECKING = "CHECKING"
    CHECKED = "CHECKED"
    """It waits for somebody to say whether its good rows are to become drafts."""
    DRAFTING = "DRAFTING"
    DRAFTED = "DRAFTED"
    GIVEN_UP = "GIVEN_UP"


class Upload(Base, table=True):
    """A spreadsheet that a clerk brought, while it is being read; it goes when that is over."""

    __tablename__ = "upload"
    id: str = Field(primary_key=True)
    agency: int = Field(index=True)
    login: str
    certificate_type: str
    state: str
    file: bytes | None
    """Encrypted, as are the next six. None once drafts were made of it, or none are wanted."""
    name: bytes
    look: bytes
    """What the file looks like, for the page that asks what its columns mean."""
    choices: bytes | None = None
    """What a clerk said the columns mean, and which sheet is read."""
    judged: bytes | None = None
    """What was said of its rows, the good ones left out."""
    good: bytes | None = None
    """The good rows, and what they were judged by: unless that changed, they become drafts as they are."""
    batches: str = ""
    """Numbers of what was made of it, separated by commas."""
    rows: int = 0
    """How many became drafts."""
    task_id: int | None = None
    """What is being done with it, or was last."""
    created_at: datetime
    forgotten_at: datetime
    """When it is deleted, whatever became of it."""


class RememberedColumns(Base, table=True):
    """What the columns of files with certain headers mean, as a clerk of the agency said."""

    __tablename__ = "remembered_columns"
    __table_args__ = (UniqueConstraint("agency", "certificate_type", "headers"),)
    id: int | None = Field(default=None, primary_key=True)
    agency: int
    certificate_type: str
    headers: bytes
    """A blind index of all headers together."""
    choices: bytes
    """Encrypted: a file without headers has a person's data where they should be."""
    changed_at: datetime

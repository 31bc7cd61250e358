"""The tables of what the registry says of our certificates' statuses, as status/following.py reads it off the chain.

They only save asking the registry for every certificate of a list; whoever signs asks the registry itself.
"""

from __future__ import annotations

from sqlalchemy import Index
from sqlmodel import Field

from issuer.tables.models import Base, Big


class KnownTrack(Base, table=True):
    """A track that is set in a certificate's slot."""

    __tablename__ = "known_track"
    __table_args__ = (Index(None, "track", "from_hour", "until_hour", "certificate_id"),)
    certificate_id: str = Field(primary_key=True, foreign_key="certificate.id")
    track: int = Field(primary_key=True)
    from_hour: int
    until_hour: int
    level: int


class StatusesFollowed(Base, table=True):
    """Up to which block the registry's changes of statuses were taken in."""

    __tablename__ = "statuses_followed"
    id: int = Field(default=1, primary_key=True)
    block_number: int = Field(sa_type=Big)
    block_hash: bytes

"""The tables about consuming systems: clients, their secrets and tokens, what they asked for, and answers given before.

None of them holds anything about a holder in the clear: why a client asked, and what was answered to a request that may
be repeated, are encrypted under the agency's data key. Secrets and tokens are kept as digests only.
"""

from __future__ import annotations

from datetime import date, datetime  # noqa: TC003 — SQLModel reads annotations at run time
from enum import StrEnum

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from issuer.tables.models import Base


class Scope(StrEnum):
    """What a client may do. The first four are the services of GB/T 36906."""

    SEARCH = "search"
    INFO = "info"
    FILE = "file"
    VERIFY = "verify"
    DRAFT = "draft"
    READ_BATCHES = "read:batches"


class Client(Base, table=True):
    """A consuming system of one agency's certificates, and a source of its drafts."""

    __tablename__ = "client"
    id: int | None = Field(default=None, primary_key=True)
    public_id: str = Field(unique=True)
    """What OAuth calls `client_id`, and the log of actions' word for who it was."""
    agency: int = Field(index=True)
    name: str
    scopes: str
    """Sorted, separated by commas; so are `types` and `networks`."""
    types: str
    """Identifiers of the certificate types it may ask for, or make drafts of."""
    fields: str = "{}"
    """JSON: by type, the claims it is shown. All of them for a type that is not named."""
    networks: str = ""
    """From where it may ask; from anywhere if empty."""
    daily_cap: int
    """How often it may use a service on one day of Asia/Shanghai."""
    created_at: datetime
    created_by: str
    """Login of the manager, or a word for one who has none."""
    revoked_at: datetime | None = None
    """Since when it may do nothing; the row stays, since the log of actions names it."""
    last_used_at: datetime | None = None


class ClientSecret(Base, table=True):
    """One of the secrets by which a client shows who it is; several at once while one takes another's place."""

    __tablename__ = "client_secret"
    id: int | None = Field(default=None, primary_key=True)
    client_id: int = Field(foreign_key="client.id", index=True)
    digest: bytes = Field(unique=True)
    hint: str
    """Its last characters, for people to tell secrets apart."""
    created_at: datetime
    created_by: str
    expires_at: datetime | None = None
    ended_at: datetime | None = None
    """When somebody made it void."""
    last_used_at: datetime | None = None


class AccessToken(Base, table=True):
    """What a client got for its secret, for a quarter of an hour."""

    __tablename__ = "access_token"
    digest: bytes = Field(primary_key=True)
    secret_id: int = Field(foreign_key="client_secret.id", index=True)
    scopes: str
    expires_at: datetime = Field(index=True)


class ClientUse(Base, table=True):
    """One use of a service, written before it is answered."""

    __tablename__ = "client_use"
    id: int | None = Field(default=None, primary_key=True)
    client_id: int = Field(foreign_key="client.id", index=True)
    at: datetime
    service: str
    cause: bytes | None = None
    """Why it asked (事由), encrypted; none where a service wants no cause."""
    source: str


class ClientDay(Base, table=True):
    """How often a client used a service on a day of Asia/Shanghai."""

    __tablename__ = "client_day"
    client_id: int = Field(primary_key=True, foreign_key="client.id")
    day: date = Field(primary_key=True)
    service: str = Field(primary_key=True)
    uses: int


class RememberedAnswer(Base, table=True):
    """The answer to a request with an `Idempotency-Key`, given again to the same request."""

    __tablename__ = "remembered_answer"
    __table_args__ = (UniqueConstraint("asker", "key_digest"),)
    id: int | None = Field(default=None, primary_key=True)
    asker: str
    """`client C…` or `officer …`: keys of different askers never meet."""
    key_digest: bytes
    request_digest: bytes
    taken_at: datetime = Field(index=True)
    """When somebody began to work on it, the last time."""
    status: int | None = None
    """None while it is being worked on."""
    answer: bytes | None = None
    """The body, encrypted: faults of a file may quote a holder."""

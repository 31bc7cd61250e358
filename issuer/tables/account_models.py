"""The tables about the issuer's own people: accounts, second factors, sessions, attempts, the log of actions.

None of them holds anything about a holder. Tokens, codes and challenges that would open something are kept as digests
only, passwords as argon2id hashes, secrets encrypted.
"""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 — SQLModel reads annotations at run time
from enum import StrEnum

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from issuer.tables.models import Base, Big


class Role(StrEnum):
    """What a person's pages offer. What a signature may do is for the registry's capabilities to say."""

    PREPARER = "PREPARER"
    APPROVER = "APPROVER"
    STATUS_OFFICER = "STATUS_OFFICER"
    AGENCY_MANAGER = "AGENCY_MANAGER"
    COUNCIL_MEMBER = "COUNCIL_MEMBER"
    AUDITOR = "AUDITOR"
    """Reads only, so it goes with no other role."""


class Standing(StrEnum):
    """What has become of an account."""

    INVITED = "INVITED"
    ACTIVE = "ACTIVE"
    LOCKED = "LOCKED"
    """By a manager, until a manager lifts it. Delays after failed attempts pass by themselves and are not this."""
    CLOSED = "CLOSED"
    """For good; the row stays, since the log of actions names it."""


class Person(Base, table=True):
    """Somebody of an agency, or of the council, who works here."""

    __tablename__ = "person"
    id: int | None = Field(default=None, primary_key=True)
    login: str = Field(unique=True)
    """Lower case; also the name of the person's key file, unless that was here before."""
    display_name: str
    agency: int = Field(index=True)
    """0 for the council."""
    roles: str
    """Sorted, separated by commas."""
    standing: str
    password_hash: str | None = None
    password_changed_at: datetime | None = None
    key_name: str | None = Field(default=None, unique=True)
    """The officer's key in the keystore folder; none for people who sign nothing."""
    key_address: bytes | None = None
    """None until the key was made, or handed over."""
    key_shared: bool = False
    """The keystore folder's password opens the key, too: for demonstrations and automation."""
    key_derivation: str | None = None
    """How the password becomes the key that opens `key_secret`: argon2id's costs and salt."""
    key_secret: bytes | None = None
    """What opens the key's file, encrypted."""
    created_at: datetime


class Invitation(Base, table=True):
    """What lets somebody choose a password, once."""

    __tablename__ = "invitation"
    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    token_digest: bytes = Field(unique=True)
    invited_by: str
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None


class Totp(Base, table=True):
    """An authenticator app."""

    __tablename__ = "totp"
    person_id: int = Field(primary_key=True, foreign_key="person.id")
    secret: bytes
    """Encrypted."""
    last_step: int = 0
    """The last time step whose code was taken; that one and older ones count no more."""
    created_at: datetime
    confirmed_at: datetime | None = None
    """None until a first code has shown that the app has the secret."""


class Passkey(Base, table=True):
    """A WebAuthn credential."""

    __tablename__ = "passkey"
    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    credential_id: bytes = Field(unique=True)
    public_key: bytes
    """COSE."""
    sign_count: int = Field(sa_type=Big)
    name: str
    created_at: datetime
    last_used_at: datetime | None = None
    suspected_at: datetime | None = None
    """When its counter went back, so that there may be a copy of it; since then it is not taken."""


class Challenge(Base, table=True):
    """What a passkey must answer; gone with the first answer, right or wrong."""

    __tablename__ = "challenge"
    person_id: int = Field(primary_key=True, foreign_key="person.id")
    purpose: str = Field(primary_key=True)
    challenge: bytes
    expires_at: datetime


class RecoveryCode(Base, table=True):
    """One of ten codes on a sheet of paper, for when the second factor is lost."""

    __tablename__ = "recovery_code"
    __table_args__ = (UniqueConstraint("person_id", "digest"),)
    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    digest: bytes
    used_at: datetime | None = None


class SignInSession(Base, table=True):
    """A browser in which somebody is signed in."""

    __tablename__ = "sign_in_session"
    token_digest: bytes = Field(primary_key=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    agency: int
    complete: bool
    """Whether all factors were shown; until then it is good for nothing but showing them."""
    source: str
    created_at: datetime
    last_seen_at: datetime
    fresh_at: datetime | None = None
    """When the person last showed who they are."""
    sealed_secret: bytes | None = None
    """What opens the officer's key, encrypted under a key made from the token, of which only the digest is here."""


class FailedAttempts(Base, table=True):
    """How often in a row somebody failed to show who they are, by name or by place."""

    __tablename__ = "failed_attempts"
    subject: bytes = Field(primary_key=True)
    """A digest, since what is typed as a name may be a password."""
    failures: int
    last_at: datetime = Field(index=True)


class AuditLine(Base, table=True):
    """One action. Each line holds the hash of the one before it, so none can be altered or taken out unseen."""

    __tablename__ = "audit_log"
    id: int = Field(primary_key=True)
    """Counts from 1 without gaps."""
    at: datetime
    who: str
    """Login, or a word for one who has none."""
    agency: int | None = Field(default=None, index=True)
    what: str
    subject: str = ""
    source: str = ""
    """From where: an address, or «command line»."""
    detail: str = ""
    """Without anything about a holder."""
    previous: bytes = Field(unique=True)
    """The hash of the line before; two lines cannot follow the same one, whoever writes at the same time."""
    hash: bytes

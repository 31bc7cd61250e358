"""What is asked of the tables about consuming systems."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func
from sqlmodel import col, delete, select

from issuer.errors import NotFound
from issuer.tables.client_models import AccessToken, Client, ClientDay, ClientSecret, ClientUse, RememberedAnswer
from issuer.tables.models import Certificate

if TYPE_CHECKING:
    from datetime import date, datetime

    from issuer.tables.store import Work


def client(work: Work, client_id: int, agency: int | None = None) -> Client:
    """Return a client, or one of an agency's: another agency's is not found either. Raises `NotFound`."""
    found = work.numbered(Client, client_id)
    if found is None or agency not in {None, found.agency}:
        raise NotFound(f"client: got {client_id}, wanted the number of one that is listed here")
    return found


def client_called(work: Work, public_id: str) -> Client | None:
    """Return the client with what OAuth calls `client_id`."""
    return work.session.exec(select(Client).where(Client.public_id == public_id)).first()


def clients(work: Work, agency: int | None = None) -> list[Client]:
    """Return an agency's clients, or all, by name."""
    query = select(Client).order_by(col(Client.name), col(Client.id))
    if agency is not None:
        query = query.where(Client.agency == agency)
    return list(work.session.exec(query))


def number(row: Client | ClientSecret) -> int:
    """Return the number of a stored client or secret."""
    if row.id is None:
        raise NotFound("a client or secret that is not stored yet has no number")
    return row.id


# Secrets and tokens.


def secrets(work: Work, client_id: int) -> list[ClientSecret]:
    """Return a client's secrets, oldest first, void ones among them."""
    return list(
        work.session.exec(
            select(ClientSecret).where(ClientSecret.client_id == client_id).order_by(col(ClientSecret.id))
        )
    )


def secret(work: Work, secret_id: int) -> ClientSecret | None:
    """Return a secret."""
    return work.session.get(ClientSecret, secret_id)


def secret_with(work: Work, digest: bytes) -> ClientSecret | None:
    """Return the secret with a digest."""
    return work.session.exec(select(ClientSecret).where(ClientSecret.digest == digest)).first()


def token(work: Work, digest: bytes) -> AccessToken | None:
    """Return the access token with a digest."""
    return work.session.get(AccessToken, digest)


def drop_tokens_of(work: Work, secret_id: int) -> None:
    """Make void what was given for a secret."""
    work.session.exec(delete(AccessToken).where(col(AccessToken.secret_id) == secret_id))


def drop_tokens_before(work: Work, now: datetime) -> None:
    """Forget tokens that are over."""
    work.session.exec(delete(AccessToken).where(col(AccessToken.expires_at) <= now))


# Uses.


def uses_on(work: Work, client_id: int, day: date) -> int:
    """Return how often a client used any service on a day."""
    query = select(func.sum(ClientDay.uses)).where(ClientDay.client_id == client_id, ClientDay.day == day)
    return int(work.session.exec(query).one() or 0)


def day_of(work: Work, client_id: int, day: date, service: str) -> ClientDay | None:
    """Return a day's count of one service."""
    return work.session.get(ClientDay, (client_id, day, service))


def days(work: Work, client_id: int, since: date) -> list[ClientDay]:
    """Return a client's counts from a day on, newest day first."""
    return list(
        work.session.exec(
            select(ClientDay)
            .where(ClientDay.client_id == client_id, ClientDay.day >= since)
            .order_by(col(ClientDay.day).desc(), col(ClientDay.service))
        )
    )


def uses(work: Work, client_id: int, *, most: int) -> list[ClientUse]:
    """Return a client's latest uses, newest first."""
    return list(
        work.session.exec(
            select(ClientUse).where(ClientUse.client_id == client_id).order_by(col(ClientUse.id).desc()).limit(most)
        )
    )


# Answers that may be given again.


def answer(work: Work, asker: str, key_digest: bytes) -> RememberedAnswer | None:
    """Return what is remembered under an asker's idempotency key."""
    return work.session.exec(
        select(RememberedAnswer).where(RememberedAnswer.asker == asker, RememberedAnswer.key_digest == key_digest)
    ).first()


def drop_answer(work: Work, row: RememberedAnswer) -> None:
    """Forget one."""
    work.session.delete(row)
    work.session.flush()


def drop_answers_before(work: Work, moment: datetime) -> None:
    """Forget those that were worked on last before a moment."""
    work.session.exec(delete(RememberedAnswer).where(col(RememberedAnswer.taken_at) < moment))


# Certificates, as clients name them.


def certificates(work: Work, row_id: str) -> list[Certificate]:
    """Return the certificate with a row id, if there is one."""
    found = work.session.get(Certificate, row_id)
    return [] if found is None else [found]


def certificates_identified(work: Work, agency: int, lineage: str, version: int) -> list[Certificate]:
    """Return an agency's certificates with a national identifier, newest first."""
    return list(
        work.session.exec(
            select(Certificate)
            .where(Certificate.agency == agency, Certificate.lineage == lineage, Certificate.version == version)
            .order_by(col(Certificate.created_at).desc())
        )
    )

"""What is asked of the tables about reconciliations and foreign records."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from sqlalchemy.orm import defer
from sqlmodel import col, func, select, update

from issuer.errors import NotFound
from issuer.reconciling import differences
from issuer.tables import account_rows
from issuer.tables.account_models import AuditLine, Role
from issuer.tables.reconciliation_models import Agreement, AlertMail, ForeignRecord, Reconciliation, RecordsFollowed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.sql.base import ExecutableOption
    from sqlmodel.sql.expression import SelectOfScalar

    from issuer.office import Office
    from issuer.reconciling.differences import Difference
    from issuer.tables.store import Work

RECONCILED, MANIFEST = "reconciled", "manifest "
"""What the log of actions says of a run; and how its subject begins, before the digest of what was signed."""
KEPT_MANIFESTS = 30
"""Of one agency; what came of older runs is kept without."""


# Reconciliations.


def latest(work: Work, agency: int) -> Reconciliation | None:
    """Return an agency's newest run, None if there was none."""
    return next(iter(runs(work, agency, most=1)), None)


def runs(work: Work, agency: int, *, most: int) -> list[Reconciliation]:
    """Return an agency's runs, newest first, without their manifests, which may be large."""
    query = select(Reconciliation).where(Reconciliation.agency == agency).order_by(col(Reconciliation.id).desc())
    return list(work.session.exec(query.limit(most).options(_without_manifest())))


def _without_manifest() -> ExecutableOption:
    # SQLModel's annotations say the value's type, not the column's.
    return defer(Reconciliation.manifest, raiseload=True)  # type: ignore[arg-type]


def with_manifests(work: Work, agency: int) -> set[int]:
    """Return the numbers of an agency's runs whose manifests are kept."""
    query = select(Reconciliation.id).where(Reconciliation.agency == agency, col(Reconciliation.manifest).is_not(None))
    return {number for number in work.session.exec(query) if number is not None}


def differs(work: Work, agency: int) -> bool:
    """Whether an agency's newest run that could ask found differences; one that could not takes nothing back."""
    newest = (
        select(Reconciliation.agreement)
        .where(Reconciliation.agency == agency, Reconciliation.agreement != Agreement.NOT_RUN)
        .order_by(col(Reconciliation.id).desc())
        .limit(1)
    )
    return work.session.exec(newest).first() == Agreement.DIFFERS


def run(work: Work, number: int, agency: int) -> Reconciliation:
    """Return a run of an agency's; raises `NotFound`, for another agency's as for none."""
    found = work.numbered(Reconciliation, number)
    if found is None or found.agency != agency:
        raise NotFound(f"reconciliation: got {number}, wanted the number of one that is listed here")
    return found


def found(work: Work, number: int | None) -> Reconciliation | None:
    """Return a run by its number, whichever agency's; None if there is none."""
    if number is None:
        return None
    query = select(Reconciliation).where(Reconciliation.id == number)
    return work.session.exec(query.options(_without_manifest())).first()


def untold(work: Work) -> Reconciliation | None:
    """Return the oldest run of which nobody was told so far, without its manifest."""
    query = select(Reconciliation).where(col(Reconciliation.told_at).is_(None)).order_by(col(Reconciliation.id))
    return work.session.exec(query.limit(1).options(_without_manifest())).first()


def before(work: Work, run: Reconciliation) -> Reconciliation | None:
    """Return the agency's run before another one, without its manifest; those that could not ask are none."""
    query = (
        select(Reconciliation)
        .where(
            Reconciliation.agency == run.agency,
            Reconciliation.agreement != Agreement.NOT_RUN,
            col(Reconciliation.id) < run.id,
        )
        .order_by(col(Reconciliation.id).desc())
    )
    return work.session.exec(query.limit(1).options(_without_manifest())).first()


def fresh(work: Work, run: Reconciliation) -> list[Difference]:
    """Return what a run found that the one before it had not, the gravest first."""
    earlier = before(work, run)
    return differences.fresh(
        differences.read(run.findings), [] if earlier is None else differences.read(earlier.findings)
    )


@dataclass(frozen=True, slots=True)
class Kept:
    """The manifest before."""

    manifest: bytes | None
    """The newest one that is kept."""
    signed_last: str | None
    """The digest of the newest one that was signed, by the log of actions."""


def digest(manifest: bytes) -> str:
    """Return the digest of a manifest, as the log of actions has it."""
    return sha256(manifest).hexdigest()


def kept(work: Work, agency: int) -> Kept:
    """Return the newest manifest of an agency that is kept, and which one should be."""
    line = (
        select(AuditLine.subject)
        .where(
            AuditLine.agency == agency,
            AuditLine.what == RECONCILED,
            col(AuditLine.subject).startswith(MANIFEST, autoescape=True),
        )
        .order_by(col(AuditLine.id).desc())
        .limit(1)
    )
    subject = work.session.exec(line).first()
    return Kept(_newest_manifest(work, agency), None if subject is None else subject.removeprefix(MANIFEST))


def _newest_manifest(work: Work, agency: int) -> bytes | None:
    return work.session.exec(
        select(Reconciliation.manifest)
        .where(Reconciliation.agency == agency, col(Reconciliation.manifest).is_not(None))
        .order_by(col(Reconciliation.id).desc())
        .limit(1)
    ).first()


def drop_old_manifests(work: Work, agency: int) -> None:
    """Keep only an agency's newest manifests."""
    oldest_kept = work.session.exec(
        select(Reconciliation.id)
        .where(Reconciliation.agency == agency, col(Reconciliation.manifest).is_not(None))
        .order_by(col(Reconciliation.id).desc())
        .offset(KEPT_MANIFESTS - 1)
        .limit(1)
    ).first()
    if oldest_kept is not None:
        work.session.exec(
            update(Reconciliation)
            .where(col(Reconciliation.agency) == agency, col(Reconciliation.id) < oldest_kept)
            .values(manifest=None)
        )


# Foreign records.


def followed(work: Work) -> RecordsFollowed | None:
    """Return up to which block the registry's records were looked through."""
    return work.session.get(RecordsFollowed, 1)


def is_told(work: Work, digest: bytes) -> bool:
    """Whether a record is among those that were found."""
    return work.session.exec(select(ForeignRecord.id).where(ForeignRecord.digest == digest)).first() is not None


def waiting(work: Work, agency: int) -> int:
    """Return how many foreign records of an agency no manager has taken note of."""
    return work.session.exec(
        select(func.count(col(ForeignRecord.id))).where(
            ForeignRecord.agency == agency, col(ForeignRecord.acknowledged_at).is_(None)
        )
    ).one()


def foreign(work: Work, agency: int, *, most: int, acknowledged: bool) -> list[ForeignRecord]:
    """Return an agency's foreign records, newest first: those a manager has taken note of, or the others."""
    noted = col(ForeignRecord.acknowledged_at)
    return list(
        work.session.exec(
            select(ForeignRecord)
            .where(ForeignRecord.agency == agency, noted.is_not(None) if acknowledged else noted.is_(None))
            .order_by(col(ForeignRecord.id).desc())
            .limit(most)
        )
    )


def told_with(work: Work, agency: int, transaction_hash: bytes) -> list[ForeignRecord]:
    """Return the foreign records that a message about a transaction tells of, in the order of the chain.

    Its own ones, and those after them that the same look found, up to one that has a message of its own.
    """
    own = list(work.session.exec(_foreign(agency).where(ForeignRecord.transaction_hash == transaction_hash)))
    if not own:
        return []
    query = _foreign(agency).where(col(ForeignRecord.found_at) == own[0].found_at, col(ForeignRecord.id) > own[0].id)
    mailed = set(
        work.session.exec(
            select(AlertMail.transaction_hash).where(
                AlertMail.agency == agency, AlertMail.transaction_hash != transaction_hash
            )
        )
    )
    others = itertools.takewhile(lambda each: each.transaction_hash not in mailed, work.session.exec(query))
    return list({each.id: each for each in [*own, *others]}.values())


def _foreign(agency: int) -> SelectOfScalar[ForeignRecord]:
    return select(ForeignRecord).where(ForeignRecord.agency == agency).order_by(col(ForeignRecord.id))


def acknowledge(work: Work, agency: int, numbers: Sequence[int], *, who: str, now: datetime) -> list[int]:
    """Have a manager take note of records of the agency; returns those that nobody had taken note of."""
    done: list[int] = []
    for number in dict.fromkeys(numbers):
        row = work.numbered(ForeignRecord, number)
        if row is not None and row.agency == agency and row.acknowledged_at is None:
            row.acknowledged_at, row.acknowledged_by = now, who
            done.append(number)
    return done


def mail_of(work: Work, agency: int, transaction_hash: bytes) -> AlertMail | None:
    """Return the message about a transaction, None if there is none."""
    return work.session.exec(
        select(AlertMail).where(AlertMail.agency == agency, AlertMail.transaction_hash == transaction_hash)
    ).first()


def mail(work: Work, number: int) -> AlertMail:
    """Return a message that is known to be there."""
    return work.session.get_one(AlertMail, number)


def due(work: Work, now: datetime) -> AlertMail | None:
    """Return the message that has waited longest for its attempt."""
    return work.session.exec(
        select(AlertMail)
        .where(col(AlertMail.delivered_at).is_(None), AlertMail.next_at <= now)
        .order_by(col(AlertMail.next_at), col(AlertMail.id))
        .limit(1)
    ).first()


def undelivered(work: Work, agency: int) -> list[AlertMail]:
    """Return an agency's messages that were tried and have not arrived."""
    return list(
        work.session.exec(
            select(AlertMail).where(
                AlertMail.agency == agency, col(AlertMail.delivered_at).is_(None), AlertMail.attempts > 0
            )
        )
    )


# People.


def agencies(office: Office, work: Work) -> set[int]:
    """Return the agencies that this service is for: those with certificates, keys of any kind or people here.

    Not one of which nothing is here but managers: they may come from above, to consent to what is done below, and the
    books of their own agency are kept elsewhere.
    """
    people = account_rows.people(work)
    managers = {person.id: person for person in people if account_rows.roles(person) == {Role.AGENCY_MANAGER}}
    keys_of_managers = {person.key_address for person in managers.values()}
    found = {account.agency for account in office.keystore.officers() if account.address not in keys_of_managers}
    found |= {*work.agencies_with_data(), *office.keystore.document_agencies()}
    return (found | {person.agency for person in people if person.id not in managers}) - {0}


def names(office: Office, work: Work, agency: int) -> dict[str, str]:
    """Return the names of an agency's own officers, by their addresses as 0x and hexadecimal digits."""
    officers = [account for account in office.keystore.officers() if account.agency == agency]
    found = {f"0x{account.address.hex()}": account.name for account in officers}
    for person in account_rows.people(work):
        if person.key_address is not None and person.agency == agency:
            found[f"0x{person.key_address.hex()}"] = person.login
    return found

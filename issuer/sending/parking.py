"""What was set aside because it failed again and again, and how it goes on: a person releases it.

Parked are batches that the registry refuses or of which no transaction can be made (APPROVED with a `failure`), that
cannot be signed (FINAL with one) and whose documents cannot be made (ISSUED with one). No worker touches them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from issuer import audit_log
from issuer.errors import NotReady
from issuer.sending import outbox
from issuer.tables.models import Batch, State

if TYPE_CHECKING:
    from issuer.audit_log import Occasion
    from issuer.office import Office
    from issuer.tables.account_models import Person
    from issuer.tables.models import StatusChange
    from issuer.tables.store import Work

PARKABLE = (State.APPROVED, State.FINAL, State.ISSUED)
"""States in which a batch with a `failure` is parked."""


def is_parked(batch: Batch) -> bool:
    """Whether a batch was set aside until a person releases it."""
    return bool(batch.failure) and batch.state in PARKABLE


def parked(work: Work, *, agency: int | None = None) -> list[Batch]:
    """Return the batches that were set aside, oldest first."""
    return [batch for batch in work.batches(states=PARKABLE, agency=agency) if batch.failure]


def refused_changes(work: Work, *, agency: int | None = None) -> list[StatusChange]:
    """Return the changes of status that the registry refused, newest first."""
    failed = work.status_changes_in([State.FAILED])
    return [change for change in reversed(failed) if agency in {None, change.agency, change.actor}]


def release(office: Office, work: Work, batch: Batch, occasion: Occasion, *, who: Person | str) -> None:
    """Have the workers take a batch up again where it stopped; raises `NotReady` unless it is parked."""
    if not is_parked(batch):
        raise NotReady(f"batch {batch.id} is {batch.state} and not set aside; there is nothing to release")
    reason, batch.failure = batch.failure, ""
    outbox.note(work, batch, "released", office, reason)
    audit_log.add(work, occasion, "released", who=who, agency=batch.agency, subject=f"batch {batch.id}", detail=reason)


def retry(office: Office, work: Work, change: StatusChange, occasion: Occasion, *, who: Person | str) -> None:
    """Have a refused change of status tried once more, with the signatures it has; raises `NotReady` otherwise."""
    if change.state != State.FAILED:
        raise NotReady(f"status change {change.id} is {change.state}, wanted one that is FAILED")
    reason, change.failure, change.state = change.failure, "", State.QUEUED
    outbox.note(work, change, "tried again", office, reason)
    audit_log.add(
        work,
        occasion,
        "tried again",
        who=who,
        agency=change.agency,
        subject=f"status change {change.id}",
        detail=reason,
    )

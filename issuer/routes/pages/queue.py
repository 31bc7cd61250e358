"""The way to the chain: where one batch is, what is in the queue, what was set aside and how it goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import Response  # noqa: TC002 — FastAPI reads annotations at run time
from fastapi.responses import StreamingResponse

from issuer import audit_log, journeys
from issuer.delivery import zipping
from issuer.errors import NotFound, NotReady, RefusedByRegistry
from issuer.routes.pages import batch_words, front
from issuer.routes.pages.front import Visit, Visiting  # noqa: TC001 — FastAPI reads annotations at run time
from issuer.sending import parking
from issuer.tables.account_models import Role
from issuer.tables.models import State

if TYPE_CHECKING:
    from issuer.journeys import Journey
    from issuer.tables.models import Batch, StatusChange
    from issuer.tables.store import Work

router = front.router(tags=["queue"])

RELEASING = (Role.PREPARER, Role.APPROVER, Role.AGENCY_MANAGER)
RETRYING = (Role.STATUS_OFFICER, Role.APPROVER, Role.AGENCY_MANAGER)
_MOST_SHOWN = 100


@router.get("/batches/{batch_id}/state")
def state(batch_id: int, visit: Visiting) -> Response:
    """Show where a batch is; loaded again and again by the batch's page."""
    if not visit.is_part:
        return visit.goto(f"/batches/{batch_id}")
    with visit.store.reading() as work:
        batch = visit.sight.batch(work, batch_id)
        journey = journeys.of(visit.office, work, batch)
        health = journeys.health(visit.office, work)
    return visit.page("batch_state.html", batch=batch, journey=journey, health=health)


@router.get("/batches/{batch_id}/documents.zip")
def documents(batch_id: int, visit: Visiting) -> Response:
    """Give out all documents of a signed batch."""
    with visit.store.reading() as work:
        batch = visit.sight.own_batch(work, batch_id)
        if batch.state != State.ISSUED:
            raise NotReady(f"batch {batch_id} is {batch.state}: documents are handed out once it is ISSUED")
    with visit.store.writing() as work:
        audit_log.add(
            work, visit.occasion, "documents taken", who=visit.who.login, agency=batch.agency,
            subject=f"batch {batch_id}", detail=f"{batch.size} certificates",
        )  # fmt: skip
    return StreamingResponse(
        zipping.batch_zip(visit.office, visit.at.renderer, batch_id),
        media_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="batch-{batch_id}.zip"'},
    )


@router.get("/queue")
def queue(visit: Visiting) -> Response:
    """Show what is on its way, what was set aside, and how the chain is."""
    with visit.store.reading() as work:
        moving, parked = _in_sight(visit, work)
        refused = [change for change in parking.refused_changes(work) if visit.sight.sees(change.agency)]
        health = journeys.health(visit.office, work)
    return visit.page(
        "queue.html",
        moving=moving[:_MOST_SHOWN],
        more=max(0, len(moving) - _MOST_SHOWN),
        parked=[(batch, journey, batch_words.trouble(visit.words, batch)) for batch, journey in parked],
        refused=[(change, _words_of(visit, change)) for change in refused[:_MOST_SHOWN]],
        health=health,
        names={each.identifier: each.names[visit.language] for each in visit.office.types},
        agencies={number: agency.name for number, agency in visit.directory.agencies.items()},
        may_release=visit.has(*RELEASING),
        may_retry=visit.has(*RETRYING),
        changes_waiting=_changes_waiting(visit),
    )


@router.post("/queue/batches/{batch_id}/release")
def release(batch_id: int, visit: Visiting) -> Response:
    """Have a batch that was set aside taken up again."""
    visit.require(*RELEASING)
    sight = visit.sight
    with visit.store.writing() as work:
        batch = sight.own_batch(work, batch_id)
        parking.release(visit.office, work, batch, visit.occasion, who=visit.who.login)
    sentence = visit.words.gettext("Batch %(number)s is taken up again.", number=batch_id)
    return visit.done("/queue", sentence)


@router.post("/queue/changes/{change_id}/retry")
def retry(change_id: int, visit: Visiting) -> Response:
    """Have a refused change of status tried once more."""
    visit.require(*RETRYING)
    with visit.store.writing() as work:
        change = work.status_change(change_id)
        if visit.who.agency not in {change.agency, change.actor}:
            raise NotFound(f"status change: got {change_id}, wanted one of this database")
        parking.retry(visit.office, work, change, visit.occasion, who=visit.who.login)
    return visit.done("/queue", visit.words.gettext("The change of status is tried again."))


def _in_sight(visit: Visit, work: Work) -> tuple[list[tuple[Batch, Journey]], list[tuple[Batch, Journey]]]:
    """Return the batches that go on by themselves, and those that were set aside."""
    moving: list[tuple[Batch, Journey]] = []
    parked: list[tuple[Batch, Journey]] = []
    for batch in work.batches(states=[*journeys.ON_THE_WAY, State.ISSUED]):
        if not visit.sight.sees(batch.agency) or (batch.documents_at is not None and not batch.failure):
            continue
        journey = journeys.of(visit.office, work, batch)
        (parked if journey.is_parked else moving).append((batch, journey))
    return moving, parked


def _words_of(visit: Visit, change: StatusChange) -> str:
    return visit.words.explain(RefusedByRegistry(change.failure))


def _changes_waiting(visit: Visit) -> int:
    with visit.store.reading() as work:
        changes = work.status_changes_in([State.QUEUED, State.SENT, State.IN_BLOCK])
    return sum(visit.sight.sees(change.agency) for change in changes)

"""The page of a batch's rehearsal: begun, followed, stopped, and what it found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from issuer import batch_views, issuing, rehearsals, tasks
from issuer.errors import NotReady
from issuer.rehearsal import rehearsing
from issuer.routes.pages import batch_frame, front
from issuer.routes.pages.front import Visit, Visiting  # noqa: TC001 — FastAPI reads annotations at run time
from issuer.tables import batch_rows
from issuer.tables.account_models import Role
from issuer.tasks import TaskState

if TYPE_CHECKING:
    from starlette.responses import Response

    from issuer.tables.models import Batch

router = front.router(tags=["batches"])

_UNDER_WAY = frozenset({TaskState.WAITING, TaskState.RUNNING})
_MOST_SHOWN = 200


@router.get("/batches/{batch_id}/rehearsal")
def rehearsal(batch_id: int, visit: Visiting) -> Response:
    """Show how far a rehearsal is, or what the last one found."""
    with visit.store.reading() as work:
        batch = visit.sight.own_batch(work, batch_id)
    return _page(visit, batch, "batch_rehearsal.html")


@router.get("/batches/{batch_id}/rehearsal/live")
def rehearsal_live(batch_id: int, visit: Visiting) -> Response:
    """Return the part of that page which changes by itself."""
    with visit.store.reading() as work:
        batch = visit.sight.own_batch(work, batch_id)
    return _page(visit, batch, "batch_rehearsal_live.html")


@router.post("/batches/{batch_id}/rehearsal")
def rehearse(batch_id: int, visit: Visiting) -> Response:
    """Begin a rehearsal, unless one is under way."""
    visit.require(Role.PREPARER)
    sight = visit.sight
    with visit.store.writing() as work:
        batch = sight.own_batch(work, batch_id)
        if batch.state not in issuing.CHANGEABLE:
            raise NotReady(f"batch {batch_id} is {batch.state}; there is nothing to rehearse any more")
        running = tasks.latest(work, rehearsing.KIND, batch.agency, str(batch_id))
        if running is None or running.state not in _UNDER_WAY:
            tasks.submit(
                visit.office,
                work,
                rehearsing.KIND,
                agency=batch.agency,
                login=visit.who.login,
                subject=str(batch_id),
            )
            batch_frame.log(visit, work, "rehearsal begun", batch)
    return visit.goto(f"/batches/{batch_id}/rehearsal")


@router.post("/batches/{batch_id}/rehearsal/cancel")
def cancel(batch_id: int, visit: Visiting) -> Response:
    """Stop a rehearsal."""
    visit.require(Role.PREPARER)
    sight = visit.sight
    with visit.store.writing() as work:
        batch = sight.own_batch(work, batch_id)
        running = tasks.latest(work, rehearsing.KIND, batch.agency, str(batch_id))
        if running is not None and running.state in _UNDER_WAY:
            tasks.cancel(work, running)
            batch_frame.log(visit, work, "rehearsal cancelled", batch)
    return visit.goto(f"/batches/{batch_id}/rehearsal")


def _page(visit: Visit, batch: Batch, template: str) -> Response:
    with visit.store.reading() as work:
        outcome = rehearsals.opened(visit.office, work, batch)
        task = batch_frame.task_of(visit, batch)
        failure = tasks.failure_of(visit.office, work, task) if task and task.state == TaskState.FAILED else ""
        positions = [] if outcome is None else sorted({*outcome.bad, *outcome.warned})
        some = positions[:_MOST_SHOWN]
        shown = {
            each.position: batch_views.view(
                visit.office, work, visit.office.type_of(batch.type_number, batch.type_version), each
            )
            for each in batch_rows.rows(work, batch.id or 0, positions=some, start=0, most=_MOST_SHOWN)
        }
    kind = visit.office.type_of(batch.type_number, batch.type_version)
    findings = batch_frame.told(visit, outcome, kind)
    return visit.page(
        template,
        batch=batch,
        outcome=outcome,
        task=task,
        is_running=task is not None and task.state in _UNDER_WAY,
        failure=failure,
        bad_rows=[(shown[place], findings[place]) for place in some if outcome and place in outcome.bad],
        odd_rows=[(shown[place], findings[place]) for place in some if outcome and place in outcome.warned],
        left=max(0, len(positions) - len(some)),
        may=batch_frame.may(visit, batch, is_rehearsed=outcome is not None and not outcome.bad),
    )

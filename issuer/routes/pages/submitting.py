"""The steps that give a batch out of one's hands, take it back, or give it up: each is asked about on a page first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from issuer import issuing
from issuer.draft import submissions
from issuer.errors import NotAllowed, NotReady
from issuer.routes.pages import batch_frame, front
from issuer.routes.pages.front import Fault, Visiting
from issuer.tables.account_models import Role

if TYPE_CHECKING:
    from starlette.responses import Response

router = front.router(tags=["batches"])


@router.get("/batches/{batch_id}/submit")
def confirm_submit(batch_id: int, visit: Visiting) -> Response:
    """Show what is about to be signed."""
    visit.require(Role.PREPARER)
    visit.require_fresh()
    return batch_frame.confirm(visit, batch_id, "batch_submit.html")


@router.post("/batches/{batch_id}/submit")
def submit(batch_id: int, visit: Visiting) -> Response:
    """Sign the batch's root as its preparer."""
    visit.require(Role.PREPARER)
    officer = visit.officer()
    try:
        with visit.store.reading() as work:
            batch = visit.sight.own_batch(work, batch_id)
        batch_frame.require_root(visit, batch)
        submissions.submit(visit.office, batch_id, officer, root=batch.root)
    except (NotReady, NotAllowed) as error:
        return batch_frame.confirm(visit, batch_id, "batch_submit.html", faults=[Fault("", visit.words.explain(error))])
    return visit.done(f"/batches/{batch_id}", visit.words.gettext("Submitted. A colleague can approve it now."))


@router.get("/batches/{batch_id}/recall")
def confirm_recall(batch_id: int, visit: Visiting) -> Response:
    """Ask whether a batch is to be taken back."""
    visit.require(Role.PREPARER, Role.APPROVER)
    return batch_frame.confirm(visit, batch_id, "batch_recall.html")


@router.post("/batches/{batch_id}/recall")
def recall(batch_id: int, visit: Visiting) -> Response:
    """Take a batch back."""
    visit.require(Role.PREPARER, Role.APPROVER)
    with visit.store.reading() as work:
        visit.sight.own_batch(work, batch_id)
    try:
        submissions.recall(visit.office, batch_id, batch_frame.person_of(visit), visit.typed("comment"))
    except (NotReady, NotAllowed) as error:
        return batch_frame.confirm(
            visit,
            batch_id,
            "batch_recall.html",
            faults=[Fault("", visit.words.explain(error))],
            comment=visit.typed("comment"),
        )
    return visit.done(f"/batches/{batch_id}", visit.words.gettext("Recalled. It is a draft again."))


@router.get("/batches/{batch_id}/discard")
def confirm_discard(batch_id: int, visit: Visiting) -> Response:
    """Ask whether a batch is to be given up."""
    visit.require(Role.PREPARER)
    visit.require_fresh()
    return batch_frame.confirm(visit, batch_id, "batch_discard.html")


@router.post("/batches/{batch_id}/discard")
def discard(batch_id: int, visit: Visiting) -> Response:
    """Give a batch up; its drafts are deleted."""
    visit.require(Role.PREPARER)
    with visit.store.reading() as work:
        visit.sight.own_batch(work, batch_id)
    officer = visit.officer()
    try:
        issuing.discard(visit.office, batch_id, officer)
    except (NotReady, NotAllowed) as error:
        return batch_frame.confirm(
            visit, batch_id, "batch_discard.html", faults=[Fault("", visit.words.explain(error))]
        )
    return visit.done("/batches", visit.words.gettext("Batch %(number)s is discarded.", number=batch_id))

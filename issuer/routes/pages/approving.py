"""What an approver sees and does: a sample drawn by chance, everything odd, the totals, and then the own signature.

The signature is over exactly the root that the page showed. The form carries it; a batch that was changed meanwhile is
shown anew instead of being signed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from issuer import approvals, batch_views, rehearsals
from issuer.delivery import previews
from issuer.draft import submissions
from issuer.errors import NotAllowed, NotReady
from issuer.routes.pages import batch_frame, batch_words, front
from issuer.routes.pages.front import Fault, Visit, Visiting
from issuer.tables import account_rows
from issuer.tables.account_models import Role
from issuer.tables.models import State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.responses import Response

    from chain.errors import YinxinError

router = front.router(tags=["batches"])

_MOST_ODD = 20
"""Rows with warnings that are shown at once; the others are listed on the batch's page."""
_LOOKED = "looked"


@router.get("/batches/{batch_id}/approve")
def show(batch_id: int, visit: Visiting) -> Response:
    """Show what is to be approved, with a new sample each time."""
    visit.require(Role.APPROVER)
    with visit.store.reading() as work:
        visit.sight.own_batch(work, batch_id)
    visit.require_fresh()
    return _page(visit, batch_id)


@router.post("/batches/{batch_id}/approve")
def approve(batch_id: int, visit: Visiting) -> Response:
    """Sign the root that was shown."""
    visit.require(Role.APPROVER)
    with visit.store.reading() as work:
        visit.sight.own_batch(work, batch_id)
    words = visit.words
    if _LOOKED not in visit.chosen("confirm"):
        said = words.gettext("Confirm that you have looked at the sample and at the rows with warnings.")
        return _page(visit, batch_id, [Fault("confirm", said)])
    officer = visit.officer()
    try:
        missing = approvals.approve(visit.office, batch_id, officer, root=_root(visit))
    except (NotReady, NotAllowed) as error:
        return _page(visit, batch_id, [Fault("", _explained(visit, batch_id, error))])
    if missing:
        said = words.ngettext(
            "Approved. %(num)s more approval is needed.", "Approved. %(num)s more approvals are needed.", missing
        )
    elif visit.office.undo:
        said = words.gettext(
            "Approved. It can be recalled for %(minutes)s minutes, then it is anchored.",
            minutes=int(visit.office.undo.total_seconds() // 60),
        )
    else:
        said = words.gettext("Approved. It is anchored next.")
    return visit.done(f"/batches/{batch_id}", said)


@router.get("/batches/{batch_id}/return")
def confirm_return(batch_id: int, visit: Visiting) -> Response:
    """Ask what is to be mended."""
    visit.require(Role.APPROVER)
    return batch_frame.confirm(visit, batch_id, "batch_return.html")


@router.post("/batches/{batch_id}/return")
def return_(batch_id: int, visit: Visiting) -> Response:
    """Give a batch back to its preparer."""
    visit.require(Role.APPROVER)
    with visit.store.reading() as work:
        visit.sight.own_batch(work, batch_id)
    comment, words = visit.typed("comment"), visit.words
    faults: list[Fault] = []
    if not comment.strip():
        faults = [Fault("comment", words.gettext("Write what is to be mended."))]
    elif len(comment.strip()) > submissions.LONGEST_COMMENT:
        said = words.gettext("Write at most %(count)s characters.", count=submissions.LONGEST_COMMENT)
        faults = [Fault("comment", said)]
    if not faults:
        try:
            submissions.return_(visit.office, batch_id, batch_frame.person_of(visit), comment)
        except (NotReady, NotAllowed) as error:
            faults = [Fault("", words.explain(error))]
    if faults:
        return batch_frame.confirm(visit, batch_id, "batch_return.html", faults=faults, comment=comment)
    return visit.done(f"/batches/{batch_id}", words.gettext("Returned. Whoever prepared it sees your comment."))


def _page(visit: Visit, batch_id: int, faults: Sequence[Fault] = ()) -> Response:
    """Return the whole page: everything is read anew, and another sample is drawn."""
    office = visit.office
    with visit.store.reading() as work:
        batch = visit.sight.own_batch(work, batch_id)
        if batch.state not in {State.PREPARED, State.APPROVED}:
            raise NotReady(f"batch {batch_id} is {batch.state}; there is nothing to approve")
        certificate_type = office.type_of(batch.type_number, batch.type_version)
        certificates = {each.position: each for each in work.certificates(batch_id)}
        rows = [batch_views.view(office, work, certificate_type, each) for each in certificates.values()]
        outcome = rehearsals.opened(office, work, batch)
        sample = batch_views.sample(rows, office.entropy)
        documents = {
            row.position: previews.document_of(office, work, visit.directory, batch, certificates[row.position])
            for row in sample
        }
        comments = submissions.comments(office, work, batch)
        history = batch_words.history(visit.words, work.history(batch_id=batch_id))
        signatures = work.signatures(batch_id)
        signers = {each.officer: account_rows.signer_name(work, each.officer) for each in signatures}
        missing = approvals.missing_approvals(office, work, batch)
    found = batch_frame.told(visit, outcome, certificate_type)
    odd = [row for row in rows if row.position in found]
    totals = batch_views.totals(certificate_type, rows)
    claims = {claim.key: claim for claim in certificate_type.claims}
    language = visit.language
    return visit.page(
        "batch_approve.html",
        status=409 if faults else 200,
        batch=batch,
        kind=certificate_type,
        root=(batch.root or b"").hex(),
        fingerprint=batch_views.fingerprint(batch.root or b""),
        sample=[
            (row, previews.words(documents[row.position], language), found.get(row.position, [])) for row in sample
        ],
        odd=[(row, found[row.position]) for row in odd[:_MOST_ODD]],
        odd_left=max(0, len(odd) - _MOST_ODD),
        totals=totals,
        choices=[
            (
                claims[key].labels[language],
                [(claims[key].display(value, language), count) for value, count in said.items()],
            )
            for key, said in totals.choices.items()
        ],
        rehearsal=outcome,
        signatures=signatures,
        signers=signers,
        missing=missing,
        comments=comments,
        history=history,
        is_own=batch_frame.person_of(visit).key in [each.officer for each in signatures],
        undo=int(office.undo.total_seconds() // 60),
        faults=faults,
    )


def _root(visit: Visit) -> bytes:
    """Return the root that the form showed; one that is none fits no batch."""
    try:
        return bytes.fromhex(visit.typed("root"))
    except ValueError:
        return b""


def _explained(visit: Visit, batch_id: int, error: YinxinError) -> str:
    with visit.store.reading() as work:
        held = work.batch(batch_id).root or b""
    if held != _root(visit):
        return visit.words.gettext(
            "The batch was changed after this page was opened, so nothing was signed. What you see now is what it is."
        )
    return visit.words.explain(error)

"""Batches: the list, and one batch with its rows and what happened to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import Query, Response

from chain.errors import InvalidInput, RegistryError
from issuer import approvals, batch_views, issuing, journeys, rehearsals
from issuer.draft import submissions
from issuer.errors import NotFound
from issuer.routes.pages import batch_frame, batch_words, front, sought
from issuer.routes.pages.front import Fault, Visit, Visiting
from issuer.said import msgid
from issuer.tables import account_rows, batch_rows
from issuer.tables.batch_rows import Selection
from issuer.tables.models import State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from issuer.tables.models import Batch
    from issuer.tables.store import Work

router = front.router(tags=["batches"])

PAGE = 25
_UNDER_WAY = (State.QUEUED, State.SENT, State.IN_BLOCK)
FILTERS = {
    "": (msgid("All"), ()),
    "draft": (msgid("Draft"), (State.DRAFT,)),
    "submitted": (msgid("Submitted"), (State.PREPARED,)),
    "approved": (msgid("Approved"), (State.APPROVED,)),
    "queue": (msgid("On the way to the chain"), (*_UNDER_WAY, State.FINAL)),
    "signed": (msgid("Signed"), (State.ISSUED,)),
    "failed": (msgid("Failed"), (State.FAILED,)),
    "discarded": (msgid("Discarded"), (State.DISCARDED,)),
}


@router.get("/batches")
def listed(
    visit: Visiting,
    state: Annotated[str, Query()] = "",
    type: Annotated[str, Query()] = "",  # noqa: A002 — the address's own word
    page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
) -> Response:
    """List the batches in sight, newest first."""
    if state not in FILTERS:
        raise NotFound(f"state: got «{state[:20]}», wanted one of those that are offered")
    directory, agencies = visit.directory, [each for each in visit.sight.agencies if each]
    wanted = Selection(agencies, FILTERS[state][1], type)
    with visit.store.reading() as work:
        total = batch_rows.count(work, wanted)
        pages = max(1, -(-total // PAGE))
        number = min(page, pages)
        found = batch_rows.batches(work, wanted, start=(number - 1) * PAGE, most=PAGE)
        types = batch_rows.types(work, agencies)
    names = {each.identifier: each.names[visit.language] for each in visit.office.types}
    return visit.page(
        "batches.html",
        found=found,
        total=total,
        number=number,
        pages=pages,
        state=state,
        kind=type,
        filters=[(key, visit.words.gettext(word)) for key, (word, _) in FILTERS.items()],
        types=[(each, names.get(each, each)) for each in types],
        type_names=names,
        agencies={number: agency.name for number, agency in directory.agencies.items()},
        several=len(agencies) > 1,
    )


@router.get("/batches/{batch_id}")
def one(
    batch_id: int,
    visit: Visiting,
    only: Annotated[str, Query(pattern="^(|bad|warned)$")] = "",
    page: Annotated[int, Query(ge=1, le=1_000)] = 1,
) -> Response:
    """Show one batch: where it is, what may be done with it, its rows, and what happened to it."""
    text, faults = sought.asked(visit, "text")
    return _one(visit, batch_id, only=only, page=page, text=text, faults=faults)


@router.post("/batches/{batch_id}")
def search(batch_id: int, visit: Visiting) -> Response:
    """Go to the batch with the rows of a number or holder, by an address that keeps no name."""
    text = visit.typed("text").strip()
    with visit.store.reading() as work:
        visit.sight.batch(work, batch_id)
    try:
        url = sought.url(visit, f"/batches/{batch_id}", text, {})
    except InvalidInput as exc:
        return _one(visit, batch_id, text=text, faults=[Fault("text", visit.words.explain(exc))])
    return visit.goto(f"{url}#rows")


def _one(
    visit: Visit, batch_id: int, *, only: str = "", page: int = 1, text: str = "", faults: Sequence[Fault] = ()
) -> Response:
    with visit.store.reading() as work:
        batch = visit.sight.batch(work, batch_id)
        reads = visit.sight.reads_claims(batch.agency) and batch.state != State.DISCARDED
        outcome = rehearsals.opened(visit.office, work, batch) if reads else None
        last = rehearsals.last(work, batch)
        chosen = None if outcome is None or not only else [*(outcome.bad if only == "bad" else outcome.warned)]
        rows, pages = (
            batch_views.page(visit.office, work, batch, number=page, search=text, positions=chosen)
            if reads
            else ([], 1)
        )
        comments = submissions.comments(visit.office, work, batch) if reads else []
        history = batch_words.history(visit.words, work.history(batch_id=batch_id))
        signatures = work.signatures(batch_id)
        signers = {each.officer: account_rows.signer_name(work, each.officer) for each in signatures}
        missing = _missing(visit, work, batch)
        journey, health = journeys.of(visit.office, work, batch), journeys.health(visit.office, work)
    certificate_type = visit.office.type_of(batch.type_number, batch.type_version)
    return visit.page(
        "batch.html",
        faults=faults,
        query_string=sought.query(visit, {"only": only}),
        batch=batch,
        reads=reads,
        kind=certificate_type,
        agency_name=visit.directory.agency(batch.agency).name,
        why=batch_words.trouble(visit.words, batch) if batch.failure else "",
        fingerprint=batch_views.fingerprint(batch.root) if batch.root else "",
        steps=[visit.words.gettext(each) for each in batch_frame.STEPS],
        current=batch_frame.step_of(batch, is_rehearsed=last is not None and not last.bad),
        rehearsal=last,
        rows=rows,
        findings=batch_frame.told(visit, outcome, certificate_type),
        number=page,
        pages=pages,
        text=text,
        only=only,
        may=batch_frame.may(visit, batch, is_rehearsed=last is not None and not last.bad),
        journey=journey,
        health=health,
        is_changeable=batch.state in issuing.CHANGEABLE,
        comments=comments,
        history=history,
        signatures=signatures,
        signers=signers,
        missing=missing,
    )


def _missing(visit: Visit, work: Work, batch: Batch) -> int | None:
    """Return how many approvals a submitted batch still needs; None while the registry, which says it, is silent."""
    if batch.state != State.PREPARED:
        return 0
    try:
        return approvals.missing_approvals(visit.office, work, batch)
    except RegistryError:
        return None

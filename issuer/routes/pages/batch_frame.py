"""What the pages about one batch share: which steps are open to whom, and the page that asks before one is taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from issuer import audit_log, batch_views, rehearsals, tasks
from issuer.draft import submissions
from issuer.draft.submissions import Person
from issuer.errors import NotReady
from issuer.rehearsal import rehearsing
from issuer.routes.pages import batch_words
from issuer.said import msgid
from issuer.tables import account_rows
from issuer.tables.account_models import Role
from issuer.tables.models import State

if TYPE_CHECKING:
    from starlette.responses import Response

    from chain.certificate_types import CertificateType
    from issuer.rehearsals import Outcome
    from issuer.routes.pages.front import Fault, Visit
    from issuer.tables.models import Batch
    from issuer.tables.store import Work
STEPS = (
    msgid("Draft"),
    msgid("Rehearsed"),
    msgid("Submitted"),
    msgid("Approved"),
    msgid("Anchored"),
    msgid("Signed"),
    msgid("Documents ready"),
)


def may(visit: Visit, batch: Batch, *, is_rehearsed: bool) -> frozenset[str]:
    """Return the steps that this visitor may take with a batch now."""
    if batch.agency != visit.who.agency:
        return frozenset()
    person, allowed = person_of(visit), set[str]()
    with visit.store.reading() as work:
        signers = [each.officer for each in work.signatures(batch.id or 0)]
    if visit.has(Role.PREPARER):
        if batch.state in {State.DRAFT, State.FAILED}:
            allowed |= {"rehearse", "discard", *(["submit"] if is_rehearsed else [])}
        if batch.state == State.PREPARED:
            allowed.add("discard")
    if visit.has(Role.APPROVER) and batch.state == State.PREPARED:
        allowed |= {"return", *([] if person.key in signers else ["approve"])}
    if person.key in signers and (batch.state == State.PREPARED or submissions.is_recallable(visit.office, batch)):
        allowed.add("recall")
    return frozenset(allowed)


def step_of(batch: Batch, *, is_rehearsed: bool) -> int:
    """Return at which of the steps a batch is, from 1; one beyond the last when all is done."""
    if batch.state == State.ISSUED:
        return len(STEPS) + (1 if batch.documents_at is not None else 0)
    return {
        State.DRAFT: 3 if is_rehearsed else 2,
        State.PREPARED: 4,
        State.APPROVED: 5,
        State.QUEUED: 5,
        State.SENT: 5,
        State.IN_BLOCK: 5,
        State.FINAL: 6,
    }.get(State(batch.state), 1)


def require_root(visit: Visit, batch: Batch) -> None:
    """Refuse to sign another root than the one that the form showed; raises `NotReady`."""
    if visit.typed("root") != (batch.root or b"").hex() or batch.root is None:
        raise NotReady(f"batch {batch.id} was changed since this page was opened; look at it anew")


def person_of(visit: Visit) -> Person:
    """Return who visits, as use cases know people who do not sign."""
    with visit.store.reading() as work:
        key = account_rows.person(work, visit.who.person_id).key_name or ""
    return Person(visit.who.login, key, visit.who.agency, visit.occasion.source)


def confirm(
    visit: Visit, batch_id: int, template: str, *, faults: list[Fault] | None = None, comment: str = ""
) -> Response:
    """Return a page that asks before a step is taken, or asks again with what is wrong."""
    with visit.store.reading() as work:
        batch = visit.sight.own_batch(work, batch_id)
        last = rehearsals.last(work, batch)
    return visit.page(
        template,
        status=409 if faults else 200,
        batch=batch,
        kind=visit.office.type_of(batch.type_number, batch.type_version),
        fingerprint=batch_views.fingerprint(batch.root) if batch.root else "",
        rehearsal=last,
        undo=int(visit.office.undo.total_seconds() // 60),
        faults=faults or (),
        comment=comment,
    )


def task_of(visit: Visit, batch: Batch) -> tasks.Task | None:
    """Return the last rehearsal that was asked for, done or not."""
    with visit.store.reading() as work:
        return tasks.latest(work, rehearsing.KIND, batch.agency, str(batch.id))


def told(visit: Visit, outcome: Outcome | None, certificate_type: CertificateType) -> dict[int, list[batch_words.Told]]:
    """Say what a rehearsal found, by position."""
    said: dict[int, list[batch_words.Told]] = {}
    for each in () if outcome is None else outcome.findings:
        said.setdefault(each.position, []).append(batch_words.finding(visit.words, each, certificate_type))
    return said


def log(visit: Visit, work: Work, what: str, batch: Batch) -> None:
    """Write into the log of actions what the visitor does with a batch."""
    audit_log.add(work, visit.occasion, what, who=visit.who.login, agency=batch.agency, subject=f"batch {batch.id}")

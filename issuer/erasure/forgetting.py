"""Erases all that is held about one holder: every certificate, and whatever else may quote one.

First it is listed, then two officers erase what is on the list and nothing else. What is on its way to the chain is not
erased: it is given back, or issued, first. Batches keep their sizes and roots, the chain keeps what it holds, and the
log of actions says that something was erased, not of whom.

Some things cannot be told apart by holder, because they are encrypted as a whole: spreadsheets, results of tasks,
answers kept for consuming systems, what a rehearsal found, what somebody wrote about a batch. Of the agency those go
that are finished with. What is left for people to look at is told.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlmodel import col, delete, or_, select

from issuer import audit_log
from issuer.audit_log import Occasion
from issuer.draft import drafts
from issuer.draft.drafts import Clerk
from issuer.erasure import erasing
from issuer.errors import Locked, NotFound, NotReady
from issuer.status import orders
from issuer.tables import erasure_rows, order_rows
from issuer.tables.account_models import AuditLine
from issuer.tables.client_models import ClientUse, RememberedAnswer
from issuer.tables.draft_models import Upload, UploadState
from issuer.tables.erasure_models import ErasureState
from issuer.tables.models import Certificate, State
from issuer.tables.order_models import OrderEntry
from issuer.tables.rehearsal_models import Rehearsal
from issuer.tables.submission_models import BatchComment
from issuer.tables.task_models import Task, TaskState
from issuer.vault import Place

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from issuer.keys import Officer
    from issuer.office import Office
    from issuer.tables.store import Work


@dataclass(frozen=True, slots=True)
class Listed:
    """A certificate of the holder, and what becomes of it."""

    id: str
    certificate_type: str
    version: int
    batch: int
    state: str
    """Of its batch."""
    erased_first: str = ""
    """What must be done before it can be erased; empty if it can be now."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was done."""

    certificates: int
    drafts: int
    left: tuple[str, ...]
    """What people must look at themselves: things that are about several holders, or that somebody works on."""


def list_(office: Office, agency: int, holder: str | Certificate) -> list[Listed]:
    """Return an agency's certificates of a holder, by credit code, resident number or name; raises `NotFound`.

    Others may be called the same. By a certificate they are those under the same holder's code, whatever their type,
    and that one alone if it has no code.
    """
    with office.store.reading() as work:
        return [_listed(work, each) for each in _found(office, work, agency, holder)]


def forget(
    office: Office,
    agency: int,
    holder: str | Certificate,
    *,
    listed: Collection[str],
    first: Officer,
    second: Officer,
    require: Callable[[Work], None] | None = None,
) -> Forgotten:
    """Erase what was listed, by row ids, and whatever else may quote it: all of it or, with an error, nothing.

    It is noted down as the second officer's doing. `require` is asked in the transaction that erases. Raises
    `NotAllowed`; `NotReady` if the list is another one now, or something on it cannot be erased yet.
    """
    erasing.require_two(office, agency, first, second)
    with office.store.writing() as work:
        if require is not None:
            require(work)
        found = [_listed(work, each) for each in _found(office, work, agency, holder)]
        if {each.id for each in found} != set(listed):
            raise NotReady(f"got {len(set(listed))} certificates to erase, now there are {len(found)}; list them again")
        lacking = [f"batch {each.batch}: {each.erased_first}" for each in found if each.erased_first]
        if lacking := list(dict.fromkeys([*lacking, *_running(work, agency)])):
            raise NotReady(*lacking)
        clerk = Clerk(agency, second.login or second.name, Occasion(office.now(), second.source))
        erasure_rows.end_all(
            work, [each.id for each in found], ErasureState.DONE, by=clerk.login, at=clerk.occasion.now
        )
        taken_out = [each for each in found if each.state == State.DRAFT]
        kept = [each for each in found if each not in taken_out]
        for each in taken_out:
            drafts.drop_within(office, work, each.id, clerk)
        for each in kept:
            erasing.erase_within(office, work, work.certificate(each.id), first, second)
        left = _erase_around(office, work, agency, found, second)
        _note(work, clerk, f"{len(found)} certificates; asked for by {first.login or first.name}")
    office.store.forget()
    return Forgotten(len(kept), len(taken_out), tuple(left))


def has_code(office: Office, work: Work, certificate: Certificate) -> bool:
    """Whether a certificate says its holder's code, by which others of the same holder can be told; raises `Erased`."""
    batch = work.batch(certificate.batch_id)
    claim = office.type_of(batch.type_number, batch.type_version).holder_code_claim
    return claim is not None and bool(office.records.claims(work, certificate).get(claim))


def _found(office: Office, work: Work, agency: int, holder: str | Certificate) -> list[Certificate]:
    found: list[Certificate] = []
    if isinstance(holder, Certificate):
        found = _with(office, work, holder)
    elif work.data_key(agency) is not None:
        key, words = office.records.data_key(work, agency), holder.strip()
        of_holder = or_(
            col(Certificate.holder_index) == key.index("holder", words),
            col(Certificate.name_index) == key.index("name", words),
        )
        query = select(Certificate).where(Certificate.agency == agency, of_holder)
        found = list(work.session.exec(query.order_by(col(Certificate.batch_id), col(Certificate.position))))
    if not found:
        raise NotFound(
            f"holder: got one of whom agency {agency} holds nothing, wanted a code or name as certificates say"
        )
    return found


def _with(office: Office, work: Work, certificate: Certificate) -> list[Certificate]:
    """Return the certificates of a certificate's holder; none if it was erased meanwhile, or deleted."""
    held = work.session.get(Certificate, certificate.id)
    if held is None or held.record_key is None:
        return []
    if not has_code(office, work, held):
        return [held]
    query = select(Certificate).where(
        Certificate.agency == held.agency, col(Certificate.holder_index) == held.holder_index
    )
    return list(work.session.exec(query.order_by(col(Certificate.batch_id), col(Certificate.position))))


def _listed(work: Work, certificate: Certificate) -> Listed:
    batch = work.batch(certificate.batch_id)
    first = ""
    if batch.state == State.DRAFT and batch.purpose != "ISSUE":
        first = "it takes another one's place and is a draft; discard it first"
    elif batch.state not in {*erasing.SETTLED, State.DRAFT}:
        first = f"it is {batch.state}; have it returned, recalled or issued first"
    return Listed(
        certificate.id, certificate.certificate_type, certificate.version, certificate.batch_id, batch.state, first
    )


def _running(work: Work, agency: int) -> list[str]:
    alive = [str(TaskState.WAITING), str(TaskState.RUNNING)]
    tasks = work.session.exec(select(Task).where(Task.agency == agency, col(Task.state).in_(alive)))
    return [f"task {each.id} ({each.kind}) is {each.state}; wait for it, or cancel it" for each in tasks]


def _erase_around(office: Office, work: Work, agency: int, found: Sequence[Listed], officer: Officer) -> list[str]:
    """Erase what may quote these certificates, and say what must be looked at."""
    ids, batches = [each.id for each in found], {each.batch for each in found}
    for task in work.session.exec(select(Task).where(Task.agency == agency)):
        task.data = task.result = task.failure_text = None
    for table in (Rehearsal, BatchComment):
        work.session.exec(delete(table).where(col(table.batch_id).in_(batches)))
    _drop_answers(office, work, agency)
    _drop_causes(work, ids)
    return [*_drop_uploads(work, agency), *_drop_order_texts(office, work, ids, officer)]


def _drop_answers(office: Office, work: Work, agency: int) -> None:
    """Delete the answers kept for requests that are repeated: those that the agency's key opens."""
    key = office.records.data_key(work, agency)
    for row in work.session.exec(select(RememberedAnswer).where(col(RememberedAnswer.answer).is_not(None))):
        try:
            key.decrypt(row.answer or b"", Place("remembered_answer", "answer", str(row.id)))
        except Locked:
            continue
        work.session.delete(row)


def _drop_causes(work: Work, ids: Sequence[str]) -> None:
    """Erase why clients asked for these certificates; that they did stays."""
    subjects = [f"certificate {each}" for each in ids]
    lines = work.session.exec(
        select(AuditLine).where(col(AuditLine.subject).in_(subjects), col(AuditLine.detail).startswith("use "))
    )
    for number in [int(line.detail.removeprefix("use ")) for line in lines]:
        use = work.session.get(ClientUse, number)
        if use is not None:
            use.cause = None


def _drop_uploads(work: Work, agency: int) -> list[str]:
    """Delete spreadsheets that nobody works on any more."""
    left = []
    for upload in work.session.exec(select(Upload).where(Upload.agency == agency)):
        if upload.state in {UploadState.DRAFTED, UploadState.GIVEN_UP}:
            work.session.delete(upload)
        else:
            left.append(
                f"import {upload.id} is {upload.state}: its file may name the holder; finish it or give it up, else it "
                f"is deleted on {upload.forgotten_at:%Y-%m-%d}"
            )
    return left


def _drop_order_texts(office: Office, work: Work, ids: Sequence[str], officer: Officer) -> list[str]:
    """Erase what status orders say that are about these certificates alone."""
    left = []
    found = {order.id: order for each in ids for order in order_rows.all_orders_about(work, each)}
    for order in found.values():
        others = work.session.exec(
            select(OrderEntry.id).where(OrderEntry.order_id == order.id, col(OrderEntry.certificate_id).not_in(ids))
        ).first()
        if others is None:
            orders.forget(office, work, order, officer)
        else:
            left.append(f"status order {order.id} is about others, too: what it says was kept")
    return left


def _note(work: Work, clerk: Clerk, detail: str) -> None:
    audit_log.add(work, clerk.occasion, "holder erased", who=clerk.login, agency=clerk.agency, detail=detail)

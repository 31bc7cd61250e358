"""Two people over one batch: submitted with its root, returned with a comment, recalled, void once it is changed.

What an officer signed counts for exactly that root. Whatever gives a batch back drops the signatures; what was sent to
the chain is public and cannot be taken back (`issuing.require_out_of_reach`). Approving is in issuer/approvals.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlmodel import col, select

from chain import calendar
from chain.errors import InvalidInput
from issuer import audit_log, history, issuing, rehearsals
from issuer.audit_log import Occasion
from issuer.errors import NotAllowed, NotReady
from issuer.tables.models import History, State
from issuer.tables.submission_models import BatchComment
from issuer.vault import Place

if TYPE_CHECKING:
    from datetime import datetime

    from issuer.keys import Officer
    from issuer.office import Office
    from issuer.tables.models import Batch
    from issuer.tables.store import Work

LONGEST_COMMENT = 2000


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who acts without signing: signed in, or at the command line with an officer's key."""

    login: str
    """Of the account, or the name of the key."""
    key: str
    """The name of the officer's key; empty for one who has none."""
    agency: int
    source: str

    @classmethod
    def of(cls, officer: Officer) -> Person:
        """Return the person whose key was opened."""
        return cls(officer.login or officer.name, officer.name, officer.agency, officer.source)


@dataclass(frozen=True, slots=True)
class Comment:
    """What somebody wrote about a batch."""

    at: datetime
    who: str
    what: str
    text: str


def submit(office: Office, batch_id: int, officer: Officer, *, root: bytes | None = None) -> None:
    """Sign a batch's root as its preparer; refuses one whose last rehearsal is missing, bad or of other content.

    With a `root`, that very one is signed or none: raises `NotReady` if the batch has another one by now.
    """

    def require(work: Work, batch: Batch) -> None:
        if root is not None and root != batch.root:
            raise NotReady(f"batch {batch_id} was changed since this page was opened; look at it anew")
        rehearsals.require_passed(work, batch)

    issuing.prepare(office, batch_id, officer, require=require)


def return_(office: Office, batch_id: int, person: Person, comment: str) -> None:
    """Give a submitted batch back to its preparer; the signatures are void. Raises `InvalidInput` without a comment."""
    if not comment.strip():
        raise InvalidInput("comment: got none, wanted what is to be mended")
    text = _checked(comment)
    with office.store.writing() as work:
        batch = work.batch(batch_id)
        _require_own(batch, person)
        if batch.state != State.PREPARED:
            raise NotReady(f"batch {batch_id} is {batch.state}, wanted one that was submitted and is not approved yet")
        _give_back(office, work, batch, person, what="returned", text=text)


def recall(office: Office, batch_id: int, person: Person, comment: str = "") -> None:
    """Take a batch back that one submitted or approved oneself, as long as it is not on its way to the chain."""
    text = _checked(comment)
    with office.store.writing() as work:
        batch = work.batch(batch_id)
        _require_own(batch, person)
        signers = [each.officer for each in work.signatures(batch_id)]
        if batch.state not in {State.PREPARED, State.APPROVED}:
            raise NotReady(f"batch {batch_id} is {batch.state}; only one that was submitted can be recalled")
        if person.key not in signers:
            raise NotAllowed(
                f"batch {batch_id} was signed by {', '.join(signers) or 'nobody'}; wanted one of them to recall it"
            )
        if batch.state == State.APPROVED and not is_recallable(office, batch):
            until = batch.anchor_after or office.now()
            raise NotReady(
                f"batch {batch_id} could be recalled until {until.astimezone(calendar.SHANGHAI):%Y-%m-%d %H:%M:%S} "
                "(China); it is on its way to the chain now"
            )
        _give_back(office, work, batch, person, what="recalled", text=text)


def is_recallable(office: Office, batch: Batch) -> bool:
    """Whether an approved batch still waits for its time to be recalled to be over."""
    return batch.state == State.APPROVED and batch.anchor_after is not None and office.now() < batch.anchor_after


def void(office: Office, work: Work, batch: Batch, why: str) -> None:
    """Let nothing stand of what was fixed, rehearsed and signed: the batch's content is about to change.

    Raises `NotReady` where the batch is on its way to the chain, or may still get there by signatures that were sent.
    """
    if batch.state not in issuing.CHANGEABLE:
        raise NotReady(f"batch {batch.id} is {batch.state}; its content cannot be changed any more")
    issuing.require_out_of_reach(office, work, batch, "changing it")
    if work.signatures(batch.id or 0):
        history.note(work, "signatures void", at=office.now(), batch_id=batch.id, detail=why)
        work.drop_signatures(batch.id or 0)
    rehearsals.forget(work, batch.id or 0)
    batch.state, batch.root, batch.kid, batch.anchor_after = State.DRAFT, None, None, None
    batch.failure = ""


def comments(office: Office, work: Work, batch: Batch) -> list[Comment]:
    """Return what people wrote about a batch, newest first."""
    rows = work.session.exec(
        select(BatchComment).where(BatchComment.batch_id == batch.id).order_by(col(BatchComment.at).desc())
    ).all()
    if not rows:
        return []
    key = office.records.data_key(work, batch.agency)
    return [Comment(each.at, each.who, each.what, key.decrypt(each.text, _place(each.id)).decode()) for each in rows]


def _give_back(office: Office, work: Work, batch: Batch, person: Person, *, what: str, text: str) -> None:
    work.drop_signatures(batch.id or 0)
    batch.state, batch.anchor_after = State.DRAFT, None
    if text:
        row = office.entropy(16).hex()
        key = office.records.data_key(work, batch.agency)
        closed = key.encrypt(text.encode(), _place(row), entropy=office.entropy)
        work.add(
            BatchComment(id=row, batch_id=batch.id or 0, at=office.now(), who=person.login, what=what, text=closed)
        )
    work.add(History(at=office.now(), batch_id=batch.id, what=what, who=person.login))
    audit_log.add(
        work,
        Occasion(office.now(), person.source),
        what,
        who=person.login,
        agency=person.agency,
        subject=f"batch {batch.id}",
    )


def _require_own(batch: Batch, person: Person) -> None:
    if person.agency != batch.agency:
        raise NotAllowed(f"{person.login} is of agency {person.agency}; wanted somebody of agency {batch.agency}")


def _checked(comment: str) -> str:
    text = comment.strip()
    if len(text) > LONGEST_COMMENT:
        raise InvalidInput(f"comment: got {len(text)} characters, wanted at most {LONGEST_COMMENT}")
    return text


def _place(row: str) -> Place:
    return Place("batch_comment", "text", row)

"""A reconciliation, from asking to the stored result: at once, as a task of the worker, or by the clock.

Books are read first, within one moment, and then the registry up to the very block to which the books follow it: so
nothing that happens meanwhile looks like a difference. What cannot be asked makes it NOT_RUN, which is no agreement.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, TypeAlias

from sqlmodel import col, select

from chain.calendar import SHANGHAI
from chain.errors import Malformed, RegistryError, RegistryUnavailable, SignatureInvalid
from issuer import audit_log, tasks
from issuer.audit_log import Occasion
from issuer.errors import DatabaseTrouble, Locked, NotAllowed, NotFound
from issuer.reconciling import archive, booked, comparing, differences, manifests, registered, rows
from issuer.reconciling.differences import Difference, Grade
from issuer.status import following
from issuer.tables.reconciliation_models import Agreement, Reconciliation
from issuer.tables.task_models import Task, TaskState

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from chain.strict_json import JSON
    from issuer.office import Office
    from issuer.reconciling.booked import Books
    from issuer.reconciling.registered import Registered
    from issuer.tables.store import Work
    from issuer.tasks import TaskAtHand

    Progress: TypeAlias = Callable[[int, int], None]
    """Told (done, total)."""

KIND = "reconcile"
AGAIN_AFTER = timedelta(minutes=30)
"""When a run by the clock is tried again that could not ask."""
_SOURCE = "this service"


@dataclass(slots=True)
class _Steps:
    """How far a run over blocks and documents is."""

    progress: Progress
    documents: int
    blocks: tuple[int, int] = (0, 1)
    opened: int = 0

    def read(self, done: int, total: int) -> None:
        """So many of so many blocks are read."""
        self.blocks = done, total
        self._tell()

    def tick(self) -> None:
        """One more document was opened."""
        self.opened += 1
        self._tell()

    def _tell(self) -> None:
        done, total = self.blocks
        self.progress(done + self.opened, total + self.documents)


def reconcile(office: Office, agencies: Sequence[int], *, who: str, progress: Progress) -> list[Reconciliation]:
    """Hold the books of agencies against registry and archive; returns one stored result for each.

    Raises `DatabaseTrouble` where not even the result can be stored, and `Cancelled` if `progress` does.
    """
    begun = office.now()
    try:
        following.catch_up(office)
        with office.store.reading() as work:
            mark = booked.followed(work)
            books = [booked.read(work, agency) for agency in agencies]
            earlier = {agency: rows.kept(work, agency) for agency in agencies}
        if mark is None:
            raise RegistryUnavailable("no block of the registry is final yet")
        steps = _Steps(progress, sum(map(archive.documents, books)))
        found = registered.read(office, agencies, number=mark[0], block_hash=mark[1], progress=steps.read)
        made = [
            _run(office, each, found[each.agency], earlier[each.agency], steps, begun=begun, who=who) for each in books
        ]
    except (RegistryError, DatabaseTrouble) as exc:
        made = [_not_run(office, agency, exc, begun, who) for agency in agencies]
    with office.store.writing() as work:
        for row in made:
            work.add(row)
            work.flush()
            rows.drop_old_manifests(work, row.agency)
            audit_log.add(
                work,
                Occasion(office.now(), _SOURCE),
                rows.RECONCILED,
                who=who,
                agency=row.agency,
                subject="" if row.manifest is None else f"{rows.MANIFEST}{rows.digest(row.manifest)}",
                detail=row.agreement,
            )
    return made


def _run(
    office: Office,
    books: Books,
    found: Registered,
    kept: rows.Kept,
    steps: _Steps,
    *,
    begun: datetime,
    who: str,
) -> Reconciliation:
    differ = list(comparing.compare(books, found, office.now()))
    earlier: dict[bytes, bytes] = {}
    signed, is_altered = kept.signed_last, False
    if kept.manifest is not None:
        try:
            earlier = manifests.digests(kept.manifest, office.directory().agency(books.agency).keys)
        except (Malformed, SignatureInvalid):
            is_altered = True
            about = {"digest": f"0x{rows.digest(kept.manifest)}"}
            differ.append(Difference(Grade.ALARM, "manifest_altered", about))
    if signed is not None and not is_altered and signed != rows.digest(kept.manifest or b""):
        differ.append(Difference(Grade.ALARM, "manifest_missing", {"digest": f"0x{signed}"}))
    opened = steps.opened
    differ += archive.compare(office, books, earlier, steps.tick)
    now = office.now()
    manifest, unsigned = None, ""
    try:
        manifest = manifests.make(office, books, found, earlier, made_at=now)
    except (NotAllowed, NotFound, Locked) as exc:
        unsigned = str(exc)
    return Reconciliation(
        agency=books.agency,
        who=who,
        begun_at=begun,
        ended_at=now,
        agreement=differences.agreement(differ),
        block_number=found.block.number,
        block_hash=found.block.hash,
        batches=len(books.batches),
        certificates=books.certificates,
        statuses=len(found.changes) + len(found.replaced),
        documents=steps.opened - opened,
        findings=differences.written(differences.ordered(differ)),
        manifest=manifest,
        unsigned_because=unsigned,
    )


def _not_run(office: Office, agency: int, error: Exception, begun: datetime, who: str) -> Reconciliation:
    return Reconciliation(
        agency=agency,
        who=who,
        begun_at=begun,
        ended_at=office.now(),
        agreement=Agreement.NOT_RUN,
        reason=str(error),
    )


# As a task.


def run(office: Office, task: TaskAtHand, progress: Progress) -> JSON:
    """Do a task of the kind `KIND`."""
    (made,) = reconcile(office, [task.agency], who=task.login, progress=progress)
    return {"reconciliation": made.id}


def submit(office: Office, work: Work, agency: int, *, who: str) -> int:
    """Have a worker reconcile an agency; returns the task's number, that of one which waits or runs already."""
    open_task = under_way(work, agency)
    if open_task is not None:
        return open_task.id or 0
    return tasks.submit(office, work, KIND, agency=agency, login=who)


def under_way(work: Work, agency: int) -> Task | None:
    """Return the reconciliation of an agency that waits or runs, None if there is none."""
    return work.session.exec(
        select(Task).where(
            Task.kind == KIND, Task.agency == agency, col(Task.state).in_([TaskState.WAITING, TaskState.RUNNING])
        )
    ).first()


def schedule(office: Office, hour: int | None) -> bool:
    """Submit what the clock wants: each agency once a day, after an hour of the day in China; none never does.

    Returns whether there was anything.
    """
    if hour is None:
        return False
    with office.store.reading() as work:
        wanted = _wanted(office, work, hour)
    if not wanted:
        return False
    for agency in wanted:
        # One of which nothing is in the books yet has none, and a task needs it.
        office.records.ensure_data_key(office.store, agency, now=office.now())
    with office.store.writing() as work:
        for agency in _wanted(office, work, hour):
            submit(office, work, agency, who=audit_log.SERVICE)
    return True


def _wanted(office: Office, work: Work, hour: int) -> list[int]:
    """Return the agencies that were not reconciled since the hour last struck.

    Also those of which nothing is in the books: whatever the registry has under their names is foreign.
    """
    now = office.now()
    struck = now.astimezone(SHANGHAI).replace(hour=hour, minute=0, second=0, microsecond=0)
    if struck > now:
        struck -= timedelta(days=1)
    found = []
    for agency in sorted(rows.agencies(office, work)):
        last = rows.latest(work, agency)
        if last is None or last.begun_at < struck:
            is_due = True
        else:
            is_due = last.agreement == Agreement.NOT_RUN and now - last.ended_at > AGAIN_AFTER
        if is_due and under_way(work, agency) is None:
            found.append(agency)
    return found

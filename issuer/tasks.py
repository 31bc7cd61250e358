"""Work for the background: submitted within the transaction that wants it, claimed by one worker at a time.

What a task works on, what came of it and why it failed are encrypted under its agency's data key, since uploaded files
and reports about them name people. A worker that dies stops its sign of life, and another takes its task up again from
the start; so whatever does a task is safe to repeat.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlmodel import col, or_, select

from issuer.errors import Cancelled, NotFound, NotReady
from issuer.tables.task_models import Task, TaskState
from issuer.vault import Place

if TYPE_CHECKING:
    from collections.abc import Collection

    from chain.strict_json import JSON
    from issuer.office import Office
    from issuer.tables.store import Work

__all__ = ["Cancelled", "Task", "TaskAtHand", "TaskState"]

ENDED = (TaskState.DONE, TaskState.FAILED, TaskState.CANCELLED)
MOST_ATTEMPTS = 3
"""A task that was in hand so often and never came to an end is the one that its workers die of."""
KEPT = timedelta(days=7)
"""How long a task that ended is kept: it may hold an uploaded file."""


@dataclass(frozen=True, slots=True)
class TaskAtHand:
    """What a handler is told."""

    id: int
    kind: str
    agency: int
    login: str
    subject: str
    data: bytes


def submit(
    office: Office, work: Work, kind: str, *, agency: int, login: str, subject: str = "", data: bytes = b""
) -> int:
    """Add a task and return its number; the agency must have a data key (`Records.ensure_data_key`)."""
    key = office.records.data_key(work, agency)
    task = Task(kind=kind, agency=agency, login=login, subject=subject, created_at=office.now())
    work.add(task)
    work.flush()
    task.data = key.encrypt(data, _place(task, "data"), entropy=office.entropy)
    work.flush()
    return _id(task)


def find(work: Work, task_id: int, agency: int) -> Task:
    """Return an agency's task; raises `NotFound`, for another agency's as for none."""
    task = work.session.get(Task, task_id)
    if task is None or task.agency != agency:
        raise NotFound(f"task: got {task_id}, wanted one of agency {agency}")
    return task


def latest(work: Work, kind: str, agency: int, subject: str) -> Task | None:
    """Return the newest task of a kind about a subject."""
    return work.session.exec(
        select(Task)
        .where(Task.kind == kind, Task.agency == agency, Task.subject == subject)
        .order_by(col(Task.id).desc())
    ).first()


def data_of(office: Office, work: Work, task: Task) -> bytes:
    """Return what a task works on."""
    if task.data is None:
        raise NotReady(f"task {task.id}: what it worked on is not kept any more")
    return office.records.data_key(work, task.agency).decrypt(task.data, _place(task, "data"))


def result_of(office: Office, work: Work, task: Task) -> JSON:
    """Return what came of a task; raises `NotReady` unless it is DONE."""
    if task.state != TaskState.DONE or task.result is None:
        raise NotReady(f"task {task.id} is {task.state}, wanted one that is DONE")
    held: JSON = json.loads(
        office.records.data_key(work, task.agency).decrypt(task.result, _place(task, "result")).decode()
    )
    return held


def failure_of(office: Office, work: Work, task: Task) -> str:
    """Return why a task failed, in full; it may quote people's data. Empty if it did not fail."""
    if task.failure_text is None:
        return ""
    return office.records.data_key(work, task.agency).decrypt(task.failure_text, _place(task, "failure_text")).decode()


def cancel(work: Work, task: Task) -> None:
    """Give a task up: at once if nobody has it in hand, else as soon as its handler says how far it is."""
    if task.state == TaskState.WAITING:
        task.state = TaskState.CANCELLED
        task.data = None
    elif task.state == TaskState.RUNNING:
        task.cancel_wanted = True
    work.flush()


# What workers ask.


def free(office: Office, work: Work, *, kinds: Collection[str], dead_after: timedelta) -> list[Task]:
    """Return the tasks that wait, or whose worker gave no sign of life for so long, oldest first."""
    return list(
        work.session.exec(
            select(Task)
            .where(
                col(Task.kind).in_(list(kinds)),
                or_(
                    col(Task.state) == TaskState.WAITING,
                    (col(Task.state) == TaskState.RUNNING) & (col(Task.heartbeat_at) < office.now() - dead_after),
                ),
            )
            .order_by(col(Task.id))
        )
    )


def claim(office: Office, work: Work, worker: str, *, kinds: Collection[str], dead_after: timedelta) -> Task | None:
    """Take the oldest task in hand that waits, or whose worker gave no sign of life for so long.

    Within a `writing` block, of which there is one at a time, so that no two workers get the same.
    """
    now = office.now()
    for task in free(office, work, kinds=kinds, dead_after=dead_after):
        if task.cancel_wanted:
            end(office, work, task, TaskState.CANCELLED)
        elif task.attempts >= MOST_ATTEMPTS:
            fail(
                office, work, task, NotReady(f"task {task.id}: whoever does it dies of it; tried {task.attempts} times")
            )
        else:
            task.state, task.worker, task.heartbeat_at = TaskState.RUNNING, worker, now
            task.attempts += 1
            task.done = 0
            work.flush()
            return task
    return None


def held(work: Work, task_id: int, worker: str) -> Task | None:
    """Return a task if this worker still has it in hand; another may have taken it for dead."""
    task = work.session.get(Task, task_id)
    if task is None or task.worker != worker or task.state != TaskState.RUNNING:
        return None
    return task


def put_down(work: Work, task: Task) -> None:
    """Let another worker take a task up from the start, since this one is asked to stop."""
    task.state, task.worker = TaskState.WAITING, ""
    task.attempts -= 1
    work.flush()


def finish(office: Office, work: Work, task: Task, result: JSON) -> None:
    """Store what came of a task."""
    text = json.dumps(result, ensure_ascii=False, separators=(",", ":")).encode()
    key = office.records.data_key(work, task.agency)
    task.result = key.encrypt(text, _place(task, "result"), entropy=office.entropy)
    end(office, work, task, TaskState.DONE)


def fail(office: Office, work: Work, task: Task, error: Exception) -> None:
    """Store why a task failed."""
    task.failure = type(error).__name__
    key = office.records.data_key(work, task.agency)
    task.failure_text = key.encrypt(str(error).encode(), _place(task, "failure_text"), entropy=office.entropy)
    end(office, work, task, TaskState.FAILED)


def end(office: Office, work: Work, task: Task, state: TaskState) -> None:
    """Let go of a task."""
    task.state, task.ended_at, task.worker = state, office.now(), ""
    if state == TaskState.CANCELLED:
        task.data = None
    work.flush()


def sweep(office: Office, work: Work) -> int:
    """Delete tasks that ended long ago, and with them the files they were given; returns how many."""
    old = work.session.exec(
        select(Task).where(
            col(Task.state).in_([str(state) for state in ENDED]), col(Task.created_at) < office.now() - KEPT
        )
    ).all()
    for task in old:
        work.session.delete(task)
    work.flush()
    return len(old)


def at_hand(office: Office, work: Work, task: Task) -> TaskAtHand:
    """Return what a handler is told of a task."""
    return TaskAtHand(
        id=_id(task),
        kind=task.kind,
        agency=task.agency,
        login=task.login,
        subject=task.subject,
        data=data_of(office, work, task),
    )


def _id(task: Task) -> int:
    if task.id is None:
        raise NotReady("this task has no number yet")
    return task.id


def _place(task: Task, column: str) -> Place:
    return Place("task", column, str(task.id))

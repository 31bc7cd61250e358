"""What is done in the background: one thing at a time, by as many workers as there are.

A worker claims a task under the database's one write lock, gives a sign of life every few seconds, and stores the
result. Killed anywhere, it leaves a task that another takes up from the start.
"""

from __future__ import annotations

import threading
import time
import traceback
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, TypeAlias

import structlog

from chain.errors import YinxinError
from issuer import idempotency, tasks
from issuer.draft import imports
from issuer.people import attempts, enquiries, sessions
from issuer.reconciling import running as reconciling
from issuer.rehearsal import rehearsing
from issuer.tasks import Cancelled, TaskState
from issuer.webhook import telling

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chain.strict_json import JSON
    from issuer.office import Office
    from issuer.tasks import TaskAtHand

    Progress: TypeAlias = Callable[[int, int], None]
    """Told (done, total); raises `tasks.Cancelled` if the task is not wanted any more."""
    Handler: TypeAlias = Callable[[Office, TaskAtHand, Progress], JSON]
    """Does a task from the start, however often it was begun before; returns what came of it."""

HANDLERS: dict[str, Handler] = {
    imports.KIND: imports.run,
    rehearsing.KIND: rehearsing.run,
    reconciling.KIND: reconciling.run,
}
"""By a task's kind."""

PROGRESS_EVERY_S = 0.5
"""Progress is written no more often."""
SIGN_OF_LIFE_EVERY_S = 5.0
DEAD_AFTER = timedelta(seconds=30)
"""Without a sign of life for so long, a worker is dead."""
SWEEP_EVERY_S = 3600.0

_log = structlog.get_logger()


@dataclass(slots=True)
class Worker:
    """Does what waits."""

    office: Office
    handlers: Mapping[str, Handler] = field(default_factory=lambda: HANDLERS)
    dead_after: timedelta = DEAD_AFTER
    clock: Callable[[], float] = time.monotonic
    """Seconds that only go forward."""
    stopping: Callable[[], bool] = lambda: False
    """Whether to put down what is in hand, for another to take up; asked whenever a handler says how far it is."""
    name: str = field(init=False)
    _swept: float | None = None

    def __post_init__(self) -> None:
        self.name = self.office.entropy(8).hex()

    def step(self) -> bool:
        """Do one task; returns whether there was one."""
        self._sweep()
        with self.office.store.reading() as work:
            # Whoever looks in vain keeps nobody from writing.
            if not tasks.free(self.office, work, kinds=self.handlers, dead_after=self.dead_after):
                return False
        with self.office.store.writing() as work:
            task = tasks.claim(self.office, work, self.name, kinds=self.handlers, dead_after=self.dead_after)
            if task is None:
                return False
            number, kind = task.id or 0, task.kind
        _log.info("task begun", task=number, kind=kind)
        self._do(number, kind)
        return True

    def _do(self, number: int, kind: str) -> None:
        try:
            # Opened here, so that a task whose data cannot be opened fails, and only that.
            with self.office.store.reading() as work:
                task = tasks.held(work, number, self.name)
                if task is None:
                    return
                at_hand = tasks.at_hand(self.office, work, task)
            with _SignsOfLife(self, number):
                result = self.handlers[kind](self.office, at_hand, self._progress(number))
        except _Stopping:
            self._put_down(number)
            _log.info("task put down", task=number, kind=kind)
        except Cancelled:
            self._end(number, None)
            _log.info("task cancelled", task=number, kind=kind)
        except YinxinError as error:
            self._end(number, error)
            _log.warning("task failed", task=number, kind=kind, error=type(error).__name__)
        except Exception as error:  # noqa: BLE001 — one task's accident must not stop all others; it is told as such
            self._end(number, error)
            # Without the exception's text, which may be about a person.
            _log.error("unforeseen", task=number, kind=kind, error=type(error).__name__, where=_places(error))
        else:
            with self.office.store.writing() as work:
                task = tasks.held(work, number, self.name)
                if task is not None:
                    tasks.finish(self.office, work, task, result)
            _log.info("task done", task=number, kind=kind)

    def _end(self, number: int, error: Exception | None) -> None:
        with self.office.store.writing() as work:
            task = tasks.held(work, number, self.name)
            if task is None:
                return
            if error is None:
                tasks.end(self.office, work, task, TaskState.CANCELLED)
            else:
                tasks.fail(self.office, work, task, error)

    def _put_down(self, number: int) -> None:
        with self.office.store.writing() as work:
            task = tasks.held(work, number, self.name)
            if task is not None:
                tasks.put_down(work, task)

    def _progress(self, number: int) -> Progress:
        last: float | None = None

        def progress(done: int, total: int) -> None:
            nonlocal last
            now = self.clock()
            if last is not None and now - last < PROGRESS_EVERY_S and done < total:
                return
            last = now
            if self.stopping():
                raise _Stopping
            self.give_sign(number, done, total)

        return progress

    def give_sign(self, number: int, done: int | None = None, total: int | None = None) -> None:
        """Say that a task is still in hand, and how far it is; raises `Cancelled` if nobody wants it any more."""
        with self.office.store.writing() as work:
            task = tasks.held(work, number, self.name)
            if task is None or task.cancel_wanted:
                raise Cancelled(f"task {number}: not wanted from this worker any more")
            task.heartbeat_at = self.office.now()
            if done is not None and total is not None:
                task.done, task.total = done, total

    def _sweep(self) -> None:
        now = self.clock()
        if self._swept is not None and now - self._swept < SWEEP_EVERY_S:
            return
        self._swept = now
        with self.office.store.writing() as work:
            tasks.sweep(self.office, work)
            imports.forget_old(self.office, work)
            sessions.sweep(work, self.office.now())
            attempts.sweep(work, self.office.now())
            enquiries.sweep(work, self.office.now())
        telling.sweep(self.office)
        idempotency.sweep(self.office)


class _Stopping(YinxinError):
    """The worker is asked to stop."""


class _SignsOfLife:
    """Gives signs of life while a handler is busy without saying how far it is."""

    def __init__(self, worker: Worker, number: int) -> None:
        self._worker = worker
        self._number = number
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._give, name=f"task {number}", daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _give(self) -> None:
        while not self._over.wait(SIGN_OF_LIFE_EVERY_S):
            try:
                self._worker.give_sign(self._number)
            except Cancelled:
                # The handler is told when it next says how far it is.
                return


def _places(error: Exception) -> list[str]:
    """Return where an accident happened, innermost last."""
    return [f"{each.filename}:{each.lineno}" for each in traceback.extract_tb(error.__traceback__)[-4:]]

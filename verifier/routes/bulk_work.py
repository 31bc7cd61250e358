"""Does bulk checks while the service serves others: step by step, each in its turn, and resting in between.

All bulk checks together take one of the turns at uploads, so that single questions find the others free; of one client
one bulk check runs at a time, and three of all.
"""

from __future__ import annotations

import time
from collections import Counter
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, cast

import structlog
from anyio import create_task_group, get_cancelled_exc_class, sleep, to_thread

from verifier import checking
from verifier.bulk.jobs import Job, Jobs, JobUnknown, Progress, State
from verifier.bulk.questions import Brought, Bulk
from verifier.limiting import Limit, Limited
from verifier.routes.desk import MISS
from verifier.routes.turns import MOST_LARGE, MOST_LARGE_EACH, Coming, Crowded, Turns

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence
    from pathlib import Path

    from anyio.abc import TaskGroup
    from fastapi import Request

    from verifier.bulk.lines import Line
    from verifier.bulk.questions import Step
    from verifier.check.report import Report
    from verifier.routes.desk import Desk

_LOG = structlog.get_logger(__name__)

AT_ONCE = 3
"""How many bulk checks go on at the same time."""
MOST_LIVE, MOST_LIVE_EACH = 12, 3
"""How many may wait or run, of all and of each client."""
_AS_CLIENT = "bulk checks"
"""Whom the turns at uploads are given to: there is one turn for all of them."""
_RESTS = 0.5
"""How long it rests after a step, for each second that the step took: others have work for the processor, too."""
_TELL_S, _TEND_S, _CROWDED_S = 0.5, 15.0, 1.0
_LONGEST_S = 3600.0
"""How long a bulk check may take from its first step: who brings what takes longer keeps others waiting."""
_A_SEGMENT = 200
"""Lines that are written together."""


@dataclass(slots=True)
class BulkDesk:
    """Where bulk checks are handed in, and done."""

    desk: Desk
    jobs: Jobs
    _tasks: TaskGroup
    _coming: Coming = field(default_factory=lambda: Coming(MOST_LARGE, MOST_LARGE_EACH))
    _running: Turns = field(default_factory=lambda: Turns(AT_ONCE))
    _clients: Counter[str] = field(default_factory=Counter)
    _live: set[Job] = field(default_factory=set)

    @contextmanager
    def coming(self, client: str) -> Iterator[None]:
        """Have a place for a body that is on its way; raises `Crowded`, also where no `place` would be free for it.

        Such a place is not one of those for bulk checks themselves: bodies that hang keep nobody's check waiting.
        """
        self._require_place(client)
        with self._coming.place(client):
            yield

    @contextmanager
    def place(self, client: str) -> Iterator[None]:
        """Have a place for one more; raises `Crowded`. It is given back, or goes on to what `start` starts."""
        self._require_place(client)
        self._clients[client] += 1
        try:
            yield
        except BaseException:
            self._leave(client)
            raise

    def _require_place(self, client: str) -> None:
        own, total = self._clients[client], self._clients.total()
        if own >= MOST_LIVE_EACH or total >= MOST_LIVE:
            raise Crowded("bulk checks under way", own=own, most_own=MOST_LIVE_EACH, total=total)

    async def start(self, brought: Sequence[Brought], *, on: str | None, desk: Desk, request_id: str) -> Job:
        """Begin a bulk check in a place that the client has whose desk this is; returns it at once."""
        job = self.jobs.make()
        await to_thread.run_sync(self._keep, job, brought)
        self._live.add(job)
        work = _Work(job, desk, len(brought), on, request_id)
        self._tasks.start_soon(self._do, work, desk.client)
        return job

    async def tend(self) -> None:
        """Say again and again that those under way are alive, and sweep away what is over."""
        while True:
            await to_thread.run_sync(self._tend)
            await sleep(_TEND_S)

    def _keep(self, job: Job, brought: Sequence[Brought]) -> None:
        job.begin(self.desk.clock(), count=len(brought))
        for place, each in enumerate(brought):
            job.keep(place, each.name, each.what)

    def _tend(self) -> None:
        now = self.desk.clock()
        for job in tuple(self._live):
            with suppress(JobUnknown):
                job.still_alive(now)
        # What cannot be swept away now will be the next time.
        with suppress(OSError):
            self.jobs.sweep(now)

    async def _do(self, work: _Work, client: str) -> None:
        """Do it when it is the client's turn. Whatever goes wrong ends this job and nothing else."""
        try:
            async with self._running.turn(client):
                while await self._turn(work):
                    pass
        except JobUnknown:
            # Cancelled, or swept away.
            work.job.delete()
        except (Crowded, OSError) as exc:
            _LOG.error("bulk.failed", error=type(exc).__name__)
            work.give_up()
        except get_cancelled_exc_class():
            work.give_up()
            raise
        finally:
            self._live.discard(work.job)
            self._leave(client)

    async def _turn(self, work: _Work) -> bool:
        """Take one step; returns whether another follows."""
        begun = time.monotonic()
        try:
            async with self.desk.turns.turn(_AS_CLIENT):
                goes_on = await to_thread.run_sync(work.step, limiter=self.desk.readers)
        except Crowded:
            # Single uploads go first.
            await sleep(_CROWDED_S)
            return True
        await sleep((time.monotonic() - begun) * _RESTS)
        return goes_on

    def _leave(self, client: str) -> None:
        self._clients[client] -= 1
        # So that addresses of clients do not pile up.
        self._clients += Counter()


class _Work:
    """One bulk check under way."""

    def __init__(self, job: Job, desk: Desk, count: int, on: str | None, request_id: str) -> None:
        self.job = job
        self._desk = desk
        bulk = Bulk(
            desk.index,
            desk.clock,
            on,
            request_id,
            vouchers=desk.vouchers,
            pdf_roots=desk.pdf_roots,
            may_guess=self._may_guess,
            note=self._note,
        )
        self._request_id = request_id
        self._steps = bulk.steps(self._brought(count), count=count)
        self._created_at = int(desk.clock().timestamp())
        self._total, self._done, self._segments = count, 0, 0
        self._verdicts: Counter[str] = Counter()
        self._lines: list[Line] = []
        self._told = 0.0
        self._until: float | None = None

    def _brought(self, count: int) -> Iterator[Brought]:
        """Yield what was brought; nothing more once it was cancelled, which `step` says then."""
        for place in range(count):
            try:
                name, what = self.job.take(place)
            except JobUnknown:
                if self.job.is_cancelled:
                    return
                raise
            yield Brought(name, what)

    def step(self) -> bool:
        """Take one step and keep what it came to; returns whether another follows. Raises `JobUnknown`."""
        if self.job.is_cancelled:
            self._steps.close()
            raise JobUnknown
        self._until = self._until or time.monotonic() + _LONGEST_S
        found = checking.attempted(self._next, request_id=self._request_id)
        if found is None or time.monotonic() > self._until:
            self.give_up()
            return False
        step = next(iter(found), None)
        if step is not None:
            self._lines += step.lines
            self._done += len(step.lines)
            self._total = step.total
            self._verdicts.update(line.verdict for line in step.lines)
        if step is None or len(self._lines) >= _A_SEGMENT:
            self.job.add(self._lines, self._segments)
            self._segments += 1
            self._lines = []
        if step is None or time.monotonic() > self._told + _TELL_S:
            self._told = time.monotonic()
            self.job.write(self._progress(is_over=step is None))
        return step is not None

    def give_up(self) -> None:
        """Tell that nothing more will come; on a disk that takes nothing any more its silence tells so."""
        with suppress(JobUnknown, OSError):
            self.job.fail(self._desk.clock())

    def _may_guess(self) -> bool:
        """Whether the client may ask about another short number."""
        try:
            self._desk.limits.require(Limit.MISSES, self._desk.client)
        except Limited:
            return False
        return True

    def _note(self, report: Report) -> None:
        self._desk.metrics.verdict(report.verdict, "bulk")
        if any(check.message.key == MISS for check in report.checks):
            self._desk.limits.note(Limit.MISSES, self._desk.client)

    def _next(self) -> tuple[Step, ...]:
        """Return the next step; nothing after the last."""
        step = next(self._steps, None)
        return () if step is None else (step,)

    def _progress(self, *, is_over: bool) -> Progress:
        now = self._desk.clock()
        progress = Progress(State.RUNNING, self._done, self._total, dict(self._verdicts), self._created_at)
        if not is_over:
            return progress
        self.job.still_alive(now)
        return replace(progress, state=State.DONE, total=self._done, finished_at=int(now.timestamp()))


@asynccontextmanager
async def working(desk: Desk, folder: Path) -> AsyncIterator[BulkDesk]:
    """Have a desk for bulk checks; those that are not over when it closes have failed."""
    async with create_task_group() as tasks:
        bulk_desk = BulkDesk(desk, Jobs(folder), tasks)
        tasks.start_soon(bulk_desk.tend)
        yield bulk_desk
        tasks.cancel_scope.cancel()


def bulk_desk_of(request: Request) -> BulkDesk:
    """Return the application's desk for bulk checks."""
    return cast("BulkDesk", request.app.state.bulk)

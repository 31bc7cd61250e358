"""Threads that do one thing again and again while the service runs, and the one that follows the chain."""

from __future__ import annotations

from threading import Event, Thread
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from verifier.indexing.index import Index

_LOG = structlog.get_logger(__name__)


class Loop:
    """Does one thing again and again in a thread of its own, between `start` and `stop`."""

    def __init__(self, name: str, do: Callable[[], float], *, when_called: bool = False) -> None:
        """`do` raises nothing, and returns how many seconds to let pass at least before it is done again.

        `when_called` has it wait for `call` each time, too.
        """
        self._do = do
        self._when_called = when_called
        self._called = Event()
        self._stopping = Event()
        self._thread = Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin; the first time may still be on its way when this returns."""
        self._thread.start()

    def call(self) -> None:
        """Say that there may be something to do; calls that come meanwhile count as one."""
        self._called.set()

    def stop(self) -> None:
        """End after what is on its way."""
        self._stopping.set()
        self._called.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            if self._when_called:
                self._called.wait()
                self._called.clear()
            if not self._stopping.is_set():
                self._stopping.wait(self._do())


def following(
    index: Index,
    *,
    every_s: float,
    clock: Callable[[], datetime],
    afterwards: Callable[[datetime], None] = lambda _: None,
    leads: Callable[[], bool] = lambda: True,
) -> Loop:
    """Return what follows the chain; `afterwards` is called after each reading that came to an end.

    While this process does not lead, it only looks at what another one has read.

    Nothing ends it but being asked to: a thread that ended would leave an index that nobody follows.
    """

    def follow() -> float:
        try:
            if leads():
                index.follow(clock())
            index.warm()
            afterwards(clock())
        except Exception as exc:  # noqa: BLE001 (as it says above)
            _LOG.error("poller.unforeseen", error=repr(exc))
            _note(index, f"{type(exc).__name__} while reading")
        return every_s

    return Loop("poller", follow)


def _note(index: Index, trouble: str) -> None:
    """Have the reports say so, unless it is the database itself that fails: then the index's age will tell."""
    try:
        index.note_trouble(trouble)
    except Exception as exc:  # noqa: BLE001 (as in `following`)
        _LOG.error("poller.trouble_not_noted", error=repr(exc))

"""Keeps the index up to date while the service runs."""

from __future__ import annotations

from threading import Event, Thread
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from verifier.index import Index

_LOG = structlog.get_logger(__name__)


class Poller:
    """Follows the chain in a thread of its own, between `start` and `stop`."""

    def __init__(
        self,
        index: Index,
        *,
        every_s: float,
        clock: Callable[[], datetime],
        afterwards: Callable[[datetime], None] = lambda _: None,
    ) -> None:
        """`afterwards` is called after each reading that came to an end; it raises nothing."""
        self._index = index
        self._afterwards = afterwards
        self._every_s = every_s
        self._clock = clock
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="poller", daemon=True)

    def start(self) -> None:
        """Begin; the first reading may still be on its way when this returns."""
        self._thread.start()

    def stop(self) -> None:
        """End after the reading that is on its way."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._follow()
            self._stopping.wait(self._every_s)

    def _follow(self) -> None:
        try:
            self._index.follow(self._clock())
        except Exception as exc:  # noqa: BLE001 (a thread that ended here would leave an index that nobody follows)
            _LOG.error("poller.unforeseen", error=repr(exc))
            self._note(f"{type(exc).__name__} while reading")
        else:
            self._afterwards(self._clock())

    def _note(self, trouble: str) -> None:
        """Have the reports say so, unless it is the database itself that fails: then the index's age will tell."""
        try:
            self._index.note_trouble(trouble)
        except Exception as exc:  # noqa: BLE001 (as above)
            _LOG.error("poller.trouble_not_noted", error=repr(exc))

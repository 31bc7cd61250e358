"""Cuts checkpoints while the service runs: at a pace that leaves verification its time, and again after a failure."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from chain.errors import YinxinError
from verifier.published.checkpoints import TooLate

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from verifier.published.checkpoints import Checkpoints

SMALL_S = 0.2
"""A cut that takes the processor no longer than that disturbs nobody: the next may follow at once."""
PAUSE_S, TIMES = 10.0, 5
"""After a longer one there is this pause, or so many times as long as it took, whichever is more."""
FIRST_WAIT_S, LONGEST_WAIT_S = 60.0, 600.0
"""After a failure; it doubles with each one that follows."""
LONG_S = 3_600
"""What has failed for so long is an error."""
_TELL_EVERY_S = 60
"""What fails again and again is not logged more often."""

_LOG = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Failing:
    """That no checkpoint could be cut."""

    since: datetime
    error: str
    """Of which kind the last one was."""


class Cutter:
    """Cuts one checkpoint after the other."""

    def __init__(
        self,
        checkpoints: Checkpoints,
        *,
        clock: Callable[[], datetime],
        spent: Callable[[], float] = time.thread_time,
    ) -> None:
        """`spent` tells how many seconds the processor has worked for this thread."""
        self._checkpoints = checkpoints
        self._clock = clock
        self._spent = spent
        self._wait_s = FIRST_WAIT_S
        self.failing: Failing | None = None
        """Since when none could be cut although it was time for one; None if all is well."""
        self._told: datetime | None = None

    def turn(self) -> float:
        """Cut a checkpoint if it is time for one; returns how many seconds to wait at least. Raises nothing."""
        begun = self._spent()
        try:
            self._checkpoints.cut(self._clock())
        except TooLate as exc:
            # The next block may be had in time, so nothing is gained by waiting.
            self._tell("checkpoint.too_late", exc)
            return 0.0
        except YinxinError as exc:
            return self._failed("checkpoint.not_cut", exc)
        except Exception as exc:  # noqa: BLE001 (cutting goes on, whatever happens here)
            return self._failed("checkpoint.unforeseen", exc)
        self.failing, self._told, self._wait_s = None, None, FIRST_WAIT_S
        took = self._spent() - begun
        return 0.0 if took < SMALL_S else max(PAUSE_S, TIMES * took)

    def _failed(self, event: str, exc: Exception) -> float:
        self._tell(event, exc)
        wait_s = self._wait_s
        self._wait_s = min(2 * wait_s, LONGEST_WAIT_S)
        return wait_s

    def _tell(self, event: str, exc: Exception) -> None:
        now = self._clock()
        self.failing = Failing(self.failing.since if self.failing else now, type(exc).__name__)
        if self._told is not None and (now - self._told).total_seconds() < _TELL_EVERY_S:
            return
        self._told = now
        is_long = (now - self.failing.since).total_seconds() >= LONG_S
        what = str(exc) if isinstance(exc, YinxinError) else repr(exc)
        log = _LOG.error if is_long or not isinstance(exc, YinxinError) else _LOG.warning
        log(event, error=type(exc).__name__, detail=what, since=self.failing.since.isoformat())

"""How often the same client, or about the same certificate, may be asked. Counted in memory, each process for itself.

A window begins with the first question and ends a minute (an hour) later, so `Limited` can say exactly when to come
again. One client's limit for verdicts is to be lower than a certificate's: nobody alone can have one left unchecked.
"""

from __future__ import annotations

import math
import time
from enum import StrEnum
from threading import Lock
from typing import TYPE_CHECKING

from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.storage import Storage
from limits.strategies import FixedWindowRateLimiter

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_SWEEP_S = 10
"""How often what has ended is thrown away."""


class Limit(StrEnum):
    """What is limited."""

    READING = "reading"
    """What one client reads, in a minute."""
    VERIFYING = "verifying"
    """What one client has verified, in a minute."""
    CERTIFICATE = "certificate"
    """Verdicts about one certificate, in a minute, whoever asks."""
    MISSES = "misses"
    """Short numbers that lead nowhere, of one client, in an hour: more of them are guesses."""


_WINDOWS: Mapping[Limit, type[RateLimitItem]] = {
    Limit.READING: RateLimitItemPerMinute,
    Limit.VERIFYING: RateLimitItemPerMinute,
    Limit.CERTIFICATE: RateLimitItemPerMinute,
    Limit.MISSES: RateLimitItemPerHour,
}


class Limited(Exception):
    """There were too many questions; says which limit that is, and how many seconds to wait."""

    def __init__(self, limit: Limit, retry_after_s: int) -> None:
        super().__init__(f"got too many questions ({limit}), wanted none for {retry_after_s} seconds")
        self.limit, self.retry_after_s = limit, retry_after_s


class Limits:
    """Counts questions. Safe to share between threads."""

    def __init__(self, most: Mapping[Limit, int], *, clock: Callable[[], float] = time.time) -> None:
        """`most` is how many there may be in each limit's window; 0, or nothing, is without limit."""
        self._items = {limit: _WINDOWS[limit](amount) for limit, amount in most.items() if amount}
        self._clock = clock
        self._counters = FixedWindowRateLimiter(_InMemory(clock))

    def count(self, limit: Limit, whom: str) -> None:
        """Count one question; raises `Limited` if it is one too many."""
        item = self._items.get(limit)
        if item is not None and not self._counters.hit(item, limit, whom):
            raise self._limited(item, limit, whom)

    def require(self, limit: Limit, whom: str) -> None:
        """Raise `Limited` if one more would be too many, without counting one."""
        item = self._items.get(limit)
        if item is not None and not self._counters.test(item, limit, whom):
            raise self._limited(item, limit, whom)

    def note(self, limit: Limit, whom: str) -> None:
        """Count what has been answered already; the next one may be too many."""
        if item := self._items.get(limit):
            self._counters.hit(item, limit, whom)

    def _limited(self, item: RateLimitItem, limit: Limit, whom: str) -> Limited:
        ends = self._counters.get_window_stats(item, limit, whom).reset_time
        return Limited(limit, max(1, math.ceil(ends - self._clock())))


class _InMemory(Storage):
    """Counters that need no thread: the library's own starts one every 10 ms, which goes through all of them."""

    STORAGE_SCHEME = None

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__()
        self._clock = clock
        self._counts: dict[str, tuple[int, float]] = {}
        """How many there were, and when the window ends."""
        self._swept = clock()
        self._changing = Lock()

    @property
    def base_exceptions(self) -> type[Exception] | tuple[type[Exception], ...]:
        return OSError

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        with self._changing:
            now = self._clock()
            if now - self._swept > _SWEEP_S:
                self._swept = now
                self._counts = {each: count for each, count in self._counts.items() if count[1] > now}
            count, ends = self._counts.get(key, (0, 0.0))
            if ends <= now:
                count, ends = 0, now + expiry
            self._counts[key] = count + amount, ends
            return count + amount

    def get(self, key: str) -> int:
        count, ends = self._counts.get(key, (0, 0.0))
        return count if ends > self._clock() else 0

    def get_expiry(self, key: str) -> float:
        return self._counts.get(key, (0, self._clock()))[1]

    def check(self) -> bool:
        return True

    def reset(self) -> int | None:
        count = len(self._counts)
        self._counts.clear()
        return count

    def clear(self, key: str) -> None:
        self._counts.pop(key, None)

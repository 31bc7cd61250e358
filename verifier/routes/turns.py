"""Who may have an upload taken apart now: a few at once, one of each client, and not many waiting.

One client's crowd of hostile files must not keep another's honest one waiting, nor fill the memory with what waits.
"""

from __future__ import annotations

from collections import Counter
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING

from anyio import Event

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

MOST_WAITING, MOST_WAITING_EACH = 16, 4
"""How many may wait, of all and of each client: what waits is held in memory, 20 MB each."""
MOST_COMING, MOST_COMING_EACH = 48, 4
"""How many bodies may be on their way, of all and of each client: what has come of them is held in memory, too."""
MOST_LARGE, MOST_LARGE_EACH = 12, 2
"""The same of the bodies of bulk checks, 50 MB each."""
RETRY_AFTER_S = 10
"""What those are told who may not even wait."""


class Crowded(Exception):
    """There are too many already; says how many, and whether they are the client's own (429) or everybody's (503)."""

    def __init__(self, what: str, *, own: int, most_own: int, total: int) -> None:
        super().__init__(f"got {own} {what} of yours and {total} in all already, wanted fewer: come again later")
        self.status = HTTPStatus.TOO_MANY_REQUESTS if own >= most_own else HTTPStatus.SERVICE_UNAVAILABLE


@dataclass(eq=False, slots=True)
class _Waiting:
    client: str
    turn: Event = field(default_factory=Event)


class Coming:
    """Counts the bodies that are on their way; only to be used in one event loop."""

    def __init__(self, most: int = MOST_COMING, most_each: int = MOST_COMING_EACH) -> None:
        """Have places for so many, of all and of each client."""
        self._most, self._most_each = most, most_each
        self._of: Counter[str] = Counter()

    @contextmanager
    def place(self, client: str) -> Iterator[None]:
        """Have a place for one more; raises `Crowded`."""
        own, total = self._of[client], self._of.total()
        if own >= self._most_each or total >= self._most:
            raise Crowded("uploads on their way", own=own, most_own=self._most_each, total=total)
        self._of[client] += 1
        try:
            yield
        finally:
            self._of[client] -= 1
            if not self._of[client]:
                del self._of[client]


class Turns:
    """Gives turns; only to be used in one event loop."""

    def __init__(self, at_once: int) -> None:
        """`at_once` is how many may have their turn at the same time."""
        self._free = at_once
        self._served: set[str] = set()
        self._waiting: list[_Waiting] = []

    @asynccontextmanager
    async def turn(self, client: str) -> AsyncIterator[None]:
        """Wait for a turn, and have it; raises `Crowded`."""
        await self._take(client)
        try:
            yield
        finally:
            self._give_back(client)

    async def _take(self, client: str) -> None:
        if self._free and client not in self._served:
            self._serve(client)
            return
        own = sum(each.client == client for each in self._waiting)
        if own >= MOST_WAITING_EACH or len(self._waiting) >= MOST_WAITING:
            raise Crowded("waiting uploads", own=own, most_own=MOST_WAITING_EACH, total=len(self._waiting))
        waiting = _Waiting(client)
        self._waiting.append(waiting)
        try:
            await waiting.turn.wait()
        except BaseException:
            if waiting in self._waiting:
                self._waiting.remove(waiting)
            else:
                self._give_back(client)
            raise

    def _give_back(self, client: str) -> None:
        self._free += 1
        self._served.discard(client)
        # The first of those whose client is not being served; there is one free place, so one more is enough.
        following = next((each for each in self._waiting if each.client not in self._served), None)
        if following is not None:
            self._waiting.remove(following)
            self._serve(following.client)
            following.turn.set()

    def _serve(self, client: str) -> None:
        self._free -= 1
        self._served.add(client)

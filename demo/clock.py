"""Tells whoever waits what is being done, and remembers how long it took."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

STARTED = time.monotonic()


@dataclass(slots=True)
class Clock:
    """How long each part took, in seconds."""

    seconds: dict[str, float] = field(default_factory=dict)
    quiet: bool = False

    @contextmanager
    def timed(self, what: str) -> Iterator[None]:
        """Say what is being done, and remember how long it took."""
        self.say(f"{what} …")
        began = time.monotonic()
        yield
        self.seconds[what] = round(time.monotonic() - began, 1)

    def say(self, line: str) -> None:
        """Tell whoever waits; standard output is kept for the answer."""
        if not self.quiet:
            print(f"[{time.monotonic() - STARTED:5.1f} s] {line}", file=sys.stderr, flush=True)

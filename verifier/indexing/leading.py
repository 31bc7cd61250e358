"""Which of several processes that serve the same index follows the chain: the one that holds a file's lock.

The system takes the lock from whoever ends, however that comes about; the next one to look has it.
"""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from pathlib import Path

_LOG = structlog.get_logger(__name__)


class Leader:
    """One process's wish to lead."""

    def __init__(self, path: Path) -> None:
        """`path` is the file that all of them lock; it is made where there is none, and nothing is in it."""
        self._path = path
        self._held: int | None = None

    def leads(self) -> bool:
        """Whether this process leads now; it does from the first time that nobody else did."""
        if self._held is not None:
            return True
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return False
        self._held = file
        _LOG.info("leading", process=os.getpid())
        return True

    def step_down(self) -> None:
        """Let another one lead."""
        if self._held is not None:
            os.close(self._held)
            self._held = None

"""Keeps a process ready that has the decoders loaded (`verifier.uploads.forking`), for as long as the service runs.

Without it, or whenever it fails, each upload starts a process of its own as the command line does: that is slower, and
nothing else.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import IO, TYPE_CHECKING

import structlog

from verifier.uploads import forking

if TYPE_CHECKING:
    from collections.abc import Sequence

_LOG = structlog.get_logger(__name__)
_START_S, _FORK_S = 60.0, 5.0
"""How long loading, and forking, may take before it is given up."""


class Cold(Exception):
    """There is no process ready."""


class Warm:
    """One such process at a time. Safe to share between threads."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._is_ready = False
        self._asking = Lock()

    def start(self) -> None:
        """Begin to load; uploads that come before it is done are taken apart the slow way."""
        with self._asking:
            self._start()

    def stop(self) -> None:
        """End it; children that are at work come to their own end."""
        with self._asking:
            self._end()

    def renew(self) -> None:
        """Have another one: a child that was ended may have learned where in memory things lie, and so would the next.

        Children of one process share that with it; those that come to a good end have no use for it.
        """
        with self._asking:
            if self._process is not None:
                self._end()
                self._start()

    def run(self, given: IO[bytes], answered: IO[bytes], arguments: Sequence[str], *, seconds: float) -> bool:
        """Have a child take apart what is given; returns whether it came to an end by itself within so many seconds.

        Raises `Cold` where there is no process ready; then nothing has been done.
        """
        child = self._fork(given.fileno(), answered.fileno(), arguments)
        try:
            if select.select([child], [], [], seconds)[0]:
                return True
            signal.pidfd_send_signal(child, signal.SIGKILL)
            select.select([child], [], [], _FORK_S)
            return False
        finally:
            os.close(child)

    def _fork(self, given: int, answered: int, arguments: Sequence[str]) -> int:
        """Return what tells of a new child's end, and can end it."""
        with self._asking:
            control = self._control
            if control is None or not self._has_loaded(control):
                raise Cold
            try:
                control.settimeout(_FORK_S)
                socket.send_fds(control, [("\n".join(arguments) + "\n").encode()], [given, answered])
                _, files, _, _ = socket.recv_fds(control, 1, 1)
                (child,) = files
            except (OSError, ValueError) as exc:
                _LOG.warning("warm.lost", error=type(exc).__name__)
                self._end()
                self._start()
                raise Cold from exc
            return child

    def _has_loaded(self, control: socket.socket) -> bool:
        if not self._is_ready and select.select([control], [], [], 0)[0]:
            self._is_ready = control.recv(1) == b"\n"
        return self._is_ready

    def _start(self) -> None:
        if self._process is not None or not hasattr(os, "pidfd_open"):
            return
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-I", str(Path(forking.__file__).resolve())],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                env={"LANG": "C.UTF-8"},
                start_new_session=True,
            )
        self._control, self._is_ready = ours, False

    def _end(self) -> None:
        if self._control is not None:
            self._control.close()
        if self._process is not None:
            self._process.kill()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_START_S)
        self._process, self._control, self._is_ready = None, None, False


READY = Warm()
"""The process's own: started by the service, never by the command line."""

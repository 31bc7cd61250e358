"""Lists as files, written while they are read: few at once, and none for ever, for each holds a view of the index."""

from __future__ import annotations

from collections import Counter
from threading import Lock
from typing import TYPE_CHECKING

from anyio import CancelScope, move_on_after, to_thread
from fastapi.responses import StreamingResponse

from verifier.routes.turns import Crowded

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from starlette.types import Receive, Scope, Send

    from verifier.audit.exporting import ExportForm

MOST, MOST_EACH = 8, 2
"""How many files may be written at once, to all and to each client."""
WHOLE_S = 900.0
"""How long a file may take; then it is cut off, without the end that says that it is whole."""


class Exports:
    """Counts the files that are being written. Safe to share between threads."""

    def __init__(self) -> None:
        self._of: Counter[str] = Counter()
        self._lock = Lock()

    def begin(self, client: str) -> None:
        """Count one more; raises `Crowded`."""
        with self._lock:
            own, total = self._of[client], self._of.total()
            if own >= MOST_EACH or total >= MOST:
                raise Crowded("exports", own=own, most_own=MOST_EACH, total=total)
            self._of[client] += 1

    def end(self, client: str) -> None:
        """Count one fewer."""
        with self._lock:
            self._of[client] -= 1
            if not self._of[client]:
                del self._of[client]


class Attached(StreamingResponse):
    """A file that is written while it is read, until it is whole, nobody reads on, or its time is over."""

    def __init__(self, parts: Generator[bytes], name: str, form: ExportForm, *, end: Callable[[], None]) -> None:
        """`end` is called when no more is written, whatever the reason."""
        headers = {"Content-Disposition": f'attachment; filename="{name}.{form}"'}
        super().__init__(parts, media_type=form.media_type, headers=headers)
        self._parts, self._end = parts, end

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Write it. Where it is cut off the server closes the connection, for the answer has no end."""
        try:
            with move_on_after(WHOLE_S):
                await super().__call__(scope, receive, send)
        finally:
            try:
                with CancelScope(shield=True):
                    await to_thread.run_sync(self._parts.close)
            finally:
                # Also where the view does not close: else its place would be taken for ever.
                self._end()

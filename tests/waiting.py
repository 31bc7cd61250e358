"""Wait for what another thread or process does: as long as it takes on a busy machine, and no longer."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

import httpx2

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENCE_S = 120.0
_POLL_S = 0.02

get, post = partial(httpx2.get, timeout=PATIENCE_S), partial(httpx2.post, timeout=PATIENCE_S)
"""Ask over HTTP whoever may take longer than the library waits unasked."""


def wait_until(holds: Callable[[], object], *, what: str) -> None:
    """Look again and again until something holds."""
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, f"in vain: {what}"
        time.sleep(_POLL_S)

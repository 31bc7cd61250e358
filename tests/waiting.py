"""Wait for what another thread or process does: as long as it takes on a busy machine, and no longer."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENCE_S = 60.0
_POLL_S = 0.02


def wait_until(holds: Callable[[], object], *, what: str) -> None:
    """Look again and again until something holds."""
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, f"in vain: {what}"
        time.sleep(_POLL_S)

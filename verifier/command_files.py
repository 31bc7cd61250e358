"""Files that the command line's options name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chain.errors import InvalidInput

if TYPE_CHECKING:
    from pathlib import Path


def content(path: Path) -> bytes:
    """Return a file's bytes; raises `InvalidInput` if there is none."""
    try:
        return path.read_bytes()
    except OSError as exc:
        raise InvalidInput(f"{path}: {exc.strerror or exc}, wanted a file") from exc

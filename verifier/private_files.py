"""Files for their owner's eyes only, written whole or not at all, and on the disk for good."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def write(path: Path, data: bytes) -> None:
    """Write a file, in the place of an older one."""
    with _part(path, data) as part:
        part.replace(path)


def write_new(path: Path, data: bytes) -> None:
    """Write a file; raises `FileExistsError` if there is one already.

    Of several that write at once exactly one wins, since linking, unlike renaming, never takes another file's place.
    """
    with _part(path, data) as part:
        path.hardlink_to(part)


@contextmanager
def _part(path: Path, data: bytes) -> Iterator[Path]:
    """Write what is to become a file beside it; it is gone afterwards, unless it was renamed."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Made with mode 0600.
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        yield part
    finally:
        part.unlink(missing_ok=True)

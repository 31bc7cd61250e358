"""Files and folders for their owner's eyes only: what is handed out, the database, the keys."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

_FILE, _FOLDER = 0o600, 0o700


def make_folder(path: Path) -> None:
    """Make a folder and what is missing above it; those that exist keep their modes."""
    if path.is_dir():
        return
    make_folder(path.parent)
    path.mkdir(mode=_FOLDER, exist_ok=True)


def make_empty(path: Path) -> None:
    """Make an empty file unless there is one; one that exists keeps its mode."""
    path.touch(mode=_FILE)


def write(path: Path, data: bytes) -> None:
    """Write a file whole or not at all, in the place of an older one."""
    part = path.with_name(path.name + ".part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _FILE), "wb") as file:
        # A part that a killed process left may have another mode.
        os.fchmod(file.fileno(), _FILE)
        file.write(data)
    part.replace(path)


def replace(path: Path, data: bytes) -> None:
    """Write a file whole or not at all, in the place of an older one, and on the disk for good."""
    handle, part = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    take_place(Path(part), path)


def take_place(newer: Path, older: Path) -> None:
    """Put a file in another one's place, for good; there is always one of the two."""
    newer.replace(older)
    folder = os.open(older.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def write_new(path: Path, data: bytes) -> None:
    """Write a file whole or not at all, and on the disk for good; raises `FileExistsError` if there is one already.

    Of several that write at once exactly one wins, since linking, unlike renaming, never takes another file's place.
    """
    make_folder(path.parent)
    # Made with mode 0600.
    handle, part = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.link(part, path)
    finally:
        os.unlink(part)  # noqa: PTH108 — mkstemp speaks of names

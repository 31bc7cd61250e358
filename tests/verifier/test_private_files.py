"""Files are written whole, for their owner alone, and leave nothing beside them."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from verifier import private_files

if TYPE_CHECKING:
    from pathlib import Path


def test_file_is_its_owners_alone_and_takes_an_older_ones_place(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "file"
    for data in (b"one", b"two"):
        private_files.write(path, data)
        assert path.read_bytes() == data
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_new_file_never_takes_anothers_place(tmp_path: Path) -> None:
    path = tmp_path / "file"
    private_files.write_new(path, b"one")
    with pytest.raises(FileExistsError):
        private_files.write_new(path, b"two")
    assert path.read_bytes() == b"one"
    assert list(tmp_path.iterdir()) == [path]

"""Split views as files, kept for ever. Nothing here removes one."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from chain.errors import EvidenceMalformed, EvidenceRefused
from verifier import private_files
from verifier.witnessing import split_view
from verifier.witnessing.split_view import SplitView

if TYPE_CHECKING:
    from pathlib import Path

    from verifier.witnessing.split_view import Shown

MOST = 256
"""Two are a scandal. Whoever signs without end must not fill the disk: beyond this many, they are logged alone."""
_NAME = re.compile(r"[0-9a-f]{32}")

_LOG = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class SplitFolder:
    """A folder of split views."""

    path: Path

    def keep(self, shown: Shown) -> bool:
        """Keep one for good; returns whether it is new. Raises `OSError` if it cannot be kept."""
        if self.has(shown.name):
            return False
        if len(self.names()) >= MOST:
            _LOG.error("split_view.too_many", kept=MOST, name=shown.name)
            return False
        try:
            private_files.write_new(self._file(shown.name), shown.view.encode())
        except FileExistsError:
            # Another process found the same at the same time.
            return False
        sync(self.path)
        _LOG.error("split_view.found", name=shown.name, detail=str(shown.difference))
        return True

    def names(self) -> list[str]:
        """Return what there are, the oldest first."""
        found = [each for each in self.path.glob("*.json") if _NAME.fullmatch(each.stem)]
        return [each.stem for each in sorted(found, key=lambda each: (each.stat().st_mtime_ns, each.stem))]

    def has(self, name: str) -> bool:
        """Whether it is kept already."""
        return _NAME.fullmatch(name) is not None and self._file(name).is_file()

    def read(self, name: str) -> bytes | None:
        """Return a file's bytes; None if there is none of that name."""
        return self._file(name).read_bytes() if self.has(name) else None

    def shown(self) -> list[Shown]:
        """Return all that still prove what they did when they were kept; damaged ones are logged."""
        checked = []
        for name in self.names():
            try:
                checked.append(split_view.check(SplitView.parse(self._file(name).read_bytes())))
            except (EvidenceMalformed, EvidenceRefused, OSError) as exc:
                _LOG.error("split_view.damaged", name=name, detail=str(exc))
        return checked

    def _file(self, name: str) -> Path:
        return self.path / f"{name}.json"


def sync(folder: Path) -> None:
    """Have the names in a folder be on the disk, too, not only what is in the files."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)

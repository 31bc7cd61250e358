"""The artifacts are what the contracts compile to."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from chain.ethereum import compiler

if TYPE_CHECKING:
    from pathlib import Path


def test_a_stale_and_a_missing_artifact_are_named_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "artifacts"
    shutil.copytree(compiler.ARTIFACTS, folder)
    changed = folder / "Certificates.json"
    changed.write_text(changed.read_text(encoding="utf-8").replace("0x60", "0x61", 1), encoding="utf-8")
    (folder / "Heads.json").unlink()
    assert sorted(compiler.stale_artifacts(folder)) == ["Certificates.json", "Heads.json"]

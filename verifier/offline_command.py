"""`yinxin-verifier check --offline`: questions answered from files alone."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from chain.errors import InvalidInput
from verifier import offline, seen
from verifier.command_files import content
from verifier.uploads import reading

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rich.console import Console

    from verifier.check.moments import Moment
    from verifier.check.presented import GivenFile, Presented
    from verifier.check.report import Report


@dataclass(frozen=True, slots=True)
class Evidence:
    """The files that are believed as far as they prove something."""

    trust: Path | None
    checkpoint: Path | None
    proofs: Sequence[Path]
    state: Path | None
    """Where what was seen before is remembered; None for the usual folder."""


def check(
    items: Sequence[tuple[str, bytes | str]],
    when: Moment,
    evidence: Evidence,
    files: tuple[GivenFile, ...],
    errors: Console,
    *,
    asked: bool,
) -> list[Report]:
    """Check files and texts; `asked` says whether somebody named the day. Raises `InvalidInput`.

    `files` are to be compared with those that the certificates vouch for.
    """
    if evidence.trust is None:
        raise InvalidInput("--offline: got no --trust, wanted the file of the trust list that says whom to believe")
    proofs = [offline.Beside.read(str(path), content(path)) for path in evidence.proofs]
    checkpoint = None if evidence.checkpoint is None else content(evidence.checkpoint)
    try:
        folder = seen.folder_of(evidence.state, os.environ)
        basis = offline.basis(content(evidence.trust), checkpoint, when.now, state=folder)
    except seen.StateUnusable as exc:
        errors.print(f"--state: {exc}", markup=False, style="red")
        basis = offline.without_memory(exc)
    if asked:
        basis.require_known(when)
    return offline.check([(name, partial(_presented, item, files)) for name, item in items], basis, when, proofs)


def _presented(item: bytes | str, files: tuple[GivenFile, ...]) -> Presented:
    presented = reading.read_text(item) if isinstance(item, str) else reading.read_upload(item)
    return replace(presented, files=files)

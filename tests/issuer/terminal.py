"""Runs the command line in a process of its own, as people do, without paying for a new interpreter each time.

The processes are forks of a server that has imported everything and started no threads, so that forking is safe.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from issuer import cli

if TYPE_CHECKING:
    from collections.abc import Mapping

_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload(["issuer.cli", "issuer.document.documents"])


@dataclass(frozen=True, slots=True)
class Finished:
    """What a command left behind."""

    code: int
    """The exit code; minus the signal's number if it was killed."""
    out: str
    err: str


@dataclass(frozen=True, slots=True)
class Terminal:
    """A terminal whose environment is an issuer's settings."""

    folder: Path
    settings: Mapping[str, str]

    def run(self, *arguments: object, **environment: str) -> Finished:
        """Run one command; keywords are more environment variables."""
        words = [str(argument) for argument in arguments]
        child = _SERVER.Process(target=_live, args=(str(self.folder), words, {**self.settings, **environment}))
        child.start()
        child.join()
        out, err = (self.folder / name for name in ("stdout", "stderr"))
        return Finished(child.exitcode or 0, out.read_text("utf-8"), err.read_text("utf-8"))


def _live(folder: str, arguments: list[str], environment: dict[str, str]) -> None:
    os.chdir(folder)
    os.environ.update(environment)
    with (
        Path("stdout").open("w", encoding="utf-8") as sys.stdout,
        Path("stderr").open("w", encoding="utf-8") as sys.stderr,
    ):
        try:
            code = cli.run(arguments)
        except BaseException:  # noqa: BLE001 — a test wants to see it
            traceback.print_exc()
            code = 70
    os._exit(code)

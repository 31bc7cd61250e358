"""Runs the command line in a child process, as people do, without paying for a new interpreter each time."""

from __future__ import annotations

import os
import sys
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING

from issuer import cli

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


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
        out, err = self.folder / "stdout", self.folder / "stderr"
        child = os.fork()
        if child == 0:
            self._live([str(argument) for argument in arguments], environment, out, err)
        _, status = os.waitpid(child, 0)
        return Finished(os.waitstatus_to_exitcode(status), out.read_text("utf-8"), err.read_text("utf-8"))

    def _live(self, arguments: list[str], environment: Mapping[str, str], out: Path, err: Path) -> None:
        code = 70
        try:
            os.chdir(self.folder)
            os.environ.update(self.settings | environment)
            with out.open("w", encoding="utf-8") as sys.stdout, err.open("w", encoding="utf-8") as sys.stderr:
                try:
                    code = cli.run(arguments)
                except BaseException:  # noqa: BLE001 — the child must end here, whatever happened
                    traceback.print_exc()
        finally:
            os._exit(code)

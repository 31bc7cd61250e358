"""Asks the verifier as a stranger would: on its public command line, in a process of its own, without a network.

What it is given lies in a private folder that is gone afterwards, whatever happens. The verifier goes by the machine's
clock, as everybody's does; so whatever is made up for it is dated by that clock, and not by the office's.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, cast

from issuer import private_files
from issuer.errors import VerifierAway

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from chain.strict_json import JSON

PROGRAM = "yinxin-verifier"
START_S, EACH_S = 60.0, 15.0
"""How long the verifier may take, in all and for each file; many times what it takes on a busy machine."""
_ANSWERED = (0, 1, 2)
"""Its exit codes where it has judged; what it judged is in its reports."""
_SHOWN = 300


def program() -> tuple[str, ...]:
    """Return the command of the verifier that was installed with this program; raises `VerifierAway`."""
    beside = Path(sys.executable).with_name(PROGRAM)
    found = str(beside) if beside.is_file() else shutil.which(PROGRAM)
    if found is None:
        raise VerifierAway(f"got no {PROGRAM} beside {sys.executable} or on PATH, wanted it to rehearse with")
    return (found,)


@dataclass(frozen=True, slots=True)
class Check:
    """How one of the verifier's checks ended."""

    name: str
    outcome: str
    message: str


@dataclass(frozen=True, slots=True)
class Report:
    """What the verifier says of one file."""

    verdict: str
    heading: str
    on: date
    """The day that it was judged for."""
    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class Verifier:
    """The verifier's command, and how long it is waited for."""

    command: Sequence[str] = field(default_factory=program)
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    """The machine's, by which the verifier goes, too."""
    start_s: float = START_S
    each_s: float = EACH_S

    @contextmanager
    def believing(self, trust_list: bytes, checkpoint: bytes) -> Iterator[Sitting]:
        """Have it believe a trust list and a checkpoint for a while, and nothing else."""
        with TemporaryDirectory(prefix="rehearsal-") as name:
            folder = Path(name)
            (folder / "state").mkdir(mode=0o700)
            private_files.write(folder / "trust", trust_list)
            private_files.write(folder / "checkpoint", checkpoint)
            yield Sitting(self, folder)


@dataclass(frozen=True, slots=True)
class Sitting:
    """A verifier that was told what to believe."""

    verifier: Verifier
    folder: Path

    def check(
        self, files: Mapping[str, bytes], *, proofs: Sequence[bytes] = (), language: str = "en"
    ) -> dict[str, Report]:
        """Return what it says of each file, by name; `proofs` lie beside files that carry none.

        Raises `VerifierAway` if it was killed, took too long, or answered something else than so many reports.
        """
        with TemporaryDirectory(dir=self.folder) as name:
            folder = Path(name)
            for file, data in files.items():
                private_files.write(folder / file, data)
            beside = []
            for place, proof in enumerate(proofs):
                private_files.write(folder / f"{place}.beside", proof)
                beside += ["--proof", f"{place}.beside"]
            answer = self._run(folder, list(files), ["--lang", language, *beside])
        reports = [_report(each) for each in cast("list[JSON]", answer)]
        if len(reports) != len(files):
            raise VerifierAway(f"the verifier answered {len(reports)} reports, wanted {len(files)}")
        return dict(zip(files, reports, strict=True))

    def _run(self, folder: Path, files: Sequence[str], options: Sequence[str]) -> JSON:
        here = ["--trust", "../trust", "--checkpoint", "../checkpoint", "--state", "../state"]
        command = [*self.verifier.command, "check", "--offline", "--json", *here, *options, "--", *files]
        timeout = self.verifier.start_s + self.verifier.each_s * len(files)
        try:
            # No settings, no locale and no home of ours: it is somebody else's process.
            ended = subprocess.run(
                command,
                cwd=folder,
                env={"PATH": os.defpath, "LANG": "C.UTF-8"},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=timeout,
                check=False,
            )
        except subprocess.TimeoutExpired as exc:
            raise VerifierAway(
                f"the verifier took more than {timeout:.0f} s for {len(files)} files; it was ended"
            ) from exc
        except OSError as exc:
            raise VerifierAway(f"the verifier {self.verifier.command[0]} did not start: {exc.strerror or exc}") from exc
        if ended.returncode not in _ANSWERED:
            raise VerifierAway(f"the verifier ended with {ended.returncode}, wanted an answer: {_said(ended.stderr)}")
        try:
            held = json.loads(ended.stdout)
            return cast("JSON", held["reports"])
        except (ValueError, KeyError, TypeError) as exc:
            raise VerifierAway(f"the verifier answered no reports: {_said(ended.stderr)}") from exc


def _report(value: JSON) -> Report:
    match value:
        case {"verdict": str() as verdict, "heading": str() as heading, "on": str() as on, "checks": [*checks]}:
            return Report(verdict, heading, date.fromisoformat(on), tuple(map(_check, checks)))
        case _:
            raise VerifierAway("the verifier answered a report without verdict, heading, day and checks")


def _check(value: JSON) -> Check:
    match value:
        case {"name": str() as name, "outcome": str() as outcome, "message": str() as message}:
            return Check(name, outcome, message)
        case _:
            raise VerifierAway("the verifier answered a check without name, outcome and message")


def _said(errors: bytes) -> str:
    """Return the end of what it complained of; it names files by their place in the batch, and quotes nobody."""
    return errors.decode(errors="replace").strip()[-_SHOWN:] or "nothing was said"

"""Many inputs of one command: folders, archives and spreadsheets in, a table of verdicts out."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from chain.errors import InvalidInput
from verifier import checking
from verifier.bulk.lines import same_place
from verifier.bulk.questions import Brought, Bulk
from verifier.bulk.tables import WRITERS, counts, json_file
from verifier.check.report import Colour, Verdict
from verifier.printing import STYLES, printable
from verifier.uploads import reading
from verifier.wording import sentence

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from rich.console import Console

    from verifier.bulk.lines import Line
    from verifier.check.receipt_check import Vouchers
    from verifier.indexing.index import Index
    from verifier.wording import Language

MOST_BYTES = 512 * 1024**2
"""Of one file that is taken apart."""
_MANY = (".csv", ".tsv", ".tab", ".xlsx", ".zip")


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody asks about many inputs."""

    inputs: Sequence[str]
    on: str | None
    out: Path | None
    """The file that the verdicts are written to."""
    language: Language
    as_json: bool
    vouchers: Callable[[Index | None], Vouchers] = lambda _: checking.nobody()
    """Tells whose receipts are believed."""
    pdf_roots: Path | None = None
    """As in `reading.read_upload`."""

    def answer(
        self,
        opened: Callable[[], tuple[Index | None, Callable[[], None]]],
        clock: Callable[[], datetime],
        console: Console,
        progress: Console,
    ) -> set[Verdict]:
        """Check all of it and tell; returns the verdicts that came. Raises `InvalidInput`.

        `opened` returns the index and what has it read on: many take longer than an index is fresh that nobody follows.
        """
        if self.out is not None:
            _require_writable(self.out)
        index, read_on = opened()
        bulk = Bulk(index, clock, self.on, vouchers=partial(self.vouchers, index), pdf_roots=self.pdf_roots)
        lines = check(brought(self.inputs), bulk, console=progress, read_on=read_on)
        if self.out is not None:
            write(lines, self.out, self.language)
        if self.as_json:
            sys.stdout.write(json_file(lines, self.language).decode() + "\n")
        else:
            print_lines(lines, console, self.language)
        return {Verdict(line.verdict) for line in lines}


def is_many(inputs: Sequence[str], out: Path | None) -> bool:
    """Whether a question is about more than its inputs themselves: one is a folder, an archive or a table."""
    return out is not None or any(_is_many(item) for item in inputs)


def kind_of(out: Path) -> str:
    """Return as what a file is to be written; raises `InvalidInput`."""
    kind = out.suffix.lower().removeprefix(".")
    if kind not in WRITERS:
        raise InvalidInput(f"--out: got {out}, wanted a name that ends in .{', .'.join(WRITERS)}")
    return kind


def brought(inputs: Sequence[str]) -> list[Callable[[], Brought]]:
    """Return what reads each input, and each file in a folder; raises `InvalidInput` for one that is not there."""
    found: list[Callable[[], Brought]] = []
    for item in inputs:
        path = _path(item)
        if item == "-":
            found.append(lambda: Brought("standard input", sys.stdin.buffer.read(MOST_BYTES)))
        elif _is(path, Path.is_dir):
            inside = [each for each in sorted(path.rglob("*")) if each.is_file() and not _is_hidden(each, path)]
            if not inside:
                raise InvalidInput(f"got the folder {item}, which has no file in it, wanted one with some")
            found += [_reader(each) for each in inside]
        elif _is(path, Path.is_file):
            found.append(_reader(path))
        elif reading.looks_like_text(item):
            found.append(partial(Brought, item if len(item) <= _SHORT else f"{item[:_SHORT]}…", item))
        else:
            raise InvalidInput(f"got {item[:200]!r}, wanted a file, a folder, a code's text or a short number")
    return found


def check(
    things: Sequence[Callable[[], Brought]],
    bulk: Bulk,
    *,
    console: Console,
    read_on: Callable[[], None] = lambda: None,
) -> list[Line]:
    """Check all of it; `console` shows how far it is, where somebody looks at it. `read_on` is called at each step."""
    lines: list[Line] = []
    steps = bulk.steps((read() for read in things), count=len(things))
    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as shown:
        task = shown.add_task("", total=len(things))
        for step in steps:
            lines += step.lines
            shown.update(task, completed=len(lines), total=step.total)
            read_on()
    return lines


def print_lines(lines: Sequence[Line], console: Console, language: Language) -> None:
    """Print a line for each, and how many there are of each verdict."""
    if any(line.test for line in lines):
        console.print(Text(f" TEST  {sentence('page.test', language)} ", style="bold black on yellow"))
    table = Table(box=None, padding=(0, 1))
    for name in ("verdict", "file", "holder", "number", "message"):
        table.add_column(sentence(f"bulk.column.{name}", language), overflow="fold")
    for line in lines:
        verdict = Text(line.verdict, style=STYLES[Colour(line.colour)])
        place = same_place(line)
        table.add_row(
            verdict,
            Text(printable(place, lines=False)),
            Text(line.holder),
            Text(line.number),
            Text(line.message[language]),
        )
    console.print(table)
    console.print()
    for verdict_name, count in counts(lines).items():
        style = STYLES[Verdict(verdict_name).colour]
        said = sentence(f"bulk.verdict.{verdict_name}", language)
        console.print(Text.assemble((f"{count:>6} ", style), f" {verdict_name}  {said}"))


def _require_writable(out: Path) -> None:
    """Raise `InvalidInput` for a file that cannot be written, before all the work rather than after it."""
    kind_of(out)
    folder = out.parent
    if out.is_dir() or not folder.is_dir() or not os.access(out if out.exists() else folder, os.W_OK):
        raise InvalidInput(f"--out: got {out}, wanted a file that can be written")


def write(lines: Sequence[Line], out: Path, language: Language) -> None:
    """Write the file of verdicts; raises `InvalidInput` where it cannot be written."""
    _, made = WRITERS[kind_of(out)]
    try:
        out.write_bytes(made(lines, language))
    except OSError as exc:
        raise InvalidInput(f"--out: {out}: {exc.strerror or exc}, wanted a file that can be written") from exc


_SHORT = 40


def _is_many(item: str) -> bool:
    path = _path(item)
    return _is(path, Path.is_dir) or (item.lower().endswith(_MANY) and _is(path, Path.is_file))


def _path(item: str) -> Path:
    """Return what is named; a shell's empty variable names nothing, and not the folder that one happens to be in."""
    return Path(item or os.devnull)


def _is(path: Path, kind: Callable[[Path], bool]) -> bool:
    """Whether there is something of a kind; a code's text is too long, or too odd, for a file's name."""
    try:
        return kind(path)
    except (OSError, ValueError):
        return False


def _is_hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(folder).parts)


def _reader(path: Path) -> Callable[[], Brought]:
    def read() -> Brought:
        try:
            with path.open("rb") as file:
                return Brought(str(path), file.read(MOST_BYTES))
        except OSError:
            # It has been there a moment ago; nobody can read it now.
            return Brought(str(path), b"")

    return read

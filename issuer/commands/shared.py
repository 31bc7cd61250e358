"""What commands share: options, the issuer behind them, tables and progress on the terminal."""

from __future__ import annotations

import codecs
import json
import sys
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from chain.errors import InvalidInput
from issuer import days, proofs
from issuer.errors import Ambiguous, NotAllowed
from issuer.settings import open_settings
from issuer.wiring import Issuer, open_issuer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import date

    from chain.certificate_types import CertificateType
    from issuer.keys import Officer

_WIDE = 400
"""Columns where nobody looks on: what other programs read is not broken into lines."""

# Names and numbers may hold brackets and colons; nothing of them is markup or an emoji.
OUT = Console(highlight=False, markup=False, emoji=False, soft_wrap=True, width=None if sys.stdout.isatty() else _WIDE)
ERR = Console(stderr=True, highlight=False, markup=False, emoji=False, soft_wrap=True)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of words.")]
By = Annotated[str, typer.Option("--by", help="The officer who does it: a name in the keystore folder.")]
ApprovedBy = Annotated[list[str], typer.Option("--approved-by", help="The officer who approves; repeat it for more.")]
PreparedBy = Annotated[str, typer.Option("--prepared-by", "--by", help="The officer who prepares.")]
AgencyOption = Annotated[str, typer.Option("--agency", help="Number, credit code or name of the issuing agency.")]
TypeOption = Annotated[str, typer.Option("--type", help="The certificate type, as `types` lists it.")]
ShortNumber = Annotated[
    str,
    typer.Option("--short-number", help="The short number on any document of the one that is meant, if several fit."),
]
OutFolder = Annotated[Path, typer.Option("--out", help="Folder for the documents; made if missing.")]


def let_through_anything(*streams: TextIO) -> None:
    """Have what an encoding such as GBK has no sign for written as JSON escapes it, rather than end in mid-sentence."""
    codecs.register_error(_AS_JSON, _as_json)
    for stream in streams:
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors=_AS_JSON)


_AS_JSON = "yinxin-as-json"


def _as_json(exc: UnicodeError) -> tuple[str, int]:
    if not isinstance(exc, UnicodeEncodeError):
        raise exc
    units = exc.object[exc.start : exc.end].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[place : place + 2].hex()}" for place in range(0, len(units), 2)), exc.end


@contextmanager
def issuer() -> Iterator[Issuer]:
    """Open the issuer that the settings describe."""
    with open_issuer(open_settings()) as opened:
        yield opened


def day(text: str, option: str) -> date | None:
    """Read a day given as an option; None if it was not given."""
    if not text:
        return None
    try:
        return days.read(text, option)
    except InvalidInput as exc:
        raise typer.BadParameter(str(exc)) from exc


def read(path: Path) -> bytes:
    """Read a file that was named on the command line."""
    try:
        return path.read_bytes()
    except OSError as exc:
        raise typer.BadParameter(f"{path}: {exc.strerror or exc}") from exc


def people(opened: Issuer, names: Sequence[str]) -> list[Officer]:
    """Open officers' keys; refuses one who is named twice before asking for a key."""
    if len(set(names)) < len(names):
        raise NotAllowed(f"got {', '.join(names)}: the same person twice; wanted different persons")
    return [opened.office.keystore.officer(name) for name in names]


def table(*columns: str) -> Table:
    """Return an empty table."""
    made = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        made.add_column(column, overflow="fold")
    return made


def say(value: object) -> None:
    """Print one JSON object."""
    # Not by the console, which colours it where FORCE_COLOR is set: other programs read it.
    OUT.file.write(json.dumps(value, ensure_ascii=False, default=str, indent=2) + "\n")


def say_what_is_unproven(opened: Issuer, batch_ids: Sequence[int]) -> None:
    """Say on standard error which batches wait for their proofs, and why."""
    with opened.office.store.reading() as work:
        missing = proofs.missing(work, batch_ids)
    for number, reason in missing.items():
        ERR.print(f"Batch {number} has no proofs yet: {reason}. `yinxin-issuer proofs` makes them later.", markup=False)


def agency_for(opened: Issuer, certificate_type: CertificateType | None, named: str, officer: str) -> int:
    """Return for which agency something is: the named one, the officer's, or the only one that can be meant.

    `certificate_type` is what it must be able to issue; any type if None.
    """
    directory = opened.office.directory()
    if officer:
        return opened.office.keystore.account(officer).agency
    if wanted := named or opened.settings.agency:
        return directory.find(wanted).id
    here = {account.agency for account in opened.office.keystore.officers()}
    able = [
        directory.agencies[number]
        for number in sorted(here & directory.agencies.keys())
        if (certificate_type is None or certificate_type.number in directory.agencies[number].types)
        and directory.agencies[number].keys
    ]
    if len(able) == 1:
        return able[0].id
    what = "a type" if certificate_type is None else certificate_type.identifier
    names = "; ".join(map(str, able)) or "none whose officers are here"
    raise Ambiguous(f"agency: say with --agency or --by for which one; {what} is held by: {names}")


@contextmanager
def progress(what: str, total: int | None) -> Iterator[Callable[[], None]]:
    """Show a bar on the terminal; yields what to call after each step."""
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=ERR,
        transient=True,
    )
    with bar:
        task = bar.add_task(what, total=total)
        yield lambda: bar.advance(task)


@contextmanager
def counting(what: str) -> Iterator[Callable[[int, int], None]]:
    """Show a bar on the terminal; yields what to tell how much of how much is done."""
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=ERR,
        transient=True,
    )
    with bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)

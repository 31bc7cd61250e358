"""The command line: `yinxin-verifier`.

`check` exits with 0 if all are VALID; 2 if any is CANNOT_CHECK, UNREADABLE or UNSUPPORTED, or if it could not do its
work (settings, database, state folder, anything unforeseen); else 1. A usage mistake is 64. With `--offline` it knows
neither settings nor a database, and speaks to nobody.
"""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table

from chain.errors import InvalidInput, YinxinError
from verifier import answer, bulk_command, checking, evidence_commands, logs, value_faults
from verifier.check.moments import moment, time_of
from verifier.check.report import Verdict
from verifier.command_files import content
from verifier.commands import audit, audit_run, witness
from verifier.printing import let_through_anything, print_report, printable
from verifier.settings import described, open_settings
from verifier.uploads import reading
from verifier.wording import Language, language_named, language_of, say

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from verifier.check.moments import Moment
    from verifier.check.presented import GivenFile
    from verifier.check.receipt_check import Vouchers
    from verifier.check.report import Report
    from verifier.indexing.index import Index
    from verifier.wiring import Verifier

ALL_VALID, NOT_ALL_VALID, NOT_ALL_CHECKED, FAILED, USAGE = 0, 1, 2, 1, 64
_NOT_CHECKED = frozenset({Verdict.CANNOT_CHECK, Verdict.UNREADABLE, Verdict.UNSUPPORTED})
_CODES = {
    "check": (NOT_ALL_CHECKED, USAGE),
    "audit": (audit_run.NOT_RUN, audit_run.USAGE),
    "witness": (witness.NOT_DONE, USAGE),
}
"""What commands exit with that could not do their work, and after a usage mistake, where that is not 1 and 64."""
_STDIN = "-"

OUT, ERR = Console(highlight=False), Console(stderr=True, highlight=False, soft_wrap=True)


def _folder(text: str) -> Path:
    """Return a folder; raises `InvalidInput` for none, which would be the working one."""
    if not text:
        raise InvalidInput("--state: got nothing, wanted a folder")
    return Path(text)


app = typer.Typer(
    name="yinxin-verifier",
    help="Tells whether certificates are to be believed.\n\n"
    + "\n\n".join(
        ["Settings, from environment variables:"]
        + [f"`{name}`: {what}" + (f" Default: {default}" if default else "") for name, default, what in described()]
    ),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
index_app = typer.Typer(help="The verifier's own copy of the registry.", no_args_is_help=True)
app.add_typer(index_app, name="index")
evidence_commands.add_to(app)
app.add_typer(audit.app, name="audit")
witness.add_to(app)


@app.command()
def check(
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE…",
            help="PDF, PNG or JPEG of a page or code, SD-JWT; or a code's text, a short number; - for standard input. "
            "A folder, a ZIP file or a spreadsheet of these is gone through, and answered in a table.",
        ),
    ],
    *,
    on: Annotated[str | None, typer.Option(metavar="DATE", help="Ask about a past day, such as 2026-01-31.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the reports as one JSON object.")] = False,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write a line for each to this file: .xlsx, .csv or .json."),
    ] = None,
    lang: Annotated[
        Language | None,
        typer.Option(
            parser=language_named,
            metavar="|".join(Language),
            help="Language of the words; the verdict comes in both without.",
        ),
    ] = None,
    file_certified: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            help="An existing file, to be compared with what each certificate vouches for; may be given again.",
        ),
    ] = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Ask nobody: believe what a trust list and the files below prove.")
    ] = False,
    trust: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Offline: the trust list, signed by the council.")
    ] = None,
    checkpoint: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Offline: a checkpoint or pack. Only its height is remembered: without one, nothing takes its place.",
        ),
    ] = None,
    proof: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            help="Offline: a proof beside those that documents carry, for SD-JWTs and codes carry none; "
            "may be given again.",
        ),
    ] = None,
    state: Annotated[
        Path | None,
        typer.Option(
            parser=_folder,
            metavar="FOLDER",
            help="Offline: where the newest trust list and checkpoint seen are remembered, and older ones refused; "
            "else YINXIN_STATE_DIR, else $XDG_STATE_HOME/yinxin, else ~/.local/state/yinxin.",
        ),
    ] = None,
) -> int:
    """Check certificates, against the registry as it is now, or offline."""
    # As a path, nothing would be the working folder.
    if "" in inputs:
        raise InvalidInput("FILE: got nothing, wanted a file, a code's text or a short number; - for standard input")
    when = moment(on, _now())
    given = {"--trust": trust, "--checkpoint": checkpoint, "--proof": proof, "--state": state}
    if not offline and (stray := [name for name, value in given.items() if value]):
        raise InvalidInput(f"{', '.join(stray)}: got no --offline, wanted it beside what only it uses")
    main = lang or language_of(os.environ.get("LC_ALL") or os.environ.get("LANG") or "", fallback=Language.ENGLISH)
    if bulk_command.is_many(inputs, out):
        if offline or file_certified:
            raise InvalidInput("got --offline or --file-certified beside many inputs, wanted single files or texts")
        question = bulk_command.Question(
            inputs,
            on,
            out,
            main,
            as_json=as_json,
            vouchers=lambda index: _vouchers(index, when.now),
            pdf_roots=open_settings().pdf_authorities,
        )
        return _exit_code(question.answer(_opened_for_many, _now, OUT, ERR))
    items = [_read(item) for item in inputs]
    files = tuple(reading.given_file(content(path), name=str(path)) for path in file_certified or ())
    if offline:
        from verifier import offline_command  # noqa: PLC0415 (only these questions pay for it)

        evidence = offline_command.Evidence(trust, checkpoint, proof or (), state)
        reports = offline_command.check(items, when, evidence, files, ERR, asked=on is not None)
    else:
        reports = _check_online(items, when, files)
    languages = (main,) if lang else (main, *(other for other in Language if other is not main))
    if as_json:
        sys.stdout.write(
            json.dumps({"reports": [answer.as_json(report, main) for report in reports]}, ensure_ascii=False)
        )
        sys.stdout.write("\n")
    else:
        for report in reports:
            print_report(report, OUT, languages)
    return _exit_code({report.verdict for report in reports})


def _check_online(items: Sequence[tuple[str, bytes | str]], when: Moment, files: tuple[GivenFile, ...]) -> list[Report]:
    followed = _opened()
    reports = []
    for name, item in items:
        if followed is None:
            reports.append(checking.unforeseen(when, name=name))
            continue
        followed.read_on()
        reports.append(_check(name, item, followed.index, when, files))
    return reports


def _opened() -> _Followed | None:
    """Return the index, brought up to date; None if that cannot be, whatever the reason, which is told.

    What follows from there is that nothing can be checked, never that something is not valid.
    """
    try:
        from verifier.wiring import open_index  # noqa: PLC0415 (offline questions need no database, nor the time)

        settings = open_settings()
        until = _Until()
        followed = _Followed(open_index(settings, until=until), until, settings.check_s)
        followed.read()
    except Exception as exc:  # noqa: BLE001 (as it says above)
        _tell_unforeseen(exc)
        return None
    return followed


def _opened_for_many() -> tuple[Index | None, Callable[[], None]]:
    followed = _opened()
    return (None, lambda: None) if followed is None else (followed.index, followed.read_on)


@dataclass(slots=True)
class _Until:
    """Until when nodes may be asked, by the monotonic clock."""

    at: float = 0.0

    def __call__(self) -> float:
        return self.at


@dataclass(slots=True)
class _Followed:
    """The index of one command, read on while many questions are asked of it: let alone it would soon be too old."""

    index: Index
    until: _Until
    check_s: float
    due: float = 0.0
    told: str = ""

    def read(self) -> None:
        """Read what is new on the chain. What is wrong with the nodes is told, and the reports follow from it."""
        self.until.at = time.monotonic() + self.check_s
        self.index.follow(_now())
        self._tell(self.index.trouble)

    def read_on(self) -> None:
        """Read again if it is time to. Where that cannot be, the index gets too old, and the reports say so."""
        if time.monotonic() < self.due:
            return
        try:
            self.read()
        except Exception as exc:  # noqa: BLE001 (one bad moment must not end what has come so far)
            self._tell(_what(exc))

    def _tell(self, trouble: str) -> None:
        if trouble and trouble != self.told:
            ERR.print(printable(trouble), markup=False, style="red")
        self.told, self.due = trouble, time.monotonic() + _READ_ON_S


_READ_ON_S = 5.0
"""How long many questions are answered by what was read: far less than the oldest block that any profile allows."""


def _read(item: str) -> tuple[str, bytes | str]:
    """Return the name to report, and a file's bytes or the text itself; raises `InvalidInput` for a missing file."""
    if item == _STDIN:
        return "standard input", sys.stdin.buffer.read(reading.MAX_UPLOAD + 1)
    try:
        with Path(item).open("rb") as file:
            return item, file.read(reading.MAX_UPLOAD + 1)
    except (OSError, ValueError) as exc:
        # A code's text is too long, or too odd, for a file's name.
        if reading.looks_like_text(item):
            return item if len(item) <= _SHORT else f"{item[:_SHORT]}…", item
        raise InvalidInput(f"got {item[:200]!r}, wanted a file, a code's text or a short number ({exc})") from exc


_SHORT = 40


def _check(name: str, item: bytes | str, index: Index, when: Moment, files: tuple[GivenFile, ...]) -> Report:
    vouchers = partial(_vouchers, index, when.now)
    if isinstance(item, str):
        return checking.check_text(item, index, when, name=name, files=files, vouchers=vouchers)
    roots = open_settings().pdf_authorities
    return checking.check_upload(item, index, when, name=name, files=files, vouchers=vouchers, pdf_roots=roots)


def _vouchers(index: Index | None, now: datetime) -> Vouchers:
    """Tell whose receipts are believed: nobody's where there is no index."""
    from verifier.wiring import vouchers_of  # noqa: PLC0415 (as in `_opened`)

    return checking.nobody() if index is None else vouchers_of(open_settings(), index, now)


def _exit_code(verdicts: set[Verdict]) -> int:
    if verdicts & _NOT_CHECKED:
        return NOT_ALL_CHECKED
    return ALL_VALID if verdicts == {Verdict.VALID} else NOT_ALL_VALID


@app.command()
def serve(
    *,
    host: Annotated[str | None, typer.Option(help="Address to listen on; else YINXIN_HOST.")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port to listen on, 0 for any; else YINXIN_PORT.")
    ] = None,
    workers: Annotated[
        int, typer.Option(min=1, max=64, help="How many processes answer; one of them follows the chain.")
    ] = 1,
) -> None:
    """Serve the public page and the API, following the chain meanwhile."""
    from verifier import serving  # noqa: PLC0415 (only this command pays for loading a server)

    settings = open_settings()
    logs.configure(settings.log_level)
    serving.serve(
        settings,
        host=settings.host if host is None else host,
        port=settings.port if port is None else port,
        workers=workers,
    )


@app.command("settings")
def show_settings() -> None:
    """List all settings and what they mean."""
    table = Table("Variable", "Default", "Meaning", box=None)
    for row in described():
        table.add_row(*row)
    OUT.print(table)


@index_app.command("follow")
def follow() -> None:
    """Follow the chain, cut checkpoints of it, and show them to witnesses, until stopped."""
    from verifier.polling import Loop, following  # noqa: PLC0415 (as above)
    from verifier.published.cutting import Cutter  # noqa: PLC0415 (as in `_opened`)
    from verifier.wiring import open_collector, open_trust_file, open_verifier  # noqa: PLC0415 (as above)

    settings = open_settings()
    logs.configure(settings.log_level)
    verifier = open_verifier(settings)
    cutting = Loop("cutter", Cutter(verifier.checkpoints, clock=_now).turn, when_called=True)
    loops = [
        following(verifier.index, every_s=settings.poll_s, clock=_now, afterwards=lambda _: cutting.call()),
        cutting,
    ]
    trust = open_trust_file(settings, _now(), identity=verifier.index.identity)
    if collector := open_collector(settings, verifier.witnessed, trust, clock=_now):
        loops.append(Loop("collector", collector.turn))
    for loop in loops:
        loop.start()
    try:
        Event().wait()
    finally:
        for loop in loops:
            loop.stop()


@index_app.command("rebuild")
def rebuild() -> int:
    """Forget everything and read the chain from the registry's first block; nothing is forgotten if no node answers."""
    from verifier.wiring import open_verifier  # noqa: PLC0415 (as in `_opened`)

    verifier = open_verifier(open_settings())
    verifier.index.rebuild(_now())
    return _tell(verifier)


@index_app.command("status")
def status() -> int:
    """Say how far the index has come, and whether it may be relied on."""
    from verifier.wiring import open_verifier  # noqa: PLC0415 (as in `_opened`)

    return _tell(open_verifier(open_settings()))


def _tell(verifier: Verifier) -> int:
    index = verifier.index
    progress, newest = index.progress(), verifier.files.newest()
    if progress is None:
        why = f": {index.trouble}" if index.trouble else "."
        ERR.print(f"The registry has not been reached yet{why}", markup=False, style="red")
        return FAILED
    identity, heads, trouble = progress.identity, progress.heads, progress.trouble
    read = time_of(progress.polled_at).isoformat()
    if not trouble and (doubt := index.doubt(_now())):
        # That nobody reads on is no trouble of the nodes, and found by nobody else.
        silent = f"last read at {read}, too long ago to be relied on: does `serve` or `index follow` run?"
        trouble = silent if doubt.key == "registry.silent" else say(doubt, Language.ENGLISH)
    cut = "none" if newest is None else f"{newest.number} of {time_of(newest.timestamp).isoformat()}"
    for name, value in (
        ("chain", str(identity.chain_id)),
        ("registry", f"0x{identity.address.hex()}"),
        ("registry id", f"0x{identity.registry_id.hex()}"),
        ("test", "yes" if identity.test else "no"),
        ("block", str(progress.block_number)),
        ("last read", read),
        ("head of anchors", heads.anchors.hex()),
        ("head of statuses", heads.statuses.hex()),
        ("head of rights", heads.rights.hex()),
        ("newest checkpoint", cut),
        ("trouble", trouble or "none"),
    ):
        # Never cut short: heads are there to be compared.
        OUT.print(f"{name:<16}  {value}", markup=False, soft_wrap=True)
    return FAILED if trouble else 0


def main() -> None:
    """Run the command line and exit."""
    let_through_anything(sys.stdout, sys.stderr)
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command; returns the exit code."""
    logs.configure("error")
    failed, usage = _CODES.get(arguments[0] if arguments else "", (FAILED, USAGE))
    try:
        code = app(arguments, prog_name="yinxin-verifier", standalone_mode=False)
    except typer.exceptions.TyperException as exc:
        ERR.print(_mistake(exc), markup=False, style="red")
        ERR.print("yinxin-verifier COMMAND --help says what is wanted.")
        return usage
    except YinxinError as exc:
        ERR.print(str(exc), markup=False, style="red")
        return usage if isinstance(exc, InvalidInput) else failed
    except (typer.Abort, KeyboardInterrupt):
        return failed
    except SystemExit:
        # So ends, with 1, what writes to a pipe that nobody reads any more; 1 may be an answer to what was asked.
        if failed == FAILED:
            raise
        return failed
    except Exception as exc:  # noqa: BLE001 (1 would say of a certificate that it is not valid)
        _tell_unforeseen(exc)
        return failed
    return code if isinstance(code, int) else 0


def _mistake(exc: typer.exceptions.TyperException) -> str:
    """Say what is wrong with the command line; of a value, what was got and what is wanted."""
    cause, parameter = exc.__cause__, getattr(exc, "param", None)
    if not isinstance(cause, ValidationError) or parameter is None:
        return str(exc.format_message())
    return "; ".join(value_faults.told(fault, name=parameter.opts[0]) for fault in cause.errors())


def _tell_unforeseen(exc: Exception) -> None:
    ERR.print(printable(_what(exc)), markup=False, style="red")


def _what(exc: Exception) -> str:
    """Say what went wrong: ours in full, anything else without the values that it may go on to list."""
    return str(exc) if isinstance(exc, YinxinError) else f"{type(exc).__name__}: {str(exc).partition(chr(10))[0]}"


def _now() -> datetime:
    return datetime.now(UTC)

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
from verifier.printing import print_report
from verifier.settings import described, open_settings
from verifier.uploads import reading
from verifier.wording import Language, language_named, language_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from verifier.check.moments import Moment
    from verifier.check.presented import GivenFile
    from verifier.check.receipt_check import Vouchers
    from verifier.check.report import Report
    from verifier.indexing.checkpoint_rows import Entry
    from verifier.indexing.index import Index, Progress

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
        return _exit_code(question.answer(_opened, _now, OUT, ERR))
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
    index = _opened()
    return [
        checking.unforeseen(when, name=name) if index is None else _check(name, item, index, when, files)
        for name, item in items
    ]


def _opened() -> Index | None:
    """Return the index, brought up to date; None if that cannot be, whatever the reason, which is told.

    What follows from there is that nothing can be checked, never that something is not valid.
    """
    try:
        from verifier.wiring import open_index  # noqa: PLC0415 (offline questions need no database, nor the time)

        settings = open_settings()
        index = open_index(settings, until=time.monotonic() + settings.check_s)
        index.follow(_now())
    except Exception as exc:  # noqa: BLE001 (as it says above)
        _tell_unforeseen(exc)
        return None
    return index


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
    """Forget everything and read the chain from the registry's first block."""
    from verifier.wiring import open_index  # noqa: PLC0415 (as in `_opened`)

    return _tell(open_index(open_settings()).rebuild(_now()))


@index_app.command("status")
def status() -> int:
    """Say how far the index has come, and whether it may be relied on."""
    from verifier.wiring import open_verifier  # noqa: PLC0415 (as in `_opened`)

    verifier = open_verifier(open_settings())
    return _tell(verifier.index.progress(), newest=verifier.files.newest())


def _tell(progress: Progress | None, *, newest: Entry | None = None) -> int:
    if progress is None:
        ERR.print("The registry has not been reached yet.", style="red")
        return FAILED
    identity, heads = progress.identity, progress.heads
    cut = "none" if newest is None else f"{newest.number} of {time_of(newest.timestamp).isoformat()}"
    for name, value in (
        ("chain", str(identity.chain_id)),
        ("registry", f"0x{identity.address.hex()}"),
        ("registry id", f"0x{identity.registry_id.hex()}"),
        ("test", "yes" if identity.test else "no"),
        ("block", str(progress.block_number)),
        ("head of anchors", heads.anchors.hex()),
        ("head of statuses", heads.statuses.hex()),
        ("head of rights", heads.rights.hex()),
        ("newest checkpoint", cut),
        ("trouble", progress.trouble or "none"),
    ):
        # Never cut short: heads are there to be compared.
        OUT.print(f"{name:<16}  {value}", markup=False, soft_wrap=True)
    return FAILED if progress.trouble else 0


def main() -> None:
    """Run the command line and exit."""
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
    except InvalidInput as exc:
        ERR.print(str(exc), markup=False, style="red")
        return usage
    except YinxinError as exc:
        ERR.print(str(exc), markup=False, style="red")
        return failed
    except (typer.Abort, KeyboardInterrupt):
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
    """Say what went wrong: ours in full, anything else without the values that it may go on to list."""
    what = str(exc) if isinstance(exc, YinxinError) else f"{type(exc).__name__}: {str(exc).partition(chr(10))[0]}"
    ERR.print(what, markup=False, style="red")


def _now() -> datetime:
    return datetime.now(UTC)

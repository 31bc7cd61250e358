"""The command line: `yinxin-verifier`.

`check` exits with 0 if all are VALID; 2 if any is CANNOT_CHECK, UNREADABLE or UNSUPPORTED, or if it could not do its
work (settings, database, anything unforeseen); else 1. A usage mistake is 64.
"""

from __future__ import annotations

import json
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table

from chain.errors import InvalidInput, YinxinError
from verifier import answer, checking, logs, reading
from verifier.moments import moment
from verifier.printing import print_report
from verifier.report import Verdict
from verifier.settings import Settings, described
from verifier.wiring import open_index
from verifier.wording import Language, language_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from verifier.index import Index, Progress
    from verifier.moments import Moment
    from verifier.report import Report

ALL_VALID, NOT_ALL_VALID, NOT_ALL_CHECKED, FAILED, USAGE = 0, 1, 2, 1, 64
_NOT_CHECKED = frozenset({Verdict.CANNOT_CHECK, Verdict.UNREADABLE, Verdict.UNSUPPORTED})
_STDIN = "-"

OUT, ERR = Console(highlight=False), Console(stderr=True, highlight=False)

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


@app.command()
def check(
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE…",
            help="PDF, PNG or JPEG of a page or code, SD-JWT; or a code's text, a short number; - for standard input.",
        ),
    ],
    *,
    on: Annotated[str | None, typer.Option(metavar="DATE", help="Ask about a past day, such as 2026-01-31.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the reports as one JSON object.")] = False,
    lang: Annotated[
        Language | None, typer.Option(help="Language of the words; the verdict comes in both without.")
    ] = None,
) -> int:
    """Check certificates, against the registry as it is now."""
    when = moment(on, _now())
    items = [_read(item) for item in inputs]
    index = _opened()
    main = lang or language_of(os.environ.get("LC_ALL") or os.environ.get("LANG") or "", fallback=Language.ENGLISH)
    languages = (main,) if lang else (main, *(other for other in Language if other is not main))
    reports = [
        checking.unforeseen(when, name=name) if index is None else _check(name, item, index, when)
        for name, item in items
    ]
    if as_json:
        sys.stdout.write(
            json.dumps({"reports": [answer.as_json(report, main) for report in reports]}, ensure_ascii=False)
        )
        sys.stdout.write("\n")
    else:
        for report in reports:
            print_report(report, OUT, languages)
    return _exit_code(reports)


def _opened() -> Index | None:
    """Return the index, brought up to date; None if that cannot be, whatever the reason, which is told.

    What follows from there is that nothing can be checked, never that something is not valid.
    """
    try:
        index = open_index(_settings())
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


def _check(name: str, item: bytes | str, index: Index, when: Moment) -> Report:
    if isinstance(item, str):
        return checking.check_text(item, index, when, name=name)
    return checking.check_upload(item, index, when, name=name)


def _exit_code(reports: Sequence[Report]) -> int:
    verdicts = {report.verdict for report in reports}
    if verdicts & _NOT_CHECKED:
        return NOT_ALL_CHECKED
    return ALL_VALID if verdicts == {Verdict.VALID} else NOT_ALL_VALID


@app.command()
def serve(
    *,
    host: Annotated[str | None, typer.Option(help="Address to listen on; else YINXIN_HOST.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on, 0 for any; else YINXIN_PORT.")] = None,
) -> None:
    """Serve the public page and the API, following the chain meanwhile."""
    import uvicorn  # noqa: PLC0415 (only this command pays for loading a server)

    from verifier.app import make_app  # noqa: PLC0415 (as above)

    settings = _settings()
    logs.configure(settings.log_level)
    uvicorn.run(
        make_app(open_index(settings), settings),
        host=settings.host if host is None else host,
        port=settings.port if port is None else port,
        log_config=None,
        access_log=False,
        server_header=False,
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
    """Follow the chain until stopped."""
    settings = _settings()
    logs.configure(settings.log_level)
    index = open_index(settings)
    while True:
        index.follow(_now())
        time.sleep(settings.poll_s)


@index_app.command("rebuild")
def rebuild() -> int:
    """Forget everything and read the chain from the registry's first block."""
    return _tell(open_index(_settings()).rebuild(_now()))


@index_app.command("status")
def status() -> int:
    """Say how far the index has come, and whether it may be relied on."""
    return _tell(open_index(_settings()).progress())


def _tell(progress: Progress | None) -> int:
    if progress is None:
        ERR.print("The registry has not been reached yet.", style="red")
        return FAILED
    identity, heads = progress.identity, progress.heads
    table = Table(box=None, show_header=False)
    for name, value in (
        ("chain", str(identity.chain_id)),
        ("registry", f"0x{identity.address.hex()}"),
        ("registry id", f"0x{identity.registry_id.hex()}"),
        ("test", "yes" if identity.test else "no"),
        ("block", str(progress.block_number)),
        ("head of anchors", heads.anchors.hex()),
        ("head of statuses", heads.statuses.hex()),
        ("head of rights", heads.rights.hex()),
        ("trouble", progress.trouble or "none"),
    ):
        table.add_row(name, value)
    OUT.print(table)
    return FAILED if progress.trouble else 0


def main() -> None:
    """Run the command line and exit."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command; returns the exit code."""
    logs.configure("error")
    is_check = arguments[:1] == [check.__name__]
    try:
        code = app(arguments, prog_name="yinxin-verifier", standalone_mode=False)
    except typer.exceptions.TyperException as exc:
        ERR.print(exc.format_message(), markup=False, style="red")
        ERR.print("yinxin-verifier COMMAND --help says what is wanted.")
        return USAGE
    except InvalidInput as exc:
        ERR.print(str(exc), markup=False, style="red")
        return USAGE
    except YinxinError as exc:
        ERR.print(str(exc), markup=False, style="red")
        return NOT_ALL_CHECKED if is_check else FAILED
    except (typer.Abort, KeyboardInterrupt):
        return NOT_ALL_CHECKED if is_check else FAILED
    except Exception as exc:  # noqa: BLE001 (1 would say of a certificate that it is not valid)
        _tell_unforeseen(exc)
        return NOT_ALL_CHECKED if is_check else FAILED
    return code if isinstance(code, int) else 0


def _tell_unforeseen(exc: Exception) -> None:
    """Say what went wrong: ours in full, anything else without the values that it may go on to list."""
    what = str(exc) if isinstance(exc, YinxinError) else f"{type(exc).__name__}: {str(exc).partition(chr(10))[0]}"
    ERR.print(what, markup=False, style="red")


def _settings() -> Settings:
    try:
        return Settings()
    except ValidationError as exc:
        faults = "; ".join(f"YINXIN_{str(error['loc'][0]).upper()}: {error['msg']}" for error in exc.errors())
        raise InvalidInput(f"settings: {faults}") from exc


def _now() -> datetime:
    return datetime.now(UTC)

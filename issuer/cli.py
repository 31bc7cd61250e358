"""The command line: `yinxin-issuer`. Exit 0 is done, 1 is refused or failed with the reasons, 64 is a usage mistake.

`reconcile` says with 1 that something differs; what kept it from being done, whatever that is, is 3 there.
"""

from __future__ import annotations

import logging
import sys
from importlib import metadata
from typing import Annotated

import structlog
import typer

from chain.errors import ClaimsInvalid, RegistryRefused, YinxinError
from issuer import refusals
from issuer.commands import (
    batches,
    clients,
    drafts,
    examining,
    finding,
    holders,
    keeping,
    looking,
    orders,
    people,
    proving,
    reconciling,
    registry,
    rehearsing,
    serving,
    statuses,
    webhooks,
    working,
)
from issuer.commands.shared import ERR, OUT, let_through_anything
from issuer.errors import FileRefused
from issuer.settings import described, open_settings

DONE, FAILED, USAGE = 0, 1, 64

_SETTINGS = "\n\n".join(
    ["Settings, from environment variables:"]
    + [
        f"`{variable}`: {meaning}" + (f" Default: {default}" if default else "")
        for variable, default, meaning in described()
    ]
)

app = typer.Typer(
    name="yinxin-issuer",
    help=f"Issues e-certificates that can be checked on a chain.\n\n{_SETTINGS}",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)


def _tell_version(wanted: bool) -> None:  # noqa: FBT001 — typer calls it so
    if wanted:
        OUT.print(f"yinxin {metadata.version('yinxin')}")
        raise typer.Exit


@app.callback()
def _prepare_logs(
    *,
    verbose: Annotated[bool, typer.Option("--verbose", help="Show what happens, without personal data.")] = False,
    _version: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Say which version this is.")
    ] = False,
) -> None:
    level = "info" if verbose else open_settings().log_level
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        # Looked up for each line, so that whoever redirects standard error gets them.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
    )


for group in (
    batches,
    drafts,
    rehearsing,
    proving,
    statuses,
    orders,
    finding,
    looking,
    examining,
    reconciling,
    registry,
    serving,
    working,
    people,
    keeping,
    clients,
    webhooks,
    holders,
):
    group.add_to(app)


def main() -> None:
    """Run the command line and exit."""
    let_through_anything(sys.stdout, sys.stderr)
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command; returns the exit code."""
    code = _run(arguments)
    if code is not None:
        return code
    command = next((word for word in arguments if not word.startswith("-")), "")
    return reconciling.NOT_RUN if command == reconciling.NAME else FAILED


def _run(arguments: list[str]) -> int | None:
    """Run one command; returns the exit code that it chose, None if it was refused, or could not be done."""
    try:
        code = app(arguments, prog_name="yinxin-issuer", standalone_mode=False)
    except typer.exceptions.TyperException as exc:
        said = getattr(exc, "format_message", exc.__str__)
        ERR.print(said(), markup=False, style="red")
        ERR.print("yinxin-issuer COMMAND --help says what is wanted.")
        return USAGE
    except (typer.Abort, KeyboardInterrupt):
        ERR.print("Stopped. Nothing is lost; repeat the command to go on.")
    except SystemExit as exc:
        # With 1 ends what writes to a pipe that nobody reads any more.
        if exc.code != FAILED:
            raise
    except YinxinError as exc:
        _explain(exc)
    except OSError as exc:
        _complain(f"{exc.filename or 'files'}: {exc.strerror or exc}; nothing is lost, repeat the command to go on")
    except Exception as exc:  # noqa: BLE001 — people get a sentence, whatever happens; a caller gets the exit code
        # Without the values that a foreign exception may go on to list.
        _complain(f"unforeseen: {type(exc).__name__}: {str(exc).partition(chr(10))[0]}")
    else:
        return code if isinstance(code, int) else DONE
    return None


def _complain(words: str) -> None:
    ERR.print(words, markup=False, style="red")


def _explain(error: YinxinError) -> None:
    match error:
        case FileRefused(faults=faults) | ClaimsInvalid(faults=faults):
            for fault in faults:
                ERR.print(str(fault), markup=False, style="red")
            ERR.print(f"{len(faults)} faults; nothing was written.", markup=False)
        case RegistryRefused():
            ERR.print(refusals.sentence(error), markup=False, style="red")
        case _:
            ERR.print(str(error), markup=False, style="red")

"""The command line: `yinxin-issuer`. Exit 0 is done, 1 is refused or failed with the reasons, 64 is a usage mistake."""

from __future__ import annotations

import logging
import sys
from typing import Annotated

import structlog
import typer

from chain.errors import ClaimsInvalid, RegistryRefused, YinxinError
from issuer import refusals
from issuer.commands import batches, looking, proving, registry, serving, statuses
from issuer.commands.shared import ERR
from issuer.errors import FileRefused
from issuer.settings import Settings, described

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


@app.callback()
def _prepare_logs(
    *, verbose: Annotated[bool, typer.Option("--verbose", help="Show what happens, without personal data.")] = False
) -> None:
    level = "info" if verbose else Settings().log_level
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


for group in (batches, proving, statuses, looking, registry, serving):
    group.add_to(app)


def main() -> None:
    """Run the command line and exit."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command; returns the exit code."""
    try:
        code = app(arguments, prog_name="yinxin-issuer", standalone_mode=False)
    except typer.exceptions.TyperException as exc:
        said = getattr(exc, "format_message", exc.__str__)
        ERR.print(said(), markup=False, style="red")
        ERR.print("yinxin-issuer COMMAND --help says what is wanted.")
        return USAGE
    except (typer.Abort, KeyboardInterrupt):
        ERR.print("Stopped. Nothing is lost; repeat the command to go on.")
        return FAILED
    except YinxinError as exc:
        _explain(exc)
        return FAILED
    return code if isinstance(code, int) else DONE


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

"""The commands for what this verifier hands out: its key, checkpoints and packs."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path  # noqa: TC003 (typer reads annotations at run time)
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from chain import base64url
from chain.errors import InvalidInput, RegistryUnavailable
from verifier.check.moments import time_of
from verifier.settings import open_settings

if TYPE_CHECKING:
    from verifier.indexing.checkpoint_rows import Entry
    from verifier.published.evidence_files import EvidenceFiles, Kind

_MOST = 1_000

OUT = Console(highlight=False)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of words.")]

checkpoint_app = typer.Typer(help="Files by which others verify without a network.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("key")(show_key)
    app.add_typer(checkpoint_app, name="checkpoint")


def show_key(*, as_json: Json = False) -> None:
    """Show the key that vouches for this verifier's checkpoints; makes it if there is none yet.

    The council puts it into the trust list: `yinxin-issuer registry trust-list --attester`.
    """
    from verifier.wiring import attester_of  # noqa: PLC0415 (as in `verifier.cli`: not everybody needs a database)

    public = attester_of(open_settings()).public
    kid = base64url.encode(public.kid)
    if as_json:
        sys.stdout.write(json.dumps({"kid": kid, "jwk": public.jwk()}) + "\n")
        return
    OUT.print(f"kid  {kid}", soft_wrap=True)
    OUT.print(f"JWK  {json.dumps(public.jwk())}", markup=False, soft_wrap=True)


@checkpoint_app.command("cut")
def cut(
    *,
    out: Annotated[Path | None, typer.Option(help="Also write the newest checkpoint to this file.")] = None,
    as_json: Json = False,
) -> None:
    """Read what is new on the chain, and cut a checkpoint if there is something that the newest one lacks."""
    from verifier.published.evidence_files import Kind  # noqa: PLC0415 (as above)
    from verifier.wiring import open_verifier  # noqa: PLC0415 (as above)

    verifier = open_verifier(open_settings())
    now = datetime.now(UTC)
    progress = verifier.index.follow(now)
    if progress is None or progress.trouble:
        why = "the registry has not been reached yet" if progress is None else progress.trouble
        raise RegistryUnavailable(f"no checkpoint was cut: {why}")
    made = verifier.checkpoints.cut(now, at_once=True)
    newest = next(iter(verifier.files.entries(limit=1)), None)
    if as_json:
        answer = {"cut": made is not None, "newest": None if newest is None else _as_json(newest)}
        sys.stdout.write(json.dumps(answer) + "\n")
    elif made is not None:
        OUT.print(f"Cut at block {made.number}, of {time_of(made.timestamp).isoformat()}.")
    else:
        known = f"the newest one, of block {newest.number}, lacks nothing" if newest else "no block is final yet"
        OUT.print(f"Nothing new is final: {known}.")
    if out is not None:
        _write(verifier.files, Kind.CHECKPOINT, None, out)


@checkpoint_app.command("list")
def list_all(
    *,
    limit: Annotated[int, typer.Option(min=1, max=_MOST, help="How many at most, the newest first.")] = 20,
    as_json: Json = False,
) -> None:
    """List the checkpoints that were cut here."""
    from verifier.wiring import open_verifier  # noqa: PLC0415 (as above)

    entries = open_verifier(open_settings()).files.entries(limit=limit)
    if as_json:
        sys.stdout.write(json.dumps({"checkpoints": [_as_json(entry) for entry in entries]}) + "\n")
        return
    table = Table("Block", "Time", box=None)
    table.add_column("Hash", overflow="fold")
    for entry in entries:
        table.add_row(str(entry.number), time_of(entry.timestamp).isoformat(), f"0x{entry.hash.hex()}")
    OUT.print(table)


@checkpoint_app.command("export")
def export(
    *,
    out: Annotated[Path, typer.Option(help="The file to write.")],
    block: Annotated[int | None, typer.Option(min=0, help="Of this block; else the newest one.")] = None,
    pack: Annotated[bool, typer.Option("--pack", help="With the data files of the certificate types.")] = False,
) -> None:
    """Write a checkpoint, or the newest pack, to a file."""
    if pack and block is not None:
        raise InvalidInput("got --pack and --block, wanted one of them: a pack is of the newest checkpoint")
    from verifier.published.evidence_files import Kind  # noqa: PLC0415 (as above)
    from verifier.wiring import open_verifier  # noqa: PLC0415 (as above)

    _write(open_verifier(open_settings()).files, Kind.PACK if pack else Kind.CHECKPOINT, block, out)


def _write(files: EvidenceFiles, kind: Kind, block: int | None, path: Path) -> None:
    file = files.find(kind, block)
    data = None if file is None else files.content(file)
    if file is None or data is None:
        raise InvalidInput("there is no such checkpoint; `checkpoint list` shows those there are, `cut` makes one")
    try:
        path.write_bytes(data)
    except OSError as exc:
        raise InvalidInput(f"{path}: {exc.strerror or exc}; the file could not be written") from exc
    OUT.print(f"{path}: block {file.number}, {len(data)} bytes", markup=False, soft_wrap=True)


def _as_json(entry: Entry) -> dict[str, str | int]:
    return {
        "block_number": entry.number,
        "block_hash": f"0x{entry.hash.hex()}",
        "time": time_of(entry.timestamp).isoformat(),
    }

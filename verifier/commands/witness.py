"""A witness's commands: `yinxin-verifier witness …`. It needs no node, no database and none of the settings."""

from __future__ import annotations

import json
import sys
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from verifier import logs
from verifier.check.moments import time_of
from verifier.command_files import content

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from verifier.witnessing.rounds import Rounds, Seen
    from verifier.witnessing.witness import Witness
    from verifier.witnessing.witnessed import Side

ALARM, NOT_PROVEN, NOT_DONE = 1, 1, 2

OUT = Console(highlight=False)

app = typer.Typer(help="Be an outsider who remembers what verifiers told, and co-signs it.", no_args_is_help=True)

From = Annotated[list[str] | None, typer.Option("--from", metavar="URL", help="A verifier to ask; may be given again.")]
TrustList = Annotated[
    Path, typer.Option("--trust-list", metavar="FILE", help="The trust list, signed by the council: whom to believe.")
]
FolderOption = Annotated[
    Path,
    typer.Option("--folder", metavar="DIR", help="Where key, co-signatures and alarms are kept."),
]
Name = Annotated[str, typer.Option("--name", help="What this witness calls itself in what it signs.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of words.")]


def add_to(parent: typer.Typer) -> None:
    """Add these commands."""
    parent.add_typer(app, name="witness")


@app.command("once")
def once(
    *, trust_list: TrustList, folder: FolderOption, name: Name, sources: From = None, as_json: Json = False
) -> int:
    """Ask each verifier for its newest checkpoint, once, and co-sign what goes on from all that was seen.

    Without --from it asks nobody, and tells only what it has seen before.

    Exits with 0 if all is well, 1 if something is for somebody to look at, 2 if a verifier could
    not be asked, or the witness could not do its work.
    """
    with _opened(sources, trust_list, folder, name) as (witness, rounds):
        seen = rounds.once()
        newest = witness.newest
        if as_json:
            told = {
                "verifiers": [_as_json(each) for each in seen],
                "newest": None if newest is None else newest.statement.number,
            }
            sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
        else:
            for each in seen:
                _say(each)
            _line("newest", "none" if newest is None else f"block {newest.statement.number}")
    if any(each.is_alarm for each in seen):
        return ALARM
    return NOT_DONE if any(each.trouble for each in seen) else 0


@app.command("serve")
def serve(
    *,
    trust_list: TrustList,
    folder: FolderOption,
    name: Name,
    sources: From = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on, 0 for any.", min=0, max=65535)] = 8004,
    every: Annotated[float, typer.Option(help="Seconds between two rounds.", min=0.1)] = 30.0,
    log_level: Annotated[str, typer.Option(help="Least severe log line shown.")] = "info",
) -> None:
    """Ask again and again, take what is handed in, and publish what was co-signed, until stopped."""
    import uvicorn  # noqa: PLC0415 (only this command pays for loading a server)

    from verifier.polling import Loop  # noqa: PLC0415 (as above)
    from verifier.routes import witness_service  # noqa: PLC0415 (as above)

    logs.configure(log_level)
    with _opened(sources, trust_list, folder, name) as (witness, rounds):
        loop = Loop("witness", lambda: rounds.turn(every))

        @asynccontextmanager
        async def rounding() -> AsyncIterator[None]:
            loop.start()
            yield
            loop.stop()

        made = witness_service.make_app(witness, lifespan=rounding())
        config = uvicorn.Config(made, host=host, port=port, log_config=None, access_log=False, server_header=False)
        server = uvicorn.Server(config)
        server.run()
        if not server.started:
            sys.exit(NOT_DONE)


@app.command("key")
def key(*, folder: FolderOption, name: Name, url: Annotated[str, typer.Option(help="Where it serves.")]) -> None:
    """Show the entry by which verifiers know this witness, for their YINXIN_WITNESSES; makes the key if need be."""
    from verifier.attesting import make_attester  # noqa: PLC0415 (as above)
    from verifier.witnessing.asking import checked_url  # noqa: PLC0415 (as above)
    from verifier.witnessing.cosignature import checked_name  # noqa: PLC0415 (as above)

    entry = {"name": checked_name(name), "url": checked_url(url), "key": make_attester(folder).public.jwk()}
    sys.stdout.write(json.dumps({"witnesses": [entry]}, ensure_ascii=False, indent=1) + "\n")


@app.command("check-split")
def check_split(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A split view, from a witness or a verifier.")],
    *,
    trust_list: Annotated[
        Path | None,
        typer.Option("--trust-list", metavar="FILE", help="The trust list to believe, in place of the file's own."),
    ] = None,
) -> int:
    """Check that two histories of one chain were vouched for: exits with 0 if the file proves it, with 1 if not.

    The file has the trust list in it by which both were believed. Whoever doubts that list names one.
    """
    from chain.errors import EvidenceMalformed, EvidenceRefused  # noqa: PLC0415 (as above)
    from chain.trust_list import TrustList as Listed  # noqa: PLC0415 (as above)
    from verifier.witnessing import split_view  # noqa: PLC0415 (as above)
    from verifier.witnessing.witnessed import Split  # noqa: PLC0415 (as above)

    data, given = content(file), None if trust_list is None else content(trust_list)
    try:
        named = None if given is None else Listed.parse(given)
        shown = split_view.check(split_view.SplitView.parse(data), named)
    except (EvidenceMalformed, EvidenceRefused) as exc:
        _line("not proven", f"{type(exc).__name__}: {exc}")
        return NOT_PROVEN
    split = Split.of(shown)
    _line("proven", f"two histories of one registry: {shown.difference}")
    _line("registry", f"0x{shown.trust.registry_id.hex()}, chain {shown.trust.chain_id}")
    source = "in the file" if named is None else str(trust_list)
    _line("trust list", f"version {shown.trust.version}, {source}")
    if named is None:
        digest = sha256(shown.trust.signed_bytes).hexdigest()
        _line("WARNING", f"proven ONLY IF the trust list with SHA-256 {digest} is the council's; compare, or name one")
    for label, side in (("one", split.older), ("other", split.newer)):
        _tell(label, side)
    return 0


def _tell(label: str, side: Side) -> None:
    from chain import base64url  # noqa: PLC0415 (as above)

    _line(label, f"block {side.number}, 0x{side.hash.hex()}, of {time_of(side.timestamp).isoformat()}")
    for name in ("anchors", "statuses", "rights"):
        _line(f"  {name}", f"0x{getattr(side.heads, name).hex()}")
    _line("  signed by", ", ".join(map(base64url.encode, side.attesters)) or "no attester of the list")
    if side.seals is not None:
        _line("  sealed by", f"{side.seals} validators")


@contextmanager
def _opened(sources: list[str] | None, trust_list: Path, folder: Path, name: str) -> Iterator[tuple[Witness, Rounds]]:
    """Open a witness for this process alone; raises `InvalidInput`, `FolderUnusable` or `SigningFailed`."""
    from chain.errors import EvidenceMalformed, InvalidInput, TrustListRefused  # noqa: PLC0415 (as above)
    from chain.trust_list import TrustList as Listed  # noqa: PLC0415 (as above)
    from verifier.published.trust_file import Expected, TrustFile  # noqa: PLC0415 (as above)
    from verifier.witnessing.asking import checked_url  # noqa: PLC0415 (as above)
    from verifier.witnessing.folder import opened  # noqa: PLC0415 (as above)
    from verifier.witnessing.rounds import Rounds  # noqa: PLC0415 (as above)
    from verifier.witnessing.witness import Witness  # noqa: PLC0415 (as above)

    urls = tuple(dict.fromkeys(map(checked_url, sources or ())))
    try:
        listed = Listed.parse(content(trust_list))
    except (EvidenceMalformed, TrustListRefused) as exc:
        raise InvalidInput(f"{trust_list}: wanted the trust list that the council signed: {exc}") from exc
    expected = Expected(listed.registry, listed.registry_id, listed.chain_id)
    with opened(folder) as kept:
        trust = TrustFile(trust_list, expected, folder=folder)
        witness = Witness(name, kept, trust, clock=_now)
        yield witness, Rounds(witness, urls)


def _say(seen: Seen) -> None:
    if seen.trouble:
        _line("unanswered", seen.trouble)
    elif seen.answer is not None:
        number = "" if seen.answer.number is None else f", block {seen.answer.number}"
        why = f": {seen.answer.detail}" if seen.answer.detail else ""
        _line("ALARM" if seen.is_alarm else seen.answer.outcome.value, f"{seen.source}{number}{why}")


def _as_json(seen: Seen) -> dict[str, str | int | bool | None]:
    answer = seen.answer
    return {
        "source": seen.source,
        "outcome": None if answer is None else answer.outcome.value,
        "block_number": None if answer is None else answer.number,
        "detail": seen.trouble or (answer.detail if answer is not None else ""),
        "alarm": seen.is_alarm,
        "split_view": answer.split.name if answer is not None and answer.split is not None else None,
    }


def _line(label: str, text: str) -> None:
    OUT.print(f"{label:<12}  {text}", markup=False, soft_wrap=True)


def _now() -> datetime:
    return datetime.now(UTC)

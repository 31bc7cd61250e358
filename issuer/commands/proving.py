"""Proofs that verify without a network: make those that are missing, or make them again."""

from __future__ import annotations

from typing import Annotated

import typer

from chain.errors import RegistryUnavailable
from issuer import proofs as making
from issuer.commands.shared import OUT, Json, issuer, progress, say
from issuer.errors import ProofMissing


def proofs(
    *,
    batch: Annotated[
        list[int] | None, typer.Option("--batch", help="A batch's number; repeat it for more. All if left out.")
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Make those anew that are there already.")] = False,
    as_json: Json = False,
) -> None:
    """Make the proofs of issued batches that have none. Documents that are written afterwards carry them."""
    made: list[int] = []
    without: list[int] = []
    failed: dict[int, str] = {}
    with issuer() as opened:
        with opened.office.store.reading() as work:
            wanted = batch or making.waiting(work, again=again)
        with progress("proofs", len(wanted)) as tick:
            for number in wanted:
                try:
                    (made if making.make(opened.office, number, again=again) else without).append(number)
                except RegistryUnavailable as exc:
                    failed[number] = str(exc)
                tick()
    if as_json:
        reasons = [{"batch": number, "reason": reason} for number, reason in failed.items()]
        say({"made": made, "without": without, "failed": reasons})
    elif made:
        OUT.print(
            f"Proofs of batch {_listed(made)} are made; `yinxin-issuer documents` hands out those of issued batches."
        )
    elif without:
        OUT.print(f"Batch {_listed(without)}: this chain has no such proofs; certificates are checked online.")
    elif not failed:
        OUT.print("No batch waits for its proofs.")
    if failed:
        raise ProofMissing("\n".join(f"batch {number}: no proofs yet: {reason}" for number, reason in failed.items()))


def add_to(app: typer.Typer) -> None:
    """Add this command."""
    app.command()(proofs)


def _listed(numbers: list[int]) -> str:
    return ", ".join(map(str, numbers))

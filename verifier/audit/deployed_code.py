"""Whether the code that runs at the registry's addresses is ours, as far as the chain's state proves it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chain.errors import RegistryError
from chain.steps import List
from verifier.audit.memory import Compared
from verifier.audit.rules import found, written

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from chain.registry import Identity
    from verifier.audit.finding import Finding
    from verifier.audit.sources import ChainSource, RawHeader, ShownCode


@dataclass(frozen=True, slots=True)
class Checked:
    """What looking at the code after a block came to."""

    compared: Compared
    findings: Sequence[Finding] = ()


def checked(source: ChainSource, identity: Identity, header: RawHeader, recorded: Container[List]) -> Checked:
    """Hold the code after a block against ours; `recorded` are the lists in which something had been by then.

    A contract that has recorded nothing yet need not stand there yet.
    """
    block = header.number
    state_root = None if header.header is None else header.header.state_root
    findings: list[Finding] = []
    is_proven = True
    for address, lists in (
        (identity.address, (List.ANCHORS, List.STATUSES)),
        (identity.agencies_address, (List.RIGHTS,)),
    ):
        shown = source.code(address, block, state_root)
        if shown is None:
            return Checked(Compared.NOTHING, findings)
        if shown.oddness:
            findings.append(found("code_not_proven", block=block, address=written(address), detail=shown.oddness))
        is_there = shown.code != b"" or any(each in recorded for each in lists)
        if is_there and not source.is_our_code(address, shown.code):
            findings.append(_swapped(address, block, shown))
        is_proven = is_proven and shown.is_proven
    if is_proven:
        return Checked(Compared.PROVEN, findings)
    # Where the chain could have proven it, the node's word is not enough.
    return Checked(Compared.NOTHING if source.has_proofs else Compared.TOLD, findings)


def swapped(source: ChainSource, stood_at: int) -> list[Finding]:
    """Say whether a registry that cannot be asked is none of ours any more; nothing if that cannot be asked either.

    A node that has not come as far yet as a block at which it stood need not have any code there. `stood_at` is
    negative where none is known: a first audit of a node that still reads the chain says nothing of no code.
    """
    try:
        newest = source.newest().number
        shown = source.code(source.address, newest, None)
    except RegistryError:
        return []
    if shown is None or source.is_our_code(source.address, shown.code):
        return []
    if not shown.code and (stood_at < 0 or newest < stood_at):
        return []
    return [_swapped(source.address, newest, shown)]


def _swapped(address: bytes, block: int, shown: ShownCode) -> Finding:
    return found("code_swapped", block=block, address=written(address), size=len(shown.code))

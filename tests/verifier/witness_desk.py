"""Two verifiers' checkpoints and a witness, without a chain: histories are made up, and attested by test keys."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING

from chain import history
from chain.checkpoint import Checkpoint
from chain.history import History, Step
from chain.keys import PublicKey, signer
from chain.trust_list import TrustList
from tests import sealed
from tests.made_up_history import made_up
from tests.sealed import attester
from verifier.published.trust_file import Expected, TrustFile
from verifier.witnessing.folder import Folder
from verifier.witnessing.witness import Witness

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric import ec

NAME = "演示审计厅"
NOW = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)
REGISTRY_ID = sha256(b"yinxin registry of witnesses").digest()
REGISTRY, AGENCIES = b"\x11" * 20, b"\x22" * 20
CHAIN_ID = 31337
ATTESTER = attester()


def trust_file(**changes: object) -> bytes:
    """Return the trust list of a chain without seals, whose attester is a verifier."""
    values: dict[str, object] = {
        "registry_id": REGISTRY_ID,
        "registry": REGISTRY,
        "agencies": AGENCIES,
        "chain_id": CHAIN_ID,
        "scheme": "none",
        "attesters": (ATTESTER,),
    }
    return sealed.trust_list(sealed.signed_part(**(values | changes))).encode()  # type: ignore[arg-type]  # By name.


TRUST_FILE = trust_file()
TRUST = TrustList.parse(TRUST_FILE)


@cache
def steps() -> tuple[Step, ...]:
    """Return what happened: rights first, then batches and statuses, one a block."""
    return tuple(made_up(5, 5))


def until(block: int) -> tuple[Step, ...]:
    """Return what happened up to a block."""
    return tuple(each for each in steps() if each.block_number <= block)


def blocks() -> list[int]:
    """Return the blocks in which something happened, ascending."""
    return sorted({each.block_number for each in steps()})


def forged(told: Sequence[Step], place: int = -1) -> tuple[Step, ...]:
    """Return another history: one event's last byte is another."""
    changed = list(told)
    arguments = changed[place].arguments
    changed[place] = replace(changed[place], arguments=arguments[:-1] + bytes([arguments[-1] ^ 1]))
    return tuple(changed)


def checkpoint_of(
    told: Sequence[Step],
    number: int | None = None,
    *,
    fork: str = "",
    by: Sequence[ec.EllipticCurvePrivateKey] = (ATTESTER,),
    sign: Callable[[ec.EllipticCurvePrivateKey], Callable[[bytes], bytes]] = signer,
) -> Checkpoint:
    """Return a checkpoint of a history, at its last block or a later one, attested."""
    number = told[-1].block_number if number is None else number
    packed = history.encode(told)
    made = Checkpoint(
        registry_id=REGISTRY_ID,
        chain_id=CHAIN_ID,
        registry=REGISTRY,
        agencies=AGENCIES,
        block_number=number,
        block_hash=sha256(f"block {number} {fork}".encode()).digest(),
        timestamp=told[-1].timestamp,
        heads=History.parse(packed).heads(),
        state=None,
        history=packed,
    )
    for key in by:
        made = made.attested(PublicKey.of(key).kid, sign(key))
    return made


def witness_in(folder: Path, *, now: datetime = NOW) -> Witness:
    """Open a witness on a folder that has its trust list in it."""
    path = folder / "trust.json"
    if not path.exists():
        path.write_bytes(TRUST_FILE)
    listed = TrustList.parse(path.read_bytes())
    expected = Expected(listed.registry, listed.registry_id, listed.chain_id)
    return Witness(NAME, Folder(folder / "witness"), TrustFile(path, expected, folder=folder), clock=lambda: now)

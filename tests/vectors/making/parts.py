"""A proof before it is packed, so that one can do to it what one likes."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from typing import Any

from chain import cbor
from tests.sealed import addresses, clique, ibft2, qbft, signed_part, trust_list, validators
from tests.vectors.making.material import Batch, Material, material, path_of

LATER = validators(4, "later validator")
CHANGE_OF_SETS = 5_000
"""From this height on, the trust lists pin other validators."""
MIGRATED = "ibft2 then qbft"
MIGRATION = 60
"""From this height on, a chain that was sealed under IBFT 2 is sealed under QBFT."""
RECEIPT, STATE = 0, 1

Vector = dict[str, Any]


def trust_of(kept: Material, scheme: str, count: int = 4, **changed: Any) -> str:  # noqa: ANN401 - members of the list
    """Return the trust list for a chain sealed by so many validators, or for one that changed its scheme."""
    those = addresses(validators(count))
    sets: list[Any] = [] if scheme == "none" else [(0, CHANGE_OF_SETS, those)]
    if scheme == MIGRATED:
        sets = [(0, MIGRATION, those, "ibft2"), (MIGRATION, CHANGE_OF_SETS, those, "qbft")]
    if count == 4 and sets:
        sets.append((CHANGE_OF_SETS, None, addresses(LATER), "qbft" if scheme == MIGRATED else scheme))
    given: dict[str, Any] = {
        "registry_id": kept.registry_id,
        "registry": kept.registry,
        "agencies": kept.agencies,
        "chain_id": kept.chain_id,
        "scheme": scheme,
        "sets": sets,
        **changed,
    }
    return trust_list(signed_part(**given))


@dataclass(slots=True)
class Parts:
    """A proof before it is packed, and what it is asked about."""

    name: str
    trust_list: str
    scheme: str
    """Under which the headers are sealed, whatever the trust list says."""
    kept: Material
    batch: Batch
    registry_id: bytes
    path: list[Any]
    headers: list[bytes]
    evidence: list[Any]
    leaf: bytes
    agency: int
    envelope: list[Any] = field(default_factory=lambda: ["yinxin-proof", 1])
    file: bytes | None = None
    """In place of what all this makes."""

    def packed(self) -> bytes:
        """Return the file."""
        if self.file is not None:
            return self.file
        members: list[Any] = [*self.envelope, self.registry_id, self.path, self.headers, self.evidence]
        return zlib.compress(cbor.encode(members), 9)

    def asked(self) -> Vector:
        """Return what a verifier is given."""
        return {
            "name": self.name,
            "trust_list": self.trust_list,
            "proof": self.packed().hex(),
            "leaf": self.leaf.hex(),
            "agency": self.agency,
        }


def sealed_run(kept: Material, block: int, scheme: str, count: int = 4) -> list[bytes]:
    """Return the headers that a proof of a block carries."""
    those = validators(count)
    quorum = -(-2 * count // 3)
    match scheme:
        case "qbft":
            return [qbft(those).sealed(kept.headers[block], those[:quorum])]
        case "ibft2":
            return [ibft2(those).sealed(kept.headers[block], those[-quorum:])]
        case "clique":
            return clique(kept.run(block, count // 2 + 1), those[: count // 2 + 1])
        case _:
            return [kept.headers[block]]


def parts(
    name: str,
    chain: str,
    batch: str,
    *,
    index: int = 0,
    scheme: str = "qbft",
    count: int = 4,
    kind: int = RECEIPT,
    trusted: str | None = None,
) -> Parts:
    """Return a sound proof of a batch's leaf; `trusted` is the scheme of the trust list, if another one."""
    kept = material(chain)
    anchored = kept.batches[batch]
    evidence: list[Any] = (
        [RECEIPT, anchored.transaction_index, kept.receipt_nodes(anchored)]
        if kind == RECEIPT
        else [STATE, anchored.account_nodes, anchored.slot_nodes]
    )
    return Parts(
        name=name,
        trust_list=f"{chain}, {trusted or scheme}, {count}",
        scheme=scheme,
        kept=kept,
        batch=anchored,
        registry_id=kept.registry_id,
        path=path_of(anchored.leaves, index),
        headers=sealed_run(kept, anchored.block, scheme, count),
        evidence=evidence,
        leaf=anchored.leaves[index],
        agency=anchored.agency,
    )

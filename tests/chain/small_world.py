"""A state with a registry's heads in it, a sealed header over that state, and a checkpoint of them.

The tries are grown by the library that others trust, not by ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import rlp
from trie import HexaryTrie  # type: ignore[import-untyped]

from chain import history
from chain.checkpoint import Checkpoint, StateProof
from chain.header import Header
from chain.history import Heads, History
from chain.keccak import keccak
from chain.keys import PublicKey, signer
from chain.trust_list import TrustList
from tests import sealed
from tests.chain.raw_headers import raw_header

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chain.history import Step

REGISTRY_ID, REGISTRY, AGENCIES = b"r" * 32, b"c" * 20, b"a" * 20
CHAIN_ID = 20_260
BLOCK, TIME = 100, 1_780_000_000
VALIDATORS = sealed.validators(4)


@dataclass(frozen=True, slots=True)
class State:
    """Storage of two contracts, and the way to their heads."""

    heads: Heads
    certificates: HexaryTrie
    agencies: HexaryTrie
    accounts: HexaryTrie

    @property
    def root(self) -> bytes:
        """The header's stateRoot."""
        return bytes(self.accounts.root_hash)

    def proof(self, *headers: bytes) -> StateProof:
        """Return what leads from headers to the heads."""
        return StateProof(
            headers=headers,
            certificates_account=_path(self.accounts, REGISTRY),
            anchors_slot=_path(self.certificates, _slot(0)),
            statuses_slot=_path(self.certificates, _slot(1)),
            agencies_account=_path(self.accounts, AGENCIES),
            rights_slot=_path(self.agencies, _slot(2)),
        )


def state(heads: Heads) -> State:
    """Grow the tries of a state in which the registry has these heads, among other accounts and slots."""
    certificates = _storage({0: heads.anchors, 1: heads.statuses, 5: b"\1", 6: b"\2"})
    agencies = _storage({2: heads.rights, 0: b"\7"})
    accounts = HexaryTrie({})
    for address, storage in ((REGISTRY, certificates), (AGENCIES, agencies), (b"x" * 20, HexaryTrie({}))):
        account = [b"\1", b"", bytes(storage.root_hash), keccak(b"code")]
        accounts[keccak(address)] = rlp.encode(account)
    return State(heads, certificates, agencies, accounts)


def trust(scheme: str, **members: Any) -> TrustList:  # noqa: ANN401 - what `sealed.signed_part` takes
    """Return a trust list of this registry."""
    pinned = [] if scheme == "none" else [(0, None, sealed.addresses(VALIDATORS))]
    part = {
        "registry_id": REGISTRY_ID,
        "registry": REGISTRY,
        "agencies": AGENCIES,
        "chain_id": CHAIN_ID,
        "scheme": scheme,
        "sets": pinned,
        "attesters": [sealed.attester()],
    }
    return TrustList.parse(sealed.trust_list(sealed.signed_part(**(part | members))).encode())


@cache
def _heads(data: bytes) -> Heads:
    return History.parse(data).heads()


def checkpoint(steps: Sequence[Step], *, scheme: str = "qbft", heads: Heads | None = None) -> Checkpoint:
    """Cut a checkpoint at block 100 of a chain that seals in this way; `heads` are those in the state."""
    data = history.encode(steps)
    grown = state(heads or _heads(data))
    raw = [raw_header(number=BLOCK + place, timestamp=TIME + place, state_root=grown.root) for place in range(3)]
    match scheme:
        case "qbft":
            how = sealed.qbft(VALIDATORS)
            headers = [how.sealed(raw[0], VALIDATORS[:3])]
            block_hash = how.block_hash(sealed.items_of(headers[0]))
        case "clique":
            headers = sealed.clique(raw, VALIDATORS[:3])
            block_hash = keccak(headers[0])
        case _:
            headers = raw[:1]
            block_hash = keccak(headers[0])
    return Checkpoint(
        registry_id=REGISTRY_ID,
        chain_id=CHAIN_ID,
        registry=REGISTRY,
        agencies=AGENCIES,
        block_number=BLOCK,
        block_hash=block_hash,
        timestamp=Header.parse(headers[0]).timestamp,
        heads=grown.heads,
        state=grown.proof(*headers),
        history=data,
    )


def attested(made: Checkpoint, name: str = "attester") -> Checkpoint:
    """Have one vouch for it."""
    key = sealed.attester(name)
    return made.attested(PublicKey.of(key).kid, signer(key))


def _storage(slots: dict[int, bytes]) -> HexaryTrie:
    grown = HexaryTrie({})
    for number, value in slots.items():
        if any(value):
            grown[keccak(_slot(number))] = rlp.encode(value.lstrip(b"\0"))
    return grown


def _slot(number: int) -> bytes:
    return number.to_bytes(32)


def _path(trie: HexaryTrie, key: bytes) -> tuple[bytes, ...]:
    return tuple(rlp.encode(node) for node in trie.get_proof(keccak(key)))

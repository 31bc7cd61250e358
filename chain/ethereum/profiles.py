"""The kinds of chains we know, since they differ silently."""

from __future__ import annotations

from dataclasses import dataclass, replace

from chain.errors import InvalidInput
from chain.seals import SealScheme


@dataclass(frozen=True, slots=True)
class Profile:
    """What one kind of chain does and demands."""

    name: str
    chain_id: int | None
    """None: every network has its own."""
    confirmations: int
    """A block is final once so many blocks follow it."""
    max_head_age_s: int
    """Beyond this age of its newest block a node does not speak of the present: three block periods and 30 seconds."""
    log_range: int
    """How many blocks one `eth_getLogs` may span."""
    batch_size: int
    """How many calls one HTTP request may hold."""
    state_by_block: bool
    """Whether `eth_call` heeds the block it is asked about."""
    proofs: bool
    """Whether there is `eth_getProof`."""
    seal_scheme: SealScheme
    test_only: bool
    """Whether only test registries may live on it."""
    block_period_s: float


ANVIL = Profile(
    name="anvil",
    chain_id=None,
    confirmations=1,
    max_head_age_s=36,
    log_range=10_000,
    batch_size=100,
    state_by_block=True,
    proofs=True,
    seal_scheme=SealScheme.NONE,
    test_only=True,
    block_period_s=2,
)

# QBFT is final at once; one block more guards against a node that shows a proposal too early. Besu limits a range of
# logs by --rpc-max-logs-range, 1,000 when it was introduced.
BESU_QBFT = Profile(
    name="besu-qbft",
    chain_id=None,
    confirmations=1,
    max_head_age_s=45,
    log_range=1_000,
    batch_size=100,
    state_by_block=True,
    proofs=True,
    seal_scheme=SealScheme.QBFT,
    test_only=False,
    block_period_s=5,
)

BESU_IBFT2 = replace(BESU_QBFT, name="besu-ibft2", seal_scheme=SealScheme.IBFT2)

# One seal is one signer's word, so Clique reorganises; a dozen blocks are customary.
GETH_CLIQUE = Profile(
    name="geth-clique",
    chain_id=None,
    confirmations=12,
    max_head_age_s=45,
    log_range=5_000,
    batch_size=100,
    state_by_block=True,
    proofs=True,
    seal_scheme=SealScheme.CLIQUE,
    test_only=False,
    block_period_s=5,
)

GOQUORUM_QBFT = Profile(
    name="goquorum-qbft",
    chain_id=None,
    confirmations=1,
    max_head_age_s=45,
    log_range=5_000,
    batch_size=100,
    state_by_block=True,
    proofs=True,
    seal_scheme=SealScheme.QBFT,
    test_only=False,
    block_period_s=5,
)

# `eth_getLogs` silently answers for the first `filter_max_process_block` blocks only (10), eth_call knows only the
# present, and a batch may hold 8 calls. No block is made without a transaction, so no block need ever follow, and the
# head grows old between transactions: operators send a heartbeat every five minutes, of which two may fail.
FISCO_BCOS = Profile(
    name="fisco-bcos",
    chain_id=None,
    confirmations=0,
    max_head_age_s=900,
    log_range=10,
    batch_size=8,
    state_by_block=False,
    proofs=False,
    seal_scheme=SealScheme.NONE,
    test_only=False,
    block_period_s=1,
)

PROFILES = (ANVIL, BESU_QBFT, BESU_IBFT2, GETH_CLIQUE, GOQUORUM_QBFT, FISCO_BCOS)


def by_name(name: str) -> Profile:
    """Return the profile of that name; raises `InvalidInput` naming those that exist."""
    for profile in PROFILES:
        if profile.name == name:
            return profile
    raise InvalidInput(f"got {name!r} as a chain's profile, wanted one of {', '.join(p.name for p in PROFILES)}")

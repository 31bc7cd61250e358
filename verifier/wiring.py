"""Puts the verifier together as the settings say: nodes, registry, index."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chain.errors import InvalidInput, RegistryMismatch
from chain.ethereum import events, profiles
from chain.ethereum.agreement import AgreeingRegistries
from chain.ethereum.client import EthereumRegistry, Expected, Head
from verifier.index import Heads, Index
from verifier.snapshot import Freshness
from verifier.store import Store

if TYPE_CHECKING:
    from collections.abc import Sequence

    from verifier.settings import Settings


def open_index(settings: Settings) -> Index:
    """Open the index over all nodes; raises `InvalidInput` if a setting is missing or impossible. Asks no node yet."""
    profile = profiles.by_name(settings.profile)
    expected = Expected(chain_id=settings.chain_id or None, registry_id=settings.pinned_registry_id)
    address = settings.registry_address
    if not settings.nodes:
        raise InvalidInput("YINXIN_RPC_URLS: got no node, wanted at least one URL")
    nodes = tuple(
        EthereumRegistry(url, address, profile, expected=expected, timeout_s=settings.rpc_timeout_s)
        for url in settings.nodes
    )
    return Index(
        Store(settings.database_url),
        AgreeingRegistries(nodes),
        Freshness(confirmations=profile.confirmations, max_head_age_s=profile.max_head_age_s),
        step=events.step,
        read_heads=lambda block: read_heads(nodes, block),
    )


def read_heads(nodes: Sequence[EthereumRegistry], block: int) -> Heads | None:
    """Ask all nodes for the heads of the registry's hash chains after a block; raises `RegistryMismatch`.

    Returns None where a node knows the present state only, and its newest block is, or has become, another one.
    """
    answers = {_heads_of(node, block) for node in nodes}
    if None in answers:
        return None
    if len(answers) != 1:
        raise RegistryMismatch(f"the nodes disagree about the registry's heads after block {block}")
    return answers.pop()


def _heads_of(node: EthereumRegistry, block: int) -> Heads | None:
    asked = block if node.profile.state_by_block else None
    if asked is None and node.newest().number != block:
        return None
    heads = Heads(
        anchors=node.head(Head.ANCHORS, block=asked),
        statuses=node.head(Head.STATUSES, block=asked),
        rights=node.head(Head.RIGHTS, block=asked),
    )
    if asked is None and node.newest().number != block:
        return None
    return heads

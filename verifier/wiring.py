"""Puts the verifier together as the settings say: nodes, registry, index."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from chain import seals
from chain.errors import InvalidInput, RegistryMismatch
from chain.ethereum import calls, deployed, profiles
from chain.ethereum.agreement import AgreeingRegistries
from chain.ethereum.auditing import AuditedNode
from chain.ethereum.client import EthereumRegistry, Expected
from chain.ethereum.node import Node
from chain.ethereum.rpc import Rpc
from chain.header import Header
from verifier import attesting
from verifier.attesting import make_attester, open_attester
from verifier.check import receipt_check
from verifier.indexing.index import Index
from verifier.indexing.snapshot import Freshness
from verifier.indexing.store import Store
from verifier.published import trust_file
from verifier.published.checkpoints import Checkpoints, Shown
from verifier.published.evidence_files import EvidenceFiles
from verifier.published.trust_file import TrustFile
from verifier.witnessing import witness_list
from verifier.witnessing.collecting import Collector
from verifier.witnessing.split_folder import SplitFolder
from verifier.witnessing.witnessed import Witnessed, published_until

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from chain.history import Heads
    from chain.registry import Artifact, Block, Identity, NodeShown
    from verifier.attesting import Attester
    from verifier.check.receipt_check import Vouchers
    from verifier.settings import Settings

_LOG = structlog.get_logger(__name__)


def _without_end() -> float:
    return math.inf


@dataclass(frozen=True, slots=True)
class Verifier:
    """The verifier's parts."""

    index: Index
    checkpoints: Checkpoints
    files: EvidenceFiles
    witnessed: Witnessed


def open_index(settings: Settings, *, until: Callable[[], float] = _without_end) -> Index:
    """Open the index over all nodes; raises `InvalidInput` if a setting is missing or impossible. Asks no node yet.

    From what `until` tells on, by the monotonic clock, no node is asked or waited for.
    """
    return open_verifier(settings, until=until).index


def open_verifier(settings: Settings, *, until: Callable[[], float] = _without_end) -> Verifier:
    """Open index and checkpoints over all nodes, as `open_index` does."""
    profile = profiles.by_name(settings.profile)
    nodes = _nodes(settings, until=until)
    store = Store(settings.database_url)
    index = Index(
        store,
        AgreeingRegistries(nodes),
        Freshness(
            confirmations=profile.confirmations, max_head_age_s=settings.max_head_age_s or profile.max_head_age_s
        ),
        read_heads=lambda block: read_heads(nodes, block),
    )
    checkpoints = Checkpoints(
        store,
        lambda block: show(nodes, block),
        attester=lambda: attester_of(settings),
        confirmations=profile.confirmations,
        anchors_every_s=settings.anchors_every_s,
        # The first one makes the proofs.
        depth=nodes[0].proof_depth,
    )
    witnessed = open_witnessed(settings, store)
    return Verifier(index, checkpoints, open_evidence_files(settings, store, witnessed), witnessed)


def open_evidence_files(settings: Settings, store: Store, witnessed: Witnessed | None) -> EvidenceFiles:
    """Open the files that are handed out: those that enough witnesses have seen, if any need have; all without any."""
    until = None
    if witnessed is not None and witnessed.required:
        until = partial(published_until, witnesses=witnessed.witnesses, required=witnessed.required)
    return EvidenceFiles(store, settings.data_dir / "checkpoints", published_until=until)


def open_witnessed(settings: Settings, store: Store) -> Witnessed:
    """Open what is told of witnesses; raises `InvalidInput` if more are demanded than named."""
    listed = witness_list.read(Path(settings.witnesses)) if settings.witnesses else ()
    if settings.witnesses_required > len(listed):
        raise InvalidInput(
            f"YINXIN_WITNESSES_REQUIRED: got {settings.witnesses_required}, wanted at most the {len(listed)} that "
            "YINXIN_WITNESSES names"
        )
    folder = SplitFolder(settings.data_dir / "split-views")
    return Witnessed(store, folder, listed, settings.witnesses_required)


def open_collector(
    settings: Settings, witnessed: Witnessed, trust: TrustFile | None, *, clock: Callable[[], datetime]
) -> Collector | None:
    """Open what collects co-signatures; None without witnesses to ask."""
    if not witnessed.witnesses:
        return None
    files = open_evidence_files(settings, witnessed.store, None)
    return Collector(witnessed, files, trust, clock=clock)


def audited_nodes(settings: Settings) -> tuple[AuditedNode, ...]:
    """Open each node for an audit, by itself; raises `InvalidInput` as `open_index` does. Asks no node yet."""
    profile = profiles.by_name(settings.profile)
    expected = Expected(chain_id=settings.chain_id or None, registry_id=settings.pinned_registry_id)
    if not settings.nodes:
        raise InvalidInput("YINXIN_RPC_URLS: got no node, wanted at least one URL")
    return tuple(
        AuditedNode(
            EthereumRegistry(
                url, settings.registry_address, profile, expected=expected, timeout_s=settings.rpc_timeout_s
            )
        )
        for url in settings.nodes
    )


def attester_of(settings: Settings) -> Attester:
    """Open the key that vouches for checkpoints; makes it if none is named and there is none yet."""
    return open_attester(Path(settings.key)) if settings.key else make_attester(settings.data_dir)


def vouchers_of(settings: Settings, index: Index, now: datetime) -> Vouchers:
    """Return whose receipts are believed: the trust list's attesters', and one's own if there is a key already."""
    has_key = bool(settings.key) or (settings.data_dir / attesting.FILE).exists()
    own = attester_of(settings).public if has_key else None
    trust = open_trust_file(settings, now, identity=index.identity)
    return receipt_check.vouchers(identity=index.identity(), trust=None if trust is None else trust.trusted, own=own)


def open_trust_file(
    settings: Settings, now: datetime, *, identity: Callable[[], Identity | None] = lambda: None
) -> TrustFile | None:
    """Open the trust list that is handed out, if there is one; raises `InvalidInput` if it is none of this registry.

    What makes it useless only to some, or only from now on, is logged: this verifier itself believes its nodes.
    `identity` tells of which registry the index is, as soon as that is known.
    """
    if not settings.trust_list:
        return None
    expected = trust_file.Expected(settings.registry_address, settings.pinned_registry_id, settings.chain_id or None)
    opened = TrustFile(Path(settings.trust_list), expected, folder=settings.data_dir, identity=identity)
    opened.watch(now)
    listed = opened.trusted
    if attester_of(settings).public not in listed.attesters:
        _LOG.warning("trust_list.own_key_missing", version=listed.version)
    return opened


class ContractCalls:
    """Reads calls to the registry's contracts by their interface."""

    def agencies(self, payload: bytes) -> tuple[str, tuple[object, ...]] | None:
        """Read a call to Agencies; None for one that it would not take."""
        return calls.read_agencies_call(payload)

    def certificates(self, payload: bytes) -> tuple[str, tuple[object, ...]] | None:
        """Read a call to Certificates; None for one that it would not take."""
        return calls.read_certificates_call(payload)


def artifacts() -> tuple[Artifact, ...]:
    """Return the registry's contracts as this software has them compiled."""
    return deployed.artifacts()


def ask_for_code(settings: Settings, identity: Identity | None) -> tuple[NodeShown, ...]:
    """Ask every node for the code of the registry's contracts; none where it is not known yet which registry it is."""
    if identity is None:
        return ()
    profile = profiles.by_name(settings.profile)
    found: list[NodeShown] = []
    for place, url in enumerate(settings.nodes, 1):
        rpc = Rpc(url, timeout_s=settings.rpc_timeout_s, batch_size=profile.batch_size)
        shown = deployed.shown_by(
            Node(rpc, profile),
            certificates_address=identity.address,
            agencies_address=identity.agencies_address,
        )
        rpc.close()
        if shown.trouble:
            _LOG.warning("audit.code_not_shown", node=place, detail=shown.trouble)
        found.append(shown)
    return tuple(found)


def show(nodes: Sequence[EthereumRegistry], number: int) -> Shown | None:
    """Ask for what a checkpoint of a block takes: of all nodes its hash and the heads, of the first one the proof.

    Returns None where a node knows the present state only, and the block is no longer the newest. Raises
    `RegistryMismatch` if the nodes disagree, or the proof is of another block.
    """
    block = AgreeingRegistries(nodes).block(number)
    heads = read_heads(nodes, number)
    if heads is None:
        return None
    state = nodes[0].state_proof(number)
    if state is not None:
        proven = seals.block_hash(Header.parse(state.headers[0]), nodes[0].profile.seal_scheme)
        if proven != block.hash:
            raise RegistryMismatch(
                f"block {number}: got a proof of 0x{proven.hex()}, wanted one of 0x{block.hash.hex()}"
            )
    return Shown(block, heads, state)


def read_heads(nodes: Sequence[EthereumRegistry], block: int) -> Heads | None:
    """Ask all nodes for the heads of the registry's hash chains after a block; raises `RegistryMismatch`.

    Returns None where a node knows the present state only, and its newest block is, or has become, another one.
    """
    answers = {node.heads(block) for node in nodes}
    if None in answers:
        return None
    if len(answers) != 1:
        raise RegistryMismatch(f"the nodes disagree about the registry's heads after block {block}")
    return answers.pop()


def _nodes(settings: Settings, *, until: Callable[[], float] = _without_end) -> tuple[EthereumRegistry, ...]:
    """Open all nodes, as `open_index` says."""
    profile = profiles.by_name(settings.profile)
    expected = Expected(chain_id=settings.chain_id or None, registry_id=settings.pinned_registry_id)
    address = settings.registry_address
    if not settings.nodes:
        raise InvalidInput("YINXIN_RPC_URLS: got no node, wanted at least one URL")
    return tuple(
        EthereumRegistry(url, address, profile, expected=expected, timeout_s=settings.rpc_timeout_s, until=until)
        for url in settings.nodes
    )


class NodesAsked:
    """What evidence packages and samples ask the nodes for."""

    def __init__(self, settings: Settings) -> None:
        """Asks no node yet; raises `InvalidInput` as `open_index` does."""
        self._nodes = _nodes(settings)
        self._confirmations = profiles.by_name(settings.profile).confirmations

    def evidence(self, agency: int, root: bytes, number: int) -> bytes | None:
        """Return evidence that a batch was anchored in a block; None where the chain has none. Raises `RegistryError`.

        The first node makes it: it bears its own proof.
        """
        return self._nodes[0].evidence(agency, root, number)

    def final_block(self, number: int) -> Block:
        """Return a block that nothing undoes; raises `InvalidInput` for one to come, `RegistryError` without answer."""
        nodes = AgreeingRegistries(self._nodes)
        newest = nodes.newest().number - self._confirmations
        if number > newest:
            raise InvalidInput(f"got block {number}, wanted one that is final: up to {newest} now")
        return nodes.block(number)

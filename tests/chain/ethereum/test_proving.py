"""Evidence taken from nodes: honest ones of two rule books, poor ones, forgetful ones and lying ones."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from chain import merkle, proof, seals, state, steps
from chain.code import InclusionPath
from chain.errors import RegistryUnavailable, SealsInsufficient
from chain.ethereum import headers
from chain.ethereum.client import EthereumRegistry
from chain.ethereum.network import Anvil
from chain.ethereum.profiles import ANVIL, BESU_QBFT, FISCO_BCOS, GETH_CLIQUE
from chain.ethereum.rpc import Rpc
from chain.ethereum.wire import member, to_hex
from chain.header import Header
from chain.keccak import keccak
from chain.proof import Proof, ReceiptEvidence, StateEvidence
from chain.seals import SealScheme
from chain.steps import List
from chain.trust_list import TrustList
from tests.deployed import batch_of, make_deployed, mined, root_of, signed_anchor
from tests.faults.chaos_proxy import ChaosProxy
from tests.sealed import addresses, clique, qbft, signed_part, trust_list, validators

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from chain.ethereum.profiles import Profile
    from chain.ethereum.wire import Json
    from chain.proof import Anchored, Evidence
    from chain.registry import BatchToAnchor, Receipt
    from tests.deployed import Deployed
    from tests.sealed import Validator

    Lie = Callable[[Any], Any]

ITEMS = {"london": 16, "osaka": 21}
NO_METHOD = {"code": -32601, "message": "the method does not exist"}
PRUNED = {"code": -32000, "message": "missing trie node"}
SIGNERS = validators(4)


class Town:
    """A registry on a chain of its own, behind a proxy that may lie."""

    def __init__(self, anvil: Anvil, deployed: Deployed, proxy: ChaosProxy, hardfork: str) -> None:
        self.anvil, self.deployed, self.proxy, self.hardfork = anvil, deployed, proxy, hardfork
        self.writer = deployed.writer()
        self.before_all = self.writer.newest().number
        """A block up to which nothing was anchored."""

    def registry(self, profile: Profile = ANVIL) -> EthereumRegistry:
        """Open the registry anew through the proxy, as a node of another kind."""
        return EthereumRegistry(self.proxy.url, self.deployed.record.address, profile)

    def anchored(self, label: str, count: int = 3) -> tuple[BatchToAnchor, Receipt]:
        batch = batch_of(self.deployed.offices[0], f"{self.hardfork} {label}", count)
        return batch, self.deployed.anchor(self.deployed.offices[0], batch)


def town_of(hardfork: str) -> Iterator[Town]:
    with Anvil.start(hardfork=hardfork) as anvil, ChaosProxy(anvil.url) as proxy:
        yield Town(anvil, make_deployed(anvil, levels=1), proxy, hardfork)


@pytest.fixture(scope="module")
def london_chain() -> Iterator[Town]:
    yield from town_of("london")


@pytest.fixture(scope="module")
def osaka_chain() -> Iterator[Town]:
    yield from town_of("osaka")


@pytest.fixture
def osaka(osaka_chain: Town) -> Iterator[Town]:
    """One of the two chains, where the rule book makes no difference."""
    yield osaka_chain
    osaka_chain.proxy.clear()


@pytest.fixture(params=sorted(ITEMS))
def town(request: pytest.FixtureRequest) -> Iterator[Town]:
    found: Town = request.getfixturevalue(f"{request.param}_chain")
    yield found
    found.proxy.clear()


def evidence_of(registry: EthereumRegistry, batch: BatchToAnchor, receipt: Receipt) -> Evidence:
    made = registry.evidence(batch.agency, root_of(batch), receipt.block_number)
    assert made is not None
    return proof.decode_evidence(made)


def shown(town: Town, batch: BatchToAnchor, evidence: Evidence) -> Anchored:
    found = proof.shown_by(
        evidence,
        registry=town.deployed.record.address,
        agency=batch.agency,
        root=root_of(batch),
    )
    return replace(found, block_hash=seals.block_hash(Header.parse(evidence.headers[0]), SealScheme.NONE))


# Headers.


def test_every_header_hashes_to_what_the_node_calls_its_hash(town: Town) -> None:
    # Anvil's first block under London's rules is the only one that it hashes by others.
    numbers = range(1, town.writer.newest().number + 1)
    read = headers.read(town.anvil.rpc, numbers, SealScheme.NONE)
    assert [header.number for header in read] == list(numbers)
    assert {len(header.items) for header in read} == {ITEMS[town.hardfork]}
    assert seals.block_hash(read[-1], SealScheme.NONE) == town.writer.newest().hash


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("stateRoot", "0x" + "11" * 32),
        ("receiptsRoot", "0x" + "11" * 32),
        ("timestamp", "0x1"),
        ("extraData", "0x00"),
        ("baseFeePerGas", None),
        ("hash", "0x" + "11" * 32),
        ("logsBloom", "0x00"),
        ("miner", "nobody"),
    ],
)
def test_header_that_does_not_hash_to_its_hash_is_refused(osaka: Town, member: str, value: str | None) -> None:
    batch, receipt = osaka.anchored(f"altered {member}")
    registry = osaka.registry()
    registry.identity()
    osaka.proxy.lie(lambda _method, _params, true: {**true, member: value}, "eth_getBlockByNumber")
    with pytest.raises(RegistryUnavailable, match="eth_getBlockByNumber"):
        evidence_of(registry, batch, receipt)


def test_header_of_another_block_is_refused(osaka: Town) -> None:
    batch, receipt = osaka.anchored("another block")
    other = osaka.anvil.ask("eth_getBlockByNumber", to_hex(receipt.block_number - 1), False)  # noqa: FBT003
    osaka.proxy.answer(other, "eth_getBlockByNumber")
    with pytest.raises(RegistryUnavailable, match=f"wanted {receipt.block_number}"):
        osaka.registry().evidence(batch.agency, root_of(batch), receipt.block_number)


def test_block_that_is_not_there_is_refused(osaka: Town) -> None:
    with pytest.raises(RegistryUnavailable, match="no block 100000"):
        osaka.registry().evidence(1, bytes(32), 100_000)


# By receipt.


def test_anchor_is_shown_by_its_receipt(town: Town) -> None:
    batch, receipt = town.anchored("by receipt")
    evidence = evidence_of(town.registry(), batch, receipt)
    assert isinstance(evidence, ReceiptEvidence)
    anchored = shown(town, batch, evidence)
    assert (anchored.block_number, anchored.block_hash) == (receipt.block_number, receipt.block_hash)
    assert (anchored.certificate_type, anchored.version, anchored.size) == (1, 1, 3)


def crowded(town: Town, label: str) -> tuple[BatchToAnchor, Receipt]:
    """Anchor in the middle of a block of 20 transactions of two types, one of which fails."""
    office, sender = town.deployed.offices[0], town.deployed.sender
    batch = batch_of(office, f"{town.hardfork} {label}")
    signed = signed_anchor(town.writer, sender, office, batch)
    accounts = town.anvil.ask("eth_accounts")
    assert isinstance(accounts, list)
    town.anvil.ask("evm_setAutomine", False)  # noqa: FBT003 - the RPC's own argument
    for index in range(10):
        give(town, {"from": accounts[index % 5], "to": accounts[9], "value": "0x1", "gasPrice": "0x77359400"})
    town.writer.send(signed)
    give(
        town, {"from": accounts[7], "to": to_hex(town.deployed.record.address), "data": "0xdeadbeef", "gas": "0x30000"}
    )
    for index in range(8):
        give(town, {"from": accounts[index % 5], "to": accounts[9], "value": "0x2"})
    town.anvil.mine()
    town.anvil.mine_instantly()
    return batch, mined(town.writer, signed.hash)


def give(town: Town, transaction: dict[str, Json]) -> None:
    town.anvil.ask("eth_sendTransaction", transaction)


def test_receipt_is_found_among_twenty(town: Town) -> None:
    batch, receipt = crowded(town, "crowd")
    evidence = evidence_of(town.registry(), batch, receipt)
    assert isinstance(evidence, ReceiptEvidence)
    assert evidence.transaction_index == 10
    assert shown(town, batch, evidence).block_hash == receipt.block_hash


LOG_CALLDATA = "0x600f600c600039600f6000f36040356020356000356000" + "6000a300"
"""Deploys a contract that logs the first three words of its calldata as topics."""


def test_strangers_log_with_the_same_topics_hides_nothing(town: Town) -> None:
    office, accounts = town.deployed.offices[0], town.anvil.ask("eth_accounts")
    assert isinstance(accounts, list)
    made = town.anvil.ask("eth_sendTransaction", {"from": accounts[3], "data": LOG_CALLDATA})
    mined(town.writer, bytes.fromhex(str(made).removeprefix("0x")))
    decoy = member(town.anvil.ask("eth_getTransactionReceipt", made), "contractAddress", "receipt")
    batch = batch_of(office, f"{town.hardfork} decoy")
    signed = signed_anchor(town.writer, town.deployed.sender, office, batch)
    topics = steps.topic(steps.BATCH_ANCHORED) + office.agency.to_bytes(32) + merkle.root(batch.leaves)
    town.anvil.ask("evm_setAutomine", False)  # noqa: FBT003 - the RPC's own argument
    give(town, {"from": accounts[3], "to": decoy, "data": to_hex(topics)})
    town.writer.send(signed)
    town.anvil.mine()
    town.anvil.mine_instantly()
    evidence = evidence_of(town.registry(), batch, mined(town.writer, signed.hash))
    assert isinstance(evidence, ReceiptEvidence)
    assert evidence.transaction_index == 1


def test_node_without_block_receipts_is_asked_one_by_one_and_that_is_remembered(town: Town) -> None:
    batch, receipt = crowded(town, "one by one")
    at_once = evidence_of(town.registry(), batch, receipt)
    town.proxy.refuse(NO_METHOD, "eth_getBlockReceipts")
    before = town.proxy.asked.copy()
    registry = town.registry()
    assert evidence_of(registry, batch, receipt) == at_once
    assert evidence_of(registry, batch, receipt) == at_once
    asked = town.proxy.asked - before
    assert (asked["eth_getBlockReceipts"], asked["eth_getTransactionReceipt"]) == (1, 40)


def test_node_that_fails_once_is_asked_for_all_receipts_again(osaka: Town) -> None:
    batch, receipt = osaka.anchored("failing")
    registry = osaka.registry()
    before = osaka.proxy.asked["eth_getTransactionReceipt"]
    osaka.proxy.refuse({"code": -32603, "message": "internal error"}, "eth_getBlockReceipts")
    assert isinstance(evidence_of(registry, batch, receipt), StateEvidence)
    osaka.proxy.clear()
    assert isinstance(evidence_of(registry, batch, receipt), ReceiptEvidence)
    assert osaka.proxy.asked["eth_getTransactionReceipt"] == before


def test_batch_that_is_not_in_the_block_is_not_proven(osaka: Town) -> None:
    batch, receipt = osaka.anchored("elsewhere")
    with pytest.raises(RegistryUnavailable, match="none of its 1 receipts anchors"):
        osaka.registry().evidence(batch.agency, bytes(32), receipt.block_number)
    osaka.anvil.mine()
    with pytest.raises(RegistryUnavailable, match="none of its 0 receipts anchors"):
        osaka.registry().evidence(batch.agency, root_of(batch), receipt.block_number + 1)


RECEIPT_LIES: dict[str, tuple[Lie, str]] = {
    "gas": (lambda told: [{**told[0], "cumulativeGasUsed": "0x1"}, *told[1:]], "the header has"),
    "status": (lambda told: [{**told[0], "status": "0x0"}, *told[1:]], "the header has"),
    "logs": (lambda told: [*told[:10], {**told[10], "logs": []}, *told[11:]], "the header has"),
    "one less": (lambda told: told[:-1], "the header has"),
    "one twice": (lambda told: [told[0], *told], "wanted one for each transaction"),
    "none of the first": (lambda told: told[1:], "wanted one for each transaction"),
    "null": (lambda told: [None, *told[1:]], "not all 20 receipts"),
    "no array": (lambda _told: "receipts", "wanted an array"),
}


@pytest.mark.parametrize("name", RECEIPT_LIES)
def test_receipts_that_do_not_make_the_headers_root_are_not_believed(osaka: Town, name: str) -> None:
    lie, match = RECEIPT_LIES[name]
    batch, receipt = crowded(osaka, name)
    osaka.proxy.lie(lambda _method, _params, true: lie(true), "eth_getBlockReceipts")
    assert isinstance(evidence_of(osaka.registry(), batch, receipt), StateEvidence), "the state shows it as well"
    osaka.proxy.clear()
    pruned_and_lying(osaka, lie)
    with pytest.raises(RegistryUnavailable, match=match):
        evidence_of(osaka.registry(), batch, receipt)


def pruned_and_lying(town: Town, lie: Lie) -> None:
    """Lie about receipts, and show no state."""

    def told(method: str, _params: list[Any], true: Any) -> Any:  # noqa: ANN401 - whatever a node answers
        return lie(true) if method == "eth_getBlockReceipts" else {**true, "accountProof": []}

    town.proxy.lie(told, "eth_getBlockReceipts", "eth_getProof")


# By state.


def replacement(town: Town, label: str, count: int) -> tuple[BatchToAnchor, Receipt]:
    """Replace so many certificates at once."""
    old, _ = town.anchored(f"{label} old", count)
    new = batch_of(town.deployed.offices[0], f"{town.hardfork} {label} new", count)
    replacing = replace(new, replaces=old.leaves, from_hour=490_000)
    return replacing, town.deployed.anchor(town.deployed.offices[0], replacing)


def test_replacement_of_hundreds_is_shown_by_its_slot(town: Town) -> None:
    batch, receipt = replacement(town, "hundreds", 300)
    registry = town.registry()
    evidence = evidence_of(registry, batch, receipt)
    assert isinstance(evidence, StateEvidence)
    assert len(proof.encode_evidence(evidence)) < 8_000
    anchored = shown(town, batch, evidence)
    assert (anchored.block_hash, anchored.size) == (receipt.block_hash, 300)
    town.anvil.mine(3)
    assert evidence_of(registry, batch, receipt) == evidence, "later blocks change nothing"


def test_long_receipt_is_better_than_nothing_where_the_state_is_gone(town: Town) -> None:
    batch, receipt = replacement(town, "pruned", 100)
    town.proxy.refuse(PRUNED, "eth_getProof")
    evidence = evidence_of(town.registry(), batch, receipt)
    assert isinstance(evidence, ReceiptEvidence)
    assert len(proof.encode_evidence(evidence)) > 8_000
    assert shown(town, batch, evidence).size == 100


STATE_LIES: dict[str, Lie] = {
    "no slot": lambda true: {**true, "storageProof": []},
    "no leaf": lambda true: {**true, "accountProof": true["accountProof"][:-1]},
    "no way to the slot": lambda true: {**true, "storageProof": [{**true["storageProof"][0], "proof": []}]},
    "no storage": lambda true: {key: value for key, value in true.items() if key != "storageProof"},
}


@pytest.mark.parametrize("name", STATE_LIES)
def test_state_that_does_not_hold_is_not_believed(osaka: Town, name: str) -> None:
    batch, receipt = osaka.anchored(f"state {name}")
    lie = STATE_LIES[name]

    def told(method: str, _params: list[Any], true: Any) -> Any:  # noqa: ANN401 - whatever a node answers
        return [] if method == "eth_getBlockReceipts" else lie(true)

    osaka.proxy.lie(told, "eth_getBlockReceipts", "eth_getProof")
    with pytest.raises(RegistryUnavailable, match=r"neither the receipt nor the state|eth_getProof"):
        evidence_of(osaka.registry(), batch, receipt)


def test_chain_without_proofs_has_no_evidence(osaka: Town) -> None:
    batch, receipt = osaka.anchored("fisco")
    registry = osaka.registry(FISCO_BCOS)
    assert registry.evidence(batch.agency, root_of(batch), receipt.block_number) is None
    assert registry.state_proof(receipt.block_number) is None


# Heads, for checkpoints.


def test_heads_are_proven_by_the_state(town: Town) -> None:
    replacement(town, "heads", 2)
    registry = town.registry()
    number = registry.newest().number
    proven = registry.state_proof(number)
    assert proven is not None
    assert heads_shown(town, proven.headers[0], proven) == [registry.head(which) for which in List]
    town.anchored("later")
    assert registry.state_proof(number) == proven, "an older block is proven as it was"


def test_empty_lists_are_proven_as_well(osaka: Town) -> None:
    number = osaka.before_all
    registry = osaka.registry()
    proven = registry.state_proof(number)
    assert proven is not None
    anchors, statuses, rights = heads_shown(osaka, proven.headers[0], proven)
    assert (anchors, statuses) == (bytes(32), bytes(32))
    assert rights == registry.head(List.RIGHTS, block=number) != bytes(32)


def heads_shown(town: Town, header: bytes, proven: Any) -> list[bytes]:  # noqa: ANN401 - a StateProof
    root = Header.parse(header).state_root
    certificates = state.storage_root(root, town.deployed.record.address, proven.certificates_account)
    agencies = state.storage_root(root, town.writer.known().agencies_address, proven.agencies_account)
    slots = [slot.to_bytes(32) for slot in range(3)]
    return [
        state.word(certificates, slots[0], proven.anchors_slot),
        state.word(certificates, slots[1], proven.statuses_slot),
        state.word(agencies, slots[2], proven.rights_slot),
    ]


def test_heads_other_than_the_proven_ones_are_refused(osaka: Town) -> None:
    osaka.anchored("heads lie")
    registry = osaka.registry()
    number = registry.newest().number
    registry.known()
    osaka.proxy.answer("0x" + "22" * 32, "eth_call")
    with pytest.raises(RegistryUnavailable, match="proves the heads"):
        registry.state_proof(number)
    osaka.proxy.clear()
    osaka.proxy.lie(lambda _method, _params, true: {**true, "accountProof": true["accountProof"][1:]}, "eth_getProof")
    with pytest.raises(RegistryUnavailable, match="does not hold"):
        registry.state_proof(number)
    osaka.proxy.clear()
    osaka.proxy.refuse(PRUNED, "eth_getProof")
    with pytest.raises(RegistryUnavailable, match="missing trie node"):
        registry.state_proof(number)


# Chains with seals: anvil's blocks, as if validators had sealed them.

_NAMES = ("parentHash", "sha3Uncles", "miner", "difficulty", "extraData", "mixHash", "nonce")
_PLACES = (0, 1, 2, 7, 12, 13, 14)


def sealed_json(block: dict[str, Any], header: bytes, block_hash: bytes) -> dict[str, Any]:
    items = Header.parse(header).items
    changed = {name: to_hex(items[place]) for name, place in zip(_NAMES, _PLACES, strict=True)}
    return {**block, **changed, "difficulty": hex(int.from_bytes(items[7])), "hash": to_hex(block_hash)}


def raw_headers(town: Town) -> list[bytes]:
    """Return all headers, in place of the first one the second with the first one's height."""
    newest = town.writer.newest().number
    read = headers.read(town.anvil.rpc, range(1, newest + 1), SealScheme.NONE)
    first = Header((*read[0].items[:8], b"", *read[0].items[9:]))
    return [each.encode() for each in (first, *read)]


def seal_with_clique(
    town: Town, signers: Sequence[Validator], *, by: Sequence[Validator] = (), high: bool = False
) -> None:
    """Let the node show a Clique chain, whose signers took turns; its first block lists them."""
    raw = raw_headers(town)
    turns = by or signers
    run = clique(raw, [turns[number % len(turns)] for number in range(len(raw))], epoch=addresses(signers), high=high)

    def told(_method: str, _params: list[Any], true: dict[str, Any] | None) -> dict[str, Any] | None:
        if true is None:
            return None
        header = run[int(true["number"], 16)]
        return sealed_json(true, header, keccak(header))

    town.proxy.lie(told, "eth_getBlockByNumber")


def seal_with_qbft(town: Town) -> None:
    how = qbft(SIGNERS)

    def told(_method: str, _params: list[Any], true: dict[str, Any]) -> dict[str, Any]:
        header = how.sealed(headers.header_of(true, int(true["number"], 16), SealScheme.NONE).encode(), SIGNERS[:3])
        return sealed_json(true, header, seals.block_hash(Header.parse(header), SealScheme.QBFT))

    town.proxy.lie(told, "eth_getBlockByNumber")


def trusted(town: Town, scheme: str, signers: Sequence[Validator]) -> TrustList:
    known = town.writer.known()
    part = signed_part(
        registry_id=known.registry_id,
        registry=known.address,
        agencies=known.agencies_address,
        chain_id=known.chain_id,
        scheme=scheme,
        sets=[(0, None, addresses(signers))],
    )
    return TrustList.parse(trust_list(part).encode())


def believed(batch: BatchToAnchor, evidence: Evidence, trust: TrustList) -> Anchored:
    path = InclusionPath(len(batch.leaves), 1, merkle.inclusion_path(batch.leaves, 1))
    made = Proof.parse(Proof(trust.registry_id, path, evidence).encode())
    return proof.verify(made, leaf=batch.leaves[1], agency=batch.agency, trust=trust)


def test_qbft_block_is_believed_by_its_own_seals(town: Town) -> None:
    batch, receipt = town.anchored("qbft")
    seal_with_qbft(town)
    evidence = evidence_of(town.registry(BESU_QBFT), batch, receipt)
    assert len(evidence.headers) == 1
    anchored = believed(batch, evidence, trusted(town, "qbft", SIGNERS))
    assert anchored.sealing is not None
    assert anchored.sealing.signers == tuple(addresses(SIGNERS[:3]))


@pytest.mark.parametrize(("count", "wanted"), [(1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (7, 7), (30, 30)])
def test_clique_block_comes_with_successors_until_most_have_sealed(town: Town, count: int, wanted: int) -> None:
    batch, receipt = town.anchored(f"clique {count}")
    town.anvil.mine(max(12, count))
    signers = validators(count)
    seal_with_clique(town, signers)
    registry = town.registry(GETH_CLIQUE)
    evidence = evidence_of(registry, batch, receipt)
    assert len(evidence.headers) == wanted
    anchored = believed(batch, evidence, trusted(town, "clique", signers))
    assert anchored.sealing is not None
    assert not anchored.sealing.is_final
    proven = registry.state_proof(receipt.block_number)
    assert proven is not None
    assert proven.headers == evidence.headers
    assert registry.proof_depth() == wanted - 1


def test_clique_blocks_of_signers_who_do_not_care_for_low_s_are_proven_too(osaka: Town) -> None:
    batch, receipt = osaka.anchored("clique with high s")
    osaka.anvil.mine(3)
    seal_with_clique(osaka, SIGNERS, high=True)
    evidence = evidence_of(osaka.registry(GETH_CLIQUE), batch, receipt)
    assert believed(batch, evidence, trusted(osaka, "clique", SIGNERS)).sealing is not None


def test_clique_block_whose_successors_are_still_to_come_waits(osaka: Town) -> None:
    batch, receipt = osaka.anchored("clique too early")
    seal_with_clique(osaka, SIGNERS)
    with pytest.raises(RegistryUnavailable, match="1 signers sealed it and the 0 blocks after it, wanted 3"):
        evidence_of(osaka.registry(GETH_CLIQUE), batch, receipt)


def test_signers_that_are_silent_count_where_they_are_listed(osaka: Town) -> None:
    batch, receipt = osaka.anchored("clique with silent ones")
    osaka.anvil.mine(12)
    seal_with_clique(osaka, validators(5), by=validators(5)[:3])
    evidence = evidence_of(osaka.registry(GETH_CLIQUE), batch, receipt)
    assert believed(batch, evidence, trusted(osaka, "clique", validators(5))).sealing is not None
    with pytest.raises(SealsInsufficient):
        believed(batch, evidence, trusted(osaka, "clique", validators(6)))


def test_signers_whom_no_list_names_count_by_their_turns(osaka: Town) -> None:
    # The epoch is another than the usual one: the newest list that is looked at is the first block's, long outdated.
    batch, receipt = osaka.anchored("clique voted in")
    osaka.anvil.mine(30)
    seal_with_clique(osaka, validators(3), by=validators(26))
    registry = osaka.registry(GETH_CLIQUE)
    assert len(evidence_of(registry, batch, receipt).headers) == 26
    assert believed(batch, evidence_of(registry, batch, receipt), trusted(osaka, "clique", validators(26)))


def test_whole_run_is_taken_while_nobody_has_sealed_twice(osaka: Town) -> None:
    batch, receipt = osaka.anchored("clique of seventy")
    osaka.anvil.mine(40)
    seal_with_clique(osaka, validators(3), by=validators(70))
    registry = osaka.registry(GETH_CLIQUE)
    assert len(evidence_of(registry, batch, receipt).headers) == 41
    assert believed(batch, evidence_of(registry, batch, receipt), trusted(osaka, "clique", validators(70)))
    osaka.proxy.clear()
    osaka.anvil.mine(40)
    seal_with_clique(osaka, validators(3), by=validators(70))
    assert len(evidence_of(registry, batch, receipt).headers) == seals.MAX_HEADERS


def test_clique_run_that_does_not_hang_together_is_refused(osaka: Town) -> None:
    batch, receipt = osaka.anchored("clique torn")
    osaka.anvil.mine(3)
    seal_with_clique(osaka, SIGNERS)
    registry = osaka.registry(GETH_CLIQUE)
    one = raw_headers(osaka)[-2]
    torn = clique([one], SIGNERS[:1])[0]

    def told(_method: str, _params: list[Any], true: dict[str, Any]) -> dict[str, Any]:
        number = int(true["number"], 16)
        return sealed_json(true, torn, keccak(torn)) if number == Header.parse(one).number else true

    with ChaosProxy(osaka.proxy.url) as second:
        second.lie(told, "eth_getBlockByNumber")
        registry = EthereumRegistry(second.url, osaka.deployed.record.address, GETH_CLIQUE)
        with pytest.raises(RegistryUnavailable, match="does not follow"):
            evidence_of(registry, batch, receipt)


def test_block_without_a_clique_seal_is_refused(osaka: Town) -> None:
    batch, receipt = osaka.anchored("clique unsealed")
    osaka.anvil.mine(3)
    with pytest.raises(RegistryUnavailable, match="no seal"):
        evidence_of(osaka.registry(GETH_CLIQUE), batch, receipt)


class KnowsClique(Rpc):
    """A node's endpoint that understands Clique's own words."""

    def ask(self, method: str, *params: Json) -> Json:
        if method == "clique_getSigners":
            return [to_hex(each) for each in addresses(validators(7))]
        return super().ask(method, *params)


def test_node_that_knows_cliques_own_words_is_believed_about_their_number(osaka: Town) -> None:
    batch, receipt = osaka.anchored("clique own words")
    osaka.anvil.mine(12)
    # The first block lists three; four were voted in since.
    seal_with_clique(osaka, validators(3), by=validators(7))
    registry = osaka.registry(GETH_CLIQUE)
    registry.node.rpc = KnowsClique(osaka.proxy.url)
    assert len(evidence_of(registry, batch, receipt).headers) == 4

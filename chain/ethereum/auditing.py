"""One node's raw answers for an audit: taken apart here, held against each other there (`verifier.audit`).

Nothing is believed and nothing is refused because it is odd: what cannot be read is told as such. Only a node that
does not answer raises `RegistryUnavailable`, so that an audit can say what it could not ask.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from chain import seals, state, strict_rlp, trie
from chain.errors import EvidenceMalformed, EvidenceRefused, RegistryMismatch, RegistryUnavailable
from chain.ethereum import calldata, contracts, headers, logs, meanings, signed
from chain.ethereum.growing import Trie
from chain.ethereum.logs import Log
from chain.ethereum.node import read_address, read_hash
from chain.ethereum.proving import Prover
from chain.ethereum.receipts import Receipts as NodeReceipts
from chain.ethereum.receipts import key
from chain.ethereum.rpc import NodeError, Request
from chain.ethereum.wire import data, items, member, quantity, to_hex
from chain.history import NO_HEAD, Heads
from chain.keccak import keccak
from chain.raw import Meant, RawHeader, RawLog, RawTransaction, Receipts, ShownCode, ShownHeads
from chain.steps import List

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from chain.ethereum.client import EthereumRegistry
    from chain.ethereum.profiles import Profile
    from chain.ethereum.wire import Json
    from chain.registry import Block, Identity
    from chain.seals import SealScheme

_ANCHORING = ("anchor", "replace")
_LOG = "log"
_TRANSACTION = "eth_getTransactionByHash"
_BATCH = 512
"""How many blocks to look at together: enough to ask seldom, and few enough to lose little when killed."""


class AuditedNode:
    """Implements `verifier.audit.sources.ChainSource` on one node."""

    def __init__(self, registry: EthereumRegistry, *, batch: int = _BATCH) -> None:
        """`batch` is how many blocks to look at together."""
        self.batch = batch
        self._registry = registry
        self._node = registry.node
        self._rpc = registry.node.rpc
        self._prover = Prover(registry.node, registry.address)
        self._receipts = NodeReceipts(registry.node.rpc)

    @property
    def profile(self) -> Profile:
        """What kind of chain it serves."""
        return self._registry.profile

    @property
    def name(self) -> str:
        """The node's host and port."""
        return self._rpc.name

    @property
    def address(self) -> bytes:
        """The registry's address."""
        return self._registry.address

    @property
    def scheme(self) -> SealScheme:
        """How this kind of chain seals its blocks."""
        return self.profile.seal_scheme

    @property
    def has_proofs(self) -> bool:
        """Whether this kind of chain proves its state."""
        return self.profile.proofs

    @property
    def are_all_signed(self) -> bool:
        """Whether nobody can send on this kind of chain without a signature that can be read."""
        return not self.profile.test_only

    @property
    def confirmations(self) -> int:
        """How many blocks must follow a block before it is final."""
        return self.profile.confirmations

    def identity(self) -> Identity:
        """Return which registry this is; raises `RegistryMismatch` if not the expected one."""
        return self._registry.identity(whatever_code=True)

    def newest(self) -> Block:
        """Return the newest block."""
        return self._registry.newest()

    def headers(self, first: int, last: int) -> Sequence[RawHeader]:
        """Return the headers of these heights, both included."""
        numbers = range(first, last + 1)
        return [
            self._header(number, block)
            for number, block in zip(numbers, headers.blocks(self._rpc, numbers), strict=True)
        ]

    def logs(self, first: int, last: int) -> Sequence[RawLog]:
        """Return all logs of the registry's contracts in these blocks, in the chain's order."""
        found: list[RawLog] = []
        for start in range(first, last + 1, self.profile.log_range):
            end = min(start + self.profile.log_range - 1, last)
            found += [_log(each) for each in self._registry.raw_logs(start, end)]
        return sorted(found, key=lambda log: log.place)

    def transactions(self, hashes: Iterable[bytes]) -> dict[bytes, RawTransaction]:
        """Return the transactions of these hashes; those that the node does not have are missing."""
        asked = list(dict.fromkeys(hashes))
        answers = self._rpc.ask_all([Request(_TRANSACTION, (to_hex(each),)) for each in asked])
        sent = [None if answer is None else self._transaction(answer) for answer in answers]
        # Who answers with another transaction has not answered.
        return {
            wanted: each for wanted, each in zip(asked, sent, strict=True) if each is not None and each.hash == wanted
        }

    def block_transactions(self, number: int) -> Sequence[RawTransaction]:
        """Return the transactions of a block that call one of the registry's contracts."""
        block = self._rpc.ask("eth_getBlockByNumber", to_hex(number), True)  # noqa: FBT003 - the RPC's own argument
        told = items(member(block, "transactions", "eth_getBlockByNumber"), "eth_getBlockByNumber transactions")
        sent = [self._transaction(each) for each in told]
        return [each for each in sent if each.to in self._ours()]

    def receipts(self, number: int, receipts_root: bytes) -> Receipts:
        """Return the registry's logs out of all receipts of a block, held against the header's root."""
        try:
            held = self._receipts.of_block(number)
            made = Trie({key(index): receipt for index, receipt in enumerate(held)}).root
            hashes = self._block_hashes(number)
        except NodeError as exc:
            return Receipts((), is_proven=False, oddness=str(exc))
        found: list[RawLog] = []
        index = 0
        for position, receipt in enumerate(held):
            for address, topics, content in _logs_of(receipt):
                if address in self._ours():
                    sent = hashes[position] if position < len(hashes) else b""
                    found.append(_raw_log(address, topics, content, (number, b"", sent, position, index)))
                index += 1
        if made != receipts_root:
            oddness = f"{len(held)} receipts: 0x{made.hex()}; 0x{receipts_root.hex()}"
            return Receipts(tuple(found), is_proven=False, oddness=oddness)
        return Receipts(tuple(found), is_proven=True)

    def heads_at(self, block: int, state_root: bytes) -> ShownHeads | None:
        """Return the three heads after a block; None if the node has not that state any more."""
        try:
            if not self.profile.proofs:
                told = self._told_heads(block)
                return None if told is None else ShownHeads(told, is_proven=False)
            certificates = self._slots(self._registry.address, (List.ANCHORS, List.STATUSES), block, state_root)
            agencies = self._slots(self._registry.known().agencies_address, (List.RIGHTS,), block, state_root)
        except NodeError:
            return None
        except (EvidenceMalformed, EvidenceRefused) as exc:
            told = self._told_heads(block)
            return None if told is None else ShownHeads(told, is_proven=False, oddness=str(exc))
        return ShownHeads(Heads(*certificates, *agencies), is_proven=True)

    def meaning(self, to: bytes | None, calldata: bytes) -> Sequence[Meant]:
        """Return what a call is to bring about; nothing if that cannot be read."""
        if to == self._registry.address:
            return meanings.of_certificates_call(calldata)
        if to == self._registry.known().agencies_address:
            return meanings.of_agencies_call(calldata)
        return ()

    def code(self, address: bytes, block: int, state_root: bytes | None) -> ShownCode | None:
        """Return the code at an address after a block; None if the node has not that state any more.

        It is held against the state root, where there is one and the chain has proofs.
        """
        if not self.profile.state_by_block and self.newest().number != block:
            return None
        try:
            told = self._told_code(address, block)
        except NodeError:
            return None
        if state_root is None or not self.profile.proofs:
            return ShownCode(told, is_proven=False)
        oddness = ""
        try:
            account, _ = self._walked(address, (), block, state_root)
            proven = state.code_hash(state_root, address, account)
            if keccak(told) != proven:
                oddness = f"{len(told)} bytes: 0x{keccak(told).hex()}; 0x{proven.hex()}"
        except NodeError:
            return ShownCode(told, is_proven=False)
        except (EvidenceMalformed, EvidenceRefused) as exc:
            oddness = str(exc)
        return ShownCode(told, is_proven=not oddness, oddness=oddness)

    def is_our_code(self, address: bytes, code: bytes) -> bool:
        """Whether code is that of our contract which is to stand at that address."""
        contract = contracts.certificates() if address == self._registry.address else contracts.agencies()
        return contract.is_code(code)

    def close(self) -> None:
        """Close the connection."""
        self._registry.close()

    # What the above is made of.

    def _ours(self) -> tuple[bytes, bytes]:
        return self._registry.address, self._registry.known().agencies_address

    def _slots(self, address: bytes, lists: Sequence[List], block: int, state_root: bytes) -> list[bytes]:
        """Return what a contract's slots hold, proven; zeros before there is a contract."""
        account, slots = self._walked(address, lists, block, state_root)
        if trie.value_at(state_root, keccak(address), account) is None:
            return [NO_HEAD] * len(lists)
        root = state.storage_root(state_root, address, account)
        return [state.word(root, which.slot, nodes) for which, nodes in zip(lists, slots, strict=True)]

    def _walked(
        self, address: bytes, lists: Sequence[List], block: int, state_root: bytes
    ) -> tuple[tuple[bytes, ...], list[tuple[bytes, ...]]]:
        """Return the nodes of an account, and of the slots of these lists.

        In an empty trie there is nothing to walk; nodes that made up their first block show walks all the same.
        """
        if state_root == trie.EMPTY_ROOT:
            return (), [()] * len(lists)
        return self._prover.nodes(address, [which.slot for which in lists], block)

    def _told_heads(self, block: int) -> Heads | None:
        asked = block if self.profile.state_by_block else None
        if asked is None and self.newest().number != block:
            return None
        ours = self._ours()
        has_code = [self._told_code(address, block) != b"" for address in ours]
        anchors, statuses, rights = (
            self._registry.head(which, block=asked) if has_code[which is List.RIGHTS] else NO_HEAD for which in List
        )
        return Heads(anchors, statuses, rights)

    def _told_code(self, address: bytes, block: int) -> bytes:
        return data(self._rpc.ask("eth_getCode", to_hex(address), to_hex(block)), "eth_getCode")

    def _block_hashes(self, number: int) -> list[bytes]:
        (block,) = headers.blocks(self._rpc, [number])
        return _hashes(block)

    def _header(self, number: int, block: Json) -> RawHeader:
        told = b""
        hashes: tuple[bytes, ...] = ()
        try:
            told = read_hash(member(block, "hash", "block"), "block hash")
            hashes = tuple(_hashes(block))
            header = headers.shown(block)
            made = seals.block_hash(header, self.scheme)
            return RawHeader(number, told, seals.with_low_seals(header, self.scheme), made, hashes)
        except (RegistryUnavailable, EvidenceMalformed) as exc:
            return RawHeader(number, told, None, b"", hashes, str(exc))

    def _transaction(self, answer: Json) -> RawTransaction:
        to = member(answer, "to", _TRANSACTION)
        block = member(answer, "blockNumber", _TRANSACTION)
        address = None if to is None else read_address(to, f"{_TRANSACTION} to")
        payload = data(member(answer, "input", _TRANSACTION), f"{_TRANSACTION} input")
        call = self._function(address, payload)
        told, leaves = calldata.shown_leaves(payload) if call in _ANCHORING else (None, None)
        made = signed.read(answer)
        if made is not None and made.signer is None and self.profile.test_only:
            # Test chains let accounts send without a key, and hash what they sent in ways of their own.
            made = None
        return RawTransaction(
            hash=read_hash(member(answer, "hash", _TRANSACTION), f"{_TRANSACTION} hash"),
            block_number=None if block is None else quantity(block, f"{_TRANSACTION} blockNumber"),
            position=quantity(member(answer, "transactionIndex", _TRANSACTION), f"{_TRANSACTION} transactionIndex"),
            sender=read_address(member(answer, "from", _TRANSACTION), f"{_TRANSACTION} from"),
            to=address,
            input=payload,
            call=call,
            leaves=leaves,
            leaves_told=told,
            made_hash=b"" if made is None else made.hash,
            signer=None if made is None else made.signer,
        )

    def _function(self, to: bytes | None, payload: bytes) -> str:
        if to not in self._ours():
            return ""
        contract = contracts.certificates() if to == self._registry.address else contracts.agencies()
        selector = payload[: contracts.SELECTOR_BYTES]
        return next((each.name for each in contract.functions.values() if each.selector == selector), "")


def _hashes(block: Json) -> list[bytes]:
    told = items(member(block, "transactions", "block"), "block transactions")
    return [
        read_hash(member(each, "hash", "block") if isinstance(each, dict) else each, "transaction") for each in told
    ]


def _log(log: Json) -> RawLog:
    number, position, index = (
        quantity(member(log, name, _LOG), f"{_LOG} {name}") for name in ("blockNumber", "transactionIndex", "logIndex")
    )
    return _raw_log(
        read_address(member(log, "address", _LOG), f"{_LOG} address"),
        tuple(read_hash(each, f"{_LOG} topic") for each in items(member(log, "topics", _LOG), f"{_LOG} topics")),
        data(member(log, "data", _LOG), f"{_LOG} data"),
        (
            number,
            read_hash(member(log, "blockHash", _LOG), f"{_LOG} blockHash"),
            read_hash(member(log, "transactionHash", _LOG), f"{_LOG} transactionHash"),
            position,
            index,
        ),
    )


def _raw_log(
    address: bytes, topics: tuple[bytes, ...], content: bytes, place: tuple[int, bytes, bytes, int, int]
) -> RawLog:
    event, oddness = None, ""
    try:
        event = logs.decode(Log(topics, content))
    except (RegistryMismatch, RegistryUnavailable, ValueError) as exc:
        oddness = str(exc)
    return RawLog(address, topics, content, *place, event, oddness)


def _logs_of(receipt: bytes) -> list[tuple[bytes, tuple[bytes, ...], bytes]]:
    """Return the logs of a receipt as its trie holds it; none of one that is not in form."""
    typed = receipt[:1] < b"\xc0"
    try:
        read = strict_rlp.decode(receipt[1:] if typed else receipt)
    except EvidenceMalformed:
        return []
    match read:
        case [_, _, _, [*told]]:
            return [
                (address, tuple(topics), content)
                for address, topics, content in cast("list[tuple[bytes, list[bytes], bytes]]", told)
            ]
        case _:
            return []

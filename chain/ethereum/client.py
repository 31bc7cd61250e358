"""A registry on an Ethereum node, for reading."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from chain import proof
from chain.errors import RegistryMismatch, RegistryUnavailable
from chain.ethereum import calldata, contracts, logs, runs
from chain.ethereum.logs import Log
from chain.ethereum.node import Node, read_address, read_bytes, read_hash
from chain.ethereum.proving import Prover
from chain.ethereum.rpc import NodeError, Request, Rpc
from chain.ethereum.wire import data, items, member, quantity, to_hex
from chain.events import BatchAnchored, Record, Transaction
from chain.history import Heads
from chain.registry import Identity
from chain.steps import List

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from chain.checkpoint import StateProof
    from chain.ethereum.profiles import Profile
    from chain.ethereum.wire import Json
    from chain.registry import Block

T = TypeVar("T", int, bytes)


@dataclass(frozen=True, slots=True)
class Expected:
    """What is known beforehand about a registry; None: whatever it is the first time it is asked, it must stay."""

    chain_id: int | None = None
    registry_id: bytes | None = None
    genesis_hash: bytes | None = None
    deployed_at_block: int | None = None
    """Saves searching for the registry's first event."""


class EthereumRegistry:
    """Implements `chain.registry.Registry` on one node."""

    def __init__(
        self,
        url: str,
        address: bytes,
        profile: Profile,
        *,
        expected: Expected | None = None,
        timeout_s: float = 10.0,
        until: Callable[[], float] = lambda: math.inf,
    ) -> None:
        """`address` is the Certificates contract's, which names the other; `until` is as in `Rpc`."""
        expected = expected or Expected()
        if expected.chain_id is None:
            expected = replace(expected, chain_id=profile.chain_id)
        self.address = address
        self.profile = profile
        rpc = Rpc(url, timeout_s=timeout_s, batch_size=profile.batch_size, chain_id=expected.chain_id, until=until)
        self.node = Node(rpc, profile)
        self._prover = Prover(self.node, address)
        self._expected = expected
        self._identity: Identity | None = None

    def identity(self, *, whatever_code: bool = False) -> Identity:
        """Ask the node anew which chain and registry this is; raises `RegistryMismatch` if not the expected one.

        With `whatever_code`, code that is not ours is let pass, for those who look at it by themselves.
        """
        certificates, agencies = contracts.certificates(), contracts.agencies()
        chain_id = _same("chain id", self.node.chain_id(), self._expected.chain_id)
        genesis_hash = _same("genesis block", self.node.block(0).hash, self._expected.genesis_hash)
        if not whatever_code:
            self._require_code(self.address, certificates)
        agencies_address = read_bytes(self.node.read(self.address, certificates.functions["agencies"]), "agencies")
        if not whatever_code:
            self._require_code(agencies_address, agencies)
        answers = self.node.read_all(
            [
                (address, contract.functions[name], ())
                for name in ("registryId", "test")
                for address, contract in ((self.address, certificates), (agencies_address, agencies))
            ]
        )
        (registry_id,), (agencies_registry_id,), (test,), (agencies_test,) = answers
        if (registry_id, test) != (agencies_registry_id, agencies_test):
            raise RegistryMismatch(f"0x{self.address.hex()} and 0x{agencies_address.hex()} are of different registries")
        if self.profile.test_only and not test:
            raise RegistryMismatch(f"got a registry that is not for tests on a chain of profile {self.profile.name}")
        identity = Identity(
            chain_id=chain_id,
            genesis_hash=genesis_hash,
            registry_id=_same("registry id", read_bytes(registry_id, "registryId"), self._expected.registry_id),
            address=self.address,
            agencies_address=agencies_address,
            test=bool(test),
            deployed_at_block=self._first_block(agencies_address),
        )
        if self._identity is not None and identity != self._identity:
            raise RegistryMismatch(f"the node now shows {identity}, before it showed {self._identity}")
        self._identity = identity
        return identity

    def newest(self) -> Block:
        """Return the newest block."""
        return self.node.block(None)

    def block(self, number: int) -> Block:
        """Return the block of that height on the node's present chain."""
        return self.node.block(number)

    def blocks(self, numbers: Sequence[int]) -> Mapping[int, Block]:
        """Return the blocks of these heights, asked for at once."""
        return self.node.blocks(numbers)

    def records(self, first: int, last: int) -> Iterator[Record]:
        """Yield all events of the registry in blocks first..last, both included, in chain order.

        Raises:
            RegistryUnavailable: Also if the chain was reorganised while it was read; ask again then.
        """
        addresses = [self.address, self.known().agencies_address]
        for start in range(first, last + 1, self.profile.log_range):
            end = min(start + self.profile.log_range - 1, last)
            yield from self._records_of(self._logs(addresses, start, end), start, end)

    def raw_logs(self, first: int, last: int) -> list[Json]:
        """Return the logs of the registry's contracts in these blocks as the node tells them, at most `log_range`."""
        return self._logs([self.address, self.known().agencies_address], first, last)

    def head(self, which: List, *, block: int | None = None) -> bytes:
        """Return the head of a hash chain, now or (where the profile has state by block) after a block."""
        contract = contracts.agencies() if which is List.RIGHTS else contracts.certificates()
        address = self.known().agencies_address if which is List.RIGHTS else self.address
        return read_bytes(self.node.read(address, contract.functions["head"], int(which), block=block), "head")

    def heads(self, block: int) -> Heads | None:
        """Return all three heads after a block; None where only the newest is known, and it is another one."""
        asked = block if self.profile.state_by_block else None
        if asked is None and self.newest().number != block:
            return None
        anchors, statuses, rights = (self.head(which, block=asked) for which in List)
        if asked is None and self.newest().number != block:
            return None
        return Heads(anchors, statuses, rights)

    def evidence(self, agency: int, root: bytes, block_number: int) -> bytes | None:
        """Return evidence that this batch was anchored in that block; None where the profile has no proofs."""
        if not self.profile.proofs:
            return None
        return proof.encode_evidence(self._prover.of_batch(agency, root, block_number))

    def state_proof(self, block_number: int) -> StateProof | None:
        """Return what proves the three heads after a block, for a checkpoint; None where the profile has no proofs.

        On Clique as many blocks must follow it as it takes until most signers have sealed. Raises
        `RegistryUnavailable` if the node no longer has that state, or if what it shows does not hold.
        """
        if not self.profile.proofs:
            return None
        heads = [self.head(which, block=block_number) for which in List]
        return self._prover.of_heads(self.known().agencies_address, block_number, heads)

    def proof_depth(self) -> int:
        """Return how many blocks must follow a block before `state_proof` can show it: on Clique half the signers."""
        return runs.depth(self.node) if self.profile.proofs else 0

    def known(self) -> Identity:
        """Return the identity as asked before, so that it need not be asked anew."""
        return self._identity or self.identity()

    def close(self) -> None:
        """Close the connection to the node."""
        self.node.rpc.close()

    # Logs.

    def _logs(self, addresses: Sequence[bytes], first: int, last: int, *topics: bytes) -> list[Json]:
        """Ask for logs; a range that the node refuses is halved."""
        wanted: dict[str, Json] = {
            "fromBlock": to_hex(first),
            "toBlock": to_hex(last),
            "address": [to_hex(address) for address in addresses],
        }
        if topics:
            wanted["topics"] = [to_hex(topic) for topic in topics]
        try:
            return items(self.node.rpc.ask("eth_getLogs", wanted), "eth_getLogs")
        except NodeError:
            if first == last:
                raise
        middle = (first + last) // 2
        return self._logs(addresses, first, middle, *topics) + self._logs(addresses, middle + 1, last, *topics)

    def _records_of(self, found: list[Json], first: int, last: int) -> list[Record]:
        """Return the records of a range's logs."""
        places = sorted((_place(log), index) for index, log in enumerate(found))
        ordered = [found[index] for _, index in places]
        numbers = sorted({number for (number, _, _), _ in places})
        if numbers and not first <= numbers[0] <= numbers[-1] <= last:
            raise RegistryUnavailable(
                f"eth_getLogs: got blocks {numbers[0]} to {numbers[-1]}, wanted {first} to {last}"
            )
        blocks = self.node.blocks(numbers)
        records = [record_of(log, blocks, ours=(self.address, self.known().agencies_address)) for log in ordered]
        # One transaction may write many events.
        asked = {
            record.transaction_hash: _transaction_request(log) for record, log in zip(records, ordered, strict=True)
        }
        answers = dict(zip(asked, self.node.rpc.ask_all(list(asked.values())), strict=True))
        return [_with_transaction(record, answers[record.transaction_hash]) for record in records]

    # Identity.

    def _require_code(self, address: bytes, contract: contracts.Contract) -> None:
        (code,) = self.node.codes([address])
        if not code:
            raise RegistryMismatch(f"there is no contract at 0x{address.hex()}, wanted {contract.name}")
        if not contract.is_code(code):
            raise RegistryMismatch(f"the code at 0x{address.hex()} is not that of our {contract.name}")

    def _first_block(self, agencies_address: bytes) -> int:
        """Return the block of the registry's first event; without it the history cannot be read from its beginning."""
        if self._identity is not None:
            return self._identity.deployed_at_block
        if self._expected.deployed_at_block is not None:
            return self._expected.deployed_at_block
        topic = next(topic for topic, kind in contracts.agencies().events.items() if kind.name == "RegistryCreated")
        newest = self.newest().number
        for start in range(0, newest + 1, self.profile.log_range):
            end = min(start + self.profile.log_range - 1, newest)
            for log in self._logs([agencies_address], start, end, topic):
                return _place(log)[0]
        raise RegistryUnavailable(f"no RegistryCreated event of 0x{agencies_address.hex()} in blocks 0 to {newest}")


def record_of(log: Json, blocks: dict[int, Block], *, ours: Sequence[bytes]) -> Record:
    """Return the record of a log, without leaves."""
    number, _, log_index = _place(log)
    address = read_address(member(log, "address", "log"), "log address")
    if address not in ours:
        raise RegistryUnavailable(f"eth_getLogs: got a log of 0x{address.hex()}, which was not asked for")
    block = blocks[number]
    block_hash = read_hash(member(log, "blockHash", "log"), "log blockHash")
    if block_hash != block.hash or (isinstance(log, dict) and log.get("removed") is True):
        raise RegistryUnavailable(f"block {number} changed while it was read; the chain was reorganised")
    topics = [read_hash(topic, "log topic") for topic in items(member(log, "topics", "log"), "log topics")]
    event = logs.decode(Log(tuple(topics), data(member(log, "data", "log"), "log data")))
    return Record(
        event=event,
        block_number=number,
        block_hash=block_hash,
        block_timestamp=block.timestamp,
        transaction_hash=read_hash(member(log, "transactionHash", "log"), "log transactionHash"),
        log_index=log_index,
        finding=logs.finding(event),
    )


def _with_transaction(record: Record, transaction: Json) -> Record:
    """Add who sent the transaction, and a batch's leaves, which stand only in its calldata."""
    what = "eth_getTransactionByBlockHashAndIndex"
    if read_hash(member(transaction, "hash", what), f"{what} hash") != record.transaction_hash:
        raise RegistryUnavailable(f"{what}: got another transaction than 0x{record.transaction_hash.hex()}")
    to = member(transaction, "to", what)
    sent = Transaction(
        position=quantity(member(transaction, "transactionIndex", what), f"{what} transactionIndex"),
        sender=read_address(member(transaction, "from", what), f"{what} from"),
        to=None if to is None else read_address(to, f"{what} to"),
    )
    if not isinstance(record.event, BatchAnchored):
        return replace(record, transaction=sent)
    payload = data(member(transaction, "input", what), f"{what} input")
    leaves, finding = calldata.leaves_of(payload, record.event)
    return replace(record, leaves=leaves, finding=finding or record.finding, transaction=sent)


def _place(log: Json) -> tuple[int, int, int]:
    """Return the block, the transaction's index and the log's index, by which logs are ordered."""
    number, transaction, index = (
        quantity(member(log, name, "log"), f"log {name}") for name in ("blockNumber", "transactionIndex", "logIndex")
    )
    return number, transaction, index


def _transaction_request(log: Json) -> Request:
    """Ask for a log's transaction by its place; a node may have dropped its index of hashes."""
    place = (member(log, "blockHash", "log"), member(log, "transactionIndex", "log"))
    return Request("eth_getTransactionByBlockHashAndIndex", place)


def _same(what: str, got: T, wanted: T | None) -> T:
    if wanted is not None and got != wanted:
        seen, hoped = (f"0x{value.hex()}" if isinstance(value, bytes) else str(value) for value in (got, wanted))
        raise RegistryMismatch(f"got {what} {seen}, wanted {hoped}")
    return got

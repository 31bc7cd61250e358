"""A registry in memory, for tests that do not want a node.

Its rules are those of the model that the contracts' own tests compare them with, so it refuses what they refuse (by the
same names, without arguments). It can be silent, lose what is sent or the answer to it, wait with mining, and go back
in time. `tests/chain/ethereum/test_behaviour.py` runs one suite against it and against the real one.
"""

from __future__ import annotations

import copy
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, cast

from chain.errors import NonceTaken, RegistryRefused, RegistryUnavailable, SenderRefused
from chain.ethereum import logs
from chain.events import BatchAnchored, Capability, Record
from chain.history import Heads
from chain.proof import ReceiptEvidence, encode_evidence
from chain.registry import Block, Identity, Receipt, SignedTransaction
from tests.contracts.model import Refused
from tests.contracts.model_agencies import Consent
from tests.contracts.model_certificates import Certificates
from tests.fake_blocks import Sealed, anchored, seal
from tests.fake_transactions import (
    ADDRESS,
    CHAIN_ID,
    Anchoring,
    Call,
    OfficerSetting,
    StatusChanging,
    batch_digest,
    in_hexadecimal,
    officer_digest,
    run,
    status_digest,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from chain.events import Event
    from chain.registry import BatchToAnchor, OfficerToSet, Role, Signer, StatusToChange
    from tests.contracts.model import Emitted

AGENCIES_ADDRESS = bytes.fromhex("a9" * 20)


@dataclass(slots=True)
class _State:
    """All that a reorganisation can undo."""

    model: Certificates
    blocks: list[Block] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    receipts: dict[bytes, Receipt] = field(default_factory=dict)
    nonces: dict[bytes, int] = field(default_factory=dict)
    waiting: dict[tuple[bytes, int], SignedTransaction] = field(default_factory=dict)


class FakeRegistry:
    """Implements `Registry` and `RegistryWriter`."""

    def __init__(
        self, *, registry_id: bytes = sha256(b"fake").digest(), test: bool = True, now: int = 1_767_225_600
    ) -> None:
        self.registry_id = registry_id
        self.test = test
        self.now = now
        """Seconds since 1970 (at first 2026-01-01T00:00Z); the timestamp of the blocks to come. A test moves it."""
        self.automine = True
        """Whether each transaction makes its block at once; else it waits for `mine`."""
        self.silent = False
        """Whether every question raises `RegistryUnavailable`."""
        self.withheld: set[bytes] = set()
        """Transactions of which no record is told, though the heads hold them."""
        self.lose_sends = 0
        """So many transactions to come are lost on their way; the sender sees `RegistryUnavailable`."""
        self.lose_replies = 0
        """So many transactions to come arrive, but the sender sees `RegistryUnavailable`."""
        self.refused_senders: set[bytes] = set()
        self.has_proofs = False
        """Whether it shows evidence, or is a chain that has none."""
        self.successors = 0
        """How many headers come behind the block's own in evidence."""
        self.shown_block: int | None = None
        """The block that evidence is of, where it is not the one that was asked for."""
        self.forgetful = False
        """Whether evidence is more than the node can show."""
        self._calls: dict[bytes, Call] = {}
        self._sealed: dict[bytes, Sealed] = {}
        """By the block's hash."""
        self._forks = 0
        model = Certificates(registry_id=registry_id, test=test, address=in_hexadecimal(AGENCIES_ADDRESS))
        self._state = _State(model)
        self._add_block(bytes(32))
        with self._block():
            model.create([in_hexadecimal(bytes.fromhex("c0" * 20))], 1)

    # Reading.

    def identity(self) -> Identity:
        self._speak()
        return Identity(
            chain_id=CHAIN_ID,
            genesis_hash=self._state.blocks[0].hash,
            registry_id=self.registry_id,
            address=ADDRESS,
            agencies_address=AGENCIES_ADDRESS,
            test=self.test,
            deployed_at_block=1,
        )

    def newest(self) -> Block:
        self._speak()
        return self._state.blocks[-1]

    def block(self, number: int) -> Block:
        self._speak()
        if not 0 <= number < len(self._state.blocks):
            raise RegistryUnavailable(f"there is no block {number}")
        return self._state.blocks[number]

    def blocks(self, numbers: Sequence[int]) -> dict[int, Block]:
        return {number: self.block(number) for number in numbers}

    def records(self, first: int, last: int) -> Iterator[Record]:
        self._speak()
        found = [record for record in self._state.records if first <= record.block_number <= last]
        yield from [record for record in found if record.transaction_hash not in self.withheld]

    # What the writer asks.

    def heads(self, block: int) -> Heads | None:
        self._speak()
        made = Heads()
        for record in self._state.records:
            if record.block_number <= block:
                made = made.after(record.event, record.block_number)
        return made

    def capabilities(self, agency: int, officer: bytes) -> Capability:
        self._speak()
        return Capability(self._state.model.capabilities(agency, in_hexadecimal(officer)))

    def required_approvals(self, agency: int) -> int:
        self._speak()
        with _refusals():
            return self._state.model.required_approvals(agency)

    def status(self, agency: int, leaf: bytes) -> int:
        self._speak()
        return self._state.model.slot(agency, leaf)

    def batch_block(self, agency: int, root: bytes) -> int | None:
        self._speak()
        batch = self._state.model.batches.get((agency, root))
        return batch.block if batch else None

    def evidence(self, agency: int, root: bytes, block_number: int) -> bytes | None:
        self._speak()
        if self.forgetful:
            name = f"batch {root.hex()} of agency {agency} in block {block_number}"
            raise RegistryUnavailable(f"{name}: more than the node can show")
        if not self.has_proofs:
            return None
        number = block_number if self.shown_block is None else self.shown_block
        blocks = self._state.blocks[number : number + 1 + self.successors]
        sealed = [self._sealed[block.hash] for block in blocks]
        return encode_evidence(ReceiptEvidence(tuple(each.header for each in sealed), 0, sealed[0].nodes))

    def batch_digest(self, batch: BatchToAnchor, *, role: Role, deadline: int) -> bytes:
        self._speak()
        return batch_digest(self.registry_id, batch, role, deadline)

    def status_digest(self, change: StatusToChange, *, deadline: int) -> bytes:
        self._speak()
        return status_digest(self.registry_id, change, deadline)

    def consent_nonce(self, agency: int) -> int:
        self._speak()
        with _refusals():
            return self._state.model.get(agency).nonce

    def officer_digest(self, change: OfficerToSet, *, deadline: int) -> bytes:
        self._speak()
        return officer_digest(self.registry_id, change, deadline)

    def next_nonce(self, sender: bytes) -> int:
        self._speak()
        return self._state.nonces.get(sender, 0)

    # Writing.

    def sign_anchor(
        self,
        batch: BatchToAnchor,
        *,
        deadline: int,
        preparer: bytes,
        approvers: Sequence[bytes],
        sender: Signer,
        nonce: int,
    ) -> SignedTransaction:
        return self._sign(Anchoring(batch, deadline, preparer, tuple(approvers)), sender, nonce)

    def sign_status(
        self, change: StatusToChange, *, deadline: int, signatures: Sequence[bytes], sender: Signer, nonce: int
    ) -> SignedTransaction:
        return self._sign(StatusChanging(change, deadline, tuple(signatures)), sender, nonce)

    def sign_officer(
        self, change: OfficerToSet, *, deadline: int, signatures: Sequence[bytes], sender: Signer, nonce: int
    ) -> SignedTransaction:
        return self._sign(OfficerSetting(change, deadline, tuple(signatures)), sender, nonce)

    def send(self, transaction: SignedTransaction) -> None:
        self._speak()
        if self.lose_sends:
            self.lose_sends -= 1
            raise RegistryUnavailable("the transaction was lost on its way")
        self._take(transaction)
        if self.lose_replies:
            self.lose_replies -= 1
            raise RegistryUnavailable("the reply was lost on its way")

    def receipt(self, transaction_hash: bytes) -> Receipt | None:
        self._speak()
        return self._state.receipts.get(transaction_hash)

    def knows(self, transaction_hash: bytes) -> bool:
        self._speak()
        waiting = any(transaction.hash == transaction_hash for transaction in self._state.waiting.values())
        return waiting or transaction_hash in self._state.receipts

    # What tests do to it.

    def mine(self, blocks: int = 1) -> None:
        """Make blocks; the first takes what waits."""
        for _ in range(blocks):
            ready = self._ready()
            if not ready:
                with self._block():
                    pass
            for transaction in ready:
                self._mine(transaction)

    def drop_waiting(self) -> None:
        """Forget all transactions that wait, as a restarted node does."""
        self._state.waiting.clear()

    def spend_nonce(self, sender: bytes) -> None:
        """Let a foreign transaction of the sender's be mined."""
        with self._block():
            self._state.nonces[sender] = self._state.nonces.get(sender, 0) + 1

    def snapshot(self) -> _State:
        """Return what `revert` goes back to."""
        return copy.deepcopy(self._state)

    def revert(self, snapshot: _State) -> None:
        """Go back; the blocks to come have other hashes than those that were."""
        self._state = copy.deepcopy(snapshot)
        self._forks += 1

    def govern(self, name: str, *arguments: object, by: Sequence[Signer] = (), council: bool = False) -> list[Event]:
        """Change rights as the model's method of that name does; returns the events. Mined at once."""
        model = self._state.model
        caller = model.address if council else in_hexadecimal(bytes(20))
        consent = Consent(len(self._state.blocks), tuple(in_hexadecimal(signer.address) for signer in by))
        plain = [
            in_hexadecimal(value) if isinstance(value, bytes) and len(value) == len(ADDRESS) else value
            for value in arguments
        ]
        before = len(self._state.records)
        method: Callable[..., None] = getattr(model, name)
        with _refusals(), self._block():
            method(*plain, *([consent] if name in _BY_CONSENT else []), caller=caller)
        return [record.event for record in self._state.records[before:]]

    # How it works.

    def _speak(self) -> None:
        if self.silent:
            raise RegistryUnavailable("the node is silent")

    def _sign(self, call: Call, sender: Signer, nonce: int) -> SignedTransaction:
        self._speak()
        if sender.address in self.refused_senders:
            raise SenderRefused(f"the node does not take transactions of 0x{sender.address.hex()}")
        trial = copy.deepcopy(self._state.model)
        trial.block, trial.time = len(self._state.blocks), self.now
        with _refusals():
            run(trial, call)
        raw = repr((call, sender.address, nonce)).encode()
        self._calls[raw] = call
        return SignedTransaction(raw=raw, hash=sha256(raw).digest(), sender=sender.address, nonce=nonce)

    def _take(self, transaction: SignedTransaction) -> None:
        if self.knows(transaction.hash):
            return
        if transaction.sender in self.refused_senders:
            raise SenderRefused(f"the node does not take transactions of 0x{transaction.sender.hex()}")
        place = (transaction.sender, transaction.nonce)
        if transaction.nonce < self._state.nonces.get(transaction.sender, 0) or place in self._state.waiting:
            raise NonceTaken(f"nonce {transaction.nonce} of 0x{transaction.sender.hex()} has another transaction")
        self._state.waiting[place] = transaction
        if self.automine:
            for ready in self._ready():
                self._mine(ready)

    def _ready(self) -> list[SignedTransaction]:
        """Return what waits and can be mined: each sender's transactions without a gap."""
        ready = []
        next_nonces = dict(self._state.nonces)
        for (sender, nonce), transaction in sorted(self._state.waiting.items()):
            if next_nonces.get(sender, 0) == nonce:
                next_nonces[sender] = nonce + 1
                ready.append(transaction)
        return ready

    def _mine(self, transaction: SignedTransaction) -> None:
        del self._state.waiting[transaction.sender, transaction.nonce]
        call = self._calls[transaction.raw]
        before = len(self._state.records)
        succeeded = True
        with self._block(transaction.hash, call):
            self._state.nonces[transaction.sender] = transaction.nonce + 1
            try:
                run(self._state.model, call)
            except Refused:
                succeeded = False
        block = self._state.blocks[-1]
        self._state.receipts[transaction.hash] = Receipt(
            transaction_hash=transaction.hash,
            block_number=block.number,
            block_hash=block.hash,
            succeeded=succeeded,
            records=tuple(_without_leaves(record) for record in self._state.records[before:]),
        )

    @contextmanager
    def _block(self, transaction_hash: bytes = bytes(32), call: Call = None) -> Iterator[None]:
        """Make a block of what happens to the model inside."""
        model = self._state.model
        model.block, model.time = len(self._state.blocks), self.now
        before = len(model.events)
        yield
        happened = [_event(emitted) for emitted in model.events[before:]]
        block = self._add_block(self._state.blocks[-1].hash, happened)
        leaves = call.batch.leaves if isinstance(call, Anchoring) else ()
        for index, event in enumerate(happened):
            self._state.records.append(
                Record(
                    event=event,
                    block_number=block.number,
                    block_hash=block.hash,
                    block_timestamp=block.timestamp,
                    transaction_hash=transaction_hash,
                    log_index=index,
                    leaves=leaves if isinstance(event, BatchAnchored) else (),
                )
            )

    def _add_block(self, parent_hash: bytes, happened: Sequence[Event] = ()) -> Block:
        number = len(self._state.blocks)
        # Two registries may be on one chain, so the first block does not depend on the registry.
        name = f"{number} {self._forks} {self.registry_id.hex()}" if number else "genesis"
        sealed = seal(number, parent_hash, self.now, name=name, batches=anchored(happened), registry=ADDRESS)
        block = Block(number, sealed.hash, parent_hash, self.now)
        self._state.blocks.append(block)
        self._sealed[block.hash] = sealed
        return block


_BY_CONSENT = frozenset(
    {
        "register_agency",
        "suspend_agency",
        "resume_agency",
        "grant_type",
        "withdraw_type",
        "demand_approvals",
        "set_own_approvals",
        "set_officer",
        "add_key",
        "cut_off_key",
    }
)


@contextmanager
def _refusals() -> Iterator[None]:
    """Raise the model's refusals as ours."""
    try:
        yield
    except Refused as exc:
        raise RegistryRefused(exc.name, {}) from exc


def _event(emitted: Emitted) -> Event:
    """Return the model's event as ours."""
    kinds = logs.type_of(emitted.name).inputs
    return logs.event_of(
        emitted.name, [_plain(kind, value) for kind, value in zip(kinds, emitted.arguments, strict=True)]
    )


def _plain(kind: str, value: object) -> object:
    if kind == "address":
        return bytes.fromhex(str(value)[2:])
    if kind == "address[]":
        return tuple(bytes.fromhex(item[2:]) for item in cast("list[str]", value))
    return value.encode() if isinstance(value, str) else value


def _without_leaves(record: Record) -> Record:
    return Record(
        record.event,
        record.block_number,
        record.block_hash,
        record.block_timestamp,
        record.transaction_hash,
        record.log_index,
    )

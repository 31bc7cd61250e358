"""Writes a history onto a development chain: any number of transactions to a block, each block at a time of one's own.

The writer of the product asks a node a dozen questions before each transaction and waits for each. A history of years
has thousands, so here nonces, ids and status slots are reckoned, signatures made as officers make them, and the
contracts alone decide: whatever they refuse stops the writing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from chain import merkle
from chain.ethereum import contracts, typed_data
from chain.ethereum.governing import ES256, NO_END
from chain.ethereum.profiles import ANVIL
from chain.ethereum.rpc import Request
from chain.ethereum.transactions import DynamicFee, Transaction
from chain.ethereum.wire import data, member, quantity, to_hex
from chain.ethereum.writer import EthereumWriter, status_change
from chain.events import Capability, Track
from chain.registry import BatchToAnchor, Role, StatusToChange
from chain.slots import Held

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chain.ethereum.contracts import Function
    from chain.ethereum.deploy import Deployment
    from chain.ethereum.network import Anvil
    from chain.ethereum.signers import KeySigner
    from chain.keys import PublicKey

COUNCIL = 0
FOR_EVER = 2**40
"""A deadline that no history reaches."""

_GAS = 12_000_000
_FEE = DynamicFee(most=20_000_000_000, priority=0)
_SHORT, _LONG, _LEVEL_BITS, _HOUR_BITS = 27, 51, 3, 24
_ONE_CHANGE = 1 << 240
_SENT_AT_ONCE = 100
_A_MINUTE = timedelta(minutes=1)


class WritingRefused(AssertionError):
    """The contracts refused what was written."""


@dataclass(slots=True)
class Body:
    """An agency as the one who writes needs to know it."""

    agency: int
    level: int
    nonce: int = 0
    """Of its next consent."""


class Pen:
    """Writes; a block is made by `mine`, and only then are its transactions on the chain."""

    def __init__(
        self, anvil: Anvil, record: Deployment, *, sender: KeySigner, members: Sequence[KeySigner], threshold: int = 2
    ) -> None:
        """Take over a registry that holds nothing yet, and the making of blocks."""
        self.anvil = anvil
        self.record = record
        self.writer = EthereumWriter(anvil.url, record.address, ANVIL, expected=record.expected, timeout_s=60)
        self.mined: dict[bytes, int] = {}
        """In which block each transaction stands, by its hash."""
        self.held: dict[tuple[int, bytes], int] = {}
        """What the status slot of each leaf holds that ever changed, by (agency, leaf)."""
        self.members = list(members)
        self.threshold = threshold
        newest = self.writer.newest()
        self.block, self.now = newest.number, datetime.fromtimestamp(newest.timestamp, UTC)
        self._sender = sender
        self._agencies = record.agencies_address
        self._functions = {**contracts.agencies().functions, **contracts.certificates().functions}
        self._nonces: dict[bytes, int] = {}
        self._bodies: dict[int, Body] = {}
        self._proposals = 0
        self._waiting: list[tuple[bytes, bytes]] = []
        anvil.ask("evm_setAutomine", False)  # noqa: FBT003 - the RPC's own argument

    # Blocks.

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits for the next block."""
        return not self._waiting

    def mine(self, at: datetime) -> int:
        """Put all that waits into one block of that time; returns its number. Raises `WritingRefused`."""
        sent = [Request("eth_sendRawTransaction", (to_hex(raw),)) for raw, _ in self._waiting]
        for first in range(0, len(sent), _SENT_AT_ONCE):
            self.anvil.rpc.ask_all(sent[first : first + _SENT_AT_ONCE])
        self.anvil.ask("evm_mine", to_hex(int(at.timestamp())))
        self.block, self.now = self.block + 1, at
        if not self._waiting:
            return self.block
        receipts = self.anvil.ask("eth_getBlockReceipts", to_hex(self.block))
        assert isinstance(receipts, list)
        found = [(member(receipt, "transactionHash", ""), member(receipt, "status", "")) for receipt in receipts]
        if found != [(to_hex(of), "0x1") for _, of in self._waiting]:
            raise WritingRefused(self._why())
        self.mined.update((of, self.block) for _, of in self._waiting)
        self._waiting = []
        return self.block

    def idle(self, blocks: int, *, seconds: int) -> None:
        """Make empty blocks, so many seconds apart."""
        # An interval given to `anvil_mine` itself would let the clock have its say in their times.
        self.anvil.ask("anvil_setBlockTimestampInterval", seconds)
        self.anvil.ask("anvil_mine", to_hex(blocks))
        self.anvil.ask("anvil_removeBlockTimestampInterval")
        self.block, self.now = self.block + blocks, self.now + timedelta(seconds=seconds * blocks)

    def finish(self) -> None:
        """Hand the making of blocks back: from now on every transaction makes its own."""
        self.anvil.mine_instantly()

    # The council.

    def decide(self, name: str, *arguments: object, at: datetime) -> int:
        """Have the council propose, vote and execute a call of Agencies, in one block each; returns the proposal."""
        proposal = self.propose(name, *arguments)
        self._pass([proposal], at)
        return proposal

    def propose(self, name: str, *arguments: object) -> int:
        """Have the first member propose a call of Agencies; nobody else votes. Returns the proposal."""
        return self._propose(self._agencies, self._functions[name].call(*arguments))

    def decide_all(self, calls: Sequence[tuple[str, Sequence[object]]], *, at: datetime) -> None:
        """Have the council decide several calls together, which come into force in their order."""
        proposals = [self.propose(name, *arguments) for name, arguments in calls]
        self._pass(proposals, at)

    def lift_as_council(self, agency: int, leaf: bytes, track: Track, *, decision: bytes, at: datetime) -> None:
        """Have the council lift a track."""
        change = self.change_of(agency, (leaf,), track, actor=COUNCIL, from_hour=0, decision=decision)
        payload = self._functions["changeStatus"].call(status_change(change, deadline=FOR_EVER, signatures=()))
        self._pass([self._propose(self.record.address, payload)], at)
        self._hold(change, level=0)

    def _propose(self, target: bytes, payload: bytes) -> int:
        self.call(self._agencies, "propose", target, payload, FOR_EVER, sender=self.members[0])
        self._proposals += 1
        return self._proposals

    def _pass(self, proposals: Sequence[int], at: datetime) -> None:
        self.mine(at)
        for voter in self.members[1 : self.threshold]:
            for proposal in proposals:
                self.call(self._agencies, "vote", proposal, sender=voter)
        self.mine(at + _A_MINUTE)
        for proposal in proposals:
            self.call(self._agencies, "execute", proposal, sender=self.members[0])
        self.mine(at + 2 * _A_MINUTE)

    # Agencies.

    def top_agency(self, code: str, name: str, first_manager: bytes, *, at: datetime) -> int:
        """Have the council register an agency; returns its id."""
        self.decide("registerTopAgency", code.encode(), name, first_manager, at=at)
        return self._born(1)

    def agency(self, parent: int, code: str, name: str, first_manager: bytes, *, by: Sequence[KeySigner]) -> int:
        """Have an agency register a child; returns the id it gets."""
        self.consent(parent, "registerAgency", parent, code.encode(), name, first_manager, by=by)
        return self._born(self._bodies[parent].level + 1)

    def grant_as_council(self, agency: int, types: Sequence[int], *, at: datetime) -> None:
        """Have the council let a top-level agency hold types."""
        self.decide_all([("grantType", (agency, each, (FOR_EVER, ()))) for each in types], at=at)
        self._bodies[agency].nonce += len(types)

    def set_officer_with_council(
        self, agency: int, officer: bytes, capabilities: Capability, *, by: Sequence[KeySigner], at: datetime
    ) -> None:
        """Have the council and one manager set an officer of a top-level agency."""
        function = self._functions["setOfficer"]
        arguments = agency, officer, int(capabilities)
        signed = self._signatures(agency, function, arguments, by)
        self.decide("setOfficer", *arguments, signed, at=at)
        self._bodies[agency].nonce += 1

    def set_officer(self, agency: int, officer: bytes, capabilities: Capability, *, by: Sequence[KeySigner]) -> None:
        """Set what an officer may do."""
        self.consent(agency, "setOfficer", agency, officer, int(capabilities), by=by)

    def add_key(
        self, agency: int, key: PublicKey, *, valid_from: int, by: Sequence[KeySigner], valid_until: int = NO_END
    ) -> None:
        """List a document key."""
        self.consent(agency, "addKey", agency, ES256, key.x, key.y, valid_from, valid_until, by=by)

    def consent(self, agency: int, name: str, *arguments: object, by: Sequence[KeySigner]) -> None:
        """Make any call of Agencies that takes managers' consent; `agency` is the one whose nonce it takes."""
        signed = self._signatures(agency, self._functions[name], arguments, by)
        self.call(self._agencies, name, *arguments, signed)
        self._bodies[agency].nonce += 1

    def _born(self, level: int) -> int:
        agency = len(self._bodies) + 1
        self._bodies[agency] = Body(agency, level)
        return agency

    def _signatures(
        self, agency: int, function: Function, arguments: Sequence[object], by: Sequence[KeySigner]
    ) -> tuple[int, tuple[bytes, ...]]:
        digest = typed_data.consent_digest(
            self.writer.agencies_domain,
            self.record.registry_id,
            agency=agency,
            action=typed_data.action(function, *arguments),
            nonce=self._bodies[agency].nonce,
            deadline=FOR_EVER,
        )
        return FOR_EVER, tuple(one.sign_digest(digest) for one in by)

    # Certificates.

    def anchor(self, batch: BatchToAnchor, *, preparer: KeySigner, approvers: Sequence[KeySigner]) -> bytes:
        """Have a batch prepared, approved and anchored; returns the transaction's hash."""
        domain, registry_id, root = self.writer.certificates_domain, self.record.registry_id, merkle.root(batch.leaves)
        digest = {
            role: typed_data.batch_digest(domain, registry_id, batch, root=root, role=role, deadline=FOR_EVER)
            for role in Role
        }
        signed = (
            FOR_EVER,
            preparer.sign_digest(digest[Role.PREPARER]),
            tuple(approver.sign_digest(digest[Role.APPROVER]) for approver in approvers),
        )
        kind = batch.agency, batch.certificate_type, batch.version, batch.leaves
        if not batch.replaces:
            return self.call(self.record.address, "anchor", *kind, signed)
        level = self._bodies[batch.agency].level
        for leaf in batch.replaces:
            self._write(batch.agency, leaf, Held(Track.REPLACED, batch.from_hour, 0, level))
        return self.call(self.record.address, "replace", *kind, batch.replaces, batch.from_hour, signed)

    def change_status(self, change: StatusToChange, *, by: Sequence[KeySigner]) -> bytes:
        """Have officers change a status; returns the transaction's hash."""
        digest = typed_data.status_digest(
            self.writer.certificates_domain, self.record.registry_id, change, deadline=FOR_EVER
        )
        signatures = tuple(officer.sign_digest(digest) for officer in by)
        self._hold(change, level=self._bodies[change.actor].level)
        return self.call(
            self.record.address, "changeStatus", status_change(change, deadline=FOR_EVER, signatures=signatures)
        )

    def change_of(
        self,
        agency: int,
        leaves: Sequence[bytes],
        track: Track,
        *,
        decision: bytes,
        from_hour: int,
        until_hour: int = 0,
        actor: int | None = None,
    ) -> StatusToChange:
        """Return a change of status with what the slots hold now."""
        return StatusToChange(
            agency=agency,
            actor=agency if actor is None else actor,
            leaves=tuple(leaves),
            held=tuple(self.held.get((agency, leaf), 0) for leaf in leaves),
            track=track,
            from_hour=from_hour,
            until_hour=until_hour,
            decision=decision,
        )

    def _hold(self, change: StatusToChange, *, level: int) -> None:
        for leaf in change.leaves:
            self._write(change.agency, leaf, Held(change.track, change.from_hour, change.until_hour, level))

    def _write(self, agency: int, leaf: bytes, set_to: Held) -> None:
        """Set or (from hour 0) lift a track, as StatusSlot does."""
        track = set_to.track
        offset = track * _SHORT + (_LONG - _SHORT if track > Track.SUSPENSION else 0)
        width = _LONG if track is Track.SUSPENSION else _SHORT
        first = set_to.until_hour if track is Track.RENEWAL_PENDING else set_to.from_hour
        value = set_to.level << (width - _LEVEL_BITS) | first
        if track is Track.SUSPENSION:
            value |= set_to.until_hour << _HOUR_BITS
        slot = self.held.get((agency, leaf), 0) & ~(((1 << width) - 1) << offset)
        self.held[agency, leaf] = slot + _ONE_CHANGE | (value << offset if set_to.from_hour else 0)

    # Transactions.

    def call(self, to: bytes, name: str, *arguments: object, sender: KeySigner | None = None) -> bytes:
        """Have a call of either contract wait for the next block; returns the transaction's hash."""
        account = sender or self._sender
        payload = self._functions[name].call(*arguments)
        if account.address not in self._nonces:
            self._nonces[account.address] = self.writer.next_nonce(account.address)
        transaction = Transaction(
            chain_id=self.record.chain_id,
            nonce=self._nonces[account.address],
            to=to,
            data=payload,
            gas=_GAS,
            fee=_FEE,
        ).sign(account)
        self._nonces[account.address] += 1
        self._waiting.append((transaction.raw, transaction.hash))
        return transaction.hash

    def _why(self) -> str:
        """Say what is wrong with the first transaction that failed; raises what the contracts had against it."""
        for _, of in self._waiting:
            receipt = self.anvil.ask("eth_getTransactionReceipt", to_hex(of))
            if receipt is None:
                return f"0x{of.hex()} is not in block {self.block}"
            if quantity(member(receipt, "status", ""), "") == 0:
                sent = self.anvil.ask("eth_getTransactionByHash", to_hex(of))
                to, given, sender = (data(member(sent, name, ""), "") for name in ("to", "input", "from"))
                self.writer.node.attempt(to, given, sender=sender, block=self.block - 1)
                return f"0x{of.hex()} failed in block {self.block} for what came before it in that block"
        return f"block {self.block} holds other transactions than were written"


def fund(anvil: Anvil, *people: KeySigner) -> None:
    """Give everybody money who sends."""
    for person in people:
        anvil.fund(person.address, ether=1_000_000)

"""Transactions on their way: tried, signed, sent exactly as often as asked, and looked for.

Nothing is sent twice here. A caller that must not lose a transaction stores its bytes before `send`, and sends the
same bytes again as often as it likes: the hash is the same, so the chain takes them once.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from chain.errors import (
    NonceTaken,
    RegistryMismatch,
    RegistryRefused,
    RegistryUnavailable,
    SenderRefused,
    TransactionLost,
)
from chain.ethereum import reverts
from chain.ethereum.node import LATEST, Node, read_address, read_hash, transaction_object
from chain.ethereum.rpc import NodeError
from chain.ethereum.transactions import DynamicFee, Fee, LegacyFee, Transaction
from chain.ethereum.wire import member, quantity, to_hex

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chain.ethereum.wire import Json
    from chain.registry import SignedTransaction, Signer

_GAS_MARGIN = (6, 5)
"""The estimate times 1.2, since state may change between estimating and mining."""
_FIRST_POLL_S = 0.002
_LONGEST_POLL_S = 1.0
PERIODS_TO_WAIT = 20
LEAST_WAIT_S = 60.0


class Sending:
    """Makes transactions for one chain and follows them."""

    def __init__(self, node: Node, *, chain_id: int) -> None:
        self.node = node
        self.chain_id = chain_id

    def sign(self, to: bytes | None, payload: bytes, *, sender: Signer, nonce: int) -> SignedTransaction:
        """Try a call, and sign the transaction that makes it.

        Raises:
            RegistryRefused: It would revert.
            SenderRefused: The node does not take the account's transactions.
        """
        self.node.attempt(to, payload, sender=sender.address)
        what = "eth_getBlockByNumber"
        block = self.node.rpc.ask(what, LATEST, False)  # noqa: FBT003 - the RPC's own argument
        most = quantity(member(block, "gasLimit", what), f"{what} gasLimit")
        gas = self._estimate(to, payload, sender.address)
        if gas > most:
            raise SenderRefused(f"the call needs {gas} gas, but a block of this chain holds {most}")
        transaction = Transaction(
            chain_id=self.chain_id,
            nonce=nonce,
            to=to,
            data=payload,
            gas=min(gas * _GAS_MARGIN[0] // _GAS_MARGIN[1], most),
            fee=self._fee(block),
        )
        return transaction.sign(sender)

    def send(self, transaction: SignedTransaction) -> None:
        """Send a transaction once; a node that has it already is content.

        Raises:
            NonceTaken: Another transaction of the sender's has the nonce, and this one is nowhere.
            SenderRefused: The node does not let this account write, or it cannot pay.
            RegistryUnavailable: Anything else. The transaction may be on its way or not: look for it or send it again.
        """
        got = self.node.chain_id()
        if got != self.chain_id:
            raise RegistryMismatch(f"the node serves chain {got}, the transaction is for chain {self.chain_id}")
        try:
            answer = self.node.rpc.ask("eth_sendRawTransaction", to_hex(transaction.raw))
        except NodeError as exc:
            # «Already known» and the like are believed only if it is our transaction that the node has.
            if self.knows(transaction.hash):
                return
            said = _not_taken(exc, transaction)
            if said is None:
                raise
            raise said from exc
        told = read_hash(answer, "eth_sendRawTransaction")
        if told != transaction.hash:
            raise RegistryUnavailable(
                f"eth_sendRawTransaction: got the hash 0x{told.hex()}, wanted 0x{transaction.hash.hex()}"
            )

    def knows(self, transaction_hash: bytes) -> bool:
        """Whether the node has the transaction, mined or waiting."""
        what = "eth_getTransactionByHash"
        answer = self.node.rpc.ask(what, to_hex(transaction_hash))
        return answer is not None and read_hash(member(answer, "hash", what), what) == transaction_hash

    def next_nonce(self, sender: bytes, *, waiting: bool = False) -> int:
        """Return how many transactions of the sender the chain holds, with those that wait if asked."""
        what = "eth_getTransactionCount"
        return quantity(self.node.rpc.ask(what, to_hex(sender), "pending" if waiting else LATEST), what)

    def receipt(self, transaction_hash: bytes) -> Json:
        """Return a transaction's receipt as the node tells it, None while there is none on the present chain."""
        what = "eth_getTransactionReceipt"
        answer = self.node.rpc.ask(what, to_hex(transaction_hash))
        if answer is None or member(answer, "blockNumber", what) is None:
            return None
        if read_hash(member(answer, "transactionHash", what), what) != transaction_hash:
            raise RegistryUnavailable(f"{what}: got another transaction than 0x{transaction_hash.hex()}")
        return answer

    def transact(self, to: bytes | None, payload: bytes, *, sender: Signer) -> Json:
        """Make a call and wait until it is mined; returns the receipt.

        For deployment and governing, where a person waits and repeats what failed. Raises what `sign` and `send` do.
        """
        return self.transact_all([(to, payload)], sender=sender)[0]

    def transact_all(self, calls: Sequence[tuple[bytes | None, bytes]], *, sender: Signer) -> list[Json]:
        """Make calls that do not depend on each other, all on their way at once, and wait for all."""
        first = self.next_nonce(sender.address, waiting=True)
        transactions = [
            self.sign(to, payload, sender=sender, nonce=first + index) for index, (to, payload) in enumerate(calls)
        ]
        for transaction in transactions:
            self.send(transaction)
        receipts = [self.wait(transaction.hash) for transaction in transactions]
        for (to, payload), receipt in zip(calls, receipts, strict=True):
            if not succeeded(receipt):
                self._explain(to, payload, sender.address, receipt)
        return receipts

    def wait(self, transaction_hash: bytes) -> Json:
        """Wait for a transaction's receipt; raises `TransactionLost` or `RegistryUnavailable` if none comes."""
        patience_s = max(LEAST_WAIT_S, PERIODS_TO_WAIT * self.node.profile.block_period_s)
        deadline = time.monotonic() + patience_s
        pause = _FIRST_POLL_S
        while (receipt := self.receipt(transaction_hash)) is None:
            if time.monotonic() > deadline:
                if not self.knows(transaction_hash):
                    raise TransactionLost(f"the node knows 0x{transaction_hash.hex()} no longer")
                raise RegistryUnavailable(f"0x{transaction_hash.hex()} was not mined within {patience_s:g} s")
            time.sleep(pause)
            pause = min(pause * 2, _LONGEST_POLL_S, self.node.profile.block_period_s / 4)
        return receipt

    def _explain(self, to: bytes | None, payload: bytes, sender: bytes, receipt: Json) -> None:
        """Raise why a mined call failed, as far as trying it again tells."""
        number = quantity(member(receipt, "blockNumber", "receipt"), "receipt blockNumber")
        self.node.attempt(to, payload, sender=sender, block=number if self.node.profile.state_by_block else None)
        raise RegistryRefused(
            reverts.REVERTED, {"block": number}, f"a call that was tried before failed in block {number}"
        )

    def _estimate(self, to: bytes | None, payload: bytes, sender: bytes) -> int:
        with reverts.translated(sender=sender):
            answer = self.node.rpc.ask("eth_estimateGas", transaction_object(to, payload, sender))
        return quantity(answer, "eth_estimateGas")

    def _fee(self, block: Json) -> Fee:
        """Return what the chain asks now: EIP-1559's if its blocks have a base fee, else the legacy price."""
        base = block.get("baseFeePerGas") if isinstance(block, dict) else None
        if base is None:
            return LegacyFee(price=quantity(self.node.rpc.ask("eth_gasPrice"), "eth_gasPrice"))
        try:
            priority = quantity(self.node.rpc.ask("eth_maxPriorityFeePerGas"), "eth_maxPriorityFeePerGas")
        except NodeError:
            priority = 0  # The method is optional; chains without it ask for no priority fee.
        return DynamicFee(most=2 * quantity(base, "baseFeePerGas") + priority, priority=priority)


def _not_taken(error: NodeError, transaction: SignedTransaction) -> NonceTaken | SenderRefused | None:
    """Return why a transaction was not taken, None if the node's words do not tell."""
    if reverts.of_sending(error) is reverts.Sending.NONCE:
        return NonceTaken(
            f"nonce {transaction.nonce} of 0x{transaction.sender.hex()} has another transaction than"
            f" 0x{transaction.hash.hex()}: {error.message}"
        )
    return reverts.sender_refusal(error, transaction.sender)


def succeeded(receipt: Json) -> bool:
    """Whether a receipt tells of success."""
    return quantity(member(receipt, "status", "receipt"), "receipt status") == 1


def created(receipt: Json) -> bytes:
    """Return the address of the contract that a transaction made."""
    return read_address(member(receipt, "contractAddress", "receipt"), "receipt contractAddress")

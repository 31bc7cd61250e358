"""Raw JSON-RPC to a development node: fast enough to compare every view after every step."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

GAS = 29_000_000
ANYBODY = "0x" + "a1" * 20
"""An account without any right; anybody may send what others signed."""


class NodeRefused(Exception):
    """The node answered a request with an error."""

    def __init__(self, method: str, error: dict[str, Any]) -> None:
        super().__init__(f"{method}: {error.get('message')}")
        self.error = error


class TransactionFailed(Exception):
    """A mined transaction reverted; carries what it reverted with."""

    def __init__(self, returned: bytes) -> None:
        super().__init__(returned.hex())
        self.returned = returned


@dataclass(frozen=True, slots=True)
class Log:
    """One log of a receipt."""

    address: str
    topics: tuple[bytes, ...]
    data: bytes
    block: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a transaction that succeeded."""

    hash: str
    block: int
    gas: int
    created: str | None
    logs: tuple[Log, ...]


class Node:
    """One keep-alive connection to a development node; each transaction is mined here, by request.

    (Left to itself the node mines a moment after it has answered, and after going back to a snapshot sometimes not.)
    `last_block` and `last_time` are those of the block with the last transaction, failed or not.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._connection = http.client.HTTPConnection(parts.hostname or "127.0.0.1", parts.port, timeout=60)
        self.chain_id = int(self.ask("eth_chainId"), 16)
        self.ask("anvil_autoImpersonateAccount", True)  # noqa: FBT003 - the RPC's own argument
        self.ask("evm_setAutomine", False)  # noqa: FBT003 - as above
        self._funded: set[str] = set()
        self.last_block = 0
        self.last_time = 0

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _post(self, body: object) -> Any:  # noqa: ANN401 - whatever JSON the node answers
        self._connection.request("POST", "/", json.dumps(body), {"Content-Type": "application/json"})
        return json.loads(self._connection.getresponse().read())

    def ask(self, method: str, *params: object) -> Any:  # noqa: ANN401 - whatever JSON the node answers
        """Make one request."""
        answer = self._post({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        if "error" in answer:
            raise NodeRefused(method, answer["error"])
        return answer["result"]

    def call_many(self, calls: list[tuple[str, str]]) -> list[str]:
        """Make many calls (address, calldata in hex) in one request; answers in hex, in order."""
        body = [
            {"jsonrpc": "2.0", "id": i, "method": "eth_call", "params": [{"to": to, "data": data}, "latest"]}
            for i, (to, data) in enumerate(calls)
        ]
        answers = sorted(self._post(body), key=lambda answer: answer["id"])
        for answer in answers:
            if "error" in answer:
                raise NodeRefused(f"eth_call {calls[answer['id']]}", answer["error"])
        return [answer["result"] for answer in answers]

    def call(self, to: str, data: bytes, *, sender: str = ANYBODY, block: str = "latest") -> bytes:
        """Call a contract; raises `TransactionFailed` with what it reverted with."""
        try:
            result = self.ask("eth_call", {"from": sender, "to": to, "data": "0x" + data.hex(), "gas": hex(GAS)}, block)
        except NodeRefused as refused:
            if isinstance(returned := refused.error.get("data"), str):
                raise TransactionFailed(bytes.fromhex(returned[2:])) from refused
            raise
        return bytes.fromhex(result[2:])

    def fund(self, account: str) -> None:
        """Give an account what gas costs here, once."""
        if account not in self._funded:
            self.ask("anvil_setBalance", account, hex(10**24))
            self._funded.add(account)

    def send(self, to: str | None, data: bytes, *, sender: str = ANYBODY, **fields: object) -> Receipt:
        """Send and mine a transaction; one that fails raises `TransactionFailed`."""
        self.fund(sender)
        transaction = {"from": sender, "data": "0x" + data.hex(), "gas": hex(GAS), **fields}
        if to is not None:
            transaction["to"] = to
        sent = self.ask("eth_sendTransaction", transaction)
        self.ask("evm_mine")
        return self.outcome(self.ask("eth_getTransactionReceipt", sent))

    def outcome(self, receipt: dict[str, Any]) -> Receipt:
        """Read a receipt; a failed transaction's reason comes from its trace, in the block where it failed."""
        self.last_block = int(receipt["blockNumber"], 16)
        self.last_time = int(str(receipt["blockTimestamp"]), 0)  # Anvil writes a plain number here.
        if receipt["status"] != "0x1":
            trace = self.ask("debug_traceTransaction", receipt["transactionHash"], {"tracer": "callTracer"})
            raise TransactionFailed(bytes.fromhex(trace.get("output", "0x")[2:]))
        return Receipt(
            hash=receipt["transactionHash"],
            block=self.last_block,
            gas=int(receipt["gasUsed"], 16),
            created=receipt["contractAddress"],
            logs=tuple(
                Log(
                    address=log["address"].lower(),
                    topics=tuple(bytes.fromhex(topic[2:]) for topic in log["topics"]),
                    data=bytes.fromhex(log["data"][2:]),
                    block=int(log["blockNumber"], 16),
                )
                for log in receipt["logs"]
            ),
        )

    def block_number(self) -> int:
        """Return the newest block's number."""
        return int(self.ask("eth_blockNumber"), 16)

    def timestamp(self) -> int:
        """Return the newest block's time."""
        return int(self.ask("eth_getBlockByNumber", "latest", False)["timestamp"], 16)  # noqa: FBT003 - the RPC's

    def mine(self, blocks: int = 1) -> None:
        """Let empty blocks pass."""
        for _ in range(blocks):
            self.ask("evm_mine")

    def pass_time(self, seconds: int) -> None:
        """Let time pass; a block marks its end."""
        self.ask("evm_increaseTime", seconds)
        self.ask("evm_mine")

    def snapshot(self) -> str:
        """Remember the present state."""
        return self.ask("evm_snapshot")

    def revert(self, snapshot: str) -> None:
        """Return to a remembered state; the snapshot is used up."""
        self.ask("evm_revert", snapshot)
        self._funded.clear()

"""One node, asked about blocks and contracts."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from chain.errors import RegistryUnavailable
from chain.ethereum import reverts
from chain.ethereum.rpc import Request
from chain.ethereum.wire import ADDRESS_BYTES, HASH_BYTES, data, member, quantity, shown, to_hex
from chain.registry import Block

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chain.ethereum.contracts import Function
    from chain.ethereum.profiles import Profile
    from chain.ethereum.rpc import Rpc
    from chain.ethereum.wire import Json

Call: TypeAlias = "tuple[bytes, Function, tuple[object, ...]]"
"""A contract's address, its function, the arguments."""

LATEST = "latest"

_MILLISECONDS = 10**11
"""A timestamp above this is in milliseconds, as on FISCO BCOS; in seconds it would lie in the year 5138."""


class Node:
    """A node and what kind of chain it serves."""

    def __init__(self, rpc: Rpc, profile: Profile) -> None:
        self.rpc = rpc
        self.profile = profile

    def chain_id(self) -> int:
        """Ask which chain it serves."""
        return quantity(self.rpc.ask("eth_chainId"), "eth_chainId")

    def block(self, number: int | None) -> Block:
        """Return the block of a height, or the newest one."""
        tag = LATEST if number is None else to_hex(number)
        return _block(self.rpc.ask("eth_getBlockByNumber", tag, False), number)  # noqa: FBT003 - the RPC's own argument

    def blocks(self, numbers: Sequence[int]) -> dict[int, Block]:
        """Return many blocks by their heights."""
        answers = self.rpc.ask_all([Request("eth_getBlockByNumber", (to_hex(number), False)) for number in numbers])
        return {number: _block(answer, number) for number, answer in zip(numbers, answers, strict=True)}

    def codes(self, addresses: Sequence[bytes]) -> list[bytes]:
        """Return the code at each address; empty where there is none."""
        answers = self.rpc.ask_all([Request("eth_getCode", (to_hex(address), LATEST)) for address in addresses])
        return [data(answer, "eth_getCode") for answer in answers]

    def read(self, address: bytes, function: Function, *arguments: object, block: int | None = None) -> object:
        """Call a function that returns one value; raises `RegistryRefused` if it reverts."""
        request = _call(address, function.call(*arguments), block=block)
        with reverts.translated():
            answer = self.rpc.ask(request.method, *request.params)
        return function.returned(data(answer, function.name))[0]

    def read_all(self, calls: Sequence[Call]) -> list[tuple[object, ...]]:
        """Call many functions at once; returns all that each returned."""
        requests = [_call(address, function.call(*arguments)) for address, function, arguments in calls]
        with reverts.translated():
            answers = self.rpc.ask_all(requests)
        return [
            function.returned(data(answer, function.name))
            for (_, function, _), answer in zip(calls, answers, strict=True)
        ]

    def attempt(self, address: bytes | None, payload: bytes, *, sender: bytes, block: int | None = None) -> bytes:
        """Try a transaction without sending it; raises `RegistryRefused` if it would revert."""
        request = _call(address, payload, sender=sender, block=block)
        with reverts.translated(sender=sender):
            return data(self.rpc.ask(request.method, *request.params), "eth_call")


def read_address(answer: Json, what: str) -> bytes:
    """Return an address of an answer."""
    return data(answer, what, length=ADDRESS_BYTES)


def read_hash(answer: Json, what: str) -> bytes:
    """Return a hash of an answer."""
    return data(answer, what, length=HASH_BYTES)


def read_number(value: object, what: str) -> int:
    """Return a number that a contract returned."""
    if not isinstance(value, int):
        raise RegistryUnavailable(f"{what}: got {shown(value)}, wanted a number")
    return value


def read_bytes(value: object, what: str) -> bytes:
    """Return bytes that a contract returned."""
    if not isinstance(value, bytes):
        raise RegistryUnavailable(f"{what}: got {shown(value)}, wanted bytes")
    return value


def transaction_object(address: bytes | None, payload: bytes, sender: bytes | None) -> dict[str, Json]:
    """Write a call as JSON-RPC wants it."""
    call: dict[str, Json] = {"data": to_hex(payload)}
    if address is not None:
        call["to"] = to_hex(address)
    if sender is not None:
        call["from"] = to_hex(sender)
    return call


def _call(address: bytes | None, payload: bytes, *, sender: bytes | None = None, block: int | None = None) -> Request:
    return Request(
        "eth_call", (transaction_object(address, payload, sender), LATEST if block is None else to_hex(block))
    )


def _block(answer: Json, wanted: int | None) -> Block:
    if answer is None:
        raise RegistryUnavailable(f"eth_getBlockByNumber: the node has no block {LATEST if wanted is None else wanted}")
    what = "eth_getBlockByNumber"
    number = quantity(member(answer, "number", what), f"{what} number")
    if wanted is not None and number != wanted:
        raise RegistryUnavailable(f"{what}: got block {number}, wanted {wanted}")
    timestamp = quantity(member(answer, "timestamp", what), f"{what} timestamp")
    return Block(
        number=number,
        hash=read_hash(member(answer, "hash", what), f"{what} hash"),
        parent_hash=read_hash(member(answer, "parentHash", what), f"{what} parentHash"),
        timestamp=timestamp // 1000 if timestamp > _MILLISECONDS else timestamp,
    )

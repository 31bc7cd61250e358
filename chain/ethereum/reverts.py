"""What a node or a contract says no with, as our errors."""

from __future__ import annotations

import re
from contextlib import contextmanager
from enum import Enum
from typing import TYPE_CHECKING, TypeAlias

from chain import steps
from chain.errors import RegistryRefused, RegistryUnavailable, SenderRefused
from chain.ethereum import contracts
from chain.ethereum.rpc import NodeError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chain.ethereum.wire import Json

Argument: TypeAlias = "str | int | tuple[Argument, ...]"
"""An error's argument as people read it: hashes and addresses in hexadecimal, credit codes as text."""

ERROR = "Error"
"""The name under which `require(…, "text")` arrives."""
PANIC = "Panic"
"""The name under which a failed assertion or an overflow of the compiler's arrives."""
REVERTED = "Reverted"
"""The name for a revert that says nothing we know."""

_ERROR_SELECTOR = bytes.fromhex("08c379a0")
_PANIC_SELECTOR = bytes.fromhex("4e487b71")

_GETH_REVERTED = 3
"""geth, anvil and newer Besu; https://geth.ethereum.org/docs/interacting-with-geth/rpc."""
_FISCO_REVERTED = 16
"""FISCO BCOS: `TransactionStatus::RevertInstruction`."""
_BESU_NOT_PERMITTED = -32007

_RETURNED = re.compile(r"(?:Reverted )?(0x[0-9a-fA-F]*)\Z")


def refusal(error: NodeError) -> RegistryRefused | None:
    """Return what the contract reverted with, None if the error is not a revert.

    Nodes put the returned bytes in different places: anvil, geth and FISCO BCOS in `data`, old Besu after the word
    «Reverted», development nodes in an object inside `data`.
    """
    returned = _returned(error.data)
    is_revert = error.code in {_GETH_REVERTED, _FISCO_REVERTED} or "revert" in error.message.lower()
    if not is_revert:
        return None
    return decode(returned or b"", message=error.message)


@contextmanager
def translated(*, sender: bytes | None = None) -> Iterator[None]:
    """Raise what a node says no with as ours: a revert as `RegistryRefused`, a refused sender as `SenderRefused`."""
    try:
        yield
    except NodeError as exc:
        said = refusal(exc) or (None if sender is None else sender_refusal(exc, sender))
        if said is None:
            raise
        raise said from exc


def decode(returned: bytes, *, message: str = "") -> RegistryRefused:
    """Return the error that a call's returned bytes stand for; `message` is the node's, for want of anything better."""
    selector, encoded = returned[: contracts.SELECTOR_BYTES], returned[contracts.SELECTOR_BYTES :]
    known = contracts.errors().get(selector)
    try:
        if known is not None:
            values = contracts.decode(known.inputs, encoded, known.name)
            pairs = zip(known.names, known.inputs, values, strict=True)
            return RegistryRefused(known.name, {name: _readable(kind, value) for name, kind, value in pairs})
        if selector == _ERROR_SELECTOR:
            (reason,) = contracts.decode(["string"], encoded, ERROR)
            return RegistryRefused(ERROR, {"message": _readable("string", reason)})
        if selector == _PANIC_SELECTOR:
            (code,) = contracts.decode(["uint256"], encoded, PANIC)
            return RegistryRefused(PANIC, {"code": _readable("uint256", code)})
    except RegistryUnavailable:
        # A revert is a revert, even if what it says does not decode.
        return RegistryRefused(REVERTED, {"data": "0x" + returned.hex()})
    return RegistryRefused(REVERTED, {"data": "0x" + returned.hex(), "message": message})


class Sending(Enum):
    """Why a node did not take a transaction."""

    KNOWN = "it says that it has it already"
    NONCE = "the nonce is taken"
    SENDER = "it does not let the account write, or the account cannot pay"
    OTHER = "something else"


_PATTERNS: tuple[tuple[Sending, re.Pattern[str]], ...] = (
    # «unknown transaction» must not count as «known transaction».
    (
        Sending.KNOWN,
        re.compile(r"already known|already imported|(?<!un)known transaction|already ?in ?(tx ?pool|chain)"),
    ),
    (Sending.NONCE, re.compile(r"nonce too low|nonce ?check|replacement transaction|nonce.* already (used|exists)")),
    (
        Sending.SENDER,
        re.compile(
            r"not authorized|not permitted|does not have permission|unauthorized|insufficient funds|"
            r"gas price not 0|exceeds account balance|below configured minimum|underpriced|"
            r"less than block base fee|below (the )?current base ?fee"
        ),
    ),
)


def of_sending(error: NodeError) -> Sending:
    """Say why a node did not take a transaction, as far as its words tell."""
    if error.code == _BESU_NOT_PERMITTED:
        return Sending.SENDER
    said = error.message.lower()
    return next((kind for kind, pattern in _PATTERNS if pattern.search(said)), Sending.OTHER)


def sender_refusal(error: NodeError, sender: bytes) -> SenderRefused | None:
    """Return the refusal of a sender that a node expressed while estimating or sending, None if it is none."""
    if of_sending(error) is not Sending.SENDER:
        return None
    return SenderRefused(f"the node does not take transactions of 0x{sender.hex()}: {error.message}")


def _returned(data: Json) -> bytes | None:
    """Find the returned bytes in an error's `data`."""
    if isinstance(data, dict):
        inner = (data.get(name) for name in ("data", "result", "output", "return"))
        return next((found for value in inner if (found := _returned(value)) is not None), None)
    written = _RETURNED.match(data) if isinstance(data, str) else None
    if written is None or len(written[1]) % 2:
        return None
    return bytes.fromhex(written[1][2:])


def _readable(kind: str, value: object) -> Argument:
    if isinstance(value, tuple):
        return tuple(_readable(kind.removesuffix("[]"), item) for item in value)
    if isinstance(value, bytes):
        return steps.text(value) if kind in steps.TEXT_TYPES else "0x" + value.hex()
    return value if isinstance(value, int) else str(value)

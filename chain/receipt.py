"""What a transaction's receipt says about a batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias, cast

from chain import strict_rlp
from chain.errors import EvidenceMalformed, NotProven
from chain.steps import ABI, BATCH_ANCHORED, WORD, event_of, topic

if TYPE_CHECKING:
    from chain.events import BatchAnchored
    from chain.strict_rlp import Item

_Log: TypeAlias = "tuple[bytes, tuple[bytes, ...], bytes]"
"""Address, topics and data."""

_LAST_TYPE = 0x7F
"""A first byte up to this one is a receipt's type (EIP-2718); a legacy receipt begins as a list does."""
_SUCCESS = b"\x01"
_ADDRESS, _BLOOM = 20, 256
_TOPICS = 4
"""The event's own, and those of its three indexed arguments, which are its first."""
_INDEXED = (_TOPICS - 1) * WORD
"""How many bytes of the arguments stand in topics."""
_OFFSET_AT = len(ABI[BATCH_ANCHORED]) * WORD - _INDEXED - WORD
"""Where the data says how far behind the approvers are: in the last word of its head."""


def anchored(receipt: bytes, *, registry: bytes, agency: int, root: bytes) -> BatchAnchored:
    """Return the one event with which the registry anchored that batch in the receipt's transaction.

    Raises:
        NotProven: No receipt, one of a transaction that failed, or not exactly one such log in it.
    """
    wanted = (topic(BATCH_ANCHORED), agency.to_bytes(WORD), root)
    found = [
        (topics, data)
        for address, topics, data in _logs(receipt)
        if address == registry and topics[: len(wanted)] == wanted
    ]
    if len(found) != 1:
        raise NotProven(
            f"got a receipt with {len(found)} logs, wanted one: the registry {registry.hex()} anchors the batch "
            f"{root.hex()} of agency {agency}"
        )
    return _event(*found[0])


def _event(topics: tuple[bytes, ...], data: bytes) -> BatchAnchored:
    """Return the event of a log, whose topics are the first arguments, and whose data has the others."""
    if len(topics) != _TOPICS:
        raise NotProven(f"got a log of BatchAnchored with {len(topics)} topics, wanted {_TOPICS}")
    # What the data has as an offset counts from its own beginning, in the arguments from theirs.
    offset = int.from_bytes(data[_OFFSET_AT : _OFFSET_AT + WORD]) + _INDEXED
    head, tail = data[:_OFFSET_AT], data[_OFFSET_AT + WORD :]
    try:
        event = event_of(BATCH_ANCHORED, b"".join([*topics[1:], head, offset.to_bytes(WORD), tail]))
    except (EvidenceMalformed, OverflowError) as exc:
        raise NotProven(f"got a log of BatchAnchored that the registry does not write: {exc}") from exc
    return cast("BatchAnchored", event)


def _logs(receipt: bytes) -> list[_Log]:
    """Read a receipt (Yellow Paper, 4.4.1), typed or legacy."""
    payload = receipt[1:] if receipt and receipt[0] <= _LAST_TYPE else receipt
    try:
        read = strict_rlp.decode(payload)
    except EvidenceMalformed as exc:
        raise NotProven(f"got a receipt that is no RLP: {exc}") from exc
    match read:
        case [status, bytes(), bytes() as bloom, [*logs]] if len(bloom) == _BLOOM:
            if status != _SUCCESS:
                raise NotProven("got the receipt of a transaction that failed")
            return [_log(log) for log in logs]
        case _:
            raise NotProven("got a receipt that is not status, gas, bloom and logs")


def _log(log: Item) -> _Log:
    match log:
        case [bytes() as address, [*items], bytes() as data] if len(address) == _ADDRESS:
            topics = tuple(topic for topic in items if isinstance(topic, bytes) and len(topic) == WORD)
            if len(topics) == len(items) <= _TOPICS:
                return address, topics, data
    raise NotProven("got a log that is not an address, up to four topics and data")

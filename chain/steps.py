"""The steps that events take in the registry's hash chains (IHeads): from events to their arguments, and back.

An event's arguments are `abi.encode` of all of them in their declared order. Our own encoder, because it must be strict
both ways, must run where no node is, and because a checkpoint's replay takes 100,000 steps at a time.
"""

from __future__ import annotations

from dataclasses import fields
from enum import IntEnum
from functools import cache
from typing import TYPE_CHECKING, TypeAlias, cast
from unicodedata import category

from chain import events
from chain.errors import EvidenceMalformed
from chain.keccak import keccak

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chain.events import Event

Part: TypeAlias = "bytes | tuple[bytes, ...]"
"""One argument as bytes without padding: a number of N bits has N/8, a truth value 1, an address 20; an array of
addresses is a tuple of them."""

WORD = 32
ADDRESS = 20
ADDRESSES = "address[]"
NOT_TEXT = "0x"
"""With what `text` begins where the bytes are none."""
_CODE = "bytes18"
"""Credit codes are the only values of this type; they are text in events."""
TEXT_TYPES = frozenset({"string", _CODE})
_BLOBS = frozenset({"string", "bytes"})
DYNAMIC = frozenset({ADDRESSES, *_BLOBS})
"""The types whose values stand behind the others, at an offset."""


class List(IntEnum):
    """The lists of what was recorded, one for each hash chain, numbered as IHeads does."""

    ANCHORS = 0
    STATUSES = 1
    RIGHTS = 2

    @property
    def slot(self) -> bytes:
        """Where the head stands in storage: the first two in Certificates, the third one in Agencies (IHeads)."""
        return self.value.to_bytes(WORD)


_EVENTS: tuple[tuple[type[Event], tuple[str, ...]], ...] = (
    (events.RegistryCreated, ("bytes32", "bool")),
    (events.MemberAdded, ("address", "uint8")),
    (events.MemberRemoved, ("address", "uint8")),
    (events.ProposalMade, ("uint256", "address", "address", "bytes", "uint64")),
    (events.VoteCast, ("uint256", "address")),
    (events.ProposalExecuted, ("uint256", "address")),
    (events.VerifyingHostSet, ("string", "bool")),
    (events.SuccessorNamed, ("address", "bytes32")),
    (events.TypeRegistered, ("uint32", "uint16", "bytes32")),
    (events.TypeRetired, ("uint32", "uint16")),
    (events.AgencyRegistered, ("uint32", "uint32", "uint8", "bytes18", "string", "address[]")),
    (events.AgencyCorrected, ("uint32", "bytes18", "string")),
    (events.AgencySuspended, ("uint32", "uint8", "address[]")),
    (events.AgencyResumed, ("uint32", "address[]")),
    (events.TypeGranted, ("uint32", "uint32", "address[]")),
    (events.TypeWithdrawn, ("uint32", "uint32", "address[]")),
    (events.ApprovalsDemanded, ("uint32", "uint8", "address[]")),
    (events.OwnApprovalsSet, ("uint32", "uint8", "address[]")),
    (events.OfficerSet, ("uint32", "address", "uint8", "address[]")),
    (events.KeyAdded, ("uint32", "bytes32", "uint8", "bytes32", "bytes32", "uint64", "uint64", "address[]")),
    (events.KeyCutOff, ("uint32", "bytes32", "uint64", "address[]")),
    (
        events.BatchAnchored,
        ("uint32", "bytes32", "uint32", "uint16", "uint16", "uint32", "address", "address[]"),
    ),
    (events.CertificateReplaced, ("uint32", "bytes32", "bytes32", "uint24", "uint256")),
    (
        events.StatusChanged,
        ("uint32", "bytes32", "uint8", "uint24", "uint24", "uint32", "bytes32", "uint256", "address[]"),
    ),
)
KINDS: tuple[type[Event], ...] = tuple(event for event, _ in _EVENTS)
"""The kinds of events; a kind's number is its place here."""
ABI: tuple[tuple[str, ...], ...] = tuple(types for _, types in _EVENTS)
"""The types of each kind's arguments, as the contracts declare them."""
BATCH_ANCHORED = KINDS.index(events.BatchAnchored)
CERTIFICATE_REPLACED = KINDS.index(events.CertificateReplaced)
STATUS_CHANGED = KINDS.index(events.StatusChanged)

_NUMBERS = {kind: number for number, kind in enumerate(KINDS)}
_TOPICS = tuple(keccak(f"{kind.__name__}({','.join(types)})".encode()) for kind, types in zip(KINDS, ABI, strict=True))


def kind_of(event: Event) -> int:
    """Return the number of an event's kind."""
    return _NUMBERS[type(event)]


def list_of(kind: int) -> List:
    """Return in which list, and so in which hash chain, events of a kind stand."""
    if kind == BATCH_ANCHORED:
        return List.ANCHORS
    return List.STATUSES if kind in {CERTIFICATE_REPLACED, STATUS_CHANGED} else List.RIGHTS


def topic(kind: int) -> bytes:
    """Return the hash of a kind's signature, which a log's first topic is."""
    return _TOPICS[kind]


def step(head: bytes, block_number: int, kind: int, arguments: bytes) -> bytes:
    """Return the head of a hash chain after the step that an event takes (the formula stands in IHeads)."""
    return keccak(head + block_number.to_bytes(WORD) + _TOPICS[kind] + keccak(arguments))


def arguments(event: Event) -> bytes:
    """Return `abi.encode` of an event's arguments; raises ValueError if one is not of its type."""
    kind = kind_of(event)
    parts = [
        _part(name, getattr(event, field.name)) for name, field in zip(ABI[kind], fields(KINDS[kind]), strict=True)
    ]
    return join(kind, parts)


def event_of(kind: int, arguments: bytes) -> Event:
    """Return the event that these arguments belong to, the inverse of `arguments`; raises `EvidenceMalformed`."""
    values = [_value(name, part) for name, part in zip(ABI[kind], split(kind, arguments), strict=True)]
    made = KINDS[kind]
    if made is events.StatusChanged:
        values[2] = _track(cast("int", values[2]))
    if made is events.OfficerSet:
        values[2] = events.Capability(cast("int", values[2]))
    return cast("Callable[..., Event]", made)(*values)


def join(kind: int, parts: Sequence[Part]) -> bytes:
    """Encode a kind's arguments; raises ValueError if one has not the length of its type."""
    types = ABI[kind]
    head: list[bytes] = []
    tail: list[bytes] = []
    end = len(types) * WORD
    for name, part in zip(types, parts, strict=True):
        if name in DYNAMIC:
            behind = _behind(part)
            head.append(end.to_bytes(WORD))
            tail.append(behind)
            end += len(behind)
        else:
            head.append(_word(name, cast("bytes", part)))
    return b"".join(head + tail)


def split(kind: int, arguments: bytes) -> tuple[Part, ...]:
    """Take encoded arguments apart.

    Raises:
        EvidenceMalformed: Bytes that `join` does not make: cut, with something left over, with odd offsets or padding.
    """
    types = ABI[kind]
    whole = len(arguments)
    if whole < len(types) * WORD:
        raise _malformed(kind, whole, "too few")
    parts: list[Part] = []
    for place, name in enumerate(types):
        word = arguments[place * WORD : (place + 1) * WORD]
        if name not in DYNAMIC:
            parts.append(_unpadded(name, word))
            continue
        start = int.from_bytes(word) + WORD
        count = int.from_bytes(arguments[start - WORD : start])
        end = start + count * (WORD if name == ADDRESSES else 1)
        if end > whole:
            # Otherwise a count from outside would say how long we are busy.
            raise _malformed(kind, whole, "an offset or a length beyond the end")
        if name == ADDRESSES:
            parts.append(tuple(arguments[at + WORD - ADDRESS : at + WORD] for at in range(start, end, WORD)))
        else:
            parts.append(arguments[start:end])
    if join(kind, parts) != arguments:
        raise _malformed(kind, whole, "another spelling than the contract's")
    return tuple(parts)


@cache
def width(name: str) -> int:
    """Return how many bytes a value of a type has that is not dynamic."""
    if name == "bool":
        return 1
    if name == "address":
        return ADDRESS
    if name.startswith("bytes"):
        return int(name.removeprefix("bytes"))
    return int(name.removeprefix("uint")) // 8


def text(raw: bytes) -> str:
    """Return what a contract holds as text.

    The contracts take any bytes for a name, so what is not UTF-8, or holds control characters that a database or a
    page might stumble over, is written as `0x…` in hexadecimal; so is what itself begins like that, so that no two
    values read the same and a head can be replayed from the text.
    """
    try:
        plain = raw.decode()
    except UnicodeDecodeError:
        return NOT_TEXT + raw.hex()
    if plain.startswith(NOT_TEXT) or any(category(character) == "Cc" for character in plain):
        return NOT_TEXT + raw.hex()
    return plain


def raw(plain: str) -> bytes:
    """Return the bytes that `text` was made from."""
    return bytes.fromhex(plain[len(NOT_TEXT) :]) if plain.startswith(NOT_TEXT) else plain.encode()


def _part(name: str, value: object) -> Part:
    if name in TEXT_TYPES:
        return raw(cast("str", value))
    if isinstance(value, int):
        if value < 0 or value.bit_length() > width(name) * 8:
            raise ValueError(f"got {value}, wanted a value of {name}")
        return int(value).to_bytes(width(name))
    return cast("Part", value)


def _value(name: str, part: Part) -> object:
    if isinstance(part, tuple):
        return part
    if name in TEXT_TYPES:
        return text(part)
    if name == "bool":
        if part[0] > 1:
            raise EvidenceMalformed(f"got {part[0]} as a truth value, wanted 0 or 1")
        return part[0] == 1
    return int.from_bytes(part) if name.startswith("uint") else part


def _track(number: int) -> events.Track:
    try:
        return events.Track(number)
    except ValueError as exc:
        raise EvidenceMalformed(f"got the track {number}, wanted one up to {max(events.Track)}") from exc


def _word(name: str, part: bytes) -> bytes:
    if len(part) != width(name):
        raise ValueError(f"got {len(part)} bytes, wanted a value of {name}")
    return part.ljust(WORD, b"\0") if name.startswith("bytes") else part.rjust(WORD, b"\0")


def _unpadded(name: str, word: bytes) -> bytes:
    return word[: width(name)] if name.startswith("bytes") else word[WORD - width(name) :]


def _behind(part: Part) -> bytes:
    """Encode a dynamic value: its length, and what it holds, filled up to whole words."""
    if isinstance(part, tuple):
        return len(part).to_bytes(WORD) + b"".join([_word("address", item) for item in part])
    return len(part).to_bytes(WORD) + part + bytes(-len(part) % WORD)


def _malformed(kind: int, length: int, why: str) -> EvidenceMalformed:
    return EvidenceMalformed(f"got {length} bytes as arguments of {KINDS[kind].__name__}: {why}")

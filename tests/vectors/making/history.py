"""The columns of a checkpoint's history, made the plain way from logs; `chain.history` makes them fast."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from chain.ethereum import contracts
from chain.keccak import keccak

Column: TypeAlias = "bytes | list[bytes]"
NAMES = (
    *("RegistryCreated", "MemberAdded", "MemberRemoved", "ProposalMade", "VoteCast", "ProposalExecuted"),
    *("VerifyingHostSet", "SuccessorNamed", "TypeRegistered", "TypeRetired", "AgencyRegistered", "AgencyCorrected"),
    *("AgencySuspended", "AgencyResumed", "TypeGranted", "TypeWithdrawn", "ApprovalsDemanded", "OwnApprovalsSet"),
    *("OfficerSet", "KeyAdded", "KeyCutOff", "BatchAnchored", "CertificateReplaced", "StatusChanged"),
)
"""The kinds of events by their number."""
ANCHORS, STATUSES, RIGHTS = range(3)


@dataclass(frozen=True, slots=True)
class Told:
    """An event as the history tells it."""

    kind: int
    types: tuple[str, ...]
    topic: bytes
    values: tuple[Any, ...]
    """All arguments in their declared order, addresses and texts as bytes."""
    block: int
    timestamp: int
    index: int

    @property
    def name(self) -> str:
        """The event's."""
        return NAMES[self.kind]

    @property
    def which(self) -> int:
        """The list it belongs to."""
        return ANCHORS if self.name == "BatchAnchored" else STATUSES if self.kind > 21 else RIGHTS

    def at(self, **changes: Any) -> Told:  # noqa: ANN401 - its fields
        """Return the same event, told of another place or time."""
        return replace(self, **changes)

    def with_value(self, place: int, value: object) -> Told:
        """Return the event with another argument."""
        return replace(self, values=(*self.values[:place], value, *self.values[place + 1 :]))


def told(log: dict[str, Any]) -> Told:
    """Read a kept log."""
    topics = tuple(bytes.fromhex(topic) for topic in log["topics"])
    kind = {**contracts.agencies().events, **contracts.certificates().events}[topics[0]]
    plain = iter(contracts.decode(kind.in_data, bytes.fromhex(log["data"]), kind.name))
    indexed = iter(contracts.decode(kind.in_topics, b"".join(topics[1:]), kind.name))
    values = tuple(next(indexed) if is_indexed else next(plain) for is_indexed in kind.indexed)
    return Told(
        NAMES.index(kind.name), tuple(kind.inputs), kind.topic, values, log["block"], log["timestamp"], log["index"]
    )


def heads(history: list[Told]) -> list[bytes]:
    """Step through the lists as IHeads says."""
    found = [bytes(32)] * 3
    for each in history:
        arguments = contracts.encode(each.types, each.values)
        found[each.which] = keccak(
            contracts.encode(
                ["bytes32", "uint256", "bytes32", "bytes32"],
                [found[each.which], each.block, each.topic, keccak(arguments)],
            )
        )
    return found


def columns(history: list[Told]) -> list[Any]:
    """Return the history as the CBOR array of the protocol page."""
    times = {each.block: each.timestamp for each in history}
    blocks = sorted(times)
    known = sorted({address for each in history for address in _addresses(each)})
    lists = [_list([each for each in history if each.which == which], blocks, known) for which in range(3)]
    return [
        [_packed(blocks, 8), _packed([times[block] for block in blocks], 8)],
        b"".join(known),
        *lists,
    ]


def _list(history: list[Told], blocks: list[int], known: list[bytes]) -> list[Any]:
    kinds = sorted({each.kind for each in history})
    return [
        bytes(each.kind for each in history),
        _packed([blocks.index(each.block) for each in history], 4),
        _packed([each.index for each in history], 4),
        [[kind, _table([each for each in history if each.kind == kind], known)] for kind in kinds],
    ]


def _table(rows: list[Told], known: list[bytes]) -> list[bytes]:
    made: list[bytes] = []
    for place, kind in enumerate(rows[0].types):
        made += _column(kind, [row.values[place] for row in rows], known)
    return made


def _column(kind: str, values: list[Any], known: list[bytes]) -> list[bytes]:
    if kind == "address":
        return [_packed([known.index(_address(value)) for value in values], 4)]
    if kind == "address[]":
        places = [known.index(_address(each)) for value in values for each in value]
        return [bytes(len(value) for value in values), _packed(places, 4)]
    if kind == "bool":
        return [bytes(map(int, values))]
    if kind in {"string", "bytes"}:
        return [_packed([len(value) for value in values], 4), b"".join(values)]
    if kind.startswith("uint"):
        return [_packed(values, int(kind[4:]) // 8)]
    return [b"".join(values)]


def _addresses(each: Told) -> list[bytes]:
    found: list[bytes] = []
    for kind, value in zip(each.types, each.values, strict=True):
        found += [_address(value)] if kind == "address" else map(_address, value) if kind == "address[]" else []
    return found


def _address(value: object) -> bytes:
    assert isinstance(value, bytes)
    return value


def _packed(numbers: list[int], width: int) -> bytes:
    return b"".join(number.to_bytes(width) for number in numbers)

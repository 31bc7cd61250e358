"""Logs of the registry's contracts as events, and back."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import IntEnum, IntFlag
from functools import cache
from typing import TYPE_CHECKING, cast

from chain import events
from chain.errors import RegistryMismatch
from chain.ethereum import contracts
from chain.ethereum.wire import shown
from chain.steps import KINDS, NOT_TEXT, TEXT_TYPES, raw, text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from chain.events import Event

_EVENTS: Mapping[str, type[Event]] = {kind.__name__: kind for kind in KINDS}


@dataclass(frozen=True, slots=True)
class Log:
    """A log as the node tells it."""

    topics: tuple[bytes, ...]
    data: bytes


def decode(log: Log) -> Event:
    """Return the event that a log of one of the registry's contracts records.

    Raises:
        RegistryMismatch: A log that these contracts do not write.
        RegistryUnavailable: Data that is not what the event's topic says.
    """
    if not log.topics or log.topics[0] not in _by_topic():
        raise RegistryMismatch(f"got a log with the topics {shown([topic.hex() for topic in log.topics])}, not ours")
    kind = _by_topic()[log.topics[0]]
    if len(log.topics) != 1 + sum(kind.indexed):
        raise RegistryMismatch(f"got a log of {kind.name} with {len(log.topics)} topics, not ours")
    plain = iter(contracts.decode(kind.in_data, log.data, kind.name))
    indexed = iter(contracts.decode(kind.in_topics, b"".join(log.topics[1:]), kind.name))
    values = [next(indexed) if is_indexed else next(plain) for is_indexed in kind.indexed]
    return event_of(kind.name, values)


def event_of(name: str, arguments: Sequence[object]) -> Event:
    """Return the event of a name, from its arguments as `contracts.decode` gives them."""
    kind = _by_name()[name]
    values: list[object] = [
        text(cast("bytes", value)) if name in TEXT_TYPES else value
        for name, value in zip(kind.inputs, arguments, strict=True)
    ]
    made = cast("Callable[..., Event]", _EVENTS[kind.name])
    if made is events.StatusChanged:
        values[2] = events.Track(cast("int", values[2]))
    if made is events.OfficerSet:
        values[2] = events.Capability(cast("int", values[2]))
    return made(*values)


def type_of(name: str) -> contracts.EventType:
    """Return how the contracts declare the event of a name."""
    return _by_name()[name]


def encode(event: Event) -> Log:
    """Return the log that records an event; the inverse of `decode`."""
    kind = _by_name()[type(event).__name__]
    values = list(zip(kind.inputs, _arguments(kind, event), kind.indexed, strict=True))
    topics = [contracts.encode([name], [value]) for name, value, is_indexed in values if is_indexed]
    plain = [value for _, value, is_indexed in values if not is_indexed]
    return Log((kind.topic, *topics), contracts.encode(kind.in_data, plain))


def finding(event: Event) -> str:
    """Say what is odd about an event by itself; empty if nothing is."""
    odd = [
        field.name
        for field in fields(event)
        if isinstance(value := getattr(event, field.name), str) and value.startswith(NOT_TEXT)
    ]
    return f"not plain text: {', '.join(odd)}" if odd else ""


def _arguments(kind: contracts.EventType, event: Event) -> list[object]:
    """Return an event's arguments in their declared order, as the contract's types want them."""
    values = [getattr(event, field.name) for field in fields(event)]
    return [
        raw(value) if name in TEXT_TYPES else int(value) if isinstance(value, IntEnum | IntFlag) else value
        for name, value in zip(kind.inputs, values, strict=True)
    ]


@cache
def _by_topic() -> Mapping[bytes, contracts.EventType]:
    known = {**contracts.agencies().events, **contracts.certificates().events}
    return {topic: kind for topic, kind in known.items() if kind.name in _EVENTS}


@cache
def _by_name() -> Mapping[str, contracts.EventType]:
    return {kind.name: kind for kind in _by_topic().values()}

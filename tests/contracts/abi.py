"""Calls, events and errors of the contracts, by their artifacts."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eth_abi import decode, encode
from eth_utils import keccak

if TYPE_CHECKING:
    from tests.contracts.node import Log

ARTIFACTS = Path(__file__).parents[2] / "chain" / "ethereum" / "artifacts"


def type_of(parameter: dict[str, Any]) -> str:
    """Write a parameter's type as signatures do, structs as tuples."""
    if parameter["type"].startswith("tuple"):
        inner = ",".join(map(type_of, parameter["components"]))
        return f"({inner}){parameter['type'][5:]}"
    return parameter["type"]


@dataclass(frozen=True, slots=True)
class Function:
    """A function of a contract."""

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    selector: bytes

    def data(self, *arguments: object) -> bytes:
        """Encode a call."""
        return self.selector + encode(self.inputs, arguments)

    def action(self, *arguments: object) -> bytes:
        """Return what officers consent to: the hash of the selector and all arguments but the consent."""
        return keccak(encode(["bytes4", *self.inputs[:-1]], [self.selector, *arguments]))


@dataclass(frozen=True, slots=True)
class EventType:
    """An event of a contract."""

    name: str
    types: tuple[str, ...]
    indexed: tuple[bool, ...]
    topic: bytes

    def read(self, log: Log) -> tuple[object, ...]:
        """Return the arguments in their declared order, whether indexed or not."""
        plain = iter(decode([t for t, i in zip(self.types, self.indexed, strict=True) if not i], log.data))
        topics = iter(log.topics[1:])
        return tuple(
            decode([t], next(topics))[0] if i else next(plain) for t, i in zip(self.types, self.indexed, strict=True)
        )


@dataclass(frozen=True, slots=True)
class ErrorType:
    """A custom error."""

    name: str
    types: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Artifact:
    """A compiled contract."""

    name: str
    bytecode: bytes
    constructor: tuple[str, ...]
    storage: tuple[tuple[str, int, int, str], ...]
    """Label, slot, offset, type of each stored variable."""
    functions: dict[str, Function] = field(repr=False)
    events: dict[bytes, EventType] = field(repr=False)
    errors: dict[bytes, ErrorType] = field(repr=False)


@cache
def artifact(name: str) -> Artifact:
    """Read a checked-in artifact."""
    loaded = json.loads((ARTIFACTS / f"{name}.json").read_text())
    functions: dict[str, Function] = {}
    events: dict[bytes, EventType] = {}
    errors: dict[bytes, ErrorType] = {}
    constructor: tuple[str, ...] = ()
    for entry in loaded["abi"]:
        types = tuple(map(type_of, entry.get("inputs", ())))
        hashed = keccak(text=f"{entry.get('name', '')}({','.join(types)})")
        match entry["type"]:
            case "function":
                outputs = tuple(map(type_of, entry["outputs"]))
                functions[entry["name"]] = Function(entry["name"], types, outputs, hashed[:4])
            case "event":
                indexed = tuple(parameter["indexed"] for parameter in entry["inputs"])
                events[hashed] = EventType(entry["name"], types, indexed, hashed)
            case "error":
                errors[hashed[:4]] = ErrorType(entry["name"], types)
            case "constructor":
                constructor = types
    storage = tuple(
        (variable["label"], int(variable["slot"]), variable["offset"], variable["type"])
        for variable in loaded["storageLayout"]["storage"]
    )
    bytecode = bytes.fromhex(loaded["bytecode"].removeprefix("0x"))
    return Artifact(name, bytecode, constructor, storage, functions, events, errors)

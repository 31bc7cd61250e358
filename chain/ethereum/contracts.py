"""The compiled contracts: how to call them, read their logs and recognise their code.

In decoded values an address is `bytes` of 20, an array is a tuple, and a string is its UTF-8 `bytes`, because a
contract lets through what is no proper text.
"""

from __future__ import annotations

import json
from copy import copy
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, cast

from eth_abi.codec import ABICodec
from eth_abi.decoding import AddressDecoder
from eth_abi.exceptions import DecodingError
from eth_abi.registry import registry
from eth_utils.crypto import keccak

from chain.errors import RegistryUnavailable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chain.ethereum.wire import Json

ARTIFACTS = Path(__file__).parent / "artifacts"

SELECTOR_BYTES = 4


class _PlainAddressDecoder(AddressDecoder):
    """Leaves an address as the bytes it is, instead of writing it in hexadecimal."""

    decoder_fn = staticmethod(bytes)  # type: ignore[assignment] # The library's type wants hexadecimal.


_registry = copy(registry)
_registry.unregister_decoder("address")
_registry.register_decoder("address", _PlainAddressDecoder)
_codec = ABICodec(_registry)


def encode(types: Sequence[str], values: Sequence[object]) -> bytes:
    """Encode values as `abi.encode` does; a string may be given as text or as its bytes."""
    return _codec.encode([_as_bytes(kind) for kind in types], [_given(value) for value in values])


def decode(types: Sequence[str], encoded: bytes, what: str) -> tuple[object, ...]:
    """Decode strictly what a node says a contract returned or logged; raises `RegistryUnavailable`."""
    try:
        return tuple(_codec.decode([_as_bytes(kind) for kind in types], encoded))
    except (DecodingError, OverflowError, ValueError) as exc:
        raise RegistryUnavailable(f"{what}: got {len(encoded)} bytes that are not ({','.join(types)}): {exc}") from exc


@dataclass(frozen=True, slots=True)
class Function:
    """A function of a contract."""

    name: str
    selector: bytes
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]

    def call(self, *arguments: object) -> bytes:
        """Return the calldata of a call."""
        return self.selector + encode(self.inputs, arguments)

    def arguments(self, encoded: bytes) -> tuple[object, ...]:
        """Decode a call's arguments, the inverse of `call` without the selector."""
        return decode(self.inputs, encoded, self.name)

    def returned(self, encoded: bytes) -> tuple[object, ...]:
        """Decode what a call returned."""
        return decode(self.outputs, encoded, self.name)


@dataclass(frozen=True, slots=True)
class EventType:
    """An event of a contract."""

    name: str
    topic: bytes
    inputs: tuple[str, ...]
    indexed: tuple[bool, ...]
    in_topics: tuple[str, ...]
    """The types of the indexed arguments, all of them one word long."""
    in_data: tuple[str, ...]
    """The types of the others."""


@dataclass(frozen=True, slots=True)
class ErrorType:
    """A custom error of a contract."""

    name: str
    selector: bytes
    names: tuple[str, ...]
    inputs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Contract:
    """A contract as compiled."""

    name: str
    constructor: tuple[str, ...]
    functions: Mapping[str, Function]
    events: Mapping[bytes, EventType]
    errors: Mapping[bytes, ErrorType]
    bytecode: bytes
    deployed_bytecode: bytes
    immutables: tuple[tuple[int, int], ...]
    """Start and length of each place in the deployed code that the constructor fills."""

    def creation(self, *arguments: object) -> bytes:
        """Return the data of the transaction that deploys it."""
        return self.bytecode + encode(self.constructor, arguments)

    def is_code(self, code: bytes) -> bool:
        """Whether deployed code is this contract's, whatever its constructor was given."""
        return self.masked(code) == self.masked(self.deployed_bytecode)

    def masked(self, code: bytes) -> bytes:
        """Return deployed code with zeros in the places that the constructor fills."""
        masked = bytearray(code)
        for start, length in self.immutables:
            if len(code) >= start + length:
                masked[start : start + length] = bytes(length)
        return bytes(masked)


@cache
def agencies() -> Contract:
    """Return the contract that holds council, agencies, keys and types."""
    return _load("Agencies")


@cache
def certificates() -> Contract:
    """Return the contract that holds batches and statuses; its address is the registry's."""
    return _load("Certificates")


@cache
def errors() -> Mapping[bytes, ErrorType]:
    """Return every custom error of both contracts, since one passes on the other's."""
    return {**agencies().errors, **certificates().errors}


def _load(name: str) -> Contract:
    artifact = json.loads((ARTIFACTS / f"{name}.json").read_text(encoding="utf-8"))
    functions: dict[str, Function] = {}
    events: dict[bytes, EventType] = {}
    error_types: dict[bytes, ErrorType] = {}
    constructor: tuple[str, ...] = ()
    for entry in artifact["abi"]:
        parameters = entry.get("inputs", [])
        inputs = tuple(_type_of(parameter) for parameter in parameters)
        hashed = keccak(text=f"{entry.get('name', '')}({','.join(inputs)})")
        selector = hashed[:SELECTOR_BYTES]
        match entry["type"]:
            case "function":
                outputs = tuple(_type_of(parameter) for parameter in entry["outputs"])
                functions[entry["name"]] = Function(entry["name"], selector, inputs, outputs)
            case "event":
                indexed = tuple(bool(parameter["indexed"]) for parameter in parameters)
                pairs = list(zip(inputs, indexed, strict=True))
                in_topics = tuple(name for name, is_indexed in pairs if is_indexed)
                in_data = tuple(name for name, is_indexed in pairs if not is_indexed)
                events[hashed] = EventType(entry["name"], hashed, inputs, indexed, in_topics, in_data)
            case "error":
                names = tuple(str(parameter["name"]) for parameter in parameters)
                error_types[selector] = ErrorType(entry["name"], selector, names, inputs)
            case "constructor":
                constructor = inputs
    return Contract(
        name=name,
        constructor=constructor,
        functions=functions,
        events=events,
        errors=error_types,
        bytecode=_code(artifact["bytecode"]),
        deployed_bytecode=_code(artifact["deployedBytecode"]),
        immutables=tuple(
            sorted(
                (place["start"], place["length"])
                for places in artifact.get("immutableReferences", {}).values()
                for place in places
            )
        ),
    )


def _code(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


def _type_of(parameter: dict[str, Json]) -> str:
    """Write a parameter's type as signatures do: structs as tuples."""
    kind = str(parameter["type"])
    if not kind.startswith("tuple"):
        return kind
    inner = ",".join(_type_of(component) for component in cast("list[dict[str, Json]]", parameter["components"]))
    return f"({inner}){kind.removeprefix('tuple')}"


def _as_bytes(kind: str) -> str:
    """Strings travel as bytes, whose encoding is the same."""
    return kind.replace("string", "bytes")


def _given(value: object) -> object:
    return value.encode() if isinstance(value, str) else value

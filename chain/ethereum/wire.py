"""What stands in JSON-RPC answers, read strictly.

A node is a stranger: every value is checked before it is used, and what does not fit raises `RegistryUnavailable` with
what was asked for and what came.
"""

from __future__ import annotations

import re
from typing import TypeAlias

from chain.errors import RegistryUnavailable

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

HASH_BYTES = 32
ADDRESS_BYTES = 20

_SHOWN = 120
"""How many characters of a strange answer an error message repeats."""

_HEX = re.compile(r"0x(?:[0-9a-fA-F]{2})*\Z")
_QUANTITY = re.compile(r"0x[0-9a-fA-F]{1,64}\Z")


def shown(value: object) -> str:
    """Return a value short enough for an error message."""
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}… ({len(text)} characters)"


def member(answer: Json, name: str, what: str) -> Json:
    """Return a member of an object."""
    if not isinstance(answer, dict) or name not in answer:
        raise RegistryUnavailable(f"{what}: got {shown(answer)}, wanted an object with the member {name!r}")
    return answer[name]


def items(answer: Json, what: str) -> list[Json]:
    """Return an array."""
    if not isinstance(answer, list):
        raise RegistryUnavailable(f"{what}: got {shown(answer)}, wanted an array")
    return answer


def quantity(answer: Json, what: str) -> int:
    """Return a number written as `0x…`; leading zeros are let pass, as some nodes write them."""
    if not isinstance(answer, str) or not _QUANTITY.match(answer):
        raise RegistryUnavailable(f"{what}: got {shown(answer)}, wanted a number such as 0x1f")
    return int(answer, 16)


def data(answer: Json, what: str, *, length: int | None = None) -> bytes:
    """Return bytes written as `0x…`, of a given length if one is given."""
    if not isinstance(answer, str) or not _HEX.match(answer):
        raise RegistryUnavailable(f"{what}: got {shown(answer)}, wanted bytes such as 0x1f2e")
    value = bytes.fromhex(answer[2:])
    if length is not None and len(value) != length:
        raise RegistryUnavailable(f"{what}: got {len(value)} bytes, wanted {length}")
    return value


def to_hex(value: bytes | int) -> str:
    """Write bytes or a number as JSON-RPC wants them."""
    return hex(value) if isinstance(value, int) else "0x" + value.hex()

"""Bytes as decimal digits, because a QR code's numeric mode packs those almost without loss."""

from __future__ import annotations

from functools import lru_cache
from struct import Struct

from chain.errors import CodeMalformed

GROUP_BYTES, GROUP_DIGITS = 7, 17
_DIGITS_OF_REST = {1: 3, 2: 5, 3: 8, 4: 10, 5: 13, 6: 15}
_BYTES_OF_REST = {0: 0, **{digits: size for size, digits in _DIGITS_OF_REST.items()}}


def encode(data: bytes) -> str:
    """Write 7 bytes, big-endian, as 17 digits, and a rest of r bytes as 3, 5, 8, 10, 13 or 15."""
    groups = [data[start : start + GROUP_BYTES] for start in range(0, len(data), GROUP_BYTES)]
    return "".join(f"{int.from_bytes(group):0{_DIGITS_OF_REST.get(len(group), GROUP_DIGITS)}d}" for group in groups)


def decode(digits: str) -> bytes:
    """Read what `encode` wrote; raises `CodeMalformed` for anything else, so that no bytes have two spellings."""
    written = digits.encode() if digits.isascii() else b""
    if not written.isdigit():
        raise CodeMalformed(f"got {digits[:40]!r}, wanted the digits 0 to 9")
    left_over = len(digits) % GROUP_DIGITS
    size = _BYTES_OF_REST.get(left_over)
    if size is None:
        raise CodeMalformed(f"got {left_over} digits left over, wanted none, or {sorted(_BYTES_OF_REST)[1:]}")
    cut, joined = _layouts(len(digits) // GROUP_DIGITS, left_over)
    *groups, rest = cut.unpack(written)
    # Every code that is verified comes through here, with forty groups: each becomes eight bytes, one of them spare.
    wide = bytearray(joined.pack(*map(int, groups)))
    if any(spare := wide[:: GROUP_BYTES + 1]):
        raise _too_large(next(group for group, byte in zip(groups, spare, strict=True) if byte), GROUP_BYTES)
    del wide[:: GROUP_BYTES + 1]
    try:
        return bytes(wide) + int(rest or b"0").to_bytes(size)
    except OverflowError as exc:
        raise _too_large(rest, size) from exc


@lru_cache(maxsize=64)
def _layouts(count: int, left_over: int) -> tuple[Struct, Struct]:
    """Return how so many groups and a rest stand in digits, and the groups' numbers in bytes."""
    return Struct(f"{GROUP_DIGITS}s" * count + f"{left_over}s"), Struct(f">{count}Q")


def _too_large(group: bytes, room: int) -> CodeMalformed:
    return CodeMalformed(f"got {group.decode()}, wanted a number that fits into {room} bytes")

"""Bytes as decimal digits, because a QR code's numeric mode packs those almost without loss."""

from __future__ import annotations

from struct import Struct

from chain.errors import CodeMalformed

GROUP_BYTES, GROUP_DIGITS = 7, 17
_DIGITS_OF_REST = {1: 3, 2: 5, 3: 8, 4: 10, 5: 13, 6: 15}
_BYTES_OF_REST = {0: 0, **{digits: size for size, digits in _DIGITS_OF_REST.items()}}
_GROUP = Struct(f"{GROUP_DIGITS}s")


def encode(data: bytes) -> str:
    """Write 7 bytes, big-endian, as 17 digits, and a rest of r bytes as 3, 5, 8, 10, 13 or 15."""
    groups = [data[start : start + GROUP_BYTES] for start in range(0, len(data), GROUP_BYTES)]
    return "".join(f"{int.from_bytes(group):0{_DIGITS_OF_REST.get(len(group), GROUP_DIGITS)}d}" for group in groups)


def decode(digits: str) -> bytes:
    """Read what `encode` wrote; raises `CodeMalformed` for anything else, so that no bytes have two spellings."""
    if not (digits.isascii() and digits.isdecimal()):
        raise CodeMalformed(f"got {digits[:40]!r}, wanted the digits 0 to 9")
    left_over = len(digits) % GROUP_DIGITS
    size = _BYTES_OF_REST.get(left_over)
    if size is None:
        raise CodeMalformed(f"got {left_over} digits left over, wanted none, or {sorted(_BYTES_OF_REST)[1:]}")
    written, whole = digits.encode(), len(digits) - left_over
    rest = written[whole:] or b"0"
    try:
        # Every code that is verified comes through here, with forty groups.
        groups = [int(group).to_bytes(GROUP_BYTES) for (group,) in _GROUP.iter_unpack(written[:whole])]
        return b"".join(groups) + int(rest).to_bytes(size)
    except OverflowError as exc:
        cut = (group for (group,) in _GROUP.iter_unpack(written[:whole]))
        wrong = next((group for group in cut if int(group).bit_length() > 8 * GROUP_BYTES), rest)
        room = size if wrong is rest else GROUP_BYTES
        raise CodeMalformed(f"got {wrong.decode()}, wanted a number that fits into {room} bytes") from exc

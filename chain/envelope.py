"""The wrapping of proof, checkpoint, pack and manifest: a zlib stream (RFC 1950) of CBOR `[kind, format, …]`."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from chain import cbor
from chain.errors import EvidenceMalformed, EvidenceUnsupported

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chain.cbor import CBOR

PROOF = "yinxin-proof"
CHECKPOINT = "yinxin-checkpoint"
PACK = "yinxin-pack"
MANIFEST = "yinxin-manifest"
FORMAT = 1
MAX_PROOF = 1 << 20
MAX_HISTORY = 64 << 20
"""How many bytes a proof, and what carries a history, may have unpacked: 100,000 statuses take 13 MiB."""

_MOST = {PROOF: MAX_PROOF, CHECKPOINT: MAX_HISTORY, PACK: MAX_HISTORY, MANIFEST: MAX_HISTORY}
_LEVEL = {PROOF: 9, CHECKPOINT: 6, PACK: 6, MANIFEST: 6}
"""How hard zlib tries: on a long history the best takes seven times as long as the usual, for 0.6 % fewer bytes."""
_PEEK = 64
_ARRAY = 4
"""CBOR's major type of arrays, the first three bits of the first byte (RFC 8949, section 3.1)."""


def wrap(kind: str, members: Sequence[CBOR]) -> bytes:
    """Return the file of a kind; raises `EvidenceMalformed` if it would be longer than anybody reads."""
    whole = cbor.encode([kind, FORMAT, *members])
    if len(whole) > _MOST[kind]:
        raise EvidenceMalformed(f"got {kind} of {len(whole)} bytes unpacked, wanted at most {_MOST[kind]}")
    return zlib.compress(whole, _LEVEL[kind])


def unwrap(data: bytes, kind: str) -> list[CBOR]:
    """Return the members behind kind and format.

    Raises:
        EvidenceMalformed: Not one whole zlib stream, more than its kind may have unpacked, not CBOR in the one
            encoding, or another kind; `EvidenceUnsupported` if of a format to come.
    """
    try:
        whole = cbor.decode(_unpacked(data, _MOST[kind]))
    except ValueError as exc:
        raise EvidenceMalformed(f"{kind}: {exc}") from exc
    match whole:
        case [str() as got, int() as form, *members] if got == kind and form >= FORMAT:
            if form > FORMAT:
                raise EvidenceUnsupported(f"got {kind} of format {form}, wanted {FORMAT}")
            return members
        case _:
            raise EvidenceMalformed(f"got another thing than {kind} of format {FORMAT}")


def kind_of(data: bytes) -> str | None:
    """Peek at what kind of file this claims to be, without reading it; None if of none of ours."""
    try:
        begins = zlib.decompressobj().decompress(data, _PEEK)
    except zlib.error:
        return None
    if not begins or begins[0] >> 5 != _ARRAY:
        return None
    return next((kind for kind in (PROOF, CHECKPOINT, PACK) if begins[1:].startswith(cbor.encode(kind))), None)


def _unpacked(data: bytes, most: int) -> bytes:
    """Unpack one stream; raises ValueError."""
    stream = zlib.decompressobj()
    try:
        unpacked = stream.decompress(data, most + 1)
    except zlib.error as exc:
        raise ValueError(f"got {len(data)} bytes that are no zlib stream: {exc}") from exc
    if len(unpacked) > most:
        raise ValueError(f"got more than {most} bytes unpacked")
    if not stream.eof:
        raise ValueError(f"got {len(data)} bytes of a zlib stream that is cut off")
    if stream.unused_data:
        raise ValueError(f"got {len(stream.unused_data)} bytes behind the stream")
    return unpacked

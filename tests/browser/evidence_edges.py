"""What engines may disagree about: the ends of ranges, and evidence made to keep a reader busy."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

import cbor2
import rlp

from chain.base64url import encode as base64url
from chain.keccak import keccak
from tests.browser.evidence_forgeries import proof_task
from tests.browser.evidence_tasks import load
from tests.sealed import items_of, signed_part, trust_list
from tests.vectors.making.parts import Parts, parts, trust_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.browser.evidence_tasks import Task

_PRIME = 2**256 - 2**224 + 2**192 + 2**96 - 1
"""Of P-256's field."""
_POINT = 5, 0x459243B9AA581806FE913BCE99817ADE11CA503C64D9A3C533415C083248FBCC
"""A point of P-256 whose x is so small that x + p takes 32 bytes, too."""
_MANY = 900_000
"""Items of a byte each, which a proof has just room for."""


def edges() -> Iterator[tuple[str, Task]]:
    """Yield them all."""
    for each in (_keys, _streams, _kinds, _busy, _limits, _bombs, _digits, _short_numbers, _paths):
        yield from each()


def _keys() -> Iterator[tuple[str, Task]]:
    x, y = _POINT
    for name, coordinates in {
        "a point": (x, y),
        "its other spelling": (x + _PRIME, y),
        "no point": (x, y + 1),
        "nothing": (0, 0),
        "the field's end": (_PRIME, y),
    }.items():
        kept = parts("", "osaka", "two").kept
        signed = signed_part(
            registry_id=kept.registry_id,
            registry=kept.registry,
            agencies=kept.agencies,
            chain_id=kept.chain_id,
            scheme="none",
        )
        shown = {axis: base64url(value.to_bytes(32)) for axis, value in zip("xy", coordinates, strict=True)}
        signed["attesters"] = {"threshold": 1, "keys": [{"kty": "EC", "crv": "P-256", **shown}]}
        task = {"work": "trust_list", "text": trust_list(signed), "now": "2026-03-01T00:00:00Z", "previous": None}
        yield f"attester: {name}", task


def _sound() -> Parts:
    return parts("", "osaka", "two", scheme="none")


def _asked(sound: Parts, file: bytes | None = None) -> Task:
    packed = sound.packed() if file is None else file
    return proof_task(packed, trust_of(sound.kept, "none"), sound.leaf, sound.agency)


def _streams() -> Iterator[tuple[str, Task]]:
    sound = _sound()
    file = sound.packed()
    content = zlib.decompress(file)
    gzip, raw, small = (zlib.compressobj(wbits=bits) for bits in (31, -15, 9))
    for name, changed in {
        "as it is": file,
        "nothing": b"",
        "an empty stream": zlib.compress(b""),
        "300 MB of zeros": zlib.compress(bytes(300_000_000)),
        "as much as there may be": zlib.compress(bytes(1 << 20)),
        "a byte more": zlib.compress(bytes((1 << 20) + 1)),
        "twice": file + file,
        "with its checksum twice": file + file[-4:],
        "with a byte behind it": file + b"\0",
        "without the last byte": file[:-1],
        "without its checksum": file[:-4],
        "another checksum": file[:-1] + bytes([file[-1] ^ 1]),
        "gzip": gzip.compress(content) + gzip.flush(),
        "no wrapping": raw.compress(content) + raw.flush(),
        "a small window": small.compress(content) + small.flush(),
        "not compressed": zlib.compress(content, 0),
        "many empty blocks": file[:2] + b"\0\0\0\xff\xff" * 10_000 + file[2:],
    }.items():
        yield f"stream: {name}", _asked(sound, changed)


def _kinds() -> Iterator[tuple[str, Task]]:
    """Files cut off, or in blocks so small that an engine gives out what is in them one by one."""
    file = _sound().packed()
    content = zlib.decompress(file)
    changed = {
        "nothing": b"",
        "no stream": b"x",
        "an empty stream": zlib.compress(b""),
        "many empty blocks": file[:2] + b"\0\0\0\xff\xff" * 20_000 + file[2:],
        "only its kind": zlib.compress(cbor2.dumps(["yinxin-pack"])),
        "no kind of ours": zlib.compress(cbor2.dumps(["yinxin-packs"])),
        "no array": zlib.compress(content[1:]),
        "spoilt at the end": file[:-9] + b"\xff" * 9,
    }
    changed |= {f"a block of {size} bytes": _in_blocks(content, size) for size in (1, 2, 13, 14, 15)}
    changed |= {f"cut off after {size} bytes": file[:size] for size in (1, 2, 5, 16, 20, 30, 60, 200)}
    for name, bytes_ in changed.items():
        yield f"kind: {name}", {"work": "kind", "file": bytes_.hex()}


def _in_blocks(content: bytes, first: int) -> bytes:
    stream = zlib.compressobj()
    begin = stream.compress(content[:first]) + stream.flush(zlib.Z_FULL_FLUSH)
    return begin + stream.compress(content[first:]) + stream.flush()


def _limits() -> Iterator[tuple[str, Task]]:
    """As much as there may be of something, and one more."""
    for more in (0, 1):
        for name, value in {
            "items": [None] * (4_095 + more),
            "items, most of them members": [{1: 1}] * 1_365 + [None] * more,
            "a text": "x" * (65_536 + more),
        }.items():
            content = cbor2.dumps(value, canonical=True)
            yield f"{name} and {more}", _asked(_sound(), zlib.compress(content))
        sound = _sound()
        header = items_of(sound.headers[0])
        sound.headers = [rlp.encode(header + [b""] * (64 - len(header) + more))]
        yield f"items of a header and {more}", _asked(sound)
        sound = _sound()
        room = 65_536 - len(rlp.encode([*header, bytes(60_000)])) + 60_000
        sound.headers = [rlp.encode([*header, bytes(room + more)])]
        yield f"bytes of a header and {more}", _asked(sound)
        sound = _sound()
        sound.headers = sound.headers * (64 + more)
        yield f"headers and {more}", _asked(sound)
        for size, count in ((1, 64 + more), (524_288 + more, 1)):
            sound = _sound()
            sound.evidence[2] = [bytes(size)] * count
            yield f"{count} nodes of {size} bytes", _asked(sound)
        for count in (510, 511):
            sound = _sound()
            sound.evidence[2] = [rlp.encode([[b""] * (count - 16), *[b""] * 16])]
            header[5] = keccak(sound.evidence[2][0])
            sound.headers = [rlp.encode(header)]
            yield f"a node of {count + 2} items and {more}", _asked(sound)


def _bombs() -> Iterator[tuple[str, Task]]:
    """Small files that unpack a thousandfold, and would be a hundred million values."""
    trust = trust_of(_sound().kept, "none")
    for name, item, size, kind in (
        ("nulls", b"\xf6", 60 << 20, "checkpoint"),
        ("arrays", b"\x80", 60 << 20, "pack"),
        ("nulls", b"\xf6", 128 << 20, "pack"),
    ):
        file = zlib.compress(b"\x9a" + size.to_bytes(4) + item * size)
        task = {"work": "checkpoint", "kind": kind, "trust": trust, "file": file.hex(), "leaves": []}
        yield f"{size >> 20} Mi {name} as a {kind}", task


def misused() -> Task:
    """Return the task to call everything with the wrong arguments, all else being as it should."""
    checkpoints = load("checkpoints")
    sound = next(vector for vector in checkpoints["checkpoints"] if vector["name"] == "a small one")
    proof = parts("", "london", "two").packed()
    return {
        "work": "misuse",
        "trust": checkpoints["trust_lists"][sound["trust_list"]],
        "proof": proof.hex(),
        "checkpoint": sound["file"],
        "header": load("headers")["sealed"][0]["headers"][0],
    }


def _busy() -> Iterator[tuple[str, Task]]:
    many: Any = [b"\x01"] * _MANY
    sound = _sound()
    header = items_of(sound.headers[0])
    sound.headers = [rlp.encode(header + many)]
    yield "a header of very many items", _asked(sound)
    for name, node in {
        "a node of very many items": many,
        "nodes of very many items within another": [[b"\x01"] * (_MANY // 17)] * 16 + [b"x"],
        "nodes within nodes": [[[[[b"\x01"]]]]] * 17,
    }.items():
        sound = _sound()
        sound.evidence[2] = [rlp.encode(node)]
        header[5] = keccak(sound.evidence[2][0])
        sound.headers = [rlp.encode(header)]
        yield name, _asked(sound)
    sound = _sound()
    members = ["yinxin-proof", 1, sound.registry_id, sound.path, [b""] * _MANY, sound.evidence]
    for name, content in {
        "very many headers": cbor2.dumps(members),
        "very deep arrays": b"\x81" * _MANY,
        "an array longer than the file": b"\x9a\x7f\xff\xff\xff" + bytes(1000),
        "a text longer than any file": b"\x5b" + b"\xff" * 8,
        "very deep arrays, none of them finished": b"\x9f" * _MANY,
    }.items():
        yield name, _asked(sound, zlib.compress(content))


def _digits() -> Iterator[tuple[str, Task]]:
    for text in (
        "",
        "000",
        "255",
        "256",
        "65535",
        "65536",
        "0" * 17,
        "9" * 17,
        "0" * 7089,
        "0" * 7090,
        "1" * 18,
        "٣٣٣",
    ):
        yield f"digits {text[:20]}", {"work": "digits", "text": text}


def _short_numbers() -> Iterator[tuple[str, Task]]:
    for text in (
        "EVM5-H660-YKJE-X4",
        "evm5h660ykjex4",
        "ＥＶＭ５－Ｈ６６０－ＹＫＪＥ－Ｘ４",
        "EVM5 H66O\u2010YKJE\u3000X4",
        "\x1cEVM5\x85H660\xa0YKJE\tX4",
        "EVM5\ufeffH660YKJEX4",
        "EVM5-H660-YKJE-X5",
        "UVM5-H660-YKJE-X4",
        "EVM5𠮷H660YKJEX4",
        "ﬀVM5-H660-YKJE-X4",
        "ß",
        "",
    ):
        yield f"short number {text}", {"work": "short_number", "text": text}


def _paths() -> Iterator[tuple[str, Task]]:
    leaf, node = "11" * 32, "22" * 32
    for size in (0, 1, 8, 9):
        for index in (-1, 0, 7, 8):
            for length in range(5):
                hashes = [node] * length
                task = {"work": "path", "leaf": leaf, "size": size, "index": index, "hashes": hashes}
                yield f"{length} hashes for leaf {index} of {size}", task
    large = {"work": "path", "leaf": leaf, "size": 2**40, "index": 2**39, "hashes": [node] * 40}
    yield "a leaf of a very large tree", large
    yield "a leaf of 31 bytes", {**large, "leaf": leaf[2:]}

"""Evidence bent at random, as tasks for JavaScript: what Python makes of each, JavaScript has to make of it, too.

Bent are not only bytes, whose hash or signature would give them away before anything else is looked at, but also what
they say: members, items and columns, written in the one right form and signed again where that can be done.
"""

from __future__ import annotations

import json
import zlib
from copy import deepcopy
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import cbor2
import rlp
from cryptography.hazmat.primitives.asymmetric import ec
from trie import HexaryTrie

from chain import base64url, cbor, digits
from chain.keccak import keccak
from chain.proof import batch_slot
from tests.browser.evidence_tasks import load
from tests.chain.specimens import sign_with
from tests.sealed import COUNCIL, attester, canonical, items_of, trust_list, with_extra
from tests.vectors.making.drafts import draft
from tests.vectors.making.history import columns
from tests.vectors.making.parts import parts, trust_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from random import Random

    from tests.browser.evidence_tasks import Task

STRANGE: tuple[Any, ...] = (
    *(
        0,
        1,
        -1,
        2,
        23,
        24,
        255,
        256,
        1024,
        1025,
        65_536,
        2**32 - 1,
        2**32,
        2**53 - 1,
        2**53,
        2**63,
        2**64 - 1,
        -(2**64),
    ),
    *("", "x", "\x00", "\x7f", "\u180e", "\ufeff", "𠮷" * 33, "é" * 64, "汉" * 171, "_sd", "...", "__proto__"),
    *(b"", b"\x00", b"\x01", bytes(20), bytes(32), b"\xff" * 32, bytes(33), bytes(64)),
    *(None, [], [[]], {}, [0], [b""]),
)
STRANGE_JSON: tuple[Any, ...] = (
    *(value for value in STRANGE if not isinstance(value, bytes) and value != [b""]),
    *(True, False, 1.5, "0x", "2026-02-30T00:00:00Z", "2026-02-01T24:00:00Z", "none", "qbft", "clique"),
    *({"_sd": []}, {"a": {"...": 1}}, "2026-02-29T00:00:00+08:00", "0000-01-01T00:00:00+08:00"),
)
TOKENS = (
    *(b'"', b"\\", b"\\u0000", b"\\ud83d", b"\\ud83d\\ude00", b"\\uDE00", b"\\/", b"\\x", b"0", b"-0", b"-", b"1.0"),
    *(b"1e3", b"9007199254740992", b"9007199254740991", b",", b"[", b"]", b"{", b"}", b":", b" ", b"\n", b"\x00"),
    *(b"null", b"true", b"NaN", b"-Infinity", b"\xef\xbb\xbf", b"\xff", b"\xed\xa0\x80", b'"typ":1,', b"[" * 16),
    *("\u2028".encode(), b"\x0b", "\xa0".encode(), b"\\u00e9", b'"__proto__":1,', b"//"),
)
"""What readers of JSON disagree about."""


_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
"""Of secp256k1."""


def forged(random: Random, each: int) -> Iterator[tuple[str, Task]]:
    """Yield so many forgeries of each sort."""
    for bend in (
        _code,
        _copy,
        _certificate,
        _text,
        _headers,
        _proof,
        _receipt,
        _slot,
        _trust_list,
        _history,
        _checkpoint,
    ):
        for number in range(each):
            yield f"{bend.__name__} {number}", bend(random)


def _bent(value: Any, random: Random, strange: tuple[Any, ...]) -> Any:  # noqa: ANN401 - CBOR, JSON or RLP
    """Return the value with one thing changed somewhere in it."""
    if isinstance(value, list) and value and random.random() < 0.8:
        place = random.randrange(len(value))
        return [*value[:place], _bent(value[place], random, strange), *value[place + 1 :]]
    if isinstance(value, dict) and value and random.random() < 0.8:
        name = random.choice(list(value))
        return {**value, name: _bent(value[name], random, strange)}
    changes: list[Callable[[], Any]] = [lambda: random.choice(strange)]
    if isinstance(value, list) and value:
        one, other = random.randrange(len(value)), random.randrange(len(value))
        changes += [
            lambda: value[:one] + value[one + 1 :],
            lambda: [*value[:one], value[one], *value[one:]],
            lambda: [value[other] if at == one else value[one] if at == other else it for at, it in enumerate(value)],
            lambda: [*value, random.choice(strange)],
        ]
    elif isinstance(value, dict) and value:
        name = random.choice(list(value))
        changes += [
            lambda: {key: member for key, member in value.items() if key != name},
            lambda: {**value, "more": 1},
        ]
    elif isinstance(value, bytes) and value:
        place = random.randrange(len(value))
        flipped = bytes(byte ^ (1 << random.randrange(8)) if at == place else byte for at, byte in enumerate(value))
        changes += [
            lambda: flipped,
            lambda: flipped,
            lambda: value[:-1],
            lambda: value + b"\x00",
            lambda: b"\x00" + value,
        ]
    elif isinstance(value, str) and value:
        place = random.randrange(len(value))
        changes += [
            lambda: value[:place] + value[place + 1 :],
            lambda: value[:place] + random.choice("0aA_~.-/ é") + value[place:],
            lambda: value[:place] + value[place].swapcase() + value[place + 1 :],
        ]
    elif type(value) is int:
        changes += [lambda: value + 1, lambda: value - 1, lambda: -value, lambda: value + 2**32]
    return random.choice(changes)()


def _flipped(data: bytes, random: Random) -> bytes:
    bit = random.randrange(8 * len(data))
    return bytes(byte ^ (128 >> bit % 8) if at == bit // 8 else byte for at, byte in enumerate(data))


def _cbor(value: object, random: Random) -> bytes:
    """Write CBOR, now and then not in the one form."""
    data = cbor2.dumps(value, canonical=random.random() < 0.95)
    return _flipped(data, random) if random.random() < 0.1 else data


def _private(vectors: dict[str, Any]) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(base64url.decode(vectors["keys"][0]["d"])), ec.SECP256R1())


def _copy(random: Random) -> Task:
    copies = load("copies")
    cose = cbor2.loads(bytes.fromhex(random.choice(copies["copies"])["cose"]))
    payload, registry_id = cbor2.loads(cose[2]), bytes.fromhex(copies["registry_id"])
    match random.randrange(4):
        case 0:
            payload = _bent(payload, random, STRANGE)
        case 1 if cose[1]:
            claims = _cbor(_bent(cbor2.loads(cose[1][-65538][0]), random, STRANGE), random)
            payload[8] = sha256(claims).digest()
            cose[1] = {-65538: [claims, *cose[1][-65538][1:]]}
        case 2:
            cose[1] = _bent(cose[1], random, STRANGE)
        case _:
            cose = _bent(cose, random, STRANGE)
    if isinstance(cose, list) and len(cose) == 4 and random.random() < 0.9:
        cose[2] = _cbor(payload, random)
        signed = cbor2.dumps(["Signature1", b"\xa1\x01\x26", registry_id + b"copy", cose[2]])
        cose[3] = sign_with(_private(copies))(signed)
    before = random.choice(("", "", " ", "https://a.example/c#", "https://a.example/v#", "http://localhost:1/c#"))
    return {
        "work": "copy",
        "text": before + digits.encode(_cbor(cose, random)),
        "key": copies["keys"][0],
        "registry_id": copies["registry_id"],
        "names": copies["type_claims"],
    }


def _code(random: Random) -> Task:
    codes = load("codes")
    vector = random.choice(codes["codes"])
    cose = cbor2.loads(bytes.fromhex(vector["cose"]))
    payload = cbor2.loads(cose[2])
    registry_id = bytes.fromhex(vector["registry_id"])
    match random.randrange(4):
        case 0:
            payload[0] = _cbor(_bent(cbor2.loads(payload[0]), random, STRANGE), random)
        case 1:
            payload = _bent(payload, random, STRANGE)
        case 2:
            cose = _bent(cose, random, STRANGE)
        case _:
            cose[1] = {-65537: _bent([7, 3, [bytes(32)] * 3], random, STRANGE)}
    if isinstance(cose, list) and len(cose) == 4 and random.random() < 0.8:
        cose[2] = _cbor(payload, random)
        signed = cbor2.dumps(["Signature1", b"\xa1\x01\x26", registry_id, cose[2]])
        cose[3] = sign_with(_private(codes))(signed)
    text = digits.encode(_cbor(cose, random))
    if random.random() < 0.2:
        at = random.randrange(len(text))
        text = text[:at] + random.choice(("", "0", "9", " ", "\n", "٣")) + text[at + 1 :]
    before = random.choice(
        (
            "",
            "",
            " ",
            "\u3000",
            "\ufeff",
            "https://a.example/v#",
            "http://a.example/v#",
            "http://localhost:1/v#",
            "https://a_b/v#",
        )
    )
    return {"work": "code", "text": before + text, "key": codes["keys"][0], "registry_id": registry_id.hex()}


def _certificate(random: Random) -> Task:
    certificates = load("certificates")
    jws, *shown = random.choice(certificates["certificates"])["certificate"].split("~")
    pieces = jws.split(".")
    which = random.randrange(3)
    if which == 2:
        at = random.randrange(len(shown) - 1)
        shown[at] = base64url.encode(_json(base64url.decode(shown[at]), random))
    else:
        pieces[which] = base64url.encode(_json(base64url.decode(pieces[which]), random))
        signing_input = ".".join(pieces[:2])
        pieces[2] = base64url.encode(sign_with(_private(certificates))(signing_input.encode()))
    return {"work": "certificate", "text": "~".join([".".join(pieces), *shown]), "key": certificates["keys"][0]}


def _json(data: bytes, random: Random) -> bytes:
    """Bend JSON, either what it says or how it is written."""
    if random.random() < 0.6:
        return json.dumps(
            _bent(json.loads(data), random, STRANGE_JSON), ensure_ascii=False, separators=(",", ":")
        ).encode()
    at = random.randrange(len(data) + 1)
    return data[:at] + random.choice(TOKENS) + data[at + random.randrange(2) :]


def _text(random: Random) -> Task:
    """Bend the text of a certificate."""
    certificates = load("certificates")
    text = random.choice(certificates["certificates"] + certificates["presentations"])["certificate"]
    at = random.randrange(len(text))
    text = text[:at] + random.choice(("", "A", "_", "=", "~", ".", "+", "\n", "é")) + text[at + random.randrange(2) :]
    return {"work": "certificate", "text": text, "key": certificates["keys"][0]}


def _headers(random: Random) -> Task:
    vector = deepcopy(random.choice(load("headers")["sealed"]))
    at = random.randrange(len(vector["headers"]))
    header = bytes.fromhex(vector["headers"][at])
    match random.randrange(6):
        case 0:
            header = _flipped(header, random)
        case 1:
            header = rlp.encode(_bent(items_of(header), random, (b"", b"\x00", bytes(32), [], [[]])))
        case 2 if vector["scheme"] in {"qbft", "ibft2"}:
            items = items_of(header)
            items[12] = rlp.encode(_bent(rlp.decode(items[12]), random, (b"", b"\x00", b"\xff", bytes(20), [], [b""])))
            header = rlp.encode(items)
        case 3 if vector["scheme"] == "clique":
            header = with_extra(items_of(header), _other_s(items_of(header)[12], random))
        case 4:
            pass
        case _:
            vector["scheme"] = random.choice(("none", "qbft", "ibft2", "clique"))
            vector["validators"] = _bent(vector["validators"], random, ("00" * 20,))
    vector["headers"][at] = header.hex()
    if random.random() < 0.2:
        # A run that is longer or shorter, or in another order.
        vector["headers"] = random.choices(vector["headers"], k=random.randrange(4)) or vector["headers"][1:]
    # A set, as a trust list holds it: no address twice.
    vector["validators"] = list(dict.fromkeys(str(each) for each in vector["validators"] if len(str(each)) == 40))
    return {"work": "headers"} | {name: vector[name] for name in ("scheme", "headers", "validators")}


def _other_s(extra: bytes, random: Random) -> bytes:
    """Turn the seal at the end of Clique's extra data into its other spelling, or nearly."""
    s = int.from_bytes(extra[-33:-1])
    other = random.choice((_ORDER - s, _ORDER - s, s, _ORDER, 0, s + _ORDER))
    return extra[:-33] + (other % 2**256).to_bytes(32) + bytes([extra[-1] ^ random.choice((1, 1, 0, 2))])


def proof_task(file: bytes, trust: str, leaf: bytes, agency: int) -> Task:
    """Return the task to verify a proof."""
    return {"work": "proof", "trust": trust, "file": file.hex(), "leaf": leaf.hex(), "agency": agency}


def _proof(random: Random) -> Task:
    proofs = load("proofs")
    vector = random.choice(proofs["proofs"])
    file = bytes.fromhex(vector["proof"])
    if random.random() < 0.2:
        file = _flipped(file, random)
    else:
        file = zlib.compress(_cbor(_bent(cbor2.loads(zlib.decompress(file)), random, STRANGE), random))
    leaf = bytes.fromhex(vector["leaf"])
    return proof_task(file, proofs["trust_lists"][vector["trust_list"]], leaf, vector["agency"])


_RLP = (b"", b"\x00", b"\x01", bytes(20), bytes(32), bytes(64), bytes(192), [], [[]], [b""])


def _receipt(random: Random) -> Task:
    """Bend a receipt, in a trie that is made for it and under a header that nobody has to seal."""
    sound = parts("", "osaka", "two", scheme="none")
    receipts = list(sound.kept.receipts[sound.batch.block])
    place = sound.batch.transaction_index
    kind, content = receipts[place][:1], rlp.decode(receipts[place][1:])
    bent = rlp.encode(_bent(content, random, _RLP))
    receipts[place] = random.choice((kind, kind, kind, b"", b"\x00", b"\x80")) + bent
    trie = HexaryTrie({})
    for at, receipt in enumerate(receipts):
        trie[rlp.encode(at)] = receipt
    nodes = [rlp.encode(node) for node in trie.get_proof(rlp.encode(place))]
    items = items_of(sound.headers[0])
    items[5] = trie.root_hash
    sound.headers = [rlp.encode(items)]
    sound.evidence = [0, place, [node for at, node in enumerate(nodes) if at == 0 or len(node) >= 32]]
    return proof_task(sound.packed(), trust_of(sound.kept, "none"), sound.leaf, sound.agency)


def _slot(random: Random) -> Task:
    """Bend an account or a slot, likewise."""
    sound = parts("", "osaka", "two", scheme="none", kind=1)
    value: Any = rlp.decode(rlp.decode(sound.evidence[2][-1])[1])
    storage, state = HexaryTrie({}), HexaryTrie({})
    slot = keccak(batch_slot(sound.agency, sound.batch.root))
    value = _bent(value, random, _RLP) if random.random() < 0.7 else value
    storage[slot] = rlp.encode(value)
    for other in range(random.randrange(3)):
        storage[keccak(bytes([other]))] = rlp.encode(bytes([1 + other]) * random.choice((1, 32)))
    account: Any = [b"\x01", b"", storage.root_hash, bytes(32)]
    account = account if random.random() < 0.7 else _bent(account, random, _RLP)
    state[keccak(sound.kept.registry)] = rlp.encode(account)
    items = items_of(sound.headers[0])
    items[3] = state.root_hash
    sound.headers = [rlp.encode(items)]
    sound.evidence = [
        1,
        [rlp.encode(node) for node in state.get_proof(keccak(sound.kept.registry))],
        [rlp.encode(node) for node in storage.get_proof(slot)],
    ]
    return proof_task(sound.packed(), trust_of(sound.kept, "none"), sound.leaf, sound.agency)


def _trust_list(random: Random) -> Task:
    lists = load("trust_lists")
    vector = random.choice(lists["lists"])
    whole = json.loads(vector["text"])
    match random.randrange(3):
        case 0:
            text = _json(vector["text"].encode(), random)
        case 1:
            text = canonical(_bent(whole, random, STRANGE_JSON))
        case _:
            signed = _bent(whole["signed"], random, STRANGE_JSON)
            text = trust_list(signed, random.sample(COUNCIL, 3)).encode()
    try:
        told = text.decode()
    except UnicodeDecodeError:
        return {"work": "trust_list", "text": "", "now": vector["now"], "previous": None}
    previous = random.choice((None, vector["previous"], lists["lists"][0]["text"]))
    return {"work": "trust_list", "text": told, "now": vector["now"], "previous": previous}


def _history(random: Random) -> Task:
    """Bend a history that an attester vouches for, so that its form is looked at."""
    sound = draft("", "osaka", "none", headers=[], state=[])
    sound.history = _bent(columns(sound.told), random, STRANGE)
    try:
        cbor.encode(sound.history)
    except (TypeError, ValueError):
        sound.history = None
    return {
        "work": "checkpoint",
        "kind": "checkpoint",
        "trust": trust_of(sound.kept, "none", attesters=(attester(),)),
        "file": sound.packed().hex(),
        "leaves": [],
    }


def _checkpoint(random: Random) -> Task:
    checkpoints = load("checkpoints")
    vector = random.choice(checkpoints["checkpoints"])
    file = bytes.fromhex(vector["file"])
    whole = cbor2.loads(zlib.decompress(file))
    if random.random() < 0.7:
        whole[2] = _cbor(_bent(cbor2.loads(whole[2]), random, STRANGE), random)
    else:
        whole = _bent(whole, random, STRANGE)
    file = zlib.compress(_cbor(whole, random))
    if random.random() < 0.1:
        file = random.choice((file + b"\x00", file[:-1], _flipped(file, random), file + file[-4:]))
    return {
        "work": "checkpoint",
        "kind": vector["kind"],
        "trust": checkpoints["trust_lists"][vector["trust_list"]],
        "file": file.hex(),
        "leaves": [],
    }

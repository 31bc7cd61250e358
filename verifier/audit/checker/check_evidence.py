#!/usr/bin/env python3
"""Checks an evidence package of the Yinxin certificate registry, alone: without a network, without Yinxin's software.

    python check_evidence.py PACKAGE.zip (--trust-list FILE | --accept-own-trust-list DIGEST) [--json]

It needs Python 3.9 or later and one library, `cryptography` (for ES256 signatures). It prints one line for each check,
PASSED, FAILED or NOT RUN, and exits with 0 only if nothing failed and everything ran on which the rest stands. What it
could not check it never calls passed. Without one of the two options all is measured by the list that whoever made the
package put into it: the result is then NOT RUN, and says under which condition it would be PASSED.

How it proves what it proves, in the order of the checks:

1.  container, files: the ZIP file is made of nothing but the files that its manifest lists, byte by byte, in one order.
2.  trust list: as many keys of the council signed it as it demands (EIP-191, secp256k1). WHOSE COUNCIL THAT IS, NO FILE
    CAN PROVE: give a list that you obtained elsewhere, or the digest of one. It had not expired at the checkpoint.
3.  manifest: signed (ES256) by a key that the trust list names as an attester.
4.  block: the checkpoint's block is sealed by enough of the validators that the trust list pins for its height
    (two thirds rounded up under QBFT and IBFT 2, a majority over a run of blocks under Clique), never by those whom the
    header names; on a chain without seals, enough attesters signed the checkpoint.
5.  state: from the block's state root, Merkle-Patricia proofs (Yellow Paper, appendix D) lead to three storage slots:
    the heads of three hash chains, of all anchors, all statuses, all changes of rights.
6.  history: the events in the checkpoint make exactly these heads. Each head is Keccak-256(head before ‖ block ‖
    event's signature ‖ Keccak-256(arguments)), so that no event can be left out, added, changed or moved.
7.  selection, numbering, leaves, tables: the batches listed are those that the history has for the subject; the
    agency's batches are numbered 1, 2, 3 … without a gap; the leaves of each make its root (RFC 9162, SHA-256); every
    cell of every table, in JSON and in CSV, follows from these.
8.  rights: when each batch was anchored, agency and ancestors were not suspended and held the type, who prepared and
    approved it were its officers, and as many approved it as its own rule and its parent's demanded.
9.  proofs: a batch's receipt lies in a block that is sealed itself, which also proves when it was anchored.
10. documents: each certificate (SD-JWT, RFC 9901) is signed by a key that the history lists for its agency; its leaf,
    SHA-256(0 ‖ digest of the code ‖ SHA-256(what is signed)), is one of those listed, in a batch of its type before
    which the key was listed and not cut off.
    A document of which the package names no certificate, or that was not found to hold it, leaves the result NOT RUN.
11. elsewhere: whether agencies other than those listed have statuses for the same leaves. A leaf can be copied into
    another agency's batch, and an agency can set a status for a leaf that it never anchored; a status counts under the
    agency that signed the certificate. That no other batch holds a leaf, nothing shows.

Times of blocks, and the order of anchors and rights within one block, are not part of the heads. They are proven where
attesters or sealed headers say them; else a line says that nobody does, and where the rest stands on them the result is
NOT RUN: which batches lie in a period, and whether a key was valid when a document's batch was anchored. What the paper
shows to the eye, and whether it agrees with the signed claims, a person compares; so with the reports.
"""

from __future__ import annotations

import argparse
import base64
import csv
import hashlib
import io
import json
import re
import sys
import unicodedata
import zipfile
import zlib
from collections import defaultdict, namedtuple
from datetime import datetime, timedelta, timezone

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
    from cryptography.hazmat.primitives.hashes import SHA256
except ImportError:
    ec = None

PASSED, FAILED, NOT_RUN = "PASSED", "FAILED", "NOT RUN"
MAX_FILE, MAX_UNPACKED = 1 << 31, 64 << 20
MAX_ITEMS = 1 << 16
ZERO = bytes(32)
FOR_EVER = 2**24
MOST_SAID = 1000
NO_CUT_OFF = 2**64 - 1
SHANGHAI = timezone(timedelta(hours=8))


class Fault(Exception):
    """What a check found wrong."""


class NotRun(Exception):
    """Why a check could not be made."""


def require(condition, otherwise):
    """Raise `Fault` unless a condition holds."""
    if not condition:
        raise Fault(otherwise)


def number_of(data):
    """Read a big-endian number."""
    return int.from_bytes(data, "big")


def hexed(data):
    """Write bytes in hexadecimal digits behind 0x."""
    return "0x" + data.hex()


def printable(text):
    """Write on one line what may have a stranger's text in it: nothing that breaks or turns a line stays as it is."""
    escaped = "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)
    # Many spaces would turn the line at the edge of a terminal, where its maker wants it.
    escaped = re.sub(" {2,}", " ", escaped)
    return escaped if len(escaped) <= MOST_SAID else escaped[:MOST_SAID] + "…"


# Keccak-256, as Ethereum hashes (the Keccak reference, before SHA-3's padding).

MASK = (1 << 64) - 1


def _keccak_tables():
    """Return round constants, and for each lane where rho and pi bring it, and turned by how much."""
    constants, register = [], 1
    for _ in range(24):
        constant = 0
        for exponent in range(7):
            if register & 1:
                constant |= 1 << ((1 << exponent) - 1)
            register = (register << 1) ^ (0x171 if register & 0x80 else 0)
        constants.append(constant)
    turns, x, y = [0] * 25, 1, 0
    for step in range(24):
        turns[x + 5 * y] = (step + 1) * (step + 2) // 2 % 64
        x, y = y, (2 * x + 3 * y) % 5
    moves = [(y + 5 * ((2 * x + 3 * y) % 5), turns[x + 5 * y]) for y in range(5) for x in range(5)]
    return constants, moves


ROUNDS, MOVES = _keccak_tables()
NEIGHBOURS = [(at, at // 5 * 5 + (at + 1) % 5, at // 5 * 5 + (at + 2) % 5) for at in range(25)]


def keccak(data):
    """Return the Keccak-256 hash, 32 bytes."""
    padded = bytearray(data) + b"\x01" + bytes(-(len(data) + 1) % 136)
    padded[-1] |= 0x80
    lanes = [0] * 25
    for block in range(0, len(padded), 136):
        for lane in range(17):
            lanes[lane] ^= int.from_bytes(padded[block + 8 * lane : block + 8 * lane + 8], "little")
        for constant in ROUNDS:
            column = [lanes[x] ^ lanes[x + 5] ^ lanes[x + 10] ^ lanes[x + 15] ^ lanes[x + 20] for x in range(5)]
            mixed = [
                column[x - 1] ^ (column[(x + 1) % 5] << 1 & MASK) ^ (column[(x + 1) % 5] >> 63) for x in range(5)
            ] * 5
            moved = [0] * 25
            for (to, turn), lane, mix in zip(MOVES, lanes, mixed):
                lane ^= mix
                moved[to] = (lane << turn | lane >> (64 - turn)) & MASK
            lanes = [moved[a] ^ (~moved[b] & moved[c] & MASK) for a, b, c in NEIGHBOURS]
            lanes[0] ^= constant
    return b"".join(lane.to_bytes(8, "little") for lane in lanes[:4])


# RLP (Yellow Paper, appendix B), CBOR (RFC 8949) of few kinds, and the wrapping of Yinxin's files.


def rlp_encode(item):
    """Encode bytes, or a list of items."""
    if isinstance(item, bytes):
        if len(item) == 1 and item[0] < 0x80:
            return item
        return _rlp_length(len(item), 0x80) + item
    whole = b"".join(map(rlp_encode, item))
    return _rlp_length(len(whole), 0xC0) + whole


def _rlp_length(length, offset):
    if length < 56:
        return bytes([offset + length])
    written = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([offset + 55 + len(written)]) + written


def rlp_decode(data):
    """Decode what `rlp_encode` writes, and nothing else."""
    require(data, "got no bytes at all, wanted RLP")
    item, end = _rlp_read(data, 0, 0)
    require(end == len(data) and rlp_encode(item) == data, "got RLP that is spelled in another way than the one")
    return item


def _rlp_read(data, start, depth):
    require(start < len(data) and depth < 8, "got RLP that is cut off, or too deep")
    first, start = data[start], start + 1
    if first < 0x80:
        return data[start - 1 : start], start
    is_list = first >= 0xC0
    length = first - (0xC0 if is_list else 0x80)
    if length >= 56:
        width = length - 55
        length, start = number_of(data[start : start + width]), start + width
    end = start + length
    require(end <= len(data), "got RLP that is cut off")
    if not is_list:
        return data[start:end], end
    items = []
    while start < end:
        item, start = _rlp_read(data, start, depth + 1)
        items.append(item)
    return items, start


def cbor_encode(value):
    """Encode numbers from 0 up, bytes, texts and lists, in the deterministic way (RFC 8949, section 4.2.1)."""
    if isinstance(value, int):
        return _cbor_head(0, value)
    if isinstance(value, bytes):
        return _cbor_head(2, len(value)) + value
    if isinstance(value, str):
        return _cbor_head(3, len(value.encode())) + value.encode()
    return _cbor_head(4, len(value)) + b"".join(map(cbor_encode, value))


def _cbor_head(major, value):
    if value < 24:
        return bytes([major << 5 | value])
    width = next(width for width in (1, 2, 4, 8) if value < 1 << 8 * width)
    return bytes([major << 5 | 24 + width.bit_length() - 1]) + value.to_bytes(width, "big")


def cbor_decode(data):
    """Decode what `cbor_encode` writes, and nothing else."""
    value, end = _cbor_read(data, 0, 0, [MAX_ITEMS])
    require(end == len(data) and cbor_encode(value) == data, "got CBOR that is spelled in another way than the one")
    return value


def _cbor_read(data, at, depth, left):
    require(at < len(data) and depth < 8, "got CBOR that is cut off, or too deep")
    major, value, at = data[at] >> 5, data[at] & 31, at + 1
    require(value < 28 and major in (0, 2, 3, 4), "got CBOR of a kind that has no place here")
    if value >= 24:
        width = 1 << value - 24
        value, at = number_of(data[at : at + width]), at + width
    if major == 0:
        return value, at
    if major == 4:
        # A few bytes unpack to a list of millions: more items than any file of ours has are not read at all.
        left[0] -= value
        require(left[0] >= 0, "got CBOR of more than %d items" % MAX_ITEMS)
        items = []
        for _ in range(value):
            item, at = _cbor_read(data, at, depth + 1, left)
            items.append(item)
        return items, at
    part = data[at : at + value]
    require(len(part) == value, "got CBOR that is cut off")
    return (part if major == 2 else part.decode()), at + value


def unwrapped(data, kind):
    """Return the members of a file of Yinxin's: one zlib stream of CBOR [kind, 1, …]."""
    stream = zlib.decompressobj()
    whole = stream.decompress(data, MAX_UNPACKED + 1)
    require(stream.eof and not stream.unused_data and len(whole) <= MAX_UNPACKED, "got other than one zlib stream")
    members = cbor_decode(whole)
    require(isinstance(members, list) and members[:2] == [kind, 1], "got another kind of file than " + kind)
    return members[2:]


# Signatures: secp256k1 with recovery (council and validators), P-256 (attesters and document keys).

P = 2**256 - 2**32 - 977
N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
G = (
    0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
    0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8,
    1,
)
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def _double(point):
    x, y, z = point
    if not y:
        return (0, 1, 0)
    s = 4 * x * y * y % P
    m = 3 * x * x % P
    x3 = (m * m - 2 * s) % P
    return x3, (m * (s - x3) - 8 * y**4) % P, 2 * y * z % P


def _add(first, second):
    (x1, y1, z1), (x2, y2, z2) = first, second
    if not z1:
        return second
    if not z2:
        return first
    u1, u2 = x1 * z2 * z2 % P, x2 * z1 * z1 % P
    s1, s2 = y1 * z2**3 % P, y2 * z1**3 % P
    if u1 == u2:
        return _double(first) if s1 == s2 else (0, 1, 0)
    h, r = (u2 - u1) % P, (s2 - s1) % P
    x3 = (r * r - h**3 - 2 * u1 * h * h) % P
    return x3, (r * (u1 * h * h - x3) - s1 * h**3) % P, h * z1 * z2 % P


def _times(point, factor):
    result = (0, 1, 0)
    for bit in bin(factor)[2:]:
        result = _double(result)
        if bit == "1":
            result = _add(result, point)
    return result


def signer_of(digest, signature):
    """Return the address whose key made r ‖ s ‖ v over 32 bytes (SEC 1, section 4.1.6); s is low, v is 0 or 1."""
    r, s, v = number_of(signature[:32]), number_of(signature[32:64]), signature[64]
    require(0 < r < N and 0 < s <= N // 2 and v < 2, "got a signature that is none: " + signature.hex())
    square = (r**3 + 7) % P
    y = pow(square, (P + 1) // 4, P)
    require(y * y % P == square, "got a signature that no key made: " + signature.hex())
    point = (r, y if y % 2 == v else P - y, 1)
    inverse = pow(r, N - 2, N)
    found = _add(_times(point, s * inverse % N), _times(G, -number_of(digest) * inverse % N))
    require(found[2], "got a signature that no key made: " + signature.hex())
    z = pow(found[2], P - 2, P)
    x, y = found[0] * z * z % P, found[1] * z**3 % P
    return keccak(x.to_bytes(32, "big") + y.to_bytes(32, "big"))[12:]


def base64url(data):
    """Encode without padding (RFC 7515, section 2)."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def from_base64url(text):
    """Decode what `base64url` writes, and nothing else."""
    data = base64.urlsafe_b64decode(text.encode() + b"==")
    require(base64url(data) == text, "got base64url that is spelled in another way than the one")
    return data


def key_of(jwk, what):
    """Return a P-256 key's coordinates (RFC 7518, section 6.2.1), 32 bytes each."""
    require((jwk["kty"], jwk["crv"]) == ("EC", "P-256"), what + ": got another kind of key than P-256")
    x, y = from_base64url(jwk["x"]), from_base64url(jwk["y"])
    require(len(x) == len(y) == 32, what + ": got a key of another length than 32 bytes twice")
    return x, y


def kid_of(x, y):
    """Return a P-256 key's thumbprint (RFC 7638)."""
    text = f'{{"crv":"P-256","kty":"EC","x":"{base64url(x)}","y":"{base64url(y)}"}}'
    return hashlib.sha256(text.encode()).digest()


def verify_es256(x, y, signature, message, what):
    """Check an ES256 signature r ‖ s with low s."""
    if ec is None:
        raise NotRun("the library «cryptography» is not installed, so that no ES256 signature can be checked")
    r, s = number_of(signature[:32]), number_of(signature[32:])
    require(len(signature) == 64 and 0 < r < P256_ORDER and 0 < s <= P256_ORDER // 2, what + ": no signature")
    try:
        key = ec.EllipticCurvePublicNumbers(number_of(x), number_of(y), ec.SECP256R1()).public_key()
        key.verify(encode_dss_signature(r, s), message, ec.ECDSA(SHA256()))
    except (InvalidSignature, ValueError):
        raise Fault(what + ": the signature is not this key's") from None


# The trust list.

Trust = namedtuple("Trust", "registry council threshold sets attesters attester_threshold signed_digest test times")
SCHEMES = ("qbft", "ibft2", "clique", "none")
TIME = "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z"


def strict_json(data, what, *, is_canonical=True):
    """Read JSON without a member twice; canonical is what is compact and has its members sorted."""

    def unique(pairs):
        members = dict(pairs)
        require(len(members) == len(pairs), what + ": got a member twice")
        return members

    try:
        nothing = {"parse_float": lambda _: None, "parse_constant": lambda _: None}
        value = json.loads(data.decode(), object_pairs_hook=unique, **nothing)
    except (ValueError, RecursionError) as exc:
        raise Fault(f"{what}: got no JSON: {exc}") from None
    require(
        not is_canonical or canonical(value) == data,
        what + ": got JSON that is spelled in another way than the canonical one",
    )
    return value


def canonical(value):
    """Write canonical JSON."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def same(first, second):
    """Whether two values are written alike: to Python true is 1, to who reads the file it is not."""
    return canonical(first) == canonical(second)


def members_of(value, wanted, what):
    """Return an object that has these members and no other: a further one would be carried, and never compared."""
    require(isinstance(value, dict) and set(value) == set(wanted), what + ": got other members than it must have")
    return value


def unhex(text, size):
    """Read so many bytes in small hexadecimal digits behind 0x."""
    require(isinstance(text, str) and re.fullmatch("0x[0-9a-f]{%d}" % (2 * size), text), f"got no hash: {text!r}")
    return bytes.fromhex(text[2:])


def whole_number(value, least, what):
    """Return a number that is one, neither true nor false, from the least on."""
    require(type(value) is int and value >= least, f"{what}: got {value!r}, wanted a whole number from {least} up")
    return value


def read_sets(seals):
    """Return who seals in which range of heights: ranges that ascend, each under a scheme that is known here."""
    require(seals, "trust list: got no ranges of blocks")
    sets, end = [], 0
    for each in seals:
        first, until, scheme = whole_number(each["from_block"], 0, "trust list"), each["until_block"], each["scheme"]
        require(end is not None and end <= first, "trust list: got ranges of blocks that overlap, or do not ascend")
        end = None if until is None else whole_number(until, first + 1, "trust list")
        require(scheme in SCHEMES, f"trust list: got the scheme {scheme!r}, wanted one of {', '.join(SCHEMES)}")
        validators = [unhex(key, 20) for key in each["validators"]]
        require(validators == sorted(set(validators)), "trust list: got validators twice, or out of order")
        require(bool(validators) == (scheme != "none"), f"trust list: got {len(validators)} validators under {scheme}")
        sets.append((first, end, scheme, set(validators)))
    return sets


def read_trust_list(data):
    """Read a trust list, and check that as many of its council's keys signed it as it demands."""
    # What is signed is its canonical form, however the file spells it.
    whole = strict_json(data, "trust list", is_canonical=False)
    signed = whole["signed"]
    contents = canonical(signed)
    digest = keccak(b"\x19Ethereum Signed Message:\n%d" % len(contents) + contents)
    council = [unhex(key, 20) for key in signed["council"]["keys"]]
    signers = set()
    for each in whole["signatures"]:
        signature = unhex(each["signature"], 65)
        signer = signer_of(digest, signature[:64] + bytes([signature[64] - 27 & 255]))
        require(signer == unhex(each["by"], 20), "trust list: a signature is not of whom it names")
        signers.add(signer)
    threshold, valid = whole_number(signed["council"]["threshold"], 1, "trust list"), signers & set(council)
    require(signed["kind"] == "yinxin-trust-list" and signed["format"] == 1, "trust list: another format")
    require(
        threshold <= len(valid),
        "trust list: %d of %d keys signed, wanted %s" % (len(valid), len(council), threshold),
    )
    times = signed["issued"], signed["expires"]
    require(all(re.fullmatch(TIME, each) for each in times) and times[0] < times[1], f"trust list: got times {times!r}")
    require(type(signed["test"]) is bool, "trust list: got neither true nor false as test")
    keys = [key_of(key, "trust list") for key in signed["attesters"]["keys"]]
    # The same key, spelled in two ways, would count as two attesters.
    require(len(set(keys)) == len(keys), "trust list: got an attester's key twice")
    return Trust(
        registry={
            "chain_id": signed["chain_id"],
            "registry_id": signed["registry_id"],
            "registry": signed["registry"],
            "agencies": signed["agencies"],
            "test": signed["test"],
        },
        council=len(council),
        threshold=threshold,
        sets=read_sets(signed["seals"]),
        attesters={kid_of(x, y): (x, y) for x, y in keys},
        attester_threshold=max(1, whole_number(signed["attesters"]["threshold"], 0, "trust list")),
        signed_digest=hashlib.sha256(contents).hexdigest(),
        test=signed["test"],
        times=times,
    )


# Block headers and their seals.

ISTANBUL = bytes.fromhex("63746963616c2062797a616e74696e65206661756c7420746f6c6572616e6365")
NO_OMMERS = keccak(b"\xc0")
WIDTHS = {0: 32, 1: 32, 2: 20, 3: 32, 4: 32, 5: 32, 6: 256, 13: 32, 14: 8}
Block = namedtuple("Block", "number hash time state_root receipts_root said")


def with_low_s(seal):
    """Return the one of two signatures that is low: clients take either, and Clique's hash covers it."""
    s = number_of(seal[32:64])
    if not N // 2 < s < N:
        return seal
    return seal[:32] + (N - s).to_bytes(32, "big") + bytes([seal[64] ^ 1])


def read_block(headers, trust):
    """Check that a trust list makes the first of these headers believed; in Clique its successors follow it."""
    require(0 < len(headers) <= 64, "got %d headers, wanted 1 to 64" % len(headers))
    run = []
    for data in headers:
        items = rlp_decode(data)
        require(isinstance(items, list) and 15 <= len(items) <= 64, "got something else than a block's header")
        require(all(isinstance(item, bytes) for item in items), "got something else than a block's header")
        require(all(len(items[place]) == width for place, width in WIDTHS.items()), "got a header with odd items")
        run.append(items)
    first = run[0]
    number = number_of(first[8])
    scheme, pinned = pinned_at(trust, number)
    if scheme in ("qbft", "ibft2"):
        require(len(run) == 1, "got %d headers, wanted one" % len(run))
        block_hash, said = check_bft(first, scheme, pinned)
    else:
        block_hash = keccak(headers[0])
        said = check_clique(run, headers, trust) if scheme == "clique" else None
    return Block(number, block_hash, number_of(first[11]), first[3], first[5], said)


def pinned_at(trust, number):
    """Return how blocks are sealed at a height, and by whom."""
    for first, until, scheme, validators in trust.sets:
        if first <= number and (until is None or number < until):
            return scheme, validators
    raise Fault("the trust list says nothing of block %d" % number)


def check_bft(items, scheme, pinned):
    """Check the seals of QBFT or IBFT 2 (EIP-650 and its successors); return the block's hash, and what to say."""
    extra = rlp_decode(items[12])
    require(isinstance(extra, list) and len(extra) == 5, "got extra data other than that of " + scheme)
    vanity, listed, vote, round_, seals = extra
    require(len(vanity) == 32 and isinstance(listed, list) and isinstance(seals, list), "got odd extra data")
    require(items[13] == ISTANBUL and items[7] == b"\x01" and items[1] == NO_OMMERS, "got a header not of " + scheme)
    require(pinned and items[2] in pinned, "the block's proposer is no validator of the trust list")
    if listed or scheme == "ibft2":
        require(listed == sorted(pinned), "the header lists other validators than the trust list")
    unsealed = [vanity, listed, vote]
    hashed, committed = (
        (unsealed + [b"", []], unsealed + [round_, []]) if scheme == "qbft" else (unsealed, unsealed + [round_])
    )
    digest = keccak(rlp_encode(items[:12] + [rlp_encode(committed)] + items[13:]))
    signers = []
    for seal in seals:
        require(isinstance(seal, bytes) and len(seal) == 65, "got a seal of another length than 65 bytes")
        signer = signer_of(digest, seal)
        require(signer in pinned, f"got a seal of a stranger, {hexed(signer)}")
        require(signer not in signers, f"got two seals of {hexed(signer)}")
        signers.append(signer)
    needed = (2 * len(pinned) + 2) // 3
    require(len(signers) >= needed, "got %d seals of %d validators, wanted %d" % (len(signers), len(pinned), needed))
    said = "sealed by %d of %d validators (%s), %d needed" % (len(signers), len(pinned), scheme, needed)
    return keccak(rlp_encode(items[:12] + [rlp_encode(hashed)] + items[13:])), said


def check_clique(run, headers, trust):
    """Check a run of Clique headers (EIP-225): a majority of the signers of its first block sealed it."""
    voters = pinned_at(trust, number_of(run[0][8]))[1]
    needed, signers, before = len(voters) // 2 + 1, set(), None
    for items, data in zip(run, headers):
        number, extra = number_of(items[8]), items[12]
        scheme, pinned = pinned_at(trust, number)
        require(scheme == "clique" and pinned, "got a run of blocks that leaves Clique")
        require(before is None or (number, items[0]) == before, "got blocks that do not follow one another")
        require(len(extra) >= 97 and (len(extra) - 97) % 20 == 0, "got extra data other than that of Clique")
        listed = [extra[at : at + 20] for at in range(32, len(extra) - 65, 20)]
        require(not listed or listed == sorted(pinned), "the header lists other signers than the trust list")
        digest = keccak(rlp_encode(items[:12] + [extra[:-65]] + items[13:]))
        signer = signer_of(digest, with_low_s(extra[-65:]))
        require(signer in pinned, f"got a seal of a stranger, {hexed(signer)}")
        signers |= {signer} & voters
        before = (number + 1, keccak(data))
    require(len(signers) >= needed, "got seals of %d of %d signers, wanted %d" % (len(signers), len(voters), needed))
    return "confirmed by %d of %d signers (clique), %d needed" % (len(signers), len(voters), needed)


# Merkle-Patricia tries (Yellow Paper, appendix D).


def nibbles(data):
    """Split bytes into half bytes."""
    return [half for byte in data for half in (byte >> 4, byte & 15)]


def trie_value(root, key, nodes):
    """Return what lies under a key, or None where the nodes prove that nothing does; all of them must be needed."""
    unused, path = list(nodes), nibbles(key)

    def take(wanted):
        require(unused and keccak(unused[0]) == wanted, f"a proof lacks the node {hexed(wanted)}")
        return rlp_decode(unused.pop(0))

    value, node = None, None if root == keccak(b"\x80") else take(root)
    while node is not None:
        require(isinstance(node, list) and len(node) in (2, 17), "got a node of a trie that is none")
        if len(node) == 17:
            if not path:
                value = node[16] or None
                break
            child, path = node[path[0]], path[1:]
        else:
            flags = nibbles(node[0])
            require(flags and flags[0] < 4 and (flags[0] & 1 or flags[1] == 0), "got a path with odd flags")
            part = flags[1 if flags[0] & 1 else 2 :]
            if flags[0] & 2:
                value = node[1] if part == path else None
                break
            if path[: len(part)] != part:
                break
            child, path = node[1], path[len(part) :]
        node = (take(child) if isinstance(child, bytes) else child) if child else None
    require(not unused, "got a proof with nodes that it does not need")
    return value


def storage_word(state_root, address, account_nodes, slot, slot_nodes):
    """Return the 32 bytes in a slot of a contract, zeros where nothing lies there."""
    account = trie_value(state_root, keccak(address), account_nodes)
    require(account is not None, f"got a proof that there is no contract {hexed(address)}")
    value = trie_value(rlp_decode(account)[2], keccak(slot.to_bytes(32, "big")), slot_nodes)
    return ZERO if value is None else rlp_decode(value).rjust(32, b"\0")


# The history: every event of the registry, in three lists, each in columns.

EVENTS = [
    ("RegistryCreated", "bytes32 registry_id, bool test"),
    ("MemberAdded", "address member, uint8 threshold"),
    ("MemberRemoved", "address member, uint8 threshold"),
    ("ProposalMade", "uint256 proposal, address proposer, address target, bytes data, uint64 expires_at_block"),
    ("VoteCast", "uint256 proposal, address member"),
    ("ProposalExecuted", "uint256 proposal, address executor"),
    ("VerifyingHostSet", "string host, bool listed"),
    ("SuccessorNamed", "address registry, bytes32 successor_id"),
    ("TypeRegistered", "uint32 certificate_type, uint16 version, bytes32 digest"),
    ("TypeRetired", "uint32 certificate_type, uint16 version"),
    (
        "AgencyRegistered",
        "uint32 agency, uint32 parent, uint8 level, bytes18 code, string name, address[] consenters",
    ),
    ("AgencyCorrected", "uint32 agency, bytes18 code, string name"),
    ("AgencySuspended", "uint32 agency, uint8 suspended_by, address[] consenters"),
    ("AgencyResumed", "uint32 agency, address[] consenters"),
    ("TypeGranted", "uint32 agency, uint32 certificate_type, address[] consenters"),
    ("TypeWithdrawn", "uint32 agency, uint32 certificate_type, address[] consenters"),
    ("ApprovalsDemanded", "uint32 agency, uint8 approvals, address[] consenters"),
    ("OwnApprovalsSet", "uint32 agency, uint8 approvals, address[] consenters"),
    ("OfficerSet", "uint32 agency, address officer, uint8 capabilities, address[] consenters"),
    (
        "KeyAdded",
        "uint32 agency, bytes32 kid, uint8 algorithm, bytes32 x, bytes32 y, uint64 valid_from, uint64 valid_until, "
        "address[] consenters",
    ),
    ("KeyCutOff", "uint32 agency, bytes32 kid, uint64 cut_off_block, address[] consenters"),
    (
        "BatchAnchored",
        "uint32 agency, bytes32 root, uint32 certificate_type, uint16 version, uint16 size, uint32 sequence, "
        "address preparer, address[] approvers",
    ),
    ("CertificateReplaced", "uint32 agency, bytes32 leaf, bytes32 new_leaf, uint24 from_hour, uint256 held"),
    (
        "StatusChanged",
        "uint32 agency, bytes32 leaf, uint8 track, uint24 from_hour, uint24 until_hour, uint32 actor, "
        "bytes32 decision, uint256 held, address[] officers",
    ),
]
FIELDS = [[tuple(field.split(" ")) for field in fields.split(", ")] for _, fields in EVENTS]
TOPICS = [
    keccak("{}({})".format(name, ",".join(kind for kind, _ in fields)).encode())
    for (name, _), fields in zip(EVENTS, FIELDS)
]
TRACKS = "RESCINDED REVOKED WITHDRAWN CANCELLED REPLACED SUSPENSION LOSS RENEWAL_PENDING".split()
CAPABILITIES = "PREPARE APPROVE STATUS MANAGE".split()
ANCHORS, STATUSES, RIGHTS = range(3)
Event = namedtuple("Event", "name block time log_index values")


def list_of(kind):
    """Return in which list events of a kind stand."""
    name = EVENTS[kind][0]
    return (
        ANCHORS if name == "BatchAnchored" else STATUSES if name in ("CertificateReplaced", "StatusChanged") else RIGHTS
    )


def width_of(kind):
    """Return how many bytes a value has that is neither a text nor an array."""
    if kind in ("bool", "address"):
        return {"bool": 1, "address": 20}[kind]
    return int(kind[5:]) if kind.startswith("bytes") else int(kind[4:]) // 8


def split(column, width):
    """Split a column into its rows."""
    require(isinstance(column, bytes) and len(column) % width == 0, "history: got a column of odd form or length")
    return [column[at : at + width] for at in range(0, len(column), width)]


def column_values(kind, columns, addresses):
    """Return a column's values: bytes without padding; of an array, a tuple of addresses."""
    column = columns.pop(0)
    if kind == "address":
        return [addresses[number_of(place)] for place in split(column, 4)]
    if kind not in ("address[]", "string", "bytes"):
        return split(column, width_of(kind))
    lengths = list(column) if kind == "address[]" else [number_of(length) for length in split(column, 4)]
    items, at, values = columns.pop(0), 0, []
    require(isinstance(column, bytes) and isinstance(items, bytes), "history: got a column of odd form")
    for length in lengths:
        size = length * 4 if kind == "address[]" else length
        part, at = items[at : at + size], at + size
        values.append(tuple(addresses[number_of(place)] for place in split(part, 4)) if kind == "address[]" else part)
    require(at == len(items), "history: got a column of odd length")
    return values


def abi_encode(kinds, values):
    """Encode an event's arguments as Solidity's `abi.encode` does."""
    head, tail = [], b""
    for kind, value in zip(kinds, values):
        if kind in ("address[]", "string", "bytes"):
            head.append((len(kinds) * 32 + len(tail)).to_bytes(32, "big"))
            items = b"".join(item.rjust(32, b"\0") for item in value) if kind == "address[]" else value
            tail += len(value).to_bytes(32, "big") + items + bytes(-len(items) % 32)
        else:
            head.append(value.ljust(32, b"\0") if kind.startswith("bytes") else value.rjust(32, b"\0"))
    return b"".join(head) + tail


def read_history(data, last_block, last_time):
    """Return the events of the three lists, and the heads that they make."""
    (numbers, times), addresses, *lists = cbor_decode(data)
    blocks = list(zip(map(number_of, split(numbers, 8)), map(number_of, split(times, 8))))
    require(len(lists) == 3 and len(numbers) == len(times), "history: got another form than blocks and three lists")
    require(all(a[0] < b[0] and a[1] <= b[1] for a, b in zip(blocks, blocks[1:])), "history: got blocks out of order")
    require(not blocks or blocks[-1][0] <= last_block, "history: got events after the checkpoint's block")
    require(not blocks or blocks[-1][1] <= last_time, "history: got events after the checkpoint's time")
    is_last = bool(blocks) and blocks[-1][0] == last_block
    require(not is_last or blocks[-1][1] == last_time, "history: got another time for the checkpoint's block")
    listed, heads, events, seen = split(addresses, 20), [], [], set()
    for which, (kinds, places, logs, tables) in enumerate(lists):
        require(isinstance(kinds, bytes), "history: got a column of odd form")
        require([kind for kind, _ in tables] == sorted(set(kinds)), "history: got tables of other kinds than occur")
        require(all(list_of(kind) == which for kind in set(kinds)), "history: got an event in another's list")
        rows = {}
        for kind, columns in tables:
            columns = list(columns)
            values = [column_values(name, columns, listed) for name, _ in FIELDS[kind]]
            require(not columns, "history: got too many columns")
            require({len(each) for each in values} == {kinds.count(kind)}, "history: got columns of unequal length")
            rows[kind] = zip(*values)
        head, made, before = ZERO, [], (-1, -1)
        places, logs = ([number_of(each) for each in split(column, 4)] for column in (places, logs))
        require(len(kinds) == len(places) == len(logs), "history: got columns of unequal length")
        for kind, place, log in zip(kinds, places, logs):
            require((place, log) > before, "history: got events out of the chain's order")
            require((place, log) not in seen, "history: got one log in two lists")
            seen.add((place, log))
            before, (block, time), parts = (place, log), blocks[place], next(rows[kind])
            arguments = abi_encode([name for name, _ in FIELDS[kind]], parts)
            head = keccak(head + block.to_bytes(32, "big") + TOPICS[kind] + keccak(arguments))
            values = {field: plain(name, part) for (name, field), part in zip(FIELDS[kind], parts)}
            made.append(Event(EVENTS[kind][0], block, time, log, values))
        heads.append(head)
        events.append(made)
    require({place for place, _ in seen} == set(range(len(blocks))), "history: got blocks without an event")
    return events, heads


def plain(kind, part):
    """Return a value as programs have it. A text that is none, or has control characters, is told in hexadecimal."""
    if kind in ("string", "bytes18"):
        try:
            text = part.decode()
        except UnicodeDecodeError:
            return hexed(part)
        is_odd = text.startswith("0x") or any(unicodedata.category(each) == "Cc" for each in text)
        return hexed(part) if is_odd else text
    if kind == "bool":
        return part == b"\x01"
    return number_of(part) if kind.startswith("uint") else part


# Leaves, statuses and the tables.


def merkle_root(leaves):
    """Return the root over leaves (RFC 9162, section 2.1.1, with leaves that are hashes already)."""
    level = list(leaves)
    require(level, "got a batch without leaves")
    while len(level) > 1:
        pairs = [hashlib.sha256(b"\x01" + a + b).digest() for a, b in zip(level[::2], level[1::2])]
        level = pairs + level[len(pairs) * 2 :]
    return level[0]


def root_from_path(leaf, size, index, path):
    """Return the root that an inclusion path leads to (RFC 9162, section 2.1.3.2)."""
    nodes, last = list(path), size - 1
    require(0 <= index < size, "got a place beyond the tree")
    while last:
        if index & 1 or index < last:
            require(nodes, "got a path that is too short")
            pair = (nodes[0] + leaf) if index & 1 else (leaf + nodes[0])
            leaf, nodes = hashlib.sha256(b"\x01" + pair).digest(), nodes[1:]
        index, last = index >> 1, last >> 1
    require(not nodes, "got a path that is too long")
    return leaf


def status_at(entries, hour):
    """Return the names of the tracks in force in an hour.

    An entry holds from its first hour to its end (0: none), or until the hour in which a later one on its track was
    recorded; one from hour 0 lifts the track. A rescission that stands counts for all hours.
    """
    tracks = defaultdict(list)
    for event in entries:
        tracks[event.values.get("track", 4)].append(event)
    found = []
    for track in sorted(tracks):
        for event, later in zip(tracks[track], tracks[track][1:] + [None]):
            first, stop = event.values["from_hour"], event.values.get("until_hour", 0) or FOR_EVER
            if later is not None:
                stop = min(stop, later.time // 3600)
            is_rescinded = track == 0 and later is None and first > 0
            if is_rescinded or (track != 0 and 0 < first <= hour < stop):
                found.append(TRACKS[track])
                break
    return " ".join(found)


def utc(seconds):
    """Write seconds since 1970."""
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def cell(column, value):
    """Write a value as the tables do."""
    if column == "track":
        return TRACKS[value]
    if column == "capabilities":
        return " ".join(name for bit, name in enumerate(CAPABILITIES) if value >> bit & 1)
    if isinstance(value, tuple):
        return " ".join(map(hexed, value))
    if isinstance(value, bytes):
        return hexed(value)
    if isinstance(value, int) and not isinstance(value, bool) and value > 2**53 - 1:
        return str(value)
    return value


PLACE = ["block", "time", "log_index", "event"]
BATCH = "agency root certificate_type version size sequence preparer approvers".split()
LEAF = "agency sequence root position leaf block status".split()
COLUMNS = {
    "statuses": "agency leaf track from_hour until_hour actor decision officers new_leaf".split(),
    "keys": "agency kid algorithm x y valid_from valid_until cut_off_block consenters".split(),
    "officers": "agency officer capabilities consenters".split(),
    "agencies": "agency parent level code name suspended_by certificate_type approvals consenters".split(),
    "types": "certificate_type version digest".split(),
}
KINDS = {
    "keys": ("KeyAdded", "KeyCutOff"),
    "officers": ("OfficerSet",),
    "agencies": (
        "AgencyRegistered AgencyCorrected AgencySuspended AgencyResumed TypeGranted TypeWithdrawn ApprovalsDemanded "
        "OwnApprovalsSet"
    ).split(),
    "types": ("TypeRegistered", "TypeRetired"),
}


def event_rows(columns, events):
    """Return the rows of a table of events."""
    rows = []
    for event in events:
        values = dict(event.values)
        if event.name == "CertificateReplaced":
            values["track"] = 4
        row = [event.block, utc(event.time), event.log_index, event.name]
        rows.append(row + [cell(column, values[column]) if column in values else "" for column in columns])
    return rows


def as_csv(columns, rows):
    """Write a table as CSV: UTF-8 with a byte order mark; a cell that begins like a formula gets ' before it."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([flat(value) for value in row])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def flat(value):
    """Write a cell of a CSV file."""
    if isinstance(value, bool):
        return "true" if value else "false"
    is_formula = isinstance(value, str) and value.startswith(tuple("=+-@\t\r\n＝＋－＠"))
    return "'" + value if is_formula else str(value)


# What a package may hold. A name that no check knows would be a stranger's, under our signature.
TABLES = ("anchors", "batches", "leaves", "statuses", *KINDS)
NAME = "[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*"
KNOWN = (
    r"MANIFEST\.(json|sig)|README\.md|check_evidence\.py|checkpoint\.bin|evidence\.json|trust-list\.json"
    r"|report\.(zh-CN|en)\.pdf|tables/(%s)\.(json|csv)|proofs/[0-9]+\.bin|types/[0-9a-f]{64}\.json"
    r"|documents/[0-9]+\.(pdf|png|jpg|txt|bin|sd-jwt)"
) % "|".join(TABLES)
MANIFEST = "kind format files signed_by".split()
EVIDENCE = "kind format made_at subject status_hour is_over registry checkpoint software documents proofs".split()
LISTED = {"documents": "file certificate leaf verdict".split(), "proofs": "file agency root leaf".split()}
# What a verifier finds of a document that no agency issued as it is; of a genuine one it may say many other things.
NEVER_GENUINE = "ALTERED ISSUER_NOT_AUTHORISED NOT_FOUND".split()
UNCHECKED = "UNREADABLE UNSUPPORTED CANNOT_CHECK".split()
SUBJECTS = {
    "period": {"kind", "agency", "certificate_type", "first_day", "last_day"},
    "batch": {"kind", "agency", "root"},
    "certificate": {"kind", "leaf"},
}


class Package:
    """A package while it is being checked: each check leaves here what the next ones stand on."""

    def __init__(self, path, trust_path=None, accepted=None):
        """`trust_path` names a trust list to believe in place of the package's own; `accepted` is its own's digest."""
        self.path, self.trust_path, self.accepted = path, trust_path, accepted
        self.is_own_list = trust_path is None and accepted is None
        self.files, self.read = {}, {"MANIFEST.json", "MANIFEST.sig", "trust-list.json"}
        self.leaves = {}
        # On which checks the result stands; a subject can add to them.
        self.core = set(CORE)

    # Each check returns what to say, or raises `Fault` or `NotRun`.

    def container(self):
        """Read the ZIP file, write it anew from its contents, and compare: there is no byte that says nothing."""
        with open(self.path, "rb") as file:
            data = file.read(MAX_FILE + 1)
        require(len(data) <= MAX_FILE, "got a file that is too long")
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = [entry.filename for entry in archive.infolist()]
            require(len(set(names)) == len(names), "got a name twice")
            # Files that overlap, or say to be longer than they are, would unpack to more than there is.
            declared = sum(entry.file_size for entry in archive.infolist())
            require(declared <= len(data), "got files of %d bytes in %d" % (declared, len(data)))
            odd = [name for name in names if not re.fullmatch(NAME, name)]
            require(not odd, f"got {odd[:1]!r}, wanted names of files that nobody can misread")
            require(all(each.compress_type == zipfile.ZIP_STORED for each in archive.infolist()), "got it compressed")
            self.files = {name: archive.read(name) for name in names}
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED, allowZip64=False) as archive:
            for name in names:
                entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
                entry.create_system, entry.external_attr = 3, 0o100644 << 16
                archive.writestr(entry, self.files[name])
        require(out.getvalue() == data, "got bytes around the files that say something else, or nothing")
        return "%d files in %d bytes" % (len(names), len(data))

    def digests(self):
        """Hold every file to the manifest."""
        manifest = members_of(strict_json(self.file("MANIFEST.json"), "manifest"), MANIFEST, "manifest")
        require(same([manifest["kind"], manifest["format"]], ["yinxin-evidence-manifest", 1]), "another format")
        listed = {each["path"]: members_of(each, ("path", "size", "sha256"), "manifest") for each in manifest["files"]}
        others = set(self.files) - {"MANIFEST.json", "MANIFEST.sig"}
        require(set(listed) == others, f"these files are listed or there, but not both: {sorted(set(listed) ^ others)}")
        for name in sorted(others):
            digest = hashlib.sha256(self.files[name]).hexdigest()
            require(digest == listed[name]["sha256"], f"{name} is not the file that the manifest lists")
            require(same(len(self.files[name]), listed[name]["size"]), f"{name} has another size than listed")
        require(len(listed) == len(manifest["files"]), "the manifest lists a file twice")
        in_order = ["MANIFEST.json", "MANIFEST.sig", *sorted(others)]
        require(list(self.files) == in_order and list(listed) == in_order[2:], "the files stand in another order")
        strange = sorted(name for name in others if not re.fullmatch(KNOWN, name))
        require(not strange, f"these files have no place in a package: {strange[:5]}")
        self.manifest = manifest
        return "SHA-256 of %d files" % len(others)

    def trust_list(self):
        """Read the trust list that is to be believed."""
        own = self.files.get("trust-list.json")
        data = own
        if self.trust_path is not None:
            with open(self.trust_path, "rb") as file:
                data = file.read()
        require(data is not None, "there is none in the package: give one with --trust-list")
        self.trust = read_trust_list(data)
        require(
            self.accepted in (None, self.trust.signed_digest),
            f"what is signed has the SHA-256 {self.trust.signed_digest}, wanted {self.accepted}",
        )
        same = (
            ""
            if self.trust_path is None or own is None
            else " (%s the package's)"
            % ("the same as" if read_trust_list(own).signed_digest == self.trust.signed_digest else "OTHER THAN")
        )
        return "signed by %d of %d council keys at least, %s to %s%s; SHA-256 of what is signed: %s" % (
            self.trust.threshold,
            self.trust.council,
            *self.trust.times,
            same,
            self.trust.signed_digest,
        )

    def signature(self):
        """Check who signed the manifest."""
        x, y = key_of(members_of(self.manifest["signed_by"], ("kty", "crv", "x", "y"), "signed_by"), "manifest")
        require(re.fullmatch(b"[0-9a-f]{128}", self.file("MANIFEST.sig")), "got no signature")
        signature = bytes.fromhex(self.file("MANIFEST.sig").decode())
        require(kid_of(x, y) in self.trust.attesters, "signed by a key that the trust list does not name")
        verify_es256(x, y, signature, self.file("MANIFEST.json"), "manifest")
        return f"by the attester {base64url(kid_of(x, y))}"

    def block(self):
        """Check that the checkpoint is of the registry that the trust list names, and its block worth believing."""
        body, attestations = unwrapped(self.file("checkpoint.bin"), "yinxin-checkpoint")
        registry_id, chain_id, addresses, block, heads, headers, walks, history = cbor_decode(body)
        self.number, block_hash, self.time = block
        self.registry, self.agencies = addresses
        is_block = isinstance(self.number, int) and isinstance(self.time, int)
        is_block = is_block and [type(each) for each in (block_hash, *heads)] == [bytes] * 4
        require(is_block and {len(each) for each in (block_hash, *heads)} == {32}, "a checkpoint of another form")
        self.heads, self.headers, self.walks, self.history_data = heads, headers, walks, history
        named = {
            "chain_id": chain_id,
            "registry_id": hexed(registry_id),
            "registry": hexed(self.registry),
            "agencies": hexed(self.agencies),
            "test": self.trust.test,
        }
        require(named == self.trust.registry, "a checkpoint of another registry than the trust list's")
        self.registry_id, self.registry_named = registry_id, named
        digest = hashlib.sha256(history).digest()
        statement = cbor_encode(["yinxin-checkpoint", 1, registry_id, chain_id, *block, *heads, digest])
        self.attesters = 0
        is_signed = all(isinstance(part, bytes) for each in attestations for part in each)
        require(is_signed, "got attestations of another form")
        kids = [kid for kid, _ in attestations]
        require(len(set(kids)) == len(kids), "got two signatures of one attester, wanted distinct ones")
        for kid, signed in attestations:
            if kid in self.trust.attesters:
                verify_es256(*self.trust.attesters[kid], signed, statement, "attestation")
                self.attesters += 1
        said = "signed by %d attesters, %d wanted" % (self.attesters, self.trust.attester_threshold)
        scheme, _ = pinned_at(self.trust, self.number)
        if headers:
            believed = read_block(headers, self.trust)
            self.state_root = believed.state_root
            shown = [believed.number, believed.hash, believed.time]
            require(shown == block, "the checkpoint names another block than its header")
            said = believed.said or said
        if scheme == "none":
            require(self.attesters >= self.trust.attester_threshold, "a chain without seals, " + said)
        else:
            require(headers, "a checkpoint without a header on a chain with seals")
        self.block_hash = block_hash
        # A list that was issued later tells of earlier heights too; one that had expired tells of nothing.
        issued, expires = self.trust.times
        require(utc(self.time) < expires, f"the block is of {utc(self.time)}, and the trust list expired at {expires}")
        said += "" if issued <= utc(self.time) else f"; the trust list was issued later, at {issued}"
        return "block %d, %s, of %s: %s" % (self.number, hexed(block_hash), utc(self.time), said)

    def state(self):
        """Prove the three heads from the block's state root."""
        if not self.headers:
            raise NotRun("this chain has no proofs of its state: the attesters' signatures stand in for it")
        account, anchors, statuses, agencies_account, rights = self.walks
        shown = [
            storage_word(self.state_root, self.registry, account, 0, anchors),
            storage_word(self.state_root, self.registry, account, 1, statuses),
            storage_word(self.state_root, self.agencies, agencies_account, 2, rights),
        ]
        require(shown == self.heads, "the state of the block has other heads than the checkpoint")
        return "the heads of anchors, statuses and rights lie in the block's state"

    def history(self):
        """Replay the history, and compare its heads."""
        self.events, heads = read_history(self.history_data, self.number, self.time)
        for name, made, wanted in zip(("anchors", "statuses", "rights"), heads, self.heads):
            require(made == wanted, f"the list of {name} does not make its head: something was left out or changed")
        created = [e.values for e in self.events[RIGHTS] if e.name == "RegistryCreated"]
        wanted = {"registry_id": self.registry_id, "test": self.trust.test}
        require(created == [wanted], "the history is of another registry, or only one of it and the list is for tests")
        return "%d anchors, %d statuses, %d changes of rights make the three heads" % tuple(map(len, self.events))

    def times(self):
        """Say whose word the times of blocks are."""
        if self.is_timed():
            return "%d attesters vouch for the times of all blocks" % self.attesters
        raise NotRun("nobody vouches for the times of blocks; the heads bind their numbers and order only")

    def is_timed(self):
        """Whether attesters vouch for what the heads do not bind: times, and the order of lists within a block."""
        return self.attesters >= self.trust.attester_threshold

    def selection(self):
        """Hold the batches listed to those that the history has for the subject."""
        evidence = members_of(strict_json(self.file("evidence.json"), "evidence.json"), EVIDENCE, "evidence.json")
        self.evidence = evidence
        require(same([evidence["kind"], evidence["format"]], ["yinxin-evidence", 1]), "another format")
        require(re.fullmatch(TIME, evidence["made_at"]), "evidence.json: got no time as made_at")
        require(same(evidence["registry"], self.registry_named), "evidence.json names another registry")
        shown = dict(zip(("anchors", "statuses", "rights"), map(hexed, self.heads)))
        shown.update(block=self.number, hash=hexed(self.block_hash), time=utc(self.time))
        require(same(evidence["checkpoint"], shown), "evidence.json names another checkpoint")
        for kind, members in LISTED.items():
            require(isinstance(evidence[kind], list), f"evidence.json: got no list as {kind}")
            listed = [members_of(each, members, kind) for each in evidence[kind]]
            names = [each[key] for each in listed for key in ("file", "certificate") if each.get(key)]
            there = sorted(name for name in self.files if name.startswith(kind + "/"))
            require(sorted(names) == there, f"evidence.json does not list each file of {kind}, and each once")
        subject, end = self.subject(), utc(self.time)
        if subject["kind"] == "period" or evidence["documents"]:
            self.core.add("times")
        if evidence["documents"]:
            self.core.add("documents")
        if subject["kind"] == "certificate":
            self.core.add("elsewhere")
        anchors = self.events[ANCHORS]
        table = self.table("leaves")
        for row in table["rows"]:
            values = dict(zip(LEAF, row))
            key = (values["agency"], unhex(values["root"], 32))
            self.leaves.setdefault(key, []).append(unhex(values["leaf"], 32))
        if subject["kind"] == "period":
            first, stop = day_begins(subject["first_day"], 0), day_begins(subject["last_day"], 1)
            wanted = (subject["agency"], subject["certificate_type"])
            self.selected = [
                event
                for event in anchors
                if event.values["agency"] == wanted[0]
                and first <= event.time < stop
                and wanted[1] in (None, event.values["certificate_type"])
            ]
            require(first <= self.time, "a period that had not begun at the checkpoint")
            hour, is_over, owners = min(stop // 3600 - 1, self.time // 3600), stop <= self.time, {subject["agency"]}
            said = "all batches of agency {}, type {}, anchored from {} to {}{}{}".format(
                wanted[0],
                "any" if wanted[1] is None else wanted[1],
                subject["first_day"],
                subject["last_day"],
                "" if is_over else f"; the period is NOT OVER at the checkpoint, {end}",
                "" if self.is_timed() else ", by times that NOBODY vouches for",
            )
        else:
            roots = set(self.leaves)
            if subject["kind"] == "batch":
                roots = {(subject["agency"], unhex(subject["root"], 32))}
                said = "the batch {}".format(subject["root"])
            else:
                leaf = unhex(subject["leaf"], 32)
                require(roots and all(leaf in listed for listed in self.leaves.values()), "a batch without the leaf")
                said = "the certificate with the leaf {}, in the batches listed (others are not excluded)".format(
                    subject["leaf"]
                )
            self.selected = [event for event in anchors if batch_key(event) in roots]
            require({batch_key(event) for event in self.selected} == roots, "a batch is listed that was never anchored")
            hour, is_over, owners = self.time // 3600, True, set()
        require(same([evidence["status_hour"], evidence["is_over"]], [hour, is_over]), "another hour or end")
        self.hour, self.owners = hour, owners | {event.values["agency"] for event in self.selected}
        require(
            {batch_key(event) for event in self.selected} == set(self.leaves), "a batch is missing, or one too many"
        )
        return "%s: %d batches" % (said, len(self.selected))

    def subject(self):
        """Return what the package is about, if it is something that there can be."""
        subject = self.evidence["subject"]
        require(isinstance(subject, dict), "got no subject")
        members = SUBJECTS.get(subject["kind"])
        require(members == set(subject), f"got a subject that is none: {subject!r}")
        if "agency" in members:
            known = {e.values["agency"] for e in self.events[RIGHTS] if e.name == "AgencyRegistered"}
            agency = whole_number(subject["agency"], 1, "agency")
            require(agency in known, f"got agency {agency}, wanted one of the {len(known)} in the registry")
        if subject["kind"] == "period":
            kind, days = subject["certificate_type"], (subject["first_day"], subject["last_day"])
            is_type = kind is None or whole_number(kind, 1, "certificate type") < 2**32
            require(is_type, f"got certificate type {kind}, wanted one below 2^32")
            is_day = all(re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", day) for day in days)
            require(is_day and days[0] <= days[1], f"got the days {days!r}, wanted a first one, then a last one")
        return subject

    def numbering(self):
        """Check that the agency's batches are numbered without a gap."""
        counts = defaultdict(int)
        for event in self.events[ANCHORS]:
            counts[event.values["agency"]] += 1
            require(
                event.values["sequence"] == counts[event.values["agency"]],
                "agency %d: got number %d, wanted %d"
                % (event.values["agency"], event.values["sequence"], counts[event.values["agency"]]),
            )
        said = ", ".join("agency %d: 1 to %d" % (agency, counts[agency]) for agency in sorted(self.owners))
        return "no gap, " + said

    def all_leaves(self):
        """Recompute the root of each batch from its leaves, and what is in force from the statuses."""
        entries = defaultdict(list)
        for event in self.events[STATUSES]:
            entries[event.values["agency"], event.values["leaf"]].append(event)
        rows = []
        for event in self.selected:
            values, leaves = event.values, self.leaves[batch_key(event)]
            require(
                len(leaves) == values["size"],
                "batch %s: got %d leaves, wanted %d" % (hexed(values["root"]), len(leaves), values["size"]),
            )
            require(
                merkle_root(leaves) == values["root"],
                "the leaves do not make the root {}".format(hexed(values["root"])),
            )
            for position, leaf in enumerate(leaves):
                status = status_at(entries[values["agency"], leaf], self.hour)
                row = [values["agency"], values["sequence"], hexed(values["root"]), position, hexed(leaf), event.block]
                rows.append(row + [status])
        self.compare("leaves", LEAF, rows)
        marked = sum(1 for row in rows if row[-1])
        return "%d leaves make %d roots; %d with a status in force" % (len(rows), len(self.selected), marked)

    def tables(self):
        """Make every table anew from the history, and compare it in both forms."""
        parents = {e.values["agency"]: e.values["parent"] for e in self.events[RIGHTS] if e.name == "AgencyRegistered"}
        line = {above for agency in self.owners for above in line_of(agency, parents)}
        self.parents = parents
        known = {(agency, leaf) for (agency, _), leaves in self.leaves.items() for leaf in leaves}
        types = {event.values["certificate_type"] for event in self.selected}
        anchors = [event for event in self.events[ANCHORS] if event.values["agency"] in self.owners]
        self.compare("batches", PLACE + BATCH, event_rows(BATCH, self.selected))
        self.compare("anchors", PLACE + BATCH, event_rows(BATCH, anchors))
        found = [e for e in self.events[STATUSES] if (e.values["agency"], e.values["leaf"]) in known]
        counted = [self.compare("statuses", PLACE + COLUMNS["statuses"], event_rows(COLUMNS["statuses"], found))]
        for name, field, wanted in (
            ("keys", "agency", self.owners),
            ("officers", "agency", line),
            ("agencies", "agency", line),
            ("types", "certificate_type", types),
        ):
            found = [e for e in self.events[RIGHTS] if e.name in KINDS[name] and e.values[field] in wanted]
            counted.append(self.compare(name, PLACE + COLUMNS[name], event_rows(COLUMNS[name], found)))
        return "%d statuses, %d of keys, %d of officers, %d of agencies, %d of types" % tuple(counted)

    def rights(self):
        """Check who could do what when each batch was anchored."""
        agencies = replayed(self.events[RIGHTS], self.selected, self.parents)
        require(not agencies, "; ".join(agencies[:3]))
        self.rights_by_block = defaultdict(list)
        for event in self.events[RIGHTS]:
            self.rights_by_block[event.block].append(event)
        beside = 0 if self.is_timed() else sum(map(self.has_rights_beside, self.selected))
        if beside:
            raise NotRun(
                "%d batches share their block with a change of rights that concerns them, and nobody vouches for which "
                "came first; the heads bind the order within each list only" % beside
            )
        return "each batch was allowed when it was anchored: agency, ancestors, type, preparer, approvers"

    def has_rights_beside(self, anchor):
        """Whether rights of a batch's agency, of those above it, or of its type changed in the same block."""
        line, kind = line_of(anchor.values["agency"], self.parents), anchor.values["certificate_type"]
        return any(
            event.values["agency"] in line if "agency" in event.values else event.values.get("certificate_type") == kind
            for event in self.rights_by_block[anchor.block]
        )

    def proofs(self):
        """Check the receipts of batches, each in a block that is sealed itself."""
        if not self.evidence["proofs"]:
            raise NotRun("there is none in the package; the checkpoint shows the same batches")
        by_key, unsealed, proven = {batch_key(event): event for event in self.selected}, set(), set()
        for each in self.evidence["proofs"]:
            event = by_key.get((each["agency"], unhex(each["root"], 32)))
            require(event is not None, "a proof of a batch that is not listed")
            is_sealed = self.proof(event, unhex(each["leaf"], 32), self.file(each["file"]))
            (proven if is_sealed else unsealed).add(batch_key(event))
        if unsealed:
            raise NotRun(
                "%d receipts fit, but nobody seals these blocks: they prove nothing by themselves" % len(unsealed)
            )
        return "%d of %d batches by receipt or slot in a sealed block, with its time" % (
            len(proven),
            len(self.selected),
        )

    def proof(self, event, leaf, data):
        """Check one proof; return whether its block is sealed."""
        registry_id, (size, index, path), headers, shown = unwrapped(data, "yinxin-proof")
        values = event.values
        require(registry_id == self.registry_id, "a proof of another registry")
        require(root_from_path(leaf, size, index, path) == values["root"], "a path that leads to another root")
        block = read_block(headers, self.trust)
        require((block.number, block.time) == (event.block, event.time), "a proof of another block, or another time")
        if shown[0] == 0:
            key = rlp_encode(shown[1].to_bytes(8, "big").lstrip(b"\0"))
            receipt = trie_value(block.receipts_root, key, shown[2])
            require(receipt is not None, "a proof of no receipt")
            status, _, _, logs = rlp_decode(receipt[1:] if receipt[0] < 0x80 else receipt)
            topics = [TOPICS[21], values["agency"].to_bytes(32, "big"), values["root"]]
            found = [log for log in logs if log[0] == self.registry and log[1][:3] == topics]
            require(status == b"\x01" and len(found) == 1, "a receipt that does not anchor the batch")
            said = found[0][1][3] + found[0][2][:96]
        else:
            inner = keccak(values["agency"].to_bytes(32, "big") + (5).to_bytes(32, "big"))
            slot = number_of(keccak(values["root"] + inner))
            word = storage_word(block.state_root, self.registry, shown[1], slot, shown[2])
            require(number_of(word[12:20]) == block.number, "a slot that names another block")
            parts = word[28:], word[26:28], word[24:26], word[20:24]
            said = b"".join(part.rjust(32, b"\0") for part in parts)
        wanted = [values[name].to_bytes(32, "big") for name in ("certificate_type", "version", "size", "sequence")]
        require(said == b"".join(wanted) and size == values["size"], "a proof of a batch with another type or size")
        return block.said is not None

    def type_files(self):
        """Check the certificate types' files against their digests in the history."""
        registered = [event.values for event in self.events[RIGHTS] if event.name == "TypeRegistered"]
        digests = {values["digest"].hex() for values in registered}
        used = {event.values["certificate_type"] for event in self.selected}
        wanted = {values["digest"].hex() for values in registered if values["certificate_type"] in used}
        names = [name for name in self.files if name.startswith("types/")]
        for name in names:
            digest = hashlib.sha256(self.file(name)).hexdigest()
            require(name == f"types/{digest}.json" and digest in digests, f"{name} was never registered")
        if not names:
            raise NotRun("there is none in the package")
        lacking, said = sorted(wanted - {name[6:-5] for name in names}), "%d as registered" % len(names)
        if lacking:
            raise NotRun("%s; %d of the batches' types are not in the package: %s" % (said, len(lacking), lacking[:3]))
        return said

    def documents(self):
        """Check the certificates that documents carry, and that the documents do carry them."""
        if not self.evidence["documents"]:
            raise NotRun("none was handed in")
        unread, elsewhere, unsure, subject = 0, 0, 0, self.evidence["subject"]
        for each in self.evidence["documents"]:
            data, verdict = self.file(each["file"]), each["verdict"]
            is_verdict = verdict is None or (isinstance(verdict, str) and re.fullmatch("[A-Z_]{3,30}", verdict))
            require(is_verdict, "{}: got no verdict".format(each["file"]))
            unsure += verdict in UNCHECKED
            if each["certificate"] is None:
                require(each["leaf"] is None, "{}: got a leaf without a certificate".format(each["file"]))
                require(verdict not in NEVER_GENUINE, self.found(each))
                unread += 1
                continue
            text = self.file(each["certificate"])
            leaf = self.certificate(text.decode(), each["file"])
            require(leaf == unhex(each["leaf"], 32), "{}: another leaf than listed".format(each["file"]))
            is_subject = subject["kind"] != "certificate" or hexed(leaf) == subject["leaf"]
            require(is_subject, "{}: a certificate other than the one that this is about".format(each["file"]))
            require(verdict not in NEVER_GENUINE, self.found(each))
            elsewhere += not carries(data, text)
        count = len(self.evidence["documents"])
        said = "%d of %d carry a certificate whose signature and leaf are right" % (count - unread, count)
        if unread or elsewhere or unsure:
            raise NotRun(
                "%s; of %d the package names none, of %d it cannot be told here whether it is in the document, and %d "
                "the verifier that made this could not check" % (said, unread, elsewhere, unsure)
            )
        return said + (
            "; only the certificates in them were checked: what their pages show (typeset text) was not compared here"
        )

    def found(self, document):
        """Say what the verifier that made the package found of a document."""
        return "{file}: the verifier that made this found it {verdict}; its page may show what nobody signed".format(
            **document
        )

    def certificate(self, text, what):
        """Check an SD-JWT against the history; return its leaf."""
        jws, *disclosures = text.split("~")
        require(disclosures and not disclosures.pop(), what + ": no SD-JWT")
        require(len(set(disclosures)) == len(disclosures), what + ": a claim that is disclosed twice")
        signing_input, _, signature = jws.rpartition(".")
        header, payload = (
            strict_json(from_base64url(part), what, is_canonical=False) for part in signing_input.split(".")
        )
        require(header["alg"] == "ES256", what + ": another algorithm than ES256")
        status, digests = payload["credentialStatus"], payload["credentialSubject"]["_sd"]
        for each in disclosures:
            digest = base64url(hashlib.sha256(each.encode()).digest())
            require(digest in digests, what + ": a claim that the certificate does not state")
        agency, kid = status["agency"], from_base64url(header["kid"])
        signed = hashlib.sha256(signing_input.encode()).digest()
        leaf = hashlib.sha256(b"\0" + from_base64url(payload["codeDigest"]) + signed).digest()
        batches = [e for e in self.selected if e.values["agency"] == agency and leaf in self.leaves[batch_key(e)]]
        require(batches, f"{what}: its leaf {hexed(leaf)} is not among those listed")
        key, listed, cut_off = None, 0, NO_CUT_OFF
        for event in self.events[RIGHTS]:
            if event.name in KINDS["keys"] and (event.values["agency"], event.values["kid"]) == (agency, kid):
                # The contract lists a key once; its dates may begin before that.
                key, listed = (event.values, event.block) if event.name == "KeyAdded" else (key, listed)
                cut_off = event.values.get("cut_off_block", cut_off)
        require(key is not None and kid_of(key["x"], key["y"]) == kid, what + ": a key that the registry does not list")
        kind = (
            status["certificateType"],
            payload["credentialSchema"]["version"],
            status["registry"],
            status["chainId"],
        )
        # The earliest batch counts that nothing speaks against: one before it makes no certificate a wrong one.
        faults = [self.fault_of(batch, kind, key, listed, cut_off) for batch in batches]
        require(not all(faults), f"{what}: {faults[0]}")
        verify_es256(key["x"], key["y"], from_base64url(signature), signing_input.encode(), what)
        return leaf

    def fault_of(self, batch, kind, key, listed, cut_off):
        """Say why a batch does not make a certificate count, as type, registry and key are; None if it does."""
        wanted = batch.values["certificate_type"], batch.values["version"], self.registry_id.hex()
        if kind != (*wanted, self.registry_named["chain_id"]):
            return "another type or registry than its batch"
        if listed > batch.block:
            return "a key that was listed in block %d only, after the batch was anchored in %d" % (listed, batch.block)
        if batch.block >= cut_off:
            return "a key that was cut off before the batch was anchored"
        if batch.time < key["valid_from"] or (key["valid_until"] and batch.time >= key["valid_until"]):
            return "a key that was not valid when the batch was anchored"
        return None

    def elsewhere(self):
        """Say whether agencies that no batch is listed of have statuses for the leaves."""
        listed = {(agency, leaf) for (agency, _), leaves in self.leaves.items() for leaf in leaves}
        known, entries = {leaf for _, leaf in listed}, defaultdict(list)
        for event in self.events[STATUSES]:
            key = event.values["agency"], event.values["leaf"]
            if key[1] in known and key not in listed:
                entries[key].append(event)
        if entries:
            told = [
                "%s under agency %d: %s" % (hexed(leaf), agency, status_at(entries[agency, leaf], self.hour) or "none")
                for agency, leaf in sorted(entries)[:3]
            ]
            raise NotRun(
                "agencies that no batch is listed of set statuses for %d of the leaves; nothing shows whether they "
                "anchored these; in force are: %s" % (len(entries), "; ".join(told))
            )
        return "no agency but those listed set a status for any of %d leaves" % len(known)

    def reports(self):
        """Name what no check compared with anything."""
        raise NotRun(
            "these rest on the word of whoever made the package, and no check reads them: %s; in evidence.json made_at "
            "and software" % (", ".join(sorted(set(self.files) - self.read)) or "no file")
        )

    # What the checks share.

    def file(self, name):
        """Return a file's bytes."""
        require(name in self.files, f"{name} is missing")
        self.read.add(name)
        return self.files[name]

    def table(self, name):
        """Return a table as its JSON file has it."""
        return strict_json(self.file(f"tables/{name}.json"), name)

    def compare(self, name, columns, rows):
        """Hold a table's two files to what it must be; return how many rows it has."""
        require(
            self.file(f"tables/{name}.json") == canonical({"columns": columns, "rows": rows}),
            f"tables/{name}.json is not what the history says",
        )
        require(self.file(f"tables/{name}.csv") == as_csv(columns, rows), f"tables/{name}.csv is another table")
        return len(rows)


def batch_key(event):
    """Return what names a batch."""
    return event.values["agency"], event.values["root"]


def line_of(agency, parents):
    """Return an agency and those above it, up to the root; a history that makes one its own superior ends, too."""
    line = []
    while agency and agency not in line:
        line.append(agency)
        agency = parents.get(agency, 0)
    return line


def day_begins(day, after):
    """Return when a day begins in China, or so many days later, in seconds since 1970."""
    begins = datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=SHANGHAI) + timedelta(days=after)
    return int(begins.timestamp())


def carries(document, certificate):
    """Whether a document is this SD-JWT, or is a PDF with a stream that holds it, compressed or not."""
    if certificate in document:
        return True
    # No more is looked at than a stream of so few bytes takes: a document may say very often that one begins.
    whole, most = memoryview(document), 2 * len(certificate) + 1024
    for found in re.finditer(rb"stream\r?\n", document):
        stream = zlib.decompressobj()
        try:
            if stream.decompress(whole[found.end() : found.end() + most], len(certificate) + 1) == certificate:
                return True
        except zlib.error:
            continue
    return False


def replayed(rights, batches, parents):
    """Return what speaks against batches, as agencies, types and officers stood just before each."""
    faults, suspended, grants, officers, types = [], set(), set(), {}, set()
    own, demanded = defaultdict(lambda: 1), defaultdict(int)
    pending = sorted(rights + batches, key=lambda event: (event.block, event.log_index))
    for event in pending:
        values, name = event.values, event.name
        if name in ("AgencySuspended", "AgencyResumed"):
            (suspended.add if name == "AgencySuspended" else suspended.discard)(values["agency"])
        elif name in ("TypeGranted", "TypeWithdrawn"):
            (grants.add if name == "TypeGranted" else grants.discard)((values["agency"], values["certificate_type"]))
        elif name in ("TypeRegistered", "TypeRetired"):
            (types.add if name == "TypeRegistered" else types.discard)((values["certificate_type"], values["version"]))
        elif name == "OfficerSet":
            officers[values["agency"], values["officer"]] = values["capabilities"]
        elif name in ("OwnApprovalsSet", "ApprovalsDemanded"):
            (own if name == "OwnApprovalsSet" else demanded)[values["agency"]] = values["approvals"]
        elif name == "BatchAnchored":
            agency, kind = values["agency"], values["certificate_type"]
            what = "batch {}".format(hexed(values["root"]))
            faults.extend(
                "%s: agency %d was suspended or did not hold the type" % (what, above)
                for above in line_of(agency, parents)
                if above in suspended or (above, kind) not in grants
            )
            if (kind, values["version"]) not in types:
                faults.append(what + ": a type that was not registered, or was retired")
            people = [values["preparer"], *values["approvers"]]
            able = officers.get((agency, people[0]), 0) & 1
            able = able and all(officers.get((agency, each), 0) & 2 for each in people[1:])
            if not able or len(set(people)) != len(people):
                faults.append(what + ": prepared or approved by somebody who was not to")
            needed = max(own[agency], demanded[agency])
            if len(people) - 1 < needed:
                faults.append("%s: approved by %d, wanted %d" % (what, len(people) - 1, needed))
    return faults


CHECKS = (
    # What is checked, how, on which checks it stands, and whether everything else stands on it.
    ("container", "container", (), True),
    ("files", "digests", ("container",), True),
    ("trust list", "trust_list", ("container",), True),
    ("manifest", "signature", ("files", "trust list"), True),
    ("block", "block", ("trust list",), True),
    ("state", "state", ("block",), False),
    ("history", "history", ("block", "state"), True),
    ("times", "times", ("history",), False),
    ("selection", "selection", ("history",), True),
    ("numbering", "numbering", ("selection",), True),
    ("leaves", "all_leaves", ("selection",), True),
    ("tables", "tables", ("selection", "leaves"), True),
    ("rights", "rights", ("tables",), True),
    ("proofs", "proofs", ("selection",), False),
    ("types", "type_files", ("selection",), False),
    ("documents", "documents", ("leaves",), False),
    ("elsewhere", "elsewhere", ("leaves",), False),
    ("reports", "reports", ("files",), False),
)


def check(path, trust_path=None, accepted=None):
    """Check a package; return a line for each check: name, outcome, what to say."""
    package, lines, outcomes = Package(path, trust_path, accepted), [], {}
    for name, method, needs, _ in CHECKS:
        lacking = [need for need in needs if outcomes[need] == FAILED or (need in CORE and outcomes[need] != PASSED)]
        try:
            if lacking:
                raise NotRun(f"it stands on «{lacking[0]}», which did not pass")
            outcome, said = PASSED, getattr(package, method)()
        except Fault as exc:
            outcome, said = FAILED, str(exc)
        except NotRun as exc:
            outcome, said = NOT_RUN, str(exc)
        except Exception as exc:  # Whatever a stranger's file makes go wrong here, it is not in order.
            outcome, said = FAILED, f"{type(exc).__name__}: {exc}"
        outcomes[name] = outcome
        lines.append((name, outcome, printable(said)))
    return lines, package


CORE = frozenset(name for name, _, _, is_core in CHECKS if is_core)


def result(lines, package):
    """Return the verdict, and on what it depends: the digest of a list that nobody but the package vouches for."""
    if any(outcome == FAILED for _, outcome, _ in lines):
        return FAILED, None
    if any(outcome != PASSED for name, outcome, _ in lines if name in package.core):
        return NOT_RUN, None
    return (NOT_RUN, package.trust.signed_digest) if package.is_own_list else (PASSED, None)


def digest_given(text):
    """Read a SHA-256 digest as people copy it."""
    digest = text.strip().lower()
    digest = digest.removeprefix("0x")
    if not re.fullmatch("[0-9a-f]{64}", digest):
        raise argparse.ArgumentTypeError(f"got {text!r}, wanted 64 hexadecimal digits")
    return digest


def main(arguments=None):
    """Run the command line; return the exit code."""
    parser = argparse.ArgumentParser(description="Checks an evidence package of the Yinxin certificate registry.")
    parser.add_argument("package", help="the ZIP file")
    lists = parser.add_mutually_exclusive_group()
    lists.add_argument("--trust-list", metavar="FILE", help="believe this one, obtained elsewhere, not the package's")
    lists.add_argument(
        "--accept-own-trust-list",
        metavar="DIGEST",
        type=digest_given,
        help="believe the package's own, if what its council signed has this SHA-256, obtained elsewhere",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    given = parser.parse_args(arguments)
    # Where an output cannot write a letter, it writes its number, rather than to stop before the result.
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")
    lines, package = check(given.package, given.trust_list, given.accept_own_trust_list)
    verdict, only_if = result(lines, package)
    trust = getattr(package, "trust", None)
    warnings = []
    if trust is not None and package.is_own_list:
        warnings.append(
            f"All of it rests on the trust list INSIDE the package. Compare its digest, {trust.signed_digest}, with "
            "one that you obtained elsewhere, and give that with --accept-own-trust-list, or your own list with "
            "--trust-list."
        )
    if trust is not None and trust.test:
        warnings.append("TEST: the registry says of itself that it is one for tests.")
    if given.json:
        checks = [{"check": name, "outcome": outcome, "said": said} for name, outcome, said in lines]
        told = {"result": verdict, "passed_only_if_trust_list": only_if, "checks": checks, "warnings": warnings}
        print(json.dumps(told))
    else:
        for name, outcome, said in lines:
            print("%-8s %-11s %s" % (outcome, name, said))
        for warning in warnings:
            print(f"NOTE     {warning}")
        condition = f": PASSED ONLY IF the trust list with SHA-256 {only_if} is the council's" if only_if else ""
        print(f"RESULT   {verdict}{condition}")
    return 0 if verdict == PASSED else 1


if __name__ == "__main__":
    sys.exit(main())

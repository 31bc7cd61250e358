"""Hostile CBOR: the bytes in codes, which a stolen key may have signed; files of limited copies, proofs and packs."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import cbor2

from chain import envelope
from demo import tampering
from tests.verifier.hostile.world import Row, World, unfolding

if TYPE_CHECKING:
    from collections.abc import Callable


def code(name: str, why: str, expected: str, made: Callable[[bytes], bytes], message: str = "") -> Row:
    """Change the bytes of the genuine code."""
    return Row(name, why, lambda world: world.code_of(made(world.cose)), expected, message, way="code")


def payload(name: str, why: str, expected: str, made: Callable[[bytes], bytes], message: str = "") -> Row:
    """Sign other bytes as a code's payload, with the agency's key."""

    def changed(world: World) -> str:
        inner = cbor2.loads(world.cose)[2]
        assert isinstance(inner, bytes)
        return world.code_with(made(inner))

    return Row(name, why, changed, expected, message, way="code")


def file(name: str, why: str, expected: str, made: Callable[[World], bytes], message: str = "") -> Row:
    return Row(name, why, made, expected, message)


def _members(change: Callable[[list[object]], None]) -> Callable[[bytes], bytes]:
    def made(cose: bytes) -> bytes:
        value = cbor2.loads(cose)
        assert isinstance(value, list)
        change(value)
        return cbor2.dumps(value)

    return made


def _set(place: int, value: object) -> Callable[[bytes], bytes]:
    def change(members: list[object]) -> None:
        members[place] = value

    return _members(change)


def _attached(content: Callable[[World], bytes], name: str = "certificate.proof") -> Callable[[World], bytes]:
    return lambda world: tampering.changed(world.document, tampering.attached(name, content(world)))


def _bomb(_: World) -> bytes:
    """Say to be a proof, and unpack to a gigabyte."""
    return unfolding(bytes(1 << 20), 1024, head=b"\x83\x6cyinxin-proof\x01\x5a\x40\x00\x00\x00")


def _copy_with_tag(world: World) -> bytes:
    return b"\xd2" + world.cose


CBOR_BYTES = [
    code("an array of unknown length", "a second spelling", "UNREADABLE", lambda cose: b"\x9f" + cose[1:] + b"\xff"),
    code("a length longer than needed", "as above", "UNREADABLE", lambda cose: b"\x98\x04" + cose[1:]),
    code("bytes behind it", "as above", "UNREADABLE", lambda cose: cose + b"\0"),
    code("a second value behind it", "as above", "UNREADABLE", lambda cose: cose + cose),
    code("one member too few", "the signature is missing", "UNREADABLE", lambda cose: b"\x83" + cose[1:-66]),
    code("one member more", "something rides along", "UNREADABLE", lambda cose: b"\x85" + cose[1:] + b"\x00"),
    code("tagged as COSE", "a second spelling", "UNREADABLE", lambda cose: b"\xd2" + cose),
    code("tag 28 and 29", "a value that contains itself", "UNREADABLE", lambda _: b"\xd8\x1c\x81\xd8\x1d\x00"),
    code("tag 36", "an e-mail message", "UNREADABLE", lambda _: b"\xd8\x24\x63a:b"),
    code("tag 35", "a pattern that takes for ever", "UNREADABLE", lambda _: b"\xd8\x23\x68(a+)+$xx"),
    code("tag 4", "a decimal of a million digits", "UNREADABLE", lambda _: b"\xc4\x82\x1a\x00\x0f\x42\x40\x01"),
    code("nested 400 deep", "ends the stack", "UNREADABLE", lambda _: b"\x81" * 400 + b"\x00"),
    code("a length of 2^63", "room is made for it", "UNREADABLE", lambda _: b"\x5b\x7f" + b"\xff" * 7),
    code("an array of 2^31", "as above", "UNREADABLE", lambda _: b"\x9a\x80\x00\x00\x00"),
    code("a reserved head", "means nothing yet", "UNREADABLE", lambda cose: b"\x9c" + cose[1:]),
    code("another algorithm", "in the protected header", "ALTERED", _set(0, cbor2.dumps({1: -35}))),
    code("no algorithm", "as above", "ALTERED", _set(0, b"")),
    code("an algorithm twice", "parsers disagree which counts", "ALTERED", _set(0, b"\xa2\x01\x26\x01\x38\x22")),
    code("an algorithm outside", "is not signed", "ALTERED", _set(1, {1: -7})),
    code("a key outside", "is not signed", "ALTERED", _set(1, {4: b"evil"})),
    code("a path of text", "where hashes belong", "ALTERED", _set(1, {-65537: ["a", "b", "c"]})),
    code("a signature of 63 bytes", "is padded elsewhere", "ALTERED", _members(lambda m: m.__setitem__(3, m[3][:-1]))),
    code("no signature", "as above", "ALTERED", _set(3, b"")),
    code("a payload of null", "the payload is elsewhere", "ALTERED", _set(2, None)),
    payload("a fraction", "is rounded differently elsewhere", "ALTERED", lambda p: p[:1] + b"\xfb" + bytes(8)),
    payload("truth", "1 and true pass for one another", "ALTERED", lambda p: p[:1] + b"\xf5" + p[1:]),
    payload("a big number", "tag 2", "ALTERED", lambda p: p[:1] + b"\xc2\x49" + b"\1" * 9 + p[1:]),
    payload("broken UTF-8", "is replaced by careless readers", "ALTERED", lambda p: b"\x82\x62\xff\xfe" + p[1:]),
    payload("a map of two", "in the wrong order", "ALTERED", lambda _: b"\x82\xa2\x02\x00\x01\x00\x40"),
    payload("bytes behind the payload", "a second spelling", "ALTERED", lambda p: p + b"\0"),
    payload("nothing", "there is nothing to read", "ALTERED", lambda _: b""),
    payload("not a number", "is unequal to itself", "ALTERED", lambda p: p[:1] + b"\xf9\x7e\x00" + p[1:]),
    file("a copy's file with a tag", "a second spelling", "UNREADABLE", _copy_with_tag, "read.kind"),
    file("a copy's file cut short", "as above", "ALTERED", lambda _: b"\x84\x43\xa1\x01\x26\xa0", "form.malformed"),
    file(
        "a copy's file of another thing",
        "a code passes for a copy",
        "ALTERED",
        lambda world: world.cose,
        "form.malformed",
    ),
    file("a proof alone", "shows nothing by itself", "UNREADABLE", lambda _: envelope.wrap(envelope.PROOF, [1])),
    file("a pack alone", "as above", "UNREADABLE", lambda _: envelope.wrap(envelope.PACK, [b"\xd8\x1c"])),
    file("a proof that unpacks to a gigabyte", "fills the memory", "UNREADABLE", _bomb),
    file("a bomb attached as a proof", "as above", "ALTERED", _attached(_bomb, "second.proof"), "document."),
    file(
        "a proof of tags attached",
        "a damaged proof of a genuine document",
        "ALTERED",
        _attached(lambda _: zlib.compress(b"\x83\x6cyinxin-proof\x01\xd8\x1c\x81\xd8\x1d\x00")),
        "document.proof",
    ),
    file(
        "a copy attached to a certificate",
        "two things to verify",
        "ALTERED",
        _attached(lambda world: world.cose, "limited-copy.cose"),
        "form.certificate_and_copy",
    ),
]

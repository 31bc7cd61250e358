"""Hostile texts of codes, as a scanner or a hand would bring them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chain import code, digits
from chain.keys import ORDER
from tests.verifier.book import OTHER_KEY
from tests.verifier.hostile.world import HOST, Row, World

if TYPE_CHECKING:
    from collections.abc import Callable


def row(name: str, why: str, expected: str, made: Callable[[World], str], message: str = "") -> Row:
    return Row(name, why, made, expected, message, way="code")


def _in_digits(base: int) -> Callable[[World], str]:
    """Write the genuine digits in another script's."""
    return lambda world: f"https://{HOST}/v#" + "".join(chr(base + int(digit)) for digit in world.digits)


def _at(host: str) -> Callable[[World], str]:
    return lambda world: f"https://{host}/v#{world.digits}"


def _other_digit(world: World) -> str:
    """Change a digit within the signature, which ends the code."""
    cose = bytearray(world.cose)
    cose[-1] ^= 1
    return world.code_of(bytes(cose))


def _high_s(world: World) -> str:
    cose = world.cose
    other = ORDER - int.from_bytes(cose[-32:])
    return world.code_of(cose[:-32] + other.to_bytes(32))


def _largest_group(world: World) -> str:
    """Put digits in place of the first 17 that no 7 bytes are written as."""
    return f"https://{HOST}/v#{'9' * 17}{world.digits[17:]}"


CODE_TEXTS = [
    row("full-width digits", "int() reads them as digits", "UNREADABLE", _in_digits(0xFF10)),
    row("Arabic digits", "so do \\d and isdecimal", "UNREADABLE", _in_digits(0x0660)),
    row("mathematical digits", "and NFKC makes plain ones of them", "UNREADABLE", _in_digits(0x1D7CE)),
    row("20,000 digits", "reading them as one number takes ever longer", "UNREADABLE", lambda w: w.code + "1" * 20_000),
    row("half a million digits", "as above, and Python refuses it itself", "UNREADABLE", lambda _: "7" * 500_000),
    row("a digit more", "a second spelling of the same code", "UNREADABLE", lambda w: w.code + "0"),
    row("a zero in front", "as above", "UNREADABLE", lambda w: w.code.replace("#", "#0")),
    row("a digit less", "cut off by a bad camera or on purpose", "UNREADABLE", lambda w: w.code[:-1]),
    row("half of it", "as above", "UNREADABLE", lambda w: w.code[: len(w.code) // 2]),
    row("a group that stands for no bytes", "wraps round where it is not looked at", "UNREADABLE", _largest_group),
    row("a sign", "int() reads it", "UNREADABLE", lambda w: w.code.replace("#", "#+")),
    row("underscores", "int() skips them", "UNREADABLE", lambda w: w.code.replace("#", "#1_")),
    row("a NUL", "ends strings in C", "UNREADABLE", lambda w: w.code + "\0"),
    row("a zero width space", "is not seen", "UNREADABLE", lambda w: w.code.replace("#", "#\u200b")),
    row("an override", "turns what follows round", "UNREADABLE", lambda w: w.code.replace("#", "#\u202e")),
    row("an override in the host", "shows another host than it leads to", "ALTERED", _at("\u202enc.elpmaxe.yfirev")),
    row("a byte of the signature changed", "the plainest forgery", "ALTERED", _other_digit, "signature.bad"),
    row("the other s", "both signatures verify in most libraries", "ALTERED", _high_s, "form.malformed"),
    row(
        "a key that nobody listed",
        "a perfect code by a stranger",
        "ALTERED",
        lambda w: w.made.code(key=OTHER_KEY),
        "signature.bad",
    ),
    row(
        "signed for another registry",
        "a test registry's code in the real one",
        "ALTERED",
        lambda w: w.code_of(
            code.make(
                w.made.prepared.facts_bytes,
                w.made.prepared.signing_input_hash,
                registry_id=bytes(32),
                sign=lambda _: bytes(31) + b"\1" + bytes(31) + b"\1",
            )
        ),
        "signature.bad",
    ),
    row("a look-alike host", "telephones open it", "INCOMPLETE", _at("verify-example.cn"), "document.led_elsewhere"),
    row("another alphabet's host", "nobody sees the difference", "ALTERED", _at("verify.exаmple.cn")),
    row("the official host as a name", "is what stands before @", "ALTERED", _at(f"{HOST}@evil.example")),
    row("the official host as a beginning", "hasty readers stop there", "INCOMPLETE", _at(f"{HOST}.evil.example")),
    row("a port that is none", "breaks parsers of addresses", "ALTERED", _at(f"{HOST}:999999")),
    row("capital letters", "is another address to us", "UNSUPPORTED", lambda w: w.code.upper(), "form.foreign_host"),
    row(
        "a look-alike site without a code",
        "a sticker on a notice board",
        "UNSUPPORTED",
        lambda _: "https://verify.examp1e.cn/licence?id=1",
        "form.look_alike_host",
    ),
    row(
        "a script",
        "a page that links to it runs it",
        "UNSUPPORTED",
        lambda w: f"javascript:alert(1)//{w.digits}",
        "form.foreign_code",
    ),
    row("a page in the address", "as above", "UNSUPPORTED", lambda _: "data:text/html,<script>alert(1)</script>"),
    row("a file's address", "reads the server's own files", "UNSUPPORTED", lambda _: "file:///etc/passwd"),
    row("two codes in one", "which one is meant?", "UNREADABLE", lambda w: f"{w.code}\n{w.code}"),
    row("another header behind it", "splits answers and logs", "UNREADABLE", lambda w: w.code + "\r\nX-Evil: 1"),
    row("a certificate as a code", "confuses who asks by kind", "UNREADABLE", lambda w: w.made.sd_jwt),
    row("a format's placeholders", "is filled in by careless messages", "UNREADABLE", lambda _: "{0.__class__}%s%n"),
    row(
        "an inner node's number",
        "a node of the tree offered as a leaf",
        "UNREADABLE",
        lambda _: digits.encode(bytes(32)),
    ),
]

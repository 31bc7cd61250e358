"""The world in which hostile things are handed in: one genuine certificate, and a forger who has almost everything."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, Literal

import cbor2

from chain import base64url, code, digits, merkle
from chain.events import AgencyRegistered, BatchAnchored, KeyAdded, TypeGranted, TypeRegistered, VerifyingHostSet
from chain.keys import PublicKey, signer
from tests.verifier.book import AGENCY, ANCHORED_AT, KEY, NOW, PARENT, REGISTRY_ID, TYPE
from tests.verifier.chain_in_memory import ListRegistry, index_of
from tests.verifier.printed import issue

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from chain.events import Event
    from chain.registry import Block
    from tests.verifier.book import Paper
    from verifier.indexing.index import Index

HOST = "verify.example.cn"
"""The official site."""


@dataclass(frozen=True)
class World:
    """What the forger has: even the agency's document key. What that key signs anew was never anchored."""

    made: Paper
    document: bytes

    @property
    def code(self) -> str:
        """The genuine code's text."""
        return self.made.code()

    @property
    def digits(self) -> str:
        return self.code.partition("#")[2]

    @property
    def cose(self) -> bytes:
        """The genuine code's bytes."""
        return digits.decode(self.digits)

    @property
    def parts(self) -> tuple[bytes, bytes, list[str]]:
        """Header and payload of the certificate, and its disclosures."""
        jws, *shown, _ = self.made.sd_jwt.split("~")
        header, payload, _ = jws.split(".")
        return base64url.decode(header), base64url.decode(payload), shown

    def signed(
        self, *, header: bytes | None = None, payload: bytes | None = None, shown: list[str] | None = None
    ) -> str:
        """Return a certificate with other contents, signed with the agency's key."""
        own_header, own_payload, own_shown = self.parts
        first = own_header if header is None else header
        second = own_payload if payload is None else payload
        signing_input = f"{base64url.encode(first)}.{base64url.encode(second)}"
        signature = base64url.encode(signer(KEY)(signing_input.encode()))
        return "~".join((f"{signing_input}.{signature}", *(own_shown if shown is None else shown), ""))

    def code_of(self, cose: bytes) -> str:
        """Return a code's text with these bytes inside."""
        return f"https://{HOST}/v#{digits.encode(cose)}"

    def code_with(self, payload: bytes) -> str:
        """Return a code over another payload, signed with the agency's key for the right registry."""
        sign = signer(KEY)(code.to_be_signed(payload, REGISTRY_ID))
        return self.code_of(cbor2.dumps([b"\xa1\x01\x26", {}, payload, sign]))


@cache
def world() -> World:
    _, made, document = issue()
    return World(made, document)


def unfolding(line: bytes, times: int, *, head: bytes = b"") -> bytes:
    """Return what unfolds to a head and then the line so many times, without folding each of them."""
    packer = zlib.compressobj(9)
    first = packer.compress(head) + packer.flush(zlib.Z_FULL_FLUSH)
    # Behind a full flush nothing refers to what was before, so that the same bytes can stand there again and again.
    again = packer.compress(line) + packer.flush(zlib.Z_FULL_FLUSH)
    return first + again * times + packer.flush()


@dataclass
class Chain(ListRegistry):
    """A chain in memory whose blocks are of the tests' own day."""

    def block(self, number: int) -> Block:
        return replace(super().block(number), timestamp=int(NOW.timestamp()) - 2)


def index_of_the_world(folder: Path) -> Index:
    """Return an index of a registry in which the world's certificate is anchored."""
    leaves, key = (sha256(b"another").digest(), world().made.leaf), PublicKey.of(KEY)
    events: list[Event] = [
        TypeRegistered(TYPE.number, TYPE.version, TYPE.digest),
        AgencyRegistered(PARENT, 0, 1, "11150000X00000001A", "演示自治区住房和城乡建设厅", ()),
        AgencyRegistered(AGENCY, PARENT, 2, "11150100X00000027D", "演示市住房和城乡建设局", ()),
        TypeGranted(PARENT, TYPE.number, ()),
        TypeGranted(AGENCY, TYPE.number, ()),
        KeyAdded(AGENCY, key.kid, 1, key.x, key.y, ANCHORED_AT, 0, ()),
        VerifyingHostSet(HOST, listed=True),
        BatchAnchored(AGENCY, merkle.root(leaves), TYPE.number, TYPE.version, 2, 1, b"o" * 20, (b"a" * 20,)),
    ]
    registry = Chain(events, leaves={len(events): leaves})
    # One more block makes the batch final.
    events.append(VerifyingHostSet("second.example.cn", listed=True))
    index = index_of(registry, folder)
    index.follow(NOW)
    return index


@dataclass(frozen=True)
class Row:
    """One hostile thing, and what must become of it."""

    name: str
    why: str
    """Why somebody would try it, or what it breaks elsewhere."""
    made: Callable[[World], str | bytes]
    expected: str
    """A verdict; or the HTTP status by which a body is refused before anything is read out of it."""
    message: str = ""
    """The key of what the decisive check says, or how it begins; empty where it does not matter."""
    way: Literal["code", "certificate", "short_number", "body", "file"] = "file"
    """As which member of a JSON body it is sent, as the body itself, or as an uploaded file."""
    content_type: str = "application/json"
    """Of a body."""

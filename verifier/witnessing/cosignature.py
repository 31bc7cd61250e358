"""What a witness signs: that it saw a checkpoint, and that no other history was ever shown to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chain import base64url, cbor, envelope, strict_json, text
from chain.errors import EvidenceMalformed, EvidenceUnsupported, InvalidInput
from chain.history import Heads
from chain.keys import fault_of, low_s

if TYPE_CHECKING:
    from collections.abc import Callable

    from chain.cbor import CBOR
    from chain.checkpoint import Checkpoint
    from chain.keys import PublicKey
    from chain.strict_json import JSON

SIGNED = "yinxin-witness"
FILE = "yinxin-cosignature"
FORMAT = 1
MEDIA_TYPE = "application/vnd.yinxin.cosignature+json"
MAX_BYTES = 1 << 14
LONGEST_NAME = 80
"""Characters of a witness's name."""
_HASH = 32


@dataclass(frozen=True, slots=True)
class Statement:
    """What was seen, by whom, and when."""

    witness: str
    """What the witness calls itself. Who it is, only its key says."""
    seen: int
    """By the witness's clock, in seconds since 1970."""
    checkpoint: bytes
    """What is signed for the checkpoint by whoever cut it (`Checkpoint.statement`)."""
    registry_id: bytes
    chain_id: int
    number: int
    """The block's."""
    hash: bytes
    timestamp: int
    """The block's."""
    heads: Heads
    history_digest: bytes

    @classmethod
    def of(cls, checkpoint: Checkpoint, *, witness: str, seen: int) -> Statement:
        """Return what a witness says of a checkpoint."""
        return cls._of(checkpoint.statement, witness, seen)

    @classmethod
    def parse(cls, data: bytes) -> Statement:
        """Read the signed bytes; raises `EvidenceMalformed`, or `EvidenceUnsupported` if of a format to come."""
        match _decoded(data, "a witness's statement"):
            case [str() as kind, int() as form, *_] if kind == SIGNED and form > FORMAT:
                raise EvidenceUnsupported(f"got {SIGNED} of format {form}, wanted {FORMAT}")
            case [str() as kind, int() as form, str() as witness, int() as seen, bytes() as checkpoint] if (
                kind,
                form,
            ) == (SIGNED, FORMAT) and seen >= 0:
                return cls._of(checkpoint, named(witness), seen)
            case _:
                raise EvidenceMalformed(f"got another thing than {SIGNED}, format, name, time and statement")

    @classmethod
    def _of(cls, checkpoint: bytes, witness: str, seen: int) -> Statement:
        match _decoded(checkpoint, "a checkpoint's statement"):
            case [
                str() as kind,
                int() as form,
                bytes() as registry_id,
                int() as chain_id,
                int() as number,
                bytes() as block_hash,
                int() as timestamp,
                bytes() as anchors,
                bytes() as statuses,
                bytes() as rights,
                bytes() as digest,
            ] if (
                (kind, form) == (envelope.CHECKPOINT, envelope.FORMAT)
                and min(chain_id, number, timestamp) >= 0
                and {len(each) for each in (registry_id, block_hash, anchors, statuses, rights, digest)} == {_HASH}
            ):
                heads = Heads(anchors, statuses, rights)
                return cls(
                    witness, seen, checkpoint, registry_id, chain_id, number, block_hash, timestamp, heads, digest
                )
            case _:
                raise EvidenceMalformed("got a statement other than a checkpoint's of format 1")

    def encode(self) -> bytes:
        """Return what is signed."""
        return cbor.encode([SIGNED, FORMAT, self.witness, self.seen, self.checkpoint])


@dataclass(frozen=True, slots=True)
class Cosignature:
    """A witness's signature over its statement; not to be believed before `verify`."""

    statement: Statement
    kid: bytes
    signature: bytes

    @classmethod
    def made(cls, statement: Statement, kid: bytes, sign: Callable[[bytes], bytes]) -> Cosignature:
        """Sign a statement."""
        return cls(statement, kid, low_s(sign(statement.encode())))

    @classmethod
    def parse(cls, data: bytes) -> Cosignature:
        """Read a file; raises `EvidenceMalformed`, or `EvidenceUnsupported` if of a format to come."""
        if len(data) > MAX_BYTES:
            raise EvidenceMalformed(f"got a co-signature of {len(data)} bytes, wanted at most {MAX_BYTES}")
        try:
            whole = strict_json.parse(data)
        except ValueError as exc:
            raise EvidenceMalformed(f"got a co-signature that is not JSON: {exc}") from exc
        match whole:
            case {"kind": "yinxin-cosignature", "format": int() as form} if form > FORMAT:
                raise EvidenceUnsupported(f"got {FILE} of format {form}, wanted {FORMAT}")
            case {
                "kind": "yinxin-cosignature",
                "format": 1,
                "kid": str() as kid,
                "statement": str() as statement,
                "signature": str() as signature,
                **others,
            } if not others:
                return cls.of(_bytes(statement), _bytes(kid), _bytes(signature))
            case _:
                raise EvidenceMalformed(f"got another thing than {FILE} with format, kid, statement and signature")

    @classmethod
    def of(cls, statement: bytes, kid: bytes, signature: bytes) -> Cosignature:
        """Put one together of its bytes; raises as `parse` does."""
        if len(kid) != _HASH:
            raise EvidenceMalformed(f"got a kid of {len(kid)} bytes, wanted {_HASH}")
        if fault := fault_of(signature):
            raise EvidenceMalformed(f"a co-signature: {fault}")
        return cls(Statement.parse(statement), kid, signature)

    def as_json(self) -> dict[str, JSON]:
        """Return the file's members."""
        return {
            "kind": FILE,
            "format": FORMAT,
            "kid": base64url.encode(self.kid),
            "statement": base64url.encode(self.statement.encode()),
            "signature": base64url.encode(self.signature),
        }

    def encode(self) -> bytes:
        """Return the file."""
        return strict_json.serialise(self.as_json())

    def verify(self, key: PublicKey) -> None:
        """Check that it is of that key; raises `EvidenceMalformed` for another kid, else `SignatureInvalid`."""
        if key.kid != self.kid:
            raise EvidenceMalformed(
                f"got a co-signature of the key {base64url.encode(self.kid)}, wanted one of {base64url.encode(key.kid)}"
            )
        key.verify(self.signature, self.statement.encode())


def named(name: str) -> str:
    """Return a witness's name if it can be one; raises `EvidenceMalformed`."""
    faults = list(text.faults(name)) if 0 < len(name) <= LONGEST_NAME else [("", "")]
    if faults:
        raise EvidenceMalformed(
            f"got {text.quoted(name)} as a witness's name, wanted 1 to {LONGEST_NAME} characters of one line"
        )
    return name


def checked_name(name: str) -> str:
    """Return a name that a person chose; raises `InvalidInput`."""
    try:
        return named(name)
    except EvidenceMalformed as exc:
        raise InvalidInput(str(exc)) from exc


def _bytes(value: str) -> bytes:
    try:
        return base64url.decode(value)
    except ValueError as exc:
        raise EvidenceMalformed(f"a co-signature: {exc}") from exc


def _decoded(data: bytes, what: str) -> CBOR:
    try:
        return cbor.decode(data)
    except ValueError as exc:
        raise EvidenceMalformed(f"{what}: {exc}") from exc

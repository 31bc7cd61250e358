"""What a receipt says: that this verifier was asked, what it answered, and as of which block. A JWS of its own kind.

It vouches for an answer of that moment, not for a certificate. It says nothing of the holder but the leaf.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, NoReturn

from chain import base64url, strict_json
from chain.calendar import SHANGHAI, today
from chain.errors import InvalidInput, Malformed, SignatureInvalid
from chain.keys import fault_of, low_s
from chain.short_number import short_number
from verifier.check.report import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chain.keys import PublicKey
    from chain.strict_json import JSON
    from verifier.attesting import Attester

TYPE = "yinxin-receipt+jwt"
"""The header's `typ`."""
MEDIA_TYPE = "application/jose"
FORMAT = 1
MAX_TEXT = 4096
"""Characters; the longest has 1,700."""
MAX_ASKED_BY = 120
ID_BYTES = 16

_ADDRESS, _HASH = 20, 32
_JWS = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\+08:00")
_UNSPEAKABLE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff]")
"""Control characters, halves of surrogate pairs, what cannot be seen, and what turns the direction of writing."""
_HEADER = frozenset({"alg", "kid", "typ"})
_REQUIRED = frozenset(
    {
        "chain_id",
        "checked_at",
        "format",
        "handed_in",
        "id",
        "on",
        "registry",
        "registry_id",
        "test",
        "verdict",
    }
)
_OPTIONAL = frozenset({"asked_by", "block", "checkpoint", "known_at", "leaf", "registered_on", "short_number"})


class ReceiptMalformed(Malformed):
    """Not a receipt, or a damaged one."""


class ReceiptUnsupported(ReceiptMalformed):
    """A receipt of a format to come."""


@dataclass(frozen=True, slots=True)
class BlockNamed:
    """A block, as a receipt names it."""

    number: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a receipt says. Raises `InvalidInput` for what none can say."""

    id: bytes
    """16 random bytes, so that each is told from every other."""
    chain_id: int
    registry_id: bytes
    registry: bytes
    """The address of the Certificates contract."""
    test: bool
    verdict: Verdict
    on: date
    """The day that was asked about."""
    checked_at: datetime
    """To the second, in China's time."""
    handed_in: bytes
    """SHA-256 of the file, or of the text as UTF-8, as it was handed in."""
    leaf: bytes | None = None
    """The certificate's; None where what was handed in had none."""
    block: BlockNamed | None = None
    """The newest block known then; None if the register was not known at all."""
    known_at: datetime | None = None
    """That block's time."""
    checkpoint: BlockNamed | None = None
    """The newest checkpoint then, by which that block's past can be proven; None if there was none."""
    asked_by: str = ""
    """What whoever asked said of themselves; empty if nothing. Nobody looked into it."""
    registered_on: date | None = None
    """The day on which a genuine certificate was validly registered, where that came after the day asked about.

    Then nobody could have believed it on that day, and the verdict goes by its dates. Else None.
    """

    def __post_init__(self) -> None:
        """Refuse a verdict that says nothing, a name that cannot be shown, and what does not go together."""
        if self.verdict is Verdict.UNREADABLE:
            raise InvalidInput("got nothing that could be read, wanted something to give a receipt for")
        if fault := fault_of_asker(self.asked_by):
            raise InvalidInput(fault)
        if (self.block is None) != (self.known_at is None):
            raise InvalidInput("got a block without its time, or a time without its block; wanted both or neither")
        if self.registered_on is not None and (
            self.leaf is None or not self.on < self.registered_on <= today(self.checked_at)
        ):
            raise InvalidInput(
                f"registered_on: got {self.registered_on}, wanted a certificate's day after the one asked about "
                "and not after the check"
            )

    @property
    def short_number(self) -> str | None:
        """What is printed on the paper."""
        return None if self.leaf is None else short_number(self.leaf)

    def payload(self) -> dict[str, JSON]:
        """Return what is signed, as JSON."""
        said: dict[str, JSON | None] = {
            "asked_by": self.asked_by or None,
            "block": _block_as_json(self.block),
            "chain_id": self.chain_id,
            "checked_at": _time_as_json(self.checked_at),
            "checkpoint": _block_as_json(self.checkpoint),
            "format": FORMAT,
            "handed_in": self.handed_in.hex(),
            "id": self.id.hex(),
            "known_at": None if self.known_at is None else _time_as_json(self.known_at),
            "leaf": None if self.leaf is None else self.leaf.hex(),
            "on": self.on.isoformat(),
            "registered_on": None if self.registered_on is None else self.registered_on.isoformat(),
            "registry": f"0x{self.registry.hex()}",
            "registry_id": f"0x{self.registry_id.hex()}",
            "short_number": self.short_number,
            "test": self.test,
            "verdict": self.verdict.value,
        }
        return {name: value for name, value in said.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Signed:
    """A receipt as read: nothing of it is believed before `verify`."""

    text: str
    """The JWS."""
    receipt: Receipt
    kid: bytes
    """The name of the key that is said to have signed it."""
    signature: bytes

    def verify(self, key: PublicKey) -> None:
        """Check the signature; raises `SignatureInvalid`. Whether the key may sign receipts, the trust list knows."""
        if key.kid != self.kid:
            raise SignatureInvalid(f"got a receipt of the key {self.kid.hex()}, tried the key {key.kid.hex()}")
        key.verify(self.signature, self.text.rpartition(".")[0].encode())


def fault_of_asker(asked_by: str) -> str:
    """Say why somebody cannot be named so on a receipt; empty if nothing speaks against it."""
    if len(asked_by) > MAX_ASKED_BY:
        return f"asked_by: got {len(asked_by)} characters, wanted at most {MAX_ASKED_BY}"
    if asked_by != asked_by.strip() or _UNSPEAKABLE.search(asked_by):
        return "asked_by: got characters that cannot be shown, or space around it; wanted one line of text"
    return ""


def sign(receipt: Receipt, attester: Attester) -> str:
    """Return the receipt as a compact JWS."""
    header = {"alg": "ES256", "kid": base64url.encode(attester.public.kid), "typ": TYPE}
    parts = (base64url.encode(strict_json.serialise(part)) for part in (header, receipt.payload()))
    signing_input = ".".join(parts)
    return f"{signing_input}.{base64url.encode(low_s(attester.sign(signing_input.encode())))}"


def looks_like_one(text: str) -> bool:
    """Whether a text is a JWS whose header says that it is a receipt."""
    if len(text) > MAX_TEXT or not _JWS.fullmatch(text):
        return False
    try:
        header = strict_json.parse(base64url.decode(text.partition(".")[0]))
    except ValueError:
        return False
    return isinstance(header, dict) and header.get("typ") == TYPE


def of_payload(payload: bytes) -> Receipt:
    """Read what is signed, by itself; raises `ReceiptMalformed` or `ReceiptUnsupported`."""
    try:
        return _receipt(_members(payload, _REQUIRED, _OPTIONAL))
    except (ValueError, InvalidInput) as exc:
        raise ReceiptMalformed(f"receipt: {exc}") from exc


def parse(text: str) -> Signed:
    """Read a receipt strictly; raises `ReceiptMalformed` or `ReceiptUnsupported`."""
    if len(text) > MAX_TEXT or not _JWS.fullmatch(text):
        raise ReceiptMalformed(f"got {len(text)} characters that are no JWS, wanted one of at most {MAX_TEXT}")
    try:
        header, payload, signature = map(base64url.decode, text.split("."))
        kid = _kid(_members(header, _HEADER))
    except ValueError as exc:
        raise ReceiptMalformed(f"receipt: {exc}") from exc
    receipt = of_payload(payload)
    if fault := fault_of(signature):
        raise ReceiptMalformed(fault)
    return Signed(text, receipt, kid, signature)


def _members(data: bytes, required: frozenset[str], optional: frozenset[str] = frozenset()) -> Mapping[str, JSON]:
    """Return an object with these members and no others; raises ValueError, or `ReceiptUnsupported`."""
    value = strict_json.parse(data)
    if not isinstance(value, dict):
        return _refuse(type(value).__name__, "an object")
    form = value.get("format")
    if "format" in required and type(form) is int and form > FORMAT:
        raise ReceiptUnsupported(f"got a receipt of format {form}, wanted {FORMAT}")
    if missing := required - value.keys():
        return _refuse(f"no {min(missing)}", "it")
    if unknown := value.keys() - required - optional:
        return _refuse(f"the unknown member {min(unknown)[:40]!r}", "none")
    if strict_json.serialise(value) != data:
        return _refuse("another spelling of the same JSON", "it compact, with sorted members")
    return value


def _kid(header: Mapping[str, JSON]) -> bytes:
    if (header["alg"], header["typ"]) != ("ES256", TYPE):
        return _refuse(f"{header['alg']!r} and {header['typ']!r}", f"ES256 and {TYPE}")
    kid = base64url.decode(_text(header["kid"], "kid"))
    return kid if len(kid) == _HASH else _refuse(f"a kid of {len(kid)} bytes", f"{_HASH}")


def _receipt(said: Mapping[str, JSON]) -> Receipt:
    if type(said["format"]) is not int or said["format"] != FORMAT:
        return _refuse(f"the format {said['format']!r}", str(FORMAT))
    if type(said["test"]) is not bool:
        return _refuse(f"{said['test']!r} as test", "true or false")
    asked_by = _text(said["asked_by"], "asked_by") if "asked_by" in said else ""
    if "asked_by" in said and not asked_by:
        return _refuse("an empty asked_by", "none")
    receipt = Receipt(
        id=_bytes(said["id"], ID_BYTES, "id"),
        chain_id=_whole(said["chain_id"], "chain_id"),
        registry_id=_bytes(said["registry_id"], _HASH, "registry_id", prefix="0x"),
        registry=_bytes(said["registry"], _ADDRESS, "registry", prefix="0x"),
        test=said["test"],
        verdict=Verdict(_text(said["verdict"], "verdict")),
        on=_day(said["on"], "on"),
        checked_at=_time(said["checked_at"], "checked_at"),
        handed_in=_bytes(said["handed_in"], _HASH, "handed_in"),
        leaf=_bytes(said["leaf"], _HASH, "leaf") if "leaf" in said else None,
        block=_block(said["block"], "block") if "block" in said else None,
        known_at=_time(said["known_at"], "known_at") if "known_at" in said else None,
        checkpoint=_block(said["checkpoint"], "checkpoint") if "checkpoint" in said else None,
        asked_by=asked_by,
        registered_on=_day(said["registered_on"], "registered_on") if "registered_on" in said else None,
    )
    if said.get("short_number") != receipt.short_number:
        return _refuse(f"the short number {said.get('short_number')!r}", f"the leaf's, {receipt.short_number!r}")
    return receipt


def _block(value: JSON, what: str) -> BlockNamed:
    match value:
        case {"hash": str() as block_hash, "number": int() as number, **others} if not others:
            return BlockNamed(_whole(number, what), _bytes(block_hash, _HASH, what, prefix="0x"))
        case _:
            return _refuse(f"{value!r} as {what}"[:80], "an object of hash and number")


def _text(value: JSON, what: str) -> str:
    return value if isinstance(value, str) else _refuse(f"{value!r} as {what}"[:80], "text")


def _whole(value: JSON, what: str) -> int:
    # True is an int in Python.
    return value if type(value) is int and value >= 0 else _refuse(f"{value!r} as {what}"[:80], "a whole number")


def _bytes(value: JSON, size: int, what: str, *, prefix: str = "") -> bytes:
    text = _text(value, what)
    if not re.fullmatch(f"{prefix}[0-9a-f]{{{2 * size}}}", text):
        return _refuse(f"{text[:80]!r} as {what}", f"{2 * size} small hexadecimal digits")
    return bytes.fromhex(text.removeprefix("0x"))


def _day(value: JSON, what: str) -> date:
    text = _text(value, what)
    day = date.fromisoformat(text)
    return day if day.isoformat() == text else _refuse(f"the day {text[:40]!r} as {what}", f"it written as {day}")


def _time(value: JSON, what: str) -> datetime:
    text = _text(value, what)
    # The pattern's offset is Shanghai's; converted, the first day of the calendar would have none before it.
    return (
        datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)
        if _TIME.fullmatch(text)
        else _refuse(f"{text[:40]!r} as {what}", "a time such as 2026-01-31T09:00:00+08:00")
    )


def _time_as_json(time: datetime) -> str:
    return time.astimezone(SHANGHAI).isoformat(timespec="seconds")


def _block_as_json(block: BlockNamed | None) -> JSON:
    return None if block is None else {"hash": f"0x{block.hash.hex()}", "number": block.number}


def _refuse(got: str, wanted: str) -> NoReturn:
    raise ValueError(f"got {got}, wanted {wanted}")

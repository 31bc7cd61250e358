"""Which validators, attesters and council keys to believe, signed by the council.

Whoever has only this list believes a block, and from there everything that a block proves.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, NoReturn, cast

from chain import strict_json
from chain.base64url import decode as base64url_decode
from chain.errors import EvidenceMalformed, EvidenceUnsupported, InvalidInput, SealsInsufficient, TrustListRefused
from chain.keccak import keccak
from chain.keys import PublicKey
from chain.recovery import SIGNATURE_BYTES, signer_of
from chain.seals import SealScheme

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chain.strict_json import JSON

KIND = "yinxin-trust-list"
FORMAT = 1
MAX_BYTES = 1 << 20
"""More than any trust list needs: a set of 100 validators takes 4 kB."""
CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far a clock may be behind the times that it is told."""

_ADDRESS = 20
_HASH = 32
_V = 27
"""What `personal_sign` adds to the 0 or 1 that tells which of two keys signed."""
_TIME = "%Y-%m-%dT%H:%M:%SZ"
_TIME_FORM = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_MEMBERS = frozenset(
    {
        "kind",
        "format",
        "version",
        "registry_id",
        "registry",
        "agencies",
        "chain_id",
        "test",
        "issued",
        "expires",
        "council",
        "seals",
        "attesters",
    }
)


@dataclass(frozen=True, slots=True)
class ValidatorSet:
    """Who seals the blocks of a range of heights, and how."""

    from_block: int
    until_block: int | None
    """The first height that is not of it any more; None for a range without end."""
    scheme: SealScheme
    validators: tuple[bytes, ...]
    """Addresses, ascending; none where nobody seals."""


@dataclass(frozen=True, slots=True)
class TrustList:
    """A trust list as read, signed by as many of its own council keys as it demands."""

    version: int
    registry_id: bytes
    registry: bytes
    """Address of Certificates."""
    agencies: bytes
    """Address of Agencies."""
    chain_id: int
    test: bool
    issued: datetime
    expires: datetime
    threshold: int
    council: tuple[bytes, ...]
    """Addresses, ascending."""
    sets: tuple[ValidatorSet, ...]
    """At least one; ascending, without overlap."""
    attesters: tuple[PublicKey, ...]
    attester_threshold: int
    """How many of them must vouch for a checkpoint of a block that nobody seals; 0 where there are none."""
    signed_bytes: bytes
    """What the council signed: the canonical JSON of `signed`."""
    signatures: tuple[tuple[bytes, bytes], ...]
    """Address and signature of everyone who signed, be it this list's council or the one before."""

    @classmethod
    def parse(cls, data: bytes) -> TrustList:
        """Read a list and check its signatures; neither its age nor what list was known before.

        Raises:
            EvidenceMalformed: Not in the form; `EvidenceUnsupported` if of a format to come.
            TrustListRefused: Signatures that are not of whom they name, of one key twice, or too few.
        """
        listed = cls.parse_draft(data)
        _require_signed(listed, listed)
        return listed

    @classmethod
    def parse_draft(cls, data: bytes) -> TrustList:
        """Read a list that may lack signatures, for those who are to sign it; what it says is not to be believed."""
        if len(data) > MAX_BYTES:
            raise EvidenceMalformed(f"got a trust list of {len(data)} bytes, wanted at most {MAX_BYTES}")
        try:
            whole = strict_json.parse(data)
        except ValueError as exc:
            raise EvidenceMalformed(f"got a trust list that is not JSON: {exc}") from exc
        outer = _object(whole, frozenset({"signed", "signatures"}), "trust list")
        return _parsed(outer["signed"], _signatures(outer["signatures"]))

    def scheme_at(self, number: int) -> SealScheme:
        """Return how blocks are sealed at a height; raises `SealsInsufficient` if no range of the list has it."""
        return self._set_at(number).scheme

    def validators_at(self, number: int, *, scheme: SealScheme | None = None) -> frozenset[bytes]:
        """Return who seals at a height, if it is under that scheme; raises `SealsInsufficient`."""
        pinned = self._set_at(number)
        if scheme not in {None, pinned.scheme}:
            raise SealsInsufficient(f"block {number}: got a seal of another scheme, wanted {pinned.scheme.value}")
        return frozenset(pinned.validators)

    def _set_at(self, number: int) -> ValidatorSet:
        for pinned in self.sets:
            if pinned.from_block <= number and (pinned.until_block is None or number < pinned.until_block):
                return pinned
        raise SealsInsufficient(f"version {self.version} of the trust list says nothing of block {number}")

    def require_current(self, now: datetime) -> None:
        """Raise `TrustListRefused` if the list has expired, or was issued later than a clock may be wrong."""
        if self.issued - now > CLOCK_TOLERANCE:
            raise TrustListRefused(
                f"the trust list was issued at {self.issued:{_TIME}}, after it is now: {now.astimezone(UTC):{_TIME}}"
            )
        if now >= self.expires:
            raise TrustListRefused(f"the trust list expired at {self.expires:{_TIME}}")

    def require_follows(self, previous: TrustList) -> None:
        """Raise `TrustListRefused` unless this list takes the place of one known before, or is that one."""
        if self.registry_id != previous.registry_id:
            raise TrustListRefused(
                f"got a trust list of the registry {self.registry_id.hex()}, wanted {previous.registry_id.hex()}"
            )
        if self.signed_bytes == previous.signed_bytes:
            return
        if self.version <= previous.version:
            raise TrustListRefused(f"got version {self.version} of the trust list, knew {previous.version} already")
        _require_signed(self, previous)


def contents(
    *,
    version: int,
    registry_id: bytes,
    registry: bytes,
    agencies: bytes,
    chain_id: int,
    test: bool,
    issued: datetime,
    expires: datetime,
    threshold: int,
    council: Sequence[bytes],
    sets: Sequence[ValidatorSet],
    attesters: Sequence[PublicKey],
    attester_threshold: int,
) -> bytes:
    """Write what the council signs: `signed` as canonical JSON. Addresses may come in any order.

    Raises:
        EvidenceMalformed: What would make a list that `TrustList.parse` refuses.
    """
    signed: dict[str, JSON] = {
        "kind": KIND,
        "format": FORMAT,
        "version": version,
        "registry_id": _hexadecimal(registry_id),
        "registry": _hexadecimal(registry),
        "agencies": _hexadecimal(agencies),
        "chain_id": chain_id,
        "test": test,
        "issued": issued.astimezone(UTC).strftime(_TIME),
        "expires": expires.astimezone(UTC).strftime(_TIME),
        "council": {"threshold": threshold, "keys": [_hexadecimal(key) for key in sorted(council)]},
        "seals": [
            {
                "from_block": pinned.from_block,
                "until_block": pinned.until_block,
                "scheme": pinned.scheme.value,
                "validators": [_hexadecimal(address) for address in sorted(pinned.validators)],
            }
            for pinned in sets
        ],
        "attesters": {"threshold": attester_threshold, "keys": [key.jwk() for key in attesters]},
    }
    return _parsed(signed, ()).signed_bytes


def digest(contents: bytes) -> bytes:
    """Return the 32 bytes that a council key signs for a list: EIP-191's `personal_sign`."""
    return keccak(b"\x19Ethereum Signed Message:\n" + str(len(contents)).encode() + contents)


def assemble(contents: bytes, signatures: Mapping[bytes, bytes]) -> bytes:
    """Write the file of a list from what was signed, and each signer's address with its signature."""
    signed: JSON = json.loads(contents)
    return strict_json.serialise(
        {
            "signed": signed,
            "signatures": [
                {"by": _hexadecimal(address), "signature": _hexadecimal(signature)}
                for address, signature in sorted(signatures.items())
            ],
        }
    )


def _require_signed(listed: TrustList, by: TrustList) -> None:
    """Raise unless enough council keys of a list signed a list, be it the same one."""
    signers = {address for address, _ in listed.signatures} & set(by.council)
    if len(signers) < by.threshold:
        raise TrustListRefused(
            f"version {listed.version} of the trust list is signed by {len(signers)} council keys "
            f"of version {by.version}, wanted {by.threshold}"
        )


def _parsed(value: JSON, signatures: tuple[tuple[bytes, bytes], ...]) -> TrustList:
    """Read `signed` and hold the signatures to it, whoever made them."""
    if isinstance(value, dict) and value.get("kind") == KIND:
        form = value.get("format")
        if type(form) is int and form > FORMAT:
            raise EvidenceUnsupported(f"got a trust list of format {form}, wanted {FORMAT}")
    signed = _object(value, _MEMBERS, "signed")
    if signed["kind"] != KIND or _whole(signed["format"], "format", 1) != FORMAT:
        _refuse(f"the kind {signed['kind']!r} and format {signed['format']!r}", f"{KIND} and {FORMAT}")
    if type(signed["test"]) is not bool:
        _refuse(f"{signed['test']!r} as test", "true or false")
    issued, expires = _time(signed["issued"], "issued"), _time(signed["expires"], "expires")
    if expires <= issued:
        _refuse("an end before the beginning", "expires after issued")
    council = _object(signed["council"], frozenset({"threshold", "keys"}), "council")
    keys = _addresses(council["keys"], "council keys")
    attesters, attester_threshold = _attesters(signed["attesters"])
    signed_bytes = strict_json.serialise(value)
    signed_digest = digest(signed_bytes)
    for address, signature in signatures:
        if signer_of(signed_digest, signature[:-1] + bytes([signature[-1] - _V])) != address:
            raise TrustListRefused(f"got a signature that {_hexadecimal(address)} did not make for this trust list")
    return TrustList(
        version=_whole(signed["version"], "version", 1),
        registry_id=_bytes(signed["registry_id"], _HASH, "registry_id"),
        registry=_bytes(signed["registry"], _ADDRESS, "registry"),
        agencies=_bytes(signed["agencies"], _ADDRESS, "agencies"),
        chain_id=_whole(signed["chain_id"], "chain_id", 0),
        test=signed["test"],
        issued=issued,
        expires=expires,
        threshold=_threshold(council["threshold"], len(keys)),
        council=keys,
        sets=_seals(signed["seals"]),
        attesters=attesters,
        attester_threshold=attester_threshold,
        signed_bytes=signed_bytes,
        signatures=signatures,
    )


def _signatures(value: JSON) -> tuple[tuple[bytes, bytes], ...]:
    signatures = []
    for item in _list(value, "signatures"):
        entry = _object(item, frozenset({"by", "signature"}), "signature")
        signature = _bytes(entry["signature"], SIGNATURE_BYTES, "signature")
        if signature[-1] not in {_V, _V + 1}:
            _refuse(f"a signature with v {signature[-1]}", f"{_V} or {_V + 1}")
        signatures.append((_bytes(entry["by"], _ADDRESS, "by"), signature))
    if len(dict(signatures)) != len(signatures):
        raise TrustListRefused("got two signatures of one key, wanted distinct keys")
    return tuple(signatures)


def _seals(value: JSON) -> tuple[ValidatorSet, ...]:
    sets = tuple(_set(item) for item in _list(value, "seals"))
    if not sets:
        _refuse("no ranges of blocks as seals", "at least one, under «none» where nobody seals")
    for earlier, later in pairwise(sets):
        if earlier.until_block is None or later.from_block < earlier.until_block:
            _refuse(f"a range from block {later.from_block} on before the one ahead of it ends", "ranges that ascend")
    return sets


def _set(value: JSON) -> ValidatorSet:
    pinned = _object(value, frozenset({"from_block", "until_block", "scheme", "validators"}), "a range of seals")
    from_block = _whole(pinned["from_block"], "from_block", 0)
    end = pinned["until_block"]
    until_block = None if end is None else _whole(end, "until_block", from_block + 1)
    name = pinned["scheme"]
    scheme = next((known for known in SealScheme if known.value == name), None)
    if scheme is None:
        _refuse(f"the scheme {name!r}", f"one of {', '.join(known.value for known in SealScheme)}")
    if scheme is SealScheme.NONE:
        if listed := _list(pinned["validators"], "validators"):
            _refuse(f"{len(listed)} validators where nobody seals", "none")
        return ValidatorSet(from_block, until_block, scheme, ())
    return ValidatorSet(from_block, until_block, scheme, _addresses(pinned["validators"], "validators"))


def _threshold(value: JSON, keys: int) -> int:
    threshold = _whole(value, "threshold", min(1, keys))
    if threshold > keys:
        _refuse(f"a threshold of {threshold} for {keys} keys", "no more than there are")
    return threshold


def _attesters(value: JSON) -> tuple[tuple[PublicKey, ...], int]:
    attesters = _object(value, frozenset({"threshold", "keys"}), "attesters")
    keys = []
    for item in _list(attesters["keys"], "attesters"):
        jwk = _object(item, frozenset({"kty", "crv", "x", "y"}), "attester")
        if (jwk["kty"], jwk["crv"]) != ("EC", "P-256"):
            _refuse(f"a key of {jwk['kty']!r} and {jwk['crv']!r}", "EC and P-256")
        try:
            keys.append(PublicKey(x=base64url_decode(_text(jwk["x"], "x")), y=base64url_decode(_text(jwk["y"], "y"))))
        except (InvalidInput, ValueError) as exc:
            raise EvidenceMalformed(f"got an attester's key that is none: {exc}") from exc
    if len(set(keys)) != len(keys):
        _refuse("an attester twice", "each once")
    return tuple(keys), _threshold(attesters["threshold"], len(keys))


def _addresses(value: JSON, what: str) -> tuple[bytes, ...]:
    addresses = tuple(_bytes(item, _ADDRESS, what) for item in _list(value, what))
    if not addresses or any(later <= earlier for earlier, later in pairwise(addresses)):
        _refuse(f"{len(addresses)} addresses as {what}", "at least one, ascending, each once")
    return addresses


def _object(value: JSON, members: frozenset[str], what: str) -> Mapping[str, JSON]:
    if not isinstance(value, dict) or value.keys() != members:
        got = ", ".join(map(str, value)) if isinstance(value, dict) else type(value).__name__
        _refuse(f"{what} with {got[:200]}", f"exactly {', '.join(sorted(members))}")
    return cast("Mapping[str, JSON]", value)


def _list(value: JSON, what: str) -> Sequence[JSON]:
    if not isinstance(value, list):
        _refuse(f"{type(value).__name__} as {what}", "an array")
    return cast("Sequence[JSON]", value)


def _whole(value: JSON, what: str, least: int) -> int:
    if type(value) is not int or value < least:
        _refuse(f"{value!r} as {what}", f"a whole number from {least} up")
    return value


def _text(value: JSON, what: str) -> str:
    if not isinstance(value, str):
        _refuse(f"{type(value).__name__} as {what}", "text")
    return value


def _time(value: JSON, what: str) -> datetime:
    text = _text(value, what)
    if not _TIME_FORM.fullmatch(text):
        _refuse(f"{text[:40]!r} as {what}", "a time like 2026-01-31T00:00:00Z")
    try:
        return datetime.strptime(text, _TIME).replace(tzinfo=UTC)
    except ValueError as exc:
        raise EvidenceMalformed(f"got {text!r} as {what}: {exc}") from exc


def _bytes(value: JSON, length: int, what: str) -> bytes:
    text = _text(value, what)
    if not re.fullmatch(rf"0x[0-9a-f]{{{2 * length}}}", text):
        _refuse(f"{text[:140]!r} as {what}", f"0x and {length} bytes in small hexadecimal digits")
    return bytes.fromhex(text[2:])


def _hexadecimal(data: bytes) -> str:
    return "0x" + data.hex()


def _refuse(got: str, wanted: str) -> NoReturn:
    raise EvidenceMalformed(f"trust list: got {got}, wanted {wanted}")

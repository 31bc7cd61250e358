"""Trust lists: what the council signs about whom to believe, made here or by another member."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from chain import base64url, strict_json, trust_list
from chain.errors import InvalidInput
from chain.keys import PublicKey
from chain.seals import SealScheme
from chain.trust_list import TrustList, ValidatorSet
from issuer.errors import NotAllowed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from chain.registry import Identity, Signer
    from chain.strict_json import JSON


@dataclass(frozen=True, slots=True)
class Council:
    """Who governs the registry, as the chain says."""

    members: tuple[bytes, ...]
    threshold: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a new list is to say; what is None or empty is as in the list before."""

    version: int | None
    days: int
    attesters: tuple[PublicKey, ...]
    attester_threshold: int | None
    sets: tuple[ValidatorSet, ...]
    scheme: SealScheme
    """The chain's own, by its profile: where nobody seals, no ranges need be given."""


def contents(wanted: Wanted, identity: Identity, council: Council, previous: TrustList | None, now: datetime) -> bytes:
    """Return what the council is to sign.

    Raises:
        EvidenceMalformed: What would be no trust list.
        NotAllowed: Ranges of blocks of which the last is not sealed as the chain's blocks are.
    """
    sets = wanted.sets or (previous.sets if previous else ())
    if not sets and wanted.scheme is SealScheme.NONE:
        sets = (ValidatorSet(0, None, SealScheme.NONE, ()),)
    if sets and sets[-1].scheme is not wanted.scheme:
        raise NotAllowed(f"got {sets[-1].scheme.value} for the newest blocks, the chain has {wanted.scheme.value}")
    attesters = wanted.attesters or (previous.attesters if previous else ())
    as_before = min(previous.attester_threshold if previous else 1, len(attesters))
    return trust_list.contents(
        version=wanted.version or (previous.version + 1 if previous else 1),
        registry_id=identity.registry_id,
        registry=identity.address,
        agencies=identity.agencies_address,
        chain_id=identity.chain_id,
        test=identity.test,
        issued=now,
        expires=now + timedelta(days=wanted.days),
        threshold=council.threshold,
        council=council.members,
        sets=sets,
        attesters=attesters,
        attester_threshold=as_before if wanted.attester_threshold is None else wanted.attester_threshold,
    )


def require_ours(draft: TrustList, identity: Identity, council: Council, scheme: SealScheme) -> None:
    """Raise `NotAllowed` unless a list that another member made says of the registry what the chain says.

    Not checked: validators, attesters and dates. Those are what its signers answer for.
    """
    says: Mapping[str, tuple[object, object]] = {
        "registry id": (draft.registry_id.hex(), identity.registry_id.hex()),
        "registry": (draft.registry.hex(), identity.address.hex()),
        "agencies": (draft.agencies.hex(), identity.agencies_address.hex()),
        "chain": (draft.chain_id, identity.chain_id),
        "test": (draft.test, identity.test),
        "threshold": (draft.threshold, council.threshold),
        "council": (_listed(draft.council), _listed(council.members)),
        # Earlier blocks may have been sealed otherwise.
        "seals": (draft.sets[-1].scheme.value, scheme.value),
    }
    wrong = [f"{what} {got}, wanted {wanted}" for what, (got, wanted) in says.items() if got != wanted]
    if wrong:
        raise NotAllowed(f"the list does not say what the chain says; nothing was signed: got {'; '.join(wrong)}")


def signed(
    contents: bytes,
    signatures: Mapping[bytes, bytes],
    signers: Sequence[Signer],
    *,
    council: Council,
    previous: TrustList | None,
) -> bytes:
    """Sign, and return the list with these signatures and those it had; raises `NotAllowed` for a stranger's key.

    Besides the council's members those may sign who were members when the list before was made: who knows that one
    believes the new one for their signatures.
    """
    may_sign = {*council.members, *(previous.council if previous else ())}
    strangers = [signer.address for signer in signers if signer.address not in may_sign]
    if strangers:
        raise NotAllowed(f"got the keys of {_listed(strangers)}, wanted those of council members")
    digest = trust_list.digest(contents)
    added = {signer.address: signer.sign_digest(digest) for signer in signers}
    return trust_list.assemble(contents, {**signatures, **added})


def require_complete(data: bytes, previous: TrustList | None) -> TrustList:
    """Read a list as every verifier will; raises `TrustListRefused` if it would be refused."""
    listed = TrustList.parse(data)
    if previous is not None:
        listed.require_follows(previous)
    return listed


def lacking(draft: TrustList) -> int:
    """Return how many of its own council's signatures a list still lacks."""
    return max(0, draft.threshold - len({address for address, _ in draft.signatures} & set(draft.council)))


def shown(listed: TrustList) -> dict[str, JSON]:
    """Return what its signers answer for, to be shown to them."""
    return {
        "version": listed.version,
        "registry": f"0x{listed.registry.hex()}",
        "registry_id": listed.registry_id.hex(),
        "chain_id": listed.chain_id,
        "test": listed.test,
        "issued": listed.issued.isoformat(),
        "expires": listed.expires.isoformat(),
        "seals": [
            {
                "from_block": pinned.from_block,
                "until_block": pinned.until_block,
                "scheme": pinned.scheme.value,
                "validators": [f"0x{address.hex()}" for address in pinned.validators],
            }
            for pinned in listed.sets
        ],
        "attesters": [base64url.encode(key.kid) for key in listed.attesters],
        "attester_threshold": listed.attester_threshold,
        "signed_by": [f"0x{address.hex()}" for address, _ in listed.signatures],
        "lacking": lacking(listed),
    }


def write(data: bytes, path: Path) -> None:
    """Write a list whole or not at all; verifiers may be reading it."""
    part = path.with_name(path.name + ".part")
    try:
        part.write_bytes(data)
        part.replace(path)
    except OSError as exc:
        raise InvalidInput(f"{path}: {exc.strerror or exc}; the list could not be written") from exc


def read(path: Path) -> TrustList:
    """Read a list that counts; raises `InvalidInput`, `EvidenceMalformed` or `TrustListRefused`."""
    return TrustList.parse(_bytes(path))


def read_draft(path: Path) -> TrustList:
    """Read a list that may lack signatures."""
    return TrustList.parse_draft(_bytes(path))


def read_attester(given: str) -> PublicKey:
    """Read a verifier's key: a JWK, or the name of a file with one, also as `yinxin-verifier key --json` prints it."""
    data = given.encode() if given.lstrip().startswith("{") else _bytes(Path(given))
    held = _json(data, "attester")
    match held["jwk"] if isinstance(held, dict) and "jwk" in held else held:
        case {"kty": "EC", "crv": "P-256", "x": str() as x, "y": str() as y}:
            try:
                return PublicKey(base64url.decode(x), base64url.decode(y))
            except ValueError as exc:
                raise InvalidInput(f"attester: got a key that is none: {exc}") from exc
        case _:
            raise InvalidInput('attester: wanted {"kty": "EC", "crv": "P-256", "x": …, "y": …}')


def read_sets(path: Path) -> tuple[ValidatorSet, ...]:
    """Read the validators by ranges of blocks, in the form of a trust list's member `seals`."""
    what = f"seals {path}"
    held = _json(_bytes(path), what)
    if not isinstance(held, list):
        raise InvalidInput(f"{what}: wanted an array of ranges")
    return tuple(_set(item, what) for item in held)


def _set(item: JSON, what: str) -> ValidatorSet:
    match item:
        case {
            "from_block": int() as first,
            "until_block": int() | None as end,
            "scheme": str() as scheme,
            "validators": [*validators],
        }:
            try:
                addresses = tuple(bytes.fromhex(str(each)[2:]) for each in validators)
                return ValidatorSet(first, end, SealScheme(scheme), addresses)
            except ValueError as exc:
                raise InvalidInput(f"{what}: got an address or a scheme that is none: {exc}") from exc
        case _:
            raise InvalidInput(
                f'{what}: got {json.dumps(item)[:200]}, wanted {{"from_block": 0, "until_block": null, '
                '"scheme": "qbft", "validators": ["0x…", …]}'
            )


def _json(data: bytes, what: str) -> JSON:
    try:
        return strict_json.parse(data)
    except ValueError as exc:
        raise InvalidInput(f"{what}: got no JSON: {exc}") from exc


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as exc:
        raise InvalidInput(f"{path}: {exc.strerror or exc}") from exc


def _listed(addresses: Sequence[bytes]) -> str:
    return ", ".join(f"0x{address.hex()}" for address in sorted(addresses))

"""Who sealed a block: QBFT, IBFT 2 and Clique.

The set of validators is always that of the trust list for the block's height, never the one in the header: whoever
follows headers can be led to a set of attackers, since some nodes do not check the list that a proposer writes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from chain import strict_rlp
from chain.errors import EvidenceMalformed, SealsInsufficient, SealsTooFew, StrangersSeal
from chain.keccak import keccak
from chain.recovery import SIGNATURE_BYTES as SEAL
from chain.recovery import signer_of, with_low_s

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chain.header import Header
    from chain.strict_rlp import Item

MAX_HEADERS = 64
"""How long a run of Clique headers may be."""

_MIX_HASH = bytes.fromhex("63746963616c2062797a616e74696e65206661756c7420746f6c6572616e6365")
"""«ctical byzantine fault tolerance»: Istanbul's mark, which QBFT and IBFT 2 have kept."""
_NO_OMMERS = keccak(strict_rlp.encode([]))
_VANITY, _ADDRESS = 32, 20
_ROUND = 4
_QBFT_VOTES = (b"\xff", b"")
_IBFT2_VOTES = (b"\xff", b"\x00")
"""To add a validator, and to drop one."""


class SealScheme(Enum):
    """How validators seal blocks, if in a way that a proof can show."""

    NONE = "none"
    QBFT = "qbft"
    IBFT2 = "ibft2"
    CLIQUE = "clique"


@dataclass(frozen=True, slots=True)
class Sealing:
    """Enough of the pinned validators sealed a block."""

    scheme: SealScheme
    block_number: int
    signers: tuple[bytes, ...]
    """Addresses, none twice, in the order of their seals."""
    needed: int
    validators: int
    """How many there are in the set of that height."""

    @property
    def is_final(self) -> bool:
        """Whether it is final; a block that a majority of Clique's signers confirmed still is not."""
        return self.scheme is not SealScheme.CLIQUE


@dataclass(frozen=True, slots=True)
class _Extra:
    """Extra data, apart from its seals as one item."""

    vanity: bytes
    listed: tuple[bytes, ...]
    """The validators that the header lists."""
    vote: Item
    round: bytes
    seals: tuple[bytes, ...]


def quorum(validators: int) -> int:
    """Return how many of so many must have sealed: ⌈2n/3⌉, and not «more than two thirds», which is one too many."""
    return (2 * validators + 2) // 3


def block_hash(header: Header, scheme: SealScheme) -> bytes:
    """Return what everybody calls the block's hash; raises `EvidenceMalformed` where the extra data is not in form."""
    if scheme in {SealScheme.NONE, SealScheme.CLIQUE}:
        return keccak(header.encode())
    extra = _bft_extra(header, scheme)
    unsealed: list[Item] = [extra.vanity, list(extra.listed), extra.vote]
    return _hash_with(header, unsealed if scheme is SealScheme.IBFT2 else [*unsealed, b"", []])


def commit_hash(header: Header, scheme: SealScheme) -> bytes:
    """Return the hash that a validator's seal signs; raises `EvidenceMalformed`, also where there are no seals."""
    if scheme is SealScheme.NONE:
        raise EvidenceMalformed("got a header of a chain without seals, wanted one that somebody signed")
    if scheme is SealScheme.CLIQUE:
        return keccak(header.with_extra(header.extra[:-SEAL]).encode())
    return _bft_commit_hash(header, scheme, _bft_extra(header, scheme))


def with_low_seals(header: Header, scheme: SealScheme) -> Header:
    """Return the header with each seal as we write it, for whoever makes evidence.

    Clients take a seal with high s as well, so a single validator could otherwise make blocks that nobody can prove.
    Under QBFT and IBFT 2 the block's hash stays the same; elsewhere the header is returned as it is.
    """
    if scheme in {SealScheme.NONE, SealScheme.CLIQUE}:
        return header
    extra = _bft_extra(header, scheme)
    low: list[Item] = [with_low_s(seal) for seal in extra.seals]
    return header.with_extra(strict_rlp.encode([extra.vanity, list(extra.listed), extra.vote, extra.round, low]))


def check(
    headers: Sequence[Header], scheme: SealScheme, validators_at: Callable[[int], frozenset[bytes]]
) -> Sealing | None:
    """Check that enough validators sealed the first header, and say who; None on a chain without seals.

    `validators_at` returns the pinned set that seals a block of that height, or raises `SealsInsufficient`. Clique's
    headers are a run without gaps in which enough have signed, be it longer than needed; elsewhere there is one header.

    Raises:
        EvidenceMalformed: No headers, or more than any scheme has.
        SealsInsufficient: Anything else that keeps the block from being believed: too few seals, a stranger's, one
            twice, another set listed than the pinned one, a run with a gap, and whatever is not in form under this
            scheme, since it may well be under another one.
    """
    if not 0 < len(headers) <= MAX_HEADERS:
        raise EvidenceMalformed(f"got {len(headers)} headers, wanted 1 to {MAX_HEADERS}")
    try:
        return _checked(headers, scheme, validators_at)
    except EvidenceMalformed as exc:
        raise SealsInsufficient(str(exc)) from exc


def _checked(
    headers: Sequence[Header], scheme: SealScheme, validators_at: Callable[[int], frozenset[bytes]]
) -> Sealing | None:
    if scheme is SealScheme.CLIQUE:
        return _check_run(headers, validators_at)
    if len(headers) > 1:
        raise SealsInsufficient(f"got {len(headers)} headers, wanted one: under {scheme.value} nothing follows it")
    return None if scheme is SealScheme.NONE else _check_bft(headers[0], scheme, validators_at)


def _check_bft(header: Header, scheme: SealScheme, validators_at: Callable[[int], frozenset[bytes]]) -> Sealing:
    extra = _bft_extra(header, scheme)
    if (header.mix_hash, header.difficulty, header.ommers_hash) != (_MIX_HASH, 1, _NO_OMMERS):
        raise SealsInsufficient(
            f"block {header.number}: got the mixHash {header.mix_hash.hex()}, difficulty {header.difficulty} and "
            f"ommers {header.ommers_hash.hex()}, wanted those of {scheme.value}"
        )
    validators = _pinned(header, validators_at)
    # Validators that a contract names are not listed, and nobody votes about them in headers.
    if extra.listed or scheme is SealScheme.IBFT2:
        _require_listed(header, extra.listed, validators)
    if header.coinbase not in validators:
        raise StrangersSeal(f"block {header.number}: got a block proposed by {header.coinbase.hex()}, no validator")
    digest = _bft_commit_hash(header, scheme, extra)
    signers: list[bytes] = []
    for seal in extra.seals:
        signer = _signer(header, digest, seal)
        if signer not in validators:
            raise StrangersSeal(f"block {header.number}: got a seal of {signer.hex()}, who is no validator")
        if signer in signers:
            raise SealsInsufficient(f"block {header.number}: got two seals of {signer.hex()}")
        signers.append(signer)
    needed = quorum(len(validators))
    if len(signers) < needed:
        raise SealsTooFew(
            f"block {header.number}: got {len(signers)} seals of {len(validators)} validators, wanted {needed}"
        )
    return Sealing(scheme, header.number, tuple(signers), needed, len(validators))


def _check_run(headers: Sequence[Header], validators_at: Callable[[int], frozenset[bytes]]) -> Sealing:
    first = headers[0]
    voters = _pinned(first, validators_at)
    needed = len(voters) // 2 + 1
    signers: list[bytes] = []
    before: Header | None = None
    for header in headers:
        if before is not None:
            _require_follows(header, before)
        validators = _pinned(header, validators_at)
        signer = _clique_signer(header, validators)
        # Whoever joined within the run seals, but is none of those who had to agree at its beginning.
        if signer in voters and signer not in signers:
            signers.append(signer)
        before = header
    if len(signers) < needed:
        raise SealsTooFew(
            f"block {first.number}: got a run of {len(headers)} blocks sealed by {len(signers)} of {len(voters)} "
            f"signers, wanted {needed}"
        )
    return Sealing(SealScheme.CLIQUE, first.number, tuple(signers), needed, len(voters))


def _require_follows(header: Header, before: Header) -> None:
    parent = block_hash(before, SealScheme.CLIQUE)
    if header.number != before.number + 1 or header.parent_hash != parent:
        raise SealsInsufficient(
            f"got block {header.number} upon {header.parent_hash.hex()}, wanted {before.number + 1} upon {parent.hex()}"
        )


def _clique_signer(header: Header, validators: frozenset[bytes]) -> bytes:
    """Return who sealed a Clique header; the list in an epoch block is held to the pinned set."""
    addresses = header.extra[_VANITY:-SEAL]
    if len(header.extra) < _VANITY + SEAL or len(addresses) % _ADDRESS:
        raise SealsInsufficient(
            f"block {header.number}: got {len(header.extra)} bytes of extra data, wanted {_VANITY} of vanity, "
            f"addresses of {_ADDRESS} in epoch blocks, and a seal of {SEAL}"
        )
    if addresses:
        listed = tuple(addresses[at : at + _ADDRESS] for at in range(0, len(addresses), _ADDRESS))
        _require_listed(header, listed, validators)
    # The header's hash covers the seal, so a high s could not be turned when the evidence was made; here it may be.
    signer = _signer(header, commit_hash(header, SealScheme.CLIQUE), with_low_s(header.extra[-SEAL:]))
    if signer not in validators:
        raise StrangersSeal(f"block {header.number}: got a seal of {signer.hex()}, who is no signer")
    return signer


def _pinned(header: Header, validators_at: Callable[[int], frozenset[bytes]]) -> frozenset[bytes]:
    """Return the set of the header's height; an empty one could be outvoted by nobody."""
    validators = validators_at(header.number)
    if not validators:
        raise SealsInsufficient(f"block {header.number}: got an empty set of validators to believe, wanted some")
    return validators


def _require_listed(header: Header, listed: Sequence[bytes], validators: frozenset[bytes]) -> None:
    if list(listed) != sorted(validators):
        raise SealsInsufficient(
            f"block {header.number}: got another list of validators than the {len(validators)} to believe, in "
            f"ascending order: {', '.join(address.hex() for address in listed) or 'none'}"
        )


def _bft_extra(header: Header, scheme: SealScheme) -> _Extra:
    """Read the extra data of a QBFT or IBFT 2 header; raises `EvidenceMalformed`."""
    match strict_rlp.decode(header.extra, depth=2):
        case [
            bytes() as vanity,
            [*listed],
            vote,
            bytes() as round_,
            [*seals],
        ] if (
            len(vanity) == _VANITY
            and _all_of(_ADDRESS, listed)
            and _all_of(SEAL, seals)
            and _is_vote(vote, scheme)
            and _is_round(round_, scheme)
        ):
            extra = _Extra(vanity, _as_bytes(listed), vote, round_, _as_bytes(seals))
        case _:
            raise EvidenceMalformed(f"block {header.number}: got extra data other than that of {scheme.value}")
    if not extra.listed and extra.vote:
        raise EvidenceMalformed(f"block {header.number}: got a vote where a contract names the validators")
    return extra


def _all_of(width: int, items: Sequence[Item]) -> bool:
    return all(isinstance(item, bytes) and len(item) == width for item in items)


def _as_bytes(items: Sequence[Item]) -> tuple[bytes, ...]:
    return tuple(item for item in items if isinstance(item, bytes))


def _is_vote(vote: Item, scheme: SealScheme) -> bool:
    if not vote:
        return vote == (b"" if scheme is SealScheme.IBFT2 else [])
    votes = _IBFT2_VOTES if scheme is SealScheme.IBFT2 else _QBFT_VOTES
    return isinstance(vote, list) and len(vote) == len(votes) and _all_of(_ADDRESS, vote[:1]) and vote[1] in votes


def _is_round(round_: bytes, scheme: SealScheme) -> bool:
    if scheme is SealScheme.IBFT2:
        return len(round_) == _ROUND
    return len(round_) <= _ROUND and round_[:1] != b"\x00"


def _bft_commit_hash(header: Header, scheme: SealScheme, extra: _Extra) -> bytes:
    unsealed: list[Item] = [extra.vanity, list(extra.listed), extra.vote, extra.round]
    return _hash_with(header, unsealed if scheme is SealScheme.IBFT2 else [*unsealed, []])


def _hash_with(header: Header, extra: list[Item]) -> bytes:
    return keccak(header.with_extra(strict_rlp.encode(extra)).encode())


def _signer(header: Header, digest: bytes, seal: bytes) -> bytes:
    signer = signer_of(digest, seal)
    if signer is None:
        raise SealsInsufficient(f"block {header.number}: got the seal {seal.hex()}, which no key made")
    return signer

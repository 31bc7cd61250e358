"""`headers.json`: sealed headers, and what is no seal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import rlp

from chain.keccak import keccak
from tests.sealed import (
    COINBASE,
    DIFFICULTY,
    EXTRA,
    MIX_HASH,
    NUMBER,
    PARENT,
    VANITY,
    addresses,
    clique,
    high_s,
    ibft2,
    items_of,
    qbft,
    validators,
    with_extra,
)
from tests.vectors.making.material import material

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.sealed import Bft, Validator

FOUR = validators(4)
SEVEN = validators(7)
STRANGER = validators(1, "stranger")[0]
ADD, DROP = b"\xff", b""
_KEPT = 6

Vector = dict[str, Any]


def made() -> dict[str, list[Vector]]:
    """Return all vectors."""
    refused = [*_bft_refused(), *_ibft2_refused(), *_clique_refused(), *_form_refused()]
    return {"sealed": [*_bft_sealed(), *_clique_sealed(), _unsealed()], "refused": refused}


def quorum(count: int) -> int:
    """⌈2n/3⌉."""
    return -(-2 * count // 3)


def _first(chain: str) -> bytes:
    """Return the raw header of the block of a chain's checkpoint."""
    kept = material(chain)
    return kept.headers[kept.checkpoint]


# QBFT and IBFT 2.


def _sealed(name: str, how: Bft, chain: str, by: Sequence[Validator], pinned: Sequence[Validator]) -> Vector:
    items = how.prepared(_first(chain))
    commit_hash = how.commit_hash(items)
    return {
        "name": name,
        "scheme": how.scheme,
        "headers": [how.with_seals(items, [each.seal(commit_hash) for each in by]).hex()],
        "validators": [each.hex() for each in addresses(pinned)],
        "block_hash": how.block_hash(items).hex(),
        "commit_hash": commit_hash.hex(),
        "signers": sorted(each.hex() for each in addresses(by)),
        "final": True,
    }


def _bft_sealed() -> list[Vector]:
    made: list[Vector] = []
    for chain, fields in (("istanbul", 15), ("london", 16), ("cancun", 20), ("osaka", 21)):
        name = f"qbft, {fields} fields, 3 of 4"
        made.append(_sealed(name, qbft(FOUR), chain, FOUR[:3], FOUR))
    for count in (1, 2, 3, 4, 5, 6, 7, 9, 10):
        those = validators(count)
        name = f"qbft, {count} validators, as few seals as suffice: {quorum(count)}"
        made.append(_sealed(name, qbft(those), "london", those[: quorum(count)], those))
    made += [
        _sealed("qbft, all of 4, in no order", qbft(FOUR), "london", FOUR[::-1], FOUR),
        _sealed("qbft, round 1", qbft(FOUR, round=1), "osaka", FOUR[1:], FOUR),
        _sealed("qbft, round 2", qbft(FOUR, round=2), "istanbul", FOUR[:3], FOUR),
        _sealed("qbft, round 300", qbft(FOUR, round=300), "istanbul", FOUR[:3], FOUR),
        _sealed("qbft, a vote to add", qbft(FOUR, vote=(STRANGER.address, ADD)), "osaka", FOUR[:3], FOUR),
        _sealed("qbft, a vote to drop", qbft(FOUR, vote=(FOUR[0].address, DROP)), "osaka", FOUR[:3], FOUR),
        _sealed("qbft, validators in a contract", qbft(FOUR, listed=()), "cancun", FOUR[:3], FOUR),
        _sealed("ibft2, 3 of 4", ibft2(FOUR), "london", FOUR[:3], FOUR),
        _sealed("ibft2, 7 validators, 5 seals, 21 fields", ibft2(SEVEN), "osaka", SEVEN[2:], SEVEN),
        _sealed("ibft2, round 1", ibft2(FOUR, round=1), "istanbul", FOUR[:3], FOUR),
        _sealed(
            "ibft2, a vote to add, round 2",
            ibft2(FOUR, round=2, vote=(STRANGER.address, b"\xff")),
            "london",
            FOUR[:3],
            FOUR,
        ),
        _sealed("ibft2, a vote to drop", ibft2(FOUR, vote=(FOUR[3].address, b"\x00")), "london", FOUR[:3], FOUR),
    ]
    return made


def _refused(
    name: str,
    scheme: str,
    headers: Sequence[bytes],
    pinned: Sequence[Validator] = FOUR,
    *,
    by: str = "SealsInsufficient",
) -> Vector:
    return {
        "name": name,
        "scheme": scheme,
        "headers": [header.hex() for header in headers],
        "validators": [each.hex() for each in addresses(pinned)],
        "refused_as": by,
    }


def _bft_refused() -> list[Vector]:
    raw, how = _first("osaka"), qbft(FOUR)
    items = how.prepared(raw)
    seals = [each.seal(how.commit_hash(items)) for each in FOUR]
    with_27 = [seal[:64] + bytes([seal[64] + 27]) for seal in seals]
    other_round = qbft(FOUR, round=1)
    proposal = [each.seal(how.block_hash(other_round.prepared(raw))) for each in FOUR]
    attackers = (*FOUR[:2], STRANGER)

    def one(name: str, given: Sequence[bytes], *, by: str = "SealsInsufficient", sealing: Bft = how) -> Vector:
        return _refused(f"qbft, {name}", "qbft", [sealing.with_seals(items, given)], by=by)

    made = [
        one("one seal short", seals[:2]),
        one("no seals", []),
        one("a stranger's seal beside two", [*seals[:2], STRANGER.seal(how.commit_hash(items))]),
        one("a stranger's seal beside enough", [*seals[:3], STRANGER.seal(how.commit_hash(items))]),
        one("one validator twice", [*seals[:2], seals[1]]),
        one("one validator twice beside enough", [*seals[:3], seals[2]]),
        one("a seal with high s", [*seals[:2], high_s(seals[2])]),
        one("the same signer's seal with high s beside its own", [*seals[:3], high_s(seals[2])]),
        one("v of 27 and more", with_27[:3]),
        one("a seal of 64 bytes", [*seals[:2], seals[2][:64]]),
        one("a seal of zeros", [*seals[:2], bytes(65)]),
        one("seals of another round", seals[:3], sealing=other_round),
        one("seals over the block's hash where the round is 1", proposal[:3], sealing=other_round),
        _refused("qbft, seals by q - 1 of 7", "qbft", [qbft(SEVEN).sealed(raw, SEVEN[:4])], SEVEN),
        _refused("qbft, a set of attackers, listed in the header", "qbft", [qbft(attackers).sealed(raw, attackers)]),
        _refused("qbft, listed in no order", "qbft", [_unsorted(raw)]),
        _refused("qbft, one validator more listed", "qbft", [qbft(validators(5)).sealed(raw, FOUR[:3])]),
        _refused("qbft, a coinbase outside the set", "qbft", [_with(raw, coinbase=STRANGER.address)]),
        _refused("qbft, a vote where validators are in a contract", "qbft", [_contract_vote(raw)]),
    ]
    for place, name, value in ((DIFFICULTY, "difficulty", b"\2"), (MIX_HASH, "mixHash", bytes(32))):
        changed = [*items[:place], value, *items[place + 1 :]]
        resealed = [each.seal(how.commit_hash(changed)) for each in FOUR[:3]]
        made.append(_refused(f"qbft, another {name}", "qbft", [how.with_seals(changed, resealed)]))
    other = [*items[:NUMBER], b"\x01\x00\x00", *items[NUMBER + 1 :]]
    made.append(_refused("qbft, another height under the same seals", "qbft", [how.with_seals(other, seals[:3])]))
    two = [how.with_seals(items, seals[:3])] * 2
    made.append(_refused("qbft, a second header", "qbft", two))
    made.append(_refused("qbft, no header", "qbft", [], by="EvidenceMalformed"))
    return made


def _unsorted(raw: bytes) -> bytes:
    return qbft(FOUR, listed=tuple(addresses(FOUR[::-1]))).sealed(raw, FOUR[:3])


def _contract_vote(raw: bytes) -> bytes:
    return qbft(FOUR, listed=(), vote=(STRANGER.address, ADD)).sealed(raw, FOUR[:3])


def _with(raw: bytes, *, coinbase: bytes) -> bytes:
    how = qbft(FOUR, coinbase=coinbase)
    assert how.prepared(raw)[COINBASE] == coinbase
    return how.sealed(raw, FOUR[:3])


def _ibft2_refused() -> list[Vector]:
    raw, how = _first("london"), ibft2(FOUR)
    items = how.prepared(raw)
    short_round = qbft(FOUR).sealed(raw, FOUR[:3])
    return [
        _refused("ibft2, one seal short", "ibft2", [how.sealed(raw, FOUR[:2])]),
        _refused(
            "ibft2, seals over the block's hash",
            "ibft2",
            [how.with_seals(items, [each.seal(how.block_hash(items)) for each in FOUR[:3]])],
        ),
        _refused("ibft2, a qbft header", "ibft2", [short_round]),
        _refused("ibft2, an empty list of validators", "ibft2", [ibft2(FOUR, listed=()).sealed(raw, FOUR[:3])]),
        _refused("qbft, an ibft2 header", "qbft", [how.sealed(raw, FOUR[:3])]),
    ]


# Clique.


def _clique_run(length: int, chain: str = "london") -> list[bytes]:
    kept = material(chain)
    # More than a few were not kept.
    return kept.run(kept.checkpoint, length) if length < _KEPT else _made_up(kept.headers[kept.checkpoint], length)


def _made_up(header: bytes, length: int) -> list[bytes]:
    """Return headers of the heights from a real one's on, all alike but for that."""
    items = items_of(header)
    first = int.from_bytes(items[NUMBER])
    return [with_extra([*items[:NUMBER], bytes([first + at]), *items[NUMBER + 1 :]], VANITY) for at in range(length)]


def _clique_sealed() -> list[Vector]:
    made: list[Vector] = []
    for name, chain, by, pinned, how in (
        ("3 of 4", "london", FOUR[:3], FOUR, ""),
        ("a sole signer", "london", FOUR[:1], FOUR[:1], ""),
        ("4 of 7, 15 fields", "istanbul", SEVEN[3:], SEVEN, ""),
        ("the first block of an epoch", "london", FOUR[1:], FOUR, "epoch"),
        ("one signer again, and yet enough", "london", (FOUR[0], FOUR[1], FOUR[0], FOUR[2]), FOUR, ""),
        ("a header more than needed", "london", FOUR, FOUR, ""),
        ("headers more than needed, by those who had sealed", "london", (*FOUR[:3], *FOUR[:2]), FOUR, ""),
        ("seals with high s", "london", FOUR[:3], FOUR, "high"),
        ("64 headers of a sole signer", "istanbul", FOUR[:1] * 64, FOUR[:1], ""),
    ):
        raw = _clique_run(len(by), chain)
        headers = clique(raw, by, epoch=addresses(pinned) if how == "epoch" else (), high=how == "high")
        extra = items_of(headers[0])[EXTRA]
        made.append(
            {
                "name": f"clique, {name}",
                "scheme": "clique",
                "headers": [header.hex() for header in headers],
                "validators": [each.hex() for each in addresses(pinned)],
                "block_hash": keccak(headers[0]).hex(),
                "commit_hash": keccak(with_extra(items_of(headers[0]), extra[:-65])).hex(),
                "signers": sorted({each.hex() for each in addresses(by)}),
                "final": False,
            }
        )
    return made


def _clique_refused() -> list[Vector]:
    raw = _clique_run(4)
    good = clique(raw[:3], FOUR[:3])
    unlinked = [good[0], *clique(raw[1:3], FOUR[1:3])]
    skipping = clique([raw[0], raw[2], raw[3]], FOUR[:3])
    first = items_of(good[0])
    return [
        _refused("clique, one header short", "clique", good[:2]),
        _refused("clique, one signer twice", "clique", clique(raw[:3], (FOUR[0], FOUR[1], FOUR[0]))),
        _refused("clique, a stranger within the run", "clique", clique(raw[:4], (*FOUR[:2], STRANGER, FOUR[2]))),
        _refused("clique, headers that are not linked", "clique", unlinked),
        _refused("clique, headers in another order", "clique", [good[0], good[2], good[1]]),
        _refused("clique, a height left out", "clique", skipping),
        _refused("clique, an unlinked header behind enough", "clique", [*good, clique([raw[3]], FOUR[3:])[0]]),
        _refused("clique, a stranger behind enough", "clique", clique(raw[:4], (*FOUR[:3], STRANGER))),
        _refused("clique, a qbft header", "clique", [qbft(FOUR).sealed(raw[0], FOUR[:3])]),
        _refused(
            "clique, 65 headers", "clique", clique(_made_up(raw[0], 65), (*FOUR * 16, FOUR[0])), by="EvidenceMalformed"
        ),
        _refused("clique, extra data without a seal", "clique", [with_extra(first, VANITY)]),
        _refused("clique, no header", "clique", [], by="EvidenceMalformed"),
    ]


# Neither.


def _unsealed() -> Vector:
    raw = _first("osaka")
    return {
        "name": "none, a header of a development chain",
        "scheme": "none",
        "headers": [raw.hex()],
        "validators": [],
        "block_hash": keccak(raw).hex(),
        "commit_hash": None,
        "signers": [],
        "final": False,
    }


def _form_refused() -> list[Vector]:
    good = qbft(FOUR).sealed(_first("istanbul"), FOUR[:3])
    items = items_of(good)
    wide = [*items[:NUMBER], b"\0" + items[NUMBER], *items[NUMBER + 1 :]]
    short = [items[PARENT][:31], *items[1:]]
    shapes = {
        "one byte more": good + b"\0",
        "one byte less": good[:-1],
        "14 fields": with_extra(items[:14], items[EXTRA]),
        "a number with a leading zero": with_extra(wide, items[EXTRA]),
        "a hash of 31 bytes": with_extra(short, items[EXTRA]),
        "its length spelled longer": b"\xfa\x00" + good[1:],
        "65 fields": bytes(rlp.encode([*items, *[b"\1"] * (65 - len(items))])),
        "more than 64 KiB": with_extra(items, bytes(1 << 16)),
        "empty": b"",
    }
    made = [_refused(f"a header, {name}", "qbft", [header], by="EvidenceMalformed") for name, header in shapes.items()]
    return [*made, _refused("a header, extra data that is no list", "qbft", [with_extra(items, VANITY)])]

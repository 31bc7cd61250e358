"""Who sealed a block."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import rlp

from chain.errors import EvidenceMalformed, SealsInsufficient, YinxinError
from chain.header import Header
from chain.seals import Sealing, SealScheme, block_hash, check, commit_hash, quorum, with_low_seals
from tests.chain.raw_headers import raw_header
from tests.sealed import (
    COINBASE,
    CURVE_ORDER,
    EXTRA,
    NUMBER,
    TIMESTAMP,
    VANITY,
    Bft,
    addresses,
    clique,
    high_s,
    ibft2,
    items_of,
    qbft,
    validators,
    with_extra,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from tests.sealed import Validator

QBFT, IBFT2, CLIQUE, NONE = SealScheme.QBFT, SealScheme.IBFT2, SealScheme.CLIQUE, SealScheme.NONE
FOUR = validators(4)
STRANGER = validators(1, "stranger")[0]
ADD, DROP = b"\xff", b""
STATE_ROOT = 3


def _checked(
    headers: bytes | Sequence[bytes], scheme: SealScheme = QBFT, those: Iterable[Validator] = FOUR
) -> Sealing | None:
    """Check headers against one set for all heights."""
    pinned = frozenset(addresses(those))
    given = [headers] if isinstance(headers, bytes) else headers
    return check([Header.parse(header) for header in given], scheme, lambda _: pinned)


def _sealed_by(*seals: bytes, how: Bft | None = None, raw: bytes | None = None) -> bytes:
    how = how or qbft(FOUR)
    return how.with_seals(how.prepared(raw or raw_header()), seals)


def _seals(by: Sequence[Validator], how: Bft | None = None) -> list[bytes]:
    how = how or qbft(FOUR)
    return [each.seal(how.commit_hash(how.prepared(raw_header()))) for each in by]


def _with_parts(header: bytes, change: Callable[[list[object]], object]) -> bytes:
    """Change the extra data of a sealed header."""
    items = items_of(header)
    parts = rlp.decode(items[EXTRA])
    change(parts)
    return with_extra(items, rlp.encode(parts))


# Quorum.


def test_two_thirds_are_enough_where_they_come_out_even() -> None:
    assert [quorum(n) for n in range(1, 14)] == [1, 2, 2, 3, 4, 4, 5, 6, 6, 7, 8, 8, 9]


@pytest.mark.parametrize("count", range(1, 11))
def test_as_many_seals_as_needed_are_enough_and_one_less_is_not(count: int) -> None:
    those = validators(count)
    needed = quorum(count)
    sealing = _checked(qbft(those).sealed(raw_header(), those[:needed]), those=those)
    assert sealing == Sealing(QBFT, 100, tuple(addresses(those[:needed])), needed, count)
    assert sealing.is_final
    with pytest.raises(SealsInsufficient, match=f"got {needed - 1} seals of {count} validators, wanted {needed}"):
        _checked(qbft(those).sealed(raw_header(), those[: needed - 1]), those=those)


def test_more_seals_than_needed_in_any_order_are_as_good() -> None:
    sealing = _checked(qbft(FOUR).sealed(raw_header(), FOUR[::-1]))
    assert sealing is not None
    assert sealing.signers == tuple(addresses(FOUR[::-1]))


def test_an_empty_set_seals_nothing() -> None:
    with pytest.raises(SealsInsufficient, match="empty set"):
        _checked(qbft(FOUR, listed=()).sealed(raw_header(), ()), those=())


def test_the_set_asked_for_is_that_of_the_headers_height() -> None:
    asked: list[int] = []

    def validators_at(number: int) -> frozenset[bytes]:
        asked.append(number)
        raise SealsInsufficient("beyond the pinned sets")

    for scheme, header in ((QBFT, qbft(FOUR).sealed(raw_header(number=77), FOUR)), (CLIQUE, _run(1)[0])):
        with pytest.raises(SealsInsufficient, match="beyond"):
            check([Header.parse(header)], scheme, validators_at)
    assert asked == [77, 100]


# QBFT.


@pytest.mark.parametrize("items", [15, 16, 20, 21, 23])
@pytest.mark.parametrize("round_", [0, 1, 2, 300])
def test_headers_of_all_rules_and_rounds_are_believed(items: int, round_: int) -> None:
    how = qbft(FOUR, round=round_)
    header = Header.parse(how.sealed(raw_header(items=items), FOUR[1:]))
    prepared = how.prepared(raw_header(items=items))
    assert block_hash(header, QBFT) == how.block_hash(prepared)
    assert commit_hash(header, QBFT) == how.commit_hash(prepared)
    assert (block_hash(header, QBFT) == commit_hash(header, QBFT)) is (round_ == 0)
    assert _checked(header.encode()) is not None


def test_the_same_block_has_one_hash_whoever_sealed_it_in_whichever_round() -> None:
    first = qbft(FOUR).sealed(raw_header(), FOUR[:3])
    second = qbft(FOUR, round=2).sealed(raw_header(), FOUR[1:])
    assert first != second
    assert block_hash(Header.parse(first), QBFT) == block_hash(Header.parse(second), QBFT)


@pytest.mark.parametrize("vote", [(STRANGER.address, ADD), (FOUR[0].address, DROP)], ids=["add", "drop"])
def test_a_vote_changes_nothing_for_its_own_block(vote: tuple[bytes, bytes]) -> None:
    assert _checked(qbft(FOUR, vote=vote).sealed(raw_header(), FOUR[:3])) is not None


def test_where_a_contract_names_the_validators_the_header_lists_none() -> None:
    assert _checked(qbft(FOUR, listed=()).sealed(raw_header(), FOUR[:3])) is not None
    with pytest.raises(SealsInsufficient, match="a vote where a contract names the validators"):
        _checked(qbft(FOUR, listed=(), vote=(STRANGER.address, ADD)).sealed(raw_header(), FOUR[:3]))


@pytest.mark.parametrize("beside", [2, 3])
def test_a_strangers_seal_refuses_the_block_even_beside_enough(beside: int) -> None:
    with pytest.raises(SealsInsufficient, match=f"seal of {STRANGER.address.hex()}, who is no validator"):
        _checked(_sealed_by(*_seals([*FOUR[:beside], STRANGER])))


@pytest.mark.parametrize("beside", [2, 3])
def test_a_seal_twice_refuses_the_block_even_beside_enough(beside: int) -> None:
    with pytest.raises(SealsInsufficient, match=f"two seals of {FOUR[1].address.hex()}"):
        _checked(_sealed_by(*_seals([*FOUR[:beside], FOUR[1]])))


def test_one_seal_has_one_spelling() -> None:
    seals = _seals(FOUR)
    first = seals[0]
    r, s = first[:32], first[32:64]
    for wrong in (
        high_s(first),
        first[:64] + bytes([27 + first[64]]),
        first[:64] + b"\x02",
        bytes(32) + s + first[64:],
        r + bytes(32) + first[64:],
    ):
        with pytest.raises(SealsInsufficient, match="wanted r ‖ s ‖ v with low s and v 0 or 1"):
            _checked(_sealed_by(wrong, *seals[1:]))


@pytest.mark.parametrize("scheme", [QBFT, IBFT2])
def test_a_block_that_was_sealed_with_high_s_can_be_proven_all_the_same(scheme: SealScheme) -> None:
    how = qbft(FOUR) if scheme is QBFT else ibft2(FOUR)
    first, *others = _seals(FOUR[:3], how)
    high = Header.parse(_sealed_by(high_s(first), *others, how=how))
    with pytest.raises(SealsInsufficient):
        check([high], scheme, lambda _: frozenset(addresses(FOUR)))
    low = with_low_seals(high, scheme)
    assert low == Header.parse(_sealed_by(first, *others, how=how))
    assert block_hash(low, scheme) == block_hash(high, scheme)


@pytest.mark.parametrize("scheme", [CLIQUE, NONE])
def test_seals_that_are_hashed_stay_as_they_are(scheme: SealScheme) -> None:
    header = Header.parse(raw_header())
    assert with_low_seals(header, scheme) is header


def test_a_seal_that_no_key_made_is_not_enough() -> None:
    seals = _seals(FOUR)
    for r in (CURVE_ORDER, 5):  # 5 is the x of no point.
        with pytest.raises(SealsInsufficient, match="which no key made"):
            _checked(_sealed_by(r.to_bytes(32) + seals[0][32:64] + b"\x00", *seals[1:]))


def test_another_set_than_the_pinned_one_is_refused_whoever_sealed() -> None:
    attackers = (*FOUR[:2], *validators(2, "attacker"))
    for listed in (addresses(attackers), addresses(FOUR[::-1]), addresses(FOUR[:3]), [*addresses(FOUR), bytes(20)]):
        with pytest.raises(SealsInsufficient, match="another list of validators than the 4 to believe"):
            _checked(qbft(FOUR, listed=tuple(listed)).sealed(raw_header(), FOUR))


def test_a_block_is_proposed_by_a_validator() -> None:
    with pytest.raises(SealsInsufficient, match=f"proposed by {STRANGER.address.hex()}, no validator"):
        _checked(qbft(FOUR, coinbase=STRANGER.address).sealed(raw_header(), FOUR))


@pytest.mark.parametrize(
    ("place", "value"), [(13, bytes(32)), (7, b"\x02"), (7, b""), (1, bytes(32))], ids=["mixHash", "2", "0", "ommers"]
)
@pytest.mark.parametrize("how", [qbft(FOUR), ibft2(FOUR)], ids=["qbft", "ibft2"])
def test_the_constants_are_those_of_the_scheme(how: Bft, place: int, value: bytes) -> None:
    items = how.prepared(raw_header())
    items[place] = value
    header = how.with_seals(items, [each.seal(how.commit_hash(items)) for each in FOUR])
    with pytest.raises(SealsInsufficient, match=f"wanted those of {how.scheme}"):
        _checked(header, SealScheme(how.scheme))


@pytest.mark.parametrize("place", [0, COINBASE, STATE_ROOT, NUMBER, TIMESTAMP, 15])
def test_seals_fit_no_other_header(place: int) -> None:
    items = items_of(qbft(FOUR).sealed(raw_header(items=16), FOUR[:3]))
    items[place] = FOUR[1].address if place == COINBASE else items[place][:-1] + bytes([items[place][-1] ^ 1])
    with pytest.raises(SealsInsufficient, match="who is no validator"):
        _checked(rlp.encode(items))


def test_seals_fit_no_other_round() -> None:
    first, second = qbft(FOUR), qbft(FOUR, round=1)
    for sealed, shown in ((first, second), (second, first)):
        with pytest.raises(SealsInsufficient, match="who is no validator"):
            _checked(_sealed_by(*_seals(FOUR, sealed), how=shown))


def test_in_a_later_round_the_blocks_hash_is_not_what_is_sealed() -> None:
    how = qbft(FOUR, round=1)
    digest = how.block_hash(how.prepared(raw_header()))
    with pytest.raises(SealsInsufficient, match="who is no validator"):
        _checked(_sealed_by(*[each.seal(digest) for each in FOUR], how=how))


def _set(place: int, value: object) -> Callable[[list[object]], object]:
    return lambda parts: parts.__setitem__(place, value)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(_set(0, VANITY[:31]), id="vanity of 31 bytes"),
        pytest.param(_set(0, []), id="vanity that is a list"),
        pytest.param(_set(1, b""), id="validators that are no list"),
        pytest.param(_set(1, [FOUR[0].address[:19]]), id="an address of 19 bytes"),
        pytest.param(_set(2, b""), id="no vote as IBFT 2 writes it"),
        pytest.param(_set(2, STRANGER.address), id="a vote that is no list"),
        pytest.param(_set(2, [STRANGER.address]), id="a vote for nothing"),
        pytest.param(_set(2, [STRANGER.address, b"\x00"]), id="a vote to drop as IBFT 2 writes it"),
        pytest.param(_set(2, [STRANGER.address, b"\x01"]), id="a vote to do something else"),
        pytest.param(_set(2, [STRANGER.address[:19], ADD]), id="a vote about 19 bytes"),
        pytest.param(_set(2, [STRANGER.address, ADD, b""]), id="a vote of three parts"),
        pytest.param(_set(3, b"\x00"), id="a round with a zero before it"),
        pytest.param(_set(3, bytes(4)), id="a round of 4 bytes as IBFT 2 writes it"),
        pytest.param(_set(3, b"\x01" * 5), id="a round of 5 bytes"),
        pytest.param(_set(3, []), id="a round that is a list"),
        pytest.param(_set(4, b""), id="seals that are no list"),
        pytest.param(_set(4, [bytes(64)]), id="a seal of 64 bytes"),
        pytest.param(_set(4, [[]]), id="a seal that is a list"),
        pytest.param(lambda parts: parts.pop(), id="no seals"),
        pytest.param(lambda parts: parts.append(b""), id="a part more"),
    ],
)
def test_other_extra_data_is_not_read(change: Callable[[list[object]], object]) -> None:
    header = _with_parts(qbft(FOUR).sealed(raw_header(), FOUR), change)
    with pytest.raises(SealsInsufficient, match=r"extra data other than that of qbft|lists within lists"):
        _checked(header)
    with pytest.raises(EvidenceMalformed):
        block_hash(Header.parse(header), QBFT)


def test_extra_data_with_something_behind_it_is_not_read() -> None:
    items = items_of(qbft(FOUR).sealed(raw_header(), FOUR))
    for extra in (items[EXTRA] + b"\x00", b"", b"\x80", VANITY):
        with pytest.raises(SealsInsufficient):
            _checked(with_extra(items, extra))


# IBFT 2.


@pytest.mark.parametrize("vote", [None, (STRANGER.address, b"\xff"), (FOUR[0].address, b"\x00")])
@pytest.mark.parametrize("round_", [0, 1, 300])
def test_ibft_2_has_hashes_of_its_own(vote: tuple[bytes, bytes] | None, round_: int) -> None:
    how = ibft2(FOUR, vote=vote, round=round_)
    prepared = how.prepared(raw_header(items=16))
    header = Header.parse(how.sealed(raw_header(items=16), FOUR[:3]))
    assert block_hash(header, IBFT2) == how.block_hash(prepared)
    assert commit_hash(header, IBFT2) == how.commit_hash(prepared)
    sealing = _checked(header.encode(), IBFT2)
    assert sealing is not None
    assert sealing.is_final


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(_set(2, []), id="no vote as QBFT writes it"),
        pytest.param(_set(2, [STRANGER.address, b""]), id="a vote to drop as QBFT writes it"),
        pytest.param(_set(3, b""), id="a round as QBFT writes it"),
        pytest.param(_set(3, bytes(5)), id="a round of 5 bytes"),
    ],
)
def test_ibft_2_is_not_read_as_qbft_is(change: Callable[[list[object]], object]) -> None:
    with pytest.raises(SealsInsufficient, match="extra data other than that of ibft2"):
        _checked(_with_parts(ibft2(FOUR).sealed(raw_header(), FOUR), change), IBFT2)


def test_a_header_of_one_scheme_is_none_of_the_other() -> None:
    with pytest.raises(SealsInsufficient, match="other than that of ibft2"):
        _checked(qbft(FOUR).sealed(raw_header(), FOUR), IBFT2)
    with pytest.raises(SealsInsufficient, match="other than that of qbft"):
        _checked(ibft2(FOUR).sealed(raw_header(), FOUR), QBFT)


def test_ibft_2_knows_no_validators_in_a_contract() -> None:
    with pytest.raises(SealsInsufficient, match="another list of validators"):
        _checked(ibft2(FOUR, listed=()).sealed(raw_header(), FOUR), IBFT2)


def test_one_header_is_enough_where_it_has_the_seals() -> None:
    header = qbft(FOUR).sealed(raw_header(), FOUR)
    with pytest.raises(SealsInsufficient, match="got 2 headers, wanted one"):
        _checked([header, header])
    with pytest.raises(EvidenceMalformed, match="got 0 headers"):
        _checked([])


# Clique.


def _run(length: int, by: Sequence[Validator] | None = None, epoch: Sequence[bytes] = ()) -> list[bytes]:
    return clique([raw_header(number=100 + place) for place in range(length)], by or FOUR[:length], epoch=epoch)


@pytest.mark.parametrize("count", range(1, 8))
def test_a_majority_of_signers_confirms_and_is_never_final(count: int) -> None:
    those = validators(count)
    needed = count // 2 + 1
    run = _run(needed, those[:needed])
    sealing = _checked(run, CLIQUE, those)
    assert sealing == Sealing(CLIQUE, 100, tuple(addresses(those[:needed])), needed, count)
    assert not sealing.is_final
    if needed > 1:
        with pytest.raises(SealsInsufficient, match=f"sealed by {needed - 1} of {count} signers, wanted {needed}"):
            _checked(run[:-1], CLIQUE, those)


def test_cliques_hashes_are_those_of_the_header_with_and_without_the_seal() -> None:
    header = Header.parse(_run(1)[0])
    assert block_hash(header, CLIQUE) == block_hash(header, NONE)
    without = Header.parse(with_extra(list(header.items), header.extra[:-65]))
    assert commit_hash(header, CLIQUE) == block_hash(without, NONE)


def test_a_signer_repeated_counts_once() -> None:
    with pytest.raises(SealsInsufficient, match="sealed by 2 of 4 signers, wanted 3"):
        _checked(_run(3, (FOUR[0], FOUR[1], FOUR[0])), CLIQUE)
    sealing = _checked(_run(4, (FOUR[0], FOUR[1], FOUR[0], FOUR[2])), CLIQUE)
    assert sealing is not None
    assert sealing.signers == tuple(addresses(FOUR[:3]))


def test_a_run_may_be_longer_than_needed_if_all_of_it_is_sound() -> None:
    sealing = _checked(_run(6, (*FOUR, FOUR[0], FOUR[1])), CLIQUE)
    assert sealing == Sealing(CLIQUE, 100, tuple(addresses(FOUR)), 3, 4)
    unlinked = clique([raw_header(number=103)], FOUR[3:])
    for headers in ([*_run(3), *unlinked], _run(4, (*FOUR[:3], STRANGER))):
        with pytest.raises(SealsInsufficient):
            _checked(headers, CLIQUE)


def test_a_run_has_an_end() -> None:
    with pytest.raises(EvidenceMalformed, match="got 65 headers, wanted 1 to 64"):
        _checked(_run(65, [FOUR[0]] * 65), CLIQUE)
    with pytest.raises(SealsInsufficient, match="run of 64 blocks sealed by 1 of 4"):
        _checked(_run(64, [FOUR[0]] * 64), CLIQUE)


def test_a_run_without_headers_shows_nothing() -> None:
    with pytest.raises(EvidenceMalformed, match="got 0 headers"):
        _checked([], CLIQUE)


def test_the_headers_of_a_run_follow_upon_each_other() -> None:
    first, second, third = _run(3)
    unlinked = clique([raw_header(number=101)], FOUR[1:2])
    gap = clique([raw_header(number=100), raw_header(number=102)], FOUR[:2])
    for headers in ([first, *unlinked], [first, third, second], [first, first, first], gap):
        with pytest.raises(SealsInsufficient, match=r"got block 10[0-2] upon"):
            _checked(headers, CLIQUE)


def test_a_stranger_within_a_run_refuses_it() -> None:
    with pytest.raises(SealsInsufficient, match=f"seal of {STRANGER.address.hex()}, who is no signer"):
        _checked(_run(4, (FOUR[0], STRANGER, FOUR[1], FOUR[2])), CLIQUE)


def test_the_list_in_an_epoch_block_is_the_pinned_set() -> None:
    assert _checked(_run(3, epoch=addresses(FOUR)), CLIQUE) is not None
    for listed in (addresses(FOUR[::-1]), addresses(FOUR[:3]), addresses((*FOUR[:3], STRANGER))):
        with pytest.raises(SealsInsufficient, match="another list of validators"):
            _checked(_run(3, epoch=listed), CLIQUE)


def test_extra_data_of_clique_is_vanity_addresses_and_a_seal() -> None:
    items = items_of(_run(1)[0])
    for extra in (b"", items[EXTRA][1:], items[EXTRA][:40] + b"\x00" + items[EXTRA][40:], VANITY):
        with pytest.raises(SealsInsufficient, match="bytes of extra data, wanted 32 of vanity"):
            _checked(with_extra(items, extra), CLIQUE)


def test_whoever_joins_within_a_run_is_none_of_those_who_must_agree() -> None:
    joined = (*FOUR, STRANGER)

    def validators_at(number: int) -> frozenset[bytes]:
        return frozenset(addresses(FOUR if number == 100 else joined))

    run = [Header.parse(header) for header in _run(4, (FOUR[0], STRANGER, FOUR[1], FOUR[2]))]
    sealing = check(run, CLIQUE, validators_at)
    assert sealing is not None
    assert sealing.signers == tuple(addresses(FOUR[:3]))
    with pytest.raises(SealsInsufficient, match="sealed by 2 of 4"):
        check(run[:3], CLIQUE, validators_at)


def test_in_clique_a_high_s_is_taken_as_the_signer_left_it() -> None:
    run = clique([raw_header(number=100 + place) for place in range(3)], FOUR[:3], high=True)
    assert _checked(run, CLIQUE) == _checked(_run(3), CLIQUE)
    items = items_of(run[2])
    for seal in (items[EXTRA][-65:-1] + b"\2", bytes(65), items[EXTRA][-65:-33] + b"\xff" * 32 + b"\0"):
        with pytest.raises(SealsInsufficient, match="low s"):
            _checked([*run[:2], with_extra(items, items[EXTRA][:-65] + seal)], CLIQUE)


# No seals.


def test_a_chain_without_seals_is_said_to_be_one() -> None:
    header = Header.parse(raw_header())
    assert check([header], NONE, lambda _: frozenset()) is None
    with pytest.raises(EvidenceMalformed, match="chain without seals"):
        commit_hash(header, NONE)
    with pytest.raises(SealsInsufficient, match="wanted one"):
        check([header, header], NONE, lambda _: frozenset())


# Every bit.


@pytest.mark.parametrize(
    ("header", "scheme", "those"),
    [
        pytest.param(qbft(FOUR).sealed(raw_header(items=21), FOUR[:3]), QBFT, FOUR, id="qbft"),
        pytest.param(ibft2(FOUR).sealed(raw_header(), FOUR[:3]), IBFT2, FOUR, id="ibft2"),
        pytest.param(_run(1, FOUR[:1])[0], CLIQUE, FOUR[:1], id="clique"),
    ],
)
def test_any_bit_flipped_in_a_sealed_header_refuses_it(
    header: bytes, scheme: SealScheme, those: Sequence[Validator]
) -> None:
    assert _checked(header, scheme, those) is not None
    believed = [bit for bit in range(len(header) * 8) if _is_believed(_flipped(header, bit), scheme, those)]
    assert believed == []


def _flipped(data: bytes, bit: int) -> bytes:
    flipped = bytearray(data)
    flipped[bit // 8] ^= 1 << bit % 8
    return bytes(flipped)


def _is_believed(header: bytes, scheme: SealScheme, those: Sequence[Validator]) -> bool:
    try:
        _checked(header, scheme, those)
    except YinxinError:
        return False
    return True

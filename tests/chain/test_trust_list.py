"""Trust lists: every rule of the protocol page, and lists that break it."""

from __future__ import annotations

import json
from copy import deepcopy
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct

from chain import trust_list
from chain.errors import EvidenceMalformed, EvidenceUnsupported, SealsInsufficient, TrustListRefused
from chain.keccak import keccak
from chain.keys import PublicKey
from chain.seals import SealScheme
from chain.trust_list import TrustList, ValidatorSet
from tests import sealed
from tests.deployed import signer
from tests.sealed import COUNCIL

if TYPE_CHECKING:
    from collections.abc import Callable

REGISTRY_ID, REGISTRY, AGENCIES = b"r" * 32, b"c" * 20, b"a" * 20
FOUR = sealed.addresses(sealed.validators(4))
SIGNED = sealed.signed_part(
    registry_id=REGISTRY_ID,
    registry=REGISTRY,
    agencies=AGENCIES,
    chain_id=20_260,
    scheme="qbft",
    sets=[(0, 100, FOUR[:3], "ibft2"), (100, 200, FOUR), (300, None, FOUR[1:])],
    version=3,
    attesters=[sealed.attester(), sealed.attester("another")],
)
TEXT = sealed.trust_list(SIGNED)


def parsed(signed: dict[str, Any], **how: Any) -> TrustList:  # noqa: ANN401 - what `sealed.trust_list` takes
    return TrustList.parse(sealed.trust_list(signed, **how).encode())


def changed(**members: object) -> dict[str, Any]:
    return deepcopy(SIGNED) | members


def test_a_list_says_what_was_signed() -> None:
    listed = TrustList.parse(TEXT.encode())
    assert (listed.version, listed.chain_id, listed.test) == (3, 20_260, True)
    assert (listed.registry_id, listed.registry, listed.agencies) == (REGISTRY_ID, REGISTRY, AGENCIES)
    assert (listed.issued, listed.expires) == (datetime(2026, 2, 1, tzinfo=UTC), datetime(2027, 2, 1, tzinfo=UTC))
    assert listed.threshold == 3
    assert listed.council == tuple(sorted(each.address for each in COUNCIL[:4]))
    assert listed.sets[2] == ValidatorSet(300, None, SealScheme.QBFT, tuple(FOUR[1:]))
    assert listed.attester_threshold == 1
    assert [key.kid for key in listed.attesters] == [
        PublicKey.of(sealed.attester(name)).kid for name in ("attester", "another")
    ]
    assert listed.signed_bytes == sealed.canonical(SIGNED)


def test_the_signed_part_may_be_spread_out_for_people() -> None:
    spread = json.dumps(json.loads(TEXT), indent=2)
    assert TrustList.parse(spread.encode()).signed_bytes == sealed.canonical(SIGNED)


def test_what_is_written_here_reads_back() -> None:
    listed = TrustList.parse(TEXT.encode())
    contents = trust_list.contents(
        version=3,
        registry_id=REGISTRY_ID,
        registry=REGISTRY,
        agencies=AGENCIES,
        chain_id=20_260,
        test=True,
        issued=datetime(2026, 2, 1, 8, tzinfo=timezone(timedelta(hours=8))),
        expires=datetime(2027, 2, 1, tzinfo=UTC),
        threshold=3,
        council=[each.address for each in COUNCIL[:4]],
        sets=[
            ValidatorSet(0, 100, SealScheme.IBFT2, tuple(reversed(FOUR[:3]))),
            ValidatorSet(100, 200, SealScheme.QBFT, tuple(FOUR)),
            ValidatorSet(300, None, SealScheme.QBFT, tuple(FOUR[1:])),
        ],
        attesters=listed.attesters,
        attester_threshold=1,
    )
    assert contents == listed.signed_bytes
    signatures = {each.address: each.sign_digest(trust_list.digest(contents)) for each in COUNCIL[:3]}
    assert trust_list.assemble(contents, signatures).decode() == TEXT


def test_what_would_be_refused_is_not_written() -> None:
    with pytest.raises(EvidenceMalformed, match="threshold of 2"):
        trust_list.contents(
            version=1,
            registry_id=REGISTRY_ID,
            registry=REGISTRY,
            agencies=AGENCIES,
            chain_id=1,
            test=False,
            issued=datetime(2026, 1, 1, tzinfo=UTC),
            expires=datetime(2027, 1, 1, tzinfo=UTC),
            threshold=2,
            council=[COUNCIL[0].address],
            sets=[ValidatorSet(0, None, SealScheme.NONE, ())],
            attesters=[],
            attester_threshold=0,
        )


def test_a_wallet_signs_the_same_digest() -> None:
    by = [Account.from_key(bytes([number]) * 32) for number in (1, 2, 3)]
    keys = sorted(bytes.fromhex(account.address[2:]) for account in by)
    council = {"threshold": 3, "keys": [f"0x{key.hex()}" for key in keys]}
    contents = sealed.canonical(changed(council=council))
    signatures = {
        bytes.fromhex(account.address[2:]): bytes(account.sign_message(encode_defunct(contents)).signature)
        for account in by
    }
    assert TrustList.parse(trust_list.assemble(contents, signatures)).council == tuple(keys)


@pytest.mark.parametrize(
    ("number", "pinned"), [(0, FOUR[:3]), (99, FOUR[:3]), (100, FOUR), (199, FOUR), (300, FOUR[1:]), (10**12, FOUR[1:])]
)
def test_the_set_of_a_height_is_that_of_its_range(number: int, pinned: list[bytes]) -> None:
    assert TrustList.parse(TEXT.encode()).validators_at(number) == frozenset(pinned)


@pytest.mark.parametrize("number", [200, 299])
def test_a_height_between_the_ranges_has_no_set(number: int) -> None:
    with pytest.raises(SealsInsufficient, match=f"block {number}"):
        TrustList.parse(TEXT.encode()).validators_at(number)


def test_a_height_beyond_the_last_range_has_no_set() -> None:
    listed = parsed(changed(seals=SIGNED["seals"][:2]))
    for ask in (listed.validators_at, listed.scheme_at):
        with pytest.raises(SealsInsufficient, match="nothing of block 200"):
            ask(200)


def test_a_chain_that_changed_its_scheme_keeps_its_old_blocks() -> None:
    listed = TrustList.parse(TEXT.encode())
    assert [listed.scheme_at(number).value for number in (0, 99, 100, 300)] == ["ibft2", "ibft2", "qbft", "qbft"]
    assert listed.validators_at(99, scheme=SealScheme.IBFT2) == frozenset(FOUR[:3])
    with pytest.raises(SealsInsufficient, match="block 99: got a seal of another scheme, wanted ibft2"):
        listed.validators_at(99, scheme=SealScheme.QBFT)


def test_a_list_proves_something_until_it_expires() -> None:
    listed = TrustList.parse(TEXT.encode())
    listed.require_current(datetime(2027, 1, 31, 23, 59, 59, tzinfo=UTC))
    with pytest.raises(TrustListRefused, match="expired at 2027-02-01T00:00:00Z"):
        listed.require_current(datetime(2027, 2, 1, tzinfo=UTC))


def test_a_list_from_the_future_proves_nothing_yet_but_a_clock_may_be_behind() -> None:
    listed = TrustList.parse(TEXT.encode())
    listed.require_current(datetime(2026, 1, 31, 23, 55, tzinfo=UTC))
    said = "issued at 2026-02-01T00:00:00Z, after it is now: 2026-01-31T23:54:59Z"
    with pytest.raises(TrustListRefused, match=said):
        listed.require_current(datetime(2026, 1, 31, 23, 54, 59, tzinfo=UTC))


# Signatures.


def with_signatures(change: Callable[[list[dict[str, str]]], None]) -> bytes:
    whole = json.loads(TEXT)
    change(whole["signatures"])
    return json.dumps(whole).encode()


def test_fewer_signatures_than_the_threshold_are_refused() -> None:
    with pytest.raises(TrustListRefused, match="signed by 2 council keys of version 3, wanted 3"):
        parsed(SIGNED, by=COUNCIL[:2])


def test_strangers_do_not_count() -> None:
    with pytest.raises(TrustListRefused, match="signed by 2"):
        parsed(SIGNED, by=[*COUNCIL[:2], signer("stranger")])
    assert len(parsed(SIGNED, by=[*COUNCIL[:3], signer("stranger")]).signatures) == 4


def test_one_key_twice_is_refused() -> None:
    with pytest.raises(TrustListRefused, match="two signatures of one key"):
        TrustList.parse(with_signatures(lambda listed: listed.append(listed[0])))


def test_a_signature_of_another_than_it_names_is_refused() -> None:
    def rename(listed: list[dict[str, str]]) -> None:
        listed[0]["by"] = f"0x{COUNCIL[3].address.hex()}"

    with pytest.raises(TrustListRefused, match="did not make"):
        TrustList.parse(with_signatures(rename))


def test_a_signature_that_no_key_makes_is_refused() -> None:
    def spoil(listed: list[dict[str, str]]) -> None:
        listed[0]["signature"] = "0x" + (5).to_bytes(32).hex() + listed[0]["signature"][66:]

    with pytest.raises(TrustListRefused, match="did not make"):
        TrustList.parse(with_signatures(spoil))


@pytest.mark.parametrize(
    ("member", "other"),
    [
        ("version", 4),
        ("registry_id", "0x" + "11" * 32),
        ("registry", "0x" + "11" * 20),
        ("agencies", "0x" + "11" * 20),
        ("chain_id", 1),
        ("test", False),
        ("issued", "2026-02-02T00:00:00Z"),
        ("expires", "2029-02-01T00:00:00Z"),
        ("council", SIGNED["council"] | {"threshold": 1}),
        ("seals", SIGNED["seals"][:2]),
        ("attesters", {"threshold": 0, "keys": []}),
    ],
)
def test_whatever_is_changed_afterwards_is_noticed(member: str, other: object) -> None:
    whole = json.loads(TEXT)
    whole["signed"][member] = other
    with pytest.raises(TrustListRefused, match="did not make"):
        TrustList.parse(json.dumps(whole).encode())


def test_the_plain_digest_is_not_what_is_signed() -> None:
    contents = sealed.canonical(SIGNED)
    signatures = {each.address: each.sign_digest(keccak(contents)) for each in COUNCIL[:3]}
    with pytest.raises(TrustListRefused, match="did not make"):
        TrustList.parse(trust_list.assemble(contents, signatures))


@pytest.mark.parametrize(
    "other",
    [
        lambda signature: signature[:-1] + bytes([signature[-1] - 27]),
        lambda signature: signature[:-1] + b"\x1d",
        lambda signature: signature[:-1],
        lambda signature: signature + b"\0",
        lambda signature: bytes(32) + signature[32:],
    ],
    ids=["v from 0", "v 29", "short", "long", "r 0"],
)
def test_a_signature_spelled_otherwise_is_malformed(other: Callable[[bytes], bytes]) -> None:
    def respell(listed: list[dict[str, str]]) -> None:
        listed[0]["signature"] = f"0x{other(bytes.fromhex(listed[0]['signature'][2:])).hex()}"

    with pytest.raises(EvidenceMalformed):
        TrustList.parse(with_signatures(respell))


def test_a_high_s_is_malformed() -> None:
    def respell(listed: list[dict[str, str]]) -> None:
        signature = bytes.fromhex(listed[0]["signature"][2:])
        twin = sealed.high_s(signature[:-1] + bytes([signature[-1] - 27]))
        listed[0]["signature"] = f"0x{(twin[:-1] + bytes([twin[-1] + 27])).hex()}"

    with pytest.raises(EvidenceMalformed, match="low s"):
        TrustList.parse(with_signatures(respell))


# Following a known list.


def test_a_list_signed_by_both_councils_takes_the_known_ones_place() -> None:
    known = TrustList.parse(TEXT.encode())
    council = sealed.signed_part(
        registry_id=REGISTRY_ID,
        registry=REGISTRY,
        agencies=AGENCIES,
        chain_id=20_260,
        scheme="qbft",
        sets=[(0, None, FOUR)],
        version=5,
        council=COUNCIL[3:],
        threshold=2,
    )
    parsed(council, by=COUNCIL).require_follows(known)
    for by in (COUNCIL[3:], COUNCIL[2:]):
        with pytest.raises(TrustListRefused, match="of version 3, wanted 3"):
            parsed(council, by=by).require_follows(known)


def test_the_same_list_again_is_no_step_back() -> None:
    known = TrustList.parse(TEXT.encode())
    parsed(SIGNED, by=COUNCIL[1:4]).require_follows(known)


@pytest.mark.parametrize("version", [1, 2, 3])
def test_going_back_or_changing_under_the_same_version_is_refused(version: int) -> None:
    known = TrustList.parse(TEXT.encode())
    with pytest.raises(TrustListRefused, match=f"got version {version} of the trust list, knew 3"):
        parsed(changed(version=version, test=False)).require_follows(known)


def test_a_list_of_another_registry_is_refused() -> None:
    known = TrustList.parse(TEXT.encode())
    with pytest.raises(TrustListRefused, match="of the registry 1111"):
        parsed(changed(version=4, registry_id="0x" + "11" * 32)).require_follows(known)


# What is not in the form.

ADDRESSES = [f"0x{address.hex()}" for address in FOUR]
KEY = SIGNED["attesters"]["keys"][0]


def council(**members: object) -> dict[str, object]:
    return SIGNED["council"] | members


def attesters(*keys: object, threshold: object = 1) -> dict[str, object]:
    return {"threshold": threshold, "keys": list(keys)}


def pinned(
    first: object, until: object, validators: object = tuple(ADDRESSES), scheme: object = "qbft"
) -> dict[str, object]:
    return {
        "from_block": first,
        "until_block": until,
        "scheme": scheme,
        "validators": list(validators) if isinstance(validators, tuple) else validators,
    }


@pytest.mark.parametrize(
    "members",
    [
        {"kind": "yinxin-proof"},
        {"format": 0},
        {"format": True},
        {"format": "1"},
        {"version": 0},
        {"version": True},
        {"version": "1"},
        {"registry_id": "0x" + "11" * 31},
        {"registry_id": "11" * 32},
        {"registry_id": "0x" + "AB" * 32},
        {"registry_id": 1},
        {"registry": "0x" + "11" * 32},
        {"agencies": "0x" + "1g" * 20},
        {"chain_id": -1},
        {"chain_id": None},
        {"test": 1},
        {"test": "true"},
        {"issued": "2026-02-01T00:00:00+00:00"},
        {"issued": "2026-02-30T00:00:00Z"},
        {"issued": "2026-02-01"},
        {"issued": 1_769_904_000},
        {"expires": "2026-02-01T00:00:00Z"},
        {"unknown": 1},
        {"council": []},
        {"council": council(threshold=0)},
        {"council": council(threshold=5)},
        {"council": council(keys=[], threshold=1)},
        {"council": council(keys=list(reversed(SIGNED["council"]["keys"])))},
        {"council": council(keys=SIGNED["council"]["keys"][:1] * 2, threshold=1)},
        {"council": council(keys="0x")},
        {"council": council(name="a member too many")},
        {"seals": [pinned(0, None, scheme="istanbul")]},
        {"seals": [pinned(0, None, scheme=["qbft"])]},
        {"seals": [pinned(0, None, scheme="none")]},
        {"seals": [pinned(0, None, None, scheme="none")]},
        {"seals": []},
        {"seals": [pinned(0, 100), pinned(99, None)]},
        {"seals": [pinned(0, None), pinned(100, None)]},
        {"seals": [pinned(100, 200), pinned(0, 100)]},
        {"seals": [pinned(100, 100)]},
        {"seals": [pinned(-1, 100)]},
        {"seals": [pinned(0, "100")]},
        {"seals": [pinned(0, None, ())]},
        {"seals": [pinned(0, None, tuple(reversed(ADDRESSES)))]},
        {"seals": [pinned(0, None, (ADDRESSES[0], ADDRESSES[0]))]},
        {"seals": [pinned(0, None, None)]},
        {"seals": [pinned(0, None) | {"quorum": 1}]},
        {"seals": {"scheme": "qbft", "sets": [pinned(0, None)]}},
        {"attesters": None},
        {"attesters": [KEY]},
        {"attesters": attesters(KEY, threshold=0)},
        {"attesters": attesters(KEY, threshold=2)},
        {"attesters": attesters(KEY, threshold=None)},
        {"attesters": attesters(threshold=1)},
        {"attesters": attesters(threshold=-1)},
        {"attesters": attesters(KEY, KEY)},
        {"attesters": attesters(KEY | {"d": "secret"})},
        {"attesters": attesters(KEY | {"kty": "RSA"})},
        {"attesters": attesters(KEY | {"crv": "secp256k1"})},
        {"attesters": attesters(KEY | {"x": KEY["y"]})},
        {"attesters": attesters(KEY | {"x": KEY["x"] + "="})},
        {"attesters": attesters(KEY | {"x": 1})},
    ],
    ids=str,
)
def test_what_is_not_in_the_form_is_malformed(members: dict[str, object]) -> None:
    with pytest.raises(EvidenceMalformed) as caught:
        parsed(changed(**members))
    assert not isinstance(caught.value, EvidenceUnsupported)


@pytest.mark.parametrize("member", sorted(SIGNED))
def test_a_list_without_one_member_is_malformed(member: str) -> None:
    signed = changed()
    del signed[member]
    with pytest.raises(EvidenceMalformed, match="wanted exactly"):
        parsed(signed)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b"{",
        TEXT.encode() + b"x",
        TEXT.replace('"signatures"', '"others"').encode(),
        TEXT.replace('"version":3', '"version":3,"version":3').encode(),
        TEXT.replace('"version":3', '"version":3.0').encode(),
        json.dumps({"signed": SIGNED, "signatures": {}}).encode(),
        json.dumps({"signed": SIGNED, "signatures": [{"by": ADDRESSES[0]}]}).encode(),
        json.dumps({"signed": [], "signatures": []}).encode(),
        b" " * (trust_list.MAX_BYTES + 1),
    ],
)
def test_another_text_is_malformed(text: bytes) -> None:
    with pytest.raises(EvidenceMalformed):
        TrustList.parse(text)


def test_a_later_format_is_unsupported_whatever_its_members() -> None:
    with pytest.raises(EvidenceUnsupported, match="format 2"):
        parsed(changed(format=2, anything="else"))


def test_a_chain_without_seals_has_no_sets() -> None:
    listed = parsed(changed(seals=[pinned(0, None, (), scheme="none")]))
    assert listed.scheme_at(7) is SealScheme.NONE
    assert listed.validators_at(7) == frozenset()

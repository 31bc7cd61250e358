"""Codes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chain import cbor, digits, merkle
from chain.code import Code, InclusionPath, make, parse, to_be_signed, url, verify
from chain.errors import CodeMalformed, CodeUnsupported, InvalidInput, SignatureInvalid, SigningFailed, YinxinError
from chain.facts import Facts, leaf
from chain.keys import ORDER
from chain.validity import Validity
from tests.chain.specimens import (
    FACTS,
    KEY,
    OTHER_KEY,
    OTHER_PRIVATE_KEY,
    REGISTRY_ID,
    SIGNING_INPUT_HASH,
    sign,
    sign_with,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_FACTS = FACTS.encode()
_PATH = InclusionPath(size=5, index=2, hashes=tuple(sha256(bytes([i])).digest() for i in range(3)))
_COSE = make(_FACTS, SIGNING_INPUT_HASH, registry_id=REGISTRY_ID, sign=sign)
_COSE_WITH_PATH = make(_FACTS, SIGNING_INPUT_HASH, registry_id=REGISTRY_ID, sign=sign, path=_PATH)
_HOST = "verify.example.cn"


def _read(cose: bytes) -> Code:
    return parse(digits.encode(cose))


def test_a_code_says_its_facts_and_whose_leaf_it_is() -> None:
    code = parse(url(_HOST, _COSE))
    verify(code, KEY, REGISTRY_ID)
    assert code.facts == FACTS
    assert code.leaf == leaf(_FACTS, SIGNING_INPUT_HASH)
    assert code.host == _HOST
    assert code.path is None


def test_bare_digits_are_as_good_as_the_address() -> None:
    assert _read(_COSE) == replace(parse(url(_HOST, _COSE)), host=None)
    assert parse(f" {digits.encode(_COSE)}\n") == _read(_COSE)


def test_the_inclusion_path_rides_along_unsigned() -> None:
    code = _read(_COSE_WITH_PATH)
    verify(code, KEY, REGISTRY_ID)
    assert code.path == _PATH
    assert code.leaf == _read(_COSE).leaf
    assert code.signature == _read(_COSE).signature


def test_a_path_leads_to_the_root_of_the_batch() -> None:
    leaves = [sha256(bytes([i])).digest() for i in range(6)] + [_read(_COSE).leaf]
    path = InclusionPath(size=7, index=6, hashes=merkle.inclusion_path(leaves, 6))
    code = _read(make(_FACTS, SIGNING_INPUT_HASH, registry_id=REGISTRY_ID, sign=sign, path=path))
    assert code.path is not None
    found = merkle.root_from_path(code.leaf, index=code.path.index, size=code.path.size, path=code.path.hashes)
    assert found == merkle.root(leaves)


def test_a_code_is_valid_for_one_registry_only() -> None:
    with pytest.raises(SignatureInvalid, match="did not make"):
        verify(_read(_COSE), KEY, sha256(b"the registry of the tests").digest())


def test_a_code_signed_by_another_key_does_not_verify() -> None:
    stolen = make(_FACTS, SIGNING_INPUT_HASH, registry_id=REGISTRY_ID, sign=sign_with(OTHER_PRIVATE_KEY))
    with pytest.raises(SignatureInvalid, match="did not make"):
        verify(_read(stolen), KEY, REGISTRY_ID)


def test_a_code_of_another_key_says_whose_it_is() -> None:
    with pytest.raises(SignatureInvalid, match=KEY.kid[:8].hex()):
        verify(_read(_COSE), OTHER_KEY, REGISTRY_ID)


def test_facts_changed_by_a_thief_with_the_key_have_another_leaf() -> None:
    forged = make(replace(FACTS, number="假").encode(), SIGNING_INPUT_HASH, registry_id=REGISTRY_ID, sign=sign)
    verify(_read(forged), KEY, REGISTRY_ID)
    assert _read(forged).leaf != _read(_COSE).leaf


def test_a_high_s_is_made_low_whoever_signs() -> None:
    def sign_high(message: bytes) -> bytes:
        signature = sign(message)
        return signature[:32] + (ORDER - int.from_bytes(signature[32:])).to_bytes(32)

    assert make(_FACTS, SIGNING_INPUT_HASH, registry_id=REGISTRY_ID, sign=sign_high) == _COSE


def test_a_high_s_is_not_read_for_one_paper_has_one_code() -> None:
    high = _COSE[:-32] + (ORDER - int.from_bytes(_COSE[-32:])).to_bytes(32)
    with pytest.raises(CodeMalformed, match="one paper has one code"):
        _read(high)


def test_a_signer_that_returns_something_else_is_told() -> None:
    with pytest.raises(SigningFailed, match="70 bytes"):
        make(_FACTS, SIGNING_INPUT_HASH, registry_id=REGISTRY_ID, sign=lambda _: bytes(70))


def test_what_is_signed_is_the_structure_of_rfc_9052() -> None:
    code = _read(_COSE)
    assert cbor.decode(to_be_signed(code.payload, REGISTRY_ID)) == [
        "Signature1",
        b"\xa1\x01\x26",
        REGISTRY_ID,
        cbor.encode([_FACTS, SIGNING_INPUT_HASH]),
    ]


@pytest.mark.parametrize(
    "host", ["verify.example.cn", "localhost:8002", "127.0.0.1:8002", "a", "xn--fiqs8s.example:443"]
)
def test_the_host_is_read_back(host: str) -> None:
    assert parse(url(host, _COSE)).host == host


def test_addresses_are_https_but_where_no_network_lies_between() -> None:
    assert url("verify.example.cn:8443", _COSE).startswith("https://verify.example.cn:8443/v#")
    assert url("localhost", _COSE).startswith("http://localhost/v#")
    assert url("127.0.0.1:8002", _COSE).startswith("http://127.0.0.1:8002/v#")
    assert url("127.0.0.1.example", _COSE).startswith("https://127.0.0.1.example/v#")
    for host in ("localhost:8002", "127.0.0.1"):
        assert parse(url(host, _COSE).replace("http:", "https:")).host == host


@pytest.mark.parametrize(
    "host", ["", "a/b", "a b", "a@b", "a#b", "https://a", "-a", "a-", "a:b", "a:123456", "政务", "a" * 254]
)
def test_a_host_that_is_none_is_refused(host: str) -> None:
    with pytest.raises(InvalidInput, match="wanted a host name"):
        url(host, _COSE)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "https://verify.example.cn/v#",
        "https://verify.example.cn/v",
        "https://verify.example.cn/v?{}",
        "https://verify.example.cn/w#{}",
        "https://verify.example.cn/v/#{}",
        "https://verify.example.cn/v#{}#",
        "https://user@verify.example.cn/v#{}",
        "https:///v#{}",
        "ftp://verify.example.cn/v#{}",
        "javascript://verify.example.cn/v#{}",
        "https://verify.example.cn/v#{}x",
        "verify.example.cn/v#{}",
        "http://verify.example.cn/v#{}",
        "http://localhost.example/v#{}",
        "http://127.0.0.1.example/v#{}",
        "http://127.0.0.1:8002.example/v#{}",
        "HTTPS://verify.example.cn/v#{}",
    ],
)
def test_what_is_no_address_of_ours_is_refused(text: str) -> None:
    with pytest.raises(CodeMalformed, match=r"got .*, wanted"):
        parse(text.format(digits.encode(_COSE)))


def test_more_digits_than_any_code_holds_are_refused_unread() -> None:
    with pytest.raises(CodeMalformed, match="at most 7089"):
        parse("0" * 7090)
    with pytest.raises(CodeMalformed, match="at most 7089"):
        parse("0" * 10_000_000)


def _edited(**members: cbor.CBOR) -> bytes:
    cose = cbor.decode(_COSE)
    assert isinstance(cose, list)
    names = ("protected", "unprotected", "payload", "signature")
    return cbor.encode([members.get(name, value) for name, value in zip(names, cose, strict=True)])


_HASH = SIGNING_INPUT_HASH


@pytest.mark.parametrize(
    ("cose", "got"),
    [
        (b"\x00", "four members"),
        (cbor.encode([1, 2, 3]), "four members"),
        (b"\xd2" + _COSE, "tag"),
        (_COSE + b"\x00", "left over"),
        (_COSE[:-1], "plain CBOR"),
        (_edited(protected=b""), "ES256"),
        (_edited(protected=cbor.encode({1: -8})), "ES256"),
        (_edited(protected=cbor.encode({1: -35})), "ES256"),
        (_edited(protected=cbor.encode({1: 5})), "ES256"),
        (_edited(protected=b"\xa1\x01\x38\x06"), "ES256"),
        (_edited(protected={1: -7}), "four members"),
        (_edited(unprotected={4: b"kid"}), "inclusion path"),
        (_edited(unprotected=[]), "four members"),
        (_edited(unprotected={-65537: None}), "inclusion path"),
        (_edited(unprotected={-65537: [1, 0]}), "inclusion path"),
        (_edited(unprotected={-65537: [1, 0, [], None]}), "inclusion path"),
        (_edited(unprotected={-65537: ["1", 0, []]}), "inclusion path"),
        (_edited(unprotected={-65537: [2, 0, [1]]}), "inclusion path"),
        (_edited(unprotected={-65537: [2, 2, []]}), "leaf 2 of 2"),
        (_edited(unprotected={-65537: [0, 0, []]}), "leaf 0 of 0"),
        (_edited(unprotected={-65537: [2, -1, []]}), "leaf -1 of 2"),
        (_edited(unprotected={-65537: [1025, 0, []]}), "leaf 0 of 1025"),
        (_edited(unprotected={-65537: [2, 0, [_HASH] * 11]}), "11 hashes"),
        (_edited(unprotected={-65537: [2, 0, [_HASH[1:]]]}), "32 bytes each"),
        (_edited(payload=None), "four members"),
        (_edited(payload=b""), "payload"),
        (_edited(payload=cbor.encode([_FACTS])), "payload"),
        (_edited(payload=cbor.encode([_FACTS, _HASH, None])), "payload"),
        (_edited(payload=cbor.encode([_FACTS, _HASH[1:]])), "payload"),
        (_edited(payload=cbor.encode(["F", _HASH])), "payload"),
        (_edited(payload=cbor.encode([b"F", _HASH])), "facts"),
        (_edited(payload=b"\x82\x59\x00\x01\xf6\x41\x00"), "payload"),
        (_edited(signature=b""), "0 bytes"),
        (_edited(signature=bytes(64)), "order of P-256"),
        (_edited(signature=bytes(65)), "65 bytes"),
    ],
)
def test_anything_but_the_one_form_is_refused(cose: bytes, got: str) -> None:
    with pytest.raises(CodeMalformed, match=got) as caught:
        _read(cose)
    assert not isinstance(caught.value, CodeUnsupported)


def test_a_format_to_come_is_unsupported() -> None:
    later = cbor.encode([2, *"anything"])
    with pytest.raises(CodeUnsupported, match="format 2"):
        _read(_edited(payload=cbor.encode([later, _HASH])))


def test_a_code_that_could_not_be_read_is_not_made() -> None:
    with pytest.raises(InvalidInput, match="no F"):
        make(b"F", _HASH, registry_id=REGISTRY_ID, sign=sign)
    with pytest.raises(InvalidInput, match="31 and 32 bytes"):
        make(_FACTS, _HASH[1:], registry_id=REGISTRY_ID, sign=sign)
    with pytest.raises(InvalidInput, match="32 and 31 bytes"):
        make(_FACTS, _HASH, registry_id=REGISTRY_ID[1:], sign=sign)
    with pytest.raises(InvalidInput, match="leaf 5 of 5"):
        make(_FACTS, _HASH, registry_id=REGISTRY_ID, sign=sign, path=replace(_PATH, index=5))


def _accepted(cose: bytes) -> Code | None:
    """Read and verify as a verifier would; errors outside our tree come through."""
    try:
        code = _read(cose)
        verify(code, KEY, REGISTRY_ID)
    except YinxinError:
        return None
    return code


def _damaged(cose: bytes) -> Iterator[bytes]:
    for place in range(len(cose)):
        yield cose[:place] + cose[place + 1 :]
        for bit in range(8):
            yield cose[:place] + bytes([cose[place] ^ 1 << bit]) + cose[place + 1 :]


def test_no_bit_or_byte_of_a_code_can_be_changed() -> None:
    assert _accepted(_COSE) is not None
    assert not any(map(_accepted, _damaged(_COSE)))


def test_no_bit_or_byte_of_a_path_can_be_changed_without_its_leading_elsewhere() -> None:
    leaves = [sha256(bytes([i])).digest() for i in range(2)] + [_read(_COSE).leaf]
    path = InclusionPath(size=3, index=2, hashes=merkle.inclusion_path(leaves, 2))
    whole = make(_FACTS, SIGNING_INPUT_HASH, registry_id=REGISTRY_ID, sign=sign, path=path)
    survivors = [code for code in map(_accepted, _damaged(whole)) if code is not None]
    assert survivors
    for code in survivors:
        assert code.leaf == leaves[2]
        assert code.path is not None
        assert _root(code.leaf, code.path) != merkle.root(leaves)


def _root(of: bytes, path: InclusionPath) -> bytes | None:
    try:
        return merkle.root_from_path(of, index=path.index, size=path.size, path=path.hashes)
    except YinxinError:
        return None


@given(place=st.integers(0, 600), digit=st.sampled_from("0123456789"))
def test_no_digit_can_be_changed(place: int, digit: str) -> None:
    text = digits.encode(_COSE)
    place %= len(text)
    changed = text[:place] + digit + text[place + 1 :]
    try:
        code = parse(changed)
        verify(code, KEY, REGISTRY_ID)
    except YinxinError:
        assert changed != text
    else:
        assert changed == text


@given(st.text() | st.text(alphabet="0123456789", max_size=400) | st.text().map("https://a/v#{}".format))
@example("9" * 17)
def test_any_text_is_read_or_refused(text: str) -> None:
    with pytest.raises(CodeMalformed):
        parse(text)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with pytest.raises(CodeMalformed):
        parse("https://a/v#" + digits.encode(data))


@settings(max_examples=50, deadline=None)
@given(
    number=st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=64),
    facts=st.lists(
        st.none() | st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=50), max_size=8
    ),
    last=st.none() | st.dates(date(2026, 1, 1)),
)
def test_whatever_is_made_is_read_and_verified(number: str, facts: list[str | None], last: date | None) -> None:
    made: Facts = replace(FACTS, number=number, facts=tuple(facts), validity=Validity(date(2026, 1, 1), last))
    cose = make(made.encode(), SIGNING_INPUT_HASH, registry_id=REGISTRY_ID, sign=sign)
    code = parse(url(_HOST, cose))
    verify(code, KEY, REGISTRY_ID)
    assert code.facts == made

"""F, and the leaf."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chain import cbor
from chain.errors import CodeMalformed, CodeUnsupported, InvalidInput
from chain.facts import Facts, leaf, leaf_of_digests
from chain.validity import Validity
from tests.chain.specimens import FACTS

_TEXTS = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=64)
_DAYS = st.dates(date(1900, 1, 1))


@st.composite
def _facts(draw: st.DrawFn) -> Facts:
    first = draw(_DAYS)
    return Facts(
        agency=draw(st.integers(1, 2**32 - 1)),
        certificate_type=draw(st.integers(1, 2**32 - 1)),
        version=draw(st.integers(1, 2**16 - 1)),
        kid8=draw(st.binary(min_size=8, max_size=8)),
        number=draw(_TEXTS),
        facts=tuple(draw(st.lists(st.none() | _TEXTS, max_size=8))),
        validity=Validity(first, draw(st.none() | st.dates(first))),
        salt=draw(st.binary(min_size=16, max_size=16)),
    )


@settings(deadline=None)
@given(_facts())
def test_what_is_written_is_read_back(facts: Facts) -> None:
    assert Facts.decode(facts.encode()) == facts


def test_the_bytes_are_an_array_of_ten() -> None:
    assert cbor.decode(FACTS.encode()) == [
        1,
        3,
        3,
        1,
        FACTS.kid8,
        "（蒙）JZ安许证字〔2026〕000001",
        ["内蒙古演示建筑有限责任公司", "91150102MA0XXXX156", None],
        20484,
        None,
        bytes(range(16)),
    ]


def test_the_leaf_binds_facts_and_signing_input() -> None:
    facts_bytes, signing_input_hash = FACTS.encode(), sha256(b"signing input").digest()
    wanted = sha256(b"\x00" + sha256(facts_bytes).digest() + signing_input_hash).digest()
    assert leaf(facts_bytes, signing_input_hash) == wanted
    assert leaf_of_digests(sha256(facts_bytes).digest(), signing_input_hash) == wanted


_BEYOND_THE_LIMITS = [
    (replace(FACTS, agency=0), "agency: got 0"),
    (replace(FACTS, agency=2**32), "agency: got 4294967296"),
    (replace(FACTS, certificate_type=2**32), "certificate type"),
    (replace(FACTS, version=2**16), "type version: got 65536"),
    (replace(FACTS, version=0), "type version: got 0"),
    (replace(FACTS, kid8=bytes(7)), "length of kid8: got 7"),
    (replace(FACTS, salt=bytes(15)), "length of the salt: got 15"),
    (replace(FACTS, salt=bytes(17)), "length of the salt: got 17"),
    (replace(FACTS, number=""), "certificate number: got 0"),
    (replace(FACTS, number="字" * 65), "certificate number: got 65"),
    (replace(FACTS, number="a\nb"), r"U\+000A"),
    (replace(FACTS, facts=(None,) * 9), "number of facts: got 9"),
    (replace(FACTS, facts=("",)), "got none"),
    (replace(FACTS, facts=("字" * 171,)), "got 513 bytes"),
    (replace(FACTS, facts=("\x1b[2J",)), r"U\+001B"),
    (replace(FACTS, facts=("\x9f",)), r"U\+009F"),
    (replace(FACTS, validity=Validity(date(1899, 12, 31), None)), "validity: got 1899-12-31"),
    (replace(FACTS, validity=Validity(date(2026, 1, 2), date(2026, 1, 1))), "validity: got 2026-01-02 to 2026-01-01"),
]


@pytest.mark.parametrize(("facts", "fault"), _BEYOND_THE_LIMITS)
def test_what_is_beyond_the_limits_is_not_written(facts: Facts, fault: str) -> None:
    with pytest.raises(InvalidInput, match=fault):
        facts.encode()


def test_half_a_surrogate_pair_is_not_written() -> None:
    with pytest.raises(InvalidInput, match=r"U\+D800"):
        replace(FACTS, facts=("\ud800",)).encode()


@pytest.mark.parametrize(("facts", "fault"), _BEYOND_THE_LIMITS)
def test_what_is_beyond_the_limits_is_not_read(facts: Facts, fault: str) -> None:
    with pytest.raises(CodeMalformed, match=fault):
        Facts.decode(_unchecked(facts))


def test_the_largest_facts_are_written_and_read() -> None:
    facts = replace(FACTS, number="字" * 64, facts=("字" * 170,) * 8, validity=Validity(date.max, date.max))
    assert Facts.decode(facts.encode()) == facts


def test_mongolian_keeps_the_format_characters_it_needs() -> None:
    facts = replace(FACTS, facts=("ᠮᠣᠩᠭ\u180bᠣᠯ\u202fᠤᠨ\u180e",))
    assert Facts.decode(facts.encode()) == facts


def _unchecked(facts: Facts) -> bytes:
    """Encode without looking at the limits."""
    epoch, last = date(1970, 1, 1), facts.validity.last_day
    return cbor.encode(
        [
            1,
            facts.agency,
            facts.certificate_type,
            facts.version,
            facts.kid8,
            facts.number,
            list(facts.facts),
            (facts.validity.first_day - epoch).days,
            None if last is None else (last - epoch).days,
            facts.salt,
        ]
    )


def _members() -> list[cbor.CBOR]:
    members = cbor.decode(FACTS.encode())
    assert isinstance(members, list)
    return members


_STRANGE: tuple[cbor.CBOR, ...] = ({}, [], [b""], None, "", b"", 10**18, -1, [1])
_FINE: tuple[tuple[int, cbor.CBOR], ...] = ((6, []), (7, -1), (8, None))


@pytest.mark.parametrize(
    ("member", "value"),
    [(member, value) for member in range(10) for value in _STRANGE if (member, value) not in _FINE],
    ids=repr,
)
def test_a_member_of_another_kind_is_refused(member: int, value: cbor.CBOR) -> None:
    members = _members()
    members[member] = value
    with pytest.raises(CodeMalformed):
        Facts.decode(cbor.encode(members))


@pytest.mark.parametrize("value", [[], [1], 1, "F", b"", None, {}, {1: 2}], ids=repr)
def test_other_cbor_is_refused(value: cbor.CBOR) -> None:
    with pytest.raises(CodeMalformed, match="ten members"):
        Facts.decode(cbor.encode(value))


def test_an_eleventh_member_is_refused() -> None:
    with pytest.raises(CodeMalformed, match="ten members"):
        Facts.decode(cbor.encode([*_members(), None]))


def test_a_day_that_no_calendar_has_is_refused() -> None:
    members = _members()
    members[7] = 2**60
    with pytest.raises(CodeMalformed, match="wanted one of the calendar"):
        Facts.decode(cbor.encode(members))


@pytest.mark.parametrize("version", [2, 3, 2**32])
def test_a_format_to_come_is_unsupported_rather_than_malformed(version: int) -> None:
    later: tuple[list[cbor.CBOR], ...] = ([version], [version, *_members()[1:]], [version, {}, "anything"])
    for members in later:
        with pytest.raises(CodeUnsupported, match=f"format {version}"):
            Facts.decode(cbor.encode(members))


@pytest.mark.parametrize("version", [0, -1])
def test_a_format_that_never_was_is_malformed(version: int) -> None:
    with pytest.raises(CodeMalformed, match="ten members") as caught:
        Facts.decode(cbor.encode([version, *_members()[1:]]))
    assert not isinstance(caught.value, CodeUnsupported)


def test_no_person_is_named_in_a_message() -> None:
    with pytest.raises(InvalidInput) as caught:
        replace(FACTS, facts=("张三\n",)).encode()
    assert "张三" not in str(caught.value)


@given(st.binary(max_size=100))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with pytest.raises(CodeMalformed):
        Facts.decode(data)

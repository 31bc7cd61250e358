"""A claim: shown, hidden, and carried by codes; whatever its value."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chain.certificate_types import LANGUAGES
from chain.claims import mask_name
from chain.errors import ClaimsInvalid
from tests.chain.small_type import CLAIMS, small

if TYPE_CHECKING:
    from chain.certificate_types import CertificateType
    from chain.errors import Fault
    from chain.strict_json import JSON

TYPE = small()
VALUES = st.recursive(st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=30), st.lists)


@pytest.mark.parametrize(
    ("key", "chinese", "english"),
    [
        ("name", "演示公司", "演示公司"),
        ("first", "2026年1月31日", "31 January 2026"),
        ("amount", "100万元人民币", "CNY 1,000,000.00"),
        ("choice", "甲种", "Sort A"),
        ("things", "一、二", "一; 二"),
        ("person", "15012118000101000X", "15012118000101000X"),
    ],
)
def test_values_are_told_in_the_readers_language(key: str, chinese: str, english: str) -> None:
    assert [TYPE.display(key, CLAIMS[key], language) for language in LANGUAGES] == [chinese, english]


@pytest.mark.parametrize(
    ("key", "value", "shown"),
    [
        ("first", "2026-02-30", "2026-02-30"),
        ("first", "0026-01-31", "0026-01-31"),
        ("first", 20260131, "20260131"),
        ("amount", "much", "much"),
        ("choice", "z", "z"),
        ("choice", None, "null"),
        ("things", "一、二", "一、二"),
        ("things", ["一", 2], "一、2"),
        ("unheard_of", ["x"], '["x"]'),
    ],
)
def test_what_was_signed_unchecked_is_shown_as_it_is(key: str, value: JSON, shown: str) -> None:
    assert TYPE.display(key, value, "zh-CN") == shown


def test_codes_carry_facts_as_text() -> None:
    """Days as ISO 8601 writes them, choices in Chinese, resident numbers masked; None where there is nothing."""
    facts = TYPE.facts(CLAIMS)
    assert facts == ("演示公司", "150121********000X", "2026-01-31", "100万元人民币", "甲种", "一、二")
    assert TYPE.facts({key: value for key, value in CLAIMS.items() if key != "amount"})[3] is None


@pytest.mark.parametrize(
    ("things", "fact"),
    [
        (["一二三四五", "六七八九十"], "一二三四五、六七八九十"),
        (["一二三四五", "六七八九十", "百"], "一二三四五等3项"),
        (["一", "二", "三", "四", "五", "六", "七", "八"], "一、二、三、四、五等8项"),
        (["一二三四五六七八九十", "百万"], "一二三四五六七八…等2项"),
        (["一二三四五六七八九十百千万"], "一二三四五六七八九十百…"),
    ],
)
def test_list_too_long_for_a_code_names_as_many_as_fit_and_says_how_many_there_are(things: JSON, fact: str) -> None:
    assert TYPE.claim("things").fact_text(things) == fact
    assert len(fact) <= 12


def test_third_parties_see_names_and_numbers_masked_and_nothing_unknown() -> None:
    masked = TYPE.masked(CLAIMS | {"unheard_of": "secret"})
    assert masked["person"] == "150121********000X"
    assert masked["card"] == "T150121********000X"
    assert masked["people"] == "阿***拉、其*格"
    assert masked["name"] == "演示公司"
    assert masked["unheard_of"] == "***"
    assert TYPE.claim("people").masked("其木格") == "其*格"


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("", "*"),
        ("张", "*"),
        ("张三", "张*"),
        ("张三丰", "张*丰"),
        ("欧阳娜娜", "欧**娜"),
        ("阿拉坦乌拉", "阿***拉"),
        ("孟和·巴雅尔", "孟****尔"),
    ],
)
def test_names_are_masked_by_length(name: str, masked: str) -> None:
    assert mask_name(name) == masked


@pytest.mark.parametrize(
    ("key", "value", "fault"),
    [
        ("code", "91150102MA0XXXX157", "code: got «91150102MA0XXXX157», wanted a credit code; the last character of"),
        ("person", "150121180001010000", "person: got 150121********0000, wanted a resident number whose last"),
        ("first", "2026-13-01", "first: got «2026-13-01», wanted a day such as 2026-01-31, 1900 to 2199"),
        ("first", "2206-01-31", "first: got «2206-01-31», wanted a day such as"),
        ("first", "20260131", "first: got «20260131», wanted a day such as"),
        ("amount", "100万元", "amount: got «100万元», wanted an amount such as 1000000.00 CNY"),
        ("things", ["一", "\u200b"], "things: got an invisible character, U+200B ZERO WIDTH SPACE"),
        ("name", "Аcme", "name: got a character that names do not have, U+0410 CYRILLIC CAPITAL LETTER A"),
        ("name", "𠮷" * 9, "name: got 36 bytes of UTF-8, wanted at most 30: the code carries it"),
    ],
)
def test_values_are_checked_as_their_kind_wants(key: str, value: JSON, fault: str) -> None:
    with pytest.raises(ClaimsInvalid) as caught:
        TYPE.validate({**CLAIMS, "card": None, key: value})
    assert [str(found)[: len(fault)] for found in caught.value.faults] == [fault]


@given(st.dictionaries(st.sampled_from([*CLAIMS, "unheard_of"]), VALUES, max_size=6))
@settings(max_examples=100)
def test_whatever_was_signed_can_be_shown_and_compared(claims: dict[str, JSON]) -> None:
    """A verifier shows what an agency's key signed, even where the agency checked nothing."""
    for key, value in claims.items():
        assert isinstance(TYPE.display(key, value, "en"), str)
    assert set(TYPE.masked(claims)) == set(claims)
    assert len(TYPE.facts(claims)) == 6


@given(st.dictionaries(st.sampled_from([*CLAIMS, "unheard_of"]), VALUES | st.floats(), max_size=6))
@example({"person": float("nan")})
@settings(max_examples=100)
def test_whatever_comes_in_is_either_stored_or_every_fault_is_told(claims: dict[str, object]) -> None:
    check(TYPE, claims)
    check(TYPE, CLAIMS | claims)


def check(certificate_type: CertificateType, claims: dict[str, object]) -> None:
    found: tuple[Fault, ...] = ()
    try:
        stored = certificate_type.validate(claims)
    except ClaimsInvalid as exc:
        found = exc.faults
    assert found or certificate_type.validate(stored) == stored

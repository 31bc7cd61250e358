"""What may stand in a claim: everything that people read, nothing that only programs see."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chain import text

MONGOLIAN = "ᠮᠣᠩᠭᠣᠯ"


def found(value: str, *, multiline: bool = False, name: bool = False) -> list[tuple[str, str]]:
    return list(text.faults(value, multiline=multiline, name=name))


@pytest.mark.parametrize(
    "name",
    [
        "阿拉坦乌拉",
        "斯琴·巴雅尔",
        "内蒙古演示（集团）有限责任公司",
        "㐂𠮷〇",
        "A-1 Café & Söhne, Ltd.",
        f"{MONGOLIAN}\u202fᠤᠨ",
        "ᠪᠠᠶᠠᠨ\u180eᠠ",
        "ᠭ\u180bᠠ",
        "巴·2号嘎查",
    ],
)
def test_names_of_the_region_are_good(name: str) -> None:
    assert found(name, name=True) == []
    assert text.normalise(name) == name


@pytest.mark.parametrize(
    ("value", "got", "wanted"),
    [
        (
            "张\u200b三",
            "an invisible character, U+200B ZERO WIDTH SPACE, at character 2 of «张<200B>三»",
            "text without it",
        ),
        ("张三\u202e", "an invisible character, U+202E RIGHT-TO-LEFT OVERRIDE, at character 3", "text without it"),
        ("\ufeff张三", "an invisible character, U+FEFF", "text without it"),
        ("张\t三", "a control character, U+0009, at character 2", "text without it"),
        ("张\n三", "a control character, U+000A", "text without it"),
        ("张\ue000", "a private character, which other computers show differently", "text without it"),
        ("张\U000e0fff", "a character that Unicode does not know, U+E0FFF", "text without it"),
        ("张\ud800", "half a character, U+D800", "text without it"),
        ("张\u2028三", "a line separator", "text without it"),
        ("张\u2029三", "a paragraph separator", "text without it"),
        ("⺩五", "a part of a character, U+2EA9", "the whole character"),
        ("⽟五", "a part of a character, U+2F5F", "the character 玉"),
        ("张\u00a0三", "an unusual space, U+00A0 NO-BREAK SPACE", "an ordinary space"),
        ("张\u3164三", "an invisible character, U+3164 HANGUL FILLER", "text without it"),
        ("张\ufe00三", "an invisible character, U+FE00 VARIATION SELECTOR-1", "text without it"),
        ("张\u180e三", "a Mongolian sign without a letter before it, U+180E", "it after a Mongolian letter only"),
        ("\u202f张三", "a Mongolian sign without a letter before it, U+202F", "it after a Mongolian letter only"),
    ],
)
def test_unseen_and_deceptive_characters_are_refused_by_name(value: str, got: str, wanted: str) -> None:
    fault = found(value)[0]
    assert fault[0].startswith(got)
    assert fault[1] == wanted


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("斯琴•巴雅尔", "the dot of names, · (U+00B7)"),
        ("斯琴・巴雅尔", "the dot of names, · (U+00B7)"),
        ("Ａ公司", "A"),
        ("Аcme", "Chinese, Mongolian or Latin letters, digits and ·"),
        ("Βeta", "Chinese, Mongolian or Latin letters, digits and ·"),
        ("Altaı", "Chinese, Mongolian or Latin letters, digits and ·"),
        ("张三☃", "Chinese, Mongolian or Latin letters, digits and ·"),
        ("张①", "1"),
    ],
)
def test_names_hold_no_letter_that_resembles_another(name: str, wanted: str) -> None:
    assert [fault[1] for fault in found(name, name=True)] == [wanted]
    assert found(name) == []


def test_letters_beyond_those_of_names_are_good_in_other_text() -> None:
    assert found("β-葡聚糖、№5、㎡、－18℃冷库　二层") == []


def test_lines_are_good_where_a_claim_has_several() -> None:
    assert found("第一行\n第二行", multiline=True) == []
    assert len(found("第一行\r第二行", multiline=True)) == 1


def test_space_around_text_is_refused() -> None:
    assert found(" 张三") == [("« 张三» with space around it", "no space at the beginning or end")]


def test_each_character_is_told_once_and_all_of_them() -> None:
    assert [fault[0].split(",")[1].strip()[:6] for fault in found("\u200b张\u200b三\u200d")] == ["U+200B", "U+200D"]


def test_resident_numbers_are_never_quoted_whole() -> None:
    assert text.quoted("身份证15012119900101123X号") == "«身份证150121********123X号»"
    assert text.quoted("150121 19900101 123x") == "«150121********123x»"


def test_long_text_is_quoted_in_part() -> None:
    assert text.quoted("长" * 61) == f"«{'长' * 60}…»"
    assert text.quoted("长" * 60) == f"«{'长' * 60}»"


@given(st.text(max_size=30))
@settings(max_examples=200)
def test_text_without_fault_has_only_characters_that_are_seen(value: str) -> None:
    stored = text.normalise(value)
    if not found(stored):
        assert unicodedata.is_normalized("NFC", stored)
        assert all(unicodedata.category(character)[0] != "C" or character == "\u180e" for character in stored)
        assert stored.encode().decode() == stored

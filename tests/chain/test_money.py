"""Amounts: many ways to write one, one way to store it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chain.money import Money, parse, read


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("1000000", "1000000.00 CNY"),
        ("1,000,000.00", "1000000.00 CNY"),
        ("100万", "1000000.00 CNY"),
        ("100万元", "1000000.00 CNY"),
        ("100万元整", "1000000.00 CNY"),
        ("100 万元人民币", "1000000.00 CNY"),
        ("人民币100万元", "1000000.00 CNY"),
        ("￥128.5万", "1285000.00 CNY"),
        ("1.234567亿元", "123456700.00 CNY"),
        ("50万美元", "500000.00 USD"),
        ("$50", "50.00 USD"),
        ("3000万日元", "30000000.00 JPY"),
        ("20万欧元", "200000.00 EUR"),
        ("5亿港币", "500000000.00 HKD"),
        ("0", "0.00 CNY"),
        ("007", "7.00 CNY"),
        ("1000000.00 CNY", "1000000.00 CNY"),
    ],
)
def test_amounts_are_read_as_licences_write_them(written: str, stored: str) -> None:
    assert str(read(written)) == stored


@pytest.mark.parametrize(
    "written",
    [
        "",
        "壹佰万元",
        "-1",
        "1,00",
        "1.005",
        "1e6",
        "100万卢布",
        "$50人民币",
        "1000000000000000亿",
        "约100万元",
        "100 CNY USD",
    ],
)
def test_other_writings_are_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"got .*, wanted"):
        read(written)


@pytest.mark.parametrize(
    ("stored", "grouped"),
    [("1000000.00 CNY", "1,000,000.00 CNY"), ("999.05 USD", "999.05 USD"), ("0.00 JPY", "0.00 JPY")],
)
def test_columns_of_figures_have_thousands_apart(stored: str, grouped: str) -> None:
    assert parse(stored).grouped == grouped


@pytest.mark.parametrize(
    "stored", ["1000000", "1.0 CNY", "01.00 CNY", "1.00 XXX", "1.00  CNY", "1.00 CNY\n", "-1.00 CNY"]
)
def test_only_one_way_to_store_an_amount_is_good(stored: str) -> None:
    with pytest.raises(ValueError, match=r"got .*, wanted 1000000\.00 CNY"):
        parse(stored)


@pytest.mark.parametrize(
    ("amount", "chinese", "english"),
    [
        (Money(100_000_000, "CNY"), "100万元人民币", "CNY 1,000,000.00"),
        (Money(128_500_050, "CNY"), "1285000.5元人民币", "CNY 1,285,000.50"),
        (Money(99_950, "USD"), "999.5美元", "USD 999.50"),
        (Money(30_000_000_000, "JPY"), "3亿日元", "JPY 300,000,000.00"),
        (Money(0, "EUR"), "0欧元", "EUR 0.00"),
    ],
)
def test_amounts_are_told_as_people_say_them(amount: Money, chinese: str, english: str) -> None:
    assert amount.display("zh-CN") == chinese
    assert amount.display("en") == english


@given(st.integers(0, 10**17 - 1), st.sampled_from(["CNY", "USD", "EUR", "HKD", "JPY"]))
@settings(max_examples=60)
def test_amounts_survive_storing_and_telling(hundredths: int, currency: str) -> None:
    amount = Money(hundredths, currency)
    assert parse(str(amount)) == read(str(amount)) == amount
    if hundredths < 10**15:
        assert read(amount.display("zh-CN")) == amount

"""Where a stranger's code leads is told, and which official site it imitates."""

from __future__ import annotations

import pytest

from tests.verifier.book import TODAY, Book
from verifier.check.hosts import host_of, imitated
from verifier.check.verification import verify
from verifier.uploads.reading import read_text

OFFICIAL = "yanzheng.nmg.gov.example"


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("https://example.org/coupon", "example.org"),
        ("HTTPS://Example.ORG:8443", "example.org"),
        (f"https://{OFFICIAL}@evil.example/v", "evil.example"),
        (f"https://{OFFICIAL}:80@evil.example:8080/", "evil.example"),
        ("https:\\\\evil.example\\x", "evil.example"),
        ("https:///evil.example", "evil.example"),
        ("https://ｅｖｉｌ。example/", "evil.example"),
        ("https://yаnzheng.example/", "xn--ynzheng-2fg.example"),
        ("mailto:a@b.example", ""),
        ("weixin:evil", ""),
        ("https://", ""),
    ],
)
def test_the_host_is_what_the_network_would_ask_for(address: str, host: str) -> None:
    assert host_of(address) == host


@pytest.mark.parametrize(
    "address",
    [
        "https://yаnzheng.nmg.gov.example/",
        "https://xn--ynzheng-2fg.nmg.gov.example/",
        "https://yanzheng-nmg-gov.example/",
        "https://yanzheng.nmg.gov.example.evil.test/",
        "https://yanzhengnmg.gov.example/",
        "https://yanzheng.nrng.gov.example/",
        "https://yanzhenq.nmg.g0v.example/",
        "https://yánzhèng.nmg.gov.example/",
    ],
)
def test_what_imitates_an_official_site_is_told(address: str) -> None:
    assert imitated(host_of(address), [OFFICIAL]) == OFFICIAL
    book = Book(hosts=[OFFICIAL])
    report = verify(read_text(address), book, TODAY, name="a code")
    assert report.checks[0].message.key == "form.look_alike_host"
    assert report.checks[0].message.arguments == {"host": host_of(address), "official": OFFICIAL}


@pytest.mark.parametrize("host", [OFFICIAL, "example.org", "shop.example", "xn--99999999999", ""])
def test_what_is_official_or_something_else_imitates_none(host: str) -> None:
    assert imitated(host, [OFFICIAL]) is None


def test_another_host_is_named_all_the_same() -> None:
    report = verify(read_text("https://shop.example/coupon"), Book(hosts=[OFFICIAL]), TODAY, name="a code")
    assert report.checks[0].message.key == "form.foreign_host"
    report = verify(read_text("mailto:a@shop.example"), Book(hosts=[OFFICIAL]), TODAY, name="a code")
    assert report.checks[0].message.key == "form.foreign_code"

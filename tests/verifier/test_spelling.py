"""Letters that are not what they look like are told of; ordinary texts of China and Mongolia are not."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from chain.certificate_types import shipped
from tests.issuer.papers import longest
from tests.verifier.book import CLAIMS, TODAY, TYPE, anchored, paper
from tests.verifier.printed import examples
from verifier.answer import as_json
from verifier.check.spelling import oddities, warnings
from verifier.check.verification import verify
from verifier.wording import Language

ODD = {
    "Cyrillic among Latin": ("Lіmited", "spelling.mixed"),
    "Greek among Latin": ("Οmega", "spelling.mixed"),
    "Latin among Cyrillic": ("Mонгол", "spelling.mixed"),
    "a number plate with a Cyrillic letter": ("蒙А12345", "spelling.alike"),
    "a whole word of letters that look Latin": ("СОРЕ", "spelling.alike"),
    "a Greek letter that looks Latin": ("Α类", "spelling.alike"),
    "kana that looks Chinese": ("海ロ市", "spelling.alike"),
    "Bopomofo that looks Chinese": ("ㄚ头", "spelling.alike"),
    "mathematical letters": ("𝐀级", "spelling.alike"),
    "a radical": ("⻢某", "spelling.radical"),
    "a Kangxi radical": ("⼤同", "spelling.radical"),
    "a stroke": ("㇐级", "spelling.radical"),
    "a zero width space": ("巴特\u200b尔", "spelling.unseen"),
    "a joiner": ("巴\u200d特尔", "spelling.unseen"),
    "a soft hyphen": ("A\u00adB", "spelling.unseen"),
    "a byte order mark": ("\ufeff巴特尔", "spelling.unseen"),
    "a variation selector": ("辻\U000e0100", "spelling.unseen"),
    "a tag": ("A\U000e0041", "spelling.unseen"),
    "a filler": ("A\u3164B", "spelling.unseen"),
    "a control character": ("A\x08B", "spelling.unseen"),
    "a Mongolian selector without a letter": ("A\u180b", "spelling.unseen"),
    "an override": ("\u202e001\u202c", "spelling.turning"),
    "an isolate": ("\u2067abc\u2069", "spelling.turning"),
    "a mark from right to left": ("1\u200f2", "spelling.turning"),
    "a division slash": ("3∕5", "spelling.odd_sign"),
    "a ratio": ("1∶2", "spelling.odd_sign"),
    "a no-break space": ("A\u00a0B", "spelling.odd_sign"),
    "a half-width full stop": ("完｡", "spelling.odd_sign"),
}
ORDINARY = (
    "内蒙古演示长城建筑工程有限责任公司",
    "（蒙）JZ安许证字〔2026〕000123",
    "ᠥᠪᠥᠷ ᠮᠣᠩᠭᠣᠯ\u202fᠤᠨ ᠠᠯᠲᠠᠨ\u180b",
    "Монгол Улс",
    "Ελλάδα",
    "Müller & Söhne GmbH",
    "阿拉坦·其其格",
    "98.60m²，50㎡，①号，25℃，½，…，A·B",
    "“甲”《乙》「丙」、〇 々",
    "10kΩ μm Φ20 α射线",
    "カロリーメイト",
    "第一行\n第二行",
)


@pytest.mark.parametrize("name", ODD)
def test_what_is_not_what_it_looks_like_is_told(name: str) -> None:
    text, key = ODD[name]
    assert key in oddities(text)


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_texts_are_not_warned_of(text: str) -> None:
    assert oddities(text) == ()


@pytest.mark.parametrize("known", shipped(), ids=lambda known: known.identifier)
def test_no_certificate_of_ours_is_warned_of(known: object) -> None:
    for claims in (examples(known), longest(known)):  # type: ignore[arg-type]  # The fixture's own types.
        texts = json.dumps(claims, ensure_ascii=False)
        assert oddities(texts) == ()


def test_a_report_says_where_and_by_number() -> None:
    name = "内蒙古А演示\u200b有限公司"
    book, made = anchored()
    report = verify(made.presented, book, TODAY, name="a paper")
    assert warnings(report) == ()
    assert as_json(report, Language.ENGLISH)["warnings"] == []
    items = tuple(
        replace(item, texts=dict.fromkeys(Language, name)) if item.key == "company_name" else item
        for item in report.subject.items
    )
    odd = replace(report, subject=replace(report.subject, items=items))
    told = as_json(odd, Language.ENGLISH)["warnings"]
    assert told == [
        {
            "message_id": "spelling.alike",
            "message": "Company: some letters look like others but are not (U+0410).",
        },
        {
            "message_id": "spelling.unseen",
            "message": "Company: it holds signs that cannot be seen (U+200B).",
        },
    ]
    assert [each.key for each in warnings(odd)] == ["spelling.alike", "spelling.unseen"]
    assert odd.verdict is report.verdict


def test_what_other_software_signed_is_told_of() -> None:
    made = paper(claims={**CLAIMS, "address": "包头市\u202e号3路"})
    assert TYPE.claim("address").key == "address"
    book, _ = anchored()
    book.anchor(made.leaf)
    report = verify(made.presented, book, TODAY, name="a paper")
    assert "spelling.turning" in [each.key for each in warnings(report)]

"""What stands on a document's face, before any of it is set."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain.certificate_types import Validity, by_identifier
from issuer.document.face import PREVIEW_CODE, day_in_words, face, pieces, shown_values
from tests.issuer import papers

if TYPE_CHECKING:
    from issuer.document.face import Document

LICENCE = by_identifier("business-licence")
SAFETY = by_identifier("construction-safety-licence")
OPERATOR = by_identifier("special-operation-certificate")


@given(st.text())
def test_pieces_joined_again_are_the_text(text: str) -> None:
    assert "".join(map(str, pieces(text))) == text


@given(st.text(alphabet=st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=300))
def test_no_piece_of_latin_text_is_wider_than_a_column(text: str) -> None:
    assert all(len(str(piece)) <= 24 for piece in pieces(text))


def test_identifier_may_break_after_its_dots() -> None:
    assert pieces("1.2.156.3005.2.11100000000013338W050") == [
        "1.",
        "2.",
        "156.",
        "3005.",
        "2.",
        "11100000000013338W050",
    ]


def test_credit_code_is_not_cut() -> None:
    assert pieces("91150102MA0XXXX156") == ["91150102MA0XXXX156"]


def test_days_are_said_as_each_language_does() -> None:
    assert day_in_words(date(2026, 1, 31), "zh-CN") == "2026年1月31日"
    assert day_in_words(date(2026, 1, 31), "en") == "31 January 2026"


def test_authority_and_day_of_issue_stand_at_the_foot_and_in_no_row() -> None:
    document = papers.paper(LICENCE)
    contents = face(document, preview=False)
    assert contents["authority"] == {
        "label": "登记机关",
        "small": "Registration authority",
        "value": ["演示旗市场监督管理局"],
    }
    assert contents["issued"] == {"label": "核准日期", "small": "Date of approval", "value": ["2026年1月31日"]}
    assert not {"登记机关", "核准日期", "统一社会信用代码"} & set(_labels(document))


def test_type_without_a_day_of_issue_shows_the_clerks() -> None:
    contents = face(papers.paper(OPERATOR, issued=date(2026, 5, 6)), preview=False)
    assert contents["issued"] == {"label": "发证日期", "small": "Date of issue", "value": ["2026年5月6日"]}


def test_certificate_without_an_authority_names_the_agency() -> None:
    claims = papers.examples(LICENCE)
    del claims["issuing_authority"]
    assert face(papers.paper(LICENCE, claims), preview=False)["authority"] == {
        "label": "发证机关",
        "small": "Issuing agency",
        "value": [papers.AGENCY.name],
    }


def test_validity_has_a_row_unless_claims_say_both_days() -> None:
    assert "有效期" in _labels(papers.paper(LICENCE))
    assert "有效期" not in _labels(papers.paper(SAFETY))
    half = replace(SAFETY, validity_rule=replace(SAFETY.validity_rule, first=None))
    assert "有效期" in _labels(papers.paper(half))


@pytest.mark.parametrize(
    ("last", "said"), [(None, "自2026年1月31日起长期有效"), (date(2029, 1, 30), "2026年1月31日至2029年1月30日")]
)
def test_validity_is_said_in_full(last: date | None, said: str) -> None:
    rows = face(papers.paper(LICENCE, validity=Validity(date(2026, 1, 31), last)), preview=False)["rows"]
    assert rows[-1]["value"] == [said]  # type: ignore[index,call-overload]  # A list of objects.


def test_previous_identifier_is_a_claim_like_others_but_its_own_is_not() -> None:
    claims = papers.examples(SAFETY) | {"certificateIdentifier": papers.IDENTIFIER}
    labels = _labels(papers.paper(SAFETY, claims))
    assert "关联证照标识" in labels
    assert "电子证照标识" not in labels


def test_claim_that_is_missing_has_no_row() -> None:
    claims = papers.examples(LICENCE)
    del claims["registered_capital"]
    assert "注册资本" not in _labels(papers.paper(LICENCE, claims))


def test_preview_is_given_nothing_that_verifies() -> None:
    contents = face(papers.paper(LICENCE, proof=b"proof"), preview=True)
    assert contents["attachments"] == []
    assert contents["short-number"] == "PREVIEW"
    assert contents["code"] == face(papers.paper(LICENCE, code_url=PREVIEW_CODE), preview=False)["code"]


def test_shown_values_are_what_a_person_reads() -> None:
    values = shown_values(papers.paper(LICENCE))
    assert {"91150102MA0XXXX156", "内蒙古演示牧歌乳业有限公司", "有限责任公司", "2019年6月18日"} <= set(values)
    assert papers.IDENTIFIER in values


def _labels(document: Document) -> list[str]:
    rows = face(document, preview=False)["rows"]
    return [row["label"] for row in rows]  # type: ignore[union-attr,call-overload,index,misc]  # A list of objects.

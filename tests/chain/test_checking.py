"""All faults of a certificate's claims at once, in the claims' order."""

from __future__ import annotations

from datetime import date

import pytest

from chain.errors import ClaimsInvalid
from chain.validity import Validity
from tests.chain.small_type import CLAIMS, small

TYPE = small()


def faults(**claims: object) -> list[str]:
    with pytest.raises(ClaimsInvalid) as caught:
        TYPE.validate({**CLAIMS, **claims})
    return [str(fault) for fault in caught.value.faults]


def test_good_claims_are_stored_in_the_types_order() -> None:
    backwards = dict(reversed(CLAIMS.items()))
    stored = TYPE.validate(backwards)
    assert stored == CLAIMS
    assert list(stored) == list(CLAIMS)


def test_every_fault_is_told_in_the_types_order_strangers_first() -> None:
    assert faults(prose="x" * 101, strange=1, number="a-1", name=None, choice="c", amount=5, people=[]) == [
        "claims: got the claim «strange», wanted claims of this type",
        "number: got «a-1», wanted one such as A-1",
        "name: got nothing, wanted a value such as 演示公司",
        "amount: got a number, wanted a JSON string",
        "choice: got «c», wanted one of a (甲种), b (演示)",
        "people: got a list of 0 entries, wanted at least 1 entries",
        "prose: got 101 characters, wanted at most 100 characters",
    ]


@pytest.mark.parametrize(
    ("claim", "value", "fault"),
    [
        ("name", "", "got an empty text, wanted at least 1 characters"),
        ("name", [], "got a list or object, wanted a JSON string"),
        ("name", True, "got true or false, wanted a JSON string"),
        ("number", "A", "got «A», wanted at least 2 characters"),
        ("people", ["甲", "甲"], "got a list of 2 entries, wanted each entry once"),
        ("people", ["甲", "乙", "丙", "丁"], "got a list of 4 entries, wanted at most 3 entries"),
        ("people", ["甲", None], "got nothing, wanted a JSON string"),
        ("people", [""], "got an empty text, wanted at least 1 characters"),
    ],
)
def test_violations_of_the_schema_are_told_in_words(claim: str, value: object, fault: str) -> None:
    assert f"{claim}: {fault}" in faults(**{claim: value})


def test_rule_between_claims_is_told_as_the_schema_has_it() -> None:
    assert faults(things=None) == [
        "claims: got a list or object, wanted dependentRequired «{'prose': ['things']}»",
    ]


def test_text_is_stored_in_one_normalisation_form() -> None:
    stored = TYPE.validate({**CLAIMS, "name": "Cafe\u0301", "people": ["Rene\u0301"]})
    assert stored["name"] == "Caf\u00e9"
    assert stored["people"] == ["Ren\u00e9"]


def test_claim_that_follows_from_another_is_filled_in_but_may_not_differ() -> None:
    assert TYPE.validate({**CLAIMS, "card": None}) == CLAIMS
    assert faults(card="T152525180001010017") == [
        "card: got «T152525********0017», wanted «T150121********000X», which follows from the rest"
    ]


def test_claim_that_follows_from_a_faulty_one_has_no_fault_of_its_own() -> None:
    claims = {key: value for key, value in CLAIMS.items() if key != "card"}
    for person in (None, 7, "150121180001010000"):
        with pytest.raises(ClaimsInvalid) as caught:
            TYPE.validate(claims | {"person": person})
        assert [fault.claim for fault in caught.value.faults] == ["person"]


def test_resident_numbers_are_told_masked_whatever_is_wrong_with_them() -> None:
    for wrong in ("150121199001011234", "15012119900101123", "15012119900101123456"):
        for claims in ({"person": wrong, "card": None}, {"card": wrong}):
            assert "19900101" not in " ".join(faults(**claims))


def test_last_day_is_not_before_the_first() -> None:
    assert faults(last="2026-01-30") == ["last: got 2026-01-30, wanted 2026-01-31 or later: the first day of validity"]
    assert TYPE.validate({**CLAIMS, "last": "2026-01-31"})


def test_days_are_compared_only_where_both_are_days() -> None:
    assert faults(first="2026-99-99", last="2026-01-30") == [
        "first: got «2026-99-99», wanted a day such as 2026-01-31, 1900 to 2199"
    ]


ISSUED = date(2024, 2, 29)


@pytest.mark.parametrize(
    ("rule", "validity"),
    [
        ({}, Validity(ISSUED, None)),
        ({"years": 3}, Validity(ISSUED, date(2027, 2, 28))),
        ({"years": 4}, Validity(ISSUED, date(2028, 2, 28))),
        ({"first": "first"}, Validity(date(2026, 1, 31), None)),
        ({"first": "first", "years": 5}, Validity(date(2026, 1, 31), date(2031, 1, 30))),
        ({"first": "first", "last": "last"}, Validity(date(2026, 1, 31), date(2027, 1, 30))),
        ({"last": "last"}, Validity(ISSUED, date(2027, 1, 30))),
    ],
)
def test_days_of_validity_follow_from_the_types_rule(rule: dict[str, str], validity: Validity) -> None:
    certificate_type = small(validity=rule)
    assert certificate_type.validity(certificate_type.validate(CLAIMS), ISSUED) == validity


def test_without_the_claim_of_the_last_day_a_certificate_is_open_ended() -> None:
    claims = TYPE.validate({**CLAIMS, "last": None})
    assert TYPE.validity(claims, ISSUED) == Validity(date(2026, 1, 31), None)


def test_type_that_has_no_such_claim_says_so() -> None:
    with pytest.raises(KeyError, match="unheard_of"):
        TYPE.claim("unheard_of")

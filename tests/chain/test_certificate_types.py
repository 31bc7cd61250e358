"""The eleven types that come with this software, and the demo's tables, every row of them."""

from __future__ import annotations

import csv
import json
from collections import Counter
from dataclasses import replace
from datetime import date
from hashlib import sha256
from pathlib import Path

import pytest

from chain import certificate_types
from chain.certificate_types import LANGUAGES, CertificateType, Kind, Mask, by_identifier, by_number, shipped
from chain.errors import CertificateTypeInvalid, ClaimsInvalid, IdentifierInvalid
from chain.events import Track
from chain.identifiers import parse_resident_number
from chain.type_file import EVERY_TYPES, MAX_CARRIED_BYTES, STATUS_WORDS

ROOT = Path(__file__).parents[2]
IDENTIFIERS = [
    "business-licence",
    "food-operation-permit",
    "construction-safety-licence",
    "construction-special-operator",
    "special-operation-certificate",
    "real-estate-title",
    "public-institution-certificate",
    "rural-collective-registration",
    "grant-decision",
    "payment-voucher",
    "inspection-record",
]
ALL = pytest.mark.parametrize("identifier", IDENTIFIERS)
DEMO = IDENTIFIERS[:8]
"""The demo issues licences; what follows money and inspections comes with the software all the same."""


def example(certificate_type: CertificateType) -> dict[str, str]:
    return {claim.key: claim.example for claim in certificate_type.columns}


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def test_eleven_types_are_shipped_in_the_registrys_order() -> None:
    assert [certificate_type.identifier for certificate_type in shipped()] == IDENTIFIERS
    assert [(certificate_type.number, certificate_type.version) for certificate_type in shipped()] == [
        (number, 1) for number in range(1, 12)
    ]
    assert len({certificate_type.credential_type for certificate_type in shipped()}) == 11
    assert len(set(shipped())) == 11


def test_types_are_found_by_identifier_and_by_number() -> None:
    assert by_identifier("real-estate-title") is by_number(6, 1) is shipped()[5]
    with pytest.raises(CertificateTypeInvalid, match=r"got the certificate type 'passport', wanted one of business-"):
        by_identifier("passport")
    with pytest.raises(CertificateTypeInvalid, match="got the certificate type 1 v2, wanted one of 1 v1, 2 v1"):
        by_number(1, 2)


@ALL
def test_digest_is_of_the_files_bytes(identifier: str) -> None:
    data = (Path(certificate_types.__file__).with_suffix("") / f"{identifier}.json").read_bytes()
    certificate_type = by_identifier(identifier)
    assert certificate_type.digest == sha256(data).digest()
    assert certificate_type.digest_sri.startswith("sha256-")
    assert certificate_types.parse(data) == certificate_type


@ALL
def test_everything_is_said_in_both_languages(identifier: str) -> None:
    certificate_type = by_identifier(identifier)
    words = [certificate_type.names, *certificate_type.status_words.values()]
    for claim in certificate_type.claims:
        words += [claim.labels, claim.help, *(choice.labels for choice in claim.choices)]
    assert all(set(said) == set(LANGUAGES) and all(said.values()) for said in words)
    assert set(certificate_type.status_words) == set(Track)


@ALL
def test_codes_have_room_for_the_facts_and_holder_names_of_40_characters(identifier: str) -> None:
    certificate_type = by_identifier(identifier)
    holder = certificate_type.claim(certificate_type.holder_name_claim)
    assert holder.fact
    assert holder.fact_max_length >= 40
    assert 2 <= len(certificate_type.fact_claims) <= 4
    carried = [*certificate_type.fact_claims, certificate_type.claim(certificate_type.number_claim)]
    assert sum(claim.fact_max_bytes for claim in carried) <= MAX_CARRIED_BYTES
    # The number and the validity are in every code anyway.
    days = {certificate_type.validity_rule.first, certificate_type.validity_rule.last}
    assert not {claim.key for claim in certificate_type.fact_claims} & {certificate_type.number_claim, *days}


@ALL
def test_example_of_each_type_can_be_issued_and_shown(identifier: str) -> None:
    certificate_type = by_identifier(identifier)
    claims, faults = certificate_type.from_row(example(certificate_type))
    assert faults == ()
    assert certificate_type.validate(claims) == claims
    assert list(claims) == [claim.key for claim in certificate_type.claims if claim.key in claims]
    assert all(isinstance(fact, str) and fact for fact in certificate_type.facts(claims))
    assert certificate_type.validity(claims, date(2026, 1, 31)).first_day.year == 2026
    for key, value in claims.items():
        assert all(certificate_type.display(key, value, language) for language in LANGUAGES)


@ALL
def test_labels_do_as_well_as_keys_in_either_language(identifier: str) -> None:
    certificate_type = by_identifier(identifier)
    for language in LANGUAGES:
        row = {f" {claim.labels[language].upper()} ": claim.example for claim in certificate_type.columns}
        assert certificate_type.from_row(row) == certificate_type.from_row(example(certificate_type))


@ALL
def test_resident_numbers_are_masked_in_codes_and_for_third_parties(identifier: str) -> None:
    certificate_type = by_identifier(identifier)
    claims, _ = certificate_type.from_row(example(certificate_type))
    shown = " ".join(filter(None, (*certificate_type.facts(claims), *certificate_type.masked(claims).values())))
    assert "15012118000101000X" not in shown
    for claim in certificate_type.claims:
        if claim.kind is Kind.RESIDENT_NUMBER:
            assert claim.mask is Mask.RESIDENT_NUMBER
            assert not claim.always


@ALL
def test_number_and_holder_are_always_shown(identifier: str) -> None:
    certificate_type = by_identifier(identifier)
    assert certificate_type.claim(certificate_type.number_claim).always
    assert certificate_type.claim(certificate_type.holder_name_claim).always
    assert certificate_type.claim("certificateIdentifier").always


@ALL
def test_identifier_is_the_issuers_to_assign(identifier: str) -> None:
    certificate_type = by_identifier(identifier)
    assert "certificateIdentifier" not in {claim.key for claim in certificate_type.columns}
    claims, _ = certificate_type.from_row(example(certificate_type))
    good = "1.2.156.3005.2.11100000000013338W050.11150100X00000027D.2026000001.001.G"
    assert certificate_type.validate(claims | {"certificateIdentifier": good})["certificateIdentifier"] == good
    with pytest.raises(ClaimsInvalid, match=r"certificateIdentifier: got .* wanted G at the end"):
        certificate_type.validate(claims | {"certificateIdentifier": good[:-1] + "H"})


def test_types_whose_national_code_is_not_known_say_so() -> None:
    national = {it.identifier: it.type_code for it in shipped() if it.has_national_code}
    assert national == {
        "construction-safety-licence": "11100000000013338W050",
        "construction-special-operator": "11100000000013338W032",
        "real-estate-title": "11100000MB03271699001",
    }
    assert all(len(it.type_code) == 21 for it in shipped())


def test_operator_sets_a_types_national_code() -> None:
    local = by_identifier("business-licence")
    national = local.with_type_code("11100000MB0341032Y001")
    assert national.has_national_code
    assert (national.digest, national.claims) == (local.digest, local.claims)
    with pytest.raises(IdentifierInvalid, match="wanted a credit code"):
        local.with_type_code("11100000MB0341032X001")


def test_status_is_told_in_the_types_own_words() -> None:
    def word(identifier: str, track: Track) -> str:
        return by_identifier(identifier).status_words[track]["zh-CN"]

    assert word("construction-safety-licence", Track.SUSPENSION) == "暂扣"
    assert word("construction-special-operator", Track.SUSPENSION) == "暂扣"
    assert word("business-licence", Track.RESCINDED) == "已撤销登记"
    assert word("real-estate-title", Track.CANCELLED) == "已注销登记"
    assert word("food-operation-permit", Track.REVOKED) == STATUS_WORDS[Track.REVOKED]["zh-CN"]


@pytest.mark.parametrize(
    ("identifier", "open_ended", "keeps_number", "months"),
    [
        ("business-licence", True, None, None),
        ("food-operation-permit", False, True, None),
        ("construction-safety-licence", False, True, None),
        ("special-operation-certificate", False, True, 36),
        ("real-estate-title", True, None, None),
        ("rural-collective-registration", True, None, None),
    ],
)
def test_validity_renewal_and_inspection_are_the_types_own(
    identifier: str, *, open_ended: bool, keeps_number: bool | None, months: int | None
) -> None:
    certificate_type = by_identifier(identifier)
    claims, _ = certificate_type.from_row(example(certificate_type))
    assert (certificate_type.validity(claims, date(2026, 1, 31)).last_day is None) == open_ended
    assert (certificate_type.renewal and certificate_type.renewal.keeps_number) == keeps_number
    assert certificate_type.inspection_months == months


def test_card_number_of_an_operator_follows_from_the_resident_number() -> None:
    """And is no certificate number: it would put the resident number into every code."""
    certificate_type = by_identifier("special-operation-certificate")
    row = example(certificate_type) | {"card_number": ""}
    claims, faults = certificate_type.from_row(row)
    assert faults == ()
    assert claims["card_number"] == "T15012118000101000X"
    assert certificate_type.masked(claims)["card_number"] == "T150121********000X"
    _, faults = certificate_type.from_row(row | {"card_number": "T152525180001010017"})
    assert [str(fault) for fault in faults] == [
        "card_number: got «T152525********0017», wanted «T150121********000X», which follows from the rest"
    ]


def test_other_operation_wants_a_description() -> None:
    certificate_type = by_identifier("construction-special-operator")
    row = example(certificate_type) | {"operation_category": "其他", "operation_description": ""}
    _, faults = certificate_type.from_row(row)
    assert [str(fault) for fault in faults] == [
        "operation_description: got nothing, wanted a value such as 桥式起重机司机"
    ]


def test_many_holders_are_cut_short_in_the_code_alone() -> None:
    certificate_type = by_identifier("real-estate-title")
    holders = [f"演示权利人{number}号" for number in range(1, 13)]
    claims, faults = certificate_type.from_row(example(certificate_type) | {"holders": "；".join(holders)})
    assert faults == ()
    assert claims["holders"] == holders
    fact = certificate_type.facts(claims)[0]
    assert fact == "演示权利人1号、演示权利人2号、演示权利人3号、演示权利人4号等12人"
    assert certificate_type.display("holders", holders[:2], "en") == "演示权利人1号; 演示权利人2号"


def test_food_permit_is_valid_for_five_years_at_most() -> None:
    certificate_type = by_identifier("food-operation-permit")
    row = example(certificate_type)
    _, faults = certificate_type.from_row(row | {"issue_date": "2026-01-31", "valid_until": "2106-01-30"})
    assert [str(fault) for fault in faults] == [
        "valid_until: got 2106-01-30, wanted at most 2031-01-31: 5 years after 2026-01-31"
    ]
    _, faults = certificate_type.from_row(row | {"issue_date": "2026-01-31", "valid_until": "2021-01-30"})
    assert [str(fault) for fault in faults] == [
        "valid_until: got 2021-01-30, wanted 2026-01-31 or later: the first day of validity"
    ]


@pytest.mark.parametrize(
    ("identifier", "citing"),
    [
        ("grant-decision", ["cites"]),
        ("payment-voucher", ["decision", "cites"]),
        ("inspection-record", ["cites"]),
    ],
)
def test_citations_of_money_and_inspections_are_leaves_that_are_always_shown(
    identifier: str, citing: list[str]
) -> None:
    certificate_type = by_identifier(identifier)
    claims = [claim for claim in certificate_type.claims if claim.cites]
    assert [claim.key for claim in claims] == citing
    assert all(claim.always for claim in claims)


def test_licences_cite_others_in_one_same_claim_that_may_be_left_out() -> None:
    """Each file stands alone, for its digest is what the registry lists; so the claim stands in each of them."""
    told = [json.loads(file) for file in certificate_types.shipped_files()]
    forms = {
        json.dumps([claim, file["schema"]["properties"]["cites"]], sort_keys=True)
        for file in told
        if file["identifier"] in DEMO
        for claim in file["claims"]
        if claim["key"] == "cites"
    }
    assert len(forms) == 1
    decision = by_identifier("grant-decision").claim("cites")
    for certificate_type in map(by_identifier, DEMO):
        (claim,) = (claim for claim in certificate_type.claims if claim.cites)
        # Not always shown, so that what cites nothing says nothing of it.
        assert replace(claim, always=True) == decision
        assert not claim.required
        assert not claim.always


@ALL
def test_each_type_takes_citations_from_a_table_and_refuses_what_is_no_leaf(identifier: str) -> None:
    certificate_type = by_identifier(identifier)
    leaves = ["1" * 64, "2" * 64]
    claims, faults = certificate_type.from_row(example(certificate_type) | {"cites": "、".join(leaves)})
    assert (claims["cites"], faults) == (leaves, ())
    _, faults = certificate_type.from_row(example(certificate_type) | {"cites": "0x" + "1" * 62})
    assert {fault.claim for fault in faults} == {"cites"}


def test_statuses_are_those_that_the_types_law_knows() -> None:
    known = {each.identifier: each.statuses for each in shipped()}
    assert all(set(EVERY_TYPES) <= statuses for statuses in known.values())
    assert known["inspection-record"] == set(EVERY_TYPES)
    assert known["food-operation-permit"] == set(Track)
    # Registrations are no permits: nothing is withdrawn from who registered.
    assert Track.WITHDRAWN not in known["business-licence"] | known["real-estate-title"]
    assert all((Track.RENEWAL_PENDING in each.statuses) == (each.renewal is not None) for each in shipped())


@pytest.mark.parametrize("cell", ["0x" + 64 * "a", 64 * "A", 63 * "a", "NUMB-ER00-0000-0000"])
def test_citation_that_is_no_leaf_is_refused(cell: str) -> None:
    certificate_type = by_identifier("payment-voucher")
    _, faults = certificate_type.from_row(example(certificate_type) | {"decision": cell})
    assert {fault.claim for fault in faults} == {"decision"}


# The demo


@pytest.mark.parametrize("identifier", DEMO)
def test_every_row_of_the_demo_can_be_issued(identifier: str) -> None:
    certificate_type = by_identifier(identifier)
    table = rows(ROOT / "demo" / f"{identifier}.csv")
    assert len(table) == 25
    numbers = Counter()
    for place, row in enumerate(table, 2):
        claims, faults = certificate_type.from_row(row)
        assert faults == (), f"row {place}"
        numbers[claims[certificate_type.number_claim]] += 1
    assert set(numbers.values()) == {1}


def test_the_demo_has_past_present_future_and_endless_certificates_of_nobody() -> None:
    past = future = endless = 0
    for certificate_type in map(by_identifier, DEMO):
        for row in rows(ROOT / "demo" / f"{certificate_type.identifier}.csv"):
            claims, _ = certificate_type.from_row(row)
            days = certificate_type.validity(claims, date(2026, 1, 1))
            past += days.last_day is not None and days.last_day < date(2026, 1, 1)
            future += days.first_day >= date(2027, 1, 1)
            endless += days.last_day is None
            for claim in certificate_type.claims:
                if claim.kind is Kind.RESIDENT_NUMBER:
                    assert parse_resident_number(str(claims[claim.key])).born < date(1851, 1, 1)
            if certificate_type.holder_code_type == "001":
                assert "演示" in str(claims[certificate_type.holder_name_claim])
    assert past >= 10
    assert future >= 1
    assert endless == 75


BAD = {
    2: {"number": "one such as JY1"},
    3: {"credit_code": "the last character of this one should be"},
    4: {"credit_code": "all of its digits, typed anew in a column formatted as text"},
    5: {"valid_until": "the year first, with four digits"},
    6: {"issue_date": "which is not in the calendar", "valid_until": "wanted a value such as"},
    7: {"operator_name": "ZERO WIDTH SPACE"},
    8: {"operator_name": "the dot of names"},
    9: {"operator_name": "at most 40 characters"},
    10: {"business_form": "one of sales (食品销售经营者), catering (餐饮服务经营者), canteen"},
    11: {"operator_name": "formula", "legal_representative": "formula", "hotline": "an empty cell"},
    12: {
        "number": "wanted a value",
        "operator_name": "wanted a value",
        "credit_code": "wanted a value",
        "items": "wanted a value",
    },
    13: {"valid_until": "2024-03-11 or later"},
    14: {"issue_date": "a spreadsheet's own number for a day"},
    15: {"valid_until": "at most 2029-03-11"},
    16: {"items": "each entry once"},
    17: {"hotline": "one such as 12315"},
    18: {"legal_representative": "the character 玉", "address": "a private character"},
    19: {"issue_date": "the year first", "valid_until": "the year first"},
    20: {},
}


def test_every_fault_of_a_bad_table_is_told_at_once() -> None:
    certificate_type = by_identifier("food-operation-permit")
    table = rows(ROOT / "demo" / "bad" / "food-operation-permit.csv")
    assert len(table) == len(BAD)
    for place, row in enumerate(table, 2):
        _, faults = certificate_type.from_row(row)
        assert [fault.claim for fault in faults] == list(BAD[place]), (place, faults)
        for fault, words in zip(faults, BAD[place].values(), strict=True):
            assert words in str(fault)

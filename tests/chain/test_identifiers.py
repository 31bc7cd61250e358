"""Identifiers: values seen in public systems, values made up for tests, and every way to mistype one."""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum.cn import ric, uscc  # type: ignore[import-untyped]
from stdnum.iso7064 import mod_37_36  # type: ignore[import-untyped]

from chain.errors import IdentifierInvalid
from chain.identifiers import (
    ROOT,
    CreditCode,
    certificate_identifier,
    check_type_code,
    mask_resident_number,
    parse_certificate_identifier,
    parse_credit_code,
    parse_resident_number,
)

PUBLIC_BODIES = [
    "91110000600037341L",
    "11100000000013338W",
    "11100000MB0341032Y",
    "11100000MB03271699",
    "12110000400777687U",
    "11430000006122244L",
    "91460100MA5THWMM2J",
    "914600007477761066",
]
SYNTHETIC = ["11150100X00000027D", "12150203X00000035M", "91150102MA0XXXX156"]
COLLECTIVE = "N2150122MF0XXXX21K"

# Seen in public systems; the root OID stands before each.
CERTIFICATES = [
    "11100000000013338W009.11330105002500287C.2025052201.002.0",
    "11100000000013338W011.11430000006122244L.20230000403.001.U",
    "11100000000013338W011.11430000006122244L.20230000403.002.S",
    "11100000000013338W032.11220000013544541J.2430599.001.F",
    "11100000000013338W087.11370800MB28559184.37080001202411010001.001.3",
    "11100000000013338W050.11150100X00000027D.2026000001.001.G",
    "11100000000013338W050.11150100X00000027D.2026000001.002.E",
    "11100000000013338W032.11150100X00000027D.2026000017.001.4",
    "11100000MB03271699001.11150100X00000027D.150100000000123.001.9",
]
FIRST = f"{ROOT}.{CERTIFICATES[5]}"
RESIDENTS = [
    "15012118000101000X",
    "152525180001010017",
    "152221180012310021",
    "152921180006150031",
    "11010519491231002X",
    *(f"150121180001010{tail}" for tail in ["050", "181", "042", "093", "034", "085", "026", "077", "018", "069"]),
]


# Credit codes


@pytest.mark.parametrize("code", [*PUBLIC_BODIES, *SYNTHETIC, COLLECTIVE])
def test_credit_codes_are_read_without_warning(code: str) -> None:
    assert parse_credit_code(code) == CreditCode(code, ())
    assert str(parse_credit_code(code)) == code


def test_credit_code_knows_where_it_was_registered() -> None:
    assert parse_credit_code("91150102MA0XXXX156").division == "150102"


def test_collective_of_a_gacha_has_a_credit_code_though_stdnum_refuses_it() -> None:
    assert not uscc.is_valid(COLLECTIVE)
    assert parse_credit_code(COLLECTIVE).text == COLLECTIVE


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("91110000600037341I", "'I' in it"),
        ("911100006000373410", "should be L"),
        ("9111000060003734L", "of 17 characters"),
        ("A1110000600037341L", "should be"),
        ("91110000600037341l", "no small letters"),
        (" 91110000 600037341L", "of 20 characters"),
        ("９1110000600037341L", "'９' in it"),
        ("9111A000600037341L", "without digits for the place"),
        ("", "of 0 characters"),
        ("91110000600037341L\n", "of 19 characters"),
    ],
)
def test_wrong_credit_codes_are_refused_and_never_folded(code: str, fault: str) -> None:
    with pytest.raises(IdentifierInvalid, match=f"got .*{re.escape(fault)}"):
        parse_credit_code(code)


def test_wrong_organisation_code_within_a_credit_code_is_a_warning() -> None:
    """Its ninth character is no GB 11714 check, but the whole has been given out and its own check is right."""
    code = _with_check("91150102MA0XXXX25")
    assert parse_credit_code(code).warnings == ("the organisation code in it, MA0XXXX25, should end in 3 (GB 11714)",)


@pytest.mark.parametrize("start", ["99", "N9", "A1", "Y1"])
def test_every_department_of_the_standard_may_register(start: str) -> None:
    code = _with_check(start + "150102MA0XXXX15")
    assert parse_credit_code(code).warnings == ()


@pytest.mark.parametrize("start", ["94", "Y2", "B1"])
def test_unknown_kind_of_organisation_is_a_warning(start: str) -> None:
    code = _with_check(start + "150102MA0XXXX15")
    assert parse_credit_code(code).warnings == (f"no organisation is registered as {start}",)


@given(st.from_regex(r"[1-9][0-9]{7}[0-9A-HJ-NPQRTUWXY]{9}", fullmatch=True))
@settings(max_examples=100)
def test_check_characters_are_those_of_stdnum(body: str) -> None:
    assert parse_credit_code(body + uscc.calc_check_digit(body)).text[:17] == body


@given(
    st.sampled_from([*PUBLIC_BODIES, COLLECTIVE]),
    st.integers(0, 17),
    st.sampled_from("0123456789ABCDEFGHJKLMNPQRTUWXY"),
)
@settings(max_examples=100)
def test_one_mistyped_character_of_a_credit_code_is_noticed(code: str, place: int, other: str) -> None:
    mistyped = code[:place] + other + code[place + 1 :]
    if mistyped != code:
        with pytest.raises(IdentifierInvalid):
            parse_credit_code(mistyped)


# Certificate identifiers


@pytest.mark.parametrize("text", CERTIFICATES)
def test_certificate_identifiers_are_read_and_made_again(text: str) -> None:
    identifier = parse_certificate_identifier(f"{ROOT}.{text}")
    assert identifier.warnings == ()
    assert str(identifier) == f"{ROOT}.{text}"
    made = certificate_identifier(identifier.type_code, identifier.issuer_code, identifier.serial, identifier.version)
    assert made == identifier


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("11100000000013661B006.113700000045046442.209FA4E88F9E4C878F3E9BED2CE7EA49.001.M", "D at the end"),
        ("062301.1101101102.0624_001.001.U", "wanted a credit code"),
        ("11100000000013338W050.11150100X00000027D.2026000001.002.G", "E at the end"),
        ("11100000000013338W050.11150200X00000027D.2026000001.001.G", "last character of this one should be"),
        ("11100000000013338W050.11150100X00000027D.2026000010.001.G", "at the end"),
        ("11100000000013338W050.11150100X00000027D.2026000001.001.H", "G at the end"),
        ("11100000000013338w050.11150100x00000027d.2026000001.001.g", "no small letters"),
        ("11100000000013338W050.11150100X00000027D.2026000001.000.G", "wanted 001 to 999"),
        ("11100000000013338W050.11150100X00000027D.2026000001.1.G", "wanted 001 to 999"),
        ("11100000000013338W050.11150100X00000027D..001.G", "digits and capital letters"),
        (f"11100000000013338W050.11150100X00000027D.{'0' * 65}.001.G", "digits and capital letters"),
        ("11100000000013338W05.11150100X00000027D.2026000001.001.G", "then three digits"),
        ("11100000000013338W050.11150100X00000027D.2026000001.001", "<check>"),
        ("11100000000013338W050.11150100X00000027D.2026000001.001.", "G at the end"),
        ("11100000000013338W050.11150100X00000027D.2026000001.001.G.G", "<check>"),
    ],
)
def test_wrong_certificate_identifiers_are_refused(text: str, fault: str) -> None:
    with pytest.raises(IdentifierInvalid, match=re.escape(fault)):
        parse_certificate_identifier(f"{ROOT}.{text}")


def test_certificate_identifier_without_the_root_is_refused() -> None:
    with pytest.raises(IdentifierInvalid, match=r"wanted 1\.2\.156\.3005\.2\.<type>"):
        parse_certificate_identifier(CERTIFICATES[0])


def test_division_as_issuer_is_read_with_a_warning_but_never_made() -> None:
    identifier = parse_certificate_identifier(f"{ROOT}.11100000MB03271699022.340100.000000016.001.9")
    assert identifier.warnings == (
        "the issuer 340100 is a division's code; the standard wants an agency's credit code",
    )
    with pytest.raises(IdentifierInvalid, match="wanted a credit code"):
        identifier.next_version()


def test_renewal_keeps_the_lineage_and_raises_the_version() -> None:
    first = parse_certificate_identifier(FIRST)
    second = first.next_version()
    assert str(second) == f"{ROOT}.{CERTIFICATES[6]}"
    assert second.lineage == first.lineage == f"{ROOT}.11100000000013338W050.11150100X00000027D.2026000001"


def test_there_is_no_version_beyond_999() -> None:
    last = certificate_identifier("11100000000013338W050", "11150100X00000027D", "1", 999)
    with pytest.raises(IdentifierInvalid, match="«1000», wanted 001 to 999"):
        last.next_version()


@pytest.mark.parametrize("version", [0, -1])
def test_versions_begin_at_1(version: int) -> None:
    with pytest.raises(IdentifierInvalid, match="wanted 001 to 999"):
        certificate_identifier("11100000000013338W050", "11150100X00000027D", "1", version)


def test_local_placeholder_makes_no_national_identifier() -> None:
    with pytest.raises(IdentifierInvalid, match="wanted a credit code"):
        certificate_identifier("LOCAL-FOOD-PERMIT-002", "11150100X00000027D", "1", 1)
    with pytest.raises(IdentifierInvalid, match="then three digits"):
        check_type_code("LOCAL")


@given(st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=1, max_size=40), st.integers(1, 999))
@settings(max_examples=60)
def test_check_characters_are_those_of_iso_7064(serial: str, version: int) -> None:
    identifier = certificate_identifier("11100000000013338W050", "11150100X00000027D", serial, version)
    assert identifier.check == mod_37_36.calc_check_digit(
        f"11100000000013338W05011150100X00000027D{serial}{version:03}"
    )
    assert parse_certificate_identifier(str(identifier)) == identifier


@given(st.integers(0, len("2026000001.001.G") - 1), st.sampled_from("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
@settings(max_examples=60)
def test_one_mistyped_character_of_an_identifier_is_noticed(place: int, other: str) -> None:
    place += FIRST.index("2026000001")
    mistyped = FIRST[:place] + other + FIRST[place + 1 :]
    if mistyped != FIRST:
        with pytest.raises(IdentifierInvalid):
            parse_certificate_identifier(mistyped)


# Resident numbers


@pytest.mark.parametrize("number", RESIDENTS)
def test_resident_numbers_are_read_with_every_check_character(number: str) -> None:
    resident = parse_resident_number(number)
    assert (resident.text, resident.warnings) == (number, ())
    assert resident.born == date.fromisoformat(number[6:14])
    assert number[6:14] not in f"{resident} {resident.masked}"


@pytest.mark.parametrize(
    ("number", "fault"),
    [
        ("150121180001010000", "a spreadsheet keeps only 15 digits"),
        ("150121180001010051", "whose last character fits"),
        ("15012118000132000X", "a day of the calendar"),
        ("15012118000001000X", "a day of the calendar"),
        ("15012100000101000X", "a day of the calendar"),
        ("15012118000101000", "got 17 characters"),
        ("15012118000101000x", "a small x at the end"),
        ("15O12118000101000X", "other characters than digits"),
        ("１50121180001010050", "other characters than digits"),
    ],
)
def test_wrong_resident_numbers_are_refused_without_being_told_whole(number: str, fault: str) -> None:
    with pytest.raises(IdentifierInvalid, match=fault) as caught:
        parse_resident_number(number)
    assert number[6:14] not in str(caught.value)


def test_unknown_province_is_a_warning() -> None:
    number = _with_resident_check("99000018000101000")
    assert parse_resident_number(number).warnings == ("no province has the number 99",)


@given(st.dates(date(1800, 1, 1), date(1899, 12, 31)), st.integers(0, 999))
@settings(max_examples=60)
def test_resident_numbers_are_checked_as_stdnum_does(born: date, sequence: int) -> None:
    body = f"150121{born:%Y%m%d}{sequence:03}"
    assert parse_resident_number(body + ric.calc_check_digit(body + "0")).born == born


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("15012118000101000X", "150121********000X"),
        ("T15012118000101000X", "T150121********000X"),
        ("1501211800010100", "****************"),
        ("", ""),
    ],
)
def test_mask_hides_birthday_and_sequence_or_all(text: str, masked: str) -> None:
    assert mask_resident_number(text) == masked


def test_resident_number_typed_where_a_credit_code_belongs_is_not_told_whole() -> None:
    with pytest.raises(IdentifierInvalid) as caught:
        parse_credit_code("152525190001010017")
    assert "19000101" not in str(caught.value)


def _with_check(body: str) -> str:
    """Find the check character of a credit code by trying."""
    for character in "0123456789ABCDEFGHJKLMNPQRTUWXY":
        try:
            return parse_credit_code(body + character).text
        except IdentifierInvalid:
            continue
    raise AssertionError(body)


def _with_resident_check(body: str) -> str:
    return next(body + check for check in "0123456789X" if ric.calc_check_digit(body + "0") == check)

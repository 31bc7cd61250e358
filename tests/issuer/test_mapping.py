"""Which column holds which claim: what is known, what is guessed, and what must be asked."""

from __future__ import annotations

import pytest

from chain.certificate_types import by_identifier, shipped
from issuer.errors import FileRefused
from issuer.spreadsheet import importing, mapping
from issuer.spreadsheet.mapping import How
from tests.issuer.offices import permits

PERMIT = by_identifier("food-operation-permit")


def how(*headers: str, chosen: dict[str, str] | None = None) -> list[tuple[str | None, How]]:
    return [(each.claim, each.how) for each in mapping.guess(headers, PERMIT, chosen=chosen).columns]


@pytest.mark.parametrize("language", ["", "zh-CN", "en"])
@pytest.mark.parametrize("kind", shipped(), ids=lambda kind: kind.identifier)
def test_every_type_knows_its_own_headers(kind, language) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    headers = [claim.labels[language] if language else claim.key for claim in kind.columns]
    guessed = mapping.guess(headers, kind)
    assert [each.claim for each in guessed.read] == [claim.key for claim in kind.columns]
    assert not guessed.open
    assert not mapping.faults(guessed, kind)


@pytest.mark.parametrize(
    "header",
    [
        "operator_name",
        "OPERATOR NAME",
        "经营者名称",
        " 经营者 名称* ",
        "经营者名称（必填）",
        "Ｏｐｅｒａｔｏｒ",
        "\ufeffoperator-name",
    ],
)
def test_case_width_space_and_asterisks_do_not_count(header: str) -> None:
    assert how(header) == [("operator_name", How.NAMED)]


@pytest.mark.parametrize(
    ("header", "claim"),
    [
        ("许可证号", "number"),
        ("信用代码", "credit_code"),
        ("法定代表人", "legal_representative"),
        ("Your permit number", "number"),
    ],
)
def test_name_that_is_close_is_guessed_but_not_taken(header: str, claim: str) -> None:
    (column,) = mapping.guess([header], PERMIT).columns
    assert (column.claim, column.how, column.candidates[0]) == (claim, How.GUESSED, claim)
    assert not mapping.guess([header], PERMIT).read


def test_name_that_is_like_nothing_stays_unknown() -> None:
    assert how("备注", "法人") == [(None, How.UNKNOWN), (None, How.UNKNOWN)]


def test_name_that_is_like_several_is_told_with_all_of_them() -> None:
    kind = by_identifier("construction-special-operator")
    (column,) = mapping.guess(["发证日"], kind).columns
    assert column.how in {How.GUESSED, How.UNCLEAR}
    (column,) = mapping.guess(["operation"], kind).columns
    assert (column.claim, column.how) == (None, How.UNCLEAR)
    assert set(column.candidates) == {"operation_category", "operation_description"}


def test_two_columns_that_are_like_the_same_claim_are_both_asked_about() -> None:
    assert how("许可证号", "许可证编码") == [(None, How.UNCLEAR), (None, How.UNCLEAR)]


def test_claim_that_has_a_column_is_not_guessed_for_another() -> None:
    assert how("许可证编号", "许可证号") == [("number", How.NAMED), (None, How.UNKNOWN)]


def test_second_column_for_a_claim_is_unclear() -> None:
    assert how("number", "许可证编号") == [("number", How.NAMED), (None, How.UNCLEAR)]


def test_what_a_clerk_says_goes_before_names() -> None:
    assert how("编号", "许可证编号", "备注", chosen={"编号 ": "number", "备注": mapping.SKIP}) == [
        ("number", How.CHOSEN),
        (None, How.UNCLEAR),
        (None, How.SKIPPED),
    ]


def test_choices_are_remembered_for_the_next_file() -> None:
    chosen = {"编号": "number", "备注": mapping.SKIP, "本文件没有的": "address"}
    remembered = mapping.guess(["编号", "备注", "hotline"], PERMIT, chosen=chosen).choices
    assert remembered == {"编号": "number", "备注": mapping.SKIP}
    assert how(" 编 号", chosen=remembered) == [("number", How.CHOSEN)]


def test_choice_of_a_claim_that_the_type_does_not_have_is_nobodys() -> None:
    assert how("许可证编号", chosen={"许可证编号": "surname"}) == [("number", How.NAMED)]


def test_column_with_errors_is_not_read() -> None:
    assert how(*mapping.ERROR_HEADERS, "") == [(None, How.SKIPPED), (None, How.SKIPPED)]


def test_guess_is_offered_in_the_refusal() -> None:
    with pytest.raises(FileRefused) as refused:
        importing.read(permits(1).replace(b"credit_code", "信用代码".encode(), 1), PERMIT)
    guessed, missing = refused.value.faults
    assert (guessed.row, guessed.column) == (1, "信用代码")
    assert "perhaps credit_code (统一社会信用代码)" in guessed.wanted
    assert missing.column == "credit_code"


def test_table_is_read_as_a_clerk_says() -> None:
    data = permits(1).replace(b"credit_code", "信用代码".encode(), 1).replace(b"hotline", "备注".encode(), 1)
    judged = importing.judge(data, PERMIT, chosen={"信用代码": "credit_code", "备注": mapping.SKIP})
    (row,) = judged.good
    assert row.claims["credit_code"] == "91150102MA0XXXX156"
    assert "hotline" not in row.claims

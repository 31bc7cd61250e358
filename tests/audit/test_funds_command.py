"""`audit funds` as an auditor types it: grants, vouchers and citations on a chain of their own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.audit.treasury import VOUCHER
from tests.verifier.trust import settings_of
from verifier.cli import run
from verifier.wording import Language, message, say

if TYPE_CHECKING:
    from tests.audit.treasury import Treasury

LANGUAGES = pytest.mark.parametrize("lang", list(Language))


@pytest.fixture(autouse=True)
def _set_up(treasury: Treasury, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_of(treasury.deployed, treasury.folder, max_head_age_s=86_400)
    monkeypatch.delenv("YINXIN_SETTINGS", raising=False)
    for name, value in settings.model_dump(exclude_defaults=True).items():
        monkeypatch.setenv(f"YINXIN_{name.upper()}", str(value))


def told(files: list[str], capsys: pytest.CaptureFixture[str], code: int) -> dict[str, object]:
    """Run the command; returns its JSON."""
    assert run(["audit", "funds", *files, "--json"]) == code
    found = json.loads(capsys.readouterr().out)
    assert isinstance(found, dict)
    return found


def codes(found: dict[str, object]) -> list[tuple[str, str]]:
    findings = found["findings"]
    assert isinstance(findings, list)
    return [(each["grade"], each["code"]) for each in findings]


@LANGUAGES
def test_payments_up_to_the_last_fen_of_a_grant_are_within_it_and_stand_in_columns(
    treasury: Treasury, capsys: pytest.CaptureFixture[str], lang: Language
) -> None:
    assert run(["audit", "funds", *treasury.files("GD-1", "BF-1", "BF-2"), "--lang", lang]) == 0
    lines = capsys.readouterr().out.splitlines()
    amounts = [line[: line.index(" CNY") + 4] for line in lines if " CNY" in line]
    assert [line.split()[-2] for line in amounts] == ["400,000.00", "600,000.00", *["1,000,000.00"] * 2, "0.00"]
    assert any(line.split() == ["2026-03-01", "BF-1", yes(lang), "400,000.00", "CNY", payee()] for line in lines)
    for key in ("nothing_found", "result.within", "only_given"):
        assert say(message(f"audit.citation.{key}"), lang) in lines


def yes(lang: Language) -> str:
    return say(message("audit.citation.yes"), lang)


def payee() -> str:
    return next(claim.example for claim in VOUCHER.claims if claim.key == "payee_name")


def test_the_same_as_json(treasury: Treasury, capsys: pytest.CaptureFixture[str]) -> None:
    found = told(treasury.files("GD-1", "BF-1", "BF-2"), capsys, 0)
    assert (found["checked"], found["not_run"], found["not_checked"], found["findings"]) == (True, None, [], [])
    assert isinstance(found["grants"], list)
    (grant,) = found["grants"]
    assert (grant["granted"], grant["paid"], grant["left"], grant["over"]) == (
        "1000000.00 CNY",
        "1000000.00 CNY",
        "0.00 CNY",
        "0.00 CNY",
    )


def test_one_fen_beyond_the_grant_is_found(treasury: Treasury, capsys: pytest.CaptureFixture[str]) -> None:
    files = treasury.files("GD-1", "BF-1", "BF-2", "BF-3")
    assert codes(told(files, capsys, 1)) == [("FAULT", "grant_exceeded")]
    assert run(["audit", "funds", *files, "--lang", "zh-CN"]) == 1
    said = capsys.readouterr().out
    assert "批准1,000,000.00 CNY，已提交的3份凭证共拨付1,000,000.01 CNY；自凭证BF-3起超出" in said
    assert say(message("audit.citation.result.within"), Language.CHINESE) not in said


def test_a_voucher_under_a_decision_that_was_withdrawn_before_is_found(
    treasury: Treasury, capsys: pytest.CaptureFixture[str]
) -> None:
    assert codes(told(treasury.files("GD-2", "BF-9"), capsys, 1)) == [("FAULT", "cited_withdrawn")]


def test_a_decision_that_was_never_anchored_is_found(treasury: Treasury, capsys: pytest.CaptureFixture[str]) -> None:
    assert codes(told(treasury.files("BF-8"), capsys, 1)) == [("FAULT", "cited_not_found")]


@LANGUAGES
def test_a_voucher_without_its_decision_is_not_run_and_not_within(
    treasury: Treasury, capsys: pytest.CaptureFixture[str], lang: Language
) -> None:
    found = told(treasury.files("BF-1"), capsys, 3)
    assert codes(found) == [("REMARK", "cited_not_given"), ("REMARK", "voucher_not_held")]
    assert found["not_checked"] == ["voucher_not_held"]
    assert run(["audit", "funds", *treasury.files("BF-1"), "--lang", lang]) == 3
    said = capsys.readouterr().out
    assert say(message("audit.citation.result.not_run", count=1), lang) in said
    assert say(message("audit.citation.result.within"), lang) not in said


def test_a_document_that_cannot_be_read_is_not_run(treasury: Treasury, capsys: pytest.CaptureFixture[str]) -> None:
    (treasury.folder / "letter").write_text("a letter", encoding="utf-8")
    found = told(treasury.files("GD-1", "BF-1", "letter"), capsys, 3)
    assert found["not_checked"] == ["paper_unchecked"]


def test_a_code_does_not_show_what_its_voucher_cites(treasury: Treasury, capsys: pytest.CaptureFixture[str]) -> None:
    found = told(treasury.files("GD-1", "BF-1.code"), capsys, 3)
    assert found["not_checked"] == ["citations_withheld"]


def test_a_limited_copy_shows_enough_to_be_counted(treasury: Treasury, capsys: pytest.CaptureFixture[str]) -> None:
    found = told(treasury.files("GD-1", "BF-1.copy"), capsys, 0)
    assert isinstance(found["grants"], list)
    assert found["grants"][0]["paid"] == "400000.00 CNY"


def test_a_file_that_is_not_there_is_a_mistake_of_usage(treasury: Treasury, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["audit", "funds", *treasury.files("GD-1", "BF-77")]) == 2
    said = capsys.readouterr()
    assert "BF-77: No such file or directory, wanted a file" in said.err
    assert said.out == ""
    assert run(["audit", "funds"]) == 2


def test_an_altered_voucher_is_an_alarm(treasury: Treasury, capsys: pytest.CaptureFixture[str]) -> None:
    text = (treasury.folder / "BF-1").read_text(encoding="utf-8")
    head, rest = text.split(".", 1)
    payload, rest = rest.split(".", 1)
    other = (treasury.folder / "BF-2").read_text(encoding="utf-8").split(".")[2].split("~")[0]
    (treasury.folder / "forged").write_text(f"{head}.{payload}.{other}~{rest.split('~', 1)[1]}", encoding="utf-8")
    assert codes(told(treasury.files("GD-1", "forged"), capsys, 1)) == [("ALARM", "paper_not_genuine")]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("cut-off", "paper_key_cut_off"),
        ("expired", "paper_key_out_of_date"),
        ("unlisted", "paper_key_not_listed"),
    ],
)
def test_a_document_shows_what_the_chain_does_not_that_its_key_did_not_count(
    treasury: Treasury, capsys: pytest.CaptureFixture[str], name: str, code: str
) -> None:
    found = told(treasury.files("GD-1", name), capsys, 1)
    assert codes(found) == [("ALARM", code)]
    assert isinstance(found["grants"], list)
    assert found["grants"][0]["paid"] == "0.00 CNY"
    for lang in Language:
        assert run(["audit", "funds", *treasury.files("GD-1", name), "--lang", lang]) == 1
        assert "{" not in capsys.readouterr().out


def test_help_of_a_manifest_says_what_it_exits_with(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["audit", "manifest", "--help"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "1 if they differ, 2 for a usage mistake, and 3 if NOT RUN" in said


def test_help_of_a_witness_says_that_without_a_verifier_nobody_is_asked(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["witness", "once", "--help"]) == 0
    assert "Without --from it asks nobody" in " ".join(capsys.readouterr().out.split())


def test_help_says_what_it_exits_with(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["audit", "funds", "--help"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "3 if something could not be checked" in said

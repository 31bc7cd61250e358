"""From seven checks to one verdict."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from verifier.check.report import Check, CheckName, Outcome, Report, Subject, Verdict, verdict_of
from verifier.wording import Language, Message, keys, say, sentence

TABLE = json.loads((Path(__file__).parents[1] / "vectors" / "verdicts.json").read_text(encoding="utf-8"))
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def checks_of(vector: dict[str, list[dict[str, str]]]) -> tuple[Check, ...]:
    return tuple(
        Check(
            CheckName(check["name"]),
            Outcome(check["outcome"]),
            Message("check.form"),
            tuple(map(Verdict, check.get("reasons", ()))),
        )
        for check in vector["checks"]
    )


def report_of(checks: tuple[Check, ...]) -> Report:
    return Report(input="", checks=checks, subject=Subject(), on=NOW.date(), checked_at=NOW, register=None)


@pytest.mark.parametrize("vector", TABLE["vectors"], ids=[vector["name"] for vector in TABLE["vectors"]])
def test_the_verdict_is_the_first_that_applies(vector: dict[str, list[dict[str, str]]]) -> None:
    assert verdict_of(checks_of(vector)) == vector["verdict"]


def test_verdicts_stand_in_the_order_of_the_table() -> None:
    assert list(Verdict) == TABLE["order"]
    assert list(CheckName) == TABLE["checks"]
    assert {verdict: verdict.colour for verdict in Verdict} == TABLE["colours"]


def test_only_valid_is_green() -> None:
    assert [verdict for verdict in Verdict if verdict.colour == "green"] == [Verdict.VALID]


def test_a_report_has_no_truth_value() -> None:
    with pytest.raises(TypeError, match="no truth value"):
        bool(report_of(checks_of(TABLE["vectors"][0])))


def test_an_empty_report_is_not_valid() -> None:
    report = report_of(())
    assert report.verdict is Verdict.CANNOT_CHECK
    assert report.known_at is None
    assert report.block_age_s is None


@pytest.mark.parametrize("unproven", [CheckName.SIGNATURE, CheckName.INCLUSION, CheckName.ANCHORING])
def test_without_key_or_anchor_a_certificate_only_claims_what_it_says(unproven: CheckName) -> None:
    def ended(name: CheckName) -> Check:
        passes = name is not unproven and name is not CheckName.STATUS
        return Check(name, Outcome.PASSED if passes else Outcome.UNKNOWN, Message("check.no_form"))

    assert not report_of(tuple(map(ended, CheckName))).is_genuine
    whole = (
        Check(name, Outcome.PASSED, Message("check.no_form")) for name in CheckName if name is not CheckName.STATUS
    )
    assert report_of(tuple(whole)).is_genuine


def test_no_check_argues_for_valid() -> None:
    with pytest.raises(ValueError, match="argues for VALID"):
        Check(CheckName.FORM, Outcome.PASSED, Message("check.form"), (Verdict.VALID,))


def test_every_verdict_check_and_outcome_has_words_in_both_languages() -> None:
    wanted = {f"verdict.{verdict}" for verdict in Verdict} | {f"next.{verdict}" for verdict in Verdict}
    wanted |= {f"check.{name}" for name in CheckName} | {f"outcome.{outcome}" for outcome in Outcome}
    for language in Language:
        assert wanted <= keys(language)
    assert keys(Language.CHINESE) == keys(Language.ENGLISH)


def test_every_message_that_the_verifier_says_has_words() -> None:
    """Keys stand in the source as literals, so that they can be found."""
    source = "".join(path.read_text(encoding="utf-8") for path in Path("verifier").glob("**/*.py"))
    said = set(
        re.findall(
            r'"((?:form|signature|inclusion|anchoring|status|validity|document|registry|read|subject)\.[a-z_]+)"',
            source,
        )
    )
    assert said
    assert said <= keys(Language.ENGLISH)


def test_a_message_is_said_in_either_language() -> None:
    day = datetime(2026, 3, 30, 18, tzinfo=UTC)
    until = Message("verdict.EXPIRED", {"last": day.date()})
    assert say(until, Language.ENGLISH) == "Genuine, but expired on 30 March 2026"
    assert say(until, Language.CHINESE) == "证照真实，但已于2026年3月30日到期"
    recorded = Message("status.against", {"words": {"zh-CN": "吊销", "en": "Revoked"}, "since": day, "recorded": day})
    assert say(recorded, Language.CHINESE).startswith("吊销：自2026年3月31日 02:00起")
    assert say(recorded, Language.ENGLISH).startswith("Revoked since 31 March 2026 02:00")
    assert sentence("read.empty", Language.ENGLISH) == "The file is empty."

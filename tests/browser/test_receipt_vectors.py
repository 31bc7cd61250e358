"""The vectors of receipts, in Python and in JavaScript."""

from __future__ import annotations

import json
import shutil
import subprocess
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from chain import base64url
from chain.trust_list import TrustList
from tests.browser.evidence_tasks import load
from tests.vectors.making import receipts as making
from verifier.answer import heading
from verifier.check import receipt_check, receipts
from verifier.check.moments import moment
from verifier.uploads import reading
from verifier.wording import Language

if TYPE_CHECKING:
    from verifier.check.receipt_check import ReceiptReport

VECTORS = load("receipts")
SOURCE = Path("verifier/pages/check/index.js").resolve()
IN_NODE = """
import { readFileSync } from "node:fs";
import { asJson, makeBasis, checkOffline, readInput, verdictOf } from %s;
const { trust_list, now, receipts, refused } = JSON.parse(readFileSync(%s, "utf-8"));
const locales = %s.map((file) => JSON.parse(readFileSync(file, "utf-8")));
const when = new Date(now);
const basis = await makeBasis({ trust: new TextEncoder().encode(trust_list), pack: null, now: when, seen: null });
const answers = [];
for (const { receipt } of [...receipts, ...refused]) {
  const report = await checkOffline(readInput(receipt), basis, { now: when });
  const headings = ["zh-CN", "en"].map((language, place) => asJson(report, language, locales[place]).heading);
  answers.push({ verdict: verdictOf(report.checks), receipt: report.receipt ?? null, headings });
}
console.log(JSON.stringify(answers));
"""


def test_the_vectors_are_what_their_maker_makes() -> None:
    assert making.made() == VECTORS


@pytest.mark.parametrize("vector", VECTORS["receipts"], ids=lambda vector: vector["name"])
def test_python_believes_it(vector: dict[str, Any]) -> None:
    signed = receipts.parse(vector["receipt"])
    assert signed.receipt.payload() == vector["payload"]
    assert base64url.encode(signed.kid) == vector["kid"]
    assert verdict_by_python(vector["receipt"]) == "INCOMPLETE"


@pytest.mark.parametrize("vector", VECTORS["refused"], ids=lambda vector: vector["name"])
def test_python_refuses_it(vector: dict[str, Any]) -> None:
    assert verdict_by_python(vector["receipt"]) == vector["verdict"]


def test_javascript_says_the_same_of_all(tmp_path: Path) -> None:
    bundle, script = tmp_path / "check.mjs", tmp_path / "ask.mjs"
    esbuild = ("node_modules/.bin/esbuild", str(SOURCE), "--bundle", "--format=esm", "--log-level=warning")
    subprocess.run([*esbuild, f"--outfile={bundle}"], check=True)
    vectors = Path("tests/vectors/receipts.json").resolve()
    locales = [str(Path(f"verifier/locales/{language}.json").resolve()) for language in Language]
    script.write_text(IN_NODE % tuple(map(json.dumps, (str(bundle), str(vectors), locales))), encoding="utf-8")
    node = shutil.which("node")
    assert node is not None
    told = json.loads(subprocess.run([node, str(script)], check=True, capture_output=True, text=True).stdout)
    wanted = [
        *((each, "INCOMPLETE") for each in VECTORS["receipts"]),
        *((each, each["verdict"]) for each in VECTORS["refused"]),
    ]
    assert [answer["verdict"] for answer in told] == [verdict for _, verdict in wanted]
    for answer, (vector, verdict) in zip(told, wanted, strict=True):
        if verdict == "INCOMPLETE":
            assert answer["receipt"]["says"] == vector["payload"]
            report = report_by_python(vector["receipt"])
            assert answer["headings"] == [heading(report, language) for language in Language]
        believed = answer["receipt"] is not None and answer["receipt"]["believed"]
        assert believed is (verdict == "INCOMPLETE")


def test_the_page_calls_nothing_registered_that_is_not_settled(tmp_path: Path) -> None:
    checks = [{"name": name, "outcome": "PASSED"} for name in ("signature", "inclusion", "anchoring")]
    report = {"on": "2026-02-01", "anchored": {"at": "2026-03-02T09:00:00+08:00"}, "checks": checks}
    pending = [*checks[:2], {"name": "anchoring", "outcome": "FAILED"}]
    reports = [report, {**report, "checks": pending}, {**report, "on": "2026-03-02"}, {**report, "anchored": None}]
    script = tmp_path / "ask.mjs"
    showing = Path("verifier/pages/page/showing.js").resolve()
    told = f"import {{ registeredLater }} from {json.dumps(str(showing))};\n"
    script.write_text(f"{told}console.log(JSON.stringify({json.dumps(reports)}.map(registeredLater)));", "utf-8")
    node = shutil.which("node")
    assert node is not None
    answer = subprocess.run([node, str(script)], check=True, capture_output=True, text=True).stdout
    assert json.loads(answer) == ["2026-03-02", None, None, None]


def verdict_by_python(text: str) -> str:
    # What does not even look like one is read as a certificate, and is none.
    return str(report_by_python(text).verdict) if reading.read_text(text).receipts else "UNREADABLE"


def report_by_python(text: str) -> ReceiptReport:
    known = receipt_check.vouchers(trust=TrustList.parse(VECTORS["trust_list"].encode()))
    when = moment(None, datetime.fromisoformat(VECTORS["now"]))
    return receipt_check.report(reading.read_text(text), known, when, name="")

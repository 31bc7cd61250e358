"""JavaScript's check module, asked in Node.js and in Chromium, and held to what Python says."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from tests.browser.modules import in_a_page
from verifier.wording import Language, sentence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from playwright.sync_api import Browser

    Task = dict[str, Any]
    Outcome = dict[str, Any]
    Engine = Callable[[Sequence[Task]], list[Outcome]]

HERE, ROOT = Path(__file__).parent, Path(__file__).parents[2]
LOCALES = {language: ROOT / "verifier" / "locales" / f"{language}.json" for language in Language}
IN_A_PAGE = """async (given) => {
  const [check, { outcomes }] = await Promise.all([import("/check.mjs"), import("/check_tasks.mjs")]);
  return outcomes(check, given);
}"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the module, bundled, beside what does the tasks."""
    made = tmp_path_factory.mktemp("check")
    esbuild, source = ROOT / "node_modules" / ".bin" / "esbuild", ROOT / "verifier" / "pages" / "check" / "index.js"
    options = ["--bundle", "--format=esm", "--target=es2022", "--log-level=warning", f"--outfile={made / 'check.mjs'}"]
    subprocess.run([esbuild, source, *options], check=True)
    shutil.copy(HERE / "check_tasks.mjs", made)
    shutil.copy(HERE / "check.mjs", made / "node.mjs")
    return made


def given(tasks: Sequence[Task]) -> dict[str, Any]:
    sentences = {language: json.loads(file.read_text(encoding="utf-8")) for language, file in LOCALES.items()}
    return {"tasks": tasks, "sentences": sentences}


@pytest.fixture(scope="module")
def node(folder: Path) -> Engine:
    def work(tasks: Sequence[Task]) -> list[Outcome]:
        command = ["node", str(folder / "node.mjs"), str(folder / "check.mjs"), str(folder / "outcomes.json")]
        done = subprocess.run(command, input=json.dumps(given(tasks)).encode(), capture_output=True, check=False)
        assert (done.returncode, done.stderr.decode()) == (0, "")
        outcomes: list[Outcome] = json.loads((folder / "outcomes.json").read_text(encoding="utf-8"))
        return outcomes

    return work


@pytest.fixture(scope="module")
def chromium(browser: Browser, folder: Path) -> Iterator[Engine]:
    with in_a_page(browser, folder) as ask:
        yield lambda tasks: cast("list[Outcome]", ask(IN_A_PAGE, given(tasks)))


@cache
def detailed(language: Language, key: str) -> re.Pattern[str] | None:
    """Return what finds the detail in brackets, which either language words as it likes; None if there is none."""
    before, found, after = sentence(key, language).partition("{detail}")
    return re.compile(f"({re.escape(before)}).*({re.escape(after)})", re.DOTALL) if found else None


def alike(report: Mapping[str, Any], language: Language) -> dict[str, Any]:
    """Return a report without those details."""
    checks = []
    for check in report["checks"]:
        pattern = detailed(language, check["message_id"])
        said = check["message"] if pattern is None else pattern.sub(r"\1…\2", check["message"])
        checks.append(check | {"message": said})
    return {**report, "checks": checks}


def differences(name: str, got: Outcome, wanted: Mapping[str, Any]) -> list[object]:
    """Return all that is not the same, to be read by people."""
    if "json" not in got:
        return [(name, got)]
    found: list[object] = []
    if got["json"]["en"]["checks"][0]["outcome"] == "UNKNOWN":
        # Without a pack that is believed no type is known here, and so nothing of what was brought.
        return [(name, got)] if knew_types(got, wanted) else []
    for language in Language:
        ours, theirs = alike(got["json"][language], language), alike(wanted[language], language)
        found += [
            (name, language.value, member, ours.get(member), theirs.get(member))
            for member in {**ours, **theirs}
            if ours.get(member, "missing") != theirs.get(member, "missing")
        ]
    return found


def knew_types(got: Outcome, wanted: Mapping[str, Any]) -> bool:
    """Whether a report says that nothing is known where a pack was believed, or says something else of the evidence."""
    ours, theirs = got["json"]["en"], wanted["en"]
    said = {check["message_id"] for check in theirs["checks"]} | {"offline.no_checkpoint"}
    return (
        ours["verdict"] != "CANNOT_CHECK"
        or theirs["block_number"] is not None
        or ours["offline"] != theirs["offline"]
        or ours["test"] != theirs["test"]
        or {check["message_id"] for check in ours["checks"]} - said != set()
    )

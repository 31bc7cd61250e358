"""JavaScript makes of evidence what Python makes of it: of every vector, and of what is bent at random.

The same tasks are done in Node.js and in Chromium, there under the headers with which the verifier serves its pages.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, cast

import pytest

from tests.browser.evidence_edges import edges, misused
from tests.browser.evidence_forgeries import forged
from tests.browser.evidence_tasks import VECTORS, by_python, load
from tests.browser.evidence_vectors import asked
from tests.browser.modules import in_a_page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser

    from tests.browser.evidence_tasks import Outcome, Task

    Engine = Callable[[list[Task]], list[Outcome]]

HERE = Path(__file__).parent
EVIDENCE = Path(__file__).parents[2] / "verifier" / "pages" / "static" / "evidence.js"
IN_A_PAGE = """async (tasks) => {
  const [evidence, { outcomes }] = await Promise.all([import("/evidence.mjs"), import("/evidence_tasks.mjs")]);
  return outcomes(evidence, tasks);
}"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the served module beside what does the tasks."""
    made = tmp_path_factory.mktemp("evidence")
    # By its ending Node.js knows that it is a module.
    shutil.copy(EVIDENCE, made / "evidence.mjs")
    shutil.copy(HERE / "evidence_tasks.mjs", made)
    shutil.copy(HERE / "evidence_misuse.mjs", made)
    shutil.copy(HERE / "evidence.mjs", made / "node.mjs")
    return made


@pytest.fixture(scope="module")
def node(folder: Path) -> Engine:
    def work(tasks: list[Task]) -> list[Outcome]:
        command = ["node", str(folder / "node.mjs"), str(folder / "evidence.mjs")]
        done = subprocess.run(command, input=json.dumps(tasks).encode(), capture_output=True, check=False)
        assert (done.returncode, done.stderr.decode()) == (0, "")
        outcomes: list[Outcome] = json.loads(done.stdout)
        return outcomes

    return work


@pytest.fixture(scope="module")
def chromium(browser: Browser, folder: Path) -> Iterator[Engine]:
    with in_a_page(browser, folder) as ask:
        yield lambda tasks: cast("list[Outcome]", ask(IN_A_PAGE, tasks))


@pytest.fixture(params=["node", "chromium"])
def engine(request: pytest.FixtureRequest) -> Engine:
    found: Engine = request.getfixturevalue(request.param)
    return found


def test_every_vector_comes_to_the_same(engine: Engine) -> None:
    names, tasks, wanted = zip(*asked(), strict=True)
    outcomes = engine(list(tasks))
    others = [
        (name, got, want) for name, got, want in zip(names, outcomes, wanted, strict=True) if _only(got, want) != want
    ]
    assert others == []


def test_python_says_the_same_of_every_vector() -> None:
    """The tasks ask what the vectors mean; otherwise two wrongs might agree."""
    assert [(name, want) for name, task, want in asked() if _only(by_python(task), want) != want] == []


def test_no_vector_was_left_out() -> None:
    # Receipts, which are the verifier's own, have their tests in test_receipt_vectors.py; a witness's statements are
    # read by nobody's browser.
    files = {"certificates", "checkpoints", "codes", "copies", "headers", "proofs", "trees", "trust_lists"}
    assert {file.stem for file in VECTORS.glob("*.json")} == files | {"receipts", "verdicts", "witness"}
    held = sum(len(load(name)[part]) for name in files for part in _PARTS if part in load(name))
    # Each path in a tree is a task of its own.
    trees = load("trees")["trees"] + load("trees")["large_trees"]
    held += sum(len(tree["paths"]) for tree in trees)
    assert len(list(asked())) == held


_PARTS = (
    *("certificates", "presentations", "refused", "codes", "copies", "digits", "short_numbers"),
    *("sealed", "proofs", "lists", "checkpoints"),
)


def test_what_is_bent_at_random_comes_to_the_same(engine: Engine) -> None:
    outcomes = _same_as_python(engine, forged(Random(20260131), 60))
    reasons = {outcome.get("refused_as", "read") for outcome in outcomes}
    assert len(reasons) > 10, "forgeries were refused in many ways, and some bends do no harm"
    assert "read" in reasons


def test_what_engines_may_disagree_about_comes_to_the_same(engine: Engine) -> None:
    _same_as_python(engine, edges())


def test_what_a_page_gets_wrong_is_told_as_its_own_mistake(engine: Engine) -> None:
    [outcome] = engine([misused()])
    assert outcome["read"]["unnoticed"] == []
    assert outcome["read"]["misuses"] > 200


def _same_as_python(engine: Engine, tasks_by_name: Iterator[tuple[str, Task]]) -> list[Outcome]:
    names, tasks = zip(*tasks_by_name, strict=True)
    wanted = [json.loads(json.dumps(by_python(task))) for task in tasks]
    outcomes = engine(list(tasks))
    others = [found for found in zip(names, outcomes, wanted, strict=True) if found[1] != found[2]]
    assert others == []
    return outcomes


def _only(got: Outcome, wanted: Outcome) -> Outcome:
    """Return of what was read what a vector says anything of."""
    if "read" not in got or "read" not in wanted:
        return got
    read: dict[str, Any] = got["read"]
    return {"read": {name: read.get(name) for name in wanted["read"]}}

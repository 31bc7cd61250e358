"""What README shows is true: its commands run, and its map names every module."""

from __future__ import annotations

import ast
import json
import os
import re
import shlex
import signal
import subprocess
import threading
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import sync_playwright

from demo.stage import free_ports
from tests.browser.desk import CHROMIUM, QUIET

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
FOLDERS = sorted(
    path.parent.relative_to(ROOT)
    for room in ("chain", "issuer", "verifier")
    for path in (ROOT / room).rglob("__init__.py")
    if "migrations" not in path.parts
)
FIRST_START_S = 600
SECOND_START_S = 30


def commands() -> Iterator[str]:
    """Yield the commands that README shows, without their comments."""
    for block in re.findall(r"```sh\n(.*?)```", README, flags=re.DOTALL):
        for line in block.splitlines():
            if command := line.partition(" #")[0].strip():
                yield command


QUICK = [command for command in commands() if command.startswith(".venv/bin/")]


def run(command: str, *, timeout: float) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("YINXIN_")}
    return subprocess.run(
        shlex.split(command), cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=timeout
    )


def test_the_first_screen_shows_the_two_commands() -> None:
    assert list(commands())[:2] == ["scripts/run", "scripts/test"]
    assert (ROOT / "docs" / "screenshot.png").stat().st_size > 10_000
    assert os.access(ROOT / "scripts" / "test", os.X_OK)


@pytest.mark.parametrize("command", QUICK)
def test_a_quick_command_succeeds(command: str) -> None:
    done = run(command, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout


@pytest.mark.parametrize("folder", FOLDERS, ids=str)
def test_the_map_says_of_every_module_what_the_module_says_of_itself(folder: Path) -> None:
    start = f"<details><summary><b><code>{folder}/</code></b> {purpose(ROOT / folder / '__init__.py')}</summary>"
    assert start in README
    told = README.split(start)[1].split("</details>")[0]
    modules = [path for path in sorted((ROOT / folder).glob("*.py")) if path.name not in {"__init__.py", "__main__.py"}]
    lines = [f"`{path.stem}` {purpose(path)}" for path in modules]
    assert [line.removesuffix("<br>") for line in told.splitlines() if line.startswith("`")] == lines


def purpose(module: Path) -> str:
    """Return the first line of a module's docstring."""
    return (ast.get_docstring(ast.parse(module.read_text(encoding="utf-8"))) or "").partition("\n")[0]


def test_every_link_leads_somewhere() -> None:
    targets = re.findall(r"\]\(([^)#]+)\)", README)
    assert targets
    assert [target for target in targets if not (ROOT / target).exists()] == []


def test_run_once_finds_every_verdict_as_expected() -> None:
    done = run("scripts/run --once --json --quiet", timeout=FIRST_START_S)
    (line,) = done.stdout.splitlines()
    answer = json.loads(line)
    assert answer["wrong"] == []
    assert answer["ok"] is True
    assert done.returncode == 0
    assert answer["certificates"] == 200
    assert answer["forgeries"] >= 20


def test_run_stays_up_and_starts_quickly_again(tmp_path: Path) -> None:
    chain, issuer, verifier = free_ports(3)
    command = (
        f"scripts/run --json --folder {tmp_path / 'var'} "
        f"--chain-port {chain} --issuer-port {issuer} --verifier-port {verifier}"
    )
    _up_and_down(command, within=FIRST_START_S, meanwhile=_every_paper_is_judged_in_a_browser)
    _up_and_down(command, within=SECOND_START_S)


def _every_paper_is_judged_in_a_browser(up: dict[str, dict[str, str]]) -> None:
    """Hand every document and every forgery to the public page, as people do."""
    documents, forgeries = Path(up["folders"]["documents"]), Path(up["folders"]["forgeries"])
    expected = {
        Path(path): each["expected"]
        for path, each in json.loads((documents.parent / "shown.json").read_text(encoding="utf-8")).items()
    }
    told = json.loads((forgeries / "expected.json").read_text(encoding="utf-8"))
    expected |= {forgeries / name: each["expected"] for name, each in told.items()}
    assert len(expected) > 220
    got: dict[Path, str] = {}
    warned: set[Path] = set()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        page = browser.new_page(service_workers="block")
        page.set_default_timeout(60_000)
        for path in expected:
            page.goto(f"{up['urls']['verifier']}/?lang=en")
            page.set_input_files("#file", path)
            page.wait_for_selector("[data-verdict], .foreign, .offer")
            if page.is_visible(".offer"):
                # No code was found in the picture; the service has better eyes.
                page.click(".offer .button:not(.quiet)")
                page.wait_for_selector("[data-verdict]")
            if page.is_visible(".foreign"):
                # A code that leads elsewhere is warned of, and not opened.
                warned.add(path)
            else:
                got[path] = page.get_attribute("[data-verdict]", "data-verdict") or "none"
        browser.close()
    assert forgeries / "leads-elsewhere.code.txt" in warned
    assert {expected[path] for path in warned} <= {"INCOMPLETE", "UNSUPPORTED"}
    assert {path.name: (expected[path], verdict) for path, verdict in got.items() if verdict != expected[path]} == {}


def _up_and_down(
    command: str, *, within: float, meanwhile: Callable[[dict[str, dict[str, str]]], None] = lambda _: None
) -> None:
    """Start it, look whether it answers, do something `meanwhile`, and stop it as Ctrl-C would."""
    began = time.monotonic()
    with subprocess.Popen(
        shlex.split(command), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        impatience = threading.Timer(within, process.send_signal, [signal.SIGTERM])
        impatience.start()
        told: list[str] = []
        listener = threading.Thread(target=lambda: told.extend(process.stderr or ()))
        listener.start()
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, f"it was not up after {time.monotonic() - began:.0f} s: {''.join(told)}"
            up = json.loads(line)
            for service in ("issuer", "verifier"):
                with urllib.request.urlopen(f"{up['urls'][service]}/readyz", timeout=10) as answer:  # noqa: S310 — Ours.
                    assert answer.status == 200
            impatience.cancel()
            meanwhile(up)
        finally:
            impatience.cancel()
            process.send_signal(signal.SIGINT)
            process.wait(60)
            listener.join()
